"""What documents share: hand-written parts for two operations, written in one of them.

``byHand.shared`` of a document names another one and what of its hand-written part
holds here as well. It works on documents as data and knows no operation; the
caller reads the other document.
"""

import copy
from collections.abc import Callable, Mapping
from typing import Any

from conformance.errors import DocumentError

Document = Mapping[str, Any]

#: Lists of ``byHand`` whose entries are shared one by one, by their ids.
_LISTS = ("rules", "errata", "observe")
#: The requests of a rule; those that are not valid here are left out.
_REQUESTS = ("kept", "broken", "accepts", "try")
#: Keys whose values name operations.
_NAMES = frozenset({"operation", "listing"})


def resolved(document: Document, read: Callable[[str], Document], name: str) -> dict[str, Any]:
    """The document with what it shares put in, before what is its own.

    ``read`` gives another document by ``service:Operation``. Where the shared part
    names operations of the other's service, this one's are put in their place. A request
    that gives a value which is none of this document's valid values is left out.
    Raises :class:`DocumentError` for what the other document does not have, and for
    what both have.
    """
    found = copy.deepcopy(dict(document))
    by_hand = found.get("byHand", {})
    shared = by_hand.get("shared")
    if shared is None:
        return found
    other = read(shared["with"])
    theirs = other.get("byHand", {})
    if "shared" in theirs:
        raise DocumentError(f"{name} shares with {shared['with']}, which itself shares.")

    def taken(value: Any) -> Any:
        return _translated(copy.deepcopy(value), other["service"], document["service"])

    for part in shared.get("parts", ()):
        if part in by_hand:
            raise DocumentError(f"{name} shares {part} and has its own.")
        by_hand[part] = taken(_held(theirs, part, shared["with"], name))
    for wanted in shared.get("resources", ()):
        held = by_hand.setdefault("resources", {})
        if wanted in held:
            raise DocumentError(f"{name} shares {wanted} and has its own.")
        places = theirs.get("resources", {})
        held[wanted] = taken(_held(places, wanted, f"resources of {shared['with']}", name))
    for part in _LISTS:
        known = {entry["id"]: entry for entry in theirs.get(part, ())}
        own = by_hand.get(part, [])
        entries = [
            taken(_held(known, wanted, f"{part} of {shared['with']}", name))
            for wanted in shared.get(part, ())
        ]
        for entry in entries:
            if any(one["id"] == entry["id"] for one in own):
                raise DocumentError(f"{name} shares {entry['id']} and has its own.")
            _only_valid(entry, document, by_hand.get("resources", {}))
        if entries:
            by_hand[part] = [*entries, *own]
    return found


def _held(parts: Mapping[str, Any], wanted: str, where: str, name: str) -> Any:
    if wanted not in parts:
        raise DocumentError(f"{name} shares {wanted}, which is not in the {where}.")
    return parts[wanted]


def _translated(value: Any, theirs: str, own: str) -> Any:
    """The same value, naming this service's operations for the other's."""
    if isinstance(value, list):
        return [_translated(one, theirs, own) for one in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for key, inner in value.items():
        service, colon, operation = inner.partition(":") if isinstance(inner, str) else ("",) * 3
        renamed = key in _NAMES and colon and service == theirs
        found[key] = f"{own}:{operation}" if renamed else _translated(inner, theirs, own)
    return found


def _only_valid(entry: dict[str, Any], document: Document, resources: Mapping[str, Any]) -> None:
    """Keep those requests of an entry that can be made here."""
    members = document["$defs"]["request"]["properties"]

    def can_be_given(member: str, value: Any) -> bool:
        if isinstance(value, Mapping):
            return value.get("resource", value.get("unknown")) in {None, *resources}
        values = members.get(member, {}).get("enum", ())
        return not values or not isinstance(value, str) or value in values

    for key in _REQUESTS:
        if key in entry:
            entry[key] = [
                params
                for params in entry[key]
                if all(can_be_given(member, value) for member, value in params.items())
            ]
