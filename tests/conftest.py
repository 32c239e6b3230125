"""Shared by the tests: fabricated evidence, scripted servers, the reference server, a shell."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import forked
import pytest
from botocore.session import Session as CoreSession
from calibration.servers import behave
from slowness import (  # noqa: F401 - hooks
    pytest_addoption,
    pytest_configure,
    pytest_runtest_makereport,
    pytest_runtest_protocol,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_xdist_auto_num_workers,
)

from conformance.checks.evidence import Evidence
from conformance.execution.engine import Engine
from conformance.execution.session import TargetSession
from conformance.generation.plans import Call, Case, Expect, Walk
from conformance.protocols.http import Exchange, Failure, FailureKind, Request, Response
from conformance.protocols.table import PROTOCOLS
from conformance.reference.launch import start
from conformance.reference.server import Running
from conformance.spec.documents import documented
from conformance.spec.operation import Operation
from conformance.spec.registry import registry
from conformance.spec.values import plain
from conformance.transport import sdk_clients
from conformance.transport import sender as sender_module
from conformance.transport.endpoint_config import Endpoint
from conformance.transport.sender import Sender

ROOT = Path(__file__).parent.parent
#: What a target lists under names that have no placeholder.
LISTED = {"Country": "US", "Type": "DID", "Number": "+12065550100"}
JSON = (("Content-Type", "application/json"), ("x-amzn-RequestId", "fabricated"))


def clean_environment() -> dict[str, str]:
    """This process's environment without whatever would reach AWS or another test run."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "PYTEST_", "REQUESTS_CA"))
    }
    nowhere = str(ROOT / "no-such-file")
    return {
        **kept,
        "AWS_CONFIG_FILE": nowhere,
        "AWS_SHARED_CREDENTIALS_FILE": nowhere,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@pytest.fixture(scope="session")
def _journals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for the journals of all runs of the tests."""
    return tmp_path_factory.mktemp("journals")


@pytest.fixture(autouse=True)
def _no_aws(monkeypatch: pytest.MonkeyPatch, _journals: Path) -> None:
    """No test sees the credentials, the settings or the journals of the user who runs it."""
    monkeypatch.setenv("CONFORMANCE_JOURNAL", str(_journals))
    for name in list(os.environ):
        if name.startswith(("AWS_", "REQUESTS_CA")):
            monkeypatch.delenv(name)
    for name, value in clean_environment().items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def filled() -> Callable[[Operation, Mapping[str, Any]], dict[str, Any]]:
    """Puts a stand-in for each value of a plan that only a target knows."""

    def fill(operation: Operation, value: Any) -> Any:
        if isinstance(value, list):
            return [fill(operation, item) for item in value]
        if not isinstance(value, Mapping) or not value.keys() & {"resource", "unknown"}:
            return value
        name = value.get("resource") or value["unknown"]
        resource = operation.resources[name]
        given = resource.placeholder or resource.unknown or LISTED.get(name.split(".")[-1])
        if given is None:
            schema = operation.members.get(name, {"type": "string"})
            given = plain(schema.get("items", schema))
        return given[: value.get("cut")]

    return lambda operation, params: {
        name: fill(operation, value) for name, value in params.items()
    }


class Fabricator:
    """Makes exchanges and evidence without any server."""

    def exchange(
        self,
        operation: str = "chime:ListPhoneNumbers",
        *,
        status: int = 200,
        body: Any = b"{}",
        headers: Sequence[tuple[str, str]] = JSON,
        params: Mapping[str, Any] | None = None,
        failure: FailureKind | None = None,
    ) -> Exchange:
        """One exchange; ``body`` is bytes, or anything that JSON can say."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = Response(status=status, headers=tuple(headers), body=raw)
        return Exchange(
            operation=operation,
            params=params or {},
            request=Request(method="GET", url="http://localhost/", headers=(), body=b""),
            response=None if failure else answer,
            failure=Failure(kind=failure, detail="fabricated") if failure else None,
        )

    def evidence(
        self,
        path: str,
        expect: Expect,
        *exchanges: Exchange,
        operation: str = "chime:ListPhoneNumbers",
        walk: bool = False,
        pages: int = 60,
        signing: Any = None,
        **known: Any,
    ) -> Evidence:
        """Evidence of one case: a call for each exchange, or one walk over all of them."""
        judged = registry().find(operation)
        steps: tuple[Any, ...] = tuple(Call(set=one.params) for one in exchanges)
        if walk:
            steps = (Walk(set=exchanges[0].params, pages=pages),)
        if signing is not None:
            alteration = type(Call().alteration)(signing=signing)
            steps = (Call(alteration=alteration),)
        case = Case(
            id=f"{operation}/{path}/fabricated",
            operation=operation,
            clause=f"{operation}/{path}",
            expect=expect,
            title="a promise: fabricated",
            steps=steps,
            level=known.pop("level", None),
        )
        return Evidence(
            operation=judged,
            protocol=PROTOCOLS[judged.protocol],
            case=case,
            steps=(exchanges,) if walk else tuple((one,) for one in exchanges),
            **known,
        )


@pytest.fixture(scope="session")
def fabricate() -> Fabricator:
    """Makes exchanges and evidence without any server."""
    return Fabricator()


def read_request(connection: socket.socket) -> bytes:
    """One request as it came, head and body; empty where the client has hung up."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        piece = connection.recv(65536)
        if not piece:
            return raw
        raw += piece
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next((int(li.split(b":")[1]) for li in lines if li.startswith(b"content-length:")), 0)
    while len(body) < length:
        piece = connection.recv(65536)
        if not piece:
            break
        body += piece
    return head + b"\r\n\r\n" + body


class Scripted:
    """A tiny server: ``attend`` gets each connection and its number, ``requests`` what came."""

    def __init__(self, attend: Callable[["Scripted", socket.socket, int], None]) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.closing = threading.Event()
        self._attend = attend
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()

    def read(self, connection: socket.socket) -> bytes:
        """The next request of a connection, kept in ``requests``."""
        raw = read_request(connection)
        if raw:
            self.requests.append(raw)
        return raw

    def pause(self, seconds: float) -> bool:
        """Wait; true as soon as the server is closing."""
        return self.closing.wait(seconds)

    def close(self) -> None:
        """Stop listening, drop every connection, and wait for the threads."""
        self.closing.set()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        self._threads[0].join(5)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join(5)

    def _listen(self) -> None:
        while not self.closing.is_set():
            connection, _ = self._listener.accept()
            if self.closing.is_set():
                connection.close()
                return
            self._open.append(connection)
            number = self.connections
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection, number), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection, contextlib.suppress(OSError):
            self._attend(self, connection, number)


def answer(status: int = 200, body: bytes = b"{}", *headers: tuple[str, str]) -> bytes:
    """A whole HTTP answer with a true Content-Length."""
    lines = [f"HTTP/1.1 {status} Scripted", *(f"{name}: {value}" for name, value in headers)]
    lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


Attend = Callable[[Scripted, socket.socket, int], None]


def passing_on(url: str, told: Callable[[bytes], None] = lambda raw: None) -> Attend:
    """A script that passes every request on to another server; ``told`` hears of each first."""
    port = int(url.rsplit(":", 1)[1])

    def attend(server: Scripted, connection: socket.socket, number: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as through:
            while raw := server.read(connection):
                told(raw)
                through.sendall(raw)
                connection.sendall(read_request(through))  # an answer is cut like a request

    return attend


@pytest.fixture
def scripted() -> Iterator[Callable[[Attend | Sequence[bytes]], Scripted]]:
    """Starts scripted servers.

    What is given is a function of the server, a connection and its number, or a list of whole
    answers: one a request, the last one for all the rest, over kept-alive connections.
    """
    started: list[Scripted] = []

    def start_one(script: Attend | Sequence[bytes]) -> Scripted:
        def in_turn(server: Scripted, connection: socket.socket, number: int) -> None:
            assert not callable(script)
            while server.read(connection):
                connection.sendall(script[min(len(server.requests), len(script)) - 1])

        server = Scripted(script if callable(script) else in_turn)
        started.append(server)
        return server

    yield start_one
    for server in started:
        server.close()


@pytest.fixture(scope="session")
def _core() -> CoreSession:
    """One SDK session for all senders: it reads the service models once."""
    return sdk_clients.sdk_session(Endpoint(url="http://localhost"))


@pytest.fixture
def sending(_core: CoreSession, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Sender]]:
    """Makes senders to a URL, and closes their connections in the end.

    ``fresh`` ones have an SDK session of their own, which reads the environment again.
    """
    made: list[Sender] = []

    def make(url: str, *, fresh: bool = False, **endpoint: Any) -> Sender:
        with monkeypatch.context() as patched:
            if not fresh:
                patched.setattr(sender_module, "sdk_session", lambda _: _core)
            made.append(Sender(Endpoint(url=url, **{"timeout": 2.0, **endpoint})))
        return made[-1]

    yield make
    for sender in made:
        sender._transport.close()


class Reference:
    """The reference server of this process and one sender to it; it can become any variant."""

    def __init__(self) -> None:
        self.server: Running = start()
        self.url = self.server.url
        self.sender = Sender(Endpoint(url=self.url, timeout=5.0))

    def become(self, **names: str) -> None:
        """Behave as a fault, dialect or degenerate of that name; honest without any."""
        self.server.become(behave(**names))
        self.sender._transport.close()  # a connection keeps its manners to the end

    def engine(self, **options: Any) -> Engine:
        """A fresh engine that knows nothing of the target yet."""
        return Engine(session=TargetSession(documented(), self.sender), **options)


@pytest.fixture(scope="session")
def _reference() -> Iterator[Reference]:
    running = Reference()
    yield running
    running.sender._transport.close()
    running.server.close()


@pytest.fixture
def reference(_reference: Reference) -> Iterator[Reference]:
    """The reference server, honest unless told otherwise."""
    yield _reference
    _reference.become()


@pytest.fixture
def session(reference: Any) -> TargetSession:
    """A fresh session with the reference server."""
    return TargetSession(documented(), reference.sender)


class Shell:
    """Runs commands in an empty folder, without the environment of whoever runs the tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _environment(self) -> dict[str, str]:
        # beside the folder: what a command caches is in neither the folder nor the user's own
        cache = self.folder.with_name(f"{self.folder.name}-cache")
        return {**clean_environment(), "XDG_CACHE_HOME": str(cache)}

    def run(self, *command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Start a command, and run it to its end."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**self._environment(), **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def fork(self, *command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run a command without a start of its own, unless its environment asks for one."""
        env = {**self._environment(), **environment}
        if not forked.forkable(command, env):
            return self.run(*command, **environment)
        return forked.Command(command, cwd=self.folder, env=env).wait(120)

    def certify(self, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """``aws-conformance certify``, with warnings as errors."""
        python = (sys.executable, "-W", "error", "-m", "conformance", "certify")
        return self.fork(*python, *words, **environment)

    def pytest(self, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """pytest on the suite, as its users run it outside a checkout."""
        python = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider")
        plugin = ("-p", "conformance.plugin", "--pyargs", "conformance.suite")
        return self.fork(*python, *plugin, *words, **environment)


@pytest.fixture(scope="session")
def shell_in() -> type[Shell]:
    """Runs commands in a folder that is given."""
    return Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Runs commands in an empty folder."""
    return Shell(tmp_path)


#: A port that is looked for beforehand may be another server's by the time moto listens.
_MOTO = """
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
server._thread.join()
"""


def serving_moto() -> Iterator[str]:
    """Run moto's server, somebody else's mock, on a port that it takes itself; its address."""
    command = [sys.executable, "-c", _MOTO]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.terminate()
            server.wait(10)


def certified(url: str, folder: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """The status and the report of a run without explorations, which writes into a folder."""
    command = [sys.executable, "-m", "conformance", "certify", url, "--max-examples=0"]
    done = subprocess.run(
        [*command, *words, f"--report={folder}"],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder.parent,
        env=clean_environment(),
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads((folder / "report.json").read_text("utf-8"))
