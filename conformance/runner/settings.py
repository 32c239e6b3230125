"""The options of a run as typed settings: defaults, ranges, and a sentence for what is refused.

Nothing here sends.
"""

import base64
import math
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from botocore.exceptions import InvalidRegionError
from botocore.utils import validate_region_name

from conformance.errors import UnknownNameError, UsageError, suggestion
from conformance.generation.depth import Depth
from conformance.recording.cassette import path_of
from conformance.recording.provenance import DOCUMENTATION, KINDS
from conformance.recording.recordable import for_aws
from conformance.report.expectations import Expectation, load
from conformance.report.terminal import Detail
from conformance.report.writer import require_place
from conformance.runner.addresses import parse_target
from conformance.runner.selection import chosen
from conformance.runner.sharding import Shard, durations, part
from conformance.runner.sharding import parse as parse_shard
from conformance.spec.files import folder, use_schemas
from conformance.spec.observed import use as use_observed
from conformance.spec.operation import Operation
from conformance.spec.registry import (
    Scope,
    any_name,
    is_pattern,
    never,
    registry,
    select,
    unless_reading,
)
from conformance.spec.samples import Samples, samples
from conformance.transport.endpoint_config import Endpoint

#: The operations that a run without ``--operations`` judges.
DEFAULT_OPERATIONS = (
    "chime:SearchAvailablePhoneNumbers",
    "chime:ListPhoneNumbers",
    "chime:GetPhoneNumber",
    "connect:SearchAvailablePhoneNumbers",
    "connect:ListPhoneNumbersV2",
)
#: The values of ``--record``.
RECORD = ("none", "missing", "all", "stale")
#: The values of ``--gate``: which findings decide the exit status.
GATES = ("all", "sdk")
#: Each option that takes a number: its type, its least value, and its default.
_NUMBERS: Mapping[str, tuple[type, float, float | None]] = {
    "max_examples": (int, 0, 50),
    "seed": (int, 0, None),
    "rate": (float, 0.001, None),
    "request_timeout": (float, 0.05, 10.0),
    "wait_for": (float, 0, 0.0),
    "max_time": (float, 1, None),
    "stale_after": (int, 0, 90),
}
#: The defaults for AWS, where they differ: nothing is explored, and requests are slow.
_FOR_AWS: Mapping[str, float] = {"max_examples": 0, "rate": 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The options of a run, checked. ``endpoint.url`` is ``None`` until it is known.

    ``whole`` are the operations of all parts of the run, of which ``operations`` is one.
    ``took`` are the seconds that operations took in an earlier run.
    ``left_out`` are the operations that the patterns match and that a run leaves out, because
    they change things, or are never sent to AWS.
    ``joined`` says that the command itself joins the reports of all parts.
    """

    kind: str
    endpoint: Endpoint
    embedded: bool
    operations: tuple[Operation, ...]
    whole: tuple[Operation, ...]
    shard: Shard | None = None
    joined: bool = False
    took: Mapping[str, float] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    protocol: str | None = None
    mutating: bool = False
    cases: frozenset[str] = frozenset()
    resources: Mapping[str, str] = field(default_factory=dict)
    provision: bool = False
    recipes: tuple[Path, ...] = ()
    fail_on_warn: bool = False
    max_examples: int = 50
    depth: Depth = Depth.QUICK
    seed: int | None = None
    rate: float | None = None
    wait_for: float = 0.0
    max_time: float | None = None
    resume: bool = False
    plan: bool = False
    subject: Mapping[str, str] = field(default_factory=dict)
    report: Path | None = None
    har: Path | None = None
    detail: Detail = Detail.DEFAULT
    expected: tuple[Expectation, ...] = ()
    record: str = "none"
    stale_after: int = 90
    cassettes: Path = field(default_factory=lambda: folder("cassettes"))
    provenance: str | None = None
    gate: str = "all"

    def decides(self, area: str) -> bool:
        """Whether findings of an area decide the exit status."""
        return self.gate in {"all", area}


def settings(options: Mapping[str, Any]) -> Settings:
    """Check a run's options, given by their attribute names.

    Raises :class:`UsageError` (or its :class:`UnknownNameError`) with one sentence.
    """
    _use_files(options)
    kind, url = parse_target(options.get("target"), options.get("endpoint_url"))
    aws = kind == "aws"
    if aws and options.get("mutating"):
        raise UsageError("--mutating is refused on AWS: the suite changes nothing there.")
    if kind != "url" and options.get("provision"):
        raise UsageError("--provision takes a URL as the target: nothing is made elsewhere.")
    wanted = tuple(options.get("case") or ())
    provenance = _provenance(kind, options.get("provenance"))
    whole, left_out = _selected(options, wanted, kind)
    took = durations(Path(options["shard_by"]) if options.get("shard_by") else None)
    shard, operations = _sharded(options, whole, took)
    numbers = _numbers(options, _FOR_AWS if aws else {})
    report = Path(options["report"]) if options.get("report") else None
    if report:
        require_writable(report, "report")
    return Settings(
        kind=kind,
        endpoint=Endpoint(
            url=None if aws else url,
            region=_region(options.get("region") or "us-east-1"),
            profile=options.get("aws_profile"),
            timeout=numbers["request_timeout"],
            verify=not options.get("no_verify_ssl"),
        ),
        embedded=kind == "url" and url is None,
        operations=operations,
        whole=whole,
        shard=shard,
        took=took,
        left_out=left_out,
        protocol=options.get("protocol"),
        mutating=bool(options.get("mutating")),
        cases=_chosen(options, wanted, operations, kind),
        resources=_resources(options, whole),
        provision=kind == "url" and not options.get("no_provision"),
        recipes=tuple(Path(one) for one in options.get("provision") or ()),
        fail_on_warn=bool(options.get("fail_on_warn")),
        max_examples=numbers["max_examples"],
        depth=_depth(options.get("depth")),
        seed=numbers["seed"],
        rate=numbers["rate"],
        wait_for=numbers["wait_for"],
        max_time=numbers["max_time"],
        resume=_resume(options.get("resume"), report),
        plan=bool(options.get("plan")),
        subject=_pairs("--subject", options.get("subject") or (), "NAME=VALUE", "name=my-mock"),
        report=report,
        har=_har(kind, options.get("har")),
        detail=_detail(options.get("detail")),
        expected=load(Path(options["expect"]), whole) if options.get("expect") else (),
        record=_record(kind, options.get("record")),
        stale_after=numbers["stale_after"],
        cassettes=_cassettes(options),
        provenance=provenance,
        gate=_gate(kind, options.get("gate")),
    )


def _use_files(options: Mapping[str, Any]) -> None:
    """Use the documents and observations that a run's options name, from now on."""
    use_schemas(options.get("schemas") or ())
    use_observed(Path(one) for one in options.get("observed") or ())


def packed(settings: Settings) -> str:
    """Checked settings as text, for another process of the same run."""
    named = [one.id for one in settings.operations]
    plain = replace(settings, operations=(), whole=())
    return base64.b64encode(pickle.dumps((plain, named))).decode()


def unpacked(text: str, options: Mapping[str, Any]) -> Settings:
    """The settings that another process of the run has checked; ``options`` are the run's."""
    _use_files(options)
    plain, named = pickle.loads(base64.b64decode(text))
    known = registry(plain.protocol)
    operations = tuple(known[name] for name in named)
    checked: Settings = replace(plain, operations=operations, whole=operations)
    return checked


def _numbers(options: Mapping[str, Any], defaults: Mapping[str, float]) -> dict[str, Any]:
    return {
        name: number(name, options.get(name), defaults.get(name, default))
        for name, (_, _, default) in _NUMBERS.items()
    }


def number(name: str, given: Any, default: float | None = None) -> Any:
    """The value of an option that takes a number; raises :class:`UsageError` for an invalid one.

    Without a value it is ``default``, or else the option's own default.
    """
    kind, least, usual = _NUMBERS[name]
    if given is None:
        return usual if default is None else default
    try:
        # days may be written as 90d
        found = kind(str(given).removesuffix("d" if name == "stale_after" else ""))
    except ValueError:
        found = math.nan
    if not least <= found < 1e12:
        option, what = name.replace("_", "-"), "a whole number" if kind is int else "a number"
        raise UsageError(f"--{option} takes {what} of at least {least:g}, not {given!r}.")
    return found


def _pairs(name: str, texts: Sequence[str], form: str, example: str) -> dict[str, str]:
    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.strip() or not value:
            raise UsageError(f"{name} takes {form}, as in {example}, not {text!r}.")
        found[key.strip()] = value
    return found


def _region(name: str) -> str:
    try:
        validate_region_name(name)
    except InvalidRegionError as error:
        raise UsageError(f"{name!r} is not a Region; give one like us-east-1.") from error
    return name


def _depth(wanted: str | None) -> Depth:
    if wanted is not None and wanted not in set(Depth):
        raise UsageError(f"--depth takes {' or '.join(Depth)}, not {wanted!r}.")
    return Depth(wanted or Depth.QUICK)


def _scope(wanted: str | None) -> Scope:
    if wanted is not None and wanted not in set(Scope):
        raise UsageError(f"--scope takes {' or '.join(Scope)}, not {wanted!r}.")
    return Scope(wanted or Scope.DOCUMENTED)


def _resume(wanted: bool | None, report: Path | None) -> bool:
    if wanted and report is None:
        raise UsageError("--resume goes on with the run in the folder of --report; name it.")
    return bool(wanted)


def _record(kind: str, wanted: str | None) -> str:
    if wanted is not None and wanted not in RECORD:
        raise UsageError(f"--record takes {', '.join(RECORD)}, not {wanted!r}.")
    if kind == "replay" and wanted not in {None, "none"}:
        raise UsageError("--record takes AWS or a URL as the target: a replay records nothing.")
    return wanted or ("missing" if kind == "aws" else "none")


def _provenance(kind: str, wanted: str | None) -> str | None:
    if wanted is not None and wanted not in KINDS:
        raise UnknownNameError("provenance", wanted, KINDS)
    if wanted is not None and kind != "replay":
        raise UsageError("--provenance chooses the recordings of a replay; leave it out.")
    return wanted


def _gate(kind: str, wanted: str | None) -> str:
    if wanted is not None and wanted not in GATES:
        raise UnknownNameError("value of --gate", wanted, GATES)
    if wanted == "sdk" and kind != "replay":
        raise UsageError("--gate=sdk takes --target=replay: nothing else has findings of the SDK.")
    return wanted or GATES[0]


# ---------------------------------------------------------------- operations, cases, resources


def _patterns(given: str | None, wanted: Sequence[str]) -> Sequence[str]:
    """The patterns of operations: given, else those of the wanted cases, else the default ones."""
    if given is None:
        named = [one.partition("/")[0] for one in wanted]
        known = [one for one in named if one in registry() or (":" in one and is_pattern(one))]
        rest = DEFAULT_OPERATIONS if len(known) < len(named) or not named else ()
        return tuple(dict.fromkeys((*rest, *known)))
    patterns = [one.strip() for one in given.split(",") if one.strip()]
    if not patterns:
        raise UsageError("--operations is empty; leave it out for the five documented ones.")
    return patterns


def _selected(
    options: Mapping[str, Any], wanted: Sequence[str], kind: str
) -> tuple[tuple[Operation, ...], tuple[str, ...]]:
    """The operations of a run, and those that its patterns match and that it leaves out."""
    printed = options.get("provenance") == DOCUMENTATION  # nothing is sent, so nothing changes
    mutating = bool(options.get("mutating")) or printed
    selection = select(
        _patterns(options.get("operations"), wanted),
        protocol=options.get("protocol"),
        scope=_scope(options.get("scope")),
        refused=for_aws if kind == "aws" else never if mutating else unless_reading,
        among=_is_printed(_cassettes(options)) if printed else any_name,
    )
    return selection.operations, selection.left_out


def _is_printed(root: Path) -> Callable[[str], bool]:
    """Whether the documentation prints a response of an operation, by its id."""

    def is_printed(name: str) -> bool:
        service, _, operation = name.partition(":")
        found = samples(service).get(operation, Samples())
        return bool(found.printed) or (root / DOCUMENTATION / service / operation).is_dir()

    return is_printed


def _sharded(
    options: Mapping[str, Any], whole: tuple[Operation, ...], took: Mapping[str, float]
) -> tuple[Shard | None, tuple[Operation, ...]]:
    """The part of a run that is to be run, and its operations."""
    shard = parse_shard(options.get("shard"))
    if shard is None:
        if took and not options.get("plan"):
            raise UsageError(
                "--shard-by is for --shard and --plan: it says how long each part takes."
            )
        return None, whole
    if options.get("case"):
        raise UsageError("--shard takes whole operations; leave out --case.")
    return shard, part(whole, shard, took)


def _har(kind: str, wanted: str | None) -> Path | None:
    if not wanted:
        return None
    if kind == "replay":
        raise UsageError("--har keeps what is sent: a replay sends nothing.")
    path = Path(wanted)
    require_writable(path.parent, "har")
    require_place(path)
    return path


def _detail(wanted: str | None) -> Detail:
    try:
        return Detail(wanted or Detail.DEFAULT)
    except ValueError as error:
        raise UsageError(f"--detail takes {', '.join(Detail)}, not {wanted!r}.") from error


def _chosen(
    options: Mapping[str, Any], wanted: Sequence[str], operations: Sequence[Operation], kind: str
) -> frozenset[str]:
    """The ids of the wanted cases.

    In a replay also what was recorded of the operations, whatever cases there are today.
    """
    ids = {one.id for one in operations}
    recorded = _recorded(_cassettes(options), wanted) if kind == "replay" else set()
    former = {one for one in recorded if one.partition("/")[0] in ids}
    rest = [one for one in wanted if one not in former]
    printed = options.get("provenance") == DOCUMENTATION
    return frozenset(former) | chosen(rest, operations, printed=printed)


def _cassettes(options: Mapping[str, Any]) -> Path:
    return Path(options["cassettes"]) if options.get("cassettes") else folder("cassettes")


def _recorded(root: Path, names: Sequence[str]) -> set[str]:
    """Which of some names have a recording, of any provenance."""
    named = [name for name in names if not is_pattern(name)]
    return {name for name in named if any(path_of(root, one, name).is_file() for one in KINDS)}


def _resources(options: Mapping[str, Any], operations: Sequence[Operation]) -> dict[str, str]:
    """The values of ``--resource``, each of which some chosen operation requires.

    The listings from which these operations take their values count as chosen, and so do
    the listings of these listings. Those of a configuration (``offered``) may be for other
    operations, and are left out then.
    """
    given = _pairs(
        "--resource",
        options.get("resource") or (),
        "[service:]MEMBER=VALUE",
        "InstanceId=VALUE",
    )
    known = registry(options.get("protocol"))
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
    for name in [one for one in given if one not in names]:
        if name in (options.get("offered") or ()):
            del given[name]
        else:
            alike = {one for one in names if {*":."} & {*one} == {*":."} & {*name}}
            near = suggestion(name, alike)
            raise UsageError(f"No chosen operation takes {name!r} as a resource{near}")
    return given


def require_writable(folder: Path, option: str) -> None:
    """Make a folder where there is none. Raises :class:`UsageError` where it is not writable."""
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
