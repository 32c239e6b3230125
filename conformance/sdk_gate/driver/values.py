"""Parameters and answers that follow from a model: the least that is valid, and most of it."""

import datetime
from typing import Any

from conformance.sdk_gate.driver import tagged

#: How many members a value has at most, and how deep it goes beyond what is required.
_MOST, _DEEP = 250, 5
_WHEN = datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
_CONTENT = b"some content of a body"


class Maker:
    """Makes one value of a shape; it remembers how much it has made already."""

    def __init__(self, *, full: bool) -> None:
        self.full = full
        self.left = _MOST

    def structure(self, shape: Any, inside: Any = ()) -> Any:
        """A value for a structure: its required members, with ``full`` the others too."""
        found = {}
        required = [name for name in shape.required_members if name in shape.members]
        if getattr(shape, "is_tagged_union", False):
            required = required or list(shape.members)[:1]
            names = required[:1]
        elif self.full and shape.name not in inside and len(inside) < _DEEP:
            names = required + [name for name in shape.members if name not in required]
        else:
            names = required
        for name in names:
            member = shape.members[name]
            if name not in required and (
                self.left <= 0 or self._returns(member, (*inside, shape.name))
            ):
                continue
            self.left -= 1
            found[name] = self.value(member, name, (*inside, shape.name))
        return found

    def _returns(self, member: Any, inside: Any) -> Any:
        """Whether an optional member leads back to where it is."""
        while member.type_name in {"list", "map"}:
            member = member.member if member.type_name == "list" else member.value
        return member.type_name == "structure" and member.name in inside

    def value(self, shape: Any, name: Any, inside: Any) -> Any:
        """A value of a shape; ``name`` is what its member is called."""
        kind = shape.type_name
        if kind == "structure":
            if getattr(shape, "is_document_type", False):
                return {"some": "document"}
            return self.structure(shape, inside)
        if kind == "list":
            return self._list(shape, name, inside)
        if kind == "map":
            if len(inside) > 3 * _DEEP:
                return {}
            key = self.value(shape.key, "key", inside)
            return {key: self.value(shape.value, name, inside)}
        return self.scalar(shape, name)

    def _list(self, shape: Any, name: Any, inside: Any) -> Any:
        least = int(shape.metadata.get("min", 0))
        if len(inside) > 3 * _DEEP:
            return []
        return [self.value(shape.member, name, inside) for _ in range(max(1, min(least, 20)))]

    def scalar(self, shape: Any, name: Any) -> Any:
        """A value of no members."""
        kind = shape.type_name
        if kind in {"string", "character"}:
            return _text(shape, name)
        if kind == "boolean":
            return True
        if kind in {"integer", "long"}:
            return max(int(shape.metadata.get("min", 1)), 1)
        if kind in {"float", "double"}:
            return max(float(shape.metadata.get("min", 1.5)), 1.5)
        if kind == "timestamp":
            return _WHEN
        if kind == "blob":
            return _CONTENT
        return "value"


def _text(shape: Any, name: Any) -> Any:
    if getattr(shape, "enum", None):
        return shape.enum[0]
    lower = name.lower()
    if shape.type_name == "character":
        return "c"
    if lower.endswith(("arn", "arns")):
        return "arn:aws:service:us-east-1:123456789012:resource/name"
    if lower.endswith("accountid"):
        return "123456789012"
    if lower.endswith(("url", "uri")):
        return "https://example.com/a"
    if lower == "copysource":
        return "bucket/key"
    text = "bucket" if lower == "bucket" else "value"
    return text.ljust(min(int(shape.metadata.get("min", 0)), 300), "x")


def parameters(operation: Any, *, full: Any) -> Any:
    """The parameters of a call of an operation's model."""
    shape = operation.input_shape
    return Maker(full=full).structure(shape) if shape is not None else {}


def body_member(operation: Any) -> Any:
    """The name of the member that is a streamed body, or ``None``."""
    shape = operation.input_shape
    payload = shape.serialization.get("payload") if shape is not None else None
    if payload is None:
        return None
    member = shape.members[payload]
    streams = member.type_name == "blob" and member.serialization.get("streaming")
    return payload if streams else None


def with_body(params: Any, member: Any, manner: Any) -> Any:
    """The same parameters with a streamed body, given in a manner."""
    return {**tagged.plain(params), member: tagged.body(_CONTENT, manner)}


def answers(operation: Any) -> Any:
    """What an operation answers, by variant: all of its members, and empty lists alone."""
    shape = operation.output_shape
    if shape is None:
        return {"full": {}, "empty": {}}
    return {
        "full": Maker(full=True).structure(shape),
        "empty": _emptied(shape),
    }


def _emptied(shape: Any) -> Any:
    """The lists and maps of an answer, all empty, and what else is required of its top."""
    found: dict[str, Any] = {}
    payload = shape.serialization.get("payload")
    for name, member in shape.members.items():
        if member.serialization.get("location"):
            continue
        if member.type_name == "list":
            found[name] = []
        elif member.type_name == "map":
            found[name] = {}
        elif name == payload and member.type_name == "structure":
            found[name] = _emptied(member)
    return found


def padded(shape: Any, value: Any) -> Any:
    """Parameters in the form of JSON, each as large as its shape requires at least."""
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        members = shape.members
        return {
            name: padded(members[name], one) if name in members else one
            for name, one in value.items()
        }
    if kind == "list" and isinstance(value, list):
        return [padded(shape.member, one) for one in value]
    if kind == "map" and isinstance(value, dict):
        return {name: padded(shape.value, one) for name, one in value.items()}
    least = shape.metadata.get("min")
    if least and kind == "string" and isinstance(value, str):
        return value.ljust(min(int(least), 5000), "x")
    if least and kind in {"integer", "long"} and isinstance(value, int):
        return max(value, int(least))
    return value
