"""What a case left behind for the checks: its exchanges, and what is known of the target.

Checks read this and nothing else. Nothing here sends.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jmespath

from conformance.model import Operation
from conformance.plans import Case
from conformance.protocols import ErrorEnvelope, WireProtocol
from conformance.wire import Exchange, Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer of a listing: its items and the token for the next one, if any."""

    items: tuple[Any, ...]
    token: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All that an operation lists on this target, as its baseline walk found it.

    ``complete`` says that the walk came to its end; ``agrees`` that a second
    identical call was answered with the same items.
    """

    items: tuple[Any, ...] = ()
    complete: bool = False
    agrees: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The exchanges of one case, step by step, with its valid neighbour and its invalid opposite.

    A step that this target does not allow has no exchanges. ``broken`` are the
    clauses that the judged request breaks on the wire; ``made_up`` says that some
    value is a placeholder which the target may not know; ``listed`` is the item
    that a FOUND case asks for again.
    """

    operation: Operation
    protocol: WireProtocol
    case: Case
    steps: tuple[tuple[Exchange, ...], ...]
    neighbour: Exchange | None = None
    opposite: Exchange | None = None
    probe: Exchange | None = None
    listing: Listing | None = None
    broken: tuple[str, ...] = ()
    unpromised: bool = False
    made_up: bool = False
    listed: Any = None

    @property
    def exchanges(self) -> Iterator[Exchange]:
        """Every exchange of the case, in the order in which they were made."""
        for step in self.steps:
            yield from step

    @property
    def last(self) -> Exchange:
        """The exchange that a case of one call is about."""
        return next(exchanges[-1] for exchanges in reversed(self.steps) if exchanges)

    def body(self, exchange: Exchange) -> Mapping[str, Any] | None:
        """The object in an answer's body, or ``None`` where there is none."""
        return readable_object(self.protocol, exchange.response)

    def error(self, exchange: Exchange) -> ErrorEnvelope:
        """What an error answer says of itself."""
        assert exchange.response is not None
        return self.protocol.error(exchange.response)

    def page(self, exchange: Exchange) -> Page | None:
        """The page in an answer, or ``None`` where it holds no list under the documented name."""
        return page(self.operation, self.protocol, exchange)


def readable_object(protocol: WireProtocol, response: Response | None) -> Mapping[str, Any] | None:
    """The object in a body, or ``None``."""
    return None if response is None else _object(protocol.body, response)


@lru_cache(maxsize=32)  # every check reads the same few answers of a case
def _object(read: Callable[[Response], Any], response: Response) -> Mapping[str, Any] | None:
    try:
        body = read(response)
    except ValueError:
        return None
    return body if isinstance(body, Mapping) else None


def page(operation: Operation, protocol: WireProtocol, exchange: Exchange) -> Page | None:
    """The page in an answer, or ``None`` where it is no page."""
    paging = operation.pagination
    body = readable_object(protocol, exchange.response) if exchange.succeeded else None
    if paging is None or body is None:
        return None
    items = body.get(paging.items)
    if not isinstance(items, list):
        return None
    token = body.get(paging.output_token)
    return Page(
        items=tuple(item for item in items if item is not None),
        token=token if isinstance(token, str) and token and encodable(token) else None,
    )


def encodable(text: str) -> bool:
    """Whether a text can be sent again: a lone surrogate, which JSON can spell, cannot."""
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def field(path: str | None, item: Any) -> Any:
    """The value at a jmespath within an item; the item itself where there is no path."""
    if path is None:
        return item
    if path.isidentifier():  # a plain name, as almost all are, takes no interpreter
        return item.get(path) if isinstance(item, dict) else None
    return jmespath.search(path, item)
