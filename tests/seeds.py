"""What exploration comes to over many seeds: dialects not flagged, deep faults found and shrunk.

Part of the bench (``python tests/bench.py seeds``): it takes an hour or so, prints
figures and judges nothing. Three things are measured, over real HTTP:

- dialects explored: none may earn a ``fail``;
- deep faults explored: whether one is noticed, for those that a drawn request sets off
  often enough. Whether a request sets off a fault needs no list of triggers: it does where
  the faulty server answers one of its requests otherwise than the honest one;
- the examples that were found: whether each is the smallest. It is where no request with a
  member less, or with one simpler value, shows the same cause.
"""

import argparse
import json
import multiprocessing
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from calibration.faults.table import FAULTS
from calibration.runs import Order, Subject, make_run, subjects
from calibration.servers import behave

from conformance.checks import table
from conformance.checks.findings import Finding, Verdict
from conformance.errors import UsageError
from conformance.execution.availability import SkipCase
from conformance.execution.engine import Engine
from conformance.execution.executor import carry_out
from conformance.execution.exploration import Drawn, case_of, explore
from conformance.execution.session import TargetSession
from conformance.generation.cases import explorations
from conformance.generation.plans import Case, Exploration
from conformance.reference.launch import start
from conformance.reference.pipeline import Behaviour, Handler, match, serve
from conformance.reference.server import Running
from conformance.reference.wire import Request
from conformance.spec.documents import documented
from conformance.spec.operation import Operation
from conformance.spec.validity import violated_clauses
from conformance.transport.endpoint_config import Endpoint
from conformance.transport.sender import Sender

#: A fault that fewer of the drawn requests set off is listed, and not counted.
SHARE = 0.02
#: With so many seeds those are tried that are not counted.
SELDOM = 3
#: Explorations per operation and direction: on deep faults, on dialects, for the estimate.
EXAMPLES, DIALECT_EXAMPLES, DRAWS = 200, 50, 2000
_GRAVE = frozenset({Verdict.FAIL, Verdict.WARN})


class _Bench:
    """One process's server and SDK clients."""

    def __init__(self) -> None:
        self.server: Running = start()
        self.sender = Sender(Endpoint(url=self.server.url))

    def engine(self, behaviour: Behaviour) -> Engine:
        """An engine that has learnt nothing yet, on a server that behaves so."""
        self.server.become(behaviour)
        return Engine(session=TargetSession(documented(), self.sender))


_benches: list[_Bench] = []


def _bench() -> _Bench:
    if not _benches:
        _benches.append(_Bench())
    return _benches[0]


def _grave(findings: Sequence[Finding]) -> str | None:
    """The cause that Hypothesis shrinks."""
    return next((one.cause for one in findings if one.verdict in _GRAVE), None)


# ------------------------------------------------------------ how often a draw sets off a fault


def _answer(handler: Handler, request: Request) -> tuple[int, bytes]:
    """A handler's answer to a request, without what differs every time."""
    labels = match(handler.operation.path, request.path)
    if labels is None:
        return 0, b""
    served = serve(handler, request, labels, _WORLD)
    return served.status, served.body


_WORLD = Behaviour().world


def shares(operation_id: str) -> dict[str, tuple[float, str]]:
    """Deep fault → the share of drawn requests that set it off, in the direction that does more."""
    operation = documented()[operation_id]
    honest = behave()
    faulty = {
        name: behave(fault=name).handlers[operation_id]
        for name, fault in FAULTS.items()
        if fault.family == "deep" and operation_id in fault.operations
    }
    most = dict.fromkeys(faulty, (0.0, "valid"))
    engine = _bench().engine(honest)
    for exploration in explorations(operation):
        draws: list[list[tuple[Request, tuple[int, bytes]]]] = []

        def judge(case: Case, draws: list[Any] = draws) -> list[Finding]:
            evidence = carry_out(engine.session, operation, case)
            asked = []
            for exchange in evidence.exchanges:
                sent = exchange.request
                read = Request(sent.method, sent.target, "HTTP/1.1", sent.headers, sent.body)
                asked.append((read, _answer(honest.handlers[operation_id], read)))
            draws.append(asked)
            return table.judge(evidence)

        for number in range(1, 1 + DRAWS // EXAMPLES):
            _explored(operation, exploration, judge, engine, EXAMPLES, number)
        for name, handler in faulty.items():
            met = sum(any(_answer(handler, one) != said for one, said in draw) for draw in draws)
            most[name] = max(most[name], (met / max(1, len(draws)), exploration.direction))
    return most


def _explored(
    operation: Operation,
    exploration: Exploration,
    judge: Any,
    engine: Engine,
    examples: int,
    number: int,
    told: Any = lambda params, clause: None,
) -> None:
    known = engine.known(operation)
    with suppress(UsageError, SkipCase):  # nothing can be drawn here
        explore(
            operation,
            exploration,
            judge,
            known=known,
            examples=examples,
            number=number,
            on_draw=told,
        )


# ------------------------------------------------------------ deep faults: noticed, and shrunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunt:
    """What exploring a fault with one seed came to: smallest examples, and simpler ones missed."""

    fault: str
    seed: int
    examples: Mapping[str, Mapping[str, Any]]
    simpler: Mapping[str, Mapping[str, Any]]


def hunt(order: tuple[str, int, str]) -> Hunt:
    """Explore a fault with a seed in one direction; try whether each example could be simpler."""
    fault, number, direction = order
    engine = _bench().engine(behave(fault=fault))
    examples: dict[str, Mapping[str, Any]] = {}
    simpler: dict[str, Mapping[str, Any]] = {}
    for operation in (documented()[name] for name in sorted(FAULTS[fault].operations)):
        for exploration in explorations(operation):
            if exploration.direction != direction:
                continue
            found: dict[str, Drawn] = {}
            now: list[Drawn] = []

            def told(params: Any, clause: str | None, now: list[Drawn] = now) -> None:
                now[:] = [Drawn(params=dict(params), clause=clause)]

            def judge(case: Case, now: list[Drawn] = now, found: Any = found) -> list[Finding]:
                findings = engine.judge(case)
                cause = _grave(findings)
                if cause is not None:
                    found[cause] = now[0]
                return findings

            _explored(operation, exploration, judge, engine, EXAMPLES, number, told)
            for cause, drawn in found.items():
                key = f"{exploration.direction}: {cause}"
                examples[key] = drawn.params
                better = _simpler(engine, operation, exploration, drawn, cause)
                if better is not None:
                    simpler[key] = better
    return Hunt(fault=fault, seed=number, examples=examples, simpler=simpler)


def _simpler(
    engine: Engine, operation: Operation, exploration: Exploration, drawn: Drawn, cause: str
) -> Mapping[str, Any] | None:
    """A simpler request that breaks the same clauses and shows the same cause, if there is one."""
    known = engine.known(operation)
    broken = violated_clauses(operation, drawn.params)
    for params in _simplified(operation, drawn.params, known):
        if violated_clauses(operation, params) != broken:
            continue
        try:
            case = case_of(
                operation, exploration, Drawn(params=dict(params), clause=drawn.clause), known
            )
            findings = engine.judge(case)
        except SkipCase:
            continue
        if any(one.cause == cause and one.verdict in _GRAVE for one in findings):
            return params
    return None


def _simplified(
    operation: Operation, params: Mapping[str, Any], known: Mapping[str, Sequence[Any]]
) -> Iterator[Mapping[str, Any]]:
    """Requests with one member less, then with one value a step simpler."""
    for name in params:
        if name not in operation.required:
            yield {key: value for key, value in params.items() if key != name}
    for name, value in params.items():
        schema = operation.members.get(name, {})
        samples = known.get(name) or operation.samples.get(name, ())
        for less in _less(value, schema, samples):
            yield {**params, name: less}


def _less(value: Any, schema: Mapping[str, Any], samples: Sequence[Any]) -> Iterator[Any]:
    """Values a step simpler than one: shorter, or nearer to zero."""
    if value in schema.get("enum", samples) or isinstance(value, bool) or value is None:
        return  # none of the values that have a name is simpler than another
    elif isinstance(value, int):
        nearer = (0, int(value / 2), value - (1 if value > 0 else -1))
        yield from dict.fromkeys(one for one in nearer if abs(one) < abs(value))
    elif isinstance(value, float):
        yield from (one for one in (0.0, float(int(value))) if abs(one) < abs(value))
    elif isinstance(value, str):
        for index in range(len(value)):
            yield value[:index] + value[index + 1 :]
        for index, char in enumerate(value):
            if char not in "0a":
                yield value[:index] + "0" + value[index + 1 :]
    elif isinstance(value, list):
        for index in range(len(value)):
            yield value[:index] + value[index + 1 :]
        for index, item in enumerate(value):
            for less in _less(item, schema.get("items", {}), ()):
                yield [*value[:index], less, *value[index + 1 :]]


# ------------------------------------------------------------ all of it


def _estimated(
    faults: Sequence[Subject], processes: int
) -> tuple[dict[str, tuple[float, str]], set[str]]:
    """How often each fault is set off, and which ones the named cases notice by themselves."""
    share: dict[str, tuple[float, str]] = {}
    operations = sorted({name for one in faults for name in one.operations})
    for found in _spread(shares, operations, processes, chunk=1):
        share |= found
    orders = [Order(subject=one, examples=0, seed=1) for one in faults]
    named = {one.subject.name for one in _spread(make_run, orders, processes) if one.noticed}
    return share, named


def _spread(work: Any, orders: Sequence[Any], processes: int, chunk: int = 4) -> Iterator[Any]:
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap_unordered(work, orders, chunksize=chunk)


def dialects(seeds: Sequence[int], processes: int) -> None:
    """No correct dialect earns a fail, whatever is drawn."""
    orders = [
        Order(subject=one, examples=DIALECT_EXAMPLES, seed=seed, named=False)
        for one in subjects(("dialect",))
        for seed in seeds
    ]
    failed = warned = requests = 0
    for outcome in _spread(make_run, orders, processes):
        subject = outcome.subject
        failed += bool(outcome.fails)
        warned += bool(outcome.warns) and not subject.warns
        requests += outcome.requests
        if outcome.fails or (outcome.warns and not subject.warns):
            print(f"    {subject.name}: {', '.join(outcome.fails + outcome.warns)}", flush=True)
    print(f"dialects explored          {len(orders):6} runs, {requests} requests")
    print(f"    failed                 {failed:6}")
    print(f"    warned though not listed {warned:4}", flush=True)


def deep(seeds: Sequence[int], processes: int) -> None:
    """How many deep faults exploration finds, and how small it makes them."""
    faults = [
        one for one in subjects(("fault",)) if one.family == "deep" and one.level != "observe"
    ]
    share, named = _estimated(faults, processes)
    counted = {one.name for one in faults if share[one.name][0] >= SHARE}
    hunts: dict[str, list[Hunt]] = defaultdict(list)
    tries = [
        (one.name, seed, share[one.name][1])
        for one in faults
        for seed in (seeds if one.name in counted else seeds[:SELDOM])
    ]
    for one in _spread(hunt, tries, processes):
        hunts[one.fault].append(one)
    print(f"deep faults                {len(faults):6}, of them {len(counted)} are set off")
    print(f"                                   by at least {SHARE:.0%} of the draws")
    for title, names in (("counted", counted), ("seldom", set(share) & set(hunts) - counted)):
        done = [one for name in names for one in hunts[name]]
        met = sum(bool(one.examples) for one in done)
        both = sum(bool(one.examples) or one.fault in named for one in done)
        edges = sum(one.fault in named for one in done)
        sizes = sum(len(one.examples) for one in done)
        small = sizes - sum(len(one.simpler) for one in done)
        print(f"  {title}: {len(names)} faults, {len(done)} tries of {EXAMPLES} examples")
        print(f"    noticed by exploration {_of(met, len(done))}")
        print(f"    noticed by named cases {_of(edges, len(done))}")
        print(f"    noticed by either      {_of(both, len(done))}")
        print(f"    smallest examples      {_of(small, sizes)}", flush=True)
    for name in sorted(hunts, key=lambda one: -share[one][0]):
        missed = sorted(one.seed for one in hunts[name] if not one.examples)
        large = [(k, one.examples[k], v) for one in hunts[name] for k, v in one.simpler.items()]
        if missed or large or name not in counted:
            said = (
                f"  {share[name][0]:7.2%}  {name}: missed {len(missed)} of {len(hunts[name])} times"
            )
            print(said + ("" if name in named else "; no named case notices it"))
        for key, example, better in large[:3]:
            print(f"           {key}: {_shown(example)} though {_shown(better)} does", flush=True)


def _of(part: int, whole: int) -> str:
    return f"{part:6} of {whole} ({part / max(1, whole):.1%})"


def _shown(params: Mapping[str, Any]) -> str:
    text = json.dumps(params, ensure_ascii=False, default=repr)
    return text if len(text) < 120 else text[:119] + "…"


PARTS = {"dialects": dialects, "deep": deep}


def main(words: Sequence[str] | None = None) -> None:
    """Measure both, or one, over some seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args(words)
    for part in given.parts or PARTS:
        started = time.monotonic()
        PARTS[part](range(given.first, given.first + given.seeds), given.processes)
        print(f"    in {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
