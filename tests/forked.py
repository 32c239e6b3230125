"""Runs ``python -m`` commands in forks of a process that has imported everything already.

An interpreter takes a second to import boto3, Hypothesis and pytest, which is most of what a
short command takes. The standard library's fork server imports them once for each pytest
process, and each command is a fork of it with a folder, an environment and streams of its own.
What only a fresh interpreter has, such as another ``PYTHONPATH``, is not for here: such commands
are refused by :func:`forkable`, and the tests start them as users do.
"""

import atexit
import multiprocessing
import os
import resource
import runpy
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from multiprocessing import forkserver
from pathlib import Path

import conformance.cli.certify  # noqa: F401 - with all that a run imports
from conformance.spec.documents import documented

_TESTS = Path(__file__).parent
_CONTEXT = multiprocessing.get_context("forkserver")
#: The fork server imports this very module, and so reads the documents before it forks.
_CONTEXT.set_forkserver_preload([__name__])
documented()
#: Seconds of processor time that each command took, which no one else adds to this process's.
spent: list[float] = []


def processor_seconds() -> float:
    """What this process and its children have taken of the processors so far."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used) + sum(spent)


def forkable(command: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Whether a command is this interpreter's ``-m``, and nothing it reads at its start differs."""
    names = {*environment, *os.environ}
    fresh = [one for one in names if one.startswith("PYTHON")]
    same = all(environment.get(one) == os.environ.get(one) for one in fresh)
    return same and command[0] == sys.executable and _module(command) is not None


class Command:
    """A forkable command under way, like ``subprocess.Popen`` with its output captured."""

    def __init__(self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> None:
        _start_server()
        self.command = list(command)
        self._folder = tempfile.TemporaryDirectory()
        self._streams = [Path(self._folder.name, name) for name in ("stdout", "stderr", "seconds")]
        for path in self._streams:
            path.touch()
        arguments = (self.command, cwd, dict(env), self._streams)
        self._process = _CONTEXT.Process(target=_carry_out, args=arguments)
        self._process.start()

    def ended(self) -> bool:
        """Whether it has come to its end."""
        return self._process.exitcode is not None

    def kill(self) -> None:
        """Send it SIGKILL."""
        self._process.kill()

    def wait(self, timeout: float) -> "subprocess.CompletedProcess[str]":
        """Wait for its end. Raises ``subprocess.TimeoutExpired``, and ends it, if none comes."""
        self._process.join(timeout)
        if not self.ended():
            self.kill()
            self._process.join()
            raise subprocess.TimeoutExpired(self.command, timeout)
        status = self._process.exitcode
        assert status is not None
        *printed, seconds = (path.read_text("utf-8") for path in self._streams)
        spent.append(float(seconds or 0))
        self._process.close()
        self._folder.cleanup()
        return subprocess.CompletedProcess(self.command, status, *printed)


def _module(command: Sequence[str]) -> int | None:
    """Where the name of the module stands in a command, if no other option goes before it."""
    at = 3 if list(command[1:3]) == ["-W", "error"] else 1
    return at + 1 if list(command[at : at + 1]) == ["-m"] else None


def _start_server() -> None:
    """Start the fork server, if it does not run yet, where it finds this module."""
    path = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(_TESTS), *([path] if path else [])])
    try:
        forkserver.ensure_running()
    finally:
        if path is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = path


def _carry_out(command: list[str], cwd: Path, env: dict[str, str], streams: list[Path]) -> None:
    """In the fork: become what an interpreter would be that was started so."""
    *printed, seconds = streams
    for number, path in enumerate(printed, 1):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    sys.path[:] = [str(cwd), *(one for one in sys.path if one and Path(one) != _TESTS)]
    if "-W" in command[:2]:
        sys.warnoptions[:] = ["error"]
        warnings.simplefilter("error")
    at = _module(command)
    assert at is not None
    sys.argv[:] = command[at:]
    try:
        runpy.run_module(command[at], run_name="__main__", alter_sys=True)
    finally:
        atexit._run_exitfuncs()  # a fork ends without them
        seconds.write_text(str(processor_seconds()))
