"""Operations with an opposite: what attaches, enables or adds, and what takes it back.

They are matched by their names, and bound to a resource, and where they join two to its partner,
like all actions. Nothing is sent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from conformance.spec.lifecycles.creation import Creation
from conformance.spec.lifecycles.derived import lifecycles
from conformance.spec.lifecycles.lifecycle import Action, Binding, Lifecycle
from conformance.spec.lifecycles.members import at, members
from conformance.spec.lifecycles.names import folded, one_of, plurals, split
from conformance.spec.lifecycles.service import Operations
from conformance.spec.sdk_models.loader import described, is_readonly

#: What an operation does, and what takes that back.
_OPPOSITES: Mapping[str, tuple[str, ...]] = {
    "Associate": ("Disassociate",),
    "Attach": ("Detach",),
    "Enable": ("Disable",),
    "Add": ("Remove", "Delete"),
    "Put": ("Delete", "Remove"),
}
_LOOKING = ("Describe", "Get", "List")
_TAGS = ("tag", "tags")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two operations of which the second takes back what the first did to a resource.

    ``partner`` is the resource that is joined to it, ``joins`` how each operation names that, by
    its id. ``results`` are what the first one answers and the second one requires. ``views`` are
    operations that are named after what was done, and have to show it.
    """

    resource: Lifecycle
    done: Action
    undone: Action
    partner: Lifecycle | None
    joins: Mapping[str, tuple[Binding, ...]]
    results: tuple[Binding, ...]
    views: tuple[Action, ...]


def is_paired(name: str) -> bool:
    """Whether an operation's name may be that of one with an opposite."""
    return name.startswith(
        (*_OPPOSITES, *(one for several in _OPPOSITES.values() for one in several))
    )


@lru_cache(maxsize=4)
def pairs(service: str) -> Mapping[str, Pair]:
    """The pairs of a service, by the ids of both their operations."""
    return {
        action.operation: pair
        for pair in _Pairs(service).found()
        for action in (pair.done, pair.undone)
    }


class _Pairs:
    """Finds the pairs of one service."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.operations = Operations(described(service))
        self.resources = [
            (one, Creation(self.operations.model(one.create.operation.partition(":")[2]), one.noun))
            for one in lifecycles(service)
            if one.delete
            and (one.read or one.listing)
            and one.noun == one_of(one.noun)  # settings that are put belong to something else
        ]
        self.made = {one.create.operation for one, _ in self.resources}
        self.deleting = {one.delete.operation for one, _ in self.resources if one.delete}

    def found(self) -> Iterator[Pair]:
        """Every pair that can be bound to a resource."""
        for name in self.operations.names:
            for verb, opposites in _OPPOSITES.items():
                rest = name.removeprefix(verb)
                known = self._id(name) in self.made or folded(rest).endswith(_TAGS)
                if rest == name or not rest[:1].isupper() or known:
                    continue
                undoing = self._opposite(rest, opposites)
                pair = undoing and self._bound(name, undoing, rest)
                if pair:
                    yield pair

    def _id(self, name: str) -> str:
        return f"{self.service}:{name}"

    def _opposite(self, rest: str, verbs: tuple[str, ...]) -> str | None:
        for verb in verbs:
            for one in (rest, rest.replace("To", "From")):
                name = verb + one
                if name in self.operations.names and self._id(name) not in self.deleting:
                    return name
        return None

    def _bound(self, doing: str, undoing: str, rest: str) -> Pair | None:
        """The pair on the resource that its names are most about."""
        rated = []
        results = self._results(doing, undoing)
        for one, creation in self.resources:
            did = self._own(doing, one, creation)
            undid = self._own(undoing, one, creation) if did else ()
            if did and (undid or results):
                at = rest.find(one.noun)
                rate = (-at, len(one.noun)) if at >= 0 else (-len(rest), 0)
                rated.append((rate, one, did, undid))
        if not rated:
            return None
        _, resource, did, undid = max(rated, key=lambda one: one[0])
        taken = {doing: {one.member for one in did}, undoing: {one.member for one in undid}}
        taken[undoing] |= {one.member for one in results}
        joined = self._partner(taken, resource)
        if joined is None:
            return None
        partner, joins = joined
        return Pair(
            resource=resource,
            done=self._action(doing, did),
            undone=self._action(undoing, undid),
            partner=partner,
            joins=joins,
            results=results,
            views=tuple(self._views(rest, resource)) or tuple(self._given(doing, did, resource)),
        )

    def _results(self, doing: str, undoing: str) -> tuple[Binding, ...]:
        """What the first operation answers and the second requires: an association's id."""
        asked = self.operations.request(doing)
        shown = {folded(one): one for one in members(self.operations.model(doing).output_shape)}
        return tuple(
            Binding(member=member, origin="response", path=shown[folded(member)])
            for member in self.operations.required(undoing)
            if member not in asked and folded(member) in shown
        )

    def _action(self, name: str, bindings: tuple[Binding, ...]) -> Action:
        return Action(operation=self._id(name), bindings=bindings)

    def _own(self, name: str, one: Lifecycle, creation: Creation) -> tuple[Binding, ...]:
        """How a request names a resource and what that belongs to; nothing where it does not."""
        required = self.operations.required(name)
        own = {member for member in required if self._names(member, creation, name, one.noun)}
        request = self.operations.request(name)
        found = []
        for member in required if own else ():
            binding = creation.bind(member, request[member])
            is_parent = binding and binding.origin == "request" and self._is_noun(member)
            if binding and (member in own or (is_parent and not creation.is_own(member))):
                found.append(binding)
        return tuple(found) if any(one.member in own for one in found) else ()

    def _is_noun(self, member: str) -> bool:
        """Whether a member's name is that of something that is made here."""
        return split(one_of(member))[0] in self.operations.nouns

    def _names(self, member: str, creation: Creation, name: str, noun: str) -> bool:
        """Whether a member names a resource; what is called plainly a resource may be any."""
        if not creation.is_own(member):
            return False
        return split(one_of(member))[0] not in {"", "resource"} or folded(noun) in folded(name)

    def _partner(
        self, taken: Mapping[str, set[str]], resource: Lifecycle
    ) -> tuple[Lifecycle | None, dict[str, tuple[Binding, ...]]] | None:
        """The resource that is joined, and how both requests name it, beside what is taken.

        ``None`` where a request names yet another thing, which is known to none of the two.
        """
        left = {
            name: {
                member
                for member in self.operations.required(name)
                if member not in bound and self._is_identifying(name, member)
            }
            for name, bound in taken.items()
        }
        if not any(left.values()):
            return None, {}
        for one, creation in self.resources:
            if one is not resource:
                joins = {
                    self._id(name): tuple(
                        binding
                        for binding in self._own(name, one, creation)
                        if binding.member in members_left and creation.is_own(binding.member)
                    )
                    for name, members_left in left.items()
                }
                named = {binding.member for found in joins.values() for binding in found}
                if set().union(*left.values()) <= named:
                    return one, joins
        return None

    def _is_identifying(self, name: str, member: str) -> bool:
        """Whether a member names a thing, not what is to be done with it."""
        shape = self.operations.request(name)[member]
        suffix = split(one_of(member))[1]
        plain = shape.type_name in {"string", "list"} and not getattr(shape, "enum", None)
        return plain and suffix in {"id", "arn", "name", "identifier"}

    def _given(
        self, doing: str, bound: tuple[Binding, ...], resource: Lifecycle
    ) -> Iterator[Action]:
        """What shows the resource, where it has a member for what the first operation is given."""
        reader = resource.reader
        if reader is None:
            return
        answer = self.operations.model(reader.operation.partition(":")[2]).output_shape
        path = reader.shown.replace("[]", "[0]")
        shown = members(answer if path in {"", "@"} else at(answer, path))
        names = {*self.operations.required(doing)} - {one.member for one in bound}
        if {folded(name) for name in names} & {folded(name) for name in shown}:
            yield reader

    def _views(self, rest: str, resource: Lifecycle) -> Iterator[Action]:
        """What is named after what was done, and asks for no more than the resource."""
        creation = next(creation for one, creation in self.resources if one is resource)
        if rest == resource.noun:
            yield from [resource.read] if resource.read else []
            return
        words = {folded(rest), *(folded(one) for one in plurals(rest))}
        for name in self.operations.names:
            model = self.operations.model(name)
            if not name.startswith(_LOOKING) or not is_readonly(model):
                continue
            if not any(word in folded(name) for word in words):
                continue
            required = self.operations.required(name)
            bindings = self._own(name, resource, creation)
            if bindings and {one.member for one in bindings} >= set(required):
                yield self._action(name, bindings)
