"""A regular expression as JSON Schema's dialect (ECMA-262, Unicode mode) writes it.

AWS writes Java's. Most patterns mean the same in both but for escapes that ECMA-262 does not allow:
those are written as it does. What cannot be said is not said. It knows no schema.
"""

import re
from collections.abc import Iterator

#: What Java's have, and ECMA-262 has not or means otherwise.
_JAVA = re.compile(
    r"\\[zZAQEGhHRXpP]|\[:|\(\?[a-zA-Z>#-]|[*+?}]\+|&&|\\x\{|\\0\d|\(\?[!=][^()]*\)[*+?{]"
)
_QUANTIFIER = re.compile(r"\{\d+(?:,\d*)?\}")
_CLASS_ESCAPES = frozenset("wWdDsS")
#: The characters that an escape may be of, outside of a class.
_SYNTAX = frozenset("^$\\.*+?()[]{}|/")
_LETTERS = frozenset("wWdDsSbBtnvfrux0123456789ck")


def portable(pattern: str) -> str | None:
    """The same pattern for ECMA-262; ``None`` for one that it or Python cannot read."""
    if _JAVA.search(pattern):
        return None
    written = "".join(_written(pattern))
    try:
        re.compile(written)  # validators in Python read it too
    except re.error:
        return None
    return written


def _written(pattern: str) -> Iterator[str]:
    inside, at = False, 0
    while at < len(pattern):
        char, rest = pattern[at], pattern[at:]
        size, piece = 1, char
        if char == "\\" and len(rest) > 1:
            size, piece = 2, _escape(rest[1], inside=inside)
        elif not inside and (quantifier := _QUANTIFIER.match(rest)):
            size, piece = len(quantifier[0]), quantifier[0]
        elif char in ("[" if inside else "{}]") or (char == "-" and inside and _alone(pattern, at)):
            piece = f"\\{char}"
        else:
            inside = char == "[" or (inside and char != "]")
        yield piece
        at += size


def _escape(char: str, *, inside: bool) -> str:
    if char in _LETTERS or char in _SYNTAX or (inside and char == "-"):
        return f"\\{char}"
    return char


def _alone(pattern: str, at: int) -> bool:
    """Whether a dash in a class has a class of its own beside it: then it makes no range."""
    before = at >= 2 and pattern[at - 2] == "\\" and pattern[at - 1] in _CLASS_ESCAPES
    after = pattern[at + 1 : at + 2] == "\\" and pattern[at + 2 : at + 3] in _CLASS_ESCAPES
    return before or after
