"""A regular expression as JSON Schema's dialect (ECMA-262, Unicode mode) writes it.

AWS writes Java's. Most patterns mean the same in both but for escapes that ECMA-262 does not allow:
those are written as it does. What cannot be said is not said. It knows no schema.
"""

import re
from collections.abc import Iterator

#: What Java's have, and ECMA-262 has not or means otherwise.
_JAVA = re.compile(
    r"\\[zZAQEGhHRX]|\\[pP](?:[^{]|\{(?!L|M|N|S|P|Z|C))|\[:|\(\?[a-zA-Z>#-]|[*+?}]\+|&&|\\x\{"
    r"|\\0\d|\(\?[!=][^()]*\)[*+?{]"
)
_CATEGORY = re.compile(r"\\[pP]\{(?:[LMNSPZC][a-z]?)\}")
_QUANTIFIER = re.compile(r"\{\d+(?:,\d*)?\}")
_CLASS_ESCAPES = frozenset("wWdDsS")
#: The characters that an escape may be of, outside of a class.
_SYNTAX = frozenset("^$\\.*+?()[]{}|/")
_LETTERS = frozenset("wWdDsSbBtnvfrux0123456789cpPk")


def portable(pattern: str) -> str | None:
    """The same pattern for ECMA-262; ``None`` where it has a part that only Java's have."""
    if _JAVA.search(pattern) or _categories_unknown(pattern):
        return None
    written = "".join(_written(pattern))
    try:
        re.compile(_CATEGORY.sub("a", written))
    except re.error:
        return None
    return written


def _categories_unknown(pattern: str) -> bool:
    return len(re.findall(r"\\[pP]", pattern)) > len(_CATEGORY.findall(pattern))


def _written(pattern: str) -> Iterator[str]:
    inside, at = False, 0
    while at < len(pattern):
        char, rest = pattern[at], pattern[at:]
        category, quantifier = _CATEGORY.match(rest), _QUANTIFIER.match(rest)
        if category:
            piece = category[0]
        elif char == "\\" and len(rest) > 1:
            piece = rest[:2]
            yield _escape(rest[1], inside=inside)
            at += 2
            continue
        elif quantifier and not inside:
            piece = quantifier[0]
        elif not inside and char in "{}]":
            yield f"\\{char}"
            at += 1
            continue
        elif inside and char == "[":
            yield "\\["
            at += 1
            continue
        elif inside and char == "-" and _between_classes(pattern, at):
            yield "\\-"
            at += 1
            continue
        else:
            piece = char
            if char == "[" and rest[1:2] == "]":
                return
            inside = char == "[" or (inside and char != "]")
        yield piece
        at += len(piece)


def _escape(char: str, *, inside: bool) -> str:
    if char in _LETTERS or char in _SYNTAX or (inside and char == "-"):
        return f"\\{char}"
    return char


def _between_classes(pattern: str, at: int) -> bool:
    """Whether a dash in a class has a class beside it, between which there is no range."""
    before = at >= 2 and pattern[at - 2] == "\\" and pattern[at - 1] in _CLASS_ESCAPES
    before |= re.search(r"\\[pP]\{\w+\}$", pattern[:at]) is not None
    after = pattern[at + 1 : at + 2] == "\\" and pattern[at + 2 : at + 3] in {*_CLASS_ESCAPES, "p"}
    return before or after
