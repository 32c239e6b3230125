"""Requests as bytes: what is sent is what urllib3 writes, in one piece, or nothing."""

import socket
from collections.abc import Callable
from http.client import InvalidURL
from typing import Any

import pytest
from urllib3.connection import HTTPConnection

from conformance.protocols.http import Request
from conformance.spec.sdk_models.loader import operation
from conformance.transport import http1
from conformance.transport.http1 import UnsendableError
from conformance.transport.sender import NotSentError, Sender

HOST = "localhost:8080"


def request(method: str, target: str, body: bytes = b"", *headers: tuple[str, str]) -> Request:
    return Request(method=method, url=f"http://{HOST}{target}", headers=headers, body=body)


class Written:
    """A socket that keeps what is written to it."""

    def __init__(self) -> None:
        self.data = b""

    def sendall(self, data: bytes) -> None:
        self.data += data

    def settimeout(self, _: float) -> None: ...


def by_urllib3(sent: Request) -> bytes:
    """A request as urllib3 writes it."""
    connection = HTTPConnection("localhost", 8080)
    written: Any = Written()
    connection.sock = written
    connection.request(sent.method, sent.target, body=sent.body or None, headers=dict(sent.headers))
    return bytes(written.data)


AGENT = ("User-Agent", "aws-conformance")
SENT = {
    "nothing but an address": request("GET", "/", b"", AGENT),
    "a query": request("GET", "/a%2Fb?x=1&x=%20", b"", AGENT, ("X-Amz-Date", "now")),
    "a body": request("POST", "/", b"{}", AGENT, ("Content-Type", "application/json")),
    "a body of its length": request("PUT", "/", b"{}", AGENT, ("content-length", "2")),
    "a body of another length": request("PUT", "/", b"{}", AGENT, ("Content-Length", "9")),
    "any bytes": request("PUT", "/", bytes(range(256)), AGENT),
    "a body of a GET": request("GET", "/", b"{}", AGENT),
    "no body of a POST": request("POST", "/", b"", AGENT),
    "no body of a DELETE": request("DELETE", "/", b"", AGENT),
    "an unknown method": request("BREW", "/", b"", AGENT),
    "chunks": request("PUT", "/", b"abc", AGENT, ("Transfer-Encoding", "chunked")),
    "no chunk": request("PUT", "/", b"", AGENT, ("Transfer-Encoding", "chunked")),
    "an expectation that is not waited for": request(
        "PUT", "/", b"abc", AGENT, ("Expect", "100-continue")
    ),
    "another host": request("GET", "/", b"", AGENT, ("host", "example.com")),
    "other codings": request("GET", "/", b"", AGENT, ("Accept-Encoding", "gzip")),
    "text beyond ASCII": request("GET", "/", b"", AGENT, ("X-Text", "\xe4\x85\x00\x7f")),
    "an empty value": request("GET", "/", b"", AGENT, ("X-Empty", ""), ("X-Space", " a ")),
    "a folded value": request("GET", "/", b"", AGENT, ("X-Folded", "a\r\n b\n\tc\r d")),
    "an odd name": request("GET", "/", b"", AGENT, ("X Spaced\x01", "a")),
}


@pytest.mark.parametrize("name", SENT)
def test_a_request_is_what_urllib3_writes(name: str) -> None:
    """Framing, what is added to a request, and its order are those of an ordinary client."""
    assert http1.message(SENT[name], HOST) == by_urllib3(SENT[name])


BROKEN = {
    "a value with another line": request("GET", "/", b"", AGENT, ("X-A", "a\r\nX-B: b")),
    "a value with an end": request("GET", "/", b"", AGENT, ("X-A", "a\r\n\r\nGET / HTTP/1.1")),
    "a value that ends in a line end": request("GET", "/", b"", AGENT, ("X-A", "a\r\n")),
    "a bare line feed": request("GET", "/", b"", AGENT, ("X-A", "a\nb")),
    "a bare carriage return": request("GET", "/", b"", AGENT, ("X-A", "a\rb")),
    "a name with a colon": request("GET", "/", b"", AGENT, (":a", "b")),
    "a name with a space before": request("GET", "/", b"", AGENT, (" a", "b")),
    "no name": request("GET", "/", b"", AGENT, ("", "b")),
    "a name with a line end": request("GET", "/", b"", AGENT, ("X-A\r\nX-B", "b")),
    "a name beyond ASCII": request("GET", "/", b"", AGENT, ("X-\xe4", "b")),
    "a value beyond Latin-1": request("GET", "/", b"", AGENT, ("X-A", "\u20ac")),
    "a target beyond ASCII": request("GET", "/\xe4", b"", AGENT),
    "a target with a space": request("GET", "/a b", b"", AGENT),
    "a method with a line end": request("GET\r\n", "/", b"", AGENT),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_request_that_would_be_read_as_another_is_not_written(name: str) -> None:
    """Nor does urllib3 write it."""
    with pytest.raises((ValueError, InvalidURL)):
        by_urllib3(BROKEN[name])
    with pytest.raises(UnsendableError):
        http1.message(BROKEN[name], HOST)


def test_what_cannot_be_sent_is_not_the_targets_fault(
    scripted: Callable[..., Any], sending: Callable[..., Sender]
) -> None:
    """Nothing was sent, so that nothing was dropped; what can be sent is."""
    server = scripted([b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"])
    sender = sending(server.url)
    create = operation("s3", "CreateBucket")
    with pytest.raises(NotSentError, match="would be read as another"):
        sender.send(create, {"Bucket": "b", "GrantRead": "a\nb"})
    assert (sender.requests, len(server.requests)) == (0, 0)
    assert sender.send(create, {"Bucket": "b", "GrantRead": "a b"}).succeeded


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="only Linux can be asked")
def test_what_comes_is_acknowledged_at_once() -> None:
    """A server that writes head and body apart waits for that before the body."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as sock,
        server.accept()[0] as peer,
    ):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        assert http1.answer(sock, "GET").status == 200
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK)
