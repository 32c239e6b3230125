"""A document in the format of ``schemas/`` made from the SDK's model, where no page is to hand.

The constraints of an API reference page are printed from the same model; what a
page says in prose is not in it, and remains to be written by hand.
"""

from collections.abc import Mapping
from typing import Any

from conformance.protocols.table import DOCUMENTED
from conformance.spec.documents import FORMAT
from conformance.spec.operation import Operation
from conformance.spec.sdk_models.loader import operation
from conformance.spec.sdk_models.shapes import without_prose

#: The section of a page for a member, by its location on the wire.
_SECTIONS: Mapping[str, str] = {
    "path": "URI Request Parameters",
    "query": "URI Request Parameters",
    "querymap": "URI Request Parameters",
    "header": "URI Request Parameters",
    "headers": "URI Request Parameters",
}
#: Keys of schemas that only the SDK's models have; members may have the same names.
_ONLY_MODELS = frozenset({"again", "bits", "confirms", "prose", "union", "unused"})


def document(service: str, name: str) -> dict[str, Any]:
    """An operation's document, without a hand-written part.

    Raises :class:`UsageError` for an operation that the SDK does not know.
    """
    found = operation(service, name)
    made: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:aws-conformance:operation:{found.id}",
        "format": FORMAT,
        "service": service,
        "operation": name,
        "source": found.page,
        **({"protocol": found.protocol} if found.protocol != DOCUMENTED else {}),
        "http": {"method": found.http.method, "path": found.http.path},
        "$defs": {
            "request": _asked(
                _plain(without_prose(found.request)), rest=found.protocol.startswith("rest")
            ),
            "response": _answered(_plain(found.response)),
        },
        "errors": {
            kind: {} if status is None else {"status": status}
            for kind, status in sorted(found.errors.items())
        },
    }
    if found.http.query:
        made["http"]["query"] = dict(found.http.query)
    made["http"]["status"] = found.http.status
    pages = _pages(found)
    return {**made, "pagination": pages} if pages else made


def _asked(schema: Mapping[str, Any], *, rest: bool) -> dict[str, Any]:
    body = "Request Body" if rest else "Request Parameters"
    members = {}
    for name, member in sorted(schema["properties"].items()):
        place = {key: member[key] for key in ("location", "wireName") if key in member}
        section = _SECTIONS.get(member["location"], body)
        members[name] = {**place, "section": section, **member}
    return {**schema, "properties": members}


def _answered(schema: Mapping[str, Any]) -> dict[str, Any]:
    members = {
        name: {"section": "Response Elements", **member}
        for name, member in sorted(schema["properties"].items())
    }
    return {**schema, "properties": members}


def _plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema as documents have it, without what only the SDK's models say."""
    found = {key: one for key, one in schema.items() if key not in _ONLY_MODELS}
    for key in ("items", "additionalProperties", "propertyNames"):
        if isinstance(found.get(key), Mapping):
            found[key] = _plain(found[key])
    if "properties" in found:
        found["properties"] = {name: _plain(one) for name, one in found["properties"].items()}
    return found


def _pages(found: Operation) -> dict[str, Any]:
    """The members that page a listing: those of the SDK's paginator.

    Where there is none, those that are named as everywhere, if one list is paged.
    """
    paging = found.pagination
    if paging is None:
        return _named_as_everywhere(found.request["properties"], found.response["properties"])
    made: dict[str, Any] = {"inputToken": paging.input_token, "outputToken": paging.output_token}
    if paging.limit:
        made["limit"] = paging.limit
    made["items"] = paging.items
    if paging.further:
        made["further"] = [list(one) for one in paging.further]
    return {**made, "more": paging.more} if paging.more else made


_TOKEN, _LIMIT = "NextToken", "MaxResults"


def _named_as_everywhere(asked: Mapping[str, Any], answered: Mapping[str, Any]) -> dict[str, str]:
    lists = [name for name, member in answered.items() if member.get("type") == "array"]
    if _TOKEN not in asked or _TOKEN not in answered or len(lists) != 1:
        return {}
    limit = {"limit": _LIMIT} if _LIMIT in asked else {}
    return {"inputToken": _TOKEN, "outputToken": _TOKEN, **limit, "items": lists[0]}
