"""Rules of an operation that looks something up, made from its model.

A response that repeats the identifier that was asked for repeats that one, not another; and
where the model has an error for what does not exist, that is no success. Members are matched
by their names alone, so such rules are a ``should`` and apply only to listed values.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.spec.levels import Level
from conformance.spec.operation import RESPONSE, Pagination
from conformance.spec.rules import Found, Params, Resource, Rule, Schema, Unknown

#: Names of errors for what does not exist.
_ABSENT = re.compile(r"NotFound|NoSuch|NotExist|NonExist")
#: What a lookup's name begins with; the rest is what it looks up.
_VERB = re.compile(r"^(BatchGet|Get|Describe|Head|Lookup)")


def rules(
    name: str,
    request: Schema,
    response: Schema,
    errors: Mapping[str, Any],
    resources: Mapping[str, Resource],
    paging: Pagination | None,
) -> tuple[Rule, ...]:
    """The rules of an operation that only reads; none where it lists what there is.

    ``resources`` are the values that only a target knows, by the members that take them.
    """
    if paging is not None:
        return ()
    asked = [
        member
        for member in request.get("required", ())
        if request["properties"][member].get("type") == "string"
        and member in resources
        and resources[member].places
    ]
    params = {member: {"resource": member} for member in asked}
    whole = params.keys() == set(request.get("required", ()))
    return tuple(_rules(name, params, response, errors)) if whole else ()


def _rules(
    name: str, params: Params, response: Schema, errors: Mapping[str, Any]
) -> Iterator[Rule]:
    absent = next((error for error in errors if _ABSENT.search(error)), None)
    for member in params:
        place = _place(member, response, _VERB.sub("", name).lower())
        if place is not None:
            yield Found(
                id=f"asked-{member}",
                level=Level.SHOULD,
                section=RESPONSE,
                promise=f"an answer is about the {member} that was asked for",
                params=params,
                result=place,
                member=member,
            )
        if absent is not None:
            yield Unknown(
                id=f"unknown-{member}",
                level=Level.SHOULD,
                section="Errors",
                promise=f"an unknown {member} is answered with no success",
                params={**params, member: {"unknown": member}},
            )


def _place(member: str, response: Schema, subject: str) -> str | None:
    """The structure of an answer that holds a member of that name; ``@`` is the answer itself."""
    known = response["properties"]
    if _is_text(known.get(member, {})):
        return "@"
    within = [
        name for name, one in known.items() if _is_text(one.get("properties", {}).get(member, {}))
    ]
    if len(within) > 1:
        within = [name for name in within if name.lower() == subject]
    return within[0] if len(within) == 1 else None


def _is_text(schema: Schema) -> bool:
    return schema.get("type") == "string" and "enum" not in schema
