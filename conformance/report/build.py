"""The data of a report: results merged into findings, counts and a verdict.

Format ``aws-conformance-report/1``, described by ``schemas/report.schema.json``. This module
neither writes nor prints.
"""

import datetime
import importlib.metadata
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from conformance.checks import sdk
from conformance.checks.findings import Finding, Verdict, worst
from conformance.execution.engine import Result
from conformance.generation import cases as case_set
from conformance.generation.clauses import AREAS, area, clauses
from conformance.generation.depth import Depth
from conformance.generation.plans import Case
from conformance.recording.credentials import CredentialsInUse
from conformance.recording.provenance import DOCUMENTATION
from conformance.report import reproduce
from conformance.report.digests import digests, exchange_id
from conformance.report.expectations import Expectation, apply_expectations
from conformance.report.snippets import exchange_data
from conformance.spec import documents
from conformance.spec.levels import Level
from conformance.spec.operation import Operation
from conformance.version import __version__

FORMAT = "aws-conformance-report/1"
Data = dict[str, Any]

#: Verdicts whose findings carry the exchange and a reproduction.
_SHOWN = frozenset({Verdict.FAIL, Verdict.WARN, Verdict.UNSUPPORTED, Verdict.OBSERVED})
#: The members of a result that the list of cases holds.
_OF_CASE = ("id", "operation", "outcome", "requests", "recorded", "printed")


def result_data(
    result: Result, case: Case | None, credentials: CredentialsInUse | None = None
) -> Data:
    """A result as plain data, as a worker sends it: passes as clause ids alone.

    Nothing of it holds one of the ``credentials`` in use.
    """
    without = credentials or CredentialsInUse()
    return {
        "id": result.case,
        "operation": result.operation,
        "outcome": str(result.outcome),
        "requests": result.requests,
        **({"recorded": result.recorded} if result.recorded else {}),
        **({"printed": result.printed} if result.printed else {}),
        "passed": sorted({f.clause for f in result.findings if f.verdict is Verdict.PASS}),
        "findings": [
            without.data(finding_data(_without(finding, without), case))
            for finding in result.findings
            if finding.verdict is not Verdict.PASS
        ],
    }


def _without(finding: Finding, credentials: CredentialsInUse) -> Finding:
    """The finding without credentials, before anything is cut or laid out."""
    if finding.exchange is None:
        return finding
    exchange = credentials.exchange(finding.exchange)
    return replace(finding, exchange=exchange, observed=credentials.text(finding.observed))


def finding_data(finding: Finding, case: Case | None) -> Data:
    """A finding as plain data, with the exchange that shows it, if any."""
    data: Data = {
        "case": finding.case,
        "operation": finding.operation,
        "area": finding.area,
        "clause": finding.clause,
        "level": str(finding.level),
        "verdict": str(finding.verdict),
        "expected": finding.expected,
        "observed": finding.observed,
        "source": finding.source,
        "check": finding.check,
        "cause": finding.cause,
    }
    if finding.exchange is not None and finding.verdict in _SHOWN:
        data["exchange"], data["marks"] = exchange_data(
            finding.exchange, finding.clause, finding.observed, case
        )
        short = len(finding.exchange.request.body) <= reproduce.MOST_BODY
        if finding.steps:  # one request alone shows nothing
            data["steps"] = [asdict(step) for step in finding.steps]
        elif finding.verdict is not Verdict.OBSERVED and short:
            made = reproduce.repeatable(finding.exchange, case)
            data["reproduce"] = {"curl": reproduce.curl(made), "python": reproduce.python(made)}
    return data


def error_data(case: str, text: str) -> Data:
    """The result of a case that the suite itself failed to run."""
    operation = case.split("/", 1)[0]
    lines = [line for line in text.splitlines() if line.strip()]
    finding: Data = {
        "case": case,
        "operation": operation,
        "area": "protocol",
        "clause": f"{operation}/protocol/answers",
        "level": str(Level.MUST),
        "verdict": str(Verdict.ERROR),
        "expected": "the suite runs the case",
        "observed": (lines[-1] if lines else "the worker died")[:500],
        "source": "",
        "check": "",
        "cause": "the suite failed",
    }
    return {
        "id": case,
        "operation": operation,
        "outcome": str(Verdict.ERROR),
        "requests": 0,
        "passed": [],
        "findings": [finding],
    }


#: What is observed of a clause that passed, and of one that only printed responses exercised.
_AS_PROMISED = "as promised"
_PRINTED = "as promised, in a response that the documentation prints"


def _passes(results: Iterable[Data], known: Mapping[str, Any]) -> list[Data]:
    """One finding for each clause that passed in some case, with the number of cases."""
    found: dict[str, Data] = {}
    for result in results:
        for clause_id in result["passed"]:
            entry = found.get(clause_id)
            if entry is None:
                clause = known[clause_id]
                found[clause_id] = {
                    "case": result["id"],
                    "operation": clause.operation,
                    "area": area(clause_id),
                    "clause": clause_id,
                    "level": str(clause.level),
                    "verdict": str(Verdict.PASS),
                    "expected": clause.promise,
                    "observed": _PRINTED if "printed" in result else _AS_PROMISED,
                    "source": str(clause.source),
                    "cases": 1,
                }
            else:
                entry["cases"] += 1
                if "printed" not in result:
                    entry["observed"] = _AS_PROMISED
    return list(found.values())


def _unmet(
    operations: Sequence[Operation], findings: Sequence[Data], *, quick: bool = False
) -> list[Data]:
    """A finding for each clause that cases exist for and no response exercised.

    A ``quick`` run has not tried every story.
    """
    met = {finding["clause"] for finding in findings}
    absent = {f["operation"] for f in findings if f["verdict"] == Verdict.UNSUPPORTED}
    carried_out = {f["operation"] for f in findings if f["area"] == "state"}
    roots = {
        f["operation"]: f["observed"]
        for f in findings
        if f["verdict"] == Verdict.INCONCLUSIVE and f["clause"].endswith(_ACCEPTS)
    }
    return [
        {
            "case": f"{operation.id}/protocol/implemented/asked",
            "operation": operation.id,
            "area": area(clause.id),
            "clause": clause.id,
            "level": str(clause.level),
            "verdict": str(Verdict.INCONCLUSIVE),
            "expected": clause.promise,
            "observed": _UNTRIED
            if quick and clause.part == "state"
            else roots.get(operation.id, _UNSEEN),
            "source": str(clause.source),
            "unmet": True,
        }
        for operation in operations
        if operation.id not in absent
        for clause in clauses(operation).values()
        if clause.id not in met and clause.untestable_reason is None
        # stories of what only reads are carried out where things may be made
        if clause.part != "state" or not operation.readonly or operation.id in carried_out
    ]


#: Why a clause is inconclusive although calls of its operation were accepted.
_UNSEEN = "no response exercised this clause"
#: Why a clause of what calls leave behind may be inconclusive in a quick run.
_UNTRIED = "no story of a quick run exercised this clause (--depth full tries more)"
#: How the clause ends that an operation's valid call is about.
_ACCEPTS = "/protocol/accepts-valid"


def kinds_of_inconclusive(findings: Sequence[Mapping[str, Any]]) -> Data:
    """How many operations are not offered, how many clauses no response showed, and how many
    could not be exercised.
    """
    worst_of: dict[str, list[Verdict]] = {}
    unseen: set[str] = set()
    for finding in findings:
        worst_of.setdefault(finding["clause"], []).append(Verdict(finding["verdict"]))
        if finding["observed"] in {_UNSEEN, _UNTRIED}:
            unseen.add(finding["clause"])
    unclear = {c for c, verdicts in worst_of.items() if worst(verdicts) is Verdict.INCONCLUSIVE}
    absent = {f["operation"] for f in findings if f["verdict"] == Verdict.UNSUPPORTED}
    found = {one for one in unclear if one.split("/", 1)[0] not in absent}
    return {
        "operations_not_offered": len(absent),
        "clauses_not_seen": len(found & unseen),
        "clauses_not_exercised": len(found - unseen),
    }


def counts(operations: Sequence[str], findings: Sequence[Mapping[str, Any]]) -> Data:
    """operation → area → verdict → number of distinct clauses by their worst verdict."""
    by_clause: dict[str, list[Verdict]] = {}
    for finding in findings:
        by_clause.setdefault(finding["clause"], []).append(Verdict(finding["verdict"]))
    table: Data = {name: {} for name in operations}
    for clause_id, verdicts in by_clause.items():
        row = table[clause_id.split("/", 1)[0]].setdefault(area(clause_id), {})
        row[str(worst(verdicts))] = row.get(str(worst(verdicts)), 0) + 1
    order = [str(v) for v in Verdict]
    return {
        name: {
            one: {v: rows[one].get(v, 0) for v in order if v in rows[one] or v in _ALWAYS}
            for one in AREAS
            if one in rows
        }
        for name, rows in table.items()
    }


_ALWAYS = frozenset({"pass", "fail", "warn", "inconclusive"})


def applicable(operation: Operation) -> set[str]:
    """The areas in which an operation promises something that a case can exercise.

    An area of shoulds alone does not count: warnings change no verdict.
    """
    return {
        area(clause.id)
        for clause in clauses(operation).values()
        if clause.level is Level.MUST and clause.untestable_reason is None
    }


def verdict(operations: Sequence[Operation], table: Data, *, complete: bool, errors: bool) -> str:
    """The verdict of a run, by the counts of its clauses."""
    rows = [row for areas in table.values() for row in areas.values()]
    if any(row.get("fail", 0) or row.get("unsupported", 0) for row in rows):
        return "non-conformant"
    exercised = all(
        table[operation.id].get(one, {}).get("pass", 0) > 0
        for operation in operations
        for one in applicable(operation)
    )
    return "conformant" if complete and exercised and not errors else "inconclusive"


def verdicts(
    operations: Sequence[Operation], table: Data, findings: Sequence[Data], **run: bool
) -> Data:
    """The two verdicts of a replay: on the recorded server, and on the SDK that replays it."""
    server = {
        name: {one: row for one, row in areas.items() if one != SDK}
        for name, areas in table.items()
    }
    return {
        "server": verdict(operations, server, **run),
        "sdk": sdk_verdict([one for one in findings if one["area"] == SDK]),
    }


def sdk_verdict(findings: Sequence[Data]) -> str:
    """What findings about the SDK come to: the verdicts of a gate for upgrades."""
    grave = [one for one in findings if Verdict(one["verdict"]) in _BROKEN]
    if any(_breaks(one) for one in grave):
        return "breaking"
    if grave:
        return "changed"
    passed = any(one["verdict"] == Verdict.PASS for one in findings)
    return "unchanged" if passed else "inconclusive"


def _breaks(finding: Data) -> bool:
    """Whether servers route by what differs, or code reads another answer than before."""
    what = str(finding["cause"]).partition(": ")[2]
    return what in sdk.BREAKING or finding["clause"].endswith("/sdk/response")


#: The area of findings about the SDK.
SDK = "sdk"
_BROKEN = frozenset({Verdict.ERROR, Verdict.FAIL, Verdict.WARN})


def recorded(cases: Iterable[Mapping[str, Any]]) -> Data | None:
    """How many cases recordings answered instead of the target, and since when; else ``None``."""
    days = [str(case["recorded"]) for case in cases if "recorded" in case]
    return {"cases": len(days), "oldest": min(days)} if days else None


def versions() -> Data:
    """The versions of the SDK, of Hypothesis and of Python."""
    found = {name: importlib.metadata.version(name) for name in ("boto3", "botocore", "hypothesis")}
    return {**found, "python": platform.python_version()}


def timestamp(moment: float) -> str:
    """UTC, ISO 8601, in seconds."""
    when = datetime.datetime.fromtimestamp(moment, datetime.UTC)
    return when.isoformat(timespec="seconds").replace("+00:00", "Z")


def report(
    *,
    operations: Sequence[Operation],
    results: Sequence[Data],
    due: Sequence[str],
    target: Mapping[str, Any],
    subject: Mapping[str, str],
    seed: int,
    started: float,
    duration: float,
    requests: int,
    interrupted: bool = False,
    options: Mapping[str, Any] | None = None,
    expected: Sequence[Expectation] = (),
    provisioned: Sequence[Data] = (),
    again: str = "",
    client: Mapping[str, Any] | None = None,
    durations: Mapping[str, float] | None = None,
    shard: Data | None = None,
) -> Data:
    """The whole report. ``due`` are the ids of all the cases of a complete run.

    ``again`` is the command that runs the target again, without the cases; ``client`` are settings
    of the clients in a replay that are not the user's; ``durations`` are seconds by operation.
    """
    ordered = sorted(results, key=lambda result: str(result["id"]))
    known = {c.id: c for operation in operations for c in clauses(operation).values()}
    exchanges: dict[str, Data] = {}
    findings = [_stored(finding, exchanges) for result in ordered for finding in result["findings"]]
    findings += _passes(ordered, known)
    replayed = recorded(ordered)
    tried_all = {result["id"] for result in ordered} >= set(due)
    complete = tried_all and not interrupted and not replayed
    if complete:
        quick = (options or {}).get("depth") == Depth.QUICK
        findings += _unmet(operations, findings, quick=quick)
    errors = any(result["outcome"] == Verdict.ERROR for result in ordered)
    table = counts([operation.id for operation in operations], findings)
    tried = frozenset(str(result["id"]) for result in ordered)
    expectations = apply_expectations(expected, findings, tried, operations, complete=complete)
    data = {
        "format": FORMAT,
        "verdict": verdict(operations, table, complete=complete, errors=errors),
        "complete": complete,
        "interrupted": interrupted,
        "suite": {
            "version": __version__,
            "case_set": cases_digest(operations, target),
            "schema_set": documents.digest(operations),
        },
        "subject": dict(subject),
        "target": dict(target),
        "sdk": versions(),
        "options": dict(options or {}),
        "seed": seed,
        "started": timestamp(started),
        "duration_s": round(duration, 3),
        "requests": requests,
        "operations": table,
        "inconclusive": kinds_of_inconclusive(findings),
        "cases": [
            {name: result[name] for name in _OF_CASE if name in result} for result in ordered
        ],
        "findings": findings,
        "exchanges": exchanges,
        **({"durations": {k: round(v, 3) for k, v in durations.items()}} if durations else {}),
        **({"shard": shard} if shard else {}),
        **({"again": again} if again else {}),
        **({"recorded": replayed} if replayed else {}),
        **({"expectations": expectations} if expected else {}),
        **({"provisioned": list(provisioned)} if provisioned else {}),
    }
    if target["kind"] == "replay":
        run = {"complete": complete, "errors": errors}
        data["verdicts"] = verdicts(operations, table, findings, **run)
        data["client"] = dict(client or {})
    return {**data, "digests": digests(data)}


def cases_digest(operations: Sequence[Operation], target: Mapping[str, Any]) -> str:
    """The digest of a run's case set; what documentation prints is in none."""
    is_printed = target.get("provenance") == DOCUMENTATION
    return case_set.digest(() if is_printed else operations)


def _stored(finding: Data, exchanges: dict[str, Data]) -> Data:
    """The finding with the id of its exchange; the exchange itself is stored once."""
    exchange = finding.get("exchange")
    if exchange is None:
        return finding
    name = exchange_id(exchange)
    exchanges[name] = exchange
    return {**finding, "exchange": name}
