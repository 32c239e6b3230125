"""What has been provisioned for a run: values, valid parameters, problems."""

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.spec.operation import Operation


@dataclass(slots=True)
class ProvisionedResources:
    """Values that a target knows because this run provisioned them.

    ``values`` are by ``service:MEMBER`` or ``service:Operations*.MEMBER``, or by a bare ``MEMBER``
    for all services; ``valid`` parameters by operation, ``others`` further calls that are accepted,
    with members that need each other, ``made`` what would make one more; ``problems`` the reason
    why a service has nothing, ``*`` that for all services. ``spare`` are the parameters that name
    things which were made to be destroyed, by the operation that destroys them, and ``used`` those
    of things that are destroyed.
    """

    values: dict[str, list[Any]] = field(default_factory=dict)
    valid: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    others: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    made: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    spare: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    used: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)

    def add(self, key: str, value: Any) -> None:
        """One more value of a member; a list is as many values."""
        known = self.values.setdefault(key, [])
        for one in value if isinstance(value, list) else [value]:
            if one not in known:
                known.append(one)

    def accept(self, operation: str, params: Mapping[str, Any]) -> None:
        """One more call of an operation that is accepted; the first one is its baseline."""
        if operation in self.valid:
            self.others.setdefault(operation, []).append(params)
        else:
            self.valid[operation] = params

    def of(self, operation: Operation, member: str) -> list[str]:
        """The values of a member of an operation, those for this operation alone first."""
        ending = f".{member}"
        for key, values in self.values.items():
            if key.endswith(ending) and fnmatch.fnmatchcase(operation.id, key[: -len(ending)]):
                return values
        return self.values.get(f"{operation.service}:{member}") or self.values.get(member, [])

    def problem(self, operation: Operation) -> str:
        """Why nothing was made for an operation, or nothing."""
        return self.problems.get(operation.service) or self.problems.get("*", "")

    def share(self, number: int, of: int) -> None:
        """Keep one of several equal shares of what may be destroyed: no two workers have one."""
        self.spare = {name: several[number::of] for name, several in self.spare.items()}

    def use_up(self, operation: Operation, params: Mapping[str, Any]) -> None:
        """Note that a call with these parameters was accepted: what it destroyed is gone."""
        for one in self.spare.get(operation.id, ()):
            if all(params.get(name) == one[name] for name in one.keys() & operation.required):
                self.spare[operation.id].remove(one)
                self.used.setdefault(operation.id, []).append(one)
                return

    def is_used(self, operation: Operation, params: Mapping[str, Any]) -> bool:
        """Whether what a call would destroy is destroyed."""
        return any(one == params for one in self.used.get(operation.id, ()))
