"""Delays signals: a call that creates something and the note of it are not interrupted."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def held() -> Iterator[None]:
    """Let a signal that would interrupt wait until the end; a second one does not wait.

    Only signals that a handler answers, and only in the main thread: no others come here.
    Raises :class:`KeyboardInterrupt` at the end for one that came.
    """
    came: list[int] = []

    def note(number: int, _: Any) -> None:
        if came:
            raise KeyboardInterrupt
        came.append(number)

    before = {}
    if threading.current_thread() is threading.main_thread():
        kinds = (signal.SIGINT, signal.SIGTERM)
        before = {one: own for one in kinds if callable(own := signal.getsignal(one))}
    for one in before:
        signal.signal(one, note)
    try:
        yield
    finally:
        for one, own in before.items():
            signal.signal(one, own)
        if came:
            raise KeyboardInterrupt
