"""Whole cases of a modelled operation: what a server may do, and what is noticed of it."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from conformance.checks.findings import Finding, Verdict
from conformance.execution.engine import Engine, areas
from conformance.execution.session import TargetSession
from conformance.generation.cases import cases
from conformance.spec.registry import registry
from conftest import answer

KEYS = [{"KeyId": f"key-{n}", "KeyArn": f"arn:aws:kms:us-east-1:1:key/key-{n}"} for n in range(5)]
Change = Callable[[int, dict[str, Any]], tuple[int, dict[str, Any]]]


def honest(status: int, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Answer as the model says."""
    return status, body


def test_a_page_size_of_any_name_is_about_pages() -> None:
    """``-m pagination`` finds the cases of a page size, whatever the model calls it."""
    for name, limit in {"kms:ListKeys": "Limit", "iam:ListUsers": "MaxItems"}.items():
        operation = registry().find(name)
        sized = [
            case for case in cases(operation) if case.id.endswith("/at-1") and limit in case.id
        ]
        assert sized
        assert all("pagination" in areas(operation, case) for case in sized)


def refusal(name: str) -> tuple[int, dict[str, Any]]:
    return 400, {"__type": name, "message": "no"}


def list_keys(request: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """KMS's ListKeys: every constraint of the model kept, pages by a marker."""
    limit, marker = request.get("Limit"), request.get("Marker")
    owners = request.get("ResourceOwners")
    if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool)):
        return refusal("SerializationException")
    if marker is not None and not isinstance(marker, str):
        return refusal("SerializationException")
    if owners is not None and not isinstance(owners, list):
        return refusal("SerializationException")
    if any(not isinstance(one, str) for one in owners or ()):
        return refusal("SerializationException")
    if any(one not in ("SELF", "SHARED", "ALL") and one not in OWNERS for one in owners or ()):
        return refusal("ValidationException")
    if owners is not None and not 1 <= len(owners) <= 2:
        return refusal("ValidationException")
    if (limit is not None and not 1 <= limit <= 1000) or marker == "" or len(marker or "") > 1024:
        return refusal("ValidationException")
    if marker is not None and not marker.isdecimal():
        return refusal("InvalidMarkerException")
    start = int(marker or 0)
    page = KEYS[start : start + (limit or 100)]
    more = start + len(page) < len(KEYS)
    body: dict[str, Any] = {"Keys": page, "Truncated": more}
    return 200, {**body, "NextMarker": str(start + len(page))} if more else body


OPERATION = registry()["kms:ListKeys"]
OWNERS = OPERATION.members["ResourceOwners"]["items"]["enum"]


@pytest.fixture
def judged(scripted: Callable[..., Any], sending: Any) -> Callable[[Change], list[Finding]]:
    """All findings on a server that answers with a change."""

    def judge(change: Change) -> list[Finding]:
        def attend(server: Any, connection: Any, number: int) -> None:
            while raw := server.read(connection):
                head, _, body = raw.partition(b"\r\n\r\n")
                if b"TrentService.ListKeys" not in head:
                    status, told = refusal("UnknownOperationException")
                elif b"uthorization" not in head:
                    status, told = refusal("MissingAuthenticationTokenException")
                else:
                    try:
                        request = json.loads(body)
                    except ValueError:
                        request = None
                    known = isinstance(request, dict)
                    status, told = change(
                        *(list_keys(request) if known else refusal("SerializationException"))
                    )
                headers = ("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-RequestId", "1")
                connection.sendall(answer(status, json.dumps(told).encode(), *headers))

        session = TargetSession(registry(), sending(scripted(attend).url))
        engine = Engine(session=session)
        tried = [case for case in cases(OPERATION) if "/auth/" not in case.id]
        return [finding for case in tried for finding in engine.run(case).findings]

    return judge


def broken(findings: list[Finding]) -> dict[str, set[str]]:
    """The clauses that do not hold, by verdict."""
    found: dict[str, set[str]] = {
        "fail": set(),
        "warn": set(),
        "unsupported": set(),
        "error": set(),
    }
    for finding in findings:
        if finding.verdict in found:
            found[finding.verdict].add(finding.clause.removeprefix("kms:ListKeys/"))
    return found


def told_as_success(status: int, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return 200, body


def nameless(status: int, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return status, {**body, "__type": "Oops"} if status == 400 else body


def unlisted(status: int, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return status, {**body, "__type": "InvalidParameterValue"} if status == 400 else body


def wrapped(status: int, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return status, body if status == 400 else {"ListKeysResult": body}


def wrapped_as_others_do(status: int, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return status, body if status == 400 else {"statusCode": 200, "body": body}


def wrapped_as_text(status: int, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return status, body if status == 400 else {"statusCode": 200, "body": json.dumps(body)}


def renamed(status: int, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    if status == 400:
        return status, body
    return status, {{"Keys": "Items"}.get(name, name): value for name, value in body.items()}


def more_envelope(status: int, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return status, {"ResponseMetadata": {"RequestId": "1"}, **body} if status == 200 else body


def more_members(status: int, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return status, {**body, "Extra": 1.0} if status == 200 else body


def mistyped(status: int, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return status, {**body, "Truncated": "no"} if status == 200 else body


def misplaced(status: int, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return (404 if status == 400 else status), body


class TestLeftInPeace:
    @pytest.mark.parametrize("change", [honest, unlisted, more_members, more_envelope])
    def test_correct_answers_break_nothing(
        self, judged: Callable[[Change], list[Finding]], change: Change
    ) -> None:
        """No finding but passes, observations, and what could not be exercised."""
        findings = judged(change)
        assert not any(broken(findings).values()), broken(findings)
        passed = {finding.clause for finding in findings if finding.verdict is Verdict.PASS}
        for path in (
            "request/Limit/maximum",
            "request/ResourceOwners/item/enum",
            "request/ResourceOwners/minItems",
            "pagination/all-items",
            "pagination/page-size",
            "response/Keys/item/KeyId/type",
            "errors/broken-constraint",
        ):
            assert f"kms:ListKeys/{path}" in passed, path


class TestNoticed:
    @pytest.mark.parametrize(
        ("change", "verdict", "path"),
        [
            (told_as_success, "fail", "errors/broken-constraint"),
            (nameless, "warn", "errors/broken-constraint"),
            (wrapped, "fail", "response/names"),
            (wrapped_as_others_do, "fail", "response/names"),
            (wrapped_as_text, "fail", "response/names"),
            (renamed, "warn", "response/names"),
            (mistyped, "fail", "response/Truncated/type"),
            (misplaced, "warn", "errors/broken-constraint"),
        ],
    )
    def test_each_fault_is_noticed_where_it_is(
        self, judged: Callable[[Change], list[Finding]], change: Change, verdict: str, path: str
    ) -> None:
        """By the clause that it breaks."""
        assert path in broken(judged(change))[verdict]
