"""Targets that are none: a clear outcome in bounded time, and never a traceback."""

import contextlib
import http.client
import http.server
import importlib.util
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from calibration.servers import behave

from conformance.checks.findings import Verdict
from conformance.generation.cases import cases
from conformance.generation.plans import Case
from conformance.runner.settings import DEFAULT_OPERATIONS
from conformance.spec.documents import documented

#: What the embedded server serves; of others it answers a twin's.
OPERATIONS = {name: documented()[name] for name in DEFAULT_OPERATIONS}
LIST, GET = (OPERATIONS[f"chime:{name}"] for name in ("ListPhoneNumbers", "GetPhoneNumber"))
Outcomes = dict[str, Verdict]
#: Five operations without explorations; what is drawn is another test's affair.
ALL = ("--max-examples", "0")


def told(shell: Any, done: "subprocess.CompletedProcess[str]") -> Any:
    """The report of a run that ended without a traceback."""
    assert "Traceback" not in done.stdout + done.stderr, done.stdout
    assert "INTERNALERROR" not in done.stdout + done.stderr
    path = shell.folder / "report" / "report.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else None


@contextlib.contextmanager
def web(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """Python's own web server on a free port."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


class Page404(http.server.BaseHTTPRequestHandler):
    """A plain web server that has no such page, in HTML."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        body = b"<!doctype html><h1>Not Found</h1>"
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = answer  # noqa: N815 - http.server's names

    def log_message(self, *_: Any) -> None:
        """Quietly."""


def unsupported(report: Any) -> set[str]:
    return {f["operation"] for f in report["findings"] if f["verdict"] == "unsupported"}


def test_a_plain_web_server_supports_nothing(shell: Any) -> None:
    """A 404 page in HTML to everything: five operations unsupported, status 1."""
    with web(Page404) as url:
        done = shell.certify(url, *ALL, "--report", "report")
    content = told(shell, done)
    assert (done.returncode, done.stderr) == (1, "")
    assert unsupported(content) == set(OPERATIONS)
    assert content["verdict"] == "non-conformant"
    assert content["requests"] < 30
    assert done.stdout.count("unsupported: the target does not implement it") == 5


def test_who_never_answers_is_given_up(scripted: Any, shell: Any) -> None:
    """Connections that are accepted and never served: a few timeouts, and status 2."""

    def mute(server: Any, connection: Any, number: int) -> None:
        server.pause(60)

    url = scripted(mute).url
    done = shell.certify(url, *ALL, "--request-timeout", "0.3", "--report", "report")
    content = told(shell, done)
    assert done.returncode == 2
    assert content["verdict"] == "inconclusive"
    assert content["requests"] < 10
    assert "the target did not respond to 3 requests in a row" in done.stdout


def test_nobody_listens(shell: Any) -> None:
    """A port that nobody listens on: one sentence, at once, with and without a time to wait."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    done = shell.certify(url, "--wait-for", "0.3")
    told(shell, done)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"aws-conformance: Nothing answers at {url} (")
    assert len(done.stderr.splitlines()) == 1


def test_who_comes_later_is_waited_for(shell: Any) -> None:
    """--wait-for gives a target the time to start."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    serve = (sys.executable, "-m", "conformance.reference", "--until-stdin-closes")
    program = "import subprocess, sys, time; time.sleep(0.5); subprocess.run(sys.argv[1:])"
    late = (sys.executable, "-c", program, *serve, "--port", str(port))
    with subprocess.Popen(late, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        words = ("--operations", "chime:GetPhoneNumber", "--wait-for", "30", "-k", "auth")
        done = shell.certify(f"http://127.0.0.1:{port}", *ALL, *words)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(10)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("degenerate", "statuses", "verdicts"),
    [
        ("flood", {1}, {"non-conformant"}),
        ("repeats-for-ever", {1}, {"non-conformant"}),
        ("hangs-up", {2}, {"inconclusive"}),
        ("always-403", {2}, {"inconclusive"}),
    ],
)
def test_a_degenerate_is_found_out(
    degenerate: str, statuses: set[int], verdicts: set[str], reference: Any, shell: Any
) -> None:
    """Endless bodies, tokens that repeat for ever, dropped connections: an outcome for each."""
    reference.become(degenerate=degenerate)
    few = ("--operations", "chime:ListPhoneNumbers,connect:ListPhoneNumbersV2")
    words = (*ALL, *few, "-k", "not valid-values", "--report", "report")
    done = shell.certify(reference.url, *words)
    content = told(shell, done)
    assert done.returncode in statuses
    assert content["verdict"] in verdicts
    assert content["requests"] < 1500


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe", b"\x00", b"null", b"1" * 6000]
)
@pytest.mark.parametrize("status", [200, 400])
def test_bodies_that_break_parsers_are_evidence(
    status: int, body: bytes, scripted: Any, sending: Any, reference: Any
) -> None:
    """A body nested too deep, or of no encoding, ends in findings, whatever the status."""
    raw = f"HTTP/1.1 {status} Odd\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    page = json.dumps({"PhoneNumbers": [{"PhoneNumberId": "a"}]}).encode()
    good = f"HTTP/1.1 200 OK\r\nContent-Length: {len(page)}\r\n\r\n".encode() + page
    missing = b"HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\n{}"
    engine = reference.engine()
    engine.session.caller.sender = sending(scripted([missing, good, good, raw]).url)
    outcomes = {engine.run(tried).outcome for tried in cases(LIST)[3:60:4]}
    assert Verdict.FAIL in outcomes
    assert Verdict.ERROR not in outcomes


class TestBehindAPath:
    """A target may be mounted anywhere: below a path of a server that has other things too."""

    @pytest.fixture
    def url(self, reference: Any) -> Iterator[str]:
        """The reference server below /aws, and HTML everywhere else."""
        reference.become(dialect="signatures-ignored")
        port = reference.server.port
        strayed: list[str] = []

        class Mount(Page404):
            def forward(self) -> None:
                if not self.path.startswith("/aws/"):
                    strayed.append(self.path)
                    self.answer()
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                inner = http.client.HTTPConnection("127.0.0.1", port)
                inner.request(self.command, self.path[4:], body, dict(self.headers))
                answer = inner.getresponse()
                content = answer.read()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)
                inner.close()

            do_GET = do_POST = do_PATCH = forward  # noqa: N815 - http.server's names

        with web(Mount) as address:
            yield f"{address}/aws"
        assert strayed == []

    @pytest.fixture
    def below(self, url: str, sending: Any, reference: Any) -> Callable[[Sequence[Case]], Outcomes]:
        """What cases come to below the path; that has to be what they come to at the top."""

        def outcomes(tried: Sequence[Case]) -> Outcomes:
            found = []
            for address in (reference.url, url):
                engine = reference.engine()
                engine.session.caller.sender = sending(address)
                found.append({one.id: engine.run(one).outcome for one in tried})
            at_the_top, below = found
            assert below == at_the_top
            return below

        return outcomes

    @pytest.mark.parametrize("operation", ["chime:ListPhoneNumbers", "connect:ListPhoneNumbersV2"])
    def test_it_is_judged_like_any_other(self, operation: str, below: Any) -> None:
        """Below a path a correct server keeps every promise that it keeps at the top."""
        found = below(cases(OPERATIONS[operation])[:40])
        assert set(found.values()) == {Verdict.PASS}
        assert len(found) == 40

    def test_raw_paths_stay_below_it(self, below: Any) -> None:
        """Odd paths of an operation are asked below the target's own path, and fail nothing."""
        tried = [one for one in cases(GET) if one.id.startswith(f"{GET.id}/protocol/")]
        found = below(tried)
        assert len(found) == 14
        assert set(found.values()) == {Verdict.PASS}

    def test_what_is_missing_there_is_unsupported(
        self, url: str, sending: Any, reference: Any
    ) -> None:
        """An operation that this server lacks is absent, not broken."""
        reference.server.become(behave(degenerate="always-404"))
        engine = reference.engine()
        engine.session.caller.sender = sending(url)
        assert engine.run(cases(LIST)[0]).outcome is Verdict.UNSUPPORTED


@pytest.mark.skipif(
    importlib.util.find_spec("moto") is None, reason="moto, somebody else's mock, is not installed"
)
def test_a_mock_of_other_services_supports_nothing(shell: Any, tmp_path: Path) -> None:
    """moto has none of the five operations: all are unsupported, in seconds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    command = [sys.executable, "-m", "moto.server", "-p", port]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        started = time.monotonic()
        words = ("--wait-for", "30", "--report", "report")
        done = shell.certify(f"http://127.0.0.1:{port}", *ALL, *words)
        server.terminate()
        server.wait(10)
    assert time.monotonic() - started < 40
    content = told(shell, done)
    assert done.returncode == 1
    assert unsupported(content) == set(OPERATIONS)


def test_helpers_are_quiet(scripted: Callable[..., Any]) -> None:
    """The servers of these tests start and stop without anybody asking them anything."""
    assert scripted([b""]).requests == []
