"""Writes reports and other single files: all of a report's files or none, each of them whole."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from conformance.errors import UsageError
from conformance.report.formats import FORMATS
from conformance.spec import files

#: Renamed into place after all others: where it is new, so are they.
REPORT = "report.json"


def write(folder: Path, report: Mapping[str, Any]) -> Path:
    """Write every format into a folder; returns the path of ``report.json``.

    Raises :class:`UsageError` where they cannot be written; files of an earlier report remain then.
    """
    ordered = sorted(FORMATS, key=lambda name: name == REPORT)
    texts = {folder / name: partial(FORMATS[name].written, report) for name in ordered}
    _write(texts, f"The report cannot be written to {folder}")
    return folder / REPORT


def require_place(path: Path) -> None:
    """Raise :class:`UsageError` for a path that no file can replace, such as a folder."""
    try:
        files.place(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error


def write_text(path: Path, content: str) -> None:
    """Write one file, whole or not at all. Raises :class:`UsageError` where that cannot be done."""
    _write({path: lambda: [content]}, f"{path} cannot be written")


def write_data(folder: Path, report: Mapping[str, Any]) -> None:
    """Write ``report.json`` alone. Raises :class:`UsageError` where that cannot be done."""
    path = folder / REPORT
    _write({path: partial(FORMATS[REPORT].written, report)}, f"{path} cannot be written")


def _encoded(text: Callable[[], Iterable[str]]) -> Iterator[bytes]:
    """A lone surrogate from a broken response is written as an escape."""
    return (piece.encode("utf-8", "backslashreplace") for piece in text())


def _write(texts: Mapping[Path, Callable[[], Iterable[str]]], problem: str) -> None:
    try:
        files.write_made({path: partial(_encoded, text) for path, text in texts.items()})
    except OSError as error:
        raise UsageError(f"{problem}: {error.strerror or error}.") from error
