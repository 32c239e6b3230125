"""Two versions of the SDK over the same calls: services in parallel, each pair in its thread."""

import fnmatch
import os
import queue
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.errors import UnknownNameError
from conformance.sdk_gate.causes import Causes
from conformance.sdk_gate.differences import BOUNDS, Difference, Kind, Outcome, of_outcomes
from conformance.sdk_gate.process import Driver, DriverError, Version

#: How many calls are carried out at a time, so that memory does not grow with a service.
_AT_ONCE = 120

#: The variants of calls whose requests others have already shown.
_OF_ERRORS = frozenset({"error", "failing"})

#: What differs in these kinds, no model says: it is found in every operation of a service.
_OF_SERVICES = frozenset({Kind.PROTOCOL, Kind.ENDPOINT, Kind.HEADER, Kind.CHECKSUM})

Call = Mapping[str, Any]
Digests = Mapping[str, str]
Chooses = Callable[[str, Digests, Digests], Iterable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One version: its interpreter, and what its clients have beside the defaults."""

    interpreter: Path
    config: Mapping[str, Any] = field(default_factory=dict)
    config_file: Path | None = None

    def driver(self) -> Driver:
        """A driver of this version."""
        return Driver(self.interpreter, config=self.config, config_file=self.config_file)


@dataclass(slots=True, kw_only=True)
class Comparison:
    """What came of comparing two versions.

    ``problems`` are sentences about what could not be compared.
    """

    old: Version
    new: Version
    causes: Causes = field(default_factory=Causes)
    operations: int = 0
    calls: int = 0
    problems: list[str] = field(default_factory=list)


class _Pair:
    """Two drivers that carry out the same calls."""

    def __init__(self, old: Side, new: Side) -> None:
        self.old, self.new = old.driver(), new.driver()

    def close(self) -> None:
        self.old.close()
        self.new.close()

    def outcomes(self, calls: Sequence[Call]) -> Iterable[tuple[Call, Any, Any]]:
        """Each call with what came of it in both versions."""
        for start in range(0, len(calls), _AT_ONCE):
            some = [dict(one) for one in calls[start : start + _AT_ONCE]]
            before = self.old.ask("run", calls=some)
            for number, call in enumerate(some):
                if call.get("variant") == "full" and "raised" in before[number]:
                    some[number] = self.old.ask("lessened", call=call)
                    before[number] = self.old.ask("run", calls=[some[number]])[0]
            after = self.new.ask("run", calls=some)
            for number, call in enumerate(some):
                if "request" in before[number] and _is_short(after[number]):
                    yield call, before[number], after[number]
                    some[number] = self.new.ask("padded", call=call)
                    before[number] = self.old.ask("run", calls=[some[number]])[0]
                    after[number] = self.new.ask("run", calls=[some[number]])[0]
            yield from zip(some, before, after, strict=True)


def _is_short(outcome: Outcome) -> bool:
    """Whether a call was refused as its values, which mean nothing, are too small."""
    raised = outcome.get("raised", ["", ""])
    return raised[0] == "ParamValidationError" and any(one in raised[1] for one in BOUNDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One service's part of a comparison.

    ``chooses`` picks operations by their digests; ``patterns`` are the names that were asked for.
    """

    service: str
    chooses: Chooses
    patterns: Sequence[str] = ()


class Comparer:
    """Compares two versions over services, in as many threads as there are processors."""

    def __init__(self, old: Side, new: Side, progress: Callable[[int, int, str], None]) -> None:
        self._sides = old, new
        self._progress = progress
        self._lock = threading.Lock()
        self._done = 0
        with old.driver() as before, new.driver() as after:
            self.result = Comparison(old=before.version(), new=after.version())
            self.files = before.ask("files"), after.ask("files")
            handled = {tuple(one) for one in (*before.ask("handled"), *after.ask("handled"))}
        self.handled: set[tuple[str, str]] = handled

    # ------------------------------------------------------------ which operations

    def differing(self) -> list[Work]:
        """The operations whose models differ, and those that the SDK's own code treats apart."""
        before, after = self.files
        own = {service for service, _ in self.handled}
        services = {
            one
            for one in before.keys() | after.keys()
            if before.get(one) != after.get(one) or one.replace("-", "") in own
        }
        return [Work(service=one, chooses=self._differing) for one in sorted(services)]

    def _differing(self, service: str, before: Digests, after: Digests) -> Iterable[str]:
        folded = service.replace("-", "")
        for name, digest in before.items():
            apart = (folded, name) in self.handled or (folded, "") in self.handled
            if apart or after.get(name) != digest:
                yield name
        was, now = (files.get(service, ["", "", 0])[1] for files in self.files)
        if was != now:  # one call shows what the endpoint has become
            yield next(iter(before), "")

    def whole(self) -> list[Work]:
        """Every operation of both versions."""
        services = self.files[0].keys() | self.files[1].keys()
        return [Work(service=one, chooses=lambda _, old, __: old) for one in sorted(services)]

    def named(self, patterns: Sequence[str]) -> list[Work]:
        """The operations that patterns name. Raises :class:`UnknownNameError` for none."""
        services = sorted(self.files[0].keys() | self.files[1].keys())
        found: dict[str, list[str]] = {}
        for pattern in patterns:
            service, _, name = pattern.partition(":")
            matching = fnmatch.filter(services, service)
            if not matching:
                raise UnknownNameError("service", service, services)
            for one in matching:
                found.setdefault(one, []).append(name or "*")
        return [
            Work(service=one, chooses=_matching(names), patterns=names)
            for one, names in found.items()
        ]

    # ------------------------------------------------------------ the comparison

    def compare(self, works: Sequence[Work]) -> Comparison:
        """Compare the services' operations. Raises :class:`DriverError`."""
        return self._parallel({one.service: one for one in works}, self._service)

    def compare_calls(self, calls: Sequence[Call]) -> Comparison:
        """Compare calls that were made elsewhere, service by service."""
        services: dict[str, list[Call]] = {}
        for call in calls:
            services.setdefault(call["service"], []).append(call)
        return self._parallel(services, self._calls)

    def _parallel(self, works: Mapping[str, Any], do: Callable[[_Pair, Any], object]) -> Comparison:
        """Do each service's work; the largest models go first, so that none is left for the end."""
        todo: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        for work in sorted(works.items(), key=lambda one: -self._size(one[0])):
            todo.put(work)
        failed: list[BaseException] = []
        self._done = 0

        def run() -> None:
            pair = _Pair(*self._sides)
            try:
                while not failed:
                    try:
                        name, work = todo.get_nowait()
                    except queue.Empty:
                        return
                    do(pair, work)
                    with self._lock:
                        self._done += 1
                        self._progress(self._done, len(works), name)
            except BaseException as error:  # raised again where it is waited for
                failed.append(error)
            finally:
                pair.close()

        threads = [
            threading.Thread(target=run, daemon=True)
            for _ in range(max(1, min(os.cpu_count() or 1, len(works))))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failed:
            raise failed[0]
        return self.result

    def _size(self, service: str) -> int:
        return int(self.files[0].get(service, ["", "", 0])[2])

    def _service(self, pair: _Pair, work: Work) -> None:
        service = work.service
        before = pair.old.ask("digests", service=service)
        after = pair.new.ask("digests", service=service)
        for name in work.patterns:
            if not fnmatch.filter([*before, *after], name):
                self._problem(f"Neither version has an operation {service}:{name}.")
        chosen = [one for one in dict.fromkeys(work.chooses(service, before, after)) if one]
        if not before:
            self._add(f"{service}:*", "", _new_service(service))
            return
        if not after:
            self._add(f"{service}:*", "", _gone_service(service))
            return
        for name in work.chooses(service, after, before):
            if name and name not in before:
                self._add(f"{service}:{name}", "", _new_operation(service, name))
        made = pair.old.ask("calls", service=service, operations=chosen)
        if "why" in made:
            self._problem(
                f"{service} has no client in boto3 {self.result.old.boto3}: {made['why']}"
            )
            return
        kinds = self._calls(pair, made["calls"])
        rest = [one for one in before if one not in chosen]
        if kinds & _OF_SERVICES and not work.patterns:
            more = pair.old.ask("calls", service=service, operations=rest)
            self._calls(pair, more["calls"])

    def _calls(self, pair: _Pair, calls: Sequence[Call]) -> set[Kind]:
        """Compare calls of one service; return the kinds of what differs."""
        kinds: set[Kind] = set()
        for call, before, after in pair.outcomes(calls):
            service, operation = call["service"], call["operation"]
            variant = call.get("variant", "")
            required = call.get("reply", {}).get("required", ())
            for found in of_outcomes(service, operation, before, after, required):
                kinds.add(found.kind)
                if variant not in _OF_ERRORS or found.kind in {Kind.ERROR, Kind.GONE, Kind.ANSWER}:
                    self._add(f"{service}:{operation}", variant, found)
        with self._lock:
            self.result.calls += len(calls)
            self.result.operations += len({call["operation"] for call in calls})
        return kinds

    def _add(self, call: str, variant: str, difference: Difference) -> None:
        with self._lock:
            self.result.causes.add(call, variant, difference)

    def _problem(self, sentence: str) -> None:
        with self._lock:
            self.result.problems.append(sentence)


def _matching(names: Sequence[str]) -> Chooses:
    def chooses(_: str, digests: Digests, __: Digests) -> list[str]:
        return [one for one in digests if any(fnmatch.fnmatchcase(one, name) for name in names)]

    return chooses


def _new_service(service: str) -> Difference:
    return Difference(
        kind=Kind.NEW,
        cause=("services",),
        sentence="There are new services",
        before=f"no {service}",
        after=service,
    )


def _new_operation(service: str, name: str) -> Difference:
    return Difference(
        kind=Kind.NEW,
        cause=("operations",),
        sentence="There are new operations",
        before=f"no {service}:{name}",
        after=f"{service}:{name}",
    )


def _gone_service(service: str) -> Difference:
    return Difference(
        kind=Kind.GONE,
        cause=(service, "service"),
        sentence=f"The SDK has no {service} any more",
        before=service,
        after=f"no {service}",
        breaking=True,
    )


__all__ = ["Comparer", "Comparison", "DriverError", "Side", "Work"]
