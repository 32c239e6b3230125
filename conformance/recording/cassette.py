"""Cassettes: files in vcrpy's format, one for each case and each shared baseline.

``cassettes/<provenance>/<service>/<Operation>/<path of the case>.json``, so that finding one takes
the same time in a library of any size. vcrpy serialises a cassette and can read it without this
suite, which reads it with bounds and makes no object of it, as vcrpy might. What its format lacks
(provenance, the call behind each request, timeouts) is in its metadata. A file is written to a
temporary name and renamed: it is whole or absent.
"""

import base64
import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from vcr.request import Request as VcrRequest
from vcr.serialize import serialize
from vcr.serializers import yamlserializer

from conformance.errors import ConformanceError
from conformance.generation.plans import UNALTERED
from conformance.protocols.base import Additions, Alteration, Signing
from conformance.protocols.http import Failure, FailureKind, Request, Response, header
from conformance.recording.provenance import FORMAT
from conformance.spec import files, reading

#: The version of vcrpy's format.
VCR_FORMAT = 1
SUFFIX = ".json"
BASELINES = "baselines"


class CassetteError(ConformanceError):
    """A cassette cannot be used or written; ``str()`` names the file and says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One recorded exchange: the call, its request, and the outcome.

    ``drawn`` is the number of the drawn case that it belongs to, in an exploration;
    ``alteration`` is what was changed on the wire.
    """

    operation: str
    params: Mapping[str, Any]
    request: Request
    outcome: Response | Failure
    drawn: int | None = None
    alteration: Alteration = UNALTERED


@dataclass(frozen=True, slots=True, kw_only=True)
class Cassette:
    """The exchanges of one case or baseline, with their metadata.

    ``metadata`` holds the provenance, the ``name`` and ``clause`` of the case, the
    digest of its ``plan`` and of the operation's ``document``, for explorations the ``drawn``
    cases, and the settings of the ``client`` that sent its requests; older ones lack the latter,
    and what was changed on the wire.
    """

    metadata: Mapping[str, Any]
    entries: tuple[Entry, ...] = field(default=())

    @property
    def kind(self) -> str:
        """The kind of its provenance."""
        return str(self.metadata["provenance"])


def path_of(root: Path, kind: str, name: str) -> Path:
    """The file of a case or baseline: ``service:Operation/…`` below its provenance."""
    operation, _, path = name.partition("/")
    service, _, called = operation.partition(":")
    return root / kind / service / called / (path + SUFFIX)


# ---------------------------------------------------------------- writing


def text(cassette: Cassette) -> str:
    """A cassette as text: JSON with an exchange on each line, or YAML where a body is not text."""
    calls = []
    for entry in cassette.entries:
        call: dict[str, Any] = {"operation": entry.operation, "params": entry.params}
        if isinstance(entry.outcome, Failure):
            call["failure"] = {"kind": str(entry.outcome.kind), "detail": entry.outcome.detail}
        if entry.drawn is not None:
            call["drawn"] = entry.drawn
        if entry.alteration != UNALTERED:
            call["altered"] = altered_data(entry.alteration)
        calls.append(call)
    content = {
        "requests": [_vcr_request(entry.request) for entry in cassette.entries],
        "responses": [_vcr_response(entry.outcome) for entry in cassette.entries],
        "metadata": {**cassette.metadata, "calls": calls},
    }
    try:
        return str(serialize(content, _Compact))
    except (TypeError, UnicodeError):
        return str(serialize(content, yamlserializer))


#: What of an alteration a recorded request shows itself.
_SHOWN = ("body", "content_type", "path", "method")


def altered_data(alteration: Alteration) -> dict[str, Any]:
    """An alteration as data, without its defaults; what the request shows is only named."""
    found = {
        one.name: getattr(alteration, one.name)
        for one in fields(Alteration)
        if getattr(alteration, one.name) != getattr(UNALTERED, one.name)
    }
    return {
        name: True if name in _SHOWN else str(value) if isinstance(value, StrEnum) else value
        for name, value in found.items()
    }


def _alteration(data: Mapping[str, Any], request: Request) -> Alteration:
    """The alteration that :func:`altered_data` made into data."""
    if not data:
        return UNALTERED
    shown = {
        "body": request.content,
        "content_type": header(request.headers, "content-type"),
        "path": request.path,
        "method": request.method,
    }
    found: dict[str, Any] = {
        name: shown[name] if name in _SHOWN else value for name, value in data.items()
    }
    if "repeated" in found:
        found["repeated"] = tuple(found["repeated"])
    if found.get("signing"):
        found["signing"] = Signing(found["signing"])
    if "sdk" in found:
        found["sdk"] = Additions(found["sdk"])
    return Alteration(**found)


class _Compact:
    """vcrpy's JSON form without spaces."""

    @staticmethod
    def serialize(content: Mapping[str, Any]) -> str:
        def flat(value: Any) -> str:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

        rows = ",\n".join(flat(one) for one in content["interactions"])
        head = f'{{"version":{content["version"]},\n"metadata":{flat(content["metadata"])},\n'
        whole = f'{head}"interactions":[\n{rows}\n]}}\n'
        whole.encode("utf-8")
        return whole


def _vcr_request(request: Request) -> VcrRequest:
    body = request.body or None
    return VcrRequest(request.method, request.url, body, dict(request.headers))


def _vcr_response(outcome: Response | Failure) -> dict[str, Any]:
    if isinstance(outcome, Failure):
        return {
            "status": {"code": 0, "message": str(outcome.kind)},
            "headers": {},
            "body": {"string": b""},
        }
    headers: dict[str, list[str]] = {}
    for name, value in outcome.headers:
        headers.setdefault(name, []).append(value)
    status = {"code": outcome.status, "message": ""}
    return {"status": status, "headers": headers, "body": {"string": outcome.body}}


def write(path: Path, content: str) -> None:
    """Write a file, whole or not at all. Raises :class:`CassetteError`."""
    try:
        files.write({path: content.encode()})
    except OSError as error:
        raise CassetteError(f"{path} cannot be written: {error.strerror or error}.") from error


# ---------------------------------------------------------------- reading


def read(path: Path) -> Cassette:
    """Read one file.

    Raises :class:`CassetteError` for a damaged or foreign one, or one of another version,
    and :class:`FileNotFoundError` where there is none.
    """
    try:
        raw = reading.read_text(path)
        is_json = raw.startswith("{")
        data = reading.parsed_json(raw) if is_json else reading.parsed_recording(raw)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise CassetteError(f"{path} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise CassetteError(f"{path} is not a whole cassette: {_line(error)}.") from error
    return _parsed(path, data)


def _parsed(path: Path, data: Any) -> Cassette:
    if not isinstance(data, dict) or "interactions" not in data or "version" not in data:
        raise CassetteError(f"{path} is not a cassette of vcrpy.")
    if data["version"] != VCR_FORMAT:
        raise CassetteError(
            f"{path} is of vcrpy's format {data['version']}, not {VCR_FORMAT}; record it again."
        )
    metadata = data.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    known = metadata.get("format")
    if known != FORMAT:
        what = f"of format {known!r}" if known else "without this suite's metadata"
        raise CassetteError(f"{path} is {what}, not {FORMAT}; record it with this version.")
    try:
        calls = metadata["calls"]
        entries = tuple(
            _entry(interaction, call)
            for interaction, call in zip(data["interactions"], calls, strict=True)
        )
        rest = {name: value for name, value in metadata.items() if name != "calls"}
        _ = rest["name"], rest["provenance"], rest["plan"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CassetteError(
            f"{path} holds an exchange that cannot be read: {_line(error)}."
        ) from error
    return Cassette(metadata=rest, entries=entries)


def _entry(interaction: Mapping[str, Any], call: Mapping[str, Any]) -> Entry:
    sent, received = interaction["request"], interaction["response"]
    request = Request(
        method=sent["method"],
        url=sent["uri"],
        headers=_headers(sent["headers"]),
        body=_bytes(sent["body"]),
    )
    outcome: Response | Failure
    if "failure" in call:
        failure = call["failure"]
        outcome = Failure(kind=FailureKind(failure["kind"]), detail=failure["detail"])
    else:
        outcome = Response(
            status=int(received["status"]["code"]),
            headers=_headers(received["headers"]),
            body=_bytes(received["body"]["string"]),
        )
    return Entry(
        operation=call["operation"],
        params=call["params"],
        request=request,
        outcome=outcome,
        drawn=call.get("drawn"),
        alteration=_alteration(call.get("altered", {}), request),
    )


def _headers(headers: Mapping[str, Sequence[str] | str]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, value)
        for name, values in headers.items()
        for value in ([values] if isinstance(values, str) else values)
    )


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, Mapping) and "base64_string" in body:
        return base64.b64decode(body["base64_string"])
    return body.encode("utf-8") if isinstance(body, str) else bytes(body)


def _line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160].rstrip(".")


# ---------------------------------------------------------------- a folder of them


@lru_cache(maxsize=1 << 16)  # a run asks before it begins, and again when pytest has begun
def _origin(path: Path, written: int, size: int) -> tuple[str, str]:
    """Origin and Region of a cassette that was written then, and is so long."""
    del written, size
    metadata = read(path).metadata
    return str(metadata.get("origin")), str(metadata.get("region"))


class Library:
    """A folder of cassettes of one provenance. ``damaged`` holds what could not be read."""

    def __init__(self, root: Path, kind: str) -> None:
        self.root = root
        self.kind = kind
        self.damaged: dict[Path, str] = {}

    def find(self, name: str) -> Cassette | None:
        """The cassette of a case or baseline, or ``None``; a damaged one is noted."""
        path = path_of(self.root, self.kind, name)
        try:
            found = read(path)
        except FileNotFoundError:
            return None
        except CassetteError as error:
            self.damaged[path] = str(error)
            return None
        if found.kind != self.kind or found.metadata["name"] != name:
            self.damaged[path] = f"{path} holds {found.metadata['name']} of {found.kind}."
            return None
        return found

    def names(self, operation: str) -> Iterator[str]:
        """The names of an operation's cassettes, by their files, baselines apart, in order."""
        service, _, called = operation.partition(":")
        folder = self.root / self.kind / service / called
        for path in sorted(folder.rglob("*" + SUFFIX)):
            found = path.relative_to(folder).as_posix().removesuffix(SUFFIX)
            if found.partition("/")[0] != BASELINES:
                yield f"{operation}/{found}"

    def problem(self, name: str) -> str:
        """What is wrong with the cassette of a case or baseline; empty where nothing is."""
        return self.damaged.get(path_of(self.root, self.kind, name), "")

    def origins(self) -> list[tuple[str, str]]:
        """Every origin, with its Region, that the cassettes name; damaged ones name none."""
        found = set()
        for path in self.files():
            with contextlib.suppress(OSError, CassetteError):
                written = path.stat()
                found.add(_origin(path, written.st_mtime_ns, written.st_size))
        return sorted(found)

    def files(self) -> Iterator[Path]:
        """Every file of this provenance, in order."""
        yield from sorted((self.root / self.kind).glob("*/*/**/*" + SUFFIX))
