"""Members of a response under names that no client looks for.

A member whose name is almost the documented one, or the whole response inside an
undocumented member. Names are compared as the wire has them, and as the SDK does.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.protocols.base import ON_THE_WIRE
from conformance.protocols.xml_body import element_name
from conformance.spec.operation import Operation, Schema
from conformance.spec.validity import has_type

#: So many items of one list are examined; no documented page holds more.
MOST_ITEMS = 1000
#: How deep hidden members are searched for: an envelope, its body, the document within.
_MOST_DEPTH = 4
#: Locations of members outside the body of a response.
BESIDE = frozenset({"header", "headers", "status"})


def _folded(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def misspelt(value: Any, schema: Schema) -> Iterator[tuple[str, str]]:
    """The names in a response that are almost documented ones, each with the right one."""
    if isinstance(value, list):
        for item in value[:MOST_ITEMS] if "items" in schema else ():
            yield from misspelt(item, schema["items"])
    elif isinstance(value, Mapping):
        documented = schema.get("properties", {})
        nearest: dict[str, str] | None = None
        for name, inner in value.items():
            if name in documented:
                if isinstance(inner, (dict, list)):
                    yield from misspelt(inner, documented[name])
                continue
            if nearest is None:
                nearest = _nearest(documented)
            said = name.removesuffix(ON_THE_WIRE)
            right = nearest.get(_folded(said))
            if right is not None and value.get(right) is None:
                yield said, element_name(right, documented[right])


def _nearest(documented: Mapping[str, Schema]) -> dict[str, str]:
    """Members by their names without case and separators; names on the wire take precedence."""
    found = {_folded(name): name for name in documented}
    return found | {
        _folded(element_name(name, schema)): name for name, schema in documented.items()
    }


@dataclass(frozen=True, slots=True)
class Hidden:
    """The unknown member that hides a response, and whether that is certain."""

    name: str
    certain: bool


def hidden(operation: Operation, content: Mapping[str, Any]) -> Hidden | None:
    """The unknown member that holds documented members, where one does.

    Undocumented members are allowed, also alone (a request id), but not in place of all
    others: a response that is wrapped once more, or whose list has another name, is hidden
    from every client.
    """
    body, known = _body(operation, content)
    unknown = [name for name in body if name not in known]
    if not unknown or not known:
        return None
    if any(body.get(name) is not None for name in known):
        return _renamed(operation, body, known, unknown)
    names = _names(known)
    for name in unknown:
        if _holds(body[name], names, known, _MOST_DEPTH):
            return Hidden(name.removesuffix(ON_THE_WIRE), certain=True)
    for name in unknown:
        if any(_is_like(body[name], schema) for schema in known.values()):
            return Hidden(name.removesuffix(ON_THE_WIRE), certain=False)
    return None


def _body(
    operation: Operation, content: Mapping[str, Any]
) -> tuple[Mapping[str, Any], Mapping[str, Schema]]:
    """The members in the body of a response, and the documented members of the body."""
    members = operation.response.get("properties", {})
    payload = operation.wire.get("responsePayload", "")
    if payload in members:
        body = content.get(payload)
        inside: Mapping[str, Schema] = members[payload].get("properties", {})
        return (body, inside) if isinstance(body, Mapping) else ({}, {})
    beside = {name for name, schema in members.items() if schema.get("location") in BESIDE}
    body = {name: value for name, value in content.items() if name not in beside}
    return body, {name: schema for name, schema in members.items() if name not in beside}


def _names(known: Mapping[str, Schema]) -> frozenset[str]:
    """The names of members, the SDK's and the wire's; a request id may be anywhere."""
    named = {*known, *(element_name(name, schema) for name, schema in known.items())}
    return frozenset(name for name in named if _folded(name) != "requestid")


def _holds(value: Any, names: frozenset[str], known: Mapping[str, Schema], depth: int) -> bool:
    """Whether a documented member, or the items of a documented list, are somewhere inside."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = _read(value)
    if isinstance(value, Mapping) and depth:
        if any(value[name] for name in names & value.keys()):
            return True
        return any(_holds(inner, names, known, depth - 1) for inner in value.values())
    return any(_is_list_of(value, schema) for schema in known.values())


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_list_of(value: Any, schema: Schema) -> bool:
    """Whether a list holds objects that look like the items of a documented one."""
    inside = schema.get("items", {}).get("properties")
    if not inside or not isinstance(value, list) or not value:
        return False
    first = value[0]
    if not isinstance(first, Mapping) or not first:
        return False
    return len(first.keys() & _names(inside)) * 2 > len(first)


def _is_like(value: Any, schema: Schema) -> bool:
    """Whether a list holds plain values of the type of a documented list's items."""
    items = schema.get("items", {})
    plain = items.get("type") in {"string", "integer", "number"}
    return plain and isinstance(value, list) and bool(value) and has_type(value[0], items)


def _renamed(
    operation: Operation,
    body: Mapping[str, Any],
    known: Mapping[str, Schema],
    unknown: list[str],
) -> Hidden | None:
    """The unknown member that holds the items of a listing, where other members are in place."""
    listed = operation.pagination.items if operation.pagination else ""
    if listed not in known or body.get(listed) is not None:
        return None
    like = (name for name in unknown if _is_list_of(body[name], known[listed]))
    found = next(like, None)
    return None if found is None else Hidden(found, certain=False)
