"""Which of several valid calls becomes an operation's baseline on a target.

The calls and their answers come in; nothing here sends.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.checks.evidence import page, readable_object
from conformance.checks.refused_entries import refused_entries
from conformance.execution.alternatives import Instead, chosen, refused
from conformance.execution.availability import is_absent, same_kind
from conformance.protocols.http import Exchange
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation, Params

#: A baseline that lists this many items is enough; no better one is looked for.
PLENTY = 3


@dataclass(slots=True)
class Candidates:
    """The calls that were tried so far, and what came of them.

    ``probe`` is the answer to an operation that cannot exist.
    """

    operation: Operation
    probe: Exchange
    answers: list[tuple[Params, Exchange]] = field(default_factory=list)
    _accepted: list[tuple[int, Params, Exchange]] = field(default_factory=list)
    _absent: set[tuple[frozenset[str], ...]] = field(default_factory=set)

    def see(self, params: Params, answer: Exchange) -> None:
        """Take in the answer to one call."""
        self.answers.append((params, answer))
        if same_kind(self.operation, self.probe, answer):
            if not answer.succeeded and is_absent(self.operation, self.probe, answer):
                self._absent.add(chosen(self.operation, params))
        elif answer.succeeded:
            self._accepted.append((_worth(self.operation, answer), params, answer))

    def is_due(self, params: Params) -> bool:
        """Whether another call may show more than those before.

        One that names the target's things as a call did that was answered as if there was no such
        operation shows nothing more.
        """
        enough = 0 if self.operation.pagination is None else PLENTY
        if self._accepted and self._most >= enough:
            return False
        return chosen(self.operation, params) not in self._absent

    @property
    def _most(self) -> int:
        return max((count for count, _, _ in self._accepted), default=0)

    @property
    def best(self) -> tuple[Mapping[str, Any], Exchange] | None:
        """The accepted call that lists most, the first of several, with its answer."""
        for count, params, answer in self._accepted:
            if count == self._most:
                return params, answer
        return None

    @property
    def suffices(self) -> bool:
        """Whether something is known without another call: accepted, or not there at all."""
        absent = [chosen(self.operation, params) in self._absent for params, _ in self.answers]
        return self.best is not None or (bool(absent) and all(absent))

    @property
    def all_as_absent(self) -> bool:
        """Whether every call failed as one of an operation that cannot exist does.

        A failure is a 500 of which no type is named: the page of a server, and none of a gateway.
        """
        return all(
            answer.response is not None
            and answer.response.status == 500
            and PROTOCOLS[self.operation.protocol].error(answer.response).type is None
            and same_kind(self.operation, self.probe, answer)
            for _, answer in self.answers
        )

    @property
    def refused_members(self) -> tuple[Instead, ...]:
        """Members that no accepted call holds, with the members that take their place."""
        if self.best is None:
            return ()
        tried = [params for params, _ in self.answers]
        accepted = [params for _, params, _ in self._accepted]
        return refused(self.operation, tried, accepted, self.best[0])

    @property
    def first(self) -> Exchange:
        """The first answer of all that may be the operation's own, else the first one."""
        own = (
            answer
            for params, answer in self.answers
            if answer.succeeded or chosen(self.operation, params) not in self._absent
        )
        return next(own, self.answers[0][1])


def _worth(operation: Operation, answer: Exchange) -> int:
    """How good a baseline is: how many items it lists; less than none where it refuses entries."""
    protocol = PROTOCOLS[operation.protocol]
    if refused_entries(operation, readable_object(operation, protocol, answer.response)):
        return -1
    found = page(operation, protocol, answer)
    return len(found.items) if found else 0
