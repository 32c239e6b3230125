"""What a regular expression of a schema matches, and a text that it matches.

The one place that matches them, and that knows the private parser of ``re``. AWS writes Java's
regular expressions: what Python cannot read is taken to match anything. Some of them take time
without end on ordinary text: matching is bounded. It knows no schema.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

import regex

#: Characters that are tried where several would do, the plainest first.
_PLAINEST = "a1A0z-_./: =@+"
#: The seconds that one match may take, and the length of no text.
_MOST_SECONDS = 0.1
_NEVER = 1 << 62
#: Pattern → the length of the shortest text that it could not decide in time. Others of half that
#: length and more are not tried: a list of them would take its time again for each.
_undecided: dict[str, int] = {}
#: How much longer than they must the repeated parts of a pattern are made, one after the other.
_GROWTH = (*range(65), *range(68, 260, 4), 512, 1024, 2048, 4096)


@lru_cache(maxsize=4096)
def is_readable(pattern: str) -> bool:
    """Whether Python can read a pattern; Java's, which AWS writes, know more."""
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def matches(pattern: str, value: str, *, whole: bool = False) -> bool | None:
    """Whether a pattern matches anywhere in the value: the loosest reading of it.

    A pattern that Python cannot read is taken to match. ``None`` where the time that one match
    may take does not decide it. ``whole``: it matches the value from end to end.
    """
    compiled = _compiled(pattern)
    if compiled is None:
        return True
    if len(value) * 2 >= _undecided.get(pattern, _NEVER):
        return None
    match = compiled.fullmatch if whole else compiled.search
    try:
        return match(value, timeout=_MOST_SECONDS) is not None
    except TimeoutError:
        _undecided[pattern] = min(len(value), _undecided.get(pattern, _NEVER))
        return None


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> "regex.Pattern[str] | None":
    try:
        return regex.compile(pattern) if is_readable(pattern) else None
    except regex.error:
        return None


@lru_cache(maxsize=4096)
def matching(pattern: str, least: int = 0, most: int = 10_000) -> str | None:
    """A short text that a pattern matches as a whole; ``None`` where none is found."""
    try:
        re.compile(pattern)
        parsed = _parser.parse(pattern)
    except (re.error, RecursionError, OverflowError):
        return None
    for extra in _GROWTH:
        text = "".join(_texts(parsed, extra))
        if len(text) > most:
            break
        if least <= len(text) and matches(pattern, text, whole=True):
            return text
    return None


@lru_cache(maxsize=4096)
def alternatives(pattern: str, most: int = 20) -> tuple[str, ...]:
    """The texts that a pattern spells out, as ``^(ON|OFF)$`` does; none where it does not.

    One that leaves out either end, takes sets of characters or more than ``most`` texts spells
    out none.
    """
    try:
        parsed = _parser.parse(pattern)
        found = _spelt(parsed, most)
    except (re.error, RecursionError, OverflowError):
        return ()
    spelt = tuple(dict.fromkeys(found or ()))
    return spelt if len(spelt) > 1 and all(spelt) else ()


def _spelt(parsed: Any, most: int) -> list[str] | None:
    """Every text of a part of a pattern; ``None`` where these are more than ``most``."""
    found = [""]
    for kind, argument in parsed:
        match kind:
            case _constants.AT:
                continue
            case _constants.LITERAL:
                following: list[str] | None = [chr(argument)]
            case _constants.SUBPATTERN:
                following = _spelt(argument[-1], most)
            case _constants.BRANCH:
                following = []
                for branch in argument[1]:
                    texts = _spelt(branch, most)
                    following = None if following is None or texts is None else following + texts
            case _constants.MAX_REPEAT if argument[1] == 1:
                inner = _spelt(argument[-1], most)
                following = inner and (["", *inner] if argument[0] == 0 else inner)
            case _:
                following = None
        if following is None or len(found) * len(following) > most:
            return None
        found = [before + after for before in found for after in following]
    return found


def _texts(parsed: Any, extra: int) -> Iterator[str]:
    for kind, argument in parsed:
        if kind is _constants.LITERAL:
            yield chr(argument)
        elif kind is _constants.NOT_LITERAL:
            yield next(char for char in _PLAINEST if ord(char) != argument)
        elif kind is _constants.ANY:
            yield "a"
        elif kind is _constants.IN:
            yield _one_of(argument)
        elif kind is _constants.BRANCH:
            yield "".join(_texts(argument[1][0], extra))
        elif kind is _constants.SUBPATTERN:
            yield "".join(_texts(argument[-1], extra))
        elif kind in {
            _constants.MAX_REPEAT,
            _constants.MIN_REPEAT,
            _constants.POSSESSIVE_REPEAT,
        }:
            low, high, inner = argument
            yield "".join(_texts(inner, 0)) * min(int(high), int(low) + extra)
        elif kind is _constants.ATOMIC_GROUP:
            yield "".join(_texts(argument, extra))


def _one_of(chars: Any) -> str:
    """The plainest character of a set like ``[^a-z_]``."""
    for char in (*_PLAINEST, *(chr(code) for code in range(33, 127)), "é", "東"):
        if _contains(chars, ord(char), char):
            return str(char)
    kind, what = chars[0]
    first = what[0] if kind is _constants.RANGE else what
    return chr(int(first))


_CATEGORIES = {
    _constants.CATEGORY_DIGIT: r"\d",
    _constants.CATEGORY_NOT_DIGIT: r"\D",
    _constants.CATEGORY_SPACE: r"\s",
    _constants.CATEGORY_NOT_SPACE: r"\S",
    _constants.CATEGORY_WORD: r"\w",
    _constants.CATEGORY_NOT_WORD: r"\W",
}


def _contains(chars: Any, code: int, char: str) -> bool:
    negated = bool(chars) and chars[0][0] is _constants.NEGATE
    for kind, what in chars:
        if (
            (kind is _constants.LITERAL and what == code)
            or (kind is _constants.RANGE and what[0] <= code <= what[1])
            or (kind is _constants.CATEGORY and re.match(_CATEGORIES[what], char))
        ):
            return not negated
    return negated
