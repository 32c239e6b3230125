"""The results of a run as they come, a line each, in a file beside its report: what a run that was
killed leaves, and what ``--resume`` goes on from.

The first line says what the run is; a run of anything else is not gone on with. A line that the
kill cut off is dropped, and its case is run again. It must not know how a case is judged.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from conformance.checks.findings import Verdict
from conformance.errors import UsageError
from conformance.spec import reading

FORMAT = "aws-conformance-results/1"
#: The name of the file, in the folder of the report.
NAME = "results.jsonl"

Data = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """One result, and the seconds that its case took."""

    result: Data
    seconds: float


def _lines(path: Path, most: int) -> Iterator[tuple[int, Any]]:
    """The values of the whole lines among the first bytes of a file, each with where it ends."""
    end = 0
    with path.open("rb") as file:
        for line in file:
            end += len(line)
            if end > most or not line.endswith(b"\n"):
                return
            try:
                value = reading.parsed_json(reading.text_of(line))
            except ValueError:
                return
            yield end, value


def _results(lines: Iterator[tuple[int, Any]]) -> Iterator[tuple[int, Kept]]:
    """The results among some lines; a case that the suite failed to run is run again."""
    for end, value in lines:
        if isinstance(value, dict) and "result" in value:
            kept = Kept(value["result"], value["seconds"])
            if kept.result["outcome"] != Verdict.ERROR:
                yield end, kept


def ids(path: Path, size: int) -> frozenset[str]:
    """The ids of the cases whose results are among the first ``size`` bytes of a file, if any."""
    if not size:
        return frozenset()
    return frozenset(kept.result["id"] for _, kept in _results(_lines(path, size)))


class ResultsFile:
    """The file of one run. ``about`` says what has to be the same for a run to go on."""

    def __init__(self, folder: Path, about: Mapping[str, Any]) -> None:
        self.path = folder / NAME
        # as it is read again
        self._about = reading.parsed_json(json.dumps({"format": FORMAT, **about}))
        self._file: IO[bytes] | None = None
        self._is_full = False
        self.size = 0

    def earlier(self) -> Iterator[Kept]:
        """The results of the run that is gone on with; ``size`` is then how much of it is whole.

        There are none where there is no file. Raises :class:`UsageError` for one of another run.
        """
        if not self.path.exists():
            return
        lines = _lines(self.path, self.path.stat().st_size)
        self.size, head = next(lines, (0, self._about))
        if head != self._about:
            raise UsageError(f"{self.path} is of {self._other(head)}; leave out --resume.")
        for self.size, kept in _results(lines):
            yield kept

    def _other(self, head: Any) -> str:
        """What distinguishes the run that left the file."""
        if not isinstance(head, dict) or head.get("format") != FORMAT:
            return "another format"
        apart = [name for name in self._about if head.get(name) != self._about[name]]
        return f"another run ({', '.join(apart) or 'other members'})"

    def begin(self) -> None:
        """Write what the run is, at once."""
        self._file = self._file or self._open()

    def add(self, result: Data, seconds: float) -> None:
        """Write one result, at once."""
        self._write({"result": result, "seconds": round(seconds, 4)})

    def _write(self, value: Any) -> None:
        if self._is_full:
            return
        try:
            (self._file or self._open()).write(
                json.dumps(value, separators=(",", ":")).encode() + b"\n"
            )
        except OSError:
            # the run goes on without it; its report says that nothing can be written there
            self._is_full = True

    def _open(self) -> IO[bytes]:
        """The file, cut to what is whole of it; unbuffered, so that no kill loses a result."""
        file = self._file = self.path.open("r+b" if self.size else "wb", buffering=0)
        os.truncate(file.fileno(), self.size)
        file.seek(self.size)
        if not self.size:
            file.write(json.dumps(self._about, separators=(",", ":")).encode() + b"\n")
        return file

    def close(self, *, remove: bool) -> None:
        """End the file; ``remove`` it where a report holds all of it."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if remove:
            self.path.unlink(missing_ok=True)
