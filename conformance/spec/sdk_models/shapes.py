"""From botocore's shapes to JSON Schemas with our annotations, within a budget.

A structure that contains itself is entered once; what lies deeper than the
budget, or comes after it, keeps its type and loses its members. Members are
taken breadth first, so that what is left out is what is nested deepest.
Source: https://smithy.io/2.0/spec/simple-types.html and its protocol pages.
"""

import re
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

from conformance.protocols.base import Again
from conformance.protocols.table import PROTOCOLS
from conformance.spec.sdk_models import prose

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
#: The bits of the integers that have a type of their own in most languages.
_BITS: Mapping[str, int] = {"integer": 32, "long": 64}
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


#: Outside bodies, in every protocol: https://smithy.io/2.0/spec/http-bindings.html.
_TIMESTAMPS_OUTSIDE: Mapping[str, str] = {
    "header": "rfc822",
    "query": "iso8601",
    "path": "iso8601",
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
    above: Mapping[str, Schema]


class _Describer:
    def __init__(self, protocol: str, *, answers: bool) -> None:
        self.protocol = PROTOCOLS[protocol]
        self.answers = answers
        self.count = 0
        self.cut = 0
        #: The members of a request with what the SDK's documentation says of each.
        self.documented: list[tuple[Schema, str]] = []

    def describe(self, top: StructureShape | None) -> Schema:
        schema: Schema = {"type": "object", "properties": {}}
        if top is None:
            return schema
        schema |= _root(top)
        due = deque([_Due(top, schema, 0, {})])
        while due:
            due.extend(self._inside(due.popleft(), top))
        for member, documentation in self.documented:
            _state(member, documentation)
        return schema

    def _inside(self, due: _Due, top: Shape) -> list[_Due]:
        shape, schema = due.shape, due.schema
        if isinstance(shape, StructureShape):
            return self._structure(due, top)
        if isinstance(shape, ListShape):
            inner = self._plain(shape.member, schema.get("location", "")) | _space(shape.member)
            schema["items"] = inner
            self._item_name(shape, schema, inner)
            return [_Due(shape.member, inner, due.depth, due.above)]
        if isinstance(shape, MapShape):
            key = self._plain(shape.key) | _space(shape.key)
            value = self._plain(shape.value) | _space(shape.value)
            for name, one in (("key", shape.key), ("value", shape.value)):
                named = one.serialization.get("name")
                if named:
                    {"key": key, "value": value}[name]["wireName"] = named
            if shape.serialization.get("flattened"):
                schema["flattened"] = True
            schema |= {"propertyNames": key, "additionalProperties": value}
            return [_Due(shape.value, value, due.depth, due.above)]
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
        again = due.above.get(shape.name)
        over = due.depth > MOST_DEPTH or self.count + len(shape.members) > MOST_MEMBERS
        if again is not None and shape is not top:
            schema["again"] = Again(again)
            return []
        if over and shape is not top:
            self.cut += 1
            schema.pop("properties", None)
            return []
        self.count += len(shape.members)
        properties: dict[str, Schema] = {}
        below = {**due.above, shape.name: schema}
        found: list[_Due] = []
        for name, member in shape.members.items():
            properties[name] = inner = self._plain(member)
            self._placed(member, name, inner, outermost=shape is top, owner=shape)
            found.append(_Due(member, inner, due.depth + 1, below))
            if not self.answers and member.documentation:
                self.documented.append((inner, member.documentation))
        schema["properties"] = properties
        if getattr(shape, "is_tagged_union", False):
            schema["union"] = True
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
        schema |= _space(member)
        if not outermost:
            return
        location = _LOCATIONS.get(said.get("location", ""))
        if location == "header" and schema.get("jsonvalue"):
            schema.pop("type")  # it may be anything that JSON has
        if location == "headers":
            schema["wireName"] = said.get("name", "")  # how their names begin
        if location == "query" and schema.get("type") == "object":
            location = "querymap"
        if owner.serialization.get("payload") == name:
            location = "payload"
            schema |= _root(member)
        if location or not self.answers:
            schema["location"] = location or "body"

    def _plain(self, shape: Shape, place: str = "") -> Schema:
        """What a schema says of a value itself, whatever is inside it."""
        kind = shape.type_name
        if kind == "timestamp":
            return dict(_TIMESTAMPS[self._timestamps(shape, place)])
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
        if kind in _BITS:
            schema["bits"] = _BITS[kind]
        if isinstance(shape, StringShape) and shape.enum:
            schema["enum"] = list(shape.enum)
        if kind == "string" and shape.metadata.get("pattern"):
            schema["pattern"] = shape.metadata["pattern"]
        return schema

    def _timestamps(self, shape: Shape, place: str) -> str:
        """The format of a timestamp; ``place`` is the location of the list whose item it is."""
        said = shape.serialization.get("timestampFormat")
        if said and not self.protocol.fixed_timestamps:
            return str(said)
        place = place or _LOCATIONS.get(shape.serialization.get("location", ""), "")
        return _TIMESTAMPS_OUTSIDE.get(place, self.protocol.timestamps)

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


#: What the models of some services say of texts that have no bound.
_UNBOUNDED = 2**31 - 1


def _state(schema: Schema, documentation: str) -> None:
    """Put into a member's schema what its documentation states and its shape lacks.

    ``prose`` of a schema are the keywords that are known from there alone, ``unused`` says that the
    member has no effect, ``confirms`` that it is a mere confirmation.
    """
    if prose.is_unused(documentation):
        schema["unused"] = True
    if prose.confirms(documentation):
        schema["confirms"] = True
    kind = schema.get("type")
    if kind in {"integer", "number"} and "format" not in schema:
        _add(schema, prose.of_number(documentation))
    elif kind == "string" and not schema.keys() & {"format", "contentEncoding"}:
        _add(schema, prose.of_text(documentation))
        _add_values(schema, prose.values(documentation))
    elif kind == "array":
        _add(schema, prose.of_list(documentation))
        items = schema.get("items", {})
        if items.get("type") == "string":
            _add_values(items, prose.values(documentation))
        elif {"Name", "Values"} <= items.get("properties", {}).keys():
            _add_names(items["properties"]["Name"], documentation)


def _add(schema: Schema, facts: Mapping[str, Any]) -> None:
    """Add the facts that a schema lacks, and that go together with those it has."""
    if schema.get("maxLength") == _UNBOUNDED and "maxLength" in facts:
        del schema["maxLength"]
    lacking = {keyword: value for keyword, value in facts.items() if keyword not in schema}
    both = {**lacking, **schema}
    for low, high in _BOUNDS.values():
        if low in both and high in both and both[low] > both[high]:
            return
    if lacking:
        schema |= lacking
        schema["prose"] = (*schema.get("prose", ()), *lacking)


def _add_values(schema: Schema, values: tuple[str, ...]) -> None:
    if values and not schema.keys() & {"enum", "pattern"}:
        _add(schema, {"enum": list(values)})


def _add_names(schema: Schema, documentation: str) -> None:
    """The names of filters; a ``tag:`` with any key makes them a pattern."""
    names, tags = prose.filter_names(documentation)
    if schema.get("type") != "string" or schema.keys() & {"enum", "pattern"} or not names:
        return
    if tags:
        _add(schema, {"pattern": f"^({'|'.join(map(re.escape, names))}|tag:.+)$"})
    else:
        _add(schema, {"enum": list(names)})


def without_prose(schema: Mapping[str, Any]) -> Schema:
    """The same schema without what is known from documentation alone."""
    left = {key: value for key, value in schema.items() if key not in schema.get("prose", ())}
    left.pop("prose", None)
    for keyword in ("items", "propertyNames", "additionalProperties"):
        if isinstance(left.get(keyword), dict):
            left[keyword] = without_prose(left[keyword])
    if "properties" in left:
        left["properties"] = {
            name: without_prose(member) for name, member in left["properties"].items()
        }
    return left


def _root(shape: Shape) -> Schema:
    """What an XML document that is a shape is called: the name of its root, its namespace."""
    found: Schema = {}
    if shape.serialization.get("name"):
        found["wireName"] = shape.serialization["name"]
    return found | _space(shape)


def _space(shape: Shape) -> Schema:
    """The namespace that the element of a shape declares, with its prefix where it has one."""
    space = shape.serialization.get("xmlNamespace")
    if not space:
        return {}
    if not isinstance(space, Mapping):
        return {"xmlNamespace": space}
    prefix = space.get("prefix")
    return {"xmlNamespace": space["uri"], **({"xmlPrefix": prefix} if prefix else {})}


def describe(model: OperationModel, protocol: str, *, answers: bool) -> Described:
    """The schema of an operation's request, or of its answer."""
    describer = _Describer(protocol, answers=answers)
    schema = describer.describe(model.output_shape if answers else model.input_shape)
    return Described(schema, describer.cut)
