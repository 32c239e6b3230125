"""From a recorded request to the operation that it asks for, or the reason why none is found.

Several services may share a signing name, an endpoint, even an operation: what the
request does not decide is ambiguous. Documented operations go before those of the models.
How a request names its operation is its protocol's affair.
"""

import fnmatch
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from conformance.errors import UsageError
from conformance.protocols.base import Address, Addressing
from conformance.protocols.http import Request
from conformance.protocols.table import PROTOCOLS, addressed
from conformance.recording.external.request_fingerprint import (
    Fingerprint,
    fingerprint,
    in_path_style,
    is_near,
    may_be_for,
)
from conformance.spec.operation import Operation
from conformance.spec.registry import is_pattern, protocols, registry
from conformance.spec.sdk_models.index import Entry, index
from conformance.spec.sdk_models.routes import (
    EXPRESS,
    LITERALS,
    Fit,
    operation_names,
    route_of,
    routes,
)


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
    was in the host is in its path.
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


def recognise(
    request: Request, only: Sequence[str] = (), *, former_protocols: bool = False
) -> Recognition:
    """The operation that a request is for; ``only`` are patterns ``service:Operation``.

    With ``former_protocols`` it may be in a protocol that its service speaks no more.
    """
    signs = fingerprint(request)
    entries = _entries(signs, only)
    if any(entry.service == "s3" for entry in entries) and _is_of_s3(signs):
        request = in_path_style(request)
    found = _best(list(_candidates(request, signs, entries, chosen=_are_named(only))))
    left = [one for one in found if not only or wanted(one.id, only)]
    if not left:
        return _none(request, signs, found, only)
    chosen, others = _chosen(left, signs)
    if chosen is None:
        names = " or ".join(one.id for one in left[:4])
        more = f" or {len(left) - 4} others" if len(left) > 4 else ""
        return Recognition(
            kind=Kind.AMBIGUOUS,
            request=request,
            reason=f"it may be {names}{more}; say which with --operations",
        )
    note = f"{chosen.id}, which {' and '.join(others)} share" if others else ""
    if not note and _by_path_alone(signs, chosen):
        note = f"{chosen.id}, by its path alone"
    return _built(request, chosen, note, former_protocols)


def _is_of_s3(signs: Fingerprint) -> bool:
    return "s3" in {signs.signing, signs.endpoint, signs.client}


def _by_path_alone(signs: Fingerprint, chosen: _Found) -> bool:
    return _is_by_path(chosen.protocol) and not (signs.signing or signs.endpoint or signs.client)


def wanted(name: str, only: Iterable[str]) -> bool:
    """Whether some of the patterns name an operation."""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in only)


# ---------------------------------------------------------------- which services


def _entries(signs: Fingerprint, only: Sequence[str]) -> list[Entry]:
    """The services that a request may be for, by its signs."""
    found = [entry for entry in index().values() if may_be_for(signs, entry)]
    if signs.client:
        named = [entry for entry in found if _folded(signs.client) == _folded(entry.service)]
        found = named or found
    if _are_named(only):
        services = {pattern.partition(":")[0] for pattern in only}
        found = [entry for entry in found if entry.service in services] or found
    return found


def _folded(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())


# ---------------------------------------------------------------- which operations


def _candidates(
    request: Request, signs: Fingerprint, entries: Sequence[Entry], *, chosen: bool
) -> Iterator[_Found]:
    """The operations that a request may be for.

    Where nothing in it is AWS's it may be for a mock of ``chosen`` services: on this machine or
    network by any path, elsewhere by one that has a word of theirs.
    """
    for addressing, address in signs.addresses:
        found = list(_named(addressing, address, signs, entries))
        yield from found
        if found or addressing.distinctive:
            return
    if signs.amazon:
        yield from _of_paths(request, signs, entries)
    elif chosen:
        near = is_near(request)
        found = list(_of_paths(request, signs, entries))
        yield from (one for one in found if near or one.fit[LITERALS])


def _are_named(only: Sequence[str]) -> bool:
    """Whether patterns name services, so that no request is compared with all of them."""
    services = [pattern.partition(":")[0] for pattern in only]
    return bool(services) and not any(map(is_pattern, services))


def _named(
    addressing: Addressing, address: Address, signs: Fingerprint, entries: Sequence[Entry]
) -> Iterator[_Found]:
    """Operations of the name; a signature or host is enough where the version is another."""
    speaking = [entry for entry in entries if addressing.distinctive or _speaks(addressing, entry)]
    same = [
        entry
        for entry in speaking
        if address.service in {None, entry.target} and address.version in {None, entry.version}
    ]
    if not same and address.version is not None and (signs.signing or signs.endpoint):
        same = speaking
    for entry in same:
        if address.operation in operation_names(entry.service):
            yield _Found(entry.service, address.operation, _protocol(addressing, entry))


def _speaks(addressing: Addressing, entry: Entry) -> bool:
    """Whether a service names operations in a way, or may have done so when it was recorded."""
    listed = any(one.name in entry.protocols for one in addressed(addressing))
    return listed or not _is_by_path(entry.protocols[0])


def _protocol(addressing: Addressing, entry: Entry) -> str:
    """The protocol that a service speaks where it names operations in a way."""
    sharing = [one.name for one in addressed(addressing)]
    return next((name for name in sharing if name in entry.protocols), sharing[0])


def _is_by_path(protocol: str) -> bool:
    return protocol in PROTOCOLS and PROTOCOLS[protocol].addressing.by_path


def _of_paths(request: Request, signs: Fingerprint, entries: Sequence[Entry]) -> Iterator[_Found]:
    query, headers = request.query, request.headers
    stated = dict(query).get("x-id")  # some SDKs name the operation there
    query = [pair for pair in query if pair[0] != "x-id" and not pair[0].startswith("X-Amz-")]
    for entry in entries:
        protocol = next((one for one in entry.protocols if _is_by_path(one)), None)
        if protocol is None:
            continue
        service = entry.service
        named = [name for name in registry() if name.partition(":")[0] == service]
        written = [registry()[name] for name in named]
        known = {one.name: route_of(one) for one in written}
        known |= {one.operation: one for one in routes(service) if one.operation not in known}
        for one in known.values():
            fit = one.fit(request.method, request.path, query, headers)
            express = EXPRESS.get(f"{service}:{one.operation}", signs.express)
            if express is not signs.express or stated not in {None, one.operation}:
                continue
            if fit is not None:
                yield _Found(service, one.operation, protocol, fit, one.deprecated)


def _best(found: Sequence[_Found]) -> list[_Found]:
    """Those whose routes say most of the request."""
    most = max((one.fit for one in found), default=())
    return [one for one in found if one.fit == most]


def _chosen(found: Sequence[_Found], signs: Fingerprint) -> tuple[_Found | None, list[str]]:
    """The one that is meant, and the others that it was chosen from.

    Where services share one API under one endpoint (the SDK's rds, docdb and neptune are
    all RDS's), it is that of the service which has the name; where one service has two
    operations for one request, it is the one that is not deprecated.
    """
    if len(found) == 1:
        return found[0], []
    names = {signs.signing, signs.endpoint} - {""}
    shared = {(index()[one.service].endpoint, one.name) for one in found}
    if len({one.service for one in found}) == 1:
        meant = [one for one in found if not one.deprecated]
    else:
        meant = [one for one in found if one.service in names and len(shared) == 1]
    if len(meant) == 1:
        return meant[0], [one.id for one in found if one is not meant[0]]
    return None, []


# ---------------------------------------------------------------- what is reported


def _built(request: Request, chosen: _Found, note: str, former: bool) -> Recognition:
    spoken = chosen.protocol in protocols(chosen.service)
    if not spoken and not former:
        why = f"{chosen.id} in {chosen.protocol}, which the SDK's model no longer describes"
        return Recognition(kind=Kind.UNSPOKEN, request=request, reason=why)
    try:
        known = registry(chosen.protocol)
        operation = known.find(chosen.id) if spoken else known.formerly(chosen.id)
    except UsageError as error:
        return Recognition(kind=Kind.UNSPOKEN, request=request, reason=str(error).rstrip("."))
    if operation.untriable:
        return Recognition(
            kind=Kind.UNSPOKEN, request=request, reason=f"{chosen.id}: {operation.untriable}"
        )
    return Recognition(kind=Kind.RECOGNISED, request=request, operation=operation, note=note)


def _none(
    request: Request, signs: Fingerprint, found: Sequence[_Found], only: Sequence[str]
) -> Recognition:
    if found and only:
        return Recognition(
            kind=Kind.LEFT_OUT, request=request, reason=" or ".join(one.id for one in found[:4])
        )
    if not signs.amazon:
        return Recognition(kind=Kind.FOREIGN, request=request, reason="nothing in it is AWS's")
    names = (
        *((addressing.place, address.text) for addressing, address in signs.addresses),
        ("the signature", signs.signing),
        ("the host", signs.endpoint),
    )
    named = ", ".join(f"{place} says {name}" for place, name in names if name)
    line = f"{request.method} {request.path[:80]}"
    reason = f"{named}: {line} is no operation there" if named else line
    return Recognition(kind=Kind.UNKNOWN, request=request, reason=reason)


def spoken(operation: Operation, request: Request) -> str:
    """The protocol in which a request asks for an operation, where its service speaks several."""
    marked = next((one for one in PROTOCOLS.values() if one.marks(request.headers)), None)
    if marked is not None:
        return marked.name
    own = PROTOCOLS[operation.protocol]
    for addressing, _ in fingerprint(request).addresses:
        if addressing.distinctive or not own.addressing.by_path:
            return own.name if own.addressing == addressing else addressed(addressing)[0].name
    return own.name
