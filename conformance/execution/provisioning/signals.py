"""Delays signals: a call that creates something and the note of it are not interrupted."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

KINDS = (signal.SIGINT, signal.SIGTERM)


class _Held:
    """Signals that wait for their handlers, until a second one comes or ``grace`` seconds end."""

    def __init__(self, grace: float | None) -> None:
        self._grace = grace if hasattr(signal, "pthread_kill") else None
        self._waiting: list[int] = []
        self._handlers: dict[int, Any] = {}
        self._lock = threading.Lock()
        self._waits = True
        self._is_late = self._has_ended = False

    def start(self) -> None:
        if threading.current_thread() is threading.main_thread():
            own = {kind: signal.getsignal(kind) for kind in KINDS}
            self._handlers = {kind: handler for kind, handler in own.items() if callable(handler)}
        for kind in self._handlers:
            signal.signal(kind, self._note)

    def end(self) -> None:
        with self._lock:
            self._has_ended = True
        for kind, handler in self._handlers.items():
            signal.signal(kind, handler)
        self._pass_on(None)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._is_late:
            self._is_late = False  # it came already
        else:
            self._waiting.append(number)
        if self._waits and len(self._waiting) == 1:
            self._waits = False
            self._start_timer(number)
        else:
            self._pass_on(frame)

    def _start_timer(self, number: int) -> None:
        if self._grace is not None:
            timer = threading.Timer(self._grace, self._interrupt, (number,))
            timer.daemon = True
            timer.start()

    def _interrupt(self, number: int) -> None:
        with self._lock:
            if self._waiting and not self._has_ended:
                self._is_late = True
                signal.pthread_kill(threading.main_thread().ident or 0, number)

    def _pass_on(self, frame: FrameType | None) -> None:
        while self._waiting:
            number = self._waiting.pop(0)
            self._handlers[number](number, frame)


@contextmanager
def held(*, grace: float | None = None) -> Iterator[None]:
    """Let a signal that would interrupt wait until the end, or for ``grace`` seconds.

    A second one does not wait. Only signals that a handler answers, and only in the main thread:
    no others come here.
    """
    signals = _Held(grace)
    try:
        signals.start()
        yield
    finally:
        signals.end()
