"""What operations that add and remove tags leave behind, and how tags are written."""

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.generation.stories.steps import made, seen, step, story, verb
from conformance.generation.stories.story import TAGS, Kind, Story
from conformance.spec.lifecycles.lifecycle import Lifecycle, Tagging
from conformance.spec.operation import Operation


def of_tag(operation: Operation, one: Lifecycle) -> Iterator[tuple[str, str]]:
    """The promises of an operation that adds tags."""
    if one.tagging and one.tagging.listed:
        yield "tagged", f"{verb(one.tagging.listed)} shows the tags that were added"


def of_untag(operation: Operation, one: Lifecycle) -> Iterator[tuple[str, str]]:
    """The promises of an operation that removes tags."""
    if one.tagging and one.tagging.listed and one.tagging.add:
        yield "untagged", f"{verb(one.tagging.listed)} shows all tags but those removed"


def of_given(operation: Operation, one: Lifecycle) -> Iterator[tuple[str, str]]:
    """The promise of a creation, and of what lists tags, on the tags that the creation takes."""
    if one.tagging and one.tagging.at_creation and one.tagging.listed:
        yield "tags", f"{verb(one.tagging.listed)} shows the tags given at creation"


def of_lister(operation: Operation, one: Lifecycle) -> Iterator[tuple[str, str]]:
    """The promises of an operation that lists tags; what shows the whole thing promises more."""
    if one.read is None or one.read.operation != operation.id:
        yield from of_given(operation, one)


def given(operation: Operation, one: Lifecycle) -> Iterator[Story]:
    """The story of tags that are given at creation."""
    tagging = one.tagging
    if tagging and tagging.at_creation and tagging.listed:
        tags = written(tagging, TAGS)
        if tagging.type_at_creation:
            tags = [{"ResourceType": tagging.type_at_creation, "Tags": tags}]
        steps = (
            made(one, **{tagging.at_creation: tags}),
            seen(one),
            step("tags", tagging.listed, awaits=True),
            step("read", one.read if tagging.listed != one.read else None, awaits=True),
        )
        yield story(operation, one, "tags", Kind.TAGS, steps)


def listing(operation: Operation, one: Lifecycle) -> Iterator[Story]:
    """The story of an operation that lists tags."""
    if one.read is None or one.read.operation != operation.id:
        yield from given(operation, one)


def adding(operation: Operation, one: Lifecycle) -> Iterator[Story]:
    """The story of an operation that adds tags."""
    tagging = one.tagging
    if not tagging or not tagging.listed:
        return
    steps = (
        made(one),
        made(one, "other"),
        seen(one),
        seen(one, "other"),
        step("tagged", tagging.add, **{tagging.tags: written(tagging, TAGS)}),
        step("tags", tagging.listed, awaits=True),
        step("other tags", tagging.listed, "other"),
    )
    yield story(operation, one, "tagged", Kind.TAGGED, steps)


def untagging(operation: Operation, one: Lifecycle) -> Iterator[Story]:
    """The story of an operation that removes tags."""
    tagging = one.tagging
    if not tagging or not tagging.listed or not tagging.add:
        return
    first = next(iter(TAGS))
    steps = (
        made(one),
        seen(one),
        step("tagged", tagging.add, **{tagging.tags: written(tagging, TAGS)}),
        step("tags", tagging.listed, awaits=True),
        step("untagged", tagging.remove, **{tagging.keys: removed(operation, tagging, first)}),
        step("tags after", tagging.listed, awaits=False),
    )
    yield story(operation, one, "untagged", Kind.TAGGED, steps)


def written(tagging: Tagging, tags: Mapping[str, str]) -> Any:
    """Tags as the service takes them."""
    if tagging.shape == "map":
        return dict(tags)
    return [{tagging.key: key, tagging.value: value} for key, value in tags.items()]


def removed(operation: Operation, tagging: Tagging, key: str) -> Any:
    """A tag's key, as the operation that removes tags takes it."""
    items = operation.members[tagging.keys].get("items", {})
    return [{tagging.key: key}] if items.get("type") == "object" else [key]
