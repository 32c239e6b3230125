"""Reports of the parts of one run, joined: the same cases, counts and verdict as of one run.

What does not belong together is refused: a part that is missing or twice, parts of different
operations, versions, options or targets of another kind.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from conformance.checks.findings import Verdict
from conformance.errors import UsageError
from conformance.report import build
from conformance.report.digests import digests
from conformance.report.facts import Data
from conformance.spec import documents
from conformance.spec.operation import Operation
from conformance.spec.registry import registry

#: What parts of one run share, with its name in messages.
_SAME: Mapping[str, str] = {
    "format": "formats",
    "subject": "subjects",
    "sdk": "versions of the SDK or of Python",
    "options": "options",
    "seed": "seeds",
}
#: The state of an expectation in the whole run: the first that some part has.
_STATES = ("met", "unexpected pass", "not met")


def merged(
    reports: Sequence[Data],
    names: Sequence[str],
    *,
    known: Mapping[str, Operation] | None = None,
    shard: build.Data | None = None,
    unfinished: bool = False,
) -> build.Data:
    """The report of the whole run; ``names`` are what messages call the parts.

    ``known`` are the operations of the run, where they are at hand. ``shard`` says which part of
    another run the whole is; of an ``unfinished`` run parts may be missing. Raises
    :class:`UsageError` where they are not the parts of one run.
    """
    _require_parts(reports, names)
    if not unfinished:
        _require_all(reports)
    order: Sequence[str] = reports[0]["shard"]["operations"]
    known = registry(reports[0]["options"].get("protocol")) if known is None else known
    operations = [_installed(name, known, reports[0]) for name in order]
    _require_documents(reports, names, {one.id: one for one in operations})
    results = sorted(chain(*(one["cases"] for one in reports)), key=lambda case: case["id"])
    findings = list(_findings(reports))
    complete = len(reports) == reports[0]["shard"]["of"] and all(one["complete"] for one in reports)
    errors = any(case["outcome"] == Verdict.ERROR for case in results)
    table = build.counts(order, findings)
    data = {
        **{name: reports[0][name] for name in _SAME},
        "verdict": build.verdict(operations, table, complete=complete, errors=errors),
        "complete": complete,
        "interrupted": any(one["interrupted"] for one in reports),
        "suite": {
            "version": reports[0]["suite"]["version"],
            "case_set": build.cases_digest(operations, reports[0]["target"]),
            "schema_set": documents.digest(operations),
        },
        "target": reports[0]["target"],
        "started": min(one["started"] for one in reports),
        "duration_s": round(sum(one["duration_s"] for one in reports), 3),
        "requests": sum(one["requests"] for one in reports),
        "operations": table,
        "durations": dict(chain(*(one.get("durations", {}).items() for one in reports))),
        "inconclusive": build.kinds_of_inconclusive(findings),
        "cases": results,
        "findings": findings,
        "exchanges": dict(chain(*(one["exchanges"].items() for one in reports))),
        **{name: value for name, value in _optional(reports, results) if value},
        **({"shard": shard} if shard else {}),
    }
    return {**data, "digests": digests(data)}


def _optional(reports: Sequence[Data], results: Sequence[Data]) -> Iterator[tuple[str, Any]]:
    """What only some reports have."""
    yield "again", reports[0].get("again")
    yield "recorded", build.recorded(results)
    yield "expectations", _expectations(reports)
    yield "provisioned", [made for one in reports for made in one.get("provisioned", ())]


def _findings(reports: Sequence[Data]) -> Iterator[Data]:
    """All findings in the order of one run: what cases showed, what passed, what was not met."""
    kinds: tuple[list[Data], list[Data], list[Data]] = ([], [], [])
    for finding in chain(*(one["findings"] for one in reports)):
        kinds[2 if finding.get("unmet") else finding["verdict"] == Verdict.PASS].append(finding)
    kinds[0].sort(key=lambda finding: str(finding["case"]))
    yield from chain(*kinds)


def _expectations(reports: Sequence[Data]) -> list[Data]:
    """Each expectation with its state over all parts."""
    found: list[Data] = []
    for group in zip(*(one.get("expectations", ()) for one in reports), strict=True):
        states = {one["state"] for one in group}
        state = next(one for one in _STATES if one in states)
        found.append(
            {**group[0], "findings": sum(one["findings"] for one in group), "state": state}
        )
    return found


def _installed(name: str, known: Mapping[str, Operation], report: Data) -> Operation:
    operation = known.get(name)
    if operation is None:
        version = report["suite"]["version"]
        raise UsageError(
            f"This version does not know {name}; merge with aws-conformance {version}."
        )
    return operation


def _require_parts(reports: Sequence[Data], names: Sequence[str]) -> None:
    """Raise :class:`UsageError` unless these are all the parts of one run, each once."""
    for report, name in zip(reports, names, strict=True):
        if "shard" not in report:
            raise UsageError(f"{name} is no part of a run; make parts with 'certify --shard I/N'.")
    first = reports[0]
    for report, name in zip(reports[1:], names[1:], strict=True):
        for key, what in _SAME.items():
            if report[key] != first[key]:
                raise UsageError(f"{names[0]} and {name} have different {what}.")
        for key in ("of", "operations"):
            if report["shard"][key] != first["shard"][key]:
                raise UsageError(f"{names[0]} and {name} are parts of different runs.")
        if report["target"]["kind"] != first["target"]["kind"]:
            raise UsageError(f"{names[0]} and {name} have targets of different kinds.")
        if report["suite"]["version"] != first["suite"]["version"]:
            raise UsageError(f"{names[0]} and {name} are of different versions of the suite.")
        if _expected(report) != _expected(first):
            raise UsageError(f"{names[0]} and {name} have different expectations.")
    _require_each_once(reports, names)


def _require_documents(
    reports: Sequence[Data], names: Sequence[str], known: Mapping[str, Operation]
) -> None:
    """Raise :class:`UsageError` for a part that was made with other documents than are here."""
    for report, name in zip(reports, names, strict=True):
        here = documents.digest([known[one] for one in report["operations"] if one in known])
        if here != report["suite"]["schema_set"]:
            raise UsageError(
                f"{name} was made with other documents than are read here; merge with its "
                "--schemas and its version of the SDK."
            )


def _expected(report: Data) -> list[tuple[str, str]]:
    return [(one["clause"], one["verdict"]) for one in report.get("expectations", ())]


def _require_each_once(reports: Sequence[Data], names: Sequence[str]) -> None:
    seen: dict[int, str] = {}
    for report, name in zip(reports, names, strict=True):
        number = report["shard"]["number"]
        if number in seen:
            raise UsageError(f"{seen[number]} and {name} are both part {number} of the run.")
        seen[number] = name


def _require_all(reports: Sequence[Data]) -> None:
    """Raise :class:`UsageError` where a part is missing, or an operation is in none or in two."""
    seen = {report["shard"]["number"] for report in reports}
    of = reports[0]["shard"]["of"]
    if missing := sorted(set(range(1, of + 1)) - seen):
        parts = ", ".join(f"{number}/{of}" for number in missing)
        raise UsageError(f"The run is not whole: there is no report of {parts}.")
    covered = [name for report in reports for name in report["operations"]]
    if sorted(covered) != sorted(reports[0]["shard"]["operations"]):
        raise UsageError("The parts do not make a whole: an operation is missing, or is in two.")
