"""Where an answer shows what a request was given: by the same name, or by one that is near.

Members are matched by their names and kinds alone, so what is doubtful is left out: a place that
is wrong would be held against a server that is right.
"""

from collections.abc import Iterator, Mapping

from botocore.model import ListShape, MapShape, Shape, StructureShape

from conformance.spec.lifecycles.creation import Described
from conformance.spec.lifecycles.members import (
    MOST_DEPTH,
    Leaf,
    compatible,
    hidden,
    is_scalar,
    is_status,
    joined,
    kind,
    members,
    tells_progress,
)
from conformance.spec.lifecycles.names import folded, is_identifying, nouns, one_of, tails

#: What may follow a noun that one side leaves out: ``TableName`` and ``Name``.
_NEAR = frozenset({"name", "description", "config", "configuration", "document", "definition"})
#: What names of structures end with that hold a part of the description.
_PARTS = (
    "metadata", "detail", "details", "info", "summary", "properties", "attributes", "configuration",
    "config", "status",
)  # fmt: skip
#: Structures that show another state of the resource than its present one, or another resource.
_ELSEWHERE = (
    "pending", "previous", "last", "latest", "default", "source", "original", "parent", "old",
    "requested", "recommended", "target", "history", "error", "failure", "created", "owner",
)  # fmt: skip


#: Of a structure that describes the resource one member in so many is shown, at least.
_LEAST = 10


def places(
    request: Mapping[str, Shape], shown: Described, noun: str, wrapper: str | None = None
) -> dict[str, str]:
    """Where a request's members are shown: their paths → jmespaths within a description."""
    found: dict[str, str] = {}
    for name, shape in request.items():
        if name == wrapper:
            inside = places(members(shape), shown, noun)
            if len(inside) * _LEAST < len(members(shape)):
                continue  # it describes something else
            found |= {f"{name}/{path}": where for path, where in inside.items()}
        found |= dict(_placed(name, shape, shown, noun))
    taken = {folded(name) for name in request}
    return {
        path: where
        for path, where in found.items()
        if folded(path.rpartition("/")[2]) == folded(where.rpartition(".")[2])
        or folded(where.rpartition(".")[2]) not in taken
    }


def _placed(name: str, shape: Shape, shown: Described, noun: str) -> Iterator[tuple[str, str]]:
    if hidden(name, shape) or shape.metadata.get("streaming"):
        return
    if isinstance(shown.shape, MapShape):
        same = folded(shown.path) == folded(name) and compatible(shape, shown.shape)
        if same:
            yield name, "@"
        return
    if not isinstance(shown.shape, StructureShape):
        return
    other = _namesake(name, members(shown.shape), noun)
    if other is not None:
        yield from _matched(name, shape, other)
    elif is_scalar(shape):
        yield from ((name, leaf.path) for leaf in _further(name, shape, shown.shape, noun))
    elif isinstance(shape, ListShape) and kind(shape.member) == "string":
        yield from ((name, path) for path in _identifiers(name, shown.shape))


def _matched(name: str, shape: Shape, other: Leaf, depth: int = 1) -> Iterator[tuple[str, str]]:
    """A member and its namesake; of structures, alone or in lists, the members of both as well."""
    if tells_progress(name.rpartition("/")[2], shape, other.shape):
        return
    if compatible(shape, other.shape):
        yield name, other.path
    shown, path = other.shape, other.path
    if isinstance(shape, ListShape) and isinstance(shown, ListShape):
        name, shape, shown, path = f"{name}/item", shape.member, shown.member, f"{path}[]"
    if kind(shape) != "structure" or kind(shown) != "structure" or depth >= MOST_DEPTH:
        return
    others = {folded(one): (one, inner) for one, inner in members(shown).items()}
    for inner, one in members(shape).items():
        if folded(inner) in others and not hidden(inner, one):
            called, within = others[folded(inner)]
            leaf = Leaf(joined(path, called), called, within)
            yield from _matched(f"{name}/{inner}", one, leaf, depth + 1)


def _namesake(name: str, others: Mapping[str, Shape], noun: str) -> Leaf | None:
    """The member of the same name, else the only one whose name lacks or adds the noun."""
    wanted = folded(name)
    for one, shape in others.items():
        if folded(one) == wanted:
            return Leaf(joined("", one), one, shape)
    near = _without(wanted, noun)
    if near not in _NEAR:
        return None
    found = [one for one in others if _without(folded(one), noun) == near]
    return Leaf(joined("", found[0]), found[0], others[found[0]]) if len(found) == 1 else None


def _without(name: str, noun: str) -> str:
    """A folded name without the noun, or that's last words, in front."""
    for one in sorted(nouns(noun), key=len, reverse=True):
        if name.startswith(one) and name != one:
            return name.removeprefix(one)
    return name


def _further(name: str, shape: Shape, shown: StructureShape, noun: str) -> Iterator[Leaf]:
    """An ARN in the place of a name or id, or the only namesake one level down."""
    wanted = folded(name)
    others = {folded(one): (one, inner) for one, inner in shown.members.items()}
    for stem in (wanted, wanted.removesuffix("id"), wanted.removesuffix("identifier")):
        one, inner = others.get(f"{stem}arn", ("", shape))
        own = stem in nouns(noun) | {"", "resource"}
        if one and not own and kind(shape) == kind(inner) == "string" and not shape.enum:
            yield Leaf(joined("", one), one, inner)
            return
    if len(name) < 6 or name.lower() == name or is_status(name):
        return
    found = [
        Leaf(joined(joined("", one), called), called, within)
        for one, inner in shown.members.items()
        if kind(inner) == "structure" and _is_part(one, name, noun)
        for called, within in members(inner).items()
        if folded(called) == wanted
    ]
    if len(found) == 1 and compatible(shape, found[0].shape):
        yield found[0]


def _is_part(structure: str, member: str, noun: str) -> bool:
    """Whether a structure's name says that it holds that member of the resource's description."""
    name = folded(structure)
    if name.startswith(_ELSEWHERE):
        return False
    about = any(folded(member).startswith(folded(tail)) for tail in tails(structure))
    return about or name.endswith(_PARTS) or name in nouns(noun)


def _identifiers(name: str, shown: StructureShape) -> Iterator[str]:
    """Where identifiers that were given as a list are shown as members of a list of structures.

    ``VpcSecurityGroupIds`` is ``VpcSecurityGroups[].VpcSecurityGroupId``.
    """
    wanted = one_of(name)
    if not is_identifying(wanted):
        return
    found = [
        f"{joined('', one)}[].{joined('', called)}"
        for one, inner in shown.members.items()
        if isinstance(inner, ListShape) and folded(wanted).startswith(folded(one_of(one)))
        for called, within in members(inner.member).items()
        if folded(called) == folded(wanted) and kind(within) == "string"
    ]
    if len(found) == 1:
        yield found[0]
