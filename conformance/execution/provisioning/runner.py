"""Creates resources on a target, and deletes them again: only those that this run created.

Every name begins with :data:`PREFIX`. A refusal becomes a sentence and raises nothing; a run
goes on with what it has.
"""

import secrets
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jmespath

from conformance.errors import ConformanceError
from conformance.execution.provisioning.files import Recipe, Step, Until, counted
from conformance.execution.provisioning.resources import ProvisionedResources
from conformance.execution.provisioning.signals import held
from conformance.execution.provisioning.templating import Filling, UnfilledError
from conformance.protocols.http import Exchange
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation
from conformance.transport.sender import Sender

#: How the names of all that a run makes begin.
PREFIX = "aws-conformance-"
#: How many things are made for an operation that destroys them.
SPARE = 10
#: Seconds between two looks at something that is not ready yet.
_LOOK = 0.3
#: Parts of the error types for things that are gone already.
_GONE = ("NotFound", "NoSuch", "NonExist", "NotExist")


#: Calls without an answer, one after the other, after which the target is asked nothing more.
_PATIENCE = 2


class RefusedError(Exception):
    """The target did not do what was requested, or did not confirm it.

    ``gone`` says that there is nothing to do it to, ``silent`` that no answer came at
    all, ``unsure`` that it may have been done.
    """

    def __init__(
        self, reason: str, *, gone: bool = False, silent: bool = False, unsure: bool = False
    ) -> None:
        super().__init__(reason)
        self.gone = gone
        self.silent = silent
        self.unsure = unsure or silent


@dataclass(frozen=True, slots=True)
class _Undo:
    """One thing that exists on the target, or may exist, and the call that takes it down."""

    step: str
    operation: Operation
    params: Mapping[str, Any]
    unsure: bool = False


@dataclass(slots=True)
class Made:
    """What was made for one service: how many of each, what takes them down, what went wrong."""

    service: str
    counts: dict[str, int] = field(default_factory=dict)
    undo: list[_Undo] = field(default_factory=list)
    left: dict[str, int] = field(default_factory=dict)
    problem: str = ""
    trouble: str = ""

    def data(self) -> dict[str, Any]:
        """As plain data, for a report."""
        left = dict(self.left)
        for one in self.undo:
            left[one.step] = left.get(one.step, 0) + 1
        found: dict[str, Any] = {"service": self.service, "made": self.counts, "left": left}
        return {**found, "problem": self.problem} if self.problem else found


class Provisioner:
    """Carries out recipes with one sender, and takes down what came of them."""

    def __init__(self, sender: Sender, provisioned: ProvisionedResources) -> None:
        self.sender = sender
        self.provisioned = provisioned
        self.made: list[Made] = []
        self._unanswered = 0
        self._destroyed: frozenset[str] = frozenset()
        self._unique = PREFIX + secrets.token_hex(4)

    # ------------------------------------------------------------ making

    def make(self, recipes: Sequence[Recipe], destroyed: Collection[str] = ()) -> None:
        """Make all of it; a service that refuses is taken down at once and has its problem said.

        ``destroyed`` are the ids of operations that will destroy things: of those that they take
        down, :data:`SPARE` more are made for them alone.
        """
        self._destroyed = frozenset(destroyed)
        last = ""
        for recipe in recipes:
            made = Made(recipe.service)
            self.made.append(made)
            if self._unanswered >= _PATIENCE:
                self._give_up(made, f"provisioning {recipe.service} was not tried after {last}")
                continue
            try:
                self._carry_out(recipe, made)
            except RefusedError as refused:
                last = str(refused)
                self._give_up(made, f"provisioning {recipe.service} stopped at {refused}")

    def _give_up(self, made: Made, why: str) -> None:
        made.problem = why
        self.provisioned.problems[made.service] = why
        for one in made.undo:
            self.provisioned.spare.pop(one.operation.id, None)
        self._undo(made)

    def _carry_out(self, recipe: Recipe, made: Made) -> None:
        answers: dict[str, list[Any]] = {}
        region = self.sender.endpoint.region
        filling = Filling(unique=self._unique, region=region, answers=answers)
        provided: list[tuple[str, Any]] = []
        for step in recipe.steps:
            answers[step.name] = []
            for number in range(1, step.times + 1):
                with held():
                    self._make_one(step, number, filling, answers, made)
                if step.until is not None:
                    self._await(step.until, filling, number)
                for member, template in step.provides.items():
                    value = _filled(step.make.operation, filling, template, number)
                    provided.append((f"{recipe.service}:{member}", value))
            self._make_spare(step, filling, answers, made)
        valid = {
            one.operation: _filled(one.operation, filling, one.params, 1) for one in recipe.valid
        }
        # a recipe that fails half-way provides nothing
        for key, value in provided:
            self.provisioned.add(key, value)
        self.provisioned.valid |= {operation.id: params for operation, params in valid.items()}

    def _make_spare(
        self, step: Step, filling: Filling, answers: dict[str, list[Any]], made: Made
    ) -> None:
        """Make more things of a step, to be destroyed; a target that takes no more has fewer."""
        if step.undo is None or step.undo.operation.id not in self._destroyed:
            return
        spare = self.provisioned.spare.setdefault(step.undo.operation.id, [])
        for number in range(step.times + 1, step.times + 1 + SPARE):
            try:
                with held():
                    self._make_one(step, number, filling, answers, made)
                if step.until is not None:
                    self._await(step.until, filling, number)
            except RefusedError:
                return
            spare.append(made.undo[-1].params)

    def _make_one(
        self,
        step: Step,
        number: int,
        filling: Filling,
        answers: dict[str, list[Any]],
        made: Made,
    ) -> None:
        operation = step.make.operation
        params = _filled(operation, filling, step.make.params, number)
        try:
            answer = self._ask(operation, params)
        except (KeyboardInterrupt, RefusedError) as error:
            # it may exist all the same: what is known by its name can be taken down
            unsure = isinstance(error, KeyboardInterrupt) or error.unsure
            if unsure and (undo := _undo(step, filling, number, unsure=True)):
                made.undo.append(undo)
            raise
        answers[step.name].append(answer)
        made.counts[step.name] = number
        if step.undo is not None:
            undo = _undo(step, filling, number)
            if undo is None:
                raise RefusedError(f"{operation.id}: its answer does not name what it made")
            made.undo.append(undo)

    def _await(self, until: Until, filling: Filling, number: int) -> None:
        operation = until.request.operation
        params = _filled(operation, filling, until.request.params, number)
        deadline = time.monotonic() + until.seconds
        while True:
            found = jmespath.search(until.path, self._ask(operation, params))
            if found == until.equals:
                return
            if time.monotonic() > deadline:
                raise RefusedError(
                    f"{operation.id}: {until.path} is {found!r} after {until.seconds:g} s, "
                    f"not {until.equals!r}"
                )
            time.sleep(_LOOK)

    def _ask(self, operation: Operation, params: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            exchange = self.sender.send(operation, params)
        except ConformanceError as error:
            raise RefusedError(f"{operation.id}: {error}".rstrip(".")) from error
        self._unanswered = 0 if exchange.response else self._unanswered + 1
        if not exchange.succeeded:
            raise _refused(operation, exchange)
        if not isinstance(exchange.parsed, Mapping):
            raise RefusedError(f"{operation.id}: the SDK cannot read its answer", unsure=True)
        return exchange.parsed

    # ------------------------------------------------------------ taking down

    def take_down(self) -> None:
        """Take down all that still exists, the last first; may be called again to go on."""
        for made in reversed(self.made):
            self._undo(made)

    def _undo(self, made: Made) -> None:
        while made.undo:
            with held():
                self._undo_one(made, made.undo[-1])
                made.undo.pop()

    def _undo_one(self, made: Made, one: _Undo) -> None:
        try:
            if self._unanswered >= _PATIENCE:
                raise RefusedError("the target no longer answers", silent=True)
            self._ask(one.operation, one.params)
        except RefusedError as refused:
            gone = refused.gone or self.provisioned.is_used(one.operation, one.params)
            if not gone and (refused.silent or not one.unsure):
                made.trouble = made.trouble or str(refused)
                made.left[one.step] = made.left.get(one.step, 0) + 1

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
                before = f"; {counted(one.counts)} made before" if one.counts else ""
                yield one.problem + before + (_fate([one]) if one.counts else "")


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


def _undo(step: Step, filling: Filling, number: int, *, unsure: bool = False) -> _Undo | None:
    """The call that takes one thing down; ``None`` where only a missing answer names the thing."""
    if step.undo is None:
        return None
    try:
        if len(filling.answers[step.name]) < number:
            own = {**filling.answers, step.name: []}
            filling = Filling(unique=filling.unique, region=filling.region, answers=own)
        params = filling.fill(step.undo.params, number)
    except UnfilledError:
        return None
    return _Undo(step.name, step.undo.operation, params, unsure)


def _refused(operation: Operation, exchange: Exchange) -> RefusedError:
    response = exchange.response
    if response is None:
        return RefusedError(f"{operation.id}: {exchange.failure}", silent=True)
    if exchange.throttled:
        return RefusedError(f"{operation.id}: the target kept asking to slow down")
    kind = PROTOCOLS[operation.protocol].error(response).type or ""
    gone = response.status == 404 or any(part in kind for part in _GONE)
    said = f"refused with {response.status} {kind}".rstrip()
    failed = response.status >= 500 and response.status != 501
    return RefusedError(f"{operation.id}: {said}", gone=gone, unsure=failed)
