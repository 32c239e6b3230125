"""From an operation to its clauses: every promise, with its level and its place.

Clauses follow from the document alone, never from a target, and their order is
stable. A clause that no request can exercise says why. This module sends
nothing and judges nothing; which cases exercise a clause is for ``cases``.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from conformance.model import Clause, Level, Operation, Schema, Source

#: JSON Schema's keywords that a page states as constraints, and how we say them.
CONSTRAINTS: Mapping[str, str] = {
    "enum": "{member} is one of the valid values",
    "pattern": "{member} matches {value}",
    "minLength": "{member} has at least {value} characters",
    "maxLength": "{member} has at most {value} characters",
    "minimum": "{member} is at least {value}",
    "maximum": "{member} is at most {value}",
    "minItems": "{member} holds at least {value} items",
    "maxItems": "{member} holds at most {value} items",
}

#: Where an empty or zero value is tolerated in answers although a bound excludes it.
UNPROVOKED = "an honest client cannot provoke it; it is judged wherever it turns up"
REPLAYED = "it is judged in replay alone, on every exchange"
TEXT_ONLY = "paths and query strings are text: no other type can be sent"

SMITHY = "https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html"
COMMON_ERRORS = "Common Errors"
ANSWER = "Response Syntax"


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


class _Maker:
    """Makes the clauses of one operation; a thin shorthand for :class:`Clause`."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    def __call__(
        self,
        path: str,
        promise: str,
        *,
        level: Level = Level.MUST,
        section: str | Source = "Response Syntax",
        caseless: str | None = None,
    ) -> Clause:
        source = section if isinstance(section, Source) else self.operation.source(section)
        return Clause(
            id=f"{self.operation.id}/{path}",
            level=level,
            source=source,
            promise=promise,
            caseless=caseless,
        )


def nodes(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Every schema below an object schema with its clause path, outermost first."""
    for name, member in schema.get("properties", {}).items():
        here = f"{path}/{name}" if path else name
        yield here, member
        yield from _inside(member, here)


def _inside(member: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    yield from nodes(member, path)
    for keyword, segment in (
        ("items", "item"),
        ("propertyNames", "key"),
        ("additionalProperties", "value"),
    ):
        inner = member.get(keyword)
        if isinstance(inner, Mapping):
            yield f"{path}/{segment}", inner
            yield from _inside(inner, f"{path}/{segment}")


def _request(make: _Maker) -> Iterator[Clause]:
    operation = make.operation
    required = operation.required
    limited = operation.by_hand.get("limited", {})
    for path, schema in nodes(operation.request):
        name = path.split("/", 1)[0]
        section = operation.section(name)
        in_text = operation.members[name].get("location") in {"path", "query", "header"}
        if path in required:
            in_path = operation.members[name].get("location") == "path"
            yield make(
                f"request/{path}/required",
                f"a request without {path} is refused",
                section=section,
                caseless="a path without its label is the path of something else"
                if in_path
                else None,
            )
        textual = in_text and schema.get("type") in {"string", "array", "object"}
        yield make(
            f"request/{path}/type",
            f"{path} is of type {schema.get('type', 'any')}",
            section=section,
            caseless=TEXT_ONLY if textual else None,
        )
        for keyword, promise in CONSTRAINTS.items():
            if keyword in schema:
                yield make(
                    f"request/{path}/{keyword}",
                    promise.format(member=path, value=schema[keyword]),
                    section=section,
                )
        if "enum" in schema:
            yield make(
                f"request/{path}/valid-values",
                f"each documented value of {path} is accepted",
                level=Level.SHOULD if name in limited else Level.MUST,
                section=section,
            )
        if "/" not in path:
            yield from _unpromised(make, path, schema, section)


def _unpromised(make: _Maker, path: str, schema: Schema, section: str) -> Iterator[Clause]:
    """What a request may hold although nobody says what follows."""
    location = schema.get("location")
    if location == "path":
        return
    kinds = {
        "empty": "an empty {} breaks nothing",
        "null": "an explicit null for {} breaks nothing",
        "long": "a very long {} breaks nothing",
        "unicode": "a {} of characters from many scripts breaks nothing",
        "quote": "a {} with quotes and markup breaks nothing",
        "control": "a {} with control characters breaks nothing",
        "repeated": "a {} given twice breaks nothing",
    }
    kind = schema.get("type")
    applies = {
        "empty": kind == "array" or (kind == "string" and not schema.get("minLength")),
        "null": location == "body" and path not in make.operation.required,
        "long": kind == "string",
        "unicode": kind == "string",
        "quote": kind == "string",
        "control": kind == "string",
        "repeated": location == "query",
    }
    for name, promise in kinds.items():
        if applies[name]:
            yield make(
                f"request/{path}/{name}",
                promise.format(path),
                level=Level.OBSERVE,
                section=section,
            )


def _response(make: _Maker) -> Iterator[Clause]:
    operation = make.operation
    yield make("response/status", f"success has status {operation.http.status}", section=ANSWER)
    yield make("response/content-type", "success is sent as JSON", section=ANSWER)
    yield make("response/body", "the body of a success is one JSON object", section=ANSWER)
    yield make(
        "response/request-id",
        "every success names its request id",
        level=Level.SHOULD,
        section=Source(page=SMITHY, section="x-amzn-RequestId"),
    )
    yield make(
        "response/names",
        "members are spelt as documented",
        level=Level.SHOULD,
        section=ANSWER,
    )
    present = {m for entry in operation.by_hand.get("present", ()) for m in entry["members"]}
    tokens = {operation.pagination.output_token} if operation.pagination else set()
    for path, schema in nodes(operation.response):
        section = schema.get("section", ANSWER)
        if "/" not in path and path not in tokens:
            yield make(f"response/{path}/present", f"a success holds {path}", section=section)
        elif path in present:
            yield make(
                f"response/{path}/present",
                f"{path} is never absent",
                level=Level.SHOULD,
                section=section,
            )
        yield make(
            f"response/{path}/type",
            f"{path} is of type {schema.get('type', 'any')}",
            section=section,
        )
        for keyword, promise in CONSTRAINTS.items():
            if keyword in schema:
                yield make(
                    f"response/{path}/{keyword}",
                    promise.format(member=path, value=schema[keyword]),
                    level=Level.SHOULD,
                    section=section,
                )


def _errors(make: _Maker) -> Iterator[Clause]:
    operation = make.operation
    yield make("errors/body", "an error is a JSON object, or has no body", section="Errors")
    yield make("errors/type", "an error names its type", section="Errors")
    yield make(
        "errors/documented",
        "an error's type is listed on the page or common to all services",
        section="Errors",
    )
    yield make(
        "errors/consistent",
        "header and body name the same error",
        level=Level.SHOULD,
        section="Errors",
    )
    yield make(
        "errors/broken-constraint",
        "a broken constraint is answered with 400 and a type that says so",
        section="Errors",
        caseless=None if breakable(operation) else "no request can break a constraint here",
    )
    provoked = set(operation.by_hand.get("constraintErrors", ())) if breakable(operation) else set()
    provoked |= {rule["unknown"].get("error") for rule in operation.rules if "unknown" in rule}
    for kind, status in operation.errors.items():
        yield make(
            f"errors/{kind}/status",
            f"{kind} has status {status}",
            section="Errors",
            caseless=None if kind in provoked else UNPROVOKED,
        )


def breakable(operation: Operation) -> bool:
    """Whether some request that can be sent breaks a constraint of the operation."""
    return any(
        schema.get("location") != "path" and (schema.keys() & CONSTRAINTS.keys())
        for schema in operation.members.values()
    ) or any("constraint" in rule for rule in operation.rules)


def _rules(make: _Maker) -> Iterator[Clause]:
    for rule in make.operation.rules:
        yield make(
            f"rules/{rule['id']}",
            rule["promise"],
            level=Level(rule["level"]),
            section=rule["section"],
        )
    for trial in make.operation.by_hand.get("observe", ()):
        yield make(f"protocol/{trial['id']}", trial["reason"], level=Level.OBSERVE)


def _pagination(make: _Maker) -> Iterator[Clause]:
    operation = make.operation
    paging = operation.pagination
    if paging is None:
        return
    token = operation.section(paging.input_token)
    if paging.limit:
        limit = operation.section(paging.limit)
        yield make(
            "pagination/page-size",
            f"a page never holds more than {paging.limit} items",
            section=limit,
        )
        yield make(
            "pagination/other-page-size",
            "a token stays valid for a page of another size",
            section=token,
        )
    yield make("pagination/end", "a walk comes to an end", section=token)
    yield make("pagination/unique-items", "the pages of a walk hold no item twice", section=token)
    yield make(
        "pagination/all-items",
        "walks with pages of different sizes hold the same items",
        section=token,
    )
    yield make(
        "pagination/unknown-token",
        "a token that was never given out is not answered with the first page",
        section=token,
    )
    yield make(
        "pagination/unknown-token-error",
        "a token that was never given out is a client error",
        level=Level.SHOULD,
        section=token,
    )
    yield make(
        "pagination/foreign-token",
        "a token of another operation breaks nothing",
        level=Level.OBSERVE,
        section=token,
    )
    if any("filter" in rule for rule in operation.rules):
        yield make(
            "pagination/filters-held",
            "a filter holds on every page of a walk",
            level=Level.SHOULD,
            section=token,
        )
        yield make(
            "pagination/other-filters",
            "a token with other filters than it was given out for breaks nothing",
            level=Level.OBSERVE,
            section=token,
        )


def _protocol(make: _Maker) -> Iterator[Clause]:
    rest_json = Source(page=SMITHY, section="Operation error serialization")
    yield make("protocol/implemented", "the operation exists", section="Request Syntax")
    yield make(
        "protocol/accepts-valid",
        "a request that breaks no clause is accepted",
        section="Request Syntax",
    )
    yield make("protocol/no-server-error", "no request is answered with a 5xx", section="Errors")
    yield make("protocol/answers", "every request is answered, whole and in time", section=ANSWER)
    yield make("protocol/readable", "every answer can be read", section=rest_json)
    for name, promise in (
        ("unknown-path", "a path that names no operation is a client error"),
        ("wrong-method", "a method that the path does not have is a client error"),
    ):
        yield make(f"protocol/{name}", promise, level=Level.SHOULD, section=rest_json)
    if make.operation.has_body:
        section = "Request Body"
        yield make("protocol/malformed-body", "a body that is no JSON is refused", section=section)
        yield make("protocol/non-object-body", "JSON but no object is refused", section=section)
    unpromised = {"unknown-member": "a member that the operation does not have breaks nothing"}
    if make.operation.has_body:
        unpromised |= {
            "wrong-content-type": "another Content-Type breaks nothing",
            "empty-body": "no body at all breaks nothing",
            "null-body": "a JSON null as body breaks nothing",
        }
    for name, promise in unpromised.items():
        yield make(f"protocol/{name}", promise, level=Level.OBSERVE, section="Request Syntax")


def _auth(make: _Maker) -> Iterator[Clause]:
    for name, promise in (
        ("missing", "a request without Authorization is refused"),
        ("unknown-key", "a request signed with an unknown access key is refused"),
        ("bad-signature", "a request whose signature does not fit is refused"),
        ("stale-date", "a request signed long ago is refused"),
        ("incomplete", "an Authorization header without a signature is refused"),
    ):
        yield make(f"auth/{name}", promise, level=Level.SHOULD, section=COMMON_ERRORS)


def _sdk(make: _Maker) -> Iterator[Clause]:
    for name, promise in (
        ("request", "the SDK builds the request that was recorded"),
        ("response", "the SDK understands a recorded answer as its bytes say"),
    ):
        source = Source(page=SMITHY, section="Protocol behaviors")
        yield make(f"sdk/{name}", promise, section=source, caseless=REPLAYED)


@lru_cache(maxsize=256)
def clauses(operation: Operation) -> Mapping[str, Clause]:
    """Every clause of an operation by its id, in a stable order."""
    make = _Maker(operation)
    parts = (_request, _response, _errors, _rules, _pagination, _protocol, _auth, _sdk)
    return {clause.id: clause for part in parts for clause in part(make)}


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
        "not exercised, because": found.caseless,
    }
