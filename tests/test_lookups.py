"""Lookups of modelled operations: rules made of the model, and servers that answer with another."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from conformance.checks.findings import Finding, Verdict
from conformance.checks.table import CHECKS
from conformance.execution.engine import Engine
from conformance.execution.session import TargetSession
from conformance.generation.cases import cases
from conformance.generation.plans import Expect
from conformance.spec.registry import registry
from conformance.spec.rules import Found, Rule
from conftest import answer

DESCRIBE = "kms:DescribeKey"
ASKED, UNKNOWN = "rules/asked-KeyId", "rules/unknown-KeyId"
KEYS = [f"0000000{n}-1111-2222-3333-444455556666" for n in range(4)]


def made(name: str) -> dict[str, Rule]:
    return {rule.id: rule for rule in registry().find(name).rules}


class TestRules:
    @pytest.mark.parametrize(
        ("name", "place"),
        [
            (DESCRIBE, "KeyMetadata"),
            ("lambda:GetFunction", "Configuration"),
            ("lambda:GetFunctionConfiguration", "@"),
            ("dynamodb:DescribeTable", "Table"),
            ("route53:GetHostedZone", "HostedZone"),  # its delegation set has an Id as well
        ],
    )
    def test_a_lookup_names_what_it_found(self, name: str, place: str) -> None:
        """In the structure that holds a member of the name that was asked for."""
        (rule,) = registry().find(name).rules_of(Found)
        assert rule.result == place
        assert rule.level == "should"

    def test_what_is_not_there_has_an_error(self) -> None:
        """One rule for each identifier; none where no error of the model says so."""
        assert {"unknown-Bucket", "unknown-Key"} <= made("s3:GetObject").keys()
        assert "unknown-Bucket" in made("s3:HeadBucket")
        assert not made("s3:GetBucketPolicyStatus")

    @pytest.mark.parametrize(
        "name", ["kms:ListKeys", "iam:ListUserPolicies", "kms:DisableKey", "iam:GetUser"]
    )
    def test_other_operations_have_none(self, name: str) -> None:
        """Listings, what changes things, and what can do without an identifier."""
        assert not made(name)

    def test_what_a_document_says_is_left_alone(self) -> None:
        """The rules of the documented operations are written by hand."""
        assert not [rule for rule in made("chime:GetPhoneNumber") if rule.startswith("asked-")]


def told(findings: Any) -> list[str]:
    return [str(one.verdict) for one in findings]


@pytest.mark.parametrize(
    ("asked", "named", "verdict"),
    [
        ("fn", "fn", "pass"),
        ("fn", "arn:aws:lambda:us-east-1:1:function:fn", "pass"),
        ("arn:aws:lambda:us-east-1:1:function:fn", "fn", "pass"),
        ("a%2Fb", "a/b", "pass"),
        ("Example.com", "example.com.", "pass"),
        ("fn", "other", "warn"),
        ("fn", "", "inconclusive"),
        ("fn", None, "inconclusive"),
        ("fn", 5, "inconclusive"),
    ],
)
def test_names_of_one_thing(asked: str, named: Any, verdict: str, fabricate: Any) -> None:
    """An id stands in an ARN, encoded or not; a name that has nothing of it is another's."""
    operation = "lambda:GetFunction"
    evidence = fabricate.evidence(
        "rules/asked-FunctionName",
        Expect.FOUND,
        fabricate.exchange(operation, body={"Configuration": {"FunctionName": named}}),
        operation=operation,
        listed={"FunctionName": asked},
        identity="FunctionName",
    )
    assert told(CHECKS["found"].judge(evidence)) == [verdict]


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (400, {"__type": "NotFoundException"}, "pass"),
        (404, {}, "pass"),
        (403, {"__type": "AccessDeniedException"}, "pass"),
        (200, {"KeyMetadata": {"KeyId": KEYS[0]}}, "warn"),
        (200, {}, "inconclusive"),
        (200, {"KeyMetadata": {}, "Count": 0}, "inconclusive"),
        (302, {}, "warn"),
        (500, {}, "inconclusive"),
    ],
)
def test_what_is_not_there_is_nobodys(status: int, body: Any, verdict: str, fabricate: Any) -> None:
    """Any refusal will do; a success that holds somebody's item will not."""
    evidence = fabricate.evidence(
        UNKNOWN,
        Expect.UNKNOWN,
        fabricate.exchange(DESCRIBE, status=status, body=body),
        operation=DESCRIBE,
        valid_control=fabricate.exchange(DESCRIBE),
    )
    assert set(told(CHECKS["unknown-resource"].judge(evidence))) == {verdict}


# ------------------------------------------------------------ whole servers

Lookup = Callable[[Mapping[str, Any]], tuple[int, dict[str, Any]]]


def honest(request: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """The key asked for."""
    if request.get("KeyId") in KEYS:
        return 200, {"KeyMetadata": {"KeyId": request["KeyId"]}}
    return 400, {"__type": "NotFoundException"}


def another(request: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """Always the same key."""
    status, body = honest(request)
    return status, {"KeyMetadata": {"KeyId": KEYS[3]}} if status == 200 else body


def anything(request: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """Some key for whatever is asked."""
    known = request.get("KeyId") in KEYS
    return honest(request) if known else (200, {"KeyMetadata": {"KeyId": KEYS[0]}})


@pytest.fixture
def judged(scripted: Callable[..., Any], sending: Any) -> Callable[..., list[Finding]]:
    """All findings of the rules of DescribeKey on a server."""

    def judge(lookup: Lookup, resources: Mapping[str, str] | None = None) -> list[Finding]:
        def attend(server: Any, connection: Any, number: int) -> None:
            while raw := server.read(connection):
                head, _, body = raw.partition(b"\r\n\r\n")
                status, said = 400, {"__type": "UnknownOperationException"}
                if b"TrentService.DescribeKey" in head:
                    status, said = lookup(json.loads(body))
                elif b"TrentService.ListKeys" in head:
                    status, said = 200, {"Keys": [{"KeyId": key} for key in KEYS]}
                headers = ("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-RequestId", "1")
                connection.sendall(answer(status, json.dumps(said).encode(), *headers))

        session = TargetSession(registry(), sending(scripted(attend).url), resources=resources)
        tried = [case for case in cases(registry().find(DESCRIBE)) if "/rules/" in case.id]
        findings = [found for case in tried for found in Engine(session=session).run(case).findings]
        return [one for one in findings if "/rules/" in one.clause]

    return judge


def verdicts(findings: list[Finding]) -> dict[str, set[Verdict]]:
    found: dict[str, set[Verdict]] = {}
    for one in findings:
        found.setdefault(one.clause.split("/", 1)[1], set()).add(one.verdict)
    return found


def test_a_lookup_that_finds_what_is_asked_for(judged: Callable[..., list[Finding]]) -> None:
    """Several of the listed keys, and one that is none."""
    assert verdicts(judged(honest)) == {ASKED: {Verdict.PASS}, UNKNOWN: {Verdict.PASS}}


def test_a_lookup_that_answers_with_another(judged: Callable[..., list[Finding]]) -> None:
    """It is not enough to answer with some key."""
    assert Verdict.WARN in verdicts(judged(another))[ASKED]
    assert verdicts(judged(anything)) == {ASKED: {Verdict.PASS}, UNKNOWN: {Verdict.WARN}}


def test_what_people_give_may_have_another_name(judged: Callable[..., list[Finding]]) -> None:
    """An alias stands for a key whose id says nothing of it."""

    def aliased(request: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        return honest({"KeyId": KEYS[0] if request["KeyId"] == "alias/a" else ""})

    found = verdicts(judged(aliased, {"KeyId": "alias/a"}))
    assert found[ASKED] == {Verdict.INCONCLUSIVE}
