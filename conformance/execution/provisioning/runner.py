"""Creates resources on a target, and deletes them again: only those that this run created.

Every name begins with :data:`PREFIX`. A refusal becomes a sentence and raises nothing; a run
goes on with what it has. Each resource is in the journal before it is created.
"""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import jmespath

from conformance.execution.provisioning.calls import Asker, RefusedError
from conformance.execution.provisioning.files import Recipe, Request, Step, Until, counted
from conformance.execution.provisioning.journal import PREFIX, UNNAMED, Journal, JournalError, Undo
from conformance.execution.provisioning.ownership import UNIQUE, may_be, named
from conformance.execution.provisioning.resources import ProvisionedResources
from conformance.execution.provisioning.signals import held
from conformance.execution.provisioning.templating import (
    Filling,
    UnfilledError,
    answers_named,
)
from conformance.spec.operation import Operation, Params
from conformance.transport.sender import Sender

#: How many things are made for an operation that destroys them.
SPARE = 10
#: Seconds between two looks at something that is not ready yet.
_LOOK = 0.3
#: Seconds that an interrupted call has left to say what it made.
_GRACE = 5.0


@dataclass(frozen=True, slots=True)
class _Undo:
    """One thing that exists on the target, or may exist, and the call that takes it down.

    ``entry`` is its number in the journal.
    """

    step: str
    operation: Operation
    params: Mapping[str, Any]
    entry: int | None = None
    unsure: bool = False


@dataclass(slots=True)
class Made:
    """What was made for one service: how many of each, what takes them down, what went wrong.

    ``left`` counts what is not taken down, ``failed`` are the steps without which the others
    went on.
    """

    service: str
    counts: dict[str, int] = field(default_factory=dict)
    undo: list[_Undo] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    problem: str = ""
    trouble: str = ""

    def data(self) -> dict[str, Any]:
        """As plain data, for a report."""
        left = self.left + Counter(one.step for one in self.undo)
        found = {"service": self.service, "made": self.counts, "left": dict(left)}
        return {**found, "problem": self.problem} if self.problem else found


class Provisioner:
    """Carries out recipes with one sender, and takes down what came of them."""

    def __init__(
        self, sender: Sender, provisioned: ProvisionedResources, journal: Journal | None = None
    ) -> None:
        self.sender = sender
        self.provisioned = provisioned
        self.made: list[Made] = []
        self._journal = journal
        self._calls = Asker(sender)
        self._destroyed: frozenset[str] = frozenset()
        self._unique = PREFIX + secrets.token_hex(4)

    # ------------------------------------------------------------ making

    def make(self, recipes: Sequence[Recipe], destroyed: Collection[str] = ()) -> None:
        """Make all of it; what a step that is refused has made is taken down at once.

        Steps that do not need it go on. ``destroyed`` are the ids of operations that will destroy
        things: of those that they take down, :data:`SPARE` more are made for them alone.
        """
        self._destroyed = frozenset(destroyed)
        last = ""
        for recipe in recipes:
            made = Made(recipe.service)
            self.made.append(made)
            if self._calls.is_silent:
                made.problem = f"provisioning {recipe.service} was not tried after {last}"
            else:
                last = self._carry_out(recipe, made) or last
            if made.problem:
                self.provisioned.problems[made.service] = made.problem

    def make_one(
        self,
        service: str,
        things: str,
        operation: Operation,
        params: Params,
        undo_of: Callable[[Mapping[str, Any]], Undo | None],
    ) -> Mapping[str, Any]:
        """Make one thing beside the recipes, and note what takes it down.

        Raises :class:`RefusedError`, with nothing made or what was made unnamed.
        """
        made = next((one for one in self.made if one.service == service), None)
        if made is None:
            made = Made(service)
            self.made.append(made)
        with held(grace=_GRACE):
            entry = self._note(things, operation, params, undo_of({}))
            try:
                answer = self._calls.ask(operation, params)
            except RefusedError as refused:
                if not refused.unsure:
                    self._strike(entry)
                raise
            undo = undo_of(answer)
            self._confirm(entry, undo)
            made.counts[things] = made.counts.get(things, 0) + 1
            if undo is None:
                made.left[things] += 1
                made.trouble = made.trouble or UNNAMED
            else:
                made.undo.append(_Undo(things, *undo, entry))
        return answer

    def _carry_out(self, recipe: Recipe, made: Made) -> str:
        """Carry out the steps of a recipe; the first refusal, or nothing."""
        region = self.sender.endpoint.region
        filling = Filling(unique=self._unique, region=region, answers={})
        first = ""
        for step in recipe.steps:
            if not step.needs.isdisjoint(made.failed) or self._calls.is_silent:
                made.failed.append(step.name)
                continue
            try:
                self._carry_out_step(recipe.service, step, filling, made)
            except RefusedError as refused:
                first = first or str(refused)
                made.failed.append(step.name)
                if step.undo is not None:
                    self.provisioned.spare.pop(step.undo.operation.id, None)
                self._undo(made, step.name)
        if len(made.failed) == len(recipe.steps):
            made.problem = f"provisioning {recipe.service} stopped at {first}"
            return first
        if first:
            without = ", ".join(made.failed)
            made.problem = f"provisioning {recipe.service} went on without {without}: {first}"
        for step in recipe.steps:
            if step.name not in made.failed:
                operation = step.make.operation
                with suppress(RefusedError):
                    more = _filled(operation, filling, step.make.params, step.times + 1)
                    self.provisioned.made.setdefault(operation.id, more)
        failed = [step for step in recipe.steps if step.name in made.failed]
        for one in recipe.valid:
            if not _depends(one, failed):
                params = _filled(one.operation, filling, one.params, 1)
                self.provisioned.accept(one.operation.id, params)
        return first

    def _carry_out_step(self, service: str, step: Step, filling: Filling, made: Made) -> None:
        provided: list[tuple[str, Any]] = []
        filling.answers[step.name] = []
        for number in range(1, step.times + 1):
            with held(grace=_GRACE):
                self._make_one(step, number, filling, made)
            if step.until is not None:
                self._await(step.until, filling, number)
            for member, template in step.provides.items():
                value = _filled(step.make.operation, filling, template, number)
                provided.append((f"{service}:{member}", value))
        self._make_spare(step, filling, made)
        # a step that fails half-way provides nothing
        for key, value in provided:
            self.provisioned.add(key, value)

    def _make_spare(self, step: Step, filling: Filling, made: Made) -> None:
        """Make more things of a step, to be destroyed; a target that takes no more has fewer."""
        if step.undo is None or step.undo.operation.id not in self._destroyed:
            return
        spare = self.provisioned.spare.setdefault(step.undo.operation.id, [])
        for number in range(step.times + 1, step.times + 1 + SPARE):
            try:
                with held(grace=_GRACE):
                    self._make_one(step, number, filling, made)
                if step.until is not None:
                    self._await(step.until, filling, number)
            except RefusedError:
                return
            spare.append(made.undo[-1].params)

    def _make_one(self, step: Step, number: int, filling: Filling, made: Made) -> None:
        operation = step.make.operation
        params = _filled(operation, filling, step.make.params, number)
        entry = self._intend(step, params, _undo(step, filling, number))
        try:
            answer = self._calls.ask(operation, params)
        except (KeyboardInterrupt, RefusedError) as error:
            if isinstance(error, KeyboardInterrupt) or error.unsure:
                self._may_exist(step, _undo(step, filling, number), entry, made)
            else:
                self._strike(entry)
            raise
        filling.answers[step.name].append(answer)
        made.counts[step.name] = number
        if step.undo is None:
            return
        undo = _undo(step, filling, number)
        self._confirm(entry, undo)
        if undo is None:
            made.left[step.name] += 1
            made.trouble = made.trouble or f"{operation.id}: its answer does not name what it made"
            raise RefusedError(f"{operation.id}: its answer does not name what it made")
        made.undo.append(_Undo(step.name, *undo, entry))

    def _may_exist(self, step: Step, undo: Undo | None, entry: int | None, made: Made) -> None:
        """Keep in mind what may have been made: what is known by its name can be taken down."""
        if undo is not None:
            made.undo.append(_Undo(step.name, *undo, entry, unsure=True))
        elif step.undo is not None:
            made.left[step.name] += 1
            made.trouble = made.trouble or UNNAMED

    def _await(self, until: Until, filling: Filling, number: int) -> None:
        operation = until.request.operation
        params = _filled(operation, filling, until.request.params, number)
        deadline = time.monotonic() + until.seconds
        while True:
            found = jmespath.search(until.path, self._calls.ask(operation, params))
            if found == until.equals:
                return
            if time.monotonic() > deadline:
                raise RefusedError(
                    f"{operation.id}: {until.path} is {found!r} after {until.seconds:g} s, "
                    f"not {until.equals!r}"
                )
            time.sleep(_LOOK)

    # ------------------------------------------------------------ the journal

    def _intend(self, step: Step, params: Params, undo: Undo | None) -> int | None:
        if step.undo is None or step.undo.operation.readonly:
            return None
        return self._note(step.name, step.make.operation, params, undo)

    def _note(self, things: str, make: Operation, params: Params, undo: Undo | None) -> int | None:
        if self._journal is None:
            return None
        try:
            return self._journal.intend(things, make, params, undo)
        except JournalError as error:
            raise RefusedError(f"{make.id}: {error}".rstrip(".")) from error

    def _confirm(self, entry: int | None, undo: Undo | None) -> None:
        if self._journal is not None and entry is not None:
            with suppress(JournalError):  # it is listed already, if with less
                self._journal.confirm(entry, undo)

    def _strike(self, entry: int | None) -> None:
        if self._journal is not None and entry is not None:
            with suppress(JournalError):  # it stays listed, and taking it down finds nothing
                self._journal.strike(entry)

    # ------------------------------------------------------------ taking down

    def take_down(self) -> None:
        """Take down all that still exists, the last first; may be called again to go on."""
        for made in reversed(self.made):
            self._undo(made)

    def _undo(self, made: Made, step: str | None = None) -> None:
        """Take down what was made for a service, or by one step of it, the last first."""
        due = [one for one in made.undo if step is None or one.step == step]
        while due:
            with held():
                one = due.pop()
                self._undo_one(made, one)
                made.undo.remove(one)

    def _undo_one(self, made: Made, one: _Undo) -> None:
        try:
            self._calls.ask(one.operation, one.params)
        except RefusedError as refused:
            used = self.provisioned.is_used(one.operation, one.params)
            if not (refused.gone or used or (one.unsure and refused.invalid)):
                made.trouble = made.trouble or str(refused)
                made.left[one.step] += 1
                return
        self._strike(one.entry)

    # ------------------------------------------------------------ reporting

    def lines(self) -> Iterator[str]:
        """What was made and what became of it, for people."""
        whole = [one for one in self.made if one.counts and not one.problem]
        if whole:
            yield (
                "provisioned "
                + "; ".join(f"{one.service}: {counted(one.counts)}" for one in whole)
                + _fate(whole)
            )
        for one in self.made:
            if one.problem:
                made = f"; {counted(one.counts)} made" if one.counts else ""
                yield one.problem + made + (_fate([one]) if one.counts or one.left else "")


def _fate(several: Sequence[Made]) -> str:
    left = [f"{counted(rest)} of {one.service}" for one in several if (rest := one.data()["left"])]
    if not left:
        return "; all taken down"
    why = next((one.trouble for one in several if one.trouble), "the run was stopped")
    return f"; NOT taken down: {'; '.join(left)} ({why})"


def _filled(operation: Operation, filling: Filling, value: Any, number: int) -> Any:
    try:
        return filling.fill(value, number)
    except UnfilledError as error:
        raise RefusedError(f"{operation.id}: {error}") from error


def _depends(request: Request, failed: Sequence[Step]) -> bool:
    """Whether a call may name what one of some steps would have made."""
    names = {step for step, _ in answers_named(request.params)}
    texts = {one.text for one in named(request.operation, request.params) if UNIQUE in one.text}
    made = (one.text for step in failed for one in named(step.make.operation, step.make.params))
    return any(step.name in names for step in failed) or any(
        may_be(template, text) for template in made for text in texts
    )


def _undo(step: Step, filling: Filling, number: int) -> Undo | None:
    """The call that takes one thing down; ``None`` where only a missing answer names the thing."""
    if step.undo is None:
        return None
    try:
        if len(filling.answers[step.name]) < number:
            own = {**filling.answers, step.name: []}
            filling = Filling(unique=filling.unique, region=filling.region, answers=own)
        return step.undo.operation, filling.fill(step.undo.params, number)
    except UnfilledError:
        return None
