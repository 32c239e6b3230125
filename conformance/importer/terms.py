"""The documented members of a section, and the constraint lines of each.

A section is a sequence of blocks: a name, prose, then lines of fixed wording (``Type:``,
``Pattern:``, ``Required:`` …). Only the fixed lines are kept. This module must not know the place
of a member on the wire, nor the syntaxes.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from conformance.importer.page import ERRORS, REQUEST_BODY, REQUEST_PARAMETERS, RESPONSE_ELEMENTS
from conformance.importer.reader import Line, Mark

REQUIRED = "Required"
TYPE = "Type"
STATUS = "HTTP Status Code"
ARRAY_MEMBERS = "Array Members"
#: The second line of that marker, which is about the lists in a list.
INNER_ARRAY_MEMBERS = "Inner Array Members"

MARKERS = (
    TYPE,
    "Key Length Constraints",
    "Value Length Constraints",
    "Length Constraints",
    "Valid Range",
    "Key Pattern",
    "Value Pattern",
    "Pattern",
    "Key Valid Values",
    "Value Valid Values",
    "Valid Values",
    "Valid Keys",
    ARRAY_MEMBERS,
    "Map Entries",
    REQUIRED,
    STATUS,
)
MARKER = re.compile(r"(?<!\w)(" + "|".join(MARKERS) + r"):(?=\s|$|\d)")
# A constraint may follow such an end of prose without a line break.
# A quotation mark that nothing divides from the words after it opens a quotation.
SENTENCE_END = re.compile(r"(?:^\s*|[.!?:)\]}>*]\s*|[\"'”’]\s+)$")
# What follows some markers; anything else is prose: "Required: Conditional".
FOLLOWED_BY = {
    REQUIRED: re.compile(
        r"\s*(?:yes|no)\b(?!\s+(?:if|when|unless|for|but)\b)(?!\s*[,\"”'’(-])|\s*$", re.I
    ),
    STATUS: re.compile(r"\s*(?:\d{3}\b|$)"),
    TYPE: re.compile(
        r"\s*(?:$|[A-Z][\w-]*\s*$|[A-Z][\w-]* (?=Type:|Length|Required)|Array of\b|Base64"
        r"|JSON value|\S+ (?:object|data type)|\S+ (?:\S+ )?to\b|[A-Z][a-z]+ (?=[A-Z]))"
    ),
}

# The line that every block of a section has: the next block starts after it.
CLOSED_BY = {
    REQUEST_PARAMETERS: REQUIRED,
    REQUEST_BODY: REQUIRED,
    RESPONSE_ELEMENTS: TYPE,
    ERRORS: STATUS,
}

# How a line begins that continues "Minimum length of 1. Maximum length of 100."
BOUND_GOES_ON = re.compile(r"(?:Minimum|Maximum|Fixed|(?:length|value|number|items|of)\b|-?\d)")

NAME = re.compile(r"(?:[-*] )?([A-Za-z][\w.-]*)(?: \((?:key|value)\))?")
# ``Users.member.N`` and ``Filters.Filter.N`` are how the query protocols print a list's name,
# ``X.entry.N.key`` a map's.
LIST_SUFFIX = re.compile(r"\.(?:\w+\.)?N(?:\..*)?$")
# Words that are alone on their line and not a name.
CALLOUTS = {"Note", "Important", "Warning", "Tip", "Caution", "Deprecated"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One documented member: its name as printed, and its constraint lines by marker."""

    printed: str
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __getitem__(self, marker: str) -> str:
        """The text after the marker, as one line; empty without it."""
        return " ".join(self.facts.get(marker, ()))

    def __contains__(self, marker: str) -> bool:
        return marker in self.facts


def base_name(printed: str) -> str:
    """The member's name without the suffix of a query protocol."""
    return LIST_SUFFIX.sub("", printed)


def read_terms(
    lines: Iterable[Line],
    section: str,
    known: Iterable[str] | None = None,
    expected: Iterable[str] = (),
) -> dict[str, Term]:
    """The members of a section by name, in page order.

    ``known`` are the names in the syntax. A member that it lacks, as without a syntax any, is a
    block with its type and the closing line of its section. ``expected`` are names of members
    that may be spelled like a word of prose.
    """
    names = None if known is None else set(known)
    closing = CLOSED_BY.get(section)
    terms: dict[str, Term] = {}
    for printed, chunk in _blocks(tuple(lines), closing, names, CALLOUTS - set(expected)):
        facts = _facts(chunk, section)
        if closing and names is None and closing not in facts:
            continue
        listed = names is None or not {printed, base_name(printed)}.isdisjoint(names)
        if not (listed or {TYPE, closing} <= facts.keys()):
            continue
        terms.setdefault(base_name(printed), Term(printed=printed, facts=facts))
    return terms


def loses_names(lines: Iterable[Line], section: str, known: Iterable[str] | None = None) -> bool:
    """Whether the section has more closing lines than blocks: some name is missing."""
    lines, names = tuple(lines), None if known is None else set(known)
    closing = CLOSED_BY[section]
    closings = sum(marker == closing for line in lines for marker, _ in _pieces(line.text))
    return closings > sum(
        _has(chunk, closing) for _, chunk in _blocks(lines, closing, names, CALLOUTS)
    )


def _blocks(
    lines: tuple[Line, ...],
    closing: str | None,
    names: set[str] | None,
    callouts: Collection[str],
) -> Iterator[tuple[str, list[str]]]:
    def named(line: Line, *, listed: bool = True) -> str | None:
        found = NAME.fullmatch(line.text)
        if found is None:
            return None
        if names is None or not listed:
            good = line.mark is Mark.TERM or found[1] not in callouts
        else:
            good = found[1] in names or base_name(found[1]) in names
        return found[1] if good else None

    trusted = _trusted(lines, named)
    certain = trusted == {Mark.TERM}
    seen: set[str] = set()
    current, chunk, strange = "", list[str](), False
    for index, line in enumerate(lines):
        ended = bool(current and closing and _has(chunk, closing))
        name = named(line) if line.mark in trusted else None
        closed = not current or certain or not closing or ended or (bool(name) and strange)
        if name is None and (ended or (not current and line.mark is not Mark.NONE)):
            name = named(line, listed=False) if line.mark in trusted else None
            unlisted = name is not None
        else:
            unlisted = False
        value = index > 0 and _awaits_value(lines[index - 1].text)
        again = name and base_name(name) in seen and (names is not None or not chunk)
        if name is None or not closed or value or again:
            chunk.append(line.text)
            continue
        if current:
            yield current, chunk
        seen.add(base_name(name))
        current, chunk, strange = name, [], unlisted
    if current:
        yield current, chunk


def _trusted(lines: Iterable[Line], named: Callable[..., str | None]) -> set[Mark]:
    """The strongest mark of any member's name here: names with other marks are prose."""
    marks = {line.mark for line in lines if named(line)}
    strongest = next((m for m in (Mark.TERM, Mark.NAME) if m in marks), Mark.NONE)
    return {strongest}


def _awaits_value(text: str) -> bool:
    return any(text.endswith(f"{marker}:") for marker in MARKERS)


def _has(chunk: Iterable[str], marker: str) -> bool:
    return any(found == marker for line in chunk for found, _ in _pieces(line) if found)


def _pieces(line: str) -> Iterator[tuple[str, str]]:
    """A line as markers with what follows each; prose in front has no marker.

    A marker counts at the start of a line, after the end of a sentence, and after another marker.
    """
    starts: list[re.Match[str]] = []
    for found in MARKER.finditer(line):
        fit = FOLLOWED_BY.get(found[1])
        if fit and not fit.match(line, found.end()):
            continue
        if starts or SENTENCE_END.search(line[: found.start()]):
            starts.append(found)
    head = line[: starts[0].start()] if starts else line
    if head.strip():
        yield "", head.strip()
    edges = [*(found.start() for found in starts), len(line)]
    for found, (_, end) in zip(starts, pairwise(edges), strict=True):
        yield found[1], line[found.end() : end].strip()


def _facts(chunk: Iterable[str], section: str) -> dict[str, tuple[str, ...]]:
    """The constraint lines of a block.

    Prose may contain similar lines, and a page that lost a name has two blocks in one. The block
    ends at the first ``Required:`` and starts at the last ``Type:`` before it, if any. Response
    elements have no such end: from their first ``Type:`` on the first of each marker counts.
    """
    pieces = [piece for line in chunk for piece in _pieces(line)]
    markers = [marker for marker, _ in pieces]
    if REQUIRED in markers:
        end = markers.index(REQUIRED) + 1
        pieces, markers = pieces[:end], markers[:end]
    first_counts = section in (RESPONSE_ELEMENTS, "")
    if TYPE in markers:
        place = (
            markers.index(TYPE) if first_counts else len(markers) - 1 - markers[::-1].index(TYPE)
        )
        pieces = pieces[place:]
    facts: dict[str, tuple[str, ...]] = {}
    for index, (marker, value) in enumerate(pieces):
        again = marker in facts and marker != ARRAY_MEMBERS
        if marker and not (first_counts and again):
            following = []
            for nothing, text in pieces[index + 1 :]:
                if nothing:
                    break
                following.append(text)
            found = _value(marker, value, following)
            inner = marker == ARRAY_MEMBERS and marker in facts
            if found:
                facts[INNER_ARRAY_MEMBERS if inner else marker] = found
    return facts


def _value(marker: str, value: str, following: list[str]) -> tuple[str, ...]:
    """A marker's value, with those of the following lines that continue it.

    Prose may follow the value. A pattern is one line, verbatim; a list continues while bars join
    its lines; other values are short, and their parsers take what they understand.
    """
    lines = ([value] if value else []) + following
    if marker.endswith("Pattern"):
        return tuple(lines[:1])
    if marker.endswith(("Values", "Keys")):
        if lines and not value and lines[0].startswith("- "):
            return ()  # prose above a list of bullets
        kept = lines[:1]
        for line in lines[1:]:
            if not (kept[-1].endswith("|") or line.startswith("|")):
                break
            kept.append(line)
        return tuple(kept)
    if marker == TYPE:
        return tuple(lines[:4])
    kept = lines[:1]
    for line in lines[1:]:
        if not BOUND_GOES_ON.match(line):
            break
        kept.append(line)
    return tuple(kept)
