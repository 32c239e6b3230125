"""The senders of a run that records or replays: which provenance, which folder, which redaction.

Settings come in, senders go out. Nothing here sends.
"""

import ipaddress
import os
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.errors import TargetError
from conformance.execution.printed import printed_cases
from conformance.execution.recording_keys import case_scope
from conformance.generation.cases import cases
from conformance.generation.plans import Call, Case, Expect
from conformance.recording import cassette, provenance
from conformance.recording.cassette import CassetteError, Library
from conformance.recording.player import Player
from conformance.recording.provenance import DOCUMENTATION, KINDS, Provenance
from conformance.recording.pseudonyms import OPEN_KEY, Pseudonyms
from conformance.recording.recorder import Recorder
from conformance.recording.redaction import Redactor
from conformance.recording.store import CassetteStore
from conformance.runner.settings import Settings
from conformance.spec.operation import Operation
from conformance.transport.endpoint_config import Endpoint, credentials, is_aws
from conformance.transport.flow_control import rate_limit
from conformance.transport.sdk_clients import Manner, client_settings
from conformance.transport.sender import Sender

#: The origin of what the embedded server answered, whatever its port was.
REFERENCE_ORIGIN = "http://localhost"
#: Environment variables that can put another server between the suite and AWS.
_STAND_INS = (
    "AWS_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
)
_BY_DEFAULT = ("aws", "reference", "url")


def aws_or_rehearsal(addresses: Iterable[str], endpoint: Endpoint) -> str:
    """``aws`` where only AWS can answer, else ``rehearsal``."""
    if not endpoint.verify or any(os.environ.get(name) for name in _STAND_INS):
        return "rehearsal"
    return "aws" if all(_is_public(address) for address in addresses) else "rehearsal"


def _is_public(address: str) -> bool:
    """Whether a URL is one of AWS's own and its host has only public addresses."""
    host = urlsplit(address).hostname or ""
    if not is_aws(address) or urlsplit(address).scheme != "https":
        return False
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, 443)}
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(one).is_global for one in found)


def chosen_provenance(settings: Settings) -> str:
    """Which recordings a replay plays. Raises :class:`TargetError` where there are none."""
    wanted = (settings.provenance,) if settings.provenance else _BY_DEFAULT
    if settings.provenance == DOCUMENTATION and printed_cases(settings.operations):
        return DOCUMENTATION
    for kind in wanted:
        if any(_holds(settings.cassettes, kind, one) for one in settings.operations):
            return kind
    raise TargetError(
        f"There are no cassettes of {' or '.join(wanted)} in {settings.cassettes} for these "
        "operations: judge a target with --target=http://HOST:PORT, or record one with "
        "--record=missing."
    )


def _holds(root: Path, kind: str, operation: Operation) -> bool:
    folder = root / kind / operation.service / operation.name
    return next(folder.rglob("*" + cassette.SUFFIX), None) is not None


def documented_samples(settings: Settings) -> list[Case]:
    """The samples that the documentation prints, as cases whose requests are valid."""
    library = Library(settings.cassettes, DOCUMENTATION)
    found = []
    for path in library.files():
        try:
            sample = cassette.read(path)
        except CassetteError:
            continue
        name, clause = str(sample.metadata["name"]), str(sample.metadata["clause"])
        operation = name.split("/", 1)[0]
        if operation in {one.id for one in settings.operations} and len(sample.entries) == 1:
            found.append(
                Case(
                    id=name,
                    operation=operation,
                    clause=clause,
                    expect=Expect.ACCEPTED,
                    title=f"a sample of the documentation: {name.rsplit('/', 1)[1]}",
                    steps=(Call(set=sample.entries[0].params),),
                )
            )
    return found


def player(settings: Settings, kind: str | None = None) -> Player:
    """The sender that answers from the cassettes of one provenance, at the origin that they name.

    With a ``kind`` it answers in place of a target that is being recorded.
    """
    library = Library(settings.cassettes, kind or chosen_provenance(settings))
    known = _first(library, settings.operations)
    endpoint = settings.endpoint
    if known is not None:
        of_aws = known["provenance"] in {"aws", "rehearsal"}
        endpoint = replace(
            endpoint, url=None if of_aws else known["origin"], region=known["region"]
        )
    return Player(replace(endpoint, profile=None), library, stands_in=kind is not None)


def _first(library: Library, operations: Sequence[Operation]) -> Mapping[str, str] | None:
    """The metadata of the first cassette that can be read."""
    for operation in operations:
        folder = library.root / library.kind / operation.service / operation.name
        for path in folder.rglob("*" + cassette.SUFFIX):
            try:
                return cassette.read(path).metadata
            except CassetteError as error:
                library.damaged[path] = str(error)
    return None


def provenance_of(settings: Settings, endpoint: Endpoint) -> Provenance:
    """The provenance of what this run records.

    The origin is the whole address, because two local servers may differ in their port alone;
    the embedded server has one origin, whatever its port.
    """
    kind = "reference" if settings.embedded else settings.kind
    if kind == "aws":
        probe = Sender(endpoint)
        services = sorted({operation.service for operation in settings.operations})
        kind = aws_or_rehearsal([probe.address(one) for one in services], endpoint)
    assert kind in KINDS
    origin = REFERENCE_ORIGIN if settings.embedded else (endpoint.url or "")
    return Provenance(kind=kind, origin=origin, region=endpoint.region, sdk=provenance.sdk())


def _client(settings: Settings, endpoint: Endpoint) -> dict[str, Any]:
    """What a recording says of the clients that send: their settings, and a chosen protocol."""
    manners = (Manner.DEFAULT, Manner.BARE)
    found: dict[str, Any] = {str(one): client_settings(one, url=endpoint.url) for one in manners}
    return {**found, "protocol": settings.protocol} if settings.protocol else found


def recorder(settings: Settings, endpoint: Endpoint, shared: Path) -> Recorder:
    """The sender that records a run; ``shared`` is a folder that all its workers use."""
    source = provenance_of(settings, endpoint)
    known = credentials(endpoint)
    secrets = (known.access_key, known.secret_key, known.token or "")
    redactor = Redactor(
        Pseudonyms(OPEN_KEY) if settings.embedded else Pseudonyms.of_user(), secrets
    )
    for operation in settings.operations:
        for case in cases(operation):
            redactor.reserve(case_scope(operation, case).public)
    store = CassetteStore(
        settings.cassettes,
        source,
        redactor,
        log=shared / "recorded",
        renew=settings.record == "stale",
        client=_client(settings, endpoint),
    )
    return Recorder(
        endpoint, store=store, stop=shared / "stopped", rate_limit=rate_limit(settings.rate, shared)
    )
