"""What an operation that looks something up owes, as rules made of its model.

An answer that names what was asked for names that, not something else; and where the
model has an error for what is not there, that is no success. Members are matched by
their names alone, so such rules are a ``should`` and speak only of listed values.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.spec.operation import Pagination

Schema = Mapping[str, Any]

#: How errors are called that say that something is not there.
_ABSENT = re.compile(r"NotFound|NoSuch|NotExist|NonExist")
#: What a lookup's name begins with; the rest is what it looks up.
_VERB = re.compile(r"^(BatchGet|Get|Describe|Head|Lookup)")


def rules(
    name: str,
    request: Schema,
    response: Schema,
    errors: Mapping[str, Any],
    resources: Mapping[str, Any],
    paging: Pagination | None,
) -> list[dict[str, Any]]:
    """The rules of an operation that only reads; none where it lists what there is.

    ``resources`` are the values that only a target knows, by the members that take them.
    """
    if paging is not None:
        return []
    asked = [
        member
        for member in request.get("required", ())
        if request["properties"][member].get("type") == "string"
        and resources.get(member, {}).get("from")
    ]
    params = {member: {"resource": member} for member in asked}
    whole = params.keys() == set(request.get("required", ()))
    return list(_rules(name, params, response, errors)) if whole else []


def _rules(
    name: str, params: Mapping[str, Any], response: Schema, errors: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    absent = next((error for error in errors if _ABSENT.search(error)), None)
    for member in params:
        place = _place(member, response, _VERB.sub("", name).lower())
        if place is not None:
            yield {
                "id": f"asked-{member}",
                "level": "should",
                "section": "Response Syntax",
                "promise": f"an answer is about the {member} that was asked for",
                "found": {"params": params, "result": place, "names": member},
            }
        if absent is not None:
            yield {
                "id": f"unknown-{member}",
                "level": "should",
                "section": "Errors",
                "promise": f"an unknown {member} is answered with no success",
                "unknown": {"params": {**params, member: {"unknown": member}}},
            }


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
