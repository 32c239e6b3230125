"""Recordings of other tools: what holds whole exchanges is read, else its lack is said."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from recorded_samples import ANSWER, ENTRY, PACKED, SQS, Data, cassette, har, merged

from conformance.cli.main import main
from conformance.protocols.http import Response
from conformance.recording.external.files import RecordingError, read
from conformance.recording.external.recognition import Kind
from conformance.recording.external.recordings import account
from conformance.spec import reading

URL = "https://sqs.us-east-1.amazonaws.com/"
NOCK = {
    "scope": "https://sqs.us-east-1.amazonaws.com:443",
    "method": "POST",
    "path": "/",
    "body": {"MaxResults": 10},
    "status": 200,
    "response": ANSWER.decode(),
    "rawHeaders": ["Content-Type", "application/x-amz-json-1.0", "x-amzn-RequestId", "1"],
    "reqheaders": {"x-amz-target": "AmazonSQS.ListQueues"},
}
GO = {
    "id": 0,
    "request": {
        "body": '{"MaxResults": 10}',
        "form": {},
        "headers": {"X-Amz-Target": ["AmazonSQS.ListQueues"]},
        "url": URL,
        "method": "POST",
    },
    "response": {
        "body": ANSWER.decode(),
        "headers": {"Content-Type": ["application/x-amz-json-1.0"]},
        "status": "200 OK",
        "code": 200,
        "duration": "",
    },
}
FLOW: dict[str, Any] = {
    "version": 21,
    "type": "http",
    "request": {
        "method": b"POST",
        "scheme": b"https",
        "authority": b"",
        "host": "10.0.0.1",
        "port": 443,
        "path": b"/",
        "headers": [
            [b"Host", b"sqs.us-east-1.amazonaws.com"],
            [b"X-Amz-Target", b"AmazonSQS.ListQueues"],
        ],
        "content": b'{"MaxResults": 10}',
        "timestamp_start": 1.5,
    },
    "response": {
        "status_code": 200,
        "reason": b"OK",
        "headers": [
            [b"Content-Type", b"application/x-amz-json-1.0"],
            [b"Content-Encoding", b"gzip"],
        ],
        "content": PACKED,
    },
    "intercepted": False,
    "error": None,
}


def netstring(value: Any) -> bytes:
    """A value as mitmproxy writes it."""
    if isinstance(value, dict):
        inside = b"".join(netstring(name) + netstring(one) for name, one in value.items())
        return b"%d:%s}" % (len(inside), inside)
    if isinstance(value, list):
        inside = b"".join(map(netstring, value))
        return b"%d:%s]" % (len(inside), inside)
    kinds: dict[type, tuple[bytes, Any]] = {
        bytes: (b",", value),
        str: (b";", str(value).encode()),
        bool: (b"!", str(value).lower().encode()),
        int: (b"#", str(value).encode()),
        float: (b"^", str(value).encode()),
        type(None): (b"~", b""),
    }
    letter, raw = kinds[type(value)]
    return b"%d:%s%s" % (len(raw), raw, letter)


def polly(text: str, **content: Any) -> bytes:
    """A HAR of Polly with one response."""
    coded = {"size": len(text), "mimeType": "application/x-amz-json-1.0", "text": text, **content}
    headers = [*ENTRY["response"]["headers"], {"name": "content-encoding", "value": "gzip"}]
    entry = merged(ENTRY, response_content=coded, response_headers=headers)
    entry["request"]["postData"]["text"] = '{"MaxResults": 10}'
    return har(entry).encode()


def given(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


HALVES = (PACKED[:9], PACKED[9:])
WHOLE = {
    **{f"go-vcr {n}": json.dumps({"version": n, "interactions": [GO]}) for n in (1, 2, 3)},
    "nock": json.dumps([NOCK]),
    "nock, parsed": json.dumps([{**NOCK, "response": json.loads(ANSWER)}]),
    "nock, digits": json.dumps([{**NOCK, "response": ANSWER.hex(), "responseIsBinary": True}]),
    "nock, compressed": json.dumps(
        [
            {
                **NOCK,
                "response": [one.hex() for one in HALVES],
                "rawHeaders": [*NOCK["rawHeaders"], "Content-Encoding", "gzip"],
            }
        ]
    ),
    "mitmproxy": netstring(FLOW),
    "mitmproxy, port": netstring(
        {**FLOW, "request": {**FLOW["request"], "port": 8443}},
    ),
    "polly": polly(PACKED.hex(), encoding="hex"),
    "polly, chunks": polly(
        json.dumps([base64.b64encode(one).decode() for one in HALVES]),
        encoding="base64",
    ),
    "polly, before 6": polly(json.dumps([one.hex() for one in HALVES]), _isBinary=True),
    "gzip": gzip.compress(json.dumps({"version": 1, "interactions": [SQS]}).encode()),
    "gzip of flows": gzip.compress(netstring(FLOW)),
}


@pytest.mark.parametrize("name", WHOLE)
def test_what_holds_whole_exchanges_is_read(name: str, tmp_path: Path) -> None:
    """Request and response are the same bytes in every format, and are judged."""
    content = WHOLE[name]
    raw = content.encode() if isinstance(content, str) else content
    recording = read(given(tmp_path / "given", raw))
    (one,) = recording.interactions
    assert isinstance(one.outcome, Response)
    assert (one.outcome.status, json.loads(one.outcome.body)) == (200, json.loads(ANSWER))
    assert json.loads(one.request.body) == {"MaxResults": 10}
    found = account(recording, "given")
    assert [judged.operation.id for judged in found.judged] == ["sqs:ListQueues"]
    assert not [f for judged in found.judged for f in judged.findings if f.verdict == "fail"]


def test_the_bytes_are_kept(tmp_path: Path) -> None:
    """A body is what was sent, but where the recorder had parsed it."""
    for name in ("go-vcr 2", "nock", "nock, compressed", "mitmproxy", "polly, chunks", "gzip"):
        content = WHOLE[name]
        raw = content.encode() if isinstance(content, str) else content
        (one,) = read(given(tmp_path / "given", raw)).interactions
        assert isinstance(one.outcome, Response)
        assert one.outcome.body == ANSWER, name
        assert not one.omissions.parsed
    (one,) = read(given(tmp_path / "given", str(WHOLE["nock, parsed"]).encode())).interactions
    assert one.omissions.parsed


def test_an_address_has_the_host_that_the_client_named(tmp_path: Path) -> None:
    """mitmproxy notes where it connected to; the request says to whom it spoke."""
    for name, url in (("mitmproxy", URL), ("mitmproxy, port", f"{URL[:-1]}:8443/")):
        raw = WHOLE[name]
        assert isinstance(raw, bytes)
        (one,) = read(given(tmp_path / "given", raw)).interactions
        assert one.request.url == url


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b'{"status_code": 200, "data": {"QueueUrls": []}}', "is a response of placebo: it has"),
        (b'{"body": "{}", "operation": "x", "status": 200}', "a response without its request"),
        (b"\x00\x01\x02flow", "holds no recording that is known"),
        (b"5:hello,", "no HTTP flow is in it"),
        (b"5:hello,5:hel", "a value of it is cut short"),
        (b"5: hello", "holds no recording that is known"),
        (netstring(FLOW)[:-9], "a value of it is cut short"),
        (b"5:2:ab@]", "a value of it has no known type"),
        (b"[]", "holds no recording that is known"),
        (gzip.compress(b"{}", mtime=0)[:-4], "its gzip is cut short"),
        (b"\x1f\x8b\x08\x00", "its gzip is cut short"),
        (b"\x1f\x8b" + bytes(30), "its gzip is broken"),
        (gzip.compress(b"a", mtime=0) + gzip.compress(b"b", mtime=0), "its gzip has several parts"),
        (json.dumps({"version": 4, "interactions": [GO]}).encode(), "format 4"),
        (json.dumps({"version": 2, "interactions": [SQS]}).encode(), "vcrpy's format 2"),
    ],
)
def test_what_others_lack_is_one_sentence(
    raw: bytes, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that cannot be judged is named, with what it lacks; the status is 2."""
    path = given(tmp_path / "given", raw)
    assert main(["judge", str(path)]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"aws-conformance: {path} ")
    assert says in err
    assert err.count("\n") == 1


def test_hostile_files_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What unpacks or nests beyond the bounds is refused before it takes memory."""
    small = reading.Limits(size=10_000, depth=20, values=1_000)
    monkeypatch.setattr(reading, "RECORDED", small)
    deep = b"0:~"
    for _ in range(40):
        deep = b"%d:%s]" % (len(deep), deep)
    for raw, says in (
        (gzip.compress(bytes(1_000_000)), "longer than"),
        (deep, "nested too deeply"),
        (b"0:~" * 2_000, "more than 1,000 values"),
    ):
        with pytest.raises(RecordingError, match=says):
            read(given(tmp_path / "given", raw))


def test_a_torn_flow_takes_no_other_with_it(tmp_path: Path) -> None:
    """A flow without an answer is counted, and the others are read."""
    raw = netstring({**FLOW, "response": None}) + netstring(FLOW)
    recording = read(given(tmp_path / "given", raw))
    assert recording.unread == {1: "it was never answered"}
    assert len(recording.interactions) == 1


def test_without_request_headers_the_reason_is_said(tmp_path: Path) -> None:
    """nock leaves the request's headers out by default: what names the operation is not there."""
    raw = json.dumps([{**NOCK, "reqheaders": {}}]).encode()
    ((_, found),) = account(read(given(tmp_path / "given", raw)), "given").recognised
    assert found.kind is Kind.UNKNOWN
    assert "none of the request's headers, which name it" in found.reason


class TestMocks:
    """Requests to a mock hold nothing of AWS: ``--operations`` says of which service they are."""

    def recognised(self, url: str, only: str, tmp_path: Path) -> tuple[Kind, str]:
        bare: Data = merged(SQS, request_uri=url, request_method="GET", request_headers={})
        bare["request"]["body"] = ""
        found = account(read(cassette(tmp_path / "c.json", bare)), "c", (only,))
        ((_, one),) = found.recognised
        return one.kind, one.operation.id if one.operation else ""

    @pytest.mark.parametrize(
        ("url", "only", "name"),
        [
            ("http://localhost:4566/2015-03-31/functions", "lambda:*", "lambda:ListFunctions"),
            ("https://mock.example.com/2015-03-31/functions", "lambda:*", "lambda:ListFunctions"),
            ("http://localhost:4566/bucket/key", "s3:*", "s3:GetObject"),
            ("http://minio:9000/bucket/key", "s3:GetObject", "s3:GetObject"),
            ("http://192.168.1.5/bucket/key", "s3:*", "s3:GetObject"),
        ],
    )
    def test_the_chosen_service_is_meant(
        self, url: str, only: str, name: str, tmp_path: Path
    ) -> None:
        """On this machine by any path, elsewhere by one that has a word of the service."""
        assert self.recognised(url, only, tmp_path) == (Kind.RECOGNISED, name)

    @pytest.mark.parametrize(
        ("url", "only"),
        [
            ("https://cdn.example.com/bucket/app.js", "s3:*"),
            ("https://example.com/", "s3:*"),
            ("http://localhost:4566/bucket/key", "lambda:*"),
            ("http://localhost:4566/bucket/key", "*:*"),
        ],
    )
    def test_others_stay_foreign(self, url: str, only: str, tmp_path: Path) -> None:
        """A request to somebody else's server is no operation of a chosen service."""
        assert self.recognised(url, only, tmp_path) == (Kind.FOREIGN, "")
