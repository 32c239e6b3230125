"""Checks of every response: it comes, is no 5xx, can be read, and has the protocol's headers.

They judge whatever was requested, also where no content is specified. They know no member.
"""

import fnmatch
import re
from collections.abc import Iterator
from dataclasses import replace

from conformance.checks.evidence import VALID, Evidence
from conformance.checks.findings import Finding, FindingBuilder, control_refused, excerpt
from conformance.generation.plans import Expect
from conformance.protocols.http import Exchange, Failure, FailureKind, header

#: The characters that XML cannot hold, as they are or by number.
_CONTROL = re.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|&#(?:x0*1?[0-9a-f]|0*(?:[12]?[0-9]|3[01]));", re.I
)


def whole(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """Every request gets a complete response in time."""
    for exchange in evidence.exchanges:
        failure = exchange.failure
        yield from findings.judged(
            "protocol/answers",
            failure is None,
            reason=_proves_nothing(failure),
            observed=str(failure),
            exchange=exchange,
            cause=str(failure.kind) if failure else "",
        )


def _proves_nothing(failure: Failure | None) -> str | None:
    """Why a failure does not show that a response is missing or broken."""
    if failure is None or failure.kind not in {FailureKind.UNREACHABLE, FailureKind.UNJUDGED}:
        return None
    if failure.kind is FailureKind.UNREACHABLE:
        return f"the target is unreachable: {failure}"
    return f"the response is {failure}"


def no_server_error(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """No request, however unusual, causes a 5xx."""
    for exchange in evidence.exchanges:
        if exchange.status is None or _is_unimplemented_header(evidence, exchange):
            continue
        failed = exchange.status >= 500
        if not failed or not evidence.operation.observed.gave(
            evidence.error(exchange).type, exchange.status
        ):
            yield from findings.judged(
                "protocol/no-server-error",
                not failed,
                observed=str(exchange.status),
                exchange=exchange,
            )


def _is_unimplemented_header(evidence: Evidence, exchange: Exchange) -> bool:
    """Whether S3 refuses a header that asks for functionality which it does not have.

    It documents 501 NotImplemented for that; without such a header, 501 is a server error.
    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html.
    """
    operation = evidence.operation
    if exchange.status != 501 or operation.service != "s3":
        return False
    if evidence.error(exchange).type != "NotImplemented":
        return False
    places = {
        member.get("location")
        for name in exchange.params
        for member in [operation.members.get(name, {})]
        if name not in operation.required
    }
    return bool(places & {"header", "headers"})


def readable(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """The body of a success is one complete object in the protocol's format.

    Where nothing is specified, the body of any response is such an object or empty; where no
    member is in it, it is empty, or an object of JSON, whose members are always open.
    """
    valid = evidence.case.expect in VALID
    for exchange in evidence.exchanges:
        if exchange.status is None or exchange.status >= 500:
            continue
        if not exchange.succeeded and (valid or evidence.path == "protocol/wrong-content-type"):
            continue  # a body of another type may be refused before any protocol is spoken
        yield from findings.judged(
            "response/body" if valid else "protocol/readable",
            _is_readable(evidence, exchange),
            expected=evidence.protocol.response_format.body
            + ("" if exchange.succeeded else ", or no body"),
            observed=excerpt(exchange),
            exchange=exchange,
            cause="unreadable",
        )
        if exchange.succeeded and valid:
            yield from findings.judged(
                "response/no-body",
                _holds_nothing(evidence, exchange),
                observed=excerpt(exchange),
                exchange=exchange,
                cause="a body",
            )


def _holds_nothing(evidence: Evidence, exchange: Exchange) -> bool:
    assert exchange.response is not None
    typed = evidence.protocol.response_format.typed
    empty = not exchange.response.body.strip()
    return empty or (typed and evidence.body(exchange) is not None)


def _is_readable(evidence: Evidence, exchange: Exchange) -> bool:
    """Whether the body of a success is an object, or that of an error an object or empty.

    S3 repeats the control characters of a request, which XML cannot hold.
    """
    response = exchange.response
    if evidence.path.endswith("/control") and response is not None:
        plain = _CONTROL.sub(b"", response.body)
        textual = not evidence.protocol.response_format.typed
        if textual and plain != response.body:
            exchange = replace(exchange, response=replace(response, body=plain))
    if exchange.succeeded:
        return evidence.body(exchange) is not None
    return evidence.error(exchange).readable


def content_type(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """Every response has the protocol's Content-Type and the other headers that it requires."""
    typed = [("response/content-type", exchange) for exchange in evidence.successes]
    typed += [("errors/content-type", exchange) for exchange in _violations(evidence)]
    for path, exchange in typed:
        response = exchange.response
        assert response is not None
        right = evidence.protocol.is_media_type(evidence.operation, response)
        if right or response.body:
            yield from findings.judged(
                path,
                right,
                observed=response.header("content-type") or "no Content-Type",
                exchange=exchange,
            )
    for exchange in evidence.successes:
        yield from _accepted(exchange, findings)
    for name, value in evidence.protocol.headers.items():
        for exchange in (*evidence.successes, *_service_errors(evidence)):
            assert exchange.response is not None
            sent = exchange.response.header(name)
            yield from findings.judged(
                f"response/{name}",
                sent == value,
                observed=f"no {name}" if sent is None else f"{name}: {sent}",
                exchange=exchange,
            )


def _accepted(exchange: Exchange, findings: FindingBuilder) -> Iterator[Finding]:
    """Whether the type of a body is one that the request names; it may name none, or any.

    API Gateway sends what it exports as bytes of no type, whatever it was asked for.
    """
    response = exchange.response
    assert response is not None
    accept = header(exchange.request.headers, "accept") or ""
    ranges = [one.split(";")[0].strip().lower() for one in accept.split(",")]
    if not response.body or not accept.strip():
        return
    yield from findings.judged(
        "response/accepted-type",
        response.media_type.endswith("/octet-stream")
        or any(fnmatch.fnmatchcase(response.media_type, one) for one in ranges),
        expected=f"one of the types that the request accepts: {accept}",
        observed=response.header("content-type") or "no Content-Type",
        exchange=exchange,
    )


def _violations(evidence: Evidence) -> Iterator[Exchange]:
    """The service's own errors that report a violated constraint.

    Other errors may come from a gateway, which follows no protocol.
    """
    if evidence.case.expect is Expect.REFUSED and not control_refused(evidence):
        for exchange in evidence.refusals():
            if exchange.status == 400 and evidence.error(exchange).readable:
                yield exchange


def _service_errors(evidence: Evidence) -> Iterator[Exchange]:
    """The errors with a type in the protocol's format: from the service, not from a gateway."""
    for exchange in evidence.refusals():
        error = evidence.error(exchange)
        if error.readable and error.type and exchange.status not in {401, 403}:
            yield exchange


def request_id(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """Every response has a request id where the SDK looks for it."""
    for exchange in (*evidence.successes, *_service_errors(evidence)):
        response = exchange.response
        assert response is not None
        yield from findings.judged(
            "response/request-id",
            evidence.protocol.names_request(response),
            expected=f"a request id in {evidence.protocol.request_id_places}",
            observed=f"{response.status} without a request id",
            exchange=exchange,
            cause="none",
        )
