"""What differs between two outcomes of one call: the requests, the answers, the errors.

An outcome is what the driver says of a call. A difference names its cause, so that the calls
that differ for one reason come together. Nothing here knows where outcomes come from.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import unquote, urlsplit

from conformance.protocols.http import Request, header
from conformance.sdk_gate import bodies

Outcome = Mapping[str, Any]


class Kind(StrEnum):
    """What a difference is about."""

    PROTOCOL = "protocol"
    ENDPOINT = "endpoint"
    PATH = "path"
    HEADER = "header"
    CHECKSUM = "checksum"
    BODY = "body"
    ANSWER = "answer"
    ERROR = "error"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference of a call.

    ``cause`` with ``kind`` identifies the reason, ``sentence`` says it, ``before`` and ``after``
    are both sides, ``member`` is the member or header that differs, where the sentence leaves
    that open. ``breaking``: code that talks to AWS itself may fail because of it.
    """

    kind: Kind
    cause: tuple[str, ...]
    sentence: str
    before: str
    after: str
    member: str = ""
    breaking: bool = False


#: Headers whose values are of the moment, the machine, or the client itself; with these goes a
#: signature's own part. The length and the digest of a body follow from the body.
_VOLATILE = frozenset(
    {
        "accept-encoding",
        "amz-sdk-invocation-id",
        "amz-sdk-request",
        "authorization",
        "connection",
        "content-length",
        "cookie",
        "date",
        "host",
        "user-agent",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-user-agent",
        "x-amzn-trace-id",
    }
)
_CHECKSUMS = re.compile(
    r"content-md5|x-amz-checksum-.*|x-amz-sdk-checksum-algorithm|x-amz-trailer"
    r"|x-amz-decoded-content-length|x-amz-te|transfer-encoding"
)
_CHUNKED = "aws-chunked"
#: The header that asks for the checksum of an answer.
_MODE = "x-amz-checksum-mode"
#: How the SDK says that a value is smaller than its model allows.
BOUNDS = ("Invalid length for parameter", "Invalid range for parameter")
#: The names of parameters in what the SDK says of them.
_PARAMETERS = re.compile(r'parameter (?:in \w+: )?"?([\w.\[\]]+)"?(?=[,:]|$)', re.MULTILINE)
_SLASHES = re.compile(r"[^A-Za-z0-9.:=_-]+")


def headers(request: Request) -> dict[str, str]:
    """The headers that an operation or a server may see a meaning in, checksums apart."""
    found = {}
    for name, value in request.headers:
        lower = name.lower()
        if lower == "content-encoding":
            if codings := [one for one in map(str.strip, value.split(",")) if one != _CHUNKED]:
                found[lower] = ", ".join(codings)
        elif lower not in _VOLATILE and not _CHECKSUMS.fullmatch(lower):
            found[lower] = value
    return found


def checksum(request: Request) -> tuple[str, ...]:
    """How the body of a request is protected: the headers and trailers, without their values."""
    found = set()
    for name, value in request.headers:
        lower = name.lower()
        if lower == "x-amz-trailer":
            found.add(f"the trailer {value.lower()} (aws-chunked)")
        elif lower == "content-md5":
            found.add("Content-MD5")
        elif lower.startswith("x-amz-checksum-") and lower != _MODE:
            found.add(lower)
    return tuple(sorted(found))


def _protected(request: Request) -> str:
    """A request's line, and the headers that protect its body or ask for that of the answer."""
    found = [
        f"{name}: {value}" for name, value in request.headers if _CHECKSUMS.fullmatch(name.lower())
    ]
    return f"{request.method} {request.target} {', '.join(found) or 'without a checksum'}"


def _checksums(before: Request, after: Request) -> Iterator[Difference]:
    """The differences in how bodies are protected, and in what is asked of the answer's."""
    was, now = (_listed(checksum(one)) for one in (before, after))
    found: list[tuple[tuple[str, ...], str]] = []
    if was != now:
        found.append(((was, now), f"Requests carry {now} as a checksum; it was {was}"))
    asked, asks = (header(one.headers, _MODE) or "" for one in (before, after))
    if asked != asks:
        modes = tuple(f"{_MODE}: {one}" if one else "none" for one in (asked, asks))
        says = (
            f"Requests ask for the answer's checksum, which the SDK verifies ({modes[1]})"
            if asks
            else f"Requests do not ask for the answer's checksum any more ({modes[0]})"
        )
        found.append((modes, says))
    for cause, sentence in found:
        yield Difference(
            kind=Kind.CHECKSUM,
            cause=cause,
            sentence=sentence,
            before=_protected(before),
            after=_protected(after),
        )


def of_requests(
    service: str, operation: str, before: Request, after: Request, *, protocol: str
) -> Iterator[Difference]:
    """The differences of two requests in one protocol, hosts apart."""
    yield from _lines(service, operation, before, after)
    if before.method != after.method:
        return  # where members are, and what a body needs, follows from the method
    yield from _checksums(before, after)
    yield from of_headers(headers(before), headers(after))
    yield from _bodies(service, before, after, protocol)


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(names) or "none"


def of_hosts(service: str, before: Request, after: Request) -> Iterator[Difference]:
    """The difference of two requests' hosts."""
    was, now = (urlsplit(one.url).netloc for one in (before, after))
    if was != now:
        yield Difference(
            kind=Kind.ENDPOINT,
            cause=(service, was, now),
            sentence=f"{service} is called at {now}; it was {was}",
            before=was,
            after=now,
        )


def _lines(service: str, operation: str, before: Request, after: Request) -> Iterator[Difference]:
    """The differences of method, path and query."""
    was, now = (f"{one.method} {one.target}" for one in (before, after))
    if before.method != after.method:
        what = f"{before.method}→{after.method}"
        says = f"{service} is called by {after.method}; it was {before.method}"
        yield Difference(
            kind=Kind.PATH,
            cause=(service, what),
            sentence=says,
            before=shown(before),
            after=shown(after),
        )
    elif before.path != after.path:
        cause, says = _path_cause(service, operation, before.path, after.path)
        yield Difference(kind=Kind.PATH, cause=cause, sentence=says, before=was, after=now)
    if before.method == after.method and sorted(before.query) != sorted(after.query):
        names = sorted({name for name, _ in set(before.query) ^ set(after.query)})
        yield Difference(
            kind=Kind.PATH,
            cause=(service, "query", *names),
            sentence=f"{service} has another query: {', '.join(names)}",
            before=was,
            after=now,
        )


def _path_cause(
    service: str, operation: str, before: str, after: str
) -> tuple[tuple[str, ...], str]:
    if before.rstrip("/") == after.rstrip("/"):
        how = "has no trailing slash any more" if before.endswith("/") else "has a trailing slash"
        return (service, "trailing-slash"), f"The path of {service} {how}"
    if unquote(before) == unquote(after):
        return (service, "encoding"), f"The path of {service} is encoded in another way"
    return (service, operation), f"{service}:{operation} has another path"


def of_headers(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    """The differences of headers that were chosen to be compared."""
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was == now:
            continue
        cause: tuple[str, ...]
        if was is None or now is None:
            says = f"The header {name} is {'sent now' if was is None else 'not sent any more'}"
            cause = (name, "added" if was is None else "left-out")
        elif was.lower() == now.lower():
            cause, says = ("case", was, now), f"Headers say {now!r}, where it was {was!r}"
        elif _bare(was) == _bare(now):
            cause, says = (name, "spaces"), f"The header {name} is written in another way"
        else:
            cause, says = (name, "value"), f"The header {name} has another value"
        yield Difference(
            kind=Kind.HEADER,
            cause=cause,
            sentence=says,
            before=f"{name}: {was}" if was is not None else f"no {name}",
            after=f"{name}: {now}" if now is not None else f"no {name}",
            member=name if cause[0] == "case" else "",
        )


def _bare(value: str) -> str:
    return re.sub(r"[\s\"]", "", value)


def _bodies(service: str, before: Request, after: Request, protocol: str) -> Iterator[Difference]:
    was, now = bodies.read(before, protocol), bodies.read(after, protocol)
    for change in bodies.changes(was, now):
        yield Difference(
            kind=Kind.BODY,
            cause=(service, change.how),
            sentence=f"In requests of {service}, {change.says}",
            before=change.was,
            after=change.now,
            member=change.name,
        )


# ---------------------------------------------------------------- whole outcomes


def request(outcome: Outcome) -> Request | None:
    """The request that an outcome has."""
    return bodies.request(outcome["request"]) if "request" in outcome else None


def of_outcomes(
    service: str,
    operation: str,
    before: Outcome,
    after: Outcome,
    required: Sequence[str] = (),
) -> Iterator[Difference]:
    """All differences of two outcomes of one call.

    ``required`` are the members that an answer always has: whether others are sent where they
    are empty is the service's choice in each protocol, and nothing that the SDK changed.
    """
    if "absent" in after:
        if "absent" not in before:
            yield _gone(service, operation, after)
        return
    if "absent" in before:
        return
    was, now = request(before), request(after)
    if was is not None and now is not None:
        yield from of_hosts(service, was, now)
        if before["protocol"] != after["protocol"]:
            yield _switched(service, before["protocol"], after["protocol"], was, now)
        else:
            protocol = after["protocol"]
            yield from of_requests(service, operation, was, now, protocol=protocol)
    switched = before["protocol"] != after["protocol"]
    for found in _of_results(service, before, after):
        emptied = found.cause[1:] in {("empty",), ("not-empty",)}
        if not (switched and emptied and found.member not in required):
            yield found


def _gone(service: str, operation: str, after: Outcome) -> Difference:
    whole = after["absent"] == "service"
    says = f"The SDK has no {service} any more" if whole else f"{service} has lost operations"
    return Difference(
        kind=Kind.GONE,
        cause=(service, after["absent"]),
        sentence=says,
        before=f"{service}:{operation}",
        after=f"no such {after['absent']}",
        breaking=True,
    )


def _switched(service: str, was: str, now: str, before: Request, after: Request) -> Difference:
    return Difference(
        kind=Kind.PROTOCOL,
        cause=(service, was, now),
        sentence=f"{service} speaks {now} now instead of {was}",
        before=shown(before),
        after=shown(after),
    )


def shown(request: Request) -> str:
    """A request's line, what names its operation, and its body."""
    target = header(request.headers, "x-amz-target")
    named = f" X-Amz-Target: {target}" if target else ""
    body = request.content.decode("utf-8", "backslashreplace")
    return f"{request.method} {request.target}{named} {body}".strip()


def _of_results(service: str, before: Outcome, after: Outcome) -> Iterator[Difference]:
    was, now = _result(before), _result(after)
    sent = request(after) if "request" not in before else None
    if was == "raised" and sent is not None and checksum(sent):
        yield _accepted(before["raised"], sent)
    elif "request" in before and after.get("raised", [""])[0] == "ParamValidationError":
        yield _refused(service, after["raised"][1])
    elif was != now:
        yield _ended_otherwise(service, was, now, before, after)
    elif was == "answer":
        yield from _of_members(Kind.ANSWER, service, before["answer"], after["answer"])
    elif was == "error":
        yield from _of_errors(service, before["error"], after["error"])
    elif before["raised"][0] != after["raised"][0]:
        yield Difference(
            kind=Kind.ERROR,
            cause=(service, before["raised"][0], after["raised"][0]),
            sentence=f"The SDK refuses calls of {service} with another exception",
            before=_short(before["raised"]),
            after=_short(after["raised"]),
            breaking=True,
        )
    yield from _of_attempts(str(before.get("attempts", 1)), str(after.get("attempts", 1)))


#: What it means that a call ended in one way and ends in another.
_ENDS: Mapping[tuple[str, str], str] = {
    ("raised", "answer"): "A call that the SDK refused is sent now",
    ("raised", "error"): "A call that the SDK refused is sent now",
    ("answer", "raised"): "The SDK fails where it answered",
    ("error", "raised"): "The SDK fails where it raised the service's error",
    ("answer", "error"): "The SDK raises an error where it answered",
    ("error", "answer"): "The SDK answers where it raised an error",
}


def _ended_otherwise(
    service: str, was: str, now: str, before: Outcome, after: Outcome
) -> Difference:
    unread = "request" in after and was == "answer"
    says = "Answers that follow the older model cannot be read any more"
    return Difference(
        kind=Kind.ANSWER if unread else Kind.ERROR,
        cause=(service, was, now),
        sentence=f"{says if unread else _ENDS[was, now]}: {service}",
        before=_short(before[was]),
        after=_short(after[now]),
        breaking=was != "raised",
    )


def _of_attempts(was: str, now: str) -> Iterator[Difference]:
    if was != now:
        yield Difference(
            kind=Kind.ERROR,
            cause=("attempts", was, now),
            sentence="A call that fails with 500 again and again is sent "
            f"{now} times; it was {was}",
            before=f"{was} attempts",
            after=f"{now} attempts",
        )


def _accepted(why: Sequence[str], sent: Request) -> Difference:
    """A call that was refused, as the SDK could make no checksum of its body."""
    return Difference(
        kind=Kind.CHECKSUM,
        cause=("refused", _listed(checksum(sent))),
        sentence="A body that was refused, as no checksum could be made of it, is sent now",
        before=f"refused: {_short(list(why))}",
        after=_protected(sent),
    )


def _refused(service: str, why: str) -> Difference:
    """A call that the SDK does not send any more. Bounds are those that the service has."""
    detail = " ".join(why.split()).removeprefix("Parameter validation failed: ")
    bounds = all(one.startswith(BOUNDS) for one in why.splitlines()[1:])
    return Difference(
        kind=Kind.ERROR,
        cause=(service, "bounds" if bounds else "refused"),
        sentence=f"The SDK refuses parameters of {service} that it sent",
        before="sent",
        after=_short(detail),
        member=", ".join(dict.fromkeys(_PARAMETERS.findall(why))),
        breaking=not bounds,
    )


def _result(outcome: Outcome) -> str:
    return next(name for name in ("answer", "error", "raised") if name in outcome)


def _of_members(kind: Kind, service: str, was: Any, now: Any) -> Iterator[Difference]:
    """What changes between the members of two answers, or of two errors."""
    for change in bodies.changes(was, now):
        yield Difference(
            kind=kind,
            cause=(service, change.how),
            sentence=f"In {kind.value}s of {service}, {change.says}",
            before=change.was,
            after=change.now,
            member=change.name,
            breaking=change.loses,
        )


def _of_errors(
    service: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Difference]:
    if before["class"] != after["class"]:
        yield Difference(
            kind=Kind.ERROR,
            cause=(service, "class"),
            sentence=f"Errors of {service} are raised as other exceptions",
            before=before["class"],
            after=after["class"],
            breaking=True,
        )
    yield from _of_members(Kind.ERROR, service, before["response"], after["response"])


def _short(value: Any) -> str:
    text = ": ".join(value) if isinstance(value, list) else str(value)
    return text if len(text) <= 400 else f"{text[:400]} …"


def identity(kind: Kind, cause: tuple[str, ...]) -> str:
    """The name of a cause, which expectations use: ``protocol/cloudwatch/query/json``."""
    return "/".join([kind.value, *(_SLASHES.sub("-", one).strip("-") or "-" for one in cause)])
