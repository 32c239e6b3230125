"""Values that violate one constraint of a schema, made from a value that satisfies it.

They follow from the schema alone: the same schema always gives the same values. It knows no
operation.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from conformance.spec.operation import Schema
from conformance.spec.patterns import is_readable, matches
from conformance.spec.validity import KEYWORDS
from conformance.spec.values import plain

#: Longer texts and lists are not sent: they would say more of the network than of the target.
LONGEST = 200_000
MOST_ITEMS = 1000

#: Digits of another script, which a careless \\d takes for its own.
_ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")

#: Values with more runs of digits than this have too many variants to try.
_MOST_RUNS = 30

#: How many violations of a nested pattern are tried.
_FEW = 3

#: The other keywords of a schema, with their bounds.
Bounds = tuple[tuple[str, Any], ...]


def pattern_violations(schema: Schema, valid: str) -> Mapping[str, str]:
    """Values that a pattern matches nowhere, by name; if possible they satisfy all else."""
    return _violating(schema["pattern"], _bounds(schema), valid, _nowhere)


def few_pattern_violations(schema: Schema, valid: str) -> Mapping[str, str]:
    """A few of them, for nested members; none where ``valid`` itself does not match."""
    if not is_readable(schema["pattern"]) or not matches(schema["pattern"], valid):
        return {}
    found = [(name, text) for name, text in pattern_violations(schema, valid).items() if text]
    return dict(found[:_FEW])


def partial_matches(schema: Schema, valid: str) -> Mapping[str, str]:
    """Values that match somewhere but not as a whole: only one reading forbids them."""
    return _violating(schema["pattern"], _bounds(schema), valid, _in_part)


def _nowhere(pattern: str, value: str) -> bool:
    return matches(pattern, value) is False


def _in_part(pattern: str, value: str) -> bool:
    return bool(matches(pattern, value)) and matches(pattern, value, whole=True) is False


def _bounds(schema: Schema) -> Bounds:
    """What else a schema demands of a text, hashable."""
    named = {"enum": tuple(schema["enum"])} if "enum" in schema else {}
    lengths = {name: schema[name] for name in ("minLength", "maxLength") if name in schema}
    return tuple({**named, **lengths}.items())


@lru_cache(maxsize=4096)
def _violating(
    pattern: str, bounds: Bounds, valid: str, wanted: Callable[[str, str], bool]
) -> Mapping[str, str]:
    found = _near(pattern, bounds, valid, wanted)
    if wanted is _in_part or any(found.values()):
        return found
    strange = {"blanks": " " * max(1, len(valid)), "other-script": "東" * max(1, len(valid))}
    return {**found, **{name: text for name, text in strange.items() if wanted(pattern, text)}}


def _near(
    pattern: str, bounds: Bounds, valid: str, wanted: Callable[[str, str], bool]
) -> Mapping[str, str]:
    candidates = {
        "wrong-case": valid.swapcase(),
        "digit": valid[:-1] + "1",
        "letters": re.sub(r"\d", "x", valid) or "x",
        "symbols": "!" * max(1, len(valid)),
        "other-digits": re.sub(r"\d", "1", valid),
        "arabic-digits": valid.translate(_ARABIC_DIGITS),
        **_other_runs(valid),
        "longer": valid + valid[-1:] * 12,
        "embedded": f"x{valid}x",
        "first": valid[:1],
        "empty": "",
    }
    loose = {name: v for name, v in candidates.items() if v != valid and wanted(pattern, v)}
    fitting = {
        name: value
        for name, value in loose.items()
        if all(KEYWORDS[keyword](value, bound) for keyword, bound in bounds)
    }
    chosen: dict[str, str] = {}
    for name, value in (fitting or loose).items():
        if value not in chosen.values():
            chosen[name] = value
    return chosen


def _other_runs(valid: str) -> Mapping[str, str]:
    """The value with each run of one digit made a run of another: 800 becomes 811, 822, 700, …"""
    found = {}
    for run in re.finditer(r"(\d)\1*", valid):
        for digit in "0123456789":
            other = valid[: run.start()] + digit * len(run[0]) + valid[run.end() :]
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


def _shorter(schema: Schema, valid: Any) -> Mapping[str, Any]:
    bound = schema["minLength"]
    short = str(valid)[: bound - 1] if 0 < bound <= LONGEST else None
    return {} if short is None else {f"beyond-{bound - 1}": short}


def _longer(schema: Schema, valid: Any) -> Mapping[str, Any]:
    bound = schema["maxLength"]
    if bound > LONGEST:
        return {}
    text = str(valid) or "a"
    return {f"beyond-{bound + 1}": (text * (bound // len(text) + 2))[: bound + 1]}


def _patterns(schema: Schema, valid: Any) -> Mapping[str, Any]:
    if not isinstance(valid, str):
        return {}
    return {
        f"nowhere-{edge}": value for edge, value in few_pattern_violations(schema, valid).items()
    }


def _fewer(schema: Schema, valid: Any) -> Mapping[str, Any]:
    bound = schema["minItems"]
    return {f"beyond-{bound - 1}": list(valid)[: bound - 1]} if 0 < bound <= MOST_ITEMS else {}


def _more(schema: Schema, valid: Any) -> Mapping[str, Any]:
    bound = schema["maxItems"]
    if bound > MOST_ITEMS or "items" not in schema:
        return {}
    return {f"beyond-{bound + 1}": distinct_items(schema, bound + 1)}


def _entries(schema: Schema, count: int) -> dict[str, Any]:
    key = str(plain({**schema.get("propertyNames", {}), "type": "string"}))
    value = plain(schema.get("additionalProperties", {}))
    return {f"{key}{number}" if number else key: value for number in range(count)}


def _fewer_entries(schema: Schema, valid: Any) -> Mapping[str, Any]:
    bound = schema["minProperties"]
    within = 0 < bound <= MOST_ITEMS and "additionalProperties" in schema
    return {f"beyond-{bound - 1}": _entries(schema, bound - 1)} if within else {}


def _more_entries(schema: Schema, valid: Any) -> Mapping[str, Any]:
    bound = schema["maxProperties"]
    within = bound <= MOST_ITEMS and "additionalProperties" in schema
    return {f"beyond-{bound + 1}": _entries(schema, bound + 1)} if within else {}


#: Violations of a keyword by the name of the edge, for a schema and a value that satisfies it.
Violations = Callable[[Schema, Any], Mapping[str, Any]]
#: keyword → violations of it, of members nested in others.
NESTED: Mapping[str, Violations] = {
    "minimum": lambda schema, valid: {f"beyond-{schema['minimum'] - 1}": schema["minimum"] - 1},
    "maximum": lambda schema, valid: {f"beyond-{schema['maximum'] + 1}": schema["maximum"] + 1},
    "minLength": _shorter,
    "maxLength": _longer,
    "pattern": _patterns,
    "maxItems": _more,
}
#: The same for the sizes of lists and maps, wherever they stand.
SIZES: Mapping[str, Violations] = {
    "minItems": _fewer,
    "minProperties": _fewer_entries,
    "maxProperties": _more_entries,
}
