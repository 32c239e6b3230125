"""The checks on fabricated answers of operations that only the SDK's models describe."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from conformance.checks import CHECKS
from conformance.checks.errors import COMMON
from conformance.findings import Verdict
from conformance.plans import Expect

KMS = "kms:ListKeys"
LIMIT = "request/Limit/maximum"
JSON = ("Content-Type", "application/x-amz-json-1.1")
ID = ("x-amzn-RequestId", "1")

Told = Mapping[str, str]
Judge = Callable[..., Told]


@pytest.fixture
def told(fabricate: Any) -> Judge:
    """What one check finds on one answer, beside passes: clause path → verdict."""

    def judge(check: str, expect: Expect = Expect.REFUSED, **said: Any) -> Told:
        operation, path = said.pop("operation", KMS), said.pop("path", LIMIT)
        exchange = fabricate.exchange(operation, **{"headers": (JSON, ID), **said})
        neighbour = fabricate.exchange(operation, status=200)
        evidence = fabricate.evidence(
            path, expect, exchange, operation=operation, neighbour=neighbour
        )
        return {
            one.clause.split("/", 1)[1]: str(one.verdict)
            for one in CHECKS[check].judge(evidence)
            if one.verdict is not Verdict.PASS
        }

    return judge


#: What services say of broken constraints; the last one stands in KMS's model.
OF_REQUESTS = (
    "ValidationException",
    "ValidationError",
    "SerializationException",
    "MalformedHttpRequestException",
    "MalformedInput",
    "InvalidParameterValue",
    "InvalidParameterValueException",
    "InvalidArgument",
    "MissingParameter",
    "BadRequestException",
    "LimitExceededException",
    "NoSuchBucket",
    "UnknownParameter",
    "ExpiredNextTokenException",
    "InvalidMarkerException",
)
#: What says something else: of the service, of who asks, of no such operation, or nothing at all.
OF_OTHER_THINGS = (
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "InternalFailure",
    "InternalError",
    "InvalidAction",
    "OptInRequired",
    "RequestExpired",
    "ServiceUnavailable",
    "ThrottlingException",
    "UnknownOperationException",
    "UnrecognizedClientException",
    "DependencyTimeoutException",
    "ClientError",
    "ValueError",
    "TypeError",
    "Error",
    "400",
)


def test_the_two_lists_speak_of_all_kinds() -> None:
    """Names of the Common Errors page stand in both."""
    assert COMMON & set(OF_REQUESTS)
    assert COMMON & set(OF_OTHER_THINGS)


@pytest.mark.parametrize("name", OF_REQUESTS)
def test_a_type_about_the_request_fits_a_broken_constraint(name: str, told: Judge) -> None:
    """Whatever a service calls it, and whether or not its model does."""
    assert told("broken-constraint", status=400, body={"__type": name}) == {}


@pytest.mark.parametrize("name", OF_OTHER_THINGS)
def test_a_type_about_something_else_does_not(name: str, told: Judge) -> None:
    """Even where every service may answer it, to other requests."""
    found = told("broken-constraint", status=400, body={"__type": name})
    assert found == {"errors/broken-constraint": "warn"}


def test_what_a_model_calls_the_services_own_fault_does_not(told: Judge) -> None:
    """DynamoDB's model states no status for InternalServerError, but whose fault it is."""
    found = told(
        "broken-constraint",
        operation="dynamodb:ListTables",
        status=400,
        body={"__type": "InternalServerError"},
    )
    assert found == {"errors/broken-constraint": "warn"}


@pytest.mark.parametrize("status", [301, 302, 304, 307])
def test_being_sent_elsewhere_is_no_refusal(status: int, told: Judge) -> None:
    """A client that follows, or takes what it has, never learns that its request was wrong."""
    body = {"__type": "ValidationException"}
    assert told("broken-constraint", status=status, body=body) == {
        "errors/broken-constraint": "warn"
    }
    assert told("refused", status=status, body=body) == {LIMIT: "inconclusive"}
