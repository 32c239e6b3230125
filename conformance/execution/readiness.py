"""Whether a resource that was made can be used: by the SDK's waiter, else by the state it shows.

It reads descriptions; waiting and asking are done elsewhere.
"""

import re
from collections.abc import Mapping
from typing import Any

from conformance.protocols.http import Exchange
from conformance.protocols.table import PROTOCOLS
from conformance.spec.lifecycles.lifecycle import Lifecycle
from conformance.spec.lifecycles.names import folded
from conformance.spec.lifecycles.waiters import outcome
from conformance.spec.operation import Operation

#: States that pass by themselves. "Pending" may be one that waits for a person, so only alone.
_PASSING = re.compile(
    r"(creat|provision|initiali[sz]|start|activat|deploy|updat|modify|scal|enabl|register)(e|y)?ing"
    r"|pending|(creat(e|ion)[ _-]?)?in[ _-]?progress"
    r"|pending[ _-]?creation|creat(e|ion)[ _-]?pending",
    re.IGNORECASE,
)
#: The members that tell a state.
_STATES = ("status", "state", "lifecyclestate", "statuscode", "statename")


def is_passing(described: Any, noun: str) -> bool:
    """Whether what describes a resource shows a state that passes by itself."""
    names = {*_STATES, *(folded(noun) + one for one in _STATES)}
    found = described.items() if isinstance(described, Mapping) else ()
    states = [value for name, value in found if folded(name) in names]
    states += [one for value in states if isinstance(value, Mapping) for one in value.values()]
    return any(isinstance(one, str) and _PASSING.fullmatch(one) for one in states)


def is_awaited(lifecycle: Lifecycle, reader: Operation, exchange: Exchange) -> bool | None:
    """Whether the SDK's waiter would go on waiting; ``None`` where there is none, or it cannot say.

    What no acceptor of the waiter matches is no end.
    """
    if lifecycle.ready is None or exchange.response is None:
        return None
    found = outcome(lifecycle.service, lifecycle.ready, _answer(reader, exchange))
    return found == "retry" if found or not exchange.succeeded else True


def _answer(reader: Operation, exchange: Exchange) -> dict[str, Any]:
    """A response as botocore's acceptors read it."""
    assert exchange.response is not None
    meta = {"ResponseMetadata": {"HTTPStatusCode": exchange.response.status}}
    if exchange.succeeded:
        return {**(exchange.parsed or {}), **meta}
    kind = PROTOCOLS[reader.protocol].error(exchange.response).type or ""
    return {"Error": {"Code": kind}, **meta}
