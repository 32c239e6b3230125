"""Placeholders in plans for values that only a target knows; ``plans`` lists the forms."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

#: The other keys that a placeholder may have.
_BESIDE = frozenset({"rank", "wrap", "cut", "doubtful", "part", "like"})


def placeholder_name(value: Mapping[str, Any], resources: Mapping[str, Any]) -> str | None:
    """The resource that a placeholder names; ``None`` for a plain value.

    A structure may well have a member ``resource``: only one that names one of the
    operation's resources is a placeholder.
    """
    for kind in ("resource", "unknown"):
        name = value.get(kind)
        if isinstance(name, str) and name in resources and value.keys() - {kind} <= _BESIDE:
            return name
    return None


def is_listed(value: Any, resources: Mapping[str, Any]) -> bool:
    """Whether a value is a placeholder for one that the target has, or a list of such."""
    if isinstance(value, list):
        return bool(value) and all(is_listed(one, resources) for one in value)
    if not isinstance(value, Mapping) or "resource" not in value:
        return False
    return placeholder_name(value, resources) is not None


def placeholders(name: str, schema: Mapping[str, Any]) -> list[Any]:
    """Placeholders for a list, as many as it must hold at least."""
    others = range(1, schema.get("minItems", 1))
    return [{"resource": name}, *({"resource": name, "rank": rank} for rank in others)]


def unknown_value(known: Sequence[str], part: int | None = None) -> str:
    """A value of the same form as the known ones, and none of them.

    ``part`` counts between colons, from 0: only that part of an ARN becomes another. What has no
    such part differs at its end.
    """
    form = known[0]
    parts = form.split(":")
    if part is not None and part < len(parts) and parts[part]:
        other = unknown_value([one.split(":")[part] for one in known if one.count(":") >= part])
        return ":".join([*parts[:part], other, *parts[part + 1 :]])
    places = [index for index, char in enumerate(form) if char.isalnum()][-4:]
    for turn in range(1, 10):
        changed = list(form)
        for index in places:
            changed[index] = _turned(form[index], turn)
        candidate = "".join(changed)
        if candidate not in known:
            return candidate
    return form + "0"


def part_of(known: Sequence[str], like: str) -> str | None:
    """A value that a known one is like in part: none of them; ``None`` where there is none such.

    ``like`` is one of :data:`PARTS`: what a lookup finds that takes a part for the whole.
    """
    cut = PARTS[like]
    candidates = (cut(whole, size) for whole in known for size in range(1, len(whole)))
    return next((one for one in candidates if one and one not in known), None)


#: How a value is made of a whole one, in steps away from it: the least step is tried first.
PARTS: Mapping[str, Callable[[str, int], str]] = {
    "beginning": lambda whole, size: whole[:-size],
    "end": lambda whole, size: whole[len(whole) // 2 + size - 1 :],
    "middle": lambda whole, size: whole[len(whole) // 4 + size - 1 : -size],
    "longer": lambda whole, size: whole + "0" * size,
}


def _turned(char: str, by: int) -> str:
    if char.isdigit():
        return str((int(char) + by) % 10)
    if char.lower() in "abcdef":
        return "abcdef"["abcdef".index(char.lower()) - by % 6]
    return char
