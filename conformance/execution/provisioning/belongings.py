"""What stories make on a target: in the journal before it is made, struck when
it is gone. Nothing is sent here.
"""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from conformance.execution.provisioning.files import counted
from conformance.execution.provisioning.journal import Journal, JournalError, Undo
from conformance.spec.operation import Operation, Params


class Belongings:
    """Notes what stories make; without a ``journal`` it only counts what is left."""

    def __init__(self, journal: Journal | None = None) -> None:
        self._journal = journal
        self._left: Counter[str] = Counter()
        self._trouble = ""

    def intend(self, things: str, make: Operation, params: Params, undo: Undo | None) -> int | None:
        """Note that a call is about to make something; the number of its entry.

        Raises :class:`JournalError` where that cannot be noted: then it must not be made.
        """
        if self._journal is None:
            return None
        return self._journal.intend(things, make, params, undo)

    def confirm(self, entry: int | None, undo: Undo | None) -> None:
        """Note that it was made, and what takes it down."""
        if self._journal is not None and entry is not None:
            with suppress(JournalError):  # it is listed already, if with less
                self._journal.confirm(entry, undo)

    def strike(self, entry: int | None) -> None:
        """Note that it is gone, or was never made."""
        if self._journal is not None and entry is not None:
            with suppress(JournalError):  # it stays listed, and taking it down finds nothing
                self._journal.strike(entry)

    def leave(self, things: str, why: str) -> None:
        """Note that something could not be taken down; the journal keeps it."""
        self._left[things] += 1
        self._trouble = self._trouble or why

    def data(self) -> dict[str, Any]:
        """What is left, for :meth:`add` in the process that reports the run."""
        return {"left": dict(self._left), "trouble": self._trouble}

    def add(self, data: Mapping[str, Any]) -> None:
        """Count what the stories of another process left."""
        self._left.update(data["left"])
        self._trouble = self._trouble or data["trouble"]

    @property
    def line(self) -> str:
        """What is left, for people; empty where nothing is."""
        return f"stories left {counted(self._left)} ({self._trouble})" if self._left else ""
