"""A sender that records what it sends and receives, case by case.

The exchanges of one case, or of one baseline that cases share, are stored when it is done. Nothing
is stored of a case that was broken off, and nothing after the recording has stopped.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from conformance.generation.plans import UNALTERED
from conformance.protocols.base import Alteration
from conformance.protocols.http import Exchange, Failure, FailureKind, Request, Response
from conformance.protocols.table import PROTOCOLS
from conformance.recording.cassette import CassetteError
from conformance.recording.pseudonyms import PseudonymsError
from conformance.recording.store import ALTERATION, CassetteStore, Numbered
from conformance.spec.operation import Operation, Params
from conformance.transport.endpoint_config import Endpoint
from conformance.transport.sender import NotSentError, RateLimit, Scope, Sender

#: A response with a longer body, in bytes, is not recorded, and so not judged in such a run: to
#: look for private values in it takes seconds.
MOST_RECORDED = 1024 * 1024
#: Error types that say that the credentials have expired.
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})


#: What recorded idempotency tokens are derived within.
_TOKENS = uuid.uuid5(uuid.NAMESPACE_OID, "aws-conformance")


@dataclass(slots=True)
class _Open:
    """The case or baseline that is being recorded."""

    scope: Scope
    exchanges: list[Numbered] = field(default_factory=list)
    drawn: list[Mapping[str, Any]] = field(default_factory=list)


class Recorder(Sender):
    """Sends like any sender, and stores every case and baseline that was completed.

    ``stop`` is a file that all workers share: where one has to stop, all do.
    """

    def __init__(
        self, endpoint: Endpoint, *, store: CassetteStore, stop: Path, rate_limit: RateLimit | None
    ) -> None:
        super().__init__(endpoint, rate_limit=rate_limit)
        self.store = store
        self._stop = stop
        self._stack: list[_Open] = []

    @property
    def stopped(self) -> str:
        """Why the recording stopped, if it did."""
        return self._stop.read_text("utf-8") if self._stop.exists() else ""

    def stop(self, reason: str) -> None:
        """Send nothing more, in any worker."""
        if not self._stop.exists():
            self._stop.write_text(reason, "utf-8")

    @contextmanager
    def scope(self, make: Callable[[], Scope]) -> Iterator[None]:
        """Store what is sent within, unless an exception broke it off."""
        scope = make()
        if self._stack and self._stack[-1].scope.name == scope.name:
            yield
            return
        self._stack.append(_Open(scope))
        try:
            yield
        except Exception as error:
            done = self._stack.pop()
            if getattr(error, "repeatable", False):
                self._store(done)
            raise
        except BaseException:
            self._stack.pop()
            raise
        self._store(self._stack.pop())

    def _store(self, done: _Open) -> None:
        if self.stopped:
            return
        try:
            self.store.add(done.scope, done.exchanges, done.drawn)
        except (CassetteError, PseudonymsError) as error:
            self.stop(str(error))

    def drew(self, params: Params, clause: str | None) -> None:
        """A case was drawn: the next exchanges belong to it."""
        self._stack[-1].drawn.append({"params": params, "clause": clause})

    def send(
        self, operation: Operation, params: Params, alteration: Alteration = UNALTERED
    ) -> Exchange:
        """Send one request and keep the exchange for the current case."""
        if self.stopped:
            raise NotSentError("the recording stopped")
        exchange = super().send(operation, params, alteration)
        if exchange.throttled:
            self.stop(
                f"{operation.service} kept throttling requests: continue later with "
                "--record=missing, or more slowly with --rate."
            )
            raise NotSentError("the target kept throttling requests (429)")
        if alteration.signing is None and self._has_expired(operation, exchange):
            self.stop(
                "The credentials have expired: renew them and continue with --record=missing."
            )
            raise NotSentError("the credentials expired")
        if self._stack:
            top = self._stack[-1]
            kept = replace(exchange, notes={**exchange.notes, ALTERATION: alteration})
            top.exchanges.append((kept, len(top.drawn) - 1 if top.drawn else None))
        return exchange

    def carry(self, request: Request) -> Response | Failure:
        outcome = super().carry(request)
        if isinstance(outcome, Response) and len(outcome.body) > MOST_RECORDED:
            detail = f"{len(outcome.body):,} bytes of body, more than is recorded"
            return Failure(kind=FailureKind.UNJUDGED, detail=detail)
        return outcome

    def idempotency_token(self, member: str) -> str:
        """A token that follows from the case, the number of its request, and the parameters.

        A case that is recorded again sends what it sent before, and no other case sends that.
        """
        if not self._stack or self._flight is None:
            return super().idempotency_token(member)
        top, flight = self._stack[-1], self._flight
        number, params = len(top.exchanges), repr(sorted(flight.way.serialized.items()))
        text = "/".join([top.scope.name, str(number), flight.operation.id, member, params])
        return str(uuid.uuid5(_TOKENS, text))

    def _has_expired(self, operation: Operation, exchange: Exchange) -> bool:
        if exchange.response is None or exchange.succeeded:
            return False
        return PROTOCOLS[operation.protocol].error(exchange.response).type in EXPIRED
