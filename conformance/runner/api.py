"""The suite in code: certify a URL, judge an exchange, compare reports.

Each run is the command's run in a separate process, so that it can be called from anywhere, even
from a test.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.errors import ConformanceError, UsageError
from conformance.protocols.http import Exchange
from conformance.recording.external import calls
from conformance.report import build
from conformance.report.compare import Comparison, whole
from conformance.report.results import Clause, Finding, Report
from conformance.runner.events import Progress, parsed
from conformance.spec import reading
from conformance.spec.operation import Operation
from conformance.spec.registry import registry

__all__ = [
    "Clause",
    "Comparison",
    "Finding",
    "Progress",
    "Report",
    "certify",
    "compare",
    "judge",
    "operation",
]

#: The start of the sentence with which the command refuses a run.
_PREFIX = "aws-conformance: "

#: One value, or several.
Texts = str | Sequence[str]
Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def operation(name: str) -> Operation:
    """An operation by its id, ``service:Operation``: documented, or from the SDK's models.

    Raises :class:`UnknownNameError` with the nearest name for an unknown one.
    """
    return registry().find(name)


def certify(
    url: str | None = None,
    *,
    endpoint_url: str | None = None,
    operations: Texts | None = None,
    scope: str | None = None,
    protocol: str | None = None,
    mutating: bool | None = None,
    case: Texts = (),
    region: str | None = None,
    aws_profile: str | None = None,
    resource: Texts | Mapping[str, str] = (),
    no_provision: bool = False,
    provision: Paths = (),
    har: str | os.PathLike[str] | None = None,
    detail: str | None = None,
    depth: str | None = None,
    shard: str | None = None,
    shard_by: str | None = None,
    fail_on_warn: bool | None = None,
    max_examples: int | None = None,
    seed: int | None = None,
    rate: float | None = None,
    request_timeout: float | None = None,
    wait_for: float | None = None,
    max_time: float | None = None,
    record: str | None = None,
    stale_after: int | None = None,
    cassettes: str | os.PathLike[str] | None = None,
    provenance: str | None = None,
    gate: str | None = None,
    subject: Texts | Mapping[str, str] = (),
    expect: str | os.PathLike[str] | None = None,
    observed: Paths = (),
    schemas: Paths = (),
    no_verify_ssl: bool = False,
    n: int | None = None,
    k: str | None = None,
    m: str | None = None,
    x: bool = False,
    args: Sequence[str] = (),
    progress: Callable[[Progress], None] | None = None,
) -> Report:
    """Judge a URL, or a target of the configuration by its name, and return the report.

    Without a URL it judges the one in ``AWS_ENDPOINT_URL``, that of the configuration, or else
    the embedded reference server. The other arguments are the command's options by their names;
    ``n``, ``k``, ``m`` and ``x`` are pytest's, and ``args`` any others of pytest's. Times are in
    seconds, ``rate`` is in requests per second. ``progress`` is called after each case.
    Raises :class:`ConformanceError` where no run was possible.
    """
    given = {
        "endpoint_url": endpoint_url,
        "operations": operations if isinstance(operations, str | None) else ",".join(operations),
        "scope": scope,
        "protocol": protocol,
        "mutating": mutating,
        "case": case,
        "region": region,
        "aws_profile": aws_profile,
        "resource": resource,
        "no_provision": no_provision or None,
        "provision": provision,
        "har": har,
        "detail": detail,
        "depth": depth,
        "shard": shard,
        "shard_by": shard_by,
        "fail_on_warn": fail_on_warn,
        "max_examples": max_examples,
        "seed": seed,
        "rate": rate,
        "request_timeout": request_timeout,
        "wait_for": wait_for,
        "max_time": max_time,
        "record": record,
        "stale_after": stale_after,
        "cassettes": cassettes,
        "provenance": provenance,
        "gate": gate,
        "subject": subject,
        "expect": expect,
        "observed": observed,
        "schemas": schemas,
        "no_verify_ssl": no_verify_ssl or None,
    }
    of_pytest = [f"-{flag}{value}" for flag, value in (("n", n), ("k", k), ("m", m)) if value]
    words = [*_words(given), *of_pytest, *(["-x"] if x else []), *args]
    if progress:
        words.append("-pconformance.runner.events")
    return _run([*([url] if url else []), *words], progress)


def judge(operation: str | Operation, exchange: Mapping[str, Any] | Exchange) -> list[Finding]:
    """The findings on one recorded exchange of an operation.

    ``operation`` is an id like ``kms:ListKeys``, or an :class:`Operation`. ``exchange``
    is a mapping: ``request`` with ``method``, ``url``, ``headers`` and ``body``,
    ``response`` with ``status``, ``headers`` and ``body``; headers are a mapping or
    pairs, bodies bytes, text or ``None``. Nothing is sent. A finding has a ``clause``,
    a ``verdict`` (``pass``, ``fail``, ``warn``, ``inconclusive``), and what was
    ``expected`` and ``observed``. Raises :class:`UsageError` for an exchange that is
    none, :class:`UnknownNameError` for an unknown operation.
    """
    found = calls.judge(operation, exchange)
    # a recorded call may change things, so no command repeats it
    return [
        Finding({k: v for k, v in build.finding_data(one, None).items() if k != "reproduce"})
        for one in found
    ]


def compare(
    first: Report | str | os.PathLike[str],
    *others: Report | str | os.PathLike[str],
    common: bool = False,
) -> Comparison:
    """Reports, or their files or folders, side by side: ``worse``, ``better``, ``ok``.

    With ``common`` only what all of them judge is compared, where their case sets differ.
    Raises :class:`UsageError` where they cannot be compared, or one of them is no report.
    """
    reports = [
        one if isinstance(one, Report) else Report.load(Path(one)) for one in (first, *others)
    ]
    files = [
        f"report {number}" if isinstance(one, Report) else os.fspath(one)
        for number, one in enumerate((first, *others), 1)
    ]
    return whole([one.data for one in reports], files, common=common)


# ---------------------------------------------------------------- the command


def _run(words: Sequence[str], progress: Callable[[Progress], None] | None) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-P", "-m", "conformance", "certify", *words, "--report", folder]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        ) as process:
            assert process.stdout is not None
            try:
                printed = [line for line in process.stdout if not _is_progress(line, progress)]
            except BaseException:
                process.terminate()  # the run takes down what it has made
                raise
        path = Path(folder) / "report.json"
        if not path.exists():
            raise ConformanceError(_sentence(printed, process.returncode))
        return Report(reading.read_json(path))


def _is_progress(line: str, call: Callable[[Progress], None] | None) -> bool:
    found = parsed(line) if call else None
    if found and call:
        call(found)
    return found is not None


def _sentence(printed: Sequence[str], status: int) -> str:
    """Why the command made no report."""
    lines = [line.strip() for line in printed if line.strip()]
    ours = [line.removeprefix(_PREFIX) for line in lines if line.startswith(_PREFIX)]
    of_pytest = [line for line in lines if line.startswith("ERROR: ")]
    without = f"The run ended with status {status} and without a report."
    return next(iter([*ours, *of_pytest, *lines[-1:]]), without)


def _words(options: Mapping[str, Any]) -> Iterator[str]:
    for name, value in options.items():
        option = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            yield option if value else f"--no-{option[2:]}"
        elif value is not None:
            yield from (f"{option}={one}" for one in _values(name, value))


def _values(name: str, value: Any) -> Iterator[str]:
    """The values of an option as texts: one, several, or pairs by name."""
    if isinstance(value, Mapping):
        yield from (f"{key}={one}" for key, one in value.items())
        return
    for one in value if isinstance(value, list | tuple) else [value]:
        if not isinstance(one, str | int | float | os.PathLike):
            raise UsageError(f"{name} takes texts, not {one!r}.")
        yield os.fspath(one) if isinstance(one, os.PathLike) else str(one)
