"""The sections of a page, and the operation that it documents.

An API Reference page of an operation has headings in a fixed order; the text between two of them
is a section. This module knows the headings and their order, and must not parse a section.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePath

from conformance.errors import PageError
from conformance.importer.reader import Line, Mark, read_lines

REQUEST_SYNTAX = "Request Syntax"
URI_PARAMETERS = "URI Request Parameters"
REQUEST_PARAMETERS = "Request Parameters"
REQUEST_BODY = "Request Body"
RESPONSE_SYNTAX = "Response Syntax"
RESPONSE_ELEMENTS = "Response Elements"
ERRORS = "Errors"
STATUS = "HTTP Status Code:"
EXAMPLES = "Examples"
SEE_ALSO = "See Also"

# Each heading and its rank in the order. Those of equal rank exclude each other.
RANKS = {
    REQUEST_SYNTAX: 1,
    URI_PARAMETERS: 2,
    REQUEST_PARAMETERS: 3,
    REQUEST_BODY: 3,
    RESPONSE_SYNTAX: 4,
    RESPONSE_ELEMENTS: 5,
    ERRORS: 6,
    EXAMPLES: 7,
    "Example": 7,
    SEE_ALSO: 8,
}
# The sections of which a page has one at most; those of members' names are left out.
OF_ONE = frozenset(RANKS) - {ERRORS, EXAMPLES, "Example", SEE_ALSO}
# A page without one of these may be cut off.
ENDS = (EXAMPLES, "Example", SEE_ALSO)

GLUED = re.compile(r"(.*[}\]>])\s*(" + "|".join(RANKS) + ")")
TITLE = re.compile(r"([A-Z][A-Za-z0-9]+) [-–—|] (.*\S)")
NAME = re.compile(r"[A-Z][A-Za-z0-9]{2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page cut at its headings; ``raw`` is the file as it was saved."""

    raw: str
    title: str
    """What the page's title says after the operation's name: mostly the service. May be empty."""
    names: tuple[str, ...]
    """The candidates for the operation's name, the most likely first."""
    sections: Mapping[str, tuple[Line, ...]]

    def __contains__(self, heading: str) -> bool:
        return heading in self.sections

    def text(self, heading: str) -> str:
        """The section as plain text; empty where the page has none."""
        return "\n".join(line.text for line in self.sections.get(heading, ()))


def read_page(text: str, name: str) -> Page:
    """The page in ``text``; the file's ``name`` is a hint to the operation's name."""
    lines = tuple(_unglued(read_lines(text)))
    rows = _rows(lines)
    _require_one(lines, rows)
    starts = _headings(lines, rows)
    ends = [*starts, len(lines)][1:]
    sections = {
        lines[start].text: lines[start + 1 : end] for start, end in zip(starts, ends, strict=True)
    }
    preamble = lines[: starts[0]] if starts else lines
    title, names = _names(preamble, name)
    return Page(raw=text, title=title, names=names, sections=sections)


def _unglued(lines: tuple[Line, ...]) -> Iterator[Line]:
    """Some extractors leave no line break between a listing and the next heading."""
    for line in lines:
        if glued := GLUED.fullmatch(line.text):
            yield Line(glued[1])
            yield Line(glued[2], Mark.HEADING if line.mark is Mark.HEADING else Mark.NONE)
        else:
            yield line


def _rows(lines: tuple[Line, ...]) -> list[list[int]]:
    """The runs of headings in their order: tables of contents, pages."""
    found = [i for i, line in enumerate(lines) if line.text in RANKS and line.mark is not Mark.NAME]
    if any(lines[i].mark is Mark.HEADING for i in found):
        found = [i for i in found if lines[i].mark is Mark.HEADING]
    rows: list[list[int]] = []
    for i in found:
        if rows and RANKS[lines[i].text] >= RANKS[lines[rows[-1][-1]].text]:
            rows[-1].append(i)
        else:
            rows.append([i])
    return rows


def _require_one(lines: tuple[Line, ...], rows: list[list[int]]) -> None:
    """Raises :class:`PageError` where a file holds several pages.

    Those of two operations have the same sections; a table of contents has nothing in them.
    """
    seen: set[str] = set()
    for row in rows:
        filled = {lines[i].text for i, end in pairwise(row) if end - i > 1}
        if filled & seen & OF_ONE:
            raise PageError("The file holds several pages: save each of them in a file of its own.")
        seen |= filled


def _headings(lines: tuple[Line, ...], rows: list[list[int]]) -> list[int]:
    """Where the sections start.

    A table of contents repeats the headings in the same order: the longest run of headings is
    the page. ``Errors`` is also a common name of a member: the heading is the last one before the
    first status. Of every other heading the first counts.
    """
    row = max(rows, key=lambda each: each[-1] - each[0], default=[])
    chosen: dict[int, int] = {}
    for i in row:
        rank = RANKS[lines[i].text]
        last = chosen.get(rank)
        if last is None or (rank == RANKS[ERRORS] and not _has_status(lines[last:i])):
            chosen[rank] = i
    return sorted(chosen.values())


def _has_status(lines: tuple[Line, ...]) -> bool:
    return any(line.text.startswith(STATUS) for line in lines)


def _names(preamble: tuple[Line, ...], name: str) -> tuple[str, tuple[str, ...]]:
    """The title's second half, and the candidates for the operation's name in order of trust."""
    alone = [line.text for line in preamble if NAME.fullmatch(line.text)]
    titles = [found for line in preamble if (found := TITLE.fullmatch(line.text))]
    # A sentence may look like a title; the real title repeats the heading, or is the first line.
    trusted = [t for t in titles if t[1] in alone] or [
        t for t in titles if t[0] == preamble[0].text
    ]
    hinted = [part for part in re.split(r"[^A-Za-z0-9]+", PurePath(name).stem) if part]
    headings = [line.text for line in preamble if line.mark is Mark.HEADING]
    names = [
        *(found[1] for found in trusted),
        *(each for each in headings if each in alone),
        *(each for each in alone if each in hinted),
        *alone,
        *(each for each in reversed(hinted) if NAME.fullmatch(each)),
    ]
    return (trusted[0][2] if trusted else ""), tuple(dict.fromkeys(names))
