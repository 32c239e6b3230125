"""Messages of HTTP/1.1 as bytes: a request is written whole, an ordinary response is read at once.

What is not ordinary is left to :mod:`http.client` with all of its bytes, so that what is tolerated
is decided in one place. This module opens no connection and knows no deadline.
"""

import http.client
import re
import socket

from conformance.errors import ConformanceError
from conformance.protocols.http import Headers, Request

#: Methods whose requests say nothing about a body that they do not have. RFC 9110 § 8.6.
_WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE", "TRACE", "OPTIONS", "CONNECT"})
#: The lines that a request begins with. No value ends its line, unless the next one continues it.
#: RFC 9112 § 3 and 5.
_REQUEST_LINE = re.compile(r"[!-~]+ [!-~]+ HTTP/1\.1")
_FIELD_LINE = re.compile(
    r"[^:\s\x80-\U0010ffff][^:\r\n\x80-\U0010ffff]*:"
    r"[^\r\n\u0100-\U0010ffff]*(?:(?:\r\n|\r|\n)[ \t][^\r\n\u0100-\U0010ffff]*)*"
)
#: The head of an ordinary response: a final status of one with a body, and whole header lines.
#: RFC 9112 § 4 and 5.
_HEAD = re.compile(
    rb"HTTP/1\.1 (20[0-35-9]|[45][0-9][0-9]) [^\r\n]*\r\n"
    rb"((?:[!#-'*+.^_`|~0-9A-Za-z-]+:[^\r\n]*\r\n){1,64})\r\n"
)
#: So many bytes of a response are looked at before any is taken.
_PEEKED = 16 * 1024
#: Linux delays the acknowledgement of what comes, unless it is asked anew for each response not to;
#: a server that writes head and body apart, as simple ones do, then waits 40 ms before the body.
_QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)
#: The headers that say how long a response is, and whether its connection ends with it.
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive"})


class UnsendableError(ConformanceError):
    """A request that HTTP/1.1 has no form for: it would be read as another."""


def message(request: Request, host: str) -> bytes:
    """A request as it is sent; what a recipient needs and it does not have is added.

    Raises :class:`UnsendableError` for one that would be read as another.
    """
    given = {name.lower() for name, _ in request.headers}
    body = request.body
    fields = []
    if "host" not in given:
        fields.append(("Host", host))
    if "accept-encoding" not in given:
        fields.append(("Accept-Encoding", "identity"))
    if "content-length" not in given:
        if "transfer-encoding" in given:
            body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
        elif body or request.method not in _WITHOUT_BODY:
            fields.append(("Content-Length", str(len(body))))
    first = f"{request.method} {request.target} HTTP/1.1"
    lines = [f"{name}: {value}" for name, value in (*fields, *request.headers)]
    if not (_REQUEST_LINE.fullmatch(first) and all(map(_FIELD_LINE.fullmatch, lines))):
        raise UnsendableError("a line of the request's head would be read as another")
    return "\r\n".join([first, *lines, "", ""]).encode("latin-1") + body


class General(http.client.HTTPResponse):
    """A response as :mod:`http.client` reads it."""

    def __init__(self, sock: socket.socket, method: str) -> None:
        super().__init__(sock, method=method)
        self.fields: Headers = ()

    def begin(self) -> None:
        """Read status and headers."""
        try:
            super().begin()
        except BaseException:
            self.close()
            raise
        self.fields = tuple(self.headers.items())


class Ordinary:
    """A response whose head has been read at once; ``length`` bytes of its body are due.

    It has what is asked of a :class:`General` one.
    """

    def __init__(
        self, sock: socket.socket, status: int, fields: Headers, length: int, *, will_close: bool
    ) -> None:
        self.status, self.fields, self.length = status, fields, length
        self.will_close = will_close
        self._socket = sock

    def read(self, most: int) -> bytes:
        """At most so many bytes of the body; none at its end."""
        data = self._socket.recv(min(most, self.length)) if self.length else b""
        self.length -= len(data)
        return data

    def close(self) -> None:
        """Nothing is held that is not the connection's."""


def answer(sock: socket.socket, method: str) -> Ordinary | General:
    """The response to a request of that method, its head read."""
    if (
        _QUICK_ACK is not None
    ):  # one that comes in pieces would wait for the acknowledgement of each
        sock.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)
    found = _ordinary(sock) if method != "HEAD" else None
    if found is not None:
        return found
    general = General(sock, method)
    general.begin()
    return general


def _ordinary(sock: socket.socket) -> Ordinary | None:
    """The ordinary response that has come; ``None`` for any other, of which nothing is read."""
    if type(sock) is not socket.socket:
        return None  # TLS cannot be looked at in advance
    found = _HEAD.match(sock.recv(_PEEKED, socket.MSG_PEEK))
    if found is None:
        return None
    lines = found[2].decode("latin-1").split("\r\n")[:-1]
    pairs = [line.partition(":") for line in lines]
    fields = tuple((name, value.lstrip(" \t")) for name, _, value in pairs)
    framing = [(name.lower(), value.lower()) for name, value in fields if name.lower() in _FRAMING]
    said = dict(framing)
    length, connection = said.get("content-length", ""), said.get("connection", "keep-alive")
    if len(framing) != 1 + ("connection" in said) or connection not in {"close", "keep-alive"}:
        return None
    if not (length.isascii() and length.isdigit()):
        return None
    left = found.end()
    while left:
        left -= len(sock.recv(left))
    return Ordinary(sock, int(found[1]), fields, int(length), will_close=connection == "close")
