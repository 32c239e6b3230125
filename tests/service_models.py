"""Operations made of botocore's own models, as far as the wire is concerned.

Independent of how the package makes them, so that each shows what the other gets wrong.
"""

import base64
import datetime
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from botocore.awsrequest import AWSRequest, HeadersDict, prepare_request_dict
from botocore.model import OperationModel, Shape
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from botocore.session import Session

from conformance.model import Http, Operation
from conformance.protocols import rpc_v2_cbor
from conformance.protocols.json_body import wired
from conformance.protocols.xml_writing import dump, fill
from conformance.wire import Request, Response

SESSION = Session()
_SIMPLE = {
    "string": {"type": "string"},
    "character": {"type": "string"},
    "integer": {"type": "integer"},
    "long": {"type": "integer"},
    "float": {"type": "number"},
    "double": {"type": "number"},
    "boolean": {"type": "boolean"},
    "blob": {"type": "string", "contentEncoding": "base64"},
}
_LOCATIONS = {
    "uri": "path",
    "querystring": "query",
    "header": "header",
    "headers": "headers",
    "statusCode": "status",
}
_FORMATS = {
    "unixtimestamp": {"type": "number", "format": "epoch-seconds"},
    "iso8601": {"type": "string", "format": "date-time"},
    "rfc822": {"type": "string", "format": "http-date"},
}


@lru_cache(maxsize=64)
def model(service: str, name: str) -> OperationModel:
    return SESSION.get_service_model(service).operation_model(name)


def _timestamp(shape: Shape, protocol: str, location: str | None) -> dict[str, Any]:
    told = shape.serialization.get("timestampFormat")
    if told is None:
        told = {"header": "rfc822", "querystring": "iso8601", "uri": "iso8601"}.get(location or "")
    if told is None:
        told = "iso8601" if protocol in {"query", "ec2", "rest-xml"} else "unixtimestamp"
    return dict(_FORMATS[told.replace("unixTimestamp", "unixtimestamp")])


def schema(shape: Shape, protocol: str, *, asks: bool, depth: int = 6, location: Any = None) -> Any:
    """The schema of a shape, with what the wire calls it."""
    found: dict[str, Any] = {}
    if shape.type_name == "timestamp":
        found = _timestamp(shape, protocol, location)
    elif shape.type_name == "structure" and shape.is_document_type:
        found = {}
    elif shape.type_name == "structure":
        found = {"type": "object", "properties": {}}
        for name, member in shape.members.items() if depth > 0 else ():
            own = schema(member, protocol, asks=asks, depth=depth - 1)
            wire_name = _wire_name(member, protocol, asks)
            if wire_name and wire_name != name:
                own["wireName"] = wire_name
            if member.serialization.get("xmlAttribute"):
                own["xmlAttribute"] = True
            found["properties"][name] = own
    elif shape.type_name == "list":
        items = schema(shape.member, protocol, asks=asks, depth=depth - 1)
        if _wire_name(shape.member, protocol, asks):
            items["wireName"] = _wire_name(shape.member, protocol, asks)
        found = {"type": "array", "items": items}
    elif shape.type_name == "map":
        keys = schema(shape.key, protocol, asks=asks, depth=0)
        values = schema(shape.value, protocol, asks=asks, depth=depth - 1)
        for inner, own in ((shape.key, keys), (shape.value, values)):
            if inner.serialization.get("name"):
                own["wireName"] = inner.serialization["name"]
        found = {"type": "object", "propertyNames": keys, "additionalProperties": values}
    else:
        found = dict(_SIMPLE[shape.type_name])
    if shape.serialization.get("flattened"):
        found["flattened"] = True
    if shape.serialization.get("jsonvalue"):
        found["jsonvalue"] = True
    return found


def _wire_name(shape: Shape, protocol: str, asks: bool) -> str | None:
    name = shape.serialization.get("name")
    if protocol == "ec2" and asks:
        capital = name and name[0].upper() + name[1:]
        return shape.serialization.get("queryName") or capital
    return name


def _members(shape: Shape | None, protocol: str, *, asks: bool) -> dict[str, Any]:
    found = {}
    payload = shape.serialization.get("payload") if shape else None
    for name, member in shape.members.items() if shape else ():
        location = member.serialization.get("location")
        own = schema(member, protocol, asks=asks, location=location)
        wire_name = _wire_name(member, protocol, asks)
        if wire_name and wire_name != name:
            own["wireName"] = wire_name
        place = _LOCATIONS.get(location or "", "body" if asks else None)
        if location == "querystring" and member.type_name == "map":
            place = "querymap"
        if name == payload:
            place = "payload"
        if place:
            own["location"] = place
        found[name] = own
    return found


@lru_cache(maxsize=64)
def operation(service: str, name: str, protocol: str = "") -> Operation:
    """An operation of a service model, in the protocol named or the model's own."""
    found = model(service, name)
    metadata = found.service_model.metadata
    protocol = protocol or found.service_model.resolved_protocol
    asks, answers = found.input_shape, found.output_shape
    wire: dict[str, Any] = {"action": name, "version": metadata.get("apiVersion")}
    wire["target"] = f"{metadata.get('targetPrefix')}.{name}"
    wire["service"] = metadata.get("targetPrefix")
    if answers and answers.serialization.get("resultWrapper"):
        wire["resultWrapper"] = answers.serialization["resultWrapper"]
    if asks and asks.serialization.get("payload"):
        wire["payload"] = asks.serialization["payload"]
    if answers and answers.serialization.get("payload"):
        wire["responsePayload"] = answers.serialization["payload"]
        if found.has_streaming_output:
            wire["streams"] = True
    path, _, query = found.http["requestUri"].partition("?")
    return Operation(
        service=service,
        name=name,
        http=Http(
            method=found.http["method"],
            path=path,
            query=dict(pair.partition("=")[::2] for pair in query.split("&") if pair),
            status=200,
        ),
        request={
            "type": "object",
            "properties": _members(asks, protocol, asks=True),
            "required": list(asks.required_members) if asks else [],
        },
        response={"type": "object", "properties": _members(answers, protocol, asks=False)},
        errors={},
        pagination=None,
        by_hand={},
        page="",
        digest="",
        protocol=protocol,
        wire=wire,
    )


def same(said: Any, read: Any) -> bool:
    """Whether what this package reads is what botocore's parser made of the same bytes."""
    if isinstance(read, Mapping):
        kept = {name: value for name, value in read.items() if name != "ResponseMetadata"}
        return isinstance(said, Mapping) and all(
            name in said and same(said[name], value) for name, value in kept.items()
        )
    if isinstance(read, list):
        return (
            isinstance(said, list)
            and len(said) == len(read)
            and all(same(one, other) for one, other in zip(said, read, strict=True))
        )
    if isinstance(read, datetime.datetime):
        return _moment(said) == read
    if isinstance(read, bytes):
        return isinstance(said, str) and base64.b64decode(said) == read
    return bool(said == read)


def _moment(said: Any) -> Any:
    if isinstance(said, int | float):
        return datetime.datetime.fromtimestamp(said, datetime.UTC)
    try:
        return datetime.datetime.fromisoformat(said)
    except ValueError:
        return datetime.datetime.strptime(said, "%a, %d %b %Y %H:%M:%S %Z").replace(
            tzinfo=datetime.UTC
        )


def example(schema: Any, turn: int = 0) -> Any:
    """A value for a schema, with every member there, lists and maps of two."""
    match schema.get("type"):
        case "object" if "additionalProperties" in schema:
            inner = schema["additionalProperties"]
            return {f"key {number}": example(inner, turn + number) for number in (1, 2)}
        case "object":
            return {name: example(one, turn) for name, one in schema["properties"].items()}
        case "array":
            return [example(schema["items"], turn + number) for number in (1, 2)]
        case "integer":
            return turn + 5
        case "boolean":
            return turn % 2 == 0
        case "number" if schema.get("format"):
            return 1700000000 + turn
        case "number":
            return turn + 0.5
        case "string" if schema.get("format") == "date-time":
            return f"2024-05-0{turn % 9 + 1}T10:00:00Z"
        case "string" if schema.get("format") == "http-date":
            return f"Wed, 01 May 2024 10:00:0{turn % 9} GMT"
        case "string":
            return f"té&x <{turn}>"
    return {"any": [1, "thing"]}


def encoded(service: str, name: str, protocol: str, params: Mapping[str, Any]) -> Request:
    """A request as botocore encodes it, before it is signed."""
    found = model(service, name)
    made = create_serializer(protocol, include_validation=False).serialize_to_request(
        dict(params), found
    )
    prepare_request_dict(made, endpoint_url="http://localhost")
    request = AWSRequest(
        method=made["method"], url=made["url"], headers=made["headers"], data=made["body"]
    ).prepare()
    body = request.body or b""
    headers = tuple(
        (key, value.decode() if isinstance(value, bytes) else str(value))
        for key, value in request.headers.items()
    )
    return Request(
        method=request.method,
        url=request.url,
        headers=headers,
        body=body.encode() if isinstance(body, str) else body,
    )


def answered(op: Operation, value: Mapping[str, Any]) -> Response:
    """An answer of an operation that says these members, in its protocol."""
    headers: list[tuple[str, str]] = []
    body: dict[str, Any] = {}
    raw: bytes | None = None
    payload = op.wire.get("responsePayload")
    for name, one in value.items():
        own = op.response["properties"][name]
        wire_name = own.get("wireName", name)
        if own.get("location") == "headers":
            headers += [(wire_name + key, inner) for key, inner in one.items()]
        elif own.get("location") == "header":
            headers.append((wire_name, _header(one, own)))
        elif name == payload and own.get("type") == "string":
            raw = one.encode()
        elif own.get("location") in {None, "payload"}:
            body[name] = one
    if raw is None:
        raw = _body(op, body, payload)
    return Response(status=200, headers=tuple(headers), body=raw)


def _header(value: Any, own: Any) -> str:
    if own.get("jsonvalue"):
        return base64.b64encode(json.dumps(value).encode()).decode()
    if isinstance(value, list):
        return ", ".join(_header(item, own["items"]) for item in value)
    return value if isinstance(value, str) else json.dumps(value)


def _body(op: Operation, body: dict[str, Any], payload: str | None) -> bytes:
    known = op.response["properties"]
    own: Any = known[payload] if payload else {"type": "object", "properties": known}
    said = body.get(payload) if payload else body
    if op.protocol in {"json", "rest-json"}:
        return json.dumps(wired(said, own)).encode() if said is not None else b""
    if op.protocol == "smithy-rpc-v2-cbor":
        return rpc_v2_cbor.dump(rpc_v2_cbor._wired(said, own))
    root = Element(own.get("wireName", "Answer"), {"xmlns": "http://x.amazonaws.com/doc/"})
    wrapper = op.wire.get("resultWrapper")
    item = "item" if op.protocol == "ec2" else "member"
    fill(SubElement(root, wrapper) if wrapper else root, said, _with_items(own, item))
    return dump(root)


def _with_items(own: Any, item: str) -> Any:
    if not isinstance(own, dict):
        return own
    found = {key: _with_items(inner, item) for key, inner in own.items()}
    if own.get("type") == "array" and "wireName" not in own["items"] and not own.get("flattened"):
        found["items"] = {**found["items"], "wireName": item}
    return found


def parsed(op: Operation, response: Response) -> Mapping[str, Any]:
    """What botocore's own parser makes of an answer."""
    told = {
        "status_code": response.status,
        "headers": HeadersDict(response.headers),
        "body": response.body,
        "context": {},
    }
    found: Mapping[str, Any] = create_parser(op.protocol).parse(
        told, model(op.service, op.name).output_shape
    )
    return found
