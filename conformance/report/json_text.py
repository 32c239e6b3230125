"""``report.json``: a report as JSON, one case, finding or exchange on each line."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_LISTS = frozenset({"cases", "findings"})
_OBJECTS = frozenset({"exchanges", "digests", "operations"})


def text(report: Mapping[str, Any]) -> str:
    """The text of ``report.json``, laid out so that grep and diff can read it."""
    return "".join(pieces(report))


def pieces(report: Mapping[str, Any]) -> Iterator[str]:
    """The same text in pieces, which are never all in memory."""
    before = "{\n"
    for name, value in report.items():
        yield f"{before} {_json(name)}: "
        before = ",\n"
        if name in _LISTS and value:
            yield from _lines("[", (_json(entry) for entry in value), "]")
        elif name in _OBJECTS and value:
            pairs = (f"{_json(key)}: {_json(inner)}" for key, inner in value.items())
            yield from _lines("{", pairs, "}")
        else:
            yield _json(value)
    yield "\n}\n"


def _lines(first: str, entries: Iterable[str], last: str) -> Iterator[str]:
    before = f"{first}\n"
    for entry in entries:
        yield f"{before}  {entry}"
        before = ",\n"
    yield f"\n {last}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
