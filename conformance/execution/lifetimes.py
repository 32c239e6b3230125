"""Explorations of what calls leave behind: a resource's operations in any order, against a model.

Hypothesis draws the order and shrinks one that shows a violation to the shortest. The model is what
the target itself has shown: what a look showed after it was written has to be shown until something
is written that may change it, or the thing is deleted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import jmespath
from hypothesis import strategies as st

from conformance.checks.findings import Finding, FindingBuilder
from conformance.checks.likeness import is_shown
from conformance.checks.stories import name_of, steps_of
from conformance.checks.story_evidence import StoryEvidence, Taken
from conformance.checks.story_tags import found_tags
from conformance.execution.availability import SkipCase
from conformance.execution.exploration import Gathered, OnDraw, search
from conformance.execution.session import TargetSession
from conformance.execution.stories import PATIENCE, Telling
from conformance.generation.plans import ANY_ORDER
from conformance.generation.stories import Kind, Story, StoryStep, stories
from conformance.generation.stories.steps import made, seen, step
from conformance.generation.stories.tagging import removed, written
from conformance.spec.lifecycles.derived import lifecycle_of
from conformance.spec.lifecycles.lifecycle import Lifecycle
from conformance.spec.operation import Operation

#: So many calls an order has at most, and so many things it makes.
_LONGEST = 8
_MOST = 3
#: One order takes many requests: so many times fewer are drawn than single requests.
_FEWER = 5
#: The tags that are put on and taken off.
_TAGS = ({"conformance-a": "one"}, {"conformance-b": "two"}, {"conformance-a": "three"})
#: The clause that is judged, and the name of what judges it.
PATH = f"state/{ANY_ORDER}"
CHECK = name_of(ANY_ORDER)

Move = tuple[str, int, int]


@dataclass(slots=True, kw_only=True)
class _Thing:
    """What was made, and what the target has shown of it and has to show again."""

    name: str
    values: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str | None] = field(default_factory=dict)
    found: bool = False
    listed: bool = False
    is_deleted: bool = False
    gone: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Violation:
    observed: str
    expected: str
    step: str


class _Life:
    """One order of calls, carried out."""

    def __init__(self, session: TargetSession, operation: Operation, one: Lifecycle) -> None:
        self.session = session
        self.operation = operation
        self.lifecycle = one
        self.updates = [
            story
            for update in one.updates
            for story in stories(session.discovery.operations[update.operation])
            if story.kind is Kind.UPDATED and story.lifecycle.id == one.id
        ]
        shell = Story(
            id=f"{operation.id}/exploration/any-order",
            operation=operation.id,
            clause=f"{operation.id}/{PATH}",
            title="",
            kind=Kind.WHOLE,
            lifecycle=one,
            steps=(),
        )
        self.telling = Telling(session, operation, shell)
        self.things: list[_Thing] = []
        self.learnt = False
        self._looks = 0

    def moves(self) -> st.SearchStrategy[list[Move]]:
        """The orders that can be drawn: what is done, to which thing, and with which value."""
        tagging = self.lifecycle.tagging
        verbs = ["make", "delete", *(["list"] if self.lifecycle.listing else [])]
        verbs += ["update"] * 2 if self.updates else []
        verbs += ["tag"] * 2 if tagging and tagging.add and tagging.listed else []
        verbs += ["untag"] if "tag" in verbs and tagging and tagging.remove else []
        move = st.tuples(st.sampled_from(verbs), st.integers(0, _MOST - 1), st.integers(0, 20))
        moves = st.lists(move, max_size=_LONGEST)
        return st.one_of(moves, moves.map(lambda some: [("make", 0, 0), *some]))

    def lived(self, moves: Sequence[Move]) -> list[Finding]:
        """Make a thing, then do what was drawn, and look at all of it; then take it down."""
        try:
            violation = self._make(must=True)
            for verb, number, which in moves:
                violation = violation or self._move(verb, number % len(self.things), which)
            for thing in self.things:
                violation = violation or self._look(thing)
            return list(self._findings(violation))
        finally:
            self.telling.take_down()

    def _findings(self, violation: _Violation | None) -> Sequence[Finding]:
        kept = {
            name: taken
            for name, taken in self.telling.taken.items()
            if not name.startswith("look") or (violation and name == violation.step)
        }
        evidence = StoryEvidence(operation=self.operation, case=self.telling.story, taken=kept)
        findings = FindingBuilder(evidence, CHECK)
        if violation is None:
            return list(findings.passed(PATH) if self.learnt else ())
        shows = kept[violation.step].last
        broken = findings.broken(
            PATH, expected=violation.expected, observed=violation.observed, exchange=shows
        )
        return [replace(one, steps=steps_of(evidence, shows)) for one in broken]

    # ------------------------------------------------------------ moves

    def _move(self, verb: str, number: int, which: int) -> _Violation | None:
        thing = self.things[number]
        if verb == "make":
            return self._make() if len(self.things) < _MOST else None
        if verb == "list":
            return self._list()
        if thing.is_deleted:
            return None
        match verb:
            case "update":
                return self._update(thing, self.updates[which % len(self.updates)])
            case "tag":
                return self._tag(thing, _TAGS[which % len(_TAGS)])
            case "untag":
                return self._untag(thing)
            case _:
                return self._delete(thing)

    def _take(self, one: StoryStep | None, name: str) -> Taken | None:
        """Take a step under a name of its own; ``None`` where that is not possible."""
        if one is None:
            return None
        try:
            return self.telling.take(replace(one, name=name))
        except SkipCase:
            return None

    def _number(self, verb: str) -> str:
        return f"{verb} {len(self.telling.taken) + 1}"

    def _make(self, *, must: bool = False) -> _Violation | None:
        thing = _Thing(name=self._number("make"))
        taken = self._take(made(self.lifecycle), thing.name)
        if taken is None or not taken.succeeded:
            if must:
                answer = f"with {taken.answer}" if taken else "with nothing"
                raise SkipCase(f"the creation is answered {answer}")
            return None
        self.things.append(thing)
        read = self.lifecycle.read
        given = {
            place: taken.params[path]
            for path, place in (read.places if read else {}).items()
            if path in taken.params
        }
        thing.values = dict(given)
        return self._look(thing, wrote=frozenset(given))

    def _update(self, thing: _Thing, story: Story) -> _Violation | None:
        sent = next(one for one in story.steps if one.name == "updated")
        taken = self._take(replace(sent, of=thing.name), self._number("update"))
        if taken is None or not taken.succeeded:
            return self._look(thing)
        action = next(one for one in self.lifecycle.updates if one.operation == taken.operation.id)
        for place in action.given.values():  # what was not given may be set back
            thing.values.pop(place, None)
        wrote = {
            place: taken.params[path]
            for path, place in action.given.items()
            if path in taken.params
        }
        thing.values |= wrote
        return self._look(thing, wrote=frozenset(wrote))

    def _tag(self, thing: _Thing, tags: Mapping[str, str]) -> _Violation | None:
        tagging = self.lifecycle.tagging
        assert tagging is not None
        values: dict[str, Any] = {tagging.tags: written(tagging, tags)}
        self._see(thing)
        taken = self._take(step("tag", tagging.add, thing.name, **values), self._number("tag"))
        if taken is None or not taken.succeeded:
            return self._look(thing)
        thing.tags |= tags
        return self._look(thing, wrote=frozenset(tags))

    def _untag(self, thing: _Thing) -> _Violation | None:
        tagging = self.lifecycle.tagging
        assert tagging is not None
        there = [key for key, value in thing.tags.items() if value is not None]
        if not there or tagging.remove is None:
            return None
        called = self.session.discovery.operations[tagging.remove.operation]
        values: dict[str, Any] = {tagging.keys: removed(called, tagging, there[0])}
        self._see(thing)
        sent = step("untag", tagging.remove, thing.name, **values)
        taken = self._take(sent, self._number("untag"))
        if taken is None or not taken.succeeded:
            return self._look(thing)
        thing.tags[there[0]] = None
        return self._look(thing, wrote=frozenset(there[:1]))

    def _delete(self, thing: _Thing) -> _Violation | None:
        before = self._described(thing) if self._see_read(thing) else None
        sent = step("deleted", self.lifecycle.delete, thing.name)
        taken = self._take(sent, self._number("delete"))
        if taken is not None and taken.succeeded:
            self.telling.forget(thing.name, taken)
            thing.is_deleted = True
            thing.gone = before if self._read(thing) is None else None
        return None

    # ------------------------------------------------------------ looks

    def _see(self, thing: _Thing) -> None:
        """Look at what only the reader says of a thing, before it is named."""
        look = seen(self.lifecycle, thing.name)
        if look is not None:
            self._take(look, look.name)

    def _look_step(self, one: StoryStep | None) -> Taken | None:
        self._looks += 1
        return self._take(one, f"look {self._looks}")

    def _read(self, thing: _Thing) -> Any:
        """How a thing is described now; ``None`` where it is not."""
        return self._described(thing) if self._see_read(thing) else None

    def _see_read(self, thing: _Thing) -> bool:
        return self._look_step(step("look", self.lifecycle.read, thing.name)) is not None

    def _described(self, thing: _Thing) -> Any:
        evidence = self._evidence()
        return evidence.described(f"look {self._looks}", self.lifecycle.read, thing.name)

    def _evidence(self) -> StoryEvidence:
        taken = self.telling.taken
        return StoryEvidence(operation=self.operation, case=self.telling.story, taken=taken)

    def _look(self, thing: _Thing, wrote: frozenset[str] = frozenset()) -> _Violation | None:
        """Compare what is shown with what was; what was just written (``wrote``) is learnt."""
        found = self._compared(thing, wrote)
        for pause in PATIENCE:
            if found is None:
                break
            self.telling.pause(pause)
            found = self._compared(thing, wrote)
        return found

    def _compared(self, thing: _Thing, wrote: frozenset[str]) -> _Violation | None:
        return self._values(thing, wrote) or self._tags(thing, wrote)

    def _values(self, thing: _Thing, wrote: frozenset[str]) -> _Violation | None:
        read = self._look_step(step("look", self.lifecycle.read, thing.name))
        at = f"look {self._looks}"
        if read is None or not (read.succeeded or read.is_not_found):
            return None
        described = self._described(thing)
        if thing.is_deleted:
            again = described is not None and described == thing.gone
            return self._said(f"{thing.name} is shown", "what was gone stays so", at, again)
        if described is None:
            return self._said(f"{thing.name} is not shown", "what was made stays", at, thing.found)
        thing.found = self.learnt = True
        for place, given in list(thing.values.items()):
            shown = jmespath.search(place, described)
            if is_shown(given, shown):
                continue
            if place not in wrote:
                return self._said(f"{place} is {shown!r}", f"{place} stays {given!r}", at, True)
            del thing.values[place]
        return None

    def _tags(self, thing: _Thing, wrote: frozenset[str]) -> _Violation | None:
        tagging = self.lifecycle.tagging
        if not thing.tags or tagging is None or thing.is_deleted:
            return None
        self._look_step(step("look", tagging.listed, thing.name))
        at = f"look {self._looks}"
        found = found_tags(self._evidence(), at) if at in self.telling.taken else None
        if found is None:
            return None
        for key, value in list(thing.tags.items()):
            if found.get(key) == value:
                continue
            if key not in wrote:
                text = f"the tag {key} is {found.get(key)!r}"
                return self._said(text, f"the tag {key} stays {value!r}", at, True)
            del thing.tags[key]
        return None

    def _list(self) -> _Violation | None:
        self._look_step(step("look", self.lifecycle.listing))
        at = f"look {self._looks}"
        taken = self.telling.taken.get(at)
        if taken is None or not taken.succeeded:
            return None
        for thing in self.things:
            is_listed = bool(self._evidence().listed(at, thing.name))
            if not thing.is_deleted and thing.listed and not is_listed:
                return self._said(f"{thing.name} is not listed", "what was listed stays", at, True)
            thing.listed = is_listed
        return None

    def _said(self, observed: str, expected: str, at: str, breaks: bool) -> _Violation | None:
        if not breaks:
            return None
        return _Violation(observed=observed, expected=expected, step=at)


def lifetimes(
    session: TargetSession, operation: Operation, *, examples: int, number: int, on_draw: OnDraw
) -> list[Finding]:
    """What was shown stays, in whatever order the operations on a resource are called.

    The findings are those on the shortest order that shows a violation, or a pass. Raises
    :class:`SkipCase` where nothing can be made.
    """
    one = _lifecycle(operation)

    def judge(moves: list[Move]) -> list[Finding]:
        on_draw({"moves": [list(move) for move in moves]}, None)
        return _Life(session, operation, one).lived(moves)

    orders = _Life(session, operation, one).moves()
    return search(orders, judge, examples=max(1, examples // _FEWER), number=number)


def relived(
    session: TargetSession,
    operation: Operation,
    drawn: Sequence[Mapping[str, Any]],
    on_draw: Callable[[Any, str | None], None],
) -> list[Finding]:
    """Carry out recorded orders again."""
    gathered = Gathered()
    for found in drawn:
        on_draw(found["params"], None)
        moves = [
            (str(verb), int(thing), int(which)) for verb, thing, which in found["params"]["moves"]
        ]
        gathered.take(_Life(session, operation, _lifecycle(operation)).lived(moves))
    return gathered.all()


def _lifecycle(operation: Operation) -> Lifecycle:
    found = lifecycle_of(operation.id)
    if found is None or found.delete is None or found.read is None:
        raise SkipCase("nothing is known of what it makes")
    return found
