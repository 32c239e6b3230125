"""Members in JSON, for every protocol whose bodies are JSON or shaped like it.

Members may have another name on the wire than in the SDK; blobs are base64 text.
Errors name themselves in the same places in all of AWS's JSON protocols.
"""

import base64
import binascii
import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from conformance.protocols.base import (
    MOST_ELEMENTS,
    ON_THE_WIRE,
    ErrorEnvelope,
    Format,
    Schema,
    What,
    WireOperation,
    core,
    entered,
    excused,
    query_error,
    schema_at,
)
from conformance.protocols.http import Request, Response


def _is_json(media_type: str) -> bool:
    """Whether a Content-Type is JSON, under any name that AWS gives it."""
    return media_type.startswith("application/") and "json" in media_type


def _elements(body: bytes) -> int:
    """How many values JSON holds, by its commas and brackets outside of texts."""
    count = _separated(body)
    if count <= MOST_ELEMENTS:
        return count
    plain = body.replace(rb"\\", b"").replace(rb"\"", b"")
    texts = plain.count(b'"') // 2
    if texts > 2 * MOST_ELEMENTS:  # each has a name and a value at most
        return texts // 2
    return _separated(b"".join(plain.split(b'"')[::2]))


def _separated(text: bytes) -> int:
    """How many commas there are, and lists and objects that hold something."""
    return sum(map(text.count, (b",", b"[", b"{"))) - text.count(b"[]") - text.count(b"{}")


FORMAT = Format(
    name="JSON",
    body="a JSON object",
    typed=True,
    malformed={
        "truncated": b'{"MaxResults": ',
        "text": b"this is no JSON",
        "trailing": b'{"MaxResults": 5} and more',
        "single-quotes": b"{'MaxResults': 5}",
    },
    non_objects={"list": b"[]", "string": b'"text"', "number": b"5"},
    null=b"null",
    is_media_type=_is_json,
    elements=_elements,
)

ERROR_HEADER = "x-amzn-errortype"
#: The JSON texts in place of numbers that JSON does not have.
#: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html § JSON shape serialization
_SPECIAL = frozenset({"NaN", "Infinity", "-Infinity"})

#: Turns each described value into what it means, given its schema, before its inside is read.
Convert = Callable[[Any, Schema], Any]
#: Makes data of a body's bytes; raises ``ValueError`` where it cannot.
Load = Callable[[bytes], Any]


def load(body: bytes) -> Any:
    """A body as JSON. Raises ``ValueError`` where it is none.

    JSON is UTF-8 without a byte order mark, and has no number NaN or Infinity (RFC 8259,
    sections 8.1 and 6).
    """
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


def is_blob(schema: Schema) -> bool:
    """Whether a member holds bytes."""
    return schema.get("contentEncoding") == "base64"


def blob_bytes(value: Any) -> Any:
    """The bytes that the SDK would send for a blob; what is no blob stays what it is."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    return bytes(value) if isinstance(value, (bytes, bytearray)) else value


def encoded_blob(value: Any) -> Any:
    """A blob as base64 text; what is no blob stays what it is."""
    raw = blob_bytes(value)
    return base64.b64encode(raw).decode("ascii") if isinstance(raw, bytes) else value


def decoded_blob(value: Any) -> Any:
    """A blob's bytes as text of one character each; what is no base64 stays what it is."""
    try:
        return base64.b64decode(value, validate=True).decode("latin-1")
    except (TypeError, ValueError, binascii.Error):
        return value


def decoded_blobs(value: Any, schema: Schema) -> Any:
    """A value, a blob's bytes as text of one character each."""
    return decoded_blob(value) if is_blob(schema) else value


def wired(value: Any, schema: Schema) -> Any:
    """A value under the names of the wire; blobs, and numbers that JSON has not, as text."""
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
    if isinstance(value, float) and not math.isfinite(value):
        return json.dumps(value)
    return encoded_blob(value) if is_blob(schema) else value


def written(value: Any, schema: Schema) -> bytes:
    """A value as JSON, under the names of the wire."""
    return json.dumps(wired(value, schema)).encode()


def named(value: Any, schema: Schema, *, convert: Convert | None = None) -> Any:
    """A value under the SDK's names; ``convert`` is applied to each described one.

    An unknown member keeps its name, marked where that is the SDK's name of a member
    that has another one on the wire.
    """
    if convert is not None:
        value = convert(value, schema)
    if isinstance(value, dict):
        known = entered(schema).get("properties")
        if known:
            return _members(value, known, convert=convert)
        inner = schema.get("additionalProperties")
        if isinstance(inner, Mapping):
            return {name: named(one, inner, convert=convert) for name, one in value.items()}
        return value
    if isinstance(value, list) and "items" in schema:
        return [named(item, schema["items"], convert=convert) for item in value]
    if schema.get("type") == "number" and isinstance(value, str) and value in _SPECIAL:
        return float(value)
    return value


def _members(
    value: Mapping[str, Any], known: Mapping[str, Schema], *, convert: Convert | None
) -> dict[str, Any]:
    if not value:
        return {}
    names = {schema.get("wireName", name): name for name, schema in known.items()}
    found = {}
    for name, one in value.items():
        if name in names:
            found[names[name]] = named(one, known[names[name]], convert=convert)
        else:
            found[name + ON_THE_WIRE if name in known else name] = one
    return found


def members(
    operation: WireOperation, request: Request, read: Load, convert: Convert
) -> Mapping[str, Any] | None:
    """The members in a body that is one object of them all; ``None`` where it is none.

    ``read`` makes data of bytes, or raises ``ValueError``.
    """
    if not request.body:
        return {}
    try:
        body = read(request.content)
    except ValueError:
        return None
    if not isinstance(body, dict):
        return None
    known = operation.members
    found = named(body, {"properties": known}, convert=convert)
    return {name: value for name, value in found.items() if name in known}


def output(
    operation: WireOperation, response: Response, read: Load, convert: Convert | None = None
) -> Any:
    """A response whose body is one object of all its members. Raises what ``read`` raises.

    An operation without output members may respond with nothing; a stream is not read.
    """
    if operation.wire.get("streams"):
        return {}
    if not response.body and not operation.response.get("properties"):
        return {}
    return named(read(response.body), operation.response, convert=convert)


def error(response: Response, places: Iterable[str]) -> ErrorEnvelope:
    """An error whose type is in these places: members of the body, or the header."""
    content: Any = None
    readable = True
    if response.body.strip():
        try:
            content = load(response.body)
        except ValueError:
            content = None
        readable = isinstance(content, dict) or excused(response)
    members_of_body = content if isinstance(content, dict) else {}
    types = []
    for place in places:
        value = response.header(place) if place == ERROR_HEADER else members_of_body.get(place)
        if isinstance(value, str):
            types.append((place, core(value)))
    found = (*(pair for pair in types if pair[1]), *query_error(response))
    return ErrorEnvelope(types=found, readable=readable)


def inexpressible(operation: WireOperation, path: str, what: What) -> str | None:
    """Why a member of a JSON body cannot be invalid or unusual in a way; ``None`` where it can."""
    schema = schema_at(operation, path)
    if what == "repeated":
        return "a JSON object holds a member once"
    if what == "type" and "type" not in schema:
        return "any JSON value is of its type"
    if what == "unicode-unescaped" and schema.get("type") != "string":
        return "only text has characters to escape"
    return None
