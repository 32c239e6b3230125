"""From a recorded request to the operation that it asks for, or the reason why none can be told.

Several services may share a signing name, an endpoint, even an operation: what the
request does not decide is ambiguous, and said to be. Documented operations go before
those of the models.
"""

import fnmatch
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from conformance.errors import UsageError
from conformance.protocols.http import Request, header
from conformance.recording.external.request_fingerprint import (
    Fingerprint,
    fingerprint,
    in_path_style,
    said,
)
from conformance.spec.documents import documented
from conformance.spec.operation import Operation
from conformance.spec.sdk_models import loader as sdk_models
from conformance.spec.sdk_models.index import Entry, index
from conformance.spec.sdk_models.routes import Fit, Route, operation_names, route, routes

_REST = frozenset({"rest-json", "rest-xml"})
_FORMS = frozenset({"query", "ec2"})


#: Operations of one path that only host and signature tell apart: whether S3 Express answers.
#: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListDirectoryBuckets.html
_EXPRESS: Mapping[str, bool] = {"s3:ListDirectoryBuckets": True, "s3:ListBuckets": False}


class Kind(StrEnum):
    """What came of looking at a request."""

    RECOGNISED = "recognised"
    AMBIGUOUS = "ambiguous"
    UNKNOWN = "of no operation that the SDK knows"
    UNSPOKEN = "not to be judged"
    LEFT_OUT = "left out by --operations"
    FOREIGN = "of no AWS operation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What a request asks for: an operation, or a reason. ``note`` is what to know beside it.

    ``request`` is the request as the operation's model describes it: a bucket that
    stands in the host is in its path.
    """

    kind: Kind
    request: Request
    operation: Operation | None = None
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    """An operation that a request may be for, and how well its route fits."""

    service: str
    name: str
    protocol: str
    fit: Fit = ()
    deprecated: bool = False

    @property
    def id(self) -> str:
        return f"{self.service}:{self.name}"


def recognise(request: Request, only: Sequence[str] = ()) -> Recognition:
    """The operation that a request is for; ``only`` are patterns ``service:Operation``."""
    told = fingerprint(request)
    entries = _entries(told, only)
    if any(entry.service == "s3" for entry in entries) and _is_of_s3(told):
        request = in_path_style(request)
    found = _best(list(_candidates(request, told, entries)))
    left = [one for one in found if not only or wanted(one.id, only)]
    if not left:
        return _none(request, told, found, only)
    chosen, others = _chosen(left, told)
    if chosen is None:
        names = " or ".join(one.id for one in left[:4])
        more = f" or {len(left) - 4} others" if len(left) > 4 else ""
        return Recognition(
            kind=Kind.AMBIGUOUS,
            request=request,
            reason=f"it may be {names}{more}; say which with --operations",
        )
    note = f"{chosen.id}, which {' and '.join(others)} share" if others else ""
    if not note and _by_path_alone(told, chosen):
        note = f"{chosen.id}, by its path alone"
    return _built(request, chosen, note)


def _is_of_s3(told: Fingerprint) -> bool:
    return "s3" in {told.signing, told.endpoint, told.client}


def _by_path_alone(told: Fingerprint, chosen: _Found) -> bool:
    return chosen.protocol in _REST and not (told.signing or told.endpoint or told.client)


def wanted(name: str, only: Iterable[str]) -> bool:
    """Whether some of the patterns name an operation."""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in only)


# ---------------------------------------------------------------- which services


def _entries(told: Fingerprint, only: Sequence[str]) -> list[Entry]:
    """The services that a request may be for, by what it says of them."""
    found = [entry for entry in index().values() if said(told, entry)]
    if told.client:
        named = [entry for entry in found if _folded(told.client) == _folded(entry.service)]
        found = named or found
    services = {pattern.partition(":")[0] for pattern in only}
    if services and not any(char in service for service in services for char in "*?["):
        found = [entry for entry in found if entry.service in services] or found
    return found


def _folded(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())


# ---------------------------------------------------------------- which operations


def _candidates(request: Request, told: Fingerprint, entries: Sequence[Entry]) -> Iterator[_Found]:
    if told.cbor is not None:
        service, name = told.cbor
        for entry in entries:
            if entry.target == service and name in operation_names(entry.service):
                yield _Found(entry.service, name, "smithy-rpc-v2-cbor")
        return
    if told.target:
        prefix, _, name = told.target.rpartition(".")
        for entry in entries:
            if entry.target == prefix and name in operation_names(entry.service):
                yield _Found(entry.service, name, "json")
        return
    if told.form is not None:
        found = list(_of_form(told.form, told, entries))
        yield from found
        if found:
            return
    if told.amazon:
        yield from _of_paths(request, told, entries)


def _of_form(
    form: Mapping[str, str], told: Fingerprint, entries: Sequence[Entry]
) -> Iterator[_Found]:
    """Operations by ``Action`` and ``Version``; a signature or host speaks for an old version."""
    version, name = form.get("Version", ""), form["Action"]
    speaking = [entry for entry in entries if _speaks_form(entry)]
    same = [entry for entry in speaking if entry.version == version]
    if not same and (told.signing or told.endpoint):
        same = speaking
    for entry in same:
        if name in operation_names(entry.service):
            yield _Found(entry.service, name, "ec2" if "ec2" in entry.protocols else "query")


def _speaks_form(entry: Entry) -> bool:
    # what once spoke query may have been recorded then
    return bool(_FORMS & set(entry.protocols)) or entry.protocols[0] not in _REST


def _of_paths(request: Request, told: Fingerprint, entries: Sequence[Entry]) -> Iterator[_Found]:
    query, headers = request.query, request.headers
    stated = dict(query).get("x-id")  # some SDKs name the operation there
    query = [pair for pair in query if pair[0] != "x-id" and not pair[0].startswith("X-Amz-")]
    services = {entry.service: entry for entry in entries if _REST & set(entry.protocols)}
    for service, entry in services.items():
        protocol = next(one for one in entry.protocols if one in _REST)
        written = [one for one in documented().values() if one.service == service]
        known = {one.name: _documented_route(one) for one in written}
        known |= {one.operation: one for one in routes(service) if one.operation not in known}
        for one in known.values():
            fit = one.fit(request.method, request.path, query, headers)
            express = _EXPRESS.get(f"{service}:{one.operation}", told.express)
            if express is not told.express or stated not in {None, one.operation}:
                continue
            if fit is not None:
                yield _Found(service, one.operation, protocol, fit, one.deprecated)


def _documented_route(operation: Operation) -> Route:
    members = [
        (str(one.get("location", "")), str(one.get("wireName", name)), name in operation.required)
        for name, one in operation.members.items()
    ]
    return route(operation.name, operation.http, members)


def _best(found: Sequence[_Found]) -> list[_Found]:
    """Those whose routes say most of the request."""
    most = max((one.fit for one in found), default=())
    return [one for one in found if one.fit == most]


def _chosen(found: Sequence[_Found], told: Fingerprint) -> tuple[_Found | None, list[str]]:
    """The one meant, and the others that it was chosen from.

    Where services share one API under one endpoint (the SDK's rds, docdb and neptune are
    all RDS's), it is the service's that bears the name; where one service has two
    operations for one request, it is the one that is not deprecated.
    """
    if len(found) == 1:
        return found[0], []
    names = {told.signing, told.endpoint} - {""}
    shared = {(index()[one.service].endpoint, one.name) for one in found}
    if len({one.service for one in found}) == 1:
        meant = [one for one in found if not one.deprecated]
    else:
        meant = [one for one in found if one.service in names and len(shared) == 1]
    if len(meant) == 1:
        return meant[0], [one.id for one in found if one is not meant[0]]
    return None, []


# ---------------------------------------------------------------- what to say


def _built(request: Request, chosen: _Found, note: str) -> Recognition:
    operation = documented().get(chosen.id)
    if operation is None or operation.protocol != chosen.protocol:
        spoken = sdk_models.protocols(chosen.service)
        if chosen.protocol not in spoken:
            told = f"{chosen.id} in {chosen.protocol}, which the SDK's model no longer describes"
            return Recognition(kind=Kind.UNSPOKEN, request=request, reason=told)
        try:
            operation = sdk_models.operation(chosen.service, chosen.name, chosen.protocol)
        except UsageError as error:
            return Recognition(kind=Kind.UNSPOKEN, request=request, reason=str(error).rstrip("."))
    if operation.untriable:
        return Recognition(
            kind=Kind.UNSPOKEN, request=request, reason=f"{chosen.id}: {operation.untriable}"
        )
    return Recognition(kind=Kind.RECOGNISED, request=request, operation=operation, note=note)


def _none(
    request: Request, told: Fingerprint, found: Sequence[_Found], only: Sequence[str]
) -> Recognition:
    if found and only:
        return Recognition(
            kind=Kind.LEFT_OUT, request=request, reason=" or ".join(one.id for one in found[:4])
        )
    if not told.amazon:
        return Recognition(kind=Kind.FOREIGN, request=request, reason="nothing in it is AWS's")
    names = (
        ("X-Amz-Target", told.target),
        ("the path of CBOR", "/".join(told.cbor or ())),
        ("Action", (told.form or {}).get("Action", "")),
        ("the signature", told.signing),
        ("the host", told.endpoint),
    )
    said_of_it = ", ".join(f"{place} says {name}" for place, name in names if name)
    line = f"{request.method} {request.path[:80]}"
    reason = f"{said_of_it}: {line} is no operation there" if said_of_it else line
    return Recognition(kind=Kind.UNKNOWN, request=request, reason=reason)


def spoken(operation: Operation, request: Request) -> str:
    """The protocol in which a request asks for an operation, where its service speaks several."""
    told = fingerprint(request)
    if told.cbor is not None or header(request.headers, "smithy-protocol") == "rpc-v2-cbor":
        return "smithy-rpc-v2-cbor"
    if told.target:
        return "json"
    if told.form is not None and operation.protocol not in _REST:
        return "ec2" if operation.protocol == "ec2" else "query"
    return operation.protocol
