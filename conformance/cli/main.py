"""The ``aws-conformance`` command: a table of subcommands, and how they end."""

import argparse
import gc
import importlib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from conformance.cli.base import Command
from conformance.errors import ConformanceError
from conformance.version import __version__

#: Each command by its name: where it is, and its line in the help. Only the one that is asked
#: for is imported: some take boto3 and Hypothesis, which take longer than most commands run.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "certify": ("certify", "judge a server"),
    "judge": ("judge", "judge what others recorded: vcrpy's cassettes, HAR files"),
    "verify": ("verify", "check that a report agrees with itself, and with its target"),
    "compare": ("compare", "put reports side by side, what got worse first"),
    "expect": ("expect", "write the file of expected findings from a report"),
    "serve": ("serve", "run the embedded reference server"),
    "operations": ("operations", "list what can be judged: the documented, or any of the SDK's"),
    "clauses": ("clauses", "list every clause: level, cases, where it is documented"),
    "explain": ("explain", "tell all about one clause"),
    "checks": ("checks", "list every check and the clauses it can raise"),
    "cassettes": ("cassettes", "list what is recorded, and find what is wrong with it"),
    "import": ("import_page", "make an operation document of a saved API reference page"),
}

#: How many objects are made before the collector looks for cycles. There are hardly any, and a
#: large service makes a million objects: looking every 700 takes as long as making them.
_GARBAGE = 100_000

_EPILOG = """\
Start with 'aws-conformance certify': it judges the embedded reference server
(unless AWS_ENDPOINT_URL names another) and shows what a run looks like.
'aws-conformance COMMAND --help' tells more.
"""


def command(name: str) -> Command:
    """A command by its name, imported."""
    module = importlib.import_module(f"conformance.cli.{COMMANDS[name][0]}")
    found: Command = module.COMMAND
    return found


def parser(chosen: str | None = None) -> argparse.ArgumentParser:
    """The command line; only the chosen command knows its arguments."""
    top = argparse.ArgumentParser(
        prog="aws-conformance",
        description="A conformance test suite for AWS's HTTP APIs.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"aws-conformance {__version__}")
    subparsers = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (_, summary) in COMMANDS.items():
        sub = subparsers.add_parser(
            name,
            help=summary,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        if name == chosen:
            found = command(name)
            sub.description = found.description
            found.arguments(sub)
            sub.set_defaults(command=found)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command; 2 with one sentence where it cannot be done."""
    if sys.stdout is None:  # closed by whoever started us
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - as long as the process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # what a stream cannot say is said in escapes
            stream.reconfigure(errors="backslashreplace")
    try:
        status = _carry_out(list(sys.argv[1:] if argv is None else argv))
        print(end="", flush=True)
        return status
    except ConformanceError as error:
        _say(str(error))
        return 2
    except KeyboardInterrupt:
        _say("Interrupted.")
        return 130
    except BrokenPipeError:
        # whoever read our output has seen enough
        _discard_output()
        return 0
    except OSError as error:
        _discard_output()
        what = f"{error.filename} cannot be used" if error.filename else "No output can be written"
        _say(f"{what}: {error.strerror or error}.")
        return 2


def _carry_out(words: Sequence[str]) -> int:
    top = parser(words[0] if words and words[0] in COMMANDS else None)
    arguments, rest = top.parse_known_args(words)
    if rest and not arguments.command.passes_on:
        top.error(f"unrecognized arguments: {' '.join(rest)}")
    arguments.rest = rest
    gc.set_threshold(_GARBAGE)
    status: int = arguments.command.run(arguments)
    return status


def _say(sentence: str) -> None:
    with suppress(OSError):
        print(f"aws-conformance: {sentence}", file=sys.stderr)


def _discard_output() -> None:
    """Let what is still to be written go nowhere: the interpreter would try it once more."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
