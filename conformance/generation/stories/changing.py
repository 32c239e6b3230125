"""What a deletion and an update leave behind."""

import re
from collections.abc import Iterator
from typing import Any

from conformance.generation.stories.steps import made, places, step, story, verb
from conformance.generation.stories.story import Kind, Story
from conformance.generation.stories.values import differing, telling
from conformance.spec.lifecycles.lifecycle import Action, Lifecycle
from conformance.spec.lifecycles.names import folded
from conformance.spec.operation import Operation, Schema
from conformance.spec.values import documented_values


def of_delete(operation: Operation, one: Lifecycle) -> Iterator[tuple[str, str]]:
    """The promises of a deletion."""
    if one.read or one.listing:
        yield "gone", "what was deleted is no longer shown as it was"
        yield "others-stay", "what was not deleted stays"
    if operation.idempotent:
        yield "repeated", "deleting it once more succeeds: its documentation calls it idempotent"


def of_update(operation: Operation, one: Lifecycle) -> Iterator[tuple[str, str]]:
    """The promises of an update."""
    action = _update(operation, one)
    if one.read:
        for path in _set(operation, one, action):
            yield f"updated/{path}", f"{verb(one.read)} shows what {path} was given"
    if _keeping(operation, one):
        yield "kept", "what it was not given stays as it was"


def _update(operation: Operation, one: Lifecycle) -> Action:
    return next(update for update in one.updates if update.operation == operation.id)


#: How members end that say which version of a thing an update is of, and how they may begin.
_VERSION = r"(version|versionid|revision|revisionid|locktoken|etag)"
_NOW = r"(current|expected)?"


def _set(operation: Operation, one: Lifecycle, action: Action) -> list[str]:
    """The paths of members that an update sets: for another version of the thing it is refused."""
    version = re.compile(f"{_NOW}({re.escape(folded(one.noun))})?{_VERSION}")
    given = one.read.places if one.read else {}
    return [
        path
        for path in places(operation, one, action.given)
        if path in given or not version.fullmatch(folded(path))
    ]


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
        step("deleted again", one.delete if operation.idempotent else None),
    )
    (first, _), *others = of_delete(operation, one)
    beside = [path for path, _ in others]
    yield story(operation, one, first, Kind.GONE, steps, beside=beside)


def updating(operation: Operation, one: Lifecycle) -> Iterator[Story]:
    """The stories of an update."""
    action = _update(operation, one)
    if one.read is None:
        return
    for path in _set(operation, one, action):
        member = path.split("/")[0]
        if any(binding.member == member for binding in action.bindings):
            continue
        is_switch = operation.request_paths[path][1].get("type") == "boolean"
        for edge, value, _ in telling(operation, path, one.values):
            is_created = is_switch and path == member and path in one.read.places
            otherwise: dict[str, Any] = {path: not value} if is_created else {}
            steps = (
                made(one, **otherwise),
                step("before", one.read, awaits=True),
                step("updated", action, **{member: value}),
                step("read", one.read, awaits=True),
            )
            yield story(
                operation, one, f"updated/{path}", Kind.UPDATED, steps, edge=edge, subject=path
            )
    if kept := _keeping(operation, one):
        yield from _keeping_story(operation, one, *kept)


def _keeping(operation: Operation, one: Lifecycle) -> tuple[str, str] | None:
    """A member that a creation is given and an update is not, and one that the update is given.

    Both may be given to either and are shown; they are texts for people, or switches, on which no
    other member depends.
    """
    action = _update(operation, one)
    if one.read is None:
        return None
    changed = [
        path
        for path in places(operation, one, action.given)
        if path in action.keeps and _is_plain(path, operation.members[path])
    ]
    kept = [path for path in changed if path in one.read.places and path != one.name]
    texts = sorted(changed, key=lambda path: operation.members[path].get("type") != "string")
    return next(((old, new) for old in kept for new in texts if old != new), None)


#: How members are called that are texts for people.
_FOR_PEOPLE = re.compile(r"(description|comment|comments|title|name|label)$")


def _is_plain(name: str, schema: Schema) -> bool:
    """Whether a member is a text for people, or a switch."""
    if schema.get("type") == "boolean":
        return True
    is_text = schema.get("type") == "string" and not documented_values(schema)
    return is_text and _FOR_PEOPLE.search(folded(name)) is not None


def _keeping_story(operation: Operation, one: Lifecycle, old: str, new: str) -> Iterator[Story]:
    kept = next(iter(differing(operation, old, one.values)), None)
    value = next(iter(differing(operation, new, one.values)), None)
    if kept is None or value is None:
        return
    steps = (
        made(one, **{old: kept[1]}),
        step("before", one.read, awaits=True),
        step("updated", _update(operation, one), **{new: value[1]}),
        step("read", one.read, awaits=True),
    )
    yield story(operation, one, "kept", Kind.KEPT, steps, subject=old)
