"""The ``aws-conformance`` command: a table of subcommands, and how they end."""

import argparse
import os
import sys
from collections.abc import Sequence

from conformance.commands import (
    Command,
    calibrate,
    catalogue,
    certify,
    compare,
    expect,
    importing,
    serve,
    verify,
)
from conformance.errors import ConformanceError
from conformance.version import __version__

COMMANDS: tuple[Command, ...] = (
    certify.COMMAND,
    verify.COMMAND,
    compare.COMMAND,
    expect.COMMAND,
    serve.COMMAND,
    catalogue.CLAUSES,
    catalogue.EXPLAIN,
    catalogue.CHECKS_COMMAND,
    importing.COMMAND,
    calibrate.COMMAND,
)

_EPILOG = """\
Start with 'aws-conformance certify': it judges the embedded reference server and
shows what a run looks like. 'aws-conformance COMMAND --help' tells more.
"""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="aws-conformance",
        description="A conformance test suite for AWS's HTTP APIs.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"aws-conformance {__version__}")
    subparsers = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        sub = subparsers.add_parser(
            command.name,
            help=command.summary,
            description=command.description,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        command.arguments(sub)
        sub.set_defaults(command=command)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command; 2 with one sentence where it cannot be done."""
    top = parser()
    arguments, rest = top.parse_known_args(argv)
    if rest and not arguments.command.passes_on:
        top.error(f"unrecognized arguments: {' '.join(rest)}")
    arguments.rest = rest
    try:
        status: int = arguments.command.run(arguments)
        sys.stdout.flush()
        return status
    except ConformanceError as error:
        print(f"aws-conformance: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
