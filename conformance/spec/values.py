"""Values of a schema: the plainest one, one that holds a nested member, the same with that
member changed.

Nothing here is drawn: the same schema always gives the same value. It knows no operation.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.spec.patterns import alternatives, matching

Schema = Mapping[str, Any]
#: The way to a nested value: names of members; for lists and maps ``item``, ``key``, ``value``.
Steps = tuple[tuple[str, str], ...]

#: A timestamp in the formats that the protocols write.
MOMENTS: Mapping[str, Any] = {
    "epoch-seconds": 1767225600,
    "date-time": "2026-01-01T00:00:00Z",
    "http-date": "Thu, 01 Jan 2026 00:00:00 GMT",
}


def documented_values(schema: Schema) -> Sequence[str]:
    """The values that a schema lists, or that its pattern spells out, if it does either."""
    if "enum" in schema:
        return schema["enum"]  # type: ignore[no-any-return]
    least, most = schema.get("minLength", 0), schema.get("maxLength", 10_000)
    values = alternatives(schema["pattern"]) if "pattern" in schema else ()
    return tuple(value for value in values if least <= len(value) <= most)


def plain(schema: Schema) -> Any:
    """The plainest value that satisfies a schema, as far as one can be made."""
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
    needed = schema.get("required", ())
    if schema.get("union"):  # it has one member, and no other
        needed = tuple(properties)[:1]
    return {name: plain(properties[name]) for name in needed}


#: The keywords of schemas that hold another one, and what its step is called.
_INSIDE = (("items", "item"), ("propertyNames", "key"), ("additionalProperties", "value"))


def paths(schema: Schema) -> Iterator[tuple[str, Steps, Schema]]:
    """Every schema below an object schema: its clause path, the way to it, itself."""
    # a stack, not a recursion: a large service has a hundred thousand of them
    due = _members(schema, "", ())
    while due:
        found = due.pop()
        yield found
        path, steps, inner = found
        due += _parts(inner, path, steps)
        if "properties" in inner:
            due += _members(inner, f"{path}/", steps)


def _members(schema: Schema, path: str, steps: Steps) -> list[tuple[str, Steps, Schema]]:
    """The members of a schema, the last one first."""
    members = schema.get("properties", {})
    return [
        (f"{path}{name}", (*steps, ("member", name)), members[name]) for name in reversed(members)
    ]


def _parts(schema: Schema, path: str, steps: Steps) -> list[tuple[str, Steps, Schema]]:
    """What a list or a map consists of, the last part first."""
    return [
        (f"{path}/{segment}", (*steps, (segment, segment)), schema[keyword])
        for keyword, segment in reversed(_INSIDE)
        if isinstance(schema.get(keyword), Mapping)
    ]


def containing(schema: Schema, steps: Steps) -> Any:
    """The plainest value of a schema that has something at the end of the steps."""
    value = plain(schema)
    if not steps:
        return value
    (kind, name), rest = steps[0], steps[1:]
    if kind == "member":
        others = {} if schema.get("union") else value
        return {**others, name: containing(schema["properties"][name], rest)}
    if kind == "item":
        return [containing(schema["items"], rest), *value[1:]]
    first = next(iter(value))
    if kind == "value":
        return {**value, first: containing(schema["additionalProperties"], rest)}
    return value


def changed(value: Any, steps: Steps, new: Any) -> Any:
    """The same value with another one at the end of the steps."""
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
    """The value at the end of the steps."""
    for kind, name in steps:
        if kind == "item":
            value = value[0]
        elif kind == "key":
            return next(iter(value))
        else:
            value = value[name] if kind == "member" else next(iter(value.values()))
    return value


def literals(value: Any) -> Iterator[str]:
    """Every text and number within a value, as texts; not the keys of mappings."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, int | float):
        yield str(value)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from literals(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from literals(inner)
