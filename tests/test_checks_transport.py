"""The checks of every response: whether it comes, can be read, and has its headers."""

from typing import Any

import pytest
from check_rows import CONSTRAINT, ERROR, JSON, Row, accepted, check_row, refused, row_name

from conformance.generation.plans import Expect
from conformance.protocols.http import FailureKind

ROWS = [
    accepted("whole", "a whole answer", passes=("protocol/answers",)),
    *(
        accepted("whole", kind, failure=kind, finds={"protocol/answers": "fail"})
        for kind in FailureKind
        if kind not in {FailureKind.UNREACHABLE, FailureKind.UNJUDGED}
    ),
    accepted(
        "whole",
        "an unreachable target is not at fault",
        failure=FailureKind.UNREACHABLE,
        finds={"protocol/answers": "inconclusive"},
    ),
    accepted(
        "whole",
        "nobody promises a small response",
        failure=FailureKind.UNJUDGED,
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
        "a path of no operation may return 5xx",
        "protocol/unknown-path",
        Expect.CLIENT_ERROR,
        501,
    ),
    refused("no-server-error", "a 4xx", passes=("protocol/no-server-error",)),
    Row("readable", "an object", "request/Status/empty", Expect.ANYTHING),
    Row("readable", "an error without a body", "request/Status/empty", Expect.ANYTHING, 400, b""),
    Row("readable", "an error object", "request/Status/empty", Expect.ANYTHING, 404, ERROR),
    Row(
        "readable",
        "a 5xx is reported once",
        "request/Status/empty",
        Expect.ANYTHING,
        500,
        b"<html>",
    ),
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
    accepted(
        "request-id",
        "an empty one",
        headers=(("x-amzn-RequestId", ""),),
        finds={"response/request-id": "warn"},
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=row_name)
def test_rows(row: Any, fabricate: Any) -> None:
    """Each check finds what its row says, and nothing else."""
    check_row(row, fabricate)
