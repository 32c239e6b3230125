"""Judges recorded exchanges by the checks, each as far as a recording can show.

A success is judged in full, and so is whether a request that violates a documented
constraint was accepted. Of an error only the envelope, type and status are: a recording
does not show why a request was refused. Consecutive pages of one walk are judged as a
walk. Which check judges what of a recording is for the table of checks alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import unquote

from conformance.checks.evidence import Evidence, Listing, Page, page
from conformance.checks.findings import Finding, Verdict
from conformance.checks.table import CHECKS, Recorded
from conformance.errors import UsageError
from conformance.generation.clauses import clauses
from conformance.generation.plans import Call, Case, Expect, Walk
from conformance.protocols.base import QUERY_ERROR
from conformance.protocols.http import Exchange, Failure, Headers, Request, Response, header
from conformance.protocols.table import HEADERS, PROTOCOLS
from conformance.recording.external import interactions
from conformance.recording.external.fidelity import (
    PLACEHOLDER,
    WHOLE,
    Fidelity,
    Omissions,
    fidelity,
)
from conformance.recording.external.recognition import spoken
from conformance.recording.external.request_fingerprint import in_path_style
from conformance.spec.levels import Level
from conformance.spec.operation import Operation
from conformance.spec.registry import registry
from conformance.spec.validity import violated_clauses

#: Content codings that are not decoded here.
_PACKED = frozenset({"br", "zstd"})
_WHY = "refused with {status}; a recording does not show why"
_REMOVED = "the value seems to have been removed from the recording"


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A recorded call of an operation: its exchange, and the request in the model's form.

    ``fidelity`` says what the recording lacks.
    """

    operation: Operation
    exchange: Exchange
    request: Request
    fidelity: Fidelity


def called(
    operation: Operation,
    sent: Request,
    outcome: Response | Failure,
    request: Request,
    omissions: Omissions = WHOLE,
) -> Called:
    """A recorded call: the request as it was ``sent``, and in the model's form."""
    protocol = PROTOCOLS[operation.protocol]
    members = protocol.members(operation, request)
    if isinstance(outcome, Response):
        outcome = protocol.judgeable(operation, outcome)
    exchange = Exchange(
        operation=operation.id,
        params=members or {},
        request=sent,
        response=outcome if isinstance(outcome, Response) else None,
        failure=outcome if isinstance(outcome, Failure) else None,
    )
    return Called(
        operation=operation,
        exchange=exchange,
        request=request,
        fidelity=fidelity(sent, outcome, omissions),
    )


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
    unescaped = set(violated_clauses(operation, _unescaped(operation, members)))
    for name in violated_clauses(operation, members):
        clause = known.get(name) if name in unescaped else None
        if clause is None or clause.level is Level.OBSERVE:
            continue
        part, _, path = clause.path.partition("/")
        if part == "request" and (
            _may_be_empty(operation, path, call.request) or _is_empty_text(operation, path, members)
        ):
            continue
        found[clause.path] = part == "request" and any(
            PLACEHOLDER.search(str(value)) for value in _at(members, path.split("/")[:-1])
        )
    return found


def _unescaped(operation: Operation, members: Mapping[str, Any]) -> dict[str, Any]:
    """The members with what is percent-encoded outside the body decoded once more.

    Clients escape values for services that unescape them, S3's copy source for one; no model
    states which. Such a request violates a clause only if both readings of it do.
    """
    return {
        name: value
        if operation.members.get(name, {}).get("location") in _IN_BODY
        else _decoded(value)
        for name, value in members.items()
    }


#: Where members are in a body, in which a percent sign is one.
_IN_BODY = frozenset({"body", "payload"})


def _decoded(value: Any) -> Any:
    if isinstance(value, str):
        return unquote(value)
    if isinstance(value, Mapping):
        return {unquote(str(name)): _decoded(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_decoded(one) for one in value]
    return value


def _is_empty_text(operation: Operation, path: str, members: Mapping[str, Any]) -> bool:
    """Whether a value is of another type only as it is empty, where all values are text.

    ``max-parts=`` is no number and no other value either: nothing states what it means.
    """
    *names, keyword = path.split("/")
    if keyword != "type":
        return False
    beside = operation.members.get(names[0], {}).get("location") not in _IN_BODY
    if not beside and PROTOCOLS[operation.protocol].request_format.typed:
        return False
    wrong = [one for one in _at(members, names) if not isinstance(one, int | float)]
    return bool(wrong) and all(one == "" for one in wrong)


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


#: Clauses of responses that the body does not decide.
_BESIDE_BODY = frozenset({"response/status", "response/content-type", "response/request-id"}) | {
    f"response/{name}" for name in HEADERS
}


def _softened(finding: Finding, call: Called) -> Finding:
    """The finding, as far as the recording shows it.

    It is inconclusive where headers, values or the body are missing, and a warning at most
    where the recording was altered.
    """
    if finding.verdict not in {Verdict.FAIL, Verdict.WARN}:
        return finding
    if why := _missing(finding, call):
        return replace(finding, verdict=Verdict.INCONCLUSIVE, observed=why)
    if not call.fidelity.altered:
        return finding
    return replace(
        finding,
        level=Level.SHOULD,
        verdict=Verdict.WARN,
        observed=f"{finding.observed} (the recording seems altered: {call.fidelity.altered})",
    )


def _missing(finding: Finding, call: Called) -> str:
    """What of a violated clause the recording does not hold; empty where it holds all of it."""
    path = finding.clause.split("/", 1)[1]
    response = call.exchange.response
    if response is None:
        return ""
    if path == "response/request-id" and call.fidelity.request_id:
        return call.fidelity.request_id
    if call.fidelity.headers and _is_of_an_absent_header(path, call):
        return call.fidelity.headers
    part = path.partition("/")[0]
    if part in {"response", "errors"} and PLACEHOLDER.search(finding.observed):
        return _REMOVED
    if call.fidelity.body and _is_of_the_body(path, call):
        return call.fidelity.body
    coding = (response.header("content-encoding") or "").lower()
    if path in {"response/body", "errors/body", "errors/type"} and coding in _PACKED:
        return f"the recorded body is compressed as {coding}, which is not decoded"
    return ""


def _is_of_an_absent_header(path: str, call: Called) -> bool:
    """Whether a clause is violated by the absence of a header that may have been there."""
    response = call.exchange.response
    assert response is not None
    if path == "errors/type":
        return "x-amzn-" in PROTOCOLS[call.operation.protocol].error_places
    if path == "errors/query-error":
        return response.header(QUERY_ERROR) is None
    if path in {"response/content-type", "response/accepted-type", "errors/content-type"}:
        return response.header("content-type") is None
    name = path.removeprefix("response/")
    return (name in HEADERS and response.header(name) is None) or (
        path.endswith("/present") and _location(call, path) in _HEADERS
    )


def _is_of_the_body(path: str, call: Called) -> bool:
    """Whether it takes the body to judge a clause."""
    if path in {"errors/body", "errors/type"}:
        return True
    if not path.startswith("response/") or path in _BESIDE_BODY:
        return False
    return _location(call, path) not in {*_HEADERS, "status"}


#: Where a model says that a member is in headers.
_HEADERS = frozenset({"header", "headers"})


def _location(call: Called, path: str) -> str | None:
    """Where the response member of a clause is."""
    member = call.operation.response["properties"].get(path.split("/")[1], {})
    return str(member["location"]) if "location" in member else None


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
    """The findings of the checks on one recorded exchange.

    What is given, and what is raised, are as in :func:`conformance.runner.api.judge`, which
    shows the findings to users.
    """
    request, outcome, omissions = _exchanged(exchange)
    if isinstance(operation, str):
        found = registry().find(operation)
        protocol = spoken(found, request)
        if protocol != found.protocol:
            found = registry(protocol).find(operation)
        operation = found
    if not isinstance(operation, Operation):
        raise UsageError(f"An operation is an Operation or its id, not {operation!r}.")
    plain = in_path_style(request) if operation.service == "s3" else request
    call = called(operation, request, outcome, plain, omissions)
    return findings(call, f"{operation.id}/recorded/1")


def _exchanged(
    exchange: Mapping[str, Any] | Exchange,
) -> tuple[Request, Response | Failure, Omissions]:
    if isinstance(exchange, Exchange):
        outcome = exchange.response or exchange.failure
        assert outcome is not None
        return exchange.request, outcome, Omissions(ours=True)
    if not isinstance(exchange, Mapping):
        raise UsageError(
            f"An exchange is a mapping that holds a request and a response, not {exchange!r}."
        )
    try:
        asked, came = exchange["request"], exchange["response"]
        sent = partial(interactions.request, asked["method"], asked["url"])
        request = sent(interactions.headers(asked.get("headers")), interactions.held(asked)[0])
        content, omissions = interactions.held(came)
        outcome = interactions.response(
            came["status"], interactions.headers(came.get("headers")), content
        )
    except KeyError as error:
        raise UsageError(f"The exchange has no {error.args[0]}.") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"The exchange cannot be read: {error}.") from error
    return request, outcome, omissions
