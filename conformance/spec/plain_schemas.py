"""An operation's request or response as a plain JSON Schema 2020-12, for validators and generators.

Standard keywords alone: errata are applied, annotations of ours are left out, and what they mean
for JSON is said in the standard's words. The root is a ``$ref`` to a named definition, and so is
every nested structure, so that generators name what they make. It knows no format of documents.
"""

import re
from collections.abc import Mapping
from typing import Any

from conformance.errors import UnknownNameError
from conformance.spec.operation import Operation, Schema
from conformance.spec.portable_patterns import portable

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DIRECTIONS = ("request", "response")

_KEPT = (
    *("type", "enum", "minLength", "maxLength", "minimum", "maximum", "contentEncoding"),
    *("minItems", "maxItems", "minProperties", "maxProperties"),
)
#: What our formats mean in a JSON document.
_FORMATS: Mapping[str, Mapping[str, str]] = {
    "date-time": {"format": "date-time"},
    "byte": {"contentEncoding": "base64"},
}


def plain_schema(operation: Operation, direction: str) -> dict[str, Any]:
    """The schema of the members of a request or a response, by the SDK's names.

    ``direction`` is one of :data:`DIRECTIONS`. A pattern that JSON Schema's regular expressions
    cannot say is left out. Raises :class:`UnknownNameError` for another direction.
    """
    if direction not in DIRECTIONS:
        raise UnknownNameError("direction", direction, DIRECTIONS)
    name = f"{operation.name}{direction.capitalize()}"
    definitions: dict[str, Any] = {}
    root = _Definitions(definitions).reference(name, getattr(operation, direction))
    return {
        "$schema": DIALECT,
        "$id": f"urn:aws-conformance:schema:{operation.service}:{operation.name}:{direction}",
        "title": name,
        **root,
        "$defs": definitions,
    }


class _Definitions:
    """The structures of a schema by names; equal names of different structures are numbered."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.found = found

    def reference(self, name: str, schema: Schema) -> dict[str, Any]:
        """A reference to a structure, which is defined where no equal one is."""
        taken: dict[str, Any] = {"type": "object"}
        properties = {key: self.plain(one, _title(key)) for key, one in _members(schema)}
        taken["properties"] = properties
        if required := [key for key in schema.get("required", ()) if key in properties]:
            taken["required"] = required
        called, number = name, 1
        while self.found.get(called, taken) != taken:
            number += 1
            called = f"{name}{number}"
        self.found[called] = taken
        return {"$ref": f"#/$defs/{called}"}

    def plain(self, schema: Schema, name: str) -> dict[str, Any]:
        """A member's schema in standard keywords; ``name`` is that of a structure in it."""
        if "properties" in schema and schema.get("type") == "object":
            return self.reference(name, schema)
        found = {key: schema[key] for key in _KEPT if key in schema}
        found |= _FORMATS.get(schema.get("format", ""), {})
        pattern = portable(schema["pattern"]) if "pattern" in schema else None
        if pattern is not None:
            found["pattern"] = pattern
        if "items" in schema:
            found["items"] = self.plain(schema["items"], f"{name}Item")
        if "additionalProperties" in schema:
            found["additionalProperties"] = self.plain(
                schema["additionalProperties"], f"{name}Value"
            )
        if "propertyNames" in schema:
            found["propertyNames"] = self.plain(schema["propertyNames"], f"{name}Key")
        return found


def _members(schema: Schema) -> list[tuple[str, Schema]]:
    return list(schema.get("properties", {}).items())


def _title(name: str) -> str:
    cleaned = re.sub(r"[^A-Za-z0-9]", "", name) or "Member"
    return cleaned[0].upper() + cleaned[1:]
