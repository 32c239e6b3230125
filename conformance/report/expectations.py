"""Expected findings: the known violations of a target, each with its reason, in a file.

An expectation changes the exit status, never the verdict. It covers the findings of its verdict on
clauses that match its pattern. It is *met* while some matching clause has that verdict; it is an
*unexpected pass* once matching clauses were judged and all of them passed. This module reads and
applies the file; ``expectations_writer`` writes it.
"""

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from conformance.checks.findings import Verdict, worst
from conformance.errors import UnknownNameError, UsageError
from conformance.generation.cases import by_clause
from conformance.generation.clauses import clauses
from conformance.spec import reading
from conformance.spec.operation import Operation
from conformance.spec.registry import registry

Data = dict[str, Any]

FORMAT = "aws-conformance-expectations/1"
#: Neither an ``error``, which is the suite's own, nor a pass can be expected.
VERDICTS = ("fail", "warn", "unsupported", "inconclusive")
YAML_SUFFIXES = frozenset({".yaml", ".yml"})

_SCHEMA = {
    "type": "object",
    "required": ["expected"],
    "additionalProperties": False,
    "properties": {
        "format": {"const": FORMAT},
        "expected": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["clause", "verdict", "reason"],
                "additionalProperties": False,
                "properties": {
                    "clause": {"type": "string", "minLength": 1},
                    "verdict": {"enum": list(VERDICTS)},
                    "reason": {"type": "string", "pattern": "\\S"},
                    "link": {"type": "string", "pattern": "^https?://\\S+$"},
                    "reproduce": {"type": "string"},
                },
            },
        },
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One expected finding: a pattern of clause ids, the verdict, and why.

    ``link`` is an address with more about it, ``reproduce`` a command that shows it; both optional.
    """

    clause: str
    verdict: str
    reason: str
    link: str = ""
    reproduce: str = ""

    def matches(self, clause: str) -> bool:
        """Whether a clause has this id, or matches this pattern with ``*``."""
        return self.clause == clause or fnmatch.fnmatchcase(clause, self.clause)

    def covers(self, finding: Mapping[str, Any]) -> bool:
        """Whether a finding is the expected one."""
        return finding["verdict"] == self.verdict and self.matches(finding["clause"])


def document(path: Path) -> Any:
    """The file as plain data. Raises :class:`UsageError` with one sentence."""
    try:
        if path.suffix in YAML_SUFFIXES:
            return reading.read_yaml(path)
        return reading.read_toml(path)
    except OSError as error:
        raise UsageError(
            f"The expected findings {path} cannot be read: {error.strerror or error}."
        ) from error
    except ValueError as error:
        first = " ".join(str(error).split())[:200]
        kind = "YAML" if path.suffix in YAML_SUFFIXES else "TOML"
        raise UsageError(f"The expected findings {path} are not {kind}: {first}.") from error


def parse(data: Any, path: Path) -> tuple[Expectation, ...]:
    """The expectations in a file's data. Raises :class:`UsageError` with one sentence."""
    problem = next(iter(Draft202012Validator(_SCHEMA).iter_errors(data)), None)
    if problem is None:
        return tuple(Expectation(**entry) for entry in data["expected"])
    place = list(problem.absolute_path)
    if place and place[-1] == "format":
        raise UsageError(f"{path} has the format {data['format']!r}, not {FORMAT}.")
    if len(place) < 2:
        raise UsageError(f"{path} has no list of [[expected]] findings: {problem.message[:160]}.")
    number = int(place[1]) + 1
    if place[-1] == "reason":
        raise UsageError(f"Expected finding {number} in {path} has no reason; give one.")
    raise UsageError(f"Expected finding {number} in {path} is invalid: {problem.message[:160]}.")


def load(path: Path, operations: Iterable[Operation] = ()) -> tuple[Expectation, ...]:
    """The expectations of a file.

    Each must match some clause of ``operations`` or of a documented operation, so that a
    misspelt one is refused. Raises :class:`UsageError`.
    """
    found = parse(document(path), path)
    everything = {**registry(), **{operation.id: operation for operation in operations}}
    known = [name for operation in everything.values() for name in clauses(operation)]
    for expectation in found:
        if not any(map(expectation.matches, known)):
            modelled = registry().get(expectation.clause.partition("/")[0])
            if modelled is not None and any(map(expectation.matches, clauses(modelled))):
                continue
            raise UnknownNameError("clause", expectation.clause, known)
    return found


def covering(
    expected: Sequence[Expectation], finding: Mapping[str, Any]
) -> tuple[int, Expectation] | None:
    """The first expectation that covers a finding, with its position."""
    return next(((n, one) for n, one in enumerate(expected) if one.covers(finding)), None)


def _settled(operations: Sequence[Operation], tried: frozenset[str]) -> frozenset[str]:
    """The clauses all of whose own cases were tried, in a run of only some cases."""
    return frozenset(
        clause
        for operation in operations
        for clause, group in by_clause(operation).items()
        if all(case.id in tried for case in group)
    )


def apply_expectations(
    expected: Sequence[Expectation],
    findings: Sequence[Data],
    tried: frozenset[str],
    operations: Sequence[Operation],
    *,
    complete: bool,
) -> list[Data]:
    """The state of each expectation; a covered finding gets the position of its expectation."""
    if not expected:
        return []
    verdicts: dict[str, list[Verdict]] = {}
    covered = [0] * len(expected)
    for finding in findings:
        verdicts.setdefault(finding["clause"], []).append(Verdict(finding["verdict"]))
        found = covering(expected, finding)
        if found is not None:
            finding["expectation"] = found[0]
            covered[found[0]] += 1
    settled = frozenset(verdicts) if complete else _settled(operations, tried)
    outcomes = {clause: worst(group) for clause, group in verdicts.items()}
    return [
        {
            "clause": one.clause,
            "verdict": one.verdict,
            "reason": one.reason,
            **({"link": one.link} if one.link else {}),
            "findings": covered[position],
            "state": _state(one, outcomes, settled),
        }
        for position, one in enumerate(expected)
    ]


def _state(one: Expectation, outcomes: Mapping[str, Verdict], settled: frozenset[str]) -> str:
    matching = {
        clause: outcome
        for clause, outcome in outcomes.items()
        if outcome is not Verdict.OBSERVED and one.matches(clause)
    }
    if one.verdict in matching.values():
        return "met"
    passed = matching and all(outcome is Verdict.PASS for outcome in matching.values())
    return "unexpected pass" if passed and settled.issuperset(matching) else "not met"


def unexpected_passes(report: Mapping[str, Any]) -> list[Data]:
    """The expectations of a report whose matching clauses all pass."""
    return [one for one in report.get("expectations", ()) if one["state"] == "unexpected pass"]


def reason_expected(
    expected: Sequence[Expectation], result: Mapping[str, Any], grave: Iterable[str]
) -> str:
    """Why all the grave findings of one case are expected; empty where some are not."""
    wanted = set(grave)
    found = [covering(expected, f) for f in result["findings"] if f["verdict"] in wanted]
    if not found or None in found:
        return ""
    return "; ".join(dict.fromkeys(one[1].reason for one in found if one is not None))
