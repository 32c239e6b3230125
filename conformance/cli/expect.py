"""``aws-conformance expect``: write or update a file of expected findings from a report."""

import argparse
from pathlib import Path

from conformance.cli.base import Command
from conformance.report import expectations_writer, loader
from conformance.report.printing import say

_DESCRIPTION = """\
Write the failures of a report to a file of expected findings, so that later runs
fail only for new findings, or where an expected one passes. An existing file is
updated: its reasons and comments stay, new findings are added, and findings that
pass now (in a complete run) are removed and listed.

  aws-conformance expect report/report.json
  aws-conformance certify http://localhost:5000 --expect expected.toml
"""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("report", metavar="REPORT", help="a report.json, or the folder it is in")
    parser.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        default="expected.toml",
        help="the file, TOML or YAML by its ending (default: expected.toml)",
    )
    parser.add_argument(
        "--reason",
        metavar="TEXT",
        default="",
        help="the reason (default: what was observed, and when)",
    )


def _run(arguments: argparse.Namespace) -> int:
    report = loader.load_whole(Path(arguments.report))
    path = Path(arguments.file)
    change = expectations_writer.update(path, report, reason=arguments.reason.strip())
    for one in change.added:
        say(f"added    {one.verdict:<12}{one.clause}")
    for one in change.removed:
        say(f"removed  {one.verdict:<12}{one.clause} (it passes now; the reason was: {one.reason})")
    say(f"{path}: {change.kept + len(change.added)} expected findings")
    return 0


COMMAND = Command(
    description=_DESCRIPTION,
    arguments=_arguments,
    run=_run,
)
