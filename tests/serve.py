"""Runs the embedded server with a fault, as a dialect, or as no such server at all.

Run it with ``make serve ARGS='--fault NAME'``; ``make serve ARGS=--list`` lists the names.
"""

import argparse
import sys
from collections.abc import Sequence

from calibration.servers import SERVERS, behave

from conformance.errors import UnknownNameError
from conformance.reference.launch import serve


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Run the embedded server, or a mutation of it.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0: any free one")
    parser.add_argument("--fault", metavar="NAME", help="break this promise")
    parser.add_argument("--dialect", metavar="NAME", help="answer differently but correctly")
    parser.add_argument("--degenerate", metavar="NAME", help="be no such server at all")
    parser.add_argument("--list", action="store_true", help="list the names and stop")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Serve; 0 when stopped, 2 when that cannot be done as asked."""
    arguments = _parser().parse_args(argv)
    if arguments.list:
        for kind, servers in SERVERS.items():
            for name, server in servers.items():
                print(f"{kind}\t{name}\t{server.description}")
        return 0
    try:
        behaviour = behave(arguments.fault, arguments.dialect, arguments.degenerate)
    except UnknownNameError as error:
        print(error, file=sys.stderr)
        return 2
    return serve(arguments.port, host=arguments.host, behaviour=behaviour)


if __name__ == "__main__":
    sys.exit(main())
