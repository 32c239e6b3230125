"""A sender that answers from cassettes: the installed SDK, no network.

The SDK builds each request again from the recorded call, with the settings and in the protocol
that it was recorded with, and parses the recorded response; its request is kept beside the
recorded one, for a check to compare.
"""

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from conformance.checks.evidence import PRINTED
from conformance.errors import ConformanceError, TargetError, UsageError
from conformance.generation.plans import UNALTERED
from conformance.protocols.base import Alteration
from conformance.protocols.http import Exchange, Failure, Request, Response
from conformance.protocols.table import PROTOCOLS
from conformance.recording.cassette import Cassette, Entry, Library
from conformance.recording.provenance import Provenance, age
from conformance.spec.operation import Operation, Params
from conformance.spec.printed import PrintedResponse
from conformance.spec.registry import protocols
from conformance.transport.endpoint_config import Endpoint
from conformance.transport.sdk_clients import Manner, known_settings
from conformance.transport.sdk_limits import stand_ins
from conformance.transport.sender import NotSentError, Scope, Sender

NOT_RECORDED = "not recorded"
#: The metadata that names the settings of the clients of a recording.
CLIENT = "client"
#: The parts of clauses whose cases change requests on the wire, and the clause among them of a
#: valid request.
_CHANGED, _VALID = ("protocol/", "auth/"), "/protocol/accepts-valid"
#: Credentials that sign replayed requests; recorded signatures are redacted, never compared.
_SIGNER = ("AKIDREPLAY", "replay", None)


class NetworkUsedError(ConformanceError):
    """Something used the network in a replay."""


def _is_plain(cassette: Cassette, entry: Entry) -> bool:
    """Whether a request is that of its call, where its recording does not say so itself.

    It was accepted, and its case was about nothing that is changed on the wire.
    """
    clause = str(cassette.metadata.get("clause"))
    spoilt = clause.partition("/")[2].startswith(_CHANGED) and not clause.endswith(_VALID)
    return not spoilt and isinstance(entry.outcome, Response) and entry.outcome.status < 300


@contextmanager
def offline() -> Iterator[None]:
    """No socket of this process connects anywhere within."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise NetworkUsedError("A replay uses no network, and something tried to connect.")

    names = ("connect", "connect_ex")
    kept = {name: getattr(socket.socket, name) for name in names}
    lookup = socket.getaddrinfo
    for name in names:
        setattr(socket.socket, name, refuse)
    socket.getaddrinfo = refuse
    try:
        yield
    finally:
        for name, function in kept.items():
            setattr(socket.socket, name, function)
        socket.getaddrinfo = lookup


@dataclass(slots=True)
class _Track:
    """A cassette being replayed: the position in it, or why there is none."""

    scope: Scope
    cassette: Cassette | None
    why: str = ""
    at: int = 0
    draw: int | None = None


class Player(Sender):
    """Answers the calls of cases and baselines from one library of cassettes.

    With ``stands_in`` it answers in place of a target that is being recorded, and such a run does
    not judge the SDK.
    """

    replays = True

    def __init__(self, endpoint: Endpoint, library: Library, *, stands_in: bool = False) -> None:
        super().__init__(endpoint, signer=_SIGNER)
        self.library = library
        self._stands_in = stands_in
        self._stack: list[_Track] = []
        self._entry: Entry | None = None
        self._outcome: Response | Failure | None = None
        self._client_of: Mapping[str, Any] = {}
        self._pools: dict[str, dict[tuple[str, Manner, str], Any]] = {}

    def recorded(self, scope: Scope, source: Provenance, *, most_days: int | None = None) -> str:
        """The day on which this source answered a case with its current plan; empty for none.

        A recording that is more than ``most_days`` old does not count.
        """
        track = self._track(scope)
        if track.cassette is None:
            return ""
        metadata = track.cassette.metadata
        days = age(str(metadata.get("recorded")))
        if (metadata.get("origin"), metadata.get("region")) != (source.origin, source.region):
            return ""
        if days is None or (most_days is not None and days > most_days):
            return ""
        return str(metadata["recorded"])

    def _track(self, scope: Scope) -> _Track:
        found = self.library.find(scope.name)
        if found is None:
            return _Track(scope, None, self.library.problem(scope.name) or NOT_RECORDED)
        if found.metadata["plan"] != scope.plan:
            return _Track(scope, None, f"{NOT_RECORDED}: its cassette has another plan")
        return _Track(scope, found)

    @contextmanager
    def scope(self, make: Callable[[], Scope]) -> Iterator[None]:
        """Answer from this case's cassette within."""
        scope = make()
        if self._stack and self._stack[-1].scope.name == scope.name:
            yield
            return
        self._stack.append(self._track(scope))
        try:
            yield
        finally:
            self._stack.pop()

    def drawn(self) -> list[Mapping[str, Any]] | None:
        """The cases that this exploration drew when it was recorded."""
        top = self._stack[-1]
        if top.cassette is None:
            raise NotSentError(top.why)
        return list(top.cassette.metadata.get("drawn", ()))

    def drew(self, params: Params, clause: str | None) -> None:
        """Continue with the first exchange of the next recorded draw."""
        top = self._stack[-1]
        assert top.cassette is not None
        top.draw = 0 if top.draw is None else top.draw + 1
        numbers = (entry.drawn or 0 for entry in top.cassette.entries)
        ahead = (at for at, number in enumerate(numbers) if number >= top.draw)
        top.at = next(ahead, len(top.cassette.entries))

    def send(
        self, operation: Operation, params: Params, alteration: Alteration = UNALTERED
    ) -> Exchange:
        """Answer one call with its recorded response."""
        entry = self._next(operation)
        cassette = self._stack[-1].cassette
        assert cassette is not None
        return self._answered(cassette, operation, entry, alteration)

    def replayed(self, name: str, operations: Mapping[str, Operation]) -> Iterator[Exchange]:
        """Every exchange of a recording, as it was recorded, whatever plan a case has today.

        Raises :class:`NotSentError` where there is none.
        """
        cassette = None if self._stands_in else self.library.find(name)
        if cassette is None:
            raise NotSentError(self.library.problem(name) or NOT_RECORDED)
        for entry in cassette.entries:
            operation = operations.get(entry.operation)
            if operation is None:
                raise NotSentError(f"the SDK has no {entry.operation}")
            exchange = self._answered(cassette, operation, entry, self._altered(entry))
            if CLIENT in cassette.metadata or _is_plain(cassette, entry):
                yield exchange
            else:  # what was changed on the wire is in no recording of that time
                yield replace(exchange, notes={})

    def printed(self, operation: Operation, response: PrintedResponse) -> Exchange:
        """A printed response as the SDK reads it, in the form of the wire that this suite writes.

        Nothing is known of its request: the SDK builds any.
        """
        self._use({})
        answer = PROTOCOLS[operation.protocol].answer(operation, response.readable)
        self._entry, self._outcome = None, answer
        try:
            exchange = self.once(operation, stand_ins(operation), UNALTERED)
        except (TargetError, UsageError) as error:
            raise NotSentError(str(error)) from error
        notes = {"replayed": True, "built": exchange.request, PRINTED: response}
        return replace(exchange, notes=notes)

    def _altered(self, entry: Entry) -> Alteration:
        """What was changed on the wire; a path is below that of the target."""
        if entry.alteration.path is None:
            return entry.alteration
        base = urlsplit(self.endpoint.url or "").path.rstrip("/")
        return replace(entry.alteration, path=entry.alteration.path.removeprefix(base))

    def _answered(
        self, cassette: Cassette, operation: Operation, entry: Entry, alteration: Alteration
    ) -> Exchange:
        self._entry, self._outcome = entry, entry.outcome
        self._use(cassette.metadata.get(CLIENT, {}))
        why = ""
        try:
            exchange = self.once(operation, entry.params, alteration)
            built: Request | None = exchange.request
        except (TargetError, UsageError, NotSentError) as error:
            built, why = None, str(error)
            exchange = Exchange(
                operation=operation.id,
                params=entry.params,
                request=entry.request,
                response=entry.outcome if isinstance(entry.outcome, Response) else None,
                failure=entry.outcome if isinstance(entry.outcome, Failure) else None,
            )
        notes: dict[str, Any] = (
            {} if self._stands_in else {"replayed": True, "built": built, "why": why}
        )
        if notes and (preferred := self._preferred(operation)) != operation.protocol:
            notes["protocols"] = (operation.protocol, preferred)
        return replace(exchange, request=entry.request, notes=notes)

    def _preferred(self, operation: Operation) -> str:
        """The protocol that a client speaks today, unless the recording's had one chosen for it."""
        if self._client_of.get("protocol"):
            return operation.protocol
        return next(iter(protocols(operation.service)), operation.protocol)

    def _use(self, client: Mapping[str, Any]) -> None:
        """Use clients with the settings that a recording names, the same for equal settings."""
        self._client_of = client
        self._clients = self._pools.setdefault(json.dumps(client, sort_keys=True), {})

    def settings(self, manner: Manner) -> Mapping[str, Any]:
        """The settings of the clients that made the recording, where it names them."""
        recorded = self._client_of.get(str(manner), {})
        return {**super().settings(manner), **known_settings(recorded)}

    def _next(self, operation: Operation) -> Entry:
        if not self._stack:
            raise NotSentError(NOT_RECORDED)
        top = self._stack[-1]
        if top.cassette is None:
            raise NotSentError(top.why)
        entry = top.cassette.entries[top.at] if top.at < len(top.cassette.entries) else None
        if entry is None or entry.drawn != top.draw:
            raise NotSentError(f"{NOT_RECORDED}: the cassette ends here")
        top.at += 1
        if entry.operation != operation.id:
            raise NotSentError(f"its cassette has a call of {entry.operation} here")
        return entry

    def idempotency_token(self, member: str) -> str:
        """The token that was recorded: the SDK would draw another one each time."""
        entry, flight = self._entry, self._flight
        if entry is not None and flight is not None:
            protocol = PROTOCOLS[flight.operation.protocol]
            found = (protocol.members(flight.operation, entry.request) or {}).get(member)
            if isinstance(found, str):
                return found
        return super().idempotency_token(member)

    def carry(self, request: Request) -> Response | Failure:
        assert self._outcome is not None
        self.requests += self._entry is not None
        return self._outcome
