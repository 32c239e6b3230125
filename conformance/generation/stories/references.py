"""What refers to something that is not there: a cluster, a subnet group, a parent.

It is refused where the operation has an error for such a thing. Where it has none, it is
unspecified when the service looks, and what happens is recorded.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from conformance.generation.stories.steps import action_of, made, step, story
from conformance.generation.stories.story import Kind, Story, StoryStep
from conformance.generation.stories.values import differing
from conformance.spec.levels import Level
from conformance.spec.lifecycles.derived import lifecycles
from conformance.spec.lifecycles.lifecycle import Lifecycle
from conformance.spec.lifecycles.names import folded, nouns, one_of, split
from conformance.spec.operation import Operation, Schema

#: How errors are called for what does not exist, around the name of that.
_BEFORE = r"(?:nosuch|invalid|unknown)?"
_KINDS = r"(?:id|arn|name|identifier|key|entity)?s?"
_AFTER = r"(?:notfound|doesnotexist|notexists?|nonexist\w*)(?:fault|exception|error)?"
_ENDING = r"(?:fault|exception|error)?"
#: How members end that name something by what identifies it.
_IDENTIFIERS = frozenset({"id", "arn", "name", "identifier"})
_GENERIC = re.compile(r"(?:resource|entity)?(?:notfound|nosuch\w*|doesnotexist)\w*|nosuchentity")


def of_writing(operation: Operation, one: Lifecycle) -> Iterator[tuple[str, str]]:
    """The promises of a creation or an update on what it refers to."""
    for member in references(operation, one):
        yield f"references/{member}", f"a {member} that is not there is refused"


def unsure(operation: Operation, one: Lifecycle) -> frozenset[str]:
    """The promises that nothing but the name of a member speaks for."""
    known = references(operation, one).items()
    return frozenset(f"references/{name}" for name, level in known if level is Level.OBSERVE)


def writing(operation: Operation, one: Lifecycle) -> Iterator[Story]:
    """The stories of what an operation refers to, those with an error of its own first."""
    known = references(operation, one)
    for member in sorted(known, key=lambda name: known[name] is Level.OBSERVE):
        value = _unknown(operation, member)
        if value is None:
            continue
        steps: list[StoryStep | None] = [made(one, **{member: value})]
        if operation.id != one.create.operation:
            update = action_of(operation, one)
            control, asked = step("control", update), step("updated", update, **{member: value})
            steps = [made(one), control, asked]
        yield story(operation, one, f"references/{member}", Kind.REFERENCES, steps, subject=member)


def references(operation: Operation, one: Lifecycle) -> Mapping[str, Level]:
    """The members that refer to something else, and how firmly that has to be there."""
    own = nouns(one.noun) | {"", "resource"}
    action = action_of(operation, one)
    bound = {binding.member for binding in action.bindings}
    seen = {folded(error.code) for error in operation.observed.errors_when("unknown")}
    errors = {folded(name) for name in operation.errors} | seen
    found: dict[str, Level] = {}
    for member, schema in operation.members.items():
        stem, suffix = split(one_of(member))
        if member in bound or stem in own or not _is_text(schema):
            continue
        named = any(_names(stem, error) for error in errors)
        if named and member not in action.conditional:
            found[member] = Level.SHOULD
        elif named or (suffix in _IDENTIFIERS and stem in _nouns(operation.service)):
            found[member] = Level.OBSERVE
    if len(found) == 1 and any(_GENERIC.fullmatch(error) for error in seen):
        return dict.fromkeys(found, Level.SHOULD)
    return found


def _names(stem: str, error: str) -> bool:
    """Whether an error is that of a thing which is not there, by its name."""
    thing = re.escape(stem)
    named = rf"{_BEFORE}{thing}{_KINDS}{_AFTER}|nosuch{thing}{_KINDS}{_ENDING}"
    return re.fullmatch(named, error) is not None


@lru_cache(maxsize=4)
def _nouns(service: str) -> frozenset[str]:
    """The folded nouns of what a service makes."""
    return frozenset(folded(one.noun) for one in lifecycles(service))


def _is_text(schema: Schema) -> bool:
    inner = schema.get("items", {}) if schema.get("type") == "array" else schema
    special = {"enum", "format", "contentEncoding"} & inner.keys()
    return inner.get("type") == "string" and not special


def _unknown(operation: Operation, member: str) -> Any:
    """A well-formed value that names nothing."""
    schema = operation.members[member]
    if member in operation.resources:
        unknown = {"unknown": member}
        return [unknown] if schema.get("type") == "array" else unknown
    return next((value for _, value, _ in differing(operation, member, {})), None)
