"""Members within botocore's shapes: where they are, and whether two can hold the same value.

A path is a jmespath by the SDK's names. Nothing here knows what an operation is for.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from conformance.spec.lifecycles.names import folded, is_private, is_unshown

#: How deep members are looked for.
MOST_DEPTH = 3
_NUMBERS = frozenset({"integer", "long", "float", "double", "bigdecimal", "biginteger"})
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: Members that say how far something has got: no two calls agree on them.
_STATUS = re.compile(r"(status|state|statusreason|statusmessage)$")
#: Values of what is on its way: ``CREATING``.
_PASSING = re.compile(r"ING$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A member within a shape: its path, its name, and what it holds."""

    path: str
    name: str
    shape: Shape


@lru_cache(maxsize=16_384)
def step(name: str) -> str:
    """A member's name as a jmespath."""
    return name if _PLAIN.fullmatch(name) else f'"{name}"'


def joined(path: str, name: str) -> str:
    """The path of a member below another's, which is ``@`` or empty for the whole."""
    return step(name) if path in {"", "@"} else f"{path}.{step(name)}"


def below(path: str, further: str) -> str:
    """A path continued by another; either may be ``@``."""
    if further == "@":
        return path
    return further if path in {"", "@"} else f"{path}.{further}"


def members(shape: Shape | None) -> dict[str, Shape]:
    """The members of a structure; none of anything else."""
    return dict(shape.members) if isinstance(shape, StructureShape) else {}


def at(shape: Shape | None, path: str) -> Shape | None:
    """What a path of names and first items leads to; ``None`` where it leads nowhere."""
    for name in path.split("."):
        shape = members(shape).get(name.removesuffix("[0]").strip('"'))
        if name.endswith("[0]"):
            shape = shape.member if isinstance(shape, ListShape) else None
    return shape


def within(shape: Shape | None, depth: int = MOST_DEPTH, *, first: bool = False) -> Iterator[Leaf]:
    """Every member within a shape, the shallow ones first; with ``first`` of first items as well.

    A structure within itself is not entered again.
    """
    due = deque([("", shape, 0, frozenset[str]())])
    while due:
        path, one, level, above = due.popleft()
        if not isinstance(one, StructureShape) or one.name in above or level >= depth:
            continue
        for name, member in one.members.items():
            here = joined(path, name)
            yield Leaf(here, name, member)
            inside = above | {one.name}
            if isinstance(member, StructureShape):
                due.append((here, member, level + 1, inside))
            elif first and isinstance(member, ListShape):
                due.append((f"{here}[0]", member.member, level + 1, inside))


def is_text(shape: Shape | None) -> bool:
    """Whether a shape holds a text that may identify something."""
    return bool(shape and shape.type_name == "string" and not shape.metadata.get("sensitive"))


def is_scalar(shape: Shape) -> bool:
    """Whether a shape holds one value without members or items."""
    return shape.type_name not in {"structure", "list", "map"}


def kind(shape: Shape) -> str:
    """What kind of value a shape holds; all numbers are one."""
    if getattr(shape, "is_document_type", False):
        return "document"
    name = str(shape.type_name)
    if name in _NUMBERS:
        return "number"
    return "string" if name == "character" else name


def hidden(name: str, shape: Shape) -> bool:
    """Whether no answer can be expected to repeat a member that a request has."""
    if any(shape.metadata.get(one) for one in ("sensitive", "idempotencyToken")):
        return True
    if kind(shape) in {"string", "blob"} and is_private(name):
        return True
    return is_unshown(name) or (not is_scalar(shape) and folded(name).endswith("tags"))


def compatible(given: Shape, shown: Shape) -> bool:
    """Whether all that one shape may hold can be contained in what another holds.

    Structures: each member of the first has a namesake in the second that can hold it.
    """
    return _contained(given, shown, {})


def _contained(given: Shape, shown: Shape, known: dict[tuple[str, str], bool]) -> bool:
    """Likewise; ``known`` are pairs of shapes that were compared, or are being compared."""
    if kind(given) != kind(shown) or given.metadata.get("sensitive"):
        return False
    if is_scalar(given) or kind(given) == "document":
        return _values_fit(given, shown)
    pair = (given.name, shown.name)
    if pair not in known:
        known[pair] = True
        known[pair] = _parts_fit(given, shown, known)
    return known[pair]


def _parts_fit(given: Shape, shown: Shape, known: dict[tuple[str, str], bool]) -> bool:
    if isinstance(given, ListShape):
        return _contained(given.member, shown.member, known)
    if isinstance(given, MapShape):
        return _contained(given.value, shown.value, known)
    others = {folded(name): one for name, one in members(shown).items()}
    return bool(members(given)) and all(
        not hidden(name, one)
        and folded(name) in others
        and _contained(one, others[folded(name)], known)
        for name, one in members(given).items()
    )


def _values_fit(given: Shape, shown: Shape) -> bool:
    if shown.metadata.get("sensitive"):
        return False
    if isinstance(given, StringShape) and isinstance(shown, StringShape):
        mine, theirs = ({folded(value) for value in one.enum} for one in (given, shown))
        return not mine or not theirs or mine <= theirs
    return True


def is_status(name: str) -> bool:
    """Whether a member is called a status."""
    return bool(_STATUS.search(folded(name)))


def tells_progress(name: str, given: Shape, shown: Shape) -> bool:
    """Whether a member is a status that moves on by itself, so that no calls agree on it."""
    if not is_status(name):
        return False
    values = getattr(shown, "enum", None) or ()
    same = set(values) == set(getattr(given, "enum", None) or ())
    return not values or not same or any(_PASSING.search(value) for value in values)
