"""What a recording is made of, whatever its format: interactions, headers and bodies in any form.

It must not know how a file is read, nor which operation a request asks for.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.errors import UsageError
from conformance.protocols.http import Failure, Headers, Request, Response
from conformance.recording.external.bodies import decoded
from conformance.recording.external.fidelity import WHOLE, Omissions
from conformance.spec import reading


class RecordingError(UsageError):
    """A file cannot be judged; ``str()`` names it and says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """One recorded request and what came of it; ``number`` counts from 1.

    ``operation`` is named where the recording itself does; ``omissions`` are what the file
    does not hold of the response.
    """

    number: int
    request: Request
    outcome: Response | Failure
    operation: str | None = None
    omissions: Omissions = WHOLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A file: what kind it is, its interactions, and why others of it cannot be read."""

    path: Path
    kind: str
    interactions: tuple[Interaction, ...]
    unread: Mapping[int, str]


# ---------------------------------------------------------------- the pieces


def headers(value: Any) -> Headers:
    """Headers in any of their forms: by name (text, or a list of texts), pairs, HAR's records."""
    if value is None:
        return ()
    pairs: list[tuple[Any, Any]] = []
    if isinstance(value, Mapping):
        for name, one in value.items():
            values = one if isinstance(one, list | tuple) else [one]
            pairs += [(name, each) for each in values]
    else:
        for one in value:
            pair = (one["name"], one["value"]) if isinstance(one, Mapping) else tuple(one)
            pairs.append(pair)
    texts = [(_text(name), _text(each)) for name, each in pairs if each is not None]
    return tuple((name, each) for name, each in texts if not name.startswith(":"))  # HTTP/2's own


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def body(value: Any) -> bytes:
    """A body in any of its forms: text, bytes, ``{string, encoding}`` or ``{base64_string}``.

    What is in none of them is a body that the recorder parsed, as JSON.
    """
    if _is_parsed(value):
        return json.dumps(value).encode()
    if isinstance(value, Mapping):
        if "base64_string" in value:
            return _base64(value["base64_string"])
        if coding := _coding(value):
            return coding(value.get("string") or value.get("text") or "")
        return body(value.get("string", value.get("text")))
    if value is None:
        return b""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    raise TypeError(f"a body is text or bytes, not {type(value).__name__}")


#: The names under which recorders hold a body, or say something of it.
_OF_BODIES = frozenset(
    {
        *("string", "text", "base64_string", "encoding", "mimeType", "size", "compression"),
        *("comment", "_isBinary"),
    }
)


def _is_parsed(value: Any) -> bool:
    """Whether a body is held as data, not as text or bytes."""
    if isinstance(value, Mapping):
        return bool(value) and not any(name in _OF_BODIES for name in value)
    return isinstance(value, list)


def _held(message: Mapping[str, Any]) -> Any:
    """The body of a request or a response, under any of the names that recorders give it."""
    names = ("body", "content", "parsed_body")
    return next((message[name] for name in names if message.get(name) is not None), None)


def held(message: Mapping[str, Any]) -> tuple[bytes, Omissions]:
    """The body of a request or a response, and what of it the file does not hold."""
    value = _held(message)
    if value is message.get("parsed_body") and not isinstance(value, str | bytes | None):
        return json.dumps(value).encode(), Omissions(parsed=True)
    fields = (
        [value.get(name) for name in ("string", "text", "base64_string")]
        if isinstance(value, Mapping)
        else [value]
    )
    absent = not _is_parsed(value) and all(one is None for one in fields)
    return body(value), Omissions(body=absent, parsed=_is_parsed(value))


#: How Polly before 6 marks a text that holds hexadecimal digits.
_HEXADECIMAL = "_isBinary"


def _coding(value: Mapping[str, Any]) -> Callable[[str | bytes], bytes] | None:
    """How a text holds bytes; Polly before 6 marks hexadecimal digits in a way of its own."""
    usual = "hex" if value.get(_HEXADECIMAL) is True else ""
    return {"base64": _base64, "hex": hexadecimal}.get(str(value.get("encoding") or usual))


def _chunks(text: str | bytes) -> list[str]:
    """The pieces of a coded text: Polly keeps those of a compressed body as a list, in JSON."""
    if not _text(text).startswith("["):
        return [_text(text)]
    found = reading.parsed_json(_text(text))
    return [_text(one) for one in found]


def hexadecimal(text: str | bytes) -> bytes:
    """The bytes that hexadecimal digits state. Raises ``ValueError`` for others."""
    try:
        return b"".join(bytes.fromhex(one) for one in _chunks(text))
    except ValueError as error:
        raise ValueError("its body is not hexadecimal") from error


def _base64(text: str | bytes) -> bytes:
    return b"".join(map(_unpacked, _chunks(text)))


def _unpacked(text: str) -> bytes:
    try:
        return base64.b64decode(text.translate(_SPACES), validate=True)
    except binascii.Error as error:
        raise ValueError("its body is no base64") from error


#: Ruby breaks base64 into lines.
_SPACES = str.maketrans("", "", " \t\r\n")


def request(method: Any, url: Any, pairs: Headers, content: bytes) -> Request:
    """A request as sent, its body as it was before it was compressed."""
    address = _text(url)
    if not urlsplit(address).netloc:
        raise ValueError(f"{address!r} is no whole URL")
    return Request(
        method=_text(method).upper(), url=address, headers=pairs, body=decoded(content, pairs)
    )


def response(status: Any, pairs: Headers, content: bytes) -> Response:
    """A whole response, its body as it was before it was compressed."""
    if not 100 <= float(status) <= 599:
        raise ValueError(f"{status!r} is no status")
    return Response(status=int(status), headers=pairs, body=decoded(content, pairs))
