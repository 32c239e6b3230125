"""What a run is told, checked: the defaults of the options and their one-sentence refusals.

Nothing here sends.
"""

import ipaddress
import os
import re
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import InvalidRegionError
from botocore.utils import validate_region_name

from conformance.errors import TargetError, UnknownNameError, UsageError, offered
from conformance.generation.cases import cases, explorations
from conformance.recording.provenance import KINDS
from conformance.report.expectations import Expectation, load
from conformance.spec.files import folder
from conformance.spec.operation import Operation
from conformance.spec.registry import registry, select
from conformance.transport.endpoint_config import Endpoint

#: The five operations that the suite began with.
DEFAULT_OPERATIONS = (
    "chime:SearchAvailablePhoneNumbers",
    "chime:ListPhoneNumbers",
    "chime:GetPhoneNumber",
    "connect:SearchAvailablePhoneNumbers",
    "connect:ListPhoneNumbersV2",
)
#: How hosts of AWS end, over all its partitions; Chime's documented endpoint among them.
_AWS_HOSTS = (
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".amazonaws.eu",
    ".amazonwebservices.com.cn",
    ".amazonwebservices.eu",
    ".api.aws",
    ".aws.amazon.com",
    ".aws.dev",
    ".c2s.ic.gov",
    ".cloud.adc-e.uk",
    ".csp.hci.ic.gov",
    ".sc2s.sgov.gov",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a run is told, checked. ``endpoint.url`` is ``None`` until it is known."""

    kind: str
    endpoint: Endpoint
    embedded: bool
    operations: tuple[Operation, ...]
    changing: tuple[str, ...] = ()
    protocol: str | None = None
    mutating: bool = False
    cases: tuple[str, ...] = ()
    resources: Mapping[str, str] = field(default_factory=dict)
    provision: bool = False
    recipes: tuple[Path, ...] = ()
    fail_on_warn: bool = False
    max_examples: int = 50
    seed: int | None = None
    rate: float | None = None
    wait_for: float = 0.0
    plan: bool = False
    subject: Mapping[str, str] = field(default_factory=dict)
    report: Path | None = None
    expected: tuple[Expectation, ...] = ()
    record: str = "none"
    stale_after: int = 90
    cassettes: Path = field(default_factory=lambda: folder("cassettes"))
    provenance: str | None = None


#: What ``--record`` takes.
RECORD = ("none", "missing", "all", "stale")


def is_aws(url: str) -> bool:
    """Whether a URL is AWS's own, whatever it is called."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    return host.endswith(_AWS_HOSTS)


def checked_url(url: str) -> str:
    """The URL of an endpoint without a trailing slash. Raises :class:`UsageError`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{url!r} is no URL: {error}.") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise UsageError(f"{url!r} is no URL of a target; give one like http://localhost:5000.")
    odd = any(char.isspace() or not char.isprintable() for char in url)
    if parts.query or parts.fragment or parts.username or odd:
        raise UsageError(
            f"{url!r} holds more than a target's address; give one like http://localhost:5000."
        )
    if not _is_host(parts.hostname):
        raise UsageError(f"{url!r} is no URL of a target: {parts.hostname!r} is no host name.")
    return url.rstrip("/")


def _is_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        labels = host.rstrip(".").split(".")
        return all(re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?", la) for la in labels)
    return True


def _number(name: str, text: str | None, kind: type, least: float, default: Any) -> Any:
    if text is None:
        return default
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not least <= value < 1e12:
        what = "a whole number" if kind is int else "a number"
        bound = f" of at least {least:g}" if least >= 0 else ""
        raise UsageError(f"{name} takes {what}{bound}, not {text!r}.")
    return value


def _pairs(name: str, texts: Sequence[str], form: str, example: str) -> dict[str, str]:
    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.strip() or not value:
            raise UsageError(f"{name} takes {form}, as in {example}, not {text!r}.")
        found[key.strip()] = value
    return found


def _resources(
    texts: Sequence[str], operations: Sequence[Operation], known: Mapping[str, Operation]
) -> dict[str, str]:
    """The values given for what a target knows, each of which some chosen operation asks for.

    So do the listings from which these take their values, and those of these listings.
    """
    given = _pairs("--resource", texts, "[service:]MEMBER=VALUE", "InstanceId=VALUE")
    asking = {one.id: one for one in operations}
    todo = list(operations) if given else []
    names: set[str] = set()
    while todo:
        operation = todo.pop()
        for name, resource in operation.resources.items():
            names |= {name, f"{operation.service}:{name}"}
            places = {place.operation for place in resource.places} - asking.keys()
            found = {one: known[one] for one in places if one in known}
            asking |= found
            todo += found.values()
    for name in given:
        if name not in names:
            alike = {one for one in names if {*":."} & {*one} == {*":."} & {*name}}
            near = offered(name, alike)
            raise UsageError(f"None of the chosen operations asks for {name!r}{near}")
    return given


def _region(name: str) -> str:
    try:
        validate_region_name(name)
    except InvalidRegionError as error:
        raise UsageError(f"{name!r} is no name of a Region; give one like us-east-1.") from error
    return name


def _target(target: str | None, endpoint_url: str | None) -> tuple[str, str | None]:
    """The kind of target and its URL, if it is one and is known already."""
    target = target or "replay"
    if target.startswith(("http:", "https:")):
        if endpoint_url:
            raise UsageError("Give the URL once: as --target or as --endpoint-url.")
        url: str | None = checked_url(target)
    elif target == "url":
        chosen = endpoint_url or os.environ.get("AWS_ENDPOINT_URL") or None
        url = checked_url(chosen) if chosen else None
    elif target in {"replay", "aws"}:
        if endpoint_url:
            raise UsageError(f"--endpoint-url goes with --target=url, not with --target={target}.")
        return target, None
    else:
        raise UsageError(
            f"There is no target {target!r}: give replay, aws, url, or a URL like "
            "http://localhost:5000."
        )
    return ("aws" if url and is_aws(url) else "url"), url


def settings(options: Mapping[str, Any]) -> Settings:
    """Check a run's options, given by their attribute names.

    Raises :class:`UsageError` (or its :class:`UnknownNameError`) with one sentence.
    """
    kind, url = _target(options.get("target"), options.get("endpoint_url"))
    aws = kind == "aws"
    if aws and options.get("mutating"):
        raise UsageError("--mutating never goes with AWS: nothing is changed there.")
    if kind != "url" and options.get("provision"):
        raise UsageError("--provision goes with a URL: nothing is made anywhere else.")
    patterns = options.get("operations")
    chosen = (
        [one.strip() for one in patterns.split(",") if one.strip()]
        if patterns is not None
        else (*DEFAULT_OPERATIONS, *_of_cases(options.get("case") or ()))
    )
    if not chosen:
        raise UsageError("--operations is empty; leave it out for the five documented ones.")
    selection = select(
        chosen,
        protocol=options.get("protocol"),
        # what may be sent to AWS is a matter of a list of its own
        mutating=aws or bool(options.get("mutating")),
    )
    operations = selection.operations
    wanted = tuple(options.get("case") or ())
    _known_cases(operations, wanted)
    report = options.get("report")
    if report:
        require_writable(Path(report), "report")
    return Settings(
        kind=kind,
        endpoint=Endpoint(
            url=None if aws else url,
            region=_region(options.get("region") or "us-east-1"),
            profile=options.get("aws_profile"),
            timeout=_number("--request-timeout", options.get("request_timeout"), float, 0.05, 10.0),
            verify=not options.get("no_verify_ssl"),
        ),
        embedded=kind == "url" and url is None,
        operations=operations,
        changing=selection.changing,
        protocol=options.get("protocol"),
        mutating=bool(options.get("mutating")),
        cases=wanted,
        resources=_resources(
            options.get("resource") or (), operations, registry(options.get("protocol"))
        ),
        provision=kind == "url" and not options.get("no_provision"),
        recipes=tuple(Path(one) for one in options.get("provision") or ()),
        fail_on_warn=bool(options.get("fail_on_warn")),
        max_examples=_number(
            "--max-examples", options.get("max_examples"), int, 0, 0 if aws else 50
        ),
        seed=_number("--seed", options.get("seed"), int, 0, None),
        rate=_number("--rate", options.get("rate"), float, 0.001, 1.0 if aws else None),
        wait_for=_number("--wait-for", options.get("wait_for"), float, 0, 0.0),
        plan=bool(options.get("plan")),
        subject=_pairs("--subject", options.get("subject") or (), "NAME=VALUE", "name=my-mock"),
        report=Path(report) if report else None,
        expected=load(Path(options["expect"]), operations) if options.get("expect") else (),
        record=_record(kind, options.get("record")),
        stale_after=_days(options.get("stale_after")),
        cassettes=Path(options["cassettes"]) if options.get("cassettes") else folder("cassettes"),
        provenance=_provenance(kind, options.get("provenance")),
    )


def _record(kind: str, wanted: str | None) -> str:
    if wanted is not None and wanted not in RECORD:
        raise UsageError(f"--record takes {', '.join(RECORD)}, not {wanted!r}.")
    if kind == "replay" and wanted not in {None, "none"}:
        raise UsageError("--record goes with --target=aws or a URL: a replay records nothing.")
    return wanted or ("missing" if kind == "aws" else "none")


def _days(text: str | None) -> int:
    days: int = _number("--stale-after", text.removesuffix("d") if text else None, int, 0, 90)
    return days


def _provenance(kind: str, wanted: str | None) -> str | None:
    if wanted is not None and wanted not in KINDS:
        raise UnknownNameError("provenance", wanted, KINDS)
    if wanted is not None and kind != "replay":
        raise UsageError("--provenance goes with a replay: what is recorded is what answers.")
    return wanted


def _of_cases(wanted: Sequence[str]) -> list[str]:
    """The operations of cases, where nobody said any: a case's id says its own."""
    named = dict.fromkeys(case.partition("/")[0] for case in wanted)
    return [name for name in named if name not in DEFAULT_OPERATIONS and name in registry()]


def _known_cases(operations: Sequence[Operation], wanted: Sequence[str]) -> None:
    known = {case.id for operation in operations for case in cases(operation)}
    known |= {one.id for operation in operations for one in explorations(operation)}
    for case in wanted:
        if case not in known:
            raise UnknownNameError("case", case, known)


def require_writable(folder: Path, option: str) -> None:
    """Raise :class:`UsageError` where a folder can neither be found nor made, or not written."""
    probe = folder / ".aws-conformance"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UsageError(
            f"The folder {folder} cannot be written ({error.strerror or error}); name another "
            f"with --{option}."
        ) from error


def _why_not(url: str, timeout: float) -> str | None:
    """Why nothing answers at a URL's host and port; ``None`` where something does."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((parts.hostname or "", port), timeout=timeout):
            return None
    except OSError as error:
        return error.strerror or str(error) or type(error).__name__


def require_reachable(endpoint: Endpoint, wait_for: float) -> None:
    """Wait ``wait_for`` seconds for the target. Raises :class:`TargetError` if nothing listens."""
    if endpoint.url is None:
        return
    deadline = time.monotonic() + wait_for
    while (why := _why_not(endpoint.url, endpoint.timeout)) is not None:
        if time.monotonic() >= deadline:
            raise TargetError(
                f"Nothing answers at {endpoint.url} ({why}); start the target, or give it time "
                "with --wait-for=SECONDS."
            )
        time.sleep(0.2)
