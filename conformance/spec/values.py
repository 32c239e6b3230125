"""Values made from a schema alone: the plainest one, one that a pattern matches, one that holds
a member nested deep inside, and the same with that member changed.

Nothing here is drawn: the same schema always gives the same value.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

Schema = Mapping[str, Any]
#: The way to a nested value: names of members, and for lists and maps what stands in their ids.
Steps = tuple[tuple[str, str], ...]

#: Moments in the forms that the protocols write them.
MOMENTS: Mapping[str, Any] = {
    "epoch-seconds": 1767225600,
    "date-time": "2026-01-01T00:00:00Z",
    "http-date": "Thu, 01 Jan 2026 00:00:00 GMT",
}
#: Characters that are tried where several would do, the plainest first.
_PLAINEST = "a1A0z-_./: =@+"
#: How much longer than they must the repeated parts of a pattern are made, one after the other.
_GROWTH = (*range(65), *range(68, 260, 4), 512, 1024, 2048, 4096)


def plain(schema: Schema) -> Any:
    """The plainest value that keeps a schema, as far as one can be made."""
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("format") in MOMENTS:
        return MOMENTS[schema["format"]]
    match schema.get("type"):
        case "integer" | "number":
            return schema.get("minimum", min(1, schema.get("maximum", 1)))
        case "boolean":
            return True
        case "array":
            return [plain(schema.get("items", {}))] * max(1, schema.get("minItems", 1))
        case "object":
            return _object(schema)
        case _:
            least, most = schema.get("minLength", 1), schema.get("maxLength", 10_000)
            made = matching(schema["pattern"], least, most) if "pattern" in schema else None
            return "a" * min(max(1, least), most) if made is None else made


def _object(schema: Schema) -> dict[str, Any]:
    values = schema.get("additionalProperties")
    if isinstance(values, Mapping):
        key = str(plain({**schema.get("propertyNames", {}), "type": "string"}))
        named = [key, *(f"{key}{number}" for number in range(1, schema.get("minProperties", 1)))]
        return {name: plain(values) for name in named}
    properties = schema.get("properties", {})
    return {name: plain(properties[name]) for name in schema.get("required", ())}


@lru_cache(maxsize=4096)
def matching(pattern: str, least: int = 0, most: int = 10_000) -> str | None:
    """A short text that a pattern matches as a whole; ``None`` where none is found."""
    try:
        compiled, parsed = re.compile(pattern), _parser.parse(pattern)
    except (re.error, RecursionError, OverflowError):
        return None
    for extra in _GROWTH:
        text = "".join(_texts(parsed, extra))
        if len(text) > most:
            break
        if least <= len(text) and compiled.fullmatch(text):
            return text
    return None


def _texts(parsed: Any, extra: int) -> Iterator[str]:
    for kind, told in parsed:
        if kind is _constants.LITERAL:
            yield chr(told)
        elif kind is _constants.NOT_LITERAL:
            yield next(char for char in _PLAINEST if ord(char) != told)
        elif kind is _constants.ANY:
            yield "a"
        elif kind is _constants.IN:
            yield _one_of(told)
        elif kind is _constants.BRANCH:
            yield "".join(_texts(told[1][0], extra))
        elif kind is _constants.SUBPATTERN:
            yield "".join(_texts(told[-1], extra))
        elif kind in {
            _constants.MAX_REPEAT,
            _constants.MIN_REPEAT,
            _constants.POSSESSIVE_REPEAT,
        }:
            low, high, inner = told
            yield "".join(_texts(inner, 0)) * min(int(high), int(low) + extra)
        elif kind is _constants.ATOMIC_GROUP:
            yield "".join(_texts(told, extra))


def _one_of(told: Any) -> str:
    """The plainest character of a set like ``[^a-z_]``."""
    for char in (*_PLAINEST, *(chr(code) for code in range(33, 127)), "é", "東"):
        if _holds(told, ord(char), char):
            return str(char)
    kind, what = told[0]
    first = what[0] if kind is _constants.RANGE else what
    return chr(int(first))


_CATEGORIES = {
    _constants.CATEGORY_DIGIT: r"\d",
    _constants.CATEGORY_NOT_DIGIT: r"\D",
    _constants.CATEGORY_SPACE: r"\s",
    _constants.CATEGORY_NOT_SPACE: r"\S",
    _constants.CATEGORY_WORD: r"\w",
    _constants.CATEGORY_NOT_WORD: r"\W",
}


def _holds(told: Any, code: int, char: str) -> bool:
    negated = bool(told) and told[0][0] is _constants.NEGATE
    for kind, what in told:
        if (
            (kind is _constants.LITERAL and what == code)
            or (kind is _constants.RANGE and what[0] <= code <= what[1])
            or (kind is _constants.CATEGORY and re.match(_CATEGORIES[what], char))
        ):
            return not negated
    return negated


def paths(schema: Schema, path: str = "", steps: Steps = ()) -> Iterator[tuple[str, Steps, Schema]]:
    """Every schema below an object schema: its clause path, the way to it, itself."""
    for name, member in schema.get("properties", {}).items():
        here = f"{path}/{name}" if path else name
        way = (*steps, ("member", name))
        yield here, way, member
        yield from _inside(member, here, way)


def _inside(member: Schema, path: str, steps: Steps) -> Iterator[tuple[str, Steps, Schema]]:
    yield from paths(member, path, steps)
    for keyword, segment in (
        ("items", "item"),
        ("propertyNames", "key"),
        ("additionalProperties", "value"),
    ):
        inner = member.get(keyword)
        if isinstance(inner, Mapping):
            way = (*steps, (segment, segment))
            yield f"{path}/{segment}", way, inner
            yield from _inside(inner, f"{path}/{segment}", way)


def containing(schema: Schema, steps: Steps) -> Any:
    """The plainest value of a schema that has something at the end of the steps."""
    value = plain(schema)
    if not steps:
        return value
    (kind, name), rest = steps[0], steps[1:]
    if kind == "member":
        return {**value, name: containing(schema["properties"][name], rest)}
    if kind == "item":
        return [containing(schema["items"], rest), *value[1:]]
    first = next(iter(value))
    if kind == "value":
        return {**value, first: containing(schema["additionalProperties"], rest)}
    return value


def changed(value: Any, steps: Steps, new: Any) -> Any:
    """The same value with something else at the end of the steps."""
    if not steps:
        return new
    (kind, name), rest = steps[0], steps[1:]
    if kind == "item":
        return [changed(value[0], rest, new), *value[1:]]
    if kind == "key":
        first, *others = value
        return {new: value[first], **{other: value[other] for other in others}}
    key = name if kind == "member" else next(iter(value))
    return {**value, key: changed(value.get(key), rest, new)}


def without(value: Any, steps: Steps) -> Any:
    """The same value without the member at the end of the steps."""
    *before, (_, name) = steps
    return changed(
        value,
        tuple(before),
        {key: inner for key, inner in at(value, tuple(before)).items() if key != name},
    )


def at(value: Any, steps: Steps) -> Any:
    """What stands at the end of the steps."""
    for kind, name in steps:
        if kind == "item":
            value = value[0]
        elif kind == "key":
            return next(iter(value))
        else:
            value = value[name] if kind == "member" else next(iter(value.values()))
    return value
