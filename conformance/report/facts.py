"""What a report says, for every format to show: its subject, counts, causes, and what was sent.

Functions from a report's data to plain values. This module must not know any format.
"""

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from conformance.checks.findings import Verdict, worst
from conformance.generation.clauses import AREAS
from conformance.report.printing import counted

Data = Mapping[str, Any]
#: Tables of more operations have a row for each service.
MANY = 100
#: Area → verdict → number of clauses, of one operation.
Row = Mapping[str, Mapping[str, int]]

#: The verdicts whose findings are grouped by cause.
GRAVE = (Verdict.ERROR, Verdict.FAIL, Verdict.UNSUPPORTED, Verdict.WARN)
#: A command of more characters is no help in a terminal.
_LONGEST_COMMAND = 400
#: Explains what :func:`cell` writes.
LEGEND = "n passed, F failed, E error, W warned, ? inconclusive, · nothing tried"


def subject(report: Data) -> str:
    """What a report is about: the name and version given, else the target."""
    return subject_name(report) or target(report)


def subject_name(report: Data) -> str:
    """The name and version that ``--subject`` gave; empty without."""
    given = report["subject"]
    return " ".join(str(given[key]) for key in ("name", "version") if given.get(key))


def verdict(report: Data) -> str:
    """The verdict in words: a partial run in which nothing failed has passed as far as it went.

    Of what recordings answered in place of the target that is not said.
    """
    counts = clause_counts(report)
    partial = not (report["complete"] or report.get("interrupted") or report.get("recorded"))
    partial = bool(partial and counts.get("pass"))
    if report["verdict"] == "inconclusive" and partial and not any(failures(report)):
        return "passed (partial)"
    return str(report["verdict"])


def target(report: Data) -> str:
    """The target's address, else its kind."""
    return str(report["target"].get("endpoint") or report["target"]["kind"])


def areas(report: Data) -> list[str]:
    """The areas in which some operation has a clause, in the report's order."""
    return [area for area in AREAS if any(area in row for row in report["operations"].values())]


def tried(report: Data) -> Mapping[str, Row]:
    """The operations of which something was tried: a partial run leaves some out."""
    return {name: areas for name, areas in report["operations"].items() if areas}


def by_service(rows: Mapping[str, Row]) -> dict[str, list[Row]]:
    """The rows of each service's operations."""
    found: dict[str, list[Row]] = {}
    for name, row in rows.items():
        found.setdefault(name.partition(":")[0], []).append(row)
    return found


def is_unsupported(row: Row) -> bool:
    """Whether the target does not implement the operation of a row."""
    return any(counts.get("unsupported") for counts in row.values())


def matrix(report: Data, *, whole: bool = False) -> Iterator[tuple[str, Row | None]]:
    """The rows of a table of operations, ``None`` for what the target does not implement.

    Of more than :data:`MANY` operations, unless they are to be shown ``whole``, there is a row
    for each service, with what its operations add up to, and how many of them are implemented.
    """
    rows = tried(report)
    if whole or len(rows) <= MANY:
        yield from ((name, None if is_unsupported(row) else row) for name, row in rows.items())
        return
    for service, group in by_service(rows).items():
        there = [row for row in group if not is_unsupported(row)]
        sums = {area: summed(row.get(area, {}) for row in there) for area in areas(report)}
        operations = counted(len(group), "operation")
        yield f"{service}: {len(there)} of {operations}", sums if there else None


def clause_counts(report: Data) -> dict[str, int]:
    """Verdict → number of clauses, over all operations and areas."""
    counts: dict[str, int] = {}
    for row in report["operations"].values():
        for cell_counts in row.values():
            for verdict, count in cell_counts.items():
                counts[verdict] = counts.get(verdict, 0) + count
    return counts


def _all(_: str) -> bool:
    return True


def failures(report: Data, decides: Callable[[str], bool] = _all) -> tuple[int, int]:
    """How many clauses fail in the areas that decide: by new findings, by expected ones alone."""
    grave = GRAVE if report.get("options", {}).get("fail_on_warn") else GRAVE[:-1]
    failed = [f for f in report["findings"] if f["verdict"] in grave and decides(f["area"])]
    new = {one["clause"] for one in failed if "expectation" not in one}
    return len(new), len({one["clause"] for one in failed} - new)


def why(report: Data, status: int, problem: str = "", decides: Callable[[str], bool] = _all) -> str:
    """Why a run that made this report has this exit status, in a line.

    ``problem`` is what kept the run from its end; an area counts where it ``decides``.
    """
    new, known = failures(report, decides)
    passes = sum(one["state"] == "unexpected pass" for one in report.get("expectations", ()))
    parts = [counted(new, "new failure" if known else "failure")] if new else []
    parts += [f"{known} expected"] if known else []
    parts += [f"{counted(passes, 'expectation')} no longer met"] if passes else []
    interrupted = bool(report.get("interrupted"))
    if status == 2:
        parts = [problem] if problem else [] if interrupted else ["nothing could be exercised"]
    if interrupted:
        parts = ["the run was interrupted", *parts]
    if not new and status != 2:
        parts = ["no failure" if not known else "no new failure", *parts]
    return f"exit status {status}: {'; '.join(parts)}"


def cell(counts: Mapping[str, int]) -> str:
    """The counts of one operation and area in shorthand; :data:`LEGEND` explains it."""
    if not counts:
        return "·"
    parts = [f"{counts.get('pass', 0)}"]
    for verdict, sign in (("fail", "F"), ("error", "E"), ("warn", "W"), ("inconclusive", "?")):
        if counts.get(verdict):
            parts.append(f"{counts[verdict]}{sign}")
    return " ".join(parts)


def summed(rows: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Counts of several operations, added."""
    counts: dict[str, int] = {}
    for row in rows:
        for name, count in row.items():
            counts[name] = counts.get(name, 0) + count
    return counts


def worst_by_clause(findings: Iterable[Data]) -> dict[str, Verdict]:
    """Clause → its worst verdict."""
    found: dict[str, list[Verdict]] = {}
    for finding in findings:
        found.setdefault(finding["clause"], []).append(Verdict(finding["verdict"]))
    return {clause: worst(verdicts) for clause, verdicts in found.items()}


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


def kinds_of_inconclusive(report: Data) -> str:
    """How many clauses no response showed, and how many were not exercised; empty for none."""
    kinds = report.get("inconclusive", {})
    if not clause_counts(report).get("inconclusive") or not kinds.get("clauses_not_seen"):
        return ""
    return (
        f"{kinds['clauses_not_seen']} that no response showed, "
        f"{kinds['clauses_not_exercised']} not exercised"
    )


def again(report: Data, finding: Data) -> str:
    """The command that runs the case of a finding again; empty where there is none.

    An exploration needs its seed and its number of examples: other operations have another one.
    """
    if not report.get("again"):
        return ""
    words = [report["again"], "--case", shlex.quote(finding["case"])]
    if "/exploration/" in finding["case"]:
        words += [f"--seed={report['seed']}", f"--max-examples={report['options']['max_examples']}"]
    return " ".join(words)


def reproduction(report: Data, finding: Data) -> str:
    """The one command that shows a finding again, the shortest that is true.

    A single request does not show what needs something that the run has made, and taken down.
    """
    curl = str(finding.get("reproduce", {}).get("curl") or "")
    made = report.get("provisioned") or report.get("options", {}).get("mutating")
    whole = again(report, finding)
    if curl and len(curl) < _LONGEST_COMMAND and "\n" not in curl and not (made and whole):
        return curl
    return whole


def from_documentation(report: Data) -> str:
    """How many cases are responses that the documentation prints, and what they are; else empty."""
    printed = [str(case["printed"]) for case in report["cases"] if "printed" in case]
    if not printed:
        return ""
    return (
        f"{counted(len(printed), 'case')}: responses that the documentation prints "
        f"({'; '.join(sorted(set(printed)))}), in the wire form that this suite writes; "
        "members and the SDK are judged, no status, header or byte"
    )


def steps(finding: Data) -> Iterator[str]:
    """A story's steps, a line each; the one that breaks the promise is marked."""
    for number, step in enumerate(finding.get("steps", ()), start=1):
        mark = ">" if step["breaks"] else " "
        yield f"{mark} {number} {step['operation']} {step['sent']} → {step['answer']}"


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
    server = both["server"] if any("printed" not in one for one in report["cases"]) else "none"
    return f"recorded server: {server}; SDK, boto3 {report['sdk']['boto3']}: {both['sdk']}"


def of_clients(report: Data) -> str:
    """Which settings of the recorded clients the user's own do not have; empty for none."""
    parts = [
        f"{name} {one['recorded']} (yours: {one['yours']})"
        for name, one in report.get("client", {}).items()
    ]
    return f"clients as recorded, not as yours: {', '.join(parts)}" if parts else ""
