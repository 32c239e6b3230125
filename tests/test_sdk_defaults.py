"""What today's SDK adds to requests by default is sent, read back, recorded, and judged."""

import base64
import gzip
import json
import socket
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from test_reproduce import by_python

from conformance.checks.findings import Verdict
from conformance.execution.availability import Status
from conformance.execution.engine import Engine
from conformance.execution.session import TargetSession
from conformance.generation.cases import cases
from conformance.generation.clauses import clauses
from conformance.generation.plans import Case
from conformance.protocols import content_codings
from conformance.protocols.base import Additions, Alteration
from conformance.protocols.http import Exchange, Request, Response, header
from conformance.protocols.table import PROTOCOLS
from conformance.recording import cassette
from conformance.recording.cassette import Library
from conformance.recording.player import Player
from conformance.recording.provenance import Provenance
from conformance.recording.pseudonyms import Pseudonyms
from conformance.recording.recorder import Recorder
from conformance.recording.redaction import Redactor
from conformance.recording.store import CassetteStore
from conformance.report import reproduce
from conformance.spec.levels import Level
from conformance.spec.operation import Operation
from conformance.spec.registry import registry
from conformance.spec.sdk_models.loader import names, operation
from conformance.transport.endpoint_config import Endpoint
from conformance.transport.sender import Sender
from conftest import answer

Start = Callable[..., Any]
Sending = Callable[..., Sender]

PUT = operation("s3", "PutObject")
DELETE = operation("s3", "DeleteObjects")
METRICS = operation("cloudwatch", "PutMetricData", "json")
OBJECT = {"Bucket": "bucket", "Key": "key", "Body": b"a body"}
OBJECTS = {"Bucket": "bucket", "Delete": {"Objects": [{"Key": "key"}]}}
DATUM = {"MetricName": "metric", "Value": 1.0}
FEW = {"Namespace": "namespace", "MetricData": [DATUM]}
MANY = {"Namespace": "namespace", "MetricData": [DATUM] * 400}
CRC32 = base64.b64encode(zlib.crc32(b"a body").to_bytes(4, "big")).decode()
NONE = Alteration(sdk=Additions.NONE)
COMPRESSED = Alteration(sdk=Additions.COMPRESSED)


class Kept(Sender):
    """A sender whose requests are answered here instead of sent."""

    def carry(self, request: Request) -> Response:
        return Response(status=200, headers=(), body=b"{}")


def added(request: Request) -> set[str]:
    """The headers of a request that the SDK adds beside its members."""
    names = {name.lower() for name, _ in request.headers}
    return {
        name
        for name in names
        if name.startswith(("x-amz-checksum-", "x-amz-sdk-checksum"))
        or name in {"content-encoding", "content-md5", "expect", "x-amz-trailer"}
    }


DEFAULTS = {"x-amz-checksum-crc32", "x-amz-sdk-checksum-algorithm"}


# ------------------------------------------------------------ what is sent


@pytest.mark.parametrize(
    ("op", "params", "alteration", "headers"),
    [
        (PUT, OBJECT, Alteration(), {*DEFAULTS, "expect"}),
        (PUT, OBJECT, Alteration(sdk=Additions.DEFAULT), {*DEFAULTS, "expect"}),
        (PUT, OBJECT, NONE, set()),
        (PUT, {**OBJECT, "ChecksumCRC32": CRC32}, NONE, {"x-amz-checksum-crc32"}),
        (
            PUT,
            {**OBJECT, "ChecksumAlgorithm": "SHA256"},
            NONE,
            {"x-amz-checksum-sha256", "x-amz-sdk-checksum-algorithm"},
        ),
        (PUT, OBJECT, Alteration(method="PATCH"), {"expect"}),
        (DELETE, OBJECTS, Alteration(), DEFAULTS),
        (DELETE, OBJECTS, NONE, {"content-md5"}),
        (METRICS, FEW, Alteration(), set()),
        (METRICS, FEW, COMPRESSED, {"content-encoding"}),
        (METRICS, MANY, Alteration(), {"content-encoding"}),
        (METRICS, MANY, NONE, set()),
        (METRICS, {**MANY, "Namespace": 5}, Alteration(), set()),
        (
            operation("s3", "GetObject"),
            {"Bucket": "bucket", "Key": "key"},
            Alteration(),
            {"x-amz-checksum-mode"},
        ),
        (operation("s3", "GetObject"), {"Bucket": "bucket", "Key": "key"}, NONE, set()),
    ],
)
def test_what_is_added_is_the_sdks_default(
    sending: Sending,
    scripted: Start,
    op: Operation,
    params: Mapping[str, Any],
    alteration: Alteration,
    headers: set[str],
) -> None:
    """A valid call has all that a user's call has; one that is changed on the wire has nothing.

    Either way the members that are meant are those that are read back.
    """
    server = scripted([answer()])
    exchange = sending(server.url).send(op, params, alteration)
    assert added(exchange.request) == headers
    read = PROTOCOLS[op.protocol].members(op, exchange.request)
    assert read is not None
    said = {name: v.decode() if isinstance(v, bytes) else v for name, v in params.items()}
    assert {name: read[name] for name in said} == said
    assert server.requests[0].endswith(b"\r\n\r\n" + exchange.request.body)


def test_a_checksum_is_that_of_the_body(sending: Sending, scripted: Start) -> None:
    """The header holds the checksum of the very bytes that are sent."""
    exchange = sending(scripted([answer()]).url).send(PUT, OBJECT)
    assert header(exchange.request.headers, "x-amz-checksum-crc32") == CRC32
    assert exchange.request.body == b"a body"


@pytest.mark.parametrize("body", [b"a body", b"", b"\x00\xff" * 9, b"x" * (1 << 20) + b"y"])
def test_over_tls_a_checksum_is_behind_the_body(body: bytes) -> None:
    """The SDK sends it in chunks with a trailer; read back, it is the body alone."""
    sender = Kept(Endpoint(url="https://127.0.0.1:9"))
    request = sender.send(PUT, {**OBJECT, "Body": body}).request
    assert header(request.headers, "content-encoding") == "aws-chunked"
    assert header(request.headers, "x-amz-trailer") == "x-amz-checksum-crc32"
    assert header(request.headers, "x-amz-content-sha256") == "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    assert header(request.headers, "x-amz-decoded-content-length") == str(len(body))
    assert request.body.endswith(b"\r\n\r\n")
    assert request.payload == request.content == body
    read = PROTOCOLS[PUT.protocol].members(PUT, request) or {}
    assert read.get("Body", "") == body.decode("latin-1")


def test_a_chunked_request_is_framed_on_the_wire(scripted: Start, sending: Sending) -> None:
    """What is sent with Transfer-Encoding comes in HTTP's own chunks, whole."""

    def attend(server: Any, connection: socket.socket, number: int) -> None:
        raw = b""
        while not raw.endswith(b"\r\n0\r\n\r\n"):
            raw += connection.recv(65536)
        server.requests.append(raw)
        connection.sendall(answer())

    server = scripted(attend)
    request = Request(
        method="PUT",
        url=f"{server.url}/bucket/key",
        headers=(("Transfer-Encoding", "chunked"), ("Content-Encoding", "aws-chunked")),
        body=b"1\r\na\r\n0\r\n\r\n",
    )
    assert isinstance(sending(server.url)._transport.send(request), Response)
    head, _, framed = server.requests[0].partition(b"\r\n\r\n")
    assert b"content-length" not in head.lower()
    assert framed == b"b\r\n1\r\na\r\n0\r\n\r\n\r\n0\r\n\r\n"


# ------------------------------------------------------------ content codings


def _named(value: Sequence[str] | bytes) -> str:
    """The name of a parameter, the same in every process: gzip writes the time into a body."""
    return f"{len(value)} bytes" if isinstance(value, bytes) else " ".join(value)


@pytest.mark.parametrize(
    ("applied", "body"),
    [
        (["gzip"], b"no gzip"),
        (["gzip"], gzip.compress(b"cut")[:-3]),
        (["gzip"], gzip.compress(b"one") + b"more"),
        (["gzip"], gzip.compress(b"\0" * (content_codings.MOST + 1))),
        (["aws-chunked"], b""),
        (["aws-chunked"], b"5\r\nabc\r\n0\r\n\r\n"),
        (["aws-chunked"], b"-1\r\n\r\n"),
        (["aws-chunked"], b"x\r\n\r\n"),
        (["aws-chunked"], b"3\r\nabc\r\n"),
        (["br"], b"whatever"),
        (["gzip", "br"], b"whatever"),
    ],
    ids=_named,
)
def test_a_body_that_does_not_fit_stays_what_it_is(applied: Sequence[str], body: bytes) -> None:
    """What cannot be decoded is refused in one way, and a request's content is its body then."""
    with pytest.raises(ValueError, match=r"chunk|gzip|coding"):
        content_codings.decoded(body, applied)
    headers = (("content-encoding", ", ".join(applied)),)
    request = Request(method="PUT", url="http://localhost/", headers=headers, body=body)
    assert request.content == body
    assert request.with_content(b"other") == b"other"


BOTH = ["gzip", "aws-chunked"]


@pytest.mark.parametrize(
    ("applied", "body"),
    [
        (["gzip"], gzip.compress(b"private")),
        (["aws-chunked"], b"7;chunk-signature=0\r\nprivate\r\n0\r\n\r\n"),
        (["aws-chunked"], b"7\r\nprivate\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"),
        (BOTH, content_codings.encoded(b"private", BOTH, b"")),
    ],
    ids=_named,
)
def test_another_content_is_coded_alike(applied: Sequence[str], body: bytes) -> None:
    """A body is decoded whole; another one in its place has the same codings and checksums."""
    headers = (("Content-Encoding", ",".join(applied)),)
    request = Request(method="PUT", url="http://localhost/", headers=headers, body=body)
    assert request.content == b"private"
    other = Request(
        method="PUT", url="http://localhost/", headers=headers, body=request.with_content(b"public")
    )
    assert other.content == b"public"
    assert (b"x-amz-checksum-crc32:" in other.body) is (b"x-amz-checksum-crc32:" in body)
    assert b"AAAAAA==" not in other.body


# ------------------------------------------------------------ what is judged


def case_of(op: Operation, path: str) -> Case:
    return next(one for one in cases(op) if one.clause == f"{op.id}/{path}")


def refusing(
    refusal: bytes | None, *, when: Callable[[bytes], bool], first: int = 1 << 30
) -> Callable[..., None]:
    """A server that knows one operation, and refuses ``first`` requests for which ``when`` holds.

    Without a refusal it hangs up.
    """
    left = [first]

    def attend(server: Any, connection: socket.socket, number: int) -> None:
        while raw := server.read(connection):
            if b"no-such-operation" in raw or b"NoSuchOperation" in raw or b"PATCH " in raw:
                connection.sendall(answer(404, b"<Error><Code>NoSuchThing</Code></Error>"))
            elif when(raw) and left[0]:
                left[0] -= 1
                if refusal is None:
                    return
                connection.sendall(refusal)
            else:
                headers = (
                    ("ETag", '"e"'),
                    ("x-amz-version-id", "v"),
                    ("x-amz-checksum-type", "FULL_OBJECT"),
                    ("x-amz-request-id", "1"),
                )
                connection.sendall(answer(200, b"", *headers))

    return attend


def has_checksum(raw: bytes) -> bool:
    return b"x-amz-checksum-crc32" in raw.lower()


def never(raw: bytes) -> bool:
    return False


def engine(sender: Sender) -> Engine:
    given = {"s3:Bucket": "bucket", "s3:Key": "key"}
    return Engine(session=TargetSession(registry(), sender, resources=given))


BAD = answer(400, b"<Error><Code>BadRequest</Code></Error>")


@pytest.mark.parametrize(
    ("refusal", "verdict", "observed"),
    [
        (BAD, Verdict.FAIL, "400 BadRequest"),
        (
            answer(501, b"<Error><Code>NotImplemented</Code></Error>"),
            Verdict.FAIL,
            "501 NotImplemented",
        ),
        (answer(500, b""), Verdict.FAIL, "500 without an error type"),
    ],
)
def test_a_target_that_refuses_checksums_is_told(
    scripted: Start, sending: Sending, refusal: bytes, verdict: Verdict, observed: str
) -> None:
    """Accepting the same call without them is no way out: one clause fails, the rest is judged."""
    server = scripted(refusing(refusal, when=has_checksum))
    judging = engine(sending(server.url))
    result = judging.run(case_of(PUT, "protocol/sdk-defaults"))
    found = {one.clause.split("/", 1)[1]: one for one in result.findings}
    finding = found["protocol/sdk-defaults"]
    assert (finding.verdict, finding.observed) == (verdict, observed)
    assert result.outcome is Verdict.FAIL
    availability = judging.session.discovery.availability(PUT)
    assert availability.status is Status.IMPLEMENTED
    assert availability.refused_default is not None
    assert judging.run(case_of(PUT, "protocol/accepts-valid")).outcome is Verdict.PASS
    assert not has_checksum(server.requests[-1])


def test_a_target_that_takes_them_gets_them(scripted: Start, sending: Sending) -> None:
    """A correct target passes, and every valid call has the checksum."""
    server = scripted(refusing(None, when=never))
    judging = engine(sending(server.url))
    assert judging.run(case_of(PUT, "protocol/sdk-defaults")).outcome is Verdict.PASS
    assert judging.run(case_of(PUT, "protocol/accepts-valid")).outcome is Verdict.PASS
    assert has_checksum(server.requests[-1])


@pytest.mark.parametrize("refusal", [answer(500, b""), None])
def test_a_failure_that_passes_is_no_refusal(
    scripted: Start, sending: Sending, refusal: bytes | None
) -> None:
    """A target that failed once, or hung up, is not said to refuse what the SDK adds."""
    server = scripted(refusing(refusal, when=has_checksum, first=1))
    judging = engine(sending(server.url))
    result = judging.run(case_of(PUT, "protocol/sdk-defaults"))
    assert Verdict.FAIL not in {one.verdict for one in result.findings}
    assert judging.session.discovery.availability(PUT).refused_default is None
    assert not judging.session.caller.without_additions


def test_a_target_that_refuses_the_call_itself_is_not_blamed_for_it(
    scripted: Start, sending: Sending
) -> None:
    """Where the call is refused either way, nothing is known of what the SDK adds."""
    server = scripted(refusing(BAD, when=lambda raw: b"PUT " in raw))
    result = engine(sending(server.url)).run(case_of(PUT, "protocol/sdk-defaults"))
    assert result.outcome is Verdict.INCONCLUSIVE


def test_other_workers_learn_of_it(scripted: Start, sending: Sending) -> None:
    """What one process found out about a target, the others of the run send by."""
    server = scripted(refusing(BAD, when=has_checksum))
    first, second = engine(sending(server.url)), engine(sending(server.url))
    first.session.discovery.prepare(PUT)
    second.session.restore(first.session.memory())
    assert second.run(case_of(PUT, "protocol/accepts-valid")).outcome is Verdict.PASS
    assert second.run(case_of(PUT, "protocol/sdk-defaults")).outcome is Verdict.FAIL


class Metrics:
    """A small CloudWatch: strict JSON, gzip understood or not."""

    def __init__(self, *, gunzips: bool) -> None:
        self.gunzips = gunzips

    def __call__(self, server: Any, connection: socket.socket, number: int) -> None:
        while raw := server.read(connection):
            head, _, body = raw.partition(b"\r\n\r\n")
            connection.sendall(answer(*self.answered(head, body), ("x-amzn-RequestId", "1")))

    def answered(self, head: bytes, body: bytes) -> tuple[Any, ...]:
        if b"NoSuchOperation" in head:
            return 400, b'{"__type": "UnknownOperationException"}'
        try:
            if self.gunzips and b"content-encoding: gzip" in head.lower():
                body = gzip.decompress(body)
            read = json.loads(body)
        except ValueError:
            return 400, b'{"__type": "SerializationException"}'
        if not isinstance(read.get("Namespace"), str):
            return 400, b'{"__type": "InvalidParameterValueException"}'
        return 200, b"{}", ("Content-Type", "application/x-amz-json-1.0")


@pytest.mark.parametrize(("gunzips", "verdict"), [(True, Verdict.PASS), (False, Verdict.FAIL)])
def test_a_compressed_body_is_understood(
    scripted: Start, sending: Sending, gunzips: bool, verdict: Verdict
) -> None:
    """The model says that the service takes gzip; a target that takes plain bodies alone fails."""
    session = TargetSession(
        registry("json"),
        sending(scripted(Metrics(gunzips=gunzips)).url),
        resources={"Namespace": "namespace"},
    )
    result = Engine(session=session).run(case_of(METRICS, "protocol/compressed-body"))
    assert result.outcome is verdict


def test_the_clauses_are_of_the_operations_that_have_the_traits() -> None:
    """No other operation is said to take what the SDK would not send it."""
    for path, service, some in (
        ("protocol/sdk-defaults", "s3", {"PutObject", "DeleteObjects", "GetObject"}),
        ("protocol/sdk-defaults", "s3control", {"PutBucketTagging"}),
        ("protocol/compressed-body", "cloudwatch", {"PutMetricData"}),
        ("protocol/sdk-defaults", "sqs", set()),
    ):
        having = {
            name.partition(":")[2]
            for name in names(service)
            if (op := operation(*name.split(":"))) and f"{name}/{path}" in clauses(op)
        }
        assert some <= having
        assert bool(having) is bool(some)
    assert clauses(PUT)["s3:PutObject/protocol/sdk-defaults"].level is Level.MUST


# ------------------------------------------------------------ recorded and shown


def kept(tmp_path: Path) -> CassetteStore:
    source = Provenance(kind="url", origin="http://localhost", region="us-east-1")
    redactor = Redactor(Pseudonyms(b"tests"), ["a-secret-of-this-run"])
    return CassetteStore(tmp_path / "kept", source, redactor, log=tmp_path / "log")


def replaying(tmp_path: Path, op: Operation) -> Engine:
    player = Player(Endpoint(url="http://localhost"), Library(tmp_path / "kept", "url"))
    given = {"Namespace": "namespace", "s3:Bucket": "bucket", "s3:Key": "key"}
    return Engine(session=TargetSession({op.id: op}, player, resources=given))


def test_a_compressed_request_is_recorded_and_replayed(scripted: Start, tmp_path: Path) -> None:
    """The cassette holds it as it was sent, nothing private in it; today's SDK builds it again."""
    endpoint = Endpoint(url=scripted(Metrics(gunzips=True)).url, timeout=2.0)
    recorder = Recorder(
        endpoint, store=kept(tmp_path), stop=tmp_path / "stop", rate_limit=lambda: None
    )
    case = case_of(METRICS, "protocol/compressed-body")
    given = {"Namespace": "namespace"}
    session = TargetSession({METRICS.id: METRICS}, recorder, resources=given)
    assert Engine(session=session).run(case).outcome is Verdict.PASS
    assert not recorder.stopped
    entry = cassette.read(cassette.path_of(tmp_path / "kept", "url", case.id)).entries[0]
    assert header(entry.request.headers, "content-encoding") == "gzip"
    assert json.loads(gzip.decompress(entry.request.body)).keys() == {"Namespace"}
    assert header(entry.request.headers, "content-length") == str(len(entry.request.body))
    result = replaying(tmp_path, METRICS).run(case)
    assert result.outcome is Verdict.PASS
    assert {one.verdict for one in result.findings if "/sdk/" in one.clause} == {Verdict.PASS}


def test_a_refusal_of_defaults_is_replayed(scripted: Start, tmp_path: Path) -> None:
    """Which requests were sent without additions is found again from the recording."""
    endpoint = Endpoint(url=scripted(refusing(BAD, when=has_checksum)).url, timeout=2.0)
    recorder = Recorder(
        endpoint, store=kept(tmp_path), stop=tmp_path / "stop", rate_limit=lambda: None
    )
    given = {"s3:Bucket": "bucket", "s3:Key": "key"}
    recorded = Engine(session=TargetSession({PUT.id: PUT}, recorder, resources=given))
    replayed = replaying(tmp_path, PUT)
    for path in ("protocol/sdk-defaults", "protocol/accepts-valid"):
        case = case_of(PUT, path)
        was = {(one.clause, one.verdict) for one in recorded.run(case).findings}
        now = {(one.clause, one.verdict) for one in replayed.run(case).findings}
        assert was <= now
        assert {verdict for clause, verdict in now - was} <= {Verdict.PASS}


@pytest.mark.parametrize("coding", ["gzip", "aws-chunked"])
def test_nothing_private_hides_in_a_coded_body(coding: str) -> None:
    """A body is redacted before its codings, and keeps them."""
    redactor = Redactor(Pseudonyms(b"tests"), ["a-secret-of-this-run"])
    body = content_codings.encoded(b'{"A": "a-secret-of-this-run"}', [coding], b"")
    request = Request(
        method="PUT",
        url="http://localhost/",
        headers=(("Content-Encoding", coding), ("Content-Length", str(len(body)))),
        body=body,
    )
    redacted = redactor.request(request)
    assert b"a-secret-of-this-run" not in redacted.content
    assert redacted.content != redacted.body
    assert header(redacted.headers, "content-length") == str(len(redacted.body))


@pytest.mark.parametrize(
    ("op", "params", "alteration"),
    [(PUT, OBJECT, Alteration()), (METRICS, FEW, COMPRESSED), (METRICS, MANY, Alteration())],
)
def test_a_reproduction_sends_the_same(
    scripted: Start, sending: Sending, op: Operation, params: Any, alteration: Alteration
) -> None:
    """The printed program sends the same body with the same additions."""
    server = scripted([answer()])
    exchange = sending(server.url).send(op, params, alteration)
    assert by_python(reproduce.python(reproduce.repeatable(exchange, None))) == 200
    was, now = server.requests
    assert was.partition(b"\r\n\r\n")[2] == now.partition(b"\r\n\r\n")[2]
    for name in added(exchange.request):
        assert name.encode() in now.lower()


def test_a_trailer_is_reproduced_by_python_alone() -> None:
    """curl cannot sign a body with a checksum behind it; the program signs it as the SDK does."""
    exchange: Exchange = Kept(Endpoint(url="https://127.0.0.1:9")).send(PUT, OBJECT)
    assert reproduce.curl(reproduce.repeatable(exchange, None)) is None
    program = reproduce.python(reproduce.repeatable(exchange, None))
    assert '"in": "trailer"' in program
    assert "Transfer-Encoding" not in program
    lines = program.partition("parts = urlsplit")[0]
    namespace: dict[str, Any] = {}
    exec(compile(lines, "reproduction", "exec"), namespace)
    signed = namespace["request"].headers["X-Amz-Content-SHA256"]
    assert signed == "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
