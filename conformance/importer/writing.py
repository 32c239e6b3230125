"""Writes an operation document, whole or not at all, and keeps its hand-written part.

This module knows that people write ``byHand``; it must not know the rest of a document.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.errors import DocumentError
from conformance.spec import files, reading

WIDTH = 100


def write_document(document: Mapping[str, Any], path: Path | str) -> None:
    """Save ``document`` at ``path``, keeping the ``byHand`` of an existing document.

    Raises :class:`~conformance.errors.DocumentError` where the existing document cannot be read,
    :class:`OSError` where none can be written.
    """
    path = Path(path)
    files.write({path: dumps(with_hand_written(document, path)).encode()})


def with_hand_written(document: Mapping[str, Any], path: Path | str) -> dict[str, Any]:
    """The document as it is to be written at ``path``: with the ``byHand`` of the one there.

    Names that the SDK has for members (``aliases``) are added to those in it.
    """
    former = _by_hand(files.place(Path(path)))
    if former is None:
        return dict(document)
    known = document.get("byHand", {}).get("aliases", {})
    if aliases := {**known, **former.get("aliases", {})}:
        former = {**former, "aliases": aliases}
    return {**document, "byHand": former}


def _by_hand(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    try:
        former = reading.read_json(path)
    except ValueError:
        former = None
    if not isinstance(former, dict):
        raise DocumentError(
            f"{path} exists and is not a JSON document: repair or remove it first, so that its "
            "byHand part is not lost."
        )
    by_hand = former.get("byHand")
    return by_hand if isinstance(by_hand, dict) else None


def dumps(document: Mapping[str, Any]) -> str:
    """JSON for people: two blanks for each level, and short flat values on one line."""
    return _rendered(document, "", 0) + "\n"


def _rendered(value: Any, indent: str, before: int) -> str:
    """``value`` as JSON, its later lines indented; ``before`` characters precede the first."""
    if not isinstance(value, Mapping | list) or not value:
        return _scalar(value)
    flat = not any(isinstance(each, Mapping | list) for each in _values(value))
    line = _scalar(value)
    if flat and len(indent) + before + len(line) < WIDTH:
        return line
    inner = indent + "  "
    if isinstance(value, Mapping):
        pairs = [(f"{_scalar(str(key))}: ", each) for key, each in value.items()]
        parts = [key + _rendered(each, inner, len(key)) for key, each in pairs]
        return f"{{\n{inner}" + f",\n{inner}".join(parts) + f"\n{indent}}}"
    parts = _rows(value, inner) if flat else [_rendered(each, inner, 0) for each in value]
    return f"[\n{inner}" + f",\n{inner}".join(parts) + f"\n{indent}]"


def _values(value: Mapping[str, Any] | list[Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, Mapping) else value


def _scalar(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _rows(items: list[Any], indent: str) -> list[str]:
    """A long flat list, as many items in a row as fit."""
    rows = [""]
    for item in map(_scalar, items):
        if rows[-1] and len(indent) + len(rows[-1]) + len(item) + 3 > WIDTH:
            rows.append("")
        rows[-1] += f", {item}" if rows[-1] else item
    return rows
