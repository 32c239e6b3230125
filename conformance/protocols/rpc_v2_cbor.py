"""Smithy RPC v2 CBOR: every member in one CBOR map, service and operation in the path.

Source: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html. cbor2
reads and writes; of the many things that it can read, only those that the protocol
knows are taken: what else an answer holds makes it unreadable.
"""

import base64
import datetime
import io
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import cbor2

from conformance.protocols import json_body, request_ids
from conformance.protocols.aws_json import replace_parts
from conformance.protocols.base import (
    NO_SUCH_OPERATION,
    Alteration,
    Draft,
    ErrorEnvelope,
    Untagged,
    What,
    core,
    excused,
    query_error,
    schema_at,
)
from conformance.protocols.http import Request, Response
from conformance.protocols.json_body import ERROR_HEADER, is_blob
from conformance.spec.operation import Operation, Schema

FORM: str = "CBOR"
BODY: str = "a CBOR map"
ERROR_PLACES: str = "__type"
REQUEST_ID_PLACES: str = "the header x-amzn-RequestId"
#: § Responses.
HEADERS: Mapping[str, str] = {"smithy-protocol": "rpc-v2-cbor"}
MALFORMED: Mapping[str, bytes] = {
    "truncated": b"\xa1\x6aMaxResults",
    "text": b"this is no CBOR",
}
NON_OBJECTS: Mapping[str, bytes] = {"list": b"\x80", "string": b"\x64text", "number": b"\x05"}

#: No documented shape comes near this depth.
_MOST_DEPTH = 200
_TIMESTAMP_TAG = 1


class Moment(float):
    """A number with the tag of a timestamp: seconds since 1970."""

    __slots__ = ()


class Bytes(dict[str, str]):
    """A byte string, which is no text: an object of its own that JSON can hold."""

    def __init__(self, raw: bytes) -> None:
        super().__init__(bytes=base64.b64encode(raw).decode("ascii"))


def load(body: bytes) -> Any:
    """A body as data: one item of CBOR, alone, with its timestamps and its bytes marked.

    Raises ``ValueError`` where it is none, or holds what the protocol does not know.
    """
    stream = io.BytesIO(body)
    try:
        item = cbor2.CBORDecoder(stream).decode()
    except (cbor2.CBORError, RecursionError, MemoryError, OverflowError) as error:
        raise ValueError(f"no CBOR: {error}") from error
    if stream.read(1):
        raise ValueError("there is more behind it")
    if _DATE_TEXT in body and any(tag == 0 for tag in _tags(body)):
        raise ValueError("a timestamp is told as text")
    return _known(item, 0)


#: How an item of tag 0 begins, a date as text; other items may hold the byte as well.
_DATE_TEXT = b"\xc0"
#: How long the number behind an item's first byte is, by the low bits of that (RFC 8949, § 3).
_ARGUMENTS: Mapping[int, int] = {24: 1, 25: 2, 26: 4, 27: 8}
_INDEFINITE = 31


def _tags(body: bytes) -> Iterator[int]:
    """The tags of all items of a body that is CBOR, in their order.

    What lists and maps hold follows them, so that nothing has to be counted.
    """
    at = 0
    while at < len(body):
        major, low = divmod(body[at], 32)
        length = _ARGUMENTS.get(low, 0)
        number = int.from_bytes(body[at + 1 : at + 1 + length], "big") if length else low
        at += 1 + length
        if major in {2, 3} and low != _INDEFINITE:
            at += number
        elif major == 6:
            yield number


def _known(item: Any, depth: int) -> Any:
    if depth > _MOST_DEPTH:
        raise ValueError("nested too deeply")
    if item is None or isinstance(item, (bool, int, float, str)):
        return item
    if isinstance(item, bytes):
        return Bytes(item)
    if item is cbor2.undefined:
        return None
    if isinstance(item, datetime.datetime):
        return Moment(item.timestamp())
    if isinstance(item, list):
        return [_known(one, depth + 1) for one in item]
    if isinstance(item, dict):
        if not all(isinstance(name, str) for name in item):
            raise ValueError("a name is no text")
        return {name: _known(one, depth + 1) for name, one in item.items()}
    raise ValueError(f"a {type(item).__name__} is nothing that the protocol knows")


def dump(value: Any) -> bytes:
    """Data as CBOR. Text that is no Unicode stands in UTF-8 as if it were."""
    written: bytes = cbor2.dumps(value, datetime_as_timestamp=True)
    return written


def _wired(value: Any, schema: Schema) -> Any:
    """A value under the names of the wire, blobs as bytes, timestamps with their tag."""
    if isinstance(value, Mapping):
        known = schema.get("properties", {})
        inner = schema.get("additionalProperties")
        other = inner if isinstance(inner, Mapping) else {}
        return {
            known.get(name, {}).get("wireName", name): _wired(one, known.get(name, other))
            for name, one in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_wired(item, schema.get("items", {})) for item in value]
    if is_blob(schema):
        return json_body.blob_bytes(value)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if number and schema.get("format") == "epoch-seconds":
        return cbor2.CBORTag(_TIMESTAMP_TAG, value)
    return value


def alter(operation: Operation, draft: Draft, alteration: Alteration) -> None:
    """Change the draft on the wire as told, signing apart."""
    if alteration.members or alteration.extra:
        # as cbor2 reads it, so that timestamps keep their tags
        body = cbor2.loads(draft.body) if draft.body else {}
        for name, value in alteration.members.items():
            schema = operation.members[name]
            body[schema.get("wireName", name)] = _wired(value, schema)
        body.update(alteration.extra)
        draft.body = dump(body)
        draft.headers.setdefault("Content-Type", "application/cbor")
    if alteration.absent:
        parts = urlsplit(draft.url)
        path = f"{parts.path.rpartition('/')[0]}/{NO_SUCH_OPERATION}"
        draft.url = urlunsplit(parts._replace(path=path))
    replace_parts(draft, alteration)


def _taken(value: Any, schema: Schema) -> Any:
    """A described value as a server takes it: bytes as characters, where bytes are wanted."""
    if isinstance(value, Bytes):
        return json_body.decoded_blob(value["bytes"]) if is_blob(schema) else value
    return value


def _told(value: Any, schema: Schema) -> Any:
    """A described value as data that is of its type only where CBOR has it so.

    A number is a timestamp and a byte string is a blob, and neither is anything else.
    """
    timed = schema.get("format") == "epoch-seconds"
    if isinstance(value, Bytes):
        wanted = is_blob(schema) or schema.get("type") == "object"
        return value["bytes"] if wanted else value
    if isinstance(value, Moment):
        return float(value) if timed or "type" not in schema else {"timestamp": float(value)}
    if timed and type(value) in {int, float}:
        return Untagged(value)
    return value


def members(operation: Operation, request: Request) -> Mapping[str, Any] | None:
    """The members as a server reads them; ``None`` where the body is no CBOR map."""
    return json_body.members(operation, request, load, _taken)


def output(operation: Operation, response: Response) -> Any:
    """An answer as data under the SDK's names. Raises ``ValueError`` where it cannot be read.

    An operation without output members may answer with nothing; a stream is not looked into.
    """
    return json_body.output(operation, response, load, _told)


def error(response: Response) -> ErrorEnvelope:
    """What an error answer says of itself."""
    content: Any = {}
    if response.body:
        try:
            content = load(response.body)
        except ValueError:
            content = None
    types = []
    if isinstance(content, dict) and isinstance(content.get("__type"), str):
        types.append(("__type", core(content["__type"])))
    header = response.header(ERROR_HEADER)
    if header:
        types.append((ERROR_HEADER, core(header)))
    return ErrorEnvelope(
        types=(*(pair for pair in types if pair[1]), *query_error(response)),
        readable=isinstance(content, dict) or excused(response),
    )


#: Whether an answer names its request id where the protocol has it.
names_request = request_ids.in_header


def is_media_type(operation: Operation, response: Response) -> bool:
    """Whether the Content-Type is CBOR, or a stream's own."""
    return bool(operation.wire.get("streams")) or response.media_type == "application/cbor"


def inexpressible(operation: Operation, path: str, what: What) -> str | None:
    """Why a request cannot be odd in this way, as a phrase; ``None`` where it can."""
    match what:
        case "repeated" if path:
            return "a CBOR map holds a member once"
        case "unicode-unescaped":
            return "CBOR has one way to write a character"
        case "type" if path and "type" not in schema_at(operation, path):
            return "any value is of its type"
    return None
