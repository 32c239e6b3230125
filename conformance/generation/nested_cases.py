"""Named edges of what is nested in the request's members, and of how much lists and maps hold."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conformance.generation.clauses import LONGEST, MOST_ITEMS
from conformance.generation.examples import FOREIGN, distinct_items
from conformance.generation.member_cases import Edges
from conformance.generation.pattern_mutations import nested_breakers
from conformance.generation.plans import Call, Case, Expect
from conformance.spec.operation import Operation, Schema
from conformance.spec.values import Steps, at, changed, containing, plain, without

#: How many nested values are tried, about.
_FEW = 3

#: Values that break a constraint, by the name of the edge, for a schema and a value that keeps it.
Breakers = Callable[[Schema, Any], Mapping[str, Any]]


def cases(operation: Operation) -> Iterator[Case]:
    """Every named edge below the outermost members, in the order of the document."""
    edges = Edges(operation)
    for path, (steps, schema) in operation.request_paths.items():
        (_, member), *inside = steps
        outer = operation.members[member]
        if outer.get("location") == "path" or "type" not in outer:
            continue
        whole = containing(outer, tuple(inside))
        example = Call(base=True, set={member: whole})
        if inside:
            yield from _nested(edges, path, schema, example, (member, tuple(inside)))
        yield from _broken(edges, path, schema, example, (member, tuple(inside)), _SIZES)


def nested_example(operation: Operation, path: str) -> Call:
    """A valid call, as far as the schemas say, that holds the member at a path."""
    (_, member), *inside = operation.request_paths[path][0]
    return Call(base=True, set={member: containing(operation.members[member], tuple(inside))})


def _replaced(example: Call, place: tuple[str, Steps], value: Any) -> Call:
    member, inside = place
    return Call(base=True, set={member: changed(example.set[member], inside, value)})


def _nested(
    edges: Edges, path: str, schema: Schema, example: Call, place: tuple[str, Steps]
) -> Iterator[Case]:
    member, inside = place
    request = f"request/{path}"
    plain_item = len(inside) == 1 and inside[0][0] == "item" and schema.get("type") != "object"
    if inside[-1][0] == "member":
        lacking = Call(base=True, set={member: without(example.set[member], inside)})
        yield from edges.case(f"{request}/required", "absent", Expect.REFUSED, lacking, example)
    if not plain_item:
        location = edges.operation.members[member].get("location")
        wrong = edges.wrong_types(schema, location) if inside[-1][0] != "key" else {}
        for edge, value in wrong.items():
            call = _replaced(example, place, value)
            yield from edges.case(f"{request}/type", edge, Expect.REFUSED, call, example)
        yield from _values(edges, request, schema, example, place)
    yield from _broken(edges, path, schema, example, place, _BREAKERS)


def _values(
    edges: Edges, request: str, schema: Schema, example: Call, place: tuple[str, Steps]
) -> Iterator[Case]:
    values = schema.get("enum", ())
    for value in values[:: max(1, len(values) // _FEW)]:
        call = _replaced(example, place, value)
        yield from edges.kept(f"{request}/valid-values", value, call)
    if values:
        for edge, value in {"wrong-case": values[0].swapcase(), "foreign": FOREIGN}.items():
            if value not in values:
                call = _replaced(example, place, value)
                yield from edges.case(f"{request}/enum", edge, Expect.REFUSED, call, example)


def _broken(
    edges: Edges,
    path: str,
    schema: Schema,
    example: Call,
    place: tuple[str, Steps],
    breakers: Mapping[str, Breakers],
) -> Iterator[Case]:
    member, inside = place
    for keyword in (name for name in breakers if name in schema):
        for edge, value in breakers[keyword](schema, at(example.set[member], inside)).items():
            call = _replaced(example, place, value)
            yield from edges.case(f"request/{path}/{keyword}", edge, Expect.REFUSED, call, example)


def _shorter(schema: Schema, kept: Any) -> Mapping[str, Any]:
    bound = schema["minLength"]
    short = str(kept)[: bound - 1] if 0 < bound <= LONGEST else None
    return {} if short is None else {f"beyond-{bound - 1}": short}


def _longer(schema: Schema, kept: Any) -> Mapping[str, Any]:
    bound = schema["maxLength"]
    if bound > LONGEST:
        return {}
    text = str(kept) or "a"
    return {f"beyond-{bound + 1}": (text * (bound // len(text) + 2))[: bound + 1]}


def _patterns(schema: Schema, kept: Any) -> Mapping[str, Any]:
    if not isinstance(kept, str):
        return {}
    return {f"nowhere-{edge}": value for edge, value in nested_breakers(schema, kept).items()}


def _fewer(schema: Schema, kept: Any) -> Mapping[str, Any]:
    bound = schema["minItems"]
    return {f"beyond-{bound - 1}": list(kept)[: bound - 1]} if 0 < bound <= MOST_ITEMS else {}


def _more(schema: Schema, kept: Any) -> Mapping[str, Any]:
    bound = schema["maxItems"]
    if bound > MOST_ITEMS or "items" not in schema:
        return {}
    return {f"beyond-{bound + 1}": distinct_items(schema, bound + 1)}


def _entries(schema: Schema, count: int) -> dict[str, Any]:
    key = str(plain({**schema.get("propertyNames", {}), "type": "string"}))
    value = plain(schema.get("additionalProperties", {}))
    return {f"{key}{number}" if number else key: value for number in range(count)}


def _fewer_entries(schema: Schema, kept: Any) -> Mapping[str, Any]:
    bound = schema["minProperties"]
    within = 0 < bound <= MOST_ITEMS and "additionalProperties" in schema
    return {f"beyond-{bound - 1}": _entries(schema, bound - 1)} if within else {}


def _more_entries(schema: Schema, kept: Any) -> Mapping[str, Any]:
    bound = schema["maxProperties"]
    within = bound <= MOST_ITEMS and "additionalProperties" in schema
    return {f"beyond-{bound + 1}": _entries(schema, bound + 1)} if within else {}


#: keyword → values that break it, of members nested in others.
_BREAKERS: Mapping[str, Breakers] = {
    "minimum": lambda schema, kept: {f"beyond-{schema['minimum'] - 1}": schema["minimum"] - 1},
    "maximum": lambda schema, kept: {f"beyond-{schema['maximum'] + 1}": schema["maximum"] + 1},
    "minLength": _shorter,
    "maxLength": _longer,
    "pattern": _patterns,
    "maxItems": _more,
}
#: The same for what lists and maps hold, wherever they stand.
_SIZES: Mapping[str, Breakers] = {
    "minItems": _fewer,
    "minProperties": _fewer_entries,
    "maxProperties": _more_entries,
}
