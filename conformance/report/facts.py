"""What a report says, for every format to show: its subject, counts, causes, and what was sent.

Functions from a report's data to plain values. This module must not know any format.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from conformance.checks.findings import Verdict, worst
from conformance.generation.clauses import AREAS

Data = Mapping[str, Any]

#: The verdicts whose findings are grouped by cause.
GRAVE = (Verdict.ERROR, Verdict.FAIL, Verdict.UNSUPPORTED, Verdict.WARN)
#: Explains what :func:`cell` writes.
LEGEND = "n passed, F failed, E error, W warned, ? inconclusive, · nothing tried"


def subject(report: Data) -> str:
    """What a report is about: the name and version given, else the target."""
    return subject_name(report) or target(report)


def subject_name(report: Data) -> str:
    """The name and version that ``--subject`` gave; empty without."""
    given = report["subject"]
    return " ".join(str(given[key]) for key in ("name", "version") if given.get(key))


def target(report: Data) -> str:
    """The target's address, else its kind."""
    return str(report["target"].get("endpoint") or report["target"]["kind"])


def areas(report: Data) -> list[str]:
    """The areas in which some operation has a clause, in the report's order."""
    return [area for area in AREAS if any(area in row for row in report["operations"].values())]


def clause_counts(report: Data) -> dict[str, int]:
    """Verdict → number of clauses, over all operations and areas."""
    counts: dict[str, int] = {}
    for row in report["operations"].values():
        for cell_counts in row.values():
            for verdict, count in cell_counts.items():
                counts[verdict] = counts.get(verdict, 0) + count
    return counts


def cell(counts: Mapping[str, int]) -> str:
    """The counts of one operation and area in shorthand; :data:`LEGEND` explains it."""
    if not counts:
        return "·"
    parts = [f"{counts.get('pass', 0)}"]
    for verdict, sign in (("fail", "F"), ("error", "E"), ("warn", "W"), ("inconclusive", "?")):
        if counts.get(verdict):
            parts.append(f"{counts[verdict]}{sign}")
    return " ".join(parts)


def worst_by_clause(findings: Iterable[Data]) -> dict[str, Verdict]:
    """Clause → its worst verdict."""
    found: dict[str, list[Verdict]] = {}
    for finding in findings:
        found.setdefault(finding["clause"], []).append(Verdict(finding["verdict"]))
    return {clause: worst(verdicts) for clause, verdicts in found.items()}


def causes(report: Data) -> list[list[Data]]:
    """The grave findings grouped by cause: the gravest first, then the most frequent."""
    groups: dict[tuple[str, str], list[Data]] = {}
    for finding in report["findings"]:
        if finding["verdict"] in GRAVE:
            groups.setdefault((finding["verdict"], finding.get("cause", "")), []).append(finding)
    order = [str(verdict) for verdict in Verdict]
    return sorted(
        groups.values(), key=lambda group: (order.index(group[0]["verdict"]), -len(group))
    )


def is_expected(group: Sequence[Data]) -> bool:
    """Whether every finding of a cause is covered by an expectation."""
    return all("expectation" in finding for finding in group)


def clearest(group: Sequence[Data], exchanges: Data) -> Data:
    """The finding that shows a cause best: of a named case, with the shortest request."""

    def length(finding: Data) -> tuple[bool, int]:
        request = exchanges.get(finding.get("exchange", ""), {}).get("request", {})
        size = len(request.get("url", "")) + len(request.get("body", ""))
        return "/exploration/" in finding["case"], size

    return min(group, key=length)


def cases_sent(report: Data) -> int:
    """How many cases were sent to the target."""
    return len(report["cases"]) - int(report.get("recorded", {}).get("cases", 0))


def from_recordings(report: Data) -> str:
    """How many cases recordings answered instead of the target; empty for none."""
    recorded = report.get("recorded")
    if not recorded:
        return ""
    return (
        f"{recorded['cases']} cases were answered by recordings, the oldest of "
        f"{recorded['oldest']}, not by the target: --record=all sends them again"
    )


def of_replay(report: Data) -> str:
    """The two verdicts of a replay in words; empty for another run."""
    both = report.get("verdicts")
    if not both:
        return ""
    return f"recorded server: {both['server']}; SDK, boto3 {report['sdk']['boto3']}: {both['sdk']}"


def of_clients(report: Data) -> str:
    """Which settings of the recorded clients the user's own do not have; empty for none."""
    parts = [
        f"{name} {one['recorded']} (yours: {one['yours']})"
        for name, one in report.get("client", {}).items()
    ]
    return f"clients as recorded, not as yours: {', '.join(parts)}" if parts else ""
