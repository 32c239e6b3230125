"""A report for programs: its findings and clauses as typed objects, and a text that reads well.

It must not know how a run is made, nor any format.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from conformance.checks.findings import Verdict, worst
from conformance.generation.clauses import area
from conformance.report import facts, loader
from conformance.report.expectations import unexpected_passes
from conformance.report.facts import Data
from conformance.report.printing import counted, printable

_GRAVE = frozenset({Verdict.FAIL, Verdict.UNSUPPORTED, Verdict.ERROR})
#: What was exercised; without any of these there is no result.
_EXERCISED = _GRAVE | {Verdict.PASS, Verdict.WARN}
#: pytest shows no more characters of an object after ``assert …,``.
_SHORT = 240


class Finding(Mapping[str, Any]):
    """A verdict on a clause in one case; a mapping of the report's members as well."""

    __slots__ = ("_data",)

    def __init__(self, data: Data) -> None:
        self._data = data

    def __getitem__(self, name: str) -> Any:
        return self._data[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __repr__(self) -> str:
        return f"<Finding {self.verdict} {self.clause}>"

    def __str__(self) -> str:
        return printable(
            f"{self.verdict.upper()} {self.clause}: expected {self.expected}; "
            f"observed {self.observed} [{self.source}]"
        )

    @property
    def case(self) -> str:
        """The id of the case that shows it."""
        return str(self["case"])

    @property
    def clause(self) -> str:
        """The id of the clause."""
        return str(self["clause"])

    @property
    def operation(self) -> str:
        """``service:Operation``."""
        return str(self["operation"])

    @property
    def area(self) -> str:
        """What it is about: ``validation``, ``pagination``, …"""
        return str(self["area"])

    @property
    def level(self) -> str:
        """``must``, ``should`` or ``observe``."""
        return str(self["level"])

    @property
    def verdict(self) -> Verdict:
        """``pass``, ``fail``, ``warn``, ``inconclusive``, …; it equals its word."""
        return Verdict(self["verdict"])

    @property
    def expected(self) -> str:
        """What was due."""
        return str(self["expected"])

    @property
    def observed(self) -> str:
        """What came instead, or why nothing could be exercised."""
        return str(self["observed"])

    @property
    def source(self) -> str:
        """Where the promise is documented."""
        return str(self["source"])

    @property
    def is_expected(self) -> bool:
        """Whether the file of expected findings has it."""
        return "expectation" in self

    @property
    def curl(self) -> str | None:
        """A command that sends the request again, where curl can."""
        found = self.get("reproduce", {}).get("curl")
        return None if found is None else str(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A clause as a run judged it: its worst verdict, and all findings on it."""

    id: str
    verdict: Verdict
    findings: tuple[Finding, ...]

    @property
    def operation(self) -> str:
        """``service:Operation``."""
        return self.id.split("/", 1)[0]

    @property
    def level(self) -> str:
        """``must``, ``should`` or ``observe``."""
        return self.findings[0].level


@dataclass(frozen=True)
class Report:
    """A report of format ``aws-conformance-report/1``; ``data`` holds all of it.

    ``str(report)`` is the verdict with a line for each clause that is not as it should be.
    """

    data: Data

    @classmethod
    def load(cls, path: Path | str) -> "Report":
        """The report in a file, or a folder. Raises :class:`UsageError` for what is none."""
        return cls(loader.load_whole(Path(path)))

    @property
    def verdict(self) -> str:
        """``conformant``, ``non-conformant`` or ``inconclusive``."""
        return str(self.data["verdict"])

    @property
    def complete(self) -> bool:
        """Whether the run tried every case of the chosen operations."""
        return bool(self.data["complete"])

    @property
    def ok(self) -> bool:
        """Whether the command would end with status 0.

        Something was exercised, nothing failed that is not expected, and nothing passed that
        was expected to fail. Warnings count with ``fail_on_warn``; with ``gate`` only the
        findings of one area do.
        """
        return self.status == 0

    @property
    def status(self) -> int:
        """The exit status of the command that made the report, unless that met a problem."""
        exercised = any(one.verdict in _EXERCISED for one in self.findings if self._decides(one))
        if not exercised or self.data.get("interrupted"):
            return 2
        return int(bool(self.unexpected or self._passes()))

    @cached_property
    def findings(self) -> Sequence[Finding]:
        """Every finding: case, clause, level, verdict, expected, observed, reproduction, …"""
        return tuple(map(Finding, self.data["findings"]))

    @property
    def failures(self) -> Sequence[Finding]:
        """The findings that make a target non-conformant."""
        return [one for one in self.findings if one.verdict in _GRAVE]

    @property
    def unexpected(self) -> Sequence[Finding]:
        """The findings that make the exit status 1: failures that are not expected."""
        warns = self.data.get("options", {}).get("fail_on_warn")
        grave = _GRAVE | {Verdict.WARN} if warns else _GRAVE
        bad = (one for one in self.findings if one.verdict in grave and not one.is_expected)
        return [one for one in bad if self._decides(one)]

    def _passes(self) -> list[str]:
        """The clauses that passed although they were expected to fail."""
        found = [str(one["clause"]) for one in unexpected_passes(self.data)]
        return [one for one in found if self._gate in {"all", area(one)}]

    @property
    def _gate(self) -> str:
        return str(self.data.get("options", {}).get("gate", "all"))

    def _decides(self, finding: Finding) -> bool:
        return self._gate == "all" or finding.area == self._gate

    @cached_property
    def clauses(self) -> Mapping[str, Clause]:
        """Every clause that was judged, by its id."""
        found: dict[str, list[Finding]] = {}
        for one in self.findings:
            found.setdefault(one.clause, []).append(one)
        return {
            name: Clause(id=name, verdict=worst(f.verdict for f in each), findings=tuple(each))
            for name, each in found.items()
        }

    def _lines(self) -> Iterator[str]:
        where = f" ({facts.target(self.data)})" if "target" in self.data else ""
        bad = {one.clause: one for one in reversed(self.unexpected)}
        yield f"{self.verdict}{where}: {counted(len(bad), 'clause')} not as documented"
        yield from (str(bad[name]) for name in reversed(bad))
        yield from (f"UNEXPECTED PASS {clause}" for clause in self._passes())

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def __repr__(self) -> str:
        first, *others = (one.partition(": expected ")[0] for one in self._lines())
        text = first
        for number, line in enumerate(others):
            more = f"\n… and {len(others) - number} more"
            if len(text) + len(line) + len(more) + 1 > _SHORT:
                return text + more
            text += f"\n{line}"
        return text
