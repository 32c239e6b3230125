"""``aws-conformance merge``: the reports of the parts of a run, joined to one."""

import argparse
from pathlib import Path
from typing import Any

from conformance.cli.base import Command, schemas_option
from conformance.cli.ending import conclude
from conformance.errors import UsageError
from conformance.report import loader, merge, verify

_DESCRIPTION = """\
Join the reports of the parts of one run, made with --shard, to the report that
one run would have made: the same cases, counts and verdict. Parts that do not
belong together, and a whole that lacks a part, are refused.

  aws-conformance certify URL --operations 'sqs:*' --shard 1/2 --report part-1
  aws-conformance certify URL --operations 'sqs:*' --shard 2/2 --report part-2
  aws-conformance merge part-1 part-2 -o report

Exit status: that of one run, and 2 where the reports cannot be joined.
"""


def _arguments(parser: argparse.ArgumentParser) -> None:
    schemas_option(parser)
    parser.add_argument(
        "reports", nargs="+", metavar="DIR", help="a part's report.json, or the folder it is in"
    )
    parser.add_argument(
        "-o", "--output", metavar="DIR", required=True, help="the folder of the whole report"
    )


def _run(arguments: argparse.Namespace) -> int:
    paths, output = [Path(one) for one in arguments.reports], Path(arguments.output)
    if output.exists() and not output.is_dir():
        raise UsageError(f"{output} is no folder; name another with -o.")
    if output.resolve() in {(one if one.is_dir() else one.parent).resolve() for one in paths}:
        raise UsageError(f"{output} is the folder of a part; name another with -o.")
    parts = [_unchanged(path) for path in paths]
    whole = merge.merged(parts, arguments.reports)
    output.mkdir(parents=True, exist_ok=True)
    return conclude(whole, output)


def _unchanged(path: Path) -> dict[str, Any]:
    """A part as it was written. Raises :class:`UsageError` for another: the whole would hide it."""
    part = loader.load_whole(path)
    for problem in verify.section_digests(part):
        raise UsageError(f"{path} was changed since it was written, in {problem.section}.")
    return part


COMMAND = Command(description=_DESCRIPTION, arguments=_arguments, run=_run)
