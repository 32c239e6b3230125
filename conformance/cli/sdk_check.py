"""``aws-conformance sdk-check``: a user's recordings against the installed SDK, or another one."""

import argparse
from pathlib import Path

from conformance.cli import sdk_common
from conformance.cli.base import Command
from conformance.errors import UsageError
from conformance.sdk_gate import cassettes, environments, played
from conformance.sdk_gate.account import Account
from conformance.sdk_gate.causes import expect
from conformance.sdk_gate.check import check, counted
from conformance.sdk_gate.process import Driver

_DESCRIPTION = """\
Check recordings that you made with boto3 (cassettes of vcrpy or pytest-recording,
VCR's, HAR files) against the SDK that is installed now: each request is built anew
by a default client and compared, each answer is parsed anew. Also says whether
vcrpy would still play the cassettes. Nothing is sent.

  aws-conformance sdk-check tests/cassettes/*.yaml
  aws-conformance sdk-check tests/cassettes/*.yaml --match-on method,uri,body
  aws-conformance sdk-check session.har --sdk newest --fail-on changed

Exit status: 0; 1 for what --fail-on names; 2 where nothing could be compared.
"""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="a cassette or HAR")
    parser.add_argument(
        "--operations",
        metavar="PATTERNS",
        default="",
        help="check only these, comma-separated service:Operation, * allowed; also decides "
        "between services to which a request could belong",
    )
    parser.add_argument(
        "--sdk",
        metavar="VERSION",
        default=environments.INSTALLED,
        help="the SDK to check against: installed (the default), newest, a version of boto3, or "
        "the path of a Python that has boto3",
    )
    parser.add_argument(
        "--match-on",
        metavar="NAMES",
        default=",".join(played.DEFAULT),
        help=f"what your cassettes are matched by (vcrpy's default: {','.join(played.DEFAULT)})",
    )
    sdk_common.add_arguments(parser)


def _run(arguments: argparse.Namespace) -> int:
    fail_on, known = sdk_common.bounds(arguments), sdk_common.expectations(arguments)
    config, config_file = sdk_common.client_settings(arguments)
    match_on = [one.strip() for one in arguments.match_on.split(",") if one.strip()]
    played.chosen(match_on)
    only = [one.strip() for one in arguments.operations.split(",") if one.strip()]
    found = cassettes.read_all(arguments.files, only)
    if not found.calls and not found.gone:
        raise UsageError(found.why_none())
    python = environments.interpreter(arguments.sdk, sdk_common.announce)
    with Driver(python, config=config, config_file=config_file) as driver:
        version = driver.version()
        sdk_common.unknown_settings(arguments, [version])
        progress = sdk_common.progress("calls compared")
        checked = check(found, driver, match_on=match_on, progress=progress)
    causes = checked.causes.all()
    account = Account(
        old="recorded",
        new=f"boto3 {version.boto3}",
        causes=causes,
        compared=counted(found, checked),
        notes=checked.notes,
        unmet=expect(causes, known),
        matches=checked.matches,
    )
    return sdk_common.show(account, arguments, fail_on)


COMMAND = Command(description=_DESCRIPTION, arguments=_arguments, run=_run)
