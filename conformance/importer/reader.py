"""Any saved form of a page as one sequence of lines.

A page is HTML, Markdown, or plain text as a browser or an extractor writes it. This module turns
all of them into lines without blank ones, each marked where the form shows a heading or the name
of a member. It must not know what any section means.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from selectolax.lexbor import LexborHTMLParser, LexborNode

from conformance.errors import PageError

# A saved page begins with a tag, a saved part of one has headings; a sample may hold any tag.
HTML_START = re.compile(
    r"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|(?:html|head|body|main|article|section|div|h[1-4])\b)",
    re.IGNORECASE | re.DOTALL,
)
HTML_HEADING = re.compile(r"<(h[1-4])\b[^<>]*>.{0,400}?</\1\s*>", re.IGNORECASE | re.DOTALL)
MARKDOWN = re.compile(r"^ {0,3}#{1,3} \S", re.MULTILINE)

SPACES = re.compile(r"[ \t\f\v]+")
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad")) | {0xA0: " "}

TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)")
# The elements that need no end tag; they do not nest without others that do.
UNCLOSED = frozenset(
    {
        *("area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link"),
        *("meta", "option", "p", "source", "tbody", "td", "tfoot", "th", "thead", "tr", "track"),
        "wbr",
    }
)
# How many elements are open at once, and how many that makes with the number of tags.
MOST_DEPTH = 300
MOST_WORK = 20_000_000

# The elements of a page that are not its text.
NOT_TEXT = "script, style, noscript, template, nav, header, footer, svg, button, select, iframe"
# The elements that may hold the text: docs.aws.amazon.com's first, then those of saved fragments.
MAIN = ("#main-col-body", "main", "article", "body")
HEADINGS = {"h1", "h2", "h3", "h4"}
BLOCKS = HEADINGS | {
    *(
        "address",
        "article",
        "blockquote",
        "body",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "hr",
        "li",
        "main",
    ),
    *("ol", "p", "pre", "section", "table", "td", "th", "tr", "ul", "awsdocs-view"),
}

BARE_BULLET = "-"
BULLETED_NAME = re.compile(r"- ([A-Za-z][\w.-]*(?: \((?:key|value)\))?)")
BOLD_LINE = re.compile(r"(?:- )?\*\*\s*(.+?)\s*\*\*\s*:?(?:\s*<a\b.*)?")
LINK = re.compile(r"!?\[((?:[^\[\]]|\\.)*)\]\([^()\s]*\)")
#: A line that is nothing but a link: the name of something that has a page of its own.
LINKED_NAME = re.compile(r"\[`?([A-Za-z][\w.-]*)`?\]\([^()\s]*\)(?:\s*<a\b.*)?")
ITEM = re.compile(r"[-*+•] +")
FRONT_MATTER = re.compile(r"\s*---\s*\n(?:[\w.-]+:.*\n|[ \t].*\n|\s*\n)*?---\s*\n")
#: Text between as many backticks before it as after it, which may itself hold fewer.
CODE = re.compile(r"(?<!`)(`+)(?!`)(.*?[^`])\1(?!`)")
ANCHOR = re.compile(r"<a\b[^>]*>\s*</a>")
ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!|<>-])")


class Mark(Enum):
    """What the form of the page shows about a line."""

    NONE = "nothing"
    HEADING = "a heading"
    TERM = "a member's name, certainly: the form nests, and this is its outermost list"
    NAME = "a name of something, perhaps of a member of a member"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text, not blank, with single spaces."""

    text: str
    mark: Mark = Mark.NONE


def read_lines(text: str) -> tuple[Line, ...]:
    """Every line of the page in order; the first line of an HTML page is its title."""
    text = text.translate(INVISIBLE).replace("\r\n", "\n").replace("\r", "\n")
    text = FRONT_MATTER.sub("", text, count=1) if FRONT_MATTER.match(text) else text
    if HTML_START.match(text):
        lines = _from_html(text)
    elif MARKDOWN.search(text):
        lines = _from_markdown(text.split("\n"))
    elif HTML_HEADING.search(text):
        lines = _from_html(text)
    else:
        lines = _from_text(_stripped(text.split("\n")))
    return tuple(line for line in lines if line.text)


def _stripped(lines: Iterable[str]) -> list[str]:
    return [line for line in (SPACES.sub(" ", each).strip() for each in lines) if line]


# --- plain text -----------------------------------------------------------------------------


def _from_text(lines: list[str]) -> Iterator[Line]:
    """Extractors write a definition list as ``- Name`` and a bare ``-`` above the definition."""
    for index, line in enumerate(lines):
        bulleted = BULLETED_NAME.fullmatch(line)
        bold = BOLD_LINE.fullmatch(line)
        if bulleted and _names_a_definition(lines, index + 1):
            yield Line(bulleted[1], Mark.NAME)
        elif bold:
            yield Line(bold[1], Mark.NAME)
        elif line != BARE_BULLET:
            yield Line(line)


def _names_a_definition(lines: list[str], following: int) -> bool:
    """Several names may share one definition."""
    while following < len(lines) and BULLETED_NAME.fullmatch(lines[following]):
        following += 1
    return following < len(lines) and lines[following] == BARE_BULLET


# --- Markdown -------------------------------------------------------------------------------


def _from_markdown(lines: list[str]) -> Iterator[Line]:
    fenced = False
    for line in lines:
        if line.strip().startswith("```"):
            fenced = not fenced
        elif fenced:
            yield Line(SPACES.sub(" ", line).strip())
        else:
            yield _markdown_line(SPACES.sub(" ", line).strip())


def _markdown_line(line: str) -> Line:
    if heading := re.fullmatch(r"#{1,4} (.+?)(?: #+)?", line):
        return Line(_plain(heading[1]), Mark.HEADING)
    if bold := BOLD_LINE.fullmatch(line):
        return Line(_plain(bold[1]), Mark.NAME)
    if linked := LINKED_NAME.fullmatch(line):
        return Line(linked[1], Mark.NAME)
    if item := ITEM.match(line):
        return Line("- " + _plain(line[item.end() :]))
    return Line(_plain(line))


def _plain(text: str) -> str:
    """Text without markup; the text between backticks is verbatim."""
    text = ANCHOR.sub("", text)
    spans: list[str] = []

    def kept(span: re.Match[str]) -> str:
        spans.append(span[2].strip() if len(span[1]) > 1 else span[2])
        return f"\0{len(spans) - 1}\0"

    text = CODE.sub(kept, text.replace("\0", ""))
    text = ESCAPED.sub(r"\1", LINK.sub(r"\1", text))
    return re.sub(r"\0(\d+)\0", lambda span: spans[int(span[1])], text).strip()


# --- HTML -----------------------------------------------------------------------------------


def _from_html(text: str) -> Iterator[Line]:
    _require_flat(text)
    tree = LexborHTMLParser(text)
    if title := tree.css_first("title"):
        yield Line(SPACES.sub(" ", title.text().replace("\n", " ")).strip())
    for node in tree.css(NOT_TEXT):
        node.decompose()
    # A file may hold several pages, which is for others to refuse.
    selector = next((each for each in MAIN if tree.css_first(each)), None)
    for node in tree.css(selector) if selector else ():
        if not _lies_in(node, selector or ""):
            yield from _Walker().walk(node)


def _lies_in(node: LexborNode, selector: str) -> bool:
    """Whether a node is within another that the selector finds."""
    above = node.parent
    while above is not None:
        if above.tag == selector or f"#{above.id}" == selector:
            return True
        above = above.parent
    return False


def _require_flat(text: str) -> None:
    """Raises :class:`PageError` for HTML that takes its parser more than a page is worth.

    An element that stays open is open in all that follows.
    """
    opened: Counter[str] = Counter()
    depth = deepest = tags = 0
    for closing, tag in TAG.findall(text):
        name = tag.lower()
        tags += 1
        if closing and opened[name]:
            opened[name] -= 1
            depth -= 1
        elif not closing and name not in UNCLOSED:
            opened[name] += 1
            depth += 1
            deepest = max(deepest, depth)
    if deepest > MOST_DEPTH or deepest * tags > MOST_WORK:
        raise PageError("The page is nested too deeply to be an AWS API reference page.")


class _Walker:
    """Gathers the inline text between block elements into lines."""

    def __init__(self) -> None:
        self.inline: list[str] = []
        self.lists = 0  # how many definition lists are open
        self.preformatted = False
        self.item = False  # whether an item of a list begins

    def walk(self, node: LexborNode) -> Iterator[Line]:
        tag = node.tag or ""
        if tag == "-text":
            self.inline.append(node.text_content or "")
            return
        if tag not in BLOCKS:
            yield from self._children(node)
            return
        yield from self._flush(Mark.NONE)
        self.lists += tag == "dl"
        self.preformatted = tag == "pre"
        self.item = tag == "li" or (self.item and tag not in ("pre", "dl", "dt"))
        yield from self._children(node)
        yield from self._flush(self._mark(tag))
        self.item = False
        self.lists -= tag == "dl"
        self.preformatted = False

    def _children(self, node: LexborNode) -> Iterator[Line]:
        for child in node.iter(include_text=True):
            yield from self.walk(child)

    def _mark(self, tag: str) -> Mark:
        if tag in HEADINGS:
            return Mark.HEADING
        return Mark.TERM if tag == "dt" and self.lists == 1 else Mark.NONE

    def _flush(self, mark: Mark) -> Iterator[Line]:
        text = "".join(self.inline)
        self.inline.clear()
        if self.item and text.strip():
            text, self.item = "- " + text.lstrip(), False
        for line in text.split("\n") if self.preformatted else [text.replace("\n", " ")]:
            yield Line(SPACES.sub(" ", line).strip(), mark)
