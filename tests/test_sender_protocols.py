"""Real clients of each protocol through the one sender, to a server that only answers."""

import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import cbor2
import pytest

from conformance.errors import UsageError
from conformance.protocols.base import Alteration, Signing
from conformance.protocols.http import Request
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation
from conformance.spec.sdk_models.loader import operation
from conformance.transport import sender as sender_module
from conformance.transport.sdk_clients import Manner
from conformance.transport.sdk_limits import is_serializable
from conformance.transport.sender import Sender

Start = Callable[..., Any]
Sending = Callable[..., Sender]

XML = ("Content-Type", "text/xml")
JSON = ("Content-Type", "application/x-amz-json-1.0")
CBOR = ("Content-Type", "application/cbor")


def answer(body: bytes, *headers: tuple[str, str], status: int = 200) -> bytes:
    lines = [f"HTTP/1.1 {status} Scripted", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


#: Operation, its protocol, a call, what is answered, and what of it the SDK has to find.
CALLS: tuple[tuple[str, str, dict[str, Any], bytes, dict[str, Any]], ...] = (
    (
        "sqs:ListQueues",
        "json",
        {"MaxResults": 5},
        answer(b'{"QueueUrls": ["u"]}', JSON),
        {"QueueUrls": ["u"]},
    ),
    (
        "lambda:ListFunctions",
        "rest-json",
        {"MaxItems": 5},
        answer(b'{"Functions": [], "NextMarker": "m"}', JSON),
        {"NextMarker": "m"},
    ),
    (
        "iam:ListUsers",
        "query",
        {"MaxItems": 5},
        answer(b"<R><ListUsersResult><Marker>m</Marker></ListUsersResult></R>", XML),
        {"Marker": "m"},
    ),
    (
        "ec2:DescribeVpcs",
        "ec2",
        {"VpcIds": ["v"]},
        answer(b"<R><nextToken>t</nextToken></R>", XML),
        {"NextToken": "t"},
    ),
    (
        "s3:ListObjectsV2",
        "rest-xml",
        {"Bucket": "bucket", "MaxKeys": 5},
        answer(b"<R><KeyCount>0</KeyCount></R>", XML),
        {"KeyCount": 0},
    ),
    (
        "s3:GetObject",
        "rest-xml",
        {"Bucket": "bucket", "Key": "a/b"},
        answer(b"abc", ("Content-Type", "text/plain")),
        {"ContentLength": 3},
    ),
    *(
        ("cloudwatch:ListMetrics", protocol, {"MetricName": "m"}, answered, {"NextToken": "t"})
        for protocol, answered in (
            ("smithy-rpc-v2-cbor", answer(cbor2.dumps({"NextToken": "t"}), CBOR)),
            ("json", answer(b'{"NextToken": "t"}', JSON)),
            (
                "query",
                answer(
                    b"<R><ListMetricsResult><NextToken>t</NextToken></ListMetricsResult></R>", XML
                ),
            ),
        )
    ),
)


def made(name: str, protocol: str) -> Operation:
    service, _, own = name.partition(":")
    return operation(service, own, protocol)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr(sender_module, "time", SimpleNamespace(sleep=pauses.append))
    return pauses


@pytest.mark.parametrize(("name", "protocol", "params", "raw", "found"), CALLS)
def test_a_call_in_each_protocol(
    scripted: Start, sending: Sending, name: str, protocol: str, params: Any, raw: bytes, found: Any
) -> None:
    """The SDK and this package read the same of an answer, and the request says the call."""
    op = made(name, protocol)
    exchange = sending(scripted([raw]).url).send(op, params)
    assert exchange.sdk_error is None
    assert exchange.response is not None and exchange.parsed is not None
    read = PROTOCOLS[protocol].output(op, exchange.response)
    assert {key: read[key] for key in found} == found
    assert {key: exchange.parsed[key] for key in found} == found
    said = PROTOCOLS[protocol].members(op, exchange.request)
    assert said is not None and {key: said[key] for key in params} == params
    assert pickle.loads(pickle.dumps(exchange)).parsed.keys() == exchange.parsed.keys()


@pytest.mark.parametrize(("name", "protocol", "params", "raw", "found"), CALLS)
@pytest.mark.parametrize("spoilt", Signing)
def test_each_signature_can_be_spoilt(
    scripted: Start,
    sending: Sending,
    name: str,
    protocol: str,
    params: Any,
    raw: bytes,
    found: Any,
    spoilt: Signing,
) -> None:
    """Whatever the protocol and however the service signs."""
    del found
    change = Alteration(signing=spoilt)
    exchange = sending(scripted([raw]).url).send(made(name, protocol), params, change)
    signed = [key for key, _ in exchange.request.headers if key.lower() == "authorization"]
    assert len(signed) == (spoilt is not Signing.MISSING)


@pytest.mark.parametrize("spoilt", Signing)
@pytest.mark.parametrize("name", ["sts:AssumeRoleWithWebIdentity", "cognito-identity:GetId"])
def test_a_call_without_a_signature(
    scripted: Start, sending: Sending, name: str, spoilt: Signing
) -> None:
    """What needs no signature is sent all the same, with one that does not fit or without."""
    service, _, own = name.partition(":")
    op = operation(service, own)
    params = dict.fromkeys(op.required, "x" * 20)
    server = scripted([answer(b"{}", JSON)])
    assert sending(server.url).send(op, params, Alteration(signing=spoilt)).status == 200


UNSAYABLE: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("sqs:ListQueues", "json", {"MaxResults": "five", "QueueNamePrefix": [1]}),
    ("dynamodb:PutItem", "json", {"TableName": "t", "Item": {"a": {"S": 5, "Odd": None}}}),
    ("lambda:GetFunction", "rest-json", {"FunctionName": "a/b", "Qualifier": ""}),
    ("iam:ListUsers", "query", {"MaxItems": "five"}),
    ("ec2:DescribeVpcs", "ec2", {"MaxResults": "five"}),
    (
        "route53:CreateHostedZone",
        "rest-xml",
        {"Name": "n", "CallerReference": "c", "HostedZoneConfig": {"PrivateZone": "yes"}},
    ),
    ("s3:ListObjectsV2", "rest-xml", {"Bucket": "No Bucket!", "MaxKeys": "five"}),
    ("cloudwatch:ListMetrics", "smithy-rpc-v2-cbor", {"MetricName": 5, "Dimensions": [{"X": 1}]}),
    ("cloudwatch:GetMetricData", "smithy-rpc-v2-cbor", {"StartTime": "no time"}),
)


@pytest.mark.parametrize(("name", "protocol", "params"), UNSAYABLE)
def test_what_the_sdk_would_not_say(
    scripted: Start, sending: Sending, name: str, protocol: str, params: Any
) -> None:
    """It is on the wire all the same, and read back as it was meant."""
    op = made(name, protocol)
    exchange = sending(scripted([answer(b"{}", JSON)]).url).send(op, params)
    read: Any = PROTOCOLS[protocol].members(op, exchange.request)
    said = PROTOCOLS[protocol]
    assert read is not None, said
    known = {key: value for key, value in params.items() if key != "Item" and key != "Dimensions"}
    assert {key: read[key] for key in known} == known
    if "Item" in params:
        assert json.loads(exchange.request.body)["Item"] == params["Item"]
    if "Dimensions" in params:
        assert cbor2.loads(exchange.request.body)["Dimensions"] == params["Dimensions"]


@pytest.mark.parametrize(("name", "protocol", "params", "raw", "found"), CALLS)
def test_an_operation_that_cannot_exist(
    scripted: Start, sending: Sending, name: str, protocol: str, params: Any, raw: bytes, found: Any
) -> None:
    """It is asked for in the protocol's own way, and signed."""
    del found
    server = scripted([raw])
    exchange = sending(server.url).send(made(name, protocol), params, Alteration(absent=True))
    sent: Request = exchange.request
    text = f"{sent.target} {dict(sent.headers)} {sent.body!r}".lower().replace("-", "")
    assert "nosuchoperation" in text
    assert "authorization" in text


@pytest.mark.parametrize(
    ("name", "protocol", "raw"),
    [
        (
            "sqs:ListQueues",
            "json",
            answer(b'{"__type": "a#ThrottlingException"}', JSON, status=400),
        ),
        (
            "ec2:DescribeVpcs",
            "ec2",
            answer(
                b"<Response><Errors><Error><Code>RequestLimitExceeded</Code></Error></Errors>"
                b"</Response>",
                XML,
                status=503,
            ),
        ),
        (
            "s3:ListBuckets",
            "rest-xml",
            answer(b"<Error><Code>SlowDown</Code></Error>", XML, status=503),
        ),
        (
            "cloudwatch:ListMetrics",
            "smithy-rpc-v2-cbor",
            answer(cbor2.dumps({"__type": "x#Throttling"}), CBOR, status=400),
        ),
    ],
)
def test_throttling_is_told_in_bodies(
    scripted: Start, sending: Sending, slept: list[float], name: str, protocol: str, raw: bytes
) -> None:
    """Who asks to slow down is waited for, however it is asked."""
    server = scripted([raw, answer(b"", status=204)])
    assert sending(server.url).send(made(name, protocol), {}).status == 204
    assert len(slept) == 1


def test_a_changed_body_has_its_own_checksums(scripted: Start, sending: Sending) -> None:
    """A checksum that the SDK sends along is that of what is sent."""
    op = operation("s3", "DeleteObjects")
    sender = sending(scripted([answer(b"<R/>", XML)]).url)
    params = {"Bucket": "bucket", "Delete": {"Objects": [{"Key": "a"}]}}
    sums = []
    for change in (Alteration(), Alteration(extra={"Odd": "x"})):
        headers = dict(sender.send(op, params, change).request.headers)
        sums.append({k: v for k, v in headers.items() if k.lower().startswith("x-amz-checksum")})
    assert sums[0].keys() == sums[1].keys()
    assert len(sums[0]) == 1
    assert sums[0] != sums[1]


def test_a_protocol_that_the_service_does_not_speak(sending: Sending) -> None:
    """It is said in one sentence."""
    sender = sending("http://127.0.0.1:9")
    with pytest.raises(UsageError, match="cannot call sqs: it does not speak ec2"):
        sender._client("sqs", Manner.DEFAULT, "ec2")


@pytest.mark.parametrize(
    ("value", "schema", "sayable"),
    [
        (b"x", {"type": "string", "contentEncoding": "base64"}, True),
        (b"x", {"type": "string"}, False),
        (5, {"type": "number", "format": "epoch-seconds"}, True),
        (-1, {"type": "number", "format": "epoch-seconds"}, False),
        ("2024-05-01T10:00:00Z", {"type": "string", "format": "date-time"}, True),
        ("yesterday", {"type": "string", "format": "date-time"}, False),
        (datetime(2024, 5, 1, tzinfo=UTC), {"type": "number", "format": "epoch-seconds"}, True),
        (datetime(2024, 5, 1, tzinfo=UTC), {"type": "string", "format": "date-time"}, True),
        (datetime(2024, 5, 1, tzinfo=UTC), {"type": "string"}, False),
        (2**63, {"type": "integer"}, False),
        ({"A": 1}, {"type": "object", "properties": {"A": {"type": "integer"}}}, True),
        ({"A": "1"}, {"type": "object", "properties": {"A": {"type": "integer"}}}, False),
        ({"B": 1}, {"type": "object", "properties": {"A": {"type": "integer"}}}, False),
        ({"B": 1}, {"type": "object"}, True),
        ({"k": "1"}, {"type": "object", "additionalProperties": {"type": "integer"}}, False),
        ([{"any": None}], {}, True),
    ],
)
def test_what_is_serializable(value: Any, schema: Any, sayable: bool) -> None:
    """The SDK says a value where it writes that very value, nested ones included."""
    assert is_serializable(value, schema) is sayable
