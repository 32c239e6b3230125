"""An exchange for people: redacted, laid out, cut where it is long, the offending part marked.

A mark is ``[where, start, end]``: a range of the text at ``where`` (``request.url``,
``request.body``, ``response.body``), the lines of ``response.headers`` from start to end, or
``response.status``. Marks show where to look first; no verdict follows from them. Numbers,
duplicate names and the order of members are as they were sent.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_plus

from conformance.generation.plans import Call, Case
from conformance.protocols.http import Exchange, Request
from conformance.protocols.table import HEADERS

Data = dict[str, Any]
Span = tuple[int, int]
Mark = list[str | int]  # as it travels in JSON

#: How many characters of a body are kept: about three screens.
MOST_BODY = 2400
MOST_URL = 1600
#: How many headers of a response are kept, and how many characters of one, and of all of them.
_MOST_HEADERS = 60
_MOST_HEADER = 1000
_MOST_OF_HEADERS = 8000
#: Beyond this size, or this many values, a body is cut without being laid out.
_MOST_PRETTY = 256 * 1024
_MOST_VALUES = 5000
_MOST_MARKS = 12
_PRIVATE = frozenset({"authorization", "x-amz-security-token", "set-cookie", "cookie"})
#: The request's headers that are shown; the client sets the rest itself.
_SHOWN = frozenset({"authorization", "content-type", "x-amz-date", "x-amz-target"})
#: Those of them that a reproduction sends as they are.
_SENT = frozenset({"content-type", "x-amz-target"})
REDACTED = "[redacted]"


@dataclass(frozen=True, slots=True)
class _Node:
    """A value in a laid out body: its path, its position (with its key), and its text."""

    path: tuple[str, ...]
    start: int
    end: int
    value: Any


class _Number(str):
    """A number as it was sent."""

    __slots__ = ()


class _Pairs(tuple[tuple[str, Any], ...]):
    """An object as its pairs, so that a duplicate name is kept."""

    __slots__ = ()


class _Layout:
    """Lays a JSON value out over lines and remembers the position of each part."""

    def __init__(self, value: Any) -> None:
        self.nodes: list[_Node] = []
        self._parts: list[str] = []
        self._length = 0
        self._value(value, (), 0, 0)
        self.text = "".join(self._parts)

    def _put(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)

    def _value(self, value: Any, path: tuple[str, ...], depth: int, start: int) -> None:
        if isinstance(value, _Pairs):
            self._all("{", "}", [(name, name, inner) for name, inner in value], path, depth)
        elif isinstance(value, list):
            self._all("[", "]", [(None, "item", inner) for inner in value], path, depth)
        else:
            number = isinstance(value, _Number)
            self._put(str(value) if number else json.dumps(value, ensure_ascii=False))
        self.nodes.append(_Node(path, start, self._length, value))

    def _all(
        self,
        opening: str,
        closing: str,
        members: Sequence[tuple[str | None, str, Any]],
        path: tuple[str, ...],
        depth: int,
    ) -> None:
        self._put(opening)
        indent = "\n" + "  " * (depth + 1)
        for position, (name, segment, inner) in enumerate(members):
            self._put(("," if position else "") + indent)
            start = self._length
            if name is not None:
                self._put(json.dumps(name, ensure_ascii=False) + ": ")
            self._value(inner, (*path, segment), depth + 1, start)
        self._put(("\n" + "  " * depth if members else "") + closing)


@lru_cache(maxsize=8)  # several findings show the same exchange
def _laid_out(body: bytes) -> tuple[str, list[_Node]]:
    text = body[:_MOST_PRETTY].decode("utf-8", "backslashreplace")
    if len(body) > _MOST_PRETTY:
        return f"{text}\n… {len(body) - _MOST_PRETTY} bytes more …", []
    if sum(map(body.count, (b",", b"[", b"{"))) > _MOST_VALUES:
        return text, []
    try:
        layout = _Layout(
            json.loads(
                text,
                parse_int=_Number,
                parse_float=_Number,
                parse_constant=_Number,
                object_pairs_hook=_Pairs,
            )
        )
    except (ValueError, RecursionError):
        return text, []
    return layout.text, layout.nodes


def _cut(text: str, spans: Sequence[Span], most: int) -> tuple[str, list[Span]]:
    """A text of at most about ``most`` characters around its first span, and the spans in it."""
    if len(text) <= most:
        return text, list(spans)
    first = min((start for start, _ in spans), default=0)
    start = max(0, min(first - most // 3, len(text) - most))
    if start:
        start = text.rfind("\n", max(0, start - 200), start) + 1 or start
    end = min(len(text), start + most)
    before = f"… {start} characters before …\n" if start else ""
    after = f"\n… {len(text) - end} characters more …" if end < len(text) else ""
    shift = len(before) - start
    kept = [(max(a, start) + shift, min(b, end) + shift) for a, b in spans if a < end and b > start]
    return before + text[start:end] + after, kept


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _members(clause: str, case: Case | None) -> tuple[str, ...]:
    """The request's members that a finding is about: the clause's own, else those the case set."""
    _, part, *segments = clause.split("/")
    if part == "request":
        return (segments[0],)
    if case is None:
        return ()
    step = case.steps[-1]
    named = [segment for segment in case.id.split("/")[2:3] if part == "pagination"]
    altered = tuple(step.set) if isinstance(step, Call) or step.set else ()
    return (*altered, *named)


def _in_url(url: str, members: Sequence[str], *, path_too: bool) -> Iterator[Span]:
    """Where a URL holds some members: in the query, else, with ``path_too``, at the path's end."""
    wanted = {_folded(member) for member in members}
    path, question, query = url.partition("?")
    position = len(path) + 1
    found = False
    for pair in query.split("&") if question else ():
        if _folded(unquote_plus(pair.partition("=")[0])) in wanted:
            found = True
            yield position, position + len(pair)
        position += len(pair) + 1
    if path_too and not found and wanted and not question and path.count("/") > 3:
        yield path.rfind("/") + 1, len(path)


def _widest(nodes: Iterable[_Node]) -> Iterator[Span]:
    for node in nodes:
        yield node.start, node.end


def _in_request_body(nodes: Sequence[_Node], members: Sequence[str]) -> Iterator[Span]:
    yield from _widest(n for n in nodes if len(n.path) == 1 and n.path[0] in members)


def _in_response_body(nodes: Sequence[_Node], clause: str, observed: str) -> Iterator[Span]:
    """Where the response's body shows what was observed."""
    _, part, *segments = clause.split("/")
    if part == "errors":
        yield from _widest(
            n for n in nodes if n.path and _folded(n.path[-1]) in {"code", "type", "errortype"}
        )
        return
    if part == "response" and segments == ["names"]:
        misspelt = observed.rpartition(" ")[2]
        yield from _widest(n for n in nodes if n.path and n.path[-1] == misspelt)
        return
    if part == "response" and len(segments) > 1:
        there = [n for n in nodes if n.path == tuple(segments[:-1])]
        same = [n for n in there if _is_observed(observed, n.value)]
        yield from _widest(same or there[:1])
        return
    if part in {"rules", "pagination"}:
        yield from _widest(
            n
            for n in nodes
            if isinstance(n.value, str) and len(n.value) > 5 and n.value in observed
        )


def _is_observed(observed: str, value: Any) -> bool:
    if isinstance(value, _Number):
        return observed == value or observed.startswith(f"{value},")
    if isinstance(value, str):
        return observed.startswith(repr(value)[:50])
    return observed.startswith(str(value)) if value is None or isinstance(value, bool) else False


def _in_headers(headers: Sequence[Sequence[str]], clause: str) -> Iterator[Span]:
    _, part, *segments = clause.split("/")
    wanted = {
        ("errors", "type"): "x-amzn-errortype",
        ("errors", "documented"): "x-amzn-errortype",
        ("errors", "consistent"): "x-amzn-errortype",
        ("response", "content-type"): "content-type",
        ("errors", "content-type"): "content-type",
        **{("response", name): name for name in HEADERS},
    }.get((part, segments[0]))
    for position, (name, _) in enumerate(headers):
        if name.lower() == wanted:
            yield position, position + 1


def _status_matters(clause: str, status: int) -> bool:
    _, part, *segments = clause.split("/")
    if part in {"request", "auth", "protocol"} or segments[0] == "status":
        return True
    if part == "errors":
        return segments[-1] in {"status", "broken-constraint"}
    return part in {"rules", "pagination"} and not 200 <= status < 300


def _headers(headers: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Headers as they are kept; the last one says how many are left out."""
    found: list[list[str]] = []
    given = list(headers)
    left = _MOST_OF_HEADERS
    for name, value in given[:_MOST_HEADERS]:
        shown = REDACTED if name.lower() in _PRIVATE else _shortened(value)
        left -= len(name) + len(shown)
        if left < 0:
            break
        found.append([_shortened(name), shown])
    if len(found) < len(given):
        found.append(["…", f"{len(given) - len(found)} headers more"])
    return found


def _shortened(text: str) -> str:
    more = len(text) - _MOST_HEADER
    return text if more <= 0 else f"{text[:_MOST_HEADER]} … {more} characters more"


_BEFORE = re.compile(r"… (\d{1,9}) characters before …\n")
_AFTER = re.compile(r"\n… (\d{1,9}) characters more …\Z")


def shows(stored: Data, request: Request) -> bool:
    """Whether a stored request is this one, as far as it is stored."""
    shown = _headers(h for h in request.headers if h[0].lower() in _SENT)
    kept = [one for one in stored["headers"] if one[0].lower() in _SENT]
    return (
        stored["method"] == request.method
        and _is_part(stored["url"], request.url)
        and sorted(kept) == sorted(shown)
        and _is_part(stored["body"], _laid_out(request.content)[0])
    )


def _is_part(shown: str, whole: str) -> bool:
    """Whether a text, cut where it says so, is a whole one."""
    if shown == whole:
        return True
    before, after = _BEFORE.match(shown), _AFTER.search(shown)
    start, end = int(before[1]) if before else 0, len(whole) - (int(after[1]) if after else 0)
    inside = shown[before.end() if before else 0 : after.start() if after else len(shown)]
    return inside == whole[start : max(end, 0)]


def exchange_data(
    exchange: Exchange, clause: str, observed: str = "", case: Case | None = None
) -> tuple[Data, list[Mark]]:
    """A request and its outcome for people, and the marks of a finding on ``clause`` in them."""
    request, response = exchange.request, exchange.response
    members = _members(clause, case)
    marks: list[Mark] = []

    def kept(where: str, text: str, spans: Iterable[Span], most: int) -> str:
        shown, inside = _cut(text, list(spans)[:_MOST_MARKS], most)
        marks.extend([where, start, end] for start, end in inside)
        return shown

    text, nodes = _laid_out(request.content)
    in_body = list(_in_request_body(nodes, members))
    in_url = _in_url(request.url, members, path_too=not in_body)
    data: Data = {
        "request": {
            "method": request.method,
            "url": kept("request.url", request.url, in_url, MOST_URL),
            "headers": _headers(h for h in request.headers if h[0].lower() in _SHOWN),
            "body": kept("request.body", text, in_body, MOST_BODY),
        }
    }
    if response is None:
        data["failure"] = str(exchange.failure)[:1000]
        return data, marks
    headers = _headers(response.headers)
    if _status_matters(clause, response.status):
        marks.append(["response.status", 0, 3])
    marks.extend(["response.headers", *span] for span in _in_headers(headers, clause))
    text, nodes = _laid_out(response.body)
    data["response"] = {
        "status": response.status,
        "headers": headers,
        "body": kept("response.body", text, _in_response_body(nodes, clause, observed), MOST_BODY),
    }
    return data, marks
