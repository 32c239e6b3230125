"""What a stranger sends costs little: five seconds of processor time and 200 MB at most.

Each run is a process of its own, compared with the same run against a server that says next to
nothing. Processor time and memory are the operating system's figures.
"""

import gzip
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from conftest import ROOT, Attend, Scripted, answer, clean_environment

pytestmark = pytest.mark.slow("each case is a whole run in a process of its own")

#: The most that one run may cost beyond the control.
SECONDS, MEBIBYTES = 5.0, 200
#: Just within what is read of a body.
SIZE = 4 * 1024 * 1024 - 8192


class Cost(NamedTuple):
    """The processor seconds and the most MiB of a process, its exit status and its output."""

    seconds: float
    mebibytes: float
    status: int
    output: str


def run(folder: Path, *words: str) -> Cost:
    """Run a command of the suite in a process, and measure it with all that it starts."""
    command = [sys.executable, "-m", "conformance", *words]
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=clean_environment(), stdout=output, stderr=output
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    text = (folder / "output").read_text("utf-8", "replace")
    assert "Traceback" not in text
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / unit, process.returncode, text)


def assert_cheap(spent: Cost, control: Cost) -> None:
    """A run costs little more than another one."""
    assert spent.seconds - control.seconds < SECONDS, spent.output[-2000:]
    assert spent.mebibytes - control.mebibytes < MEBIBYTES, spent.output[-2000:]


# ---------------------------------------------------------------- what servers send

JSON, XML, CBOR = "application/json", "text/xml", "application/cbor"


def repeated(start: bytes, one: bytes, end: bytes, size: int = SIZE) -> bytes:
    """A body of that size: one piece again and again."""
    return start + one * ((size - len(start) - len(end)) // len(one)) + end


def said(body: bytes, kind: str = JSON, *headers: tuple[str, str], status: int = 200) -> bytes:
    """A whole answer."""
    cbor = (("smithy-protocol", "rpc-v2-cbor"),) if kind == CBOR else ()
    return answer(status, body, ("Content-Type", kind), ("x-amzn-RequestId", "1"), *cbor, *headers)


KEYS = "kms:ListKeys"
NUMBERS = "chime:ListPhoneNumbers"
#: Name → the operation, what an honest server answers, and the body of a hostile one.
BODIES: Mapping[str, tuple[str, Callable[[], bytes]]] = {
    "json-objects": (NUMBERS, lambda: said(repeated(b'{"PhoneNumbers":[{}', b",{}", b"]}"))),
    "json-unknown": (NUMBERS, lambda: said(repeated(b'{"Other":[{}', b",{}", b"]}"))),
    "json-members": (NUMBERS, lambda: said(repeated(b'{"":0', b',"":0', b"}"))),
    "json-texts": (KEYS, lambda: said(repeated(b'{"Keys":[""', b',""', b"]}"))),
    "json-one-text": (NUMBERS, lambda: said(repeated(b'{"NextToken":"', b'\\"', b'"}'))),
    "json-open-text": (NUMBERS, lambda: said(repeated(b'{"NextToken":"', b'"\\', b""))),
    "json-escapes": (NUMBERS, lambda: said(repeated(b'{"NextToken":"', b"\\ud83d", b'"}'))),
    "json-number": (NUMBERS, lambda: said(repeated(b'{"NextToken":', b"9", b"}"))),
    "json-deep": (NUMBERS, lambda: said(repeated(b"", b"[", b""))),
    "json-deep-members": (KEYS, lambda: said(repeated(b"", b'{"Keys":', b""))),
    "json-error": (KEYS, lambda: said(repeated(b"[{}", b",{}", b"]"), status=400)),
    "json-just-below": (
        "chime:GetPhoneNumber",
        lambda: said(repeated(b'{"PhoneNumber":[{}', b",{}", b"]}", 200_000)),
    ),
    "gzip-bomb": (
        NUMBERS,
        lambda: said(gzip.compress(bytes(400 * 1024 * 1024)), JSON, ("Content-Encoding", "gzip")),
    ),
    "headers": (
        NUMBERS,
        lambda: said(b"{}", JSON, *((f"X-{n}", "a" * 65_000) for n in range(92))),
    ),
    "header-within": (
        NUMBERS,
        lambda: said(b"{}", JSON, *((f"X-{n}", "a" * 1300) for n in range(90))),
    ),
    "xml-elements": (
        "s3:ListBuckets",
        lambda: said(
            repeated(
                b"<ListAllMyBucketsResult><Buckets>",
                b"<Bucket/>",
                b"</Buckets></ListAllMyBucketsResult>",
            ),
            XML,
        ),
    ),
    "xml-attributes": (
        "s3:ListBuckets",
        lambda: said(
            b"<ListAllMyBucketsResult"
            + b"".join(b" a%d = ''" % n for n in range(SIZE // 14))
            + b"></ListAllMyBucketsResult>",
            XML,
        ),
    ),
    "xml-deep": ("s3:ListBuckets", lambda: said(repeated(b"", b"<a>", b""), XML)),
    "xml-text": (
        "s3:ListBuckets",
        lambda: said(
            repeated(b"<ListAllMyBucketsResult>", b"&#10;", b"</ListAllMyBucketsResult>"), XML
        ),
    ),
    "xml-lines": (
        "s3:ListBuckets",
        lambda: said(
            repeated(b"<ListAllMyBucketsResult>", b"\n", b"</ListAllMyBucketsResult>"), XML
        ),
    ),
    "query-members": (
        "iam:ListUsers",
        lambda: said(
            repeated(
                b"<ListUsersResponse><ListUsersResult><Users>",
                b"<member/>",
                b"</Users></ListUsersResult></ListUsersResponse>",
            ),
            XML,
        ),
    ),
    "query-error": (
        "iam:ListUsers",
        lambda: said(
            repeated(b"<ErrorResponse>", b"<Error/>", b"</ErrorResponse>"), XML, status=400
        ),
    ),
    "ec2-items": (
        "ec2:DescribeRegions",
        lambda: said(
            repeated(
                b"<DescribeRegionsResponse><regionInfo>",
                b"<item/>",
                b"</regionInfo></DescribeRegionsResponse>",
            ),
            XML,
        ),
    ),
    "cbor-items": (
        "cloudwatch:ListMetrics",
        lambda: said(repeated(b"\xa1\x67Metrics\x9f", b"\xa0", b"\xff"), CBOR),
    ),
    "cbor-claims": (
        "cloudwatch:ListMetrics",
        lambda: said(b"\xa1\x67Metrics\x9b\x00\x00\x00\x00\x7f\xff\xff\xff", CBOR),
    ),
    "cbor-deep": ("cloudwatch:ListMetrics", lambda: said(repeated(b"", b"\x81", b""), CBOR)),
}


def words(operation: str) -> tuple[str, ...]:
    """The options of a run of one operation, with one worker and nothing drawn."""
    protocol = ("--protocol", "smithy-rpc-v2-cbor") if operation.startswith("cloudwatch") else ()
    return ("--operations", operation, "--max-examples", "0", *protocol)


@pytest.fixture
def costs(tmp_path: Path, scripted: Any) -> Callable[..., Cost]:
    """Judges an operation of a server, and says what that cost."""

    def spent(script: Attend | list[bytes], operation: str, *more: str) -> Cost:
        url = scripted(script).url
        return run(tmp_path, "certify", url, *words(operation), *more)

    return spent


_CONTROLS: dict[str, Cost] = {}


@pytest.fixture
def control(costs: Callable[..., Cost]) -> Callable[[str], Cost]:
    """What it costs to judge an operation of a server that says next to nothing."""

    def honest(operation: str) -> Cost:
        if operation not in _CONTROLS:
            _CONTROLS[operation] = costs([said(b"{}")], operation)
        return _CONTROLS[operation]

    return honest


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_response_is_cheap(name: str, costs: Any, control: Any) -> None:
    """However many values a response has and whatever they are, judging a server costs little."""
    operation, body = BODIES[name]
    assert_cheap(costs([body()], operation, "--report", "report"), control(operation))


TOO_MANY = {
    "json-objects": "too large to judge: 200 with more than 100,000 elements",
    "xml-elements": "too large to judge: 200 with more than 100,000 elements",
    "cbor-items": "too large to judge: 200 with more than 100,000 elements",
    "headers": "too large to judge: more than 128 KiB of headers",
}


@pytest.mark.parametrize("name", TOO_MANY)
def test_what_is_too_large_is_inconclusive(name: str, costs: Any, tmp_path: Path) -> None:
    """No clause is violated by a response that is too large to judge, and the reason is given."""
    operation, body = BODIES[name]
    assert costs([body()], operation, "--report", "report").status == 2
    report = json.loads((tmp_path / "report" / "report.json").read_text("utf-8"))
    assert {finding["verdict"] for finding in report["findings"]} == {"inconclusive"}
    assert any(TOO_MANY[name] in finding["observed"] for finding in report["findings"])


# ---------------------------------------------------------------- servers that take their time


def dripping(server: Scripted, connection: socket.socket, number: int) -> None:
    """A body in chunks of one byte, as fast as they can be read, without an end."""
    while server.read(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not server.closing.is_set():
            connection.sendall(b"1\r\n \r\n" * 5000)


def endless(server: Scripted, connection: socket.socket, number: int) -> None:
    """A body without an end."""
    while server.read(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while not server.closing.is_set():
            connection.sendall(b"[{}" + b",{}" * 20_000)


def interim(server: Scripted, connection: socket.socket, number: int) -> None:
    """Interim responses without an end."""
    while server.read(connection):
        while not server.closing.is_set():
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 2000)


def trickling(server: Scripted, connection: socket.socket, number: int) -> None:
    """One byte now and then."""
    while server.read(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not server.pause(0.05):
            connection.sendall(b" ")


PEERS: tuple[Attend, ...] = (dripping, endless, interim, trickling)


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.__name__)
def test_a_response_without_end_is_cheap(peer: Attend, costs: Any, control: Any) -> None:
    """A run ends, and soon, whatever a server does instead of ending its response."""
    spent = costs(peer, NUMBERS, "--request-timeout", "2")
    assert spent.status in {1, 2}
    assert_cheap(spent, control(NUMBERS))


def test_now_and_then_is_cheap_as_well(costs: Any, control: Any) -> None:
    """A server that is honest in between is not given up, and costs no more for that."""
    honest = said(b'{"PhoneNumbers":[]}')
    hostile = said(repeated(b'{"PhoneNumbers":[{}', b",{}", b"]}"))
    assert_cheap(costs([honest] * 4 + [honest, honest, hostile] * 200, NUMBERS), control(NUMBERS))


# ---------------------------------------------------------------- files


def cassette(body: str, **headers: str) -> str:
    """One interaction as vcrpy writes it in JSON, of a call that names its operation."""
    request = {
        "method": "GET",
        "uri": "https://service.chime.aws.amazon.com/phone-numbers",
        "headers": {"Authorization": [CREDENTIAL]},
        "body": None,
    }
    response = {
        "status": {"code": 200, "message": "OK"},
        "headers": {"Content-Type": [JSON], **{name: [value] for name, value in headers.items()}},
        "body": {"string": body},
    }
    return json.dumps({"version": 1, "interactions": [{"request": request, "response": response}]})


CREDENTIAL = (
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/chime/aws4_request, "
    "SignedHeaders=host, Signature=0"
)
FILES: Mapping[str, Callable[[], str]] = {
    "objects": lambda: cassette(repeated(b'{"PhoneNumbers":[{}', b",{}", b"]}").decode()),
    "below": lambda: cassette(repeated(b'{"PhoneNumbers":[{}', b",{}", b"]}", 250_000).decode()),
    "deep": lambda: cassette("[" * SIZE),
    "texts": lambda: cassette(repeated(b'{"PhoneNumbers":["arn:"', b',"arn:"', b"]}").decode()),
    "one-text": lambda: cassette(repeated(b'{"NextToken":"', b"arn:aws:", b'"}').decode()),
    "headers": lambda: cassette("{}", **{f"X-{n}": "a" * 65_000 for n in range(90)}),
}


@pytest.fixture(scope="module")
def at_rest(tmp_path_factory: Any) -> Cost:
    """What it costs to judge a recording that says next to nothing."""
    folder = tmp_path_factory.mktemp("rest")
    (folder / "one.json").write_text(cassette("{}"))
    return run(folder, "judge", "one.json")


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_recording_is_cheap(name: str, tmp_path: Path, at_rest: Cost) -> None:
    """Judging a recording costs as little, whatever it holds, and comes to an end."""
    (tmp_path / "one.json").write_text(FILES[name]())
    spent = run(tmp_path, "judge", "one.json", "--json")
    assert {finding["operation"] for finding in json.loads(spent.output)["findings"]} == {NUMBERS}
    assert_cheap(spent, at_rest)


class TestOwnCassettes:
    """Cassettes of the suite's own form that somebody has changed."""

    CASE = f"{NUMBERS}/request/Status/repeated/sent"

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """A copy of the recordings of one operation, the reference server's."""
        shutil.copytree(
            ROOT / "cassettes/reference/chime/ListPhoneNumbers",
            tmp_path / "cassettes/reference/chime/ListPhoneNumbers",
        )
        return tmp_path

    def change(self, folder: Path, body: str) -> None:
        """Give recorded responses another body: those of the baselines, and of some cases."""
        for path in (folder / "cassettes").rglob("*.json"):
            if path.name in {"standing.json", "listing.json"} or "repeated" in path.parts:
                whole = json.loads(path.read_text("utf-8"))
                for one in whole["interactions"]:
                    one["response"]["body"]["string"] = body
                path.write_text(json.dumps(whole), "utf-8")

    def replay(self, folder: Path) -> Cost:
        where = ("--target", "replay", "--cassettes", "cassettes", "--case", self.CASE)
        return run(folder, "certify", *where)

    @pytest.mark.parametrize("name", ["objects", "below", "texts"])
    def test_they_are_replayed_and_listed_at_little_cost(self, name: str, folder: Path) -> None:
        """A replay and a list of cassettes cost little more than those of the unchanged ones."""
        listing = ("cassettes", "--cassettes", "cassettes")
        before = self.replay(folder), run(folder, *listing)
        body = json.loads(FILES[name]())["interactions"][0]["response"]["body"]["string"]
        self.change(folder, body[: 300 * 1024])
        after = self.replay(folder), run(folder, *listing)
        assert before[0].status == before[1].status == 0
        assert_cheap(after[0], before[0])
        assert_cheap(after[1], before[1])


@pytest.mark.parametrize("piece", [b"arn:aws:iam::123456789012:role/x ", b"%41", b'\\"', b"1"])
def test_a_hostile_server_is_recorded_at_little_cost(
    piece: bytes, costs: Any, tmp_path: Path
) -> None:
    """Redaction takes time that grows with a response, and long ones are not recorded at all."""
    few = ("-k", "implemented", "--record", "all", "--cassettes", "cassettes")
    operation = "chime:GetPhoneNumber"
    control = costs([said(b'{"PhoneNumber":{"CallingName":"a"}}')], operation, *few)
    for size in (200 * 1024, SIZE):
        body = said(repeated(b'{"PhoneNumber":{"CallingName":"', piece, b'"}}', size))
        assert_cheap(costs([body], operation, *few), control)
    stored = [path.stat().st_size for path in (tmp_path / "cassettes").rglob("*.json")]
    assert max(stored) < 2 * 1024 * 1024
