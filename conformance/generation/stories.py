"""What lies between calls: its clauses, and the stories that exercise them.

A story makes a resource, does something to it, and looks. Its clauses belong to the operation
that writes. Everything follows from the resource's lifecycle; it knows no target.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any

from conformance.errors import ConformanceError
from conformance.generation.plans import Edit
from conformance.spec.levels import Level
from conformance.spec.lifecycles.derived import by_operation
from conformance.spec.lifecycles.lifecycle import Action, Binding, Lifecycle, Role, Tagging
from conformance.spec.operation import Clause, Operation, Schema
from conformance.spec.patterns import matches
from conformance.spec.values import changed, containing, documented_values, plain

_SECTION = "Lifecycle"
#: Error types that only a second thing of the same name gets.
_DUPLICATE = re.compile(r"Already|Duplicate|Exists")
#: Error types that it may get, where the name is what tells things apart.
_CONFLICT = re.compile(r"Conflict|InUse")
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


# ------------------------------------------------------------ clauses


def clauses(operation: Operation) -> Iterator[Clause]:
    """What an operation leaves behind, by the lifecycles that it is a part of."""
    found: dict[str, str] = {}
    for lifecycle, role in _roles(operation):
        for path, promise in _PROMISES[role](operation, lifecycle):
            found.setdefault(path, promise)
    exercised = {name for one in stories(operation) for name in (one.clause, *one.beside)}
    for path, promise in found.items():
        tried = f"{operation.id}/state/{path}" in exercised
        yield operation.clause(
            f"state/{path}",
            promise,
            level=Level.SHOULD,
            section=_SECTION,
            untestable_reason=None if tried else _UNTRIED,
        )


#: Why nothing shows what a member was given.
_UNTRIED = "no value is known that would show in a response"


def _roles(operation: Operation) -> Iterator[tuple[Lifecycle, Role]]:
    """The lifecycles that an operation writes in, and as what.

    Only those that can be gone through: what is made can be seen and taken down.
    """
    if operation.readonly:
        return
    try:
        known = by_operation(operation.service).get(operation.id, ())
    except ConformanceError:
        return  # documented services that the SDK does not know
    for one, role, _ in known:
        if role in _PROMISES and one.delete and (one.read or one.listing):
            yield one, role


def _of_create(operation: Operation, one: Lifecycle) -> Iterator[tuple[str, str]]:
    if one.read:
        for path in _places(operation, one, one.read.places):
            yield f"read-back/{path}", f"{_verb(one.read)} shows what {path} was given"
    if one.listing and one.listing.shown:
        yield "listed", f"what was made is listed by {_verb(one.listing)}"
    if _answered(one):
        yield "distinct", "two things that were made have different identifiers"
    if _names_uniquely(operation, one):
        yield "duplicate", f"a second one with the same {one.name} is refused, or is the first"
    if one.token:
        yield "token", f"a repeated request with the same {one.token} makes nothing new"
    if one.tagging and one.tagging.at_creation and one.tagging.listed:
        yield "tags", f"{_verb(one.tagging.listed)} shows the tags given at creation"


def _of_delete(operation: Operation, one: Lifecycle) -> Iterator[tuple[str, str]]:
    if one.read or one.listing:
        yield "gone", "what was deleted is no longer shown as it was"
        yield "others-stay", "what was not deleted stays"


def _of_update(operation: Operation, one: Lifecycle) -> Iterator[tuple[str, str]]:
    action = _update(operation, one)
    if one.read:
        for path in _places(operation, one, action.given):
            yield f"updated/{path}", f"{_verb(one.read)} shows what {path} was given"


def _of_tag(operation: Operation, one: Lifecycle) -> Iterator[tuple[str, str]]:
    if one.tagging and one.tagging.listed:
        yield "tagged", f"{_verb(one.tagging.listed)} shows the tags that were added"


def _of_untag(operation: Operation, one: Lifecycle) -> Iterator[tuple[str, str]]:
    if one.tagging and one.tagging.listed and one.tagging.add:
        yield "untagged", f"{_verb(one.tagging.listed)} shows all tags but those removed"


_PROMISES: Mapping[Role, Callable[[Operation, Lifecycle], Iterator[tuple[str, str]]]] = {
    "create": _of_create,
    "delete": _of_delete,
    "update": _of_update,
    "tag": _of_tag,
    "untag": _of_untag,
}


def _verb(action: Action) -> str:
    return action.operation.partition(":")[2]


def _places(operation: Operation, one: Lifecycle, places: Mapping[str, str]) -> list[str]:
    """The paths of request members of which it is known where they are shown.

    What is in the address of the request says where the thing is, and need not be repeated.
    """
    known = [path for path in places if path in operation.request_paths]
    return [
        path
        for path in known
        if path == one.name or operation.members[path.split("/")[0]].get("location") != "path"
    ]


def _update(operation: Operation, one: Lifecycle) -> Action:
    return next(update for update in one.updates if update.operation == operation.id)


def _answered(one: Lifecycle) -> list[Binding]:
    """What identifies a resource by the answer of its creation."""
    actions = (one.read, one.delete)
    found = [binding for action in actions if action for binding in action.bindings]
    return [binding for binding in found if binding.origin == "response"]


def _names_uniquely(operation: Operation, one: Lifecycle) -> bool:
    """Whether a second thing of the same name is refused, or is the first one.

    Where the service chooses an identifier, a conflict may be one of something else.
    """
    if one.name is None:
        return False
    actions = [action for action in (one.read, one.delete) if action is not None]
    names = (binding.path for action in actions for binding in action.bindings)
    by_name = any(name.rpartition(".")[2] == one.name.rpartition("/")[2] for name in names)
    kinds = [_DUPLICATE, _CONFLICT] if by_name or not _answered(one) else [_DUPLICATE]
    return any(kind.search(error) for kind in kinds for error in operation.errors)


# ------------------------------------------------------------ stories


@lru_cache(maxsize=256)
def stories(operation: Operation) -> tuple[Story, ...]:
    """Every story about what an operation leaves behind, in a stable order."""
    found = [story for one, role in _roles(operation) for story in _STORIES[role](operation, one)]
    return tuple({story.id: story for story in found}.values())


def _story(
    operation: Operation,
    one: Lifecycle,
    path: str,
    kind: Kind,
    steps: Sequence[StoryStep | None],
    *,
    edge: str = "",
    subject: str = "",
    beside: Sequence[str] = (),
) -> Story:
    ending = f"{one.noun}-{edge}" if edge else one.noun
    return Story(
        id=f"{operation.id}/state/{path}/{ending}",
        operation=operation.id,
        clause=f"{operation.id}/state/{path}",
        title=f"{one.noun}: {path}{f', {edge}' if edge else ''}",
        kind=kind,
        lifecycle=one,
        steps=tuple(step for step in steps if step is not None),
        subject=subject,
        beside=tuple(f"{operation.id}/state/{name}" for name in beside),
    )


def _made(
    one: Lifecycle, name: str = "made", *, edits: Mapping[str, Edit] | None = None, **values: Any
) -> StoryStep:
    return StoryStep(
        name=name,
        operation=one.create.operation,
        base=True,
        set=values,
        edits=edits or {},
        makes=True,
        name_member="" if one.name is None or "/" in one.name else one.name,
    )


def _step(
    name: str, action: Action | None, of: str = "made", *, awaits: bool | None = None, **values: Any
) -> StoryStep | None:
    if action is None:
        return None
    return StoryStep(
        name=name,
        operation=action.operation,
        bindings=action.bindings,
        of=of,
        set={**action.params, **values},
        awaits=awaits,
    )


def _creating(operation: Operation, one: Lifecycle) -> Iterator[Story]:
    whole = (
        _made(one),
        _made(one, "other"),
        _step("read", one.read, awaits=True),
        _step("listed", one.listing, awaits=True),
    )
    judged = [path for path, _ in _of_create(operation, one) if _is_of_whole(operation, one, path)]
    if judged:
        first, *others = judged
        yield _story(operation, one, first, Kind.WHOLE, whole, edge="whole", beside=others)
    for path in _places(operation, one, one.read.places) if one.read else ():
        member = path.split("/")[0]
        if _is_of_whole(operation, one, f"read-back/{path}"):
            continue
        for edge, value, edit in _differing(operation, path):
            made = _made(one, edits={member: edit}, **{member: value})
            steps = (made, _step("read", one.read, awaits=True))
            at = f"read-back/{path}"
            yield _story(operation, one, at, Kind.READ_BACK, steps, edge=edge, subject=path)
    again = StoryStep(name="again", operation=operation.id, like="made", makes=True)
    if _names_uniquely(operation, one):
        listed = _step("listed", one.listing)
        yield _story(operation, one, "duplicate", Kind.DUPLICATE, (_made(one), again, listed))
    if one.token:
        repeated = replace(again, token=one.token)
        yield _story(operation, one, "token", Kind.TOKEN, (_made(one), repeated))
    tagging = one.tagging
    if tagging and tagging.at_creation and tagging.listed:
        given = written(tagging, TAGS)
        if tagging.type_at_creation:
            given = [{"ResourceType": tagging.type_at_creation, "Tags": given}]
        steps = (
            _made(one, **{tagging.at_creation: given}),
            _step("tags", tagging.listed, awaits=True),
        )
        yield _story(operation, one, "tags", Kind.TAGS, [step for step in steps if step])


def _is_of_whole(operation: Operation, one: Lifecycle, path: str) -> bool:
    """Whether a clause is exercised by the accepted call as it is."""
    kind, _, member = path.partition("/")
    given = "/" not in member and (member in operation.required or member == one.name)
    return kind in {"listed", "distinct"} or (kind == "read-back" and given)


def _deleting(operation: Operation, one: Lifecycle) -> Iterator[Story]:
    steps = (
        _made(one),
        _made(one, "other"),
        _step("before", one.read, awaits=True),
        _step("listed before", one.listing, awaits=True),
        _step("deleted", one.delete),
        _step("after", one.read, awaits=False),
        _step("listed after", one.listing, awaits=False),
        _step("other after", one.read, "other", awaits=True),
    )
    yield _story(operation, one, "gone", Kind.GONE, steps, beside=["others-stay"])


def _updating(operation: Operation, one: Lifecycle) -> Iterator[Story]:
    action = _update(operation, one)
    if one.read is None:
        return
    for path in _places(operation, one, action.given):
        member = path.split("/")[0]
        if any(binding.member == member for binding in action.bindings):
            continue
        for edge, value, _ in _differing(operation, path):
            steps = (
                _made(one),
                _step("before", one.read, awaits=True),
                _step("updated", action, **{member: value}),
                _step("read", one.read, awaits=True),
            )
            yield _story(
                operation, one, f"updated/{path}", Kind.UPDATED, steps, edge=edge, subject=path
            )


def _tagging(operation: Operation, one: Lifecycle) -> Iterator[Story]:
    tagging = one.tagging
    if not tagging or not tagging.listed:
        return
    steps = (
        _made(one),
        _made(one, "other"),
        _step("tagged", tagging.add, **{tagging.tags: written(tagging, TAGS)}),
        _step("tags", tagging.listed, awaits=True),
        _step("other tags", tagging.listed, "other"),
    )
    yield _story(operation, one, "tagged", Kind.TAGGED, steps)


def _untagging(operation: Operation, one: Lifecycle) -> Iterator[Story]:
    tagging = one.tagging
    if not tagging or not tagging.listed or not tagging.add:
        return
    steps = (
        _made(one),
        _step("tagged", tagging.add, **{tagging.tags: written(tagging, TAGS)}),
        _step("tags", tagging.listed, awaits=True),
        _step("untagged", tagging.remove, **{tagging.keys: removed(operation, tagging)}),
        _step("tags after", tagging.listed, awaits=False),
    )
    yield _story(operation, one, "untagged", Kind.TAGGED, steps)


_STORIES: Mapping[Role, Callable[[Operation, Lifecycle], Iterator[Story]]] = {
    "create": _creating,
    "delete": _deleting,
    "update": _updating,
    "tag": _tagging,
    "untag": _untagging,
}


def written(tagging: Tagging, tags: Mapping[str, str]) -> Any:
    """Tags as the service takes them."""
    if tagging.shape == "map":
        return dict(tags)
    return [{tagging.key: key, tagging.value: value} for key, value in tags.items()]


def removed(operation: Operation, tagging: Tagging) -> Any:
    """The first tag's key, as the operation that removes tags takes it."""
    first = next(iter(TAGS))
    items = operation.members[tagging.keys].get("items", {})
    return [{tagging.key: first}] if items.get("type") == "object" else [first]


def _differing(operation: Operation, path: str) -> Iterator[tuple[str, Any, Edit]]:
    """Values of the outermost member of a path that differ from what is usual at its end.

    Each with the same change of the value that the accepted call has.
    """
    steps, schema = operation.request_paths[path]
    if any(kind in {"key", "value"} for kind, _ in steps):
        return
    (_, member), *inside = steps
    outer = operation.members[member]
    for edge, value in _values(schema, path.rsplit("/", 1)[-1]):
        made = changed(containing(outer, tuple(inside)), tuple(inside), value)
        yield edge, made, Edit(steps=tuple(inside), value=value)


def _values(schema: Schema, name: str) -> Iterator[tuple[str, Any]]:
    listed = documented_values(schema)
    match schema.get("type"):
        case "boolean":
            yield "true", True
            yield "false", False
        case "integer" | "number":
            least, most = schema.get("minimum", 1), schema.get("maximum", 10_000)
            yield "number", min(most, max(least, least + 6 if most - least > 6 else most))
        case "array":
            inner = next(_values(schema.get("items", {}), name), None)
            if inner is not None:
                yield "list", [inner[1]] * max(1, schema.get("minItems", 1))
        case "object" if "properties" in schema:
            made = _filled(schema)
            if made:
                yield "object", made
        case "string" if listed:
            yield "last-value", listed[-1]
            if len(listed) > 1:
                yield "first-value", listed[0]
        case "string":
            yield "text", _text(schema, name)


def _text(schema: Schema, name: str) -> Any:
    """A text that no service has as its default."""
    if "format" in schema or "contentEncoding" in schema:
        return plain(schema)
    least, most = schema.get("minLength", 1), schema.get("maxLength", 256)
    pattern = schema.get("pattern")
    texts = [text.ljust(least, "x")[:most] for text in (f"conformance {name}", *_PLAIN_TEXTS)]
    if pattern is None:
        return texts[0]
    fitting = (text for text in texts if matches(pattern, text, whole=True))
    return next(fitting, None) or plain(schema)


#: What patterns often allow: a name, a word, a path.
_PLAIN_TEXTS = ("conformance-text", "conformance", "/conformance/")


def _filled(schema: Schema) -> dict[str, Any]:
    """An object with what it requires, or else with its first plain member."""
    made = plain(schema)
    if made:
        return dict(made)
    for name, inner in schema["properties"].items():
        if inner.get("type") in {"string", "integer", "boolean"}:
            value = next(_values(inner, name), None)
            return {name: value[1]} if value else {}
    return {}
