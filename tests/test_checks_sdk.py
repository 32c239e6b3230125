"""The checks of the SDK on fabricated replays: each smallest faulty exchange beside a good one.

What today's SDK really does with what is recorded is tested in ``test_replay.py``.
"""

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

import pytest
from check_rows import GET, LIST, V2, Row, check_row, row_name

from conformance.checks.findings import Finding, Verdict
from conformance.checks.table import CHECKS
from conformance.generation.plans import Expect
from conformance.protocols.http import Exchange, FailureKind, Request

SIGNED = (
    "AWS4-HMAC-SHA256 Credential=REDACTED/20260101/us-east-1/chime/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=0000"
)
ASKED = Request(
    method="GET",
    url="http://localhost/phone-numbers?max-results=1",
    headers=(("Content-Type", "application/json"), ("Authorization", SIGNED)),
    body=b"",
)


def asked(**changes: Any) -> Request:
    """The recorded request, changed."""
    return dataclasses.replace(ASKED, **changes)


def signed(value: str) -> Request:
    return asked(headers=(ASKED.headers[0], ("Authorization", value)))


#: What the SDK builds today → what of it differs from what was recorded.
BUILT: dict[str, tuple[Request, str | None]] = {
    "the same": (ASKED, None),
    "another moment and key": (
        signed(SIGNED.replace("REDACTED/20260101", "AKID/20270101").replace("0000", "ab12")),
        None,
    ),
    "headers of the client's own": (
        asked(headers=(*ASKED.headers, ("User-Agent", "Boto3/9"), ("amz-sdk-request", "x"))),
        None,
    ),
    "another method": (asked(method="POST"), "method"),
    "another host": (asked(url="http://other/phone-numbers?max-results=1"), "host"),
    "another path": (asked(url="http://localhost/phone-number?max-results=1"), "path"),
    "another query": (asked(url="http://localhost/phone-numbers?max-results=2"), "query"),
    "a header more": (asked(headers=(*ASKED.headers, ("X-New", "1"))), "headers"),
    "a header less": (asked(headers=ASKED.headers[1:]), "headers"),
    "another type": (
        asked(headers=(("Content-Type", "text/plain"), ASKED.headers[1])),
        "content-type",
    ),
    "another scheme": (signed(SIGNED.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA")), "signature"),
    "another service": (signed(SIGNED.replace("/chime/", "/connect/")), "signature"),
    "less signed": (signed(SIGNED.replace(";x-amz-date", "")), "signature"),
    "a body": (asked(body=b"{}"), "body"),
}

MOMENT = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
NO_SUCH = {"Code": "NotFound", "Message": "No."}
#: status, the answer's body, what the SDK made of it → what it misunderstood.
READ: dict[str, tuple[str, int, Any, Any, str | None]] = {
    "what was said": (LIST, 200, {"NextToken": "x"}, {"NextToken": "x"}, None),
    "nothing where nothing was": (LIST, 200, {"NextToken": None}, {}, None),
    "an undocumented member": (LIST, 200, {"Odd": 1}, {}, None),
    "what cannot be read": (LIST, 200, b"<html>", None, None),
    "a moment as text": (
        GET,
        200,
        {"PhoneNumber": {"CreatedTimestamp": "2026-01-01T00:00:00Z"}},
        {"PhoneNumber": {"CreatedTimestamp": MOMENT}},
        None,
    ),
    "an error by its code": (GET, 404, NO_SUCH, {"Error": {"Code": "NotFound"}}, None),
    "another value": (LIST, 200, {"NextToken": "x"}, {"NextToken": "y"}, "NextToken"),
    "a value lost": (LIST, 200, {"NextToken": "x"}, {}, "NextToken"),
    "text for a number": (LIST, 200, {"NextToken": 1}, {"NextToken": "1"}, "NextToken"),
    "an item lost": (LIST, 200, {"PhoneNumbers": [{}, {}]}, {"PhoneNumbers": [{}]}, "PhoneNumbers"),
    "a value within an item": (
        V2,
        200,
        {"ListPhoneNumbersSummaryList": [{"PhoneNumber": "+1"}]},
        {"ListPhoneNumbersSummaryList": [{"PhoneNumber": "1"}]},
        "ListPhoneNumbersSummaryList/item/PhoneNumber",
    ),
    "another moment": (
        GET,
        200,
        {"PhoneNumber": {"CreatedTimestamp": "2026-01-02T00:00:00Z"}},
        {"PhoneNumber": {"CreatedTimestamp": MOMENT}},
        "PhoneNumber/CreatedTimestamp",
    ),
    "no success": (LIST, 200, {"NextToken": "x"}, None, "the response"),
    "another error": (GET, 404, NO_SUCH, {"Error": {"Code": "404"}}, "the error's code"),
}


VALID = ("protocol/accepts-valid", Expect.ACCEPTED)
REPLAYED = {"request": ASKED, "notes": {"replayed": True, "built": ASKED, "why": ""}}
ANOTHER = {**REPLAYED, "notes": {"replayed": True, "built": asked(method="POST"), "why": ""}}
RAISED = {"sdk_error": "ValueError: Invalid timestamp"}
ROWS = [
    Row("sdk-request", "the same", *VALID, exchange=REPLAYED, passes=("sdk/request",)),
    Row("sdk-request", "another", *VALID, exchange=ANOTHER, finds={"sdk/request": "fail"}),
    Row("sdk-request", "no replay", *VALID),
    Row(
        *("sdk-response", "the same value", *VALID),
        body={"NextToken": "x"},
        exchange={**REPLAYED, "parsed": {"NextToken": "x"}},
        passes=("sdk/response",),
    ),
    Row(
        *("sdk-response", "another value", *VALID),
        body={"NextToken": "x"},
        exchange={**REPLAYED, "parsed": {"NextToken": "y"}},
        finds={"sdk/response": "fail"},
    ),
    Row("sdk-raises", "an exception", *VALID, exchange=RAISED, finds={"response/body": "warn"}),
    Row("sdk-raises", "none", *VALID),
]


@pytest.mark.parametrize("row", ROWS, ids=row_name)
def test_rows(row: Row, fabricate: Any) -> None:
    """Each check finds what its row says, and nothing else."""
    check_row(row, fabricate)


def judged(
    check: str, fabricate: Any, exchange: Exchange, notes: Mapping[str, Any] | None = None
) -> list[Finding]:
    played = {"replayed": True, "built": exchange.request, "why": ""} if notes is None else notes
    evidence = fabricate.evidence(
        "protocol/accepts-valid",
        Expect.ACCEPTED,
        dataclasses.replace(exchange, notes=played),
        operation=exchange.operation,
    )
    return list(CHECKS[check].judge(evidence))


@pytest.mark.parametrize("why", BUILT)
def test_requests(why: str, fabricate: Any) -> None:
    """Each difference that an operation can notice is a failure that shows both sides."""
    built, differs = BUILT[why]
    exchange = dataclasses.replace(fabricate.exchange(LIST), request=ASKED)
    notes = {"replayed": True, "built": built, "why": ""}
    (finding,) = judged("sdk-request", fabricate, exchange, notes)
    assert finding.clause == f"{LIST}/sdk/request"
    if differs is None:
        assert finding.verdict is Verdict.PASS
    else:
        assert finding.verdict is Verdict.FAIL
        assert finding.expected.startswith(f"{differs} as recorded: ")
        assert finding.observed.startswith(f"{differs} as built today: ")


@pytest.mark.parametrize("why", READ)
def test_answers(why: str, fabricate: Any) -> None:
    """What the SDK reads otherwise than the bytes say is a failure that names the member."""
    operation, status, body, parsed, wrong = READ[why]
    exchange = dataclasses.replace(
        fabricate.exchange(operation, status=status, body=body), parsed=parsed
    )
    (finding,) = judged("sdk-response", fabricate, exchange)
    assert finding.clause == f"{operation}/sdk/response"
    if wrong is None:
        assert finding.verdict is Verdict.PASS
    else:
        assert finding.verdict is Verdict.FAIL
        assert finding.expected.startswith(f"{wrong} is ")
        assert finding.observed.startswith("the SDK reads ")


def test_a_request_that_the_sdk_refuses(fabricate: Any) -> None:
    """A request that today's SDK refuses fails; the response is not judged then."""
    notes = {"replayed": True, "built": None, "why": "Unknown parameter"}
    exchange = fabricate.exchange(LIST)
    (finding,) = judged("sdk-request", fabricate, exchange, notes)
    assert finding.verdict is Verdict.FAIL
    assert "Unknown parameter" in finding.observed
    assert judged("sdk-response", fabricate, exchange, notes) == []


@pytest.mark.parametrize("check", ["sdk-request", "sdk-response"])
def test_only_a_replay_is_judged(check: str, fabricate: Any) -> None:
    """Against a target what the SDK does is evidence, and nothing is said of it."""
    assert judged(check, fabricate, fabricate.exchange(LIST), {}) == []


def test_without_an_answer_nothing_was_understood(fabricate: Any) -> None:
    """A recorded timeout leaves the SDK nothing to read."""
    exchange = fabricate.exchange(LIST, failure=FailureKind.TIMEOUT)
    assert judged("sdk-response", fabricate, exchange) == []
