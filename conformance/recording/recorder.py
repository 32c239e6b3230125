"""A sender that keeps what it sends and what comes, case by case.

What belongs to one case, or to one baseline that cases share, is redacted,
scanned and written when it is done. Nothing is stored of a case that did not
come to its end, and nothing after the recording has stopped.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.generation.plans import UNALTERED
from conformance.protocols.base import Alteration
from conformance.protocols.http import Exchange, Failure, Headers, Response
from conformance.protocols.table import PROTOCOLS
from conformance.recording import cassette as cassettes
from conformance.recording.cassette import Cassette, CassetteError, Entry
from conformance.recording.provenance import Provenance, today
from conformance.recording.pseudonyms import PseudonymsError
from conformance.recording.redaction import Redactor
from conformance.recording.scan import leaks
from conformance.recording.sensitive_patterns import PRIVATE_HEADERS, ZEROED
from conformance.spec.operation import Operation, Params
from conformance.transport.endpoint_config import Endpoint
from conformance.transport.sender import NotSentError, RateLimit, Scope, Sender

#: Error types that say that the credentials have run out.
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
#: Headers that differ from one recording to the next and tell nothing.
VOLATILE = ZEROED | PRIVATE_HEADERS | {"authorization", "date", "user-agent", "x-amz-date"}
#: Tokens as we replace them, and moments as an answer about a signature tells them.
_PASSING = re.compile(r"redacted[a-z0-9]+|\d{8}T\d{6}Z")


@dataclass(slots=True)
class _Open:
    """A case or baseline under way."""

    scope: Scope
    kept: list[tuple[Exchange, int | None]] = field(default_factory=list)
    drawn: list[Mapping[str, Any]] = field(default_factory=list)


class Shelf:
    """Where cassettes of one provenance are put, past redaction and scan.

    ``renew`` says that a recording which answers the same gets the new date.
    What was written and what answers differently than before is told in ``log``, a file that all
    workers of a run share.
    """

    def __init__(
        self,
        root: Path,
        provenance: Provenance,
        redactor: Redactor,
        *,
        log: Path,
        renew: bool = False,
    ) -> None:
        self.root = root
        self.provenance = provenance
        self.redactor = redactor
        self.renew = renew
        self.log = log

    def keep(
        self,
        scope: Scope,
        kept: list[tuple[Exchange, int | None]],
        drawn: list[Mapping[str, Any]],
    ) -> None:
        """Store one case or baseline. Raises :class:`CassetteError`, for a leak too."""
        allowed = scope.public | frozenset(numbers([one["params"] for one in drawn]))
        self.redactor.public(allowed)
        metadata: dict[str, Any] = {
            **self.provenance.data(),
            "recorded": self.provenance.recorded or today(),
            "name": scope.name,
            "clause": scope.clause,
            "plan": scope.plan,
            "document": scope.document,
        }
        if scope.explored:
            metadata["drawn"] = [self._redacted_draw(one) for one in drawn]
        fresh = Cassette(
            metadata=metadata, entries=tuple(self._entry(one, number) for one, number in kept)
        )
        self._require_clean(scope.name, fresh, allowed | {""})
        self._put(scope.name, fresh)

    def _redacted_draw(self, drawn: Mapping[str, Any]) -> dict[str, Any]:
        return {**drawn, "params": self.redactor.params(drawn["params"])}

    def _entry(self, exchange: Exchange, drawn: int | None) -> Entry:
        redactor = self.redactor
        request = redactor.request(exchange.request)
        outcome: Response | Failure
        if exchange.response is not None:
            outcome = redactor.response(exchange.response)
        else:
            assert exchange.failure is not None
            detail = redactor.text(self._moved(exchange.failure.detail))
            outcome = Failure(kind=exchange.failure.kind, detail=detail)
        return Entry(
            operation=exchange.operation,
            params=redactor.params(exchange.params),
            request=replace(request, url=self._moved(request.url)),
            outcome=outcome,
            drawn=drawn,
        )

    def _moved(self, url: str) -> str:
        """An address at the origin that the provenance names, if it names one."""
        if not self.provenance.origin:
            return url
        scheme, host = urlsplit(self.provenance.origin)[:2]
        return re.sub(r"https?://[^/?#\s]+", f"{scheme}://{host}", url, count=1)

    def _require_clean(self, name: str, fresh: Cassette, allowed: frozenset[str]) -> None:
        for number, entry in enumerate(fresh.entries, 1):
            for where, text in texts(entry):
                for leak in leaks(
                    text,
                    f"{name}, exchange {number}, {where}",
                    secrets=self.redactor.secrets,
                    allowed=lambda found: (
                        found in allowed or self.redactor.pseudonyms.issued(found)
                    ),
                ):
                    raise CassetteError(
                        f"{leak} still looks private after redaction, so that was not written."
                    )

    def _put(self, name: str, fresh: Cassette) -> None:
        path = cassettes.place(self.root, self.provenance.kind, name)
        try:
            old: Cassette | None = cassettes.read(path)
        except (FileNotFoundError, CassetteError):
            old = None
        if old is not None and old.metadata["plan"] == fresh.metadata["plan"]:
            if steady(old) == steady(fresh):
                if not self.renew or old.metadata["recorded"] == fresh.metadata["recorded"]:
                    return
                date = {"recorded": fresh.metadata["recorded"]}
                fresh = replace(old, metadata={**old.metadata, **date})
            else:
                self._tell("changed", difference(name, old, fresh))
        cassettes.write(path, cassettes.text(fresh))
        self._tell("written", name)

    def _tell(self, what: str, line: str) -> None:
        with self.log.open("a", encoding="utf-8") as file:
            file.write(f"{what}\t{line}\n")

    def told(self, what: str) -> list[str]:
        """Every line of one kind, ``written`` or ``changed``, of all workers."""
        lines = self.log.read_text("utf-8").splitlines() if self.log.exists() else []
        pairs = (line.partition("\t") for line in lines)
        return [said for kind, _, said in pairs if kind == what]


def numbers(value: Any) -> Iterator[str]:
    """The numbers within drawn members, as text: the suite drew them, they are nobody's."""
    if isinstance(value, int | float):
        yield str(value)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from numbers(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from numbers(inner)


def texts(entry: Entry) -> Iterator[tuple[str, str]]:
    """Everything of an entry that is written, with where it stands."""
    yield "the request's URL", entry.request.url
    yield "the request's body", _text(entry.request.body)
    yield "the call's members", json.dumps(entry.params)
    for name, value in entry.request.headers:
        yield f"the request's header {name}", f"{value}"
    if isinstance(entry.outcome, Failure):
        yield "the failure", entry.outcome.detail
        return
    yield "the answer's body", _text(entry.outcome.body)
    for name, value in entry.outcome.headers:
        yield f"the answer's header {name}", f"{value}"


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")


def steady(recorded: Cassette) -> list[Any]:
    """What of a recording has to stay the same: all but dates, ids of requests, and tokens."""
    return [
        (
            entry.operation,
            entry.request.method,
            _PASSING.sub("", entry.request.url),
            _calm(entry.request.headers),
            _PASSING.sub("", _text(entry.request.body)),
            (entry.outcome.kind,)
            if isinstance(entry.outcome, Failure)
            else (
                entry.outcome.status,
                _calm(entry.outcome.headers),
                _PASSING.sub("", _text(entry.outcome.body)),
            ),
        )
        for entry in recorded.entries
    ]


def _calm(headers: Headers) -> list[tuple[str, str]]:
    return [
        (name.lower(), _PASSING.sub("", value))
        for name, value in headers
        if name.lower() not in VOLATILE
    ]


def difference(name: str, old: Cassette, fresh: Cassette) -> str:
    """How a renewed recording differs from the one before, in one line."""
    if len(old.entries) != len(fresh.entries):
        return f"{name}: {len(old.entries)} exchanges before, {len(fresh.entries)} now"
    for number, (was, now) in enumerate(zip(old.entries, fresh.entries, strict=True), 1):
        before, after = _said(was.outcome), _said(now.outcome)
        if before != after:
            return f"{name}: answer {number} was {before}, is {after}"
    for number, (one, other) in enumerate(zip(steady(old), steady(fresh), strict=True), 1):
        if one[:5] != other[:5]:
            return f"{name}: request {number} is another"
        if one != other:
            return f"{name}: answer {number} says something else"
    return name


def _said(outcome: Response | Failure) -> str:
    return str(outcome.kind) if isinstance(outcome, Failure) else str(outcome.status)


class Recorder(Sender):
    """Sends like any sender, and puts every case and baseline that came to its end on a shelf.

    ``stop`` is a file that all workers share: where one had to stop, all do.
    """

    def __init__(
        self, endpoint: Endpoint, *, shelf: Shelf, stop: Path, rate_limit: RateLimit | None
    ) -> None:
        super().__init__(endpoint, rate_limit=rate_limit)
        self.shelf = shelf
        self._stop = stop
        self._stack: list[_Open] = []

    @property
    def stopped(self) -> str:
        """Why the recording stopped, if it did."""
        return self._stop.read_text("utf-8") if self._stop.exists() else ""

    def stop(self, reason: str) -> None:
        """Send nothing any more, in no worker."""
        if not self._stop.exists():
            self._stop.write_text(reason, "utf-8")

    @contextmanager
    def scope(self, make: Callable[[], Scope]) -> Iterator[None]:
        """Keep what is sent within, unless an exception says that it did not come to its end."""
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
                self._keep(done)
            raise
        except BaseException:
            self._stack.pop()
            raise
        self._keep(self._stack.pop())

    def _keep(self, done: _Open) -> None:
        if self.stopped:
            return
        try:
            self.shelf.keep(done.scope, done.kept, done.drawn)
        except (CassetteError, PseudonymsError) as error:
            self.stop(str(error))

    def drew(self, params: Params, clause: str | None) -> None:
        """A case was drawn: what is sent from now on belongs to it."""
        self._stack[-1].drawn.append({"params": params, "clause": clause})

    def send(
        self, operation: Operation, params: Params, alteration: Alteration = UNALTERED
    ) -> Exchange:
        """Make one call and remember it for the case under way."""
        if self.stopped:
            raise NotSentError("the recording stopped")
        exchange = super().send(operation, params, alteration)
        if exchange.throttled:
            self.stop(
                f"{operation.service} kept asking to slow down; go on later with "
                "--record=missing, or more slowly with --rate."
            )
            raise NotSentError("the target kept asking to slow down (429)")
        if alteration.signing is None and self._has_expired(operation, exchange):
            self.stop("The credentials have expired: renew them and go on with --record=missing.")
            raise NotSentError("the credentials have expired")
        if self._stack:
            top = self._stack[-1]
            top.kept.append((exchange, len(top.drawn) - 1 if top.drawn else None))
        return exchange

    def _has_expired(self, operation: Operation, exchange: Exchange) -> bool:
        if exchange.response is None or exchange.succeeded:
            return False
        return PROTOCOLS[operation.protocol].error(exchange.response).type in EXPIRED
