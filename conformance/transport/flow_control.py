"""How much is asked of a target: the rate limit, the back-off, and the circuit breaker.

The rate limit keeps to a number of requests per second; the back-off waits for a target that
throttles; the circuit breaker gives up one that is silent. Nothing here sends.
"""

import random
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock

from conformance.protocols.http import Exchange, FailureKind, Response
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation

#: Timeouts, refused connections or responses too large to be read in a row after which an
#: operation is given up.
IN_A_ROW = 3
#: Timeouts in a whole run, in a row or not, after which nothing more is sent.
IN_ALL = 8
#: In the error types of AWS for too many requests; status 429 says the same.
_THROTTLE = (
    "Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|ProvisionedThroughputExceeded"
    "|BandwidthLimitExceeded|PriorRequestNotComplete"
)
_IN_TEXT = re.compile(_THROTTLE)
_IN_BYTES = re.compile(_THROTTLE.encode())


def rate_limit(rate: float | None, folder: Path) -> Callable[[], None] | None:
    """A function that waits for the next slot, if there is a ``rate`` in requests per second.

    All workers of a run share the slots through a file in ``folder``.
    """
    if rate is None:
        return None
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


def _read(slot: Path, now: float) -> float:
    """When the next slot is due: now, where the file is missing or was only half written."""
    try:
        return float(slot.read_text())
    except (OSError, ValueError):
        return now


def is_throttled(operation: Operation, response: Response) -> bool:
    """Whether a response asks to slow down, by its status or its error type."""
    if response.status == 429:
        return True
    failed = response.status >= 400
    # responses are parsed only where they contain such an error type somewhere
    suspected = any(_IN_TEXT.search(value) for _, value in response.headers)
    if not suspected and not (failed and _IN_BYTES.search(response.body)):
        return False
    header = response.header("x-amzn-errortype")
    named = PROTOCOLS[operation.protocol].error(response).type if failed else header
    return named is not None and _IN_TEXT.search(named) is not None


def pause(response: Response, attempt: int, jitter: random.Random) -> float:
    """How many seconds to wait after a throttled response: what it says, or ever longer."""
    after = response.header("retry-after") or ""
    if after.isascii() and after.isdigit():
        return float(after)
    return 0.25 * float(2**attempt) + jitter.random() * 0.1


@dataclass(slots=True)
class CircuitBreaker:
    """Counts requests without a response that can be read, and says when to send no more.

    Workers of a run hand it on to each other.
    """

    _silent: Counter[str] = field(default_factory=Counter)
    _unread: Counter[str] = field(default_factory=Counter)
    _timeouts: int = 0
    _answered: bool = False

    def exhausted(self, operation: Operation) -> str:
        """Why nothing more is sent to an operation; empty where it is."""
        if self._in_a_row(self._silent, operation) >= IN_A_ROW:
            return f"the target did not respond to {IN_A_ROW} requests in a row"
        if self._in_a_row(self._unread, operation) >= IN_A_ROW:
            return f"{IN_A_ROW} responses in a row were too large to be judged"
        if self._timeouts >= IN_ALL:
            return f"{IN_ALL} requests to the target timed out"
        return ""

    def saw(self, operation: Operation, exchange: Exchange) -> None:
        """Count one exchange."""
        kind = exchange.failure.kind if exchange.failure else None
        self._timeouts += kind is FailureKind.TIMEOUT
        if kind in {FailureKind.TIMEOUT, FailureKind.UNREACHABLE}:
            self._silent[operation.id] += 1
        elif kind in {FailureKind.TOO_LARGE, FailureKind.UNJUDGED}:
            self._unread[operation.id] += 1
            self._answered |= kind is FailureKind.TOO_LARGE
        else:
            self._silent[operation.id] = self._unread[operation.id] = 0
            self._answered = True

    def _in_a_row(self, counted: Counter[str], operation: Operation) -> int:
        """How often that happened in a row: to the operation, or to all where none responded."""
        return counted[operation.id] if self._answered else counted.total()
