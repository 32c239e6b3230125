"""How a resource is tagged: the operations that tag, untag and list, and how they write tags."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from botocore.model import ListShape, MapShape, Shape

from conformance.spec.lifecycles.actions import Actions
from conformance.spec.lifecycles.creation import Creation, Described
from conformance.spec.lifecycles.lifecycle import Action, Binding, Tagging
from conformance.spec.lifecycles.members import is_scalar, is_text, joined, kind, members, within
from conformance.spec.lifecycles.names import folded, is_plainly, is_tags, one_of, split

_ADDING = ("Tag{0}", "AddTagsTo{0}", "AddTagsFor{0}", "AddTags", "CreateTags", "ChangeTagsFor{0}")
_REMOVING = (
    "Untag{0}",
    "RemoveTagsFrom{0}",
    "RemoveTags",
    "DeleteTags",
    "DeleteTagsFor{0}",
    "ChangeTagsFor{0}",
)
_LISTING = (
    "List{0}Tags",
    "ListTagsFor{0}",
    "ListTagsOf{0}",
    "ListTags{0}",
    "Get{0}Tags",
    "GetTagsFor{0}",
    "ListTags",
    "DescribeTags",
    "GetTags",
)
#: What is tagged, where it is any resource of a service.
_RESOURCES = ("Resource", "Resources")
_ANY = frozenset(map(folded, _RESOURCES))
_KEYS = frozenset({"tagkeys", "tagkeylist", "keys", "tagstoremove", "removetagkeys", "tagnames"})


class _Tags:
    """Builds the tagging of one resource from its actions and the shape that its reader shows."""

    def __init__(self, actions: Actions, shown: Described | None) -> None:
        self.actions = actions
        self.shown = members(shown.shape) if shown else {}
        self.operations = actions.operations
        self.creation = actions.creation

    def named(self, patterns: tuple[str, ...]) -> Iterator[str]:
        """The operations of some names, for this noun, then for any resource; deprecated last."""
        own = self.creation.noun
        names = [pattern.format(one) for one in (own, *_RESOURCES) for pattern in patterns]
        found = [one for name in names for one in self.operations.find(name, own)]
        yield from sorted(found, key=self.operations.is_deprecated)

    def action(self, name: str, besides: frozenset[str]) -> Action | None:
        """A tagging operation with what it needs beside tags; ``None`` where it needs more."""
        bindings: list[Binding] = []
        params: dict[str, Any] = {}
        request = self.operations.request(name)
        for member in self.operations.required(name):
            if member in besides:
                continue
            kinds = self._type(request[member])
            if kinds is not None:
                params[member] = kinds
                continue
            binding = self._resource(member, request[member])
            if binding is None:
                self.actions.refused(name, member)
                return None
            bindings.append(binding)
        if not bindings:
            optional = [one for one in request if one not in besides and self._is_target(one)]
            found = [self._resource(one, request[one]) for one in optional]
            bindings = [one for one in found if one is not None][:1]
        if not any(map(self._is_of_it, bindings)):
            return None  # it tags what the resource belongs to
        return Action(operation=self.actions.id(name), bindings=tuple(bindings), params=params)

    def _is_target(self, member: str) -> bool:
        return split(one_of(member))[0] in self.creation.nouns | _ANY

    def _is_of_it(self, one: Binding) -> bool:
        """Whether a binding names the resource itself, not what it belongs to."""
        described = one.origin != "request" or "." in one.path
        return described or self._is_target(one.member) or self.creation.is_own(one.member)

    def _type(self, shape: Shape) -> str | None:
        """The value of an enum of types of resources that is this noun."""
        values = getattr(shape, "enum", None) or ()
        return next((one for one in values if is_plainly(one, self.creation.noun)), None)

    def _resource(self, member: str, shape: Shape) -> Binding | None:
        """What a tagging request names the resource by; a bare "resource" is an ARN, else an id."""
        stem, suffix = split(one_of(member))
        if stem in _ANY and self._is_of_another(one_of(member)):
            found = self.creation.bind(suffix, shape)
            return replace(found, member=member) if found else self._read(member, shape)
        if stem not in _ANY or suffix not in {"", "name", "identifier", "id"}:
            return self.creation.bind(member, shape) or self._read(member, shape)
        by_id = suffix == "id" or isinstance(shape, ListShape)  # EC2's Resources
        endings = ("Id", "Arn", "Name") if by_id else ("Arn", "Id", "Name")
        bound = (self.creation.bind(f"Resource{one}", shape) for one in endings)
        found = next((one for one in bound if one is not None), None)
        return replace(found, member=member) if found else self._read(member, shape)

    def _is_of_another(self, member: str) -> bool:
        """Whether the creation is given such an ARN: a service chooses that of what it makes."""
        given = folded(member) in map(folded, self.creation.request)
        return given and split(member)[1] == "arn"

    def _read(self, member: str, shape: Shape) -> Binding | None:
        """The resource's ARN as its reader shows it, where the creation does not say it."""
        stem, suffix = split(one_of(member))
        inner = shape.member if isinstance(shape, ListShape) else shape
        if stem not in _ANY or suffix not in {"", "arn"} or not is_text(inner):
            return None
        named = [name for name, one in self.shown.items() if is_text(one)]
        own = [one for one in named if self.creation.is_own(one) and not self._is_of_another(one)]
        arns = [one for one in own if split(one)[1] == "arn"]
        if len(arns) != 1:
            return None
        is_list = isinstance(shape, ListShape)
        return Binding(member=member, origin="read", path=joined("", arns[0]), is_list=is_list)


def tagging(actions: Actions, read: Action | None, shown: Described | None) -> Tagging | None:
    """How a resource is tagged; ``None`` where neither creating nor reading it knows tags."""
    tags = _Tags(actions, shown)
    creation = actions.creation
    given = _given(creation)
    there = _tags(members(shown.shape), creation.noun) if shown else None
    for name in tags.named(_ADDING):
        request = actions.operations.request(name)
        member = next((one for one in request if is_tags(one) or folded(one) == "addtags"), None)
        written = _written(request[member]) if member else None
        add = tags.action(name, frozenset({member})) if member else None
        if member is None or written is None or add is None:
            continue
        if given is None and there is None and not add.params:
            continue
        remove, keys = _removal(tags)
        return Tagging(
            add=add,
            remove=remove,
            listed=_listed(tags, read, shown, there),
            tags=member,
            keys=keys,
            at_creation=given,
            type_at_creation=_type_at_creation(creation.request.get(given or ""), creation.noun),
            **written,
        )
    return _at_creation(tags, given, _listed(tags, read, shown, there))


def _at_creation(tags: _Tags, given: str | None, listed: Action | None) -> Tagging | None:
    """The tagging of a resource whose tags are given at creation, and by no operation after."""
    written = _written(tags.creation.request[given]) if given else None
    if given is None or written is None or listed is None:
        return None
    return Tagging(
        add=None,
        remove=None,
        listed=listed,
        tags=given,
        keys="",
        at_creation=given,
        **written,
    )


def _given(creation: Creation) -> str | None:
    """The member of a creation that takes tags; none that takes them by types without this one."""
    given = _tags(creation.request, creation.noun)
    shape = creation.request[given] if given else None
    by_type = isinstance(shape, ListShape) and "ResourceType" in members(shape.member)
    return None if by_type and _type_at_creation(shape, creation.noun) is None else given


def _tags(known: Mapping[str, Shape], noun: str) -> str | None:
    """The member of a request or description that holds tags."""
    found = (name for name, one in known.items() if is_tags(name, noun) and not is_scalar(one))
    return next(found, None)


def _written(shape: Shape) -> dict[str, Any] | None:
    """How a member writes tags: as a map, or as a list of objects with two members."""
    if isinstance(shape, MapShape):
        return {"shape": "map"} if is_text(shape.value) else None
    if not isinstance(shape, ListShape) or kind(shape.member) != "structure":
        return None
    names = members(shape.member)
    key = next((one for one in names if folded(one) in {"key", "tagkey"}), None)
    value = next((one for one in names if folded(one) in {"value", "tagvalue"}), None)
    return {"shape": "list", "key": key, "value": value} if key and value else None


def _removal(tags: _Tags) -> tuple[Action | None, str]:
    for name in tags.named(_REMOVING):
        request = tags.operations.request(name)
        keys = next((one for one in request if folded(one) in _KEYS or is_tags(one)), None)
        if keys is not None and isinstance(request[keys], ListShape):
            action = tags.action(name, frozenset({keys}))
            if action is not None:
                return action, keys
    return None, ""


def _listed(
    tags: _Tags, read: Action | None, shown: Described | None, there: str | None
) -> Action | None:
    """What lists the tags: an operation of its own, else the reader."""
    for name in tags.named(_LISTING):
        answer = tags.operations.model(name).output_shape
        found = [one for one in within(answer, 2) if _shows(one.name, one.shape)]
        action = tags.action(name, frozenset())
        if len(found) == 1 and action is not None:
            return replace(action, shown=found[0].path)
    if read is None or shown is None or there is None:
        return None
    shape = members(shown.shape)[there]
    where = joined(read.shown, there)
    several = "[]" in read.shown and isinstance(shape, ListShape)
    listed = f"{where}[]" if several else where
    return replace(read, shown=listed, places={}, identity=())


def _shows(name: str, shape: Shape) -> bool:
    return is_tags(name) and (isinstance(shape, MapShape | ListShape))


def _type_at_creation(shape: Shape | None, noun: str) -> str | None:
    """EC2's type of this resource, where tags are given by types."""
    inner: Mapping[str, Shape] = members(shape.member) if isinstance(shape, ListShape) else {}
    values = getattr(inner.get("ResourceType"), "enum", None) or ()
    return next((one for one in values if is_plainly(one, noun)), None)
