"""The JSON Schema of a member: its shape from the syntax, the rest from its constraint lines.

Types and constraints are tables from the page's fixed wording to JSON Schema's keywords. This
module must not know sections, services or HTTP.
"""

import re
from collections.abc import Callable
from typing import Any

from conformance.importer.terms import REQUIRED, TYPE, Term

Schema = dict[str, Any]

SCALARS: dict[str, Schema] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "long": {"type": "integer"},
    "short": {"type": "integer"},
    "float": {"type": "number"},
    "double": {"type": "number"},
    "boolean": {"type": "boolean"},
    "timestamp": {"type": "string", "format": "timestamp"},
    "base64-encoded binary data object": {"type": "string", "format": "byte"},
    "base64-encoded binary data": {"type": "string", "format": "byte"},
    "blob": {"type": "string", "format": "byte"},
    "json value": {},
}
ARRAY = re.compile(r"array of (.+)", re.IGNORECASE)
MAP = re.compile(r"(?:\S+ ){1,3}?to (.+) maps?", re.IGNORECASE)
STRUCTURE = re.compile(r"\S+ (?:object|data type)s?", re.IGNORECASE)

BOUND = re.compile(
    r"(Minimum|Maximum|Fixed) (?:length|value|number) of (-?\d[\d,]*(?:\.\d+)?(?:[eE][+-]?\d+)?)"
)
KEYWORDS = {
    "length": ("minLength", "maxLength"),
    "range": ("minimum", "maximum"),
    "items": ("minItems", "maxItems"),
    "entries": ("minProperties", "maxProperties"),
}

# The order in which a member's keywords are written: that of the format's schema.
ORDER = (
    *("location", "wireName", "section", "type", "format", "enum", "pattern"),
    *("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"),
    *("minProperties", "maxProperties", "items", "propertyNames"),
    *("additionalProperties", "properties", "required"),
)


def ordered(schema: Schema) -> Schema:
    """The same schema with its keywords in the format's order."""
    return {key: schema[key] for key in ORDER if key in schema}


def is_required(term: Term | None) -> bool:
    return term is not None and term[REQUIRED].lower().startswith("yes")


def member(skeleton: Schema | None, term: Term | None) -> Schema:
    """The schema of a member that ``skeleton`` shows and ``term`` documents; one may be missing."""
    typed = _read_type(term) if term else None
    if skeleton is None:
        schema = typed if typed is not None else _untyped(term)
    else:
        schema = merged(skeleton, typed)
    for marker, apply in CONSTRAINTS.items():
        if term and marker in term:
            apply(schema, term[marker])
    return ordered(schema)


def _untyped(term: Term | None) -> Schema:
    """A type from the constraints: the members of a URI are printed without one."""
    if term and "Array Members" in term:
        return {"type": "array", "items": {"type": "string"}}
    return {"type": "integer" if term and "Valid Range" in term else "string"}


def _read_type(term: Term) -> Schema | None:
    """A type may be split over several lines, with prose after it: the shortest match counts."""
    words = ""
    for line in term.facts.get(TYPE, ()):
        words = f"{words} {line}".strip()
        if (schema := type_named(words)) is not None:
            return schema
    return None


def type_named(words: str) -> Schema | None:
    """The schema for the wording after ``Type:``; ``None`` for an unknown one."""
    words = words.strip().rstrip(".").strip()
    name = words.lower()
    for singular in (name, name.removesuffix("s")):
        if singular in SCALARS:
            return dict(SCALARS[singular])
    if found := ARRAY.fullmatch(words):
        items = type_named(found[1])
        return None if items is None else {"type": "array", "items": items}
    if found := MAP.fullmatch(words):
        values = type_named(found[1])
        return None if values is None else {"type": "object", "additionalProperties": values}
    if STRUCTURE.fullmatch(words):
        return {"type": "object"}
    return None


def merged(shown: Schema, typed: Schema | None) -> Schema:
    """The syntax's structure with the kinds of values that the type names."""
    if typed is None or not typed:
        return dict(shown)
    kind, other = shown.get("type"), typed.get("type")
    if other == "array" and kind != "array":
        return {"type": "array", "items": merged(_unwrapped(shown), typed["items"])}
    if kind == other == "array":
        return {"type": "array", "items": merged(shown["items"], typed["items"])}
    if "additionalProperties" in shown and "additionalProperties" in typed:
        values = merged(shown["additionalProperties"], typed["additionalProperties"])
        return {"type": "object", "additionalProperties": values}
    if kind == "number" and typed.get("format") == "timestamp":
        return {"type": "number", "format": "timestamp"}
    if kind in ("object", "array"):
        return dict(shown)
    return dict(typed)


def _unwrapped(shown: Schema) -> Schema:
    """XML wraps a list's elements: the list is one element that holds one kind of element."""
    properties = shown.get("properties", {})
    if len(properties) != 1:
        return shown
    (inner,) = properties.values()
    items: Schema = inner["items"] if inner.get("type") == "array" else inner
    return items


# --- constraints ----------------------------------------------------------------------------

Apply = Callable[[Schema, str], None]


def _leaf(schema: Schema) -> Schema:
    """The innermost values of a list or a map, which its constraints are about."""
    while schema.get("type") in ("array", "object"):
        inner = schema.get("items", schema.get("additionalProperties"))
        if not isinstance(inner, dict):
            break
        schema = inner
    return schema


def _list(schema: Schema) -> Schema:
    return schema.get("additionalProperties", schema) if schema.get("type") == "object" else schema


def _keys(schema: Schema) -> Schema:
    keys: Schema = schema.setdefault("propertyNames", {"type": "string"})
    return keys


def _whole(schema: Schema) -> Schema:
    return schema


def _number(text: str) -> int | float:
    value = float(text.replace(",", ""))
    return int(value) if value.is_integer() else value


def _bounds(part: Callable[[Schema], Schema], keywords: str, kinds: tuple[str, ...]) -> Apply:
    low, high = KEYWORDS[keywords]

    def apply(schema: Schema, text: str) -> None:
        target = part(schema)
        if target.get("type") not in kinds:
            return
        for which, number in BOUND.findall(text):
            value = _number(number)
            target |= {low: value} if which != "Maximum" else {}
            target |= {high: value} if which != "Minimum" else {}
        _settle(schema, target)

    return apply


def _pattern(part: Callable[[Schema], Schema]) -> Apply:
    def apply(schema: Schema, text: str) -> None:
        target = part(schema)
        if target.get("type") == "string" and text:
            target["pattern"] = text
            _settle(schema, target)

    return apply


def _values(part: Callable[[Schema], Schema]) -> Apply:
    def apply(schema: Schema, text: str) -> None:
        target = part(schema)
        values = [value for each in text.split("|") if (value := each.strip().strip("`"))]
        if target.get("type") == "string" and values:
            target["enum"] = list(dict.fromkeys(values))
            _settle(schema, target)

    return apply


def _settle(schema: Schema, target: Schema) -> None:
    """Put the keywords of a part in order."""
    if target is not schema:
        part = ordered(target)
        target.clear()
        target.update(part)


STRINGS, NUMBERS = ("string",), ("integer", "number")
CONSTRAINTS: dict[str, Apply] = {
    "Length Constraints": _bounds(_leaf, "length", STRINGS),
    "Valid Range": _bounds(_leaf, "range", NUMBERS),
    "Pattern": _pattern(_leaf),
    "Valid Values": _values(_leaf),
    "Array Members": _bounds(_list, "items", ("array",)),
    "Map Entries": _bounds(_whole, "entries", ("object",)),
    "Key Length Constraints": _bounds(_keys, "length", STRINGS),
    "Key Pattern": _pattern(_keys),
    "Key Valid Values": _values(_keys),
    "Valid Keys": _values(_keys),
    "Value Length Constraints": _bounds(_leaf, "length", STRINGS),
    "Value Pattern": _pattern(_leaf),
    "Value Valid Values": _values(_leaf),
}
