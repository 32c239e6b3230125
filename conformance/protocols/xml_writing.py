"""Members written as XML, where the SDK would not write them.

Namespaces are taken off when a document is read and put back on its root: all
elements of a request share the one that its root declares.
"""

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from conformance.protocols.base import Schema, entered
from conformance.protocols.form import text
from conformance.protocols.xml_body import element_name, local, parse

#: The namespaces, by their usual prefixes, of attributes in AWS's documents.
_PREFIXES = {"xsi": "{http://www.w3.org/2001/XMLSchema-instance}"}


def load(body: bytes) -> Element:
    """A document with its namespaces as attributes. Raises ``ValueError``."""
    root = parse(body)
    _declare_own(root, "")
    return root


def _declare_own(element: Element, outer: str) -> None:
    """Take the namespace off an element's name; where it is not the outer one, declare it."""
    space = element.tag.rpartition("}")[0].lstrip("{")
    element.tag = local(element.tag)
    if space != outer:
        element.set("xmlns", space)
    for one in element:
        _declare_own(one, space)


def declare(element: Element, schema: Schema) -> None:
    """Declare the namespace of a schema in its element."""
    uri, prefix = schema.get("xmlNamespace"), schema.get("xmlPrefix")
    if uri and prefix not in _PREFIXES:  # those are declared where an attribute has one
        element.set(f"xmlns:{prefix}" if prefix else "xmlns", uri)


def _element(parent: Element, wire_name: str, schema: Schema) -> Element:
    """A new element, with the namespace that its schema declares."""
    element = SubElement(parent, wire_name)
    declare(element, schema)
    return element


def dump(root: Element) -> bytes:
    """A document as bytes."""
    written: bytes = ElementTree.tostring(root, encoding="utf-8")
    return written


def document(root: str, value: Any, schema: Schema, wrapper: str = "") -> bytes:
    """A value as a document; with a ``wrapper`` it is in an element below the root."""
    top = Element(root)
    fill(SubElement(top, wrapper) if wrapper else top, value, schema)
    return dump(top)


def set_member(parent: Element, name: str, value: Any, schema: Schema) -> None:
    """Set a member of an element to a value, in place of the one that it had."""
    wire_name = element_name(name, schema)
    for one in [one for one in parent if one.tag == wire_name]:
        parent.remove(one)
    add(parent, wire_name, value, schema)


def add(parent: Element, wire_name: str, value: Any, schema: Schema) -> None:
    """Add the elements of a value."""
    if schema.get("xmlAttribute"):
        prefix, _, name = wire_name.rpartition(":")
        parent.set(_PREFIXES.get(prefix, "") + name, text(value, schema))
    elif schema.get("flattened") and isinstance(value, (list, tuple)):
        for item in value:
            add(parent, wire_name, item, schema.get("items", {}))
    elif schema.get("flattened") and isinstance(value, Mapping):
        for key, one in value.items():
            _entry(_element(parent, wire_name, schema), key, one, schema)
    else:
        fill(_element(parent, wire_name, schema), value, schema)


def fill(element: Element, value: Any, schema: Schema) -> None:
    """Fill an empty element with a value."""
    if isinstance(value, Mapping):
        if isinstance(schema.get("additionalProperties"), Mapping):
            for key, one in value.items():
                _entry(SubElement(element, "entry"), key, one, schema)
            return
        known = entered(schema).get("properties", {})
        for name, one in value.items():
            own = known.get(name, {})
            add(element, element_name(name, own), one, own)
    elif isinstance(value, (list, tuple)):
        items = schema.get("items", {})
        for item in value:
            add(element, items.get("wireName", "member"), item, items)
    elif value is not None:
        element.text = text(value, schema)


def _entry(entry: Element, key: str, value: Any, schema: Schema) -> None:
    values = schema.get("additionalProperties", {})
    keys = schema.get("propertyNames", {})
    _element(entry, keys.get("wireName", "key"), keys).text = key
    add(entry, values.get("wireName", "value"), value, values)
