"""Whether a report agrees with itself, and with a case that was run again.

Each check is a small generator of problems; one table names them all. A problem
names the section it was found in. Nothing here sends: what a case came to when
it was run again is handed in.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.checks.findings import Verdict, worst
from conformance.execution.engine import collected
from conformance.generation import cases as case_set
from conformance.generation.clauses import area, clauses
from conformance.report import build, digests
from conformance.report.loader import by_clause, validator
from conformance.spec import documents
from conformance.spec.operation import Operation
from conformance.spec.registry import registry

Data = Mapping[str, Any]
EXPLORATION = "/exploration/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something in a report that cannot be true, and the section where it stands."""

    section: str
    text: str

    def __str__(self) -> str:
        return f"{self.section}: {self.text}"


Problems = Iterator[Problem]


def form(report: Data) -> Problems:
    """Everything has the form that the schema describes."""
    for error in validator().iter_errors(report):
        section = str(error.absolute_path[0]) if error.absolute_path else "the whole"
        yield Problem(section=section, text=f"{error.json_path}: {error.message[:200]}")


def accidents(report: Data) -> Problems:
    """Every section has the digest that was taken when it was written."""
    said, found = report.get("digests", {}), digests.digests(report)
    for section, digest in found.items():
        if section not in said:
            yield Problem(section=section, text="it has no digest: it was not there when written")
        elif said[section] != digest:
            yield Problem(section=section, text="its digest does not hold: it was changed")
    for section in said.keys() - found.keys():
        yield Problem(section=section, text="it has a digest but is not there")


def exchanges(report: Data) -> Problems:
    """Every exchange bears its own digest as its name, and is some finding's."""
    stored = report["exchanges"]
    used = {finding["exchange"] for finding in report["findings"] if "exchange" in finding}
    for name, exchange in stored.items():
        if digests.exchange_id(exchange) != name:
            yield Problem(section="exchanges", text=f"{name} is not the digest of what it names")
        if name not in used:
            yield Problem(section="exchanges", text=f"no finding shows {name}")
    for name in sorted(used - stored.keys()):
        yield Problem(section="findings", text=f"the exchange {name} is not there")


def accounts(report: Data) -> Problems:
    """Every case is accounted for once, and requests add up."""
    seen: set[str] = set()
    for case in report["cases"]:
        if case["id"] in seen:
            yield Problem(section="cases", text=f"{case['id']} is accounted for twice")
        seen.add(case["id"])
        if case["id"].split("/", 1)[0] != case["operation"]:
            yield Problem(section="cases", text=f"{case['id']} is no case of {case['operation']}")
        if case["operation"] not in report["operations"]:
            yield Problem(section="cases", text=f"{case['operation']} is no operation of the run")
        if "recorded" in case and case["requests"]:
            yield Problem(section="cases", text=f"{case['id']} was recorded and sent as well")
    if report.get("recorded") != build.recorded(report["cases"]):
        yield Problem(section="recorded", text="these are not the cases that recordings answered")
    made = sum(case["requests"] for case in report["cases"])
    if made > report["requests"]:
        yield Problem(section="head", text=f"{made} requests of cases, {report['requests']} in all")


def whole(report: Data) -> Problems:
    """A complete run tried the case set, no more and no less."""
    if report["complete"] and report["interrupted"]:
        yield Problem(section="head", text="a run is complete or interrupted, not both")
    if report["complete"] and report.get("recorded"):
        yield Problem(section="head", text="what recordings answered is no complete run")
    tried = {case["id"] for case in report["cases"]}
    if report["target"]["kind"] == "recording":  # what others tried, of no case set
        if report["complete"]:
            yield Problem(section="head", text="recordings are never a complete run")
        return
    operations = installed(report)
    known = operations is not None and case_set.digest(operations) == report["suite"]["case_set"]
    if operations is not None and known:
        due = {one.id for one in _due(report, operations)}
        every = {one.id for one in collected(operations)}
        yield from (
            Problem(section="cases", text=f"{case} is no case of the case set")
            for case in sorted(tried - every)
        )
        if report["complete"]:
            yield from (
                Problem(section="cases", text=f"{case} is not accounted for")
                for case in sorted(due - tried)
            )
    elif report["complete"] and report["target"]["kind"] != "aws":
        ids = sorted(case for case in tried if EXPLORATION not in case)
        digest = "sha256:" + hashlib.sha256("\n".join(ids).encode()).hexdigest()
        if digest != report["suite"]["case_set"]:
            yield Problem(section="cases", text="the cases are not those of the case set")


def _due(report: Data, operations: tuple[Operation, ...]) -> list[Any]:
    return collected(
        operations,
        explored=report.get("options", {}).get("max_examples", 1) > 0,
        sampled=report["target"]["kind"] == "aws",
    )


#: What breaking a clause of a level comes to. Anything at all may be merely observed.
_OF_LEVEL = {"must": "fail", "should": "warn"}


def sense(report: Data) -> Problems:
    """Every finding is about its own operation, area and case, and its verdict fits its level."""
    tried = {case["id"] for case in report["cases"]}
    for finding in report["findings"]:
        clause, verdict = finding["clause"], finding["verdict"]
        if clause.split("/", 1)[0] != finding["operation"]:
            text = f"{clause} is no clause of {finding['operation']}"
            yield Problem(section="findings", text=text)
        elif finding["operation"] not in report["operations"]:
            text = f"{finding['operation']} is no operation of the run"
            yield Problem(section="findings", text=text)
        if area(clause) != finding["area"]:
            yield Problem(section="findings", text=f"{clause} is not about {finding['area']}")
        if finding["case"] not in tried and not finding.get("unmet"):
            yield Problem(section="findings", text=f"{finding['case']} was not tried")
        if verdict in _OF_LEVEL.values() and _OF_LEVEL.get(finding["level"]) != verdict:
            text = f"{clause} is a {finding['level']}, which cannot {verdict}"
            yield Problem(section="findings", text=text)
        if finding.get("cases", 1) > len(tried):
            yield Problem(section="findings", text=f"{clause} passed in more cases than there are")


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
        return  # told already
    table = build.counts(names, report["findings"])
    for operation, row in report["operations"].items():
        for one in sorted(row.keys() | table[operation].keys()):
            said, found = row.get(one, {}), table[operation].get(one, {})
            if {v: n for v, n in said.items() if n} != {v: n for v, n in found.items() if n}:
                text = f"the counts of {operation}, {one}, are not those of the findings"
                yield Problem(section="operations", text=text)


def verdict(report: Data) -> Problems:
    """The verdict follows from the counts."""
    operations = installed(report)
    due = build.verdict(
        operations or (),
        report["operations"],
        complete=report["complete"],
        errors=any(case["outcome"] == "error" for case in report["cases"]),
    )
    said = report["verdict"]
    unsure = operations is None and {due, said} <= {"conformant", "inconclusive"}
    if said != due and not (unsure and said == "inconclusive"):
        yield Problem(section="head", text=f"the verdict is {said}; by the findings it is {due}")


def promises(report: Data) -> Problems:
    """What findings say was promised is what the documents say, where they are at hand."""
    operations = installed(report)
    known = {c.id: c for operation in operations or () for c in clauses(operation).values()}
    for finding in report["findings"] if operations else ():
        clause = known.get(finding["clause"])
        if clause is None:
            yield Problem(section="findings", text=f"there is no clause {finding['clause']}")
        elif finding["source"] and finding["source"] != str(clause.source):
            yield Problem(section="findings", text=f"{clause.id} is not documented there")
        elif finding["verdict"] == "pass" and finding["expected"] != clause.promise:
            yield Problem(section="findings", text=f"{clause.id} does not promise that")


def expectations(report: Data) -> Problems:
    """Expected findings are of the verdict and the clauses that were expected."""
    expected = report.get("expectations", [])
    worsts = by_clause(report["findings"])
    for finding in report["findings"]:
        position = finding.get("expectation")
        if position is not None and (
            position >= len(expected) or expected[position]["verdict"] != finding["verdict"]
        ):
            yield Problem(section="findings", text=f"nobody expected {finding['clause']}")
    for position, one in enumerate(expected):
        number = sum(finding.get("expectation") == position for finding in report["findings"])
        if number != one["findings"]:
            text = f"{one['clause']} covers {number} findings, not {one['findings']}"
            yield Problem(section="expectations", text=text)
        if one["state"] == "met" and one["verdict"] not in worsts.values():
            yield Problem(section="expectations", text=f"{one['clause']} was not met")


#: What must hold before anything else can be asked, and what is asked then.
FIRST: Mapping[str, Callable[[Data], Problems]] = {"form": form, "digests": accidents}
THEN: Mapping[str, Callable[[Data], Problems]] = {
    "exchanges": exchanges,
    "cases": accounts,
    "case set": whole,
    "findings": sense,
    "outcomes": outcomes,
    "counts": counts,
    "verdict": verdict,
    "promises": promises,
    "expectations": expectations,
}


def problems(report: Data) -> dict[str, list[Problem]]:
    """The problems that each check finds; what the form forbids keeps the rest from being asked."""
    found = {name: list(check(report)) for name, check in FIRST.items()}
    if not found["form"]:
        found |= {name: list(check(report)) for name, check in THEN.items()}
    return found


def installed(report: Data) -> tuple[Operation, ...] | None:
    """The report's operations, if this suite holds the documents that it was made with."""
    known = registry()
    operations = tuple(found for name in report["operations"] if (found := known.get(name)))
    if len(operations) < len(report["operations"]):
        return None
    return operations if documents.digest(operations) == report["suite"]["schema_set"] else None


def disagreements(report: Data, again: Data) -> Iterator[str]:
    """How a case that was run again differs from what a report says of it, a sentence each.

    Of an exploration only the outcome is compared: what it draws may depend on
    what the target holds by now.
    """
    name = again["id"]
    said = next(case for case in report["cases"] if case["id"] == name)
    if said["outcome"] != again["outcome"]:
        yield f"{name}: the report says {said['outcome']}, it is {again['outcome']}"
    if EXPLORATION in name:
        return
    mine = [f for f in report["findings"] if f["case"] == name and not f.get("unmet")]
    before = {(f["clause"], f["verdict"]) for f in mine if f["verdict"] != "pass"}
    after = {(f["clause"], f["verdict"]) for f in again["findings"]}
    for clause, one in sorted(before - after):
        yield f"{name}: the report says {one} of {clause}, which is not so"
    for clause, one in sorted(after - before):
        yield f"{name}: {clause} is {one}, of which the report says nothing"
    passed = {f["clause"] for f in report["findings"] if f["verdict"] == "pass"}
    for clause in sorted(set(again["passed"]) - passed):
        yield f"{name}: {clause} holds, of which the report says nothing"
