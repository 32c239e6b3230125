"""The members that page a listing.

They are found by their names, where the SDK has no paginator: the names of a token in request and
response belong together. This module must not know pages or HTTP.
"""

from collections.abc import Iterable, Mapping
from typing import Any

Schema = Mapping[str, Any]

# Name of a token in the request → names of the next token in the response.
TOKENS: dict[str, tuple[str, ...]] = {
    "nexttoken": ("nexttoken",),
    "nextpagetoken": ("nextpagetoken",),
    "pagetoken": ("nextpagetoken", "pagetoken"),
    "paginationtoken": ("paginationtoken", "nextpaginationtoken", "nexttoken"),
    "continuationtoken": ("nextcontinuationtoken", "continuationtoken"),
    "startingtoken": ("nexttoken",),
    "startingposition": ("nexttoken",),
    "marker": ("nextmarker", "marker"),
    "cursor": ("nextcursor", "cursor"),
    "position": ("position",),
    "token": ("nexttoken", "token"),
    "nextmarker": ("nextmarker",),
}
# ExclusiveStartTableName takes the value of LastEvaluatedTableName.
EXCLUSIVE, EVALUATED = "exclusivestart", ("lastevaluated", "last", "next")
LIMITS = (
    *("maxresults", "maxitems", "maxrecords", "maxkeys", "limit", "pagesize", "pagelimit"),
    *("resultsperpage", "itemsperpage", "maxresultsperpage", "maxnumberofresults", "maxcount"),
    *("maxentries", "maxbuckets", "maxuploads", "maxparts", "maxdevices"),
)


def find_pagination(request: Schema, response: Schema) -> dict[str, str] | None:
    """The members that page the listing, as their names say."""
    asked, answered = request["properties"], response["properties"]
    tokens, items = _tokens(asked, answered), _items(answered)
    if tokens is None or items is None:
        return None
    limit = _first(asked, LIMITS)
    found = {"inputToken": tokens[0], "outputToken": tokens[1]}
    return found | ({"limit": limit} if limit else {}) | {"items": items}


def _plain(name: str) -> str:
    return name.replace("-", "").replace("_", "").lower()


def _first(members: Iterable[str], wanted: Iterable[str]) -> str | None:
    named = {_plain(name): name for name in members}
    return next((named[each] for each in wanted if each in named), None)


def _tokens(asked: Schema, answered: Schema) -> tuple[str, str] | None:
    for name, answers in TOKENS.items():
        given, taken = _first(asked, (name,)), _first(answered, answers)
        if given and taken:
            return given, taken
    for given in asked:
        plain = _plain(given)
        rest = plain.removeprefix(EXCLUSIVE)
        if rest != plain and (taken := _first(answered, (f"{each}{rest}" for each in EVALUATED))):
            return given, taken
    return None


def _items(answered: Schema) -> str | None:
    """The only list, or the only list of objects."""
    lists = {name: schema for name, schema in answered.items() if schema.get("type") == "array"}
    objects = [name for name, schema in lists.items() if schema["items"].get("type") == "object"]
    return next((each[0] for each in ([*lists], objects) if len(each) == 1), None)
