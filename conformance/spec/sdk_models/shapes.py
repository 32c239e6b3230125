"""From botocore's shapes to JSON Schemas with our annotations, within a budget.

A structure that contains itself is entered once; what lies deeper than the
budget, or comes after it, keeps its type and loses its members. Members are
taken breadth first, so that what is left out is what is nested deepest.
Source: https://smithy.io/2.0/spec/simple-types.html and its protocol pages.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.model import (
    ListShape,
    MapShape,
    OperationModel,
    Shape,
    StringShape,
    StructureShape,
)

from conformance.protocols.table import PROTOCOLS

Schema = dict[str, Any]

#: How deep members may be nested, and how many a request or an answer may have in all.
MOST_DEPTH = 6
MOST_MEMBERS = 400

_TYPES: Mapping[str, str] = {
    "string": "string",
    "character": "string",
    "integer": "integer",
    "long": "integer",
    "float": "number",
    "double": "number",
    "boolean": "boolean",
}
_LOCATIONS: Mapping[str, str] = {
    "uri": "path",
    "querystring": "query",
    "header": "header",
    "headers": "headers",
    "statusCode": "status",
}
_BOUNDS: Mapping[str, tuple[str, str]] = {
    "string": ("minLength", "maxLength"),
    "integer": ("minimum", "maximum"),
    "number": ("minimum", "maximum"),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
}
_TIMESTAMPS: Mapping[str, Schema] = {
    "unixTimestamp": {"type": "number", "format": "epoch-seconds"},
    "iso8601": {"type": "string", "format": "date-time"},
    "rfc822": {"type": "string", "format": "http-date"},
}


@dataclass(slots=True)
class Described:
    """A structure's schema, and how many structures the budget left without their members."""

    schema: Schema
    cut: int = 0


@dataclass(frozen=True, slots=True)
class _Due:
    """A shape whose inside is still to be described, within ``schema``."""

    shape: Shape
    schema: Schema
    depth: int
    above: frozenset[str]


class _Describer:
    def __init__(self, protocol: str, *, answers: bool) -> None:
        self.protocol = PROTOCOLS[protocol]
        self.answers = answers
        self.count = 0
        self.cut = 0

    def describe(self, top: StructureShape | None) -> Schema:
        schema: Schema = {"type": "object", "properties": {}}
        if top is None:
            return schema
        schema |= _root(top)
        due = deque([_Due(top, schema, 0, frozenset())])
        while due:
            due.extend(self._inside(due.popleft(), top))
        return schema

    def _inside(self, due: _Due, top: Shape) -> list[_Due]:
        shape, schema = due.shape, due.schema
        if isinstance(shape, StructureShape):
            return self._structure(due, top)
        below = due.above | {shape.name}
        if isinstance(shape, ListShape):
            inner = self._plain(shape.member)
            schema["items"] = inner
            self._item_name(shape, schema, inner)
            return [_Due(shape.member, inner, due.depth, below)]
        if isinstance(shape, MapShape):
            key, value = self._plain(shape.key), self._plain(shape.value)
            for name, one in (("key", shape.key), ("value", shape.value)):
                named = one.serialization.get("name")
                if named:
                    {"key": key, "value": value}[name]["wireName"] = named
            if shape.serialization.get("flattened"):
                schema["flattened"] = True
            schema |= {"propertyNames": key, "additionalProperties": value}
            return [_Due(shape.value, value, due.depth, below)]
        return []

    def _item_name(self, shape: ListShape, schema: Schema, inner: Schema) -> None:
        if shape.serialization.get("flattened"):
            schema["flattened"] = True
        named = shape.member.serialization.get("name")
        if named:
            inner["wireName"] = named

    def _structure(self, due: _Due, top: Shape) -> list[_Due]:
        shape, schema = due.shape, due.schema
        if getattr(shape, "is_document_type", False):
            del schema["type"]
            return []
        again = shape.name in due.above
        over = due.depth > MOST_DEPTH or self.count + len(shape.members) > MOST_MEMBERS
        if (again or over) and shape is not top:
            self.cut += over and not again
            schema.pop("properties", None)
            return []
        self.count += len(shape.members)
        properties: dict[str, Schema] = {}
        below = due.above | {shape.name}
        found: list[_Due] = []
        for name, member in shape.members.items():
            properties[name] = inner = self._plain(member)
            self._placed(member, name, inner, outermost=shape is top, owner=shape)
            found.append(_Due(member, inner, due.depth + 1, below))
        schema["properties"] = properties
        required = [name for name in shape.metadata.get("required", ()) if name in properties]
        if required:
            schema["required"] = required
        return found

    def _placed(
        self, member: Shape, name: str, schema: Schema, *, outermost: bool, owner: Shape
    ) -> None:
        """Where a member stands on the wire, and under which name."""
        said = member.serialization
        wire_name = said.get("name", name)
        if not self.answers:
            wire_name = self.protocol.request_name(name, said)
        if wire_name != name:
            schema["wireName"] = wire_name
        if said.get("xmlAttribute"):
            schema["xmlAttribute"] = True
        if said.get("flattened"):
            schema["flattened"] = True
        if said.get("jsonvalue"):
            schema["jsonvalue"] = True
        if not outermost:
            return
        location = _LOCATIONS.get(said.get("location", ""))
        if location == "query" and schema.get("type") == "object":
            location = "querymap"
        if owner.serialization.get("payload") == name:
            location = "payload"
            schema |= _root(member)
        if location or not self.answers:
            schema["location"] = location or "body"

    def _plain(self, shape: Shape) -> Schema:
        """What a schema says of a value itself, whatever is inside it."""
        kind = shape.type_name
        if kind == "timestamp":
            return dict(_TIMESTAMPS[self._timestamps(shape)])
        if kind == "blob":
            schema: Schema = {"type": "string", "contentEncoding": "base64"}
            return schema | self._bounds(shape, "string")
        if kind == "list":
            return {"type": "array", **self._bounds(shape, "array")}
        if kind == "map":
            return {"type": "object", **self._bounds(shape, "object")}
        if kind == "structure":
            return {"type": "object"}
        schema = {"type": _TYPES[kind], **self._bounds(shape, _TYPES[kind])}
        if isinstance(shape, StringShape) and shape.enum:
            schema["enum"] = list(shape.enum)
        if kind == "string" and shape.metadata.get("pattern"):
            schema["pattern"] = shape.metadata["pattern"]
        return schema

    def _timestamps(self, shape: Shape) -> str:
        said = shape.serialization.get("timestampFormat")
        if said:
            return str(said)
        location = shape.serialization.get("location")
        if location == "header":
            return "rfc822"
        if location in {"querystring", "uri"}:
            return "iso8601"
        return self.protocol.timestamps

    @staticmethod
    def _bounds(shape: Shape, kind: str) -> Schema:
        low, high = _BOUNDS.get(kind, ("", ""))
        found: Schema = {}
        least, most = shape.metadata.get("min"), shape.metadata.get("max")
        if low and least is not None:
            found[low] = least
        if high and most is not None:
            found[high] = most
        return found


def _root(shape: Shape) -> Schema:
    """What an XML document that is a shape is called: the name of its root, its namespace."""
    found: Schema = {}
    if shape.serialization.get("name"):
        found["wireName"] = shape.serialization["name"]
    space = shape.serialization.get("xmlNamespace")
    uri = space.get("uri") if isinstance(space, Mapping) else space
    if uri:
        found["xmlNamespace"] = uri
    return found


def describe(model: OperationModel, protocol: str, *, answers: bool) -> Described:
    """The schema of an operation's request, or of its answer."""
    describer = _Describer(protocol, answers=answers)
    schema = describer.describe(model.output_shape if answers else model.input_shape)
    return Described(schema, describer.cut)
