"""Which promises a request breaks, decided on its members as a server reads them.

This is the suite's own judgement of its requests: a case that means to break one
clause is only what it claims if this module agrees, on the bytes that were sent.
It knows JSON Schema and the rules of the documents; it knows no wire.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator

from conformance.spec.operation import Level, Operation, Params, Schema

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list, tuple),
}


_YEAR = re.compile(r"\d{4}")


def has_type(value: Any, schema: Schema) -> bool:
    """Whether a value is of the schema's JSON type; a boolean is no number."""
    kind = schema.get("type")
    if kind is None:
        return True
    if isinstance(value, bool):
        return bool(kind == "boolean")
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()  # to JSON Schema 1.0 is a whole number
    return isinstance(value, _TYPES[kind])


def _names_a_moment(value: Any, schema: Schema) -> bool:
    """Whether a text may be the moment that a schema wants: without a year it is none."""
    wanted = schema.get("format") in {"date-time", "http-date"}
    return not wanted or not isinstance(value, str) or _YEAR.search(value) is not None


@lru_cache(maxsize=4096)
def is_readable(pattern: str) -> bool:
    """Whether Python can read a pattern; Java's, which AWS writes, know more."""
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def matches(pattern: str, value: str) -> bool:
    """Whether a pattern matches anywhere in the value: the loosest reading of it.

    A pattern that Python cannot read is taken to match.
    """
    try:
        return re.search(pattern, value) is not None
    except re.error:
        return True


#: keyword → whether a value of the right type keeps it. Length counts Unicode scalar values.
KEYWORDS: Mapping[str, Any] = {
    "enum": lambda value, bound: value in bound,
    "pattern": lambda value, bound: matches(bound, value),
    "minLength": lambda value, bound: len(value) >= bound,
    "maxLength": lambda value, bound: len(value) <= bound,
    "minimum": lambda value, bound: value >= bound,
    "maximum": lambda value, bound: value <= bound,
    "minItems": lambda value, bound: len(value) >= bound,
    "maxItems": lambda value, bound: len(value) <= bound,
    "minProperties": lambda value, bound: len(value) >= bound,
    "maxProperties": lambda value, bound: len(value) <= bound,
}


def broken(value: Any, schema: Schema, path: str) -> Iterator[str]:
    """The clause paths (``Member/item/enum``) that a value breaks, outermost first."""
    if not has_type(value, schema) or not _names_a_moment(value, schema):
        yield f"{path}/type"
        return
    for keyword, keeps in KEYWORDS.items():
        if keyword in schema and not keeps(value, schema[keyword]):
            yield f"{path}/{keyword}"
    if isinstance(value, Mapping):
        for name in schema.get("required", ()):
            if value.get(name) is None:
                yield f"{path}/{name}/required"
        for name, inner in schema.get("properties", {}).items():
            if value.get(name) is not None:
                yield from broken(value[name], inner, f"{path}/{name}")
        if "additionalProperties" in schema:
            yield from _each(value, schema.get("propertyNames", {}), f"{path}/key")
            yield from _each(value.values(), schema["additionalProperties"], f"{path}/value")
    elif isinstance(value, (list, tuple)) and "items" in schema:
        yield from _each(value, schema["items"], f"{path}/item")


def _each(values: Iterable[Any], schema: Schema, path: str) -> Iterator[str]:
    """The clause paths that some of the values break, each once."""
    yield from {clause: None for value in values for clause in broken(value, schema, path)}


@lru_cache(maxsize=256)
def _rules(operation: Operation) -> tuple[tuple[str, Level, Draft202012Validator], ...]:
    return tuple(
        (rule["id"], Level(rule["level"]), Draft202012Validator(rule["constraint"]))
        for rule in operation.rules
        if "constraint" in rule
    )


def broken_clauses(operation: Operation, params: Params) -> tuple[str, ...]:
    """The ids of the clauses that a request with these members breaks, judged ones first.

    A null equals an absent member. What is of level ``observe`` comes last.
    """
    given = {name: value for name, value in params.items() if value is not None}
    found = [f"request/{name}/required" for name in sorted(operation.required) if name not in given]
    for name, value in given.items():
        if name in operation.members:
            found += [f"request/{path}" for path in broken(value, operation.members[name], name)]
    unpromised: list[str] = []
    for rule, level, validator in _rules(operation):
        if not validator.is_valid(given):
            (unpromised if level is Level.OBSERVE else found).append(f"rules/{rule}")
    return tuple(f"{operation.id}/{path}" for path in found + unpromised)


def unpromised(operation: Operation, broken_ids: tuple[str, ...]) -> bool:
    """Whether all that a request breaks is of level ``observe``: nobody says what follows."""
    observed = {
        f"{operation.id}/rules/{rule}"
        for rule, level, _ in _rules(operation)
        if level is Level.OBSERVE
    }
    return bool(broken_ids) and observed.issuperset(broken_ids)
