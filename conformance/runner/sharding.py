"""One of several parts of a run, for as many machines or CI jobs: ``--shard I/N``.

Operations stay whole. They are dealt out so that each part takes about as long; which part an
operation is in depends on nothing but the operations and the durations of an earlier report.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.errors import UsageError
from conformance.generation.cases import cases
from conformance.report import loader
from conformance.spec.operation import Operation


@dataclass(frozen=True, slots=True)
class Shard:
    """Part ``number`` of ``of``, counted from 1."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


def parse(text: str | None) -> Shard | None:
    """The part that ``I/N`` names; raises :class:`UsageError` for another text."""
    if not text:
        return None
    number, slash, of = text.partition("/")
    if slash and number.isascii() and number.isdigit() and of.isascii() and of.isdigit():
        made = Shard(int(number), int(of))
        if 1 <= made.number <= made.of <= 10_000:
            return made
    raise UsageError(f"--shard takes a part and their number, as in 1/4, not {text!r}.")


def durations(path: Path | None) -> Mapping[str, float]:
    """The seconds that each operation took in an earlier run, by that run's report."""
    if path is None:
        return {}
    found: Mapping[str, float] = loader.load(path).get("durations", {})
    if not found:
        raise UsageError(f"{path} holds no durations; give a report of this version's run.")
    return found


def weights(counts: Mapping[str, int], took: Mapping[str, float]) -> Mapping[str, float]:
    """How long each operation takes, by its number of cases and an earlier run's durations.

    What was not measured takes as long for each case as what was, and a second where nothing was.
    """
    known = {name: took[name] for name in counts if name in took}
    measured = sum(counts[name] for name in known)
    pace = sum(known.values()) / measured if measured else 1.0
    return {name: known.get(name, count * pace) for name, count in counts.items()}


def part(
    operations: Sequence[Operation], shard: Shard, took: Mapping[str, float]
) -> tuple[Operation, ...]:
    """The operations of a part, in their order: the longest are dealt out first."""
    load = weights({one.id: len(cases(one)) for one in operations}, took)
    loads = [0.0] * shard.of
    mine = set()
    for name in sorted(load, key=lambda one: (-load[one], one)):
        lightest = loads.index(min(loads))
        loads[lightest] += load[name]
        if lightest == shard.number - 1:
            mine.add(name)
    if not mine:
        raise UsageError(
            f"--shard {shard} has nothing to do: there are {len(operations)} operations; "
            "make fewer parts."
        )
    return tuple(one for one in operations if one.id in mine)
