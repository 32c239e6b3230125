"""The one way in which requests travel.

:class:`Transport` sends a prepared request with bounded time and bounded size,
whatever the peer does, and says how it failed where it failed. It opens a connection
to no other place than it was made for. This module knows HTTP; it knows no operation,
no signature and no verdict.
"""

import contextlib
import http.client
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from conformance.errors import ConformanceError
from conformance.protocols.http import Failure, FailureKind, Request, Response
from conformance.transport import http1

#: Longer bodies, in bytes, are not judged: only what is stored as it stands is longer in AWS, and
#: a few batch operations of DynamoDB.
MAX_BODY = 4 * 1024 * 1024
#: What is longer than this has no end, as far as a client can know: it is not read any further.
ENDLESS = 32 * 1024 * 1024
#: All headers of a response, in bytes. AWS and its clients take far fewer.
MAX_HEADERS = 128 * 1024
#: Seconds of processor time in which a response is read: it takes less than a tenth of that,
#: unless it comes in a million pieces.
MAX_WORK = 1.0
_CHUNK = 64 * 1024
#: Failures before any byte of a request was written.
_UNSENT = frozenset({FailureKind.UNREACHABLE, FailureKind.TLS})


class OutsideTargetError(ConformanceError):
    """A request would have gone to another place than the target: the suite's own mistake."""


def _work_clock() -> Callable[[], float]:
    """The processor time of this thread in seconds, for another to read; 0 without a clock."""
    if not hasattr(time, "pthread_getcpuclockid"):  # macOS and Windows
        return lambda: 0.0
    return partial(time.clock_gettime, time.pthread_getcpuclockid(threading.get_ident()))


class _Watch:
    """Ends a connection that is still busy at its deadline, or costs too much work.

    Socket timeouts bound one read; a peer that sends a byte now and then could
    hold a request for ever, and one that sends nothing else very fast could keep the
    processor busy until then. One thread watches the thread that made this.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._deadline: float | None = None
        self._worked = _work_clock()
        self._most_work = 0.0
        self._socket: socket.socket | None = None
        #: Why the connection was ended, if it was.
        self.fired: FailureKind | None = None
        self._started = False

    def arm(self, deadline: float) -> None:
        with self._lock:
            self._deadline, self._socket, self.fired = deadline, None, None
            self._most_work = self._worked() + MAX_WORK
            if not self._started:
                self._started = True
                threading.Thread(target=self._run, name="wire-watch", daemon=True).start()

    def uses(self, sock: socket.socket | None) -> None:
        self._socket = sock

    def disarm(self) -> None:
        with self._lock:
            self._deadline = self._socket = None

    def _run(self) -> None:
        while True:
            with self._lock:
                due = self._due()
                sock = self._socket if due else None
                if due:
                    self.fired = due
                    self._deadline = None
            if sock is not None:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
            time.sleep(0.1)

    def _due(self) -> FailureKind | None:
        if self._deadline is None:
            return None
        if time.monotonic() >= self._deadline:
            return FailureKind.TIMEOUT
        return FailureKind.UNJUDGED if self._worked() >= self._most_work else None


_local = threading.local()


def _watch() -> _Watch:
    if not hasattr(_local, "watch"):
        _local.watch = _Watch()
    watch: _Watch = _local.watch
    return watch


class _Plain(HTTPConnection):
    """A connection; ``served`` counts the requests that it has carried."""

    served = 0


class _Tls(HTTPSConnection):
    """The same in TLS."""

    served = 0


def _asked(
    request: Request, connection: _Plain | _Tls, timeout: float
) -> http1.Ordinary | http1.General:
    """Send a request and read the head of its response."""
    whole = http1.message(request, _host(connection))
    connection.timeout = timeout
    connection.served += 1
    if connection.sock is None:
        connection.connect()
    sock = connection.sock
    assert sock is not None
    sock.settimeout(timeout)
    _watch().uses(sock)
    with contextlib.suppress(BrokenPipeError):  # the peer may have responded before that
        sock.sendall(whole)
    return http1.answer(sock, request.method)


def _host(connection: _Plain | _Tls) -> str:
    """What a request says of where it is sent to: no port where that is the scheme's own."""
    name, port = connection.host, connection.port
    if not name.isascii():
        name = name.encode("idna").decode("ascii")
    name = f"[{name}]" if ":" in name else name
    return name if port == connection.default_port else f"{name}:{port}"


class Transport:
    """Sends requests over kept-alive connections, one at a time, each within ``timeout`` seconds.

    ``reaches`` says whether a URL leads to the target; a request to any other is not sent.
    ``verify`` is False, True, or the path of a bundle of certificate authorities. ``sent``
    counts the requests that were written to a connection, those sent anew included.
    """

    def __init__(
        self, *, timeout: float, reaches: Callable[[str], bool], verify: bool | str = True
    ) -> None:
        self.timeout = timeout
        self.sent = 0
        self._reaches = reaches
        self._tls: dict[str, Any] = {"cert_reqs": "CERT_REQUIRED" if verify else "CERT_NONE"}
        if isinstance(verify, str):
            self._tls["ca_certs"] = verify
        self._connections: dict[tuple[str, str], _Plain | _Tls] = {}
        weakref.finalize(self, _close, self._connections)

    def close(self) -> None:
        """Close every connection; the next request opens another."""
        _close(self._connections)

    def send(self, request: Request) -> Response | Failure:
        """Send one request; a connection that proves stale on reuse is renewed once.

        Raises :class:`OutsideTargetError` for a URL that does not lead to the target, and
        :class:`http1.UnsendableError` for what cannot be sent.
        """
        if not self._reaches(request.url):
            raise OutsideTargetError(f"A request to {request.url} would leave the target.")
        connection = self._connection(request.url)
        outcome = self._send_once(request, connection)
        dropped = isinstance(outcome, Failure) and outcome.kind is FailureKind.DROPPED
        if dropped and connection.served > 1:
            self.close()
            outcome = self._send_once(request, self._connection(request.url))
        return outcome

    def _connection(self, url: str) -> _Plain | _Tls:
        """The open connection to the place of a URL, or one that its first request opens."""
        parts = urlsplit(url)
        place = (parts.scheme, parts.netloc)
        known = self._connections.get(place)
        if known is not None:
            if known.is_connected:
                return known
            known.close()
        host, port = parts.hostname or "", parts.port
        made = _Tls(host, port, **self._tls) if parts.scheme == "https" else _Plain(host, port)
        self._connections[place] = made
        return made

    def _send_once(self, request: Request, connection: _Plain | _Tls) -> Response | Failure:
        try:
            outcome = self._timed(request, connection)
        except BaseException:  # what is left of an interrupted response is no other request's
            connection.close()
            raise
        if isinstance(outcome, Failure):
            connection.close()
        self.sent += not (isinstance(outcome, Failure) and outcome.kind in _UNSENT)
        return outcome

    def _timed(self, request: Request, connection: _Plain | _Tls) -> Response | Failure:
        watch = _watch()
        watch.arm(time.monotonic() + self.timeout)
        try:
            outcome = _exchange(request, connection, self.timeout)
            # headers cut off at the deadline look like the end of them
            return self._cut_off(watch.fired) if watch.fired else outcome
        except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError) as e:
            # the socket may have waited long enough before the watch looked
            late = FailureKind.TIMEOUT if isinstance(e, TimeoutError) else None
            cut_off = watch.fired or late
            return self._cut_off(cut_off) if cut_off else _failure(e)
        finally:
            watch.disarm()

    def _cut_off(self, kind: FailureKind) -> Failure:
        why = f"no whole answer within {self.timeout:g} s"
        if kind is FailureKind.UNJUDGED:
            why = f"reading it takes more than {MAX_WORK:g} s of processor time"
        return Failure(kind=kind, detail=why)


def _close(connections: dict[tuple[str, str], _Plain | _Tls]) -> None:
    while connections:
        connections.popitem()[1].close()


def _exchange(request: Request, connection: _Plain | _Tls, timeout: float) -> Response | Failure:
    with contextlib.closing(_asked(request, connection, timeout)) as answer:
        outcome = _read(answer)
    if answer.will_close:
        connection.close()
    return outcome


def _read(answer: http1.Ordinary | http1.General) -> Response | Failure:
    if sum(len(name) + len(value) for name, value in answer.fields) > MAX_HEADERS:
        return Failure(
            kind=FailureKind.UNJUDGED, detail=f"more than {MAX_HEADERS >> 10} KiB of headers"
        )
    body = bytearray()
    length = 0
    while chunk := answer.read(_CHUNK):
        length += len(chunk)
        if length > ENDLESS:
            return Failure(
                kind=FailureKind.TOO_LARGE, detail=f"more than {ENDLESS >> 20} MiB of body"
            )
        if length <= MAX_BODY:
            body += chunk
    if answer.length:
        raise http.client.IncompleteRead(b"", answer.length)
    if length > MAX_BODY:
        return Failure(kind=FailureKind.UNJUDGED, detail=f"{length:,} bytes of body")
    return Response(status=answer.status, headers=answer.fields, body=bytes(body))


def _failure(error: Exception) -> Failure:
    kind = next(kind for kinds, kind in _FAILURES if isinstance(error, kinds))
    return Failure(kind=kind, detail=_first_line(error))


#: First match wins: a peer that hangs up without a word is, to http.client, a bad status line too.
_FAILURES: tuple[tuple[tuple[type[Exception], ...], FailureKind], ...] = (
    ((http.client.RemoteDisconnected,), FailureKind.DROPPED),
    ((urllib3.exceptions.NewConnectionError,), FailureKind.UNREACHABLE),
    ((TimeoutError, urllib3.exceptions.TimeoutError), FailureKind.TIMEOUT),
    ((ssl.SSLError, urllib3.exceptions.SSLError), FailureKind.TLS),
    ((urllib3.exceptions.LocationValueError,), FailureKind.UNREACHABLE),
    ((http.client.IncompleteRead,), FailureKind.TRUNCATED),
    ((http.client.HTTPException,), FailureKind.NOT_HTTP),
    ((Exception,), FailureKind.DROPPED),
)


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return (lines[0] if lines else type(error).__name__)[:200]
