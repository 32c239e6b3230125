"""A report in a terminal: the table, the causes, the verdict. Plain text, no colour of its own."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.checks.findings import Verdict
from conformance.generation.clauses import AREAS

Data = Mapping[str, Any]

#: How each verdict stands in the table, in this order.
_MARKS = (
    ("fail", "failed"),
    ("unsupported", "unsupported"),
    ("error", "errors"),
    ("warn", "warned"),
    ("inconclusive", "inconclusive"),
    ("pass", "passed"),
)
_GRAVE = (Verdict.ERROR, Verdict.FAIL, Verdict.UNSUPPORTED, Verdict.WARN)
#: How many causes are printed whole, and how many clauses of each are named.
MOST_CAUSES = 25
_MOST_CLAUSES = 4


def cell(row: Mapping[str, int]) -> str:
    """The counts of one cell, in the terminal's and Markdown's shorthand."""
    if not row:
        return "·"
    parts = [f"{row.get('pass', 0)}"]
    for verdict, sign in (("fail", "F"), ("error", "E"), ("warn", "W"), ("inconclusive", "?")):
        if row.get(verdict):
            parts.append(f"{row[verdict]}{sign}")
    return " ".join(parts)


def table(report: Data) -> Iterator[str]:
    """Operation × area with counts of clauses."""
    shown = [area for area in AREAS if any(area in rows for rows in report["operations"].values())]
    rows = [["clauses by worst verdict", *shown]]
    for name, areas in report["operations"].items():
        if any(row.get("unsupported") for row in areas.values()):
            rows.append([name, "unsupported: the target does not implement it"])
        else:
            rows.append([name, *(cell(areas.get(area, {})) for area in shown)])
    widths = [
        max(len(row[column]) for row in rows if len(row) > 2 or column == 0)
        for column in range(len(shown) + 1)
        if any(len(row) > 2 for row in rows)
    ]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        yield "  ".join(
            cells if len(row) > 2 else [cells[0] if cells else row[0], *row[1:]]
        ).rstrip()
    yield "  n passed, F failed, W warned, ? inconclusive, · nothing tried"


def causes(report: Data) -> list[list[Data]]:
    """The grave findings grouped by cause, the gravest and most frequent first."""
    groups: dict[tuple[str, str], list[Data]] = {}
    for finding in report["findings"]:
        if finding["verdict"] in _GRAVE:
            groups.setdefault((finding["verdict"], finding.get("cause", "")), []).append(finding)
    order = [str(verdict) for verdict in Verdict]
    return sorted(
        groups.values(), key=lambda group: (order.index(group[0]["verdict"]), -len(group))
    )


def shortest(group: Sequence[Data], exchanges: Data) -> Data:
    """The finding that shows a cause best: of a named case, with the least to read."""

    def length(finding: Data) -> tuple[bool, int]:
        request = exchanges.get(finding.get("exchange", ""), {}).get("request", {})
        size = len(request.get("url", "")) + len(request.get("body", ""))
        return "/exploration/" in finding["case"], size

    return min(group, key=length)


def cause(group: Sequence[Data], subjects: Mapping[str, str], exchanges: Data) -> Iterator[str]:
    """One cause: clauses, both sides, and how to see it again."""
    best = shortest(group, exchanges)
    clauses = list(dict.fromkeys(finding["clause"] for finding in group))
    cases = len({finding["case"] for finding in group})
    reach = f" ({cases} cases)" if cases > 1 else ""
    excused = ", expected" if all("expectation" in finding for finding in group) else ""
    yield f"{best['verdict'].upper()} {best['clause']}{reach}{excused}"
    others = [clause for clause in clauses if clause != best["clause"]]
    for clause in others[: _MOST_CLAUSES - 1]:
        yield f"     {clause}"
    if len(others) >= _MOST_CLAUSES:
        yield f"     … and {len(others) - _MOST_CLAUSES + 1} more clauses"
    yield f"     promised  {best['source']}"
    yield f"     expected  {best['expected']}"
    exchange = exchanges.get(best.get("exchange", ""), {})
    if exchange:
        request = exchange["request"]
        body = f" {_cut(request['body'])}" if request["body"] else ""
        yield f"     sent      {request['method']} {_cut(request['url'])}{body}"
    yield f"     observed  {best['observed']}"
    if exchange.get("response", {}).get("body"):
        yield f"     answer    {_cut(exchange['response']['body'])}"
    yield f"     case      {best['case']}"
    curl = best.get("reproduce", {}).get("curl")
    if curl and len(curl) < 400:
        yield f"     again     {curl}"
    elif best.get("reproduce"):
        yield f"     again     {subjects['again']} --case '{best['case']}'"


def told(result: Data, verdicts: frozenset[Verdict]) -> Iterator[str]:
    """The grave findings of one case, for the place where its test fails."""
    for finding in result["findings"]:
        if finding["verdict"] in verdicts:
            yield (
                f"{finding['clause']}: expected {finding['expected']}; "
                f"observed {finding['observed']} [{finding['source']}]"
            )


def _cut(text: str, most: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[:most] + " …"


def inconclusive(report: Data) -> Iterator[str]:
    """Why clauses could not be exercised, most frequent reason first."""
    reasons: dict[tuple[str, str], set[str]] = {}
    for finding in report["findings"]:
        if finding["verdict"] == Verdict.INCONCLUSIVE:
            key = (finding["operation"], finding["observed"])
            reasons.setdefault(key, set()).add(finding["clause"])
    unsupported = {f["operation"] for f in report["findings"] if f["verdict"] == "unsupported"}
    for (operation, reason), clauses in sorted(reasons.items(), key=lambda one: -len(one[1])):
        if operation not in unsupported:
            first = sorted(clauses)[0].split("/", 1)[1]
            which = first if len(clauses) == 1 else f"{len(clauses)} clauses, first {first}"
            yield f"  {operation}: {reason} ({which})"


def expectations(report: Data) -> Iterator[str]:
    """What came of the expected findings, where there are any."""
    entries = report.get("expectations", ())
    if not entries:
        return
    yield ""
    yield f"expected findings: {sum(e['state'] == 'met' for e in entries)} of {len(entries)} met"
    for entry in entries:
        if entry["state"] == "unexpected pass":
            yield f"  UNEXPECTED PASS {entry['clause']}: {entry['verdict']} was expected, because:"
            yield f"     {entry['reason']}"
            yield "     take the entry out of the file, or let 'aws-conformance expect' do it"
        elif entry["state"] == "not met":
            yield f"  not met, not passed either: {entry['clause']} ({entry['verdict']})"


def summed(report: Data) -> dict[str, int]:
    """Verdict → number of clauses, over all operations and areas."""
    counts: dict[str, int] = {}
    for areas in report["operations"].values():
        for row in areas.values():
            for verdict, count in row.items():
                counts[verdict] = counts.get(verdict, 0) + count
    return counts


def totals(report: Data) -> str:
    """Counts of clauses over everything, in words."""
    counts = summed(report)
    parts = [f"{counts[v]} {word}" for v, word in _MARKS if counts.get(v)]
    return "clauses: " + (", ".join(parts) or "none exercised")


def findings(report: Data, subjects: Mapping[str, str], unsaid: str, whole: str) -> Iterator[str]:
    """The causes, then under the heading ``unsaid`` why nothing could be told; the first of each.

    ``whole`` is where all of them are.
    """
    groups = causes(report)
    if groups:
        distinct = len(groups)
        yield ""
        yield f"{distinct} cause{'s' if distinct > 1 else ''} of failures and warnings"
    for group in groups[:MOST_CAUSES]:
        yield ""
        yield from cause(group, subjects, report.get("exchanges", {}))
    if len(groups) > MOST_CAUSES:
        yield ""
        yield f"… and {len(groups) - MOST_CAUSES} more causes, all in {whole}"
    reasons = list(inconclusive(report))
    if reasons:
        yield ""
        yield unsaid
        yield from reasons[:15]
        if len(reasons) > 15:
            yield f"  … and {len(reasons) - 15} more reasons, all in {whole}"


def asked(report: Data) -> int:
    """How many cases the target was asked."""
    return len(report["cases"]) - int(report.get("recorded", {}).get("cases", 0))


def recorded(report: Data) -> Iterator[str]:
    """What recordings answered in the target's stead, in one line, if they answered anything."""
    if told := report.get("recorded"):
        yield (
            f"{told['cases']} cases were answered by recordings, the oldest of {told['oldest']}, "
            "not by the target: --record=all asks it again"
        )


def lines(report: Data, *, again: str) -> Iterator[str]:
    """The whole summary. ``again`` is the command that runs this target once more."""
    yield ""
    yield from table(report)
    whole = "report.json (--report DIR)"
    yield from findings(report, {"again": again}, "could not be exercised", whole)
    yield from expectations(report)
    yield ""
    yield totals(report)
    cases, requests = asked(report), report["requests"]
    part = "" if report["complete"] else ", not the complete case set"
    part += " (interrupted)" if report.get("interrupted") else ""
    yield (
        f"{cases} cases{part}, {requests} requests in {report['duration_s']:.1f} s, "
        f"seed {report['seed']}"
    )
    yield from recorded(report)
    where = report["target"].get("endpoint") or report["target"]["kind"]
    yield f"verdict: {report['verdict']} ({where})"
