"""Checks of a success: its status and members; of every answer: content type and request id."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from conformance.checks import timestamps
from conformance.checks.answers import neighbour_accepted
from conformance.checks.errors import refusals
from conformance.checks.evidence import Evidence, encodable
from conformance.checks.findings import Finding, FindingBuilder
from conformance.checks.misnamed_members import BESIDE, MOST_ITEMS, Hidden, hidden, misspelt
from conformance.checks.transport import VALID
from conformance.generation.member_clauses import CONSTRAINTS
from conformance.generation.plans import Expect
from conformance.protocols.http import Exchange
from conformance.spec.levels import Level
from conformance.spec.operation import Operation, Schema
from conformance.spec.values import KEYWORDS, has_type

#: Bounds from below: real answers hold empty strings, empty lists and zeros in spite of them.
_TOLERATES_EMPTY = frozenset(
    {"minLength", "minItems", "minProperties", "minimum", "pattern", "enum"}
)


def _successes(evidence: Evidence) -> Iterator[Exchange]:
    if evidence.case.expect in VALID:
        yield from (exchange for exchange in evidence.exchanges if exchange.succeeded)


def status(evidence: Evidence) -> Iterator[Finding]:
    """A success has exactly the documented status."""
    bench = FindingBuilder(evidence, "status")
    documented = evidence.operation.http.status
    for exchange in _successes(evidence):
        if exchange.status == documented:
            yield from bench.passed("response/status")
        else:
            yield from bench.broken(
                "response/status", observed=str(exchange.status), exchange=exchange
            )


def content_type(evidence: Evidence) -> Iterator[Finding]:
    """An answer is sent in the protocol's form, and says so in the headers that it has for that."""
    bench = FindingBuilder(evidence, "content-type")
    told = [("response/content-type", exchange) for exchange in _successes(evidence)]
    told += [("errors/content-type", exchange) for exchange in _broken_constraints(evidence)]
    for path, exchange in told:
        response = exchange.response
        assert response is not None
        if evidence.protocol.is_media_type(evidence.operation, response):
            yield from bench.passed(path)
        elif response.body:
            yield from bench.broken(
                path,
                observed=response.header("content-type") or "no Content-Type",
                exchange=exchange,
            )
    for name, value in evidence.protocol.headers.items():
        yield from _in_headers(bench, evidence, name, value)


def _in_headers(
    bench: FindingBuilder, evidence: Evidence, name: str, value: str
) -> Iterator[Finding]:
    for exchange in (*_successes(evidence), *_told_refusals(evidence)):
        assert exchange.response is not None
        said = exchange.response.header(name)
        if said == value:
            yield from bench.passed(f"response/{name}")
        else:
            yield from bench.broken(
                f"response/{name}",
                observed=f"no {name}" if said is None else f"{name}: {said}",
                exchange=exchange,
            )


def _broken_constraints(evidence: Evidence) -> Iterator[Exchange]:
    """The answers of the service itself that say that a constraint is broken.

    Other refusals may be those of a gateway, which speaks no protocol.
    """
    if evidence.case.expect is Expect.REFUSED and not neighbour_accepted(evidence):
        for exchange in refusals(evidence):
            if exchange.status == 400 and evidence.error(exchange).readable:
                yield exchange


def _told_refusals(evidence: Evidence) -> Iterator[Exchange]:
    """The refusals that name an error in the protocol's form: the service's, not a gateway's."""
    for exchange in refusals(evidence):
        error = evidence.error(exchange)
        if error.readable and error.type and exchange.status not in {401, 403}:
            yield exchange


def request_id(evidence: Evidence) -> Iterator[Finding]:
    """Every answer names its request id where the SDK looks for it."""
    bench = FindingBuilder(evidence, "request-id")
    for exchange in (*_successes(evidence), *_told_refusals(evidence)):
        response = exchange.response
        assert response is not None
        if evidence.protocol.names_request(response):
            yield from bench.passed("response/request-id")
        else:
            yield from bench.broken(
                "response/request-id",
                expected=f"a request id in {evidence.protocol.request_id_places}",
                observed=f"{response.status} without one",
                exchange=exchange,
                cause="none",
            )


def members(evidence: Evidence) -> Iterator[Finding]:
    """Every member that is there has the documented type and keeps its constraints."""
    bench = FindingBuilder(evidence, "members")
    for exchange in _successes(evidence):
        content = evidence.body(exchange)
        if content is None:
            continue
        for path, problem in _opinion(_content(evidence, exchange, content))[0]:
            if problem is None:
                yield from bench.passed(path)
            else:
                yield from bench.broken(
                    path,
                    observed=problem,
                    exchange=exchange,
                    level=Level.SHOULD if isinstance(problem, _Hollow) else None,
                    cause="broken",
                )


def spelling(evidence: Evidence) -> Iterator[Finding]:
    """No member stands under a name that is almost the documented one."""
    bench = FindingBuilder(evidence, "spelling")
    for exchange in _successes(evidence):
        content = evidence.body(exchange)
        if not content:
            continue
        _, near, strange = _opinion(_content(evidence, exchange, content))
        for wrong, right in near:
            yield from bench.broken(
                "response/names",
                expected=f"the member {right}",
                observed=f"the member {wrong}",
                exchange=exchange,
                cause=right,
            )
        if strange is not None:
            yield from bench.broken(
                "response/names",
                expected="the described members where clients look for them",
                observed=f"none of them there, but some in {strange.name}",
                exchange=exchange,
                level=Level.MUST if strange.certain else None,
                cause="hidden",
            )
        elif not near:
            yield from bench.passed("response/names")


@dataclass(frozen=True, slots=True)
class _Content:
    """What an answer of an operation holds; two are alike whose bytes are.

    ``beside`` are status and headers, where members stand there.
    """

    operation: Operation
    body: bytes
    beside: tuple[object, ...]
    content: Mapping[str, Any] = field(compare=False)


def _content(evidence: Evidence, exchange: Exchange, content: Mapping[str, Any]) -> _Content:
    response = exchange.response
    assert response is not None
    members = evidence.operation.response.get("properties", {}).values()
    bound = any(member.get("location") in BESIDE for member in members)
    beside = (response.status, response.headers) if bound else ()
    return _Content(evidence.operation, response.body, beside, content)


class _NoMoment(str):
    """What is said of a value that names no moment."""

    __slots__ = ()


class _Hollow(str):
    """What is said of a list whose items are there and hold nothing."""

    __slots__ = ()


Judged = tuple[str, str | None]
_Opinion = tuple[tuple[Judged, ...], tuple[tuple[str, str], ...], Hidden | None]
#: A target gives the same answers again and again; longer ones, in bytes, are not remembered.
_REMEMBERED = 16 * 1024


def _opinion(answer: _Content) -> _Opinion:
    """What there is to say of an answer's members, of its misspelt names, and of what it hides."""
    if len(answer.body) > _REMEMBERED:
        return _form_opinion.__wrapped__(answer)
    return _form_opinion(answer)


@lru_cache(maxsize=1024)
def _form_opinion(answer: _Content) -> _Opinion:
    schema = answer.operation.response
    judged = dict.fromkeys(
        (path, problem)
        for path, problem in _object(answer.content, schema, "response")
        if answer.operation.states_timestamps or not isinstance(problem, _NoMoment)
    )
    near = tuple(sorted(set(misspelt(answer.content, schema))))
    # where members may be absent, those that are there may be hidden under other names
    guessed = None if answer.operation.states_presence else hidden(answer.operation, answer.content)
    return tuple(judged), near, guessed


def _object(value: Mapping[str, Any], schema: Schema, path: str) -> Iterator[Judged]:
    for name, inner in schema.get("properties", {}).items():
        here = f"{path}/{name}"
        if value.get(name) is None:
            # an absent member breaks something only where its presence is a clause
            yield f"{here}/present", "null" if name in value else "absent"
        else:
            yield f"{here}/present", None
            yield from _value(value[name], inner, here)


def _value(value: Any, schema: Schema, path: str) -> Iterator[Judged]:
    if not has_type(value, schema):
        yield f"{path}/type", f"{_shown(value)}, of type {_json_type(value)}"
        return
    if isinstance(value, str) and not encodable(value):
        yield f"{path}/type", f"{_shown(value)}, which no encoding carries"
        return
    if schema.get("contentEncoding") == "base64":
        decoded = _decoded(value)
        if decoded is None:
            yield f"{path}/type", f"{_shown(value)}, which is no base64"
            return
        value = decoded
    listed = path.endswith("/item") and isinstance(value, Mapping)
    if listed and not _knows_any(value, schema):
        yield f"{path}/type", f"an object without any of the documented members: {_shown(value)}"
        return
    if "format" in schema:
        tells = timestamps.told(value, schema)
        if tells is timestamps.Told.NOT_AT_ALL:
            yield f"{path}/type", _NoMoment(f"{_shown(value)}, which is no moment")
            return
        other = tells is timestamps.Told.OTHERWISE
        yield f"{path}/format", _shown(value) if other else None
    yield f"{path}/type", None
    for keyword in CONSTRAINTS.keys() & schema.keys():
        kept = (keyword in _TOLERATES_EMPTY and not value) or KEYWORDS[keyword](
            value, schema[keyword]
        )
        yield f"{path}/{keyword}", None if kept else _shown(value)
    if isinstance(value, Mapping):
        yield from _object(value, schema, path)
        inner = schema.get("additionalProperties")
        if isinstance(inner, Mapping):
            for key, item in value.items():
                yield from _value(key, schema.get("propertyNames", {}), f"{path}/key")
                if item is not None:
                    yield from _value(item, inner, f"{path}/value")
    elif isinstance(value, list):
        if _is_hollow(value, schema.get("items", {})):
            yield f"{path}/item/type", _Hollow(f"nothing but {value[0]} in all {len(value)} items")
        # nulls in lists have been seen in real answers
        for item in (one for one in value[:MOST_ITEMS] if one is not None):
            yield from _value(item, schema.get("items", {}), f"{path}/item")


def _is_hollow(value: list[Any], items: Schema) -> bool:
    """Whether a list of several items holds nothing but nulls, or nothing but empty objects."""
    if len(value) < 2 or value[0] not in (None, {}):
        return False
    hollow = value.count(value[0]) == len(value)
    return hollow and (value[0] is None or bool(items.get("properties")))


def _decoded(text: str) -> str | None:
    """The bytes of a blob, a character each; ``None`` where the text is no base64."""
    try:
        return base64.b64decode(text, validate=True).decode("latin-1")
    except ValueError:
        return None


def _knows_any(value: Mapping[str, Any], schema: Schema) -> bool:
    documented = schema.get("properties")
    return not documented or not value or bool(documented.keys() & value.keys())


_JSON_TYPES = {str: "string", bool: "boolean", int: "number", float: "number", list: "array"}


def _json_type(value: Any) -> str:
    return _JSON_TYPES.get(type(value), "object")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
