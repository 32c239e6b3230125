"""Rules on members that select what a response shows, made from a model.

The values of such a member are the keys of a map in the response (``MessageSystemAttributeNames``),
or it is named so and its values are names of members there (``include``: ``TAGS``). It knows no
target.
"""

import re
from collections.abc import Iterator, Mapping

from conformance.spec.levels import Level
from conformance.spec.lifecycles.names import CREATING, UPDATING, folded, is_identifying
from conformance.spec.rules import Schema, Selects

#: How members are called that select parts of a description.
_SELECTING = re.compile(r"^includes?$|attributes(toget)?$|attributenames$")
#: Those without which none of the parts is shown.
_ADDING = re.compile(r"^includes?$|^optional")
#: A value for every part, and one for parts that are shown whatever is selected.
_EVERYTHING = "all"
_USUAL = "default"


def projections(name: str, request: Schema, response: Schema) -> Iterator[Selects]:
    """The rules of an operation's request on the parts of its response.

    What makes or changes something may well show what it was given.
    """
    if name.startswith((*CREATING, *UPDATING)):
        return
    for member, schema in request["properties"].items():
        values = list(schema.get("items", {}).get("enum", ()))
        if not values or any(folded(value) == _USUAL for value in values):
            continue
        found = _of_map(values, response) or _of_structure(member, values, response)
        if found is not None:
            where, parts = found
            yield Selects(
                id=f"selects-{member}",
                level=Level.SHOULD,
                section="Request Syntax",
                promise=f"of what {member} can select only that is shown which it selects",
                member=member,
                where=where,
                parts=parts,
                everything=tuple(one for one in values if folded(one) == _EVERYTHING),
                adding=bool(_ADDING.search(folded(member))),
            )


def _of_map(values: list[str], response: Schema) -> tuple[str, Mapping[str, str]] | None:
    """The map of a response whose keys are just these values."""
    for path, schema in _places(response, ""):
        if schema.get("propertyNames", {}).get("enum") == values:
            return path, {value: value for value in values if folded(value) != _EVERYTHING}
    return None


def _of_structure(
    member: str, values: list[str], response: Schema
) -> tuple[str, Mapping[str, str]] | None:
    """The description in a response of which some members are named as these values."""
    if not _SELECTING.search(folded(member)):
        return None
    for path, schema in _places(response, ""):
        names = {folded(name): name for name in schema.get("properties", {})}
        parts = {
            value: names[folded(value)]
            for value in values
            if folded(value) in names and not is_identifying(value)
        }
        if parts:
            return path, parts
    return None


def _places(schema: Schema, path: str, depth: int = 2) -> Iterator[tuple[str, Schema]]:
    """The response, what its members hold, and what those hold, by their jmespaths."""
    if schema.get("type") == "array":
        yield from _places(schema.get("items", {}), f"{path}[]", depth)
        return
    yield path or "@", schema
    for name, inner in schema.get("properties", {}).items() if depth else ():
        step = f'"{name}"' if not name.isidentifier() else name
        yield from _places(inner, f"{path}.{step}".lstrip("."), depth - 1)
