"""``aws-conformance serve``: the embedded reference server, to try things on."""

import argparse

from conformance.cli.base import Command
from conformance.errors import UsageError
from conformance.reference.launch import serve

_DESCRIPTION = """\
Run the embedded reference server: five operations of Amazon Chime and Amazon
Connect over real HTTP, with synthetic data. It is not AWS. It verifies
signatures; the access key test with the secret test is known to it.

  aws-conformance serve --port 4567
  aws-conformance certify http://127.0.0.1:4567

In a checkout, 'make serve ARGS="--fault NAME"' runs one that breaks a promise;
'make serve ARGS=--list' lists all of these servers.
"""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument(
        "--port", type=int, default=0, help="port to listen on (default: a free one)"
    )


def _run(arguments: argparse.Namespace) -> int:
    if not 0 <= arguments.port < 2**16:
        raise UsageError(f"--port takes a number from 0 to 65535, not {arguments.port}.")
    return serve(arguments.port, host=arguments.host, prefix="aws-conformance: ")


COMMAND = Command(
    description=_DESCRIPTION,
    arguments=_arguments,
    run=_run,
)
