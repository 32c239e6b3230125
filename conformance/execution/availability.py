"""How an operation stands on a target: there, absent, refused, silent, or not to be tried.

Absent is told from wrong by the manner in which an operation that cannot exist
is answered. Nothing here sends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from conformance.checks.evidence import readable_object
from conformance.protocols.http import Exchange, FailureKind
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation


class Status(StrEnum):
    """How an operation stands on a target."""

    IMPLEMENTED = "implemented"
    UNSUPPORTED = "unsupported"
    REFUSED = "credentials refused"
    UNANSWERED = "no answer"
    BROKEN = "no valid call accepted"
    UNKNOWN = "no valid call possible"


#: Stands in which nothing can be said of an operation, not even that it is there.
UNTOLD = frozenset({Status.REFUSED, Status.UNANSWERED, Status.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Whether an operation can be tried, the baseline chosen for it, and the reason if not."""

    status: Status
    reason: str = ""
    baseline: Mapping[str, Any] | None = None
    answer: Exchange | None = None
    probe: Exchange | None = None


def without_baseline(
    operation: Operation, probe: Exchange, answer: Exchange, tried: bool, lacking: str = ""
) -> Availability:
    """Why no valid call was accepted: the first reason that fits.

    ``tried`` says that a call of known values was made, ``lacking`` what was wanting for one.
    """
    lacking = lacking or _lacking(operation)
    status, reason = Status.BROKEN, "no valid call of this operation was accepted"
    both_silent = all(
        exchange.failure and exchange.failure.kind is FailureKind.TIMEOUT
        for exchange in (probe, answer)
    )
    if both_silent:
        status, reason = (
            Status.UNANSWERED,
            "the target accepts connections but does not answer",
        )
    elif answer.status in {401, 403}:
        status, reason = Status.REFUSED, f"credentials refused ({answer.status})"
    elif not tried and not operation.readonly and answer.status == 500:
        # whatever it is that fails: a call that changes things was made up of next to nothing
        status, reason = Status.UNKNOWN, "a made-up call of it is answered with 500"
    elif not tried and _knows_its_errors(operation, answer):
        status, reason = Status.UNKNOWN, lacking
    elif same_manner(operation, probe, answer) or _says_so(operation, answer):
        status = Status.UNSUPPORTED
        reason = "the operation is answered as one that does not exist"
        if answer.failure:
            reason = f"every request ends in this: {answer.failure}"
    elif not tried:
        status, reason = Status.UNKNOWN, lacking
    elif not operation.states_combinations and 400 <= (answer.status or 0) < 500:
        # nothing states what else a call has to hold, or what has to be there before
        assert answer.response is not None
        named = PROTOCOLS[operation.protocol].error(answer.response).type or "no error type"
        status = Status.UNKNOWN
        reason = f"no call that it would accept is known ({answer.status} {named})"
    return Availability(status=status, reason=reason, answer=answer, probe=probe)


def _lacking(operation: Operation) -> str:
    needed = next(iter(operation.resources or operation.required), "value")
    return (
        f"the target lists no {needed}; give one with --resource {operation.service}:{needed}=VALUE"
    )


def _knows_its_errors(operation: Operation, answer: Exchange) -> bool:
    """Whether a made-up call is answered with an error that only this service has.

    Some services answer so what does not exist at all: a bucket is missing either way.
    """
    if answer.response is None or answer.succeeded:
        return False
    return PROTOCOLS[operation.protocol].error(answer.response).type in operation.service_errors


#: Error types by which AWS and its emulators say that they know no such operation.
_NO_SUCH = frozenset(
    {
        "InvalidAction",
        "NotImplemented",
        "NotImplementedException",
        "UnknownOperation",
        "UnknownOperationException",
    }
)


def _says_so(operation: Operation, answer: Exchange) -> bool:
    """Whether an answer says in words that there is no such operation: 501, or a type for it."""
    if answer.response is None or answer.succeeded:
        return False
    named = PROTOCOLS[operation.protocol].error(answer.response).type
    return answer.status == 501 or named in _NO_SUCH


def manner(operation: Operation, exchange: Exchange) -> tuple[Any, ...]:
    """How an answer is given, whatever it says: its status, its form, its error type."""
    if exchange.response is None:
        assert exchange.failure is not None
        return ("failure", exchange.failure.kind)
    protocol = PROTOCOLS[operation.protocol]
    response = exchange.response
    envelope = protocol.error(response)
    try:
        body = protocol.output(operation, response)
    except ValueError:
        body = None
    shape = tuple(sorted(body)) if isinstance(body, dict) else type(body).__name__
    return (response.status, response.media_type, envelope.type, shape, not response.body)


def same_manner(operation: Operation, probe: Exchange, answer: Exchange) -> bool:
    """Whether an operation is answered just as one that cannot exist.

    An answer that is a success with the documented members is never such, even
    where the target gives it to everybody; one without them, where everything is
    answered with success, always is.
    """
    if answer.succeeded and _has_envelope(operation, answer):
        return False
    if answer.succeeded and probe.succeeded:
        return True
    return manner(operation, probe) == manner(operation, answer)


def _has_envelope(operation: Operation, exchange: Exchange) -> bool:
    protocol = PROTOCOLS[operation.protocol]
    body = readable_object(operation, protocol, exchange.response) or {}
    documented = operation.response["properties"]
    tokens = {operation.pagination.output_token} if operation.pagination else set()
    return any(isinstance(body.get(name), (dict, list)) for name in documented.keys() - tokens)
