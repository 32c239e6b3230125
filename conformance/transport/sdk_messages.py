"""Messages as the SDK holds them, and as bytes and text: requests out of it, responses into it.

No operation is known here, and nothing is sent.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from botocore.awsrequest import AWSResponse
from botocore.eventstream import EventStream

from conformance.protocols.http import Response


class _Raw:
    """A body for botocore to read: bytes that have been received already."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self._body

    def read(self, *_: Any, **__: Any) -> bytes:
        body, self._body = self._body, b""
        return body


def response(url: str, whole: Response) -> AWSResponse:
    """A response that has been received, for the SDK to read."""
    return AWSResponse(url, whole.status, dict(whole.headers), _Raw(whole.body))


def body(held: Any) -> bytes:
    """A body as bytes, whatever the SDK holds it in: text, a form's pairs, a file."""
    if isinstance(held, Mapping):
        return urlencode(list(held.items()), doseq=True).encode("ascii")
    if hasattr(held, "read"):
        read = held.read()
        if hasattr(held, "seek"):
            held.seek(0)
        return body(read)
    return held.encode() if isinstance(held, str) else bytes(held or b"")


def headers(held: Mapping[Any, Any]) -> dict[str, str]:
    """Headers with one character a byte: the SDK sends text as UTF-8."""
    return {_text(name): _text(value) for name, value in held.items()}


def _text(value: Any) -> str:
    return (value if isinstance(value, bytes) else str(value).encode()).decode("latin-1")


def plain(parsed: Any) -> Any:
    """What the SDK parsed, its streams read; a stream of events is left alone."""
    if not isinstance(parsed, Mapping):
        return parsed
    return {
        name: value.read() if hasattr(value, "read") else value
        for name, value in parsed.items()
        if not isinstance(value, EventStream)
    }
