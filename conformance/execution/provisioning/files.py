"""Provisioning files: read, checked against their schema and against the SDK's operations.

Parsed once, here: a :class:`Recipe` is valid. Nothing is sent.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jsonschema import Draft202012Validator

from conformance.errors import DocumentError, UsageError
from conformance.execution.provisioning.ownership import makes_own, named, require_own
from conformance.execution.provisioning.templating import answers_named, names_in
from conformance.spec import reading
from conformance.spec.files import folder
from conformance.spec.operation import Operation
from conformance.spec.registry import registry
from conformance.spec.sdk_models.discovery import singular

FORMAT = "aws-conformance-provisioning/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call that a file describes; ``params`` hold placeholders."""

    operation: Operation
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Until:
    """What is asked, over and over, until its answer says that a thing is ready."""

    request: Request
    path: str
    equals: Any
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One kind of thing: how it is made, how often, how it is taken down.

    ``provides`` are members (``KeyId``, or ``GetParameter*.Name`` for some operations
    alone) and the values for them. Without ``undo`` a thing goes with another. ``needs`` are
    the steps whose things or answers it cannot do without.
    """

    name: str
    make: Request
    times: int
    provides: Mapping[str, Any] = field(default_factory=dict)
    undo: Request | None = None
    until: Until | None = None
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All that is made for one service.

    ``valid`` are calls that will be accepted; of several of one operation the first is its
    baseline.
    """

    service: str
    steps: Sequence[Step]
    valid: Sequence[Request] = ()

    def __str__(self) -> str:
        return f"{self.service}: {counted({step.name: step.times for step in self.steps})}"


def counted(counts: Mapping[str, int]) -> str:
    """How many there are of each thing, in words: ``6 keys, 1 alias``."""
    return ", ".join(
        f"{count} {singular(name) if count == 1 else name}" for name, count in counts.items()
    )


@lru_cache(maxsize=1)
def _format() -> Draft202012Validator:
    return Draft202012Validator(reading.read_json(folder("schemas") / "provisioning.schema.json"))


def read(path: Path, protocol: str | None = None) -> Recipe:
    """Read one file. Raises :class:`DocumentError` or :class:`UsageError`, with one sentence.

    ``protocol`` is the one to speak where a service answers several.
    """
    try:
        document = reading.read_toml(path)
    except OSError as error:
        raise DocumentError(f"{path} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise DocumentError(f"{path} is no TOML: {error}.") from error
    return parse(document, name=str(path), protocol=protocol)


def parse(document: Mapping[str, Any], *, name: str, protocol: str | None = None) -> Recipe:
    """Make a recipe of a file's content; ``name`` is what messages call it."""
    problem = next(iter(_format().iter_errors(document)), None)
    if problem is not None:
        raise DocumentError(f"{name} is broken at {problem.json_path}: {problem.message[:200]}.")
    reader = _Reader(name, document["service"], protocol)
    steps = [reader.step(one) for one in document["steps"]]
    valid = [
        reader.request(call, params)
        for call, given in document.get("valid", {}).items()
        for params in (given if isinstance(given, list) else [given])
    ]
    return Recipe(service=document["service"], steps=tuple(steps), valid=tuple(valid))


class _Reader:
    """Reads the steps of one file in their order; each may use the answers of those before."""

    def __init__(self, name: str, service: str, protocol: str | None) -> None:
        self._name = name
        self._service = service
        self._protocol = protocol
        self._known: set[str] = set()
        self._own: set[str] = set()

    def step(self, table: Mapping[str, Any]) -> Step:
        make = self.request(table["call"], table.get("params", {}))
        if table["name"] in self._known:
            raise DocumentError(f"{self._name} has two steps that are named {table['name']!r}.")
        with_whom = table.get("goesWith")
        if with_whom is not None and with_whom not in self._known:
            raise DocumentError(f"{self._name}: no step before is named {with_whom!r}.")
        self._known.add(table["name"])
        if makes_own(make.operation, make.params, self._own):
            self._own.add(table["name"])
        until = table.get("until")
        needs = {name for name, _ in answers_named(table)}
        needs |= {with_whom} if with_whom else set()
        self._check(table.get("provides", {}))
        return Step(
            name=table["name"],
            make=make,
            times=table.get("times", 1),
            provides=table.get("provides", {}),
            undo=self._undo(table["name"], make, table.get("undo")),
            until=until
            and Until(
                request=self.request(until["call"], until.get("params", {})),
                path=until["path"],
                equals=until["equals"],
                seconds=until.get("seconds", 30),
            ),
            needs=frozenset(needs - {table["name"]}),
        )

    def _undo(self, step: str, make: Request, table: Mapping[str, Any] | None) -> Request | None:
        if table is None:
            return None
        undo = self.request(table["call"], table.get("params", {}))
        made = list(named(make.operation, make.params))
        try:
            require_own(step, made, (undo.operation, undo.params), self._own)
        except DocumentError as error:
            raise DocumentError(f"{self._name}: {error}") from error
        return undo

    def request(self, call: str, params: Mapping[str, Any]) -> Request:
        service, _, name = call.rpartition(":")
        try:
            operation = registry(self._protocol).find(f"{service or self._service}:{name}")
        except UsageError as error:
            raise DocumentError(f"{self._name}: {error}") from error
        for member in params:
            if member not in operation.members:
                raise DocumentError(f"{self._name}: {operation.id} has no member {member!r}.")
        self._check(params)
        return Request(operation=operation, params=params)

    def _check(self, table: Mapping[str, Any]) -> None:
        for step, path in answers_named(table):
            if step not in self._known:
                raise DocumentError(f"{self._name}: no step before is named {step!r}.")
            try:
                jmespath.compile(path)
            except JMESPathError as error:
                raise DocumentError(f"{self._name}: {path!r} is no jmespath.") from error
        for name in names_in(table):
            raise DocumentError(
                f"{self._name}: there is no ${{{name}}}; there are "
                "${unique}, ${number} and ${region}."
            )


@lru_cache(maxsize=1)
def shipped() -> Mapping[str, Path]:
    """The files that ship with the suite, by their services."""
    return {path.stem: path for path in sorted(folder("schemas").glob("provisioning/*.toml"))}


def own_services(own: Sequence[Path], protocol: str | None = None) -> dict[str, Path]:
    """The services for which a user's own files make things. Raises :class:`DocumentError`."""
    return {read(path, protocol).service: path for path in own}


def recipes(
    services: Iterable[str], own: Sequence[Path] = (), protocol: str | None = None
) -> Iterator[Recipe]:
    """What is made for some services; ``own`` files go before the shipped ones of a service.

    Raises :class:`DocumentError` for a file that is broken, whether it is needed or not.
    """
    mine = {recipe.service: recipe for recipe in (read(path, protocol) for path in own)}
    for service in sorted(set(services)):
        if service in mine:
            yield mine[service]
        elif service in shipped():
            yield read(shipped()[service], protocol)
