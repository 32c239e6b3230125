"""From an operation to its clauses: every promise, with its level and its place.

Clauses follow from the document alone, never from a target, and their order is
stable. A clause that no request can exercise says why. This package sends
nothing and judges nothing; which cases exercise a clause is for ``cases``.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from conformance.generation.clause_builder import CONSTRAINTS, ClauseBuilder
from conformance.generation.pattern_mutations import nested_breakers
from conformance.generation.protocol_clauses import auth, pagination, protocol, rules, sdk
from conformance.generation.request_clauses import LONGEST, MOST_ITEMS, request
from conformance.generation.response_clauses import errors, response
from conformance.spec.operation import Clause, Operation
from conformance.spec.values import plain

__all__ = (
    "AREAS",
    "CONSTRAINTS",
    "LONGEST",
    "MOST_ITEMS",
    "area",
    "clause",
    "clauses",
    "explain",
)


def area(clause_id: str) -> str:
    """The area that a clause belongs to, by its part."""
    part = clause_id.split("/", 2)[1]
    return _AREAS[part]


_AREAS: Mapping[str, str] = {
    "request": "validation",
    "response": "response",
    "errors": "errors",
    "rules": "semantics",
    "pagination": "pagination",
    "protocol": "protocol",
    "auth": "auth",
    "sdk": "sdk",
}

AREAS: tuple[str, ...] = tuple(_AREAS.values())


#: How the paths of clauses end that a request breaks.
_BROKEN = frozenset({"required", "type", *CONSTRAINTS})
#: Other clauses of requests that have to be refused.
_REFUSED = frozenset(
    {"protocol/malformed-body", "protocol/non-object-body", "pagination/unknown-token"}
)


def _is_broken(operation: Operation, clause: Clause) -> bool:
    """Whether some case breaks a clause of the request; a pattern may match whatever there is."""
    if clause.untestable_reason is not None or clause.id.rpartition("/")[2] not in _BROKEN:
        return False
    name, _, keyword = clause.path.removeprefix("request/").partition("/")
    schema = operation.members[name]
    return keyword != "pattern" or bool(nested_breakers(schema, plain(schema)))


@lru_cache(maxsize=256)
def clauses(operation: Operation) -> Mapping[str, Clause]:
    """Every clause of an operation by its id, in a stable order."""
    make = ClauseBuilder(operation)
    asked, paging, spoken = (tuple(part(make)) for part in (request, pagination, protocol))
    constrained = any(_is_broken(operation, one) for one in asked) or any(
        "constraint" in rule for rule in operation.rules
    )
    refused = (
        constrained
        or any("unknown" in rule for rule in operation.rules)
        or any(one.untestable_reason is None and one.path in _REFUSED for one in (*paging, *spoken))
    )
    parts = (
        asked,
        response(make),
        errors(make, constrained=constrained, refused=refused),
        rules(make),
        paging,
        spoken,
        auth(make),
        sdk(make),
    )
    return {clause.id: clause for part in parts for clause in part}


def clause(operation: Operation, path: str) -> Clause:
    """The clause of an operation by its path (``request/MaxResults/maximum``)."""
    return clauses(operation)[f"{operation.id}/{path}"]


def explain(found: Clause) -> Mapping[str, Any]:
    """What one clause says, as a flat mapping for people to read."""
    return {
        "clause": found.id,
        "level": str(found.level),
        "area": area(found.id),
        "promise": found.promise,
        "documented": str(found.source),
        "not exercised, because": found.untestable_reason,
    }
