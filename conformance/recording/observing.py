"""Reads facts off cassettes of AWS: what it refused, accepted, and answered.

A fact is a code, a status, a number or the name of a member: no value of an answer is taken over.
Only recordings of provenance ``aws`` say anything about AWS.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.checks.errors import COMMON
from conformance.checks.evidence import readable_object
from conformance.checks.findings import Verdict
from conformance.generation.clauses import clauses
from conformance.protocols.http import Exchange, Response
from conformance.protocols.table import PROTOCOLS
from conformance.recording.cassette import Cassette, Entry
from conformance.recording.external.calls import Called, called, findings
from conformance.spec.observations import LEAST_TESTS, Seen
from conformance.spec.observed import data
from conformance.spec.operation import Operation, Schema
from conformance.spec.registry import registry
from conformance.spec.rules import Unknown
from conformance.spec.validity import violated_clauses

KIND = "aws"
#: Parts of clauses whose refusals are about something else than what the operation is asked.
_BESIDE = frozenset({"auth", "protocol", "sdk"})
#: Errors that are about the caller or the moment.
_OF_CALLER = frozenset({401, 403, 404, 405, 429})
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,120}")
_NUMBERS = frozenset({"minimum", "maximum"})


@dataclass(slots=True)
class _Seen:
    """What was seen of one operation until now."""

    operation: Operation
    errors: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    clauses: dict[tuple[Any, ...], dict[str, Any]] = field(default_factory=dict)
    stood: Counter[str] = field(default_factory=Counter)
    possible: Counter[str] = field(default_factory=Counter)
    answers: int = 0
    tests: set[str] = field(default_factory=set)
    sources: set[int] = field(default_factory=set)


def facts(cassettes: Iterable[Cassette]) -> dict[str, Any]:
    """The file of facts that the cassettes of AWS among these show; others show none."""
    sources: dict[str, int] = {}
    seen: dict[str, _Seen] = {}
    for cassette in cassettes:
        if cassette.kind != KIND:
            continue
        about = cassette.metadata
        label = f"recordings of {KIND}, {about.get('region')}, {about.get('recorded')}"
        source = sources.setdefault(label, len(sources))
        for entry in cassette.entries:
            operation = registry().get(entry.operation)
            if operation is not None and isinstance(entry.outcome, Response):
                one = seen.setdefault(operation.id, _Seen(operation))
                _look(one, cassette, entry, entry.outcome, source)
    found = {name: _as_data(one) for name, one in sorted(seen.items())}
    return data({name: one for name, one in found.items() if one}, list(sources))


def _look(seen: _Seen, cassette: Cassette, entry: Entry, answer: Response, source: int) -> None:
    name, clause = str(cassette.metadata["name"]), str(cassette.metadata.get("clause") or "")
    part = clause.partition("/")[2].partition("/")[0]
    call = called(seen.operation, entry.request, answer, entry.request)
    if call.fidelity.altered:
        return  # it is not what AWS sent
    if call.exchange.succeeded:
        _look_at_success(seen, call, name, source)
    elif 400 <= answer.status < 500 and part not in _BESIDE:
        _look_at_error(seen, call, answer, clause, source)


def _look_at_success(seen: _Seen, call: Called, name: str, source: int) -> None:
    for finding in findings(call, f"{seen.operation.id}/observed"):
        path = finding.clause.partition("/")[2]
        if finding.verdict not in {Verdict.FAIL, Verdict.WARN, Verdict.OBSERVED}:
            continue
        if path.startswith("response/"):
            _count(seen.clauses, (path, Seen.DEPARTED), source)
        elif path.startswith(("request/", "rules/")):
            _count(seen.clauses, (path, Seen.ACCEPTED), source)
    protocol = PROTOCOLS[seen.operation.protocol]
    body = readable_object(seen.operation, protocol, call.exchange.response)
    if body is not None:
        seen.answers += 1
        seen.tests.add(name)
        seen.sources.add(source)
        for path, stands in _members(body, seen.operation.response, ""):
            seen.possible[path] += 1
            seen.stood[path] += stands


def _members(value: Any, schema: Schema, path: str) -> Iterator[tuple[str, bool]]:
    """Every member that could stand in a value, and whether it does."""
    if isinstance(value, Mapping):
        for name, inner in schema.get("properties", {}).items():
            here = f"{path}/{name}" if path else name
            yield here, value.get(name) is not None
            yield from _members(value.get(name), inner, here)
        inner = schema.get("additionalProperties")
        if isinstance(inner, Mapping):
            for one in value.values():
                yield from _members(one, inner, f"{path}/value")
    elif isinstance(value, list):
        for one in value:
            yield from _members(one, schema.get("items", {}), f"{path}/item")


def _look_at_error(seen: _Seen, call: Called, answer: Response, clause: str, source: int) -> None:
    operation = seen.operation
    code = PROTOCOLS[operation.protocol].error(answer).type
    if code is None or not _CODE.fullmatch(code) or answer.status in {401, 429}:
        return
    if answer.status == 403 and code in COMMON:
        return
    found = _count(seen.errors, (code, answer.status), source)
    if isinstance(operation.rule(clause), Unknown):
        found["when"] = ["unknown"]
    known = clauses(operation)
    violated = [one for one in violated_clauses(operation, call.exchange.params) if one in known]
    if len(violated) == 1 and answer.status not in _OF_CALLER:
        path = violated[0].partition("/")[2]
        found = _count(seen.clauses, (path, Seen.HELD, code, answer.status), source)
        value = _number(call.exchange, path)
        if value is not None:
            nearest = min if path.endswith("/maximum") else max
            found["value"] = nearest(value, found.get("value", value))


def _number(exchange: Exchange, path: str) -> int | float | None:
    """The number that violates a bound of an outermost member; ``None`` for anything else."""
    part, _, rest = path.partition("/")
    member, _, keyword = rest.partition("/")
    value = exchange.params.get(member)
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return value if part == "request" and keyword in _NUMBERS and plain else None


def _count(known: dict[Any, dict[str, Any]], key: Any, source: int) -> dict[str, Any]:
    found = known.setdefault(key, {"recordings": 0, "from": []})
    found["recordings"] += 1
    if source not in found["from"]:
        found["from"].append(source)
    return found


def _as_data(seen: _Seen) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """What was seen of an operation, in the form of the file."""
    errors = [
        {"code": code, "status": status, **found} for (code, status), found in seen.errors.items()
    ]
    kept: list[Mapping[str, Any]] = []
    for (path, what, *rest), found in seen.clauses.items():
        answer = dict(zip(("code", "status"), rest, strict=False))
        kept.append({"path": path, "seen": str(what), **answer, **found})
    always = {
        path: count
        for path, count in sorted(seen.stood.items())
        if count == seen.possible[path] and count >= LEAST_TESTS
    }
    members = [
        {
            "always": always,
            "answers": seen.answers,
            "tests": len(seen.tests),
            "from": sorted(seen.sources),
        }
    ]
    parts: dict[str, Sequence[Mapping[str, Any]]] = {
        "errors": errors,
        "clauses": kept,
        "members": members if always else [],
    }
    return {name: ones for name, ones in parts.items() if ones}
