"""Whether a value keeps a member's constraints: one keyword, one small function, one table.

It knows members and values; not requests, operations' rules, or how a refusal looks.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.reference.contract import Json, Kind, Member, Operation, Params


@dataclass(frozen=True, slots=True)
class Keyword:
    """A constraint: the field of Member that holds its bound, and when a value breaks it."""

    field: str
    breaks: Callable[[Any, Any], bool]


def _wrong_type(value: Json, kind: str) -> bool:
    match kind:
        case "string":
            return not isinstance(value, str)
        case "list":
            return not isinstance(value, list)
        case _:
            return not isinstance(value, int) or isinstance(value, bool)


# "type" goes first: the other keywords may rely on it.
KEYWORDS: dict[str, Keyword] = {
    "type": Keyword("type", _wrong_type),
    "minimum": Keyword("minimum", lambda value, bound: value < bound),
    "maximum": Keyword("maximum", lambda value, bound: value > bound),
    "minLength": Keyword("min_length", lambda value, bound: len(value) < bound),
    "maxLength": Keyword("max_length", lambda value, bound: len(value) > bound),
    "pattern": Keyword("pattern", lambda value, bound: re.fullmatch(bound, value) is None),
    "enum": Keyword("enum", lambda value, bound: value not in bound),
    "maxItems": Keyword("max_items", lambda value, bound: len(value) > bound),
}


def bound(member: Member, keyword: str) -> Any:
    """The bound that a member sets for a keyword; ``None`` where it sets none."""
    return getattr(member, KEYWORDS[keyword].field)


def breaks(member: Member, keyword: str, value: Json) -> bool:
    """Whether a value breaks one keyword of a member. A wrong type breaks only ``type``."""
    if keyword != "type" and _wrong_type(value, member.type):
        return False
    limit = bound(member, keyword)
    return limit is not None and KEYWORDS[keyword].breaks(value, limit)


def broken(member: Member, value: Json) -> Iterator[str]:
    """Each keyword that a value breaks, those of list items as ``item/…``."""
    yield from (keyword for keyword in KEYWORDS if breaks(member, keyword, value))
    if member.item is not None and isinstance(value, list):
        for element in value:
            yield from (f"item/{keyword}" for keyword in broken(member.item, element))


def validate(operation: Operation, params: Params) -> Params:
    """The parameters, if they keep every documented constraint; else the operation's refusal."""
    for name, member in operation.members.items():
        if name not in params:
            if member.required:
                raise operation.failure("invalid", f"{name} is required.")
            continue
        keyword = next(broken(member, params[name]), None)
        if keyword is not None:
            kind: Kind = "mistyped" if keyword.endswith("type") else "invalid"
            raise operation.failure(kind, f"The value of {name} breaks its {keyword}.")
    return params
