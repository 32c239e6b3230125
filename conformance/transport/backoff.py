"""Targets that ask to slow down: who does, and how long to wait."""

import random

from conformance.protocols.http import Exchange
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation

#: What AWS calls it when it is asked too often; 429 says the same.
_THROTTLE_CODES = (
    "Throttl",
    "TooManyRequests",
    "RequestLimitExceeded",
    "SlowDown",
    "ProvisionedThroughputExceeded",
    "BandwidthLimitExceeded",
    "PriorRequestNotComplete",
)


def pause(
    operation: Operation, exchange: Exchange, attempt: int, jitter: random.Random
) -> float | None:
    """How long the target asks us to wait, in seconds; ``None`` where it does not ask."""
    response = exchange.response
    if response is None:
        return None
    named = response.header("x-amzn-errortype") or ""
    if response.status >= 400:
        named = PROTOCOLS[operation.protocol].error(response).type or ""
    if response.status != 429 and not any(code in named for code in _THROTTLE_CODES):
        return None
    told = response.header("retry-after") or ""
    if told.isascii() and told.isdigit():
        return float(told)
    return 0.25 * float(2**attempt) + jitter.random() * 0.1
