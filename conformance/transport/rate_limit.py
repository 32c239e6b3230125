"""Keeping to a rate of requests, over all the workers of a run together."""

import time
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock


def unlimited() -> None:
    """Do not wait."""


def _read(slot: Path, now: float) -> float:
    """When the next slot is due; now, where nobody has said or whoever said it died meanwhile."""
    try:
        return float(slot.read_text())
    except (OSError, ValueError):
        return now


def rate_limit(rate: float | None, folder: Path) -> Callable[[], None]:
    """A function that waits for the next slot; ``rate`` is in requests per second.

    The slots are handed out through a file in ``folder``, which all workers share.
    """
    if rate is None:
        return unlimited
    interval = 1.0 / rate
    slot = folder / "next-slot"
    lock = FileLock(folder / "next-slot.lock")

    def wait() -> None:
        with lock:
            now = time.time()
            due = _read(slot, now)
            mine = max(now, min(due, now + 3600))
            slot.write_text(repr(mine + interval))
        if mine > now:
            time.sleep(mine - now)

    return wait
