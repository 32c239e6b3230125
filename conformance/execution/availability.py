"""Whether an operation can be tried on a target, and why not: the decision on its responses.

An unsupported operation is distinguished from a broken one by comparing its response with the
response to an operation that cannot exist. Nothing here sends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from conformance.checks.errors import COMMON
from conformance.checks.evidence import readable_object
from conformance.execution.alternatives import Instead
from conformance.protocols.base import ForeignBodyError
from conformance.protocols.http import Exchange, FailureKind
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation


class SkipCase(Exception):  # noqa: N818 - it is a reason, not an error
    """A case cannot be tried on this target; ``str()`` is the reason, for a finding.

    ``repeatable`` says that the reason lies in the target's data, and will be the same again.
    """

    repeatable = True


class Unanswered(SkipCase):
    """The target, or a recording of it, gave no response."""

    repeatable = False


class Status(StrEnum):
    """Whether an operation can be tried on a target."""

    IMPLEMENTED = "implemented"
    UNSUPPORTED = "unsupported"
    REFUSED = "credentials refused"
    UNANSWERED = "no answer"
    BROKEN = "no valid call accepted"
    UNKNOWN = "no valid call possible"


#: Statuses that leave open even whether the operation exists.
UNDECIDED = frozenset({Status.REFUSED, Status.UNANSWERED, Status.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Whether an operation can be tried, the baseline chosen for it, and the reason if not.

    ``answer`` is the response to the baseline, ``probe`` the one to an operation that cannot exist.
    ``refused_members`` are members whose place others have to take on this target.
    ``refused_default`` is the response to the baseline as the SDK sends it by default, where the
    target refuses that and accepts the same call without what the SDK adds to it.
    """

    status: Status
    reason: str = ""
    baseline: Mapping[str, Any] | None = None
    answer: Exchange | None = None
    probe: Exchange | None = None
    refused_default: Exchange | None = None
    refused_members: tuple[Instead, ...] = ()


def without_baseline(
    operation: Operation,
    probe: Exchange,
    answer: Exchange,
    tried: bool,
    missing: str = "",
    *,
    alike: bool = False,
) -> Availability:
    """The availability of an operation that accepted no baseline: the first reason that fits.

    ``tried`` says that a request with known values was sent, ``missing`` what there was no value
    for, ``alike`` that several well-formed requests were all answered as the probe was.
    """
    missing = missing or _missing(operation)
    status, reason = Status.BROKEN, "no valid request of this operation was accepted"
    gone = _gone(probe, answer)
    both_silent = all(
        exchange.failure and exchange.failure.kind is FailureKind.TIMEOUT
        for exchange in (probe, answer)
    )
    if both_silent:
        status, reason = (
            Status.UNANSWERED,
            "the target accepts connections but does not respond",
        )
    elif gone:
        status, reason = Status.UNANSWERED, gone
    elif answer.status in {401, 403}:
        status, reason = Status.REFUSED, f"credentials refused ({answer.status})"
    elif not tried and not operation.readonly and answer.status == 500:
        # the synthetic request lacks most of what a mutating operation needs
        status, reason = Status.UNKNOWN, "a synthetic request returned 500"
    elif not tried and _returns_own_error(operation, answer):
        status, reason = Status.UNKNOWN, missing
    elif says_unknown_operation(operation, answer) or is_absent(
        operation, probe, answer, valid=tried or alike
    ):
        status = Status.UNSUPPORTED
        reason = "the target responds as it does to an operation that does not exist"
        if answer.failure:
            reason = f"every request fails: {answer.failure}"
    elif not tried:
        status, reason = Status.UNKNOWN, missing
    elif not operation.states_combinations and 400 <= (answer.status or 0) < 500:
        # nothing states what else a request needs, or what has to exist before it
        assert answer.response is not None
        named = PROTOCOLS[operation.protocol].error(answer.response).type or "no error type"
        status = Status.UNKNOWN
        reason = f"no request is known that it accepts ({answer.status} {named})"
    return Availability(status=status, reason=reason, answer=answer, probe=probe)


def is_absent(
    operation: Operation, probe: Exchange, answer: Exchange, *, valid: bool = False
) -> bool:
    """Whether an operation responds as one that cannot exist, and that shows something.

    ``valid``: every request for it held values of the target, or there were several that differ
    and satisfy the model. A reading operation that gives all of them the very page that an unknown
    one gets is not there, or might as well not be.
    """
    if not same_kind(operation, probe, answer):
        return False
    failed = answer.response is not None and answer.response.status >= 500
    if valid and operation.readonly and failed and answer.response is not None:
        named = PROTOCOLS[operation.protocol].error(answer.response).type
        return named is None or not _likeness_proves_nothing(operation, answer)
    return not _likeness_proves_nothing(operation, answer)


#: Ways in which no response comes where the target is gone, or is no target.
_GONE = frozenset({FailureKind.UNREACHABLE, FailureKind.DROPPED, FailureKind.TLS})


def _gone(probe: Exchange, answer: Exchange) -> str:
    """Why neither response shows anything: the target is gone, or its response is not judged.

    A target that just ended drops connections.
    One dropped connection is the operation's own, where the target responds to another request.
    """
    failure = answer.failure
    if failure is not None and failure.kind is FailureKind.UNJUDGED:
        return f"its response to a valid request is {failure}"
    if failure is None or failure.kind not in _GONE:
        return ""
    if failure.kind is FailureKind.UNREACHABLE:
        return f"the target cannot be reached: {failure.detail}"
    if probe.failure is None or probe.failure.kind not in _GONE:
        return ""
    return f"the target gives no response to any request: {failure}"


def _likeness_proves_nothing(operation: Operation, answer: Exchange) -> bool:
    """Whether an operation may be there though it responds as one that cannot exist.

    It is, where it names an error of its own that is about more than the form of a request. A
    server that failed may have failed for the same reason or for another: then only a request
    that is valid beyond doubt shows more.
    """
    status = answer.status or 0
    if status >= 500:
        bare = operation.readonly and not operation.required
        return not (operation.states_combinations or bare)
    if answer.response is None or status < 400:
        return False
    named = PROTOCOLS[operation.protocol].error(answer.response).type
    own = operation.errors.keys() - operation.constraint_errors - operation.faults - COMMON
    return named in own


def _missing(operation: Operation) -> str:
    needed = next(iter(operation.resources or operation.required), "value")
    return (
        f"the target lists no {needed}; give one with --resource {operation.service}:{needed}=VALUE"
    )


def _returns_own_error(operation: Operation, answer: Exchange) -> bool:
    """Whether a synthetic request is refused with an error type that only this service has.

    Some services return it for unknown operations too: S3 reports a missing bucket either way.
    """
    if answer.response is None or answer.succeeded:
        return False
    return PROTOCOLS[operation.protocol].error(answer.response).type in operation.service_errors


#: Error types of AWS and its emulators for unknown operations.
_UNKNOWN_OPERATION = frozenset(
    {
        "InvalidAction",
        "NotImplemented",
        "NotImplementedException",
        "UnknownOperation",
        "UnknownOperationException",
    }
)


def says_unknown_operation(operation: Operation, answer: Exchange) -> bool:
    """Whether an error says that there is no such operation, by status 501 or by its type."""
    if answer.response is None or answer.succeeded:
        return False
    named = PROTOCOLS[operation.protocol].error(answer.response).type
    return answer.status == 501 or named in _UNKNOWN_OPERATION


def response_kind(operation: Operation, exchange: Exchange) -> tuple[Any, ...]:
    """The kind of a response, whatever its values: status, media type, error type, members."""
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


def same_kind(operation: Operation, probe: Exchange, answer: Exchange) -> bool:
    """Whether an operation's response is of the same kind as that to one that cannot exist.

    A success with documented members never is, even where the target returns it for every request.
    A success without them is, where every request succeeds. So is one whose body is of another
    operation, which the target takes the request for.
    """
    if _is_of_another(operation, answer):
        return True
    if answer.succeeded and _has_members(operation, answer):
        return False
    if answer.succeeded and probe.succeeded:
        return True
    return response_kind(operation, probe) == response_kind(operation, answer)


def _is_of_another(operation: Operation, answer: Exchange) -> bool:
    if answer.response is None or not answer.succeeded:
        return False
    try:
        PROTOCOLS[operation.protocol].output(operation, answer.response)
    except ForeignBodyError:
        return True
    except ValueError:
        pass
    return False


def _has_members(operation: Operation, exchange: Exchange) -> bool:
    protocol = PROTOCOLS[operation.protocol]
    body = readable_object(operation, protocol, exchange.response) or {}
    documented = operation.response["properties"]
    tokens = {operation.pagination.output_token} if operation.pagination else set()
    return any(isinstance(body.get(name), (dict, list)) for name in documented.keys() - tokens)
