"""The judgement of external recordings: a report, and lines for a terminal.

The report is like any other, of a target to which nothing was sent: it tries no case set, so it is
never complete.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.execution.engine import Result
from conformance.protocols.http import Request
from conformance.recording.external.files import Recording
from conformance.recording.external.recognition import Kind
from conformance.recording.external.recordings import Account, Judged
from conformance.report import build, terminal
from conformance.report.digests import digests
from conformance.spec.operation import Operation

Data = dict[str, Any]

#: How many interactions that were not judged are named for each file.
_MOST = 8
#: How many files are listed one by one.
_MOST_FILES = 12
_REGION = re.compile(r"/\d{8}/([a-z0-9-]+)/[\w.-]+/aws4_request")


def _result(judged: Judged) -> Data:
    findings = list(judged.findings)
    result = Result(
        case=judged.case,
        operation=judged.operation.id,
        title="recorded",
        findings=findings,
        requests=judged.requests,
    )
    data = build.result_data(result, None)
    for finding in data["findings"]:
        # a recorded call may change things, so no command repeats it
        finding.pop("reproduce", None)
    return data


def _operations(accounts: Sequence[Account]) -> list[Operation]:
    found = {one.operation.id: one.operation for account in accounts for one in account.judged}
    return [found[name] for name in sorted(found)]


def _region(accounts: Sequence[Account]) -> str:
    """The Region that the first signature names."""
    for account in accounts:
        for interaction, _ in account.recognised:
            found = _REGION.search(repr(interaction.request.headers) + interaction.request.url)
            if found:
                return found[1]
    return "us-east-1"


def _subject(accounts: Sequence[Account]) -> str:
    first = accounts[0].recording.path.name
    return first if len(accounts) == 1 else f"{len(accounts)} recordings"


def report(
    accounts: Sequence[Account],
    broken: Mapping[str, str],
    *,
    started: float,
    duration: float,
) -> Data:
    """The report of some files; ``broken`` gives the reason for each that could not be judged."""
    results = [_result(judged) for account in accounts for judged in account.judged]
    made = build.report(
        operations=_operations(accounts),
        results=results,
        due=["the whole case set"],
        target={"kind": "recording", "endpoint": None, "region": _region(accounts)},
        subject={"name": _subject(accounts)},
        seed=0,
        started=started,
        duration=duration,
        requests=sum(result["requests"] for result in results),
    )
    made.pop("digests")
    made["recordings"] = [
        *(recording_data(account) for account in accounts),
        *({"file": name, "broken": why} for name, why in broken.items()),
    ]
    return {**made, "digests": digests(made)}


def recording_data(account: Account) -> Data:
    """What became of each interaction of a file."""
    return {
        "file": str(account.recording.path),
        "kind": account.recording.kind,
        "interactions": [
            {
                "number": interaction.number,
                "request": _line(interaction.request),
                "is": str(found.kind),
                **({"operation": found.operation.id} if found.operation else {}),
                **({"reason": found.reason} if found.reason else {}),
                **({"note": found.note} if found.note else {}),
            }
            for interaction, found in account.recognised
        ]
        + [
            {"number": number, "is": "unread", "reason": why}
            for number, why in account.recording.unread.items()
        ],
    }


def _line(request: Request) -> str:
    return f"{request.method} {request.url.partition('?')[0]}"


# ---------------------------------------------------------------- for a terminal


def counted(accounts: Sequence[Account]) -> str:
    """How many interactions the files hold, and how many were recognised as what, in one line."""
    unread_ones = sum(len(one.recording.unread) for one in accounts)
    total = sum(len(one.recording.interactions) for one in accounts) + unread_ones
    counts = {kind: sum(one.count(kind) for one in accounts) for kind in Kind}
    parts = [f"{counts.pop(Kind.RECOGNISED)} judged"]
    parts += [f"{count} {kind}" for kind, count in counts.items() if count]
    if unread_ones:
        parts.append(f"{unread_ones} unreadable")
    return f"{total} interaction{'s' if total != 1 else ''}, {', '.join(parts)}"


def _not_judged(account: Account) -> Iterator[str]:
    silent = {Kind.RECOGNISED, Kind.FOREIGN, Kind.LEFT_OUT}
    for interaction, found in account.recognised:
        if found.kind not in silent:
            yield f"  {interaction.number}: {_cut(found.reason)}"
    yield from (f"  {number}: {why}" for number, why in unread(account.recording))


def unread(recording: Recording) -> Iterator[tuple[int, str]]:
    """The interactions that could not be read, and why."""
    yield from sorted(recording.unread.items())


def _cut(text: str) -> str:
    return text if len(text) <= 200 else text[:199] + "…"


def files(accounts: Sequence[Account]) -> Iterator[str]:
    """What the files hold: what was judged, what was not and why.

    Of many files only those are listed that hold something which could not be judged.
    """
    if len(accounts) > _MOST_FILES:
        yield f"{len(accounts)} files: {counted(accounts)}"
    odd = 0
    for account in accounts:
        lines = list(_not_judged(account))
        odd += bool(lines)
        if len(accounts) <= _MOST_FILES or (lines and odd <= _MOST_FILES):
            yield f"{account.recording.path}: {counted([account])}"
            yield from lines[:_MOST]
            if len(lines) > _MOST:
                yield f"  … and {len(lines) - _MOST} more, all in --json"
    if len(accounts) > _MOST_FILES and odd > _MOST_FILES:
        yield f"… and {odd - _MOST_FILES} more files with unjudged interactions, all in --json"
    notes = {found.note: None for one in accounts for _, found in one.recognised if found.note}
    yield from (f"recognised as {note}" for note in notes)


def lines(accounts: Sequence[Account], made: Data) -> Iterator[str]:
    """The whole summary."""
    yield from files(accounts)
    yield ""
    yield from terminal.table(made)
    yield from terminal.findings(made, heading="could not be judged", whole="--json")
    yield ""
    yield terminal.totals(made)
