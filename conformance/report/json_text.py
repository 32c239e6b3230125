"""``report.json``: a report as JSON, one case, finding or exchange on each line."""

import json
from collections.abc import Mapping
from typing import Any

_LISTS = frozenset({"cases", "findings"})
_OBJECTS = frozenset({"exchanges", "digests", "operations"})


def text(report: Mapping[str, Any]) -> str:
    """The text of ``report.json``, laid out so that grep and diff can read it."""
    parts = []
    for name, value in report.items():
        if name in _LISTS and value:
            body = "[\n" + ",\n".join("  " + _json(entry) for entry in value) + "\n ]"
        elif name in _OBJECTS and value:
            lines = (f"  {_json(key)}: {_json(inner)}" for key, inner in value.items())
            body = "{\n" + ",\n".join(lines) + "\n }"
        else:
            body = _json(value)
        parts.append(f" {_json(name)}: {body}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
