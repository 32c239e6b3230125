"""How an operation pages, from botocore's paginator files.

Source: the ``paginators-1`` files beside botocore's service models.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import jmespath

from conformance.spec.operation import Pagination

Schema = Mapping[str, Any]
#: Members that say which item it is.
_NAMES = re.compile(r"(name|id|arn|key|prefix)$", re.IGNORECASE)


def _listed(one: Any) -> list[str]:
    if one is None:
        return []
    return [str(name) for name in one] if isinstance(one, list) else [str(one)]


def at(schema: Schema, path: str) -> Schema | None:
    """The schema at a dotted path of members; ``None`` where there is none such."""
    found: Schema | None = schema
    for name in path.split("."):
        found = (found or {}).get("properties", {}).get(name)
    return found


def _of_items(lists: Sequence[str], response: Schema, unused: Collection[str]) -> Iterator[str]:
    """The lists that are paged: what they hold is there once, and counts for the size of a page.

    A list beside the first may say something of its items (an account for each metric), or of
    the page (messages): it holds items where each of them has a name.
    """
    for number, path in enumerate(lists):
        items = (at(response, path) or {}).get("items", {})
        named = any(map(_NAMES.search, items.get("properties", {})))
        if path not in unused and (named or not number):
            yield path


def pagination(
    paginator: Mapping[str, Any],
    request: Schema,
    response: Schema,
    *,
    unused: Collection[str] = (),
) -> Pagination | None:
    """The pagination that a paginator describes; ``None`` where no list is paged.

    A paginator whose members the operation does not have describes nothing. ``unused`` are
    members of the response that are no longer used.
    """
    members = request["properties"]
    given = _listed(paginator.get("input_token"))
    answered = _listed(paginator.get("output_token"))
    lists = [
        path
        for path in _listed(paginator.get("result_key"))
        if (at(response, path) or {}).get("type") == "array"
    ]
    lists = list(_of_items(lists, response, unused)) or lists[:1]
    if not given or len(given) != len(answered) or not lists or not members.keys() >= set(given):
        return None
    try:
        for path in answered:
            jmespath.compile(path)
    except jmespath.exceptions.JMESPathError:
        return None
    limit = paginator.get("limit_key")
    return Pagination(
        input_token=given[0],
        output_token=answered[0],
        limit=limit if limit in members else None,
        items=lists[0] if len(lists) == 1 else f"[{', '.join(lists)}][]",
        further=tuple(zip(given[1:], answered[1:], strict=True)),
        more=paginator.get("more_results"),
    )
