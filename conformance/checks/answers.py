"""Checks of whether a request was accepted or refused, as it has to be.

They judge the case's own clause by the status and the error type, and read no member.
"""

import re
from collections.abc import Iterator, Mapping

from conformance.checks.evidence import Evidence
from conformance.checks.findings import Finding, FindingBuilder, control_refused, summarize
from conformance.protocols.base import Signing
from conformance.protocols.http import Exchange, FailureKind
from conformance.spec.levels import Level
from conformance.spec.rules import Accepts, Combine, Exclusive, Filter, Found, Selects, Unknown

#: Client errors that are not about the request's parameters.
_BESIDE_THE_POINT = frozenset({401, 403, 404, 405, 429})
#: Codes of refused entries that are not about what an entry holds.
_NOT_ABOUT_ENTRIES = re.compile(
    r"Internal|Unavailable|Thrott|Throughput|SlowDown|TimedOut|Timeout|AccessDenied|Unauthorized"
)
#: Parts whose clause an accepted request settles; filters and paging have checks of their own.
_SETTLED_BY_ACCEPTANCE = frozenset({"request", "rules", "protocol"})


def accepted(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """A valid request succeeds."""
    path = evidence.path
    refused, synthetic = evidence.refused
    if _is_an_offer(evidence) and any(e.succeeded for e in evidence.exchanges):
        refused = None  # offers differ: one accepted request shows that such a request can be
    if refused is None:
        settles = path.split("/", 1)[0] in _SETTLED_BY_ACCEPTANCE and not isinstance(
            evidence.rule, Filter | Exclusive | Combine | Found | Selects
        )
        entries = (evidence.refused_entries(one) for one in evidence.successes)
        if why := next((str(one) for one in entries if one), None):
            yield from findings.inconclusive(path, f"accepted, with {why}")
        elif _accepts(evidence, evidence.invalid_control):
            yield from findings.inconclusive(path, "the target accepts an invalid value as well")
        elif settles and all(evidence.body(one) is not None for one in evidence.successes):
            yield from findings.passed(path)
        return
    summary = summarize(evidence, refused)
    judged = (evidence.case.level or Level.MUST) is not Level.OBSERVE  # else there is no doubt
    doubt = synthetic and judged and f"tested with a synthetic value, the response is {summary}"
    # the same call was accepted without what the SDK adds: that is why this one failed
    failed = None if path == "protocol/sdk-defaults" else server_failed(refused)
    yield from findings.judged(
        path,
        False,
        reason=failed or doubt or evidence.changed or None,
        expected=f"accepted with {evidence.operation.http.status}",
        observed=summary,
        exchange=refused,
        level=evidence.case.level,
    )


def _is_an_offer(evidence: Evidence) -> bool:
    """Whether a rule's requests are for what a search may or may not have on offer.

    What the target itself lists, it has: every request for it is accepted.
    """
    if not isinstance(evidence.rule, Accepts) or evidence.operation.is_account_listing:
        return False
    values = [value for step in evidence.case.steps for value in step.set.values()]
    return not any(isinstance(value, Mapping) for value in values)


def _accepts(evidence: Evidence, control: Exchange | None) -> bool:
    """Whether a control is accepted, each of its entries included."""
    return control is not None and control.succeeded and not evidence.refused_entries(control)


def server_failed(exchange: Exchange) -> str | None:
    """Why a response settles nothing: it is none, or a server error."""
    if exchange.status is not None and exchange.status < 500:
        return None
    failure = exchange.failure
    if failure is not None and failure.kind is FailureKind.UNJUDGED:
        return f"the response is {failure}"
    return "the target failed; see its protocol clauses"


def refused(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """A request that violates a constraint is refused, and its valid control is not."""
    exchange = evidence.last
    yield from findings.judged(
        evidence.path,
        not exchange.succeeded or evidence.refused_entries(exchange) is not None,
        reason=_kept(evidence)
        or control_refused(evidence)
        or _other_reason(evidence, exchange)
        or _another_operation(evidence, exchange)
        or server_failed(exchange),
        expected=f"refused with 400: {_promise(evidence)}",
        observed=f"accepted with {exchange.status}",
        exchange=exchange,
        level=evidence.case.level,
    )


def _kept(evidence: Evidence) -> str | None:
    """Why a request shows nothing: as it was sent, it violates nothing."""
    constrains = evidence.path.startswith(("request", "rules"))
    if not constrains or evidence.case.clause in evidence.broken:
        return None
    return "the request as sent does not violate it"


def _other_reason(evidence: Evidence, exchange: Exchange) -> str | None:
    """Why a refusal shows nothing: it is one in disguise, or not about the parameters."""
    if error_in_disguise(evidence, exchange):
        return f"error payload with status {exchange.status}"
    if entries := evidence.refused_entries(exchange):
        about_it = any(not _NOT_ABOUT_ENTRIES.search(code) for code in entries.codes)
        return None if about_it else f"refused for another reason ({summarize(evidence, exchange)})"
    if exchange.succeeded or exchange.status is None:
        return None
    if (
        exchange.status < 400
        or exchange.status in _BESIDE_THE_POINT
        or looks_up(evidence, exchange)
    ):
        return f"refused for another reason ({summarize(evidence, exchange)})"
    return None


#: Locations of members that say, with the method, which operation a request is for.
_ROUTING = frozenset({"path", "query", "querymap", "header"})


def _another_operation(evidence: Evidence, exchange: Exchange) -> str | None:
    """Why an acceptance shows nothing: without the member, the request is another operation's.

    Where an operation is chosen by path, query and headers, another one may take the request, and
    answers it rightly: its success looks different from that of the valid control. Where the URL
    says so, that is so unless the root of its XML is still that of this operation.
    """
    operation = evidence.operation
    constrained = evidence.path.split("/")[1] if evidence.path.startswith("request/") else ""
    location = operation.members.get(constrained, {}).get("location")
    if not exchange.succeeded or location not in _ROUTING or exchange.response is None:
        return None
    control = evidence.valid_control
    form = _look(evidence, exchange)
    if control is not None and control.succeeded and _look(evidence, control) != form:
        return "accepted as another operation: the response is of another form"
    if evidence.asks_for is not None and not form[0]:
        return f"the request as sent is one of {operation.service}:{evidence.asks_for}"
    return None


def _look(evidence: Evidence, exchange: Exchange) -> tuple[str, bool]:
    """The form of a success: the root of its XML, and whether only strange members are in it."""
    assert exchange.response is not None
    body = exchange.response.body
    root = _ROOT.search(body[:2000]) if body.lstrip()[:1] == b"<" else None
    members = evidence.body(exchange) or {}
    strange = bool(members) and not members.keys() & evidence.operation.response["properties"]
    return (root[1].decode("ascii", "replace") if root else "", strange)


#: The name of the outermost element.
_ROOT = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")


#: Error types of a lookup: what a request names is not there, or is not the caller's.
_OF_LOOKUPS = re.compile(
    r"NotFound|NoSuch|Non?Exist|NotExist|AccessDenied|Unauthorized|NotAuthorized|Forbidden"
)


def looks_up(evidence: Evidence, exchange: Exchange) -> bool:
    """Whether an error is that of a lookup, whatever its status: RPC services answer 400 to all."""
    if exchange.response is None or exchange.succeeded:
        return False
    named = evidence.error(exchange).type
    return named is not None and _OF_LOOKUPS.search(named) is not None


def error_in_disguise(evidence: Evidence, exchange: Exchange) -> bool:
    """Whether a response with status 2xx names an error and has no documented member."""
    body = evidence.body(exchange) if exchange.succeeded else None
    if body is None or body.keys() & evidence.operation.response["properties"].keys():
        return False
    return evidence.error(exchange).type is not None


def _promise(evidence: Evidence) -> str:
    return evidence.case.title.rsplit(": ", 1)[0]


def unknown_resource(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """A request for a resource that does not exist gets the documented error, or AWS's own."""
    exchange = evidence.last
    rule = evidence.rule
    assert isinstance(rule, Unknown)
    status, kind = rule.status, rule.error
    entries = evidence.refused_entries(exchange) is not None
    empty = exchange.succeeded and (entries or not _may_be_a_resource(evidence))
    right = (exchange.status or 0) >= 400 and status in {None, exchange.status}
    seen = not right and exchange.status in rule.seen
    yield from findings.judged(
        evidence.path,
        _as_aws(evidence, exchange)
        or (right and (kind is None or _names(evidence, exchange, kind))),
        reason=control_refused(evidence)
        or server_failed(exchange)
        or (f"{exchange.status} without resource data" if empty else None),
        expected=f"{status} {kind}" if status else "a client error (4xx)",
        observed=summarize(evidence, exchange),
        exchange=exchange,
        level=Level.SHOULD if seen else None,
    )
    named = _error_names(evidence, exchange)
    if named and exchange.status in range(400, 500) and not _of_caller(exchange):
        known = evidence.operation.observed.absent
        yield from findings.judged(
            "errors/unknown",
            _as_aws(evidence, exchange)
            or any(same_error(evidence, name, one) for name in named for one in known),
            reason=control_refused(evidence),
            observed=summarize(evidence, exchange),
            exchange=exchange,
        )


def _of_caller(exchange: Exchange) -> bool:
    """Whether a refusal is about the caller, or the moment: it says nothing of what exists."""
    return exchange.status in _BESIDE_THE_POINT - {404}


def _as_aws(evidence: Evidence, exchange: Exchange) -> bool:
    """Whether AWS was seen to refuse a request of the operation in just this way."""
    if exchange.status is None or exchange.succeeded:
        return False
    named: list[str | None] = [*_error_names(evidence, exchange)] or [None]
    return any(evidence.operation.observed.gave(one, exchange.status) for one in named)


def _error_names(evidence: Evidence, exchange: Exchange) -> list[str]:
    """The names that an error has: its type, and the code of a service that left query."""
    if exchange.response is None:
        return []
    return list(dict.fromkeys(name for _, name in evidence.error(exchange).types))


def _may_be_a_resource(evidence: Evidence) -> bool:
    """Whether a success may be a resource; to HEAD, the status alone says that."""
    exchange = evidence.last
    if evidence.operation.states_presence or exchange.request.method == "HEAD":
        return True
    values = (evidence.body(exchange) or {}).values()
    return any(isinstance(value, (str, list, Mapping)) and value for value in values)


def _names(evidence: Evidence, exchange: Exchange, kind: str) -> bool:
    """Whether a response names that error, or none at all."""
    named = evidence.error(exchange).type
    return named is None or same_error(evidence, named, kind)


def same_error(evidence: Evidence, named: str, documented: str) -> bool:
    """Whether a name stands for a documented error type, short forms included."""
    shorts = evidence.operation.error_codes.get(documented, ())
    return named in {documented, *shorts, documented.removesuffix("Exception")}


def client_error(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """A request that names no operation gets a client error, with any body."""
    exchange = evidence.last
    yield from findings.judged(
        evidence.path,
        exchange.status is not None and 400 <= exchange.status < 500,
        reason=control_refused(evidence)
        or (server_failed(exchange) if exchange.status is None else None),
        expected="a client error (4xx)",
        observed=str(exchange.status),
        exchange=exchange,
    )


#: Error types that say that a signature does not match, whatever their status.
_UNAUTHENTICATED = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
#: Statuses tolerated beside 401 and 403.
_ALSO_REFUSES: Mapping[Signing | None, frozenset[int]] = {
    Signing.INCOMPLETE: frozenset({400}),
    Signing.STALE_DATE: frozenset({400}),
}


def unauthenticated(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """A request whose signature does not match is refused with 401 or 403."""
    exchange = evidence.last
    tolerated = {401, 403} | _ALSO_REFUSES.get(evidence.case.signing, frozenset())
    if exchange.status == 400 and not evidence.operation.states_errors:
        # services with JSON or CBOR RPC protocols say so with 400
        tolerated |= {400} if evidence.error(exchange).type in _UNAUTHENTICATED else set()
    yield from findings.judged(
        evidence.path,
        exchange.status in tolerated,
        reason=control_refused(evidence) or server_failed(exchange),
        expected="refused with 401 or 403",
        observed=summarize(evidence, exchange),
        exchange=exchange,
    )


def anything(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """Unspecified behaviour is recorded and never judged."""
    yield from findings.observed(evidence.path, summarize(evidence, evidence.last), evidence.last)
