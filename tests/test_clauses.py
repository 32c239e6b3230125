"""Clauses: their ids, levels and places, who judges them and what exercises them."""

import re
import subprocess
import sys

import pytest

from conformance.checks.coverage import attributed, exercised_by
from conformance.generation.cases import cases
from conformance.generation.clauses import AREAS, area, clause, clauses, explain
from conformance.spec.documents import documented
from conformance.spec.levels import Level
from conformance.spec.operation import Clause, Operation
from conformance.spec.registry import matching, registry

#: ``service:Operation/part/…``, as the design has it.
ID = re.compile(
    r"[a-z0-9-]+:[A-Z][A-Za-z0-9]+/"
    r"(request|response|errors|rules|pagination|protocol|auth|sdk)(/[A-Za-z0-9._-]+)+"
)
OPERATIONS = list(registry().values())
EVERY = [(operation, one) for operation in OPERATIONS for one in clauses(operation).values()]

every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)


def of(path: str, operation: str = "chime:ListPhoneNumbers") -> Clause:
    return clause(documented()[operation], path)


def test_ids_follow_the_pattern() -> None:
    """Every id is service, operation, part and segments; people can quote it."""
    assert [one.id for _, one in EVERY if not ID.fullmatch(one.id)] == []


def test_an_id_names_one_clause() -> None:
    """No two clauses share an id, not even in two operations."""
    ids = [one.id for _, one in EVERY]
    assert len(ids) == len(set(ids))
    for operation, one in EVERY:
        assert one.operation == operation.id
        assert f"{operation.id}/{one.path}" == one.id
        assert one.path.split("/")[0] == one.part


def test_every_clause_says_where_and_what() -> None:
    """A promise, a page and a section stand beside every clause."""
    for _, one in EVERY:
        assert one.promise.strip(), one.id
        assert "{" not in one.promise.split(" matches ")[0], one.id
        assert one.source.page.strip(), one.id
        assert one.source.section.strip(), one.id
        assert area(one.id) in AREAS


def test_clauses_are_the_same_in_any_process() -> None:
    """Neither hashing nor the order of import changes ids or their order."""
    program = (
        "from conformance.spec.documents import documented\n"
        "from conformance.generation.clauses import clauses\n"
        "from conformance.generation.cases import cases, digest\n"
        "for one in documented().values():\n"
        "    print(*clauses(one), *(f'{c!r}' for c in cases(one)), sep='\\n')\n"
        "print(digest(list(documented().values())))\n"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1
    assert len(said.pop().splitlines()) > len(EVERY)


def test_every_clause_has_a_case_or_a_reason() -> None:
    """What no case exercises says why; what has a reason is exercised by none."""
    for operation, one in EVERY:
        tried = exercised_by(operation, one)
        if one.untestable_reason is None:
            assert tried, f"{one.id} has neither a case nor a reason"
        else:
            assert not tried, one.id
            assert len(one.untestable_reason.split()) > 3


def test_every_case_exercises_a_clause_that_is_there() -> None:
    """No case is about a clause of which it is said that none can be."""
    for operation in OPERATIONS:
        known = clauses(operation)
        for case in cases(operation):
            assert known[case.clause].untestable_reason is None, case.id


def test_every_clause_is_judged_by_a_check() -> None:
    """Each clause that has cases is attributed to at least one check."""
    for operation, one in EVERY:
        if one.untestable_reason is None:
            assert attributed(operation, one), one.id


@pytest.mark.parametrize("service", ["sqs", "iam", "efs"])
def test_what_calls_leave_behind_is_judged_by_stories(service: str) -> None:
    """Each clause between calls has a check and a case, or says why it has none."""
    judged = 0
    for name in matching(f"{service}:*"):
        operation = registry().find(name)
        for one in (one for one in clauses(operation).values() if one.part == "state"):
            tried = exercised_by(operation, one)
            assert bool(tried) is (one.untestable_reason is None), one.id
            assert bool(tried) is bool(attributed(operation, one)), one.id
            judged += len(tried)
    assert judged > 10


@pytest.mark.parametrize(
    ("operation", "path", "level"),
    [
        ("chime:ListPhoneNumbers", "request/MaxResults/maximum", "must"),
        ("chime:ListPhoneNumbers", "request/Status/valid-values", "must"),
        ("chime:SearchAvailablePhoneNumbers", "request/PhoneNumberType/valid-values", "should"),
        (
            "connect:SearchAvailablePhoneNumbers",
            "request/PhoneNumberCountryCode/valid-values",
            "should",
        ),
        (
            "connect:ListPhoneNumbersV2",
            "request/PhoneNumberCountryCodes/item/valid-values",
            "must",
        ),
        ("chime:ListPhoneNumbers", "request/FilterValue/empty", "observe"),
        ("chime:ListPhoneNumbers", "response/PhoneNumbers/type", "must"),
        ("chime:ListPhoneNumbers", "response/PhoneNumbers/present", "must"),
        ("chime:ListPhoneNumbers", "response/content-type", "must"),
        ("chime:ListPhoneNumbers", "response/request-id", "should"),
        ("chime:SearchAvailablePhoneNumbers", "response/E164PhoneNumbers/item/pattern", "should"),
        ("chime:SearchAvailablePhoneNumbers", "rules/us-needs-filter", "must"),
        ("chime:SearchAvailablePhoneNumbers", "rules/area-code-filter", "should"),
        ("chime:GetPhoneNumber", "rules/listed-id-found", "must"),
        ("chime:GetPhoneNumber", "rules/equals-listed", "should"),
        ("chime:ListPhoneNumbers", "pagination/page-size", "must"),
        ("chime:ListPhoneNumbers", "pagination/unknown-token", "must"),
        ("chime:ListPhoneNumbers", "pagination/unknown-token-error", "should"),
        ("chime:ListPhoneNumbers", "pagination/foreign-token", "observe"),
        ("connect:ListPhoneNumbersV2", "rules/unknown-instance", "must"),
        ("connect:ListPhoneNumbersV2", "rules/unknown-instance-error", "should"),
        ("connect:ListPhoneNumbersV2", "protocol/malformed-body", "must"),
        ("connect:ListPhoneNumbersV2", "auth/missing", "should"),
        ("connect:ListPhoneNumbersV2", "protocol/unknown-member", "observe"),
    ],
)
def test_levels_are_those_of_the_notes(operation: str, path: str, level: str) -> None:
    """How firmly something is promised follows from who says it."""
    assert of(path, operation).level == level


def test_every_auth_clause_is_a_should() -> None:
    """Most emulators do not look at signatures."""
    for _, one in EVERY:
        if one.part == "auth":
            assert one.level is Level.SHOULD


def test_constraints_on_answers_are_shoulds() -> None:
    """Real answers break enums, patterns, lengths and ranges; types they do not break."""
    kinds = {"enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "minItems"}
    for _, one in EVERY:
        last = one.path.rsplit("/", 1)[1]
        if one.part == "response" and last in kinds:
            assert one.level is Level.SHOULD, one.id
        if one.part == "response" and last == "type":
            assert one.level is Level.MUST, one.id


@every_operation
def test_every_constraint_of_a_request_is_a_clause(operation: Operation) -> None:
    """No documented bound goes without a clause."""
    known = clauses(operation)
    for name, schema in operation.members.items():
        for keyword in ("enum", "pattern", "minLength", "maxLength", "minimum", "maximum"):
            if keyword in schema:
                assert f"{operation.id}/request/{name}/{keyword}" in known
        for keyword in schema.get("items", {}):
            if keyword == "enum":
                assert f"{operation.id}/request/{name}/item/enum" in known


def test_explain_tells_all() -> None:
    """What people ask of a clause is told in one flat mapping."""
    told = explain(of("request/MaxResults/maximum"))
    assert told["clause"] == "chime:ListPhoneNumbers/request/MaxResults/maximum"
    assert (told["level"], told["area"]) == ("must", "validation")
    assert told["not exercised, because"] is None
    assert "ListPhoneNumbers.html § URI Request Parameters" in told["documented"]


@pytest.mark.parametrize(
    ("clause", "other"),
    [
        (f"s3:Get{name}/request/Id/required", f"List{name}s")
        for name in (
            "BucketAnalyticsConfiguration",
            "BucketIntelligentTieringConfiguration",
            "BucketInventoryConfiguration",
            "BucketMetricsConfiguration",
        )
    ]
    + [
        ("s3:ListParts/request/UploadId/required", "GetObject"),
        ("s3:CopyObject/request/CopySource/required", "PutObject"),
        ("s3:GetObjectAttributes/request/ObjectAttributes/required", ""),
        ("s3:UploadPart/request/PartNumber/required", ""),
        ("workspaces-web:GetTrustStoreCertificate/request/thumbprint/required", ""),
    ],
)
def test_a_request_may_be_anothers_without_a_member(clause: str, other: str) -> None:
    """What asks for another operation once a parameter is left out is no invalid request."""
    known = clauses(registry().find(clause.partition("/")[0]))
    name = clause.split("/")[2]
    reason = f"a request without {name} asks for {other}" if other else None
    assert known[clause].untestable_reason == reason
