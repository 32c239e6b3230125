"""Cassettes on their way to the disk: redacted, scanned, compared with the earlier recording.

This module must not send, and writes nothing that still looks private.
"""

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.generation.plans import UNALTERED
from conformance.protocols.base import Alteration
from conformance.protocols.http import Exchange, Failure, Headers, Response
from conformance.recording import cassette as cassettes
from conformance.recording.cassette import Cassette, CassetteError, Entry
from conformance.recording.encodings import UnreadableError, layers, layers_of_bytes
from conformance.recording.provenance import Provenance, today
from conformance.recording.redaction import Redactor, private_names
from conformance.recording.scan import (
    NO_NAMES,
    Leak,
    Names,
    leaks,
    leaks_in_message,
    leaks_in_query,
)
from conformance.recording.sensitive_patterns import FORMS, PRIVATE_HEADERS, ZEROED
from conformance.spec.sdk_models.private import private_members
from conformance.spec.values import literals
from conformance.transport.sender import Scope

#: Headers that differ from one recording to the next and carry no promise.
VOLATILE = ZEROED | PRIVATE_HEADERS | {"authorization", "date", "user-agent", "x-amz-date"}
#: Replaced tokens, and the times in a response about a signature.
_CHANGING = re.compile(r"redacted[a-z0-9]+|\d{8}T\d{6}Z")

#: How often exchanges are gone through for private values that others of them show.
_MOST_PASSES = 2

#: The note of an exchange that says what was changed on the wire.
ALTERATION = "alteration"

#: An exchange, and the number of the drawn case that it belongs to, in an exploration.
Numbered = tuple[Exchange, int | None]


class CassetteStore:
    """Writes the cassettes of one provenance, redacted and scanned.

    With ``renew`` an unchanged recording gets the new date. ``log``, a file that all workers of a
    run share, lists what was written and which responses changed. ``client`` are the settings of
    the clients that send.
    """

    def __init__(
        self,
        root: Path,
        provenance: Provenance,
        redactor: Redactor,
        *,
        log: Path,
        renew: bool = False,
        client: Mapping[str, Any] | None = None,
    ) -> None:
        self.root = root
        self.client = dict(client or {})
        self.provenance = provenance
        self.redactor = redactor
        self.renew = renew
        self.log = log

    def add(
        self, scope: Scope, exchanges: Sequence[Numbered], drawn: Sequence[Mapping[str, Any]]
    ) -> None:
        """Store one case or baseline. Raises :class:`CassetteError`, for a leak too."""
        own = [one["params"] for one in drawn]
        allowed = scope.public | frozenset(numbers(own)) | self.redactor.hosts
        self.redactor.public(allowed, literals(own) if scope.explored else ())
        metadata: dict[str, Any] = {
            **self.provenance.data(),
            "recorded": self.provenance.recorded or today(),
            "name": scope.name,
            "clause": scope.clause,
            "plan": scope.plan,
            "document": scope.document,
            "client": self.client,
        }
        fresh = Cassette(metadata=metadata, entries=self._entries(exchanges))
        if scope.explored:
            metadata["drawn"] = [self._redacted_draw(scope.name, one) for one in drawn]
        self._require_clean(scope.name, fresh, allowed | {""})
        self._write(scope.name, fresh)

    def _redacted_draw(self, name: str, drawn: Mapping[str, Any]) -> dict[str, Any]:
        operation = name.partition("/")[0]
        return {**drawn, "params": self.redactor.params(drawn["params"], operation)}

    def _entries(self, exchanges: Sequence[Numbered]) -> tuple[Entry, ...]:
        """The exchanges without private values.

        What a later one shows to be private is private in an earlier one too: where it is still
        there, they are gone through again.
        """
        met = len(self.redactor.replacements.learned)
        entries = tuple(self._entry(one, number) for one, number in exchanges)
        for _ in range(_MOST_PASSES):
            fresh = self.redactor.replacements.learned[met:]
            if not fresh or not _hold(entries, fresh):
                break
            entries = tuple(self._entry(one, number) for one, number in exchanges)
        return entries

    def _entry(self, exchange: Exchange, drawn: int | None) -> Entry:
        redactor, operation = self.redactor, exchange.operation
        params = redactor.params(exchange.params, operation)
        request = redactor.request(exchange.request, operation)
        outcome: Response | Failure
        if exchange.response is not None:
            outcome = redactor.response(exchange.response, operation)
        else:
            assert exchange.failure is not None
            detail = redactor.text(self._at_origin(exchange.failure.detail))
            outcome = Failure(kind=exchange.failure.kind, detail=detail)
        return Entry(
            operation=exchange.operation,
            params=params,
            request=replace(request, url=self._at_origin(request.url)),
            outcome=outcome,
            drawn=drawn,
            alteration=self._altered(exchange),
        )

    def _altered(self, exchange: Exchange) -> Alteration:
        """What was changed on the wire, without private values."""
        found: Alteration = exchange.notes.get(ALTERATION, UNALTERED)
        if not found.members and not found.extra:
            return found
        members = self.redactor.params(found.members, exchange.operation)
        extra = self.redactor.params(found.extra, exchange.operation)
        return replace(found, members=members, extra=extra)

    def _at_origin(self, url: str) -> str:
        """A URL at the origin that the provenance names, if it names one."""
        if not self.provenance.origin:
            return url
        scheme, host = urlsplit(self.provenance.origin)[:2]
        return re.sub(r"https?://[^/?#\s]+", f"{scheme}://{host}", url, count=1)

    def _require_clean(self, name: str, fresh: Cassette, allowed: frozenset[str]) -> None:
        def is_allowed(found: str) -> bool:
            return found in allowed or self.redactor.pseudonyms.issued(found)

        for leak in found_in(
            fresh,
            f"{name}, ",
            secrets=self.redactor.all_secrets,
            allowed=is_allowed,
            drawn=self.redactor.drawn,
        ):
            raise CassetteError(
                f"{leak} still looks private after redaction, so it was not written."
            )

    def _write(self, name: str, fresh: Cassette) -> None:
        path = cassettes.path_of(self.root, self.provenance.kind, name)
        try:
            old: Cassette | None = cassettes.read(path)
        except (FileNotFoundError, CassetteError):
            old = None
        if old is not None and old.metadata["plan"] == fresh.metadata["plan"]:
            if stable_parts(old) == stable_parts(fresh):
                if not self.renew or old.metadata["recorded"] == fresh.metadata["recorded"]:
                    return
                date = {"recorded": fresh.metadata["recorded"]}
                fresh = replace(old, metadata={**old.metadata, **date})
            else:
                self._log("changed", difference(name, old, fresh))
        cassettes.write(path, cassettes.text(fresh))
        self._log("written", name)

    def _log(self, what: str, line: str) -> None:
        with self.log.open("a", encoding="utf-8") as file:
            file.write(f"{what}\t{line}\n")

    def logged(self, what: str) -> list[str]:
        """Every line of one kind, ``written`` or ``changed``, of all workers."""
        lines = self.log.read_text("utf-8").splitlines() if self.log.exists() else []
        pairs = (line.partition("\t") for line in lines)
        return [text for kind, _, text in pairs if kind == what]


def numbers(value: Any) -> Iterator[str]:
    """The numbers within drawn members, as text: the suite drew them, so they are not private."""
    if isinstance(value, int | float):
        yield str(value)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from numbers(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from numbers(inner)


def _hold(entries: Sequence[Entry], values: Sequence[str]) -> bool:
    """Whether any of some values is still in entries, however it is encoded."""
    for entry in entries:
        said = [layer for _, text in texts(entry) for layer in layers(text)]
        with contextlib.suppress(UnreadableError):
            said += [layer for _, body, _ in bodies(entry) for layer in layers_of_bytes(body)]
        if any(value in layer for layer in said for value in values):
            return True
    return False


def found_in(
    recorded: Cassette,
    name: str,
    *,
    secrets: tuple[str, ...] = (),
    allowed: Callable[[str], bool],
    drawn: frozenset[str] = frozenset(),
) -> Iterator[Leak]:
    """What looks private in a cassette; ``name`` is said before each place.

    A name alone makes none of the values private that the suite has ``drawn`` itself.
    """

    def stated(found: str) -> bool:
        return found in drawn or allowed(found)

    for number, entry in enumerate(recorded.entries, 1):
        for where, text in texts(entry):
            place = f"{name}exchange {number}, {where}"
            yield from leaks(text, place, secrets=secrets, allowed=allowed)
        yield from leaks_in_query(
            entry.request.url,
            f"{name}exchange {number}, the request's URL",
            private=_names(entry.operation, answers=False),
            allowed=stated,
        )
        for where, body, private in bodies(entry):
            place = f"{name}exchange {number}, {where}"
            yield from leaks_in_message(
                body, place, private=private, secrets=secrets, allowed=allowed, stated=stated
            )
    if "@" in str(recorded.metadata.get("origin", "")):  # a user, and mostly a password
        yield Leak(what=FORMS["userinfo"].what, where=f"{name}the origin")
    own = json.dumps(recorded.metadata.get("drawn", ()), default=_plain)
    yield from leaks(own, f"{name}a drawn case", secrets=secrets, allowed=allowed)


def texts(entry: Entry) -> Iterator[tuple[str, str]]:
    """Every text of an entry that is written, bodies apart, with its place."""
    yield "the request's URL", entry.request.url
    yield "the call's members", json.dumps(entry.params, default=_plain)
    changed = {**entry.alteration.members, **entry.alteration.extra}
    yield "what was changed", json.dumps(changed, default=_plain)
    for name, value in entry.request.headers:
        yield f"the request's header {name}", f"{value}"
    if isinstance(entry.outcome, Failure):
        yield "the failure", entry.outcome.detail
        return
    for name, value in entry.outcome.headers:
        yield f"the response's header {name}", f"{value}"


def _names(operation: str, *, answers: bool) -> Names:
    return (
        private_names(operation, answers=answers),
        private_members(operation, answers=answers).words,
    )


def bodies(entry: Entry) -> Iterator[tuple[str, bytes, Names]]:
    """The bodies of an entry, with their places and the names that are private in them."""
    yield "the request's body", entry.request.content, _names(entry.operation, answers=False)
    if isinstance(entry.outcome, Response):
        failed = entry.outcome.status >= 400
        names = NO_NAMES if failed else _names(entry.operation, answers=True)
        yield "the response's body", entry.outcome.body, names


def _plain(value: Any) -> Any:
    """Bytes as text, for the scan."""
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")


def stable_parts(recorded: Cassette) -> list[Any]:
    """The parts of a recording that a new one repeats: all but dates, request ids and tokens."""
    return [
        (
            entry.operation,
            entry.request.method,
            _CHANGING.sub("", entry.request.url),
            _stable_headers(entry.request.headers),
            _CHANGING.sub("", _text(entry.request.content)),
            (entry.outcome.kind,)
            if isinstance(entry.outcome, Failure)
            else (
                entry.outcome.status,
                _stable_headers(entry.outcome.headers),
                _CHANGING.sub("", _text(entry.outcome.body)),
            ),
        )
        for entry in recorded.entries
    ]


def _stable_headers(headers: Headers) -> list[tuple[str, str]]:
    return [
        (name.lower(), _CHANGING.sub("", value))
        for name, value in headers
        if name.lower() not in VOLATILE
    ]


def difference(name: str, old: Cassette, fresh: Cassette) -> str:
    """How a renewed recording differs from the one before, in one line."""
    if len(old.entries) != len(fresh.entries):
        return f"{name}: {len(old.entries)} exchanges before, {len(fresh.entries)} now"
    for number, (was, now) in enumerate(zip(old.entries, fresh.entries, strict=True), 1):
        before, after = _status(was.outcome), _status(now.outcome)
        if before != after:
            return f"{name}: response {number} was {before}, is {after}"
    for number, (one, other) in enumerate(
        zip(stable_parts(old), stable_parts(fresh), strict=True), 1
    ):
        if one[:5] != other[:5]:
            return f"{name}: request {number} differs"
        if one != other:
            return f"{name}: response {number} differs"
    return name


def _status(outcome: Response | Failure) -> str:
    return str(outcome.kind) if isinstance(outcome, Failure) else str(outcome.status)
