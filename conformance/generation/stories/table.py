"""Every clause and story of an operation, by the lifecycles that it is a part of."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from conformance.errors import ConformanceError
from conformance.generation.stories import (
    changing,
    filtering,
    making,
    pairing,
    references,
    strangers,
    strictness,
    tagging,
)
from conformance.generation.stories.steps import verb
from conformance.generation.stories.story import Story
from conformance.spec.levels import Level
from conformance.spec.lifecycles.derived import by_operation
from conformance.spec.lifecycles.lifecycle import Lifecycle, Role
from conformance.spec.lifecycles.names import plurals
from conformance.spec.operation import Clause, Operation
from conformance.spec.rules import Filter

_SECTION = "Lifecycle"


def clauses(operation: Operation) -> Iterator[Clause]:
    """What an operation leaves behind, by the lifecycles that it is a part of."""
    found: dict[str, str] = {}
    unsure: set[str] = set()
    for lifecycle, role in _roles(operation):
        for promises in _PROMISES[role]:
            for path, promise in promises(operation, lifecycle):
                found.setdefault(path, promise)
        if role in {"create", "update"}:
            unsure |= references.unsure(operation, lifecycle)
        for path, promise in strangers.of_stranger(operation, lifecycle):
            found.setdefault(path, promise)
    found = {**dict(pairing.of_pair(operation)), **found}
    exercised = {name for one in stories(operation) for name in (one.clause, *one.beside)}
    exercised.add(f"{operation.id}/state/any-order")  # by an exploration
    for path, promise in found.items():
        tried = f"{operation.id}/state/{path}" in exercised
        yield operation.clause(
            f"state/{path}",
            promise,
            level=Level.OBSERVE if path in unsure else Level.SHOULD,
            section=_SECTION,
            untestable_reason=None if tried else _UNTRIED,
        )


#: Why nothing shows what a member was given.
_UNTRIED = "no value is known that would show in a response"


def _roles(operation: Operation) -> Iterator[tuple[Lifecycle, Role]]:
    """The lifecycles that an operation writes in, and as what.

    Only those that can be gone through: what is made can be seen and taken down. What a page
    says of filters is among the rules of an operation, and judged by those.
    """
    if operation.rules_of(Filter):
        return
    try:
        known = by_operation(operation.service).get(operation.id, ())
    except ConformanceError:
        return  # documented services that the SDK does not know
    found = [
        (one, role)
        for one, role, _ in known
        if role in _PROMISES and one.delete and (one.read or one.listing)
    ]
    listed = [one for one, role in found if role == "list"]
    yield from ((one, role) for one, role in found if role != "list" or one is _named(one, listed))


def _named(resource: Lifecycle, listed: Sequence[Lifecycle]) -> Lifecycle:
    """Of several resources that one operation lists in one place the one that it is named after."""
    place = resource.listing and resource.listing.shown
    listed = [one for one in listed if one.listing and one.listing.shown == place]
    named = (
        one
        for one in listed
        if one.listing and verb(one.listing).endswith(tuple(plurals(one.noun)))
    )
    return min(named, key=lambda one: -len(one.noun), default=listed[0])


_Promises = Callable[[Operation, Lifecycle], Iterator[tuple[str, str]]]
_PROMISES: Mapping[Role, tuple[_Promises, ...]] = {
    "create": (making.of_create, strictness.of_create, references.of_writing),
    "read": (strictness.of_read,),
    "delete": (changing.of_delete,),
    "update": (changing.of_update, strictness.of_naming, references.of_writing),
    "tag": (tagging.of_tag,),
    "untag": (tagging.of_untag,),
    "list": (filtering.of_listing, strictness.of_list),
    "tags": (tagging.of_lister,),
}


def is_lived(operation: Operation) -> bool:
    """Whether the order of calls on what an operation makes is explored."""
    return any(role == "create" and making.is_changed(one) for one, role in _roles(operation))


@lru_cache(maxsize=256)
def stories(operation: Operation) -> tuple[Story, ...]:
    """Every story about what an operation leaves behind, in a stable order."""
    found = [
        story
        for one, role in _roles(operation)
        for stories_ in _STORIES[role]
        for story in stories_(operation, one)
    ]
    for one, _ in _roles(operation):
        found += strangers.stories_of(operation, one)
    found += pairing.pairing(operation)
    return tuple({story.id: story for story in found}.values())


_STORIES: Mapping[Role, tuple[Callable[[Operation, Lifecycle], Iterator[Story]], ...]] = {
    "create": (making.creating, strictness.creating, references.writing),
    "read": (strictness.reading,),
    "delete": (changing.deleting,),
    "update": (changing.updating, strictness.naming, references.writing),
    "tag": (tagging.adding,),
    "untag": (tagging.untagging,),
    "list": (filtering.listing, strictness.listing),
    "tags": (tagging.listing,),
}
