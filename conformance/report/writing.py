"""Writing a report: all six files beside, then renamed, so that nobody ever reads half of one."""

import contextlib
import errno
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from conformance.errors import UsageError
from conformance.report import badge, junit, page, summary

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
    "report.html": page.html,
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
    write_texts(folder, {name: make(report) for name, make in FILES.items()})
    return folder / "report.json"


def write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    """Write several files into a folder, all of them or none. Raises :class:`UsageError`."""
    beside = {name: folder / f".{name}.{os.getpid()}" for name in texts}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in texts:
            if (folder / name).is_dir():
                raise IsADirectoryError(errno.EISDIR, f"{name} is a folder")
        for name, content in texts.items():
            # a lone surrogate from a broken answer becomes its JSON escape, or reads as one
            beside[name].write_bytes(content.encode("utf-8", "backslashreplace"))
        for name in texts:
            beside[name].replace(folder / name)
    except OSError as error:
        raise UsageError(
            f"The report cannot be written to {folder}: {error.strerror or error}."
        ) from error
    finally:
        for path in beside.values():
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
