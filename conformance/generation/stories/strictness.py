"""What a service has to take: what an operation requires alone, each optional member beside that,
and every form of an identifier that its documentation allows.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.generation.samples import sample
from conformance.generation.stories.selectors import selectors
from conformance.generation.stories.steps import action_of, made, seen_name, step, story
from conformance.generation.stories.story import Kind, Story
from conformance.spec.lifecycles.lifecycle import Action, Binding, Lifecycle
from conformance.spec.lifecycles.names import folded, is_unshown, split
from conformance.spec.operation import Operation

#: Members that page and sort, and what the SDK itself fills in: they are tried elsewhere.
_BESIDE = re.compile(r"token$|marker$|^(max|page|limit|sort|order|next)")


def of_create(operation: Operation, one: Lifecycle) -> Iterator[tuple[str, str]]:
    """The promises of a creation on what it takes."""
    optional = _optional(operation)
    if optional:
        yield "accepted", "what it requires is enough"
    for member in optional:
        yield f"accepted/{member}", f"{member} may be given beside what it requires"
    for member in _left_out(operation):
        yield f"optional/{member}", f"{member} may be left out"


def of_read(operation: Operation, one: Lifecycle) -> Iterator[tuple[str, str]]:
    """The promises of a reader on what it takes."""
    for member in _optional(operation, one.read):
        yield f"accepted/{member}", f"{member} may be given beside what it requires"
    yield from of_naming(operation, one)


def of_list(operation: Operation, one: Lifecycle) -> Iterator[tuple[str, str]]:
    """The promises of a listing on what it takes."""
    for member in _beside_selectors(operation, one):
        yield f"accepted/{member}", f"{member} may be given beside what it requires"


def of_naming(operation: Operation, one: Lifecycle) -> Iterator[tuple[str, str]]:
    """The promises of what reads or changes a resource on how that is named."""
    for form in action_of(operation, one).forms:
        yield f"named-by/{_kind(form)}", f"{form.member} takes its {_kind(form)} as well"


def creating(operation: Operation, one: Lifecycle) -> Iterator[Story]:
    """The stories of what a creation takes: each has one request."""
    optional = _optional(operation)
    if optional:
        least = replace(made(one), drop=tuple(optional))
        yield story(operation, one, "accepted", Kind.ACCEPTED, (least,))
    for member in optional:
        creation = made(one, **{member: sample(operation, member)})
        path = f"accepted/{member}"
        yield story(operation, one, path, Kind.ACCEPTED, (creation,), subject=member)
    for member in _left_out(operation):
        creation = replace(made(one), without=member)
        path = f"optional/{member}"
        yield story(operation, one, path, Kind.ACCEPTED, (creation,), subject=member)


def reading(operation: Operation, one: Lifecycle) -> Iterator[Story]:
    """The stories of what a reader takes."""
    yield from _asking(operation, one, one.read, _optional(operation, one.read))
    yield from naming(operation, one)


def listing(operation: Operation, one: Lifecycle) -> Iterator[Story]:
    """The story of what a listing takes."""
    yield from _asking(operation, one, one.listing, _beside_selectors(operation, one))


def _asking(
    operation: Operation, one: Lifecycle, action: Action | None, optional: Sequence[str]
) -> Iterator[Story]:
    """The story that asks with each optional member in turn."""
    looks = [
        step(f"with {member}", action, **{member: sample(operation, member)}) for member in optional
    ]
    if looks:
        paths = [f"accepted/{member}" for member in optional]
        steps = (made(one), step("control", action, awaits=True), *looks)
        yield story(operation, one, paths[0], Kind.ACCEPTED, steps, beside=paths[1:])


def naming(operation: Operation, one: Lifecycle) -> Iterator[Story]:
    """The stories of the forms in which an operation takes an identifier."""
    action = action_of(operation, one)
    for form in action.forms:
        bindings = tuple(form if one.member == form.member else one for one in action.bindings)
        other = step("by another", replace(action, bindings=bindings))
        look = step(seen_name("made"), one.read, awaits=True)
        steps = (made(one), look, step("control", action), other)
        yield story(
            operation, one, f"named-by/{_kind(form)}", Kind.NAMED, steps, subject=form.member
        )


def _kind(form: Binding) -> str:
    return split(form.path.removesuffix("[0]").rpartition(".")[2])[1] or "name"


def _left_out(operation: Operation) -> list[str]:
    """The optional members that some call which is known to be accepted has."""
    known = dict.fromkeys(name for one in operation.baselines for name in one.params)
    return [name for name in _optional(operation) if name in known]


def _beside_selectors(operation: Operation, one: Lifecycle) -> list[str]:
    """The optional members of a listing that it does not select by: it is asked by those anyway."""
    if one.listing is None or (one.read and one.read.operation == operation.id):
        return []  # it is asked as a reader
    beside = {selector.member for selector in selectors(operation, one.listing)}
    if operation.pagination is not None:
        beside.add(operation.pagination.input_token)
    return [name for name in _optional(operation, one.listing) if name not in beside]


def _optional(operation: Operation, action: Action | None = None) -> list[str]:
    """The members that a request may have, and that ask for something."""
    bound = {one.member for one in action.bindings} | action.params.keys() if action else set()
    return [
        name
        for name, schema in operation.members.items()
        if name not in operation.required | bound
        and "type" in schema
        and not is_unshown(name)
        and not _BESIDE.search(folded(name))
    ]
