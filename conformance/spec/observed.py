"""The layer of observations: files of facts, those that ship and a user's own, over operations.

Facts lower what is required as they are. They add no more than a ``should``, and that only where
several independent answers agree.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from conformance.errors import DocumentError
from conformance.spec import reading
from conformance.spec.files import folder
from conformance.spec.levels import LEVELS, SourceKind
from conformance.spec.observations import (
    NOTHING,
    Observations,
    Seen,
    SeenClause,
    lacked,
    parsed,
    promised,
)
from conformance.spec.operation import Operation
from conformance.spec.rules import Params, Unknown
from conformance.spec.sdk_models.loader import written
from conformance.spec.values import paths

FORMAT = "aws-conformance-observed/1"
#: The folder below ``schemas/`` of the files that ship, one for each service.
FOLDER = "observed"

_used: list[Mapping[str, Observations]] = []


@lru_cache(maxsize=1)
def _validator() -> Draft202012Validator:
    return Draft202012Validator(reading.read_json(folder("schemas") / "observed.schema.json"))


def read(path: Path) -> Mapping[str, Observations]:
    """The facts in a file, by the operation's id. Raises :class:`DocumentError`."""
    try:
        data = reading.read_json(path)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise DocumentError(f"{path} cannot be read as observations: {why}.") from error
    problem = next(iter(_validator().iter_errors(data)), None)
    if problem is not None:
        raise DocumentError(f"{path} is broken at {problem.json_path}: {problem.message[:200]}.")
    try:
        sources = data["sources"]
        return {name: parsed(one, sources) for name, one in data["operations"].items()}
    except (LookupError, ValueError) as error:
        raise DocumentError(f"{path} is broken: {error!r}.") from error


@lru_cache(maxsize=64)
def shipped(service: str) -> Mapping[str, Observations]:
    """The facts of a service that ship with the suite, by the operation's id."""
    path = folder("schemas") / FOLDER / f"{service}.json"
    return read(path) if path.is_file() else {}


def use(files: Iterable[Path]) -> None:
    """From now on these files speak beside those that ship. Raises :class:`DocumentError`."""
    found = [read(path) for path in files]
    if found or _used:
        _used[:] = found
        layered.cache_clear()


def of(operation_id: str) -> Observations:
    """All that was seen of an operation."""
    found = shipped(operation_id.partition(":")[0]).get(operation_id, NOTHING)
    for one in _used:
        found = found + one.get(operation_id, NOTHING)
    return replace(found, absent=_absent(operation_id.partition(":")[0])) if found else NOTHING


def _absent(service: str) -> tuple[str, ...]:
    """The codes that operations of a service gave for what is unknown, in their order."""
    found = {
        error.code
        for file in (shipped(service), *_used)
        for name, seen in file.items()
        if name.startswith(f"{service}:")
        for error in seen.errors_when("unknown")
    }
    return tuple(sorted(found))


@lru_cache(maxsize=512)
def layered(operation: Operation) -> Operation:
    """The operation with what AWS was seen to answer; the same where nothing was seen."""
    seen = of(operation.id)
    if not seen:
        return operation
    present = promised(seen.members, _undecided(operation), written(operation.service))
    seen = replace(seen, clauses=(*seen.clauses, *_lacked(operation, seen)))
    known = json.dumps([repr(seen), sorted(present)])
    return replace(
        operation,
        observed=seen,
        present={**present, **operation.present},
        rules=(*operation.rules, *_unknown(operation, seen)),
        digest="sha256:" + hashlib.sha256((operation.digest + known).encode()).hexdigest(),
    )


def _lacked(operation: Operation, seen: Observations) -> Iterator[SeenClause]:
    """Members that every printed sample shows, and not every answer of AWS does."""
    parents = {path: schema for path, _, schema in paths(operation.response)}
    for path in operation.present:
        parent, _, name = path.rpartition("/")
        if name in parents.get(parent, operation.response).get("required", ()):
            continue  # an answer that lacks one of these is a fact of its own
        found = lacked(seen.members, path)
        if found is not None:
            yield SeenClause(
                path=f"response/{path}/present",
                seen=Seen.DEPARTED,
                sources=found.sources,
            )


def _undecided(operation: Operation) -> Iterator[str]:
    """The members of a response of which it is open whether they may be absent.

    A token is absent on the last page. Of headers with a prefix it was not seen: where there are
    none, the SDK makes an empty map.
    """
    paging = operation.pagination
    absent = {paging.output_token, paging.more} if paging else set()
    absent |= {path for _, path in paging.further} if paging else set()
    members = operation.response["properties"].items()
    absent |= {name for name, member in members if member.get("location") == "headers"}
    return (path for path, _, _ in paths(operation.response) if path not in absent)


def _unknown(operation: Operation, seen: Observations) -> Iterator[Unknown]:
    """The rule that what is unknown is refused, where AWS refused it and no source says so.

    It has to be clear which member names the unknown thing: one that is listed somewhere.
    """
    refused = seen.errors_when("unknown")
    names = [name for name in sorted(operation.required) if operation.is_opaque(name)]
    if not refused or seen.deletes_unknown() or len(names) != 1 or operation.rules_of(Unknown):
        return
    (name,) = names
    if name not in operation.resources or not operation.resources[name].places:
        return
    if operation.members[name].get("type") != "string" or not operation.baselines:
        return
    params: Params = {**operation.baselines[0].params, name: {"unknown": name}}
    yield Unknown(
        id=f"unknown-{name}",
        level=LEVELS["the error that AWS gives"][SourceKind.OBSERVATION],
        section="Errors",
        promise=f"an unknown {name} is answered with no success",
        params=params,
    )


def data(operations: Mapping[str, Mapping[str, Any]], sources: list[str]) -> dict[str, Any]:
    """A file of facts."""
    return {"format": FORMAT, "sources": sources, "operations": dict(operations)}
