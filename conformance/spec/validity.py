"""Which constraints a value violates, and which clauses a request, on its members as read.

This is the suite's own judgement of its requests: a case that means to violate one
clause does so only if this module agrees, on the bytes that were sent.
It knows JSON Schema and the rules of operations; it knows no wire.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator

from conformance.spec.levels import Level
from conformance.spec.operation import Operation, Params
from conformance.spec.patterns import matches
from conformance.spec.rules import Constraint, Schema

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


def _is_timestamp(value: Any, schema: Schema) -> bool:
    """Whether a text may be the timestamp that a schema wants: without a year it is none."""
    wanted = schema.get("format") in {"date-time", "http-date"}
    return not wanted or not isinstance(value, str) or _YEAR.search(value) is not None


#: keyword → whether a value of the right type satisfies it. Length counts Unicode scalar values.
KEYWORDS: Mapping[str, Any] = {
    "enum": lambda value, bound: value in bound,
    "pattern": lambda value, bound: matches(bound, value) is not False,
    "minLength": lambda value, bound: len(value) >= bound,
    "maxLength": lambda value, bound: len(value) <= bound,
    "minimum": lambda value, bound: value >= bound,
    "maximum": lambda value, bound: value <= bound,
    "minItems": lambda value, bound: len(value) >= bound,
    "maxItems": lambda value, bound: len(value) <= bound,
    "minProperties": lambda value, bound: len(value) >= bound,
    "maxProperties": lambda value, bound: len(value) <= bound,
}


def violations(value: Any, schema: Schema, path: str) -> Iterator[str]:
    """The clause paths (``Member/item/enum``) that a value violates, outermost first."""
    if not has_type(value, schema) or not _is_timestamp(value, schema):
        yield f"{path}/type"
        return
    for keyword, holds in KEYWORDS.items():
        if keyword in schema and not holds(value, schema[keyword]):
            yield f"{path}/{keyword}"
    if isinstance(value, Mapping):
        for name in schema.get("required", ()):
            if value.get(name) is None:
                yield f"{path}/{name}/required"
        for name, inner in schema.get("properties", {}).items():
            if value.get(name) is not None:
                yield from violations(value[name], inner, f"{path}/{name}")
        if "additionalProperties" in schema:
            yield from _each(value, schema.get("propertyNames", {}), f"{path}/key")
            yield from _each(value.values(), schema["additionalProperties"], f"{path}/value")
    elif isinstance(value, (list, tuple)) and "items" in schema:
        yield from _each(value, schema["items"], f"{path}/item")


def _each(values: Iterable[Any], schema: Schema, path: str) -> Iterator[str]:
    """The clause paths that some of the values violate, each once."""
    yield from {clause: None for value in values for clause in violations(value, schema, path)}


@lru_cache(maxsize=256)
def _constraints(operation: Operation) -> tuple[tuple[Constraint, Draft202012Validator], ...]:
    return tuple(
        (rule, Draft202012Validator(rule.schema)) for rule in operation.rules_of(Constraint)
    )


def violated_clauses(operation: Operation, params: Params) -> tuple[str, ...]:
    """The ids of the clauses that a request with these members violates, judged ones first.

    A null equals an absent member. What is of level ``observe`` comes last.
    """
    given = {name: value for name, value in params.items() if value is not None}
    found = [f"request/{name}/required" for name in sorted(operation.required) if name not in given]
    for name, value in given.items():
        if name in operation.members:
            found += [
                f"request/{path}" for path in violations(value, operation.members[name], name)
            ]
    unspecified: list[str] = []
    for rule, validator in _constraints(operation):
        if not validator.is_valid(given):
            (unspecified if rule.level is Level.OBSERVE else found).append(f"rules/{rule.id}")
    return tuple(f"{operation.id}/{path}" for path in found + unspecified)


def only_unspecified(operation: Operation, violated: tuple[str, ...]) -> bool:
    """Whether all that a request violates is of level ``observe``: the response is unspecified."""
    observed = {
        f"{operation.id}/rules/{rule.id}"
        for rule, _ in _constraints(operation)
        if rule.level is Level.OBSERVE
    }
    return bool(violated) and observed.issuperset(violated)
