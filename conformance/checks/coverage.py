"""Maps clauses to the checks that judge them and the cases that exercise them.

All of it follows from the rows of the table; it judges nothing.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from conformance.checks.table import CHECKS, Raises
from conformance.generation.cases import cases
from conformance.generation.clauses import clauses
from conformance.generation.plans import Case
from conformance.spec.operation import Clause, Operation
from conformance.spec.registry import registry


@lru_cache(maxsize=256)
def _exercised(operation: Operation) -> Mapping[tuple[str, Raises], tuple[Case, ...]]:
    """By check and what it raises: the cases of an operation that exercise any of that."""
    return {
        (name, one): tuple(case for case in cases(operation) if one.concerns(operation, case))
        for name, check in CHECKS.items()
        for one in check.raises
    }


def _exercising(
    raises: Raises, operation: Operation, clause: Clause, tried: Iterable[Case]
) -> list[Case]:
    """Those of some cases that exercise one clause; for a rule those that are about it."""
    if not raises.includes(operation, clause.id):
        return []
    own = raises.own or clause.part == "rules"
    return [case for case in tried if not own or case.clause == clause.id]


def attributed(operation: Operation, clause: Clause) -> tuple[str, ...]:
    """The names of the checks that can raise a clause."""
    return tuple(
        dict.fromkeys(
            name
            for (name, raises), tried in _exercised(operation).items()
            if _exercising(raises, operation, clause, tried)
        )
    )


def exercised_by(operation: Operation, clause: Clause) -> tuple[Case, ...]:
    """The cases that can exercise a clause, in the order of the case set."""
    if clause.untestable_reason is not None:
        return ()
    chosen = {
        case.id
        for (_, raises), tried in _exercised(operation).items()
        for case in _exercising(raises, operation, clause, tried)
    }
    return tuple(case for case in cases(operation) if case.id in chosen)


def known_clauses() -> Mapping[str, Clause]:
    """Every clause of every documented operation, by its id."""
    return {
        clause.id: clause
        for operation in registry().values()
        for clause in clauses(operation).values()
    }


def clauses_of(name: str) -> Mapping[str, Clause]:
    """The clauses among which one of this name is: its operation's, else all documented ones."""
    known = registry().get(name.partition("/")[0])
    return clauses(known) if known is not None else known_clauses()
