"""Judges recorded exchanges by the checks, each as far as a recording can show.

A success is judged in full, and so is whether a request that violates a documented
constraint was accepted. Of an error only the envelope, type and status are: a recording
does not show why a request was refused. Consecutive pages of one walk are judged as a
walk. Which check judges what of a recording is for the table of checks alone.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from conformance.checks.evidence import Evidence, Listing, Page, page
from conformance.checks.findings import Finding, Verdict
from conformance.checks.table import CHECKS, Recorded
from conformance.errors import UsageError
from conformance.generation.clauses import clauses
from conformance.generation.plans import Call, Case, Expect, Walk
from conformance.protocols.http import Exchange, Failure, Headers, Request, Response, header
from conformance.protocols.table import HEADERS, PROTOCOLS
from conformance.recording.external import files
from conformance.recording.external.recognition import spoken
from conformance.recording.external.request_fingerprint import in_path_style
from conformance.spec.levels import Level
from conformance.spec.operation import Operation
from conformance.spec.registry import registry
from conformance.spec.validity import violated_clauses

#: Clauses that a recording without any headers cannot show.
_IN_HEADERS = {"response/content-type", "response/request-id"} | {
    f"response/{name}" for name in HEADERS
}
#: Content codings that are not decoded here.
_PACKED = frozenset({"br", "zstd"})
#: Placeholders for values that were removed from a recording.
_PLACEHOLDER = re.compile(
    r"redact|scrub|\*{3,}|x{8,}|[<\[{](hidden|filtered|masked|removed|secret|sanitized)\b", re.I
)
_WHY = "refused with {status}; a recording does not show why"
_REMOVED = "the value seems to have been removed from the recording"


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A recorded call of an operation: its exchange, and the request in the model's form."""

    operation: Operation
    exchange: Exchange
    request: Request


def called(
    operation: Operation, sent: Request, outcome: Response | Failure, request: Request
) -> Called:
    """A recorded call: the request as it was ``sent``, and in the model's form."""
    members = PROTOCOLS[operation.protocol].members(operation, request)
    exchange = Exchange(
        operation=operation.id,
        params=members or {},
        request=sent,
        response=outcome if isinstance(outcome, Response) else None,
        failure=outcome if isinstance(outcome, Failure) else None,
    )
    return Called(operation=operation, exchange=exchange, request=request)


# ---------------------------------------------------------------- one exchange


def findings(call: Called, case_id: str, accepted: Exchange | None = None) -> list[Finding]:
    """Every finding on one call. ``accepted`` is another call of the operation that succeeded."""
    if call.exchange.failure is not None:
        found = _judged(Recorded.FAILURE, _evidence(call, case_id, Expect.ACCEPTED))
    elif call.exchange.succeeded:
        found = _of_success(call, case_id)
    else:
        found = _of_error(call, case_id, accepted)
    distinct = {(one.clause, one.verdict, one.observed): one for one in found}
    return [_softened(one, call) for one in distinct.values()]


def _evidence(
    call: Called,
    case_id: str,
    expect: Expect,
    path: str = "protocol/accepts-valid",
    **more: Any,
) -> Evidence:
    operation = call.operation
    clause = clauses(operation)[f"{operation.id}/{path}"]
    case = Case(
        id=case_id,
        operation=operation.id,
        clause=clause.id,
        expect=expect,
        title=f"{clause.promise}: recorded",
        steps=(Call(set=call.exchange.params),),
    )
    protocol = PROTOCOLS[operation.protocol]
    steps = ((call.exchange,),)
    return Evidence(operation=operation, protocol=protocol, case=case, steps=steps, **more)


def _judged(shown: Recorded, evidence: Evidence) -> Iterator[Finding]:
    """The findings of the checks that judge what a recording shows."""
    for check in CHECKS.values():
        if shown in check.recorded:
            yield from check.judge(evidence)


def _of_success(call: Called, case_id: str) -> Iterator[Finding]:
    evidence = _evidence(call, case_id, Expect.ACCEPTED)
    for finding in _judged(Recorded.SUCCESS, evidence):
        if not finding.clause.endswith("/response/status") or _has_one_status(call):
            yield finding
    violated = _violated(call)
    if violated is None:
        yield _inconclusive(evidence, "the recorded request has no body, or it cannot be read")
    elif not violated:
        yield from _judged(Recorded.VALID_REQUEST, evidence)
    ids = _ids(call, violated or {})
    for path, removed in (violated or {}).items():
        evidence = _evidence(call, case_id, Expect.REFUSED, path, broken=ids)
        if removed:
            yield _inconclusive(evidence, _REMOVED)
        else:
            yield from _judged(Recorded.INVALID_REQUEST, evidence)


def _has_one_status(call: Called) -> bool:
    """Whether a success of this call has one documented status.

    Some operations have the status as a member, as it differs; a range of a resource
    is returned with 206. Source: RFC 9110 § 15.3.7; S3's GetObject for partNumber.
    """
    response = call.operation.response["properties"].values()
    if any(member.get("location") == "status" for member in response):
        return False
    asked = {name.lower() for name, _ in (*call.request.headers, *call.request.query)}
    return call.exchange.status != 206 or not asked & {"range", "partnumber"}


def _of_error(call: Called, case_id: str, accepted: Exchange | None) -> Iterator[Finding]:
    exchange = call.exchange
    assert exchange.status is not None
    evidence = _evidence(call, case_id, Expect.REFUSED)
    server = exchange.status >= 500
    yield from _judged(Recorded.FAILURE if server else Recorded.ERROR, evidence)
    violated = _violated(call)
    if violated and len(violated) == 1 and accepted is not None and not any(violated.values()):
        path = next(iter(violated))
        yield from _judged(
            Recorded.INVALID_REQUEST,
            _evidence(
                call,
                case_id,
                Expect.REFUSED,
                path,
                broken=_ids(call, violated),
                valid_control=accepted,
            ),
        )
    else:
        yield _inconclusive(evidence, _WHY.format(status=exchange.status))


def _ids(call: Called, paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{call.operation.id}/{path}" for path in paths)


def _inconclusive(evidence: Evidence, reason: str) -> Finding:
    """The finding that the case's own clause could not be exercised."""
    clause = clauses(evidence.operation)[evidence.case.clause]
    return Finding(
        case=evidence.case.id,
        clause=clause.id,
        level=clause.level,
        verdict=Verdict.INCONCLUSIVE,
        expected=clause.promise,
        observed=reason,
        source=clause.source.text,
        check="",
    )


def _violated(call: Called) -> dict[str, bool] | None:
    """The paths of the clauses that a request violates as sent; ``None`` where unreadable.

    With each, whether its value looks as if it had been removed from the recording.
    """
    operation = call.operation
    protocol = PROTOCOLS[operation.protocol]
    members = protocol.members(operation, call.request)
    if members is None or _lacks_body(operation, call.request):
        return None
    known = clauses(operation)
    found = {}
    for name in violated_clauses(operation, members):
        clause = known.get(name)
        if clause is None or clause.level is Level.OBSERVE:
            continue
        part, _, path = clause.path.partition("/")
        if part == "request" and _may_be_empty(operation, path, call.request):
            continue
        found[clause.path] = part == "request" and any(
            _PLACEHOLDER.search(str(value)) for value in _at(members, path.split("/")[:-1])
        )
    return found


def _lacks_body(operation: Operation, request: Request) -> bool:
    """Whether a recorder left out the body: an object is never sent as an empty body."""
    speaks = PROTOCOLS[operation.protocol]
    return not request.body and (_has_length(request.headers) or speaks.sends_empty_objects)


def _has_length(headers: Headers) -> bool:
    return (header(headers, "content-length") or "0").strip() != "0"


def _may_be_empty(operation: Operation, path: str, request: Request) -> bool:
    """Whether a missing member may have been sent empty, where the wire cannot show that."""
    member, _, keyword = path.rpartition("/")
    if keyword != "required":
        return False
    schema = operation.members.get(member, {})
    if schema.get("location") == "payload" and not request.body:
        return True
    return PROTOCOLS[operation.protocol].inexpressible(operation, member, "empty") is not None


def _at(value: Any, path: Sequence[str]) -> Iterator[Any]:
    """All the values at a clause's path within the members."""
    if not path:
        yield value
    elif isinstance(value, Mapping):
        if path[0] == "value":
            for one in value.values():
                yield from _at(one, path[1:])
        elif path[0] == "key":
            yield from value
        elif path[0] in value:
            yield from _at(value[path[0]], path[1:])
    elif isinstance(value, list | tuple) and path[0] == "item":
        for one in value:
            yield from _at(one, path[1:])


def _softened(finding: Finding, call: Called) -> Finding:
    """The finding; inconclusive where headers, values or bodies are missing from the recording."""
    if finding.verdict not in {Verdict.FAIL, Verdict.WARN}:
        return finding
    path = finding.clause.split("/", 1)[1]
    response = call.exchange.response
    coding = (response.header("content-encoding") or "").lower() if response else ""
    why = ""
    if path in _IN_HEADERS and response is not None and not response.headers:
        why = "the recording has no headers"
    elif path.startswith("response/") and _PLACEHOLDER.search(finding.observed):
        why = _REMOVED
    elif (
        path == "response/body"
        and response is not None
        and not response.body
        and _has_length(response.headers)
    ):
        why = "the recording has no body, though one was sent"
    elif path in {"response/body", "errors/body"} and coding in _PACKED:
        why = f"the recorded body is compressed as {coding}, which is not decoded"
    return replace(finding, verdict=Verdict.INCONCLUSIVE, observed=why) if why else finding


# ---------------------------------------------------------------- walks


@dataclass(slots=True)
class _Chain:
    calls: list[Called]
    last: Page


def walks(calls: Sequence[Called]) -> list[tuple[Called, ...]]:
    """The walks of more than one page: each request has the token of the page before it.

    Except for the token and the page size, all requests of a walk are the same.
    """
    chains: list[_Chain] = []
    for call in calls:
        paging = call.operation.pagination
        found = page(call.operation, PROTOCOLS[call.operation.protocol], call.exchange)
        if paging is None or found is None:
            continue
        chain = next((one for one in chains if _follows(one, call)), None)
        if chain is None:
            chains.append(_Chain([call], found))
        else:
            chain.calls.append(call)
            chain.last = found
    return [tuple(one.calls) for one in chains if len(one.calls) > 1]


def _follows(chain: _Chain, call: Called) -> bool:
    before = chain.calls[-1]
    following = chain.last.following
    paging = call.operation.pagination
    if paging is None or not following or before.operation.id != call.operation.id:
        return False
    asked, asked_before = call.exchange.params, before.exchange.params
    if any(asked.get(name) != value for name, value in following.items()):
        return False
    beside = {name for name, _ in paging.tokens} | {paging.limit}
    return all(
        asked.get(name) == asked_before.get(name)
        for name in asked.keys() | asked_before.keys()
        if name not in beside
    )


def walk_findings(pages: Sequence[Called], case_id: str) -> list[Finding]:
    """Every finding on one walk: that it ends, and that no item is repeated."""
    first = pages[0]
    operation = first.operation
    evidence = _evidence(first, case_id, Expect.ACCEPTED, "pagination/end")
    evidence = replace(
        evidence,
        case=replace(evidence.case, steps=(Walk(pages=len(pages)),)),
        steps=(tuple(call.exchange for call in pages),),
        listing=Listing(agrees=operation.lists_steadily),
    )
    why = "items are repeated, and nothing documents that they are unique"
    # the check's own reason would need a target that can be called twice
    return [
        replace(one, observed=why) if one.verdict is Verdict.INCONCLUSIVE else one
        for one in _judged(Recorded.WALK, evidence)
    ]


# ---------------------------------------------------------------- in code


def judge(operation: str | Operation, exchange: Mapping[str, Any] | Exchange) -> list[Finding]:
    """The findings on one recorded exchange of an operation.

    ``operation`` is an id like ``kms:ListKeys``, or an :class:`Operation`. ``exchange``
    is a mapping: ``request`` with ``method``, ``url``, ``headers`` and ``body``,
    ``response`` with ``status``, ``headers`` and ``body``; headers are a mapping or
    pairs, bodies bytes, text or ``None``. Nothing is sent. A finding has a ``clause``,
    a ``verdict`` (``pass``, ``fail``, ``warn``, ``inconclusive``), and what was
    ``expected`` and ``observed``. Raises :class:`UsageError` for an exchange that is
    none, :class:`UnknownNameError` for an unknown operation.
    """
    request, outcome = _exchanged(exchange)
    if isinstance(operation, str):
        found = registry().find(operation)
        protocol = spoken(found, request)
        if protocol != found.protocol:
            found = registry(protocol).find(operation)
        operation = found
    if not isinstance(operation, Operation):
        raise UsageError(f"An operation is an Operation or its id, not {operation!r}.")
    plain = in_path_style(request) if operation.service == "s3" else request
    return findings(called(operation, request, outcome, plain), f"{operation.id}/recorded/1")


def _exchanged(exchange: Mapping[str, Any] | Exchange) -> tuple[Request, Response | Failure]:
    if isinstance(exchange, Exchange):
        outcome = exchange.response or exchange.failure
        assert outcome is not None
        return exchange.request, outcome
    if not isinstance(exchange, Mapping):
        raise UsageError(
            f"An exchange is a mapping that holds a request and a response, not {exchange!r}."
        )
    try:
        asked, came = exchange["request"], exchange["response"]
        sent = partial(files.request, asked["method"], asked["url"])
        request = sent(files.headers(asked.get("headers")), files.body(asked.get("body")))
        outcome = files.response(
            came["status"], files.headers(came.get("headers")), files.body(came.get("body"))
        )
    except KeyError as error:
        raise UsageError(f"The exchange has no {error.args[0]}.") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"The exchange cannot be read: {error}.") from error
    return request, outcome
