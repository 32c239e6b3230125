"""AWS JSON 1.0 and 1.1: every member in one JSON object, the operation in a header.

Source: https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html and
https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from conformance.protocols import json_body, request_ids
from conformance.protocols.base import NO_SUCH_OPERATION, Alteration, Draft, ErrorEnvelope, What
from conformance.protocols.http import Request, Response
from conformance.protocols.http_binding import set_header
from conformance.protocols.json_body import ERROR_HEADER
from conformance.protocols.rest_json import json_reason
from conformance.spec.operation import Operation

FORM: str = "JSON"
BODY: str = "a JSON object"
ERROR_PLACES: str = "__type, code or x-amzn-ErrorType"
REQUEST_ID_PLACES: str = "the header x-amzn-RequestId"
HEADERS: Mapping[str, str] = {}
MALFORMED: Mapping[str, bytes] = json_body.MALFORMED
NON_OBJECTS: Mapping[str, bytes] = json_body.NON_OBJECTS

#: Where an error may name its type, § Operation error serialization; the SDK takes ``__type``.
_ERROR_PLACES = ("__type", ERROR_HEADER, "code", "Code")


def alter(operation: Operation, draft: Draft, alteration: Alteration) -> None:
    """Change the draft on the wire as told, signing apart."""
    if alteration.members or alteration.extra or alteration.unescaped:
        body = json.loads(draft.body) if draft.body else {}
        for name, value in alteration.members.items():
            schema = operation.members[name]
            body[schema.get("wireName", name)] = json_body.wired(value, schema)
        body.update(alteration.extra)
        draft.body = json.dumps(body, ensure_ascii=not alteration.unescaped).encode(
            "utf-8", "surrogatepass"
        )
    if alteration.absent:
        target = str(operation.wire["target"]).rpartition(".")[0]
        set_header(draft, "X-Amz-Target", f"{target}.{NO_SUCH_OPERATION}".lstrip("."))
    replace_parts(draft, alteration)


def replace_parts(draft: Draft, alteration: Alteration) -> None:
    """Replace body, content type, path and method as they are told."""
    if alteration.body is not None:
        draft.body = alteration.body
    if alteration.content_type is not None:
        set_header(draft, "Content-Type", alteration.content_type)
    if alteration.path is not None:
        draft.url = urlunsplit(urlsplit(draft.url)._replace(path=alteration.path))
    if alteration.method is not None:
        draft.method = alteration.method


def members(operation: Operation, request: Request) -> Mapping[str, Any] | None:
    """The members as a server reads them; ``None`` where the body is no JSON object."""
    return json_body.members(operation, request, json_body.load, json_body.decoded_blobs)


def output(operation: Operation, response: Response) -> Any:
    """An answer as data under the SDK's names. Raises ``ValueError`` where it cannot be read.

    An operation without output members may answer with nothing; a stream is not looked into.
    """
    return json_body.output(operation, response, json_body.load)


def error(response: Response) -> ErrorEnvelope:
    """What an error answer says of itself."""
    return json_body.error(response, _ERROR_PLACES)


#: Whether an answer names its request id where the protocol has it.
names_request = request_ids.in_header


def is_media_type(operation: Operation, response: Response) -> bool:
    """Whether the Content-Type is JSON, under any name that AWS gives it."""
    del operation
    return json_body.is_json(response)


def inexpressible(operation: Operation, path: str, what: What) -> str | None:
    """Why a request cannot be odd in this way, as a phrase; ``None`` where it can."""
    return json_reason(operation, path, what) if path else None
