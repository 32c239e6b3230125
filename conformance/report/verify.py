"""Whether a report is consistent with itself, and with a case that was run again.

Each check is a small generator of problems; one table names them all. A problem names the section
it was found in. Nothing here sends: the result of a second run is an argument.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.checks.findings import Verdict, worst
from conformance.execution.engine import collected
from conformance.generation import cases as case_set
from conformance.generation.clauses import area, clauses
from conformance.generation.depth import Depth
from conformance.recording.provenance import DOCUMENTATION
from conformance.report import build, digests, reproduce
from conformance.report.facts import Data, worst_by_clause
from conformance.report.loader import validator
from conformance.report.snippets import shows
from conformance.spec import documents
from conformance.spec.operation import Operation
from conformance.spec.registry import registry

EXPLORATION = "/exploration/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A contradiction in a report, and the section that holds it."""

    section: str
    text: str

    def __str__(self) -> str:
        return f"{self.section}: {self.text}"


Problems = Iterator[Problem]


def schema(report: Data) -> Problems:
    """The report follows its schema."""
    for error in validator().iter_errors(report):
        section = str(error.absolute_path[0]) if error.absolute_path else "the whole"
        yield Problem(section=section, text=f"{error.json_path}: {error.message[:200]}")


def section_digests(report: Data) -> Problems:
    """Every section has the digest that was taken when it was written."""
    written, found = report.get("digests", {}), digests.digests(report)
    for section, digest in found.items():
        if section not in written:
            yield Problem(section=section, text="it has no digest: it was added after writing")
        elif written[section] != digest:
            yield Problem(section=section, text="its digest does not match: it was changed")
    for section in written.keys() - found.keys():
        yield Problem(section=section, text="it has a digest but is missing")


def exchanges(report: Data) -> Problems:
    """The id of every exchange is its digest, and some finding shows it."""
    stored = report["exchanges"]
    used = {finding["exchange"] for finding in report["findings"] if "exchange" in finding}
    for name, exchange in stored.items():
        if digests.exchange_id(exchange) != name:
            yield Problem(section="exchanges", text=f"{name} is not the digest of its exchange")
        if name not in used:
            yield Problem(section="exchanges", text=f"no finding shows {name}")
    for name in sorted(used - stored.keys()):
        yield Problem(section="findings", text=f"the exchange {name} is missing")


def case_list(report: Data) -> Problems:
    """Every case is listed once, and requests add up."""
    seen: set[str] = set()
    for case in report["cases"]:
        if case["id"] in seen:
            yield Problem(section="cases", text=f"{case['id']} is listed twice")
        seen.add(case["id"])
        if case["id"].split("/", 1)[0] != case["operation"]:
            text = f"{case['id']} is not a case of {case['operation']}"
            yield Problem(section="cases", text=text)
        if case["operation"] not in report["operations"]:
            text = f"{case['operation']} is not an operation of the run"
            yield Problem(section="cases", text=text)
        if "recorded" in case and case["requests"]:
            yield Problem(section="cases", text=f"{case['id']} was both replayed and sent")
    if report.get("recorded") != build.recorded(report["cases"]):
        yield Problem(section="recorded", text="it does not count the recorded cases")
    made = sum(case["requests"] for case in report["cases"])
    if made > report["requests"]:
        text = f"the cases took {made} requests, the run {report['requests']}"
        yield Problem(section="head", text=text)


def case_set_coverage(report: Data) -> Problems:
    """A complete run tried exactly the case set."""
    if report["complete"] and report["interrupted"]:
        yield Problem(section="head", text="a run is complete or interrupted, not both")
    if report["complete"] and report.get("recorded"):
        yield Problem(section="head", text="a run with recorded cases is not complete")
    tried = {case["id"] for case in report["cases"]}
    target = report["target"]
    if target["kind"] == "recording" or target.get("provenance") == DOCUMENTATION:
        if report["complete"]:  # it tries no case set
            yield Problem(section="head", text="a report on recordings is never complete")
        return
    operations = installed(report)
    known = operations is not None and case_set.digest(operations) == report["suite"]["case_set"]
    if operations is not None and known:
        due = {one.id for one in _due(report, operations)}
        every = {one.id for one in collected(operations)}
        yield from (
            Problem(section="cases", text=f"{case} is not in the case set")
            for case in sorted(tried - every)
        )
        if report["complete"]:
            yield from (
                Problem(section="cases", text=f"{case} is missing") for case in sorted(due - tried)
            )
    elif (
        report["complete"]
        and report["target"]["kind"] != "aws"
        and _depth(report) is Depth.FULL  # else the case set holds more than was due
    ):
        ids = sorted(case for case in tried if EXPLORATION not in case)
        digest = "sha256:" + hashlib.sha256("\n".join(ids).encode()).hexdigest()
        if digest != report["suite"]["case_set"]:
            yield Problem(section="cases", text="the cases are not those of the case set")


def _due(report: Data, operations: tuple[Operation, ...]) -> list[Any]:
    return collected(
        operations,
        explored=report.get("options", {}).get("max_examples", 1) > 0,
        sampled=report["target"]["kind"] == "aws",
        depth=_depth(report),
        making=report.get("options", {}).get("mutating", False),
    )


def _depth(report: Data) -> Depth:
    """How many stories a run was to carry out; reports without a depth are of whole runs."""
    named = report.get("options", {}).get("depth", Depth.FULL)
    return Depth(named) if named in set(Depth) else Depth.FULL


#: Level → the verdict of a violated clause. A clause of any level may be ``observed``.
_OF_LEVEL = {"must": "fail", "should": "warn"}


def findings(report: Data) -> Problems:
    """Every finding has its clause's operation and area, a tried case and a possible verdict."""
    tried = {case["id"] for case in report["cases"]}
    for finding in report["findings"]:
        clause, verdict = finding["clause"], finding["verdict"]
        if clause.split("/", 1)[0] != finding["operation"]:
            text = f"{clause} is not a clause of {finding['operation']}"
            yield Problem(section="findings", text=text)
        elif finding["operation"] not in report["operations"]:
            text = f"{finding['operation']} is not an operation of the run"
            yield Problem(section="findings", text=text)
        if area(clause) != finding["area"]:
            yield Problem(section="findings", text=f"{clause} is not in the area {finding['area']}")
        if finding["case"] not in tried and not finding.get("unmet"):
            yield Problem(section="findings", text=f"{finding['case']} was not tried")
        if verdict in _OF_LEVEL.values() and _OF_LEVEL.get(finding["level"]) != verdict:
            text = f"{clause} is of level {finding['level']}, which never has the verdict {verdict}"
            yield Problem(section="findings", text=text)
        if finding.get("cases", 1) > len(tried):
            yield Problem(section="findings", text=f"{clause} passed in more cases than were tried")


def outcomes(report: Data) -> Problems:
    """A case's outcome is its worst finding."""
    found: dict[str, list[Verdict]] = {}
    for finding in report["findings"]:
        if finding["verdict"] != "pass" and not finding.get("unmet"):
            found.setdefault(finding["case"], []).append(Verdict(finding["verdict"]))
    passed = {f["case"] for f in report["findings"] if f["verdict"] == "pass"}
    for case in report["cases"]:
        outcome = case["outcome"]
        gravest = str(worst(found[case["id"]])) if case["id"] in found else "pass"
        fits = {gravest, "pass"} if gravest == "observed" else {gravest}
        if case["id"] not in found and case["id"] not in passed:
            fits.add("inconclusive")
        if outcome not in fits:
            text = f"{case['id']} is {outcome} though its worst finding is {gravest}"
            yield Problem(section="cases", text=text)


def counts(report: Data) -> Problems:
    """The matrix counts the clauses of the findings by their worst verdict."""
    names = list(report["operations"])
    if any(finding["clause"].split("/", 1)[0] not in names for finding in report["findings"]):
        return  # reported by findings()
    table = build.counts(names, report["findings"])
    for operation, row in report["operations"].items():
        for one in sorted(row.keys() | table[operation].keys()):
            written, found = row.get(one, {}), table[operation].get(one, {})
            if {v: n for v, n in written.items() if n} != {v: n for v, n in found.items() if n}:
                text = f"the counts of {operation}, {one}, are not those of the findings"
                yield Problem(section="operations", text=text)


def verdict(report: Data) -> Problems:
    """The verdict follows from the counts."""
    operations = installed(report)
    expected = build.verdict(
        operations or (),
        report["operations"],
        complete=report["complete"],
        errors=any(case["outcome"] == "error" for case in report["cases"]),
    )
    written = report["verdict"]
    unsure = operations is None and {expected, written} <= {"conformant", "inconclusive"}
    if written != expected and not (unsure and written == "inconclusive"):
        text = f"the verdict is {written}; the findings make it {expected}"
        yield Problem(section="head", text=text)


def promises(report: Data) -> Problems:
    """Findings quote the promises and sources of the documents, where the suite has these."""
    operations = installed(report)
    known = {c.id: c for operation in operations or () for c in clauses(operation).values()}
    for finding in report["findings"] if operations else ():
        clause = known.get(finding["clause"])
        if clause is None:
            yield Problem(section="findings", text=f"there is no clause {finding['clause']}")
        elif finding["source"] and finding["source"] != str(clause.source):
            yield Problem(section="findings", text=f"{clause.id} has another source")
        elif finding["verdict"] == "pass" and finding["expected"] != clause.promise:
            yield Problem(section="findings", text=f"{clause.id} has another promise")


def expectations(report: Data) -> Problems:
    """Findings marked as expected match an expectation, and each state follows from them."""
    expected = report.get("expectations", [])
    worsts = worst_by_clause(report["findings"])
    for finding in report["findings"]:
        position = finding.get("expectation")
        if position is not None and (
            position >= len(expected) or expected[position]["verdict"] != finding["verdict"]
        ):
            yield Problem(section="findings", text=f"no expectation covers {finding['clause']}")
    for position, one in enumerate(expected):
        number = sum(finding.get("expectation") == position for finding in report["findings"])
        if number != one["findings"]:
            text = f"{one['clause']} covers {number} findings, not {one['findings']}"
            yield Problem(section="expectations", text=text)
        if one["state"] == "met" and one["verdict"] not in worsts.values():
            yield Problem(section="expectations", text=f"{one['clause']} was not met")


def reproductions(report: Data) -> Problems:
    """Every reproduction repeats the stored exchange of its finding, and does nothing else."""
    for finding in report["findings"]:
        if not repeated(report, finding):
            text = f"the reproduction of {finding['clause']} is not made of its exchange"
            yield Problem(section="findings", text=text)


def repeated(report: Data, finding: Data) -> bool:
    """Whether a finding's reproduction, if it has one, sends the exchange that it shows.

    The program is read back into what it was made of; both program and curl command are then made
    of that again.
    """
    given = finding.get("reproduce")
    if not given:
        return True
    exchange = report.get("exchanges", {}).get(finding.get("exchange", ""))
    made = reproduce.read(given["python"])
    if exchange is None or made is None:
        return False
    return given["curl"] == reproduce.curl(made) and shows(exchange["request"], made.request)


#: The checks by name: those of :data:`FIRST` run on anything, the others on what has the schema.
FIRST: Mapping[str, Callable[[Data], Problems]] = {"schema": schema, "digests": section_digests}
THEN: Mapping[str, Callable[[Data], Problems]] = {
    "exchanges": exchanges,
    "cases": case_list,
    "case set": case_set_coverage,
    "findings": findings,
    "outcomes": outcomes,
    "counts": counts,
    "verdict": verdict,
    "promises": promises,
    "expectations": expectations,
    "reproductions": reproductions,
}


def problems(report: Data) -> dict[str, list[Problem]]:
    """The problems that each check finds; the schema must hold before the others run."""
    found = {name: list(check(report)) for name, check in FIRST.items()}
    if not found["schema"]:
        found |= {name: list(check(report)) for name, check in THEN.items()}
    return found


def installed(report: Data) -> tuple[Operation, ...] | None:
    """The report's operations, if this suite has the documents that it was made with."""
    known = registry(report.get("options", {}).get("protocol"))
    operations = tuple(found for name in report["operations"] if (found := known.get(name)))
    if len(operations) < len(report["operations"]):
        return None
    return operations if documents.digest(operations) == report["suite"]["schema_set"] else None


def disagreements(report: Data, again: Data) -> Iterator[str]:
    """How the result of a second run differs from the report, one sentence for each difference.

    Of an exploration only the outcome is compared: what it draws may depend on what the target
    holds now.
    """
    name = again["id"]
    reported = next(case for case in report["cases"] if case["id"] == name)
    if reported["outcome"] != again["outcome"]:
        yield f"{name}: reported {reported['outcome']}, now {again['outcome']}"
    if EXPLORATION in name:
        return
    mine = [f for f in report["findings"] if f["case"] == name and not f.get("unmet")]
    before = {(f["clause"], f["verdict"]) for f in mine if f["verdict"] != "pass"}
    after = {(f["clause"], f["verdict"]) for f in again["findings"]}
    for clause, one in sorted(before - after):
        yield f"{name}: reported {one} for {clause}, now not"
    for clause, one in sorted(after - before):
        yield f"{name}: now {one} for {clause}, not reported"
    passed = {f["clause"] for f in report["findings"] if f["verdict"] == "pass"}
    for clause in sorted(set(again["passed"]) - passed):
        yield f"{name}: now pass for {clause}, not reported"
