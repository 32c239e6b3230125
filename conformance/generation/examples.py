"""Valid requests to start from, and values that keep or break one constraint.

Everything here follows from the document alone; nothing knows a target.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.generation.plans import Call
from conformance.spec.operation import Level, Operation, Schema
from conformance.spec.placeholders import asked_for
from conformance.spec.values import plain

#: Text that turns up nowhere; the base of values that mean nothing.
FOREIGN = "CONFORMANCE-FOREIGN-VALUE"


def kept_examples(operation: Operation) -> Iterator[Mapping[str, Any]]:
    """The requests that a document gives as valid, the most particular first."""
    for rule in operation.rules:
        if rule["level"] != Level.OBSERVE:
            yield from rule.get("kept", ())
    for rule in operation.rules:
        if rule["level"] == Level.OBSERVE:
            yield from rule.get("kept", ())
    for baseline in operation.by_hand.get("baselines", ()):
        yield baseline["params"]


def examples_with(operation: Operation, member: str) -> list[Call]:
    """Valid calls that hold a member, at most two that hold it beside different others.

    Those that the document gives, else the baseline and a value.
    """
    found: dict[frozenset[str], Call] = {}
    for params in kept_examples(operation):
        if member in params:
            found.setdefault(frozenset(params), Call(set=params))
    if not found:
        return [Call(base=True, set={member: sample(operation, member)})]
    return list(found.values())[:2]


def example_with(operation: Operation, member: str) -> Call:
    """A valid call that holds a member: the first of those there are."""
    return examples_with(operation, member)[0]


def replaced(call: Call, member: str, value: Any) -> Call:
    """The same call with another value for one member."""
    return Call(base=call.base, set={**call.set, member: value})


def sample(operation: Operation, member: str) -> Any:
    """A value that a member takes and that means something."""
    samples = operation.by_hand.get("samples", {}).get(member)
    schema = operation.members[member]
    if samples:
        return [samples[0]] if schema.get("type") == "array" else samples[0]
    if member in operation.by_hand.get("resources", {}):
        known = {"resource": member}
        return asked_for(member, schema) if schema.get("type") == "array" else known
    return plain(schema)


def distinct_items(schema: Schema, count: int) -> list[Any]:
    """That many items for a list, all different as far as the schema names values."""
    items = schema.get("items", {})
    values = items.get("enum")
    if values:
        return [values[index % len(values)] for index in range(count)]
    if items.get("type", "string") != "string" or items.keys() & {"pattern", "format"}:
        return [plain(items)] * count
    width = max(1, items.get("minLength", 1))
    return [str(index).rjust(width, "0") for index in range(count)]
