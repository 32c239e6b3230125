"""The contents of a folder of cassettes, and their problems: damage, leaks, orphans, age."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from conformance.recording import cassette, provenance
from conformance.recording.cassette import BASELINES, SUFFIX, CassetteError
from conformance.recording.provenance import KINDS
from conformance.recording.store import found_in, numbers
from conformance.spec.values import literals


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The cassettes of one provenance and operation; ages are in days."""

    kind: str
    operation: str
    files: int
    exchanges: int
    bytes: int
    oldest: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A problem of one file; ``kind`` is ``damage``, ``leak``, ``orphan`` or ``stale``."""

    kind: str
    path: Path
    what: str


def inventory(
    root: Path,
    plans: Mapping[str, str],
    documents: Mapping[str, str],
    *,
    stale_after: int,
    public: frozenset[str],
) -> tuple[list[Group], list[Problem]]:
    """Every group and every problem below a folder.

    ``plans`` are the plan digests of every case, by name, ``documents`` the digests of the
    operations' documents; ``public`` are values that look private and are not.
    """
    groups: list[Group] = []
    problems: list[Problem] = []
    for kind in KINDS:
        for folder in sorted((root / kind).glob("*/*")):
            if not folder.is_dir():
                continue
            files = sorted(folder.rglob("*" + SUFFIX))
            exchanges, oldest = 0, None
            for path in files:
                try:
                    found = cassette.read(path)
                except CassetteError as error:
                    problems.append(Problem(kind="damage", path=path, what=str(error)))
                    continue
                exchanges += len(found.entries)
                days = provenance.age(str(found.metadata.get("recorded", "")))
                oldest = max((d for d in (oldest, days) if d is not None), default=None)
                problems += [
                    Problem(kind=what, path=path, what=why)
                    for what, why in _wrong(
                        root, kind, path, found, plans, documents, stale_after, public
                    )
                ]
            operation = f"{folder.parent.name}:{folder.name}"
            size = sum(path.stat().st_size for path in files)
            groups.append(
                Group(
                    kind=kind,
                    operation=operation,
                    files=len(files),
                    exchanges=exchanges,
                    bytes=size,
                    oldest=oldest,
                )
            )
    return groups, problems


def _wrong(
    root: Path,
    kind: str,
    path: Path,
    found: cassette.Cassette,
    plans: Mapping[str, str],
    documents: Mapping[str, str],
    stale_after: int,
    public: frozenset[str],
) -> Iterator[tuple[str, str]]:
    name = str(found.metadata["name"])
    operation = name.split("/", 1)[0]
    if found.kind != kind or cassette.path_of(root, kind, name) != path:
        yield "damage", f"{path} holds {name} of {found.kind}."
    shared = f"{operation}/{BASELINES}/"
    printed = kind == "documentation"
    if operation not in documents or (
        name not in plans and not name.startswith(shared) and not printed
    ):
        yield "orphan", f"{path}: there is no case {name}."
    elif plans.get(name, found.metadata["plan"]) != found.metadata["plan"]:
        yield "stale", f"{path} was recorded with another plan of its case."
    days = provenance.age(str(found.metadata.get("recorded", "")))
    if not printed and (days is None or days > stale_after):
        yield "stale", f"{path} was recorded on {found.metadata.get('recorded')}."
    if printed:
        return  # a printed sample is public
    own = [one["params"] for one in found.metadata.get("drawn", ())]
    drawn = frozenset(literals(own))
    host = urlsplit(str(found.metadata.get("origin", ""))).hostname or ""
    allowed = (public | frozenset(numbers(own)) | {"", host}).__contains__
    for leak in dict.fromkeys(map(str, found_in(found, "", allowed=allowed, drawn=drawn))):
        yield "leak", f"{path}: {leak}."
