"""What no file provisions: things that operations have to name, made by their lifecycles.

An operation that requires an identifier which the target lists nowhere gets one of a thing that is
made for it, where its lifecycle says how it is made, named and taken down. What a target refuses is
not made, and nothing is said of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from conformance.execution.availability import SkipCase
from conformance.execution.discovery import Discovery
from conformance.execution.provisioning.calls import RefusedError
from conformance.execution.provisioning.runner import Provisioner
from conformance.spec.lifecycles.derived import by_operation
from conformance.spec.lifecycles.lifecycle import (
    Action,
    Binding,
    Lifecycle,
    UnnamedError,
    naming,
)
from conformance.spec.operation import Operation, Params

#: How far what is needed may need something else itself.
_DEEPEST = 2
#: So many calls are tried to make one thing.
_TRIES = 4

_Thing = tuple[Params, Mapping[str, Any]]


class DerivedProvisioning:
    """Makes what operations have to name and a target lists nowhere."""

    def __init__(self, discovery: Discovery, provisioner: Provisioner) -> None:
        self._discovery = discovery
        self._provisioner = provisioner
        self._things: dict[str, _Thing | None] = {}

    def make(self, operations: Sequence[Operation]) -> None:
        """Make what some operations need, and let the target be looked at anew."""
        for operation in operations:
            self._provide(operation, 0)
        made = {name.partition(":")[0] for name, thing in self._things.items() if thing}
        for service in made:
            self._discovery.forget(service)

    def _provide(self, operation: Operation, depth: int) -> None:
        """Provide the identifiers that an operation requires, as far as that is known."""
        for member, resource in operation.resources.items():
            if member not in operation.required or resource.unique:
                continue
            if not self._discovery.values(operation, member):
                self._provide_member(operation, member, depth)

    def _provide_member(self, operation: Operation, member: str, depth: int) -> None:
        for lifecycle, _, action in by_operation(operation.service).get(operation.id, ()):
            bound = next((one for one in action.bindings if one.member == member), None)
            thing = self._thing(lifecycle, depth) if bound else None
            if bound and thing is not None and self._names(operation, bound, thing):
                return

    def _names(self, operation: Operation, binding: Binding, thing: _Thing) -> bool:
        """Let an operation name a thing; whether it has such a name."""
        value = binding.value(*thing)
        if value is None:
            return False
        key = f"{operation.id}.{binding.member}"
        self._provisioner.provisioned.add(key, value)
        return True

    def _thing(self, lifecycle: Lifecycle, depth: int) -> _Thing | None:
        """The one thing of a lifecycle that is made, with the call and its answer."""
        if lifecycle.id not in self._things:
            self._things[lifecycle.id] = None  # it may need itself
            if lifecycle.delete is not None and depth <= _DEEPEST:
                self._things[lifecycle.id] = self._made(lifecycle, lifecycle.delete, depth)
        return self._things[lifecycle.id]

    def _made(self, lifecycle: Lifecycle, delete: Action, depth: int) -> _Thing | None:
        create = self._discovery.operations[lifecycle.create.operation]
        if create.untriable:
            return None
        self._provide(create, depth + 1)
        for params in self._calls(create):
            try:
                answer = self._provisioner.make_one(
                    create.service,
                    lifecycle.noun,
                    create,
                    params,
                    partial(self._undo, delete, params),
                )
            except RefusedError as refused:
                if refused.silent:
                    return None
                continue
            return params, answer
        return None

    def _calls(self, create: Operation) -> Iterator[Params]:
        try:
            found = self._discovery.candidates(create)
        except SkipCase:
            return
        tried: list[Params] = []
        for params in found:
            if params not in tried and len(tried) < _TRIES:
                tried.append(params)
                yield params

    def _undo(
        self, delete: Action, sent: Params, answer: Mapping[str, Any]
    ) -> tuple[Operation, Params] | None:
        """The call that takes a thing down; ``None`` where its answer does not name it."""
        operation = self._discovery.operations[delete.operation]
        try:
            params = {**delete.params, **naming(delete.bindings, sent, answer)}
        except UnnamedError:
            return None
        return (operation, params) if operation.required <= params.keys() else None
