"""What records a run, what replays one, and what may be recorded of AWS at all.

Settings come in, senders go out. Nothing here sends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from conformance.errors import TargetError, UsageError
from conformance.model import Operation
from conformance.pace import pace
from conformance.recorder import cassette, provenance
from conformance.recorder.cassette import CassetteError, Library
from conformance.recorder.ledger import OPEN_KEY, Ledger
from conformance.recorder.provenance import KINDS, Provenance
from conformance.recorder.recording import Recorder, Shelf
from conformance.recorder.redaction import Redactor
from conformance.recorder.replay import Player
from conformance.sender import Endpoint, credentials
from conformance.settings import Settings

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
_WITHOUT_WISH = ("aws", "reference", "url")


def require_recordable(operations: Sequence[Operation]) -> None:
    """Raise :class:`UsageError` for an operation that is not known to be read-only."""
    for operation in operations:
        if operation.id not in READ_ONLY:
            raise UsageError(
                f"{operation.id} is not on the suite's list of read-only operations, so nothing "
                "is sent to AWS."
            )


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


def player(settings: Settings, kind: str | None = None) -> Player:
    """What answers from the cassettes of one provenance, at the origin that they name."""
    library = Library(settings.cassettes, kind or chosen_provenance(settings))
    known = _first(library, settings.operations)
    endpoint = settings.endpoint
    if known is not None:
        of_aws = known["provenance"] in {"aws", "rehearsal"}
        endpoint = replace(
            endpoint, url=None if of_aws else known["origin"], region=known["region"]
        )
    return Player(replace(endpoint, profile=None), library)


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


def recorder(settings: Settings, endpoint: Endpoint, shared: Path) -> Recorder:
    """What sends, and records what comes, for one run; ``shared`` is common to its workers."""
    kind = "reference" if settings.embedded else settings.kind
    assert kind in KINDS
    known = credentials(endpoint)
    secrets = (known.access_key, known.secret_key, known.token or "")
    origin = REFERENCE_ORIGIN if settings.embedded else (endpoint.url or "")
    source = Provenance(kind=kind, origin=origin, region=endpoint.region, sdk=provenance.sdk())
    ledger = Ledger(OPEN_KEY) if settings.embedded else Ledger.of_user()
    shelf = Shelf(
        settings.cassettes,
        source,
        Redactor(ledger, secrets),
        log=shared / "recorded",
        renew=settings.record == "stale",
    )
    return Recorder(
        endpoint, shelf=shelf, stop=shared / "stopped", pace=pace(settings.rate, shared)
    )
