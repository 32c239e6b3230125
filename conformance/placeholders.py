"""Values in plans that stand for what only a target knows; ``plans`` says which there are."""

from collections.abc import Mapping
from typing import Any

#: What may stand beside the name of a value that only the target knows.
_BESIDE = frozenset({"rank", "wrap", "cut", "doubtful"})


def wanted(value: Mapping[str, Any], resources: Mapping[str, Any]) -> str | None:
    """The name under which the target lists what a value stands for; ``None`` if it is itself.

    A structure may well have a member ``resource``: only a name that stands in the
    document's ``resources`` is one.
    """
    for kind in ("resource", "unknown"):
        name = value.get(kind)
        if isinstance(name, str) and name in resources and value.keys() - {kind} <= _BESIDE:
            return name
    return None


def asked_for(name: str, schema: Mapping[str, Any]) -> list[Any]:
    """As many values for a list as it must hold at least, which only the target knows."""
    others = range(1, schema.get("minItems", 1))
    return [{"resource": name}, *({"resource": name, "rank": rank} for rank in others)]
