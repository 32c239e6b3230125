"""A target that a request has made slow: the run says so, and of which request."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from conformance.protocols.http import Failure, FailureKind, Request, Response
from conformance.runner.pace import Pace

REQUEST = Request(method="GET", url="http://127.0.0.1:9/", headers=(), body=b"")
RESPONSE = Response(status=200, headers=(), body=b"")
TIMEOUT = Failure(kind=FailureKind.TIMEOUT, detail="")
DROPPED = Failure(kind=FailureKind.DROPPED, detail="")


def said(before: float, failure: Failure, after: float, *, many: int = 60) -> str:
    """What is said when responses took so many seconds, before a failure and after it."""
    pace = Pace()
    pace.case = "sqs:ListQueues/rules/bare-call/accepted"
    for _ in range(60):
        pace.saw(REQUEST, RESPONSE, before)
    pace.saw(REQUEST, failure, 10.0)
    for _ in range(many):
        pace.saw(REQUEST, RESPONSE, after)
    line = pace.slowed()
    assert not pace.slowed(), "it is said once"
    return line


def test_it_is_said_with_the_case() -> None:
    """What the run sent, and both durations."""
    assert said(0.002, TIMEOUT, 0.085) == (
        "slow: responses take 85 ms since sqs:ListQueues/rules/bare-call/accepted timed out, and "
        "took 2 ms before; the target may still be at work on that request"
    )


@pytest.mark.parametrize(
    ("before", "failure", "after", "many"),
    [
        (0.002, TIMEOUT, 0.008, 60),  # a few times as long
        (0.001, TIMEOUT, 0.009, 60),  # too short to be noticed
        (0.002, DROPPED, 0.085, 60),  # nothing is under way any more
        (0.002, TIMEOUT, 0.085, 20),  # not enough to tell
    ],
)
def test_it_is_not_said(before: float, failure: Failure, after: float, many: int) -> None:
    """Other services take longer, too; and what happened once may be over."""
    assert not said(before, failure, after, many=many)


class _Handler(BaseHTTPRequestHandler):
    """Answers nothing to the 80th request, and takes its time after that."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one write
    asked = 0

    def do_GET(self) -> None:
        _Handler.asked += 1
        if _Handler.asked == 80:
            time.sleep(1.0)
        elif _Handler.asked > 80:
            time.sleep(0.015)
        body = b'{"PhoneNumbers": []}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(BrokenPipeError):
            self.wfile.write(body)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def _server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        _Handler.asked = 0
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_run_prints_it(shell: Any) -> None:
    """At once, beside the progress, for a worker as well."""
    with _server() as url:
        words = ("--operations=chime:ListPhoneNumbers", "--request-timeout=0.5")
        done = shell.certify(url, *words, "--max-examples=0", "-n", "1")
    lines = [line for line in done.stdout.splitlines() if line.startswith("slow: responses take ")]
    assert len(lines) == 1, done.stdout
    assert " since chime:ListPhoneNumbers/" in lines[0]
    assert lines[0] not in done.stdout.splitlines()[-3:]
