"""A creating operation, and what later requests may take from its request and its answer."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from conformance.spec.lifecycles.lifecycle import Binding
from conformance.spec.lifecycles.members import (
    Leaf,
    at,
    compatible,
    is_scalar,
    joined,
    kind,
    members,
    within,
)
from conformance.spec.lifecycles.names import (
    SUFFIXES,
    folded,
    is_named_after,
    nouns,
    one_of,
    split,
    unversioned,
)

#: About which resource a member is that says only "Id", or "ResourceArn".
_BARE = frozenset({"", "resource"})
#: Which kinds of identifiers of a parent go for each other.
_ALIKE = frozenset({"id", "identifier", ""})


@dataclass(frozen=True, slots=True)
class Described:
    """Where an answer describes a resource, as a jmespath, and the shape of the description."""

    path: str
    shape: Shape

    @property
    def first(self) -> str:
        """The path of the one resource that an answer describes: of the first where it lists."""
        return self.path.replace("[]", "[0]")


class Creation:
    """The operation that makes a resource, with its request and its answer by their members."""

    def __init__(self, model: OperationModel, noun: str) -> None:
        self.model = model
        self.noun = noun
        self.nouns = nouns(noun)
        self.request = members(model.input_shape)
        self.required = frozenset(model.input_shape.required_members if self.request else ())
        self.answer = model.output_shape
        self.wrapper = self._wrapper()
        self.described = described(self.answer, noun, self.request, self.request)
        #: what the request says of the resource, and whether it must: its members' leaves
        self.requested = tuple(self._requested())
        #: what the answer says of the resource itself: of its description, then at the top
        self.answered = tuple(self._answered())

    @cached_property
    def _in_answers(self) -> tuple[Leaf, ...]:
        """Every member within the answer, those of first items included."""
        return tuple(within(self.answer, first=True))

    def _wrapper(self) -> str | None:
        """The member that holds the whole description of what is made: ``DatabaseInput``."""
        payload = self.model.input_shape and self.model.input_shape.serialization.get("payload")
        found = [
            name
            for name, shape in self.request.items()
            if kind(shape) == "structure"
            and (is_named_after(name.removeprefix("new"), self.noun) or name == payload)
        ]
        plain = [name for name in self.request if name not in found and name in self.required]
        return found[0] if len(found) == 1 and len(plain) <= 2 else None

    def _requested(self) -> Iterator[tuple[Leaf, bool]]:
        for name, shape in self.request.items():
            yield Leaf(joined("", name), name, shape), name in self.required
        if self.wrapper:
            inner = self.request[self.wrapper]
            for name, shape in members(inner).items():
                required = self.wrapper in self.required and name in inner.required_members
                yield Leaf(joined(self.wrapper, name), name, shape), required

    def _answered(self) -> Iterator[Leaf]:
        found = self.described
        if found is not None and found.path != "@":
            for name, shape in members(found.shape).items():
                yield Leaf(joined(found.first, name), name, shape)
        for name, shape in members(self.answer).items():
            yield Leaf(joined("", name), name, shape)

    def likely(self) -> frozenset[str]:
        """The folded names of members that a description of the resource is likely to have."""
        answered = self.described.shape if self.described else self.answer
        names = {leaf.name for leaf, _ in self.requested} | members(answered).keys()
        return frozenset(folded(name) for name in names)

    def is_own(self, member: str) -> bool:
        """Whether a member's name says that it identifies this resource, not its parent."""
        return self.split(one_of(member))[0] in self.nouns | _BARE

    def split(self, member: str) -> tuple[str, str]:
        """What a member is about, and which kind of identifier it is: ``apiKey`` may be any."""
        noun = folded(unversioned(self.noun))
        return (noun, "") if folded(member) == noun else split(member)

    def source(self, binding: Binding) -> Shape | None:
        """The shape of what a binding takes from this creation."""
        top = self.model.input_shape if binding.origin == "request" else self.answer
        return at(top, binding.path)

    def bind(self, member: str, shape: Shape) -> Binding | None:
        """Where the value of another request's member comes from; ``None`` where unknown."""
        is_list = isinstance(shape, ListShape) and is_scalar(shape.member)
        found = self.same(member, shape)
        if found is not None and is_list and found.origin == "response":
            found = replace(found, path=f"{found.path}[0]", is_list=True)
        if found is None:
            inner, name = (shape.member, one_of(member)) if is_list else (shape, member)
            said = f"{shape.documentation} {inner.documentation} {inner.metadata.get('pattern')}"
            found = self.same(name, inner) if is_list else None
            found = found or self._related(name, inner, said) or self._parent(name, inner, said)
            found = found and replace(found, is_list=is_list)
        return found and replace(found, member=member)

    def same(self, name: str, shape: Shape) -> Binding | None:
        """A namesake: required of the request, in the answer, or at least known to the request."""
        wanted = folded(name)
        asked = [(one, must) for one, must in self.requested if folded(one.name) == wanted]
        fitting = [(one, must) for one, must in asked if _fits(one.shape, shape)]
        must = [one for one, required in fitting if required]
        if must and wanted not in _OWN:
            return Binding(member=name, origin="request", path=must[0].path)
        leaf = self._in_answer(wanted, shape)
        if leaf is not None:
            return Binding(member=name, origin="response", path=leaf.path)
        if fitting:
            best = must[0] if must else fitting[0][0]
            return Binding(member=name, origin="request", path=best.path)
        return None

    def _in_answer(self, wanted: str, shape: Shape, *, deep: bool = True) -> Leaf | None:
        for leaf in self.answered:
            if folded(leaf.name) == wanted and _fits(leaf.shape, shape):
                return leaf
        if not deep or wanted in _GENERAL:
            return None
        found = [
            leaf
            for leaf in self._in_answers
            if folded(leaf.name) == wanted and _fits(leaf.shape, shape)
        ]
        return found[0] if len(found) == 1 else None

    def _related(self, name: str, shape: Shape, said: str) -> Binding | None:
        """The resource's own identifier, where a request calls it by another name."""
        stem, suffix = self.split(name)
        if stem not in self.nouns | _BARE:
            return None
        if not suffix:
            for tail in sorted(self.nouns - {stem}, key=len):
                leaf = self._in_answer(tail, shape, deep=False)  # FlowVersion's version
                if leaf is not None:
                    return Binding(member=name, origin="response", path=leaf.path)
        for ending in SUFFIXES[suffix]:
            if not _may_be(ending, suffix, said):
                continue
            named = (stem + ending, *sorted(one + ending for one in self.nouns), ending)
            for one in named:
                leaf = self._in_answer(one, shape, deep=False)
                if leaf is not None:
                    return Binding(member=name, origin="response", path=leaf.path)
            for one in named:
                # a bare "Id" of the request is its parent's
                asked = [leaf for leaf, _ in self.requested if folded(leaf.name) == one]
                if asked and one not in _GENERAL - {"name"} and _fits(asked[0].shape, shape):
                    return Binding(member=name, origin="request", path=asked[0].path)
        return None

    def _parent(self, name: str, shape: Shape, said: str) -> Binding | None:
        """What the creating request calls by the same name with another ending: ``cluster``."""
        stem, suffix = split(name)
        if stem in self.nouns | _BARE or suffix not in _ALIKE:
            return None
        for leaf, required in self.requested:
            stem_there, ending = split(leaf.name)
            alike = stem_there == stem and ending in _ALIKE | {"name", "arn"}
            if required and alike and _fits(leaf.shape, shape) and _may_be(ending, suffix, said):
                return Binding(member=name, origin="request", path=leaf.path)
        return None


def _may_be(ending: str, suffix: str, said: str) -> bool:
    """Whether what a member says of itself allows for a kind of identifier that it is not called.

    An ``Identifier`` may be any; an id is an ARN or a name only where that is said.
    """
    if ending == suffix or suffix == "identifier" or ending not in {"arn", "name"}:
        return True
    words = r"\bARN|Amazon Resource Name|arn:" if ending == "arn" else r"\b[Nn]ames?\b"
    return bool(re.search(words, said)) or (ending == "name" and not suffix)


#: Names under which an answer shows the resource's own identifier, and a request its parent's.
_OWN = frozenset({"id", "arn", "identifier"})
#: Names that many things within one answer have.
_GENERAL = frozenset({"id", "arn", "name", "identifier", "url", "key", "type", "version", "status"})


def _fits(source: Shape, target: Shape) -> bool:
    """Whether a value of one shape can be given where another is wanted."""
    return compatible(source, target) if not is_scalar(source) else _scalars(source, target)


def _scalars(source: Shape, target: Shape) -> bool:
    if kind(source) != kind(target):
        return False
    mine, theirs = (set(getattr(one, "enum", None) or ()) for one in (source, target))
    return not theirs or bool(mine & theirs) or not mine


def described(
    answer: Shape | None,
    noun: str,
    asked: Collection[str],
    likely: Collection[str],
    *,
    several: bool | None = None,
) -> Described | None:
    """Where an answer describes a resource of that noun.

    ``asked`` are the members of the creating request, ``likely`` those that a description may
    have. ``several`` says whether the answer lists resources, or is about one; where that is
    unknown it may do either.
    """
    parts = frozenset(folded(name) for name in asked)
    known = frozenset(folded(name) for name in likely)
    found = enumerate(_candidates(answer))
    rated = [(_rate(one, noun, parts, known), -at, one) for at, one in found]
    rated = [one for one in rated if one[0] > (0, 0)]
    lists = [one for one in rated if "[]" in one[2].path]
    if several:
        rated = lists
    elif several is False:
        rated = [one for one in rated if one not in lists] or lists
    best = max(rated, key=lambda one: one[:2], default=None)
    return best[2] if best else None


def _rate(
    one: Described, noun: str, parts: frozenset[str], known: frozenset[str]
) -> tuple[int, int]:
    """How well a part of an answer fits a noun: by its very name, then by the members it has."""
    last = one.path.removesuffix("[]").rpartition(".")[2].strip('"')
    if last.lower() in {"items", "list"} and "." in one.path:
        last = one.path.removesuffix("[]").split(".")[-2].removesuffix("[]")
    if isinstance(one.shape, MapShape):
        return 0, int(last.lower() == "attributes")
    exact = folded(one_of(last)) == folded(unversioned(noun))
    named = one.path != "@" and (exact or is_named_after(last, noun))
    if named and not exact and folded(last) in parts:
        return 0, 0  # a part of the request as well, so but a part of the description
    shared = len({folded(name) for name in members(one.shape)} & known)
    return int(exact), shared + named


def _candidates(answer: Shape | None) -> Iterator[Described]:
    """The parts of an answer that may describe a resource: it itself, structures, lists, maps."""
    if not isinstance(answer, StructureShape):
        return
    yield Described("@", answer)
    later: list[Described] = []
    for name, shape in answer.members.items():
        here = joined("", name)
        if isinstance(shape, MapShape):
            later.append(Described(here, shape))
        yield from _part(here, shape)
        inner = shape.member if isinstance(shape, ListShape) else shape
        for further, one in members(inner).items():
            path = joined(here if inner is shape else f"{here}[]", further)
            later += [
                found for found in _part(path, one) if isinstance(found.shape, StructureShape)
            ]
    yield from later


def _part(path: str, shape: Shape) -> Iterator[Described]:
    if isinstance(shape, StructureShape):
        yield Described(path, shape)
    elif isinstance(shape, ListShape):
        yield Described(f"{path}[]", shape.member)
