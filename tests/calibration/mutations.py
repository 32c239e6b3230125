"""A mutation of the embedded server: a sentence, the operations it touches, and an edit.

It knows how a Behaviour is edited, and no particular mutation.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from conformance.reference.contract import Operation
from conformance.reference.pipeline import Behaviour, Handler

Family = Literal["derived", "by-hand", "deep"]
Level = Literal["must", "should", "observe"]
Edit = Callable[[Behaviour], Behaviour]
HandlerEdit = Callable[[Handler], Handler]
Kind = TypeVar("Kind", bound="Mutation")

ALL = frozenset(Behaviour().handlers)
CHIME = frozenset(name for name in ALL if name.startswith("chime:"))
CONNECT = ALL - CHIME
LISTINGS = ALL - {"chime:GetPhoneNumber"}
SEARCHES = frozenset(name for name in ALL if name.endswith(":SearchAvailablePhoneNumbers"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """What all kinds have in common: a name, one sentence, the operations concerned, the edit."""

    name: str
    description: str
    operations: frozenset[str]
    edit: Edit


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault(Mutation):
    """A promise broken.

    ``level`` is how firm that promise is by our own reading of the pages: a run has to fail on
    ``must``, may only warn on ``should``, and need not notice ``observe``.
    """

    family: Family
    level: Level = "must"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect(Mutation):
    """A different but correct answer; ``warns`` where it departs from what should be.

    A server that ``waits`` leaves its client idle most of the time.
    """

    warns: bool = False
    waits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Degenerate(Mutation):
    """A server that is none of AWS's."""


def by_name(*mutations: Kind) -> dict[str, Kind]:
    """A table of mutations by their names; ValueError where two have the same."""
    named: dict[str, Kind] = {}
    for mutation in mutations:
        if named.setdefault(mutation.name, mutation) is not mutation:
            raise ValueError(f"The name {mutation.name!r} is used twice.")
    return named


def on(operation: str, edit: HandlerEdit) -> Edit:
    """The edit of one operation's handler."""
    return everywhere(edit, frozenset({operation}))


#: One fault of one operation: its id, the fault's name, the edit, one sentence, the level.
Spec = tuple[str, str, HandlerEdit, str, Level]


def faults(specs: Iterable[Spec], family: Family) -> tuple[Fault, ...]:
    """Faults of one operation each."""
    return tuple(
        Fault(
            name=f"{operation}/{name}",
            description=text,
            operations=frozenset({operation}),
            edit=on(operation, edit),
            family=family,
            level=level,
        )
        for operation, name, edit, text, level in specs
    )


def everywhere(edit: HandlerEdit, operations: frozenset[str] = ALL) -> Edit:
    """The same edit of several operations' handlers."""

    def apply(behaviour: Behaviour) -> Behaviour:
        handlers = {
            name: edit(handler) if name in operations else handler
            for name, handler in behaviour.handlers.items()
        }
        return replace(behaviour, handlers=handlers)

    return apply


def chain(*edits: Edit) -> Edit:
    """Several edits, one after the other."""

    def apply(behaviour: Behaviour) -> Behaviour:
        for edit in edits:
            behaviour = edit(behaviour)
        return behaviour

    return apply


def table(edit: Callable[[Operation], Operation]) -> HandlerEdit:
    """The edit of an operation's table as the edit of its handler."""
    return lambda handler: replace(handler, operation=edit(handler.operation))
