"""A document in the format of ``schemas/`` made from the SDK's model, where no page is to hand.

The constraints of an API reference page are printed from the same model; what a
page says in prose is not in it, and remains to be written by hand.
"""

from collections.abc import Mapping
from typing import Any

from conformance.errors import UsageError
from conformance.protocols.table import DOCUMENTED
from conformance.spec.documents import FORMAT
from conformance.spec.sdk_models.loader import operation
from conformance.spec.sdk_models.shapes import without_prose

#: The section of a page for a member, by its location on the wire.
_SECTIONS: Mapping[str, str] = {"path": "URI Request Parameters", "query": "URI Request Parameters"}
#: Keys of schemas that only the SDK's models have; members may have the same names.
_ONLY_MODELS = frozenset({"again", "bits", "union"})
_TOKEN, _LIMIT = "NextToken", "MaxResults"


def document(service: str, name: str) -> dict[str, Any]:
    """An operation's document, without a hand-written part.

    Raises :class:`UsageError` for an operation that documents cannot describe: their
    format is that of rest-json.
    """
    found = operation(service, name)
    if found.protocol != DOCUMENTED:
        raise UsageError(
            f"Documents describe {DOCUMENTED} alone; {service} speaks {found.protocol}."
        )
    made: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:aws-conformance:operation:{found.id}",
        "format": FORMAT,
        "service": service,
        "operation": name,
        "source": found.page,
        "http": {"method": found.http.method, "path": found.http.path},
        "$defs": {
            "request": _asked(_plain(without_prose(found.request))),
            "response": _answered(_plain(found.response)),
        },
        "errors": {kind: {"status": status} for kind, status in sorted(found.errors.items())},
    }
    if found.http.query:
        made["http"]["query"] = dict(found.http.query)
    made["http"]["status"] = found.http.status
    pages = _pages(found.request, found.response)
    return {**made, "pagination": pages} if pages else made


def _asked(schema: Mapping[str, Any]) -> dict[str, Any]:
    members = {}
    for name, member in sorted(schema["properties"].items()):
        place = {key: member[key] for key in ("location", "wireName") if key in member}
        section = _SECTIONS.get(member["location"], "Request Body")
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
    return {
        key: _plain(one) if isinstance(one, Mapping) else one
        for key, one in schema.items()
        if key not in _ONLY_MODELS or isinstance(one, Mapping)
    }


def _pages(request: Mapping[str, Any], response: Mapping[str, Any]) -> dict[str, str]:
    """The members that page a listing, where they are named as everywhere and one list is paged."""
    answered = response["properties"]
    lists = [name for name, member in answered.items() if member.get("type") == "array"]
    if _TOKEN not in request["properties"] or _TOKEN not in answered or len(lists) != 1:
        return {}
    limit = {"limit": _LIMIT} if _LIMIT in request["properties"] else {}
    return {"inputToken": _TOKEN, "outputToken": _TOKEN, **limit, "items": lists[0]}
