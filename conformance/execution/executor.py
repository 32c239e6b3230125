"""Carries out one case: its controls, its steps, and what else the checks need as evidence."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from conformance.checks.evidence import Evidence
from conformance.execution.availability import UNDECIDED, Availability, SkipCase, Status, Unanswered
from conformance.execution.discovery import Discovery
from conformance.execution.placeholders import Resolved
from conformance.execution.recording_keys import case_scope
from conformance.execution.session import TargetSession
from conformance.generation.plans import Call, Case, Expect, Step, Walk
from conformance.protocols.http import Exchange, header
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation
from conformance.spec.rules import Found
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
    valid_control = _control(session.discovery, operation, case.valid_control)
    invalid_control = _control(session.discovery, operation, case.invalid_control)
    steps = []
    resolved: list[Resolved] = []
    reason: SkipCase | None = None
    for step in case.steps:
        try:
            exchanges, filled_in = execute(session, operation, step)
        except SkipCase as why:
            exchanges, filled_in, reason = (), Resolved(params={}), why
        steps.append(exchanges)
        resolved.append(filled_in)
    if reason is not None and not any(steps):
        raise reason
    return _evidence(
        session.discovery,
        operation,
        availability,
        case,
        steps,
        resolved,
        valid_control,
        invalid_control,
    )


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


def execute(
    session: TargetSession, operation: Operation, step: Step
) -> tuple[tuple[Exchange, ...], Resolved]:
    """The exchanges of one step and the parameters that it was made with.

    Raises :class:`SkipCase` where the target does not allow it.
    """
    resolved = session.discovery.resolve(operation, step)
    if isinstance(step, Walk):
        sizes = session.discovery.sizes(operation, step)
        return session.caller.walk(operation, resolved.params, sizes, step.pages), resolved
    return (session.caller.call(operation, resolved.params, step.alteration),), resolved


def _evidence(
    discovery: Discovery,
    operation: Operation,
    availability: Availability,
    case: Case,
    steps: Sequence[tuple[Exchange, ...]],
    resolved: Sequence[Resolved],
    valid_control: Exchange | None = None,
    invalid_control: Exchange | None = None,
) -> Evidence:
    protocol = PROTOCOLS[operation.protocol]
    implemented = availability.status is Status.IMPLEMENTED
    listing = discovery.listing(operation) if implemented and operation.pagination else None
    last = next(exchanges[-1] for exchanges in reversed(steps) if exchanges)
    read = protocol.members(operation, last.request)
    broken = violated_clauses(operation, read) if read is not None else ()
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
        broken=broken,
        synthetic=tuple(one.synthetic for one in resolved),
        listed=listed,
        identity=identity,
    )


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
