"""AWS restJson1: members in path, query and headers, the rest in a JSON object.

Source: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html. botocore
encodes; this module only changes what botocore would refuse to say.
"""

import json
from collections.abc import Mapping
from typing import Any

from conformance.protocols import http_binding as binding
from conformance.protocols import json_body, request_ids
from conformance.protocols.base import Alteration, Draft, ErrorEnvelope, What, schema_at
from conformance.protocols.http import Request, Response
from conformance.protocols.json_body import ERROR_HEADER
from conformance.spec.operation import Operation

FORM: str = "JSON"
BODY: str = "a JSON object"
ERROR_PLACES: str = "x-amzn-ErrorType, __type or code"
REQUEST_ID_PLACES: str = "the header x-amzn-RequestId"
HEADERS: Mapping[str, str] = {}
MALFORMED: Mapping[str, bytes] = json_body.MALFORMED
NON_OBJECTS: Mapping[str, bytes] = json_body.NON_OBJECTS

#: Where an error may name its type; Smithy lists code and __type, Chime writes Code.
_ERROR_PLACES = (ERROR_HEADER, "code", "Code", "__type")


def _set_body(draft: Draft, name: str, value: Any) -> None:
    members = json.loads(draft.body) if draft.body else {}
    members[name] = value
    draft.body = json.dumps(members).encode()
    draft.headers.setdefault("Content-Type", "application/json")


def _set_member(operation: Operation, draft: Draft, name: str, value: Any) -> None:
    schema = operation.members[name]
    if binding.set_bound(operation, draft, name, value):
        return
    if schema.get("location") != "payload":
        _set_body(draft, schema.get("wireName", name), json_body.wired(value, schema))
    elif schema.get("type") == "string":
        binding.set_raw(draft, value)
    else:
        draft.body = json.dumps(json_body.wired(value, schema)).encode()
        draft.headers.setdefault("Content-Type", "application/json")


def _add(operation: Operation, draft: Draft, name: str, value: Any) -> None:
    """Add a member that the operation does not have, where its others are."""
    if binding.is_extensible(operation):
        _set_body(draft, name, value)
    else:
        binding.set_query(draft, name, [binding.text(value)])


def alter(operation: Operation, draft: Draft, alteration: Alteration) -> None:
    """Change the draft on the wire as told, signing apart."""
    for name, value in alteration.members.items():
        _set_member(operation, draft, name, value)
    for name in alteration.repeated:
        binding.repeat(operation, draft, name)
    for name, value in alteration.extra.items():
        _add(operation, draft, name, value)
    if alteration.unescaped and draft.body:
        draft.body = json.dumps(json.loads(draft.body), ensure_ascii=False).encode()
    binding.replace_parts(draft, alteration)


def members(operation: Operation, request: Request) -> Mapping[str, Any] | None:
    """The members as a server reads them; ``None`` where the body is no JSON object."""
    found = binding.bound_members(operation, request)
    raw = binding.raw_member(operation, request)
    if raw is not None:
        return found | raw
    if not request.body or not operation.has_body:
        return found
    try:
        body = json_body.load(request.body)
    except ValueError:
        return None
    payload = binding.payload(operation)
    if payload is not None:
        name, schema = payload
        return found | {name: json_body.named(body, schema, told=json_body.decoded_blobs)}
    if not isinstance(body, dict):
        return None
    for name, schema in operation.members.items():
        wire_name = schema.get("wireName", name)
        if schema.get("location") not in binding.BOUND and wire_name in body:
            found[name] = json_body.named(body[wire_name], schema, told=json_body.decoded_blobs)
    return found


def output(operation: Operation, response: Response) -> Any:
    """An answer as data under the SDK's names. Raises ``ValueError`` where it cannot be read.

    An operation without members in the body may answer with nothing there.
    """
    bound, is_whole = binding.beside_body(operation, response)
    if is_whole:
        return bound
    payload = operation.wire.get("responsePayload")
    inside = binding.body_output(operation)
    body = json_body.load(response.body)
    if payload in operation.response.get("properties", {}):
        return bound | {payload: json_body.named(body, operation.response["properties"][payload])}
    if not isinstance(body, dict):
        return body
    return json_body.named(body, {"properties": inside}) | bound


def error(response: Response) -> ErrorEnvelope:
    """What an error answer says of itself."""
    return json_body.error(response, _ERROR_PLACES)


#: Whether an answer names its request id where the protocol has it.
names_request = request_ids.in_header


def is_media_type(operation: Operation, response: Response) -> bool:
    """Whether the Content-Type is JSON, under any name that AWS gives it.

    A body that is a member as it stands has the Content-Type that it likes.
    """
    return binding.anything_goes(operation) or json_body.is_json(response)


def inexpressible(operation: Operation, path: str, what: What) -> str | None:
    """Why a request cannot be odd in this way, as a phrase; ``None`` where it can."""
    reason = binding.inexpressible(operation, path, what)
    if reason is not None or not path:
        return reason
    member = operation.members.get(path.split("/", maxsplit=1)[0], {})
    if member.get("location") in binding.BOUND:
        return None
    return json_reason(operation, path, what)


def json_reason(operation: Operation, path: str, what: What) -> str | None:
    """Why a member of a JSON body cannot be odd in this way; ``None`` where it can."""
    schema = schema_at(operation, path)
    if what == "repeated":
        return "a JSON object holds a member once"
    if what == "type" and "type" not in schema:
        return "any JSON value is of its type"
    if what == "unicode-unescaped" and schema.get("type") != "string":
        return "only text has characters to escape"
    return None
