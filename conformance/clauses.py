"""From an operation to its clauses: every promise, with its level and its place.

Clauses follow from the document alone, never from a target, and their order is
stable. A clause that no request can exercise says why. This module sends
nothing and judges nothing; which cases exercise a clause is for ``cases``.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, get_args

from conformance.breakers import nested_breakers
from conformance.model import Clause, Level, Operation, Schema, Source
from conformance.protocols import What
from conformance.protocols.table import PROTOCOLS
from conformance.validity import is_readable, matches
from conformance.values import paths, plain

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
    "minProperties": "{member} holds at least {value} entries",
    "maxProperties": "{member} holds at most {value} entries",
}

#: Where an empty or zero value is tolerated in answers although a bound excludes it.
UNPROVOKED = "an honest client cannot provoke it; it is judged wherever it turns up"
REPLAYED = "it is judged in replay alone, on every exchange"

#: Where each wire protocol is specified.
PROTOCOL_PAGES: Mapping[str, str] = {
    "rest-json": "https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html",
    "rest-xml": "https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html",
    "json": "https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html",
    "query": "https://smithy.io/2.0/aws/protocols/aws-query-protocol.html",
    "ec2": "https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html",
    "smithy-rpc-v2-cbor": "https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html",
}
#: Why labels of the path are not changed.
ELSEWHERE = "a path with another label may be the path of something else"
COMMON_ERRORS = "Common Errors"
ANSWER = "Response Syntax"


_ODD: Mapping[str, What] = {what: what for what in get_args(What)}


def _inexpressible(operation: Operation, path: str, name: str) -> str | None:
    """Why the operation's protocol cannot be odd in this way; ``None`` where it can."""
    what = _ODD.get(name)
    return what and PROTOCOLS[operation.protocol].inexpressible(operation, path, what)


def _page(operation: Operation) -> str:
    return PROTOCOL_PAGES[operation.protocol]


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


def _request(make: _Maker) -> Iterator[Clause]:
    operation = make.operation
    known = {path: schema for path, _, schema in paths(operation.request)}
    for path, schema in known.items():
        name, _, nested = path.partition("/")
        section = operation.section(name)
        parent, _, last = path.rpartition("/")
        if last in known.get(parent, operation.request).get("required", ()):
            in_path = not nested and schema.get("location") == "path"
            yield make(
                f"request/{path}/required",
                f"a request without {path} is refused",
                section=section,
                caseless="a path without its label is the path of something else"
                if in_path
                else None,
            )
        if "type" in schema:
            is_key = last == "key" and "propertyNames" in known.get(parent, {})
            yield make(
                f"request/{path}/type",
                f"{path} is of type {schema['type']}",
                section=section,
                caseless="the keys of a map are text"
                if is_key
                else _inexpressible(operation, path, "type")
                or (ELSEWHERE if operation.members[name].get("location") == "path" else None),
            )
        for keyword, promise in CONSTRAINTS.items():
            if keyword in schema:
                yield make(
                    f"request/{path}/{keyword}",
                    promise.format(member=path, value=schema[keyword]),
                    section=section,
                    caseless=_untried(schema, keyword, operation.members[name], deep=bool(nested)),
                )
        if "enum" in schema:
            yield make(
                f"request/{path}/valid-values",
                f"each documented value of {path} is accepted",
                level=_of_values(operation, name),
                section=section,
                caseless=ELSEWHERE if operation.members[name].get("location") == "path" else None,
            )
        if not nested:
            yield from _unpromised(make, path, schema, section)


#: Longer texts and lists are not sent: they would say more of the network than of the target.
LONGEST = 200_000
MOST_ITEMS = 1000


def _untried(schema: Schema, keyword: str, member: Schema, *, deep: bool) -> str | None:
    """Why no request breaks a constraint, or ``None`` where one does."""
    bound = schema[keyword]
    if member.get("location") == "path":
        return ELSEWHERE
    if keyword == "pattern":
        kept = plain({**schema, "type": "string"})
        if not is_readable(bound):
            return "Python cannot read the pattern"
        if not matches(bound, kept):
            return "no text is found that the pattern matches"
        if deep and not nested_breakers(schema, kept):
            return "no text is found that the pattern matches nowhere"
    if keyword in {"minLength", "minItems", "minProperties"} and bound == 0:
        return "nothing is shorter than empty"
    if keyword in {"minLength", "maxLength"} and bound > LONGEST:
        return f"texts of more than {LONGEST} characters are not sent"
    if keyword in {"minItems", "maxItems", "maxProperties"} and bound > MOST_ITEMS:
        return f"lists of more than {MOST_ITEMS} items are not sent"
    return None


def _of_values(operation: Operation, member: str) -> Level:
    """How firmly a request with one of a member's documented values is accepted.

    A model says which values there are, not which of them go together with what.
    """
    if operation.modelled:
        return Level.OBSERVE if operation.required else Level.SHOULD
    return Level.SHOULD if member in operation.by_hand.get("limited", {}) else Level.MUST


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
        "unicode": kind == "string" and location != "header",
        "quote": kind == "string" and location != "header",
        "control": kind == "string" and location != "header",
        "repeated": location == "query",
    }
    for name, promise in kinds.items():
        if applies[name]:
            yield make(
                f"request/{path}/{name}",
                promise.format(path),
                level=Level.OBSERVE,
                section=section,
                caseless=_inexpressible(make.operation, path, name),
            )


def _response(make: _Maker) -> Iterator[Clause]:
    operation = make.operation
    speaks = PROTOCOLS[operation.protocol]
    stated = operation.by_hand.get("stated", {}).get("status", True)
    yield make(
        "response/status",
        f"success has status {operation.http.status}",
        level=Level.MUST if stated else Level.SHOULD,
        section=ANSWER,
    )
    if has_answer(operation):
        yield make(
            "response/content-type",
            f"success is sent as {speaks.FORM}",
            level=Level.SHOULD if operation.modelled else Level.MUST,
            section=ANSWER,
        )
        yield make("response/body", f"the body of a success is {speaks.BODY}", section=ANSWER)
    yield make(
        "response/request-id",
        "every success names its request id",
        level=Level.SHOULD,
        section=Source(page=_page(make.operation), section="x-amzn-RequestId"),
    )
    yield make(
        "response/names",
        "members are spelt as documented",
        level=Level.SHOULD,
        section=ANSWER,
    )
    present = {m for entry in operation.by_hand.get("present", ()) for m in entry["members"]}
    tokens = {operation.pagination.output_token} if operation.pagination else set()
    known = {path: schema for path, _, schema in paths(operation.response)}
    for path, schema in known.items():
        section = schema.get("section", ANSWER)
        parent, _, last = path.rpartition("/")
        required = last in known.get(parent, operation.response).get("required", ())
        if "/" not in path and path not in tokens and not operation.modelled:
            yield make(f"response/{path}/present", f"a success holds {path}", section=section)
        elif path in present or (operation.modelled and required):
            yield make(
                f"response/{path}/present",
                f"{path} is never absent",
                # what a request did not say cannot be told again
                level=Level.OBSERVE if path in operation.members else Level.SHOULD,
                section=section,
            )
        if "type" in schema:
            yield make(
                f"response/{path}/type", f"{path} is of type {schema['type']}", section=section
            )
        for keyword, promise in CONSTRAINTS.items():
            if keyword in schema:
                yield make(
                    f"response/{path}/{keyword}",
                    promise.format(member=path, value=schema[keyword]),
                    level=Level.SHOULD,
                    section=section,
                )


def has_answer(operation: Operation) -> bool:
    """Whether a success has a body that the protocol reads as members."""
    if operation.wire.get("streams"):
        return False
    members = operation.response["properties"]
    payload = members.get(operation.wire.get("responsePayload", ""))
    if payload is not None:
        return bool(payload.get("type") == "object")
    beside = {"header", "headers", "status"}
    inside = any(member.get("location") not in beside for member in members.values())
    return inside or not operation.modelled


def _errors(make: _Maker, *, constrained: bool, refused: bool) -> Iterator[Clause]:
    """``constrained``: some case breaks a constraint; ``refused``: some must be refused at all."""
    operation = make.operation
    envelope = PROTOCOLS[operation.protocol].BODY
    unseen = None if refused else "no request of this operation has to be refused"
    yield make(
        "errors/body",
        f"an error is {envelope}, or has no body",
        section="Errors",
        caseless=unseen,
    )
    yield make("errors/type", "an error names its type", section="Errors", caseless=unseen)
    yield make(
        "errors/documented",
        "an error's type is listed on the page or common to all services",
        level=Level.OBSERVE if operation.modelled else Level.MUST,
        section="Errors",
        caseless=unseen,
    )
    yield make(
        "errors/consistent",
        "header and body name the same error",
        level=Level.SHOULD,
        section="Errors",
        caseless=unseen,
    )
    yield make(
        "errors/broken-constraint",
        "a broken constraint is answered with 400 and a type that says so",
        level=Level.SHOULD if operation.modelled else Level.MUST,
        section="Errors",
        caseless=None if constrained else "no request can break a constraint here",
    )
    provoked = set(operation.by_hand.get("constraintErrors", ())) if constrained else set()
    provoked |= {rule["unknown"].get("error") for rule in operation.rules if "unknown" in rule}
    for kind, status in operation.errors.items():
        if status is None:
            continue
        yield make(
            f"errors/{kind}/status",
            f"{kind} has status {status}",
            section="Errors",
            caseless=None if kind in provoked else UNPROVOKED,
        )


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


def is_token(operation: Operation) -> bool:
    """Whether what asks for the next page is opaque, not the name of the item to go on from."""
    paging = operation.pagination
    if paging is None or paging.further:
        return False
    return not operation.modelled or paging.input_token.lower().endswith("token")


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
    opaque = None if is_token(operation) else "any value may be a position in the list"
    yield make(
        "pagination/unknown-token",
        "a token that was never given out is not answered with the first page",
        section=token,
        caseless=opaque,
    )
    yield make(
        "pagination/unknown-token-error",
        "a token that was never given out is a client error",
        level=Level.SHOULD,
        section=token,
        caseless=opaque,
    )
    if not operation.modelled:
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
    speaks = PROTOCOLS[make.operation.protocol]
    specified = Source(page=_page(make.operation), section="Operation error serialization")
    yield make("protocol/implemented", "the operation exists", section="Request Syntax")
    yield make(
        "protocol/accepts-valid",
        "a request that breaks no clause is accepted",
        section="Request Syntax",
    )
    yield make("protocol/no-server-error", "no request is answered with a 5xx", section="Errors")
    yield make("protocol/answers", "every request is answered, whole and in time", section=ANSWER)
    yield make("protocol/readable", "every answer can be read", section=specified)
    nowhere = {"unknown-operation": "a call that names no operation is a client error"}
    if make.operation.protocol.startswith("rest-"):
        nowhere = {
            "unknown-path": "a path that names no operation is a client error",
            "wrong-method": "a method that the path does not have is a client error",
        }
    for name, promise in nowhere.items():
        yield make(f"protocol/{name}", promise, level=Level.SHOULD, section=specified)
    form = speaks.FORM
    if make.operation.has_body:
        for name, promise in (
            ("malformed-body", f"a body that is no {form} is refused"),
            ("non-object-body", f"{form} but no object is refused"),
        ):
            yield make(
                f"protocol/{name}",
                promise,
                section="Request Body",
                caseless=_inexpressible(make.operation, "", name),
            )
    unpromised = {"unknown-member": "a member that the operation does not have breaks nothing"}
    if make.operation.has_body:
        unpromised["wrong-content-type"] = "another Content-Type breaks nothing"
        if make.operation.protocol not in {"query", "ec2"}:
            unpromised["empty-body"] = "no body at all breaks nothing"
        if form == "JSON":
            unpromised["null-body"] = "a JSON null as body breaks nothing"
    for name, promise in unpromised.items():
        yield make(
            f"protocol/{name}",
            promise,
            level=Level.OBSERVE,
            section="Request Syntax",
            caseless=_inexpressible(make.operation, "", name),
        )


def _auth(make: _Maker) -> Iterator[Clause]:
    if make.operation.wire.get("unsigned"):
        return
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
        page = _page(make.operation)
        source = Source(page=page, section="Protocol behaviors")
        yield make(f"sdk/{name}", promise, section=source, caseless=REPLAYED)


#: How the paths of clauses end that a request breaks.
_BROKEN = frozenset({"required", "type", *CONSTRAINTS})
#: Other clauses of requests that have to be refused.
_REFUSED = frozenset(
    {"protocol/malformed-body", "protocol/non-object-body", "pagination/unknown-token"}
)


@lru_cache(maxsize=256)
def clauses(operation: Operation) -> Mapping[str, Clause]:
    """Every clause of an operation by its id, in a stable order."""
    make = _Maker(operation)
    request, paging, protocol = (tuple(f(make)) for f in (_request, _pagination, _protocol))
    constrained = any(
        one.caseless is None and one.id.rpartition("/")[2] in _BROKEN for one in request
    ) or any("constraint" in rule for rule in operation.rules)
    refused = (
        constrained
        or any("unknown" in rule for rule in operation.rules)
        or any(one.caseless is None and one.path in _REFUSED for one in (*paging, *protocol))
    )
    parts = (
        request,
        _response(make),
        _errors(make, constrained=constrained, refused=refused),
        _rules(make),
        paging,
        protocol,
        _auth(make),
        _sdk(make),
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
        "not exercised, because": found.caseless,
    }
