"""What may be said of a response that the documentation prints: its members, and nothing beside.

A deviation is one of the documentation, which is no target: it is a warning at most, and where
its values are synthetic no more than an observation. Whether the SDK still reads what was
printed is judged as in every replay.
"""

from collections.abc import Iterator
from dataclasses import replace

from conformance.checks import table
from conformance.checks.evidence import Evidence
from conformance.checks.findings import OF_LEVEL, Finding
from conformance.generation.member_clauses import CONSTRAINTS
from conformance.spec.levels import Level, weaker
from conformance.spec.printed import PrintedResponse

#: Identifiers in documentation are synthetic, and accounts are none: ``vpc-0abcEXAMPLE``.
_SYNTHETIC = frozenset({"pattern", "minLength", "maxLength"})
#: What a printed response does not show: what was left out, and the form of its timestamps.
_NOT_SHOWN = frozenset({"present", "format"})


def judge(evidence: Evidence, response: PrintedResponse) -> Iterator[Finding]:
    """The findings on one printed response, without the exchange, of which AWS sent no byte."""
    for finding in table.judge(evidence):
        part, _, path = finding.clause.partition("/")[2].partition("/")
        if part == "sdk":
            yield replace(finding, exchange=None)
        elif said := _softened(finding, path, response):
            yield said


def _softened(finding: Finding, path: str, response: PrintedResponse) -> Finding | None:
    """A finding as a printed response allows it; ``None`` where it does not."""
    member, _, last = path.rpartition("/")
    if last in _NOT_SHOWN or (last in CONSTRAINTS and member in response.untold):
        return None
    level = weaker(finding.level, Level.OBSERVE if last in _SYNTHETIC else Level.SHOULD)
    if finding.verdict not in OF_LEVEL.values():
        return replace(finding, level=level)
    return replace(
        finding,
        level=level,
        verdict=OF_LEVEL[level],
        observed=f"{finding.observed}, as the documentation prints it",
        exchange=None,
    )
