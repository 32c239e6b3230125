"""``python -m conformance.reference``: print the URL on one line, serve until told to stop."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

from conformance.reference.launch import UnknownVariantError, start
from conformance.reference.names import DEGENERATES, DIALECTS, FAULTS


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m conformance.reference", description="Run the embedded reference server."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0: any free one")
    parser.add_argument("--fault", metavar="NAME", help="break this promise")
    parser.add_argument("--dialect", metavar="NAME", help="answer differently but correctly")
    parser.add_argument("--degenerate", metavar="NAME", help="be no such server at all")
    parser.add_argument("--list", action="store_true", help="list the names and stop")
    parser.add_argument(
        "--until-stdin-closes", action="store_true", help="stop when standard input ends"
    )
    return parser.parse_args(argv)


def _list() -> None:
    for kind, table in (("fault", FAULTS), ("dialect", DIALECTS), ("degenerate", DEGENERATES)):
        for name, variant in table.items():
            print(f"{kind}\t{name}\t{variant.description}")


def _ending(stdin: bool) -> threading.Event:
    """An event that a signal sets, or the end of standard input; ready before anybody is told."""
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


def main(argv: Sequence[str] | None = None, *, prefix: str = "") -> int:
    """Serve; 0 when told to stop, 2 when that cannot be done as asked.

    ``prefix`` stands before the sentence that says why not.
    """
    arguments = _arguments(argv)
    if arguments.list:
        _list()
        return 0
    try:
        running = start(
            arguments.port,
            arguments.fault,
            arguments.dialect,
            arguments.degenerate,
            host=arguments.host,
        )
    except UnknownVariantError as problem:
        print(f"{prefix}{problem}", file=sys.stderr)
        return 2
    except (OSError, OverflowError) as problem:
        # create_server() repeats the address behind the reason
        why = (getattr(problem, "strerror", None) or str(problem)).partition(" (")[0]
        where = f"{arguments.host}, port {arguments.port}"
        print(
            f"{prefix}The server cannot listen at {where} ({why}); choose another --port, or "
            "leave it out for a free one.",
            file=sys.stderr,
        )
        return 2
    with running:
        ended = _ending(arguments.until_stdin_closes)
        print(running.url, flush=True)
        while not ended.wait(0.5):  # a bare wait() would delay signals on some platforms
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
