"""Checks of the SDK: in replay, today's SDK builds the recorded request and reads the response.

Against a target they judge one thing alone: that the SDK raises nothing on a success.
"""

import base64
import datetime
import json
import math
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from conformance.checks.evidence import PRINTED, Evidence
from conformance.checks.findings import Finding, FindingBuilder
from conformance.protocols.base import entered
from conformance.protocols.http import Exchange, Request
from conformance.protocols.json_body import is_blob
from conformance.spec.operation import Schema
from conformance.spec.printed import PrintedResponse

#: Headers of the client's own, which mean nothing to the operation.
_OWN = frozenset(
    {
        "accept-encoding",
        "amz-sdk-invocation-id",
        "amz-sdk-request",
        "connection",
        "user-agent",
        "x-amz-security-token",
        "x-amz-user-agent",
        "x-amzn-trace-id",
    }
)
#: Headers whose values are compared where both sides have them; of all, the names are.
_COMPARED = ("content-type", "x-amz-target", "accept")
#: What of a request keeps recordings from being played again, and what servers route by.
BREAKING = frozenset({"protocol", "request", "method", "host", "path", "query"})
#: The placeholder for a signature in samples of the documentation.
PRINTED_SIGNATURE = "AUTHPARAMS"
_LONG = 120


def request(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """Today's SDK builds the recorded request; every difference is reported."""
    for exchange in evidence.exchanges:
        if not exchange.notes.get("replayed") or PRINTED in exchange.notes:
            continue
        apart = list(_apart_from(exchange))
        if not apart:
            yield from findings.passed("sdk/request")
        for what, recorded, now in apart:
            yield from findings.broken(
                "sdk/request",
                expected=f"{what} as recorded: {_short(recorded)}",
                observed=f"{what} as built today: {_short(now)}",
                exchange=exchange,
                cause=what,
            )


def _apart_from(exchange: Exchange) -> Iterator[tuple[str, Any, Any]]:
    """What today's SDK does in another way than was recorded, its choice of a protocol first."""
    if protocols := exchange.notes.get("protocols"):
        yield "protocol", *protocols
    built: Request | None = exchange.notes["built"]
    if built is not None:
        yield from differences(exchange.request, built)
    elif not protocols:
        yield "request", "sent", f"nothing, the SDK refuses to send it: {exchange.notes['why']}"


def differences(recorded: Request, built: Request) -> Iterator[tuple[str, Any, Any]]:
    """The differences of two requests: a name, as recorded, as built."""
    sent, again = _headers(recorded), _headers(built)
    pairs: list[tuple[str, Any, Any]] = [("method", recorded.method, built.method)]
    if recorded.url != built.url:
        pairs += [
            ("host", urlsplit(recorded.url).netloc, urlsplit(built.url).netloc),
            ("path", recorded.path, built.path),
            ("query", _ordered(recorded), _ordered(built)),
        ]
    pairs.append(("headers", sorted(sent.keys() - _OWN), sorted(again.keys() - _OWN)))
    pairs += [
        (name, sent[name], again[name]) for name in _COMPARED if name in sent and name in again
    ]
    if sent.get("authorization") != PRINTED_SIGNATURE:
        pairs.append(("signature", _signed(sent), _signed(again)))
    if recorded.content != built.content:
        pairs.append(("body", _read(recorded.content), _read(built.content)))
    for what, was, now in pairs:
        if was != now:
            yield what, was, now


def _ordered(asked: Request) -> list[tuple[str, str]]:
    """The query's pairs by name; those of one name in their order."""
    return sorted(asked.query, key=lambda pair: pair[0])


def _headers(asked: Request) -> dict[str, str]:
    """The headers by their names in lower case; of several the first."""
    return {name.lower(): value for name, value in reversed(asked.headers)}


def _signed(headers: Mapping[str, str]) -> list[str] | None:
    """How a request is signed: the algorithm, the scope, and the signed headers."""
    value = headers.get("authorization")
    if value is None:
        return None
    scheme, _, rest = value.partition(" ")
    found = [scheme]
    for part in rest.split(","):
        name, _, said = part.strip().partition("=")
        if name == "Credential":
            found.append("/".join(said.split("/")[2:]))
        elif name == "SignedHeaders":
            found.append(";".join(sorted(set(said.split(";")) - _OWN)))
        else:
            found.append(name)
    return found


def _read(body: bytes) -> str:
    """A body in a canonical form of JSON, or its bytes: the order of members does not count."""
    try:
        return json.dumps(json.loads(body), sort_keys=True)
    except (ValueError, RecursionError):
        return repr(body)


def response(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """Today's SDK reads the recorded response as its bytes say."""
    for exchange in evidence.exchanges:
        if not exchange.notes.get("replayed") or exchange.response is None:
            continue
        if exchange.notes["built"] is None:
            continue
        problem = _misread(evidence, exchange)
        if problem is None:
            yield from findings.passed("sdk/response")
        else:
            path, recorded, read = problem
            yield from findings.broken(
                "sdk/response",
                expected=f"{path} is {_short(recorded)}, {_as_it_is(exchange)}",
                observed=f"the SDK reads {_short(read)}",
                exchange=exchange,
                cause=path.split("/")[0],
            )


def _as_it_is(exchange: Exchange) -> str:
    return "as printed" if PRINTED in exchange.notes else "as in the bytes"


def raises(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """The SDK raises nothing on a success that can be read."""
    for exchange in evidence.successes:
        error = exchange.sdk_error
        if error is None or exchange.parsed is not None or exchange.notes.get("replayed"):
            continue
        if evidence.body(exchange) is not None:
            yield from findings.broken(
                "response/body",
                expected="a success that the SDK reads",
                observed=f"the SDK raises {_short(error)}",
                exchange=exchange,
                level=evidence.operation.level("the SDK reads a success"),
                cause="the SDK raises",
            )


def _misread(evidence: Evidence, exchange: Exchange) -> tuple[str, Any, Any] | None:
    if printed := exchange.notes.get(PRINTED):
        return _printed_misread(evidence.operation.response, printed, exchange)
    body = evidence.body(exchange)
    if exchange.succeeded:
        if body is None:
            return None  # the SDK may make anything of an unreadable body
        if exchange.parsed is None:
            return "the response", "a success", exchange.sdk_error
        return next(misread(evidence.operation.response, body, exchange.parsed), None)
    named = evidence.error(exchange)
    if not named.readable or named.type is None:
        return None
    parsed = exchange.parsed or {}
    code = parsed.get("Error", {}).get("Code")
    types = {name for _, name in named.types}
    return None if code in types else ("the error's code", named.type, code)


def _printed_misread(
    schema: Schema, printed: PrintedResponse, exchange: Exchange
) -> tuple[str, Any, Any] | None:
    if printed.lost:
        return ", ".join(printed.lost), "there", "nothing: it has no such member"
    if exchange.parsed is None:
        return "the response", "a success", exchange.sdk_error
    found = misread(schema, printed.readable, exchange.parsed)
    return next((one for one in found if one[0] not in printed.untold or one[2] is None), None)


def misread(schema: Schema, said: Any, read: Any) -> Iterator[tuple[str, Any, Any]]:
    """The members that the SDK reads as other values: path, as sent, as read."""
    return _apart(schema, said, read, "")


def _apart(schema: Schema, said: Any, read: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Where the SDK reads another value than the bytes hold; only documented members count."""
    schema = entered(schema)
    if schema.get("type") == "object" and "properties" not in schema:
        yield from _values_apart(schema, said, read, path)
    elif isinstance(said, Mapping) and "properties" in schema:
        if not isinstance(read, Mapping):
            yield path, said, read
            return
        for name, inner in schema["properties"].items():
            one, other = said.get(name), read.get(name)
            if one is not None and not _is_same_text(inner, one, other):
                yield from _apart(inner, one, other, f"{path}/{name}".lstrip("/"))
    elif isinstance(said, list) and "items" in schema:
        if not isinstance(read, list) or len(read) != len(said):
            yield path, said, read
            return
        for one, other in zip(said, read, strict=True):
            if one is not None:
                yield from _apart(schema["items"], one, other, f"{path}/item")
    elif not _same(schema, said, read):
        yield path, said, read


def _values_apart(
    schema: Schema, said: Any, read: Any, path: str
) -> Iterator[tuple[str, Any, Any]]:
    """The same of a map, and nothing of a structure that is described without its members."""
    values = schema.get("additionalProperties")
    if not isinstance(values, Mapping):
        return
    if not isinstance(said, Mapping) or not isinstance(read, Mapping):
        yield path, said, read
        return
    for key, one in said.items():
        if one is not None:
            yield from _apart(values, one, read.get(key), f"{path}/value")


def _is_same_text(schema: Schema, said: Any, read: Any) -> bool:
    """Whether a member is a text, as most are, and the SDK reads it as it is."""
    if type(said) is not str or said != read:
        return False
    return schema.get("type") == "string" and not is_blob(schema)


def _same(schema: Schema, said: Any, read: Any) -> bool:
    if isinstance(read, datetime.datetime):
        return _moment(said) == read
    if is_blob(schema) and isinstance(said, str):
        # a blob that is the whole body is text to the SDK, where it is no stream
        return _blob(said) == (read.encode() if isinstance(read, str) else read)
    if isinstance(said, float) and not math.isfinite(said):
        return str(said) == str(_number(read))
    if isinstance(read, float) and type(said) is int:
        return said == read
    return type(said) is type(read) and bool(said == read)


def _number(read: Any) -> Any:
    """A number that JSON has not as the SDK reads it: as text in JSON, as it is elsewhere."""
    try:
        return float(read)
    except (TypeError, ValueError):
        return read


def _blob(said: str) -> bytes | None:
    try:
        return base64.b64decode(said, validate=True)
    except ValueError:
        return None


def _moment(said: Any) -> datetime.datetime | None:
    try:
        if isinstance(said, int | float):
            return datetime.datetime.fromtimestamp(said, datetime.UTC)
        if said[3:4] == ",":
            return parsedate_to_datetime(said)  # the format of headers
        found = datetime.datetime.fromisoformat(said)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= _LONG else f"{text[:_LONG]} …"
