"""Other people's recordings: cassettes of vcrpy, VCR, betamax, go-vcr and nock, HAR, mitmproxy.

A file becomes interactions, as bytes. Files are not to be trusted: they are read with bounds,
no tag of YAML makes an object, and what cannot be read of one interaction takes no other with it.
Sources: https://vcrpy.readthedocs.io/en/latest/, https://relishapp.com/vcr/vcr,
https://pkg.go.dev/gopkg.in/dnaeon/go-vcr.v4, http://www.softwareishard.com/blog/har-12-spec/. HAR
is plain JSON, and read as such.
"""

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from conformance.protocols.http import Failure, FailureKind, Response
from conformance.recording.external import mitmproxy, nock
from conformance.recording.external.fidelity import Omissions
from conformance.recording.external.interactions import (
    Interaction,
    Recording,
    RecordingError,
    body,
    headers,
    held,
    request,
    response,
)
from conformance.recording.provenance import FORMAT
from conformance.spec import reading

__all__ = ["Interaction", "Recording", "RecordingError", "read"]

VCR_FORMAT = 1
#: The versions of go-vcr's own format, whose responses have a ``code`` beside their status line.
_GO_VCR = frozenset({1, 2, 3})
_GZIP = b"\x1f\x8b"


# ---------------------------------------------------------------- vcrpy, VCR, betamax, go-vcr


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
    elif "code" in came:  # go-vcr's status is the line "200 OK"
        status = came["code"]
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


def _content(path: Path) -> bytes:
    """The bytes of a file, unpacked where it is compressed with gzip."""
    try:
        raw = reading.read_bytes(path)
        return _inflated(raw) if raw.startswith(_GZIP) else raw
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise RecordingError(f"{path} cannot be read: {why}.") from error


def _inflated(raw: bytes) -> bytes:
    """What a file of gzip holds, unpacked no further than the bound."""
    machine = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        found = machine.decompress(raw, reading.RECORDED.size + 1)
    except zlib.error as error:
        raise ValueError("its gzip is broken") from error
    reading.within(found, reading.RECORDED)
    if not machine.eof:
        raise ValueError("its gzip is cut short")
    if machine.unused_data.strip(b"\0"):
        raise ValueError("its gzip has several parts; unpack it first")
    return found


def _parsed(path: Path, raw: bytes) -> Any:
    try:
        text = reading.text_of(raw)
    except ValueError as error:
        raise RecordingError(f"{path} cannot be read: {error}.") from error
    if not text.strip():
        raise RecordingError(f"{path} is empty; record it again.")
    if "\0" in text:
        raise RecordingError(f"{path} {_FOREIGN}")
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


_FOREIGN = (
    "holds no recording that is known: give a cassette of vcrpy, VCR, betamax, go-vcr or nock, a "
    "HAR 1.2 log, or flows of mitmproxy."
)


def read(path: Path) -> Recording:
    """Read a file. Raises :class:`RecordingError` where it holds no recording."""
    raw = _content(path)
    if mitmproxy.holds(raw):
        try:
            return _recording(path, "flows of mitmproxy", mitmproxy.interactions(raw))
        except ValueError as error:
            raise RecordingError(f"{path} is torn, or holds no flows: {error}.") from error
    data = _parsed(path, raw)
    if lacking := _lacking(data):
        raise RecordingError(f"{path} {lacking}")
    if nock.holds(data):
        return _recording(path, "recording of nock", nock.interactions(data))
    if not isinstance(data, dict):
        raise RecordingError(f"{path} {_FOREIGN}")
    log = data.get("log")
    if isinstance(log, dict) and isinstance(log.get("entries"), list):
        return _recording(path, "HAR", _of_har(data))
    found = data.get("interactions", data.get("http_interactions"))
    if ("interactions" in data or "http_interactions" in data) and isinstance(found, list | None):
        version = data.get("version", VCR_FORMAT)
        if version not in (_GO_VCR if _is_of_go(found) else {VCR_FORMAT}):
            raise RecordingError(
                f"{path} is of vcrpy's format {version!r}, not {VCR_FORMAT}; record it again."
            )
        return _recording(path, "cassette", _of_vcr(data))
    raise RecordingError(f"{path} {_FOREIGN}")


def _is_of_go(interactions: Sequence[Any] | None) -> bool:
    responses = [one.get("response") for one in interactions or () if isinstance(one, dict)]
    return bool(responses) and all(isinstance(one, dict) and "code" in one for one in responses)


def _lacking(data: Any) -> str:
    """What a known file of another tool lacks; empty for one that may be a recording."""
    if isinstance(data, list) and data and isinstance(data[0], dict) and "request" in data[0]:
        return "is a cassette of vcrpy before 1.0; migrate it with python -m vcr.migration."
    if not isinstance(data, dict):
        return ""
    if data.keys() == {"status_code", "data"}:
        return (
            "is a response of placebo: it has what boto3 made of a response, but neither its bytes "
            "nor the request; record with vcrpy, or as HAR."
        )
    if "status" in data and data.keys() & {"body", "response"} and not _names(data, "request"):
        return "is a response without its request, which says what was asked; record both."
    return ""


def _names(data: Mapping[str, Any], *words: str) -> bool:
    return any(
        word in str(name).lower() for name in data for word in (*words, "url", "uri", "path")
    )


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
