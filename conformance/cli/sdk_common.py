"""What the commands about SDKs share: options, settings of clients, and how an account is shown."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from botocore.configloader import load_config
from botocore.exceptions import BotoCoreError

from conformance.errors import UnknownNameError, UsageError
from conformance.report.printing import printable_json, say
from conformance.report.writer import write_text
from conformance.sdk_gate import account
from conformance.sdk_gate.account import Account
from conformance.sdk_gate.causes import Verdict
from conformance.sdk_gate.differences import Kind
from conformance.sdk_gate.process import Version
from conformance.spec.reading import WRITTEN, parsed_json, read_text

#: What ``--fail-on`` takes beside the kinds of causes.
_NEVER = "never"
_BOUNDS = (_NEVER, Verdict.BREAKING.value, Verdict.CHANGED.value, *(kind.value for kind in Kind))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that both commands have."""
    parser.add_argument("--json", action="store_true", help="print the account as JSON")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="also write it as Markdown")
    parser.add_argument("--html", metavar="FILE", type=Path, help="also write it as an HTML page")
    parser.add_argument(
        "--fail-on",
        metavar="WHAT",
        default=Verdict.BREAKING.value,
        help="what makes the exit status 1: never, breaking (the default), changed, or kinds of "
        "causes such as protocol,path; comma-separated",
    )
    parser.add_argument(
        "--expect",
        metavar="FILE",
        type=Path,
        help="a file of causes that are known, one a line, * allowed: they fail nothing",
    )
    parser.add_argument(
        "--client-config",
        metavar="FILE",
        type=Path,
        help="settings of your clients: a configuration file of AWS, or a JSON object of the "
        "arguments of botocore's Config; without it clients have the SDK's defaults",
    )


def bounds(arguments: argparse.Namespace) -> tuple[str, ...]:
    """What ``--fail-on`` says. Raises :class:`UnknownNameError`."""
    found = tuple(one.strip() for one in arguments.fail_on.split(",") if one.strip())
    for one in found:
        if one not in _BOUNDS:
            raise UnknownNameError("value of --fail-on", one, _BOUNDS)
    return found


def expectations(arguments: argparse.Namespace) -> list[str]:
    """The patterns in the file that ``--expect`` names."""
    if arguments.expect is None:
        return []
    lines = (one.partition("#")[0].strip() for one in _text(arguments.expect).splitlines())
    return [one for one in lines if one]


def client_settings(arguments: argparse.Namespace) -> tuple[Mapping[str, Any], Path | None]:
    """The arguments of botocore's ``Config``, and AWS's configuration file."""
    path: Path | None = arguments.client_config
    if path is None:
        return {}, None
    text = _text(path)
    if not text.lstrip().startswith("{"):
        try:
            load_config(str(path))
        except BotoCoreError as error:
            raise UsageError(
                f"{path} is neither a configuration file of AWS nor an object of JSON."
            ) from error
        return {}, path.absolute()
    try:
        found = parsed_json(text)
    except ValueError as error:
        raise UsageError(f"{path} is no JSON: {error}.") from error
    return found, None


def unknown_settings(arguments: argparse.Namespace, versions: Sequence[Version]) -> list[str]:
    """A sentence for each setting that some version does not know.

    Raises :class:`UsageError` for one that none of them knows.
    """
    path = arguments.client_config
    found = []
    for name in sorted({name for one in versions for name in one.unknown}):
        lacking = [f"boto3 {one.boto3}" for one in versions if name in one.unknown]
        if len(lacking) == len(versions):
            raise UsageError(f"{path} has {name!r}, which is no argument of botocore's Config.")
        found.append(f"{' and '.join(lacking)} has no setting {name}; it is left out there.")
    return found


def _text(path: Path) -> str:
    try:
        return read_text(path, WRITTEN)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {getattr(error, 'strerror', error)}.") from error


def announce(sentence: str) -> None:
    """Say what is about to happen, beside the output."""
    say(f"aws-conformance: {sentence}", file=sys.stderr)


#: How many seconds lie between two lines of progress where nothing can be redrawn.
_BETWEEN = 10
Progress = Callable[[int, int, str], None]


def progress(what: str) -> Progress:
    """Progress as it is made: a line that is redrawn on a terminal, one now and then elsewhere.

    It takes how much is done, of how much, and the name of what was done last.
    """
    terminal = sys.stderr.isatty()
    begun = time.monotonic()
    last = [begun]

    def show(done: int, of: int, name: str) -> None:
        now = time.monotonic()
        if terminal:
            line = f"{done}/{of} {what}  {name}"
            # what was drawn before is cleared to the end of the line
            end = "\n" if done == of else ""
            print(f"\r{line[:76]}\x1b[K", end=end, file=sys.stderr, flush=True)
        elif now - last[0] >= _BETWEEN or (done == of and last[0] != begun):
            last[0] = now
            announce(f"{done} of {of} {what} in {now - begun:.0f} s, last {name}")

    return show


def show(found: Account, arguments: argparse.Namespace, fail_on: Sequence[str]) -> int:
    """Print and write the account; return the exit status."""
    if arguments.markdown:
        write_text(arguments.markdown, account.markdown(found))
    if arguments.html:
        write_text(arguments.html, account.html(found))
    if arguments.json:
        print(printable_json(json.dumps(account.data(found), indent=1)))
    else:
        for line in account.lines(found):
            say(line)
    return 1 if account.fails(found, fail_on) else 0
