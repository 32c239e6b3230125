"""A story as a type: a case of several calls on one resource.

It knows no operation, no case of another kind, and no target.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from conformance.generation.plans import Edit
from conformance.spec.lifecycles.lifecycle import Binding, Lifecycle
from conformance.spec.lifecycles.names import folded

#: What is put on what was made, and on another one beside it.
TAGS: Mapping[str, str] = {"conformance-a": "one", "conformance-b": "two"}


class Kind(StrEnum):
    """What a story looks at."""

    WHOLE = "whole"
    READ_BACK = "read-back"
    DUPLICATE = "duplicate"
    TOKEN = "token"
    GONE = "gone"
    UPDATED = "updated"
    TAGS = "tags"
    TAGGED = "tagged"
    FILTERS = "filters"
    PAIRED = "paired"
    KEPT = "kept"
    ACCEPTED = "accepted"
    NAMED = "named"
    REFERENCES = "references"
    UNKNOWN = "unknown"


#: Members that may show something else at any time.
_PASSING = re.compile(r"state|status|progress|health")
#: How a listed item relates to what a listing was asked for.
Relation = Literal["equals", "prefix", "contains", "tag", "since", "until"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """By what a listing can be asked for some of what there is.

    ``member`` is of the request. Where it takes filters by names, ``filter`` is one of them, and
    ``parts`` are what name and values are called in it. ``place`` is a jmespath within an item:
    what the listing selects by; empty where no item is known to show that. ``schema`` is that of
    one value, ``several`` whether more can be asked for at once. ``name`` ends its clause.
    """

    name: str
    member: str
    filter: str = ""
    parts: tuple[str, str] = ("", "")
    place: str = ""
    relation: Relation = "equals"
    schema: Mapping[str, Any] = field(default_factory=dict)
    several: bool = False

    @property
    def is_passing(self) -> bool:
        """Whether an item may show something else at any time: a status, a progress."""
        last = self.place.rpartition(".")[2]
        return any(_PASSING.search(folded(one)) for one in (last, self.name))

    def written(self, values: Sequence[str]) -> Any:
        """The member's value that asks for one of some values."""
        name, wanted = self.parts
        if self.filter:
            return [{name: self.filter, wanted: list(values)}]
        if self.schema.get("type") == "number":
            return int(values[0])
        return list(values) if self.several else values[0]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a step asks of a selector: for the item's ``own`` value, for an ``other`` one, for both,
    or for ``any`` text. The steps ``and`` and ``or`` ask the first ones that can be answered.
    """

    selector: Selector
    values: tuple[Literal["own", "other", "any"], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryStep:
    """One call of a story, by a name that its check knows.

    Its request is that of the step ``like``, or the operation's accepted call (``base``), or what
    it requires; then come what ``bindings`` find in the request and response of the step ``of``,
    and ``set``, or where they can be made ``edits`` of the accepted call. It is sent without what
    is to ``drop``, and ``without`` a member that it has to have. ``makes`` says that it
    makes a resource, whose ``name_member`` gets a new value; ``awaits`` whether what the step looks
    for is expected to come (true), to go (false), or neither: it is then looked for once. ``token``
    is a member that has the very value that the SDK sent in the step ``like``. ``asks`` is what a
    listing is asked for, by values that the listing of the step ``listed`` shows of what was made.
    ``joins`` name what the step ``partner`` made, which is of another ``lifecycle`` than the
    story's, ``results`` what the step ``alike`` was answered, the one whose values it takes for
    what nothing binds. A ``strange`` step names nothing that exists, and one that ``names_it``
    gives what it makes a name also where the accepted call has none.
    """

    name: str
    operation: str
    set: Mapping[str, Any] = field(default_factory=dict)
    edits: Mapping[str, Edit] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    without: str = ""
    base: bool = False
    like: str = ""
    bindings: tuple[Binding, ...] = ()
    of: str = "made"
    makes: bool = False
    awaits: bool | None = None
    token: str = ""
    name_member: str = ""
    asks: tuple[Asked, ...] = ()
    joins: tuple[Binding, ...] = ()
    lifecycle: Lifecycle | None = None
    results: tuple[Binding, ...] = ()
    alike: str = ""
    strange: bool = False
    names_it: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A case of several calls.

    ``subject`` is the path of the request member that it is about (of the creation's, where an
    update is to keep it), ``beside`` the clauses that it exercises beside its own, ``selectors`` by
    what it asks a listing.
    """

    id: str
    operation: str
    clause: str
    title: str
    kind: Kind
    lifecycle: Lifecycle
    steps: tuple[StoryStep, ...]
    subject: str = ""
    beside: tuple[str, ...] = ()
    selectors: tuple[Selector, ...] = ()

    @property
    def partners(self) -> tuple[Lifecycle, ...]:
        """What it makes beside its own resource, to join it to that."""
        return tuple(step.lifecycle for step in self.steps if step.lifecycle is not None)
