"""Replaces the placeholders in a plan's parameters with values of the target.

:mod:`conformance.generation.plans` lists the placeholders. Where the values come from is the
caller's affair; nothing here sends.
"""

import itertools
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.execution.availability import SkipCase
from conformance.spec.operation import Operation, Params
from conformance.spec.placeholders import part_of, placeholder_name, unknown_value
from conformance.spec.rules import Resource
from conformance.spec.validity import violations


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Parameters without placeholders.

    ``synthetic`` says that a value is invented, or need not be accepted: a refusal proves nothing.
    """

    params: Params
    synthetic: bool = False


def _serials() -> Iterator[str]:
    """Endings for the names of new things, different in every run."""
    run = secrets.token_hex(3)
    return (f"-{run}-{number}" for number in itertools.count(1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholders:
    """Resolves placeholders with the values of one target.

    ``values`` returns the target's values of an operation's member, the commonest first;
    ``token`` a page token of the operation with an id, ``None`` if no operation has it.
    """

    values: Callable[[Operation, str], Sequence[str]]
    token: Callable[[Any], str | None]
    _serials: Iterator[str] = field(default_factory=_serials)

    def resolve(self, operation: Operation, params: Params) -> Resolved:
        """The parameters with all placeholders replaced.

        Raises :class:`SkipCase` where the target has no value for one.
        """
        synthetic = False
        resources = operation.resources

        def fill(value: Any) -> Any:
            nonlocal synthetic
            if isinstance(value, list):
                return [fill(item) for item in value]
            if not isinstance(value, Mapping):
                return value
            name = placeholder_name(value, resources)
            if name is not None and "resource" in value:
                found, invented = self._resource(operation, value)
                synthetic = synthetic or invented or value.get("doubtful", False)
                return found
            if name is not None:
                synthetic = synthetic or value.get("doubtful", False)
                return self._unknown(operation, name, value.get("part"), value.get("like"))
            if value.keys() == {"token"} and (token := self.token(value["token"])) is not None:
                return token
            return {name: fill(inner) for name, inner in value.items()}

        filled = {name: fill(value) for name, value in params.items()}
        return Resolved(params=filled, synthetic=synthetic)

    def names(self, operation: Operation, members: Sequence[str]) -> dict[str, str]:
        """New names for what an operation creates: a repeated name would be a conflict."""
        return {name: self._resource(operation, {"resource": name})[0] for name in members}

    def renamed(self, schema: Mapping[str, Any], value: str) -> str:
        """A new name like another one, if such a one is valid; else the same."""
        new = value + next(self._serials)
        return value if any(violations(new, schema, "name")) else new

    def _resource(self, operation: Operation, wanted: Mapping[str, Any]) -> tuple[str, bool]:
        """A value of a member, and whether it is the document's and not the target's."""
        name, rank = wanted["resource"], wanted.get("rank", 0)
        resource = operation.resources.get(name, Resource())
        if resource.unique and resource.placeholder is not None:
            return resource.placeholder + next(self._serials), True  # what is there is a conflict
        values = self.values(operation, name)
        if values and wanted.get("wrap"):
            rank %= len(values)
        if values and rank < len(values):
            return values[rank][: wanted.get("cut")], False
        if not values and rank == 0 and resource.placeholder is not None:
            return resource.placeholder, True
        member = name.rsplit(".", 1)[-1]
        if values:
            raise SkipCase(f"the target lists only {len(values)} different {member}")
        hint = f"; give one with --resource {operation.service}:{name}=VALUE"
        raise SkipCase(f"the target lists no {member}{hint if member == name else ''}")

    def _unknown(
        self, operation: Operation, name: str, part: int | None = None, like: str | None = None
    ) -> str:
        """A well-formed value of a member that the target does not know."""
        known = self.values(operation, name)
        if like is not None:
            found = part_of(known, like)
            if found is None:
                raise SkipCase(f"the target lists no {name} of which a part is not one itself")
            return found
        if not known:
            resource = operation.resources.get(name, Resource())
            unknown = resource.unknown or resource.placeholder
            if unknown is None:
                raise SkipCase(f"no {name} is known to derive an unknown one from")
            return str(unknown)
        return unknown_value(known, part)
