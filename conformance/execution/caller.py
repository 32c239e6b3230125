"""Sends single requests and walks page by page, until the target stops responding.

Everything that a run asks of its target passes here. Parameters are final: placeholders,
baselines and cases are unknown here, and nothing is judged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from conformance.checks.evidence import page
from conformance.errors import TargetError
from conformance.execution.availability import SkipCase, Unanswered
from conformance.generation.plans import UNALTERED
from conformance.protocols.base import MOST_ELEMENTS, Additions, Alteration
from conformance.protocols.http import Exchange
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation, Params
from conformance.transport.flow_control import CircuitBreaker
from conformance.transport.sender import NotSentError, Sender

#: A walk ends when it has this many items, no more are compared, or when its pages have this many
#: bytes or values.
MOST_ITEMS = 5000
MOST_BYTES = 8 * 1024 * 1024
MOST_VALUES = 2 * MOST_ELEMENTS


class Caller:
    """Calls operations through a sender and a circuit breaker."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self.circuit_breaker = CircuitBreaker()
        #: The operations whose requests the target refuses as the SDK sends them by default: they
        #: are sent without what the SDK adds, except where a case is about that.
        self.without_additions: set[str] = set()

    def call(
        self, operation: Operation, params: Params, alteration: Alteration = UNALTERED
    ) -> Exchange:
        """Send one request. Raises :class:`SkipCase` where that is impossible or throttled."""
        if operation.id in self.without_additions and alteration.sdk is Additions.ANY:
            alteration = replace(alteration, sdk=Additions.NONE)
        if why := self.circuit_breaker.exhausted(operation):
            raise Unanswered(why)
        try:
            exchange = self.sender.send(operation, params, alteration)
        except NotSentError as reason:
            raise Unanswered(str(reason)) from reason
        except TargetError as error:
            raise SkipCase(str(error)) from error
        self.circuit_breaker.saw(operation, exchange)
        if exchange.throttled:
            raise Unanswered("the target kept asking to slow down (429)")
        return exchange

    def walk(
        self, operation: Operation, params: Params, sizes: Sequence[int | None], pages: int
    ) -> tuple[Exchange, ...]:
        """Follow page tokens, at most ``pages`` pages, asking for ``sizes`` in turn.

        The last size holds for all remaining pages; ``None`` asks for none. The walk ends at the
        last page, at a response without a page, at a repeated token, or where its pages hold
        enough.
        """
        paging = operation.pagination
        assert paging is not None
        exchanges: list[Exchange] = []
        seen: set[str] = set()
        following: Mapping[str, Any] = {}
        protocol = PROTOCOLS[operation.protocol]
        items = length = values = 0
        for number in range(pages):
            size = sizes[min(number, len(sizes) - 1)]
            sized = dict(params)
            if size is not None and paging.limit:
                sized[paging.limit] = operation.page_size(size)
            exchanges.append(self.call(operation, {**sized, **following}))
            found = page(operation, protocol, exchanges[-1])
            if found is None or found.token is None or found.token in seen:
                break
            items += len(found.items)
            response = exchanges[-1].response
            body = response.body if response else b""
            length += len(body)
            values += protocol.response_format.elements(body)
            if items > MOST_ITEMS or length > MOST_BYTES or values > MOST_VALUES:
                break
            seen.add(found.token)
            following = found.following
        return tuple(exchanges)
