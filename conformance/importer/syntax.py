"""Parses the two syntaxes of a page: the request line, the headers, the shape of the body.

The listings are not JSON and often broken: a placeholder may be on a separate line, a bracket may
follow a blank. So they are split into tokens first, and blanks never matter. This module knows
notations only: it must not know which names are members, nor their constraints.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.errors import PageError

Schema = dict[str, Any]

REQUEST_LINE = re.compile(
    r"(?P<method>GET|HEAD|POST|PUT|PATCH|DELETE)\s+(?P<target>/.*?)\s*HTTP/\d(?:\.\d)?", re.DOTALL
)
STATUS_LINE = re.compile(r"HTTP/\d(?:\.\d)?\s+(?P<status>\w+)(?!\s*:)")
HEADER = re.compile(r"\s*(?P<name>[A-Za-z][\w-]*)\s*:\s*(?P<value>[^\s{<\[]+)")
NAMESPACE = re.compile(r"\bxmlns=[\"']([^\"']+)")
PAYLOAD = re.compile(r"[A-Za-z]\w*")
#: A payload in words: ``{ Policy in JSON format }``.
DESCRIBED = re.compile(r"\{\s*([A-Za-z]\w*)\s+in\s+JSON\s+format\s*\}")
#: A placeholder as pages in Markdown print it: ``maxResults={{MaxResults}}``, ``"{string}"``.
MARKED = re.compile(r"\{\{\s*([^{}\"]*?)\s*\}\}")
BRACED = re.compile(r"\{\s*([A-Za-z][\w-]*|JSON value)\s*\}")
#: What a listing has for members that it does not show: a union's, for one.
ELIDED = re.compile(r"(?<=[{\[])\s*(?:\.\.\.|…)\s*(?=[}\]])")

# The placeholders of values in a listing.
PLACEHOLDERS: dict[str, Schema] = {
    "string": {"type": "string"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "long": {"type": "integer"},
    "short": {"type": "integer"},
    "float": {"type": "number"},
    "double": {"type": "number"},
    "boolean": {"type": "boolean"},
    "blob": {"type": "string", "format": "byte"},
    "timestamp": {"type": "string", "format": "timestamp"},
    "JSON value": {},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One side of the syntax. The body is an object with ``properties``, or one named payload."""

    method: str = "POST"
    path: str = "/"
    query: tuple[tuple[str, str], ...] = ()
    status: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: Schema | None = None
    payload: str = ""
    root: str = ""
    """The outermost element of an XML body, and what it states of its namespace."""
    namespace: str = ""
    line: bool = False
    """Whether a request line or a status line is printed; the bare JSON protocols print none."""


def prints_line(text: str) -> bool:
    """Whether the listing begins with a request line or a status line, as with REST."""
    return bool(REQUEST_LINE.match(text) or STATUS_LINE.match(text))


def read_syntax(text: str, heading: str) -> Message:
    """The message that ``text``, the section under ``heading``, shows."""
    rest = text.strip()
    line: dict[str, Any] = {}
    if found := REQUEST_LINE.match(rest):
        target = MARKED.sub(r"{\1}", re.sub(r"\s+", "", found["target"]))
        path, _, query = target.partition("?")
        pairs = (pair.partition("=") for pair in BRACED.sub(r"\1", query).split("&") if pair)
        line = {
            "method": found["method"],
            "path": path,
            "query": tuple((key, value) for key, _, value in pairs),
            "line": True,
        }
    elif found := STATUS_LINE.match(BRACED.sub(r"\1", MARKED.sub(r"\1", rest))):
        rest = found.string
        line = {"status": found["status"], "line": True}
    rest = MARKED.sub(r"\1", rest[found.end() :] if found else rest)
    rest = ELIDED.sub("", BRACED.sub(r"\1", rest))
    headers = []
    while found and (header := HEADER.match(rest)):
        headers.append((header["name"], header["value"]))
        rest = rest[header.end() :]
    return Message(**line, headers=tuple(headers), **_body(rest.strip(), heading))


def _body(text: str, heading: str) -> dict[str, Any]:
    if described := DESCRIBED.fullmatch(text):
        return {"payload": described[1]}
    if text.startswith("{"):
        return {"body": _Skeleton(text, heading).read()}
    if text.startswith("<"):
        return _Elements(text, heading).read()
    if PAYLOAD.fullmatch(text):
        return {"payload": text}
    return {}


class _Skeleton:
    """A JSON-like listing: strings, bare words and marks, parsed by recursive descent."""

    TOKEN = re.compile(r'\s*(?:"([^"]*)"|([{}\[\]:,])|([^\s"{}\[\]:,]+)|(\S))')

    def __init__(self, text: str, heading: str) -> None:
        self.heading = heading
        self.tokens = list(self._tokens(text))
        self.at = 0

    def _tokens(self, text: str) -> Iterator[tuple[str, str]]:
        for string, mark, word, stray in self.TOKEN.findall(text):
            if stray:
                raise self._torn()
            if mark or word:
                yield ("mark", mark) if mark else ("word", word)
            else:
                yield "string", " ".join(string.split())

    def _torn(self) -> PageError:
        return PageError(
            f"The section {self.heading!r} of the page breaks off or is garbled: "
            "save the whole page again."
        )

    def _peek(self) -> tuple[str, str]:
        if self.at >= len(self.tokens):
            raise self._torn()
        return self.tokens[self.at]

    def _take(self, mark: str) -> bool:
        taken = self._peek() == ("mark", mark)
        self.at += taken
        return taken

    def read(self) -> Schema:
        schema = self._value()
        if self.at != len(self.tokens):
            raise self._torn()
        return schema

    def _value(self) -> Schema:
        if self._take("{"):
            return self._object()
        if self._take("["):
            return self._array()
        kind = self._peek()[0]
        words = []
        while self.at < len(self.tokens) and self._peek()[0] == kind != "mark":
            words.append(self.tokens[self.at][1])
            self.at += 1
        if not words:
            raise self._torn()
        # A quoted name of a structure is that structure within itself.
        unknown: Schema = {"type": "object"} if kind == "string" else {}
        return dict(PLACEHOLDERS.get(" ".join(words), unknown))

    def _array(self) -> Schema:
        items: list[Schema] = []
        while not self._take("]"):
            items.append(self._value())
            self._take(",")
        return {"type": "array", "items": items[0] if items else {}}

    def _object(self) -> Schema:
        """The key "string" means any key: the object is a map."""
        properties: Schema = {}
        while not self._take("}"):
            kind, key = self._peek()
            self.at += 1
            if kind == "mark" or not self._take(":"):
                raise self._torn()
            properties[key] = self._value()
            self._take(",")
        if not properties:
            return {"type": "object"}
        if list(properties) == ["string"]:
            return {"type": "object", "additionalProperties": properties["string"]}
        return {"type": "object", "properties": properties}


class _Elements:
    """An XML listing. ``...`` means that the element before it may be repeated."""

    TOKEN = re.compile(r"<[?!][^>]*>|<(/?)([A-Za-z][\w:.-]*)([^<>]*?)(/?)>|([^<\s]+)")

    def __init__(self, text: str, heading: str) -> None:
        self.heading = heading
        self.tokens = [found for found in self.TOKEN.finditer(text) if found[2] or found[5]]
        self.at = 0

    def read(self) -> dict[str, Any]:
        """The root element's name and namespace with what is in it: a body of a message."""
        space = NAMESPACE.search(self.tokens[0][0]) if self.tokens else None
        name, schema = self._element()
        return {"body": schema, "root": name, "namespace": space[1] if space else ""}

    def _next(self) -> re.Match[str]:
        if self.at >= len(self.tokens):
            raise PageError(f"The section {self.heading!r} of the page breaks off: save it again.")
        self.at += 1
        return self.tokens[self.at - 1]

    def _element(self) -> tuple[str, Schema]:
        opening = self._next()
        name = opening[2] or ""
        properties: Schema = {}
        words: list[str] = []
        while not opening[4]:
            token = self._next()
            if token[1]:
                break
            if token[2]:
                self.at -= 1
                child, schema = self._element()
                properties[child] = schema
            elif token[5] == "..." and properties:
                last = next(reversed(properties))
                if properties[last].get("type") != "array":
                    properties[last] = {"type": "array", "items": properties[last]}
            else:
                words.append(token[5])
        if properties:
            return name, {"type": "object", "properties": properties}
        return name, dict(PLACEHOLDERS.get(" ".join(words), {"type": "object"}))
