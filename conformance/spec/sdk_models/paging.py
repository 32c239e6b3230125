"""How an operation pages, from botocore's paginator files.

Source: the ``paginators-1`` files beside botocore's service models.
"""

from collections.abc import Mapping
from typing import Any

import jmespath

from conformance.spec.operation import Pagination

Schema = Mapping[str, Any]


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


def pagination(
    paginator: Mapping[str, Any], request: Schema, response: Schema
) -> Pagination | None:
    """The pagination that a paginator describes; ``None`` where no list is paged.

    A paginator whose members the operation does not have describes nothing.
    """
    members = request["properties"]
    given = _listed(paginator.get("input_token"))
    answered = _listed(paginator.get("output_token"))
    lists = [
        path
        for path in _listed(paginator.get("result_key"))
        if (at(response, path) or {}).get("type") == "array"
    ]
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
