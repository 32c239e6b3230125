"""Calls that make something or take it down, and the reason where that was not done.

Nothing here knows what is made, or in which order.
"""

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from conformance.errors import ConformanceError
from conformance.execution.availability import says_unknown_operation
from conformance.protocols.http import Exchange
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation, Params
from conformance.transport.sender import NotSentError, Sender

#: Parts of the error types for things that are gone already.
_GONE = ("NotFound", "NoSuch", "NonExist", "NotExist")
#: Calls without an answer, one after the other, after which the target is asked nothing more.
PATIENCE = 2


class RefusedError(Exception):
    """The target did not do what was requested, or did not confirm it.

    ``gone`` says that there is nothing to do it to, ``silent`` that no answer came at
    all, ``unsure`` that it may have been done, ``invalid`` that the target refused the call
    itself, for another reason than its credentials or its rate.
    """

    def __init__(
        self,
        reason: str,
        *,
        gone: bool = False,
        silent: bool = False,
        unsure: bool = False,
        invalid: bool = False,
    ) -> None:
        super().__init__(reason)
        self.gone = gone
        self.silent = silent
        self.unsure = unsure or silent
        self.invalid = invalid


class Asker:
    """Makes calls of one target, until it no longer answers."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender
        self._answered: set[str] = set()
        self._unanswered = 0

    @property
    def is_silent(self) -> bool:
        """Whether the target no longer answers."""
        return self._unanswered >= PATIENCE

    def ask(self, operation: Operation, params: Params) -> Mapping[str, Any]:
        """The answer to a call, as the SDK reads it. Raises :class:`RefusedError`.

        A service may be slow to answer when it is first asked.
        """
        if self.is_silent:
            raise RefusedError("the target no longer answers", silent=True)
        first = operation.service not in self._answered and not self._unanswered
        try:
            with self.sender.patience() if first else nullcontext():
                answer = _ask(self.sender, operation, params)
        except RefusedError as refused:
            self._saw(operation, silent=refused.silent)
            raise
        self._saw(operation, silent=False)
        return answer

    def _saw(self, operation: Operation, *, silent: bool) -> None:
        self._unanswered = self._unanswered + 1 if silent else 0
        if not silent:
            self._answered.add(operation.service)


def _ask(sender: Sender, operation: Operation, params: Params) -> Mapping[str, Any]:
    try:
        exchange = sender.send(operation, params)
    except (ConformanceError, NotSentError) as error:
        raise RefusedError(f"{operation.id}: {error}".rstrip(".")) from error
    if not exchange.succeeded:
        raise _refused(operation, exchange)
    if not isinstance(exchange.parsed, Mapping):
        raise RefusedError(f"{operation.id}: the SDK cannot read its answer", unsure=True)
    return exchange.parsed


def _refused(operation: Operation, exchange: Exchange) -> RefusedError:
    response = exchange.response
    if response is None:
        return RefusedError(f"{operation.id}: {exchange.failure}", silent=True)
    if exchange.throttled:
        return RefusedError(f"{operation.id}: the target kept asking to slow down")
    kind = PROTOCOLS[operation.protocol].error(response).type or ""
    said = f"refused with {response.status} {kind}".rstrip()
    failed = response.status >= 500 and response.status != 501
    return RefusedError(
        f"{operation.id}: {said}",
        gone=_says_gone(operation, exchange, kind),
        unsure=failed,
        invalid=400 <= response.status < 500 and response.status not in {401, 403, 404, 429},
    )


def _says_gone(operation: Operation, exchange: Exchange, kind: str) -> bool:
    """Whether an error says that a thing is not there.

    A page of HTML is another server's, and an operation that is not there says nothing of things.
    """
    response = exchange.response
    assert response is not None
    if says_unknown_operation(operation, exchange) or response.media_type == "text/html":
        return False
    return response.status == 404 or any(part in kind for part in _GONE)
