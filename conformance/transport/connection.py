"""The one way in which requests travel.

:class:`Transport` sends a prepared request with bounded time and bounded size,
whatever the peer does, and says how it failed where it failed. It opens a connection
to no other place than it was made for. This module knows HTTP; it knows no operation,
no signature and no verdict.
"""

import contextlib
import socket
import threading
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from conformance.errors import ConformanceError
from conformance.protocols.http import Failure, FailureKind, Request, Response

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


class _Telling:
    """A connection that tells the watch of its thread when it is in use."""

    served = 0

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        _local.served = self.served
        self.served += 1
        # urllib3 writes percent-encodings its own way; what was signed is what has to travel
        target = _local.target if url.startswith("/") else url
        super().request(method, target, *args, **kwargs)  # type: ignore[misc] # urllib3's
        # the socket itself: http.client lets go of it where the answer ends with the connection
        _watch().uses(getattr(self, "sock", None))


class _Watched(_Telling, HTTPConnection):
    pass


class _WatchedTls(_Telling, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


class Transport:
    """Sends requests over kept-alive connections, each within ``timeout`` seconds.

    ``reaches`` says whether a URL leads to the target; a request to any other is not sent.
    ``verify`` is False, True, or the path of a bundle of certificate authorities. ``sent``
    counts the requests that were written to a connection, those sent anew included.
    """

    def __init__(
        self,
        *,
        timeout: float,
        reaches: Callable[[str], bool],
        verify: bool | str = True,
        proxy: str = "",
    ) -> None:
        self.timeout = timeout
        self.sent = 0
        self._reaches = reaches
        self._verify = bool(verify)
        tls: dict[str, Any] = {"cert_reqs": "CERT_REQUIRED" if verify else "CERT_NONE"}
        if isinstance(verify, str):
            tls["ca_certs"] = verify
        self._manager = urllib3.ProxyManager(proxy, **tls) if proxy else urllib3.PoolManager(**tls)
        self._manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def send(self, request: Request) -> Response | Failure:
        """Send one request; a connection that proves stale on reuse is renewed once.

        Raises :class:`OutsideTargetError` for a URL that does not lead to the target.
        """
        if not self._reaches(request.url):
            raise OutsideTargetError(f"A request to {request.url} would leave the target.")
        outcome = self._send_once(request)
        stale = (
            isinstance(outcome, Failure)
            and outcome.kind is FailureKind.DROPPED
            and getattr(_local, "served", 0) > 0
        )
        if stale:
            self._manager.clear()
            outcome = self._send_once(request)
        return outcome

    def _send_once(self, request: Request) -> Response | Failure:
        outcome = self._timed(request)
        self.sent += not (isinstance(outcome, Failure) and outcome.kind in _UNSENT)
        return outcome

    def _timed(self, request: Request) -> Response | Failure:
        watch = _watch()
        watch.arm(time.monotonic() + self.timeout)
        if self._verify:
            return self._watched(request, watch)
        with warnings.catch_warnings():
            # who turned verification off knows it; urllib3 would say so at each request
            warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
            return self._watched(request, watch)

    def _watched(self, request: Request, watch: "_Watch") -> Response | Failure:
        try:
            outcome = self._exchange(request)
            # headers cut off at the deadline look like the end of them
            return self._cut_off(watch.fired) if watch.fired else outcome
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            if watch.fired:
                return self._cut_off(watch.fired)
            return self._failure(error)
        finally:
            watch.disarm()

    def _cut_off(self, kind: FailureKind) -> Failure:
        why = f"no whole answer within {self.timeout:g} s"
        if kind is FailureKind.UNJUDGED:
            why = f"reading it takes more than {MAX_WORK:g} s of processor time"
        return Failure(kind=kind, detail=why)

    def _exchange(self, request: Request) -> Response | Failure:
        parts = urlsplit(request.url)
        _local.target = request.target
        pool = self._manager.connection_from_url(f"{parts.scheme}://{parts.netloc}")
        answer = pool.urlopen(
            request.method,
            request.target,
            body=request.body or None,
            headers=dict(request.headers),
            retries=False,
            redirect=False,
            timeout=self.timeout,
            preload_content=False,
            decode_content=False,
        )
        headers = tuple(answer.headers.items())
        if sum(len(name) + len(value) for name, value in headers) > MAX_HEADERS:
            answer.close()
            return Failure(
                kind=FailureKind.UNJUDGED, detail=f"more than {MAX_HEADERS >> 10} KiB of headers"
            )
        body = bytearray()
        length = 0
        for chunk in answer.stream(_CHUNK, decode_content=False):
            length += len(chunk)
            if length > ENDLESS:
                answer.close()
                return Failure(
                    kind=FailureKind.TOO_LARGE, detail=f"more than {ENDLESS >> 20} MiB of body"
                )
            if length <= MAX_BODY:
                body += chunk
        answer.release_conn()
        if length > MAX_BODY:
            return Failure(kind=FailureKind.UNJUDGED, detail=f"{length:,} bytes of body")
        return Response(status=answer.status, headers=headers, body=bytes(body))

    def _failure(self, error: Exception) -> Failure:
        for kinds, kind in _FAILURES:
            if isinstance(error, kinds):
                return Failure(kind=kind, detail=_first_line(error))
        if "IncompleteRead" in repr(error) or "InvalidChunkLength" in repr(error):
            return Failure(kind=FailureKind.TRUNCATED, detail=_first_line(error))
        if any(sign in repr(error) for sign in _NOT_HTTP):
            return Failure(kind=FailureKind.NOT_HTTP, detail=_first_line(error))
        return Failure(kind=FailureKind.DROPPED, detail=_first_line(error))


#: What http.client calls an answer that it cannot read as one.
_NOT_HTTP = ("BadStatusLine", "HeaderParsing", "LineTooLong", "HTTPException(", "UnknownProtocol")

#: First match wins: urllib3 wraps what it cannot name as a ProtocolError, which comes last.
_FAILURES: tuple[tuple[tuple[type[Exception], ...], FailureKind], ...] = (
    ((urllib3.exceptions.NewConnectionError,), FailureKind.UNREACHABLE),
    ((urllib3.exceptions.TimeoutError,), FailureKind.TIMEOUT),
    ((urllib3.exceptions.SSLError,), FailureKind.TLS),
    ((urllib3.exceptions.LocationValueError,), FailureKind.UNREACHABLE),
    ((urllib3.exceptions.ProxyError,), FailureKind.UNREACHABLE),
)


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines()
    return (lines[0] if lines else type(error).__name__)[:200]
