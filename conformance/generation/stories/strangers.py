"""What operations do where what they name does not exist."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from conformance.generation.stories.steps import made, places, seen, step, story
from conformance.generation.stories.story import TAGS, Kind, Story
from conformance.generation.stories.tagging import removed, written
from conformance.generation.stories.values import differing
from conformance.spec.lifecycles.lifecycle import Action, Lifecycle
from conformance.spec.operation import Operation

#: Error types of operations that look for what they name.
_NOT_FOUND = re.compile(r"NotFound|NoSuch|NotExist|NonExist|Unknown")


def of_stranger(operation: Operation, one: Lifecycle) -> Iterator[tuple[str, str]]:
    """The promise of an operation that names an error for what does not exist."""
    if any(stories_of(operation, one)):
        yield "unknown", "what does not exist is refused"


def stories_of(operation: Operation, one: Lifecycle) -> Iterator[Story]:
    """The story of an operation that is asked of what was made, then of what was not."""
    if not any(_NOT_FOUND.search(error) for error in operation.errors):
        return
    asked = _asked(operation, one)
    if asked is None:
        return
    action, values = asked
    known = step("known", action, **values)
    unknown = step("unknown", action, **values)
    if unknown is not None and action.bindings:
        steps = (made(one), seen(one), known, replace(unknown, strange=True))
        yield story(operation, one, "unknown", Kind.UNKNOWN, steps)


def _asked(operation: Operation, one: Lifecycle) -> tuple[Action, Mapping[str, Any]] | None:
    """What an operation does on a resource, with what it is given for that."""
    tagging = one.tagging
    if tagging and tagging.add and tagging.add.operation == operation.id:
        return tagging.add, {tagging.tags: written(tagging, TAGS)}
    if tagging and tagging.remove and tagging.remove.operation == operation.id:
        key = next(iter(TAGS))
        return tagging.remove, {tagging.keys: removed(operation, tagging, key)}
    for update in one.updates:
        if update.operation == operation.id:
            return update, _changing(operation, one, update)
    return None


def _changing(operation: Operation, one: Lifecycle, update: Action) -> Mapping[str, Any]:
    """The first member that an update can be given so that it shows."""
    for path in places(operation, one, update.given):
        member = path.split("/")[0]
        bound = any(binding.member == member for binding in update.bindings)
        for _, value, _ in () if bound else differing(operation, path, one.values):
            return {member: value}
    return {}
