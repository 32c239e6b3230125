"""Flows of mitmproxy, as ``mitmdump -w`` and "Save" write them: typed netstrings, one a flow.

A netstring is a length, a colon, so many bytes, and a letter for their type; those of lists and
tables hold others. Depth and number are bounded, and nothing is copied but texts.
Source: https://docs.mitmproxy.org/stable/ and https://tnetstrings.info/.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from conformance.recording.external.interactions import Interaction, headers, request, response
from conformance.spec import reading

_START = re.compile(rb"(\d{1,9}):")
#: The types of texts, numbers, truth values, nothing, lists and tables.
_TYPES = b",;#^!~]}"
_SCALARS: Mapping[int, Callable[[bytes], Any]] = {
    ord(","): bytes,
    ord(";"): lambda raw: raw.decode("utf-8", "surrogateescape"),
    ord("#"): int,
    ord("^"): float,
    ord("!"): lambda raw: raw == b"true",
    ord("~"): lambda raw: None,
}


def holds(raw: bytes) -> bool:
    """Whether a file begins with a whole netstring, or with a part of one that holds others."""
    found = _START.match(raw)
    if not found:
        return False
    end = found.end() + int(found[1])
    if end < len(raw):
        return raw[end] in _TYPES
    return _START.match(raw, found.end()) is not None


def interactions(raw: bytes) -> Iterator[tuple[int, Callable[[], Interaction]]]:
    """Each flow of HTTP, by its number. Raises ``ValueError`` where the file is torn."""
    flows = [one for one in _Reader(raw).all() if isinstance(one, dict)]
    found = [one for one in flows if one.get("type", "http") == "http" and "request" in one]
    if not found:
        raise ValueError("no HTTP flow is in it")
    return ((number, partial(_interaction, number, one)) for number, one in enumerate(found, 1))


def _interaction(number: int, flow: Mapping[str, Any]) -> Interaction:
    asked, came = flow["request"], flow.get("response")
    if not came:
        raise ValueError("it was never answered")
    return Interaction(
        number=number,
        request=request(
            asked["method"], _address(asked), headers(asked["headers"]), asked.get("content") or b""
        ),
        outcome=response(came["status_code"], headers(came["headers"]), came.get("content") or b""),
    )


def _address(asked: Mapping[str, Any]) -> str:
    """The URL of a request, with the host that the client named."""
    named = {name.lower(): each for name, each in headers(asked["headers"])}
    host = named.get("host") or _text(asked.get("authority")) or _text(asked["host"])
    scheme, port = _text(asked["scheme"]), int(asked["port"])
    if ":" not in host and port != {"http": 80, "https": 443}.get(scheme):
        host = f"{host}:{port}"
    return f"{scheme}://{host}{_text(asked['path'])}"


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value or "")


class _Reader:
    """Reads netstrings from bytes, within the bounds of a recording."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._left = reading.RECORDED.values

    def all(self) -> list[Any]:
        """Every netstring, one after the other."""
        return self._several(0, len(self._raw), 0)

    def _several(self, start: int, end: int, depth: int) -> list[Any]:
        if depth > reading.RECORDED.depth:
            raise ValueError("it is nested too deeply")
        found = []
        while start < end:
            value, start = self._one(start, end, depth)
            found.append(value)
        return found

    def _one(self, start: int, end: int, depth: int) -> tuple[Any, int]:
        """One value, and where the next one begins."""
        self._left -= 1
        if self._left < 0:
            raise ValueError(f"it has more than {reading.RECORDED.values:,} values")
        length = _START.match(self._raw, start, end)
        if length is None or length.end() + int(length[1]) >= end:
            raise ValueError("a value of it is cut short")
        first, last = length.end(), length.end() + int(length[1])
        return self._typed(self._raw[last], first, last, depth), last + 1

    def _typed(self, kind: int, first: int, last: int, depth: int) -> Any:
        if kind == ord("]"):
            return self._several(first, last, depth + 1)
        if kind == ord("}"):
            pairs = self._several(first, last, depth + 1)
            return {_text(key): one for key, one in zip(pairs[::2], pairs[1::2], strict=True)}
        if kind not in _SCALARS:
            raise ValueError("a value of it has no known type")
        return _SCALARS[kind](self._raw[first:last])
