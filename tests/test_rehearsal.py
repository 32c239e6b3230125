"""The way to AWS, rehearsed: AWS's own host names over TLS, answered by a stand-in.

What it does not prove: that AWS answers so. It proves what is sent there, what
stops a recording, and that a stand-in's answers are never called AWS's.
"""

import contextlib
import json
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.checks.findings import Verdict
from conformance.errors import ConformanceError, UsageError
from conformance.protocols.http import Response
from conformance.recording import cassette
from conformance.recording.provenance import today
from conformance.reference.launch import start
from conformance.runner.preflight import require_possible
from conformance.runner.recording_setup import _STAND_INS, aws_or_rehearsal
from conformance.runner.run import Run
from conformance.runner.settings import settings
from conformance.spec.sdk_models.routes import operation_names
from conformance.transport.endpoint_config import Endpoint
from conftest import answer, read_request

TOKEN = "IQoJ" + "SessionTokenOfTheRehearsal" * 4
CASE = "chime:ListPhoneNumbers/rules/bare-call/accepted"
CONNECT = "connect:ListPhoneNumbersV2/protocol/accepts-valid/baseline"
OPENSSL = """
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout ca.key -out ca.pem -subj /CN=rehearsal
openssl req -newkey rsa:2048 -nodes -keyout key.pem -out csr.pem -subj /CN=amazonaws.com
printf 'subjectAltName=DNS:*.us-east-1.amazonaws.com,DNS:*.chime.aws.amazon.com,'\
'DNS:service.chime.aws.amazon.com' > ext
openssl x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext \
  -out cert.pem
"""
Policy = Callable[[int, bytes], bytes | None]


class StandIn:
    """A TLS server that asks for the session token, obeys a policy, and else passes on."""

    def __init__(self, certificates: Path, upstream: int) -> None:
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
        self.upstream = upstream
        self.policy: Policy = lambda number, raw: b""
        self.requests: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError), self.context.wrap_socket(plain, server_side=True) as tls:
            while raw := read_request(tls):
                self.requests.append(raw)
                told = self._answer(raw)
                if told is None:
                    return
                tls.sendall(told)

    def _answer(self, raw: bytes) -> bytes | None:
        told = self.policy(len(self.requests), raw)
        if told != b"":
            return told
        if f"X-Amz-Security-Token: {TOKEN}".encode() not in raw:
            return answer(403, b"{}", ("x-amzn-ErrorType", "UnrecognizedClientException"))
        with socket.create_connection(("127.0.0.1", self.upstream)) as through:
            through.sendall(raw)
            return read_request(through)  # an answer is cut like a request: head, then length

    def close(self) -> None:
        self.listener.close()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("authority")
    try:
        subprocess.run(["bash", "-ec", OPENSSL], cwd=folder, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no certificates can be made here: {error}")
    return folder


@pytest.fixture
def aws(certificates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """AWS's names lead to a stand-in, whose authority the environment names."""
    with start() as upstream:
        stand_in = StandIn(certificates, upstream.port)
        asked = socket.getaddrinfo

        def lookup(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
            if str(host).endswith((".amazonaws.com", ".aws.amazon.com")):
                host, port = "127.0.0.1", stand_in.port
            return asked(host, port, *rest, **more)

        monkeypatch.setattr(socket, "getaddrinfo", lookup)
        monkeypatch.setenv("AWS_CA_BUNDLE", str(certificates / "ca.pem"))
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "conformance")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "conformance")
        monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        monkeypatch.setenv("CONFORMANCE_REDACTION_KEY", str(tmp_path / "key"))
        yield stand_in
        stand_in.close()


@pytest.fixture
def run(aws: StandIn, tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Makes runs against AWS, as fast as the stand-in answers."""
    made: list[Run] = []

    def make(**options: Any) -> Run:
        given = {"target": "aws", "rate": "1000", "cassettes": str(tmp_path / "kept")}
        chosen = settings({**given, **options})
        require_possible(chosen)
        made.append(Run(chosen))
        return made[-1]

    yield make
    for one in made:
        if one.recording is not None:
            one.recording._transport.close()
        one.close()


def outcomes(run: Run, *names: str) -> list[Verdict]:
    wanted = {one.id: one for one in run.tried}
    results = [run.run(wanted[name]) for name in names]
    print(*(f"{one.case}: {one.outcome} {one.reason}" for one in results), sep="\n")
    print(*run.recording_lines(), sep="\n")
    return [one.outcome for one in results]


def test_it_goes_to_awss_own_names_and_is_a_rehearsal(
    run: Callable[..., Run], aws: StandIn, tmp_path: Path
) -> None:
    """Requests go to AWS's hosts over TLS, signed with the session token; kept as a rehearsal."""
    assert outcomes(run(), CASE, CONNECT) == [Verdict.PASS, Verdict.PASS]
    hosts = {
        line.split(b": ")[1].decode()
        for raw in aws.requests
        for line in raw.split(b"\r\n")
        if line.lower().startswith(b"host:")
    }
    assert len(hosts) == 2
    assert all(host.endswith((".amazonaws.com", ".aws.amazon.com")) for host in hosts)
    found = cassette.read(cassette.path_of(tmp_path / "kept", "rehearsal", CASE))
    assert found.metadata["provenance"] == "rehearsal"
    assert not (tmp_path / "kept" / "aws").exists()
    for path in (tmp_path / "kept").rglob("*.json"):
        assert "SessionTokenOfTheRehearsal" not in path.read_text("utf-8")


def test_a_rehearsal_replays(run: Callable[..., Run], tmp_path: Path) -> None:
    """What was rehearsed is replayed with the very same hosts."""
    outcomes(run(), CASE)
    chosen = settings(
        {"cassettes": str(tmp_path / "kept"), "provenance": "rehearsal", "case": [CASE]}
    )
    replay = Run(chosen)
    assert outcomes(replay, CASE) == [Verdict.PASS]
    replay.close()


def test_what_is_recorded_is_not_sent_again(run: Callable[..., Run], aws: StandIn) -> None:
    """By default only what is missing is sent."""
    outcomes(run(), CASE)
    sent = len(aws.requests)
    again = run()
    result = again.run(next(one for one in again.tried if one.id == CASE))
    assert (result.outcome, result.requests, result.recorded) == (Verdict.PASS, 0, today())
    assert {one.area for one in result.findings}.isdisjoint({"sdk"})
    assert len(aws.requests) == sent


def test_a_folder_of_another_region_is_refused(run: Callable[..., Run], aws: StandIn) -> None:
    """A folder keeps what AWS answered in one Region, and nothing is sent in another."""
    outcomes(run(), CASE)
    sent = len(aws.requests)
    with pytest.raises(UsageError, match=r"rehearsal in us-east-1, and .* rehearsal in us-west-2"):
        run(region="us-west-2", operations="connect:*")
    assert len(aws.requests) == sent


def test_credentials_that_expire_half_way(
    run: Callable[..., Run], aws: StandIn, tmp_path: Path
) -> None:
    """What was done before is kept; the rest is inconclusive, and one sentence says what to do."""
    expired = answer(403, b"{}", ("x-amzn-ErrorType", "ExpiredTokenException"))
    recording = run()
    assert outcomes(recording, CASE) == [Verdict.PASS]
    aws.policy = lambda number, raw: expired
    assert outcomes(recording, CONNECT) == [Verdict.INCONCLUSIVE]
    assert recording.recording_lines()[-1].startswith(
        "recording stopped: The credentials have expired"
    )
    assert cassette.path_of(tmp_path / "kept", "rehearsal", CASE).exists()
    aws.policy = lambda number, raw: b""
    assert outcomes(run(), CASE, CONNECT) == [Verdict.PASS, Verdict.PASS]


def test_a_throttled_request_is_sent_again(
    run: Callable[..., Run], aws: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 429 is waited out and is not the answer."""
    monkeypatch.setattr("conformance.transport.sender.time.sleep", lambda seconds: None)
    slow = answer(429, b"{}", ("Retry-After", "1"))
    aws.policy = lambda number, raw: slow if number % 2 else b""
    assert outcomes(run(), CASE) == [Verdict.PASS]


def test_a_500_is_recorded_and_judged(
    run: Callable[..., Run], aws: StandIn, tmp_path: Path
) -> None:
    """A server error of AWS's own is no success of the case, and stands in its cassette."""
    recording = run()
    wanted = "chime:ListPhoneNumbers/protocol/unknown-member/sent"
    outcomes(recording, CASE)
    failure = answer(500, b"{}", ("x-amzn-ErrorType", "ServiceFailureException"))
    aws.policy = lambda number, raw: failure if b"UnknownMember" in raw else b""
    assert outcomes(recording, wanted) == [Verdict.FAIL]
    (entry,) = cassette.read(cassette.path_of(tmp_path / "kept", "rehearsal", wanted)).entries
    assert isinstance(entry.outcome, Response)
    assert entry.outcome.status == 500


def test_a_cut_connection_is_an_answer(
    run: Callable[..., Run], aws: StandIn, tmp_path: Path
) -> None:
    """What goes wrong at AWS is recorded as it was: a failure has its place in a cassette."""
    recording = run()
    wanted = "chime:ListPhoneNumbers/protocol/unknown-member/sent"
    outcomes(recording, CASE)
    aws.policy = lambda number, raw: None if b"UnknownMember" in raw else b""
    outcomes(recording, wanted)
    path = cassette.path_of(tmp_path / "kept", "rehearsal", wanted)
    assert "dropped connection" in path.read_text("utf-8")


def test_a_refused_account_is_inconclusive(run: Callable[..., Run], aws: StandIn) -> None:
    """A service that refuses the account is not judged."""
    refused = answer(403, b"{}", ("x-amzn-ErrorType", "ForbiddenException"))
    aws.policy = lambda number, raw: refused if b"chime." in raw.split(b"Authorization")[0] else b""
    assert outcomes(run(), CASE, CONNECT) == [Verdict.INCONCLUSIVE, Verdict.PASS]


def test_an_unknown_authority_is_no_answer(
    run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the stand-in's authority its certificate is refused."""
    monkeypatch.delenv("AWS_CA_BUNDLE")
    assert outcomes(run(), CASE) == [Verdict.INCONCLUSIVE]


@pytest.mark.parametrize("name", ["AWS_CA_BUNDLE", "SSL_CERT_FILE", "HTTPS_PROXY"])
def test_whatever_can_stand_between_makes_a_rehearsal(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An own authority or a proxy: never ``aws``."""
    for one in _STAND_INS:
        monkeypatch.delenv(one, raising=False)
    public = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("52.94.228.167", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: public)
    url = "https://connect.us-east-1.amazonaws.com"
    assert aws_or_rehearsal([url], Endpoint(url=None)) == "aws"
    assert aws_or_rehearsal([url], Endpoint(url=None, verify=False)) == "rehearsal"
    assert aws_or_rehearsal(["https://amazonaws.example"], Endpoint(url=None)) == "rehearsal"
    monkeypatch.setenv(name, "x")
    assert aws_or_rehearsal([url], Endpoint(url=None)) == "rehearsal"


def test_a_peer_on_loopback_is_not_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS's name with somebody else's address is a rehearsal."""
    private = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: private)
    url = "https://connect.us-east-1.amazonaws.com"
    assert aws_or_rehearsal([url], Endpoint(url=None)) == "rehearsal"


def test_the_live_twin_is_recorded(run: Callable[..., Run], aws: StandIn, tmp_path: Path) -> None:
    """``chime-sdk-voice``, which AWS still serves, is asked at its own host."""
    name = "chime-sdk-voice:ListPhoneNumbers/rules/bare-call/accepted"
    (outcome,) = outcomes(run(operations="chime-sdk-voice:*"), name)
    assert outcome in {Verdict.PASS, Verdict.WARN}
    assert all(b"voice-chime.us-east-1.amazonaws.com" in raw.lower() for raw in aws.requests)
    assert cassette.path_of(tmp_path / "kept", "rehearsal", name).exists()


ABSENT = answer(400, b"{}", ("x-amzn-ErrorType", "UnknownOperationException"))


def test_whatever_reads_is_recorded(run: Callable[..., Run], aws: StandIn, tmp_path: Path) -> None:
    """Of a pattern what reads is sent, in any protocol, and nothing else is asked for."""
    own = {
        b"ListQueues": b'{"QueueUrls": ["https://sqs.us-east-1.amazonaws.com/123456789012/mine"]}',
        b"ListQueueTags": b"{}",
    }

    def asked(raw: bytes) -> bytes:
        return raw.partition(b"AmazonSQS.")[2].partition(b"\r\n")[0]

    def respond(number: int, raw: bytes) -> bytes:
        return answer(200, own[asked(raw)]) if asked(raw) in own else ABSENT

    aws.policy = respond
    recording = run(operations="sqs:*")
    assert "sqs:ReceiveMessage" in recording.settings.left_out
    names = [f"sqs:{one.decode()}/protocol/accepts-valid/baseline" for one in own]
    assert {*outcomes(recording, *names)} <= {Verdict.PASS, Verdict.WARN}
    known = recording.engine.session.discovery.operations["sqs:ListQueues"]
    sent = {asked(raw) for raw in aws.requests}
    assert sent >= own.keys()
    assert not {one.decode() for one in sent - own.keys()} & operation_names(known.service)
    for path in (tmp_path / "kept").rglob("*.json"):
        assert "123456789012" not in path.read_text("utf-8")


def test_what_a_path_would_change_is_not_sent(run: Callable[..., Run], aws: StandIn) -> None:
    """With another method the path of a reading operation may be that of a changing one."""
    apis = answer(200, b'{"id": "abc", "item": [{"id": "abc"}]}')
    aws.policy = lambda number, raw: apis if raw.startswith(b"GET /restapis") else ABSENT
    recording = run(operations="apigateway:GetRestApi")
    clause = "apigateway:GetRestApi/protocol"
    valid, other = f"{clause}/accepts-valid/baseline", f"{clause}/wrong-method/asked"
    accepted, refused = outcomes(recording, valid, other)
    assert accepted in {Verdict.PASS, Verdict.WARN}
    assert refused is Verdict.INCONCLUSIVE
    assert b"PATCH" not in {raw.split(b" ")[0] for raw in aws.requests}


def test_a_region_without_the_service_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where AWS has no such service, one sentence names where it has."""
    with pytest.raises(ConformanceError, match="us-east-1"):
        require_possible(settings({"target": "aws", "region": "eu-north-1"}))


#: The command, in a process whose sockets tell of every use and then refuse it.
SILENT = """
import socket, sys
def refuse(*args, **options):
    print("a socket was used")
    raise OSError("no network here")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
from conformance.__main__ import main
sys.exit(main(["certify", *sys.argv[1:]]))
"""


def silently(shell: Any, *words: str, **environment: str) -> Any:
    """``certify`` where nothing can be sent and nobody has credentials."""
    environment |= {"HOME": str(shell.folder)}
    done = shell.run(sys.executable, "-W", "error", "-c", SILENT, *words, **environment)
    assert "a socket was used" not in done.stdout
    assert "Traceback" not in done.stderr
    return done


def test_the_plan_sends_nothing(shell: Any) -> None:
    """Before anything is sent: how much it is, how long it takes, and the least policy for it."""
    done = silently(shell, "--target=aws", "--plan", "--operations=chime:*PhoneNumbers")
    assert (done.returncode, done.stderr) == (0, "")
    *lines, last = done.stdout.splitlines()
    assert last == "nothing was sent"
    assert any(line.startswith("chime:ListPhoneNumbers: ") for line in lines)
    assert any(line.split()[:1] == ["pagination"] for line in lines)
    (total,) = (line for line in lines if line.startswith("in all about "))
    assert total.endswith("at 1/s")
    requests = int(total.split()[3])
    minutes, seconds = int(total.split()[5]), int(total.split()[7])
    assert minutes * 60 + seconds == requests
    policy = json.loads("\n".join(lines[lines.index("{") :]))
    (statement,) = policy["Statement"]
    assert statement["Action"] == ["chime:ListPhoneNumbers", "chime:SearchAvailablePhoneNumbers"]
    assert statement["Effect"] == "Allow"


@pytest.mark.parametrize("plan", [(), ("--plan",)])
def test_what_may_change_things_is_refused(shell: Any, plan: tuple[str, ...]) -> None:
    """One sentence, no request, no policy."""
    done = silently(shell, "--target=aws", "--operations=sqs:List*,kms:Decrypt", *plan)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "aws-conformance: kms:Decrypt is kept from AWS: it may change things.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--target=aws", "--endpoint-url=http://localhost:1"), "goes with --target=url"),
        (("--target=aws", "--provenance=aws"), "chooses the recordings of a replay"),
        (("--target=aws", "--record=some"), "--record takes none, missing, all, stale"),
        (("--target=aws", "--record=stale", "--stale-after=soon"), "--stale-after takes"),
        (("--target=aws", "--operations=connect:ReleasePhoneNumber"), "is kept from AWS"),
        (("--target=aws", "--rate=0"), "--rate takes a number of at least 0.001"),
        (("--target=aws", "--region=eu-north-1"), "AWS does not serve"),
        (("--target=replay", "--record=all"), "a replay records nothing"),
        (("aws", "--target=aws"), "Give one target"),
        (("--target=aws",), "There are no AWS credentials"),
    ],
)
def test_a_contradiction_is_refused(shell: Any, words: tuple[str, ...], said: str) -> None:
    """One sentence, status 2, and nothing sent."""
    done = silently(shell, *words)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert said in line
