"""What a listing is asked for, and whether an item is among what was asked for.

It knows items and selectors, no operation and no story.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import jmespath

from conformance.checks.likeness import is_shown, moment
from conformance.generation.stories.story import TAGS, Selector
from conformance.spec.lifecycles.names import folded
from conformance.spec.validity import violations

#: Characters that filters read as something else.
_SPECIAL = re.compile(r"[*?!\\\[\]{}\"]|^$")
#: The last part of an ARN, a path or an address, and that of a name or an id.
_LAST = re.compile(r"[^/:]+$")
_LAST_WORD = re.compile(r"[^/:-]+$")
#: Values that mean no value in particular.
_ANYTHING = frozenset({"all", "any", "none", "unknown"})
#: A text that nothing has, and that every filter may be asked for.
_ANY = "nonesuch"


def own(selector: Selector, item: Any) -> str | None:
    """The value by which a listing finds an item; ``None`` where the item shows none."""
    if selector.relation == "tag":
        key, value = next(iter(TAGS.items()))
        return key if folded(selector.filter) == "tagkey" else value
    found = next(shown(selector, item), None)
    if found is None:
        return None
    if selector.relation in _TIMES:
        return _days_away(selector, moment(found), _TIMES[selector.relation])
    text = _written(found)
    if selector.place == "@" and (last := _LAST.search(text)):
        text = last[0]
    listed = selector.schema.get("enum")
    if listed:
        text = next((one for one in listed if one.casefold() == text.casefold()), "")
    fits = not _SPECIAL.search(text) and not list(violations(text, selector.schema, ""))
    return text if fits else None


def other(selector: Selector, text: str) -> str | None:
    """A value of the same form by which a listing does not find what has ``text``."""
    if selector.relation in _TIMES:
        return _days_away(selector, moment(_number(text)), -2 * _TIMES[selector.relation])
    if text in {"true", "false"}:
        return "false" if text == "true" else "true"
    listed = selector.schema.get("enum")
    if listed:
        others = (one for one in listed if one != text and one.casefold() not in _ANYTHING)
        return next(others, None)
    changed = _another(text)
    if changed == text and selector.relation == "prefix":  # a path without a name in it
        changed = f"{text.rstrip('/')}/conformance/"
    fits = changed != text and not list(violations(changed, selector.schema, ""))
    return changed if fits else None


def any_text(selector: Selector) -> str | None:
    """A text that a filter may be asked for, whatever it selects by."""
    listed = selector.schema.get("enum")
    return listed[0] if listed else None if list(violations(_ANY, selector.schema, "")) else _ANY


def is_made_up(selector: Selector, text: str) -> bool:
    """Whether a text is one that nothing has."""
    return text == any_text(selector) == _ANY


def shown(selector: Selector, item: Any) -> Iterator[Any]:
    """What an item shows of what a listing selects by."""
    if selector.place:
        yield from _plain(jmespath.search(selector.place, item))


def _plain(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _plain(one)
    elif isinstance(value, (str, int, float)) and value != "":
        yield value


def holds(selector: Selector, text: str, item: Any) -> bool | None:
    """Whether an item is among what was asked for; ``None`` where it does not show that."""
    if selector.relation == "tag" or not selector.place:
        return None
    values = [_written(value) for value in shown(selector, item)]
    if not values:
        return None
    if selector.relation in _TIMES:
        return any(_is_within(selector, _number(text), value) for value in values)
    wanted = text.casefold()
    return any(wanted in value.casefold() or is_shown(text, value) for value in values)


# ------------------------------------------------------------ times

#: By how many days what is asked for is before, or after, the moment that an item shows: clocks may
#: differ, and a date may be all that is shown.
_TIMES: Mapping[str, int] = {"since": -2, "until": 2}
_DAY = 24 * 60 * 60


def _days_away(selector: Selector, shown: float | None, days: int) -> str | None:
    """A moment so many days after another, as the request writes it."""
    if shown is None:
        return None
    seconds = int(shown) + days * _DAY
    if selector.schema.get("format") == "epoch-seconds":
        return str(seconds)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _number(text: str) -> Any:
    return float(text) if text.replace(".", "", 1).isdecimal() else text


def _is_within(selector: Selector, text: Any, value: str) -> bool:
    """Whether a moment is within what was asked for, give or take a day."""
    asked, seen = moment(text), moment(_number(value))
    if asked is None or seen is None:
        return True
    late = seen - asked if selector.relation == "since" else asked - seen
    return late > -_DAY


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _another(text: str) -> str:
    """A text of the same length and characters, of which the last part differs."""
    last = _LAST_WORD.search(text)
    at = last.start() if last else 0
    return text[:at] + "".join(map(_next, text[at:]))


def _next(char: str) -> str:
    for chars in _RINGS:
        if char in chars:
            return chars[(chars.index(char) + 1) % len(chars)]
    return char


#: Characters that become the next of their kind; hexadecimal digits stay such.
_RINGS = ("0123456789", "abcdef", "ghijklmnopqrstuvwxyz", "ABCDEF", "GHIJKLMNOPQRSTUVWXYZ")

_Answers = Mapping[str, str | None]


def answers(selector: Selector, item: Any) -> _Answers:
    """The values that a listing may be asked for, by what they are to what was made."""
    mine = own(selector, item)
    if selector.relation == "tag":
        return {"own": mine, "other": f"no-{mine}"}
    return {
        "own": mine,
        "other": None if mine is None else other(selector, mine),
        "any": any_text(selector),
    }
