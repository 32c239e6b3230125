"""Reports side by side: what got worse and what got better from the first to the last.

A clause gets worse when its worst verdict gets graver: from pass to warn, fail or unsupported, and
from pass to inconclusive too, because it can no longer be shown to hold. A failure that can no
longer be exercised is neither better nor worse, and is listed apart.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.checks.findings import Verdict
from conformance.errors import UsageError
from conformance.generation.clauses import AREAS
from conformance.report import build, facts
from conformance.report.facts import Data
from conformance.report.html import address, environment, policy, resource

#: How grave a verdict is for a comparison; ``observed`` has no grade.
_GRADE: Mapping[Verdict, int] = {
    Verdict.PASS: 0,
    Verdict.INCONCLUSIVE: 1,
    Verdict.ERROR: 1,
    Verdict.WARN: 2,
    Verdict.FAIL: 3,
    Verdict.UNSUPPORTED: 3,
}
_UNJUDGED = frozenset({Verdict.INCONCLUSIVE, Verdict.ERROR})
#: What all reports must share for a comparison of everything, with its name in messages.
_SAME = (("case_set", "case sets"), ("schema_set", "schema sets"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A clause with its worst verdict in each report, and where it is documented."""

    clause: str
    verdicts: Sequence[Verdict]
    finding: Data

    @property
    def kind(self) -> str:
        """``worse``, ``better``, ``unjudged`` or ``same``, from the first report to the last."""
        first, last = self.verdicts[0], self.verdicts[-1]
        if first not in _GRADE or last not in _GRADE or _GRADE[first] == _GRADE[last]:
            return "same"
        if last in _UNJUDGED and first is not Verdict.PASS:
            return "unjudged"
        return "worse" if _GRADE[last] > _GRADE[first] else "better"


def differences(reports: Sequence[Data], names: Sequence[str]) -> list[str]:
    """Why the reports cannot be compared as a whole, one clause of a sentence each."""
    found = []
    for key, what in _SAME:
        values = [report["suite"][key] for report in reports]
        if len(set(values)) > 1:
            shown = ", ".join(f"{n} has {v[:19]}…" for n, v in zip(names, values, strict=True))
            found.append(f"they have different {what}: {shown}")
    selected = [frozenset(report["operations"]) for report in reports]
    if len(set(selected)) > 1:
        every, common = frozenset.union(*selected), frozenset.intersection(*selected)
        found.append(f"they judge different operations: {', '.join(sorted(every - common))}")
    partial = [name for name, report in zip(names, reports, strict=True) if not report["complete"]]
    if partial and len(partial) < len(reports):
        found.append(f"some report partial runs: {', '.join(partial)}")
    return found


def names(reports: Sequence[Data], files: Sequence[str]) -> list[str]:
    """A name for each report: its subject, with its file where subjects are the same."""
    subjects = [facts.subject(report) for report in reports]
    return [
        name if subjects.count(name) == 1 else f"{name} ({file})"
        for name, file in zip(subjects, files, strict=True)
    ]


class Comparison:
    """Several reports, clause by clause, over the clauses that all of them judge."""

    def __init__(self, reports: Sequence[Data], names: Sequence[str]) -> None:
        self.reports, self.names = reports, names
        worsts = [facts.worst_by_clause(report["findings"]) for report in reports]
        self.common = set(worsts[0]).intersection(*worsts[1:])
        shown = {
            finding["clause"]: finding
            for finding in reports[-1]["findings"]
            if worsts[-1][finding["clause"]] == finding["verdict"]
        }
        order = [clause for clause in worsts[0] if clause in self.common]
        self.changes = [
            Change(clause=clause, verdicts=[one[clause] for one in worsts], finding=shown[clause])
            for clause in order
        ]
        self.left_out = len(set().union(*worsts) - self.common)

    def kind(self, name: str) -> list[Change]:
        """The changes of one kind, the gravest last verdict first."""
        chosen = [change for change in self.changes if change.kind == name]
        return sorted(chosen, key=lambda change: -_GRADE.get(change.verdicts[-1], 0))

    def cells(self) -> Iterator[tuple[str, str, list[Data]]]:
        """Operation, area, and the counts of each report, over the common clauses."""
        operations = list(self.reports[0]["operations"])
        tables = [
            build.counts(operations, [f for f in report["findings"] if f["clause"] in self.common])
            for report in self.reports
        ]
        for operation in operations:
            for area in AREAS:
                row = [table[operation].get(area, {}) for table in tables]
                if any(row):
                    yield operation, area, row

    @property
    def worse(self) -> list[Change]:
        """What got worse from the first report to the last."""
        return self.kind("worse")

    @property
    def better(self) -> list[Change]:
        """What got better."""
        return self.kind("better")

    @property
    def ok(self) -> bool:
        """Whether nothing got worse: the command ends with status 0."""
        return not self.worse

    def __str__(self) -> str:
        return "\n".join(lines(self))


def whole(reports: Sequence[Data], files: Sequence[str], *, common: bool) -> Comparison:
    """Compare at least two reports whole, or with ``common`` what they share.

    Raises :class:`UsageError` where that is impossible.
    """
    if len(reports) < 2:
        raise UsageError("Give at least two reports to compare.")
    if (differ := differences(reports, files)) and not common:
        raise UsageError(
            f"These reports cannot be compared whole: {'; '.join(differ)}. "
            "Use --common to compare what they share."
        )
    comparison = Comparison(reports, names(reports, files))
    if not comparison.common:
        raise UsageError("These reports have no clause in common.")
    return comparison


_SECTIONS = (
    ("worse", "worse"),
    ("better", "better"),
    ("unjudged", "violated before, no longer exercised"),
)


def data(comparison: Comparison, differ: Sequence[str] = ()) -> Data:
    """The comparison as plain data; ``differ`` is why only a part was compared."""
    return {
        "format": "aws-conformance-comparison/1",
        "reports": list(comparison.names),
        "clauses": len(comparison.common),
        "left_out": comparison.left_out,
        "differences": list(differ),
        **{
            kind: [
                {
                    "clause": change.clause,
                    "verdicts": [str(verdict) for verdict in change.verdicts],
                    "expected": change.finding["expected"],
                    "observed": change.finding["observed"],
                    "source": change.finding["source"],
                }
                for change in comparison.kind(kind)
            ]
            for kind, _ in _SECTIONS
        },
    }


def lines(comparison: Comparison) -> Iterator[str]:
    """The comparison for a terminal."""
    rows = [["operation", "area", *comparison.names, ""]]
    before = ""
    for operation, area, row in comparison.cells():
        changed = {
            c.kind
            for c in comparison.changes
            if c.finding["area"] == area and c.clause.startswith(f"{operation}/")
        }
        note = " ".join(kind for kind in ("worse", "better") if kind in changed)
        rows.append([operation if operation != before else "", area, *map(facts.cell, row), note])
        before = operation
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for line in rows:
        yield "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip()
    yield f"  {facts.LEGEND}"
    for kind, title in _SECTIONS:
        changes = comparison.kind(kind)
        if changes:
            yield ""
            yield f"{len(changes)} clause{'s' * (len(changes) > 1)} {title}"
        for change in changes:
            yield f"  {change.clause}: {' → '.join(change.verdicts)}"
            if kind == "worse":
                yield f"     observed  {change.finding['observed'][:200]}"
    yield ""
    yield from _verdicts(comparison)


def _verdicts(comparison: Comparison) -> Iterator[str]:
    if comparison.left_out:
        yield f"{comparison.left_out} clauses are left out because some report lacks them"
    counts = {kind: len(comparison.kind(kind)) for kind, _ in _SECTIONS}
    yield (
        f"from {comparison.names[0]} to {comparison.names[-1]}: {counts['worse']} worse, "
        f"{counts['better']} better, of {len(comparison.common)} clauses compared"
    )


def _varies(change: Change) -> bool:
    """Whether a clause has another grade in some report than in the others."""
    grades = {_GRADE[verdict] for verdict in change.verdicts if verdict in _GRADE}
    return len(grades) > 1


def html(comparison: Comparison) -> str:
    """The comparison as an HTML page."""
    changes = [c for c in comparison.changes if c.kind != "same" or _varies(c)]
    order = {"worse": 0, "better": 1, "unjudged": 2, "same": 3}
    changes.sort(key=lambda c: (order[c.kind], -_GRADE.get(c.verdicts[-1], 0)))
    cells = [
        {
            "operation": operation,
            "area": area,
            "row": [
                {
                    "passed": one.get("pass", 0),
                    "all": sum(n for v, n in one.items() if v != "observed"),
                    "worse": [
                        (v, one[v])
                        for v in ("error", "fail", "unsupported", "warn", "inconclusive")
                        if one.get(v)
                    ],
                }
                for one in row
            ],
        }
        for operation, area, row in comparison.cells()
    ]
    return (
        environment()
        .from_string(resource("compare.html.j2"))
        .render(
            names=comparison.names,
            reports=comparison.reports,
            cells=cells,
            changes=[{"change": c, "href": address(c.finding["source"])} for c in changes],
            counts={kind: len(comparison.kind(kind)) for kind, _ in _SECTIONS},
            summary=list(_verdicts(comparison)),
            style=resource("page.css"),
            policy=policy(),
        )
    )
