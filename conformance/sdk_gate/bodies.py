"""Bodies and answers as data, and what changes from one to another."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element

import cbor2

from conformance.protocols import xml_body
from conformance.protocols.http import Request
from conformance.spec import reading

_ABSENT = object()
_LONG = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A member that changed: its name, how, and both sides as text.

    ``loses``: what is there now does not serve code that reads what was there.
    """

    name: str
    how: str
    was: str
    now: str
    loses: bool

    @property
    def says(self) -> str:
        """The change in words, which leave open what changed."""
        return _SAYS[self.how]


_SAYS: Mapping[str, str] = {
    "empty": "empty lists and maps are there, which were absent",
    "not-empty": "empty lists and maps are absent, which were there",
    "added": "members are there that were absent",
    "left-out": "members are absent that were there",
    "type": "members have another type",
    "case": "values are written in another case",
    "value": "values are others",
    "length": "lists have another number of items",
}
#: The changes after which code that read a member may fail.
_LOSES = frozenset({"not-empty", "left-out", "type", "value", "length", "case"})


def request(kept: Mapping[str, Any]) -> Request:
    """A request as the driver kept it."""
    return Request(
        method=kept["method"],
        url=kept["url"],
        headers=tuple((name, value) for name, value in kept["headers"]),
        body=base64.b64decode(kept["body"]),
    )


def read(asked: Request, protocol: str) -> Any:
    """The body of a request as data; its text, or its bytes, where it is in no known format."""
    content = asked.content
    if not content:
        return None
    try:
        if protocol in {"query", "ec2"}:
            pairs = parse_qsl(content.decode("utf-8"), keep_blank_values=True, strict_parsing=True)
            return _unsigned(dict(pairs))
        if protocol == "smithy-rpc-v2-cbor":
            return cbor2.loads(content)
        if content.lstrip()[:1] in {b"{", b"["}:
            return reading.parsed_json(content.decode("utf-8"))
        if content.lstrip()[:1] == b"<":
            return _element(xml_body.parse(content))
    except (ValueError, RecursionError):
        pass
    return content


#: What version 2 of AWS's signatures puts beside the members of a query, with the member that
#: tells it: https://docs.aws.amazon.com/general/latest/gr/signature-version-2.html
_SIGNED = frozenset({"AWSAccessKeyId", "SecurityToken", "Signature", "Timestamp"})
_SIGNATURE = "SignatureVersion"


def _unsigned(pairs: Mapping[str, str]) -> Mapping[str, str]:
    """A query without the parts of a signature that are of the moment or of the client."""
    if _SIGNATURE not in pairs:
        return pairs
    return {name: value for name, value in pairs.items() if name not in _SIGNED}


def _element(one: Element) -> Any:
    """An element as data: its children by name, each a list, or its text."""
    found: dict[str, Any] = {f"@{name}": value for name, value in one.attrib.items()}
    for child in one:
        found.setdefault(str(child.tag), []).append(_element(child))
    if found:
        return found
    return one.text or ""


def changes(was: Any, now: Any, path: tuple[str, ...] = ()) -> Iterator[Change]:
    """Every change between two values, by the name of the member that is nearest."""
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for name in [*was, *(one for one in now if one not in was)]:
            here, there = was.get(name, _ABSENT), now.get(name, _ABSENT)
            yield from changes(here, there, (*path, str(name)))
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for one, other in zip(was, now, strict=True):
            yield from changes(one, other, path)
    elif was is _ABSENT or now is _ABSENT or was != now or type(was) is not type(now):
        how = _how(was, now)
        name = path[-1] if path else "the body"
        yield Change(name=name, how=how, was=text(was), now=text(now), loses=how in _LOSES)


def _how(was: Any, now: Any) -> str:
    if was is _ABSENT or was is None:
        return "empty" if now in ([], {}) else "added"
    if now is _ABSENT or now is None:
        return "not-empty" if was in ([], {}) else "left-out"
    if type(was) is not type(now):
        return "type"
    if isinstance(was, list):
        return "length"
    if isinstance(was, str) and was.lower() == now.lower():
        return "case"
    return "value"


def text(value: Any) -> str:
    """A value as text, cut where it is long."""
    if value is _ABSENT:
        return "absent"
    if isinstance(value, bytes):
        found = repr(value)
    else:
        found = json.dumps(value, ensure_ascii=False, default=repr)
    return found if len(found) <= _LONG else f"{found[:_LONG]} …"
