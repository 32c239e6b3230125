"""Other people's recordings: vcrpy's cassettes in YAML or JSON, VCR's and betamax', HAR 1.2.

A file becomes interactions, as bytes. Files are not to be trusted: they are read with bounds,
no tag of YAML makes an object, and what cannot be read of one interaction takes no other with it.
Sources: https://vcrpy.readthedocs.io/en/latest/, https://relishapp.com/vcr/vcr,
http://www.softwareishard.com/blog/har-12-spec/. HAR is plain JSON, and read as such.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from conformance.errors import UsageError
from conformance.protocols.http import Failure, FailureKind, Headers, Request, Response
from conformance.recording.external.bodies import decoded
from conformance.recording.external.fidelity import WHOLE, Omissions
from conformance.recording.provenance import FORMAT
from conformance.spec import reading

VCR_FORMAT = 1


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
        if value.get("encoding") == "base64":
            return _base64(value.get("string") or value.get("text") or "")
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
    {"string", "text", "base64_string", "encoding", "mimeType", "size", "compression", "comment"}
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


def _base64(text: str | bytes) -> bytes:
    try:
        return base64.b64decode(_text(text).translate(_SPACES), validate=True)
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


# ---------------------------------------------------------------- vcrpy, VCR, betamax


def _interaction(number: int, one: Mapping[str, Any]) -> Interaction:
    asked, came = one["request"], one["response"]
    address = asked.get("uri") or asked["url"]
    return Interaction(
        number=number,
        request=request(asked["method"], address, headers(asked.get("headers")), held(asked)[0]),
        outcome=_outcome(came),
        omissions=held(came)[1],
    )


def _outcome(came: Mapping[str, Any]) -> Response:
    status = came.get("status", came.get("status_code"))
    if isinstance(status, Mapping):
        status = status["code"]
    if status is None:
        raise KeyError("status")
    return response(status, headers(came.get("headers")), held(came)[0])


def _ours(data: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """What this suite notes of the calls behind the interactions; nothing in others' files."""
    metadata = data.get("metadata")
    if not isinstance(metadata, Mapping) or metadata.get("format") != FORMAT:
        return ()
    calls = metadata.get("calls")
    return calls if isinstance(calls, list) else ()


def _of_vcr(data: Mapping[str, Any]) -> Iterator[tuple[int, Callable[[], Interaction]]]:
    interactions = data.get("interactions", data.get("http_interactions"))
    calls = _ours(data)
    for number, one in enumerate(interactions or (), 1):
        call = calls[number - 1] if len(calls) >= number else {}
        yield number, partial(_noted, number, one, call)


def _noted(number: int, one: Mapping[str, Any], call: Mapping[str, Any]) -> Interaction:
    found = _interaction(number, one)
    if not call:
        return found
    outcome: Response | Failure = found.outcome
    if "failure" in call:
        failure = call["failure"]
        outcome = Failure(kind=FailureKind(failure["kind"]), detail=str(failure["detail"]))
    return Interaction(
        number=found.number,
        request=found.request,
        outcome=outcome,
        operation=call.get("operation"),
        omissions=Omissions(ours=True),
    )


# ---------------------------------------------------------------- HAR 1.2


def _entry(number: int, one: Mapping[str, Any]) -> Interaction:
    asked, came = one["request"], one["response"]
    content = came.get("content") or {}
    if not came["status"]:
        raise ValueError("it was never answered")
    if content.get("size", 0) > 0 and content.get("text") is None:
        raise ValueError("its answer has no content; export the HAR with content")
    return Interaction(
        number=number,
        request=request(
            asked["method"], asked["url"], headers(asked.get("headers")), _posted(asked)
        ),
        outcome=response(came["status"], headers(came.get("headers")), body(content)),
        omissions=Omissions(body=content.get("text") is None and content.get("size") != 0),
    )


def _posted(asked: Mapping[str, Any]) -> bytes:
    posted = asked.get("postData") or {}
    if posted.get("text") or not posted.get("params"):
        return body(posted)
    return urlencode([(one["name"], one.get("value") or "") for one in posted["params"]]).encode()


def _of_har(data: Mapping[str, Any]) -> Iterator[tuple[int, Callable[[], Interaction]]]:
    for number, one in enumerate(data["log"]["entries"], 1):
        yield number, partial(_entry, number, one)


# ---------------------------------------------------------------- files


def _parsed(path: Path) -> Any:
    try:
        text = reading.read_text(path)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise RecordingError(f"{path} cannot be read: {why}.") from error
    if not text.strip():
        raise RecordingError(f"{path} is empty; record it again.")
    is_json = text.lstrip().startswith(("{", "["))
    try:
        return reading.parsed_json(text) if is_json else reading.parsed_recording(text)
    except ValueError as error:
        form = "JSON" if is_json else "YAML"
        raise RecordingError(
            f"{path} is torn, or no {form}: {_line(error)}; record or export it again."
        ) from error


def _line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160].rstrip(".")


_FOREIGN = "holds neither a cassette of vcrpy nor a HAR 1.2 log; give one of these."


def read(path: Path) -> Recording:
    """Read a file. Raises :class:`RecordingError` where it holds no recording."""
    data = _parsed(path)
    if isinstance(data, list) and data and isinstance(data[0], dict) and "request" in data[0]:
        raise RecordingError(
            f"{path} is a cassette of vcrpy before 1.0; migrate it with python -m vcr.migration."
        )
    if not isinstance(data, dict):
        raise RecordingError(f"{path} {_FOREIGN}")
    log = data.get("log")
    if isinstance(log, dict) and isinstance(log.get("entries"), list):
        return _recording(path, "HAR", _of_har(data))
    found = data.get("interactions", data.get("http_interactions"))
    if ("interactions" in data or "http_interactions" in data) and isinstance(found, list | None):
        version = data.get("version", VCR_FORMAT)
        if version != VCR_FORMAT:
            raise RecordingError(
                f"{path} is of vcrpy's format {version!r}, not {VCR_FORMAT}; record it again."
            )
        return _recording(path, "cassette", _of_vcr(data))
    raise RecordingError(f"{path} {_FOREIGN}")


def _recording(
    path: Path, kind: str, made: Iterator[tuple[int, Callable[[], Interaction]]]
) -> Recording:
    found: list[Interaction] = []
    unread: dict[int, str] = {}
    for number, make in made:
        try:
            found.append(make())
        except KeyError as error:
            unread[number] = f"it has no {error.args[0]}"
        except (TypeError, ValueError, AttributeError, IndexError) as error:
            unread[number] = _line(error)
    return Recording(path=path, kind=kind, interactions=tuple(found), unread=unread)
