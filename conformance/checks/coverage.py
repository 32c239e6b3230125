"""Maps clauses to the checks that judge them and the cases that exercise them.

All of it follows from the rows of the table, and from what stories and explorations are about; it
judges nothing.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from conformance.checks.stories import name_of
from conformance.checks.table import CHECKS, Raises
from conformance.generation.cases import cases, explorations
from conformance.generation.clauses import clauses
from conformance.generation.plans import Case, Exploration
from conformance.generation.stories import Story, stories
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


def _stories(operation: Operation, clause: Clause) -> list[Story]:
    """The stories that are about a clause, first or beside another."""
    return [one for one in stories(operation) if clause.id in (one.clause, *one.beside)]


def _explorations(operation: Operation, clause: Clause) -> list[Exploration]:
    """The explorations that have a clause of their own."""
    return [one for one in explorations(operation) if clause.path == f"state/{one.direction}"]


def attributed(operation: Operation, clause: Clause) -> tuple[str, ...]:
    """The names of the checks that can raise a clause."""
    names = [
        name
        for (name, raises), tried in _exercised(operation).items()
        if _exercising(raises, operation, clause, tried)
    ]
    names += [name_of(one.kind) for one in _stories(operation, clause)]
    names += [name_of(one.direction) for one in _explorations(operation, clause)]
    return tuple(dict.fromkeys(names))


def exercised_by(operation: Operation, clause: Clause) -> tuple[Case | Story | Exploration, ...]:
    """The cases that can exercise a clause, in the order of the case set."""
    if clause.untestable_reason is not None:
        return ()
    chosen = {
        case.id
        for (_, raises), tried in _exercised(operation).items()
        for case in _exercising(raises, operation, clause, tried)
    }
    return (
        *(case for case in cases(operation) if case.id in chosen),
        *_stories(operation, clause),
        *_explorations(operation, clause),
    )


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
