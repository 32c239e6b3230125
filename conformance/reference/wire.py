"""HTTP/1.1 as bytes: reading a request from a stream, writing an answer to a channel.

It knows nothing of AWS, of operations or of threads. A request that cannot be read is a
``BadRequest``; the end of the stream is ``None``.
"""

import email.utils
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, BinaryIO, Protocol
from urllib.parse import unquote_plus

MAX_LINE = 1 << 19  # a token of 100,000 characters, percent-encoded, still fits
MAX_HEADERS = 200
MAX_BODY = 1 << 24

Headers = tuple[tuple[str, str], ...]


class BadRequest(Exception):  # noqa: N818 - it is what the client sent
    """The bytes are no HTTP request; ``str()`` is the reason."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class Channel(Protocol):
    """What an answer is written to."""

    def send(self, data: bytes) -> None:
        """Send everything, or raise OSError."""

    def wait(self, seconds: float) -> bool:
        """Pause; true as soon as the server is closing."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came: the target is raw, header values are stripped."""

    method: str
    target: str
    version: str
    headers: Headers
    body: bytes

    @property
    def path(self) -> str:
        """The raw path, still percent-encoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The raw query string."""
        return self.target.partition("?")[2]

    def header(self, name: str) -> str | None:
        """The first header of that (lower-case) name."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    def pairs(self) -> list[tuple[str, str]]:
        """The query parameters in order, decoded."""
        fields = [part.partition("=") for part in self.query.split("&") if part]
        return [(unquote_plus(name), unquote_plus(value)) for name, _, value in fields]

    def document(self) -> dict[str, Any]:
        """The body as a JSON object; empty where it is none."""
        try:
            document = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return document if isinstance(document, dict) else {}

    @property
    def persistent(self) -> bool:
        """Whether the client means to send another request on this connection."""
        connection = (self.header("connection") or "").lower()
        return self.version == "HTTP/1.1" and "close" not in connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer, and how it is put on the wire."""

    status: int
    headers: Headers
    body: bytes
    deliver: "Delivery | None" = None  # None: plainly

    def header(self, name: str) -> str | None:
        """The first header of that (lower-case) name."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    @property
    def ok(self) -> bool:
        """Whether this answer reports success."""
        return self.status < 300


# Writes an answer to a channel; false when the connection cannot be used any more.
Delivery = Callable[[Channel, Request, Answer], bool]


def compact(value: object) -> bytes:
    """JSON as Chime writes it: no spaces, keys sorted."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    )


_dates: dict[int, str] = {}


def _date() -> str:
    now = int(time.time())
    if now not in _dates:
        _dates.clear()
        _dates[now] = email.utils.formatdate(now, usegmt=True)
    return _dates.get(now) or email.utils.formatdate(now, usegmt=True)


def head(answer: Answer, *framing: tuple[str, str], version: str = "HTTP/1.1") -> bytes:
    """The status line and headers of an answer."""
    try:
        reason = HTTPStatus(answer.status).phrase
    except ValueError:
        reason = "Unknown"
    lines = [f"{version} {answer.status} {reason}"]
    lines += [f"{name}: {value}" for name, value in (*answer.headers, *framing)]
    lines.append(f"Date: {_date()}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def deliver(channel: Channel, request: Request, answer: Answer) -> bool:
    """Plainly: one write, a true Content-Length, the connection kept as the client wishes."""
    framing = [("Content-Length", str(len(answer.body)))]
    if not request.persistent:
        framing.append(("Connection", "close"))
    body = b"" if request.method == "HEAD" else answer.body
    channel.send(head(answer, *framing) + body)
    return request.persistent


def read_request(stream: BinaryIO, invite: Callable[[], None]) -> Request | None:
    """The next request of a connection; ``invite`` answers an Expect: 100-continue."""
    line = _line(stream)
    while line in (b"\r\n", b"\n"):  # RFC 9112 2.2: an empty line before a request is no request
        line = _line(stream)
    if not line:
        return None
    words = line.decode("latin-1").split()
    if len(words) != 3 or words[2] not in ("HTTP/1.1", "HTTP/1.0"):
        raise BadRequest("The request line cannot be read.")
    headers = _headers(stream)
    known = {name.lower(): value for name, value in headers}
    if known.get("expect", "").lower() == "100-continue":
        invite()
    return Request(words[0], words[1], words[2], headers, _body(stream, known))


def _line(stream: BinaryIO) -> bytes:
    line = stream.readline(MAX_LINE + 1)
    if len(line) > MAX_LINE:
        raise BadRequest("A line of the request is too long.", 414)
    return line


def _headers(stream: BinaryIO) -> Headers:
    headers: list[tuple[str, str]] = []
    while (line := _line(stream)) not in (b"\r\n", b"\n"):
        if not line:
            raise BadRequest("The request ends inside its headers.")
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or not name or name != name.strip() or len(headers) == MAX_HEADERS:
            raise BadRequest("A header cannot be read.")
        headers.append((name, value.strip()))
    return tuple(headers)


def _body(stream: BinaryIO, headers: dict[str, str]) -> bytes:
    if "transfer-encoding" in headers:
        if headers["transfer-encoding"].lower() != "chunked":
            raise BadRequest("That transfer encoding is not known.", 501)
        return _chunks(stream)
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        raise BadRequest("Content-Length is no number.")
    return _exactly(stream, int(length[:18]))


def _chunks(stream: BinaryIO) -> bytes:
    parts: list[bytes] = []
    total = 0
    while True:
        try:
            size = int(_line(stream).split(b";")[0].strip(), 16)
        except ValueError:
            raise BadRequest("A chunk has no readable size.") from None
        total += size
        if size < 0 or total > MAX_BODY:
            raise BadRequest("The body is too large.", 413)
        if size == 0:
            break
        parts.append(_exactly(stream, size))
        _line(stream)
    _headers(stream)  # trailers
    return b"".join(parts)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    if size > MAX_BODY:
        raise BadRequest("The body is too large.", 413)
    body = stream.read(size) if size else b""
    if len(body) < size:
        raise BadRequest("The body is shorter than announced.")
    return body
