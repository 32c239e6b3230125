"""Carries out one case: its controls, its steps, and what else the checks need as evidence."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from conformance.checks.evidence import Evidence
from conformance.execution.alternatives import on_accepted
from conformance.execution.availability import UNDECIDED, Availability, SkipCase, Status, Unanswered
from conformance.execution.discovery import Discovery
from conformance.execution.placeholders import Resolved
from conformance.execution.recording_keys import case_scope
from conformance.execution.session import TargetSession
from conformance.generation.plans import Call, Case, Expect, Step, Walk
from conformance.protocols.base import WireProtocol
from conformance.protocols.http import Exchange, header
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation, Params
from conformance.spec.rules import Found
from conformance.spec.sdk_models.routes import asked_for
from conformance.spec.validity import violated_clauses

#: Headers of which the SDK adds one or more to a request by default.
_ADDED = ("x-amz-checksum-crc32", "x-amz-checksum-mode", "x-amz-trailer")


def carry_out(session: TargetSession, operation: Operation, case: Case) -> Evidence:
    """The evidence of a case. Raises :class:`SkipCase` where the target does not allow it."""
    availability = session.discovery.availability(operation)
    with session.caller.sender.scope(lambda: case_scope(operation, case)):
        return _carry_out(session, operation, availability, case)


def _carry_out(
    session: TargetSession, operation: Operation, availability: Availability, case: Case
) -> Evidence:
    if case.expect is Expect.IMPLEMENTED:
        steps: list[tuple[Exchange, ...]] = [(_baseline_answer(availability, case),)]
        return _evidence(session.discovery, operation, availability, case, steps, ())
    if availability.status not in {Status.IMPLEMENTED, Status.BROKEN}:
        raise Unanswered(availability.reason)
    case = on_accepted(
        operation,
        case,
        availability.refused_members,
        lambda name: session.discovery.values(operation, name),
    )
    if case.expect is Expect.GONE:
        return _deleted_twice(session, operation, availability, case)
    valid_control = _control(session.discovery, operation, case.valid_control)
    base: Params | None = None
    if (other := _in_company(session.discovery, operation, case, valid_control)) is not None:
        base, valid_control = other
    invalid_control = _control(session.discovery, operation, case.invalid_control)
    steps = []
    resolved: list[Resolved] = []
    reason: SkipCase | None = None
    for step in case.steps:
        try:
            exchanges, filled_in = execute(session, operation, step, base)
        except SkipCase as why:
            exchanges, filled_in, reason = (), Resolved(params={}), why
        steps.append(exchanges)
        resolved.append(filled_in)
    if reason is not None and not any(steps):
        raise reason
    changed = ""
    if case.expect is Expect.ACCEPTED and availability.baseline is not None:
        changed = _tried_again(session, operation, case, steps)
    return _evidence(
        session.discovery,
        operation,
        availability,
        case,
        steps,
        resolved,
        valid_control,
        invalid_control,
        changed=changed,
        asks_for=_asks_for(session, operation, case, steps, valid_control),
    )


def _tried_again(
    session: TargetSession, operation: Operation, case: Case, steps: list[tuple[Exchange, ...]]
) -> str:
    """Why the refusal of a valid request shows nothing, if it may come of an earlier call.

    A call that changes things may be accepted once: what it deleted is gone, what it created is
    there, what it enabled is enabled. So the baseline is sent again. Where that is refused by
    now, nothing follows; where it is accepted, the request is sent once more, and its second
    response counts.
    """
    if operation.readonly:
        return ""
    for number, step in enumerate(case.steps):
        if not isinstance(step, Call) or not _is_refused(steps[number]):
            continue
        try:
            (again,), _ = execute(session, operation, Call(base=True))
            if _is_refused((again,)):
                return f"the baseline is refused by now as well, with {again.status}: {_CHANGED}"
            steps[number], _ = execute(session, operation, step)
        except SkipCase as reason:
            return f"{reason}: {_CHANGED}"
    return ""


#: What a changing call that is accepted but once is refused for.
_CHANGED = "an earlier call may have changed what it needs"


def _is_refused(exchanges: tuple[Exchange, ...]) -> bool:
    """Whether the last of some responses is a client error."""
    return bool(exchanges) and 400 <= (exchanges[-1].status or 0) < 500


def _asks_for(
    session: TargetSession,
    operation: Operation,
    case: Case,
    steps: Sequence[tuple[Exchange, ...]],
    control: Exchange | None,
) -> str | None:
    """The operation that a request as sent asks for, where its method and URL say so.

    Nothing, where they do not say it of the valid control: then the target has an address that
    the model does not describe.
    """
    by_path = PROTOCOLS[operation.protocol].addressing.by_path
    if case.expect is not Expect.REFUSED or control is None or not by_path:
        return None
    sent = next(exchanges[-1] for exchanges in reversed(steps) if exchanges)
    base = urlsplit(session.sender.endpoint.url or "").path.rstrip("/")
    valid, found = (_named(operation, one, base) for one in (control, sent))
    if operation.name not in valid or operation.name in found:
        return None
    return min(found, default=None)


def _named(operation: Operation, exchange: Exchange, base: str) -> frozenset[str]:
    request = exchange.request
    parts = urlsplit(request.url)
    path = parts.path.removeprefix(base) or "/"
    query = parse_qsl(parts.query, keep_blank_values=True)
    return asked_for(operation.service, request.method, path, query, request.headers)


def _deleted_twice(
    session: TargetSession, operation: Operation, availability: Availability, case: Case
) -> Evidence:
    """The evidence of a deletion that is made twice, with what is listed before and after.

    Without a thing of its own the first deletion is that of the baseline, which is over.
    """
    discovery = session.discovery
    resolved = discovery.resolve(operation, case.steps[0])
    params = resolved.params
    before = discovery.remaining(operation, params)
    first = discovery.call(operation, params)
    baseline = availability.answer
    if _is_refused((first,)) and baseline is not None and params == availability.baseline:
        steps = [(baseline,), (first,)]
    else:
        steps = [(first,), (discovery.call(operation, params),)]
    after = discovery.remaining(operation, params)
    for _ in range(_LOOKS):
        if before is None or before != after or session.sender.replays:
            break
        time.sleep(_LOOK)
        after = discovery.remaining(operation, params)
    evidence = _evidence(discovery, operation, availability, case, steps, [resolved, resolved])
    return replace(evidence, remaining=(before, after))


#: How often, and after how many seconds, a listing is asked again for what was deleted.
_LOOKS, _LOOK = 3, 0.5


def _baseline_answer(availability: Availability, case: Case) -> Exchange:
    """The response to the baseline that a case is about.

    Raises :class:`SkipCase` where there is none, or where it shows nothing of what the case is
    about.
    """
    answer = availability.answer
    if answer is None or availability.status in UNDECIDED:
        raise Unanswered(availability.reason or "no request was sent")
    if not case.clause.endswith("/protocol/sdk-defaults"):
        return answer
    if availability.status is not Status.IMPLEMENTED:
        raise Unanswered(availability.reason)
    answer = availability.refused_default or answer
    if not any(header(answer.request.headers, name) for name in _ADDED):
        raise SkipCase("the SDK adds nothing to the valid request of this operation")
    return answer


def _control(discovery: Discovery, operation: Operation, call: Call | None) -> Exchange | None:
    return None if call is None else discovery.control(operation, call)


def _in_company(
    discovery: Discovery, operation: Operation, case: Case, control: Exchange | None
) -> tuple[Params, Exchange] | None:
    """The accepted call to build a case on whose control is refused: some members go with others.

    ``None`` where the control will do, or no such call is known.
    """
    call = case.valid_control
    if control is None or call is None or not call.base or not call.set:
        return None
    if control.succeeded or control.status is None:
        return None
    return discovery.accepted_with(operation, frozenset(call.set))


def execute(
    session: TargetSession, operation: Operation, step: Step, base: Params | None = None
) -> tuple[tuple[Exchange, ...], Resolved]:
    """The exchanges of one step and the parameters that it was made with.

    ``base`` is what a step builds on in place of the baseline.
    Raises :class:`SkipCase` where the target does not allow it.
    """
    resolved = session.discovery.resolve(operation, step, base)
    if isinstance(step, Walk):
        sizes = session.discovery.sizes(operation, step)
        return session.caller.walk(operation, resolved.params, sizes, step.pages), resolved
    return (session.discovery.call(operation, resolved.params, step.alteration),), resolved


def _evidence(
    discovery: Discovery,
    operation: Operation,
    availability: Availability,
    case: Case,
    steps: Sequence[tuple[Exchange, ...]],
    resolved: Sequence[Resolved],
    valid_control: Exchange | None = None,
    invalid_control: Exchange | None = None,
    *,
    changed: str = "",
    asks_for: str | None = None,
) -> Evidence:
    protocol = PROTOCOLS[operation.protocol]
    implemented = availability.status is Status.IMPLEMENTED
    listing = discovery.listing(operation) if implemented and operation.pagination else None
    found = case.expect is Expect.FOUND
    listed, identity = _listed(discovery, operation, case, resolved[-1]) if found else (None, None)
    return Evidence(
        operation=operation,
        protocol=protocol,
        case=case,
        steps=tuple(steps),
        valid_control=valid_control,
        invalid_control=invalid_control,
        listing=listing,
        broken=_broken(operation, protocol, steps) if case.expect is Expect.REFUSED else (),
        synthetic=tuple(one.synthetic for one in resolved),
        listed=listed,
        identity=identity,
        changed=changed,
        asks_for=asks_for,
    )


def _broken(
    operation: Operation, protocol: WireProtocol, steps: Sequence[tuple[Exchange, ...]]
) -> tuple[str, ...]:
    """The clauses that the last request violates, as it was sent."""
    last = next(exchanges[-1] for exchanges in reversed(steps) if exchanges)
    read = protocol.members(operation, last.request)
    return () if read is None else violated_clauses(operation, read)


def _listed(
    discovery: Discovery, operation: Operation, case: Case, resolved: Resolved
) -> tuple[Any, str | None]:
    """The listed item whose id a FOUND case asks for, and the member that names it.

    Of a modelled operation only the listed value itself is known. A value that the user gave may
    be another name of the item, and proves nothing.
    """
    rule = operation.rule(case.clause)
    if not isinstance(rule, Found):
        return None, None
    if rule.member is not None:
        given = discovery.is_given(operation, rule.member)
        return (None if given else {rule.member: resolved.params[rule.member]}), rule.member
    source = discovery.operations.get(rule.listing or "")
    if source is None or discovery.availability(source).status is not Status.IMPLEMENTED:
        return None, None
    wanted = set(resolved.params.values())
    for item in discovery.listing(source).items:
        identity = source.identity(item)
        if identity in wanted or unquote(identity) in wanted:
            return item, source.identified_by
    return None, None
