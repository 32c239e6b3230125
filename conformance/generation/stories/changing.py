"""What a deletion and an update leave behind."""

from collections.abc import Iterator

from conformance.generation.stories.steps import made, places, step, story, verb
from conformance.generation.stories.story import Kind, Story
from conformance.generation.stories.values import differing
from conformance.spec.lifecycles.lifecycle import Action, Lifecycle
from conformance.spec.operation import Operation


def of_delete(operation: Operation, one: Lifecycle) -> Iterator[tuple[str, str]]:
    """The promises of a deletion."""
    if one.read or one.listing:
        yield "gone", "what was deleted is no longer shown as it was"
        yield "others-stay", "what was not deleted stays"


def of_update(operation: Operation, one: Lifecycle) -> Iterator[tuple[str, str]]:
    """The promises of an update."""
    action = _update(operation, one)
    if one.read:
        for path in places(operation, one, action.given):
            yield f"updated/{path}", f"{verb(one.read)} shows what {path} was given"


def _update(operation: Operation, one: Lifecycle) -> Action:
    return next(update for update in one.updates if update.operation == operation.id)


def deleting(operation: Operation, one: Lifecycle) -> Iterator[Story]:
    """The story of a deletion."""
    steps = (
        made(one),
        made(one, "other"),
        step("before", one.read, awaits=True),
        step("listed before", one.listing, awaits=True),
        step("deleted", one.delete),
        step("after", one.read, awaits=False),
        step("listed after", one.listing, awaits=False),
        step("other after", one.read, "other", awaits=True),
    )
    yield story(operation, one, "gone", Kind.GONE, steps, beside=["others-stay"])


def updating(operation: Operation, one: Lifecycle) -> Iterator[Story]:
    """The stories of an update."""
    action = _update(operation, one)
    if one.read is None:
        return
    for path in places(operation, one, action.given):
        member = path.split("/")[0]
        if any(binding.member == member for binding in action.bindings):
            continue
        for edge, value, _ in differing(operation, path, one.values):
            steps = (
                made(one),
                step("before", one.read, awaits=True),
                step("updated", action, **{member: value}),
                step("read", one.read, awaits=True),
            )
            yield story(
                operation, one, f"updated/{path}", Kind.UPDATED, steps, edge=edge, subject=path
            )
