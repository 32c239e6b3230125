"""AWS ec2Query: as query, but lists are always numbered behind their own names.

Source: https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html. Answers have
no wrapper around the members, and errors stand in a list.
"""

from collections.abc import Mapping
from typing import Any

from conformance.protocols import query, request_ids, xml_body
from conformance.protocols.base import Alteration, Draft, ErrorEnvelope, What
from conformance.protocols.form import Style
from conformance.protocols.http import Request, Response
from conformance.spec.operation import Operation

FORM: str = "XML"
BODY: str = "an XML document of the operation's form"
ERROR_PLACES: str = "<Response><Errors><Error><Code>"
REQUEST_ID_PLACES: str = "<requestId>, or <Response><RequestID>"
HEADERS: Mapping[str, str] = {}
MALFORMED: Mapping[str, bytes] = query.MALFORMED
NON_OBJECTS: Mapping[str, bytes] = query.NON_OBJECTS

_STYLE = Style(numbered=True)
#: Where a success holds its request id, § Response serialization; an SDK looks nowhere else.
_REQUEST_ID = ("requestId",)
_ENVELOPE = frozenset({"requestId"})


def alter(operation: Operation, draft: Draft, alteration: Alteration) -> None:
    """Change the draft on the wire as told, signing apart."""
    query.alter_form(operation, draft, alteration, _STYLE)


def members(operation: Operation, request: Request) -> Mapping[str, Any] | None:
    """The members as a server reads them; ``None`` where the body is no UTF-8."""
    return query.form_members(operation, request, _STYLE)


def output(operation: Operation, response: Response) -> Any:
    """An answer as data under the SDK's names. Raises ``ValueError`` where it cannot be read.

    An error told with a success is the data that it looks like.
    """
    known = operation.response.get("properties", {})
    if not response.body and not known:
        return {}
    root = query.root_of(response)
    if xml_body.is_error(root):
        return xml_body.plain(root)
    return query.read(root, known, "item", _ENVELOPE)


def error(response: Response) -> ErrorEnvelope:
    """What an error answer says of itself."""
    return xml_body.error(response, (xml_body.LISTED,))


def names_request(response: Response) -> bool:
    """Whether an answer names its request id where the protocol has it: in the body."""
    return request_ids.in_body(response, _REQUEST_ID)


def is_media_type(operation: Operation, response: Response) -> bool:
    """Whether the Content-Type is XML."""
    return query.is_media_type(operation, response)


def inexpressible(operation: Operation, path: str, what: What) -> str | None:
    """Why a request cannot be odd in this way, as a phrase; ``None`` where it can."""
    return query.inexpressible(operation, path, what)
