"""Calibration: the suite tried on servers whose faults and dialects are known by name.

Each run answers one question: was this fault noticed, where, by which check; or
was this dialect, which is correct, not flagged. Runs are spread over processes;
each process keeps one server and one set of SDK clients for all its runs.
"""

import gc
import multiprocessing
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from calibration.servers import SERVERS, behave
from conformance.checks.findings import Finding, Verdict
from conformance.errors import ConformanceError
from conformance.execution.engine import Engine, Result, Tried, collected
from conformance.execution.session import TargetSession
from conformance.generation.plans import Exploration
from conformance.reference.launch import start
from conformance.report.build import counts, verdict
from conformance.spec.documents import documented
from conformance.transport.endpoint_config import Endpoint
from conformance.transport.sender import Sender

#: Seconds to wait for an outcome: a pool replaces a worker that dies, and never reports its runs.
_LONGEST = 900
_GRAVE = frozenset({Verdict.FAIL, Verdict.WARN, Verdict.UNSUPPORTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A server to try the suite on, by kind (fault, dialect, degenerate) and name."""

    kind: str
    name: str
    operations: tuple[str, ...]
    family: str = ""
    level: str = ""
    warns: bool = False
    waits: bool = False

    @property
    def explored(self) -> bool:
        """Whether named edges alone may not meet it: it needs explorations."""
        return self.family == "deep" or self.kind == "dialect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the suite found in a subject."""

    subject: Subject
    verdict: str
    fails: tuple[str, ...]
    warns: tuple[str, ...]
    causes: int
    checks: tuple[str, ...]
    inconclusive: int
    passes: Mapping[str, int]
    requests: int

    @property
    def noticed(self) -> bool:
        """Whether anything was found at fault."""
        return bool(self.fails or self.warns)


def subjects(kinds: Sequence[str] = tuple(SERVERS)) -> list[Subject]:
    """Every named server of some kinds, faults first."""
    return [
        Subject(
            kind=kind,
            name=one.name,
            operations=tuple(sorted(one.operations)),
            family=getattr(one, "family", ""),
            level=getattr(one, "level", ""),
            warns=getattr(one, "warns", False),
            waits=getattr(one, "waits", False),
        )
        for kind, table in SERVERS.items()
        if kind in kinds
        for one in table.values()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One run to make; without its ``named`` cases it consists of explorations alone.

    ``sampled`` tries a sample of large enumerations, as a run against AWS does. ``briefly`` starts
    with the cases of the clause that a fault breaks, and ends where it is noticed.
    """

    subject: Subject
    examples: int
    seed: int
    without: str | None = None
    named: bool = True
    sampled: bool = False
    briefly: bool = False


class _Bench:
    """One process's server and clients, for one subject after the other."""

    def __init__(self, timeout: float) -> None:
        self.server = start()
        self.sender = Sender(Endpoint(url=self.server.url, timeout=timeout))

    def run(self, order: Order) -> Outcome:
        subject = order.subject
        names = {subject.kind: subject.name}
        self.server.become(behave(**names))
        before = self.sender.requests
        engine = Engine(
            session=TargetSession(documented(), self.sender),
            examples=order.examples,
            seed=order.seed,
            without=order.without,
        )
        chosen = [documented()[name] for name in subject.operations]
        due = collected(chosen, explored=order.examples > 0, sampled=order.sampled)
        if not order.named:
            due = [tried for tried in due if isinstance(tried, Exploration)]
        if order.briefly:
            due.sort(key=partial(_distance, subject))
        results = []
        for tried in due:
            results.append(engine.run(tried))
            if order.briefly and _is_noticed(subject, results[-1]):
                break
        return _outcome(subject, results, self.sender.requests - before)


def _distance(subject: Subject, tried: Tried) -> tuple[bool, bool]:
    """How far a case is from what a fault breaks, by the fault's name."""
    about = subject.name.rpartition(":")[0]
    explored = subject.family == "deep" and not isinstance(tried, Exploration)
    return explored, not (":" in about and tried.id.startswith(f"{about}/"))


def _is_noticed(subject: Subject, result: Result) -> bool:
    """Whether a result notices a fault as its level wants it noticed."""
    least = _GRAVE - {Verdict.WARN} if subject.level == "must" else _GRAVE
    return any(finding.verdict in least for finding in result.findings)


def _outcome(subject: Subject, results: Sequence[Result], requests: int) -> Outcome:
    findings = [finding for result in results for finding in result.findings]
    operations = [documented()[name] for name in subject.operations]
    distinct = dict.fromkeys((finding.clause, finding.verdict) for finding in findings)
    flat = [{"clause": clause, "verdict": worst} for clause, worst in distinct]
    table = counts(subject.operations, flat)
    grave = [finding for finding in findings if finding.verdict in _GRAVE]
    passes: dict[str, int] = {}
    for rows in table.values():
        for area, row in rows.items():
            passes[area] = passes.get(area, 0) + row.get("pass", 0)
    return Outcome(
        subject=subject,
        verdict=verdict(operations, table, complete=True, errors=False),
        fails=_clauses(grave, Verdict.FAIL) + _clauses(grave, Verdict.UNSUPPORTED),
        warns=_clauses(grave, Verdict.WARN),
        causes=len({(finding.verdict, finding.cause) for finding in grave}),
        checks=tuple(sorted({finding.check for finding in grave})),
        inconclusive=sum(row.get("inconclusive", 0) for a in table.values() for row in a.values()),
        passes=passes,
        requests=requests,
    )


def _clauses(findings: Iterable[Finding], wanted: Verdict) -> tuple[str, ...]:
    return tuple(sorted({finding.clause for finding in findings if finding.verdict is wanted}))


_benches: dict[float, _Bench] = {}


def make_run(order: Order) -> Outcome:
    """Make one run on this process's bench."""
    timeout = 10.0 if order.subject.kind != "degenerate" else 0.5
    if timeout not in _benches:
        _benches[timeout] = _Bench(timeout)
    return _benches[timeout].run(order)


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes started meanwhile ignore Ctrl-C: this one handles it, and ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def calibrate(orders: Sequence[Order], *, processes: int = 2) -> Iterator[Outcome]:
    """Carry out many runs, in the order given.

    A process of its own beside the others tries the servers that keep it waiting. Raises
    ConformanceError where a process dies.
    """
    if processes == 1:
        yield from map(make_run, orders)
        return
    pool = partial(
        multiprocessing.get_context("spawn").Pool,
        initializer=gc.set_threshold,
        initargs=gc.get_threshold(),
    )
    with ExitStack() as stack:
        with _deaf():
            busy, waiting = (stack.enter_context(pool(number)) for number in (processes, 1))
        done = busy.imap(make_run, [one for one in orders if not one.subject.waits])
        awaited = waiting.imap(make_run, [one for one in orders if one.subject.waits])
        for order in orders:
            try:
                outcome = (awaited if order.subject.waits else done).next(_LONGEST)
            except multiprocessing.TimeoutError:
                raise ConformanceError(
                    f"No run ended within {_LONGEST} s: a process died, or hangs."
                ) from None
            yield outcome
