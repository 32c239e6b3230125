"""Builds the operation document from what the other modules read.

This module has the rules of the whole: the sections that a page must have, the place of each
member on the wire, and the format of the document (``schemas/operation.schema.json``). It copies
no sentence of a page: names, constraints and statuses only.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.errors import PageError
from conformance.importer import modelled
from conformance.importer import page as pages
from conformance.importer.members import (
    Known,
    Schema,
    is_required,
    member,
    ordered,
    types_of,
)
from conformance.importer.page import Page, read_page
from conformance.importer.reader import Line
from conformance.importer.services import Evidence, Model, find_model, find_service, models_of
from conformance.importer.syntax import Message, prints_line, read_syntax
from conformance.importer.terms import STATUS, Term, loses_names, read_terms
from conformance.spec.layers import by_wire_name
from conformance.spec.operation import Operation

SCHEMA = "https://json-schema.org/draft/2020-12/schema"
FORMAT = "aws-conformance-operation/1"

EMPTY = re.compile(r"empty\s+HTTP\s+body")
JSON = re.compile(r"following\s+data\s+(?:is\s+returned\s+)?in\s+JSON\s+format")
SUCCESS = re.compile(r"HTTP\s+(2\d\d)\s+response")
STATUS_CODE = re.compile(r"\s*([345]\d\d)\b")

# Where a page names its own address; a link in its prose may lead to a page of the same name.
ADDRESS = r"https://docs\.aws\.amazon\.com/[\w./-]*API_(?:[A-Za-z0-9-]+_)?{operation}\.html"
OWN_ADDRESS = (
    r"<link\b[^>]*\brel=[\"']?canonical[\"']?[^>]*\bhref=[\"']?({address})",
    r"<link\b[^>]*\bhref=[\"']?({address})[\"']?[^>]*\brel=[\"']?canonical",
    r"<meta\b[^>]*\bproperty=[\"']?og:url[\"']?[^>]*\bcontent=[\"']?({address})",
    r"<!-- saved from url=\(\d+\)({address})",
    r"(?mi)^(?:[\w.-]*(?:url|uri|source|address|link|canonical|page):?\s+)?[<\"']?({address})[>\"']?\s*$",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The place of a member on the wire: its location and its name there."""

    location: str
    wire: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The members of a request or a response, and the rest of the request line."""

    schema: Schema
    path: str = "/"
    query: dict[str, str]


def import_page(text: str, *, service: str | None = None, name: str = "") -> dict[str, Any]:
    """The document of the operation that a saved page describes, in the format's key order.

    ``text`` is the file's content: plain text, Markdown or HTML. ``service`` is boto3's client
    name and overrides what the page shows; ``name`` is the file's name, only a hint. Members have
    the order of the syntaxes, errors the page's. Raises
    :class:`~conformance.errors.PageError` where the text is not such a page, or cut off.
    """
    page = read_page(text, name)
    operation = _operation(page)
    _check_complete(page)
    request = read_syntax(page.text(pages.REQUEST_SYNTAX), pages.REQUEST_SYNTAX)
    response = read_syntax(page.text(pages.RESPONSE_SYNTAX), pages.RESPONSE_SYNTAX)

    errors = _errors(page)
    draft = _request(page, request, None), _response(page, response, None)
    evidence = Evidence(
        raw=text,
        title=page.title,
        operation=operation,
        file=name,
        method=request.method,
        path=draft[0].path,
        members=frozenset(name for side in draft for name in _all_names(side.schema)),
        errors=frozenset(errors),
    )
    service = find_service(evidence, service)
    model = find_model(service, operation)
    _check_against(model, page)
    known = modelled.operation_of(service, operation) if model else None
    asked, answered = _request(page, request, known), _response(page, response, known)
    paging = modelled.paging(asked.schema, answered.schema, known)
    address = _address(text, operation)
    aliases = modelled.aliases(asked.schema, known)
    return {
        "$schema": SCHEMA,
        "$id": f"urn:aws-conformance:operation:{service}:{operation}",
        "format": FORMAT,
        "service": service,
        "operation": operation,
        **({"page": address} if address else {}),
        "http": {
            "method": request.method,
            "path": asked.path,
            **({"query": asked.query} if asked.query else {}),
            "status": _status(page, response),
        },
        "$defs": {"request": asked.schema, "response": answered.schema},
        "errors": errors,
        **({"pagination": paging} if paging else {}),
        **({"byHand": {"aliases": aliases}} if aliases else {}),
    }


# --- what a page must have ------------------------------------------------------------------


def _operation(page: Page) -> str:
    """The operation's name: of several candidates the one that some service has."""
    if not page.sections.keys() - set(pages.ENDS):
        raise PageError(
            "This is not a page of an AWS API Reference that documents an operation: "
            "it has none of the sections 'Request Syntax', 'Response Elements', 'Errors', …"
        )
    if not page.names:
        raise PageError("The page does not name its operation: save it with its heading.")
    return next((each for each in page.names if models_of(each)), page.names[0])


def _check_complete(page: Page) -> None:
    """Raise :class:`PageError` where a section is missing or the page is cut off.

    Query protocols have no syntaxes. Bare JSON protocols print no request syntax for an operation
    without parameters. An empty response needs no syntax.
    """
    request, response = page.text(pages.REQUEST_SYNTAX), page.text(pages.RESPONSE_SYNTAX)
    rest = prints_line(request) or prints_line(response)
    rest |= pages.URI_PARAMETERS in page or pages.REQUEST_BODY in page
    shown = pages.REQUEST_SYNTAX in page or pages.RESPONSE_SYNTAX in page
    query = not (rest or shown or any(JSON.search(page.text(each)) for each in page.sections))
    empty = EMPTY.search(page.text(pages.RESPONSE_ELEMENTS))
    needed = {
        pages.REQUEST_SYNTAX: rest or JSON.search(page.text(pages.REQUEST_PARAMETERS)),
        pages.URI_PARAMETERS: rest,
        pages.REQUEST_BODY: rest and pages.REQUEST_PARAMETERS not in page,
        pages.REQUEST_PARAMETERS: '"' in request and not rest,
        pages.RESPONSE_SYNTAX: not query and not empty,
        pages.RESPONSE_ELEMENTS: not query,
    }
    for heading, must in needed.items():
        if must and heading not in page:
            raise PageError(_lacks(heading))
        if must and heading.endswith("Syntax") and not page.text(heading):
            raise PageError(f"The section {heading!r} of the page is empty: save the whole page.")
    if not any(end in page for end in pages.ENDS):
        raise PageError(_lacks(pages.SEE_ALSO if pages.ERRORS in page else pages.ERRORS))


def _check_against(model: Model | None, page: Page) -> None:
    """A few real pages have no errors or no response elements: then the model has none either."""
    if pages.ERRORS not in page and (model is None or model.errors):
        raise PageError(_lacks(pages.ERRORS))
    if pages.RESPONSE_ELEMENTS not in page and (model is None or model.answers):
        raise PageError(_lacks(pages.RESPONSE_ELEMENTS))


def _lacks(heading: str) -> str:
    return (
        f"The page lacks the section {heading!r}: it may be cut off, so save the whole page again."
    )


def _nameless(heading: str) -> str:
    return (
        f"The section {heading!r} of the page has lost names of members: save the page in another "
        "way, for example as HTML."
    )


# --- the request ----------------------------------------------------------------------------


def _request(page: Page, message: Message, known: Operation | None) -> Side:
    segments = message.path.split("/")
    host = next((v.partition(".")[0] for n, v in message.headers if n.lower() == "host"), "")
    printed = [
        *map(_bare, segments),
        *(word for pair in (*message.query, *message.headers) for word in pair),
        host,
    ]
    terms = read_terms(page.sections.get(pages.URI_PARAMETERS, ()), pages.URI_PARAMETERS, printed)
    elsewhere = {word for pair in (*message.query, *message.headers) for word in pair}
    labels = modelled.labels(segments, known)
    if labels is None:
        labels = _labels(segments, set(terms.keys() - elsewhere or terms.keys()))
    places = [Place(location="path", wire=name, name=name) for name in labels.values()]
    path = "/".join(_labelled(segment, labels.get(i)) for i, segment in enumerate(segments))
    query: dict[str, str] = {}
    for key, value in message.query:
        if value in terms or key in terms or _same(key, value):
            places.append(Place(location="query", wire=key, name=value or key))
        else:
            query[key] = value
    places += _header_places(message)
    if host in terms and host not in {place.name for place in places}:
        # S3's bucket is printed as part of the host: on any endpoint it is the first path segment.
        places.insert(0, Place(location="path", wire=host, name=host))
        path = f"/{{{host}}}" + (path if path != "/" else "")
    own = by_wire_name(known.members) if known else {}
    properties, required = {}, []
    for place in places:
        term = terms.get(place.name) or terms.get(place.wire)
        schema = member(None, term, modelled.known_as(own, place.wire, place.name))
        properties[place.name] = _placed(place, schema, pages.URI_PARAMETERS)
        if place.location == "path" or is_required(term):
            required.append(place.name)
    for name, schema, term in _body_members(page, message, known):
        if name not in properties:
            location = schema.pop("location", "body")
            place = Place(location=location, wire=_wire(name, term), name=name)
            properties[name] = _placed(place, schema, _body_section(page))
            whole = location == "payload" and known is not None and "properties" in schema
            must = modelled.requires(known, name) if whole else is_required(term)
            required += [name] if must else []
    return Side(schema=_object(properties, required), path=path, query=query)


def _bare(segment: str) -> str:
    return segment.strip("{}").removesuffix("+")


def _labels(segments: list[str], names: set[str]) -> dict[int, str]:
    """The labels by their place in the path: in braces, or bare and documented by this name."""
    bare = [_bare(segment) for segment in segments]
    if any(segment.startswith("{") for segment in segments):
        spelled = {name.lower(): name for name in names}
        braced = (i for i, segment in enumerate(segments) if segment.startswith("{"))
        return {i: spelled.get(bare[i].lower(), bare[i]) for i in braced}
    # ``/executionNumber/executionNumber`` is a word and then its label.
    last = {name: i for i, name in enumerate(bare) if name in names}
    labels = {i: name for name, i in last.items()}
    others = {name.lower(): name for name in names - set(labels.values())}
    loose = {i: others[word.lower()] for i, word in enumerate(bare) if word.lower() in others}
    return dict(sorted((loose | labels).items()))


def _labelled(segment: str, name: str | None) -> str:
    if name is None:
        return segment
    return f"{{{name}+}}" if segment.removesuffix("}").endswith("+") else f"{{{name}}}"


def _same(key: str, value: str) -> bool:
    """Whether a query parameter's value is its name in another spelling."""
    return bool(value) and re.sub(r"[^a-z0-9]", "", key.lower()) == value.lower()


def _header_places(message: Message) -> Iterator[Place]:
    """The places of members in headers: a header whose value is a bare name."""
    for wire, value in message.headers:
        if wire.lower() != "host" and re.fullmatch(r"[A-Za-z]\w*", value):
            yield Place(location="header", wire=wire, name=value)


def _wire(name: str, term: Term | None) -> str:
    return term.printed if term else name


def _placed(place: Place, schema: Schema, section: str) -> Schema:
    annotations = {"location": place.location, "section": section}
    if place.wire != place.name:
        annotations["wireName"] = place.wire
    return ordered(annotations | schema)


def _body_section(page: Page) -> str:
    return pages.REQUEST_BODY if pages.REQUEST_BODY in page else pages.REQUEST_PARAMETERS


def _body_members(
    page: Page, message: Message, known: Operation | None
) -> Iterator[tuple[str, Schema, Term | None]]:
    section = _body_section(page)
    lines = page.sections.get(section, ())
    own = known.members if known else {}
    if message.payload:
        terms = read_terms(lines, section, [message.payload])
        term = terms.get(message.payload)
        yield message.payload, _payload_schema(message.payload, term, own), term
        return
    root = _payload_root(message, known, answers=False)
    if root is not None:
        yield from _root_member(lines, section, message, *root)
        return
    yield from _members(lines, section, message, own)


def _payload_schema(name: str, term: Term | None, own: Mapping[str, Known]) -> Schema:
    """A body that is one value: bytes, where neither page nor model says more."""
    known = modelled.known_as(by_wire_name(own), name)
    if known is None:
        return member({"type": "string", "format": "byte"}, term)
    return {"location": "payload"} | member(types_of(known), term)


def _payload_root(
    message: Message, known: Operation | None, *, answers: bool
) -> tuple[str, Known] | None:
    """The member that a whole body is: its name on the wire, and the SDK's schema of it.

    ``None`` where the body's members are the operation's. Without a model the root of an XML body
    is a member, but for that of a response and one named after the request.
    """
    if known is None:
        wrapper = answers or message.root.endswith("Request")
        return (message.root, {}) if message.root and not wrapper else None
    named = known.wire.get("responsePayload" if answers else "payload", "")
    members = (known.response if answers else known.request)["properties"]
    schema = members.get(named, {})
    shown = (message.body or {}).get("properties", {})
    if not schema.get("properties") or message.body is None:
        return None
    wire = schema.get("wireName", named)
    if message.root:
        return message.root, schema
    return None if wire in shown else (wire, schema)


def _root_member(
    lines: Sequence[Line], section: str, message: Message, name: str, known: Known
) -> Iterator[tuple[str, Schema, Term | None]]:
    """The one member that a body is, with those that are documented inside of it.

    Pages call every root required, whether or not a request needs a body.
    """
    found = list(_members(lines, section, message, known.get("properties", {})))
    required = [inner for inner, _, one in found if is_required(one)]
    schema = _object({inner: one for inner, one, _ in found}, required)
    extra = {"xmlNamespace": message.namespace} if message.namespace else {}
    yield name, {"location": "payload", **extra, **schema}, None


def _members(
    lines: Sequence[Line], section: str, message: Message, own: Mapping[str, Known]
) -> Iterator[tuple[str, Schema, Term | None]]:
    """The body's members: those that the syntax shows, or without one those that are documented."""
    if message.line and message.body is None:
        return
    shown = None
    if message.body is not None:
        shown = message.body.get("properties", {})
        if message.root and not shown and message.body.get("type") != "object":
            shown = {message.root: message.body}  # a root without any element is the member
    terms = read_terms(lines, section, shown, by_wire_name(own))
    lost = [name for name in shown if name not in terms] if shown is not None else ["?"]
    if lost and section != pages.RESPONSE_ELEMENTS and loses_names(lines, section, shown):
        raise PageError(_nameless(section))
    known = by_wire_name(own)
    for name in dict.fromkeys([*(shown or ()), *terms]):
        if name == message.root and name not in (shown or ()):
            continue
        term = terms.get(name)
        yield name, member((shown or {}).get(name), term, modelled.known_as(known, name)), term


# --- the response ---------------------------------------------------------------------------


def _response(page: Page, message: Message, known: Operation | None) -> Side:
    section = pages.RESPONSE_ELEMENTS
    lines = page.sections.get(section, ())
    places = list(_header_places(message))
    if message.status and not message.status.isdecimal():
        places.insert(0, Place(location="status", wire=message.status, name=message.status))
    outside = [each for place in places for each in (place.name, place.wire)]
    body = (message.body or {}).get("properties", {})
    # These have no closing line: such a block goes on to the next name, whatever it is.
    terms = read_terms(lines, "", [*outside, *_payload(message), *body])
    answered = known.response["properties"] if known else {}
    own = by_wire_name(answered)
    properties: dict[str, Schema] = {}
    for place in places:
        shape = {"type": "integer"} if place.location == "status" else None
        term = terms.get(place.name) or terms.get(place.wire)
        schema = member(shape, term, modelled.known_as(own, place.wire, place.name))
        properties[place.name] = _placed(place, schema, section)
    for name in _payload(message):
        schema = _payload_schema(name, terms.get(name), answered)
        properties[name] = ordered({"section": section} | schema)
    root = _payload_root(message, known, answers=True)
    if root is not None:
        found = _root_member(lines, section, message, *root)
    elif message.payload or EMPTY.search(page.text(section)):
        found = iter(())
    else:
        found = _members(lines, section, message, answered)
    for name, schema, _ in found:
        properties.setdefault(name, ordered({"section": section} | schema))
    return Side(schema=_object(properties, []), query={})


def _payload(message: Message) -> list[str]:
    return [message.payload] if message.payload else []


def _status(page: Page, message: Message) -> int:
    if message.status.isdecimal():
        return int(message.status)
    found = SUCCESS.search(page.text(pages.RESPONSE_ELEMENTS))
    return int(found[1]) if found else 200


def _errors(page: Page) -> dict[str, dict[str, int]]:
    lines = page.sections.get(pages.ERRORS, ())
    terms = read_terms(lines, pages.ERRORS)
    if loses_names(lines, pages.ERRORS):
        raise PageError(_nameless(pages.ERRORS))
    found = ((name, STATUS_CODE.match(term[STATUS])) for name, term in terms.items())
    return {name: {"status": int(status[1])} for name, status in found if status}


# --- the whole ------------------------------------------------------------------------------


def _object(properties: dict[str, Schema], required: list[str]) -> Schema:
    return {
        "type": "object",
        **({"required": required} if required else {}),
        "properties": properties,
    }


def _all_names(schema: Schema) -> set[str]:
    names: set[str] = set()
    for name, inner in schema.get("properties", {}).items():
        names |= {name, inner.get("wireName", name)} | _all_names(inner)
    for key in {"items", "additionalProperties"} & schema.keys():
        names |= _all_names(schema[key])
    return names


def _address(raw: str, operation: str) -> str | None:
    address = ADDRESS.format(operation=operation)
    for pattern in OWN_ADDRESS:
        if found := re.search(pattern.replace("{address}", address), raw):
            return found[1]
    return None
