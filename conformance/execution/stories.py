"""Carries out one story: makes what it is about, takes its steps, and takes down what it made.

What is made is in the journal before it is made, as everything that a run makes.
"""

import re
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from conformance.checks.stories import is_early
from conformance.checks.story_evidence import StoryEvidence, Taken
from conformance.checks.story_filters import asked
from conformance.checks.story_strictness import judges_creation
from conformance.execution.availability import Availability, SkipCase
from conformance.execution.provisioning.journal import JournalError, Undo
from conformance.execution.provisioning.signals import held
from conformance.execution.readiness import is_awaited, is_passing
from conformance.execution.session import TargetSession
from conformance.generation.plans import Call
from conformance.generation.stories import Story, StoryStep
from conformance.generation.stories.steps import made, seen_name
from conformance.generation.stories.steps import step as on_made
from conformance.protocols.table import PROTOCOLS
from conformance.spec.lifecycles.lifecycle import Action, Binding, Lifecycle, UnnamedError, naming
from conformance.spec.lifecycles.names import plurals
from conformance.spec.operation import Operation, Params
from conformance.spec.placeholders import placeholder_name, unknown_value
from conformance.spec.sdk_models.discovery import NEW_NAME
from conformance.spec.validity import violations
from conformance.spec.values import at, changed

#: What is not yet there, or still there, is looked for again after so many seconds.
PATIENCE: tuple[float, ...] = (0.1, 0.3, 1.0)
#: What cannot be used yet is looked at again after so many seconds, half a minute in all.
_UNREADY = (0.2, 0.5, 1.0, 2.0, 4.0, 7.0, 15.0)
#: What cannot be deleted yet is deleted again after so many seconds.
_UNDELETED = (0.2, 1.0)
#: Seconds that an interrupted creation has left to say what it made.
_GRACE = 5.0
#: Members that protect from deletion, and their values that do not.
_PROTECTION = re.compile(r"(enable)?(deletion|termination|delete)protect(ion|ed)?(enabled)?", re.I)
_OFF = re.compile(r"inactive|disabled?|off|none", re.I)
#: A listing is followed over so many pages.
_PAGES = 50


def tell(session: TargetSession, operation: Operation, story: Story) -> StoryEvidence:
    """The evidence of a story. Raises :class:`SkipCase` where the thing cannot be made."""
    return Telling(session, operation, story).carried_out()


class Telling:
    """One story under way: the steps taken, and the journal's entries of what they made."""

    def __init__(self, session: TargetSession, operation: Operation, story: Story) -> None:
        self.session = session
        self.operation = operation
        self.story = story
        self.taken: dict[str, Taken] = {}
        self.entries: dict[str, int | None] = {}
        self.undone: list[tuple[str, Params]] = []
        self.unprotected: set[str] = set()

    def carried_out(self) -> StoryEvidence:
        """Take every step that can be taken; whatever happens, take down what was made."""
        try:
            for step in self.story.steps:
                try:
                    self.take(step)
                except SkipCase:
                    if step.makes and not self.taken:
                        raise
                    continue
                if step.makes and len(self.taken) == 1 and not self._may_go_on(step.name):
                    answer = self.taken[step.name].answer
                    raise SkipCase(f"the creation is answered with {answer}")
            self._read_plainly()
        finally:
            self.take_down()
        return self._evidence()

    def _may_go_on(self, first: str) -> bool:
        """Whether the first creation gives occasion to judge: it succeeded, or is judged itself."""
        made = self.taken[first]
        return made.succeeded or judges_creation(self._evidence(), made)

    def _read_plainly(self) -> None:
        """Where the reader fails, read a thing that is made by the accepted call as it is.

        It may fail at what the story makes, or at everything.
        """
        read, lifecycle = self.taken.get("read"), self.story.lifecycle
        plain = on_made("plain read", lifecycle.read, "plain", awaits=True)
        if read is None or (read.last.status or 0) < 500 or "before" in self.taken or not plain:
            return
        with suppress(SkipCase):
            self.take(made(lifecycle, "plain"))
            self.take(plain)

    def _evidence(self, step: str = "", found: Taken | None = None) -> StoryEvidence:
        taken = {**self.taken, step: found} if found else self.taken
        return StoryEvidence(operation=self.operation, case=self.story, taken=taken)

    def take(self, step: StoryStep) -> Taken:
        """Take one step, again and again where it awaits what has not come yet."""
        called = self.session.discovery.operations[step.operation]
        lifecycle, look = self.story.lifecycle, seen_name(step.of)
        described = self._evidence().described(look, lifecycle.read, step.of)
        params = _params(self.session, called, step, self.taken, described)
        if step.asks:
            wanted = asked(self._evidence(), step)
            if wanted is None:
                raise SkipCase("nothing shows the value that it would be asked for")
            params |= wanted
        if step.makes:
            self._make(step, called, params)
            self._await_ready(step)
            return self.taken[step.name]
        found = _once(self.session, called, step, params)
        for pause in PATIENCE if step.awaits is not None else ():
            if not is_early(self._evidence(step.name, found), step.name):
                break
            self.pause(pause)
            found = _once(self.session, called, step, params)
        self.taken[step.name] = found
        if step.name == "deleted" and found.succeeded:
            self.forget(step.of, found)
        return found

    def forget(self, name: str, deleted: Taken) -> None:
        """Note that what a step made is deleted."""
        self.undone.append((deleted.operation.id, deleted.params))
        self.session.belongings.strike(self.entries.pop(name, None))

    def pause(self, seconds: float) -> None:
        """Wait, unless a recording answers."""
        if not self.session.sender.replays:  # a recording holds every look
            time.sleep(seconds)

    # ------------------------------------------------------------ making

    def _make(self, step: StoryStep, called: Operation, params: dict[str, Any]) -> None:
        """Make something, between two lines of the journal."""
        belongings, lifecycle = self.session.belongings, self._lifecycle(step)
        things = _things(lifecycle)
        with held(grace=_GRACE):
            try:
                entry = belongings.intend(things, called, params, self._undo(step, params))
            except JournalError as error:
                raise SkipCase(str(error)) from error
            self.entries[step.name] = entry  # unless it is said to be unmade, it may be there
            try:
                made = _once(self.session, called, step, params)
            except SkipCase:
                belongings.strike(self.entries.pop(step.name))
                raise
            self.taken[step.name] = made
            if made.succeeded:
                belongings.confirm(entry, self._undo(step, params, made.body))
            elif made.is_refused:
                belongings.strike(self.entries.pop(step.name))

    def _lifecycle(self, step: StoryStep) -> Lifecycle:
        """That of what a step makes."""
        return step.lifecycle or self.story.lifecycle

    def _undo(
        self, step: StoryStep, params: Params, body: Mapping[str, Any] | None = None
    ) -> Undo | None:
        """The call that takes down what a step made; ``None`` where nothing says its name."""
        return undo_of(self.session, self._lifecycle(step).delete, params, body)

    def _await_ready(self, step: StoryStep) -> None:
        """Wait until what was made can be used, for a while; once it never could, no more."""
        lifecycle, made = self._lifecycle(step), self.taken[step.name]
        waits = lifecycle.ready is not None or self._passes(step.name, lifecycle.create)
        if not made.succeeded or lifecycle.read is None or not waits:
            return
        if lifecycle.id in self.session.unready:
            return
        reader = self.session.discovery.operations[lifecycle.read.operation]
        look = on_made("ready", lifecycle.read, step.name)
        assert look is not None
        with suppress(SkipCase):  # what cannot be read is not waited for
            params = _params(self.session, reader, look, self.taken)
            for pause in (*_UNREADY, None):
                seen = _once(self.session, reader, look, params)
                awaited = is_awaited(lifecycle, reader, seen.last)
                passing = self._passes("ready", lifecycle.read, seen, of=step.name)
                if not (passing if awaited is None else awaited):
                    return
                if pause is None:
                    self.session.unready.add(lifecycle.id)
                else:
                    self.pause(pause)

    def _passes(
        self, name: str, action: Action, seen: Taken | None = None, of: str = "made"
    ) -> bool:
        """Whether a step shows a state that passes by itself."""
        described = self._evidence(name, seen).described(name, action, of)
        return is_passing(described, self.story.lifecycle.noun)

    # ------------------------------------------------------------ taking down

    def take_down(self) -> None:
        """Delete everything that was made and has not been deleted, the last first."""
        for name in reversed(list(self.entries)):
            made = self.taken.get(name)
            body = made.body if made and made.succeeded else None
            undo = self._undo(made.step, made.params, body) if made else None
            if undo is None:
                self.session.belongings.leave(self._made(name), "no response names it")
                continue
            self._take_down(name, undo, sure=made is not None and made.succeeded)

    def _take_down(self, name: str, undo: Undo, *, sure: bool) -> None:
        deletion, params = undo
        if (deletion.id, params) in self.undone:  # two creations made one thing
            self.session.belongings.strike(self.entries[name])
            return
        step = StoryStep(name="down", operation=deletion.id, of=name)
        why = ""
        for pause in (*_UNDELETED, None):
            try:
                done = _once(self.session, deletion, step, dict(params))
            except SkipCase as reason:
                why = str(reason)
                break
            if done.succeeded or done.is_not_found or (done.is_refused and not sure):
                self.undone.append((deletion.id, params))
                self.session.belongings.strike(self.entries[name])
                return
            why = f"{deletion.id} is answered with {done.answer}"
            if self._unprotect(name):
                continue
            if pause is None or not _may_be_early(done):
                break
            self.pause(pause)
        self.session.belongings.leave(self._made(name), why)

    def _made(self, name: str) -> str:
        """What a step made, in the plural, for people."""
        taken = self.taken.get(name)
        return _things(self._lifecycle(taken.step) if taken else self.story.lifecycle)

    def _unprotect(self, name: str) -> bool:
        """Take off what protects a thing from deletion, once; whether that was possible."""
        if name in self.unprotected:
            return False
        self.unprotected.add(name)
        for update in self.story.lifecycle.updates:
            operation = self.session.discovery.operations[update.operation]
            found = {path: _unprotecting(path, operation) for path in update.given}
            values = {path: value for path, value in found.items() if value is not None}
            if not values:
                continue
            step = on_made("unprotected", update, name, **values)
            assert step is not None
            with suppress(SkipCase):
                params = _params(self.session, operation, step, self.taken)
                return _once(self.session, operation, step, params).succeeded
        return False


def _unprotecting(path: str, operation: Operation) -> Any:
    """The value with which a member protects nothing from deletion; ``None`` for other members."""
    if not _PROTECTION.fullmatch(path) or path not in operation.members:
        return None
    schema = operation.members[path]
    if schema.get("type") == "boolean":
        return False
    return next((one for one in schema.get("enum", ()) if _OFF.fullmatch(one)), None)


def _may_be_early(done: Taken) -> bool:
    """Whether a refused deletion may succeed a little later."""
    return re.search(r"InUse|Conflict|State|Dependen|Busy|Progress", done.answer) is not None


def _things(lifecycle: Lifecycle) -> str:
    """What is made, in the plural, for people."""
    return list(plurals(lifecycle.noun))[-1]


def undo_of(
    session: TargetSession, delete: Action | None, params: Params, body: Mapping[str, Any] | None
) -> Undo | None:
    """The call that takes down what a creation made; ``None`` where nothing says its name."""
    if delete is None:
        return None
    try:
        named = naming(delete.bindings, params, body)
    except UnnamedError:
        return None
    return session.discovery.operations[delete.operation], {**delete.params, **named}


def _once(
    session: TargetSession, operation: Operation, step: StoryStep, params: dict[str, Any]
) -> Taken:
    if operation.pagination is not None and not step.makes:
        exchanges = session.caller.walk(operation, params, [None], _PAGES)
    else:
        exchanges = (session.caller.call(operation, params),)
    return Taken(step=step, operation=operation, params=params, exchanges=exchanges)


def _params(
    session: TargetSession,
    operation: Operation,
    step: StoryStep,
    taken: Mapping[str, Taken],
    described: Any = None,
) -> dict[str, Any]:
    if step.like:
        model = taken[step.like]
        params = {**model.params, **step.set}
        if step.token:
            sent = PROTOCOLS[operation.protocol].members(operation, model.last.request) or {}
            params[step.token] = sent.get(step.token)
        return params
    if step.base:
        call = Call(base=True, set=step.set, edits=step.edits)
        params = dict(session.discovery.resolve(operation, call).params)
        if step.without and params.pop(step.without, None) is None:
            raise SkipCase(f"the accepted call has no {step.without}")
        params = {name: value for name, value in params.items() if name not in step.drop}
        params |= _named_anew(session, operation, step, params)
        return _repeating(session, operation, step.name_member, params)
    bound = _bound(step.bindings, taken.get(step.of), described)
    if step.joins:
        bound |= _bound(step.joins, taken.get("partner"))
    if step.results:
        bound |= _bound(step.results, taken.get(step.alike))
    if step.strange:
        known, bound = bound, {name: _strange(value) for name, value in bound.items()}
        if known == bound:
            raise SkipCase("nothing is known that would name nothing")
    alike = taken[step.alike].params if step.alike in taken else {}
    bound |= {name: alike[name] for name in operation.required & alike.keys() - bound.keys()}
    beside = {
        name: value
        for name, value in _accepted(session, operation).items()
        if name in operation.required and name not in bound and name not in step.set
    }
    given = {**beside, **_placeholders(operation, step.set)}
    resolved = session.discovery.resolve(operation, Call(set=given)).params if given else {}
    return {**step.set, **resolved, **bound}


def _placeholders(operation: Operation, params: Params) -> Params:
    """The parameters that stand for values which only the target knows."""
    found = {}
    for name, value in params.items():
        inner = value[0] if isinstance(value, list) and value else value
        if isinstance(inner, Mapping) and placeholder_name(inner, operation.resources):
            found[name] = value
    return found


def _repeating(
    session: TargetSession, operation: Operation, name: str, params: Params
) -> dict[str, Any]:
    """A call in which whatever repeats the name of what is made has the new one."""
    former, new = _accepted(session, operation).get(name), params.get(name)
    called = {
        member: one if member == name else _called(one, name, former, new)
        for member, one in params.items()
    }
    return called | _repeated(operation, name, params)


def _repeated(operation: Operation, name: str, params: Params) -> dict[str, Any]:
    """The members that have to repeat the name that is in the address of the request."""
    if operation.members.get(name, {}).get("location") not in {"path", "query"}:
        return {}
    return {
        member: {**value, name: params[name]}
        for member, value in params.items()
        if isinstance(value, Mapping) and name in value
    }


def _called(value: Any, member: str, former: Any, name: Any) -> Any:
    """A value in which what repeats a name, as a member that is called alike, has the new one."""
    if isinstance(value, Mapping):
        return {
            key: name if key == member and one == former else _called(one, member, former, name)
            for key, one in value.items()
        }
    return value


def _named_anew(
    session: TargetSession, operation: Operation, step: StoryStep, params: Params
) -> dict[str, Any]:
    """The member that holds the name of what a step makes, with a new name in it."""
    steps, schema = operation.request_paths.get(step.name_member, ((), {}))
    name = step.name_member.partition("/")[0]
    is_new = name in operation.resources and operation.resources[name].unique
    is_given = name in step.set and name == step.name_member
    if not steps or is_new or is_given:
        return {}
    try:
        value = at(params, steps)
    except LookupError:
        new = session.discovery.renamed(schema, NEW_NAME)
        is_named = step.names_it and name == step.name_member
        return {name: new} if is_named and not any(violations(new, schema, name)) else {}
    if not isinstance(value, str):
        return {}
    return {name: changed(params, steps, session.discovery.renamed(schema, value))[name]}


def _strange(value: Any) -> Any:
    """What is like the name of something, and names nothing."""
    if isinstance(value, list):
        return [_strange(one) for one in value]
    return unknown_value([value]) if isinstance(value, str) and value else value


def _accepted(session: TargetSession, operation: Operation) -> Params:
    """The call of an operation that was accepted, if one is known already, else a plain one."""
    known = session.discovery.knowledge.availability.get(operation.id)
    if known is not None and known.baseline is not None:
        return known.baseline
    return operation.baselines[0].params if operation.baselines else {}


def _bound(
    bindings: tuple[Binding, ...], made: Taken | None, described: Any = None
) -> dict[str, Any]:
    """How a request names what was made. Raises :class:`SkipCase` where that is not known."""
    if made is None or not made.succeeded:
        raise SkipCase("what it is about was not made")
    try:
        return naming(bindings, made.params, made.body, described)
    except UnnamedError as path:
        raise SkipCase(f"the creation did not say its {path}") from path


def find_out(session: TargetSession, lifecycle: Lifecycle) -> None:
    """Find out whether a creation is accepted; what is made for that is in the journal."""
    create = session.discovery.operations[lifecycle.create.operation]
    if create.id in session.discovery.knowledge.availability:
        return
    try:
        entry = session.belongings.intend(_things(lifecycle), create, {}, None)
    except JournalError as error:
        raise SkipCase(str(error)) from error
    made = _found(create, session.discovery.availability(create), lifecycle)
    if made is None:
        session.belongings.strike(entry)
    else:
        undo = undo_of(session, lifecycle.delete, made.params, made.body)
        session.belongings.confirm(entry, undo)
        session.found[create.id] = entry


def dispose(session: TargetSession, story: Story, lifecycle: Lifecycle) -> None:
    """Delete what finding out about a creation made, once: the story makes its own things."""
    create = session.discovery.operations[lifecycle.create.operation]
    made = _found(create, session.discovery.availability(create), lifecycle)
    if lifecycle.id in session.disposed or made is None:
        return
    session.disposed.add(lifecycle.id)
    telling = Telling(session, create, story)
    telling.taken["found"] = made
    telling.entries["found"] = session.found.pop(create.id, None)
    telling.take_down()


def _found(create: Operation, found: Availability, lifecycle: Lifecycle) -> Taken | None:
    """What finding out about a creation made."""
    if found.answer is None or found.baseline is None:
        return None
    step = StoryStep(name="found", operation=create.id, base=True, makes=True, lifecycle=lifecycle)
    return Taken(step=step, operation=create, params=found.baseline, exchanges=(found.answer,))
