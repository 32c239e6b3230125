"""A response that the documentation prints, on the schema of today: what of it can be judged.

Printed is the SDK's reading of a response: the form of its bytes, of its timestamps for one, is not
the sample's. It knows neither bytes nor the levels of clauses.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any

from conformance.protocols.base import entered
from conformance.spec.operation import Schema
from conformance.spec.validity import has_type

#: In place of a text that was printed and is not kept.
TEXT = "text"


@dataclass(frozen=True, eq=False, kw_only=True)
class PrintedResponse:
    """The members of a printed response, by the SDK's names.

    ``members`` are all; ``readable`` are those of them that are described, and of their type: a
    client can be shown them. ``lost`` are the paths of those that the SDK has no name for, and
    had one for when they were read; ``untold`` those whose values are not kept.
    """

    members: Mapping[str, Any]
    readable: Mapping[str, Any]
    lost: tuple[str, ...]
    untold: frozenset[str]


def printed_response(
    members: Mapping[str, Any], schema: Schema, *, unknown: tuple[str, ...] = ()
) -> PrintedResponse:
    """A printed response on a schema; ``unknown`` are members that the SDK never had."""
    reader = _Reader(frozenset(unknown))
    whole, readable = reader.value(members, schema, "")
    readable = {} if readable is _NOT_READABLE else readable
    return PrintedResponse(
        members=whole,
        readable=readable,
        lost=tuple(sorted(reader.lost)),
        untold=frozenset(reader.untold),
    )


#: A value that no client is shown.
_NOT_READABLE: Any = object()


class _Reader:
    """Splits a printed response into what is judged and what a client is shown."""

    def __init__(self, unknown: frozenset[str]) -> None:
        self.lost: set[str] = set()
        self.untold: set[str] = set()
        self._unknown = unknown

    def value(self, value: Any, schema: Schema, path: str) -> tuple[Any, Any]:
        """A value as it is judged, and as a client is shown it."""
        schema = entered(schema)
        if value is None:
            self.untold.add(path)
            value = TEXT
        value, is_moment = _moment(value, schema)
        described = "type" in schema and "contentEncoding" not in schema
        if not (described and is_moment and has_type(value, schema)):
            return value, _NOT_READABLE
        if isinstance(value, Mapping):
            inner = schema.get("additionalProperties")
            if isinstance(inner, Mapping):
                return _split(
                    {n: self.value(one, inner, f"{path}/value") for n, one in value.items()}
                )
            return self._structure(value, schema, path)
        if isinstance(value, list):
            pairs = [self.value(one, schema.get("items", {}), f"{path}/item") for one in value]
            readable = [one for _, one in pairs if one is not _NOT_READABLE]
            # a list without items has no element in XML
            return [one for one, _ in pairs], readable or _NOT_READABLE
        return value, value

    def _structure(self, value: Mapping[str, Any], schema: Schema, path: str) -> tuple[Any, Any]:
        if "properties" not in schema:  # it is described without its members
            return {}, _NOT_READABLE
        pairs: dict[str, tuple[Any, Any]] = {}
        taken: set[str] = set()
        for name, one in value.items():
            here = f"{path}/{name}".lstrip("/")
            if inner := schema["properties"].get(name):
                whole, shown = self.value(one, inner, here)
                wire_name = inner.get("wireName", name)  # S3 has two members of one element
                pairs[name] = whole, _NOT_READABLE if wire_name in taken else shown
                taken.add(wire_name)
            else:
                pairs[name] = TEXT, _NOT_READABLE
                self.lost |= {here} - self._unknown
        return _split(pairs)


def _split(pairs: Mapping[str, tuple[Any, Any]]) -> tuple[Any, Any]:
    """The values of an object or a map as they are judged, and as a client is shown them."""
    readable = {name: shown for name, (_, shown) in pairs.items() if shown is not _NOT_READABLE}
    return {name: whole for name, (whole, _) in pairs.items()}, readable or _NOT_READABLE


def _moment(value: Any, schema: Schema) -> tuple[Any, bool]:
    """A timestamp, which facts have in ISO 8601, in the form of its schema; whether it is one."""
    if not isinstance(value, str) or "format" not in schema:
        return value, True
    try:
        moment = datetime.datetime.fromisoformat(value)
    except ValueError:
        return value, False
    match schema["format"]:
        case "epoch-seconds":
            return moment.timestamp(), True
        case "http-date":
            return format_datetime(moment.astimezone(datetime.UTC), usegmt=True), True
    return value, True
