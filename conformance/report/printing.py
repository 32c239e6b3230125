"""Text for a terminal: what a target or a file said reaches it without effect.

Control characters can move the cursor or change the terminal, bidirectional ones show a text in
another order than it has. This module knows no report.
"""

import re
import sys
from typing import TextIO

#: C0 (but tab and line feed), DEL, C1, bidirectional marks, line separators, lone surrogates, and
#: what is not seen: zero-width characters and the byte order mark.
_ACTIVE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ud800-\udfff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def printable(text: str) -> str:
    """A text whose active characters are written as escapes (``\\x1b``, ``\\u202e``)."""
    return _ACTIVE.sub(lambda found: _escape(ord(found[0])), text)


def _escape(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def printable_json(text: str) -> str:
    """The text of JSON, the same data, without active characters."""
    return _ACTIVE.sub(lambda found: _json_escape(found[0]), text)


def _json_escape(char: str) -> str:
    raw = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{raw[n]:02x}{raw[n + 1]:02x}" for n in range(0, len(raw), 2))


def counted(count: int, noun: str) -> str:
    """A number of things: ``1 case``, ``2 cases``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def counted_column(count: int, noun: str, width: int) -> str:
    """The same in a column: numbers and nouns stand below each other."""
    return f"{count:>{width}} {noun}{' ' if count == 1 else 's'}"


def say(text: str = "", *, file: TextIO | None = None, flush: bool = False) -> None:
    """Print a text, with ``flush`` at once; line feeds in it are its own."""
    print(printable(text), file=file or sys.stdout, flush=flush)


def duration(seconds: float) -> str:
    """A duration as people say it: ``40 s``, ``3 min``, ``2 h 10 min``."""
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
