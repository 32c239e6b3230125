"""The actions of one resource: what reads, lists, changes and deletes it, bound to its creation.

An operation that asks for something that the creation does not give is no action, but a reason.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.model import ListShape, Shape

from conformance.spec.lifecycles.creation import Creation, Described, described
from conformance.spec.lifecycles.lifecycle import Action, Binding
from conformance.spec.lifecycles.members import at as member_at
from conformance.spec.lifecycles.members import is_text, joined, kind, members
from conformance.spec.lifecycles.names import (
    folded,
    is_identifying,
    is_named_after,
    is_plainly,
    one_of,
    plurals,
    split,
    tails,
    unversioned,
)
from conformance.spec.lifecycles.places import places
from conformance.spec.lifecycles.prose import at_times, conditional, created, forms
from conformance.spec.lifecycles.service import Operations

#: In which order identifiers that a request may have are taken, where it requires none.
_ORDER = ("id", "arn", "identifier", "name", "url", "key", "")
#: Members by which a reader is asked for all that it can show.
_SELECTING = frozenset({"include", "includes", "attributenames"})
#: Operations that change what they are given, unless their documentation says otherwise.
_PATCHING = ("Update", "Modify")
_REPLACING = re.compile(
    r"replac|overwr|overrid|default value|reset|\b(?:not|n't|without|omit\w*)\s+(?:\w+\s+)?"
    r"(?:specif|provid|includ|suppl|set)|omit|entire|\b(?:all|every)\b (?:the|of|your)|clear",
    re.IGNORECASE,
)
#: What a member says of itself that is not always there.
_AT_TIMES = re.compile(
    r"\b(only|if|unless|optional(ly)?|deprecated|no longer|legacy|not \w+ed|\w+ed when)\b",
    re.IGNORECASE,
)
#: How a listing says that it does not show all that the reader shows.
_IN_PART = re.compile(
    r"\bsubset\b|\bsummar|\bmost (?:important|common|recent)|\bdetail|\b(?:does|do)(?:n't| not) "
    r"(?:return|include|show|contain)|\b(?:only|partial|basic|abbreviated|some|deprecated)\b",
    re.IGNORECASE,
)
#: Members by which a listing is continued, and by which its pages are limited.
_PAGING = re.compile(r"token$|marker$|^exclusivestart|^startingafter|^next|position$")
_SIZES = frozenset({"maxresults", "limit", "maxitems", "pagesize", "maxrecords"})


@dataclass(slots=True)
class Actions:
    """Builds the actions of one resource; ``missing`` gathers why there is no action."""

    operations: Operations
    creation: Creation
    missing: list[str] = field(default_factory=list)

    @property
    def noun(self) -> str:
        return self.creation.noun

    def id(self, name: str) -> str:
        """An operation's id."""
        return f"{self.operations.service.service_name}:{name}"

    # which requests name the resource

    def bound(self, name: str, *, own: bool) -> tuple[Binding, ...] | None:
        """The bindings of an operation's request; ``None`` where it asks for something else.

        With ``own``, one of them has to identify this very resource.
        """
        request = self.operations.request(name)
        found = []
        for member in self.operations.required(name):
            binding = self.creation.bind(member, request[member])
            if binding is None:
                self.refused(name, member)
                return None
            found.append(binding)
        if len({(one.origin, one.path) for one in found}) < len(found):
            self.refused(name, "two values of which one is known")
            return None
        if not any(self.creation.is_own(one.member) for one in found):
            further = self._optional_own(name)
            if further is not None:
                found.append(further)
            elif own:
                self.refused(name, f"a member that identifies one {self.noun}")
                return None
        return (*found, *self._parents(name, found))

    def refused(self, name: str, member: str) -> None:
        """Notes that an operation requires what the creation does not give."""
        self.missing.append(f"{name} requires {member}, which {self.creation.model.name} lacks")

    def _optional_own(self, name: str) -> Binding | None:
        found = []
        for at, (member, shape) in enumerate(self.operations.request(name).items()):
            stem, suffix = split(one_of(member))
            inner = shape.member if isinstance(shape, ListShape) else shape
            if not is_text(inner) or inner.enum or not (stem or suffix):
                continue
            own = self.creation.is_own(member)
            # TransitGatewayAttachmentId is that of a TransitGatewayPeeringAttachment
            likely = own or stem.endswith(folded(tails(unversioned(self.noun))[-1]))
            binding = self.creation.bind(member, shape) if likely else None
            if binding is not None and (own or binding.origin == "response"):
                same = folded(one_of(member)) == folded(binding.path.rpartition(".")[2])
                found.append((not own, not same, _ORDER.index(suffix), at, binding))
        return min(found)[-1] if found else None

    def _parents(self, name: str, bound: list[Binding]) -> Iterator[Binding]:
        """What a request may have, and the creating one too, that says within what it looks."""
        taken = {one.member for one in bound}
        for member, shape in self.operations.request(name).items():
            if member in taken or not is_text(shape) or self.creation.is_own(member):
                continue
            given = self.creation.request.get(member)
            names_one = is_identifying(member) or folded(member) in self.operations.nouns
            if given is not None and names_one and is_text(given) and not given.enum:
                yield Binding(
                    member=member, origin="request", path=joined("", member), optional=True
                )

    # what an answer shows

    def _shown(self, name: str, *, several: bool) -> Described | None:
        answer = self.operations.model(name).output_shape
        creation = self.creation
        return described(answer, self.noun, creation.request, creation.likely(), several=several)

    def _placed(self, shown: Described) -> dict[str, str]:
        creation = self.creation
        request = self.operations.current(creation.model.name)
        return places(request, shown, self.noun, creation.wrapper)

    def _params(self, name: str, shown: Described | None) -> dict[str, Any]:
        """What asks for everything, and for this type of resource where there are several."""
        found: dict[str, Any] = {}
        there = {folded(member) for member in members(shown.shape)} if shown else set()
        given = {folded(member) for member in self.creation.request}
        required = self.operations.required(name)
        for member, shape in self.operations.request(name).items():
            inner = shape.member if isinstance(shape, ListShape) else shape
            included = folded(one_of(member)).removeprefix("include")
            if kind(shape) == "boolean" and included in there & given:
                found[member] = True  # includeValues
            values = list(getattr(inner, "enum", None) or ())
            if not values or member in required:
                continue
            chosen = _everything(values) if folded(member) in _SELECTING else []
            chosen = chosen or [one for one in values if is_plainly(one, self.noun)]
            if chosen and isinstance(shape, ListShape):
                found[member] = chosen
        return found

    def create(self) -> Action:
        """The creating call, and what its answer repeats."""
        shown = self.creation.described
        return Action(
            operation=self.id(self.creation.model.name),
            shown=shown.path if shown else "",
            places=self._placed(shown) if shown else {},
            conditional=tuple(conditional(self.creation.request)),
            called=tuple(self._called(shown)),
        )

    def read(self) -> tuple[Action, Described | None] | None:
        """What shows the resource alone, and the shape of what it shows."""
        for name, plural in self.operations.readers(self.noun):
            has_own = any(self.creation.is_own(one) for one in self.operations.request(name))
            bindings = self.bound(name, own=plural or has_own)
            if bindings is None or not self._is_about(name, bindings):
                continue
            shown = self._shown(name, several=plural)
            where = self._placed(shown) if shown else {}
            action = Action(
                operation=self.id(name),
                bindings=bindings,
                shown=shown.path if shown else "",
                places=where,
                at_times=tuple(at_times(shown.shape, where.values())) if shown else (),
                params=self._params(name, shown),
                identity=self._identity(bindings, shown, listed=False),
                forms=self._forms(name, bindings, shown),
                called=tuple(self._called(shown)),
            )
            return action, shown
        return None

    def _forms(
        self, name: str, bindings: tuple[Binding, ...], shown: Described | None
    ) -> tuple[Binding, ...]:
        """What else a request takes to name the resource."""
        return tuple(forms(self.creation, self.operations.request(name), bindings, shown))

    def _is_about(self, name: str, bindings: tuple[Binding, ...] = ()) -> bool:
        """Whether an operation that is named after a part of the noun is about the whole noun.

        Its answer names the noun, or it asks for an identifier by the very name that the creation
        has for it.
        """
        wanted = folded(unversioned(self.noun))
        if wanted in folded(name) or any(folded(one) in folded(name) for one in plurals(wanted)):
            return True
        answer = members(self.operations.model(name).output_shape)
        return any(is_named_after(one, self.noun) for one in answer) or any(
            split(one_of(one.member))[0] not in {"", "resource"}
            and self.creation.is_own(one.member)
            and folded(one_of(one.member)) == folded(one.path.rpartition(".")[2])
            for one in bindings
        )

    def listing(self, identity: tuple[Binding, ...]) -> Action | None:
        """What lists such resources: of several operations, the one that shows most of them."""
        found = []
        for at, name in enumerate(self.operations.listings(self.noun)):
            shown = self._shown(name, several=True)
            if shown is None:
                shown = self._texts(name)
            if shown is None or not self._is_about(name, identity):
                continue
            size = self._page_size(name)
            bindings = self._within(name, size)
            if bindings is None:
                continue
            where = self._placed(shown)
            action = Action(
                operation=self.id(name),
                bindings=bindings,
                shown=shown.path,
                places=where,
                at_times=tuple(at_times(shown.shape, where.values())),
                params=self._params(name, shown) | size,
                identity=self._identity(identity, shown, listed=True),
                created=created(self.operations.request(name), shown, self.noun),
                called=tuple(self._called(shown)),
            )
            if action.identity or action.places:
                found.append((not self._pages(name), -len(action.places), at, action))
        return min(found, key=lambda one: one[:3])[-1] if found else None

    def _texts(self, name: str) -> Described | None:
        """A list of texts that are the identifiers of resources."""
        answer = members(self.operations.model(name).output_shape)
        lists = [
            (one, shape)
            for one, shape in answer.items()
            if isinstance(shape, ListShape) and is_text(shape.member)
        ]
        for one, shape in lists:
            if len(lists) == 1 or self.creation.is_own(one):
                return Described(f"{joined('', one)}[]", shape.member)
        return None

    def _pages(self, name: str) -> bool:
        """Whether an operation lists page by page, so that it is meant to list all there is."""
        return any(_PAGING.search(folded(one)) for one in self.operations.request(name))

    def _page_size(self, name: str) -> dict[str, Any]:
        """The size of a page, where a listing must be asked for one."""
        request = self.operations.request(name)
        return {
            one: min(int(request[one].metadata.get("max", 50)), 50)
            for one in self.operations.required(name)
            if kind(request[one]) == "number" and folded(one) in _SIZES
        }

    def _within(self, name: str, besides: Mapping[str, Any]) -> tuple[Binding, ...] | None:
        """The bindings of a listing: what it is limited to, never the resource itself."""
        request = self.operations.request(name)
        found = []
        for member in (one for one in self.operations.required(name) if one not in besides):
            binding = self.creation.bind(member, request[member])
            if binding is None or binding.origin == "response" or binding.is_list:
                self.refused(name, member)
                return None
            found.append(binding)
        return (*found, *self._parents(name, found))

    def _identity(
        self, bindings: tuple[Binding, ...], shown: Described | None, *, listed: bool
    ) -> tuple[Binding, ...]:
        """Where what is shown repeats what the bindings identify the resource by.

        An item of a listing may do so by another identifier than the reader's.
        """
        if shown is None:
            return ()
        item = members(shown.shape)
        if is_text(shown.shape):
            item = {one_of(shown.path.removesuffix("[]").rpartition(".")[2]): shown.shape}
        found = {
            replace(one, member=joined("", where), is_list=False): one
            for one in bindings
            if is_text(self.creation.source(one))
            and (where := self._member(one.path.rpartition(".")[2], one.member, item))
        }
        if listed and not any(self.creation.is_own(one.member) for one in found.values()):
            found |= {one: one for one in self._known(item)}
        plain = is_text(shown.shape)
        return tuple(dict.fromkeys(replace(one, member="@") if plain else one for one in found))

    def _known(self, item: Mapping[str, Shape]) -> Iterator[Binding]:
        """The first identifier of an item that the creation gives by the same name."""
        for suffix in _ORDER:
            for name, shape in item.items():
                if is_text(shape) and self.creation.is_own(name) and split(name)[1] == suffix:
                    same = self.creation.same(name, shape)
                    if same is not None:
                        yield replace(same, member=joined("", name))
                        return

    def _member(self, source: str, asked: str, others: Mapping[str, Shape]) -> str | None:
        own = self.creation.is_own(asked)
        suffix = split(source)[1]
        wanted = [folded(source), folded(one_of(asked))]
        if own and suffix:
            wanted += [suffix, *(one + suffix for one in sorted(self.creation.nouns))]
        elif own:
            wanted += ["name", *(one + "name" for one in sorted(self.creation.nouns))]
        names = {folded(one): one for one, shape in others.items() if is_text(shape)}
        return next((names[one] for one in wanted if one in names), None)

    def _called(self, shown: Described | None) -> Iterator[str]:
        """The members of what is shown that always say the resource's own ARN and id."""
        noun = folded(unversioned(self.noun))
        for name, shape in members(shown.shape).items() if shown else ():
            stem, suffix = split(name)
            own = stem in {"", noun} and suffix in {"arn", "id"}
            if own and is_text(shape) and not _AT_TIMES.search(shape.documentation or ""):
                yield name

    def identifiers(self, read: Action | None, listing: Action | None) -> Iterator[str]:
        """The members by which reader and listing both show what the resource is called."""
        if read and listing and read.operation == listing.operation:
            return
        shapes = [self._item(one) for one in (read, listing)]
        for name, shape in shapes[0].items():
            texts = is_text(shape) and is_text(shapes[1].get(name))
            if texts and self.creation.is_own(name) and split(name)[1] in {"id", "arn", "name"}:
                yield name

    def is_listed_whole(self, read: Action | None, listing: Action | None) -> bool:
        """Whether a listing shows each resource in the structure in which the reader shows it.

        Some say that they show a part of it all the same.
        """
        one, other = self._shape(read), self._shape(listing)
        if listing is None or one is None or other is None:
            return False
        if not members(one) or one.name != other.name:
            return False
        model = self.operations.model(listing.operation.partition(":")[2])
        outer = re.split(r"[.\[]", listing.shown)[0]
        place = members(model.output_shape).get(outer)
        said = f"{model.documentation} {place.documentation if place else ''}"
        return _IN_PART.search(said) is None

    def _item(self, action: Action | None) -> dict[str, Shape]:
        """The members of what an action shows."""
        return members(self._shape(action))

    def _shape(self, action: Action | None) -> Shape | None:
        """The shape of what an action shows."""
        if action is None or not action.shown:
            return None
        answer = self.operations.model(action.operation.partition(":")[2]).output_shape
        path = action.shown.replace("[]", "[0]")
        return answer if path == "@" else member_at(answer, path)

    # what changes it

    def delete(self) -> Action | None:
        """What deletes the resource."""
        creating = self.creation.model.name
        for name in self.operations.deletions(self.noun, creating):
            has_own = any(self.creation.is_own(one) for one in self.operations.request(name))
            plural = any(one.is_list for one in self.bound(name, own=False) or ())
            bindings = self.bound(name, own=has_own or plural)
            if bindings is None or not self._is_about(name, bindings):
                continue
            if bindings or not any(map(is_identifying, self.operations.request(name))):
                return Action(operation=self.id(name), bindings=bindings)
            self.refused(name, f"a member that identifies one {self.noun}")
        return None

    def stated_delete(self, name: str) -> Action | None:
        """The deletion of that name, which another source states."""
        bindings = self.bound(name, own=False)
        return Action(operation=self.id(name), bindings=bindings) if bindings else None

    def updates(
        self, read: Action | None, shown: Described | None, identity: tuple[Binding, ...]
    ) -> Iterator[Action]:
        """What changes the resource, and where the reader shows what each was given."""
        seen = {self.creation.model.name}
        for name in self.operations.updates(self.noun):
            if name in seen or self.operations.is_deprecated(name):
                continue
            seen.add(name)
            bindings = self._named_by(name, identity)
            if not bindings:
                continue
            taken = {one.member for one in bindings}
            rest = {
                member: shape
                for member, shape in self.operations.current(name).items()
                if member not in taken
            }
            given: dict[str, str] = {}
            if shown is not None:
                wrapped = [one for one in rest if is_named_after(one, self.noun)]
                given = places(rest, shown, self.noun, wrapped[0] if len(wrapped) == 1 else None)
            yield Action(
                operation=self.id(name),
                bindings=bindings,
                given=given,
                at_times=tuple(at_times(shown.shape, given.values())) if shown else (),
                keeps=tuple(self._kept(name, taken, rest)),
                forms=self._forms(name, bindings, shown),
                conditional=tuple(conditional(rest)),
            )

    def _kept(self, name: str, identifying: set[str], others: Mapping[str, Shape]) -> Iterator[str]:
        """What stays as it is where an update is not given it: it takes what is to change alone.

        Nothing of an operation that requires more, nor of what is said to be replaced.
        """
        said = self.operations.model(name).documentation or ""
        if set(self.operations.required(name)) <= identifying and not _REPLACING.search(said):
            for member, shape in others.items() if name.startswith(_PATCHING) else ():
                if not _REPLACING.search(shape.documentation or ""):
                    yield member

    def _named_by(self, name: str, identity: tuple[Binding, ...]) -> tuple[Binding, ...]:
        """How an update names the resource: by what reader and deletion name it by."""
        known = {(one.origin, one.path): one for one in identity}
        names = {folded(one.member) for one in identity}
        request = self.operations.request(name)
        required = self.operations.required(name)
        sure: list[Binding] = []
        likely: list[Binding] = []
        for member, shape in request.items():
            placed = shape.serialization.get("location") == "uri"
            binding = self.creation.bind(member, shape)
            if binding is None:
                if placed:
                    self.refused(name, member)
                    return ()
                continue
            source = known.get((binding.origin, binding.path))
            if placed or (source and (member in required or folded(member) in names)):
                optional = bool(source and source.optional) and member not in required
                sure.append(replace(binding, optional=optional))
            elif member in required and self.creation.is_own(member):
                likely.append(binding)
        own = any(self.creation.is_own(one.member) for one in sure)
        return tuple(sure if own or not likely else [*sure, likely[0]])


def _everything(values: list[str]) -> list[str]:
    return [one for one in values if one.lower() == "all"] or values
