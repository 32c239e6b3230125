"""The checks of errors: envelope, type, status, and whether they match."""

from dataclasses import replace
from typing import Any

import pytest
from check_rows import JSON, V2, Row, check_row, named, refused, row_name

from conformance.checks.findings import Verdict
from conformance.checks.table import judge
from conformance.generation.plans import Expect

ROWS = [
    refused("envelope", "an object with a type", passes=("errors/body", "errors/type")),
    refused("envelope", "no body but a header", body=b""),
    refused("envelope", "a type in __type", body={"__type": "a#B"}, headers=(JSON,)),
    refused("envelope", "a type in code", body={"code": "B"}, headers=(JSON,)),
    refused("envelope", "a small message", body={"Code": "B", "message": "m"}, headers=(JSON,)),
    refused("envelope", "a null message", body={"Code": "B", "Message": None}, headers=(JSON,)),
    refused("envelope", "no message at all", body={}),
    refused(
        "envelope", "no type", body={"Message": "m"}, headers=(JSON,), finds={"errors/type": "fail"}
    ),
    refused("envelope", "nothing at all", body=b"", headers=(), finds={"errors/type": "fail"}),
    *(
        refused("envelope", repr(body), body=body, finds={"errors/body": "fail"})
        for body in (b"<html>", b"[]", b'"No."', b"null", b"{")
    ),
    refused("envelope", "a 5xx is reported by another check", 500, b"<html>"),
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
    named("documented", "no type is reported by another check", None),
    named(
        "documented", "an undocumented type", "OopsException", finds={"errors/documented": "fail"}
    ),
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
        "a type about something else",
        "NotFoundException",
        404,
        finds={"errors/broken-constraint": "fail"},
    ),
    named(
        "broken-constraint",
        "a common error about something else",
        "UnrecognizedClientException",
        finds={"errors/broken-constraint": "fail"},
    ),
    named("broken-constraint", "an undocumented type is reported once", "OopsException"),
    named("broken-constraint", "a wrong status is reported once", "BadRequestException", 422),
    named(
        "broken-constraint", "another status", None, 422, finds={"errors/broken-constraint": "fail"}
    ),
    named(
        "broken-constraint", "the valid control is refused too", "NotFound", 404, valid_control=404
    ),
    *(
        named(
            "broken-constraint",
            f"{status}",
            None,
            status,
            finds={"errors/broken-constraint": "fail"},
        )
        for status in (302, 304)
    ),
    named(
        "documented",
        "a redirect",
        "NotFound",
        302,
        finds={"errors/NotFoundException/status": "fail"},
    ),
    # what AWS is known to do, or its protocol's own tests demand
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
]


@pytest.mark.parametrize("row", ROWS, ids=row_name)
def test_rows(row: Any, fabricate: Any) -> None:
    """Each check finds what its row says, and nothing else."""
    check_row(row, fabricate)


@pytest.mark.parametrize(
    ("status", "large", "reported"), [(413, True, False), (413, False, True), (400, True, False)]
)
def test_a_large_request_may_be_refused_for_its_size(
    status: int, large: bool, reported: bool, fabricate: Any
) -> None:
    """413 is right for a large body, which only a large limit makes necessary."""
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
    assert bool(broken) is reported
