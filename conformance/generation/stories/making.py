"""What a creation leaves behind: what was given is shown, listed, unique, tagged."""

import re
from collections.abc import Iterator
from dataclasses import replace

from conformance.generation.stories.steps import made, places, step, story, verb
from conformance.generation.stories.story import Kind, Story, StoryStep
from conformance.generation.stories.tagging import given, of_given
from conformance.generation.stories.values import differing, telling
from conformance.spec.lifecycles.lifecycle import Binding, Lifecycle
from conformance.spec.operation import Operation

#: Error types that only a second thing of the same name gets.
_DUPLICATE = re.compile(r"Already|Duplicate|Exists")
#: What the accepted call may give as 0 or false, which is as good as nothing.
_MAY_BE_NOTHING = frozenset({"integer", "number", "boolean"})
#: Error types that it may get, where the name is what tells things apart.
_CONFLICT = re.compile(r"Conflict|InUse")


def of_create(operation: Operation, one: Lifecycle) -> Iterator[tuple[str, str]]:
    """The promises of a creation: paths below ``state``, and what each says."""
    if one.reader:
        for path in places(operation, one, one.reader.places):
            yield f"read-back/{path}", f"{verb(one.reader)} shows what {path} was given"
    if one.listing and one.listing.shown:
        yield "listed", f"what was made is listed by {verb(one.listing)}"
    if _answered(one):
        yield "distinct", "two things that were made have different identifiers"
    if one.answered:
        yield "answered", "the response says how what was made is called"
    if any(action and action.called for action in (one.create, one.read, one.listing)):
        yield "called", "every response that shows what was made says its ARN and its id"
    if one.read and (one.read.identity or one.identifiers or one.shown_twice):
        yield "agree", f"{verb(one.read)} calls it as it was made, and as others show it"
    if _names_uniquely(operation, one):
        same = f" with the same {one.name}" if one.name else ""
        yield "duplicate", f"a second one{same} is refused, or is the first"
    if one.token:
        yield "token", f"a repeated request with the same {one.token} makes nothing new"
    if is_changed(one):
        yield "any-order", "what was shown stays, in whatever order its operations are called"
    yield from of_given(operation, one)


def is_changed(one: Lifecycle) -> bool:
    """Whether anything changes what was made, so that the order of calls can matter."""
    tagged = one.tagging is not None and one.tagging.add is not None
    return bool(one.read and one.delete and (one.updates or tagged))


def _answered(one: Lifecycle) -> list[Binding]:
    """What identifies a resource by the answer of its creation, for what reads or deletes it."""
    actions = (one.read, one.delete)
    found = [binding for action in actions if action for binding in action.bindings]
    return [binding for binding in found if binding.origin == "response"]


def _names_uniquely(operation: Operation, one: Lifecycle) -> bool:
    """Whether a second thing of the same name is refused, or is the first one.

    Where the service chooses an identifier, a conflict may be one of something else. What is read
    without any name is the only one of its kind.
    """
    if one.name is None:
        alone = one.read is not None and one.listing is None and not one.read.bindings
        return alone and any(_DUPLICATE.search(error) for error in operation.errors)
    actions = [action for action in (one.read, one.delete) if action is not None]
    names = (binding.path for action in actions for binding in action.bindings)
    by_name = any(name.rpartition(".")[2] == one.name.rpartition("/")[2] for name in names)
    kinds = [_DUPLICATE, _CONFLICT] if by_name or not _answered(one) else [_DUPLICATE]
    return any(kind.search(error) for kind in kinds for error in operation.errors)


def creating(operation: Operation, one: Lifecycle) -> Iterator[Story]:
    """The stories of a creation."""
    whole = (
        made(one),
        made(one, "other"),
        step("read", one.reader, awaits=True),
        step("listed", one.listing, awaits=True),
    )
    judged = [path for path, _ in of_create(operation, one) if _is_of_whole(operation, one, path)]
    if judged:
        first, *others = judged
        yield story(operation, one, first, Kind.WHOLE, whole, edge="whole", beside=others)
    for path in places(operation, one, one.reader.places) if one.reader else ():
        member = path.split("/")[0]
        of_whole = _is_of_whole(operation, one, f"read-back/{path}")
        if of_whole and operation.request_paths[path][1].get("type") not in _MAY_BE_NOTHING:
            continue
        values = differing if path == one.name else telling
        for edge, value, edit in values(operation, path, one.values):
            creation = made(one, edits={member: edit}, **{member: value})
            steps = (creation, step("read", one.reader, awaits=True))
            at = f"read-back/{path}"
            yield story(operation, one, at, Kind.READ_BACK, steps, edge=edge, subject=path)
    again = StoryStep(name="again", operation=operation.id, like="made", makes=True)
    if _names_uniquely(operation, one):
        listed = step("listed", one.listing)
        yield story(operation, one, "duplicate", Kind.DUPLICATE, (made(one), again, listed))
    if one.token:
        repeated = replace(again, token=one.token)
        yield story(operation, one, "token", Kind.TOKEN, (made(one), repeated))
    yield from given(operation, one)


_OF_WHOLE = frozenset({"listed", "distinct", "answered", "called", "agree"})


def _is_of_whole(operation: Operation, one: Lifecycle, path: str) -> bool:
    """Whether a clause is exercised by the accepted call as it is."""
    kind, _, member = path.partition("/")
    given = "/" not in member and member in operation.required
    given = given or _repeats_name(operation, one, member)
    return kind in _OF_WHOLE or (kind == "read-back" and given)


def _repeats_name(operation: Operation, one: Lifecycle, path: str) -> bool:
    """Whether a part of the body has to be the name that is in the address."""
    outer, _, inner = path.rpartition("/")
    if not outer or inner != one.name or outer not in operation.required:
        return False
    return operation.members[inner].get("location") in {"path", "query"}
