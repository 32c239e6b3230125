"""Whether the target answers much more slowly since it left a request unanswered.

A server may go on with a request whose client has given up. What it answers then is judged as
ever, but the run takes long, and who waits for it should know why.
"""

from collections import deque
from collections.abc import Sequence
from statistics import quantiles

from conformance.protocols.http import Failure, FailureKind, Request, Response

#: So many responses are compared, before a request that was not answered and after it.
_MANY = 50
#: So much longer do even the faster ones take, and at least so many seconds.
_TIMES, _LEAST = 5, 0.01


class Pace:
    """Compares response times before and after a timeout, in one process of a run."""

    def __init__(self) -> None:
        #: What the requests are sent for: the id of a case, once one has begun.
        self.case = "provisioning"
        self._before: deque[float] = deque(maxlen=_MANY)
        self._after: list[float] = []
        self._cause = ""

    def saw(self, _: Request, outcome: Response | Failure, seconds: float) -> None:
        """Take note of what a request was answered with, and of how many ``seconds`` it took."""
        if isinstance(outcome, Response):
            times = self._after if self._cause else self._before
            times.append(seconds)
        elif outcome.kind is FailureKind.TIMEOUT and len(self._before) == _MANY:
            self._cause = self._cause or self.case

    def slowed(self) -> str:
        """A line where the target has become slow, once; empty otherwise."""
        if len(self._after) < _MANY:
            return ""
        usual, now = _faster(self._before), _faster(self._after)
        cause, self._cause = self._cause, ""
        self._before.extend(self._after)
        self._after.clear()
        if now < max(_TIMES * usual, _LEAST):
            return ""
        return (
            f"slow: responses take {now * 1000:,.0f} ms since {cause} timed out, and took "
            f"{usual * 1000:,.0f} ms before; the target may still be at work on that request"
        )


def _faster(times: Sequence[float]) -> float:
    """What a quarter of the responses take at most, in seconds."""
    return quantiles(times, n=4)[0]
