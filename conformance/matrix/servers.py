"""A subject's server as a process: started on a free loopback port, kept up, stopped for certain.

A process that ends by itself is started again on the same port, a few times, and counted. It has
a process group of its own, all of which ends with it.
"""

import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from conformance.errors import ConformanceError, TargetError
from conformance.matrix.processes import Processes

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
        processes: Processes,
    ) -> None:
        self.crashes: list[int] = []
        self.port = port
        self._command = list(command)
        self._folder, self._environment, self._log = folder, dict(environment), log
        self._processes = processes
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Start it and wait until it listens.

        Raises :class:`TargetError` where it does not, :class:`ConformanceError` where all ends.
        """
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._log.write_bytes(b"")
        self._process = self._launched()
        deadline = time.monotonic() + _STARTS
        while not self._listens():
            if self._processes.ending.is_set():
                raise ConformanceError("The run was interrupted.")
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
            self._processes.end(self._process, _STOPS)

    def _launched(self) -> subprocess.Popen[bytes]:
        try:
            return self._processes.start(
                self._command,
                folder=self._folder,
                environment=self._environment,
                log=self._log,
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
            self._processes.end(self._process, _STOPS)  # what it has started may hold the port
            if len(self.crashes) > _RESTARTS:
                return
            try:
                self._process = self._launched()
            except TargetError:  # its program is gone
                return

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
