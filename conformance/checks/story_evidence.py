"""The evidence of a story: its steps as they went, and what their responses show."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jmespath

from conformance.checks.evidence import readable_object
from conformance.checks.findings import in_a_line
from conformance.checks.likeness import is_shown
from conformance.generation.stories import Story, StoryStep
from conformance.protocols.http import Exchange
from conformance.protocols.table import PROTOCOLS
from conformance.spec.lifecycles.lifecycle import Action
from conformance.spec.operation import Operation, Params

_NOT_FOUND = re.compile(r"NotFound|NoSuch|NotExist|DoesNotExist|NonExistent|Unknown", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One step of a story as it went: its exchanges (pages of a listing), and what was sent."""

    step: StoryStep
    operation: Operation
    params: Params
    exchanges: tuple[Exchange, ...]

    @property
    def last(self) -> Exchange:
        """The last exchange of the step."""
        return self.exchanges[-1]

    @property
    def succeeded(self) -> bool:
        """Whether every exchange of the step succeeded."""
        return all(exchange.succeeded for exchange in self.exchanges)

    @property
    def is_refused(self) -> bool:
        """Whether the step was answered with a client error."""
        return 400 <= (self.last.status or 0) < 500

    @property
    def has_failed(self) -> bool:
        """Whether the server failed at the step: not that it has no such feature, or is busy."""
        return (self.last.status or 0) >= 500 and self.last.status not in {501, 503}

    @property
    def is_as_seen(self) -> bool:
        """Whether AWS was seen to answer with this very error."""
        response = self.last.response
        kind = PROTOCOLS[self.operation.protocol].error(response).type if response else None
        return self.operation.observed.gave(kind, self.last.status)

    @property
    def bodies(self) -> list[Mapping[str, Any]]:
        """The members of each response that can be read."""
        protocol = PROTOCOLS[self.operation.protocol]
        read = (readable_object(self.operation, protocol, e.response) for e in self.exchanges)
        return [body for body in read if body is not None]

    @property
    def body(self) -> Mapping[str, Any] | None:
        """The members of the response to a step of one call."""
        return self.bodies[-1] if self.bodies else None

    @property
    def answer(self) -> str:
        """The response in one line: its status, with the error's type."""
        response = None if self.last.succeeded else self.last.response
        protocol = PROTOCOLS[self.operation.protocol]
        return in_a_line(self.last, protocol.error(response).type if response else None)

    @property
    def is_not_found(self) -> bool:
        """Whether the response says that the thing does not exist."""
        return self.is_refused and (
            self.last.status == 404 or _NOT_FOUND.search(self.answer) is not None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryEvidence:
    """The steps of one story as they went, by their names; what could not be done is absent."""

    operation: Operation
    case: Story
    taken: Mapping[str, Taken]

    def identifiers(self, name: str = "made", *, answered: bool = False) -> list[str]:
        """What a thing that was made is called; ``answered``: only what the service chose."""
        lifecycle, made = self.case.lifecycle, self.taken.get(name)
        if made is None or not made.succeeded:
            return []
        values = (
            binding.value(made.params, made.body)
            for action in (lifecycle.read, lifecycle.delete)
            if action is not None
            for binding in action.bindings
            if not answered or binding.origin == "response"
        )
        return [value for value in dict.fromkeys(map(_text, values)) if value]

    @property
    def are_two(self) -> bool:
        """Whether the second creation has to make another thing: it has another name, or token."""
        lifecycle = self.case.lifecycle
        made, other = self.taken.get("made"), self.taken.get("other")
        if made is None or other is None:
            return False
        named = (lifecycle.name or "").split("/")[0] in made.params
        return made.params != other.params if named else lifecycle.token is not None

    def described(self, step: str, action: Action | None, of: str = "made") -> Any:
        """How a step's response describes a thing that was made; ``None`` where it does not."""
        taken = self.taken.get(step)
        if taken is None or action is None or not taken.succeeded:
            return None
        items = items_of(taken, action)
        items = self._identified(items, action, of) or items
        if len(items) == 1:
            return items[0]
        names = self.identifiers(of)
        return next((item for item in items if any(_holds(item, name) for name in names)), None)

    def shown(self, step: str, of: str = "made") -> Any:
        """How a step's response shows a thing: the reader's, or that of a listing in its stead."""
        read = self.case.lifecycle.read
        if read is not None:
            return self.described(step, read, of)
        return next(iter(self.listed(step, of)), None)

    def identity(self, action: Action, of: str = "made") -> list[tuple[str, Any]]:
        """Where an action's items show what a thing that was made is called, and what that is."""
        made = self.taken.get(of)
        if made is None or not made.succeeded:
            return []
        values = [(one.member, one.value(made.params, made.body)) for one in action.identity]
        return [(path, value) for path, value in values if value is not None]

    def _identified(self, items: Sequence[Any], action: Action, of: str) -> list[Any]:
        """The items that show what a thing that was made is called; none where none has to."""
        called = self.identity(action, of)
        return [item for item in items if called and all(_says(item, *one) for one in called)]

    def listed(self, step: str, of: str = "made") -> list[Any]:
        """The items of a listing that are a thing that was made."""
        taken, action = self.taken.get(step), self.case.lifecycle.listing
        if taken is None or action is None or not taken.succeeded:
            return []
        items = items_of(taken, action)
        found = self._identified(items, action, of)
        return found or [item for item in items if any(_holds(item, n) for n in self.own(of))]

    def own(self, of: str) -> list[str]:
        """What one thing alone is called, not what it belongs to."""
        (rest,) = {"made", "other"} - {of} if of in {"made", "other"} else ("made",)
        shared = set(self.identifiers(rest)) if self.are_two else set()
        return [name for name in self.identifiers(of) if name not in shared]

    def shows(self, step: str) -> bool:
        """Whether a step's response shows the thing that it is about."""
        lifecycle, taken = self.case.lifecycle, self.taken[step]
        if step.startswith("listed") or taken.step.asks:
            return lifecycle.listing is None or bool(self.listed(step, taken.step.of))
        return self.shown(step, taken.step.of) is not None


def _says(item: Any, path: str, value: Any) -> bool:
    """Whether an item shows a value at a path, or nothing there."""
    shown = jmespath.search(path, item) if path not in {"", "@"} else item
    return shown is not None and is_shown(value, shown)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def items_of(taken: Taken, action: Action) -> list[Any]:
    """Everything that a step's responses describe."""
    found: list[Any] = []
    for body in taken.bodies:
        value = body if action.shown in {"", "@"} else jmespath.search(action.shown, body)
        found += value if isinstance(value, list) else [] if value is None else [value]
    return found


def _holds(item: Any, name: str) -> bool:
    """Whether some text within an item is a name, or ends with it as ARNs and addresses do."""
    if isinstance(item, Mapping):
        return any(_holds(value, name) for value in item.values())
    if isinstance(item, list):
        return any(_holds(value, name) for value in item)
    return isinstance(item, str) and is_shown(name, item)


def given_at(evidence: StoryEvidence, step: str, path: str) -> Any:
    """What a request gave at a path; ``None`` where it gave nothing."""
    taken = evidence.taken.get(step)
    value: Any = taken.params if taken else None
    for name in path.split("/"):
        if name == "item":
            value = value[0] if isinstance(value, Sequence) and value else None
        elif isinstance(value, Mapping):
            value = value.get(name)
        else:
            return None
    return value
