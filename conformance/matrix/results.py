"""All compact reports as one set of results: what belongs side by side, and what is left out.

Reports of one service belong together where their case sets are the same; the newest report says
which that is. This module knows no page.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from conformance.checks.findings import Verdict
from conformance.generation.clauses import AREAS
from conformance.matrix.subjects import Annotation, Checked, Subject, Subjects
from conformance.report import facts
from conformance.report.digests import digest

Report = Mapping[str, Any]
#: Verdicts of a clause that a subject violates.
VIOLATED = ("fail", "warn", "error")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Clauses of a service that became better or worse from one version to the next."""

    service: str
    before: str
    after: str
    better: tuple[str, ...]
    worse: tuple[str, ...]


class Results:
    """The results, by service, subject and version; versions are in the order of the subjects."""

    def __init__(
        self,
        subjects: Subjects,
        reports: Sequence[Report],
        annotations: Sequence[Annotation] = (),
        checked: Sequence[Checked] = (),
    ) -> None:
        self.subjects = subjects
        self.annotations = annotations
        self.checked = checked
        #: Report and reason of each that is not shown.
        self.left_out: list[tuple[Report, str]] = []
        self._kept: dict[tuple[str, str, str], Report] = {}
        named = {one.name: one for one in subjects.subjects}
        newest: dict[str, str] = {}
        known = [one for one in reports if one["subject"]["name"] in named]
        for report in sorted(known, key=lambda one: str(one["started"])):
            newest[report["service"]] = report["suite"]["case_set"]
        for report in reports:
            name, version = report["subject"]["name"], report["subject"]["version"]
            reason = ""
            if name not in named or version not in named[name].versions:
                reason = "the file of subjects does not name it"
            elif report["suite"]["case_set"] != newest[report["service"]]:
                reason = "it has another case set than the newest report of its service"
            if reason:
                self.left_out.append((report, reason))
            else:
                self._kept[name, version, report["service"]] = report

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def reports(self) -> list[Report]:
        """All that is shown."""
        return list(self._kept.values())

    @cached_property
    def services(self) -> tuple[str, ...]:
        """The services that have a report, by name."""
        return tuple(sorted({service for _, _, service in self._kept}))

    @cached_property
    def digest(self) -> str:
        """The digest over the digests of all reports."""
        return digest(sorted(one["digest"] for one in self._kept.values()))

    def measured(self) -> list[Subject]:
        """The subjects that have a report."""
        names = {name for name, _, _ in self._kept}
        return [one for one in self.subjects.subjects if one.name in names]

    def report(self, subject: str, version: str, service: str) -> Report | None:
        """The report of one run."""
        return self._kept.get((subject, version, service))

    def latest(self, subject: Subject, service: str) -> Report | None:
        """The report of the newest version that has one."""
        found = (self.report(subject.name, one, service) for one in subject.versions)
        return next(filter(None, found), None)

    def of_service(self, service: str) -> list[tuple[Subject, Report]]:
        """Each subject with its latest report of a service."""
        pairs = ((one, self.latest(one, service)) for one in self.subjects.subjects)
        return [(subject, report) for subject, report in pairs if report]

    def annotated(self, subject: str, version: str, clause: str) -> list[Annotation]:
        """What authors say about a clause of their subject."""
        return [
            one
            for one in self.annotations
            if one.subject == subject
            and fnmatchcase(clause, one.clause)
            and (not one.versions or version in one.versions)
        ]

    def pointless(self) -> Iterator[Annotation]:
        """The annotations that are about no clause of what is shown."""
        for one in self.annotations:
            shown = (
                clause
                for (name, version, _), report in self._kept.items()
                if name == one.subject and (not one.versions or version in one.versions)
                for clause in verdicts(report)
            )
            if not any(fnmatchcase(clause, one.clause) for clause in shown):
                yield one

    def checks(self, clause: str) -> list[Checked]:
        """What a clause was found to be when it was compared with the documentation by hand."""
        return [
            one
            for one in self.checked
            if any(fnmatchcase(clause, pattern) for pattern in one.clauses)
        ]

    def changes(self, subject: Subject) -> Iterator[Change]:
        """What changed between neighbouring versions, the newest first."""
        for after, before in zip(subject.versions, subject.versions[1:], strict=False):
            for service in self.services:
                new = self.report(subject.name, after, service)
                old = self.report(subject.name, before, service)
                if new and old:
                    yield _change(service, before, after, verdicts(old), verdicts(new))


def _change(
    service: str, before: str, after: str, old: Mapping[str, str], new: Mapping[str, str]
) -> Change:
    common = sorted(old.keys() & new.keys())
    return Change(
        service=service,
        before=before,
        after=after,
        better=tuple(c for c in common if old[c] in VIOLATED and new[c] == Verdict.PASS),
        worse=tuple(c for c in common if old[c] == Verdict.PASS and new[c] in VIOLATED),
    )


def verdicts(report: Report) -> dict[str, str]:
    """Clause → its worst verdict."""
    return {
        f"{operation}/{path}": verdict
        for operation, groups in report["clauses"].items()
        for verdict, paths in groups.items()
        for path in paths
    }


def counts(report: Report) -> dict[str, int]:
    """Operations asked and there, and clauses by verdict; what is only observed is not counted.

    ``absent`` are the clauses of operations that are unsupported.
    """
    missing = set(report["unsupported"])
    rows = report["operations"]
    there = {"operations": {name: rows[name] for name in rows if name not in missing}}
    found = facts.clause_counts(there)
    judged = {one: found.get(one, 0) for one in ("pass", "fail", "warn", "inconclusive", "error")}
    without = facts.clause_counts({"operations": {name: rows[name] for name in missing}})
    absent = sum(n for verdict, n in without.items() if verdict not in {"observed", "unsupported"})
    return {
        "asked": len(rows),
        "there": len(rows) - len(missing),
        **judged,
        "absent": absent,
        "clauses": sum(judged.values()) + absent,
    }


def parting(pairs: Sequence[tuple[Subject, Report]]) -> Iterator[tuple[str, dict[str, str]]]:
    """The clauses that some subject keeps and another violates, with the verdict of each."""
    for clause, found in _side_by_side(pairs):
        if Verdict.PASS in found.values() and not set(found.values()).isdisjoint(VIOLATED):
            yield clause, found


def shared(pairs: Sequence[tuple[Subject, Report]]) -> Iterator[tuple[str, dict[str, str]]]:
    """The clauses that at least three subjects violate and none keeps: the suite may be wrong."""
    for clause, found in _side_by_side(pairs):
        broken = [one for one in found.values() if one in VIOLATED]
        if len(broken) >= 3 and Verdict.PASS not in found.values():
            yield clause, found


def failing(pairs: Sequence[tuple[Subject, Report]]) -> Iterator[tuple[str, dict[str, str]]]:
    """The clauses that fail in at least three subjects, also those that others keep."""
    for clause, found in _side_by_side(pairs):
        if list(found.values()).count(Verdict.FAIL) >= 3:
            yield clause, found


def _side_by_side(
    pairs: Sequence[tuple[Subject, Report]],
) -> Iterator[tuple[str, dict[str, str]]]:
    every = {subject.name: verdicts(report) for subject, report in pairs}
    for clause in sorted({one for found in every.values() for one in found}):
        yield clause, {name: found[clause] for name, found in every.items() if clause in found}


def areas(report: Report, operation: str) -> list[str]:
    """The areas in which an operation has a clause, in the order of reports."""
    return [area for area in AREAS if area in report["operations"].get(operation, {})]
