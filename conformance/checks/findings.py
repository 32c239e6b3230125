"""Findings: verdicts on clauses, how verdicts rank, and the builder that checks make them with.

A finding judges the target; it is never an exception. This module knows no check.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from conformance.checks.evidence import Evidence
from conformance.generation.clauses import area, clauses
from conformance.protocols.http import Exchange
from conformance.spec.levels import Level
from conformance.spec.operation import Operation


class Verdict(StrEnum):
    """What a finding says, the most severe first."""

    ERROR = "error"
    FAIL = "fail"
    UNSUPPORTED = "unsupported"
    WARN = "warn"
    INCONCLUSIVE = "inconclusive"
    PASS = "pass"
    OBSERVED = "observed"


_RANK = {verdict: rank for rank, verdict in enumerate(Verdict)}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The most severe of some verdicts; ``inconclusive`` where there is none."""
    return min(verdicts, key=_RANK.__getitem__, default=Verdict.INCONCLUSIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a story in words: what was sent, what came, and whether it breaks the promise."""

    name: str
    operation: str
    sent: str
    answer: str
    breaks: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A verdict on a clause, with both sides and the exchange that shows it.

    ``cause`` groups findings that most likely have one reason; ``steps`` are those of a story.
    """

    case: str
    clause: str
    level: Level
    verdict: Verdict
    expected: str
    observed: str
    source: str
    check: str
    cause: str = ""
    exchange: Exchange | None = None
    steps: tuple[Step, ...] = ()

    @property
    def operation(self) -> str:
        """``service:Operation``."""
        return self.clause.split("/", 1)[0]

    @property
    def area(self) -> str:
        """The area that the clause belongs to."""
        return area(self.clause)


#: What a violation is, by the level of its clause.
OF_LEVEL = {
    Level.MUST: Verdict.FAIL,
    Level.SHOULD: Verdict.WARN,
    Level.OBSERVE: Verdict.OBSERVED,
}


class Tried(Protocol):
    """What findings are about: a case, or a story, by its id."""

    @property
    def id(self) -> str: ...


class Judged(Protocol):
    """What was seen of one case of an operation."""

    @property
    def operation(self) -> Operation: ...

    @property
    def case(self) -> Tried: ...


class FindingBuilder:
    """Makes the findings of one check on one case.

    Paths are clause paths within the case's operation. A path that the operation has no
    clause for yields nothing: checks are general, documents differ.
    """

    def __init__(self, evidence: Judged, check: str) -> None:
        self._evidence = evidence
        self._check = check
        self._clauses = clauses(evidence.operation)
        self._passed: set[str] = set()

    def _finding(
        self,
        path: str,
        verdict: Verdict | None,
        *,
        expected: str = "",
        observed: str = "",
        exchange: Exchange | None = None,
        level: Level | None = None,
        cause: str = "",
    ) -> Iterable[Finding]:
        clause = self._clauses.get(f"{self._evidence.operation.id}/{path}")
        if clause is None:
            return ()
        level = level or clause.level
        finding = Finding(
            case=self._evidence.case.id,
            clause=clause.id,
            level=level,
            verdict=verdict or OF_LEVEL[level],
            expected=expected or clause.promise,
            observed=observed,
            source=clause.source.text,
            check=self._check,
            cause=cause,
            exchange=exchange,
        )
        return (finding,)

    def judged(
        self, path: str, holds: bool, *, reason: str | None = None, **violation: Any
    ) -> Iterable[Finding]:
        """Inconclusive where there is a reason for it; else passed or broken."""
        if reason is not None:
            return self.inconclusive(path, reason)
        return self.passed(path) if holds else self.broken(path, **violation)

    def passed(self, path: str) -> Iterable[Finding]:
        """The clause was exercised and holds; reported once a case."""
        if path in self._passed:
            return ()
        self._passed.add(path)
        return self._finding(path, Verdict.PASS)

    def broken(
        self,
        path: str,
        *,
        observed: str,
        exchange: Exchange,
        expected: str = "",
        level: Level | None = None,
        cause: str = "",
    ) -> Iterable[Finding]:
        """The clause is violated: ``fail`` for a must, ``warn`` for a should."""
        return self._finding(
            path,
            None,
            expected=expected,
            observed=observed,
            exchange=exchange,
            level=level,
            cause=_cause(self._evidence.operation.id, path, cause or observed),
        )

    def inconclusive(self, path: str, reason: str) -> Iterable[Finding]:
        """The clause could not be exercised, for this reason."""
        return self._finding(path, Verdict.INCONCLUSIVE, observed=reason)

    def observed(self, path: str, what: str, exchange: Exchange) -> Iterable[Finding]:
        """The clause is not specified: what happened is recorded."""
        return self._finding(path, Verdict.OBSERVED, observed=what, exchange=exchange)


def _cause(operation: str, path: str, symptom: str) -> str:
    """What groups findings that most likely have one reason.

    A server that ignores signatures violates every auth clause; the transport, responses
    and errors of all operations, and what the SDK does, mostly come from one piece of code;
    any other clause has a cause of its own.
    """
    part = path.split("/", 1)[0]
    if part == "auth":
        return f"auth: {symptom}"
    if part in {"response", "errors", "protocol", "sdk"}:
        return f"{path}: {symptom}"
    if path.startswith("state/filter/"):  # what ignores one filter mostly ignores others
        return f"{operation}/state/filter: {symptom}"
    if part == "state":  # what lies within a member is not shown where the member is not
        path = "/".join(path.split("/")[:3])
    return f"{operation}/{path}"


def summarize(evidence: Evidence, exchange: Exchange) -> str:
    """A response in one line: the status with the error's type, or the failure."""
    if exchange.response is None:
        return str(exchange.failure)
    status = exchange.response.status
    if entries := evidence.refused_entries(exchange):
        return f"{status} with {entries}"
    return in_a_line(exchange, evidence.error(exchange).type)


def in_a_line(exchange: Exchange, kind: str | None) -> str:
    """A response, or the failure, in one line; ``kind`` is the error type that it names."""
    if kind or exchange.response is None or exchange.succeeded:
        status = exchange.failure if exchange.response is None else exchange.response.status
        return f"{status} {kind}" if kind else str(status)
    return f"{exchange.response.status} without an error type"


def excerpt(exchange: Exchange, length: int = 80) -> str:
    """The beginning of a body, printable."""
    body = exchange.response.body if exchange.response else b""
    if not body:
        return "an empty body"
    text = body[:length].decode("utf-8", "backslashreplace")
    return repr(text) + (" …" if len(body) > length else "")


def control_refused(evidence: Evidence) -> str | None:
    """Why a refusal shows nothing: the valid control was not accepted. ``None``: it was."""
    control = evidence.valid_control
    if control is None or (control.succeeded and not evidence.refused_entries(control)):
        return None
    return f"the valid control request was not accepted either ({summarize(evidence, control)})"
