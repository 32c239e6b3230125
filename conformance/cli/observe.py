"""``aws-conformance observe``: facts about AWS, of one's own recordings of it."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.cli.base import Command
from conformance.errors import UsageError
from conformance.recording import cassette
from conformance.recording.cassette import SUFFIX, Cassette, CassetteError
from conformance.recording.observing import KIND, facts
from conformance.report import json_text
from conformance.report.printing import counted, printable_json, say
from conformance.spec import files

_DESCRIPTION = """\
Read facts off recordings of AWS that this suite made: which errors an operation
answered with, which constraints it kept, which members are in every answer. Only
names, codes, statuses and counts are written, and only what AWS itself answered
counts: recordings of other provenance are left out.

  aws-conformance observe cassettes/aws -o seen.json
  aws-conformance certify http://localhost:4566 --observed seen.json

Exit status: 0; 2 where there is no recording of AWS.
"""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "cassettes", metavar="CASSETTES", nargs="+", type=Path, help="cassettes, or folders of them"
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path, help="the file to write (default: print it)"
    )


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(path.rglob("*" + SUFFIX))
        elif path.exists():
            yield path
        else:
            raise UsageError(f"There is no file or folder {path}.")


def _read(paths: Sequence[Path]) -> Iterator[Cassette]:
    """Every cassette that can be read; each other file is named."""
    for path in dict.fromkeys(_files(paths)):
        try:
            yield cassette.read(path)
        except CassetteError as error:
            say(f"aws-conformance: {error}", file=sys.stderr)


def _run(arguments: argparse.Namespace) -> int:
    found = list(_read(arguments.cassettes))
    of_aws = [one for one in found if one.kind == KIND]
    if not of_aws:
        kinds = ", ".join(sorted({one.kind for one in found}))
        other = f"only of {kinds}" if kinds else "and none at all that can be read"
        raise UsageError(
            f"There is no recording of AWS here, {other}; make one with --target=aws --record=all."
        )
    if len(of_aws) < len(found):
        say(f"{len(found) - len(of_aws)} recordings are not of AWS: left out", file=sys.stderr)
    made = facts(of_aws)
    text = json_text.text(made)
    if arguments.output is None:
        print(printable_json(text), end="")
    else:
        files.write({arguments.output: text.encode()})
        say(f"{arguments.output}: {counted(len(made['operations']), 'operation')}", file=sys.stderr)
    return 0


COMMAND = Command(description=_DESCRIPTION, arguments=_arguments, run=_run)
