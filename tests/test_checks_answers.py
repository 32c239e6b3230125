"""The checks of whether a request was accepted or refused, as it has to be."""

from typing import Any

import pytest
from check_rows import (
    CONSTRAINT,
    ERROR,
    GET,
    JSON,
    SEARCH,
    V2,
    Row,
    accepted,
    check_row,
    named,
    refused,
    row_name,
)

from conformance.generation.plans import Expect
from conformance.protocols.base import Signing
from conformance.protocols.http import FailureKind

ROWS = [
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
    accepted(
        "accepted",
        "a 5xx is reported by another check",
        status=503,
        finds={CONSTRAINT: "inconclusive"},
    ),
    accepted(
        "accepted",
        "so is a missing response",
        failure=FailureKind.TIMEOUT,
        finds={CONSTRAINT: "inconclusive"},
    ),
    accepted(
        "accepted",
        "a synthetic value shows nothing",
        ERROR,
        status=404,
        known={"synthetic": (True,)},
        finds={CONSTRAINT: "inconclusive"},
    ),
    accepted(
        "accepted",
        "the invalid control is accepted too",
        path="request/Status/valid-values",
        invalid_control=200,
        finds={"request/Status/valid-values": "inconclusive"},
    ),
    accepted(
        "accepted",
        "the invalid control is refused",
        path="request/Status/valid-values",
        invalid_control=400,
        passes=("request/Status/valid-values",),
    ),
    accepted("accepted", "an unreadable success settles nothing", b"<html>"),
    accepted("accepted", "a filter is not settled by acceptance", path="rules/status-filter"),
    refused("refused", "a 400", passes=(CONSTRAINT,)),
    refused("refused", "another 4xx about the request", 422, passes=(CONSTRAINT,)),
    refused("refused", "a success", 200, b"{}", headers=(JSON,), finds={CONSTRAINT: "fail"}),
    refused("refused", "an empty success", 204, b"", finds={CONSTRAINT: "fail"}),
    refused(
        "refused",
        "an edge of a softer level",
        200,
        b"{}",
        headers=(JSON,),
        known={"level": "should"},
        finds={CONSTRAINT: "warn"},
    ),
    refused(
        "refused", "a 5xx is reported by another check", 500, finds={CONSTRAINT: "inconclusive"}
    ),
    refused(
        "refused",
        "so is a missing response",
        failure=FailureKind.DROPPED,
        finds={CONSTRAINT: "inconclusive"},
    ),
    *(
        refused(
            "refused",
            f"{status} is not about the parameters",
            status,
            finds={CONSTRAINT: "inconclusive"},
        )
        for status in (401, 403, 404, 405)
    ),
    refused(
        "refused",
        "the valid control is refused too",
        200,
        valid_control=400,
        finds={CONSTRAINT: "inconclusive"},
    ),
    refused(
        "refused",
        "the request as sent violates nothing",
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
            "unknown-resource",
            f"as AWS answers: {kind}",
            "rules/unknown-FunctionName",
            Expect.UNKNOWN,
            404,
            b"{}",
            (JSON, ("x-amzn-ErrorType", kind)),
            operation="lambda:GetFunction",
            finds={"errors/unknown": verdict} if verdict else {},
            passes=() if verdict else ("errors/unknown",),
        )
        for kind, verdict in (
            ("ResourceNotFoundException", ""),
            ("NoSuchFunctionException", "warn"),
        )
    ),
    *(
        Row(
            "unknown-resource",
            f"as AWS answers, where it left query: {code or 'no code'}",
            "rules/unknown-QueueUrl",
            Expect.UNKNOWN,
            400,
            b'{"__type": "com.amazonaws.sqs#QueueDoesNotExist"}',
            (JSON, ("x-amzn-query-error", f"{code};Sender")) if code else (JSON,),
            operation="sqs:GetQueueAttributes",
            finds={"errors/unknown": "warn"} if not code else {},
            passes=("errors/unknown",) if code else (),
        )
        for code in ("AWS.SimpleQueueService.NonExistentQueue", "")
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
        "signed requests are refused too",
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
    named("refused", "a redirect", None, 302, finds={CONSTRAINT: "inconclusive"}),
]


@pytest.mark.parametrize("row", ROWS, ids=row_name)
def test_rows(row: Any, fabricate: Any) -> None:
    """Each check finds what its row says, and nothing else."""
    check_row(row, fabricate)
