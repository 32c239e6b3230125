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


def forkable(command: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Whether a command is this interpreter's ``-m``, and nothing it reads at its start differs."""
    names = {*environment, *os.environ}
    fresh = [one for one in names if one.startswith("PYTHON")]
    same = all(environment.get(one) == os.environ.get(one) for one in fresh)
    return same and command[0] == sys.executable and _module(command) is not None


def run(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str], timeout: float
) -> "subprocess.CompletedProcess[str]":
    """Run a forkable command to its end, like ``subprocess.run`` that captures text."""
    _start_server()
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder, name) for name in ("stdout", "stderr")]
        arguments = (list(command), cwd, dict(env), streams)
        process = _CONTEXT.Process(target=_carry_out, args=arguments)
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(list(command), timeout)
        status = process.exitcode
        process.close()
        said = [path.read_text("utf-8") for path in streams]
    return subprocess.CompletedProcess(list(command), status, *said)


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
    for number, path in enumerate(streams, 1):
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
