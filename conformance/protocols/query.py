"""AWS query: members in a form, the operation in ``Action``, responses in XML.

Source: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html. The EC2 variant
differs in what its own module defines.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element

from conformance.protocols import form, xml_body, xml_writing
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
    schema_at,
)
from conformance.protocols.form import Form, Style
from conformance.protocols.http import Request, Response, header

_STYLE = Style()
#: What the items of a list are called whose model has no name for them, § XML shape serialization.
_ITEMS = frozenset({"member"})
#: What a response holds beside the operation's members.
_ENVELOPE = frozenset({"ResponseMetadata"})
#: Where a success holds its request id, § Response serialization; an SDK looks nowhere else.
_REQUEST_ID = ("ResponseMetadata", "RequestId")
#: SimpleDB, though it speaks query, sends errors in EC2's form.
_ERRORS = (xml_body.WRAPPED, xml_body.LISTED)


#: An ``Action`` begins within so many bytes of a body that does not say it is a form.
_BEGINNING = 4096


def _address(request: Request) -> Address | None:
    """The ``Action`` and the ``Version``, in a form in the body or in the query."""
    pairs = request.query
    content_type = (header(request.headers, "content-type") or "").lower()
    named = b"Action=" in request.content[:_BEGINNING]
    if request.body and ("form-urlencoded" in content_type or named):
        try:
            pairs = parse_qsl(request.content.decode("utf-8"), keep_blank_values=True) + pairs
        except ValueError:
            return None
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    action = found.get("Action")
    if not action:
        return None
    return Address(operation=action, version=found.get("Version", ""), text=action)


def _misname(operation: WireOperation, draft: Draft) -> None:
    del operation
    pairs = form.load(draft.body)
    draft.body = form.dump([(n, NO_SUCH_OPERATION if n == "Action" else v) for n, v in pairs])


def names(facts: ModelFacts) -> dict[str, Any]:
    """What a form says of the operation beside its members."""
    return {"action": facts.operation, "version": facts.metadata["apiVersion"]}


def _wire(facts: ModelFacts) -> dict[str, Any]:
    if not facts.has_output:
        return names(facts)
    return {**names(facts), "resultWrapper": facts.result_wrapper or f"{facts.operation}Result"}


def rewrite(
    operation: WireOperation, draft: Draft, alteration: Alteration, *, style: Style
) -> None:
    """Put an alteration's members into a form, with lists numbered in a style."""
    if not (alteration.members or alteration.repeated or alteration.extra):
        return
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
    draft.body = form.dump(pairs)


def members(
    operation: WireOperation, request: Request, *, style: Style
) -> Mapping[str, Any] | None:
    """The members of a form with lists numbered in a style; ``None`` where it is no UTF-8."""
    try:
        pairs = form.load(request.content) + request.query
    except ValueError:
        return None
    return Form(pairs, style).members(operation.members)


def _output(operation: WireOperation, response: Response) -> Any:
    """The members of a response; an error with a success's status is the data it looks like."""
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
    return {} if start is None else read(start, known, _ITEMS, _ENVELOPE)


def answer(operation: WireOperation, members: Mapping[str, Any]) -> Response:
    """The success that holds members, in their wrapper where the protocol has one."""
    wrapper = str(operation.wire.get("resultWrapper", ""))
    body = xml_writing.document(f"{operation.name}Response", members, operation.response, wrapper)
    return Response(status=200, headers=(), body=body)


def root_of(response: Response) -> Element:
    """The root of a response. Raises ``ValueError`` where it is no XML, or a page for people."""
    root = xml_body.parse(response.body)
    if xml_body.local(root.tag).lower() == "html":
        raise ValueError("a page for people")
    return root


def read(
    start: Element, known: Mapping[str, Any], items: frozenset[str], envelope: Iterable[str]
) -> Any:
    """The members of an element, without what belongs to the envelope."""
    schema = {"type": "object", "properties": known}
    found = xml_body.Reader(items=items).value(start, schema)
    if not isinstance(found, dict):
        return found
    return {name: one for name, one in found.items() if name in known or name not in envelope}


def _inexpressible(operation: WireOperation, path: str, what: What) -> str | None:
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


PROTOCOL = WireProtocol(
    name="query",
    page="https://smithy.io/2.0/aws/protocols/aws-query-protocol.html",
    request_format=form.FORMAT,
    response_format=xml_body.FORMAT,
    addressing=Addressing(place="Action", read=_address, misname=_misname, in_body=True),
    timestamps="iso8601",
    error_places="<ErrorResponse><Error><Code>",
    request_id_places="<ResponseMetadata><RequestId>, or <ErrorResponse><RequestId>",
    wire=_wire,
    rewrite=partial(rewrite, style=_STYLE),
    members=partial(members, style=_STYLE),
    output=_output,
    answer=answer,
    error=partial(xml_body.error, forms=_ERRORS),
    names_request=partial(xml_body.names_request, of_success=_REQUEST_ID),
    inexpressible=_inexpressible,
)
