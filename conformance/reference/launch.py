"""Starts a server: in threads of this process, or as all that this process does.

What it answers is a Behaviour; who passes another than the honest one decides what is different.
"""

import signal
import sys
import threading
from types import FrameType

from conformance.reference.pipeline import Behaviour
from conformance.reference.server import Running


def start(port: int = 0, *, host: str = "127.0.0.1", behaviour: Behaviour | None = None) -> Running:
    """Start a server in threads of this process, the honest one by default; port 0: any free one.

    Raises OSError for a port in use.
    """
    return Running(behaviour or Behaviour(), host, port)


def serve(
    port: int = 0,
    *,
    host: str = "127.0.0.1",
    behaviour: Behaviour | None = None,
    until_stdin_closes: bool = False,
    prefix: str = "",
) -> int:
    """Start a server, print its URL, wait for a signal to end it; an exit status.

    0 when it was ended, 2 when it cannot listen; ``prefix`` precedes the reason.
    """
    try:
        running = start(port, host=host, behaviour=behaviour)
    except (OSError, OverflowError) as problem:
        # create_server() repeats the address behind the reason
        why = (getattr(problem, "strerror", None) or str(problem)).partition(" (")[0]
        print(
            f"{prefix}The server cannot listen at {host}, port {port} ({why}); choose another "
            "--port, or leave it out for a free one.",
            file=sys.stderr,
        )
        return 2
    with running:
        ended = _ending(until_stdin_closes)
        print(running.url, flush=True)
        while not ended.wait(0.5):  # a bare wait() would delay signals on some platforms
            pass
    return 0


def _ending(stdin: bool) -> threading.Event:
    """An event that a signal or the end of standard input sets."""
    ended = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        ended.set()

    def drain() -> None:
        while sys.stdin is not None and sys.stdin.buffer.read(1):
            pass
        ended.set()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    if stdin:
        threading.Thread(target=drain, daemon=True).start()
    return ended
