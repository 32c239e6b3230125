"""Answers of modelled operations, each judged by one check."""

import dataclasses
import json
from typing import Any

import pytest

from conformance.checks.evidence import Evidence
from conformance.checks.findings import Verdict
from conformance.checks.table import CHECKS
from conformance.generation.plans import Call, Case, Expect
from conformance.protocols.http import Exchange, Request, Response
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation
from conformance.spec.sdk_models.loader import operation

KEYS = operation("kms", "ListKeys")
TABLES = operation("dynamodb", "ListTables")
TABLE = operation("dynamodb", "DescribeTable")
USERS = operation("iam", "ListUsers")
OBJECT = operation("s3", "GetObject")
POLICIES = operation("iam", "ListPolicies")


def exchange(op: Operation, body: Any, *headers: tuple[str, str], **known: Any) -> Exchange:
    raw = body if isinstance(body, str) else json.dumps(body)
    return Exchange(
        operation=op.id,
        params={},
        request=Request(method="POST", url="http://localhost/", headers=(), body=b""),
        response=Response(status=200, headers=headers, body=raw.encode()),
        **known,
    )


def found(op: Operation, one: Exchange, check: str, expect: Expect = Expect.ACCEPTED) -> Any:
    """What a check finds of an answer, beside passes: verdicts by clause."""
    clause = f"{op.id}/protocol/accepts-valid"
    case = Case(
        id=f"{clause}/fabricated",
        operation=op.id,
        clause=clause,
        expect=expect,
        title="a promise: fabricated",
        steps=(Call(),),
    )
    evidence = Evidence(operation=op, protocol=PROTOCOLS[op.protocol], case=case, steps=((one,),))
    return {
        finding.clause.removeprefix(f"{op.id}/response/"): str(finding.verdict)
        for finding in CHECKS[check].judge(evidence)
        if finding.verdict is not Verdict.PASS
    }


def users(inside: str) -> str:
    wrapped = f"<ListUsersResult><Users>{inside}</Users></ListUsersResult>"
    return f"<ListUsersResponse>{wrapped}</ListUsersResponse>"


def user(created: str) -> str:
    known = "<UserName>u</UserName><Path>/</Path><UserId>aaaaaaaaaaaaaaaa</UserId>"
    arn = "<Arn>arn:aws:iam::111122223333:user/u</Arn>"
    return users(f"<member>{known}{arn}<CreateDate>{created}</CreateDate></member>")


def policy(default: str) -> str:
    inside = f"<Policies><member><IsAttachable>{default}</IsAttachable></member></Policies>"
    return f"<R><ListPoliciesResult>{inside}</ListPoliciesResult></R>"


def truncated(finds: dict[str, str], suffixes: tuple[str, ...]) -> dict[str, str]:
    return {path: verdict for path, verdict in finds.items() if path.endswith(suffixes)}


@pytest.mark.parametrize(
    ("op", "body", "headers", "finds"),
    [
        (USERS, user("2026-01-01T00:00:00Z"), (), {}),
        (USERS, user("2026-01-01"), (), {"Users/item/CreateDate/format": "warn"}),
        (USERS, user("1767225600000"), (), {"Users/item/CreateDate/type": "fail"}),
        (TABLE, {"Table": {"CreationDateTime": 1767225600.5}}, (), {}),
        (
            TABLE,
            {"Table": {"CreationDateTime": 1767225600000}},
            (),
            {"Table/CreationDateTime/type": "fail"},
        ),
        (
            OBJECT,
            "x",
            (("Last-Modified", "2026-01-01T00:00:00Z"),),
            {"LastModified/format": "warn"},
        ),
        (POLICIES, policy("true"), (), {}),
        (POLICIES, policy("\n true\n "), (), {"Policies/item/IsAttachable/type": "fail"}),
        (KEYS, {"Keys": [None, {"KeyId": "a", "KeyArn": "b" * 20}]}, (), {}),
        (KEYS, {"Keys": [None]}, (), {}),
        (KEYS, {"Keys": [{}]}, (), {}),
        (KEYS, {"Keys": [None, None]}, (), {"Keys/item/type": "warn"}),
        (KEYS, {"Keys": [{}, {}]}, (), {"Keys/item/type": "warn"}),
        (TABLES, {"TableNames": [None, None, None]}, (), {"TableNames/item/type": "warn"}),
        (TABLES, {"TableNames": ["abc", "abc"]}, (), {}),
        (USERS, users("<member/>" * 7), (), {"Users/item/type": "warn"}),
    ],
)
def test_what_members_hold(op: Operation, body: Any, headers: Any, finds: dict[str, str]) -> None:
    """Types are a must; another form of a timestamp, and items that hold nothing, a should."""
    told = found(op, exchange(op, body, *headers), "members")
    assert truncated(told, ("/type", "/format")) == finds


class TestTheSdkRaises:
    ODD = exchange(KEYS, {"Keys": []}, sdk_error="ValueError: Invalid timestamp")

    def test_on_a_success(self) -> None:
        """Whoever uses the SDK gets no answer."""
        assert found(KEYS, self.ODD, "sdk-raises") == {"body": "fail"}

    @pytest.mark.parametrize(
        "other",
        [
            {"sdk_error": None, "parsed": {"Keys": []}},
            {"sdk_error": "ClientError: x", "parsed": {"Error": {}}},
            {"notes": {"replayed": True}},
            {"response": Response(status=200, headers=(), body=b"no JSON")},
            {"response": Response(status=400, headers=(), body=b"{}")},
        ],
    )
    def test_what_is_another_matter(self, other: dict[str, Any]) -> None:
        """Errors, what nobody reads, and recordings have clauses of their own."""
        assert found(KEYS, dataclasses.replace(self.ODD, **other), "sdk-raises") == {}

    def test_where_nothing_is_promised(self) -> None:
        """Only valid requests are owed an answer."""
        assert found(KEYS, self.ODD, "sdk-raises", Expect.ANYTHING) == {}
