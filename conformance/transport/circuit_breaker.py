"""How long a target is waited for that does not answer: some requests, not a whole run of them."""

from collections import Counter
from dataclasses import dataclass, field

from conformance.protocols.http import Exchange, FailureKind
from conformance.spec.operation import Operation

#: Timeouts or refused connections in a row after which an operation is given up.
IN_A_ROW = 3
#: Timeouts in a whole run, in a row or not, after which nothing more is asked.
IN_ALL = 8


@dataclass(slots=True)
class CircuitBreaker:
    """What silence a target has kept so far; workers of a run hand it on to each other."""

    _silent: Counter[str] = field(default_factory=Counter)
    _timeouts: int = 0
    _answered: bool = False

    def exhausted(self, operation: Operation) -> str:
        """Why an operation is not asked any more; empty where it is."""
        silent = self._silent[operation.id] if self._answered else self._silent.total()
        if silent >= IN_A_ROW:
            return f"the target did not answer {IN_A_ROW} requests in a row"
        if self._timeouts >= IN_ALL:
            return f"the target let {IN_ALL} requests time out"
        return ""

    def saw(self, operation: Operation, exchange: Exchange) -> None:
        """Take note of one exchange."""
        kind = exchange.failure.kind if exchange.failure else None
        self._timeouts += kind is FailureKind.TIMEOUT
        if kind in {FailureKind.TIMEOUT, FailureKind.UNREACHABLE}:
            self._silent[operation.id] += 1
        else:
            self._silent[operation.id] = 0
            self._answered = True
