"""Checks of whether a request was accepted or refused, as it had to be."""

from collections.abc import Iterator, Mapping

from conformance.checks.evidence import Evidence
from conformance.checks.findings import Finding, FindingBuilder, summarize
from conformance.checks.transport import VALID
from conformance.generation.plans import Expect
from conformance.protocols.base import Signing
from conformance.protocols.http import Exchange
from conformance.spec.levels import Level
from conformance.spec.rules import Accepts, Combine, Exclusive, Filter, Found, Unknown

#: Client errors that speak of something else than the request's parameters.
_BESIDE_THE_POINT = frozenset({401, 403, 404, 405, 429})
#: Parts whose clause an accepted request settles; filters and paging have checks of their own.
_SETTLED_BY_ACCEPTANCE = frozenset({"request", "rules", "protocol"})
_FAILED = "the target failed to answer; see its protocol clauses"


def neighbour_accepted(evidence: Evidence) -> str | None:
    """Why a refusal proves nothing: the valid neighbour was not accepted. ``None``: it was."""
    valid_control = evidence.valid_control
    if valid_control is None or valid_control.succeeded:
        return None
    return f"its valid neighbour was not accepted either ({summarize(evidence, valid_control)})"


def accepted(evidence: Evidence) -> Iterator[Finding]:
    """A valid request is answered with success."""
    if evidence.case.expect not in VALID:
        return
    bench = FindingBuilder(evidence, "accepted")
    path = evidence.path
    refused, synthetic = evidence.refused
    if _is_an_offer(evidence) and any(e.succeeded for e in evidence.exchanges):
        refused = None  # what is on offer differs: one accepted shows that such a request can be
    if refused is None:
        part = path.split("/", 1)[0]
        settles = part in _SETTLED_BY_ACCEPTANCE and not isinstance(
            evidence.rule, Filter | Exclusive | Combine | Found
        )
        if evidence.invalid_control is not None and evidence.invalid_control.succeeded:
            yield from bench.inconclusive(path, "the target accepts any value, documented or not")
        elif settles and all(evidence.body(e) is not None for e in _successes(evidence)):
            yield from bench.passed(path)
    elif refused.status is None or refused.status >= 500:
        yield from bench.inconclusive(path, _FAILED)
    elif synthetic:
        yield from bench.inconclusive(
            path, f"tried with a made-up value, answered {summarize(evidence, refused)}"
        )
    else:
        yield from bench.broken(
            path,
            expected=f"accepted with {evidence.operation.http.status}",
            observed=summarize(evidence, refused),
            exchange=refused,
            level=evidence.case.level,
        )


def _is_an_offer(evidence: Evidence) -> bool:
    """Whether a rule's requests are for what a search may or may not have.

    What the target itself lists it has: of that every request is accepted.
    """
    if not isinstance(evidence.rule, Accepts) or evidence.operation.is_account_listing:
        return False
    values = [value for step in evidence.case.steps for value in step.set.values()]
    return not any(isinstance(value, Mapping) for value in values)


def _successes(evidence: Evidence) -> Iterator[Exchange]:
    yield from (exchange for exchange in evidence.exchanges if exchange.succeeded)


def refused(evidence: Evidence) -> Iterator[Finding]:
    """A request that breaks a constraint is refused, where its valid neighbour is not."""
    if evidence.case.expect is not Expect.REFUSED:
        return
    bench = FindingBuilder(evidence, "refused")
    path = evidence.path
    exchange = evidence.last
    in_vain = neighbour_accepted(evidence)
    if path.startswith(("request", "rules")) and evidence.case.clause not in evidence.broken:
        yield from bench.inconclusive(path, "the request, as it was sent, does not break it")
    elif in_vain:
        yield from bench.inconclusive(path, in_vain)
    elif error_in_disguise(evidence, exchange):
        yield from bench.inconclusive(path, f"an error, told with status {exchange.status}")
    elif exchange.succeeded:
        yield from bench.broken(
            path,
            expected=f"refused with 400: {_promise(evidence)}",
            observed=f"accepted with {exchange.status}",
            exchange=exchange,
            level=evidence.case.level,
        )
    elif exchange.status is None or exchange.status >= 500:
        yield from bench.inconclusive(path, _FAILED)
    elif exchange.status < 400 or exchange.status in _BESIDE_THE_POINT:
        yield from bench.inconclusive(
            path, f"refused for another reason ({summarize(evidence, exchange)})"
        )
    else:
        yield from bench.passed(path)


def error_in_disguise(evidence: Evidence, exchange: Exchange) -> bool:
    """Whether an answer of status 2xx names an error and holds nothing that was asked for."""
    body = evidence.body(exchange) if exchange.succeeded else None
    if body is None or body.keys() & evidence.operation.response["properties"].keys():
        return False
    return evidence.error(exchange).type is not None


def _promise(evidence: Evidence) -> str:
    return evidence.case.title.rsplit(": ", 1)[0]


def unknown_resource(evidence: Evidence) -> Iterator[Finding]:
    """What does not exist is answered with the documented error."""
    rule = evidence.rule
    if evidence.case.expect is not Expect.UNKNOWN or not isinstance(rule, Unknown):
        return
    bench = FindingBuilder(evidence, "unknown-resource")
    path, exchange = evidence.path, evidence.last
    status, kind = rule.status, rule.error
    expected = f"{status} {kind}" if status else "a client error (4xx)"
    in_vain = neighbour_accepted(evidence)
    if in_vain:
        yield from bench.inconclusive(path, in_vain)
    elif exchange.status is None or exchange.status >= 500:
        yield from bench.inconclusive(path, _FAILED)
    elif exchange.succeeded and not _may_be_a_resource(evidence, exchange):
        yield from bench.inconclusive(path, f"{exchange.status}, and nothing of anybody's")
    elif exchange.status >= 400 and status in {None, exchange.status}:
        named = evidence.error(exchange).type
        if kind is None or named is None or same_error(evidence, named, kind):
            yield from bench.passed(path)
        else:
            yield from bench.broken(
                path,
                expected=expected,
                observed=summarize(evidence, exchange),
                exchange=exchange,
            )
    else:
        yield from bench.broken(
            path,
            expected=expected,
            observed=summarize(evidence, exchange),
            exchange=exchange,
            level=Level.SHOULD if exchange.status in rule.seen else None,
        )


def _may_be_a_resource(evidence: Evidence, exchange: Exchange) -> bool:
    """Whether a success holds what can be a resource; one without a body says so by its status."""
    if evidence.operation.states_presence or exchange.request.method == "HEAD":
        return True
    held = (evidence.body(exchange) or {}).values()
    return any(isinstance(value, (str, list, Mapping)) and value for value in held)


def same_error(evidence: Evidence, named: str, documented: str) -> bool:
    """Whether a name stands for a documented error type, short forms included."""
    shorts = evidence.operation.error_codes.get(documented, ())
    return named in {documented, *shorts, documented.removesuffix("Exception")}


def client_error(evidence: Evidence) -> Iterator[Finding]:
    """What names no operation is a client error, whatever its body."""
    if evidence.case.expect is not Expect.CLIENT_ERROR:
        return
    bench = FindingBuilder(evidence, "client-error")
    path, exchange = evidence.path, evidence.last
    in_vain = neighbour_accepted(evidence)
    if in_vain:
        yield from bench.inconclusive(path, in_vain)
    elif exchange.status is None:
        yield from bench.inconclusive(path, _FAILED)
    elif 400 <= exchange.status < 500:
        yield from bench.passed(path)
    else:
        yield from bench.broken(
            path,
            expected="a client error (4xx)",
            observed=str(exchange.status),
            exchange=exchange,
        )


#: Error types that say that a signature does not fit, whatever their status.
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
#: What is tolerated beside 401 and 403.
_ALSO_REFUSES: Mapping[Signing | None, frozenset[int]] = {
    Signing.INCOMPLETE: frozenset({400}),
    Signing.STALE_DATE: frozenset({400}),
}


def unauthenticated(evidence: Evidence) -> Iterator[Finding]:
    """A request whose signature does not fit is refused with 401 or 403."""
    if evidence.case.expect is not Expect.UNAUTHENTICATED:
        return
    bench = FindingBuilder(evidence, "unauthenticated")
    path, exchange = evidence.path, evidence.last
    in_vain = neighbour_accepted(evidence)
    tolerated = {401, 403} | _ALSO_REFUSES.get(evidence.case.signing, frozenset())
    if exchange.status == 400 and not evidence.operation.states_errors:
        # services that speak JSON or CBOR by remote procedure say so with 400
        tolerated |= {400} if evidence.error(exchange).type in _UNAUTHENTICATED else set()
    if in_vain:
        yield from bench.inconclusive(path, in_vain)
    elif exchange.status is None or exchange.status >= 500:
        yield from bench.inconclusive(path, _FAILED)
    elif exchange.status in tolerated:
        yield from bench.passed(path)
    else:
        yield from bench.broken(
            path,
            expected="refused with 401 or 403",
            observed=summarize(evidence, exchange),
            exchange=exchange,
        )


def anything(evidence: Evidence) -> Iterator[Finding]:
    """What nobody promises is recorded, never judged."""
    if evidence.case.expect is Expect.ANYTHING:
        bench = FindingBuilder(evidence, "anything")
        last = evidence.last
        yield from bench.observed(evidence.path, summarize(evidence, last), last)
