"""What records a run, what replays one, and what may be recorded of AWS at all.

Settings come in, senders go out. Nothing here sends.
"""

import ipaddress
import os
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from botocore.session import Session as CoreSession

from conformance.errors import TargetError, UsageError
from conformance.execution.recording_keys import case_scope
from conformance.generation.cases import cases
from conformance.generation.plans import Call, Case, Expect
from conformance.recording import cassette, provenance
from conformance.recording.cassette import CassetteError, Library
from conformance.recording.player import Player
from conformance.recording.provenance import KINDS, Provenance
from conformance.recording.pseudonyms import OPEN_KEY, Pseudonyms
from conformance.recording.recorder import Recorder, Shelf
from conformance.recording.redaction import Redactor
from conformance.runner.settings import Settings, is_aws, require_writable
from conformance.spec.operation import Operation
from conformance.transport.endpoint_config import Endpoint, credentials
from conformance.transport.flow_control import rate_limit
from conformance.transport.sender import Sender

#: What may be sent to AWS: operations that change nothing, each known by hand to be so.
READ_ONLY: Mapping[str, str] = {
    "chime:GetPhoneNumber": "reads one number of the account",
    "chime:ListPhoneNumbers": "lists the numbers of the account",
    "chime:SearchAvailablePhoneNumbers": "a search reserves nothing",
    "connect:ListPhoneNumbersV2": "lists the numbers of the account",
    "connect:SearchAvailablePhoneNumbers": "a search reserves nothing",
}
#: Where the embedded server is said to have answered, wherever it really listened.
REFERENCE_ORIGIN = "http://localhost"
#: Where the SDK names no Regions of a service.
_REGIONS: Mapping[str, Sequence[str]] = {"chime": ("us-east-1",)}
#: What in the environment can put somebody else between us and AWS.
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
_WITHOUT_WISH = ("aws", "reference", "url")


def require_recordable(operations: Sequence[Operation]) -> None:
    """Raise :class:`UsageError` for an operation that is not known to be read-only."""
    for operation in operations:
        if operation.id not in READ_ONLY:
            raise UsageError(
                f"{operation.id} is not on the suite's list of read-only operations, so nothing "
                "is sent to AWS."
            )


def require_served(endpoint: Endpoint, operations: Sequence[Operation]) -> None:
    """Raise :class:`UsageError` for a Region in which AWS does not serve a service."""
    for service in sorted({operation.service for operation in operations}):
        regions = CoreSession().get_available_regions(service) or _REGIONS.get(service, ())
        if regions and endpoint.region not in regions:
            raise UsageError(
                f"AWS does not serve {service} in {endpoint.region}; choose with --region one of "
                f"{', '.join(sorted(regions))}, or leave the service out with --operations."
            )


def aws_or_rehearsal(addresses: Iterable[str], endpoint: Endpoint) -> str:
    """``aws`` where only AWS can answer; else ``rehearsal``: nobody's stand-in is ever AWS."""
    if not endpoint.verify or any(os.environ.get(name) for name in _STAND_INS):
        return "rehearsal"
    return "aws" if all(_is_public(address) for address in addresses) else "rehearsal"


def _is_public(address: str) -> bool:
    """Whether a URL is one of AWS's own and its host has public addresses alone."""
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
    wanted = (settings.provenance,) if settings.provenance else _WITHOUT_WISH
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


def printed(settings: Settings) -> list[Case]:
    """The samples that the documentation prints, as cases that are to be accepted."""
    library = Library(settings.cassettes, "documentation")
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
    """What answers from the cassettes of one provenance, at the origin that they name.

    With a ``kind`` it stands in for a target that is being recorded.
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


def require_one_origin(settings: Settings) -> None:
    """Raise :class:`TargetError` where a replay would tell of one server what another answered."""
    library = Library(settings.cassettes, chosen_provenance(settings))
    found = library.origins()
    if len(found) > 1:
        raise TargetError(
            f"{library.root / library.kind} mixes recordings of {_named(library.kind, found)}, "
            "and a replay judges one server: give each a folder of its own (--cassettes)."
        )


def require_own_folder(settings: Settings) -> None:
    """Raise :class:`UsageError` where a recording has no place, or another origin's.

    Every provenance has one origin in a folder: a replay speaks of one server, and nobody's
    recordings are replaced by another server's.
    """
    own = _source(settings, settings.endpoint)
    library = Library(settings.cassettes, own.kind)
    asked = (own.origin, own.region)
    if others := [one for one in library.origins() if one != asked]:
        raise UsageError(
            f"{library.root / library.kind} holds recordings of {_named(library.kind, others)}, "
            f"and this run would record {_named(library.kind, [asked])}: name another folder with "
            "--cassettes, or move those recordings away."
        )
    require_writable(library.root / library.kind, "cassettes")


def _named(kind: str, origins: Sequence[tuple[str, str]]) -> str:
    return " and ".join(f"{origin or kind} in {region}" for origin, region in origins)


def _source(settings: Settings, endpoint: Endpoint) -> Provenance:
    """Whom this run asks. The whole address is the origin: only it tells two local servers apart.

    The embedded server is one, wherever it listens.
    """
    kind = "reference" if settings.embedded else settings.kind
    if kind == "aws":
        probe = Sender(endpoint)
        services = sorted({operation.service for operation in settings.operations})
        kind = aws_or_rehearsal([probe.address(one) for one in services], endpoint)
    assert kind in KINDS
    origin = REFERENCE_ORIGIN if settings.embedded else (endpoint.url or "")
    return Provenance(kind=kind, origin=origin, region=endpoint.region, sdk=provenance.sdk())


def recorder(settings: Settings, endpoint: Endpoint, shared: Path) -> Recorder:
    """What sends, and records what comes, for one run; ``shared`` is common to its workers."""
    source = _source(settings, endpoint)
    known = credentials(endpoint)
    secrets = (known.access_key, known.secret_key, known.token or "")
    redactor = Redactor(
        Pseudonyms(OPEN_KEY) if settings.embedded else Pseudonyms.of_user(), secrets
    )
    for operation in settings.operations:
        for case in cases(operation):
            redactor.reserve(case_scope(operation, case).public)
    shelf = Shelf(
        settings.cassettes,
        source,
        redactor,
        log=shared / "recorded",
        renew=settings.record == "stale",
    )
    return Recorder(
        endpoint, shelf=shelf, stop=shared / "stopped", rate_limit=rate_limit(settings.rate, shared)
    )
