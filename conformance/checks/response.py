"""Checks of a success: its status, its members and their names.

They know the documented schema, and neither the request nor the transport.
"""

import base64
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from conformance.checks import timestamps
from conformance.checks.evidence import PRINTED, REMEMBERED, Evidence, encodable
from conformance.checks.findings import Finding, FindingBuilder
from conformance.checks.misnamed_members import BESIDE, MOST_ITEMS, Hidden, hidden, misspelt
from conformance.generation.member_clauses import CONSTRAINTS
from conformance.protocols.http import Exchange
from conformance.spec.levels import Level
from conformance.spec.operation import Operation, Schema
from conformance.spec.patterns import matches
from conformance.spec.validity import KEYWORDS, has_type

#: Lower bounds: real responses hold empty strings, empty lists and zeros in spite of them.
_TOLERATES_EMPTY = frozenset(
    {"minLength", "minItems", "minProperties", "minimum", "pattern", "enum"}
)


def status(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """A success has exactly the documented status."""
    documented = evidence.operation.http.status
    for exchange in evidence.successes:
        yield from findings.judged(
            "response/status",
            exchange.status == documented,
            observed=str(exchange.status),
            exchange=exchange,
        )


def members(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """Every member has the documented type and satisfies its constraints."""
    for exchange in evidence.successes:
        content = evidence.body(exchange)
        if content is None:
            continue
        for path, problem in _opinion(_content(evidence, exchange, content))[0]:
            if problem is None:
                yield from findings.passed(path)
            elif isinstance(problem, _Undecided):
                yield from findings.inconclusive(path, problem)
            else:
                yield from findings.broken(
                    path,
                    observed=problem,
                    exchange=exchange,
                    level=Level.SHOULD if isinstance(problem, _Mild) else None,
                    cause="broken",
                )


def spelling(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """No member has a name that is almost the documented one."""
    for exchange in evidence.successes:
        content = evidence.body(exchange)
        if not content:
            continue
        _, near, strange = _opinion(_content(evidence, exchange, content))
        for wrong, right in near:
            yield from findings.broken(
                "response/names",
                expected=f"the member {right}",
                observed=f"the member {wrong}",
                exchange=exchange,
                cause=right,
            )
        if strange is not None:
            yield from findings.broken(
                "response/names",
                expected="the documented members where clients look for them",
                observed=f"none of them there, but some inside {strange.name}",
                exchange=exchange,
                level=Level.MUST if strange.certain else None,
                cause="hidden",
            )
        elif not near:
            yield from findings.passed("response/names")


@dataclass(frozen=True, slots=True)
class _Content:
    """The members of a response; two are equal whose bytes are.

    ``beside`` are status and headers, where the operation has members there.
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
    beside: tuple[object, ...] = (response.status, response.headers) if bound else ()
    if printed := exchange.notes.get(PRINTED):
        beside = (printed,)  # its bytes do not hold all of it
    return _Content(evidence.operation, response.body, beside, content)


class _NoTimestamp(str):
    """The problem of a value that is no timestamp."""

    __slots__ = ()


class _Mild(str):
    """A problem that only some clients have with a value, and so a ``should``."""

    __slots__ = ()


class _Undecided(str):
    """Why a value could not be judged in the time that a response is worth."""

    __slots__ = ()


@dataclass(slots=True)
class _Budget:
    """What judging one response may still take: values, and seconds of matching patterns."""

    values: int = 50_000
    seconds: float = 1.0

    def matches(self, pattern: str, value: str) -> bool | None:
        """Whether a value matches; ``None`` where that is not decided in time."""
        if self.seconds <= 0:
            return None
        start = time.thread_time()
        found = matches(pattern, value)
        self.seconds -= time.thread_time() - start
        return found


Judged = tuple[str, str | None]
_Opinion = tuple[tuple[Judged, ...], tuple[tuple[str, str], ...], Hidden | None]


def _opinion(answer: _Content) -> _Opinion:
    """What is found on a response's members, on misspelt names, and on members hidden elsewhere."""
    if len(answer.body) > REMEMBERED:  # a target returns the same short ones again and again
        return _form_opinion.__wrapped__(answer)
    return _form_opinion(answer)


@lru_cache(maxsize=128)
def _form_opinion(answer: _Content) -> _Opinion:
    schema = answer.operation.response
    members = _Members()
    members.judge_object(answer.content, schema, "response")
    judged = tuple(
        (path, problem)
        for path, problem in members.judged
        if answer.operation.states_timestamps or not isinstance(problem, _NoTimestamp)
    )
    near = tuple(sorted(set(misspelt(answer.content, schema))))
    # where members may be absent, those that are there may be hidden under other names
    guessed = None if answer.operation.states_presence else hidden(answer.operation, answer.content)
    return judged, near, guessed


class _Members:
    """What is found on the members of one response, each of the same kind once, in order."""

    def __init__(self) -> None:
        self.judged: dict[Judged, None] = {}
        self._budget = _Budget()

    def _say(self, path: str, problem: str | None) -> None:
        self.judged[path, problem] = None

    def judge_object(self, value: Mapping[str, Any], schema: Schema, path: str) -> None:
        """Judge the members of an object, and what is in them."""
        for name, inner in schema.get("properties", {}).items():
            here = f"{path}/{name}"
            if value.get(name) is None:
                # an absent member is a violation only where its presence is a clause
                self._say(f"{here}/present", "null" if name in value else "absent")
            else:
                self._say(f"{here}/present", None)
                self._judge(value[name], inner, here)

    def _judge(self, value: Any, schema: Schema, path: str) -> None:
        self._budget.values -= 1
        if self._budget.values < 0:
            self._say(f"{path}/type", _Undecided("the response has more values than are examined"))
            return
        if not has_type(value, schema):
            self._say(f"{path}/type", f"{_shown(value)}, of type {_json_type(value)}")
            return
        if isinstance(value, str) and not encodable(value):
            self._say(f"{path}/type", f"{_shown(value)}, which is not valid Unicode")
            return
        if schema.get("contentEncoding") == "base64":
            decoded = _decoded(value)
            if decoded is None:
                self._say(f"{path}/type", f"{_shown(value)}, which is not valid base64")
                return
            if decoded.mild:
                self._say(
                    f"{path}/type", _Mild(f"{_shown(value)}, which is base64 with white space")
                )
            value = decoded.bytes
        if "bits" in schema and not _fits(value, schema["bits"]):
            wide = f"{_shown(value)}, of more than {schema['bits']} bits"
            # S3's model had 32 bits for sizes that are longer; no language has more than 64
            self._say(f"{path}/type", _Mild(wide) if _fits(value, _LONGEST) else wide)
            return
        if schema.get("union"):
            given = [name for name, one in value.items() if one is not None and name != "__type"]
            several = f"{len(given)} members: {_shown(given)}" if len(given) > 1 else None
            self._say(f"{path}/one-member", several)
        is_item = isinstance(value, dict) and path.endswith("/item")
        if is_item and not _knows_any(value, schema):
            self._say(
                f"{path}/type", f"an object without any of the documented members: {_shown(value)}"
            )
            return
        if "format" in schema:
            match = timestamps.match(value, schema)
            if match is timestamps.Match.NONE:
                self._say(
                    f"{path}/type", _NoTimestamp(f"{_shown(value)}, which is not a timestamp")
                )
                return
            other = match is timestamps.Match.OTHER_FORMAT
            self._say(f"{path}/format", _shown(value) if other else None)
        self._say(f"{path}/type", None)
        for keyword in CONSTRAINTS:
            if keyword not in schema:
                continue
            if keyword in _TOLERATES_EMPTY and not value:
                kept: bool | None = True
            elif keyword == "pattern":
                kept = self._budget.matches(schema[keyword], value)
            else:
                kept = KEYWORDS[keyword](value, schema[keyword])
            if kept is None:
                self._say(f"{path}/{keyword}", _Undecided("matching its pattern takes too long"))
            else:
                self._say(f"{path}/{keyword}", None if kept else _shown(value))
        if isinstance(value, dict):
            self.judge_object(value, schema, path)
            inner = schema.get("additionalProperties")
            if isinstance(inner, Mapping):
                for key, item in value.items():
                    if self._budget.values < 0:
                        return
                    self._judge(key, schema.get("propertyNames", {}), f"{path}/key")
                    if item is not None:
                        self._judge(item, inner, f"{path}/value")
        elif isinstance(value, list):
            if _is_hollow(value, schema.get("items", {})):
                self._say(f"{path}/item/type", _Mild(f"{value[0]} as each of {len(value)} items"))
            # nulls in lists have been seen in real responses
            for item in (one for one in value[:MOST_ITEMS] if one is not None):
                if self._budget.values < 0:
                    return
                self._judge(item, schema.get("items", {}), f"{path}/item")


def _is_hollow(value: list[Any], items: Schema) -> bool:
    """Whether all of several items are null, or all are empty objects."""
    if len(value) < 2 or value[0] not in (None, {}):
        return False
    hollow = value.count(value[0]) == len(value)
    return hollow and (value[0] is None or bool(items.get("properties")))


#: No integer of a model is longer, in bits.
_LONGEST = 64


def _fits(value: float, bits: int) -> bool:
    """Whether a whole number is a signed integer of so many bits."""
    limit = 1 << (bits - 1)
    return -limit <= value < limit


@dataclass(frozen=True, slots=True)
class _Blob:
    """The bytes of a blob, one character each; ``mild``: there was white space in their text."""

    bytes: str
    mild: bool


def _decoded(text: str) -> _Blob | None:
    """The blob in a text; ``None`` where the text is not base64."""
    packed = "".join(text.split())
    try:
        decoded = base64.b64decode(packed, validate=True).decode("latin-1")
    except ValueError:
        return None
    return _Blob(decoded, packed != text)


def _knows_any(value: Mapping[str, Any], schema: Schema) -> bool:
    documented = schema.get("properties")
    return not documented or not value or bool(documented.keys() & value.keys())


_JSON_TYPES = {str: "string", bool: "boolean", int: "number", float: "number", list: "array"}


def _json_type(value: Any) -> str:
    return _JSON_TYPES.get(type(value), "object")


def _shown(value: Any) -> str:
    text = repr(_beginning(value))
    return text if len(text) <= 60 else text[:59] + "…"


def _beginning(value: Any) -> Any:
    """A value, of a long one no more than is shown."""
    if isinstance(value, str):
        return value[:80]
    if isinstance(value, list):
        return [_beginning(one) for one in value[:30]]
    if isinstance(value, dict):
        return {key[:80]: _beginning(one) for key, one in list(value.items())[:30]}
    return value
