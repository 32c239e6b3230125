"""A report in a terminal: the table, the causes, the verdict. Plain text, no colour of its own."""

from collections.abc import Iterator, Sequence

from conformance.checks.findings import Verdict
from conformance.report import facts
from conformance.report.facts import Data
from conformance.report.printing import printable

#: Verdict → its word in the totals, in this order.
_WORDS = (
    ("fail", "failed"),
    ("unsupported", "unsupported"),
    ("error", "errors"),
    ("warn", "warned"),
    ("inconclusive", "inconclusive"),
    ("pass", "passed"),
)
#: How many causes are printed whole, how many clauses of each are named, and how many reasons.
MOST_CAUSES = 25
_MOST_CLAUSES = 4
_MOST_REASONS = 15


def table(report: Data) -> Iterator[str]:
    """Operation × area with counts of clauses."""
    shown = facts.areas(report)
    rows = [["clauses by worst verdict", *shown]]
    for name, areas in report["operations"].items():
        if any(row.get("unsupported") for row in areas.values()):
            rows.append([name, "unsupported: the target does not implement it"])
        else:
            rows.append([name, *(facts.cell(areas.get(area, {})) for area in shown)])
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
    yield f"  {facts.LEGEND}"


def cause(group: Sequence[Data], again: str, exchanges: Data) -> Iterator[str]:
    """One cause: its clauses, both sides, and how to reproduce it.

    ``again`` is the command that runs this target once more.
    """
    best = facts.clearest(group, exchanges)
    clauses = list(dict.fromkeys(finding["clause"] for finding in group))
    cases = len({finding["case"] for finding in group})
    reach = f" ({cases} cases)" if cases > 1 else ""
    expected = ", expected" if facts.is_expected(group) else ""
    yield f"{best['verdict'].upper()} {best['clause']}{reach}{expected}"
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
        yield f"     request   {request['method']} {_cut(request['url'])}{body}"
    yield f"     observed  {best['observed']}"
    if exchange.get("response", {}).get("body"):
        yield f"     response  {_cut(exchange['response']['body'])}"
    yield f"     case      {best['case']}"
    curl = best.get("reproduce", {}).get("curl")
    if curl and len(curl) < 400:
        yield f"     reproduce {curl}"
    elif best.get("reproduce"):
        yield f"     reproduce {again} --case '{best['case']}'"


def failures(result: Data, verdicts: frozenset[Verdict]) -> Iterator[str]:
    """The grave findings of one case, for the place where its test fails."""
    for finding in result["findings"]:
        if finding["verdict"] in verdicts:
            yield printable(
                f"{finding['clause']}: expected {finding['expected']}; "
                f"observed {finding['observed']} [{finding['source']}]"
            )


def _cut(text: str, most: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[:most] + " …"


def inconclusive(report: Data) -> Iterator[str]:
    """Why clauses could not be exercised, the most frequent reason first."""
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
            yield "     remove the entry from the file, or run 'aws-conformance expect'"
        elif entry["state"] == "not met":
            yield f"  neither met nor passed: {entry['clause']} ({entry['verdict']})"


def totals(report: Data) -> str:
    """Counts of clauses over everything, in words."""
    counts = facts.clause_counts(report)
    parts = [f"{counts[v]} {word}" for v, word in _WORDS if counts.get(v)]
    kinds = report.get("inconclusive", {})
    if counts.get("inconclusive") and kinds.get("clauses_not_seen"):
        apart = (
            f" ({kinds['clauses_not_seen']} that no response showed, "
            f"{kinds['clauses_not_exercised']} not exercised)"
        )
        parts = [part + apart if part.endswith(" inconclusive") else part for part in parts]
    return "clauses: " + (", ".join(parts) or "none exercised")


def findings(report: Data, *, heading: str, whole: str, again: str = "") -> Iterator[str]:
    """The first causes, then under ``heading`` the first reasons for inconclusive clauses.

    ``whole`` names where all of them are.
    """
    groups = facts.causes(report)
    if groups:
        yield ""
        yield f"{len(groups)} cause{'s' * (len(groups) > 1)} of failures and warnings"
    for group in groups[:MOST_CAUSES]:
        yield ""
        yield from cause(group, again, report.get("exchanges", {}))
    if len(groups) > MOST_CAUSES:
        yield ""
        yield f"… and {len(groups) - MOST_CAUSES} more causes, all in {whole}"
    reasons = list(inconclusive(report))
    if reasons:
        yield ""
        yield heading
        yield from reasons[:_MOST_REASONS]
        if len(reasons) > _MOST_REASONS:
            yield f"  … and {len(reasons) - _MOST_REASONS} more reasons, all in {whole}"


def lines(report: Data, *, again: str) -> Iterator[str]:
    """The whole summary. ``again`` is the command that runs this target once more."""
    yield ""
    yield from table(report)
    whole = "report.json (--report DIR)"
    yield from findings(report, again=again, heading="could not be exercised", whole=whole)
    yield from expectations(report)
    yield ""
    yield totals(report)
    cases, requests = facts.cases_sent(report), report["requests"]
    part = "" if report["complete"] else ", not the complete case set"
    part += " (interrupted)" if report.get("interrupted") else ""
    yield (
        f"{cases} cases{part}, {requests} requests in {report['duration_s']:.1f} s, "
        f"seed {report['seed']}"
    )
    if recordings := facts.from_recordings(report):
        yield recordings
    yield from filter(None, (facts.of_clients(report), facts.of_replay(report)))
    yield f"verdict: {report['verdict']} ({facts.target(report)})"
