"""What the SDK's model adds to what a page shows: names, labels, paginators.

A page prints the names that are on the wire, and some things not at all. This module must not know
the format of a page.
"""

import re
from collections.abc import Mapping
from typing import Any

from conformance.errors import UsageError
from conformance.importer.pagination import find_pagination
from conformance.spec.layers import by_wire_name, counterpart
from conformance.spec.operation import Operation, Schema
from conformance.spec.registry import model_of

#: The names of members with which a jmespath, or each of its alternatives, begins.
PATH_START = re.compile(r"(?:(?<=^)|(?<=\[)|(?<=, )|(?<=\|\| ))[A-Za-z]\w*")


def operation_of(service: str, operation: str) -> Operation | None:
    """The operation as the SDK describes it; ``None`` where the suite cannot read its model."""
    try:
        return model_of(service, operation)
    except UsageError:
        return None


def paging(asked: Schema, answered: Schema, known: Operation | None) -> dict[str, Any] | None:
    """The members that page the listing: those of the SDK's paginator, by the page's names."""
    stated = known.pagination if known else None
    if known is None or stated is None:
        return find_pagination(asked, answered)
    given = _page_names(asked, known.members)
    taken = _page_names(answered, known.response["properties"])
    found = {
        "inputToken": given.get(stated.input_token),
        "outputToken": _renamed(stated.output_token, taken),
        **({"limit": given.get(stated.limit)} if stated.limit else {}),
        "items": _renamed(stated.items, taken),
    }
    further = [[given.get(name), _renamed(path, taken)] for name, path in stated.further]
    if None in found.values() or any(None in one for one in further):
        return find_pagination(asked, answered)
    more = _renamed(stated.more, taken) if stated.more else None
    return found | ({"further": further} if further else {}) | ({"more": more} if more else {})


def _page_names(shown: Schema, known: Mapping[str, Schema]) -> dict[str, str]:
    """The page's names of members by the SDK's."""
    pairs = ((counterpart(name, one, known), name) for name, one in shown["properties"].items())
    return {called: name for called, name in pairs if called}


def _renamed(path: str, names: Mapping[str, str]) -> str | None:
    """A path into a response with the page's names; ``None`` where the page lacks one.

    Names of members begin a path, or a part of one that has several.
    """
    firsts = PATH_START.findall(path)
    if any(name not in names for name in firsts):
        return None
    return PATH_START.sub(lambda found: names[found[0]], path)


def aliases(asked: Schema, known: Operation | None) -> dict[str, str]:
    """The SDK's names of the request's members, where the page has others."""
    own = by_wire_name(known.members) if known else {}
    found = {}
    for name, inner in asked["properties"].items():
        if known and name not in known.members:
            called = own.get(inner.get("wireName", name)) or own.get(name)
            if called:
                found[name] = called[0]
    return found


def requires(known: Operation | None, wire: str) -> bool:
    own = by_wire_name(known.members) if known else {}
    return known is not None and wire in own and own[wire][0] in known.required


def known_as(own: Mapping[str, tuple[str, Schema]], *names: str) -> Schema | None:
    """The SDK's schema of a member, by the first of its names that the SDK knows."""
    return next((own[name][1] for name in names if name in own), None)


def labels(segments: list[str], known: Operation | None) -> dict[int, str] | None:
    """The labels by their place, where the SDK's path has the same words in the same places.

    The page's name of a label counts; ``None`` where the page's path is another one.
    """
    if known is None:
        return None
    template = known.http.path.split("/")
    start = len(template) - len(segments)
    if start and template[1:][:start] != ["{Bucket}"][:start]:
        return None
    template = [template[0], *template[1 + start :]]
    if len(template) != len(segments):
        return None
    labels = {}
    for i, (word, segment) in enumerate(zip(template, segments, strict=True)):
        if re.fullmatch(r"\{[^{}]+\}", word):
            if not segment:
                return None
            labels[i] = segment.strip("{}").removesuffix("+")
        elif word != segment:
            return None
    return labels
