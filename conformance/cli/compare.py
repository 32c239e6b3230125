"""``aws-conformance compare``: reports side by side, regressions first."""

import argparse
import json
from pathlib import Path

from conformance.cli.base import Command
from conformance.report import compare, loader, writer
from conformance.report.printing import printable_json, say

_DESCRIPTION = """\
Compare two or more reports: a table with operations and areas as rows and
subjects as columns, then the clauses that got worse from the first report to
the last, and those that got better.

  aws-conformance compare before/report.json after/report.json
  aws-conformance compare moto.json localstack.json ours.json --html matrix.html

Exit status: 0; 1 where a clause got worse; 2 where the reports cannot be
compared. Reports of different case sets, schema sets or operations are compared
only with --common, over the clauses that all of them have.
"""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "reports", nargs="+", metavar="REPORT", help="a report.json, or the folder it is in"
    )
    parser.add_argument("--html", metavar="FILE", help="also write the comparison as an HTML page")
    parser.add_argument("--json", action="store_true", help="print the comparison as JSON")
    parser.add_argument(
        "--common",
        action="store_true",
        help="compare the clauses that all reports have, even where their case sets differ",
    )


def _run(arguments: argparse.Namespace) -> int:
    reports = [loader.load_whole(Path(one)) for one in arguments.reports]
    differ = compare.differences(reports, arguments.reports)
    comparison = compare.whole(reports, arguments.reports, common=arguments.common)
    if arguments.html:
        writer.write_text(Path(arguments.html), compare.html(comparison))
    if arguments.json:
        say(printable_json(json.dumps(compare.data(comparison, differ), indent=1)))
        return 1 if comparison.kind("worse") else 0
    for difference in differ:
        say(f"comparing only the common part: {difference}")
    for line in compare.lines(comparison):
        say(line)
    return 1 if comparison.kind("worse") else 0


COMMAND = Command(
    description=_DESCRIPTION,
    arguments=_arguments,
    run=_run,
)
