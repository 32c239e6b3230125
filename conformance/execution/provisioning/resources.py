"""What has been provisioned for a run: values, valid parameters, problems."""

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.spec.operation import Operation


@dataclass(slots=True)
class ProvisionedResources:
    """Values that a target knows because this run provisioned them.

    ``values`` are by ``service:MEMBER`` or ``service:Operations*.MEMBER``, or by a bare
    ``MEMBER`` for all services; ``valid`` parameters by operation; ``problems`` the
    reason why a service has nothing, ``*`` that for all services.
    """

    values: dict[str, list[Any]] = field(default_factory=dict)
    valid: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def add(self, key: str, value: Any) -> None:
        """One more value of a member; a list is as many values."""
        known = self.values.setdefault(key, [])
        for one in value if isinstance(value, list) else [value]:
            if one not in known:
                known.append(one)

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
