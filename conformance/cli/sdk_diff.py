"""``aws-conformance sdk-diff``: what two versions of boto3 send, and read, for the same calls."""

import argparse
from pathlib import Path

from conformance.cli import sdk_common
from conformance.cli.base import Command
from conformance.errors import UsageError
from conformance.sdk_gate import cassettes, environments
from conformance.sdk_gate.account import Account
from conformance.sdk_gate.causes import expect
from conformance.sdk_gate.diff import Comparer, Comparison, Side

_DESCRIPTION = """\
Compare two versions of boto3 over the same calls, without recordings, an account
or a network: what leaves the client, and what it makes of the same answers and
errors. A version is a number (from 1.26 on), installed, newest, or the path of a
Python that has boto3. Versions that are no paths are installed from the package
index, each into an environment of its own that is kept for the next time.

  aws-conformance sdk-diff 1.35.99 1.40.0
  aws-conformance sdk-diff installed newest --operations 's3:*,sqs:SendMessage'
  aws-conformance sdk-diff installed newest --from tests/cassettes/*.yaml
  aws-conformance sdk-diff 1.43.0 1.44.0 --all --markdown upgrade.md

By default the operations are compared whose models differ, with those that the
SDK's own code treats apart.

Exit status: 0; 1 for what --fail-on names; 2 where nothing could be compared.
"""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", metavar="OLD", help="the version that you have")
    parser.add_argument("new", metavar="NEW", help="the version that you would have")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--operations",
        metavar="PATTERNS",
        help="compare these, comma-separated service:Operation, * allowed",
    )
    which.add_argument(
        "--from",
        dest="cassettes",
        metavar="FILE",
        nargs="+",
        type=Path,
        help="compare the calls that these recordings hold",
    )
    which.add_argument("--all", action="store_true", help="compare every operation")
    sdk_common.add_arguments(parser)


def _compared(comparer: Comparer, arguments: argparse.Namespace) -> Comparison:
    if arguments.cassettes:
        found = cassettes.read_all(arguments.cassettes)
        if not found.calls:
            raise UsageError(found.why_none())
        comparison = comparer.compare_calls([one.call for one in found.calls])
        comparison.problems += found.problems
        return comparison
    if arguments.all:
        return comparer.compare(comparer.whole())
    if arguments.operations is not None:
        patterns = [one.strip() for one in arguments.operations.split(",") if one.strip()]
        if not patterns:
            raise UsageError("--operations is empty; leave it out for those that differ.")
        return comparer.compare(comparer.named(patterns))
    return comparer.compare(comparer.differing())


def _run(arguments: argparse.Namespace) -> int:
    fail_on, known = sdk_common.bounds(arguments), sdk_common.expectations(arguments)
    config, config_file = sdk_common.client_settings(arguments)
    old, new = (
        Side(
            interpreter=environments.interpreter(version, sdk_common.announce),
            config=config,
            config_file=config_file,
        )
        for version in (arguments.old, arguments.new)
    )
    comparer = Comparer(old, new, sdk_common.progress("services compared"))
    compared = comparer.result
    settings = sdk_common.unknown_settings(arguments, (compared.old, compared.new))
    found = _compared(comparer, arguments)
    if not found.calls and not found.causes.all():
        raise UsageError(
            " ".join(found.problems) or "There is no such operation in either version."
        )
    causes = found.causes.all()
    account = Account(
        old=f"boto3 {found.old.boto3}",
        new=f"boto3 {found.new.boto3}",
        causes=causes,
        compared={"operations": found.operations, "calls": found.calls},
        notes=[*settings, *found.problems],
        unmet=expect(causes, known),
    )
    return sdk_common.show(account, arguments, fail_on)


COMMAND = Command(description=_DESCRIPTION, arguments=_arguments, run=_run)
