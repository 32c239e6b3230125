"""The table of checks: each row is complete, and says just what its check does.

Who adds a check writes a function, a row of the table, a row of a test and a fault. Whatever is
missing fails a test here, or in ``test_calibration``, that says what to do.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import test_checks_answers
import test_checks_errors
import test_checks_paging
import test_checks_response
import test_checks_sdk
import test_checks_semantics
import test_checks_state
import test_checks_transport
from check_rows import findings, path_of

from conformance.checks import answers, errors, paging, response, sdk, semantics, state, transport
from conformance.checks.coverage import attributed
from conformance.checks.evidence import INVALID, VALID, Evidence, Listing
from conformance.checks.findings import FindingBuilder, Verdict
from conformance.checks.table import CHECKS, Check
from conformance.generation.cases import cases
from conformance.generation.clauses import clauses
from conformance.generation.plans import Case, Expect, Size, Walk
from conformance.protocols import rpc_v2_cbor
from conformance.protocols.table import PROTOCOLS
from conformance.spec.documents import documented
from conformance.spec.operation import Operation, Schema
from conformance.spec.registry import registry
from conformance.spec.sdk_models import loader as sdk_models

#: The modules of checks, and the tests with their rows.
MODULES = {
    answers: test_checks_answers,
    errors: test_checks_errors,
    paging: test_checks_paging,
    response: test_checks_response,
    sdk: test_checks_sdk,
    semantics: test_checks_semantics,
    state: test_checks_state,
    transport: test_checks_transport,
}
ROWS: list[Any] = [row for tests in MODULES.values() for row in tests.ROWS]
BLAME = {Verdict.FAIL, Verdict.WARN}

every_check = pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)


def module_of(check: Check) -> str:
    return check.find.__module__.rpartition(".")[2]


# ---------------------------------------------------------------- what a check needs


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_check_is_in_the_table(module: Any) -> None:
    """A function that takes a FindingBuilder beside the evidence is a check, and has a row."""
    known = {check.find for check in CHECKS.values()}
    for name, function in inspect.getmembers(module, inspect.isfunction):
        given = [one.annotation for one in inspect.signature(function).parameters.values()]
        if given == [Evidence, FindingBuilder] and not name.startswith("_"):
            assert function in known, (
                f"{module.__name__}.{name} is a check, but nothing runs it: "
                "add a row for it to conformance/checks/table.py"
            )


@every_check
def test_every_check_says_what_it_requires(check: Check) -> None:
    """Its docstring begins with the promise that ``aws-conformance checks`` prints."""
    assert check.promise.endswith("."), (
        f"the first line of the docstring of {module_of(check)}.{check.find.__name__} has to be "
        "one sentence that says what the check requires of a target"
    )


@every_check
def test_every_check_is_shown_to_find_something(check: Check) -> None:
    """A row shows each check finding what it is there for; a check that never blames does not."""
    verdicts = {
        verdict for row in ROWS if row.check == check.name for verdict in row.finds.values()
    }
    where = f"ROWS of tests/test_checks_{module_of(check)}.py"
    if check.blames:
        assert BLAME & verdicts, (
            f"nothing shows that the check {check.name!r} finds anything: add a row to {where} "
            "whose finds are fail or warn, or set blames=False in its row of the table"
        )
    else:
        assert verdicts, f"add a row that shows what {check.name!r} reports to {where}"
        assert not BLAME & verdicts, f"{check.name!r} blames a target: remove blames=False"


# ---------------------------------------------------------------- what a check raises


def may_raise(check: Check, evidence: Evidence, clause: str) -> bool:
    """Whether the row of a check says that it can raise a clause on that evidence."""
    operation, case = evidence.operation, evidence.case
    return any(
        one.concerns(operation, case)
        and one.includes(operation, clause)
        and (not one.own or clause == case.clause)
        for one in check.raises
    )


@pytest.mark.parametrize("number", range(len(ROWS)), ids=lambda n: f"{ROWS[n].check}-{n}")
def test_a_row_raises_what_the_table_says(number: int, fabricate: Any) -> None:
    """What a check finds on the row of a test is declared in its row of the table."""
    row = ROWS[number]
    for finding in findings(row, fabricate):
        assert may_raise(CHECKS[row.check], row.evidence(fabricate), finding.clause), (
            f"{row.check!r} raises {path_of(finding)}: declare it in its row of "
            "conformance/checks/table.py"
        )


def example(schema: Schema) -> Any:
    """A value with every member of a schema, whether or not it satisfies the constraints."""
    if "properties" in schema:
        return {name: example(inner) for name, inner in schema["properties"].items()}
    if isinstance(schema.get("additionalProperties"), Mapping):
        return {"key": example(schema["additionalProperties"])}
    plain: dict[str, Any] = {"integer": 1, "number": 1, "boolean": True, "object": {}}
    if schema.get("type") == "array":
        return [example(schema.get("items", {}))]
    return plain.get(schema.get("type", "string"), "+12065550100")


OPERATIONS = [
    *(one for one in documented().values() if one.service in {"chime", "connect"}),
    sdk_models.operation("kms", "DescribeKey"),
    sdk_models.operation("ecs", "DeleteCluster"),
    sdk_models.operation("lambda", "ListEventSourceMappings"),
    sdk_models.operation("glacier", "InitiateMultipartUpload"),
    sdk_models.operation("sqs", "GetQueueUrl"),
    sdk_models.operation("sqs", "DeleteQueue"),
    sdk_models.operation("sqs", "GetQueueAttributes"),
    sdk_models.operation("bedrock-agent-runtime", "GetAgentMemory"),
    sdk_models.operation("sagemaker-runtime", "InvokeEndpoint"),
    sdk_models.operation("cloudwatch", "ListMetrics", "smithy-rpc-v2-cbor"),
    sdk_models.operation("cloudwatch", "GetDashboard", "smithy-rpc-v2-cbor"),
    registry().find("lambda:GetFunction"),  # with what AWS was seen to answer
]
#: What a client asks for beside the operation.
ASKED = (("Accept", "application/json"), ("x-amzn-query-mode", "true"))
#: The type of an error, and the request id, wherever a protocol has them.
HEADERS = (("Content-Type", "application/json"), ("x-amzn-RequestId", "1"))


class Fabricated:
    """Fabricated evidence of all cases of an operation: successes and errors of every kind."""

    def __init__(self, operation: Operation, fabricate: Any, filled: Any) -> None:
        self.operation = operation
        self.fabricate = fabricate
        self.filled = filled
        self.whole = example(operation.response)
        self.success = operation.http.status
        self.headers = tuple(
            (str(schema.get("wireName", name)), str(example(schema)))
            for name, schema in operation.response["properties"].items()
            if schema.get("location") == "header"
        )
        errors = [*operation.errors, "ValidationException"]
        self.errors = [{"__type": kind, "code": kind} for kind in errors]

    def exchange(self, params: Any, status: int, body: Any) -> Any:
        raw = rpc_v2_cbor.dump(body) if "cbor" in self.operation.protocol else body
        made = self.fabricate.exchange(
            self.operation.id, status=status, body=raw, headers=HEADERS, params=params
        )
        notes = {"replayed": True, "built": made.request, "why": ""}
        request = replace(made.request, headers=(*made.request.headers, *ASKED))
        response = replace(made.response, headers=(*HEADERS, *self.headers))
        return replace(made, request=request, response=response, notes=notes)

    def step(self, step: Any, status: int, body: Any) -> tuple[Any, ...]:
        paging, params = self.operation.pagination, self.filled(self.operation, step.set)
        if not isinstance(step, Walk) or paging is None:
            return (self.exchange(params, status, body),)
        if paging.limit and step.sizes[0] is not Size.DEFAULT:
            params |= {paging.limit: 1}
        last = {name: value for name, value in body.items() if name != paging.output_token}
        return self.exchange(params, status, body), self.exchange(params, status, last)

    def evidence(self, case: Case, status: int, body: Any, **known: Any) -> Evidence:
        return Evidence(
            operation=self.operation,
            protocol=PROTOCOLS[self.operation.protocol],
            case=case,
            steps=tuple(self.step(step, status, body) for step in case.steps),
            valid_control=self.exchange({}, self.success, self.whole),
            broken=(case.clause,),
            **known,
        )

    def of(self, case: Case) -> Iterator[Evidence]:
        """The case with a full and with an empty success, and with each documented error."""
        full = self.evidence(case, self.success, self.whole)
        page = full.page(full.last)
        listing = Listing(items=(*(page.items if page else ()), {}), complete=True)
        yield replace(full, listing=listing)
        yield self.evidence(case, self.success, {})
        for error in self.errors if case.expect in INVALID else self.errors[:1]:
            yield self.evidence(case, 400, error)
        if case.expect in VALID:  # a recorded success raises nothing in the SDK
            (first, *more), *steps = full.steps
            raised = replace(first, sdk_error="ValueError", notes={})
            yield replace(full, steps=((raised, *more), *steps))


#: The check, the clause, and what the case expects.
Raised = tuple[str, str, Expect]


@pytest.fixture(scope="module")
def raised(fabricate: Any, filled: Any) -> Callable[[Operation], Set[Raised]]:
    """All that the checks raise on the fabricated evidence of an operation."""

    @cache
    def run(operation: Operation) -> Set[Raised]:
        fabricated = Fabricated(operation, fabricate, filled)
        found: set[Raised] = set()
        for case in cases(operation):
            for evidence in fabricated.of(case):
                for check in CHECKS.values():
                    for finding in check.judge(evidence):
                        assert may_raise(check, evidence, finding.clause), (
                            f"{check.name!r} raises {finding.clause} on {case.id}: declare it in "
                            "its row of conformance/checks/table.py"
                        )
                        found.add((check.name, finding.clause, case.expect))
        return found

    return run


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
def test_a_clause_is_raised_by_just_the_checks_of_the_table(
    operation: Operation, raised: Callable[[Operation], Set[Raised]]
) -> None:
    """Nothing is raised that no row declares, and each check raises all that its row claims."""
    known = {(check, clause) for check, clause, _ in raised(operation)}
    for clause in clauses(operation).values():
        for name in CHECKS.keys() & attributed(operation, clause):
            assert clause.part == "sdk" or (name, clause.id) in known, (
                f"{name!r} claims to raise {clause.id}, and raises it on no response to any case: "
                "narrow its row of conformance/checks/table.py"
            )


@every_check
def test_all_that_a_row_declares_is_raised(
    check: Check, raised: Callable[[Operation], Set[Raised]]
) -> None:
    """Each path, kind of rule and expectation of a row is met by some response to some case."""
    advice = (
        "narrow its row of conformance/checks/table.py, or add an operation that shows it to "
        "OPERATIONS of this test"
    )
    for one in check.raises:
        met: set[str] = set()
        for part in one.rules or one.paths:
            narrow = replace(one, **{"rules" if one.rules else "paths": (part,)})
            expected = {
                expect
                for operation in OPERATIONS
                for name, clause, expect in raised(operation)
                if name == check.name and narrow.includes(operation, clause)
            }
            assert expected, f"{check.name!r} never raises {part}: {advice}"
            met |= expected
        never = " or ".join(sorted(one.of - met))
        assert not never, f"{check.name!r} raises nothing where a case expects {never}: {advice}"
