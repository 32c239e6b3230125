"""AWS restXml: members in path, query and headers, the rest in an XML document.

Source: https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html. A request's
root element is named by ``wireName`` of the request, or of the member that is the
payload; ``xmlNamespace`` beside it is its namespace.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any
from xml.etree.ElementTree import Element

from conformance.protocols import http_binding as binding
from conformance.protocols import xml_body
from conformance.protocols import xml_writing as writing
from conformance.protocols.base import (
    Alteration,
    Draft,
    ForeignBodyError,
    Schema,
    What,
    WireOperation,
    WireProtocol,
    entered,
    names_request_in_header,
    schema_at,
)
from conformance.protocols.http import Request, Response

#: S3's errors are bare, § Operation error serialization (noErrorWrapping).
_ERRORS = (xml_body.WRAPPED, xml_body.BARE)


def _root(operation: WireOperation, draft: Draft) -> Element:
    """The document of a draft, or a new one where it has none."""
    if draft.body:
        return writing.load(draft.body)
    payload = binding.payload(operation)
    name, schema = payload or (f"{operation.name}Request", operation.request)
    root = Element(schema.get("wireName", name))
    writing.declare(root, schema)
    return root


def _set_member(operation: WireOperation, draft: Draft, name: str, value: Any) -> None:
    schema = operation.members[name]
    if binding.set_bound(operation, draft, name, value):
        return
    if schema.get("location") == "payload" and schema.get("type") == "string":
        binding.set_raw(draft, value)
        return
    root = _root(operation, draft)
    if schema.get("location") == "payload":
        for one in list(root):
            root.remove(one)
        writing.fill(root, value, schema)
    else:
        writing.set_member(root, name, value, schema)
    _write(draft, root)


def _write(draft: Draft, root: Element) -> None:
    draft.body = writing.dump(root)


def _repeat(operation: WireOperation, draft: Draft, name: str) -> None:
    schema = operation.members[name]
    if schema.get("location") in binding.BOUND:
        binding.repeat(operation, draft, name)
    elif draft.body and schema.get("location") == "body":
        root = _root(operation, draft)
        wire_name = xml_body.element_name(name, schema)
        root.extend([one for one in root if one.tag == wire_name])
        _write(draft, root)


def _add(operation: WireOperation, draft: Draft, name: str, value: Any) -> None:
    """Add a member that the operation does not have, where its others are."""
    if binding.is_extensible(operation):
        root = _root(operation, draft)
        writing.add(root, name, value, {})
        _write(draft, root)
    else:
        binding.set_query(draft, name, [binding.text(value)])


def _rewrite(operation: WireOperation, draft: Draft, alteration: Alteration) -> None:
    for name, value in alteration.members.items():
        _set_member(operation, draft, name, value)
    for name in alteration.repeated:
        _repeat(operation, draft, name)
    for name, value in alteration.extra.items():
        _add(operation, draft, name, value)


def _members(operation: WireOperation, request: Request) -> Mapping[str, Any] | None:
    found = binding.bound_members(operation, request)
    raw = binding.raw_member(operation, request)
    if raw is not None:
        return found | raw
    payload = binding.payload(operation)
    if not request.body or not (payload or operation.has_body):
        return found
    try:
        root = xml_body.parse(request.content)
    except ValueError:
        return None
    reader = xml_body.Reader(blobs=True)
    if payload:
        return found | {payload[0]: reader.value(root, payload[1])}
    known = {
        name: schema
        for name, schema in operation.members.items()
        if schema.get("location") not in binding.BOUND
    }
    read = reader.structure(root, known)
    return found | {name: value for name, value in read.items() if name in known}


def _output(operation: WireOperation, response: Response) -> Any:
    """The members of a response.

    An error with the status of a success, which S3 sends where it began to respond too
    early, is read as the data that it looks like.
    """
    bound, is_whole = binding.beside_body(operation, response)
    if is_whole:
        return bound
    payload = operation.wire.get("responsePayload")
    inside = binding.body_output(operation)
    root = xml_body.parse(response.body)
    if xml_body.local(root.tag).lower() == "html":
        raise ValueError("a page for people")
    if xml_body.is_error(root):
        return xml_body.plain(root)
    schema = operation.response.get("properties", {}).get(payload)
    if schema is not None:
        _require_own(root, str(payload), schema)
        return bound | {payload: xml_body.Reader().value(root, schema)}
    found = _inside(root, inside, unwrapped=bool(operation.wire.get("unwrapped")))
    return found | bound if isinstance(found, dict) else found


def _require_own(root: Element, payload: str, schema: Schema) -> None:
    """Raise :class:`ForeignBodyError` where neither a document nor anything in it is known.

    A server that does not know ``?abac`` answers ``GET /bucket?abac`` with the bucket's listing.
    """
    known = entered(schema).get("properties", {})
    names = {xml_body.element_name(name, one) for name, one in known.items()}
    found = {xml_body.local(one.tag) for one in root.iter() if one is not root}
    own = {payload, schema.get("wireName", payload)}
    if found and known and found.isdisjoint(names) and xml_body.local(root.tag) not in own:
        raise ForeignBodyError(f"a document {xml_body.local(root.tag)}, of another operation")


def _answer(operation: WireOperation, members: Mapping[str, Any]) -> Response:
    def write(value: Any, schema: Schema) -> bytes:
        if operation.wire.get("unwrapped") and value:
            name, own = next(iter(schema["properties"].items()))
            return writing.document(xml_body.element_name(name, own), value.get(name), own)
        return writing.document(f"{operation.name}Response", value, schema)

    return binding.answer(operation, members, write)


def _inside(root: Element, inside: Mapping[str, Schema], *, unwrapped: bool) -> Any:
    """The members in a document; of an unwrapped one the only member is its root.

    Source: https://smithy.io/2.0/aws/customizations/s3-customizations.html
    § s3UnwrappedXmlOutput.
    """
    reader = xml_body.Reader()
    if unwrapped:
        name, schema = next(iter(inside.items()))
        wire_name = xml_body.element_name(name, schema)
        if wire_name == xml_body.local(root.tag) and xml_body.child(root, wire_name) is None:
            return {name: reader.value(root, schema)}
    return reader.value(root, {"type": "object", "properties": inside})


def _names_request(response: Response) -> bool:
    """Whether a header names the request id; an error may name it in its body alone."""
    if names_request_in_header(response):
        return True
    return response.status >= 400 and xml_body.names_request(response)


def _inexpressible(operation: WireOperation, path: str, what: What) -> str | None:
    if what == "non-object-body":
        return "an XML document always has a root element"
    member = operation.members.get(path.partition("/")[0], {})
    if not path or member.get("location") in binding.BOUND:
        return binding.inexpressible(operation, path, what)
    schema = schema_at(operation, path)
    kind = schema.get("type")
    match what:
        case "null":
            return "XML is text and has no null"
        case "unicode-unescaped":
            return "XML says a character as it is, or by a number that means the same"
        case "empty" if schema.get("flattened"):
            return "a flattened list without items has no element: it is as absent"
        case "type" if kind == "string" and "format" not in schema:
            return "everything in XML is text"
        case "type" if kind is None:
            return "any value is of its type"
        case "repeated" if "/" in path or kind in {"array", "object"}:
            return "only an element of a single value can stand twice"
    return None


PROTOCOL = WireProtocol(
    name="rest-xml",
    page="https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html",
    request_format=xml_body.FORMAT,
    response_format=xml_body.FORMAT,
    addressing=binding.ADDRESSING,
    timestamps="iso8601",
    error_places="<Error><Code>",
    request_id_places="the header x-amzn-RequestId",
    wire=binding.wire,
    rewrite=_rewrite,
    members=_members,
    output=_output,
    answer=_answer,
    error=partial(xml_body.error, forms=_ERRORS),
    names_request=_names_request,
    inexpressible=_inexpressible,
)
