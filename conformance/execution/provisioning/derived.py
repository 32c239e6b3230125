"""What no file provisions: things that operations have to name, made by their lifecycles.

An operation that requires an identifier which the target lists nowhere gets one of a thing that is
made for it, where its lifecycle says how it is made, named and taken down; networks and roles are
made by the services that have them. A listing that is paged gets something to list. What a target
refuses is not made, and nothing is said of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import jmespath

from conformance.execution.availability import SkipCase
from conformance.execution.discovery import Discovery
from conformance.execution.provisioning.calls import RefusedError
from conformance.execution.provisioning.runner import Provisioner
from conformance.spec.lifecycles.derived import by_operation, lifecycles
from conformance.spec.lifecycles.lifecycle import (
    Action,
    Binding,
    Lifecycle,
    UnnamedError,
    naming,
)
from conformance.spec.lifecycles.names import folded, is_arn, one_of, split
from conformance.spec.operation import Operation, Params

#: How far what is needed may need something else itself.
_DEEPEST = 2
#: So many calls are tried to make one thing.
_TRIES = 4

#: So many things are made for a listing that is paged.
_LISTED = 3
#: What requests of many services name: how members call it, and what it is.
_OF_OTHERS = {
    "securitygroup": "ec2:SecurityGroup",
    "subnet": "ec2:Subnet",
    "vpc": "ec2:Vpc",
    "role": "iam:Role",
}

_Thing = tuple[Params, Mapping[str, Any]]


class DerivedProvisioning:
    """Makes what operations have to name and a target lists nowhere."""

    def __init__(self, discovery: Discovery, provisioner: Provisioner) -> None:
        self._discovery = discovery
        self._provisioner = provisioner
        self._things: dict[str, _Thing | None] = {}

    def make(self, operations: Sequence[Operation]) -> None:
        """Make what some operations need, and let the target be looked at anew."""
        provisioned = {one.service for one in self._provisioner.made}
        for operation in operations:
            self._provide(operation, 0)
            if operation.pagination is None:
                continue
            written = operation.service in provisioned
            if not (written and self._discovery.lists(operation)):
                self._fill(operation, beside=written)
        made = {name.partition(":")[0] for name, thing in self._things.items() if thing}
        for service in made:
            self._discovery.forget(service)

    def _fill(self, operation: Operation, *, beside: bool) -> None:
        """Make some of what an operation lists page by page.

        ``beside`` what a file provisions nothing is made whose name a later creation may need.
        """
        listed = [
            one
            for one, role, _ in by_operation(operation.service).get(operation.id, ())
            if role == "list" and one.delete is not None
        ]
        for lifecycle in listed[:1]:
            if beside and not self._is_named_anew(lifecycle):
                continue
            made = [self._thing(lifecycle, 0)]
            while len(made) < _LISTED and made[-1] is not None and lifecycle.delete:
                made.append(self._made(lifecycle, lifecycle.delete, 0))

    def _is_named_anew(self, lifecycle: Lifecycle) -> bool:
        """Whether each thing that is made has another name, or need not be given any."""
        create = self._discovery.operations[lifecycle.create.operation]
        member = (lifecycle.name or "").partition("/")[0]
        return member not in create.required or (
            member in create.resources and create.resources[member].unique
        )

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
        if not self._provide_parent(operation, member, depth):
            self._provide_of_others(operation, member, depth)

    def _provide_parent(self, operation: Operation, member: str, depth: int) -> bool:
        """Let a creation name what its thing belongs to; whether such a thing is there."""
        stem, suffix = split(one_of(member))
        for lifecycle in lifecycles(operation.service):
            is_own = lifecycle.create.operation == operation.id
            if is_own or folded(lifecycle.noun) != stem:
                continue
            thing = self._thing(lifecycle, depth)
            if thing is not None:
                arn = _arn(lifecycle.create, thing) if suffix == "arn" else None
                value = arn or _identifier(lifecycle, thing)
                if value is not None:
                    self._provisioner.provisioned.add(f"{operation.id}.{member}", value)
                return value is not None
        return False

    def _provide_of_others(self, operation: Operation, member: str, depth: int) -> None:
        """Let an operation name a network or a role, by its ARN where a role is asked for."""
        stem, suffix = split(one_of(member))
        name = next((one for noun, one in _OF_OTHERS.items() if stem.endswith(noun)), "")
        service = name.partition(":")[0]
        if service in {"", operation.service}:
            return
        lifecycle = next(one for one in lifecycles(service) if one.id == name)
        by_arn = suffix == "arn" or (name == "iam:Role" and suffix != "name")
        values = [] if by_arn else self._listed(lifecycle)
        if not values and (thing := self._thing(lifecycle, depth)):
            value = _arn(lifecycle.create, thing) if by_arn else _identifier(lifecycle, thing)
            values = [value] if value is not None else []
        if values:
            self._provisioner.provisioned.add(f"{operation.id}.{member}", values[:_LISTED])

    def _listed(self, lifecycle: Lifecycle) -> Sequence[str]:
        """What the target lists of a resource, by what its deletion calls it."""
        if lifecycle.delete is None or not lifecycle.delete.bindings:
            return []
        deletion = self._discovery.operations[lifecycle.delete.operation]
        return self._discovery.values(deletion, lifecycle.delete.bindings[0].member)

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


def _arn(create: Action, thing: _Thing) -> Any:
    """The ARN of a thing, as the answer to its creation shows it; ``None`` where it does not."""
    shown = jmespath.search(create.shown, thing[1]) if create.shown else None
    if not isinstance(shown, Mapping):
        return None
    return next((shown[one] for one in create.called if is_arn(one) and one in shown), None)


def _identifier(lifecycle: Lifecycle, thing: _Thing) -> Any:
    """What a thing is called by the operation that deletes it."""
    bindings = lifecycle.delete.bindings if lifecycle.delete else ()
    named = [one for one in bindings if split(one_of(one.member))[0] == folded(lifecycle.noun)]
    return next((one.value(*thing) for one in (*named, *bindings)), None)
