"""``python -m conformance.reference``: print the URL on one line, serve until it is stopped."""

import argparse
import sys
from collections.abc import Sequence

from conformance.reference.launch import serve


def main(argv: Sequence[str] | None = None) -> int:
    """Serve; 0 when stopped, 2 when that cannot be done as asked."""
    parser = argparse.ArgumentParser(
        prog="python -m conformance.reference", description="Run the embedded reference server."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0: any free one")
    parser.add_argument(
        "--until-stdin-closes", action="store_true", help="stop when standard input ends"
    )
    return serve(**vars(parser.parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
