"""What a check judges: the exchanges of one case, and what is known of the target.

Checks read this and nothing else. It knows no check, and nothing here sends.
"""

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jmespath

from conformance.checks.refused_entries import Refused, refused_entries
from conformance.generation.plans import Case, Expect
from conformance.protocols.base import ErrorEnvelope, WireProtocol
from conformance.protocols.http import Exchange, Response
from conformance.spec.operation import Operation
from conformance.spec.printed import PrintedResponse
from conformance.spec.rules import Rule
from conformance.spec.validity import has_type

#: Cases whose responses are judged as successes, and those whose responses are judged as errors.
VALID = frozenset({Expect.ACCEPTED, Expect.FOUND, Expect.IMPLEMENTED})
INVALID = frozenset({Expect.REFUSED, Expect.UNKNOWN, Expect.UNKNOWN_TOKEN})


#: The note of an exchange whose response is a :class:`PrintedResponse`.
PRINTED = "printed"
#: Longer bodies, in bytes, are not kept beyond the case that they belong to.
REMEMBERED = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a listing: its items and the token for the next page, if any.

    ``token`` is the token as text, to compare tokens; ``following`` are the members of
    the request for the next page.
    """

    items: tuple[Any, ...]
    token: str | None
    following: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All that an operation lists on this target, as its baseline walk found it.

    ``complete`` says that the walk reached its end; ``agrees`` that a second
    identical call returned the same items.
    """

    items: tuple[Any, ...] = ()
    complete: bool = False
    agrees: bool = True


class _Read:
    """What the responses of one case hold: each is read once for all checks."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, str], tuple[Response, Any]] = {}

    def once(self, response: Response, what: str, read: Callable[[], Any]) -> Any:
        """What was read of a response, read now if it was not."""
        key = (id(response), what)
        if key not in self._found:
            self._found[key] = (response, read())  # the response keeps its identity here
        return self._found[key][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The exchanges of one case, step by step, with its valid and its invalid control.

    A step that this target does not allow has no exchanges. ``broken`` are the clauses that the
    request of a REFUSED case violates as it was sent; ``synthetic`` says of each step whether it
    has a placeholder value, which the target may not know; ``listed`` is the item that a
    FOUND case requests again, and ``identity`` the member that identifies it. ``changed`` is why
    a refusal may come of what earlier calls changed; ``remaining`` is what a GONE case found
    listed before and after the deletion, ``None`` where it was not listed.
    ``asks_for`` is the name of the operation that the request as sent is one of, where the method
    and the URL say that.
    """

    operation: Operation
    protocol: WireProtocol
    case: Case
    steps: tuple[tuple[Exchange, ...], ...]
    valid_control: Exchange | None = None
    invalid_control: Exchange | None = None
    listing: Listing | None = None
    broken: tuple[str, ...] = ()
    synthetic: tuple[bool, ...] = ()
    listed: Any = None
    identity: str | None = None
    _read: _Read = dataclasses.field(default_factory=_Read, init=False, repr=False, compare=False)
    changed: str = ""
    remaining: tuple[Any, Any] = (None, None)
    asks_for: str | None = None

    @property
    def exchanges(self) -> Iterator[Exchange]:
        """Every exchange of the case, in the order they were made."""
        for step in self.steps:
            yield from step

    @property
    def successes(self) -> Iterator[Exchange]:
        """The exchanges that succeeded, in a case whose request is valid."""
        if self.case.expect in VALID:
            yield from (exchange for exchange in self.exchanges if exchange.succeeded)

    def refusals(self, least: int = 400) -> Iterator[Exchange]:
        """The client errors in a case whose request is invalid; ``least`` is the lowest status."""
        if self.case.expect in INVALID:
            for exchange in self.exchanges:
                if exchange.status is not None and least <= exchange.status < 500:
                    yield exchange

    @property
    def replayed(self) -> bool:
        """Whether the exchanges come from a recording instead of a target."""
        return any(exchange.notes.get("replayed") for exchange in self.exchanges)

    @property
    def printed(self) -> bool:
        """Whether the responses are printed ones: their members are known, and nothing else."""
        return any(PRINTED in exchange.notes for exchange in self.exchanges)

    @property
    def refused(self) -> tuple[Exchange | None, bool]:
        """The first exchange that was refused, and whether its values were synthetic.

        Exchanges without synthetic values come first.
        """
        doubtful = self.synthetic or (False,) * len(self.steps)
        found: list[tuple[Exchange | None, bool]] = [
            (exchange, synthetic)
            for step, synthetic in zip(self.steps, doubtful, strict=True)
            for exchange in step
            if not exchange.succeeded
        ]
        return min(found, key=lambda one: one[1], default=(None, False))

    @property
    def last(self) -> Exchange:
        """The exchange that a case of one call is about."""
        return next(exchanges[-1] for exchanges in reversed(self.steps) if exchanges)

    @property
    def path(self) -> str:
        """The case's clause, without its operation."""
        return self.case.clause.split("/", 1)[1]

    @property
    def rule(self) -> Rule | None:
        """The rule that the case is about, if it is about one."""
        return self.operation.rule(self.case.clause)

    def body(self, exchange: Exchange) -> Mapping[str, Any] | None:
        """The members of a response, or ``None`` where it cannot be read or has none.

        Those of a printed one are what was printed, not what its bytes say, which are this suite's.
        """
        printed: PrintedResponse | None = exchange.notes.get(PRINTED)
        if printed is not None:
            return printed.members
        response = exchange.response
        if response is None:
            return None
        found: Mapping[str, Any] | None = self._read.once(
            response, "body", lambda: readable_object(self.operation, self.protocol, response)
        )
        return found

    def error(self, exchange: Exchange) -> ErrorEnvelope:
        """The error that a response names, as far as it can be read."""
        response = exchange.response
        assert response is not None
        read = _error if len(response.body) <= REMEMBERED else _error.__wrapped__
        found: ErrorEnvelope = self._read.once(
            response, "error", lambda: read(self.protocol.error, response)
        )
        return found

    def refused_entries(self, exchange: Exchange) -> Refused | None:
        """The entries of a batch that a success refuses one by one, if there are any."""
        found = self.body(exchange) if exchange.succeeded else None
        return refused_entries(self.operation, found)

    def page(self, exchange: Exchange) -> Page | None:
        """The page in a response, or ``None`` where the documented list is missing."""
        if exchange.response is None or not exchange.succeeded:
            return None
        found: Page | None = self._read.once(
            exchange.response, "page", lambda: _page(self.operation, self.body(exchange))
        )
        return found


def readable_object(
    operation: Operation, protocol: WireProtocol, response: Response | None
) -> Mapping[str, Any] | None:
    """The members of a response, or ``None`` where it cannot be read or has none."""
    if response is None:
        return None
    short = len(response.body) <= REMEMBERED
    read = _object if short else _object.__wrapped__
    return read(protocol.output, operation, response)


@lru_cache(maxsize=128)  # a walk, and every check, read the same responses of a case
def _object(
    read: Callable[[Operation, Response], Any], operation: Operation, response: Response
) -> Mapping[str, Any] | None:
    try:
        found = read(operation, response)
    except ValueError:
        return None
    return found if isinstance(found, Mapping) else None


@lru_cache(maxsize=128)  # likewise
def _error(read: Callable[[Response], ErrorEnvelope], response: Response) -> ErrorEnvelope:
    return read(response)


def page(operation: Operation, protocol: WireProtocol, exchange: Exchange) -> Page | None:
    """The page in a response, or ``None`` where there is none."""
    if operation.pagination is None or not exchange.succeeded:
        return None
    return _page(operation, readable_object(operation, protocol, exchange.response))


def _page(operation: Operation, body: Mapping[str, Any] | None) -> Page | None:
    paging = operation.pagination
    if paging is None or body is None:
        return None
    items = within(paging.items, body)
    if items is None and not operation.states_presence:
        items = []  # services leave out empty lists
    if not isinstance(items, list):
        return None
    following = _following(operation, body)
    return Page(
        items=tuple(item for item in items if item is not None),
        token=_as_text(following) if following else None,
        following=following,
    )


def _following(operation: Operation, body: Mapping[str, Any]) -> dict[str, Any]:
    """The members that request the next page; empty after the last one."""
    paging = operation.pagination
    assert paging is not None
    if paging.more is not None and not within(paging.more, body):
        return {}
    found = {member: within(path, body) for member, path in paging.tokens}
    return {
        member: value
        for member, value in found.items()
        if value and _is_token(value, operation.members[member])
    }


def _is_token(value: Any, schema: Mapping[str, Any]) -> bool:
    return has_type(value, schema) and encodable(_as_text({"": value}))


def _as_text(following: Mapping[str, Any]) -> str:
    """Tokens as text: the token itself where it is a single string."""
    values = list(following.values())
    if len(values) == 1 and isinstance(values[0], str):
        return values[0]
    return json.dumps(values, sort_keys=True, ensure_ascii=False)


def encodable(text: str) -> bool:
    """Whether a string can be sent again: a lone surrogate, which JSON can hold, cannot."""
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def field(path: str | None, item: Any) -> Any:
    """The value at a jmespath within an item; the item itself where there is no path."""
    if path is None:
        return item
    if path.isidentifier():  # a plain name, as almost all are, takes no interpreter
        return item.get(path) if isinstance(item, dict) else None
    return jmespath.search(path, item)


def within(path: str, body: Mapping[str, Any]) -> Any:
    """The value at a jmespath within a response; ``None`` where the path does not apply."""
    if path in body:
        return body[path]
    try:
        return jmespath.search(path, body)
    except jmespath.exceptions.JMESPathError:
        return None
