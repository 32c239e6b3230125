"""Smithy RPC v2 CBOR: every member in one CBOR map, service and operation in the path.

Source: https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html. cbor2
reads and writes; of the many things that it can read, only those that the protocol
knows are taken: what else a response holds makes it unreadable.
"""

import base64
import datetime
import io
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import unquote, urlsplit

import cbor2

from conformance.protocols import json_body
from conformance.protocols.base import (
    MOST_ELEMENTS,
    NO_SUCH_OPERATION,
    Address,
    Addressing,
    Alteration,
    Draft,
    ErrorEnvelope,
    Format,
    ModelFacts,
    Schema,
    Untagged,
    What,
    WireOperation,
    WireProtocol,
    core,
    entered,
    excused,
    left_query,
    names_request_in_header,
    query_error,
    schema_at,
)
from conformance.protocols.http import Request, Response
from conformance.protocols.json_body import ERROR_HEADER, is_blob

FORMAT = Format(
    name="CBOR",
    body="a CBOR map",
    typed=True,
    malformed={"truncated": b"\xa1\x6aMaxResults", "text": b"this is no CBOR"},
    non_objects={"list": b"\x80", "string": b"\x64text", "number": b"\x05"},
    is_media_type=lambda name: name == "application/cbor",
    elements=lambda body: sum(1 for _ in islice(_items(body), MOST_ELEMENTS + 1)),
)

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
    if _DATE_TEXT in body and (_TAG, 0) in _items(body):
        raise ValueError("a timestamp is sent as text")
    return _known(item, 0)


#: How an item of tag 0 begins, a date as text; other items may hold the byte as well.
_DATE_TEXT = b"\xc0"
#: How long the number behind an item's first byte is, by the low bits of that (RFC 8949, § 3).
_ARGUMENTS: Mapping[int, int] = {24: 1, 25: 2, 26: 4, 27: 8}
_INDEFINITE = 31
#: The major types of what bytes or text follow, and of a tag.
_STRINGS, _TAG = frozenset({2, 3}), 6


def _items(body: bytes) -> Iterator[tuple[int, int]]:
    """The major type and the number of all items of a body that is CBOR, in their order.

    What lists and maps hold follows them, so that nothing has to be counted.
    """
    at = 0
    while at < len(body):
        major, low = divmod(body[at], 32)
        length = _ARGUMENTS.get(low, 0)
        number = int.from_bytes(body[at + 1 : at + 1 + length], "big") if length else low
        at += 1 + length
        yield major, number
        if major in _STRINGS and low != _INDEFINITE:
            at += number


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
    """Data as CBOR. Text that is no Unicode is written in UTF-8 as if it were."""
    written: bytes = cbor2.dumps(value, datetime_as_timestamp=True)
    return written


def wired(value: Any, schema: Schema) -> Any:
    """A value under the names of the wire, blobs as bytes, timestamps with their tag."""
    if isinstance(value, Mapping):
        known = entered(schema).get("properties", {})
        inner = schema.get("additionalProperties")
        other = inner if isinstance(inner, Mapping) else {}
        return {
            known.get(name, {}).get("wireName", name): wired(one, known.get(name, other))
            for name, one in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [wired(item, schema.get("items", {})) for item in value]
    if is_blob(schema):
        return json_body.blob_bytes(value)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if number and schema.get("format") == "epoch-seconds":
        return cbor2.CBORTag(_TIMESTAMP_TAG, value)
    return value


#: § Responses.
_HEADERS: Mapping[str, str] = {"smithy-protocol": "rpc-v2-cbor"}
#: § Requests.
_PATH = re.compile(r".*/service/(?P<service>[^/]+)/operation/(?P<operation>[^/]+)/?")


def _address(request: Request) -> Address | None:
    found = _PATH.fullmatch(unquote(request.path)) if request.method == "POST" else None
    if found is None:
        return None
    service, operation = found["service"], found["operation"]
    return Address(operation=operation, service=service, text=f"{service}/{operation}")


def _misname(operation: WireOperation, draft: Draft) -> None:
    del operation
    before = urlsplit(draft.url).path.rpartition("/")[0]
    draft.set_path(f"{before}/{NO_SUCH_OPERATION}")


def _wire(facts: ModelFacts) -> dict[str, Any]:
    service = facts.metadata.get("targetPrefix") or facts.metadata["serviceId"]
    return {"service": service, **left_query(facts)}


def _rewrite(operation: WireOperation, draft: Draft, alteration: Alteration) -> None:
    if not (alteration.members or alteration.extra):
        return
    # as cbor2 reads it, so that timestamps keep their tags
    body = cbor2.loads(draft.body) if draft.body else {}
    for name, value in alteration.members.items():
        schema = operation.members[name]
        body[schema.get("wireName", name)] = wired(value, schema)
    body.update(alteration.extra)
    draft.body = dump(body)
    draft.headers.setdefault("Content-Type", "application/cbor")


def _received(value: Any, schema: Schema) -> Any:
    """A described value as a server takes it: bytes as characters, where bytes are wanted."""
    if isinstance(value, Bytes):
        return json_body.decoded_blob(value["bytes"]) if is_blob(schema) else value
    return value


def _read(value: Any, schema: Schema) -> Any:
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


def _members(operation: WireOperation, request: Request) -> Mapping[str, Any] | None:
    return json_body.members(operation, request, load, _received)


def _output(operation: WireOperation, response: Response) -> Any:
    return json_body.output(operation, response, load, _read)


def _answer(operation: WireOperation, members: Mapping[str, Any]) -> Response:
    body = dump(wired(members, operation.response))
    return Response(status=200, headers=tuple(_HEADERS.items()), body=body)


def _error(response: Response) -> ErrorEnvelope:
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


def _inexpressible(operation: WireOperation, path: str, what: What) -> str | None:
    match what:
        case "repeated" if path:
            return "a CBOR map holds a member once"
        case "unicode-unescaped":
            return "CBOR has one way to write a character"
        case "type" if path and "type" not in schema_at(operation, path):
            return "any value is of its type"
    return None


PROTOCOL = WireProtocol(
    name="smithy-rpc-v2-cbor",
    page="https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html",
    request_format=FORMAT,
    response_format=FORMAT,
    addressing=Addressing(
        place="the path of CBOR", read=_address, misname=_misname, distinctive=True
    ),
    timestamps="unixTimestamp",
    fixed_timestamps=True,  # § Timestamp: the trait timestampFormat has no effect
    headers=_HEADERS,
    error_places="__type",
    request_id_places="the header x-amzn-RequestId",
    wire=_wire,
    rewrite=_rewrite,
    members=_members,
    output=_output,
    answer=_answer,
    error=_error,
    names_request=names_request_in_header,
    inexpressible=_inexpressible,
)
