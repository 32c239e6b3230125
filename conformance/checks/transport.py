"""Checks of the transport: answered, no 5xx, readable. They judge every exchange.

An operation that is there owes this whatever it is asked, also where nobody
promises what the answer says.
"""

from collections.abc import Iterator

from conformance.checks.evidence import Evidence
from conformance.checks.findings import Finding, FindingBuilder
from conformance.generation.plans import Expect
from conformance.protocols.http import Exchange, FailureKind

#: Asked of a path that is not the operation's: what answers there owes it nothing.
_ELSEWHERE = frozenset({Expect.CLIENT_ERROR})
#: Cases that are held against a success.
VALID = frozenset({Expect.ACCEPTED, Expect.FOUND, Expect.IMPLEMENTED})
#: Seen on AWS: authentication failures in XML.
_ANY_BODY = frozenset({Expect.CLIENT_ERROR, Expect.UNAUTHENTICATED})


def whole(evidence: Evidence) -> Iterator[Finding]:
    """Every request is answered, whole and in time."""
    bench = FindingBuilder(evidence, "whole")
    for exchange in evidence.exchanges:
        failure = exchange.failure
        if failure is None:
            yield from bench.passed("protocol/answers")
        elif failure.kind is FailureKind.UNREACHABLE:
            yield from bench.inconclusive("protocol/answers", f"the target is gone: {failure}")
        else:
            yield from bench.broken(
                "protocol/answers",
                observed=str(failure),
                exchange=exchange,
                cause=str(failure.kind),
            )


def no_server_error(evidence: Evidence) -> Iterator[Finding]:
    """No request, however odd, is answered with a 5xx."""
    if evidence.case.expect in _ELSEWHERE:
        return
    bench = FindingBuilder(evidence, "no-server-error")
    for exchange in evidence.exchanges:
        if exchange.status is None:
            continue
        if exchange.status >= 500:
            yield from bench.broken(
                "protocol/no-server-error",
                observed=str(exchange.status),
                exchange=exchange,
                cause=str(exchange.status),
            )
        else:
            yield from bench.passed("protocol/no-server-error")


def readable(evidence: Evidence) -> Iterator[Finding]:
    """A success holds one object in the protocol's form, whole and alone.

    Where nothing is promised any answer is one, or has no body. A path of the
    case's own making may be no operation's, and its answer of any form.
    """
    bench = FindingBuilder(evidence, "readable")
    for exchange in evidence.exchanges:
        path = _readability(evidence, exchange)
        if path is None:
            continue
        if readable_envelope(evidence, exchange):
            yield from bench.passed(path)
        else:
            yield from bench.broken(
                path,
                expected=evidence.protocol.response_format.body
                + ("" if exchange.succeeded else ", or no body"),
                observed=excerpt(exchange),
                exchange=exchange,
                cause="unreadable",
            )


def _readability(evidence: Evidence, exchange: Exchange) -> str | None:
    """The clause that an answer's being readable belongs to; ``None`` where others judge it."""
    expect = evidence.case.expect
    if exchange.status is None or exchange.status >= 500:
        return None
    if expect in VALID:
        return "response/body" if exchange.succeeded else None
    if expect is Expect.ANYTHING and not evidence.case.elsewhere:
        return "protocol/readable"
    return None


def readable_envelope(evidence: Evidence, exchange: Exchange) -> bool:
    """Whether a success holds an object, or an error an object or nothing."""
    if exchange.succeeded:
        return evidence.body(exchange) is not None
    return evidence.case.expect in _ANY_BODY or evidence.error(exchange).readable


def excerpt(exchange: Exchange, length: int = 80) -> str:
    """The beginning of a body, printable."""
    body = exchange.response.body if exchange.response else b""
    if not body:
        return "an empty body"
    text = body[:length].decode("utf-8", "backslashreplace")
    return repr(text) + (" …" if len(body) > length else "")
