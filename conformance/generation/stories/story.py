"""A story as a type: a case of several calls on one resource.

It knows no operation, no case of another kind, and no target.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from conformance.generation.plans import Edit
from conformance.spec.lifecycles.lifecycle import Binding, Lifecycle

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


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryStep:
    """One call of a story, by a name that its check knows.

    Its request is that of the step ``like``, or the operation's accepted call (``base``), or what
    it requires; then come what ``bindings`` find in the request and response of the step ``of``,
    and ``set``, or where they can be made ``edits`` of the accepted call. ``makes`` says that it
    makes a resource, whose ``name_member`` gets a new value; ``awaits`` whether what the step looks
    for is expected to come (true), to go (false), or neither: it is then looked for once. ``token``
    is a member that has the very value that the SDK sent in the step ``like``.
    """

    name: str
    operation: str
    set: Mapping[str, Any] = field(default_factory=dict)
    edits: Mapping[str, Edit] = field(default_factory=dict)
    base: bool = False
    like: str = ""
    bindings: tuple[Binding, ...] = ()
    of: str = "made"
    makes: bool = False
    awaits: bool | None = None
    token: str = ""
    name_member: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A case of several calls.

    ``subject`` is the path of the request member that it is about, ``beside`` the clauses that it
    exercises beside its own.
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
