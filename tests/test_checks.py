"""The checks on fabricated evidence: each raises what it should, and tolerates what AWS does."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.checks.evidence import Listing
from conformance.checks.findings import Finding, Verdict
from conformance.checks.table import CHECKS, judge
from conformance.generation.plans import Expect
from conformance.protocols.base import Signing
from conformance.protocols.http import FailureKind
from conformance.spec.documents import documented
from conformance.spec.rules import Exclusive, Found, Rule, Unknown

LIST = "chime:ListPhoneNumbers"
SEARCH = "chime:SearchAvailablePhoneNumbers"
GET = "chime:GetPhoneNumber"
V2 = "connect:ListPhoneNumbersV2"

CONSTRAINT = "request/MaxResults/maximum"
ID = ("x-amzn-RequestId", "1")
JSON = ("Content-Type", "application/json")
TYPED = (("x-amzn-ErrorType", "BadRequestException"), JSON)
ERROR = {"Code": "BadRequest", "Message": "No."}

CAPABILITIES = (
    "InboundCall",
    "InboundMMS",
    "InboundSMS",
    "OutboundCall",
    "OutboundMMS",
    "OutboundSMS",
)
NUMBER = {
    "Associations": [{"AssociatedTimestamp": "t", "Name": "AccountId", "Value": "v"}],
    "CallingNameStatus": "Unassigned",
    "Capabilities": dict.fromkeys(CAPABILITIES, True),
    "CreatedTimestamp": "t",
    "E164PhoneNumber": "+12065550100",
    "PhoneNumberId": "%2B12065550100",
    "ProductType": "VoiceConnector",
    "Status": "Assigned",
    "Type": "Local",
    "UpdatedTimestamp": "t",
}


@dataclass(frozen=True)
class Row:
    """What is judged by one check, and all that it has to find beside passes.

    ``finds`` are clause paths with their verdicts; ``passes`` those that hold.
    """

    check: str
    why: str
    path: str
    expect: Expect
    status: int = 200
    body: Any = b"{}"
    headers: tuple[tuple[str, str], ...] = (JSON, ID)
    failure: FailureKind | None = None
    operation: str = LIST
    finds: Mapping[str, str] = field(default_factory=dict)
    passes: tuple[str, ...] = ()
    broken: bool = True
    valid_control: int | None = 200
    invalid_control: int | None = None
    known: Mapping[str, Any] = field(default_factory=dict)


def accepted(check: str, why: str, body: Any = b"{}", **rest: Any) -> Row:
    path = rest.pop("path", CONSTRAINT)
    return Row(check, why, path, Expect.ACCEPTED, body=body, **rest)


def listed(check: str, why: str, item: Any, **rest: Any) -> Row:
    body = {"PhoneNumbers": [{**NUMBER, **item} if isinstance(item, dict) else item]}
    return accepted(check, why, body, **rest)


def refused(check: str, why: str, status: int = 400, body: Any = ERROR, **rest: Any) -> Row:
    path = rest.pop("path", CONSTRAINT)
    rest.setdefault("headers", TYPED)
    return Row(check, why, path, Expect.REFUSED, status, body, **rest)


def named(check: str, why: str, kind: str | None, status: int = 400, **rest: Any) -> Row:
    """A refusal whose type stands in the header alone."""
    headers = (JSON, ("x-amzn-ErrorType", kind)) if kind else (JSON,)
    return refused(check, why, status, b"{}", headers=headers, **rest)


TRANSPORT = [
    accepted("whole", "a whole answer", passes=("protocol/answers",)),
    *(
        accepted("whole", kind, failure=kind, finds={"protocol/answers": "fail"})
        for kind in FailureKind
        if kind is not FailureKind.UNREACHABLE
    ),
    accepted(
        "whole",
        "a target that is gone is not at fault",
        failure=FailureKind.UNREACHABLE,
        finds={"protocol/answers": "inconclusive"},
    ),
    *(
        Row(
            "no-server-error",
            f"a 5xx to {expect}",
            CONSTRAINT,
            expect,
            500,
            finds={"protocol/no-server-error": "fail"},
        )
        for expect in (Expect.ACCEPTED, Expect.REFUSED, Expect.ANYTHING, Expect.UNAUTHENTICATED)
    ),
    Row(
        "no-server-error",
        "a path that is nobody's owes nothing",
        "protocol/unknown-path",
        Expect.CLIENT_ERROR,
        501,
    ),
    refused("no-server-error", "a 4xx", passes=("protocol/no-server-error",)),
    Row("readable", "an object", "request/Status/empty", Expect.ANYTHING),
    Row("readable", "an error without a body", "request/Status/empty", Expect.ANYTHING, 400, b""),
    Row("readable", "an error object", "request/Status/empty", Expect.ANYTHING, 404, ERROR),
    Row("readable", "a 5xx is said once", "request/Status/empty", Expect.ANYTHING, 500, b"<html>"),
    *(
        Row(
            "readable",
            f"{status} with {body!r}",
            "request/Status/empty",
            Expect.ANYTHING,
            status,
            body,
            finds={"protocol/readable": "fail"},
        )
        for status, body in ((200, b""), (200, b"[]"), (200, b"<html>"), (400, b"<x/>"))
    ),
]

ANSWERS = [
    accepted("accepted", "a success", passes=(CONSTRAINT,)),
    accepted("accepted", "a refusal", ERROR, status=400, finds={CONSTRAINT: "fail"}),
    accepted("accepted", "a redirect", status=302, finds={CONSTRAINT: "fail"}),
    accepted(
        "accepted",
        "a should is not a must",
        ERROR,
        status=400,
        operation=SEARCH,
        path="request/PhoneNumberType/valid-values",
        finds={"request/PhoneNumberType/valid-values": "warn"},
    ),
    accepted("accepted", "a 5xx is said elsewhere", status=503, finds={CONSTRAINT: "inconclusive"}),
    accepted(
        "accepted",
        "so is silence",
        failure=FailureKind.TIMEOUT,
        finds={CONSTRAINT: "inconclusive"},
    ),
    accepted(
        "accepted",
        "a made-up value proves nothing",
        ERROR,
        status=404,
        known={"synthetic": (True,)},
        finds={CONSTRAINT: "inconclusive"},
    ),
    accepted(
        "accepted",
        "who accepts any value has not earned this one",
        path="request/Status/valid-values",
        invalid_control=200,
        finds={"request/Status/valid-values": "inconclusive"},
    ),
    accepted(
        "accepted",
        "who refuses others has",
        path="request/Status/valid-values",
        invalid_control=400,
        passes=("request/Status/valid-values",),
    ),
    accepted("accepted", "an unreadable success settles nothing", b"<html>"),
    accepted("accepted", "a filter is not settled by acceptance", path="rules/status-filter"),
    refused("refused", "a 400", passes=(CONSTRAINT,)),
    refused("refused", "another 4xx that speaks of the request", 422, passes=(CONSTRAINT,)),
    refused("refused", "a success", 200, b"{}", headers=(JSON,), finds={CONSTRAINT: "fail"}),
    refused("refused", "an empty success", 204, b"", finds={CONSTRAINT: "fail"}),
    refused(
        "refused",
        "an edge that nobody promises as firmly",
        200,
        b"{}",
        headers=(JSON,),
        known={"level": "should"},
        finds={CONSTRAINT: "warn"},
    ),
    refused("refused", "a 5xx is said elsewhere", 500, finds={CONSTRAINT: "inconclusive"}),
    refused("refused", "so is silence", failure=FailureKind.DROPPED, finds={CONSTRAINT: "inconc"}),
    *(
        refused("refused", f"{status} speaks of something else", status, finds={CONSTRAINT: "inc"})
        for status in (401, 403, 404, 405)
    ),
    refused(
        "refused",
        "nothing counts where the valid neighbour is refused too",
        200,
        valid_control=400,
        finds={CONSTRAINT: "inconclusive"},
    ),
    refused(
        "refused",
        "a request that breaks nothing on the wire proves nothing",
        200,
        broken=False,
        finds={CONSTRAINT: "inconclusive"},
    ),
    *(
        Row(
            "unknown-resource",
            f"{status} {kind}",
            "rules/unknown-id",
            Expect.UNKNOWN,
            status,
            b"{}",
            (JSON, ("x-amzn-ErrorType", kind)) if kind else (JSON,),
            operation=GET,
            finds={"rules/unknown-id": verdict} if verdict else {},
            passes=() if verdict else ("rules/unknown-id",),
        )
        for status, kind, verdict in (
            (404, "NotFoundException", ""),
            (404, "NotFound", ""),
            (404, "", ""),
            (403, "ForbiddenException", "warn"),
            (400, "BadRequestException", "fail"),
            (200, "", "fail"),
            (404, "ConflictException", "fail"),
            (500, "ServiceFailureException", "inconclusive"),
        )
    ),
    *(
        Row(
            "unknown-resource",
            f"any client error: {status}",
            "rules/unknown-instance",
            Expect.UNKNOWN,
            status,
            operation=V2,
            finds={"rules/unknown-instance": verdict} if verdict else {},
        )
        for status, verdict in ((400, ""), (403, ""), (404, ""), (200, "fail"))
    ),
    *(
        Row(
            "unknown-resource",
            f"the documented error: {status}",
            "rules/unknown-instance-error",
            Expect.UNKNOWN,
            status,
            operation=V2,
            finds={"rules/unknown-instance-error": verdict} if verdict else {},
        )
        for status, verdict in ((404, ""), (400, "warn"), (200, "warn"))
    ),
    *(
        Row(
            "client-error",
            f"an unknown path: {status}",
            "protocol/unknown-path",
            Expect.CLIENT_ERROR,
            status,
            b"<html>",
            finds={"protocol/unknown-path": verdict} if verdict else {},
        )
        for status, verdict in (
            (400, ""),
            (403, ""),
            (404, ""),
            (405, ""),
            (200, "warn"),
            (301, "warn"),
            (500, "warn"),
        )
    ),
    *(
        Row(
            "unauthenticated",
            f"{signing}: {status}",
            f"auth/{signing}",
            Expect.UNAUTHENTICATED,
            status,
            b"<Error><Code>SignatureDoesNotMatch</Code></Error>",
            (("Content-Type", "text/xml"),),
            finds={f"auth/{signing}": verdict} if verdict else {},
            known={"signing": signing},
        )
        for signing, status, verdict in (
            (Signing.MISSING, 401, ""),
            (Signing.MISSING, 403, ""),
            (Signing.MISSING, 400, "warn"),
            (Signing.MISSING, 200, "warn"),
            (Signing.BAD_SIGNATURE, 403, ""),
            (Signing.BAD_SIGNATURE, 200, "warn"),
            (Signing.UNKNOWN_KEY, 400, "warn"),
            (Signing.INCOMPLETE, 400, ""),
            (Signing.STALE_DATE, 400, ""),
            (Signing.STALE_DATE, 200, "warn"),
            (Signing.STALE_DATE, 500, "inconclusive"),
        )
    ),
    Row(
        "unauthenticated",
        "who refuses signed requests too proves nothing",
        "auth/missing",
        Expect.UNAUTHENTICATED,
        403,
        valid_control=403,
        known={"signing": Signing.MISSING},
        finds={"auth/missing": "inconclusive"},
    ),
    Row("accepted", "a success", "protocol/implemented", Expect.IMPLEMENTED),
    Row(
        "accepted",
        "a valid call that is refused",
        "protocol/implemented",
        Expect.IMPLEMENTED,
        400,
        finds={"protocol/implemented": "fail"},
    ),
    Row(
        "accepted",
        "a valid call that fails",
        "protocol/implemented",
        Expect.IMPLEMENTED,
        500,
        finds={"protocol/implemented": "inconclusive"},
    ),
    *(
        Row(
            "anything",
            f"{status} is recorded",
            "request/Status/empty",
            Expect.ANYTHING,
            status,
            finds={"request/Status/empty": "observed"},
        )
        for status in (200, 400, 500)
    ),
    Row(
        "anything",
        "a dropped connection is recorded",
        "request/Status/empty",
        Expect.ANYTHING,
        failure=FailureKind.DROPPED,
        finds={"request/Status/empty": "observed"},
    ),
]

RESPONSES = [
    accepted("status", "the documented status", passes=("response/status",)),
    *(
        accepted("status", str(status), status=status, finds={"response/status": "fail"})
        for status in (201, 202, 204)
    ),
    *(
        accepted("content-type", one, headers=(("Content-Type", one),))
        for one in (
            "application/json",
            "application/json; charset=utf-8",
            "application/x-amz-json-1.1",
            "application/x-amz-json-1.0",
        )
    ),
    *(
        accepted(
            "content-type",
            one or "none",
            headers=(("Content-Type", one),) if one else (),
            finds={"response/content-type": "fail"},
        )
        for one in ("text/html", "text/plain", "application/xml", "")
    ),
    accepted("content-type", "no body needs no type", b"", headers=()),
    accepted("readable", "an object", {"PhoneNumbers": []}, passes=("response/body",)),
    *(
        accepted("readable", repr(one), one, finds={"response/body": "fail"})
        for one in (b"", b"[]", b"null", b'"x"', b"{", b"{}{}", b"<html>", b"\xff", b"5")
    ),
    *(
        accepted("request-id", name, headers=((name, "1"),), passes=("response/request-id",))
        for name in ("x-amzn-RequestId", "x-amzn-requestid", "x-amz-request-id", "x-amz-apigw-id")
    ),
    accepted("request-id", "none", headers=(JSON,), finds={"response/request-id": "warn"}),
    accepted("request-id", "an empty one", headers=(("x-amzn-RequestId", ""),), finds={"r": "w"}),
    listed("members", "an item as it should be", {}),
    accepted("members", "an empty listing", {"PhoneNumbers": []}),
    accepted("members", "a null token", {"PhoneNumbers": [], "NextToken": None}),
    accepted("members", "an empty token", {"PhoneNumbers": [], "NextToken": ""}),
    *(
        listed("members", f"{name} {value!r} is tolerated", {name: value})
        for name, value in (
            ("CallingName", None),
            ("DeletionTimestamp", None),
            ("CallingName", ""),
            ("Country", None),
            ("Status", "NeverHeardOf"),
            ("Type", ""),
            ("Associations", []),
            ("Unheard", {"of": 1}),
            ("CreatedTimestamp", "yesterday"),
            ("PhoneNumberId", "+12065550100"),
            ("PhoneNumberId", "an-opaque-id"),
        )
    ),
    accepted("members", "no list", {}, finds={"response/PhoneNumbers/present": "fail"}),
    accepted(
        "members",
        "a null for the list",
        {"PhoneNumbers": None},
        finds={"response/PhoneNumbers/present": "fail"},
    ),
    *(
        accepted(
            "members",
            f"a list of type {type(value).__name__}",
            {"PhoneNumbers": value},
            finds={"response/PhoneNumbers/type": "fail"},
        )
        for value in ({}, "x", 5, True)
    ),
    listed("members", "an item of text", "x", finds={"response/PhoneNumbers/item/type": "fail"}),
    *(
        listed("members", f"{name} {value!r}", {name: value}, finds={f"response/{path}": "fail"})
        for name, value, path in (
            ("Status", 5, "PhoneNumbers/item/Status/type"),
            ("Status", ["Assigned"], "PhoneNumbers/item/Status/type"),
            ("CreatedTimestamp", 1700000000, "PhoneNumbers/item/CreatedTimestamp/type"),
            ("Capabilities", [], "PhoneNumbers/item/Capabilities/type"),
            ("Associations", {}, "PhoneNumbers/item/Associations/type"),
        )
    ),
    listed(
        "members",
        "a boolean in quotes",
        {"Capabilities": {**NUMBER["Capabilities"], "InboundCall": "true"}},
        finds={"response/PhoneNumbers/item/Capabilities/InboundCall/type": "fail"},
    ),
    *(
        listed(
            "members",
            f"{name} absent",
            {name: None},
            finds={f"response/PhoneNumbers/item/{name}/present": "warn"},
        )
        for name in ("Status", "PhoneNumberId", "E164PhoneNumber")
    ),
    accepted(
        "members", "a token of another type", {"PhoneNumbers": [], "NextToken": 5}, finds={"r": "f"}
    ),
    *(
        accepted(
            "members",
            f"a number {value!r}",
            {"E164PhoneNumbers": [value]},
            operation=SEARCH,
            finds={"response/E164PhoneNumbers/item/pattern": verdict} if verdict else {},
        )
        for value, verdict in (
            ("+12065550100", ""),
            ("12065550100", "warn"),
            ("+0123", "warn"),
            ("", ""),
        )
    ),
    accepted("spelling", "names as documented", {"PhoneNumbers": [], "Unheard": 1}),
    *(
        accepted("spelling", name, {name: []}, finds={"response/names": "warn"})
        for name in ("phoneNumbers", "phone_numbers", "Phone-Numbers", "PHONENUMBERS")
    ),
    accepted("spelling", "both spellings", {"PhoneNumbers": [], "phoneNumbers": []}),
    listed("spelling", "deep inside", {"status": "x", "Status": None}, finds={"r": "warn"}),
]

ERRORS = [
    refused("envelope", "an object with a type", passes=("errors/body", "errors/type")),
    refused("envelope", "no body but a header", body=b""),
    refused("envelope", "a type in __type", body={"__type": "a#B"}, headers=(JSON,)),
    refused("envelope", "a type in code", body={"code": "B"}, headers=(JSON,)),
    refused("envelope", "a small message", body={"Code": "B", "message": "m"}, headers=(JSON,)),
    refused("envelope", "a null message", body={"Code": "B", "Message": None}, headers=(JSON,)),
    refused("envelope", "no message at all", body={}),
    refused("envelope", "no type", body={"Message": "m"}, headers=(JSON,), finds={"errors/t": "f"}),
    refused("envelope", "nothing at all", body=b"", headers=(), finds={"errors/type": "fail"}),
    *(
        refused("envelope", repr(body), body=body, finds={"errors/body": "fail"})
        for body in (b"<html>", b"[]", b'"No."', b"null", b"{")
    ),
    refused("envelope", "a 5xx is said elsewhere", 500, b"<html>"),
    Row("envelope", "free", "request/Status/empty", Expect.ANYTHING, 400, b"<html>"),
    Row("envelope", "XML to a bad signature", "auth/missing", Expect.UNAUTHENTICATED, 403, b"<E/>"),
    *(
        named("documented", kind, kind, status)
        for kind, status in (
            ("BadRequestException", 400),
            ("BadRequest", 400),
            ("com.amazonaws.chime#BadRequestException:http://x/", 400),
            ("NotFound", 404),
            ("Throttling", 429),
            ("ValidationException", 400),
            ("ValidationError", 400),
            ("SerializationException", 400),
            ("AccessDeniedException", 403),
            ("AccessDeniedException", 400),
            ("ExpiredTokenException", 403),
            ("IncompleteSignature", 400),
            ("IncompleteSignature", 403),
            ("InvalidAction", 400),
            ("InvalidClientTokenId", 403),
            ("InvalidSignatureException", 403),
            ("MalformedHttpRequestException", 400),
            ("MissingAuthenticationToken", 403),
            ("MissingAuthenticationTokenException", 403),
            ("NotAuthorized", 401),
            ("OptInRequired", 403),
            ("RequestAbortedException", 400),
            ("RequestEntityTooLargeException", 413),
            ("RequestExpired", 400),
            ("RequestTimeoutException", 408),
            ("ThrottlingException", 429),
            ("UnknownOperationException", 404),
            ("UnrecognizedClientException", 403),
        )
    ),
    named("documented", "no type is said elsewhere", None),
    named("documented", "an invention", "OopsException", finds={"errors/documented": "fail"}),
    named(
        "documented",
        "a type of Connect",
        "InvalidParameterException",
        finds={"errors/documented": "fail"},
    ),
    named(
        "documented",
        "a type with another's status",
        "BadRequestException",
        422,
        finds={"errors/BadRequestException/status": "fail"},
    ),
    named(
        "documented",
        "its short form likewise",
        "NotFound",
        400,
        finds={"errors/NotFoundException/status": "fail"},
    ),
    refused("consistent", "both spellings of one error", passes=("errors/consistent",)),
    refused("consistent", "one place", body=b""),
    refused("consistent", "the long form twice", body={"Code": "BadRequestException"}),
    refused("consistent", "with namespace and URI", body={"__type": "x#BadRequestException:u"}),
    refused(
        "consistent", "two errors", body={"Code": "NotFound"}, finds={"errors/consistent": "warn"}
    ),
    refused(
        "consistent",
        "two places of the body",
        body={"code": "BadRequest", "__type": "NotFoundException"},
        headers=(JSON,),
        finds={"errors/consistent": "warn"},
    ),
    *(
        named("broken-constraint", kind or "no type", kind, passes=("errors/broken-constraint",))
        for kind in ("BadRequestException", "BadRequest", "ValidationException", None)
    ),
    *(
        named("broken-constraint", kind, kind, operation=V2)
        for kind in (
            "InvalidParameterException",
            "InvalidRequestException",
            "ValidationException",
        )
    ),
    *(
        named(
            "broken-constraint",
            f"{kind} to a broken type",
            kind,
            operation=V2,
            path="request/MaxResults/type",
        )
        for kind in ("SerializationException", "MalformedHttpRequestException")
    ),
    named(
        "broken-constraint",
        "SerializationException to a malformed body",
        "SerializationException",
        operation=V2,
        path="protocol/malformed-body",
    ),
    named(
        "broken-constraint",
        "a type that says something else",
        "NotFoundException",
        404,
        finds={"errors/broken-constraint": "fail"},
    ),
    named(
        "broken-constraint",
        "a common error that says something else",
        "UnrecognizedClientException",
        finds={"errors/broken-constraint": "fail"},
    ),
    named("broken-constraint", "an invention is said once", "OopsException"),
    named("broken-constraint", "a wrong status is said once", "BadRequestException", 422),
    named("broken-constraint", "another status", None, 422, finds={"errors/broken": "fail"}),
    named("broken-constraint", "where nothing is accepted", "NotFound", 404, valid_control=404),
    *(
        named("broken-constraint", f"{status}", None, status, finds={"errors/broken": "fail"})
        for status in (302, 304)
    ),
    named("documented", "a redirect", "NotFound", 302, finds={"errors/NotFound": "fail"}),
    named("refused", "a redirect", None, 302, finds={CONSTRAINT: "inconclusive"}),
]

#: What AWS is known to do, or its protocol's own tests demand, and a check does not let pass.
WRONGLY_RAISED = [
    named(
        "broken-constraint",
        "Smithy's protocol tests want SerializationException for an integer beyond 32 or 64 bits",
        "SerializationException",
        operation=V2,
        path="request/MaxResults/maximum",
    ),
    named(
        "broken-constraint",
        "ValidationError, of the Common Errors, says that constraints are not satisfied",
        "ValidationError",
    ),
    listed(
        "members",
        "nulls where none is documented have been seen in real answers, in lists too",
        {"Associations": [None]},
    ),
]

ROWS = TRANSPORT + ANSWERS + RESPONSES + ERRORS


def findings(row: Row, fabricate: Any) -> list[Finding]:
    exchange = fabricate.exchange(
        row.operation, status=row.status, body=row.body, headers=row.headers, failure=row.failure
    )
    known = dict(row.known)
    for side, status in (
        ("valid_control", row.valid_control),
        ("invalid_control", row.invalid_control),
    ):
        if status is not None:
            known[side] = fabricate.exchange(row.operation, status=status, body={})
    if row.broken:
        known["broken"] = (f"{row.operation}/{row.path}",)
    evidence = fabricate.evidence(row.path, row.expect, exchange, operation=row.operation, **known)
    return list(CHECKS[row.check].judge(evidence))


def found(findings: list[Finding]) -> dict[str, str]:
    return {
        finding.clause.split("/", 1)[1]: str(finding.verdict)
        for finding in findings
        if finding.verdict is not Verdict.PASS
    }


def fits(row: Row, told: Mapping[str, str]) -> bool:
    """Whether what was found is what had to be; a row may cut long names short."""
    wanted = list(row.finds.items())
    return len(told) == len(wanted) and all(
        path.startswith(prefix) and verdict.startswith(start)
        for (path, verdict), (prefix, start) in zip(told.items(), wanted, strict=True)
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.check}: {row.why}"[:80])
def test_a_check_finds_what_is_there_and_nothing_else(row: Row, fabricate: Any) -> None:
    """On each row of the table a check comes to just the verdicts that stand beside it."""
    judged = findings(row, fabricate)
    told = found(judged)
    assert fits(row, told), told
    passed = {one.clause.split("/", 1)[1] for one in judged if one.verdict is Verdict.PASS}
    assert set(row.passes) <= passed
    for finding in judged:
        assert finding.check == row.check
        assert finding.expected
        assert finding.source
        assert finding.verdict is Verdict.PASS or finding.observed


@pytest.mark.parametrize("row", WRONGLY_RAISED, ids=lambda row: row.why)
def test_a_check_lets_pass_what_aws_does(row: Row, fabricate: Any) -> None:
    """A correct server has many right ways to answer, and none of them is flagged."""
    assert found(findings(row, fabricate)) == {}


@pytest.mark.parametrize("name", CHECKS)
def test_every_check_is_shown_to_raise(name: str) -> None:
    """No check is without a row, here or among the tests of pages and meanings."""
    elsewhere = {"page-size", "end", "unique-items", "all-items", "filters-held", "unknown-token"}
    elsewhere |= {"filtered", "complete", "exercised", "apart", "found"}
    elsewhere |= {"sdk-raises", "sdk-request", "sdk-response"}
    assert name in elsewhere or any(row.check == name and row.finds for row in ROWS)


def test_a_check_raises_only_its_own_clauses(fabricate: Any) -> None:
    """What a check finds on any row is covered by the patterns that stand beside it."""
    for row in ROWS:
        check = CHECKS[row.check]
        for finding in findings(row, fabricate):
            path = finding.clause.split("/", 1)[1]
            own = path.startswith("rules/") and check.rules
            heads = tuple(pattern.split("*")[0] for pattern in check.raises)
            assert own or path.startswith(heads), (row.check, path)


@pytest.mark.parametrize(
    ("status", "large", "told"), [(413, True, False), (413, False, True), (400, True, False)]
)
def test_a_large_request_may_be_refused_for_its_size(
    status: int, large: bool, told: bool, fabricate: Any
) -> None:
    """413 is the right answer to a body that only a large limit has to be tried with."""
    exchange = fabricate.exchange(V2, status=status, body={})
    sent = replace(exchange.request, body=b"x" * (70_000 if large else 70))
    evidence = fabricate.evidence(
        "request/NextToken/maxLength",
        Expect.REFUSED,
        replace(exchange, request=sent),
        operation=V2,
    )
    found = judge(evidence)
    broken = [f for f in found if f.check == "broken-constraint" and f.verdict is Verdict.FAIL]
    assert bool(broken) is told


def test_judging_tells_each_thing_once(fabricate: Any) -> None:
    """All checks together say nothing twice; one of them can be left out."""
    exchange = fabricate.exchange(status=500, body=b"<html>")
    evidence = fabricate.evidence(CONSTRAINT, Expect.ACCEPTED, exchange, exchange)
    told = judge(evidence)
    keys = [(one.clause, one.verdict, one.observed) for one in told]
    assert len(keys) == len(set(keys))
    rest = judge(evidence, without="no-server-error")
    assert {one.check for one in told} - {one.check for one in rest} == {"no-server-error"}


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "+1206", "US", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "PhoneNumbers",
                    "PhoneNumber",
                    "ListPhoneNumbersSummaryList",
                    "E164PhoneNumbers",
                    "AvailableNumbersList",
                    "NextToken",
                    "Associations",
                    "Capabilities",
                    "Status",
                    "InstanceId",
                    "TargetArn",
                    "PhoneNumberId",
                    "code",
                    "__type",
                    "x",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
PARAMS = {
    LIST: {"Status": "Assigned", "FilterName": "UserId", "FilterValue": "x", "MaxResults": 1},
    SEARCH: {"Country": "US", "AreaCode": "206", "State": "WA", "PhoneNumberType": "Local"},
    V2: {
        "PhoneNumberCountryCodes": ["US"],
        "PhoneNumberPrefix": "+1",
        "InstanceId": "x",
        "TargetArn": "x",
    },
    GET: {"PhoneNumberId": "x"},
    "connect:SearchAvailablePhoneNumbers": {"PhoneNumberPrefix": "+1", "MaxResults": 1},
}


def test_a_filter_on_what_is_no_list_raises_nothing(fabricate: Any) -> None:
    """An item whose Associations are a number is a finding on types, and no exception."""
    params = {"FilterName": "UserId", "FilterValue": "x"}
    body = {"PhoneNumbers": [{"Associations": 5}]}
    exchange = fabricate.exchange(body=body, params=params)
    judge(fabricate.evidence("rules/association-filter", Expect.ACCEPTED, exchange))


@settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(
    body=ANY_JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=20),
    status=st.sampled_from([200, 204, 301, 400, 403, 404, 500]),
    expect=st.sampled_from(Expect),
    operation=st.sampled_from(sorted(PARAMS)),
    walk=st.booleans(),
    pick=st.integers(0, 10_000),
)
def test_no_check_ever_raises(
    fabricate: Any,
    body: bytes,
    status: int,
    expect: Expect,
    operation: str,
    walk: bool,
    pick: int,
) -> None:
    """Whatever a server answers to whatever case, judging comes to findings."""
    if b'"Associations": ' in body:
        return  # an expected failure of its own, above
    known = documented()[operation]
    rules = [f"rules/{rule.id}" for rule in known.rules if _suits(rule, expect)]
    if expect is Expect.UNKNOWN and not rules:
        return  # no such case: nothing is unknown to a search
    paths = rules or ["protocol/implemented"]
    params = dict(PARAMS[operation])
    params |= dict.fromkeys([one.member for one in known.rules_of(Exclusive)], "x")
    exchange = fabricate.exchange(operation, status=status, body=body, params=params)
    evidence = fabricate.evidence(
        paths[pick % len(paths)],
        expect,
        exchange,
        exchange,
        operation=operation,
        walk=walk,
        listing=Listing(items=(5, "x", {"PhoneNumberId": "x"}, None), complete=True),
        valid_control=exchange if pick % 2 else None,
        listed={"PhoneNumberId": "x"},
    )
    for finding in judge(evidence):
        assert finding.verdict in Verdict


def _suits(rule: Rule, expect: Expect) -> bool:
    """Whether a rule has cases of that expectation."""
    if expect is Expect.UNKNOWN:
        return isinstance(rule, Unknown)
    if expect is Expect.FOUND:
        return isinstance(rule, Found)
    return not isinstance(rule, Unknown | Found)
