"""AWS query: members in a form, the operation in ``Action``, answers in XML.

Source: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html. The EC2 variant
shares all but what its own module says.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from conformance.protocols import form, request_ids, xml_body
from conformance.protocols.aws_json import replace_parts
from conformance.protocols.base import (
    NO_SUCH_OPERATION,
    Alteration,
    Draft,
    ErrorEnvelope,
    What,
    schema_at,
)
from conformance.protocols.form import Form, Style
from conformance.protocols.http import Request, Response
from conformance.spec.operation import Operation

FORM: str = "XML"
BODY: str = "an XML document of the operation's form"
ERROR_PLACES: str = "<ErrorResponse><Error><Code>"
REQUEST_ID_PLACES: str = "<ResponseMetadata><RequestId>, or <ErrorResponse><RequestId>"
HEADERS: Mapping[str, str] = {}
#: Any text is a form, if not one with the members wanted.
MALFORMED: Mapping[str, bytes] = {}
NON_OBJECTS: Mapping[str, bytes] = {}

_STYLE = Style()
#: What an answer holds beside the operation's members.
_ENVELOPE = frozenset({"ResponseMetadata"})
#: Where a success holds its request id, § Response serialization; an SDK looks nowhere else.
_REQUEST_ID = ("ResponseMetadata", "RequestId")
#: SimpleDB, though it speaks query, tells errors as EC2 does.
_ERRORS = (xml_body.WRAPPED, xml_body.LISTED)


def alter(operation: Operation, draft: Draft, alteration: Alteration) -> None:
    """Change the draft on the wire as told, signing apart."""
    alter_form(operation, draft, alteration, _STYLE)


def alter_form(operation: Operation, draft: Draft, alteration: Alteration, style: Style) -> None:
    """Change the draft on the wire, with lists numbered in a style."""
    changes = (alteration.members, alteration.repeated, alteration.extra, alteration.absent)
    if any(changes):
        pairs = form.load(draft.body)
        for name, value in alteration.members.items():
            schema = operation.members[name]
            prefix = schema.get("wireName", name)
            pairs = [pair for pair in pairs if not style.owns(prefix, schema, pair[0])]
            pairs += style.pairs(prefix, value, schema)
        for name in alteration.repeated:
            schema = operation.members[name]
            prefix = schema.get("wireName", name)
            pairs += [pair for pair in pairs if style.owns(prefix, schema, pair[0])]
        for name, value in alteration.extra.items():
            pairs += style.pairs(name, value, {})
        if alteration.absent:
            pairs = [(n, NO_SUCH_OPERATION if n == "Action" else v) for n, v in pairs]
        draft.body = form.dump(pairs)
    replace_parts(draft, alteration)


def members(operation: Operation, request: Request) -> Mapping[str, Any] | None:
    """The members as a server reads them; ``None`` where the body is no UTF-8."""
    return form_members(operation, request, _STYLE)


def form_members(operation: Operation, request: Request, style: Style) -> Mapping[str, Any] | None:
    """The members of a form with lists numbered in a style."""
    try:
        pairs = form.load(request.body) + request.query
    except ValueError:
        return None
    return Form(pairs, style).members(operation.members)


def output(operation: Operation, response: Response) -> Any:
    """An answer as data under the SDK's names. Raises ``ValueError`` where it cannot be read.

    An error told with a success is the data that it looks like.
    """
    known = operation.response.get("properties", {})
    if not response.body and not known:
        return {}
    root = root_of(response)
    wrapper = operation.wire.get("resultWrapper")
    if xml_body.is_error(root):
        return xml_body.plain(root)
    start = root if wrapper is None else xml_body.child(root, wrapper)
    if start is None and known:
        raise ValueError(f"there is no {wrapper}")
    return {} if start is None else read(start, known, "member", _ENVELOPE)


def root_of(response: Response) -> Element:
    """The root of an answer. Raises ``ValueError`` where it is no XML, or a page for people."""
    root = xml_body.parse(response.body)
    if xml_body.local(root.tag).lower() == "html":
        raise ValueError("a page for people")
    return root


def read(start: Element, known: Mapping[str, Any], item: str, envelope: Iterable[str]) -> Any:
    """The members of an element, without what belongs to the envelope."""
    schema = {"type": "object", "properties": known}
    found = xml_body.Reader(item=item).value(start, schema)
    if not isinstance(found, dict):
        return found
    return {name: one for name, one in found.items() if name in known or name not in envelope}


def error(response: Response) -> ErrorEnvelope:
    """What an error answer says of itself."""
    return xml_body.error(response, _ERRORS)


def names_request(response: Response) -> bool:
    """Whether an answer names its request id where the protocol has it: in the body."""
    return request_ids.in_body(response, _REQUEST_ID)


def is_media_type(operation: Operation, response: Response) -> bool:
    """Whether the Content-Type is XML."""
    del operation
    return xml_body.is_xml(response)


def inexpressible(operation: Operation, path: str, what: What) -> str | None:
    """Why a request cannot be odd in this way, as a phrase; ``None`` where it can."""
    if what in {"malformed-body", "non-object-body"}:
        return "any text is a form"
    schema = schema_at(operation, path)
    kind = schema.get("type")
    match what:
        case "null":
            return "a form is text and has no null"
        case "unicode-unescaped":
            return "a form has one way to write a character"
        case "empty" if kind in {"array", "object"}:
            return "nothing empty stands in a form: it is as absent"
        case "type" if kind in {"array", "object"}:
            return "a form has names for the parts of a value, and none for the whole"
        case "type" if kind == "string" and "format" not in schema:
            return "everything in a form is text"
        case "type" if kind is None:
            return "any value is of its type"
        case "repeated" if kind in {"array", "object"}:
            return "only a single value can stand twice"
    return None
