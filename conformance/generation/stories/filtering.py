"""What a listing shows where it is asked for some of what was made."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.generation.stories.selectors import selectors
from conformance.generation.stories.steps import made, seen, step, story
from conformance.generation.stories.story import TAGS, Asked, Kind, Selector, Story, StoryStep
from conformance.generation.stories.tagging import written
from conformance.spec.lifecycles.lifecycle import Lifecycle
from conformance.spec.operation import Operation


def of_listing(operation: Operation, one: Lifecycle) -> Iterator[tuple[str, str]]:
    """The promises of a listing: paths below ``state``, and what each says."""
    found = _tried(operation, one)
    for selector in found:
        yield f"filter/{selector.name}", f"{selector.name} finds what has the value, and that alone"
    if len(_joined(found)) > 1:
        yield "filters/and", "of two filters both hold"
    if _joined(found):
        yield "filters/or", "of two values of a filter either is enough"


def listing(operation: Operation, one: Lifecycle) -> Iterator[Story]:
    """The story of a listing: two are made, and each filter is asked for one of them."""
    found = _tried(operation, one)
    if not found or one.listing is None:
        return
    by_name = one.name in {selector.place for selector in found}
    steps: list[StoryStep | None] = [
        replace(made(one, name), names_it=by_name) for name in ("made", "other")
    ]
    tagging = one.tagging
    if tagging and tagging.add and any(selector.relation == "tag" for selector in found):
        values = {tagging.tags: written(tagging, TAGS)}
        steps += [seen(one), step("tagged", tagging.add, **values)]
    steps.append(step("listed", one.listing, awaits=True))
    for selector in found:
        if selector.place or selector.relation == "tag":
            late = not selector.is_passing and (selector.relation == "tag" or not selector.filter)
            steps.append(_asking(one, f"own {selector.name}", Asked(selector, ("own",)), late=late))
            steps.append(_asking(one, f"other {selector.name}", Asked(selector, ("other",))))
        if selector.filter or not selector.place:
            steps.append(_asking(one, f"any {selector.name}", Asked(selector, ("any",))))
    joined = [Asked(selector, ("other", "own")) for selector in _joined(found)]
    steps.append(_asking(one, "and", *joined) if len(joined) > 1 else None)
    steps.append(_asking(one, "or", *joined) if joined else None)
    (first, _), *others = of_listing(operation, one)
    yield story(
        operation,
        one,
        first,
        Kind.FILTERS,
        steps,
        edge="whole",
        beside=[path for path, _ in others],
        selectors=found,
    )


def _tried(operation: Operation, one: Lifecycle) -> tuple[Selector, ...]:
    """The selectors of a listing that can be tried; tags only where they can be added."""
    if one.listing is None or not one.listing.shown:
        return ()
    taggable = one.tagging is not None and one.tagging.add is not None
    return tuple(
        selector
        for selector in selectors(operation, one.listing)
        if selector.relation != "tag" or taggable
    )


def _joined(found: Sequence[Selector]) -> list[Selector]:
    """The filters of one member that may be asked for together, and for several values."""
    known = [one for one in found if one.filter and one.place and one.several]
    return [one for one in known if one.member == known[0].member and not one.is_passing]


def _asking(one: Lifecycle, name: str, *asked: Asked, late: bool = False) -> StoryStep | None:
    found = step(name, one.listing, awaits=True if late else None)
    return replace(found, asks=asked) if found else None
