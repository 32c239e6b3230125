# PYTHON_ARGCOMPLETE_OK
"""The ``aws-conformance`` command: the table of subcommands, and their exit statuses."""

import argparse
import gc
import importlib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from conformance.cli.base import Command
from conformance.errors import ConformanceError, UnknownNameError
from conformance.report.printing import printable, say
from conformance.spec.files import use_schemas
from conformance.version import __version__

#: Command → its module and its line in the help. Only the module of the given command is
#: imported: some import boto3 and Hypothesis, which takes longer than most commands run.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "certify": ("certify", "judge a server"),
    "judge": ("judge", "judge recordings of other tools: cassettes, HAR files, flows"),
    "verify": ("verify", "check that a report is consistent, and agrees with its target"),
    "merge": ("merge", "join the reports of the parts of a run"),
    "matrix": ("matrix", "judge emulators side by side, and make a site of it"),
    "compare": ("compare", "compare reports, regressions first"),
    "expect": ("expect", "write the file of expected findings from a report"),
    "clean": ("clean", "take down what runs that were killed have left on a target"),
    "serve": ("serve", "run the embedded reference server"),
    "operations": ("operations", "list operations: the documented ones, or any of the SDK's"),
    "resources": ("resources", "list resources: what makes, shows, changes and deletes them"),
    "clauses": ("clauses", "list clauses: level, cases, section"),
    "explain": ("explain", "show one clause with its checks and cases"),
    "schema": ("schema", "write an operation's request or response as plain JSON Schema"),
    "checks": ("checks", "list checks and the clauses they judge"),
    "sdk-check": ("sdk_check", "check your recordings against the installed SDK"),
    "sdk-diff": ("sdk_diff", "compare what two versions of boto3 send and read"),
    "cassettes": ("cassettes", "list recordings and their problems"),
    "config": ("config", "show the configuration: what holds, and from where"),
    "observe": ("observe", "read facts about AWS off recordings of it"),
    "import": ("import_page", "make an operation document from a saved API reference page"),
}

#: The threshold of the garbage collector. A large service makes a million objects and hardly any
#: cycles: with the default, 700, collecting takes as long as making them.
_GARBAGE = 100_000

_EPILOG = """\
Start with 'aws-conformance certify': it judges the embedded reference server
(unless AWS_ENDPOINT_URL names another) and shows what a run looks like.
'aws-conformance COMMAND --help' describes a command.
"""


class _Parser(argparse.ArgumentParser):
    """A parser that prints what it was given without effect on the terminal."""

    def format_usage(self) -> str:
        return printable(super().format_usage())

    def format_help(self) -> str:
        return printable(super().format_help())

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        super().exit(status, printable(message) if message else None)


def command(name: str) -> Command:
    """A command by its name, imported."""
    module = importlib.import_module(f"conformance.cli.{COMMANDS[name][0]}")
    found: Command = module.COMMAND
    return found


def parser(chosen: str | None = None) -> argparse.ArgumentParser:
    """The parser of the command line; it has the arguments of the chosen command only."""
    top = _Parser(
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
    """Run one command; 2 and one sentence where that is impossible."""
    complete()
    if sys.stdout is None:  # the parent process closed it
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - as long as the process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # a character that the encoding lacks is printed as an escape
            stream.reconfigure(errors="backslashreplace")
    try:
        status = _run(list(sys.argv[1:] if argv is None else argv))
        print(end="", flush=True)
        return status
    except ConformanceError as error:
        _print_error(str(error))
        return 2
    except RecursionError:
        _print_error("What was given is nested too deeply to be read.")
        return 2
    except MemoryError:
        _print_error("There is not enough memory for what was given.")
        return 2
    except KeyboardInterrupt:
        _print_error("Interrupted.")
        return 130
    except BrokenPipeError:
        # the reader of the output has closed the pipe
        _discard_output()
        return 0
    except OSError as error:
        _discard_output()
        what = f"{error.filename} cannot be used" if error.filename else "No output can be written"
        _print_error(f"{what}: {error.strerror or error}.")
        return 2


def complete() -> None:
    """Answer a shell that asks for completions, and end the process; do nothing elsewhere."""
    if "_ARGCOMPLETE" in os.environ:
        words = os.environ.get("COMP_LINE", "").split()
        name = next((word for word in words[1:] if not word.startswith("-")), None)
        chosen = parser(name if name in COMMANDS else None)
        importlib.import_module("conformance.cli.completion").complete(chosen)


def _run(words: Sequence[str]) -> int:
    if words and not words[0].startswith("-") and words[0] not in COMMANDS:
        raise UnknownNameError("command", words[0], COMMANDS)
    top = parser(words[0] if words and words[0] in COMMANDS else None)
    arguments, rest = top.parse_known_args(words)
    if rest and not arguments.command.passes_on:
        top.error(f"unrecognized arguments: {' '.join(rest)}")
    arguments.rest = rest
    gc.set_threshold(_GARBAGE)
    if hasattr(arguments, "schemas") and not arguments.command.passes_on:
        arguments.schemas = arguments.schemas or configured_schemas()
        use_schemas(arguments.schemas)
    status: int = arguments.command.run(arguments)
    return status


def configured_schemas() -> Sequence[str]:
    """The folders of own documents that the configuration names."""
    found: list[str] = importlib.import_module("conformance.runner.configuration").schemas()
    return found


def _print_error(sentence: str) -> None:
    with suppress(OSError):
        say(f"aws-conformance: {sentence}", file=sys.stderr)


def _discard_output() -> None:
    """Discard what is still buffered: the interpreter would try to write it at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
