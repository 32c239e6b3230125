"""Carrying out one case: its steps, what it leans on, and what a check may want to see of it."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from conformance.checks.evidence import Evidence
from conformance.execution.availability import UNTOLD, Stand
from conformance.execution.recording_keys import case_scope
from conformance.execution.session import Resolved, Trial, Unanswered, Unexercisable
from conformance.generation.plans import Case, Expect, Step, Walk
from conformance.protocols.http import Exchange
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation
from conformance.spec.validity import broken_clauses, unpromised


def carry_out(trial: Trial, case: Case) -> Evidence:
    """What came of a case. Raises :class:`Unexercisable` where the target does not allow it."""
    operation = trial.operations[case.operation]
    trial.standing(operation)
    with trial.sender.scope(case_scope(operation, case)):
        return _carried_out(trial, operation, case)


def _carried_out(trial: Trial, operation: Operation, case: Case) -> Evidence:
    standing = trial.standing(operation)
    if case.expect is Expect.IMPLEMENTED:
        if standing.answer is None or standing.stand in UNTOLD:
            raise Unanswered(standing.reason)
        return _evidence(trial, case, ((standing.answer,),), ())
    if standing.stand not in {Stand.IMPLEMENTED, Stand.BROKEN}:
        raise Unanswered(standing.reason)
    neighbour = trial.remembered(operation, case.neighbour) if case.neighbour else None
    opposite = trial.remembered(operation, case.opposite) if case.opposite else None
    steps: list[tuple[Exchange, ...]] = []
    resolved: list[Resolved] = []
    reason: Unexercisable | None = None
    for step in case.steps:
        try:
            exchanges, filled_in = _step(trial, operation, step)
        except Unexercisable as why:
            exchanges, filled_in, reason = (), Resolved(params={}), why
        steps.append(exchanges)
        resolved.append(filled_in)
    if reason is not None and not any(steps):
        raise reason
    return _evidence(trial, case, tuple(steps), resolved, neighbour, opposite)


def _step(trial: Trial, operation: Operation, step: Step) -> tuple[tuple[Exchange, ...], Resolved]:
    if isinstance(step, Walk):
        return trial.walk(operation, step)
    exchange, resolved = trial.call(operation, step)
    return (exchange,), resolved


def _evidence(
    trial: Trial,
    case: Case,
    steps: tuple[tuple[Exchange, ...], ...],
    resolved: Sequence[Resolved],
    neighbour: Exchange | None = None,
    opposite: Exchange | None = None,
) -> Evidence:
    operation = trial.operations[case.operation]
    protocol = PROTOCOLS[operation.protocol]
    standing = trial.standing(operation)
    implemented = standing.stand is Stand.IMPLEMENTED
    listing = trial.listing(operation) if implemented and operation.pagination else None
    last = next(exchanges[-1] for exchanges in reversed(steps) if exchanges)
    read = protocol.members(operation, last.request)
    broken = broken_clauses(operation, read) if read is not None else ()
    found = case.expect is Expect.FOUND
    listed, identity = _listed(trial, operation, case, resolved[-1]) if found else (None, None)
    return Evidence(
        operation=operation,
        protocol=protocol,
        case=case,
        steps=steps,
        neighbour=neighbour,
        opposite=opposite,
        probe=standing.probe,
        listing=listing,
        broken=broken,
        unpromised=unpromised(operation, broken),
        made_up=tuple(one.made_up for one in resolved),
        listed=listed,
        identity=identity,
    )


def _listed(
    trial: Trial, operation: Operation, case: Case, resolved: Resolved
) -> tuple[Any, str | None]:
    """The item of the listing whose id a FOUND case asks for, and the member that names it.

    Of a modelled operation the listed value is all that is known of the item. What people
    give may be another name of it, and proves nothing.
    """
    rule = operation.rule(case.clause)["found"]
    if named := rule.get("names"):
        given = trial.is_given(operation, named)
        return (None if given else {named: resolved.params[named]}), named
    source = trial.operations.get(rule["listing"])
    if source is None or trial.standing(source).stand is not Stand.IMPLEMENTED:
        return None, None
    wanted = set(resolved.params.values())
    for item in trial.listing(source).items:
        identity = source.identity(item)
        if identity in wanted or unquote(identity) in wanted:
            return item, source.identified_by
    return None, None
