"""Entries of a batch that a success refuses, one by one.

Operations that take several entries answer 200 and say of each what became of it: in a list of
the refused ones (``Failed``, ``Errors``, ``UnprocessedItems``), or beside each entry
(``Records[].ErrorCode``). Which members say so follows from the response's schema. It knows
no check.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from conformance.spec.operation import Operation, Schema

#: Names of members that hold what was refused, and nothing else.
_REFUSED = re.compile(
    r"(Fail(ed|ures?)|Errors?|Unprocessed|Unsuccessful|Rejected|Invalid)(?=[A-Z]|$)"
    r"|(?<=[a-z])(Failures?|Errors?|Failed|ErrorList|ErrorEntries)$",
    re.IGNORECASE,
)
#: Names of members that hold what was done, though they are called after errors.
_COUNTS = re.compile(r"Count$", re.IGNORECASE)
#: Names of members of an entry that say why it was refused: a code, beside a text.
_CODE = re.compile(r"(error|failure|exception|fault)?_?(code|type)$", re.IGNORECASE)
_OWN_CODE = re.compile(r"(error|failure|exception|fault)_?(code|type)$", re.IGNORECASE)
_TEXT = re.compile(r"(message|reason|description|detail|cause)s?$", re.IGNORECASE)
#: Names of structures within an entry that hold code and text.
_WITHIN = re.compile(r"(error|failure|fault)(detail|info)?s?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Place:
    """A member of a response that names refused entries.

    ``code`` is the way to the code of an entry, empty where it has none; ``alone`` says that the
    member holds refused entries alone, else those are refused that have a code.
    """

    member: str
    code: tuple[str, ...]
    alone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The entries that a success refuses: how many, and their codes as far as they have any."""

    count: int
    codes: tuple[str, ...]

    def __str__(self) -> str:
        named = f": {', '.join(self.codes)}" if self.codes else ""
        return f"{self.count} {'entry' if self.count == 1 else 'entries'} refused{named}"


def refused_entries(operation: Operation, body: Mapping[str, Any] | None) -> Refused | None:
    """The entries that a success refuses; ``None`` where it refuses none, or takes none."""
    count = 0
    codes: dict[str, None] = {}
    for place in _places(operation) if body else ():
        assert body is not None
        held = body.get(place.member)
        for entry in held if isinstance(held, list | Mapping) else ():
            code = _at(entry, place.code) if place.code else None
            if place.alone or code:
                count += 1
                if isinstance(code, str) and code:
                    codes[code] = None
    return Refused(count=count, codes=tuple(codes)) if count else None


def _at(entry: Any, way: tuple[str, ...]) -> Any:
    for name in way:
        entry = entry.get(name) if isinstance(entry, Mapping) else None
    return entry


@lru_cache(maxsize=256)
def _places(operation: Operation) -> tuple[_Place, ...]:
    if not any(_holds_entries(schema) for schema in operation.members.values()):
        return ()
    paging = operation.pagination
    listed = paging.items.split(".")[0].split("[")[0] if paging else ""
    members = operation.response["properties"].items()
    found = (_place(operation, name, schema) for name, schema in members if name != listed)
    # what a request may give is repeated in the response, and says nothing by its name
    given = operation.members.keys()
    return tuple(one for one in found if one and not (one.alone and one.member in given))


def _holds_entries(schema: Schema, depth: int = 0) -> bool:
    """Whether a member of a request holds entries, or a structure that does: S3's ``Delete``."""
    if schema.get("type") == "array" or isinstance(schema.get("additionalProperties"), Mapping):
        return True
    inner = schema.get("properties", {}) if depth == 0 else {}
    return any(_holds_entries(one, 1) for one in inner.values())


def _place(operation: Operation, name: str, schema: Schema) -> _Place | None:
    if schema.get("type") == "array":
        inner = schema.get("items", {})
        code = next(_codes(inner), ())
        if _REFUSED.search(name) and not _COUNTS.search(name):
            return _Place(name, code, alone=True)
        changes = not operation.readonly or operation.name.startswith("Batch")
        own = code and (len(code) > 1 or _OWN_CODE.search(code[0]))
        return _Place(name, code, alone=False) if own and changes else None
    if isinstance(schema.get("additionalProperties"), Mapping) and _REFUSED.match(name):
        return _Place(name, (), alone=True)
    return None


def _codes(entry: Schema) -> Iterator[tuple[str, ...]]:
    """The ways to the code of an entry that says why it was refused."""
    known = entry.get("properties", {})
    for name, schema in known.items():
        if _CODE.search(name) and any(_TEXT.search(other) for other in known):
            yield (name,)
        elif _WITHIN.search(name):
            yield from ((name, *way) for way in _codes(schema))
