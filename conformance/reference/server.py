"""Sockets and threads: one thread listens, one serves each connection, all die with the process.

It turns bytes into requests and hands them to a Behaviour; what is answered is decided there.
"""

import socket
import sys
import threading
import traceback
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import BinaryIO, Self, cast

from conformance.reference import pipeline, wire
from conformance.reference.contract import Failure
from conformance.reference.pipeline import Behaviour
from conformance.reference.wire import Answer, BadRequest, Request

SERVER = ("Server", "aws-conformance-reference")  # not to be taken for AWS


LINGER = 1.0  # seconds to let a client finish what could not be read


class Connection:
    """One client; a wire.Channel."""

    def __init__(self, connection: socket.socket, closing: threading.Event) -> None:
        self.socket = connection
        self._closing = closing

    def send(self, data: bytes) -> None:
        """Send everything, or raise OSError."""
        self.socket.sendall(data)

    def wait(self, seconds: float) -> bool:
        """Pause; true as soon as the server is closing."""
        return self._closing.wait(seconds)

    def close(self) -> None:
        """Wake the threads that read or write this connection."""
        with suppress(OSError):  # the client was quicker
            self.socket.shutdown(socket.SHUT_RDWR)


class Running:
    """A server that is listening; ``close()`` it, or use it as a context manager."""

    def __init__(self, behaviour: Behaviour, host: str, port: int) -> None:
        self._behaviour = behaviour
        self._closing = threading.Event()
        self._connections: set[Connection] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server((host, port), backlog=128)
        bound_host, self.port = self._listener.getsockname()[:2]
        self._address = (bound_host, self.port)
        self.url = f"http://{bound_host}:{self.port}"
        self._thread = threading.Thread(target=self._listen, name="reference", daemon=True)
        self._thread.start()

    def become(self, behaviour: Behaviour) -> None:
        """Behave otherwise from the next request on; connections stay open."""
        self._behaviour = behaviour

    def close(self) -> None:
        """Stop listening and drop every connection; a second call does nothing."""
        if self._closing.is_set():
            return
        self._closing.set()
        with suppress(OSError):  # closing a listening socket does not end accept(): connect
            socket.create_connection(self._address, timeout=1).close()
        self._thread.join(timeout=5)
        self._listener.close()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _listen(self) -> None:
        while not self._closing.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                if self._closing.wait(0.01):  # out of descriptors, or closed
                    return
                continue
            if self._closing.is_set():
                client.close()
                return
            threading.Thread(target=self._attend, args=(client,), daemon=True).start()

    def _attend(self, client: socket.socket) -> None:
        connection = Connection(client, self._closing)
        with self._lock:
            self._connections.add(connection)
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with client, client.makefile("rb") as stream:
                self._converse(connection, cast(BinaryIO, stream))
        except OSError:
            pass  # the client left
        finally:
            with self._lock:
                self._connections.discard(connection)

    def _converse(self, connection: Connection, stream: BinaryIO) -> None:
        while self._behaviour.listens and not self._closing.is_set():
            try:
                request = wire.read_request(
                    stream, lambda: connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
                )
            except BadRequest as bad:
                _hang_up(connection, bad)
                return
            if request is None or not self._serve(connection, request):
                return

    def _serve(self, connection: Connection, request: Request) -> bool:
        try:
            answer = pipeline.answer(self._behaviour, request)
        except Exception:  # a bug of this program, to be reported
            traceback.print_exc(file=sys.stderr)
            answer = pipeline.fail(None, Failure(pipeline.BUG, "The reference server has a bug."))
        answer = _marked(answer)
        return (answer.deliver or wire.deliver)(connection, request, answer)


def _marked(answer: Answer) -> Answer:
    return replace(answer, headers=(*answer.headers, SERVER))


def _hang_up(connection: Connection, bad: BadRequest) -> None:
    shape = replace(pipeline.MALFORMED, status=bad.status)
    answer = _marked(pipeline.fail(None, Failure(shape, str(bad))))
    request = Request("GET", "/", "HTTP/1.0", (), b"")  # what was sent is not known
    wire.deliver(connection, request, answer)
    # To close while bytes are unread would reset the connection and lose the answer.
    connection.socket.shutdown(socket.SHUT_WR)
    connection.socket.settimeout(LINGER)
    left = wire.MAX_BODY
    while left > 0 and (piece := connection.socket.recv(65536)):
        left -= len(piece)
