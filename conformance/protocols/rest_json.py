"""AWS restJson1: members in path, query and headers, the rest in a JSON object.

Source: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html. botocore
encodes; this module only changes what botocore would refuse to say.
"""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from conformance.protocols import http_binding as binding
from conformance.protocols import json_body
from conformance.protocols.base import (
    Alteration,
    Draft,
    What,
    WireOperation,
    WireProtocol,
    names_request_in_header,
)
from conformance.protocols.http import Request, Response
from conformance.protocols.json_body import ERROR_HEADER

#: Where an error may name its type; Smithy lists code and __type, Chime writes Code.
_ERROR_PLACES = (ERROR_HEADER, "code", "Code", "__type")


def _set_body(draft: Draft, name: str, value: Any) -> None:
    members = json.loads(draft.body) if draft.body else {}
    members[name] = value
    draft.body = json.dumps(members).encode()
    draft.headers.setdefault("Content-Type", "application/json")


def _set_member(operation: WireOperation, draft: Draft, name: str, value: Any) -> None:
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


def _add(operation: WireOperation, draft: Draft, name: str, value: Any) -> None:
    """Add a member that the operation does not have, where its others are."""
    if binding.is_extensible(operation):
        _set_body(draft, name, value)
    else:
        binding.set_query(draft, name, [binding.text(value)])


def _rewrite(operation: WireOperation, draft: Draft, alteration: Alteration) -> None:
    for name, value in alteration.members.items():
        _set_member(operation, draft, name, value)
    for name in alteration.repeated:
        binding.repeat(operation, draft, name)
    for name, value in alteration.extra.items():
        _add(operation, draft, name, value)
    if alteration.unescaped and draft.body:
        draft.body = json.dumps(json.loads(draft.body), ensure_ascii=False).encode()


def _members(operation: WireOperation, request: Request) -> Mapping[str, Any] | None:
    found = binding.bound_members(operation, request)
    raw = binding.raw_member(operation, request)
    if raw is not None:
        return found | raw
    if not request.body or not operation.has_body:
        return found
    try:
        body = json_body.load(request.content)
    except ValueError:
        return None
    payload = binding.payload(operation)
    if payload is not None:
        name, schema = payload
        return found | {name: json_body.named(body, schema, convert=json_body.decoded_blobs)}
    if not isinstance(body, dict):
        return None
    for name, schema in operation.members.items():
        wire_name = schema.get("wireName", name)
        if schema.get("location") not in binding.BOUND and wire_name in body:
            found[name] = json_body.named(body[wire_name], schema, convert=json_body.decoded_blobs)
    return found


def _output(operation: WireOperation, response: Response) -> Any:
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


def _inexpressible(operation: WireOperation, path: str, what: What) -> str | None:
    reason = binding.inexpressible(operation, path, what)
    if reason is not None or not path:
        return reason
    member = operation.members.get(path.split("/", maxsplit=1)[0], {})
    if member.get("location") in binding.BOUND:
        return None
    return json_body.inexpressible(operation, path, what)


PROTOCOL = WireProtocol(
    name="rest-json",
    page="https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html",
    request_format=json_body.FORMAT,
    response_format=json_body.FORMAT,
    addressing=binding.ADDRESSING,
    timestamps="unixTimestamp",
    error_places="x-amzn-ErrorType, __type or code",
    request_id_places="the header x-amzn-RequestId",
    wire=binding.wire,
    rewrite=_rewrite,
    members=_members,
    output=_output,
    answer=partial(binding.answer, write=json_body.written),
    error=partial(json_body.error, places=_ERROR_PLACES),
    names_request=names_request_in_header,
    inexpressible=_inexpressible,
)
