"""A run of more operations than one process should hold: in parts, one after another, then joined.

Each part has whole services, and a process of its own, forked from this one: what the SDK's
models, clients and results take is freed when the part ends, so that memory does not grow with
the number of services. The folder of the report keeps what is done, and ``--resume`` goes on from
it. It must not know how a part is run, nor pytest.
"""

import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import groupby, islice
from pathlib import Path
from types import FrameType

from filelock import FileLock, Timeout

from conformance.errors import UsageError
from conformance.execution.provisioning.signals import KINDS
from conformance.report import build, loader, merge
from conformance.report.printing import counted, say
from conformance.report.writer import REPORT
from conformance.runner.kept_results import ResultsFile
from conformance.runner.run import Run
from conformance.runner.settings import Settings
from conformance.runner.sharding import Shard
from conformance.spec.operation import Operation

#: So many operations are one part, unless a single service has more: some 15,000 cases.
MOST = 250
#: The folder of the parts, in that of the report.
_FOLDER = "parts"
#: The file that a run in parts locks, and each part in a folder of its own.
_LOCK = "parts.lock"
#: Seconds to wait for the end of a part whose run was killed: it takes down what it has made.
_PATIENCE = 60.0
#: So many bytes from its end a report is closed.
_END = 8
#: Runs one part in a process of its own; its exit status.
RunPart = Callable[[Settings], int]


def divided(operations: Sequence[Operation]) -> Sequence[tuple[Operation, ...]]:
    """Whole services together, in their order, up to :data:`MOST` operations in each part."""
    parts: list[list[Operation]] = []
    for _, group in groupby(operations, key=lambda one: one.service):
        service = list(group)
        if not parts or len(parts[-1]) + len(service) > MOST:
            parts.append([])
        parts[-1] += service
    return [tuple(part) for part in parts]


def is_in_parts(settings: Settings) -> bool:
    """Whether a run has more than one part: of a URL, of all cases of its operations.

    What records or keeps its traffic is one run, and so is one where processes are not forked.
    """
    return (
        "fork" in multiprocessing.get_all_start_methods()
        and settings.kind == "url"
        and settings.record == "none"
        and settings.har is None
        and not settings.cases
        and len(divided(settings.operations)) > 1
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The report of the parts that ran, if any did, and what kept a part from running."""

    report: build.Data | None
    problem: str = ""


def run(settings: Settings, run_part: RunPart) -> Joined:
    """Run the parts that have no report from before, and join the reports of all.

    No part follows one that was interrupted, out of time, or could not be run. Raises
    :class:`UsageError` where ``--resume`` is to go on with another run.
    """
    count, services = len(settings.operations), {one.service for one in settings.operations}
    say(f"{counted(count, 'operation')} of {counted(len(services), 'service')}", flush=True)
    with _folder(settings) as folder, _locked(folder), closing(Run(settings)) as whole:
        kept = _begun(folder, whole)
        ends = list(_reports(folder / _FOLDER, whole, run_part))
        made = [path for path, _ in ends if path.exists()]
        report = _joined(made, whole) if made else None
        is_whole = report is not None and report["complete"]
        kept.close(remove=is_whole)
        if is_whole:
            shutil.rmtree(folder / _FOLDER)
        return Joined(report=report, problem=ends[-1][1])


def _begun(folder: Path, whole: Run) -> ResultsFile:
    """The file that says which run the folder is of. What another run has left goes."""
    kept = ResultsFile(folder, whole.about)
    if whole.settings.resume:
        deque(kept.earlier(), maxlen=0)  # which refuses to go on with another run
    else:
        shutil.rmtree(folder / _FOLDER, ignore_errors=True)
    kept.begin()
    return kept


def _reports(folder: Path, whole: Run, run_part: RunPart) -> Iterator[tuple[Path, str]]:
    """Where the reports of the parts are, up to one that does not come to its end.

    Beside each is what kept it from running, if anything did.
    """
    settings = whole.settings
    parts = divided(settings.operations)
    for number, operations in enumerate(parts, 1):
        path, problem = folder / f"{number:03}" / REPORT, ""
        if not (settings.resume and _is_complete(path)):
            say(f"part {number} of {len(parts)}: {_title(operations)}")
            part = replace(
                settings,
                operations=operations,
                whole=settings.operations,
                shard=Shard(number, len(parts)),
                joined=True,
                report=path.parent,
                seed=whole.seed,
                max_time=whole.seconds_left,
            )
            status = _in_a_process(part, run_part)
            if not path.exists():
                stopped = -status in KINDS
                problem = (
                    "the run was interrupted" if stopped else f"part {number} could not be run"
                )
        yield path, problem
        if not _is_complete(path):
            return


@contextmanager
def _folder(settings: Settings) -> Iterator[Path]:
    """The folder of the report; without one, a folder for as long as the run takes."""
    if settings.report is not None:
        yield settings.report
        return
    with tempfile.TemporaryDirectory(prefix="aws-conformance-") as made:
        yield Path(made)


@contextmanager
def _locked(folder: Path, *, patience: float = 0) -> Iterator[None]:
    """Keep other runs from a folder. Raises :class:`UsageError` where it is not free in time."""
    lock = FileLock(folder / _LOCK)
    try:
        lock.acquire(timeout=patience)
    except Timeout as error:
        raise UsageError(
            f"Another run writes to {folder}; wait for its end, or name another folder with "
            "--report."
        ) from error
    try:
        yield
    finally:
        (folder / _LOCK).unlink(missing_ok=True)
        lock.release()


def _is_complete(path: Path) -> bool:
    """Whether a part was run to its end, as the head of its report says, a member on each line.

    One that is cut off is not.
    """
    if not path.exists():
        return False
    with path.open("rb") as file:
        ended = any(line.startswith(b' "complete": true') for line in islice(file, 10))
        file.seek(-min(_END, path.stat().st_size), os.SEEK_END)
        return ended and file.read().rstrip().endswith(b"\n}")


def _title(operations: Sequence[Operation]) -> str:
    """What a part is about, in a line."""
    services = list(dict.fromkeys(one.service for one in operations))
    names = services[0] if len(services) == 1 else f"{services[0]} to {services[-1]}"
    return f"{names} ({counted(len(operations), 'operation')})"


def _joined(paths: Sequence[Path], whole: Run) -> build.Data:
    say(f"joining the reports of {counted(len(paths), 'part')}", flush=True)
    reports, names = [loader.load(path) for path in paths], [str(path) for path in paths]
    known = {one.id: one for one in whole.settings.operations}
    return merge.merged(reports, names, known=known, shard=whole.shard(), unfinished=True)


def _in_a_process(settings: Settings, run_part: RunPart) -> int:
    """Run one part, and wait for its end; signals of this process are passed on to it.

    The exit status, below 0 where a signal ended it before it had begun.
    """
    process = multiprocessing.get_context("fork").Process(target=_child, args=(settings, run_part))

    def pass_on(number: int, frame: FrameType | None) -> None:
        assert process.pid is not None
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)

    signal.pthread_sigmask(signal.SIG_BLOCK, KINDS)  # one that comes while it forks would be lost
    try:
        sys.stdout.flush()
        process.start()
        before = {kind: signal.signal(kind, pass_on) for kind in KINDS}
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, KINDS)
    process.join()
    for kind, handler in before.items():
        signal.signal(kind, handler)
    return process.exitcode or 0


def _child(settings: Settings, run_part: RunPart) -> None:
    os.setpgid(0, 0)  # a signal from a terminal comes once, from the process that waits
    for kind in KINDS:  # a part that has not begun has made nothing, and has no results
        signal.signal(kind, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, KINDS)
    assert settings.report is not None
    settings.report.mkdir(parents=True, exist_ok=True)
    with _locked(settings.report, patience=_PATIENCE):
        (settings.report / REPORT).unlink(missing_ok=True)
        sys.exit(run_part(settings))
