"""Carries out one story: makes what it is about, takes its steps, and takes down what it made."""

import time
from collections.abc import Mapping
from typing import Any

from conformance.checks.stories import is_early
from conformance.checks.story_evidence import StoryEvidence, Taken
from conformance.execution.availability import SkipCase
from conformance.execution.session import TargetSession
from conformance.generation.plans import Call
from conformance.generation.stories import Story, StoryStep
from conformance.protocols.table import PROTOCOLS
from conformance.spec.lifecycles.lifecycle import Binding, UnnamedError, naming
from conformance.spec.operation import Operation, Params

#: What is not yet there, or still there, is looked for again after so many seconds.
_PATIENCE = (0.1, 0.3, 1.0)
#: A listing is followed over so many pages.
_PAGES = 50


def tell(session: TargetSession, operation: Operation, story: Story) -> StoryEvidence:
    """The evidence of a story. Raises :class:`SkipCase` where the thing cannot be made."""
    taken: dict[str, Taken] = {}
    try:
        for step in story.steps:
            try:
                taken[step.name] = _take(session, operation, story, step, taken)
            except SkipCase:
                if step.makes and not taken:
                    raise
                continue
            if step.makes and len(taken) == 1 and not taken[step.name].succeeded:
                answer = taken[step.name].answer
                raise SkipCase(f"the creation is answered with {answer}")
    finally:
        _take_down(session, story, taken)
    return StoryEvidence(operation=operation, case=story, taken=taken)


def _take(
    session: TargetSession,
    operation: Operation,
    story: Story,
    step: StoryStep,
    taken: Mapping[str, Taken],
) -> Taken:
    """Take one step, again and again where it awaits what has not come yet."""
    called = session.discovery.operations[step.operation]
    params = _params(session, called, step, taken)
    found = _once(session, called, step, params)
    for pause in _PATIENCE if step.awaits is not None else ():
        seen = {**taken, step.name: found}
        if not is_early(StoryEvidence(operation=operation, case=story, taken=seen), step.name):
            break
        if not session.sender.replays:  # a recording holds every look
            time.sleep(pause)
        found = _once(session, called, step, params)
    return found


def _once(
    session: TargetSession, operation: Operation, step: StoryStep, params: dict[str, Any]
) -> Taken:
    if operation.pagination is not None and not step.makes:
        exchanges = session.caller.walk(operation, params, [None], _PAGES)
    else:
        exchanges = (session.caller.call(operation, params),)
    return Taken(step=step, operation=operation, params=params, exchanges=exchanges)


def _params(
    session: TargetSession, operation: Operation, step: StoryStep, taken: Mapping[str, Taken]
) -> dict[str, Any]:
    if step.like:
        model = taken[step.like]
        params = {**model.params, **step.set}
        if step.token:
            sent = PROTOCOLS[operation.protocol].members(operation, model.last.request) or {}
            params[step.token] = sent.get(step.token)
        return params
    if step.base:
        call = Call(base=True, set=step.set, edits=step.edits)
        params = dict(session.discovery.resolve(operation, call).params)
        name, value = step.name_member, params.get(step.name_member)
        is_new = name in operation.resources and operation.resources[name].unique
        if isinstance(value, str) and not is_new and name not in step.set:
            params[name] = session.discovery.renamed(operation, name, value)
        return params
    bound = _bound(step.bindings, taken.get(step.of))
    beside = {
        name: value
        for name, value in _accepted(session, operation).items()
        if name in operation.required and name not in bound and name not in step.set
    }
    resolved = session.discovery.resolve(operation, Call(set=beside)).params if beside else {}
    return {**resolved, **step.set, **bound}


def _accepted(session: TargetSession, operation: Operation) -> Params:
    """The call of an operation that was accepted, if one is known already, else a plain one."""
    known = session.discovery.knowledge.availability.get(operation.id)
    if known is not None and known.baseline is not None:
        return known.baseline
    return operation.baselines[0].params if operation.baselines else {}


def _bound(bindings: tuple[Binding, ...], made: Taken | None) -> dict[str, Any]:
    """How a request names what was made. Raises :class:`SkipCase` where that is not known."""
    if made is None or not made.succeeded:
        raise SkipCase("what it is about was not made")
    try:
        return naming(bindings, made.params, made.body)
    except UnnamedError as path:
        raise SkipCase(f"the creation did not say its {path}") from path


def dispose(session: TargetSession, story: Story) -> None:
    """Delete what finding out about the creation made, once: the story makes its own things."""
    create = session.discovery.operations[story.lifecycle.create.operation]
    found = session.discovery.availability(create)
    if story.lifecycle.id in session.disposed or found.answer is None or found.baseline is None:
        return
    session.disposed.add(story.lifecycle.id)
    step = StoryStep(name="found", operation=create.id, base=True, makes=True)
    made = Taken(step=step, operation=create, params=found.baseline, exchanges=(found.answer,))
    _take_down(session, story, {"found": made})


def _take_down(session: TargetSession, story: Story, taken: Mapping[str, Taken]) -> None:
    """Delete everything that the story made and has not deleted."""
    action = story.lifecycle.delete
    if action is None:
        return
    deleted = [one.step.of for one in taken.values() if one.step.name == "deleted"]
    for name, made in taken.items():
        if made.step.makes and made.succeeded and name not in deleted:
            step = StoryStep(
                name="down",
                operation=action.operation,
                bindings=action.bindings,
                of=name,
                set=action.params,
            )
            try:
                deletion = session.discovery.operations[step.operation]
                _once(session, deletion, step, _params(session, deletion, step, taken))
            except SkipCase:
                continue
