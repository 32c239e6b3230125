"""Measures operations from the SDK's models: each of them loaded, with its clauses and its cases.

On one core, in a process of its own, so that the peak of its memory is theirs.
"""

import json
import resource
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from conformance.errors import ConformanceError
from conformance.generation.cases import cases
from conformance.generation.clauses import clauses
from conformance.spec.sdk_models import loader as sdk_models
from conformance.spec.values import paths

#: Sizes of operations by their members, requests and answers together: up to so many.
SIZES = (10, 30, 100, 300, 1000)
_SLOWEST = 5
#: Whose collection is timed: the largest service, and two that people try first.
COLLECTED = ("ec2", "kms", "s3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What one operation took, in seconds of one core, and what it gave."""

    name: str
    took: float
    members: int
    clauses: int
    cases: int


def _made(service: str) -> Iterator[Made]:
    started = time.process_time()
    for name in sdk_models.names(service):
        found = sdk_models.operation(service, name.partition(":")[2])
        promised, tried = len(clauses(found)), len(cases(found))
        took = time.process_time() - started
        members = sum(1 for side in (found.request, found.response) for _ in paths(side))
        yield Made(name=name, took=took, members=members, clauses=promised, cases=tried)
        started = time.process_time()


def every() -> None:
    """Every operation of the installed SDK: in all, the slowest services, and per member."""
    total: Counter[str] = Counter()
    by_service: dict[str, float] = defaultdict(float)
    by_size: dict[int, list[Made]] = defaultdict(list)
    broken = []
    for service in sdk_models.services():
        try:
            for made in _made(service):
                total.update(operations=1, clauses=made.clauses, cases=made.cases)
                by_service[service] += made.took
                size = next((most for most in SIZES if made.members <= most), 0)
                by_size[size].append(made)
        except (ConformanceError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            broken.append(f"{service}: {error!r}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    counted = ", ".join(f"{count} {what}" for what, count in total.items())
    print(f"every operation            {sum(by_service.values()):6.1f} s on one core  ({counted})")
    print(
        f"                           {peak:6.0f} MB at most, {len(broken)} services with an error"
    )
    for line in broken:
        print(f"    {line}")
    for service in sorted(by_service, key=by_service.__getitem__, reverse=True)[:_SLOWEST]:
        print(f"    {service:<22} {by_service[service]:6.2f} s")
    for size in (*SIZES, 0):
        group = by_size[size]
        if group:
            each = sum(one.took for one in group) / sum(one.members for one in group) * 1e6
            label = f"up to {size} members" if size else "with more members"
            print(f"    {label:<22} {each:6.0f} µs a member  ({len(group)} operations)")


def _took(command: list[str]) -> tuple[float, str]:
    """The seconds of a core that a command took, and what it said."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return took, done.stdout


def collected() -> None:
    """What pytest takes from its start to the list of all the cases of one service."""
    words = ["--collect-only", "-q", "-p", "no:cacheprovider", "--target=url"]
    for service in COLLECTED:
        for more in ([], ["--mutating"]):
            took, said = _took(
                [
                    *(sys.executable, "-m", "pytest", "-p", "conformance.plugin"),
                    *("--pyargs", "conformance.suite", *words, f"--operations={service}:*", *more),
                ]
            )
            listed = sum("::" in line for line in said.splitlines())
            what = f"collection of {service} {' '.join(more)}"
            print(f"{what:<26} {took:6.2f} s of a fresh process, {listed} cases")


def listed() -> None:
    """What the ``operations`` command takes for the same services."""
    for service in COLLECTED:
        took, _ = _took([sys.executable, "-m", "conformance", "operations", service])
        print(f"operations {service:<15} {took:6.2f} s of a fresh process")


def resources() -> None:
    """What the ``resources`` command takes for every service, and how many there are."""
    took, said = _took([sys.executable, "-m", "conformance", "resources", "--json"])
    known = json.loads(said)
    readers = [one["read"] for one in known if one["read"]]
    shown = sum(len(one["places"]) for one in readers)
    print(
        f"resources of all services  {took:6.1f} s of a fresh process, {len(known)} resources, "
        f"{len(readers)} with a reader, which show {shown} members"
    )


def main() -> None:
    """All of it; the first in a process of its own."""
    subprocess.run([sys.executable, __file__], check=True)
    resources()
    collected()
    listed()


if __name__ == "__main__":
    every()
