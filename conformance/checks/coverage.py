"""Who judges what: which checks can raise a clause, and which cases exercise it."""

import fnmatch
from collections.abc import Mapping

from conformance.checks.table import CHECKS
from conformance.generation.cases import cases
from conformance.generation.clauses import clauses
from conformance.generation.plans import Case, Expect
from conformance.spec.operation import Clause, Operation
from conformance.spec.registry import registry

_VALID = frozenset({Expect.ACCEPTED, Expect.FOUND, Expect.IMPLEMENTED})
_REFUSED = frozenset({Expect.REFUSED, Expect.UNKNOWN, Expect.UNKNOWN_TOKEN})
_ALL = frozenset(Expect)

#: Clauses that every case of a kind exercises beside its own: pattern → what is expected there.
_EXERCISED: Mapping[str, frozenset[Expect]] = {
    "response/*": _VALID,
    "errors/broken-constraint": frozenset({Expect.REFUSED}),
    "errors/content-type": frozenset({Expect.REFUSED}),
    "errors/*": _REFUSED,
    "protocol/answers": _ALL,
    "protocol/no-server-error": _ALL - {Expect.CLIENT_ERROR},
    "protocol/readable": frozenset({Expect.ANYTHING}),
    "pagination/page-size": frozenset({Expect.ACCEPTED}),
    "pagination/end": frozenset({Expect.ACCEPTED}),
    "pagination/unique-items": frozenset({Expect.ACCEPTED}),
    "pagination/unknown-token-error": frozenset({Expect.UNKNOWN_TOKEN}),
}
_WALKED = frozenset({"pagination/end", "pagination/unique-items", "pagination/page-size"})


def attributed(operation: Operation, clause: Clause) -> tuple[str, ...]:
    """The names of the checks that can raise a clause."""
    if clause.part == "rules":
        rule = operation.rule(clause.id)
        return tuple(
            name for name, check in CHECKS.items() if rule is not None and rule.kind in check.rules
        )
    return tuple(
        name
        for name, check in CHECKS.items()
        if any(fnmatch.fnmatchcase(clause.path, pattern) for pattern in check.raises)
    )


def exercised_by(operation: Operation, clause: Clause) -> tuple[Case, ...]:
    """The cases that can exercise a clause, in the order of the case set."""
    if clause.untestable_reason is not None:
        return ()
    beside = next(
        (
            expected
            for pattern, expected in _EXERCISED.items()
            if fnmatch.fnmatchcase(clause.path, pattern)
        ),
        frozenset(),
    )
    walked = clause.path in _WALKED
    return tuple(
        case
        for case in cases(operation)
        if case.clause == clause.id
        or (case.expect in beside and (not walked or "/pagination/" in case.id))
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
