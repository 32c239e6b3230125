"""The operations that the suite can judge, a row of facts for each; nothing is sent."""

import fnmatch
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.errors import UnknownNameError
from conformance.generation.cases import cases
from conformance.generation.clauses import clauses
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation, Pagination
from conformance.spec.placeholders import placeholder_name
from conformance.spec.registry import Registry, operation_names, protocols, services

#: Where a member's values come from: operations and the paths in their answers.
Places = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """A member that the simplest request sets, and the listings of its values.

    ``places`` is ``None`` where a value follows from the schema, and empty where only the target
    knows one and no operation lists it.
    """

    member: str
    places: Places | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationRow:
    """One operation as a row of facts; ``protocols`` are all that its service supports."""

    operation: Operation
    protocols: tuple[str, ...]
    clauses: int
    cases: int
    needed: tuple[Needed, ...]

    @property
    def pages(self) -> str:
        """The members by which a walk pages; empty for an operation without pages."""
        return _pages(self.operation.pagination)

    def data(self) -> Mapping[str, Any]:
        """The row as JSON data."""
        operation, paging = self.operation, self.operation.pagination
        return {
            "operation": operation.id,
            "protocol": operation.protocol,
            "protocols": list(self.protocols),
            "described_in": operation.described_in,
            "read_only": operation.readonly,
            "clauses": self.clauses,
            "cases": self.cases,
            "pages": paging
            and {
                "tokens": [{"give": give, "take": take} for give, take in paging.tokens],
                "more": paging.more,
                "limit": paging.limit,
                "items": paging.items,
            },
            "needs": [
                {
                    "member": one.member,
                    "listed": one.places
                    and [{"operation": by, "path": path} for by, path in one.places],
                }
                for one in self.needed
            ],
            "left_out": operation.left_out or None,
            "untriable": operation.untriable or None,
        }


def _pages(paging: Pagination | None) -> str:
    if paging is None:
        return ""
    tokens = ", ".join(give if give == take else f"{give}={take}" for give, take in paging.tokens)
    limit = f", {paging.limit} at a time" if paging.limit else ""
    more = f", while {paging.more}" if paging.more else ""
    return f"{tokens}{limit}{more}: {paging.items}"


def _asked(value: Any, resources: Mapping[str, Any]) -> Iterator[str]:
    """The names of the resources anywhere in a value."""
    if isinstance(value, Mapping):
        name = placeholder_name(value, resources)
        if name is not None:
            yield name
        for inner in value.values():
            yield from _asked(inner, resources)
    elif isinstance(value, list):
        for inner in value:
            yield from _asked(inner, resources)


def needed(operation: Operation) -> Iterator[Needed]:
    """The members that the simplest request of an operation sets."""
    params = operation.baselines[0].params if operation.baselines else {}
    resources = operation.resources
    for member in sorted(operation.required | params.keys()):
        names = list(dict.fromkeys(_asked(params.get(member), resources)))
        places = tuple(
            (place.operation, place.path) for name in names for place in resources[name].places
        )
        yield Needed(member=member, places=places if names else None)


def operation_row(operation: Operation) -> OperationRow:
    """The row of an operation; its clauses and cases are made and counted."""
    return OperationRow(
        operation=operation,
        protocols=protocols(operation.service) or (operation.protocol,),
        clauses=len(clauses(operation)),
        cases=len(cases(operation)),
        needed=tuple(needed(operation)),
    )


def names(pattern: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The services that a pattern matches, each with the ids of its matching operations.

    ``sqs:List*`` and ``*:ListTags*`` are patterns of operations, ``k*`` and ``sqs`` of
    services. Raises :class:`UnknownNameError` for one that matches nothing.
    """
    service, colon, rest = pattern.partition(":")
    everything = services()
    chosen = [one for one in everything if fnmatch.fnmatchcase(one, service)]
    if not chosen:
        raise UnknownNameError("service", service, everything)
    known: list[str] = []
    found = False
    for one in chosen:
        own = operation_names(one)
        known += own
        matching = [
            name for name in own if not colon or fnmatch.fnmatchcase(name.partition(":")[2], rest)
        ]
        if matching:
            found = True
            yield one, tuple(matching)
    if not found:
        raise UnknownNameError("operation", pattern, known)


def operation_rows(
    pattern: str, protocol: str | None = None
) -> Iterator[tuple[str, list[OperationRow]]]:
    """The rows of the matching operations, service by service, each made on demand."""
    if protocol is not None and protocol not in PROTOCOLS:
        raise UnknownNameError("protocol", protocol, tuple(PROTOCOLS))
    registry = Registry(protocol)
    for service, ids in names(pattern):
        yield service, [operation_row(registry.find(name)) for name in ids]
