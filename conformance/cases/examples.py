"""Valid requests to start from, and values that keep or break one constraint.

Everything here follows from the document alone; nothing knows a target.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.model import Level, Operation, Schema
from conformance.plans import Call
from conformance.validity import KEYWORDS, matches
from conformance.values import plain

#: Digits of another script, which a careless \\d takes for its own.
_ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")

#: Longer values than a few runs of digits have too many neighbours to try.
_MOST_RUNS = 30

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
        return [known] if schema.get("type") == "array" else known
    return plain(schema)


def pattern_breakers(schema: Schema, kept: str) -> Mapping[str, str]:
    """Values that a pattern matches nowhere, by name, other constraints kept if possible."""
    return _near(schema, kept, lambda value: not matches(schema["pattern"], value))


def unanchored_breakers(schema: Schema, kept: str) -> Mapping[str, str]:
    """Values that match somewhere but not as a whole: only one reading forbids them."""
    pattern = schema["pattern"]
    return _near(
        schema,
        kept,
        lambda value: matches(pattern, value) and re.fullmatch(pattern, value) is None,
    )


def _near(schema: Schema, kept: str, wanted: Any) -> Mapping[str, str]:
    candidates = {
        "wrong-case": kept.swapcase(),
        "digit": kept[:-1] + "1",
        "letters": re.sub(r"\d", "x", kept) or "x",
        "symbols": "!" * max(1, len(kept)),
        "other-digits": re.sub(r"\d", "1", kept),
        "arabic-digits": kept.translate(_ARABIC_DIGITS),
        **_other_runs(kept),
        "longer": kept + kept[-1:] * 12,
        "embedded": f"x{kept}x",
        "empty": "",
    }
    others = [
        (keyword, keeps)
        for keyword, keeps in KEYWORDS.items()
        if keyword in schema and keyword not in {"pattern", "maxItems", "minItems"}
    ]
    fitting = {
        name: value
        for name, value in candidates.items()
        if value != kept and wanted(value) and all(k(value, schema[w]) for w, k in others)
    }
    loose = {name: v for name, v in candidates.items() if v != kept and wanted(v)}
    chosen: dict[str, str] = {}
    for name, value in (fitting or loose).items():
        if value not in chosen.values():
            chosen[name] = value
    return chosen


def _other_runs(kept: str) -> Mapping[str, str]:
    """The value with each run of one digit made a run of another: 800 becomes 811, 822, 700, …"""
    found = {}
    for run in re.finditer(r"(\d)\1*", kept):
        for digit in "0123456789":
            other = kept[: run.start()] + digit * len(run[0]) + kept[run.end() :]
            found[f"digits-{other.lstrip('+')}"] = other
    return found if len(found) <= _MOST_RUNS else {}


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
