"""What the SDK has encoded once is sent again as the SDK would send it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import botocore.auth
import cbor2
import pytest
from botocore.awsrequest import AWSRequest

from conformance.protocols.base import Additions, Alteration, Signing
from conformance.protocols.http import Exchange, Request
from conformance.spec.operation import Operation
from conformance.spec.sdk_models.loader import operation
from conformance.transport import encoded
from conformance.transport.encoded import Encoded, EncodedRequests
from conformance.transport.sender import Sender

Start = Callable[..., Any]
Sending = Callable[..., Sender]

NOW = datetime(2024, 5, 1, 10, tzinfo=UTC)


def answer(body: bytes, media_type: str, status: int = 200, more: str = "") -> bytes:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {media_type}\r\nContent-Length: {len(body)}"
    return f"{head}\r\nx-amzn-requestid: r\r\n{more}\r\n".encode() + body


JSON = answer(b"{}", "application/x-amz-json-1.0")
XML = answer(b"<R/>", "text/xml")
CBOR = answer(cbor2.dumps({}), "application/cbor")

#: Operation, protocol, parameters, and what is answered.
CALLS: dict[str, tuple[str, str, dict[str, Any], bytes]] = {
    "json 1.0": ("sqs:ListQueues", "json", {"MaxResults": 5}, JSON),
    "json 1.1": ("kms:ListKeys", "json", {"Limit": 5}, JSON),
    "nested json": ("dynamodb:PutItem", "json", {"TableName": "t", "Item": {"a": {"S": 5}}}, JSON),
    "rest-json": ("lambda:ListFunctions", "rest-json", {"MaxItems": 5}, JSON),
    "a label": ("lambda:GetFunction", "rest-json", {"FunctionName": "a/b", "Qualifier": ""}, JSON),
    "a payload": ("lambda:Invoke", "rest-json", {"FunctionName": "f", "Payload": b"{}"}, JSON),
    "query": ("iam:ListUsers", "query", {"MaxItems": "five"}, XML),
    "ec2": ("ec2:DescribeVpcs", "ec2", {"VpcIds": ["v"], "MaxResults": "five"}, XML),
    "rest-xml": ("route53:CreateHostedZone", "rest-xml", {"Name": "n", "CallerReference": ""}, XML),
    "a bucket": ("s3:ListObjectsV2", "rest-xml", {"Bucket": "bucket", "MaxKeys": "five"}, XML),
    "no bucket": ("s3:ListObjectsV2", "rest-xml", {"Bucket": "No Bucket!"}, XML),
    "a checksum": (
        "s3:DeleteObjects",
        "rest-xml",
        {"Bucket": "bucket", "Delete": {"Objects": [{"Key": "ä"}]}},
        XML,
    ),
    "text beyond ASCII": ("s3:CreateBucket", "rest-xml", {"Bucket": "b", "GrantRead": "ä"}, XML),
    "a stream": (
        "s3:GetObject",
        "rest-xml",
        {"Bucket": "bucket", "Key": "k", "ChecksumMode": "ENABLED"},
        answer(b"abc", "text/plain", more="Expires: never\r\n"),
    ),
    "cbor": ("cloudwatch:ListMetrics", "smithy-rpc-v2-cbor", {"MetricName": 5}, CBOR),
    "no signature": ("cognito-identity:GetId", "json", {"IdentityPoolId": "x"}, JSON),
}
CHANGES: dict[str, Alteration] = {
    "an unknown member": Alteration(extra={"Odd": "x"}),
    "nothing added": Alteration(sdk=Additions.NONE),
    "another body": Alteration(body=b"{", content_type="text/plain"),
    "another path": Alteration(path="/elsewhere", method="DELETE"),
    "no such operation": Alteration(absent=True),
    "no signature": Alteration(signing=Signing.MISSING),
    "a bad signature": Alteration(signing=Signing.BAD_SIGNATURE),
    "an unknown key": Alteration(signing=Signing.UNKNOWN_KEY),
}


def made(call: str) -> tuple[Operation, dict[str, Any], bytes]:
    name, protocol, params, answered = CALLS[call]
    service, _, own = name.partition(":")
    return operation(service, own, protocol), params, answered


@pytest.fixture
def again(monkeypatch: pytest.MonkeyPatch) -> list[Encoded]:
    """What was sent again without being encoded anew, at a time that stands still."""
    used: list[Encoded] = []
    send = Encoded.send

    def seen(one: Encoded, *given: Any) -> Any:
        used.append(one)
        return send(one, *given)

    monkeypatch.setattr(Encoded, "send", seen)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: NOW)
    return used


def bytes_of(request: Request, change: str) -> Request:
    """A request without what is its own: its id, and a signature that is made of that."""
    own = {"amz-sdk-invocation-id"}
    if change == "an unknown key":
        own |= {"Authorization", "X-Amz-Date"}
    headers = tuple((key, "" if key in own else value) for key, value in request.headers)
    return replace(request, headers=headers)


def reading(exchange: Exchange) -> Any:
    """What the SDK made of a response, but for how often it tried."""
    parsed = {**(exchange.parsed or {})}
    parsed.get("ResponseMetadata", {}).pop("RetryAttempts", None)
    return parsed, exchange.sdk_error


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("call", CALLS)
def test_a_request_is_the_same_either_way(
    call: str,
    change: str,
    scripted: Start,
    sending: Sending,
    again: list[Encoded],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its bytes, signature included, and what is read of the response."""
    op, params, answered = made(call)
    sender = sending(scripted([answered]).url)
    first = sender.send(op, params, CHANGES[change])
    used = len(again)
    second = sender.send(op, params, CHANGES[change])
    assert len(again) == used + 1
    monkeypatch.setattr(EncodedRequests, "find", lambda *_: None)
    whole = sender.send(op, params, CHANGES[change])
    assert len(again) == used + 1
    sent = [bytes_of(one.request, change) for one in (first, second, whole)]
    assert sent[0] == sent[1] == sent[2]
    ids = {dict(one.request.headers)["amz-sdk-invocation-id"] for one in (first, second, whole)}
    assert len(ids) == 3
    assert reading(second) == reading(whole)
    assert second.response == whole.response
    assert second.response is not None


REFUSED = {
    "json 1.0": answer(b'{"__type": "a#Odd", "message": "no"}', "application/json", 400),
    "rest-json": answer(b'{"Type": "User", "message": "no"}', "application/json", 404),
    "query": answer(b"<R><Error><Code>Odd</Code></Error></R>", "text/xml", 400),
    "ec2": answer(b"not <xml", "text/xml", 500),
    "a bucket": answer(b"<Error><Code>SlowUp</Code></Error>", "text/xml", 503),
    "a checksum": answer(b"<Error><Code>InternalError</Code></Error>", "text/xml"),
    "cbor": answer(b"\xff\xff", "application/cbor"),
    "a stream": answer(b"abc", "text/plain", more="x-amz-checksum-crc32: AAAAAA==\r\n"),
}


@pytest.mark.parametrize("call", REFUSED)
def test_a_refusal_is_read_the_same_either_way(
    call: str, scripted: Start, sending: Sending, again: list[Encoded]
) -> None:
    """Errors, one that S3 hides behind a success, a wrong checksum, and what is no response."""
    op, params, _ = made(call)
    sender = sending(scripted([REFUSED[call]]).url)
    whole, second = (sender.send(op, params, CHANGES["an unknown member"]) for _ in "12")
    assert len(again) == 1
    assert whole.sdk_error is not None
    assert second.sdk_error == whole.sdk_error
    assert (second.parsed or {}).get("Error") == (whole.parsed or {}).get("Error")


def test_a_change_of_one_request_is_not_in_the_next(
    scripted: Start, sending: Sending, again: list[Encoded]
) -> None:
    """What is kept is what the SDK encoded, whatever has been made of it."""
    op, params, answered = made("json 1.0")
    sender = sending(scripted([answered]).url)
    for change in CHANGES.values():
        sender.send(op, params, change)
    plain = sender.send(op, params, Alteration(sdk=Additions.NONE)).request
    assert plain.body == b'{"MaxResults": 5}'
    assert [key for key, _ in plain.headers if key == "Authorization"]
    assert len(again) == len(CHANGES)


def test_a_call_that_a_user_could_make_is_encoded_each_time(
    scripted: Start, sending: Sending, again: list[Encoded]
) -> None:
    """It goes through the SDK as a whole."""
    op, params, answered = made("json 1.0")
    sender = sending(scripted([answered]).url)
    for change in (CHANGES["an unknown member"], Alteration(), Alteration()):
        sender.send(op, params, change)
    assert again == []


def test_other_parameters_are_another_request(
    scripted: Start, sending: Sending, again: list[Encoded]
) -> None:
    """Equal ones too, where the SDK writes them in another way."""
    op, _, answered = made("json 1.0")
    sender = sending(scripted([answered]).url)
    change = Alteration(extra={"Odd": "x"})
    bodies = [
        sender.send(op, params, change).request.body
        for params in ({"MaxResults": 1}, {"MaxResults": 1.0}, {"MaxResults": 2}, {})
    ]
    assert again == []
    assert len(set(bodies)) == 4


def test_each_request_has_a_token_of_its_own(
    scripted: Start, sending: Sending, again: list[Encoded]
) -> None:
    """Where the SDK would draw one; a given one is sent as it is."""
    op = operation("ec2", "CreateLaunchTemplate")
    params = {"LaunchTemplateName": "name", "LaunchTemplateData": {"ImageId": "i"}}
    sender = sending(scripted([XML]).url)
    change = Alteration(extra={"Odd": "x"})
    bodies = {sender.send(op, params, change).request.body for _ in "123"}
    assert len(bodies) == 3
    assert again == []
    given = {**params, "ClientToken": "token"}
    assert len({sender.send(op, given, change).request.body for _ in "12"}) == 1
    assert len(again) == 1


def test_a_request_is_kept_for_a_while(
    scripted: Start, sending: Sending, again: list[Encoded], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK may have written the time into it; sending it again does not make it newer."""
    clock = [100.0]
    monkeypatch.setattr(encoded.time, "monotonic", lambda: clock[0])
    op, params, answered = made("json 1.0")
    sender = sending(scripted([answered]).url)
    used = []
    for passed in (0.0, 40.0, 40.0, 40.0):
        clock[0] += passed
        sender.send(op, params, CHANGES["an unknown member"])
        used.append(len(again))
    assert used == [0, 1, 1, 2]


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("s3:PutObject", {"Bucket": "bucket", "Key": "k", "Body": b"abc"}),
        ("dynamodb:GetItem", {"TableName": "t" * encoded.MOST_BYTES, "Key": {"a": {"S": ""}}}),
    ],
)
def test_streams_and_large_bodies_are_not_kept(
    name: str, params: Any, scripted: Start, sending: Sending, again: list[Encoded]
) -> None:
    """They are encoded anew each time."""
    service, _, own = name.partition(":")
    sender = sending(scripted([JSON]).url)
    for _ in "123":
        sender.send(operation(service, own), params, CHANGES["an unknown member"])
    assert again == []


def test_no_more_than_a_number_of_requests_is_kept() -> None:
    """The last one is always among them."""
    kept = EncodedRequests()
    request = AWSRequest(method="GET", url="http://localhost/", data=b"x")
    found = set()
    for number in range(2 * encoded.MOST):
        kept.keep(number, request)
        assert kept.find(number) is not None
        found.add(sum(kept.find(one) is not None for one in range(number + 1)))
    assert max(found) == encoded.MOST
