"""Checks of an error: its envelope, its type, its status, and whether they match.

They never read the message text. A type is taken from any of the places where AWS has
been seen to put it, reduced to its name.
"""

import re
from collections.abc import Iterator, Set

from conformance.checks.answers import error_in_disguise, looks_up, same_error
from conformance.checks.evidence import Evidence
from conformance.checks.findings import (
    Finding,
    FindingBuilder,
    control_refused,
    excerpt,
    summarize,
)
from conformance.protocols.base import QUERY_ERROR, QUERY_MODE
from conformance.protocols.http import Exchange, header
from conformance.spec.levels import Level
from conformance.spec.operation import Operation

#: What every service may return though its page does not list it: the Common Errors page,
#: in both of its published versions, and errors of gateways in front of services.
COMMON: frozenset[str] = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InternalFailure",
        "InvalidAction",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MalformedHttpRequestException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "NotAuthorized",
        "OptInRequired",
        "RequestAbortedException",
        "RequestEntityTooLargeException",
        "RequestExpired",
        "RequestTimeoutException",
        "SerializationException",
        "ServiceUnavailable",
        "ThrottlingException",
        "UnknownOperationException",
        "UnrecognizedClientException",
        "ValidationError",
        "ValidationException",
    }
)
#: Types that report a wrong JSON type, and the clauses that this can violate.
_OF_FORM = frozenset({"SerializationException", "MalformedHttpRequestException"})
_FORM_CLAUSES = ("/type", "/malformed-body", "/non-object-body", "/minimum", "/maximum")
#: The common errors that are about what a request holds.
_OF_REQUESTS = frozenset(
    {
        "MalformedHttpRequestException",
        "RequestEntityTooLargeException",
        "SerializationException",
        "ValidationError",
        "ValidationException",
    }
)
#: Whose fault an error is, in query.
_FAULTS = frozenset({"Sender", "Receiver"})
#: Words in the names of errors about a request. ``Value`` and ``Client`` alone are none:
#: they are in the names of the exceptions of languages and SDKs.
_ABOUT_REQUESTS = re.compile(
    r"Invalid|Valid|Malformed|Missing|Bad|Illegal|Serializ|Limit|Range|Unsupported|NotFound|NoSuch"
    r"|Unknown|Constraint|Param|Argument|Exceed|Too|Token|Expired|Format|Pattern|Length|Size"
    r"|Query|Request|Required|Conflict|Exist|Denied|Allowed|Reserved|InUse|State|Mismatch"
)
#: Endings of error names that carry no meaning: services differ in them.
_ENDING = re.compile(r"(Exception|Error|Fault)$")
#: The common errors about the service, the caller or the operation, without their endings.
_BESIDE_REQUESTS = frozenset(_ENDING.sub("", name) for name in COMMON - _OF_REQUESTS)
#: Every service may report a violated constraint as the Common Errors page lists it.
_OF_CONSTRAINTS = frozenset({"ValidationError"})


def envelope(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """An error is an object in the protocol's format or has no body, and names its type."""
    for exchange in evidence.refusals():
        error = evidence.error(exchange)
        yield from findings.judged(
            "errors/body",
            error.readable,
            expected=f"{evidence.protocol.response_format.body}, or no body",
            observed=excerpt(exchange),
            exchange=exchange,
            cause="unreadable",
        )
        if not error.readable or (exchange.request.method == "HEAD" and error.type is None):
            continue  # there is no body in which an error could be named
        yield from findings.judged(
            "errors/type",
            error.type is not None,
            expected=f"a type in {evidence.protocol.error_places}",
            observed=f"{exchange.status} with {excerpt(exchange)}",
            exchange=exchange,
            cause="no type",
        )


def _documented(operation: Operation) -> frozenset[str]:
    shorts = {short for codes in operation.error_codes.values() for short in codes}
    return frozenset(operation.errors) | shorts | operation.constraint_errors | COMMON


def _documented_type(evidence: Evidence, named: str) -> str | None:
    """The page's own name for an error type, or ``None`` where the page does not list it."""
    return next(
        (kind for kind in evidence.operation.errors if same_error(evidence, named, kind)), None
    )


def documented(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """An error's type is listed on the page or common to all services, and its status matches."""
    known = _documented(evidence.operation)
    for exchange in evidence.refusals(least=300):
        named = evidence.error(exchange).type
        if named is None:
            continue
        kind = _documented_type(evidence, named)
        listed = kind is not None or named in known or evidence.operation.observed.knows(named)
        yield from findings.judged(
            "errors/documented",
            listed,
            observed=named,
            exchange=exchange,
            cause=f"undocumented {named}",
        )
        status = evidence.operation.errors[kind] if kind else None
        if status is not None:
            yield from findings.judged(
                f"errors/{kind}/status",
                exchange.status == status
                or _is_plain_400(evidence, exchange, status)
                or evidence.operation.observed.gave(named, exchange.status),
                observed=str(exchange.status),
                exchange=exchange,
            )


def _is_plain_400(evidence: Evidence, exchange: Exchange, status: int) -> bool:
    """Whether an error has the status that RPC services in JSON and CBOR give to all of the caller.

    Their models state others, which AWS does not send: Transcribe's and Keyspaces' for two.
    """
    operation, protocol = evidence.operation, evidence.protocol
    rpc = protocol.response_format.typed and not protocol.addressing.by_path
    return rpc and not operation.states_errors and exchange.status == 400 and status < 500


def consistent(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """All places of a response that name its error name the same one, each in its own words."""
    yield from _in_query(evidence, findings)
    for exchange in evidence.refusals():
        # the name that an error has in the query protocol is another one, and may differ
        named = [pair for pair in evidence.error(exchange).types if pair[0] != QUERY_ERROR]
        if not named:
            continue
        odd = [pair for pair in named if not _same(evidence, pair[1], named[0][1])]
        yield from findings.judged(
            "errors/consistent",
            not odd,
            observed=", ".join(f"{place} {name}" for place, name in (named[0], *odd)),
            exchange=exchange,
            cause="header and body disagree",
        )


def _in_query(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """Whether an error of the model has the name that it has in query, if the client asks for it.

    Whatever was asked, it has. The SDK takes it with its fault behind a semicolon, and ignores
    it without. Not every model states that name.
    """
    if not evidence.operation.wire.get("queryCompatible"):
        return
    for exchange in evidence.exchanges:
        response = exchange.response
        if response is None or not 400 <= response.status < 500:
            continue
        types = [name for place, name in evidence.error(exchange).types if place != QUERY_ERROR]
        kind = _documented_type(evidence, types[0]) if types else None
        if kind is None or header(exchange.request.headers, QUERY_MODE) != "true":
            continue
        codes = evidence.operation.error_codes.get(kind, ())
        sent = response.header(QUERY_ERROR)
        code, _, fault = (sent or "").partition(";")
        named = code.strip() in codes if codes else bool(code.strip())
        yield from findings.judged(
            "errors/query-error",
            named and fault.strip() in _FAULTS,
            expected=f"{QUERY_ERROR}: {codes[0] if codes else 'the code'};Sender",
            observed=f"no {QUERY_ERROR}" if sent is None else f"{QUERY_ERROR}: {sent}",
            exchange=exchange,
            cause="no name in query" if sent is None else "another name in query",
        )


def _same(evidence: Evidence, one: str, other: str) -> bool:
    if one == other:
        return True
    if all(map(evidence.operation.observed.knows, (one, other))):
        return True  # some services have two names for one error
    kinds = {_documented_type(evidence, name) or name for name in (one, other)}
    return len(kinds) == 1 or len({kind.removesuffix("Exception") for kind in kinds}) == 1


#: How names of members end that identify something.
_IDENTIFIES = re.compile(r"(Arn|Id|Identifier|Name|Ur[il]|Key|Bucket|Resource)s?$", re.IGNORECASE)
#: The constraints that an identifier may break by what it says.
_OF_TEXTS = frozenset({"minLength", "maxLength", "pattern"})


def _looked_up_first(evidence: Evidence, exchange: Exchange) -> bool:
    """Whether a malformed id was reported as that of no resource, or of another's.

    Both errors may be documented, and nothing says which comes first: an ARN that is too long is
    one that the caller may not use.
    """
    part, member, *inside = evidence.path.split("/")
    keyword = inside.pop() if inside and part == "request" else ""
    name = next((one for one in reversed(inside) if one not in {"item", "key", "value"}), member)
    identifies = member in evidence.operation.resources or (
        keyword in _OF_TEXTS and _IDENTIFIES.search(name) is not None
    )
    return identifies and (exchange.status in {403, 404} or looks_up(evidence, exchange))


def broken_constraint(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """A violated constraint gets status 400 and a type that says so."""
    if control_refused(evidence):
        return
    operation = evidence.operation
    allowed = operation.constraint_errors | _OF_CONSTRAINTS
    if evidence.case.clause.endswith(_FORM_CLAUSES):
        allowed |= _OF_FORM
    disguised = (e for e in evidence.exchanges if error_in_disguise(evidence, e))
    # a redirect is no refusal either
    for exchange in (*evidence.refusals(least=300), *disguised):
        if _is_too_large(exchange):
            continue  # to read that much before refusing it is no better
        named = evidence.error(exchange).type
        kind = _documented_type(evidence, named) if named else None
        if operation.observed.gave(named, exchange.status):
            yield from findings.passed("errors/broken-constraint")
            continue
        unknown = named is not None and kind is None and named not in _documented(operation)
        if unknown and operation.states_errors:
            continue  # reported once, as undocumented
        if _looked_up_first(evidence, exchange) and not operation.states_errors:
            continue  # which error comes first is not stated
        status = operation.errors[kind] if kind else None
        if not exchange.succeeded and status is not None and exchange.status != status:
            continue  # reported once, as a status that does not match its type
        if operation.states_errors:
            says_so = named is None or any(same_error(evidence, named, name) for name in allowed)
        else:
            says_so = named is None or _is_of_requests(operation, named, kind)
        yield from findings.judged(
            "errors/broken-constraint",
            says_so and exchange.status == 400,
            expected=f"400 and {_expected_type(operation, allowed)}",
            observed=summarize(evidence, exchange),
            exchange=exchange,
            level=_level(evidence, exchange),
        )


#: A body or a URL of so many bytes or more may be refused for its size alone.
_LARGE_BODY, _LONG_URL = 32_768, 4_096


def _is_too_large(exchange: Exchange) -> bool:
    """Whether a large request is refused for its size (RFC 9110 §15.5.14 and §15.5.15)."""
    body, url = len(exchange.request.body), len(exchange.request.url)
    return (exchange.status == 413 and body >= _LARGE_BODY) or (
        exchange.status == 414 and url >= _LONG_URL
    )


def _expected_type(operation: Operation, allowed: Set[str]) -> str:
    """The types that may report a violated constraint, for people."""
    if not operation.states_errors:
        return "a type about the request"
    return " or ".join(sorted(allowed)) or "a documented type"


def _is_of_requests(operation: Operation, named: str, kind: str | None) -> bool:
    """Whether an error may be about what the request holds.

    A model does not state what each of its errors is about, nor does it name them all.
    """
    if kind in operation.faults or _ENDING.sub("", named) in _BESIDE_REQUESTS:
        return False
    return kind is not None or _ABOUT_REQUESTS.search(named) is not None


def _level(evidence: Evidence, exchange: Exchange) -> Level | None:
    """The level of a violation; an error with a success status is a success to the SDK."""
    if exchange.succeeded:
        return Level.MUST
    return Level.SHOULD if _looked_up_first(evidence, exchange) else None
