"""``aws-conformance serve``: the embedded reference server, for people to play with."""

import argparse

from conformance.cli.base import Command
from conformance.errors import UsageError
from conformance.reference.__main__ import main as serve

_DESCRIPTION = """\
Run the embedded reference server: five operations of Amazon Chime and Amazon
Connect over real HTTP, with data made up for the purpose. It is no AWS. It
verifies signatures; the keys test/test are known to it.

  aws-conformance serve --port 4567
  aws-conformance certify http://127.0.0.1:4567

It can break one promise (--fault NAME) or answer differently but correctly
(--dialect NAME); --list names them all.
"""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument(
        "--port", type=int, default=0, help="port to listen on (default: a free one)"
    )
    parser.add_argument("--fault", metavar="NAME", help="break this promise")
    parser.add_argument("--dialect", metavar="NAME", help="answer differently but correctly")
    parser.add_argument("--degenerate", metavar="NAME", help="be no such server at all")
    parser.add_argument("--list", action="store_true", help="list the names and stop")


def _run(arguments: argparse.Namespace) -> int:
    if not 0 <= arguments.port < 2**16:
        raise UsageError(f"--port takes a number from 0 to 65535, not {arguments.port}.")
    words = [f"--host={arguments.host}", f"--port={arguments.port}"]
    variants = ("fault", "dialect", "degenerate")
    words += [f"--{name}={getattr(arguments, name)}" for name in variants if vars(arguments)[name]]
    return serve([*words, "--list"] if arguments.list else words, prefix="aws-conformance: ")


COMMAND = Command(
    description=_DESCRIPTION,
    arguments=_arguments,
    run=_run,
)
