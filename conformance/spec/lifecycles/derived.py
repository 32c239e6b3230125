"""Lifecycles read off the SDK's models: operations matched by their names, bound by their members.

What cannot be bound is left out and said in ``missing``. Nothing is sent, and no client is made.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import lru_cache

from conformance.errors import UnknownNameError
from conformance.spec.lifecycles.actions import Actions
from conformance.spec.lifecycles.by_hand import completed
from conformance.spec.lifecycles.by_sdk import stated
from conformance.spec.lifecycles.creation import Creation
from conformance.spec.lifecycles.lifecycle import Action, Binding, Lifecycle, Role, Source
from conformance.spec.lifecycles.members import is_text
from conformance.spec.lifecycles.names import folded, is_tags, is_token, split
from conformance.spec.lifecycles.service import Operations
from conformance.spec.lifecycles.tagging import tagging
from conformance.spec.lifecycles.waiters import gone, ready
from conformance.spec.sdk_models.loader import described, services


@lru_cache(maxsize=4)
def lifecycles(service: str) -> tuple[Lifecycle, ...]:
    """The resources of a service by their nouns, with what is written of them by hand.

    Raises :class:`UnknownNameError`.
    """
    operations = Operations(described(service))
    found = (_lifecycle(operations, noun, name) for noun, name in operations.creators.items())
    known = completed(service, (one for one in found if one is not None))
    return tuple(sorted(known, key=lambda one: one.noun))


@lru_cache(maxsize=4)
def by_operation(service: str) -> Mapping[str, tuple[tuple[Lifecycle, Role, Action], ...]]:
    """What each operation of a service does, by its id, on which resources."""
    found: dict[str, list[tuple[Lifecycle, Role, Action]]] = {}
    for one in lifecycles(service):
        for role, action in one.actions:
            found.setdefault(action.operation, []).append((one, role, action))
    return {name: tuple(several) for name, several in found.items()}


def lifecycle_of(operation_id: str) -> Lifecycle | None:
    """The resource that an operation creates; ``None`` where it creates none."""
    known = by_operation(operation_id.partition(":")[0]).get(operation_id, ())
    return next((one for one, role, _ in known if role == "create"), None)


def matching(pattern: str) -> Iterator[tuple[str, tuple[Lifecycle, ...]]]:
    """The resources that ``service:Noun`` matches, service by service; ``*`` is allowed.

    A pattern without a colon is one of services. Raises :class:`UnknownNameError` for a pattern
    that matches nothing.
    """
    service, colon, noun = pattern.partition(":")
    chosen = [one for one in services() if fnmatchcase(one, service)]
    if not chosen:
        raise UnknownNameError("service", service, services())
    known: list[str] = []
    found = False
    for one in chosen:
        own = lifecycles(one)
        known += (resource.id for resource in own)
        fitting = tuple(
            resource for resource in own if not colon or fnmatchcase(resource.noun, noun)
        )
        if fitting:
            found = True
            yield one, fitting
    if not found:
        raise UnknownNameError("resource", pattern, known)


def _lifecycle(operations: Operations, noun: str, name: str) -> Lifecycle | None:
    creation = Creation(operations.model(name), noun)
    actions = Actions(operations, creation)
    read, shown = actions.read() or (None, None)
    reading, actions.missing = actions.missing, []
    service = operations.service.service_name
    known = stated(service).get(folded(noun))
    delete = actions.delete()
    source: Source = "derived"
    if delete is None and known is not None and name in known.creates and known.delete:
        delete = actions.stated_delete(known.delete)
        source = "sdk" if delete else "derived"
    deleting, actions.missing = actions.missing, []
    read = _as_deleted(operations, read, delete)
    identity = (*(read.bindings if read else ()), *(delete.bindings if delete else ()))
    listing = actions.listing(identity)
    found = [read, listing, delete] if name.startswith("Create") else [read, listing and delete]
    if not any(found):
        return None
    if known is not None and known.agrees(name, *map(_name_of, (read, delete, listing))):
        source = "derived and sdk" if source == "derived" else source
    listed, actions.missing = actions.missing, []
    missing = []
    for what, there, why in (
        ("reader", read, reading),
        ("listing", listing, listed),
        ("deletion", delete, deleting),
    ):
        if there is None:
            missing.append(f"no {what}: {why[0] if why else 'no operation is named so'}")
    tags = tagging(actions, read, shown)
    if (tags is None or tags.add is None) and actions.missing and _takes_tags(creation):
        missing.append(f"no tagging: {actions.missing[0]}")
    reader = _name_of(read)
    return Lifecycle(
        service=service,
        noun=noun,
        source=source,
        create=actions.create(),
        read=read,
        listing=listing,
        updates=tuple(actions.updates(read, shown, identity)),
        delete=delete,
        tagging=tags,
        name=_name(creation, identity),
        token=_token(creation),
        ready=ready(service, noun, reader),
        gone=gone(service, noun, reader),
        identifiers=tuple(actions.identifiers(read, listing)),
        listed_whole=actions.is_listed_whole(read, listing),
        answered=tuple(dict.fromkeys(_answered(operations, (read, delete)))),
        missing=tuple(missing),
    )


def _name_of(action: Action | None) -> str:
    """The name of an action's operation; empty for none."""
    return action.operation.partition(":")[2] if action else ""


def _answered(operations: Operations, actions: tuple[Action | None, ...]) -> Iterator[Binding]:
    """What actions require and take from the answer of the creation."""
    for action in actions:
        if action is not None:
            required = operations.required(action.operation.partition(":")[2])
            for one in action.bindings:
                if one.origin == "response" and one.member in required:
                    yield one


def _as_deleted(
    operations: Operations, read: Action | None, delete: Action | None
) -> Action | None:
    """A reader that requires nothing names the resource by all that its deletion requires.

    WAF's ``GetWebACL`` may have a name, a scope and an id, or an ARN: an id alone finds nothing.
    """
    if read is None or delete is None:
        return read
    name = read.operation.partition(":")[2]
    request = operations.request(name)
    taken = {one.member for one in read.bindings}
    if operations.required(name) or "[]" in read.shown:
        return read
    needed = operations.required(delete.operation.partition(":")[2])
    further = [
        one
        for one in delete.bindings
        if one.member in needed and one.member in request and one.member not in taken
    ]
    return replace(read, bindings=(*read.bindings, *further))


def _takes_tags(creation: Creation) -> bool:
    return any(is_tags(name, creation.noun) for name in creation.request)


def _name(creation: Creation, identity: tuple[Binding, ...]) -> str | None:
    """The creating call's member that names what it makes, by its path (``Database/Name``)."""
    bound = {one.path for one in identity if one.origin == "request"}
    known = [leaf for leaf, _ in creation.requested if creation.is_own(leaf.name)]
    for suffix in ("name", "identifier", "id", "", "arn"):
        for leaf in known:
            fits = split(leaf.name)[1] == suffix and is_text(leaf.shape) and not leaf.shape.enum
            if suffix == "arn":
                fits = fits and split(leaf.name)[0] in creation.nouns
            if fits and (suffix not in {"", "arn"} or leaf.path in bound):
                return leaf.path.replace(".", "/")
    return None


def _token(creation: Creation) -> str | None:
    """The creating call's member that makes repeated calls one."""
    marked = [
        name for name, one in creation.request.items() if one.metadata.get("idempotencyToken")
    ]
    named = [name for name in creation.request if is_token(folded(name))]
    return next(iter([*marked, *named]), None)
