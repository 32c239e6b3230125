"""What a case is: one thing to try, as data.

A plan says which baseline, which change, which steps or walk; one executor
carries it out. Nothing here sends, judges or draws.

Values in a plan's parameters may stand for what only a target knows:

``{"resource": NAME, "rank": 0}``
    the commonest value that the target lists under that name (rank 1: the next; with
    ``"wrap": true`` ranks begin anew where the values end; with ``"cut": 5`` only its
    first five characters; with ``"doubtful": true``
    the target need not accept it here)
``{"unknown": NAME}``
    a well-formed value that the target does not know (with ``"part": 4`` a known one of
    which only what stands between its fourth and fifth colon, an ARN's account, is another;
    with ``"like": "beginning"``, ``"end"``, ``"middle"`` or ``"longer"`` a part of a known one,
    or more than it)
``{"token": "service:Operation"}``
    a page token that the target gave out for that operation
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from conformance.protocols.base import Alteration, Signing
from conformance.spec.levels import Level
from conformance.spec.values import Steps, at, changed, without

UNALTERED = Alteration()


class Expect(StrEnum):
    """What the response to a case is expected to be."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown resource"
    FOUND = "found"
    UNAUTHENTICATED = "unauthenticated"
    CLIENT_ERROR = "client error"
    UNKNOWN_TOKEN = "unknown token"
    IMPLEMENTED = "implemented"
    GONE = "gone"
    ANYTHING = "anything"


class Size(StrEnum):
    """A page size that is worked out on the target."""

    DEFAULT = "default"
    MIDDLE = "middle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A change within the value that the baseline itself has for a member, at the end of steps.

    One of: another ``value``, the member ``removed``, or a list of the elements that are there,
    ``size`` of them. What ``stays`` gets the value only where there is none.
    """

    steps: Steps = ()
    value: Any = None
    removed: bool = False
    size: int | None = None
    stays: bool = False

    def applied(self, own: Any) -> Any:
        """The changed value. Raises LookupError or TypeError where it cannot be changed so."""
        *before, (kind, name) = self.steps or (("whole", ""),)
        parent: Any = at(own, tuple(before))
        if kind != "member" or name in parent or self.removed:
            at(own, self.steps)
            if self.stays:
                return own
        if self.removed:
            return without(own, self.steps)
        if self.size is None:
            return changed(own, self.steps, self.value)
        there = at(own, self.steps)
        resized = [there[number % len(there)] for number in range(self.size)]
        return changed(own, self.steps, resized)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request: the target's default baseline (if ``base``), changed by ``set``.

    ``edits`` go before ``set`` where the baseline's own value of a member can be changed so;
    ``drop`` are members that it lacks.
    """

    set: Mapping[str, Any] = field(default_factory=dict)
    base: bool = False
    alteration: Alteration = UNALTERED
    edits: Mapping[str, Edit] = field(default_factory=dict)
    drop: tuple[str, ...] = ()

    def on(self, baseline: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters on a baseline."""
        params = {**baseline, **self.set}
        for name, edit in self.edits.items():
            with suppress(LookupError, TypeError, StopIteration, ZeroDivisionError):
                params[name] = edit.applied(baseline[name])
        return {name: value for name, value in params.items() if name not in self.drop}


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Page after page, following tokens, over at most ``pages`` pages.

    ``sizes`` are asked for in turn, the last one for all the rest.
    """

    set: Mapping[str, Any] = field(default_factory=dict)
    base: bool = False
    sizes: tuple[int | Size, ...] = (Size.DEFAULT,)
    pages: int = 100

    def on(self, baseline: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters on a baseline."""
        return {**baseline, **self.set}


Step = Call | Walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing to try, with a stable id and the clause that it exercises.

    ``valid_control`` is the valid call that the target must accept before a refusal
    counts, ``invalid_control`` the invalid one that it must refuse before an acceptance
    does. ``level`` is softer than the clause's own where this very edge is not stated as
    firmly. ``sample`` tells whether the case is among those tried where calls are dear.
    """

    id: str
    operation: str
    clause: str
    expect: Expect
    title: str
    steps: tuple[Step, ...]
    level: Level | None = None
    valid_control: Call | None = None
    invalid_control: Call | None = None
    sample: bool = True

    @property
    def elsewhere(self) -> bool:
        """Whether the request is none of an operation, so that anything may answer it."""
        step = self.steps[-1]
        if not isinstance(step, Call):
            return False
        return step.alteration.path is not None or step.alteration.absent

    @property
    def signing(self) -> Signing | None:
        """In which way the signature of the case does not fit, if it does not."""
        step = self.steps[-1]
        return step.alteration.signing if isinstance(step, Call) else None


#: The direction of an exploration that draws the order of calls on what an operation makes.
ANY_ORDER = "any-order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exploration:
    """Cases that Hypothesis draws: ``direction`` is ``valid``, ``invalid`` or ``any-order``."""

    id: str
    operation: str
    direction: str

    @property
    def title(self) -> str:
        """One line for people."""
        if self.direction == ANY_ORDER:
            return "explore the order of calls on what it makes"
        return f"explore {self.direction} requests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """A response that the documentation prints as the SDK's reading of it: ``number`` of those of
    the operation. Its request, status, headers and bytes are not known.
    """

    id: str
    operation: str
    number: int

    @property
    def title(self) -> str:
        """One line for people."""
        return "a response that the documentation prints"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A recording that no case of today plans: what was recorded runs, for the SDK's sake."""

    id: str
    operation: str

    @property
    def title(self) -> str:
        """One line for people."""
        return "a recording of a case that there is no more"
