"""A subject's server as a process: started on a free loopback port, kept up, stopped for certain.

A process that ends by itself is started again on the same port, a few times, and counted. It has
a process group of its own, all of which ends with it.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from conformance.errors import TargetError

#: Seconds until a server listens, and until it has stopped by itself.
_STARTS, _STOPS = 120.0, 10.0
#: How often a server is started again within one run.
_RESTARTS = 20
_LOOK = 0.1


def free_port() -> int:
    """A port of the loopback interface on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class Server:
    """One running server. ``crashes`` are the exit statuses with which it ended by itself."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        port: int,
        folder: Path,
        environment: Mapping[str, str],
        log: Path,
    ) -> None:
        self.crashes: list[int] = []
        self.port = port
        self._command = list(command)
        self._folder, self._environment, self._log = folder, dict(environment), log
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Start it and wait until it listens. Raises :class:`TargetError` where it does not."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._log.write_bytes(b"")
        self._process = self._launched()
        deadline = time.monotonic() + _STARTS
        while not self._listens():
            ended = self._process.poll()
            if ended is not None or time.monotonic() > deadline:
                self.stop()
                how = "does not listen" if ended is None else f"ended with status {ended}"
                raise TargetError(f"The server {how}: {self._last_line()}.")
            time.sleep(_LOOK)
        self._watcher.start()

    def stop(self) -> None:
        """End the process and all that it has started."""
        self._stopping.set()
        if self._watcher.is_alive():
            self._watcher.join()
        if self._process is not None:
            _end(self._process)

    def _launched(self) -> subprocess.Popen[bytes]:
        try:
            with self._log.open("ab") as log:
                return subprocess.Popen(
                    self._command,
                    cwd=self._folder,
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=sys.platform != "win32",
                )
        except OSError as error:
            reason = error.strerror or str(error)
            raise TargetError(f"{Path(self._command[0]).name} cannot be run: {reason}.") from error

    def _listens(self) -> bool:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        return False

    def _watch(self) -> None:
        while not self._stopping.wait(_LOOK):
            assert self._process is not None
            status = self._process.poll()
            if status is None:
                continue
            self.crashes.append(status)
            _end(self._process)  # what it has started may hold the port
            if len(self.crashes) > _RESTARTS:
                return
            self._process = self._launched()

    def _last_line(self) -> str:
        lines = self._log.read_text("utf-8", errors="replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        return (said or ["it says nothing"])[-1].rstrip(".")[:200]


@contextlib.contextmanager
def serving(server: Server) -> Iterator[Server]:
    """The server, listening; it is stopped at the end, whatever happens."""
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process group: asked first, then killed."""
    _signal(process, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_STOPS)
    # a member of the group may outlive its leader
    _signal(process, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    if sys.platform == "win32":
        if process.poll() is None:
            process.terminate()
        return
    # the group has the leader's number, also where the leader has ended
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
