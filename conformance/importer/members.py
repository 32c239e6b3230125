"""The JSON Schema of a member: its shape from the syntax, the rest from its constraint lines.

Types and constraints are tables from the page's fixed wording to JSON Schema's keywords. This
module must not know sections, services or HTTP.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conformance.importer.terms import ARRAY_MEMBERS, INNER_ARRAY_MEMBERS, REQUIRED, TYPE, Term
from conformance.spec.layers import by_wire_name

Schema = dict[str, Any]
Known = Mapping[str, Any]

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

#: Blanks of every kind, and characters without a width.
BLANKS = re.compile(r"[\s\u200b-\u200d\u2060\ufeff\u00ad]+")

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
    *("location", "wireName", "xmlNamespace", "section", "type", "format", "enum", "pattern"),
    *("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"),
    *("minProperties", "maxProperties", "items", "propertyNames"),
    *("additionalProperties", "properties", "required"),
)


def ordered(schema: Schema) -> Schema:
    """The same schema with its keywords in the format's order."""
    return {key: schema[key] for key in ORDER if key in schema}


def is_required(term: Term | None) -> bool:
    return term is not None and term[REQUIRED].lower().startswith("yes")


def member(skeleton: Schema | None, term: Term | None, known: Known | None = None) -> Schema:
    """The schema of a member that ``skeleton`` shows and ``term`` documents; one may be missing.

    ``known`` is the SDK's, whose type counts where the page prints none.
    """
    typed = _read_type(term) if term else None
    if skeleton is not None:
        schema = shaped(merged(skeleton, typed), known or {})
    elif typed is not None:
        schema = typed
    else:
        schema = types_of(known) if known else _untyped(term)
    for marker, apply in CONSTRAINTS.items():
        if term and marker in term:
            apply(schema, term[marker])
    if known:
        spelled(schema, known)
    return ordered(schema)


def spelled(schema: Schema, known: Known) -> None:
    """Gives texts the SDK's spelling where they differ in blanks alone, which saving a page loses.

    A pattern may hold a no-break space, a value two blanks.
    """
    for one, other in _pairs(schema, known):
        if "pattern" in one and _close(one["pattern"]) == _close(other.get("pattern", "")):
            one["pattern"] = other["pattern"]
        if "enum" in one:
            known_values = {_close(value): value for value in other.get("enum", ())}
            one["enum"] = [known_values.get(_close(value), value) for value in one["enum"]]


def _pairs(schema: Schema, known: Known) -> Iterator[tuple[Schema, Known]]:
    yield schema, known
    for key in ("items", "additionalProperties", "propertyNames"):
        if isinstance(schema.get(key), dict) and isinstance(known.get(key), Mapping):
            yield from _pairs(schema[key], known[key])


def _close(text: str) -> str:
    return BLANKS.sub("", text)


def types_of(known: Known) -> Schema:
    """What the SDK's schema of a member says of types, without any constraint."""
    found: Schema = {key: known[key] for key in ("type", "format") if key in known}
    if "contentEncoding" in known:
        found["format"] = "byte"
    for key in ("items", "additionalProperties"):
        if key in known:
            found[key] = types_of(known[key])
    if "properties" in known:
        found["properties"] = {
            inner.get("wireName", name): types_of(inner)
            for name, inner in known["properties"].items()
        }
    return found


def shaped(shown: Schema, known: Known) -> Schema:
    """The page's schema where the SDK's tells what a notation leaves open.

    XML prints a list as an element that holds elements, as it prints a structure. What has no
    type on the page has the SDK's.
    """
    kind = known.get("type")
    if kind == "array" and shown.get("type") == "object" and "additionalProperties" not in shown:
        shown = {"type": "array", "items": _unwrapped(shown)}
    if not shown:
        return types_of(known)
    found = dict(shown)
    for key in ("items", "additionalProperties"):
        if isinstance(found.get(key), dict) and isinstance(known.get(key), Mapping):
            found[key] = shaped(found[key], known[key])
    if "properties" in found and "properties" in known:
        inside = by_wire_name(known["properties"])
        found["properties"] = {
            name: shaped(inner, inside.get(name, (name, {}))[1])
            for name, inner in found["properties"].items()
        }
    return found


def _untyped(term: Term | None) -> Schema:
    """What constraints say of a type that no page and no model states; else it stays unknown."""
    if term is None:
        return {}
    if any(marker in term for marker in ("Length Constraints", "Pattern", "Valid Values")):
        inner: Schema = {"type": "string"}
    else:
        inner = {"type": "integer"} if "Valid Range" in term else {}
    return {"type": "array", "items": inner} if ARRAY_MEMBERS in term else inner


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


def _inner_list(schema: Schema) -> Schema:
    inner = _list(schema).get("items")
    return inner if isinstance(inner, dict) else {}


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
    ARRAY_MEMBERS: _bounds(_list, "items", ("array",)),
    INNER_ARRAY_MEMBERS: _bounds(_inner_list, "items", ("array",)),
    "Map Entries": _bounds(_whole, "entries", ("object",)),
    "Key Length Constraints": _bounds(_keys, "length", STRINGS),
    "Key Pattern": _pattern(_keys),
    "Key Valid Values": _values(_keys),
    "Valid Keys": _values(_keys),
    "Value Length Constraints": _bounds(_leaf, "length", STRINGS),
    "Value Pattern": _pattern(_leaf),
    "Value Valid Values": _values(_leaf),
}
