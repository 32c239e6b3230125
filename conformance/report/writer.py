"""Writing a report: all six files or none, so that nobody ever reads half of one."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from conformance.errors import UsageError
from conformance.report import badge, html, junit, summary
from conformance.spec import files

Data = Mapping[str, Any]

_ITEMWISE = frozenset({"cases", "findings"})


def text(report: Data) -> str:
    """``report.json``: each case, finding and exchange on a line of its own, for grep and diff."""

    def one(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    parts = []
    for name, value in report.items():
        if name in _ITEMWISE and value:
            body = "[\n" + ",\n".join("  " + one(entry) for entry in value) + "\n ]"
        elif name in {"exchanges", "digests", "operations"} and value:
            lines = (f"  {one(key)}: {one(inner)}" for key, inner in value.items())
            body = "{\n" + ",\n".join(lines) + "\n }"
        else:
            body = one(value)
        parts.append(f" {one(name)}: {body}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


#: Every file of a report, and what makes its text. report.json is renamed into place last.
FILES: Mapping[str, Callable[[Data], str]] = {
    "report.html": html.html,
    "junit.xml": junit.xml,
    "summary.md": summary.markdown,
    "badge.json": badge.endpoint,
    "badge.svg": badge.svg,
    "report.json": text,
}


def write(folder: Path, report: Data) -> Path:
    """Write all files into a folder; gives the path of ``report.json``.

    Raises :class:`UsageError` where they cannot be written; earlier ones stand then.
    """
    texts = {folder / name: make(report) for name, make in FILES.items()}
    _write(texts, f"The report cannot be written to {folder}")
    return folder / "report.json"


def require_place(path: Path) -> None:
    """Raise :class:`UsageError` for what is there and is no file that could be replaced."""
    try:
        files.place(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error


def write_text(path: Path, content: str) -> None:
    """Write one file, whole or not at all. Raises :class:`UsageError` where that cannot be done."""
    _write({path: content}, f"{path} cannot be written")


def _write(texts: Mapping[Path, str], problem: str) -> None:
    try:
        # a lone surrogate from a broken answer becomes its JSON escape, or reads as one
        files.write({path: one.encode("utf-8", "backslashreplace") for path, one in texts.items()})
    except OSError as error:
        raise UsageError(f"{problem}: {error.strerror or error}.") from error
