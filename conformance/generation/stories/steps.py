"""Builds stories and their steps."""

from collections.abc import Mapping, Sequence
from typing import Any

from conformance.generation.plans import Edit
from conformance.generation.stories.story import Kind, Selector, Story, StoryStep
from conformance.spec.lifecycles.lifecycle import Action, Lifecycle
from conformance.spec.lifecycles.names import is_arn
from conformance.spec.operation import Operation


def story(
    operation: Operation,
    one: Lifecycle,
    path: str,
    kind: Kind,
    steps: Sequence[StoryStep | None],
    *,
    edge: str = "",
    subject: str = "",
    beside: Sequence[str] = (),
    selectors: Sequence[Selector] = (),
) -> Story:
    """A story of an operation; ``path`` and ``beside`` are clauses, below ``state``."""
    ending = f"{one.noun}-{edge}" if edge else one.noun
    return Story(
        id=f"{operation.id}/state/{path}/{ending}",
        operation=operation.id,
        clause=f"{operation.id}/state/{path}",
        title=f"{one.noun}: {path}{f', {edge}' if edge else ''}",
        kind=kind,
        lifecycle=one,
        steps=tuple(step for step in steps if step is not None),
        subject=subject,
        beside=tuple(f"{operation.id}/state/{name}" for name in beside),
        selectors=tuple(selectors),
    )


def made(
    one: Lifecycle,
    name: str = "made",
    /,  # members may be called so as well
    *,
    edits: Mapping[str, Edit] | None = None,
    **values: Any,
) -> StoryStep:
    """The step that makes a resource by the accepted call, with ``values`` or ``edits`` in it."""
    return StoryStep(
        name=name,
        operation=one.create.operation,
        base=True,
        set=values,
        edits=edits or {},
        makes=True,
        name_member="" if one.name is None or is_arn(one.name) else one.name,
    )


def step(
    name: str,
    action: Action | None,
    of: str = "made",
    /,  # members may be called so as well
    *,
    awaits: bool | None = None,
    **values: Any,
) -> StoryStep | None:
    """A step on what the step ``of`` made; ``None`` without an action."""
    if action is None:
        return None
    return StoryStep(
        name=name,
        operation=action.operation,
        bindings=action.bindings,
        of=of,
        set={**action.params, **values},
        awaits=awaits,
    )


def seen(one: Lifecycle, of: str = "made") -> StoryStep | None:
    """A look at a thing whose tags are asked for by what only the reader says of it."""
    tagging = one.tagging
    actions = (tagging.add, tagging.remove, tagging.listed) if tagging else ()
    bindings = [binding for action in actions if action for binding in action.bindings]
    if not any(binding.origin == "read" for binding in bindings):
        return None
    return step(seen_name(of), one.read, of, awaits=True)


def seen_name(of: str) -> str:
    """The name of the step that looks at what the step ``of`` made, before it is named."""
    return f"{of} seen"


def action_of(operation: Operation, one: Lifecycle) -> Action:
    """What an operation does on a resource."""
    return next(action for _, action in one.actions if action.operation == operation.id)


def verb(action: Action) -> str:
    """The name of an action's operation."""
    return action.operation.partition(":")[2]


def places(operation: Operation, one: Lifecycle, places: Mapping[str, str]) -> list[str]:
    """The paths of request members of which it is known where they are shown.

    What is in the address of the request says where the thing is, and need not be repeated.
    """
    known = [path for path in places if path in operation.request_paths]
    return [
        path
        for path in known
        if path == one.name or operation.members[path.split("/")[0]].get("location") != "path"
    ]
