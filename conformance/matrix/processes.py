"""Processes of a command, each with a process group of its own: all of them end with the command.

Where the command is killed, a small process that waits at a pipe for its end kills the groups that
are left. It must not know what the processes are for.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

#: Reads which groups begin and end, a line each; at the end of its input it kills what is left.
_WATCH = """
import os, signal, sys
groups = set()
for line in sys.stdin:
    word, number = line.split()
    (groups.add if word == "begins" else groups.discard)(int(number))
for group in groups:
    try:
        os.killpg(group, signal.SIGKILL)
    except OSError:
        pass
"""


class Processes:
    """What was started and has not ended. ``ending`` is set once nothing is to begin any more."""

    def __init__(self) -> None:
        self.ending = threading.Event()
        self._lock = threading.Lock()
        self._watch: subprocess.Popen[str] | None = None

    def start(
        self, command: Sequence[str], *, folder: Path, environment: Mapping[str, str], log: Path
    ) -> subprocess.Popen[bytes]:
        """A new process; what it prints is added to the log. Raises :class:`OSError`."""
        with log.open("ab") as output:
            try:
                process = subprocess.Popen(
                    command,
                    cwd=folder,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=sys.platform != "win32",
                )
            except ValueError as error:  # a null character in a word
                raise OSError(str(error)) from error
        self._tell("begins", process)
        return process

    def end(self, process: subprocess.Popen[bytes], patience: float) -> int:
        """End a process and all that it has started: asked first, then killed. Its status."""
        _signal(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
        # a member of the group may outlive its leader
        _signal(process, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
        status = process.wait()
        self._tell("ends", process)
        return status

    def _tell(self, word: str, process: subprocess.Popen[bytes]) -> None:
        if self._watch is None or self._watch.stdin is None:
            return
        with self._lock, suppress(OSError):
            self._watch.stdin.write(f"{word} {process.pid}\n")
            self._watch.stdin.flush()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """What is started within this ends with this process, also where that is killed."""
        if sys.platform == "win32":
            yield
            return
        command = [sys.executable, "-I", "-S", "-c", _WATCH]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, text=True, start_new_session=True
        ) as self._watch:
            yield


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    if sys.platform == "win32":
        if process.poll() is None:
            process.terminate()
        return
    # the group has the leader's number, also where the leader has ended
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
