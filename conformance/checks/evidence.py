"""What a case left behind for the checks: its exchanges, and what is known of the target.

Checks read this and nothing else. Nothing here sends.
"""

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jmespath

from conformance.generation.plans import Case
from conformance.protocols.base import ErrorEnvelope, WireProtocol
from conformance.protocols.http import Exchange, Response
from conformance.spec.operation import Operation
from conformance.spec.rules import Rule
from conformance.spec.values import has_type


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer of a listing: its items and the token for the next one, if any.

    ``token`` is the token as text, to tell tokens apart; ``following`` are the members of
    the request for the next page.
    """

    items: tuple[Any, ...]
    token: str | None
    following: Mapping[str, Any] = dataclasses.field(default_factory=dict)


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
    clauses that the judged request breaks on the wire; ``made_up`` says of each step
    whether a value of it is a placeholder which the target may not know; ``listed`` is the item
    that a FOUND case asks for again, and ``identity`` its member that names it.
    """

    operation: Operation
    protocol: WireProtocol
    case: Case
    steps: tuple[tuple[Exchange, ...], ...]
    valid_control: Exchange | None = None
    invalid_control: Exchange | None = None
    probe: Exchange | None = None
    listing: Listing | None = None
    broken: tuple[str, ...] = ()
    unpromised: bool = False
    synthetic: tuple[bool, ...] = ()
    listed: Any = None
    identity: str | None = None

    @property
    def exchanges(self) -> Iterator[Exchange]:
        """Every exchange of the case, in the order in which they were made."""
        for step in self.steps:
            yield from step

    @property
    def refused(self) -> tuple[Exchange | None, bool]:
        """The first exchange that was refused, and whether its values were made up.

        Those of sure values come before all others.
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
        """The members of an answer, or ``None`` where it cannot be read or holds none."""
        return readable_object(self.operation, self.protocol, exchange.response)

    def error(self, exchange: Exchange) -> ErrorEnvelope:
        """What an error answer says of itself."""
        assert exchange.response is not None
        return self.protocol.error(exchange.response)

    def page(self, exchange: Exchange) -> Page | None:
        """The page in an answer, or ``None`` where it holds no list under the documented name."""
        return page(self.operation, self.protocol, exchange)


def readable_object(
    operation: Operation, protocol: WireProtocol, response: Response | None
) -> Mapping[str, Any] | None:
    """The members of an answer, or ``None`` where it cannot be read or holds none."""
    return None if response is None else _object(protocol.output, operation, response)


@lru_cache(maxsize=32)  # every check reads the same few answers of a case
def _object(
    read: Callable[[Operation, Response], Any], operation: Operation, response: Response
) -> Mapping[str, Any] | None:
    try:
        found = read(operation, response)
    except ValueError:
        return None
    return found if isinstance(found, Mapping) else None


def page(operation: Operation, protocol: WireProtocol, exchange: Exchange) -> Page | None:
    """The page in an answer, or ``None`` where it is no page."""
    paging = operation.pagination
    read = exchange.succeeded
    body = readable_object(operation, protocol, exchange.response) if read else None
    if paging is None or body is None:
        return None
    items = within(paging.items, body)
    if items is None and not operation.states_presence:
        items = []  # services leave empty lists out
    if not isinstance(items, list):
        return None
    following = _following(operation, body)
    return Page(
        items=tuple(item for item in items if item is not None),
        token=_as_text(following) if following else None,
        following=following,
    )


def _following(operation: Operation, body: Mapping[str, Any]) -> dict[str, Any]:
    """The members that ask for the next page; empty after the last one."""
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
    """Tokens as text: the token itself where it is one text."""
    values = list(following.values())
    if len(values) == 1 and isinstance(values[0], str):
        return values[0]
    return json.dumps(values, sort_keys=True, ensure_ascii=False)


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


def within(path: str, body: Mapping[str, Any]) -> Any:
    """The value at a jmespath within an answer; ``None`` where the answer is of another form."""
    if path in body:
        return body[path]
    try:
        return jmespath.search(path, body)
    except jmespath.exceptions.JMESPathError:
        return None
