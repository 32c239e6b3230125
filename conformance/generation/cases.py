"""The case set: every named edge of an operation, always the same, in a stable order."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache

from conformance.generation import member_cases, nested_cases, operation_cases
from conformance.generation.plans import Case, Exploration
from conformance.spec.documents import documented
from conformance.spec.operation import Operation

DIRECTIONS = ("valid", "invalid")


@lru_cache(maxsize=256)
def cases(operation: Operation) -> tuple[Case, ...]:
    """Every named edge of one operation; ids are unique and never depend on a target."""
    siblings = tuple(
        other.id
        for other in documented().values()
        if other.service == operation.service and other.pagination and other is not operation
    )
    families = (
        operation_cases.protocol_cases(operation),
        member_cases.cases(operation),
        nested_cases.cases(operation),
        operation_cases.rule_cases(operation),
        operation_cases.paging_cases(operation, siblings),
        operation_cases.auth_cases(operation),
    )
    return tuple({case.id: case for family in families for case in family}.values())


def explorations(operation: Operation) -> tuple[Exploration, ...]:
    """The explorations of one operation, one for each direction."""
    return tuple(
        Exploration(
            id=f"{operation.id}/exploration/{direction}",
            operation=operation.id,
            direction=direction,
        )
        for direction in DIRECTIONS
    )


def digest(operations: Sequence[Operation]) -> str:
    """One digest over the ids of all the cases of several operations."""
    ids = sorted(case.id for operation in operations for case in cases(operation))
    return "sha256:" + hashlib.sha256("\n".join(ids).encode()).hexdigest()


def by_clause(operation: Operation) -> Mapping[str, tuple[Case, ...]]:
    """The cases of one operation by the clause that they exercise first."""
    found: dict[str, list[Case]] = {}
    for case in cases(operation):
        found.setdefault(case.clause, []).append(case)
    return {clause: tuple(group) for clause, group in found.items()}
