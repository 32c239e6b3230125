"""What the SDK's model says is private in an operation's messages: sensitive members and blobs.

Members are given by the names that they have on the wire, in any protocol, with their case and
punctuation folded. Nothing here knows how private values are replaced.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from conformance.errors import ConformanceError
from conformance.spec.sdk_models.loader import described


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateMembers:
    """The private members of one message.

    ``names`` are those of members marked as sensitive, ``blobs`` those of members that are bytes,
    and ``body`` says whether the whole body is one member that its user stores or sends. ``words``
    are members of listed values alone, or of no text: whatever their name says, they are public.
    """

    names: frozenset[str] = frozenset()
    blobs: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    body: bool = False


_NO_TEXTS = frozenset({"boolean", "integer", "long", "float", "double", "timestamp"})
NONE = PrivateMembers()


@lru_cache(maxsize=2048)
def private_members(operation: str, *, answers: bool) -> PrivateMembers:
    """The private members of a request or an answer; none where the SDK knows no such operation."""
    service, _, name = operation.partition(":")
    try:
        model = described(service)
    except ConformanceError:
        return NONE
    if name not in model.operation_names:
        return NONE
    return _found(model.operation_model(name), answers)


def _found(model: OperationModel, answers: bool) -> PrivateMembers:
    top = model.output_shape if answers else model.input_shape
    if top is None:
        return NONE
    names: set[str] = set()
    blobs: set[str] = set()
    words: set[str] = set()
    texts: set[str] = set()
    for called, shape in _members(top):
        if shape.metadata.get("sensitive"):
            names |= called
        elif shape.type_name == "blob":
            blobs |= called
        elif shape.type_name in _NO_TEXTS or getattr(shape, "enum", None):
            words |= called
        else:
            texts |= called
    payload = top.serialization.get("payload")
    kind = top.members[payload].type_name if payload else ""
    return PrivateMembers(
        names=frozenset(names), blobs=frozenset(blobs), body=kind in {"blob", "string"}
    )


def _members(top: StructureShape) -> Iterator[tuple[frozenset[str], Shape]]:
    """Every member within a shape, with its names; an item of a list has its list's names."""
    seen: set[tuple[str, frozenset[str]]] = set()
    due: list[tuple[frozenset[str], Shape]] = [(frozenset(), top)]
    while due:
        called, shape = due.pop()
        if (shape.name, called) in seen:
            continue
        seen.add((shape.name, called))
        if called:
            yield called, shape
        if isinstance(shape, StructureShape):
            due += [(_names(name, one), one) for name, one in shape.members.items()]
        elif isinstance(shape, ListShape):
            due.append((called | _names("", shape.member), shape.member))
        elif isinstance(shape, MapShape):
            due.append((called, shape.value))


def _names(name: str, shape: Shape) -> frozenset[str]:
    said = shape.serialization
    spelt = {name, said.get("name", ""), said.get("queryName", "")}
    generic = {"", "member", "item", "entry", "key"}
    return frozenset(re.sub(r"[^a-z0-9]", "", one.lower()) for one in spelt if one) - generic
