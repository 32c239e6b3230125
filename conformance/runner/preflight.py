"""What must hold before a run sends anything; each failure is one sentence.

Nothing here sends or writes, except that it asks whether something listens at the target and
makes the folder of cassettes.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from botocore.session import Session as CoreSession

from conformance.errors import TargetError, UsageError
from conformance.execution.provisioning import files, journal
from conformance.execution.provisioning.session import services
from conformance.recording.cassette import Library
from conformance.recording.pseudonyms import key_file, own_key
from conformance.recording.recordable import for_aws
from conformance.runner.addresses import require_reachable
from conformance.runner.recording_setup import chosen_provenance, provenance_of
from conformance.runner.settings import Settings, require_writable
from conformance.spec.operation import Operation
from conformance.transport.endpoint_config import Endpoint, credentials

#: The Regions of a service for which the SDK names none.
_REGIONS: Mapping[str, Sequence[str]] = {"chime": ("us-east-1",)}


def require_possible(settings: Settings) -> None:
    """Raise :class:`ConformanceError` where no such run is possible, before anything is sent.

    A plan needs no credentials, recordings or target. It is refused for operations that are never
    sent to AWS, so that it prints no IAM policy for them.
    """
    made = recipes(settings)
    if settings.kind == "aws":
        require_recordable(settings.operations)
        require_served(settings.endpoint, settings.operations)
    if settings.plan:
        return
    if settings.kind == "replay":
        require_one_origin(settings)
        return
    if not settings.embedded or settings.endpoint.profile:
        credentials(settings.endpoint)
    if settings.record != "none":
        if not settings.embedded:
            own_key(key_file())
        require_own_folder(settings)
    if made or (settings.mutating and not settings.embedded):
        journal.require_writable(journal.folder_of_user())
    require_reachable(settings.endpoint, settings.wait_for)


def recipes(settings: Settings) -> list[files.Recipe]:
    """The provisioning files of a run.

    The embedded server has data of its own. A user's own file is used or refused, whether or not
    the documents of its service say where values are listed. Raises :class:`DocumentError` for a
    broken file, :class:`UsageError` for one that nothing is made of.
    """
    given = files.own_services(settings.recipes, settings.protocol)
    chosen = {operation.service for operation in settings.whole}
    why = "the embedded server has data of its own" if settings.embedded else "of --no-provision"
    if given and (settings.embedded or not settings.provision):
        raise UsageError(f"Nothing is made of {_named_files(given)}, because {why}; leave it out.")
    for service, path in given.items():
        if service not in chosen:
            raise UsageError(f"{path} makes things of {service}, of which no operation is chosen.")
    if settings.embedded or not settings.provision:
        return []
    mine = {operation.service for operation in settings.operations}
    needed = {*services(settings.operations), *(mine & given.keys())}
    return list(files.recipes(needed, settings.recipes, settings.protocol))


def _named_files(given: Mapping[str, Path]) -> str:
    return " and ".join(map(str, given.values()))


def require_recordable(operations: Sequence[Operation]) -> None:
    """Raise :class:`UsageError` for an operation that is never sent to AWS."""
    for operation in operations:
        if reason := for_aws(operation):
            raise UsageError(f"{operation.id} {reason}")


def require_served(endpoint: Endpoint, operations: Sequence[Operation]) -> None:
    """Raise :class:`UsageError` for a Region in which AWS does not serve a service."""
    for service in sorted({operation.service for operation in operations}):
        regions = CoreSession().get_available_regions(service) or _REGIONS.get(service, ())
        if regions and endpoint.region not in regions:
            raise UsageError(
                f"AWS does not serve {service} in {endpoint.region}; choose with --region one of "
                f"{', '.join(sorted(regions))}, or leave the service out with --operations."
            )


def require_one_origin(settings: Settings) -> None:
    """Raise :class:`TargetError` where a replay would mix the responses of several servers."""
    library = Library(settings.cassettes, chosen_provenance(settings))
    found = library.origins()
    if len(found) > 1:
        raise TargetError(
            f"{library.root / library.kind} mixes recordings of {_named(library.kind, found)}, "
            "and a replay judges one server: give each a folder of its own (--cassettes)."
        )


def require_own_folder(settings: Settings) -> None:
    """Raise :class:`UsageError` where the folder is not writable, or holds another origin's.

    A folder holds one origin for each provenance: a replay reports on one server, and a
    recording never replaces those of another server.
    """
    own = provenance_of(settings, settings.endpoint)
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
