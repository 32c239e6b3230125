"""Takes down what ended runs have left, as their journals list it, and nothing else.

It sends to the target of the journals alone. What is gone is struck; what is not stays listed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from conformance.errors import ConformanceError
from conformance.execution.provisioning.calls import Asker, RefusedError
from conformance.execution.provisioning.journal import About, Entry, Left
from conformance.spec.operation import Operation
from conformance.spec.registry import registry
from conformance.transport.endpoint_config import Endpoint
from conformance.transport.sender import Sender


class Fate(StrEnum):
    """What became of one thing."""

    TAKEN_DOWN = "taken down"
    GONE = "gone already"
    LEFT = "NOT taken down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One entry of a journal, what became of its thing, and why it is left."""

    entry: Entry
    fate: Fate
    why: str = ""


class _LeftError(Exception):
    """A thing is left; ``str()`` is the reason."""


class Cleaner:
    """Cleans one target.

    ``endpoint`` says who signs where a journal names no profile, ``signer`` distinguishes the
    keys of an endpoint. ``make_sender`` makes what sends to an endpoint.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        signer: Callable[[Endpoint], str],
        make_sender: Callable[[Endpoint], Sender] = Sender,
    ) -> None:
        self._endpoint = endpoint
        self._signer = signer
        self._make_sender = make_sender
        self._is_silent = False

    def clean(self, left: Left) -> Iterator[Outcome]:
        """Take down what a run left, the last first; each outcome is in the journal already."""
        endpoint = self._endpoint_of(left.about)
        calls = Asker(self._make_sender(endpoint))
        same_keys = self._signer(endpoint) == left.about.signer
        for entry in reversed(left.entries):
            try:
                fate = self._take_down(entry, left.about, calls, same_keys)
            except _LeftError as why:
                yield Outcome(entry=entry, fate=Fate.LEFT, why=str(why))
            else:
                left.strike(entry.number)
                yield Outcome(entry=entry, fate=fate)

    def _endpoint_of(self, about: About) -> Endpoint:
        """Where the run sent its calls, and who signed them, unless another signer is given."""
        return replace(
            self._endpoint,
            url=about.url,
            region=about.region,
            profile=self._endpoint.profile or about.profile,
        )

    def _take_down(self, entry: Entry, about: About, calls: Asker, same_keys: bool) -> Fate:
        if entry.undo is None:
            raise _LeftError(entry.why or "no call is known that takes it down")
        if self._is_silent:
            raise _LeftError("the target no longer answers")
        operation, params = call_of(entry, about)
        try:
            calls.ask(operation, params)
        except RefusedError as refused:
            self._is_silent = calls.is_silent
            unmade = not entry.made and refused.invalid
            if not (refused.gone or unmade):
                raise _LeftError(str(refused)) from refused
            if not same_keys:
                raise _LeftError(
                    f"{refused}; other keys than the run's have signed, choose with --aws-profile"
                ) from refused
            return Fate.GONE
        return Fate.TAKEN_DOWN


def call_of(entry: Entry, about: About) -> tuple[Operation, dict[str, Any]]:
    """The call that takes down the thing of an entry. Raises :class:`_LeftError` for none."""
    undo = entry.undo or {}
    try:
        operation = registry(about.protocol).find(str(undo["operation"]))
        params = dict(undo["params"])
    except (ConformanceError, LookupError, TypeError, ValueError) as error:
        raise _LeftError(f"its call cannot be read: {error}") from error
    return operation, params
