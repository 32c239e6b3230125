"""Digests of a report, section by section, so that an accidental edit can be located.

A digest covers the meaning of a section, not its layout: indenting a report or sorting its keys
changes no digest. Digests detect accidents only: a forged report can carry valid digests.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

Data = Mapping[str, Any]

#: Top-level members that are small and belong together.
HEAD = ("format", "verdict", "complete", "interrupted", "seed", "started", "duration_s", "requests")
#: Lists with one digest for each operation, so that an edit is located more closely.
_BY_OPERATION = ("cases", "findings")


def canonical(value: Any) -> bytes:
    """The canonical JSON of a value: keys sorted, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def digest(value: Any) -> str:
    """``sha256:…`` over a value's canonical form."""
    return "sha256:" + hashlib.sha256(canonical(value)).hexdigest()


def exchange_id(exchange: Any) -> str:
    """The id under which an exchange is stored once."""
    return digest(exchange).removeprefix("sha256:")[:16]


def sections(report: Data) -> dict[str, Any]:
    """Every section of a report by its name, in order; together they are the whole report."""
    found: dict[str, Any] = {"head": {name: report[name] for name in HEAD if name in report}}
    for name, value in report.items():
        if name in HEAD or name == "digests":
            continue
        if name not in _BY_OPERATION:
            found[name] = value
            continue
        groups: dict[str, list[Any]] = {}
        for entry in value:
            groups.setdefault(f"{name} of {entry['operation']}", []).append(entry)
        found |= groups
    return found


def digests(report: Data) -> dict[str, str]:
    """The digest of every section."""
    return {name: digest(section) for name, section in sections(report).items()}
