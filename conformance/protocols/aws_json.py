"""AWS JSON 1.0 and 1.1: every member in one JSON object, the operation in a header.

Source: https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html and
https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html.
"""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from conformance.protocols import json_body
from conformance.protocols.base import (
    NO_SUCH_OPERATION,
    Address,
    Addressing,
    Alteration,
    Draft,
    ModelFacts,
    What,
    WireOperation,
    WireProtocol,
    left_query,
    names_request_in_header,
)
from conformance.protocols.http import Request, Response, header
from conformance.protocols.json_body import ERROR_HEADER

_TARGET = "X-Amz-Target"
#: How a Content-Type begins that names the version of the protocol.
_VERSIONED = "application/x-amz-json-"
#: Where an error may name its type, § Operation error serialization; the SDK takes ``__type``.
_ERROR_PLACES = ("__type", ERROR_HEADER, "code", "Code")


def _address(request: Request) -> Address | None:
    target = header(request.headers, _TARGET)
    if not target:
        return None
    service, _, operation = target.rpartition(".")
    return Address(operation=operation, service=service, text=target)


def _misname(operation: WireOperation, draft: Draft) -> None:
    service = str(operation.wire["target"]).rpartition(".")[0]
    draft.set_header(_TARGET, f"{service}.{NO_SUCH_OPERATION}".lstrip("."))


def _wire(facts: ModelFacts) -> dict[str, Any]:
    target = f"{facts.metadata['targetPrefix']}.{facts.operation}"
    version = facts.metadata.get("jsonVersion", "1.0")
    return {"target": target, "jsonVersion": version, **left_query(facts)}


def _is_other_version(operation: WireOperation, media_type: str) -> bool:
    """Whether a Content-Type names another version than the operation's, § Protocol behaviors."""
    _, named, version = media_type.partition(_VERSIONED)
    return bool(named) and version != operation.wire["jsonVersion"]


def _rewrite(operation: WireOperation, draft: Draft, alteration: Alteration) -> None:
    if not (alteration.members or alteration.extra or alteration.unescaped):
        return
    body = json.loads(draft.body) if draft.body else {}
    for name, value in alteration.members.items():
        schema = operation.members[name]
        body[schema.get("wireName", name)] = json_body.wired(value, schema)
    body.update(alteration.extra)
    text = json.dumps(body, ensure_ascii=not alteration.unescaped)
    draft.body = text.encode("utf-8", "surrogatepass")


def _members(operation: WireOperation, request: Request) -> Mapping[str, Any] | None:
    return json_body.members(operation, request, json_body.load, json_body.decoded_blobs)


def _output(operation: WireOperation, response: Response) -> Any:
    return json_body.output(operation, response, json_body.load)


def _answer(operation: WireOperation, members: Mapping[str, Any]) -> Response:
    body = json_body.written(members, operation.response)
    return Response(status=200, headers=(), body=body)


def _inexpressible(operation: WireOperation, path: str, what: What) -> str | None:
    return json_body.inexpressible(operation, path, what) if path else None


PROTOCOL = WireProtocol(
    name="json",
    page="https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html",
    request_format=json_body.FORMAT,
    response_format=json_body.FORMAT,
    addressing=Addressing(place=_TARGET, read=_address, misname=_misname, distinctive=True),
    timestamps="unixTimestamp",
    sends_empty_objects=True,
    error_places="__type, code or x-amzn-ErrorType",
    request_id_places="the header x-amzn-RequestId",
    wire=_wire,
    rewrite=_rewrite,
    members=_members,
    output=_output,
    answer=_answer,
    error=partial(json_body.error, places=_ERROR_PLACES),
    names_request=names_request_in_header,
    inexpressible=_inexpressible,
    foreign_media_type=_is_other_version,
)
