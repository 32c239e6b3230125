"""What operations with an opposite leave behind: what one did is shown, and the other undoes it."""

from collections.abc import Iterator
from dataclasses import replace

from conformance.errors import ConformanceError
from conformance.generation.stories.steps import made, step, story, verb
from conformance.generation.stories.story import Kind, Story, StoryStep
from conformance.spec.lifecycles.lifecycle import Action
from conformance.spec.lifecycles.pairs import Pair, is_paired, pairs
from conformance.spec.operation import Operation

#: When it is looked.
BEFORE, DONE, UNDONE, TWICE = "before", "done", "undone", "undone-twice"


def pair_of(operation: Operation) -> Pair | None:
    """The pair that an operation belongs to, if it does to any."""
    if operation.readonly or not is_paired(operation.name):
        return None
    try:
        return pairs(operation.service).get(operation.id)
    except ConformanceError:
        return None  # documented services that the SDK does not know


def of_pair(operation: Operation) -> Iterator[tuple[str, str]]:
    """The promises of an operation with an opposite: paths below ``state``, and what each says."""
    pair = pair_of(operation)
    if pair and operation.id == pair.done.operation:
        yield DONE, "what it did is shown"
    elif pair:
        yield UNDONE, f"what {verb(pair.done)} did is undone"
        yield TWICE, "undoing what is not there changes nothing"


def pairing(operation: Operation) -> Iterator[Story]:
    """The story of a pair: it is looked before, between, after, and after another undoing."""
    pair = pair_of(operation)
    if pair is None:
        return
    steps = [made(pair.resource)]
    if pair.partner:
        steps.append(replace(made(pair.partner, "partner"), lifecycle=pair.partner))
    looks = list(_looks(pair))
    undoing = _act(pair, pair.undone, UNDONE)
    steps += [*_at(BEFORE, looks), _act(pair, pair.done, DONE), *_at(DONE, looks), undoing]
    steps += [*_at(UNDONE, looks), replace(undoing, name=TWICE), *_at(TWICE, looks)]
    (first, _), *others = of_pair(operation)
    beside = [path for path, _ in others]
    yield story(operation, pair.resource, first, Kind.PAIRED, steps, beside=beside)


def _act(pair: Pair, action: Action, name: str) -> StoryStep:
    return StoryStep(
        name=name,
        operation=action.operation,
        bindings=action.bindings,
        joins=pair.joins.get(action.operation, ()),
        results=pair.results if name != DONE else (),
        alike=DONE if name != DONE else "",
    )


def _looks(pair: Pair) -> Iterator[StoryStep]:
    """Everything that may show what was done, by the operation that shows it.

    What has to show it is called ``view``.
    """
    for number, view in enumerate(pair.views):
        yield from _look(f"view {number}", view)
    resource, partner = pair.resource, pair.partner
    if resource.reader not in pair.views:
        yield from _look("resource", resource.reader)
    if partner:
        yield from _look("partner", partner.read or partner.listing, "partner")


def _look(name: str, action: Action | None, of: str = "made") -> Iterator[StoryStep]:
    found = step(name, action, of, awaits=False)
    if found:
        yield found


def _at(when: str, looks: list[StoryStep]) -> Iterator[StoryStep]:
    yield from (replace(one, name=f"{when} {one.name}") for one in looks)
