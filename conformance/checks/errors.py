"""Checks of an error: its envelope, its type, its status, and whether they fit.

Message text is never looked at. A type is taken from any of the places where
AWS has been seen to put it, cut to its core.
"""

import re
from collections.abc import Iterator, Set

from conformance.checks.answers import error_in_disguise, neighbour_accepted, same_error
from conformance.checks.evidence import Evidence
from conformance.checks.findings import Finding, FindingBuilder, summarize
from conformance.checks.transport import excerpt
from conformance.generation.plans import Expect
from conformance.protocols.base import QUERY_ERROR
from conformance.protocols.http import Exchange
from conformance.spec.levels import Level
from conformance.spec.operation import Operation

_JUDGED = frozenset({Expect.REFUSED, Expect.UNKNOWN, Expect.UNKNOWN_TOKEN})

#: What every service may answer though its page does not list it: the Common Errors page,
#: in both of its published generations, and what gateways in front of services say.
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
#: Types that say "this is not of the documented JSON type" where a constraint is of that kind.
_OF_FORM = frozenset({"SerializationException", "MalformedHttpRequestException"})
_FORM_CLAUSES = ("/type", "/malformed-body", "/non-object-body", "/minimum", "/maximum")
#: Those of them that speak of what a request holds.
_OF_REQUESTS = frozenset(
    {
        "MalformedHttpRequestException",
        "RequestEntityTooLargeException",
        "SerializationException",
        "ValidationError",
        "ValidationException",
    }
)
#: How names of errors begin or end that say what is wrong with a request. ``Value`` and
#: ``Client`` alone say nothing: they are in what languages and SDKs call their exceptions.
_SPEAKS_OF_REQUESTS = re.compile(
    r"Invalid|Valid|Malformed|Missing|Bad|Illegal|Serializ|Limit|Range|Unsupported|NotFound|NoSuch"
    r"|Unknown|Constraint|Param|Argument|Exceed|Too|Token|Expired|Format|Pattern|Length|Size"
    r"|Query|Request|Required|Conflict|Exist|Denied|Allowed|Reserved|InUse|State|Mismatch"
)
#: How names of errors end that say nothing by it: services differ in it.
_ENDING = re.compile(r"(Exception|Error|Fault)$")
#: Those of the service itself, of who asks, or of no such operation, without their endings.
_BESIDE_REQUESTS = frozenset(_ENDING.sub("", name) for name in COMMON - _OF_REQUESTS)
#: Every service may say of a broken constraint what the Common Errors page lists for it.
_OF_CONSTRAINTS = frozenset({"ValidationError"})


def refusals(evidence: Evidence, least: int = 400) -> Iterator[Exchange]:
    """The client errors among the answers; with another ``least``, what is less than one too."""
    if evidence.case.expect in _JUDGED:
        for exchange in evidence.exchanges:
            if exchange.status is not None and least <= exchange.status < 500:
                yield exchange


def envelope(evidence: Evidence) -> Iterator[Finding]:
    """An error is an object in the protocol's form or has no body, and names its type."""
    bench = FindingBuilder(evidence, "envelope")
    for exchange in refusals(evidence):
        error = evidence.error(exchange)
        if not error.readable:
            yield from bench.broken(
                "errors/body",
                expected=f"{evidence.protocol.response_format.body}, or no body",
                observed=excerpt(exchange),
                exchange=exchange,
                cause="unreadable",
            )
            continue
        yield from bench.passed("errors/body")
        if exchange.request.method == "HEAD" and error.type is None:
            continue  # its answer has no body in which an error could be named
        if error.type is None:
            yield from bench.broken(
                "errors/type",
                expected=f"a type in {evidence.protocol.error_places}",
                observed=f"{exchange.status} with {excerpt(exchange)}",
                exchange=exchange,
                cause="no type",
            )
        else:
            yield from bench.passed("errors/type")


def _documented(operation: Operation) -> frozenset[str]:
    shorts = {short for codes in operation.error_codes.values() for short in codes}
    return frozenset(operation.errors) | shorts | operation.constraint_errors | COMMON


def documented_type(evidence: Evidence, named: str) -> str | None:
    """The page's own name for an error type, or ``None`` where it lists none such."""
    return next(
        (kind for kind in evidence.operation.errors if same_error(evidence, named, kind)), None
    )


def documented(evidence: Evidence) -> Iterator[Finding]:
    """An error's type is listed on the page or common to all services, and its status fits."""
    bench = FindingBuilder(evidence, "documented")
    known = _documented(evidence.operation)
    for exchange in refusals(evidence, least=300):
        named = evidence.error(exchange).type
        if named is None:
            continue
        kind = documented_type(evidence, named)
        if kind is None and named not in known:
            yield from bench.broken(
                "errors/documented",
                observed=named,
                exchange=exchange,
                cause=f"undocumented {named}",
            )
            continue
        yield from bench.passed("errors/documented")
        if kind is None or evidence.operation.errors[kind] is None:
            continue
        if exchange.status == evidence.operation.errors[kind]:
            yield from bench.passed(f"errors/{kind}/status")
        else:
            yield from bench.broken(
                f"errors/{kind}/status",
                observed=str(exchange.status),
                exchange=exchange,
            )


def consistent(evidence: Evidence) -> Iterator[Finding]:
    """Wherever an answer names its error, it names the same one."""
    bench = FindingBuilder(evidence, "consistent")
    for exchange in refusals(evidence):
        # what the error was called in query is another name of it, and need not agree
        named = [pair for pair in evidence.error(exchange).types if pair[0] != QUERY_ERROR]
        if not named:
            continue
        odd = [pair for pair in named if not _same(evidence, pair[1], named[0][1])]
        if odd:
            yield from bench.broken(
                "errors/consistent",
                observed=", ".join(f"{place} {name}" for place, name in (named[0], *odd)),
                exchange=exchange,
                cause="header and body disagree",
            )
        else:
            yield from bench.passed("errors/consistent")


def _same(evidence: Evidence, one: str, other: str) -> bool:
    if one == other:
        return True
    kinds = {documented_type(evidence, name) or name for name in (one, other)}
    return len(kinds) == 1 or len({kind.removesuffix("Exception") for kind in kinds}) == 1


def _looked_up_first(evidence: Evidence, exchange: Exchange) -> bool:
    """Whether an id that is no id was answered as one that belongs to nothing.

    Both errors are documented, and no page says which comes first.
    """
    member = evidence.case.clause.split("/")[2]
    return exchange.status == 404 and member in evidence.operation.resources


def broken_constraint(evidence: Evidence) -> Iterator[Finding]:
    """A broken constraint is answered with 400 and a type that says so."""
    if evidence.case.expect is not Expect.REFUSED or neighbour_accepted(evidence):
        return
    bench = FindingBuilder(evidence, "broken-constraint")
    operation = evidence.operation
    allowed = operation.constraint_errors | _OF_CONSTRAINTS
    if evidence.case.clause.endswith(_FORM_CLAUSES):
        allowed |= _OF_FORM
    path = "errors/broken-constraint"
    disguised = (e for e in evidence.exchanges if error_in_disguise(evidence, e))
    # where a refusal is due, being sent elsewhere is none
    for exchange in (*refusals(evidence, least=300), *disguised):
        if _is_too_large(exchange):
            continue  # whoever reads so much before refusing it is no better
        named = evidence.error(exchange).type
        kind = documented_type(evidence, named) if named else None
        unknown = named is not None and kind is None and named not in _documented(operation)
        if unknown and operation.states_errors:
            continue  # said once, as undocumented
        due = operation.errors[kind] if kind else None
        fits = exchange.succeeded or due is None or exchange.status == due
        if not fits:
            continue  # said once, as a status that does not fit its type
        says_so = named is None or any(same_error(evidence, named, name) for name in allowed)
        if not operation.states_errors:
            says_so = named is None or _is_of_requests(operation, named, kind)
        if says_so and exchange.status == 400:
            yield from bench.passed(path)
        else:
            yield from bench.broken(
                path,
                expected=f"400 and {_due(operation, allowed)}",
                observed=summarize(evidence, exchange),
                exchange=exchange,
                level=_how_firmly(evidence, exchange),
            )


#: From so many bytes on a body or a URL may be refused for its size alone.
_LARGE_BODY, _LONG_URL = 32_768, 4_096


def _is_too_large(exchange: Exchange) -> bool:
    """Whether a large request is refused as such (RFC 9110 §15.5.14 and §15.5.15)."""
    body, url = len(exchange.request.body), len(exchange.request.url)
    return (exchange.status == 413 and body >= _LARGE_BODY) or (
        exchange.status == 414 and url >= _LONG_URL
    )


def _due(operation: Operation, allowed: Set[str]) -> str:
    """The types that a broken constraint is answered with, for people."""
    if not operation.states_errors:
        return "a type that speaks of the request"
    return " or ".join(sorted(allowed)) or "a documented type"


def _is_of_requests(operation: Operation, named: str, kind: str | None) -> bool:
    """Whether an error may be about what the request holds.

    A model does not state which of its errors is about what, nor name them all.
    """
    if kind in operation.faults or _ENDING.sub("", named) in _BESIDE_REQUESTS:
        return False
    return kind is not None or _SPEAKS_OF_REQUESTS.search(named) is not None


def _how_firmly(evidence: Evidence, exchange: Exchange) -> Level | None:
    """To the SDK an error told with success is a success: that is nobody's choice."""
    if exchange.succeeded:
        return Level.MUST
    return Level.SHOULD if _looked_up_first(evidence, exchange) else None
