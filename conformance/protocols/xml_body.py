"""Members in XML, for every protocol whose responses are XML.

XML has neither types nor lists: the schema defines what an element means. Text that
does not read as the documented type stays text, an element of another form stays
the data that it looks like. Namespaces do not matter. A document type is refused.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from conformance.protocols.base import (
    MOST_ELEMENTS,
    ON_THE_WIRE,
    ErrorEnvelope,
    Format,
    Schema,
    core,
    entered,
    excused,
    names_request_in_header,
    query_error,
)
from conformance.protocols.http import Response
from conformance.protocols.json_body import decoded_blob, is_blob

#: So many pieces of text cost as much as an element.
_PIECES = 8
_ATTRIBUTE = re.compile(rb"=\s*[\"']")


def _elements(body: bytes) -> int:
    """How many elements and attributes XML holds, by its tags and equals signs before quotes."""
    count = body.count(b"<") - body.count(b"</")
    # a parser makes a piece of text of each line and of each reference
    count += (body.count(b"\n") + body.count(b"&")) // _PIECES
    if body.count(b"=") > MOST_ELEMENTS:
        count += sum(1 for _ in _ATTRIBUTE.finditer(body))
    return count


#: A document always has a root element, so that none is anything but an object. Its
#: Content-Type: RFC 7303.
FORMAT = Format(
    name="XML",
    body="an XML document of the operation's form",
    typed=False,
    malformed={"truncated": b"<Request><Name>", "text": b"this is no XML"},
    non_objects={},
    is_media_type=lambda name: name in {"text/xml", "application/xml"},
    elements=_elements,
)

#: No documented shape comes near this depth.
MOST_DEPTH = 200

_INTEGER = re.compile(r"[+-]?[0-9]{1,40}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|NaN|-?Infinity")
_BOOLEANS = {"true": True, "false": False}


class _Builder(ElementTree.TreeBuilder):
    """Refuses what no service sends and what costs more than it is worth."""

    depth = 0

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """A document type could define entities without end."""
        raise ValueError("it has a document type")

    def start(self, tag: Any, attrs: Any) -> Element:
        """One element deeper."""
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise ValueError("nested too deeply")
        return super().start(tag, attrs)

    def end(self, tag: Any) -> Element:
        """One element less deep."""
        self.depth -= 1
        return super().end(tag)


def parse(body: bytes) -> Element:
    """The root of an XML document. Raises ``ValueError`` where the body is none."""
    parser = ElementTree.XMLParser(target=_Builder())
    try:
        parser.feed(body)
        root: Element = parser.close()
    except (ElementTree.ParseError, LookupError) as error:
        raise ValueError(f"no XML: {error}") from error
    return root


def local(tag: str) -> str:
    """The name of an element or attribute without its namespace or prefix."""
    return tag.rpartition("}")[2].rpartition(":")[2]


def child(element: Element, name: str) -> Element | None:
    """The first child of that name, whatever its namespace."""
    return next((one for one in element if local(one.tag) == name), None)


def element_name(name: str, schema: Schema) -> str:
    """The name of the elements of a member; those of a flattened list may have their own."""
    if schema.get("flattened") and schema.get("type") == "array":
        own = schema.get("items", {}).get("wireName")
        if own:
            return str(own)
    return str(schema.get("wireName", name))


def plain(element: Element) -> Any:
    """An element without a schema: its text, or its children by name."""
    if not len(element):
        return element.text or ""
    return plain_members(element)


def plain_members(element: Element) -> dict[str, Any]:
    """The children of an element without a schema; repeated ones are a list."""
    found: dict[str, list[Any]] = {}
    for one in element:
        found.setdefault(local(one.tag), []).append(plain(one))
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def scalar(text: str, schema: Schema) -> Any:
    """Text as the documented type, where it reads so.

    White space around a number does not matter; around a boolean clients do not expect it,
    and take it for ``false``.
    Source: https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html
    § XML shape serialization.
    """
    stripped = text.strip()
    match schema.get("type"):
        case "integer" if _INTEGER.fullmatch(stripped):
            return int(stripped)
        case "number" if _NUMBER.fullmatch(stripped):
            number = float(stripped)
            # digits beyond every number are no infinity
            return number if math.isfinite(number) or stripped[-1] in "Ny" else text
        case "boolean" if text in _BOOLEANS:
            return _BOOLEANS[text]
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads elements by their schemas.

    ``items`` is what the elements of a list may be called that has no name for them;
    ``blobs``: base64 text is decoded.
    """

    items: frozenset[str] = frozenset({"member"})
    blobs: bool = False

    def structure(self, element: Element, known: Mapping[str, Schema]) -> dict[str, Any]:
        """The members of an element under the SDK's names; unknown ones under their own, marked."""
        nodes: dict[str, list[Element]] = {}
        for one in element:
            nodes.setdefault(local(one.tag), []).append(one)
        found: dict[str, Any] = {}
        for name, schema in known.items():
            wire_name = element_name(name, schema)
            if schema.get("xmlAttribute"):
                attributes = {local(key): value for key, value in element.attrib.items()}
                if local(wire_name) in attributes:
                    found[name] = scalar(attributes[local(wire_name)], schema)
            elif wire_name in nodes:
                found[name] = self.member(nodes.pop(wire_name), schema)
        for name, others in nodes.items():
            read = [plain(one) for one in others]
            own = name + ON_THE_WIRE if name in known else name
            found[own] = read if len(read) > 1 else read[0]
        return found

    def member(self, nodes: list[Element], schema: Schema) -> Any:
        """The value of a member, of all its elements."""
        kind = schema.get("type")
        if schema.get("flattened") and kind == "array":
            return [self.value(one, schema.get("items", {})) for one in nodes]
        if schema.get("flattened") and _is_map(schema):
            return self._map(nodes, schema)
        read = [self.value(one, schema) for one in nodes]
        return read if len(read) > 1 else read[0]

    def value(self, element: Element, schema: Schema) -> Any:
        """The value of one element."""
        kind = schema.get("type")
        if kind is None:
            return plain(element)
        if kind in {"object", "array"} and not len(element) and (element.text or "").strip():
            return element.text
        if _is_map(schema):
            entries = list(element)
            if any(local(one.tag) != "entry" for one in entries):
                return plain_members(element)
            return self._map(entries, schema)
        if kind == "object":
            return self.structure(element, entered(schema).get("properties", {}))
        if kind == "array":
            own = schema.get("items", {}).get("wireName")
            names = self.items if own is None else {own}
            if any(local(one.tag) not in names for one in element):
                return plain_members(element)
            return [self.value(one, schema.get("items", {})) for one in element]
        if len(element):
            return plain_members(element)
        text = element.text or ""
        if is_blob(schema):
            return decoded_blob(text) if self.blobs else text
        return scalar(text, schema)

    def _map(self, entries: Iterable[Element], schema: Schema) -> Any:
        key_schema, value_schema = schema.get("propertyNames", {}), schema["additionalProperties"]
        found: dict[str, Any] = {}
        for entry in entries:
            key = child(entry, key_schema.get("wireName", "key"))
            value = child(entry, value_schema.get("wireName", "value"))
            if key is None or value is None:
                return [plain(one) for one in entries]
            found[key.text or ""] = self.value(value, value_schema)
        return found


def _is_map(schema: Schema) -> bool:
    return schema.get("type") == "object" and isinstance(
        schema.get("additionalProperties"), Mapping
    )


# ------------------------------------------------------------ errors

#: The forms of an error, as the names from the root down to the element with the Code.
WRAPPED = ("ErrorResponse", "Error")
LISTED = ("Response", "Errors", "Error")
BARE = ("Error",)
_FORMS = (WRAPPED, LISTED, BARE)


def descend(root: Element, names: Iterable[str]) -> Element | None:
    """The element at a path of first children below the root."""
    found: Element | None = root
    for name in names:
        found = None if found is None else child(found, name)
    return found


def _descend(root: Element, form: tuple[str, ...]) -> Element | None:
    return descend(root, form[1:]) if local(root.tag) == form[0] else None


def is_error(root: Element) -> bool:
    """Whether a document is an error, in the form of any protocol."""
    return any(_descend(root, form) is not None for form in _FORMS)


def error(response: Response, forms: Iterable[tuple[str, ...]]) -> ErrorEnvelope:
    """An error of one of these forms. Another protocol's names a type, but is not readable."""
    readable = True
    types: list[tuple[str, str]] = []
    if response.body.strip():
        try:
            root = parse(response.body)
        except ValueError:
            readable = False
        else:
            readable = any(_descend(root, form) is not None for form in forms)
            for form in _FORMS:
                found = _descend(root, form)
                code = None if found is None else child(found, "Code")
                if code is not None and (code.text or "").strip():
                    types.append(("/".join((*form, "Code")), core(code.text or "")))
    return ErrorEnvelope(
        types=(*(pair for pair in types if pair[1]), *query_error(response)),
        readable=readable or excused(response),
    )


#: Where errors name their request id: as query has it, as EC2 does.
_REQUEST_ID_OF_ERRORS = (("RequestId",), ("RequestID",))


def names_request(response: Response, of_success: Sequence[str] = ()) -> bool:
    """Whether a body names its request id: below the root for a success, or where errors do.

    A body that is empty or no XML could not hold it: there a header is enough.
    """
    try:
        root = parse(response.body)
    except ValueError:
        return names_request_in_header(response)
    places = _REQUEST_ID_OF_ERRORS if response.status >= 400 else (of_success,)
    return any(
        (found := descend(root, place)) is not None and (found.text or "").strip()
        for place in places
    )
