"""The transport: whatever the peer does, an answer or a failure in bounded time and size."""

import http.client
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.protocols.http import (
    Exchange,
    Failure,
    FailureKind,
    Request,
    Response,
    header,
)
from conformance.transport import connection, http1
from conformance.transport.connection import Transport

#: Far more than any of these servers may hold a request; nobody waits this long in a green run.
PATIENCE = 20.0

Script = Callable[..., Any]


def request(url: str, method: str = "GET", body: bytes = b"", **headers: str) -> Request:
    return Request(method=method, url=url, headers=tuple(headers.items()), body=body)


@pytest.fixture
def transport() -> Iterator[Callable[..., Transport]]:
    """Makes transports, quick to give up, and closes their connections in the end."""
    made: list[Transport] = []

    def make(**options: Any) -> Transport:
        made.append(Transport(**{"timeout": 0.3, "reaches": lambda _: True, **options}))
        return made[-1]

    yield make
    for one in made:
        one.close()


def sent(transport: Transport, url: str, circuit_breaker: float = PATIENCE) -> Response | Failure:
    """The outcome of one request, which comes long before patience ends."""
    outcome: list[Response | Failure] = []
    thread = threading.Thread(target=lambda: outcome.append(transport.send(request(url))))
    thread.daemon = True
    thread.start()
    thread.join(circuit_breaker)
    assert outcome, "the request is still under way"
    return outcome[0]


def kind(outcome: Response | Failure) -> FailureKind:
    assert isinstance(outcome, Failure), outcome
    assert str(outcome).startswith(f"{outcome.kind}: ")
    assert "\n" not in str(outcome)
    return outcome.kind


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def saying(data: bytes) -> Script:
    """A server that says something and hangs up, whatever it is asked."""

    def attend(server: Any, connection: socket.socket, number: int) -> None:
        server.read(connection)
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)

    return attend


def dripping(beginning: bytes, drop: bytes) -> Script:
    """A server that says something, and then a little more for ever."""

    def attend(server: Any, connection: socket.socket, number: int) -> None:
        server.read(connection)
        connection.sendall(beginning)
        while not server.pause(0.02):
            connection.sendall(drop)

    return attend


def mute(server: Any, connection: socket.socket, number: int) -> None:
    server.read(connection)
    server.pause(PATIENCE * 2)


SLOW: Mapping[str, Script] = {
    "never answers": mute,
    "never reads": lambda server, connection, number: server.pause(PATIENCE * 2),
    "drips before the status": dripping(b"", b"H"),
    "drips a body": dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
    "drips chunks": dripping(CHUNKED, b"1\r\nx\r\n"),
    "says 100 for ever": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "stops in the body": dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", b""),
}


class TestTime:
    @pytest.mark.parametrize("script", SLOW)
    def test_a_slow_peer_is_a_timeout(
        self, script: str, scripted: Script, transport: Script
    ) -> None:
        """The bound is on the whole answer, not on the pause between two of its bytes."""
        outcome = sent(transport(), scripted(SLOW[script]).url)
        assert kind(outcome) is FailureKind.TIMEOUT
        assert "0.3" in str(outcome)  # whichever of the two clocks was first

    @pytest.mark.parametrize("framing", ["", "Connection: close\r\nContent-Length: 100000\r\n"])
    def test_a_slow_body_that_closes_is_a_timeout(
        self, framing: str, scripted: Script, transport: Script
    ) -> None:
        """Nor does it help a slow peer to end its answer with the connection."""
        attend = dripping(f"HTTP/1.1 200 OK\r\n{framing}\r\n".encode(), b"x")
        outcome = sent(transport(), scripted(attend).url, circuit_breaker=1.5)
        assert kind(outcome) is FailureKind.TIMEOUT

    def test_a_slow_header_is_a_timeout(self, scripted: Script, transport: Script) -> None:
        """What was cut off at the deadline is no answer."""
        attend = dripping(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x")
        assert kind(sent(transport(), scripted(attend).url)) is FailureKind.TIMEOUT

    def test_after_a_timeout_the_next_request_is_a_fresh_one(
        self, scripted: Script, transport: Script
    ) -> None:
        """What is left of a slow answer is never taken for the next one."""

        def attend(server: Any, connection: socket.socket, number: int) -> None:
            if number == 0:
                dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x")(
                    server, connection, number
                )
            else:
                server.read(connection)
                connection.sendall(OK)

        server, client = scripted(attend), transport()
        assert kind(sent(client, server.url)) is FailureKind.TIMEOUT
        again = sent(client, server.url)
        assert isinstance(again, Response)
        assert again.body == b"{}"

    def test_one_slow_answer_does_not_end_the_next(
        self, scripted: Script, transport: Script, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The watch of one request never ends another, over one connection or several."""
        server = scripted([OK])
        client = transport()
        for _ in range(20):
            assert isinstance(sent(client, server.url), Response)
        assert server.connections == 1


class TestSize:
    @pytest.mark.parametrize("framing", ["Connection: close", "Content-Length: 1073741824"])
    def test_a_huge_body_is_not_read_to_its_end(
        self, framing: str, scripted: Script, transport: Script, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A body beyond the bound is a failure of its own, and the connection is given up."""
        monkeypatch.setattr(connection, "ENDLESS", 1 << 18)

        def attend(server: Any, connection: socket.socket, number: int) -> None:
            server.read(connection)
            connection.sendall(f"HTTP/1.1 200 OK\r\n{framing}\r\n\r\n".encode())
            while not server.pause(0):
                connection.sendall(b"x" * 65536)

        outcome = sent(transport(timeout=PATIENCE), scripted(attend).url)
        assert kind(outcome) is FailureKind.TOO_LARGE

    def test_a_long_body_that_ends_is_not_judged(
        self, scripted: Script, transport: Script, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A body may be longer than what is kept of it: that is no failure of the target."""
        monkeypatch.setattr(connection, "MAX_BODY", 1 << 18)
        for length, expected in ((1 << 18, None), ((1 << 18) + 1, FailureKind.UNJUDGED)):
            whole = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length + b"x" * length
            outcome = sent(transport(timeout=PATIENCE), scripted([whole]).url)
            assert (outcome.kind if isinstance(outcome, Failure) else None) is expected

    def test_headers_that_are_too_long_together_are_not_judged(
        self, scripted: Script, transport: Script
    ) -> None:
        """A hundred headers, each within what a client reads, are too much together."""
        many = b"".join(b"X-%d: %s\r\n" % (n, b"a" * 2000) for n in range(90))
        whole = b"HTTP/1.1 200 OK\r\n" + many + b"Content-Length: 2\r\n\r\n{}"
        outcome = sent(transport(timeout=PATIENCE), scripted([whole]).url)
        assert outcome == Failure(kind=FailureKind.UNJUDGED, detail="more than 128 KiB of headers")

    @pytest.mark.skipif(
        not hasattr(time, "pthread_getcpuclockid"), reason="no clock of another thread's work"
    )
    @pytest.mark.parametrize(
        "piece", [b"1\r\n \r\n" * 10_000, b"HTTP/1.1 100 Continue\r\n\r\n" * 1000]
    )
    def test_an_answer_in_a_million_pieces_is_not_judged(
        self,
        piece: bytes,
        scripted: Script,
        transport: Script,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Reading is bounded in work as well: chunks of one byte, interim answers without end."""
        monkeypatch.setattr(connection, "MAX_WORK", 0.3)

        def attend(server: Any, connection: socket.socket, number: int) -> None:
            server.read(connection)
            if piece.startswith(b"1"):
                connection.sendall(CHUNKED)
            while not server.pause(0):
                connection.sendall(piece)

        before = time.thread_time()
        outcome = sent(transport(timeout=60), scripted(attend).url)
        assert kind(outcome) is FailureKind.UNJUDGED
        assert time.thread_time() - before < 3

    def test_endless_headers_are_not_read_to_their_end(
        self, scripted: Script, transport: Script
    ) -> None:
        """Nor are headers without end."""

        def attend(server: Any, connection: socket.socket, number: int) -> None:
            server.read(connection)
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not server.pause(0):
                connection.sendall(b"X-Header: value\r\n" * 1000)

        assert isinstance(sent(transport(timeout=PATIENCE), scripted(attend).url), Failure)


#: Heads of all kinds, ordinary ones first, each with a body of two bytes.
HEADS = (
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n",
    "HTTP/1.1 400 Bad Request\r\ncontent-length:2\r\nX-A:\r\nX-B: \t a  \r\nX-A: again\r\n",
    "HTTP/1.1 200 \r\nX-Text: \xe4\x00\x85:b\r\nContent-Length: 0002\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: Close\r\n",
    "HTTP/1.1 200 OK\r\nconnection: keep-alive\r\nContent-Length: 2\r\n",
    "HTTP/1.1 200\r\nContent-Length: 2\r\n",
    "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close, close\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=5\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: identity\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: +2\r\nX-Folded: a\r\n b\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX Spaced: a\r\n",
    "HTTP/1.1 200 OK\nContent-Length: 2\n",
)


class TestHeads:
    @pytest.mark.parametrize("head", HEADS)
    def test_a_head_is_the_same_either_way(
        self, head: str, scripted: Script, transport: Script, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is read at once is what http.client reads, whose tolerance holds for the rest."""
        server = scripted(saying(head.encode("latin-1") + b"\r\n{}"))
        quick = sent(transport(), server.url)
        monkeypatch.setattr(http1, "_ordinary", lambda _: None)
        assert sent(transport(), server.url) == quick
        assert isinstance(quick, Response)
        assert (quick.status, quick.body[:2]) == (int(head[9:12]), b"{}")

    @pytest.mark.parametrize(
        ("head", "general"),
        [*((one, False) for one in HEADS[:5]), *((one, True) for one in HEADS[5:])],
    )
    def test_an_ordinary_head_takes_no_general_parser(
        self,
        head: str,
        general: bool,
        scripted: Script,
        transport: Script,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Most of the time of a request went into that parser."""
        used: list[bool] = []
        begin = http.client.HTTPResponse.begin
        monkeypatch.setattr(
            http.client.HTTPResponse, "begin", lambda answer: (used.append(True), begin(answer))
        )
        sent(transport(), scripted(saying(head.encode("latin-1") + b"\r\n{}")).url)
        assert bool(used) is general

    def test_a_head_in_two_packets_is_read_whole(self, scripted: Script, transport: Script) -> None:
        """Nothing is taken of a head that is not there yet."""

        def attend(server: Any, connection: socket.socket, number: int) -> None:
            server.read(connection)
            connection.sendall(OK[:25])
            server.pause(0.05)
            connection.sendall(OK[25:])

        outcome = sent(transport(timeout=PATIENCE), scripted(attend).url)
        assert outcome == Response(status=200, headers=(("Content-Length", "2"),), body=b"{}")


class TestBrokenAnswers:
    @pytest.mark.parametrize(
        ("data", "expected"),
        [
            (b"", FailureKind.DROPPED),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", FailureKind.TRUNCATED),
            (CHUNKED + b"9\r\n{}", FailureKind.TRUNCATED),
            (CHUNKED + b"zz\r\n{}", FailureKind.TRUNCATED),
            (b"SSH-2.0-OpenSSH_9.6\r\n", FailureKind.NOT_HTTP),
            (b"HTTP/1.1 abc OK\r\n\r\n", FailureKind.NOT_HTTP),
            (b"HTTP/1.1 1 OK\r\n\r\n", FailureKind.NOT_HTTP),
            (b"\x00" * 100, FailureKind.NOT_HTTP),
        ],
    )
    def test_an_answer_that_is_none_is_named(
        self, data: bytes, expected: FailureKind, scripted: Script, transport: Script
    ) -> None:
        """Dropped, cut short, or no HTTP at all: each is said in one line."""
        assert kind(sent(transport(), scripted(saying(data)).url)) is expected

    @pytest.mark.parametrize(
        "data",
        [
            b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 500 + b"\r\n{}",
            b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n{}",
        ],
        ids=["too many headers", "a header too long"],
    )
    def test_headers_beyond_reason_are_no_http(
        self, data: bytes, scripted: Script, transport: Script
    ) -> None:
        """What nobody can read is named as that: the connection was not dropped."""
        assert kind(sent(transport(), scripted(saying(data)).url)) is FailureKind.NOT_HTTP

    @pytest.mark.parametrize(
        ("data", "status", "body"),
        [
            (b"HTTP/1.1 200 OK\r\n\r\n{}", 200, b"{}"),
            (b"HTTP/1.0 404 No\r\nContent-Length: 0\r\n\r\n", 404, b""),
            (b"HTTP/1.1 204 No\r\n\r\n", 204, b""),
            (b"HTTP/1.1 301 Go\r\nLocation: /\r\nContent-Length: 1\r\n\r\nx", 301, b"x"),
            (b"HTTP/1.1 599 Odd\r\nContent-Length: 1\r\n\r\nx", 599, b"x"),
            (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 200, b"{}"),
            (CHUNKED + b"1\r\n{\r\n1;a=b\r\n}\r\n0\r\n\r\n", 200, b"{}"),
            (
                b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
                200,
                b"{}",
            ),
        ],
    )
    def test_an_answer_comes_as_it_is(
        self, data: bytes, status: int, body: bytes, scripted: Script, transport: Script
    ) -> None:
        """No redirect is followed, nothing is decompressed, any status is an answer."""
        outcome = sent(transport(), scripted(saying(data)).url)
        assert isinstance(outcome, Response)
        assert (outcome.status, outcome.body) == (status, body)

    def test_headers_come_in_order_and_twice(self, scripted: Script, transport: Script) -> None:
        """Duplicate headers are kept apart, in their order and case."""
        data = b"HTTP/1.1 200 OK\r\nX-B: 1\r\nx-a: 2\r\nX-B: 3\r\nContent-Length: 0\r\n\r\n"
        outcome = sent(transport(), scripted(saying(data)).url)
        assert isinstance(outcome, Response)
        assert sorted(outcome.headers) == [
            ("Content-Length", "0"),
            ("X-B", "1"),
            ("X-B", "3"),
            ("x-a", "2"),
        ]
        assert outcome.header("X-A") == "2"
        assert header(outcome.headers, "nothing") is None


class TestConnections:
    def test_a_stale_connection_is_renewed_once(self, scripted: Script, transport: Script) -> None:
        """A kept connection that the peer closed meanwhile costs one more try and no finding."""

        def attend(server: Any, connection: socket.socket, number: int) -> None:
            server.read(connection)
            connection.sendall(OK)
            connection.settimeout(PATIENCE)
            connection.recv(1)  # the next request arrives, and is dropped

        server, client = scripted(attend), transport()
        for _ in range(3):
            assert isinstance(sent(client, server.url), Response)
        assert server.connections == 3

    def test_a_peer_that_always_drops_is_found_out(
        self, scripted: Script, transport: Script
    ) -> None:
        """A request that is dropped on a fresh connection too is dropped."""
        dropped = saying(b"")

        def attend(server: Any, connection: socket.socket, number: int) -> None:
            if number == 0:
                server.read(connection)
                connection.sendall(OK)
            dropped(server, connection, number)

        server, client = scripted(attend), transport()
        assert isinstance(sent(client, server.url), Response)
        assert kind(sent(client, server.url)) is FailureKind.DROPPED
        assert len(server.requests) == 3

    def test_a_fresh_connection_is_not_tried_twice(
        self, scripted: Script, transport: Script
    ) -> None:
        """Retries are off: what is dropped at once was sent once."""
        server = scripted(saying(b""))
        assert kind(sent(transport(), server.url)) is FailureKind.DROPPED
        assert len(server.requests) == 1

    def test_an_interrupted_request_leaves_nothing_to_the_next(
        self, scripted: Script, transport: Script, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is left of its response is not read as another's, and no request is sent twice."""
        whole = connection._exchange

        def interrupted(*given: Any) -> Response | Failure:
            monkeypatch.setattr(connection, "_exchange", whole)
            connection._asked(*given)
            raise KeyboardInterrupt

        server, client = scripted([OK, OK, OK.replace(b"{}", b"[]")]), transport()
        assert isinstance(sent(client, server.url), Response)
        monkeypatch.setattr(connection, "_exchange", interrupted)
        with pytest.raises(KeyboardInterrupt):
            client.send(request(server.url))
        outcome = sent(client, server.url)
        assert isinstance(outcome, Response)
        assert outcome.body == b"[]"
        assert len(server.requests) == 3

    def test_a_connection_that_was_closed_is_not_a_kept_one(
        self, scripted: Script, transport: Script
    ) -> None:
        """What follows a response that ends its connection is sent on a fresh one, and once."""
        closing = OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")

        def attend(server: Any, connection: socket.socket, number: int) -> None:
            saying(b"" if number else closing)(server, connection, number)

        server, client = scripted(attend), transport()
        assert isinstance(sent(client, server.url), Response)
        assert kind(sent(client, server.url)) is FailureKind.DROPPED
        assert len(server.requests) == 2

    def test_a_connection_that_is_to_end_is_not_used_again(
        self, scripted: Script, transport: Script
    ) -> None:
        """Also where its peer does not end it."""
        server = scripted([OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")])
        client = transport()
        for _ in range(2):
            assert isinstance(sent(client, server.url), Response)
        assert server.connections == 2

    def test_nobody_listens(self, transport: Script) -> None:
        """A refused connection is no answer, and not the target's fault."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        assert kind(sent(transport(), f"http://127.0.0.1:{port}")) is FailureKind.UNREACHABLE

    def test_nobody_knows_the_name(self, transport: Script) -> None:
        """Nor is a name that resolves to nothing."""
        client = transport(timeout=5.0)
        assert kind(sent(client, "http://nobody.invalid:1")) is FailureKind.UNREACHABLE


class TestBytes:
    @pytest.mark.parametrize(
        "target",
        [
            "/",
            "/phone-numbers/%2B12065550100",
            "/phone-numbers/%252B1",
            "/phone-numbers/+1",
            "/phone-numbers/..",
            "/phone-numbers//x/./../",
            "/search?a=1&a=2&b=&c",
            "/search?q=%20+%2B~*'()",
            "/x?a=b?c=d",
        ],
    )
    def test_the_target_is_sent_as_it_stands(
        self, target: str, scripted: Script, transport: Script
    ) -> None:
        """No path is normalised and no query is sorted or decoded on its way out."""
        server = scripted([OK])
        message = request(server.url + target)
        assert message.target == target
        transport().send(message)
        assert server.requests[0].split(b" ")[1].decode() == target

    @pytest.mark.parametrize("target", ["/phone-numbers/%2b1", "/phone-numbers/%e6%9d%b1"])
    def test_small_percent_encodings_stay_small(
        self, target: str, scripted: Script, transport: Script
    ) -> None:
        """What was signed is what is sent, also where an encoding is spelt unusually."""
        server = scripted([OK])
        transport().send(request(server.url + target))
        assert server.requests[0].split(b" ")[1].decode() == target

    def test_method_headers_and_body_are_sent_as_they_stand(
        self, scripted: Script, transport: Script
    ) -> None:
        """A body is sent with its length, any bytes, under any method."""
        server = scripted([OK])
        body = bytes(range(256))
        transport().send(request(server.url + "/x", "PATCH", body, **{"X-Odd": "a b"}))
        head, _, came = server.requests[0].partition(b"\r\n\r\n")
        assert head.startswith(b"PATCH /x HTTP/1.1\r\n")
        assert b"X-Odd: a b" in head
        assert b"Content-Length: 256" in head
        assert came == body

    def test_no_compression_is_asked_for(self, scripted: Script, transport: Script) -> None:
        """Bodies are wanted as they are."""
        server = scripted([OK])
        transport().send(request(server.url))
        assert b"accept-encoding: identity" in server.requests[0].lower()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that only its own file vouches for, with its key."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    key = path.with_name("key.pem")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-addext", "basicConstraints=critical,CA:TRUE"]
    command += ["-keyout", str(key), "-out", str(path)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("there is no openssl command to make a certificate with")
    path.write_text(path.read_text() + key.read_text())
    return path


def secured(certificate: Path) -> Script:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def attend(server: Any, connection: socket.socket, number: int) -> None:
        try:
            secure = context.wrap_socket(connection, server_side=True)
        except OSError:
            return
        with secure:
            while server.read(secure):
                secure.sendall(OK)

    return attend


class TestTls:
    @pytest.fixture
    def url(self, certificate: Path, scripted: Script) -> str:
        return f"https://127.0.0.1:{scripted(secured(certificate)).port}"

    def test_a_certificate_of_nobody_is_refused(self, url: str, transport: Script) -> None:
        """A self-signed certificate is a TLS failure, not a dropped connection."""
        outcome = sent(transport(timeout=5.0), url)
        assert kind(outcome) is FailureKind.TLS
        assert "CERTIFICATE_VERIFY_FAILED" in str(outcome)

    def test_an_authority_of_ones_own_is_accepted(
        self, url: str, certificate: Path, transport: Script
    ) -> None:
        """A bundle that vouches for the certificate makes it good."""
        outcome = sent(transport(timeout=5.0, verify=str(certificate)), url)
        assert isinstance(outcome, Response)

    def test_verification_can_be_turned_off(self, url: str, transport: Script) -> None:
        """Without verification any certificate will do, and nobody warns."""
        outcome = transport(timeout=5.0, verify=False).send(request(url))
        assert isinstance(outcome, Response)

    def test_the_wrong_scheme_is_found_out(
        self, certificate: Path, scripted: Script, transport: Script
    ) -> None:
        """Plain HTTP to a TLS port is no answer; TLS to a plain one is a TLS failure."""

        def plain(server: Any, connection: socket.socket, number: int) -> None:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

        assert isinstance(sent(transport(), scripted(secured(certificate)).url), Failure)
        url = scripted(plain).url.replace("http", "https")
        assert kind(sent(transport(), url)) is FailureKind.TLS

    @pytest.mark.parametrize("drop", [b"", b"\x16"], ids=["mute", "dripping"])
    def test_a_handshake_is_bounded(
        self, drop: bytes, scripted: Script, transport: Script, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A peer that never comes to the end of its handshake is a timeout too."""
        record = b"\x16\x03\x03\x40\x00"  # a handshake record of 16,384 bytes begins

        def attend(server: Any, connection: socket.socket, number: int) -> None:
            connection.recv(65536)
            if drop:
                connection.sendall(record)
            deadline = time.monotonic() + 3
            while not server.pause(0.05) and time.monotonic() < deadline:
                connection.sendall(drop)

        url = scripted(attend).url.replace("http", "https")
        assert kind(sent(transport(), url)) is FailureKind.TIMEOUT


class TestExchanges:
    @pytest.mark.parametrize(
        ("status", "succeeded"), [(200, True), (204, True), (299, True), (199, False), (300, False)]
    )
    def test_success_is_a_2xx(self, status: int, succeeded: bool, fabricate: Any) -> None:
        """Success is a status of the 200s and nothing else."""
        assert fabricate.exchange(status=status).succeeded is succeeded

    def test_without_an_answer_there_is_no_status(self, fabricate: Any) -> None:
        """A failure has no status and is no success."""
        exchange: Exchange = fabricate.exchange(failure=FailureKind.TIMEOUT)
        assert (exchange.status, exchange.succeeded) == (None, False)

    def test_a_request_tells_its_parts(self) -> None:
        """Path and query are read off the URL as it stands."""
        message = request("http://host:1/a%2Fb/?x=1&x=%20&y")
        assert message.target == "/a%2Fb/?x=1&x=%20&y"
        assert message.path == "/a%2Fb/"
        assert message.query == [("x", "1"), ("x", " "), ("y", "")]
        assert request("http://host").target == "/"
