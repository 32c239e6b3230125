"""Judges a whole recording: recognises every interaction, judges each, and joins pages to walks."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.checks.findings import Finding
from conformance.recording.external.calls import Called, called, findings, walk_findings, walks
from conformance.recording.external.files import Interaction, Recording
from conformance.recording.external.recognition import Kind, Recognition, recognise, wanted
from conformance.spec.operation import Operation

_UNNAMED = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A judged call, or walk: its case, operation and findings."""

    case: str
    operation: Operation
    findings: Sequence[Finding]
    requests: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The result for one file: each interaction as it was recognised, and all that was judged."""

    recording: Recording
    recognised: tuple[tuple[Interaction, Recognition], ...]
    judged: tuple[Judged, ...]

    def count(self, kind: Kind) -> int:
        """How many interactions were recognised as that kind."""
        return sum(one.kind is kind for _, one in self.recognised)


def labels(paths: Sequence[Path]) -> list[str]:
    """A name for each file, as cases are named; files of one name get a number."""
    names = [_UNNAMED.sub("_", path.name).strip("_") or "file" for path in paths]
    return [
        name if names.count(name) == 1 else f"{number}-{name}"
        for number, name in enumerate(names, 1)
    ]


def account(recording: Recording, label: str, only: Sequence[str] = ()) -> Account:
    """Judge the calls of a file whose operations ``only`` names; without it, all.

    ``label`` names the file in the ids of its cases.
    """
    recognised = tuple((one, _recognised(one, only)) for one in recording.interactions)
    calls = [
        (
            interaction,
            called(
                one.operation,
                interaction.request,
                interaction.outcome,
                one.request,
                interaction.omissions,
            ),
        )
        for interaction, one in recognised
        if one.operation is not None
    ]
    judged = [*_each(calls, label), *_walked(calls, label)]
    return Account(recording=recording, recognised=recognised, judged=tuple(judged))


def _recognised(interaction: Interaction, only: Sequence[str]) -> Recognition:
    """The operation of an interaction. Where the recording names one, it is that one or none."""
    if interaction.operation is None:
        found = recognise(interaction.request, only)
        unnamed = found.kind in {Kind.UNKNOWN, Kind.FOREIGN} and not interaction.request.headers
        why = f"{found.reason}; the recording has none of the request's headers, which name it"
        return replace(found, reason=why) if unnamed else found
    found = recognise(interaction.request, (interaction.operation,))
    if found.operation is None:
        line = f"{interaction.request.method} {interaction.request.path[:80]}"
        reason = f"the cassette calls it {interaction.operation}, whose request {line} is not"
        return replace(found, kind=Kind.UNKNOWN, reason=reason)
    if only and not wanted(interaction.operation, only):
        return replace(found, kind=Kind.LEFT_OUT, operation=None, reason=interaction.operation)
    return replace(found, note="")


def _each(calls: Sequence[tuple[Interaction, Called]], label: str) -> Iterator[Judged]:
    accepted = {call.operation.id: call.exchange for _, call in calls if call.exchange.succeeded}
    for interaction, call in calls:
        operation = call.operation
        case = f"{operation.id}/recorded/{label}/{interaction.number}"
        found = findings(call, case, accepted.get(operation.id))
        yield Judged(case=case, operation=operation, findings=found)


def _walked(calls: Sequence[tuple[Interaction, Called]], label: str) -> Iterator[Judged]:
    numbers = {id(call): interaction.number for interaction, call in calls}
    for pages in walks([call for _, call in calls]):
        operation = pages[0].operation
        case = f"{operation.id}/recorded/{label}/walk-from-{numbers[id(pages[0])]}"
        found = walk_findings(pages, case)
        yield Judged(case=case, operation=operation, findings=found, requests=0)
