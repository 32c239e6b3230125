"""Recordings of nock, with ``output_objects``: a list of requests with their responses.

A body that is JSON is held as data; one that is not text is held as hexadecimal digits. Request
headers are there only where ``enable_reqheaders_recording`` was on.
Source: https://github.com/nock/nock#recording.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from conformance.protocols.http import Headers
from conformance.recording.external.fidelity import Omissions
from conformance.recording.external.interactions import (
    Interaction,
    headers,
    hexadecimal,
    request,
    response,
)


def holds(data: Any) -> bool:
    """Whether data is a recording of nock."""
    return isinstance(data, list) and any(
        isinstance(one, dict) and {"scope", "path", "status"} <= one.keys() for one in data
    )


def interactions(data: Sequence[Any]) -> Iterator[tuple[int, Callable[[], Interaction]]]:
    """Each interaction, by its number."""
    for number, one in enumerate(data, 1):
        yield number, partial(_interaction, number, one)


def _interaction(number: int, one: Mapping[str, Any]) -> Interaction:
    pairs = _headers(one)
    content, parsed = _body(one.get("response"), is_binary=_is_binary(one, pairs))
    asked = headers(one.get("reqheaders"))
    address = f"{str(one['scope']).rstrip('/')}{one['path']}"
    sent, _ = _body(one.get("body"), is_binary=False)
    return Interaction(
        number=number,
        request=request(one.get("method") or "GET", address, asked, sent),
        outcome=response(one["status"], pairs, content),
        omissions=Omissions(body=one.get("response") is None, parsed=parsed),
    )


def _headers(one: Mapping[str, Any]) -> Headers:
    """The headers of the response: one list of names and values in turn, or by name."""
    raw = one.get("rawHeaders", one.get("headers"))
    if not isinstance(raw, list) or not all(isinstance(each, str) for each in raw):
        return headers(raw)
    return headers(list(zip(raw[::2], raw[1::2], strict=True)))


def _is_binary(one: Mapping[str, Any], pairs: Headers) -> bool:
    """Whether the response is held as digits: it is no text, or it was compressed."""
    coded = any(name.lower() == "content-encoding" for name, _ in pairs)
    pieces = one.get("response")
    is_pieces = isinstance(pieces, list) and all(isinstance(each, str) for each in pieces)
    return one.get("responseIsBinary") is True or (coded and is_pieces)


def _body(value: Any, *, is_binary: bool) -> tuple[bytes, bool]:
    """The bytes of a body, and whether the recording holds it as data instead."""
    if is_binary:
        pieces = value if isinstance(value, list) else [value]
        return b"".join(map(hexadecimal, pieces)), False
    if value is None or isinstance(value, str):
        return (value or "").encode("utf-8", "surrogateescape"), False
    return json.dumps(value).encode(), True
