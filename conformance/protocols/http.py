"""HTTP messages: requests, responses and failures as data.

This module knows HTTP; it knows no operation, no signature and no verdict, and opens no
connection.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from conformance.protocols import content_codings

Headers = tuple[tuple[str, str], ...]


def header(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    """The first header of that name, whatever its case."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as sent: method, absolute URL, headers, body."""

    method: str
    url: str
    headers: Headers
    body: bytes

    @property
    def target(self) -> str:
        """Path and query, as in the request line."""
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    @property
    def path(self) -> str:
        """The path, still percent-encoded."""
        return urlsplit(self.url).path or "/"

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query's pairs, decoded, in order."""
        return parse_qsl(urlsplit(self.url).query, keep_blank_values=True)

    @property
    def codings(self) -> tuple[str, ...]:
        """What was done to the body for the way: ``gzip``, ``aws-chunked``."""
        return content_codings.codings(header(self.headers, "content-encoding"))

    @property
    def content(self) -> bytes:
        """The body before it was compressed or chunked; as it is where that cannot be undone."""
        return self._before(self.codings)

    @property
    def payload(self) -> bytes:
        """The body before it was chunked: one that is a member may be compressed by itself."""
        return self._before([one for one in self.codings if one == "aws-chunked"])

    def _before(self, applied: Sequence[str]) -> bytes:
        try:
            return content_codings.decoded(self.body, applied) if applied else self.body
        except ValueError:
            return self.body

    def with_content(self, content: bytes) -> bytes:
        """The body that another content would have, in the same codings."""
        if not self.codings or self.content == self.body:
            return content
        return content_codings.encoded(content, self.codings, self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One whole response: status, headers in order, body."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case."""
        return header(self.headers, name)

    @property
    def media_type(self) -> str:
        """The Content-Type without its parameters, in lower case."""
        return (self.header("content-type") or "").split(";")[0].strip().lower()


class FailureKind(StrEnum):
    """The ways in which no whole response came."""

    TIMEOUT = "timeout"
    DROPPED = "dropped connection"
    TRUNCATED = "truncated answer"
    TOO_LARGE = "too large"
    UNJUDGED = "too large to judge"
    UNREACHABLE = "unreachable"
    TLS = "TLS failure"
    NOT_HTTP = "not HTTP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why there is no whole response."""

    kind: FailureKind
    detail: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its outcome: the bytes, and what the SDK made of them.

    Exactly one of ``response`` and ``failure`` is set. ``parsed`` is what the SDK
    returned, ``sdk_error`` what it raised; ``throttled``: the target still asked
    to wait after every retry. ``status`` is that of the response, if there is one, and
    ``succeeded`` says that it is a success (2xx): every check asks for them.
    """

    operation: str
    params: Mapping[str, Any]
    request: Request
    response: Response | None = None
    failure: Failure | None = None
    parsed: Mapping[str, Any] | None = None
    sdk_error: str | None = None
    throttled: bool = False
    notes: Mapping[str, Any] = field(default_factory=dict)
    status: int | None = field(init=False, repr=False, compare=False)
    succeeded: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        status = self.response.status if self.response else None
        object.__setattr__(self, "status", status)
        object.__setattr__(self, "succeeded", status is not None and 200 <= status < 300)
