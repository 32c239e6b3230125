"""A creating operation, and what later requests may take from its request and its answer."""

from collections.abc import Iterator
from dataclasses import dataclass

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from conformance.spec.lifecycles.lifecycle import Binding
from conformance.spec.lifecycles.members import (
    Leaf,
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
    split,
)
from conformance.spec.sdk_models.discovery import singular

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
        asked = frozenset(folded(name) for name in self.request)
        self.described = described(self.answer, noun, asked, several=False)

    def _wrapper(self) -> str | None:
        """The member that holds the whole description of what is made: ``DatabaseInput``."""
        found = [
            name
            for name, shape in self.request.items()
            if kind(shape) == "structure" and is_named_after(name, self.noun)
        ]
        plain = [name for name in self.request if name not in found and name in self.required]
        return found[0] if len(found) == 1 and len(plain) <= 2 else None

    def requested(self) -> Iterator[tuple[Leaf, bool]]:
        """What the request says of the resource, and whether it must: its members' leaves."""
        for name, shape in self.request.items():
            yield Leaf(joined("", name), name, shape), name in self.required
        if self.wrapper:
            inner = self.request[self.wrapper]
            for name, shape in members(inner).items():
                required = self.wrapper in self.required and name in inner.required_members
                yield Leaf(joined(self.wrapper, name), name, shape), required

    def answered(self) -> Iterator[Leaf]:
        """What the answer says of the resource itself: of its description, then at the top."""
        found = self.described
        if found is not None and found.path != "@":
            for name, shape in members(found.shape).items():
                yield Leaf(joined(found.first, name), name, shape)
        for name, shape in members(self.answer).items():
            yield Leaf(joined("", name), name, shape)

    def is_own(self, member: str) -> bool:
        """Whether a member's name says that it identifies this resource, not its parent."""
        return split(singular(member))[0] in self.nouns | _BARE

    def bind(self, member: str, shape: Shape) -> Binding | None:
        """Where the value of another request's member comes from; ``None`` where unknown."""
        is_list = isinstance(shape, ListShape) and is_scalar(shape.member)
        if is_list:
            same = self._same(member, shape)
            if same is not None:
                return same
            inner, name = shape.member, singular(member)
        else:
            inner, name = shape, member
        found = self._same(name, inner) or self._related(name, inner) or self._parent(name, inner)
        if found is None or not is_list:
            return found and Binding(member=member, origin=found.origin, path=found.path)
        return Binding(member=member, origin=found.origin, path=found.path, is_list=True)

    def _same(self, name: str, shape: Shape) -> Binding | None:
        """A namesake: required of the request, in the answer, or at least known to the request."""
        wanted = folded(name)
        asked = [(one, must) for one, must in self.requested() if folded(one.name) == wanted]
        fitting = [(one, must) for one, must in asked if _fits(one.shape, shape)]
        must = [one for one, required in fitting if required]
        if must:
            return Binding(member=name, origin="request", path=must[0].path)
        leaf = self._in_answer(wanted, shape)
        if leaf is not None:
            return Binding(member=name, origin="response", path=leaf.path)
        if fitting:
            return Binding(member=name, origin="request", path=fitting[0][0].path)
        return None

    def _in_answer(self, wanted: str, shape: Shape, *, deep: bool = True) -> Leaf | None:
        for leaf in self.answered():
            if folded(leaf.name) == wanted and _fits(leaf.shape, shape):
                return leaf
        if not deep or wanted in _GENERAL:
            return None
        found = [
            leaf
            for leaf in within(self.answer, first=True)
            if folded(leaf.name) == wanted and _fits(leaf.shape, shape)
        ]
        return found[0] if len(found) == 1 else None

    def _related(self, name: str, shape: Shape) -> Binding | None:
        """The resource's own identifier, where a request calls it by another name."""
        stem, suffix = split(name)
        if stem not in self.nouns | _BARE:
            return None
        for ending in SUFFIXES[suffix]:
            wanted = (stem + ending, ending, *(sorted(one + ending for one in self.nouns)))
            for one in wanted:
                leaf = self._in_answer(one, shape, deep=False)
                if leaf is not None:
                    return Binding(member=name, origin="response", path=leaf.path)
                asked = [leaf for leaf, must in self.requested() if folded(leaf.name) == one]
                if asked and _fits(asked[0].shape, shape):
                    return Binding(member=name, origin="request", path=asked[0].path)
        return None

    def _parent(self, name: str, shape: Shape) -> Binding | None:
        """What the creating request calls by the same name with another ending: ``cluster``."""
        stem, suffix = split(name)
        if stem in self.nouns | _BARE or suffix not in _ALIKE:
            return None
        found = [
            leaf
            for leaf, required in self.requested()
            if required and split(leaf.name)[0] == stem and _fits(leaf.shape, shape)
        ]
        found = [leaf for leaf in found if split(leaf.name)[1] in _ALIKE | {"name"}]
        return Binding(member=name, origin="request", path=found[0].path) if found else None


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
    answer: Shape | None, noun: str, known: frozenset[str], *, several: bool
) -> Described | None:
    """Where an answer describes a resource of that noun, or lists such with ``several``.

    ``known`` are folded names of members that a description is likely to have.
    """
    found = list(_candidates(answer))
    if several:
        found = [one for one in found if "[]" in one.path]
    rated = [(_rate(one, noun, known), -at, one) for at, one in enumerate(found)]
    best = max(rated, key=lambda one: one[:2], default=None)
    if best is None or best[0] <= (0, 0):
        return None
    return best[2]


def _rate(one: Described, noun: str, known: frozenset[str]) -> tuple[int, int]:
    """How well a part of an answer fits a noun: by its name, then by the members it has."""
    last = one.path.removesuffix("[]").rpartition(".")[2].strip('"')
    generic = last.lower() in {"items", "list"}
    if generic and "." in one.path:
        last = one.path.removesuffix("[]").split(".")[-2].removesuffix("[]")
    named = one.path != "@" and is_named_after(last, noun)
    names = {folded(name) for name in members(one.shape)}
    shared = len(names & known)
    if isinstance(one.shape, MapShape):
        shared = 1 if last.lower() == "attributes" else 0
        named = False
    return (2 if named and folded(last) == folded(noun) else int(named)), shared


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
