"""Smithy RPC v2 CBOR on the wire, and what it refuses to read."""

import datetime
import json
from typing import Any

import cbor2
import pytest
import wire_models as wire

from conformance.protocols.base import QUERY_ERROR, Untagged
from conformance.protocols.http import Request, Response
from conformance.protocols.rpc_v2_cbor import PROTOCOL as CBOR
from conformance.spec.sdk_models.loader import operation

NAME = "smithy-rpc-v2-cbor"
METRICS = operation("cloudwatch", "ListMetrics", NAME)
DATA = operation("cloudwatch", "GetMetricData", NAME)
WHEN = datetime.datetime(2024, 5, 1, tzinfo=datetime.UTC)
DELETE = operation("cloudwatch", "DeleteAlarms", NAME)
IMAGE = operation("textract", "DetectDocumentText", NAME)


def answer(body: bytes, status: int = 200, *headers: tuple[str, str]) -> Response:
    return Response(status=status, headers=headers, body=body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xa1",
        b"{}",
        b"<a/>",
        cbor2.dumps({}) + b"\x00",
        cbor2.dumps({5: 1}),
        cbor2.dumps({"a": cbor2.CBORTag(5000, 1)}),
        bytes.fromhex("a16161d81c81d81d00"),  # a list that holds itself
        bytes.fromhex("a16161d823616b"),  # a regular expression
        b"\x81" * 300 + b"\x00",
        b"\x81" * 100_000,
        b"\x9b" + b"\xff" * 8,
        b"\x5b\x7f" + b"\xff" * 7,
        bytes.fromhex("a16161c1fb7ff0000000000000"),  # the time of infinity
        cbor2.dumps({"a": [b"\xc0", 1.5, "x" * 300, cbor2.CBORTag(0, "2024-05-01T00:00:00Z")]}),
    ],
)
def test_what_is_unreadable(body: bytes) -> None:
    """One item, alone, of what the protocol knows: anything else is unreadable."""
    with pytest.raises(ValueError, match=r"."):
        CBOR.output(METRICS, answer(body))
    assert (
        body == b""
        or CBOR.members(METRICS, Request(method="POST", url="http://h/", headers=(), body=body))
        is None
    )


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({"NextToken": 5}, {"NextToken": 5}),
        ({"Metrics": {"a": [None]}}, {"Metrics": {"a": [None]}}),
        ({"Odd": b"x"}, {"Odd": {"bytes": "eA=="}}),
        ({"NextToken": b"x"}, {"NextToken": {"bytes": "eA=="}}),
        ({"Metrics": [b"x"]}, {"Metrics": ["eA=="]}),
        ({"Metrics": [{"Odd": [b""]}]}, {"Metrics": [{"Odd": [{"bytes": ""}]}]}),
        ({"NextToken": WHEN}, {"NextToken": {"timestamp": WHEN.timestamp()}}),
        ({"Odd": WHEN}, {"Odd": WHEN.timestamp()}),
        ({"NextToken": cbor2.undefined}, {"NextToken": None}),
        ([], []),
        (None, None),
    ],
)
def test_nothing_is_mended(value: Any, read: Any) -> None:
    """Types, nulls and unknown members stay what they are, in a form that JSON can hold."""
    found = CBOR.output(METRICS, answer(cbor2.dumps(value, datetime_as_timestamp=True)))
    assert found == json.loads(json.dumps(found)) == read


def test_an_indefinite_map() -> None:
    """Maps, lists and texts may be of indefinite length."""
    body = bytes.fromhex("bf694e657874546f6b656e7f61616162ffff")
    assert CBOR.output(METRICS, answer(body)) == {"NextToken": "ab"}


def test_timestamps() -> None:
    """A tagged number is a time, on its way there and back."""
    when = WHEN
    body = cbor2.dumps({"MetricDataResults": [{"Timestamps": [when]}]}, datetime_as_timestamp=True)
    read = CBOR.output(DATA, answer(body))
    assert read == {"MetricDataResults": [{"Timestamps": [when.timestamp()]}]}
    assert type(read["MetricDataResults"][0]["Timestamps"][0]) is float
    body = cbor2.dumps({"MetricDataResults": [{"Timestamps": [5, "5"]}]})
    (bare, text) = CBOR.output(DATA, answer(body))["MetricDataResults"][0]["Timestamps"]
    assert (type(bare), bare, text) == (Untagged, 5.0, "5")
    honest = wire.encoded(DATA, {"StartTime": when, "EndTime": when})
    sent = wire.altered(DATA, honest, members={"StartTime": 5, "MaxDatapoints": "x"})
    assert cbor2.loads(sent.body) == {
        "StartTime": datetime.datetime.fromtimestamp(5, datetime.UTC),
        "EndTime": when,
        "MaxDatapoints": "x",
    }


@pytest.mark.parametrize(
    "value", [b"\xc0", {"a": b"\xc0" * 30}, [192, 0xC0C0, 1e300], "\u00c0" * 70, {"k": WHEN}]
)
def test_what_looks_like_a_date_as_text(value: Any) -> None:
    """Only an item of tag 0 is one, not whatever holds its byte."""
    body = b"\xbf" + cbor2.dumps("Odd") + cbor2.dumps(value, datetime_as_timestamp=True) + b"\xff"
    assert "Odd" in CBOR.output(METRICS, answer(body))


def test_blobs() -> None:
    """Bytes are bytes on the wire, and characters to whoever counts them."""
    honest = wire.encoded(IMAGE, {"Document": {"Bytes": b"\xff\x00"}})
    assert CBOR.members(IMAGE, honest) == {"Document": {"Bytes": "\xff\x00"}}
    sent = wire.altered(IMAGE, honest, members={"Document": {"Bytes": "é", "Odd": None}})
    assert cbor2.loads(sent.body) == {"Document": {"Bytes": "é".encode(), "Odd": None}}


def test_the_rest_of_an_alteration() -> None:
    """Unknown members, another body, and an operation that cannot exist."""
    honest = wire.encoded(METRICS, {"MetricName": "m"})
    sent = wire.altered(METRICS, honest, extra={"Odd": [1, None]}, method="PATCH")
    assert cbor2.loads(sent.body) == {"MetricName": "m", "Odd": [1, None]}
    assert sent.method == "PATCH"
    absent = wire.altered(METRICS, honest, absent=True)
    service = "/service/GraniteServiceVersion20100801/operation/"
    assert honest.path == service + "ListMetrics"
    assert absent.path == service + "AwsConformanceNoSuchOperation"
    assert wire.altered(METRICS, honest, body=b"\x80", content_type="text/plain").body == b"\x80"


def test_nothing_where_nothing_is_due() -> None:
    """An operation without output may answer with an empty body, or an empty map."""
    for body in (b"", b"\xa0"):
        assert CBOR.output(DELETE, answer(body)) == {}


@pytest.mark.parametrize(
    ("body", "headers", "readable", "type_"),
    [
        (cbor2.dumps({"__type": "com.amazonaws.cloudwatch#Bad"}), (), True, "Bad"),
        (cbor2.dumps({"__type": "Bad:"}), ((QUERY_ERROR, "Old;Sender"),), True, "Bad"),
        (cbor2.dumps({}), ((QUERY_ERROR, "Old;Sender"),), True, "Old"),
        (b"", (("x-amzn-ErrorType", "Bad"),), True, "Bad"),
        (b"", (), True, None),
        (cbor2.dumps([]), (), False, None),
        (b'{"__type": "Bad"}', (), False, None),
        (b"<ErrorResponse/>", (), False, None),
    ],
)
def test_errors(body: bytes, headers: Any, readable: bool, type_: str | None) -> None:
    """An error names its type in its map; another protocol's form is unreadable."""
    found = CBOR.error(answer(body, 400, *headers))
    assert (found.readable, found.type) == (readable, type_)
    assert CBOR.error(answer(body, 401, *headers)).readable


def test_the_media_type() -> None:
    """CBOR has one name."""
    for name, fits in (("application/cbor", True), ("application/json", False), ("", False)):
        said = answer(b"\xa0", 200, ("Content-Type", name))
        assert CBOR.is_media_type(METRICS, said) is fits
