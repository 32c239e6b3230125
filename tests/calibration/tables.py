"""The tables of a calibration: which fault was noticed, by what; which dialect was flagged."""

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from calibration.runs import Outcome
from conformance.checks.table import CHECKS
from conformance.generation.plans import Expect

#: What no server of the calibration does: all of its operations only read.
_CHANGES = frozenset({Expect.GONE})
#: What no operation of the calibration has: a member that selects what is shown.
_ABSENT = frozenset({"selected"})
#: Checks that can find a server at fault; in a replay, which some checks judge, there is none.
BLAMING = tuple(
    name
    for name, check in CHECKS.items()
    if check.blames
    and name not in _ABSENT
    and not check.replays
    and any(one.of - _CHANGES for one in check.raises)
)


def as_expected(outcome: Outcome) -> bool:
    """Whether the suite found in a subject what it has to find.

    A fault of level ``observe`` need not be noticed; a dialect may warn only
    where it is listed to; a degenerate server is never conformant.
    """
    subject = outcome.subject
    if subject.kind == "fault":
        if subject.level == "observe":
            return True
        return bool(outcome.fails) or (outcome.noticed and subject.level == "should")
    if subject.kind == "dialect":
        return not outcome.fails and (subject.warns or not outcome.warns)
    return outcome.verdict != "conformant"


def _first(clauses: Sequence[str]) -> str:
    if not clauses:
        return ""
    return clauses[0] + (f" and {len(clauses) - 1} more" if len(clauses) > 1 else "")


def alone(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How many faults each check noticed alone: without it they would be missed."""
    found = Counter(o.checks[0] for o in outcomes if o.noticed and len(o.checks) == 1)
    return {name: found.get(name, 0) for name in BLAMING}


def lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """What a terminal shows: everything that is not as expected, and the sums."""
    for outcome in outcomes:
        if not as_expected(outcome):
            subject = outcome.subject
            found = _first(outcome.fails or outcome.warns) or "nothing noticed"
            level = f" ({subject.level})" if subject.level else ""
            yield f"UNEXPECTED  {subject.kind} {subject.name}{level}: {found}"
    yield from _sums(outcomes)


def _sums(outcomes: Sequence[Outcome]) -> Iterator[str]:
    faults = [o for o in outcomes if o.subject.kind == "fault"]
    for family in sorted({o.subject.family for o in faults}):
        mine = [o for o in faults if o.subject.family == family and o.subject.level != "observe"]
        noticed = sum(o.noticed for o in mine)
        free = sum(o.subject.family == family for o in faults) - len(mine)
        tail = f" ({free} more violate nothing that is documented)" if free else ""
        yield f"faults, {family}: {noticed} of {len(mine)} noticed{tail}"
    causes = [o.causes for o in faults if o.noticed]
    if causes:
        middle = statistics.median(causes)
        yield f"causes printed for a fault: median {middle:g}, at most {max(causes)}"
        idle = [name for name, count in alone(faults).items() if not count]
        yield f"checks that notice no fault alone: {', '.join(idle) or 'none'}"
    dialects = [o for o in outcomes if o.subject.kind == "dialect"]
    if dialects:
        failed = sum(bool(o.fails) for o in dialects)
        warned = sum(bool(o.warns) for o in dialects)
        yield f"dialects: {failed} of {len(dialects)} runs failed, {warned} warned"
    degenerate = [o for o in outcomes if o.subject.kind == "degenerate"]
    if degenerate:
        fooled = sum(o.verdict == "conformant" for o in degenerate)
        yield f"degenerate servers: {fooled} of {len(degenerate)} conformant"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


def markdown(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The two tables, and what each check notices alone, for the documentation."""
    yield "## In sum"
    yield ""
    yield from (f"- {line}" for line in _sums(outcomes))
    yield ""
    yield "## Faults"
    yield ""
    faults = [o for o in outcomes if o.subject.kind == "fault"]
    yield from _table(
        ("fault", "level", "noticed as", "by clause", "by check", "causes"),
        (
            (
                f"`{o.subject.name}`",
                o.subject.level,
                "fail" if o.fails else "warn" if o.warns else "—",
                _first(o.fails or o.warns),
                ", ".join(o.checks),
                str(o.causes),
            )
            for o in faults
        ),
    )
    yield ""
    yield "## Dialects and degenerate servers"
    yield ""
    yield from _table(
        ("server", "kind", "verdict", "fails", "warns", "could not be exercised"),
        (
            (
                f"`{o.subject.name}`",
                o.subject.kind,
                o.verdict,
                _first(o.fails),
                _first(o.warns),
                f"{o.inconclusive} clauses",
            )
            for o in outcomes
            if o.subject.kind != "fault"
        ),
    )
    yield ""
    yield "## What each check notices alone"
    yield ""
    yield from _table(
        ("check", "faults that only it notices"),
        ((name, str(count)) for name, count in alone(faults).items()),
    )
