"""Texts that break a pattern, made from one that keeps it.

They follow from the schema alone: the same schema always gives the same texts,
whoever asks. Nothing here knows an operation.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from conformance.spec.operation import Schema
from conformance.spec.validity import KEYWORDS, is_readable, matches

#: Digits of another script, which a careless \\d takes for its own.
_ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")

#: Longer values than a few runs of digits have too many neighbours to try.
_MOST_RUNS = 30

#: How many ways to break a nested pattern are tried.
_FEW = 3

#: Other keywords of a schema, with their bounds.
Others = tuple[tuple[str, Any], ...]


def pattern_breakers(schema: Schema, kept: str) -> Mapping[str, str]:
    """Values that a pattern matches nowhere, by name, other constraints kept if possible."""
    return _made(schema["pattern"], _others(schema), kept, _nowhere)


def nested_breakers(schema: Schema, kept: str) -> Mapping[str, str]:
    """The few of them that are tried deep inside a request; none where ``kept`` breaks it, too."""
    if not is_readable(schema["pattern"]) or not matches(schema["pattern"], kept):
        return {}
    found = [(name, text) for name, text in pattern_breakers(schema, kept).items() if text]
    return dict(found[:_FEW])


def unanchored_breakers(schema: Schema, kept: str) -> Mapping[str, str]:
    """Values that match somewhere but not as a whole: only one reading forbids them."""
    return _made(schema["pattern"], _others(schema), kept, _in_part)


def _nowhere(pattern: str, value: str) -> bool:
    return not matches(pattern, value)


def _in_part(pattern: str, value: str) -> bool:
    return matches(pattern, value) and re.fullmatch(pattern, value) is None


def _others(schema: Schema) -> Others:
    """What else a schema says of a text, in a form that can be remembered by."""
    said = {"enum": tuple(schema["enum"])} if "enum" in schema else {}
    bounds = {name: schema[name] for name in ("minLength", "maxLength") if name in schema}
    return tuple({**said, **bounds}.items())


@lru_cache(maxsize=4096)
def _made(
    pattern: str, others: Others, kept: str, wanted: Callable[[str, str], bool]
) -> Mapping[str, str]:
    found = _near(pattern, others, kept, wanted)
    if wanted is _in_part or any(found.values()):
        return found
    strange = {"blanks": " " * max(1, len(kept)), "other-script": "東" * max(1, len(kept))}
    return {**found, **{name: text for name, text in strange.items() if wanted(pattern, text)}}


def _near(
    pattern: str, others: Others, kept: str, wanted: Callable[[str, str], bool]
) -> Mapping[str, str]:
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
        "first": kept[:1],
        "empty": "",
    }
    loose = {name: v for name, v in candidates.items() if v != kept and wanted(pattern, v)}
    fitting = {
        name: value
        for name, value in loose.items()
        if all(KEYWORDS[keyword](value, bound) for keyword, bound in others)
    }
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
