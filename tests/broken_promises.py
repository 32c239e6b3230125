"""Every way to break one promise of a resource's operations, by its lifecycle alone.

What a mutant breaks follows from the SDK's model: it knows no story and no check.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from breaking_proxy import Members, Mutant, lacking, without

from conformance.generation.stories.selectors import selectors
from conformance.generation.stories.story import Selector
from conformance.spec.lifecycles.lifecycle import Action, Lifecycle, UnnamedError, naming
from conformance.spec.lifecycles.pairs import pairs
from conformance.spec.operation import Operation
from conformance.spec.registry import registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """One broken promise: its kind, what it is about, and the mutants that break it."""

    kind: str
    about: str
    mutants: tuple[Mutant, ...]

    def may_change(self, asked: Members, shown: Members) -> bool:
        """Whether a call of its operation may go otherwise; several mutants depend on all calls."""
        alone, *others = self.mutants
        is_sent = alone.sent is not None and alone.sent(asked) != asked
        is_shown = alone.shown is not None and alone.shown(asked, shown) != shown
        return bool(others) or alone.answers is not None or is_sent or is_shown


def broken(one: Lifecycle) -> Iterator[Broken]:
    """Every promise about a resource, broken."""
    yield from _given(one)
    yield from _shown(one)
    yield from _changed(one)
    yield from _tags(one)
    yield from _repeated(one)
    yield from _listed(one)
    yield from _paired(one)
    yield from _mixed(one)


def _operation(action: Action) -> Operation:
    return registry().find(action.operation)


def _alone(kind: str, about: str, action: Action, **change: Any) -> Broken:
    return Broken(kind=kind, about=about, mutants=(Mutant(action.operation, **change),))


# ------------------------------------------------------------ single calls


def _given(one: Lifecycle) -> Iterator[Broken]:
    """Each optional member of a creation or an update is dropped on its way in."""
    for action in (one.create, *one.updates):
        operation = _operation(action)
        bound = {binding.member for binding in action.bindings} | {one.token}
        for member in operation.members:
            if member not in operation.required | bound:
                about = f"{action.operation} {member}"
                yield _alone("dropped on its way in", about, action, sent=without(member))


def _shown(one: Lifecycle) -> Iterator[Broken]:
    """What shows a thing as it was made is dropped on its way out, or shown otherwise.

    Of what a listing shows only what identifies the thing is promised to be there.
    """
    known = [action for action in (one.read, one.listing) if action]
    named = {binding.member for action in known for binding in action.identity}
    for action in {action.operation: action for action in reversed(known)}.values():
        if not action.shown:
            continue
        places = {*named, *one.identifiers, *action.places.values()} - {"", "@"}
        for place in sorted(places):
            about = f"{action.operation} {place}"
            if action is one.read or place in one.identifiers:
                change = _edited(action, _within(place, lambda _: None))
                yield _alone("dropped on its way out", about, action, shown=change)
            change = _edited(action, _within(place, _another))
            yield _alone("shown otherwise", about, action, shown=change)
    for binding in one.answered:
        about = f"{one.create.operation} {binding.path}"
        change = lacking(*binding.path.split("."))
        yield _alone("dropped on its way out", about, one.create, shown=change)


def _another(value: Any) -> Any:
    """Another value of the same type; what holds several stays what it is."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return f"{value}x" if isinstance(value, str) and value else value


def _changed(one: Lifecycle) -> Iterator[Broken]:
    """An update, and a deletion, is answered and not carried out."""
    if one.delete:
        yield _alone("a deletion is swallowed", one.delete.operation, one.delete, answers={})
    for action in one.updates:
        yield _alone("an update is swallowed", action.operation, action, answers={})


def _tags(one: Lifecycle) -> Iterator[Broken]:
    """Tags are not added, and not removed."""
    tagging = one.tagging
    if tagging is None:
        return
    for action in (tagging.add, tagging.remove):
        if action:
            yield _alone("tags are forgotten", action.operation, action, answers={})


def _repeated(one: Lifecycle) -> Iterator[Broken]:
    """A token is ignored."""
    if one.token:
        about = f"{one.create.operation} {one.token}"
        yield _alone("two for a token", about, one.create, sent=without(one.token))


def _listed(one: Lifecycle) -> Iterator[Broken]:
    """A filter is ignored; a listing is empty, or lacks what was made."""
    if one.listing is None or not one.listing.shown:
        return
    for selector in selectors(_operation(one.listing), one.listing):
        about = f"{one.listing.operation} {selector.name}"
        yield _alone("a filter is ignored", about, one.listing, sent=_unasked(selector))
    change = _edited(one.listing, lambda holder: None)
    yield _alone("a listing is empty", one.listing.operation, one.listing, shown=change)
    known = Known(one)
    lost = _edited(one.listing, lambda item: None if known.is_first(item) else item)
    watched = Mutant(one.create.operation, shown=known.note)
    yield Broken(
        kind="a listing lacks one",
        about=one.listing.operation,
        mutants=(watched, Mutant(one.listing.operation, shown=lost)),
    )


def _unasked(selector: Selector) -> Callable[[Members], Members]:
    def change(members: Members) -> Members:
        given = members.get(selector.member)
        if not selector.filter or not isinstance(given, list):
            return without(selector.member)(members)
        name, _ = selector.parts
        rest = [one for one in given if one.get(name) != selector.filter]
        kept = without(selector.member)(members)
        return {**kept, selector.member: rest} if rest else kept

    return change


def _paired(one: Lifecycle) -> Iterator[Broken]:
    """What is attached, enabled or added, and what takes it back, is not carried out."""
    for name, pair in pairs(one.service).items():
        if pair.resource.id == one.id:
            action = pair.done if pair.done.operation == name else pair.undone
            yield _alone("one of a pair is swallowed", name, action, answers={})


# ------------------------------------------------------------ several things


class Known:
    """What was made, by the creations that came by."""

    def __init__(self, one: Lifecycle) -> None:
        self._lifecycle = one
        self._made: list[tuple[Members, Members]] = []

    def note(self, sent: Members, shown: Members) -> Members:
        """Keep a creation, and change nothing of it."""
        self._made.append((sent, shown))
        return shown

    def is_first(self, item: Any) -> bool:
        """Whether a listed item is the first of two things that were made last."""
        return is_called(item, {*known_names(self._lifecycle, self._made[-2:][:1])})

    def other(self, action: Action, members: Members) -> Members:
        """The request, about another one of the two things that were made last."""
        for sent, shown in reversed(self._made[-2:]):
            try:
                names = naming(action.bindings, sent, shown)
            except UnnamedError:
                continue
            if any(members.get(name) != value for name, value in names.items()):
                return {**members, **names}
        return members


def known_names(one: Lifecycle, made: Iterable[tuple[Members, Members]]) -> Iterator[str]:
    """What things are called, by the requests and responses of their creations."""
    actions = [action for action in (one.read, one.delete) if action]
    for sent, shown in made:
        values = (binding.value(sent, shown) for action in actions for binding in action.bindings)
        yield from (value for value in values if isinstance(value, str))


def is_called(item: Any, names: set[str]) -> bool:
    """Whether a text within an item holds a name, as ARNs and addresses do."""
    return any(name in text for name in names for text in texts(item))


def _mixed(one: Lifecycle) -> Iterator[Broken]:
    """A call is carried out on another thing than it is about."""
    tagging = one.tagging
    tags = (tagging.add, tagging.remove, tagging.listed) if tagging else ()
    acting = [action for action in (one.read, one.delete, *one.updates, *tags) if action]
    for action in {action.operation: action for action in acting}.values():
        known = Known(one)
        mixing = Mutant(action.operation, sent=_of(known, action))
        watching = Mutant(one.create.operation, shown=known.note)
        yield Broken(kind="two are mixed up", about=action.operation, mutants=(watching, mixing))


def _of(known: Known, action: Action) -> Callable[[Members], Members]:
    return lambda members: known.other(action, members)


# ------------------------------------------------------------ within responses


def _edited(action: Action, change: Callable[[Any], Any]) -> Callable[[Members, Members], Members]:
    """A change of each thing that an action shows; ``None`` takes it out of a list."""
    steps = [] if action.shown == "@" else action.shown.split(".")
    return lambda _, members: _at(members, steps, change)


def _at(value: Any, steps: Sequence[str], change: Callable[[Any], Any]) -> Any:
    if not steps:
        return change(value)
    name = steps[0].partition("[")[0].strip('"')
    if not isinstance(value, Mapping) or name not in value:
        return value
    inner = value[name]
    if "[" in steps[0] and isinstance(inner, list):
        items = [_at(item, steps[1:], change) for item in inner]
        return {**value, name: [item for item in items if item is not None]}
    found = _at(inner, steps[1:], change)
    return {key: one for key, one in {**value, name: found}.items() if one is not None}


def _within(place: str, change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    steps = place.split(".")
    return lambda item: _at(item, steps, change)


def texts(value: Any) -> set[str]:
    """Every text within a value."""
    if isinstance(value, Mapping):
        return {text for one in value.values() for text in texts(one)}
    if isinstance(value, list):
        return {text for one in value for text in texts(one)}
    return {value} if isinstance(value, str) else set()
