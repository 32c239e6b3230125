"""Carrying out one case: its steps, what it leans on, and what a check may want to see of it."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from conformance.checks.evidence import Evidence
from conformance.execution.availability import UNTOLD, Status
from conformance.execution.recording_keys import case_scope
from conformance.execution.session import Resolved, SkipCase, TargetSession, Unanswered
from conformance.generation.plans import Case, Expect, Step, Walk
from conformance.protocols.http import Exchange
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation
from conformance.spec.rules import Found
from conformance.spec.validity import only_unspecified, violated_clauses


def carry_out(session: TargetSession, case: Case) -> Evidence:
    """What came of a case. Raises :class:`SkipCase` where the target does not allow it."""
    operation = session.operations[case.operation]
    session.availability(operation)
    with session.sender.scope(case_scope(operation, case)):
        return _carried_out(session, operation, case)


def _carried_out(session: TargetSession, operation: Operation, case: Case) -> Evidence:
    availability = session.availability(operation)
    if case.expect is Expect.IMPLEMENTED:
        if availability.answer is None or availability.status in UNTOLD:
            raise Unanswered(availability.reason)
        return _evidence(session, case, ((availability.answer,),), ())
    if availability.status not in {Status.IMPLEMENTED, Status.BROKEN}:
        raise Unanswered(availability.reason)
    valid_control = (
        session.remembered(operation, case.valid_control) if case.valid_control else None
    )
    invalid_control = (
        session.remembered(operation, case.invalid_control) if case.invalid_control else None
    )
    steps: list[tuple[Exchange, ...]] = []
    resolved: list[Resolved] = []
    reason: SkipCase | None = None
    for step in case.steps:
        try:
            exchanges, filled_in = _step(session, operation, step)
        except SkipCase as why:
            exchanges, filled_in, reason = (), Resolved(params={}), why
        steps.append(exchanges)
        resolved.append(filled_in)
    if reason is not None and not any(steps):
        raise reason
    return _evidence(session, case, tuple(steps), resolved, valid_control, invalid_control)


def _step(
    session: TargetSession, operation: Operation, step: Step
) -> tuple[tuple[Exchange, ...], Resolved]:
    if isinstance(step, Walk):
        return session.walk(operation, step)
    exchange, resolved = session.call(operation, step)
    return (exchange,), resolved


def _evidence(
    session: TargetSession,
    case: Case,
    steps: tuple[tuple[Exchange, ...], ...],
    resolved: Sequence[Resolved],
    valid_control: Exchange | None = None,
    invalid_control: Exchange | None = None,
) -> Evidence:
    operation = session.operations[case.operation]
    protocol = PROTOCOLS[operation.protocol]
    availability = session.availability(operation)
    implemented = availability.status is Status.IMPLEMENTED
    listing = session.listing(operation) if implemented and operation.pagination else None
    last = next(exchanges[-1] for exchanges in reversed(steps) if exchanges)
    read = protocol.members(operation, last.request)
    broken = violated_clauses(operation, read) if read is not None else ()
    found = case.expect is Expect.FOUND
    listed, identity = _listed(session, operation, case, resolved[-1]) if found else (None, None)
    return Evidence(
        operation=operation,
        protocol=protocol,
        case=case,
        steps=steps,
        valid_control=valid_control,
        invalid_control=invalid_control,
        probe=availability.probe,
        listing=listing,
        broken=broken,
        unpromised=only_unspecified(operation, broken),
        synthetic=tuple(one.synthetic for one in resolved),
        listed=listed,
        identity=identity,
    )


def _listed(
    session: TargetSession, operation: Operation, case: Case, resolved: Resolved
) -> tuple[Any, str | None]:
    """The item of the listing whose id a FOUND case asks for, and the member that names it.

    Of a modelled operation the listed value is all that is known of the item. What people
    give may be another name of it, and proves nothing.
    """
    rule = operation.rule(case.clause)
    if not isinstance(rule, Found):
        return None, None
    if rule.member is not None:
        given = session.is_given(operation, rule.member)
        return (None if given else {rule.member: resolved.params[rule.member]}), rule.member
    source = session.operations.get(rule.listing or "")
    if source is None or session.availability(source).status is not Status.IMPLEMENTED:
        return None, None
    wanted = set(resolved.params.values())
    for item in session.listing(source).items:
        identity = source.identity(item)
        if identity in wanted or unquote(identity) in wanted:
            return item, source.identified_by
    return None, None
