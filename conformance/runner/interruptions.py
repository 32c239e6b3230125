"""What SIGINT and SIGTERM do to a run: the first one ends it, and its end is not interrupted.

Between the judging of two cases a signal waits: hooks of pytest and of its plugins are not
interrupted. While a run ends, a further signal is counted. The third one of all stops what takes
long: the taking down of what was made. The report is written in any case.
"""

import atexit
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from conformance.execution.provisioning.signals import KINDS

#: With this one of all signals the taking down stops.
_ENOUGH = 3
#: Seconds after the end of an interrupted run for which a late signal is still one of the run.
_LATE = 3.0


class Interruptions:
    """The signals of one run, in the main thread of its process."""

    def __init__(self) -> None:
        self._before: dict[signal.Signals, Any] = {}
        self._count = 0
        self._waits = False
        self._is_ending = False
        self._may_stop = False
        self._ended = 0.0

    def install(self) -> None:
        """Handle the signals from now on; a cancelled job still gets its report."""
        if threading.current_thread() is threading.main_thread():
            self._before = {kind: signal.signal(kind, self._handle) for kind in KINDS}

    def restore(self) -> None:
        """Handle the signals as before; after an interrupted run with the next late one."""
        self._ended = time.monotonic()
        if self._count:
            atexit.register(_ignore)
        else:
            self._put_back()

    def _put_back(self) -> None:
        while self._before:
            signal.signal(*self._before.popitem())

    @contextmanager
    def postponed(self) -> Iterator[None]:
        """Let a first signal wait until the end, or until what is within :meth:`immediate`."""
        with self._waiting(True):
            yield

    @contextmanager
    def immediate(self) -> Iterator[None]:
        """Let signals interrupt at once, also one that has waited."""
        with self._waiting(False):
            yield

    @contextmanager
    def _waiting(self, waits: bool) -> Iterator[None]:
        before = self._waits
        self._let_wait(waits)
        try:
            yield
        finally:
            self._waits = before
        self._let_wait(before)

    def _let_wait(self, waits: bool) -> None:
        self._waits = waits
        if self._count and not (waits or self._is_ending):
            raise KeyboardInterrupt

    def end(self) -> None:
        """The run ends: signals interrupt it no more."""
        self._is_ending = True

    def stops(self, work: Callable[[], None]) -> bool:
        """Do something that may take long; whether signals have stopped it."""
        try:
            with self._stoppable():
                work()
        except KeyboardInterrupt:
            return True
        return False

    @contextmanager
    def _stoppable(self) -> Iterator[None]:
        self._may_stop = True
        try:
            yield
        finally:
            self._may_stop = False

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._ended and time.monotonic() - self._ended > _LATE:
            self._put_back()
            signal.raise_signal(number)
            return
        self._count += 1
        if self._waits and self._count == 1:
            return
        if not self._is_ending or (self._may_stop and self._count >= _ENOUGH):
            raise KeyboardInterrupt


def _ignore() -> None:
    """Keep a late signal from a process that ends: it would decide its exit status."""
    for kind in KINDS:
        signal.signal(kind, signal.SIG_IGN)
