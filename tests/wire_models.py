"""Values, requests and answers for the SDK's own models, for tests of the wire.

botocore encodes the requests and parses the answers: what the package makes of the
same bytes is held against it.
"""

import base64
import datetime
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from botocore.awsrequest import AWSRequest, HeadersDict, prepare_request_dict
from botocore.model import OperationModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from botocore.session import Session

from conformance.protocols.base import Alteration, Draft, entered
from conformance.protocols.http import Request, Response
from conformance.protocols.json_body import is_blob
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation

SESSION = Session()


@lru_cache(maxsize=64)
def model(service: str, name: str) -> OperationModel:
    return SESSION.get_service_model(service).operation_model(name)


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
            return {name: example(one, turn) for name, one in schema.get("properties", {}).items()}
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


def with_blobs(value: Any, schema: Any) -> Any:
    """Members as the SDK takes them, of those that a protocol read: blobs are bytes."""
    known = entered(schema)
    if isinstance(value, Mapping):
        inner = known.get("properties", {})
        other = known.get("additionalProperties", {})
        return {name: with_blobs(one, inner.get(name, other)) for name, one in value.items()}
    if isinstance(value, list):
        return [with_blobs(one, known.get("items", {})) for one in value]
    if isinstance(value, str) and is_blob(known):
        return value.encode("latin-1")
    return value


def encoded(op: Operation, params: Mapping[str, Any]) -> Request:
    """A request as botocore encodes it, before it is signed."""
    found = model(op.service, op.name)
    made = create_serializer(op.protocol, include_validation=False).serialize_to_request(
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
    return PROTOCOLS[op.protocol].answer(op, with_bytes(value, op.response))


def with_bytes(value: Any, schema: Any) -> Any:
    """A value with the texts of its blobs as bytes."""
    known = entered(schema)
    if isinstance(value, Mapping):
        inner = known.get("properties", {})
        other = known.get("additionalProperties", {})
        return {name: with_bytes(one, inner.get(name, other)) for name, one in value.items()}
    if isinstance(value, list):
        return [with_bytes(one, known.get("items", {})) for one in value]
    return value.encode() if isinstance(value, str) and is_blob(known) else value


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


def altered(op: Operation, request: Request, **change: Any) -> Request:
    """A request after it was changed on the wire."""
    draft = Draft(
        method=request.method, url=request.url, headers=dict(request.headers), body=request.body
    )
    PROTOCOLS[op.protocol].alter(op, draft, Alteration(**change))
    return Request(
        method=draft.method, url=draft.url, headers=tuple(draft.headers.items()), body=draft.body
    )
