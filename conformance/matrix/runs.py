"""The runs: each subject, version and service that has no report yet, several at a time.

A run is the certify command in a process of its own, against a server started for it alone. What
came of it is a compact report in the folder of reports; a run that is there is not made again.
"""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from conformance.errors import ConformanceError, TargetError, UsageError
from conformance.generation.cases import digest
from conformance.matrix import compact, installed
from conformance.matrix.processes import Processes
from conformance.matrix.servers import Server, free_port, serving
from conformance.matrix.subjects import Subject
from conformance.report.printing import counted
from conformance.spec.files import cache_folder
from conformance.spec.reading import read_json
from conformance.spec.registry import select
from conformance.version import __version__

Say = Callable[[str], None]
#: What a run is asked beside its operations: what reads, by its named cases.
_OPTIONS = ("--max-examples=0", "--quiet", "--color=no")
#: Seconds between looks at a run, and until one that was terminated is killed.
_LOOK, _ENDS = 0.2, 20.0
#: How the certify command begins the sentence with which it refuses a run.
_REFUSAL = "aws-conformance: "
#: Variables of this process that a run or a server does not see.
_PRIVATE = ("AWS_", "CONFORMANCE_", "PYTEST_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One run that is due or done."""

    subject: Subject
    version: str
    service: str

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"{self.subject.name} {self.version} {self.service}"

    @property
    def asked(self) -> dict[str, Any]:
        """What it asks, and of what."""
        return compact.asked(self.subject, self.version, self.service)


def due(every: Iterable[Wanted], folder: Path) -> list[Wanted]:
    """The runs whose report is not there, or is of another suite, case set or start."""

    def is_due(run: Wanted) -> bool:
        report = compact.of_run(folder, run.subject.name, run.version, run.service)
        return (
            report is None
            or report["asked"] != run.asked
            or report["suite"]["version"] != __version__
            or report["suite"]["case_set"] != _case_set(run.service)
        )

    return [run for run in every if is_due(run)]


@lru_cache
def _case_set(service: str) -> str:
    """The digest of the cases that a run on a service has today."""
    return digest(select((f"{service}:*",)).operations)


def make(runs: Sequence[Wanted], folder: Path, *, jobs: int, say: Say) -> list[str]:
    """Make the runs and keep their reports; the sentences say what could not be made.

    A version that cannot be installed or started is said once.
    """
    _require_writable(folder)
    problems: list[str] = []
    hopeless: set[tuple[str, str]] = set()
    lock, processes, done = threading.Lock(), Processes(), [0]

    def one(run: Wanted) -> None:
        version = (run.subject.name, run.version)
        if processes.ending.is_set() or version in hopeless:
            return
        try:
            line = _made(run, folder, say, processes)
        except ConformanceError as error:
            with lock:
                if isinstance(error, TargetError | UsageError):
                    hopeless.add(version)
                problems.append(f"{run.name}: {error}")
                say(f"{run.name}: {error}")
            return
        with lock:
            done[0] += 1
            say(f"{done[0]}/{len(runs)} {line}")

    with processes.watched():
        pool = ThreadPoolExecutor(max_workers=jobs)
        try:
            for future in [pool.submit(one, run) for run in runs]:
                future.result()
        except BaseException:
            processes.ending.set()
            raise
        finally:
            pool.shutdown(cancel_futures=True)  # waits until every server is stopped
    return problems


def _require_writable(folder: Path) -> None:
    """Raise :class:`UsageError` where reports cannot be kept: before hours of runs, not after."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise UsageError(
            f"Reports cannot be kept in {folder}: {error.strerror}; name another with --reports."
        ) from error


def _made(run: Wanted, folder: Path, say: Say, processes: Processes) -> str:
    """Make one run; the line says what came of it."""
    ending = processes.ending.is_set
    environment, programs = installed.programs(run.subject, run.version, say, ending)
    with tempfile.TemporaryDirectory(prefix="aws-conformance-matrix-") as made:
        work = Path(made)
        with _target(run, programs, work, processes) as (url, server):
            report = _certified(run, url, work, processes)
        crashes = list(server.crashes) if server else []
        data = compact.compacted(
            report,
            subject=run.subject.name,
            version=run.version,
            service=run.service,
            asked=run.asked,
            crashes=crashes,
            hidden=(str(environment), made, str(Path.home())),
        )
    compact.write(compact.place(folder, run.subject.name, run.version, run.service), data)
    return _line(run, data)


def _line(run: Wanted, data: dict[str, Any]) -> str:
    counts: dict[str, int] = {}
    for verdicts in data["clauses"].values():
        for verdict, paths in verdicts.items():
            counts[verdict] = counts.get(verdict, 0) + len(paths)
    operations = len(data["operations"])
    there = operations - len(data["unsupported"])
    crashed = data["crashes"] and f", crashed {counted(len(data['crashes']), 'time')}"
    return (
        f"{run.name}: {there} of {counted(operations, 'operation')}, "
        f"{counts.get('pass', 0)} clauses passed, {counts.get('fail', 0)} failed, "
        f"{counts.get('warn', 0)} warned, {counts.get('inconclusive', 0)} inconclusive, "
        f"{data['duration_s']:.0f} s{crashed or ''}"
    )


@contextmanager
def _target(
    run: Wanted, programs: Path | None, work: Path, processes: Processes
) -> Iterator[tuple[str, Server | None]]:
    """The address that is judged, and the server that was started for it, if one was."""
    subject = run.subject
    if subject.url:
        yield subject.url, None
        return
    port = free_port()
    folder = work / "server"
    folder.mkdir()
    values = {
        "{bin}": str(programs or ""),
        "{port}": str(port),
        "{folder}": str(folder),
        "{version}": run.version,
        "{python}": sys.executable,
    }

    def filled(text: str) -> str:
        for name, value in values.items():
            text = text.replace(name, value)
        return text

    path = os.pathsep.join(filter(None, [str(programs or ""), os.environ.get("PATH", "")]))
    server = Server(
        [filled(word) for word in subject.start],
        port=port,
        folder=folder,
        environment={
            **_environment(),
            "PATH": path,
            **{name: filled(value) for name, value in subject.environment.items()},
        },
        log=cache_folder("matrix") / "logs" / f"{subject.name}-{run.version}-{run.service}.log",
        processes=processes,
    )
    with serving(server):
        yield f"http://127.0.0.1:{port}", server


def _environment() -> dict[str, str]:
    return {name: one for name, one in os.environ.items() if not name.startswith(_PRIVATE)}


def _certified(run: Wanted, url: str, work: Path, processes: Processes) -> dict[str, Any]:
    """The report of the certify command. Raises :class:`ConformanceError` where it makes none.

    It is ended once all is to end.
    """
    environment = {
        **_environment(),
        "CONFORMANCE_CONFIG": "",
        "CONFORMANCE_JOURNAL": str(work / "journal"),
    }
    if run.subject.credentials:
        key, secret = run.subject.credentials
        environment |= {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
    report = work / "report"
    command = [sys.executable, "-P", "-m", "conformance", "certify", url, *_OPTIONS]
    command += [f"--operations={run.service}:*", f"--report={report}"]
    command += [f"--subject=name={run.subject.name}", f"--subject=version={run.version}"]
    printed = work / "printed"
    process = processes.start(command, folder=work, environment=environment, log=printed)
    status = _ended(process, processes)
    if processes.ending.is_set():
        raise ConformanceError("The run was interrupted.")
    path = report / "report.json"
    if not path.exists():
        lines = [
            one.strip() for one in printed.read_text("utf-8", "replace").splitlines() if one.strip()
        ]
        said = [one for one in lines if one.startswith(_REFUSAL)] or lines[-1:]
        raise ConformanceError(
            (said or [f"The run ended with status {status}."])[-1].removeprefix(_REFUSAL)
        )
    found: dict[str, Any] = read_json(path)
    if found.get("interrupted"):
        raise ConformanceError("The run was interrupted.")
    return found


def _ended(process: subprocess.Popen[bytes], processes: Processes) -> int:
    """The status of a process that has ended by itself, or was ended."""
    while not processes.ending.is_set():
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK)
            break
    return processes.end(process, _ENDS)  # one that is interrupted takes down what it has made
