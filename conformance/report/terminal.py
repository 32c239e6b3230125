"""A report in a terminal: the table, the blocks, the verdict. Lines name a style, not a colour."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Self

from conformance.checks.findings import Verdict
from conformance.report import blocks, facts
from conformance.report.blocks import Block, Meaning
from conformance.report.facts import Data
from conformance.report.printing import counted, printable

#: Verdict → its word in the totals, in this order.
_WORDS = (
    ("fail", "failed"),
    ("unsupported", "unsupported"),
    ("error", "errors"),
    ("warn", "warned"),
    ("inconclusive", "inconclusive"),
    ("pass", "passed"),
)
#: How many clauses of a block are named, and how many reasons.
_MOST_CLAUSES = 4
_MOST_REASONS = 15


class Detail(StrEnum):
    """How much is printed: verdict and counts; blocks as well; every clause."""

    QUIET = "quiet"
    DEFAULT = "default"
    VERBOSE = "verbose"


class Line(str):
    """A line of text with the style that a terminal may give it: a verdict, or ``dim``."""

    __slots__ = ("style",)
    style: str

    def __new__(cls, text: str, style: str) -> Self:
        """The text is the line; it reads the same without its style."""
        made = super().__new__(cls, text)
        made.style = str(style)
        return made


def table(report: Data, *, detail: Detail = Detail.DEFAULT) -> Iterator[str]:
    """Operation × area with counts of clauses; of many operations, service × area."""
    shown = facts.areas(report)
    rows = [["clauses by worst verdict", *shown]]
    for name, areas in facts.matrix(report, whole=detail is Detail.VERBOSE):
        if areas is None:
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


def _exchange(found: Data, exchange: Data) -> Iterator[str]:
    """Both sides of a finding: what was promised, sent and answered."""
    yield f"     promised  {found['source']}"
    yield f"     expected  {found['expected']}"
    for number, step in enumerate(facts.steps(found)):
        yield f"     {'' if number else 'steps':<9} {_cut(step)}"
    if exchange and not found.get("steps"):
        request = exchange["request"]
        body = f" {_cut(request['body'])}" if request["body"] else ""
        yield f"     request   {request['method']} {_cut(request['url'])}{body}"
    yield f"     observed  {found['observed']}"
    if exchange.get("response", {}).get("body"):
        yield f"     response  {_cut(exchange['response']['body'])}"


def block(one: Block, report: Data, detail: Detail = Detail.DEFAULT) -> Iterator[str]:
    """One block: what is wrong, its clauses, its clearest finding, and how to reproduce that."""
    exchanges = report.get("exchanges", {})
    best = one.clearest(exchanges)
    yield Line(f"{one.verdict.upper()} {one.title}", one.verdict)
    yield f"     {one.size}"
    names = list(_named(one))
    most = len(names) if detail is Detail.VERBOSE else _MOST_CLAUSES
    yield from (f"     {name}" for name in names[:most])
    if len(names) > most:
        yield f"     … and {len(names) - most} more (-v lists them)"
    if one.meaning is Meaning.UNSUPPORTED:
        return
    yield from _exchange(best, exchanges.get(best.get("exchange", ""), {}))
    yield f"     case      {best['case']}"
    if command := facts.reproduction(report, best):
        yield f"     reproduce {command}"


def _named(one: Block) -> Iterator[str]:
    """Each clause of a block with what was observed; of what is not implemented, the operation."""
    if one.meaning is Meaning.UNSUPPORTED:
        yield from one.operations
        return
    first = {finding["clause"]: finding for finding in reversed(one.findings)}
    for clause in one.clauses:
        yield f"{clause}: {_cut(first[clause]['observed'], 60)}"


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
    if kinds := facts.kinds_of_inconclusive(report):
        parts = [f"{one} ({kinds})" if one.endswith(" inconclusive") else one for one in parts]
    return "clauses: " + (", ".join(parts) or "none exercised")


def findings(
    report: Data, *, heading: str, whole: str, detail: Detail = Detail.DEFAULT
) -> Iterator[str]:
    """The blocks, then under ``heading`` the first reasons for inconclusive clauses.

    ``whole`` names where all of them are.
    """
    for one in blocks.unexpected(report):
        yield ""
        yield from block(one, report, detail)
    known = blocks.expected(report)
    if known:
        clauses = sum(len(one.clauses) for one in known)
        yield ""
        yield f"{counted(clauses, 'clause')} with expected findings: " + ", ".join(
            f"{one.habit} ({len(one.clauses)})" for one in known
        )
    reasons = list(inconclusive(report))
    if reasons:
        most = len(reasons) if detail is Detail.VERBOSE else _MOST_REASONS
        yield ""
        yield heading
        yield from reasons[:most]
        if len(reasons) > most:
            yield f"  … and {len(reasons) - most} more reasons (-v lists them), all in {whole}"


def _size(report: Data) -> str:
    """How much was tried, in a line."""
    part = "" if report["complete"] else ", not the complete case set"
    part += " (interrupted)" if report.get("interrupted") else ""
    cases = counted(facts.cases_sent(report), "case")
    requests = counted(report["requests"], "request")
    return f"{cases}{part}, {requests} in {report['duration_s']:.1f} s, seed {report['seed']}"


def lines(report: Data, *, detail: Detail = Detail.DEFAULT) -> Iterator[str]:
    """The whole summary."""
    if detail is not Detail.QUIET:
        yield ""
        yield from table(report, detail=detail)
        yield from findings(
            report,
            heading="could not be exercised",
            whole="report.json (--report DIR)",
            detail=detail,
        )
        if detail is Detail.VERBOSE:
            yield from every_clause(report)
    yield from expectations(report)
    if detail is not Detail.QUIET:
        yield ""
    yield totals(report)
    yield _size(report)
    if recordings := facts.from_recordings(report):
        yield recordings
    if printed := facts.from_documentation(report):
        yield printed
    yield from filter(None, (facts.of_clients(report), facts.of_replay(report)))
    yield Line(f"verdict: {facts.verdict(report)} ({facts.target(report)})", report["verdict"])


def every_clause(report: Data) -> Iterator[str]:
    """Each clause with its worst verdict, in the order of the operations."""
    yield ""
    yield "every clause, by its worst verdict"
    worst = facts.worst_by_clause(report["findings"])
    order = {name: n for n, name in enumerate(report["operations"])}
    for clause in sorted(worst, key=lambda one: (order[one.split("/", 1)[0]], one)):
        yield Line(f"  {worst[clause]:<13} {clause}", worst[clause])
