"""From an operation to its clauses: every promise, with its level and its source.

Clauses follow from the specification alone, never from a target, and their order is
stable. A clause that no request can exercise says why. Nothing here sends or judges;
which cases exercise a clause is for ``cases``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from conformance.generation import stories
from conformance.generation.invalid_values import few_pattern_violations
from conformance.generation.member_clauses import (
    CONSTRAINTS,
    inexpressible,
    request,
    response,
)
from conformance.protocols.base import QUERY_ERROR
from conformance.protocols.table import PROTOCOLS
from conformance.spec.levels import LEVELS, Level, SourceKind
from conformance.spec.operation import Clause, Operation, Source
from conformance.spec.rules import Constraint, Filter, Unknown
from conformance.spec.values import plain

#: Why a clause has no case.
_UNPROVOKED = "an honest client cannot provoke it; it is judged wherever it turns up"
_REPLAYED = "it is judged in replay alone, on every exchange"

_COMMON_ERRORS = "Common Errors"
_QUERY_ERRORS = Source(
    page="https://smithy.io/2.0/aws/protocols/aws-query-protocol.html",
    section="aws.protocols#awsQueryCompatible trait",
)
#: The source of what no documentation says.
_OBSERVED = Source(page="answers of AWS", section="schemas/observed")
#: Where the specifications of protocols say what a body is: no page and no model does.
_ON_BODIES = "Request serialization"


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
    "state": "state",
}

AREAS: tuple[str, ...] = tuple(_AREAS.values())


#: How the paths of clauses end that a request can violate.
_VIOLATED = frozenset({"required", "type", *CONSTRAINTS})
#: Other clauses of requests that have to be refused.
_REFUSED = frozenset(
    {"protocol/malformed-body", "protocol/non-object-body", "pagination/unknown-token"}
)


def _is_violated(operation: Operation, clause: Clause) -> bool:
    """Whether some case violates a clause of the request; a pattern may match all texts."""
    if clause.untestable_reason is not None or clause.id.rpartition("/")[2] not in _VIOLATED:
        return False
    name, _, keyword = clause.path.removeprefix("request/").partition("/")
    schema = operation.members[name]
    return keyword != "pattern" or bool(few_pattern_violations(schema, plain(schema)))


@lru_cache(maxsize=1024)
def clauses(operation: Operation) -> Mapping[str, Clause]:
    """Every clause of an operation by its id, in a stable order."""
    members, pages, wire = (tuple(family(operation)) for family in (request, pagination, protocol))
    constrained = bool(operation.rules_of(Constraint)) or any(
        _is_violated(operation, one) for one in members
    )
    refused = (
        constrained
        or bool(operation.rules_of(Unknown))
        or any(one.untestable_reason is None and one.path in _REFUSED for one in (*pages, *wire))
    )
    parts = (
        members,
        response(operation),
        errors(operation, constrained=constrained, refused=refused),
        rules(operation),
        pages,
        wire,
        auth(operation),
        sdk(operation),
        stories.clauses(operation),
        state(operation),
    )
    return {one.id: _observed(operation, one) for part in parts for one in part}


def _observed(operation: Operation, clause: Clause) -> Clause:
    """The clause with what AWS was seen to do about it; what AWS does is no violation."""
    if not operation.observed:
        return clause
    seen = [f"observed: {one}" for one in operation.observed.of(clause.path)]
    level, source = clause.level, clause.source
    reason = operation.present.get(_present(clause.path), "")
    if reason.startswith("AWS"):
        seen.append(f"observed: {reason}")
        source = _OBSERVED
    if operation.observed.violated(clause.path):
        level = LEVELS["a constraint that AWS did not keep"][SourceKind.OBSERVATION]
    return replace(clause, level=level, source=source, notes=(*clause.notes, *seen))


def _present(path: str) -> str:
    """The member whose presence a clause is about; empty where it is about something else."""
    if not (path.startswith("response/") and path.endswith("/present")):
        return ""
    return path[len("response/") : -len("/present")]


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
        "known as well": "; ".join(found.notes) or None,
        "not exercised, because": found.untestable_reason,
    }


def errors(operation: Operation, *, constrained: bool, refused: bool) -> Iterator[Clause]:
    """What an error has to be.

    ``constrained``: some case violates a constraint; ``refused``: some has to be refused at all.
    """
    speaks = PROTOCOLS[operation.protocol]
    unseen = None if refused else "no request of this operation has to be refused"
    inviolable = None if constrained else "no request can break a constraint here"
    yield operation.clause(
        "errors/body",
        f"an error is {speaks.response_format.body}, or has no body",
        section="Errors",
        untestable_reason=unseen,
    )
    yield operation.clause(
        "errors/content-type",
        f"the error of a broken constraint is sent as {speaks.response_format.name}",
        level=Level.SHOULD,
        section="Errors",
        untestable_reason=inviolable,
    )
    yield operation.clause(
        "errors/type", "an error names its type", section="Errors", untestable_reason=unseen
    )
    yield operation.clause(
        "errors/documented",
        "an error's type is listed on the page or common to all services",
        level=operation.level("all errors are listed"),
        section="Errors",
        untestable_reason=unseen,
    )
    yield operation.clause(
        "errors/consistent",
        "header and body name the same error",
        level=Level.SHOULD,
        section="Errors",
        untestable_reason=unseen,
    )
    if operation.wire.get("queryCompatible") and operation.errors:
        yield operation.clause(
            "errors/query-error",
            f"an error of the model names the code that it has in query in {QUERY_ERROR}",
            level=Level.SHOULD,
            section=_QUERY_ERRORS,
        )
    yield operation.clause(
        "errors/broken-constraint",
        "a broken constraint is answered with 400 and a type that says so",
        level=operation.level("the error of an invalid request"),
        section="Errors",
        untestable_reason=inviolable,
    )
    if operation.observed.errors_when("unknown") and operation.rules_of(Unknown):
        known = " or ".join(map(str, operation.observed.errors_when("unknown")))
        yield operation.clause(
            "errors/unknown",
            f"what is unknown is answered as AWS does: {known}, or the like",
            level=LEVELS["the error that AWS gives"][SourceKind.OBSERVATION],
            section=_OBSERVED,
        )
    provoked = {rule.error for rule in operation.rules_of(Unknown)}
    if constrained:
        provoked |= operation.constraint_errors
    typed = speaks.response_format.typed
    stated = f"the status of an error in {'JSON or CBOR' if typed else 'XML'}"
    for kind, status in operation.errors.items():
        if status is None:
            continue
        yield operation.clause(
            f"errors/{kind}/status",
            f"{kind} has status {status}",
            level=operation.level(stated),
            section="Errors",
            untestable_reason=None if kind in provoked else _UNPROVOKED,
        )


def rules(operation: Operation) -> Iterator[Clause]:
    """What no schema states, and requests whose responses are unspecified."""
    for rule in operation.rules:
        yield operation.clause(
            f"rules/{rule.id}", rule.promise, level=rule.level, section=rule.section
        )
    for one in operation.unspecified:
        yield operation.clause(f"protocol/{one.id}", one.reason, level=Level.OBSERVE)


def pagination(operation: Operation) -> Iterator[Clause]:
    """What the pages of a listing and its tokens have to be."""
    paging = operation.pagination
    if paging is None:
        return
    token = operation.section(paging.input_token)
    if paging.limit:
        limit = operation.section(paging.limit)
        yield operation.clause(
            "pagination/page-size",
            f"a page never holds more than {paging.limit} items",
            section=limit,
        )
        yield operation.clause(
            "pagination/other-page-size",
            "a token stays valid for a page of another size",
            section=token,
        )
    yield operation.clause("pagination/end", "a walk comes to an end", section=token)
    yield operation.clause(
        "pagination/unique-items", "the pages of a walk hold no item twice", section=token
    )
    yield operation.clause(
        "pagination/all-items",
        "walks with pages of different sizes hold the same items",
        section=token,
    )
    opaque = None if operation.has_opaque_token else "any value may be a position in the list"
    yield operation.clause(
        "pagination/unknown-token",
        "a token that was never given out is not answered with the first page",
        section=token,
        untestable_reason=opaque,
    )
    yield operation.clause(
        "pagination/unknown-token-error",
        "a token that was never given out is a client error",
        level=Level.SHOULD,
        section=token,
        untestable_reason=opaque,
    )
    if operation.states("tokens of other operations"):
        yield operation.clause(
            "pagination/foreign-token",
            "a token of another operation breaks nothing",
            level=operation.level("tokens of other operations"),
            section=token,
        )
    if operation.rules_of(Filter):
        yield operation.clause(
            "pagination/filters-held",
            "a filter holds on every page of a walk",
            level=Level.SHOULD,
            section=token,
        )
        yield operation.clause(
            "pagination/other-filters",
            "a token with other filters than it was given out for breaks nothing",
            level=Level.OBSERVE,
            section=token,
        )


def protocol(operation: Operation) -> Iterator[Clause]:
    """What holds of every request and response on the wire."""
    speaks = PROTOCOLS[operation.protocol]
    specified = Source(
        page=PROTOCOLS[operation.protocol].page, section="Operation error serialization"
    )
    yield operation.clause("protocol/implemented", "the operation exists", section="Request Syntax")
    yield operation.clause(
        "protocol/accepts-valid",
        "a request that breaks no clause is accepted",
        section="Request Syntax",
    )
    yield operation.clause(
        "protocol/no-server-error", "no request is answered with a 5xx", section="Errors"
    )
    yield operation.clause("protocol/answers", "every request is answered, whole and in time")
    yield operation.clause("protocol/readable", "every answer can be read", section=specified)
    absent = {"unknown-operation": "a call that names no operation is a client error"}
    if speaks.addressing.by_path:
        absent = {
            "unknown-path": "a path that names no operation is a client error",
            "wrong-method": "a method that the path does not have is a client error",
        }
    for name, promise in absent.items():
        yield operation.clause(f"protocol/{name}", promise, level=Level.SHOULD, section=specified)
    yield from _additions(operation)
    form = speaks.request_format.name
    if operation.has_body:
        for name, promise in (
            ("malformed-body", f"a body that is no {form} is refused"),
            ("non-object-body", f"{form} but no object is refused"),
        ):
            yield operation.clause(
                f"protocol/{name}",
                promise,
                level=operation.level("a malformed body is refused"),
                section=Source(page=speaks.page, section=_ON_BODIES),
                untestable_reason=inexpressible(operation, "", name),
            )
    unspecified = {"unknown-member": "a member that the operation does not have breaks nothing"}
    if operation.has_body:
        unspecified["wrong-content-type"] = "another Content-Type breaks nothing"
        if not speaks.addressing.in_body:
            unspecified["empty-body"] = "no body at all breaks nothing"
        if speaks.request_format.null is not None:
            unspecified["null-body"] = f"a {form} null as body breaks nothing"
    for name, promise in unspecified.items():
        yield operation.clause(
            f"protocol/{name}",
            promise,
            level=Level.OBSERVE,
            section="Request Syntax",
            untestable_reason=inexpressible(operation, "", name),
        )


#: What the SDK adds to a request where the model has a trait: the clause about it, its promise
#: and the section of the trait's specification.
_ADDITIONS: Mapping[str, tuple[str, str, Source]] = {
    "checksum": (
        "sdk-defaults",
        "a request with the checksum that the SDK adds by default is accepted",
        Source(page="https://smithy.io/2.0/aws/aws-core.html", section="httpChecksum trait"),
    ),
    "compression": (
        "compressed-body",
        "a body that is compressed with gzip is accepted",
        Source(
            page="https://smithy.io/2.0/spec/behavior-traits.html",
            section="requestCompression trait",
        ),
    ),
}


def _additions(operation: Operation) -> Iterator[Clause]:
    for name in operation.wire.get("additions", ()):
        path, promise, source = _ADDITIONS[name]
        yield operation.clause(f"protocol/{path}", promise, section=source)


def auth(operation: Operation) -> Iterator[Clause]:
    """What becomes of requests whose signature does not fit."""
    if operation.wire.get("unsigned"):
        return
    for name, promise in (
        ("missing", "a request without Authorization is refused"),
        ("unknown-key", "a request signed with an unknown access key is refused"),
        ("bad-signature", "a request whose signature does not fit is refused"),
        ("stale-date", "a request signed long ago is refused"),
        ("incomplete", "an Authorization header without a signature is refused"),
    ):
        yield operation.clause(f"auth/{name}", promise, level=Level.SHOULD, section=_COMMON_ERRORS)


def sdk(operation: Operation) -> Iterator[Clause]:
    """What the SDK makes of recorded exchanges."""
    for name, promise in (
        ("request", "the SDK builds the request that was recorded"),
        ("response", "the SDK understands a recorded answer as its bytes say"),
    ):
        page = PROTOCOLS[operation.protocol].page
        source = Source(page=page, section="Protocol behaviors")
        yield operation.clause(f"sdk/{name}", promise, section=source, untestable_reason=_REPLAYED)


def state(operation: Operation) -> Iterator[Clause]:
    """What calls leave behind."""
    if operation.shown:
        yield operation.clause(
            "state/gone",
            "what is deleted is there no more, or shows that it was deleted",
            section="Request Syntax",
        )
