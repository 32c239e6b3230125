"""``aws-conformance judge``: judges recordings that other tools made."""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from conformance.cli.base import Command, schemas_option
from conformance.errors import UnknownNameError, UsageError
from conformance.recording.external.files import RecordingError, read
from conformance.recording.external.recognition import Kind
from conformance.recording.external.recordings import Account, account, labels
from conformance.report import json_text, recordings_report, writer
from conformance.report.printing import printable_json, say
from conformance.spec.registry import is_pattern, registry
from conformance.spec.sdk_models.index import index
from conformance.spec.sdk_models.routes import operation_names

_DESCRIPTION = """\
Judge recordings of other tools: cassettes of vcrpy, VCR, betamax, go-vcr and
nock, HAR 1.2 files (Polly's too) and flows of mitmproxy, also in gzip. Every
interaction of a recognised AWS operation is judged: shape, types and constraints
of the response, status, content type, error envelope, page sizes and walks, and
whether a request that violates a constraint was accepted. Nothing is sent. A
recording does not show why a request was refused, so only the form of an error
is judged.

  aws-conformance judge tests/cassettes/*.yaml
  aws-conformance judge session.har --operations 's3:*,sqs:ListQueues'
  aws-conformance judge cassette.json --json

Exit status: 0; 1 for a failure; 2 where nothing could be judged.
"""


def _arguments(parser: argparse.ArgumentParser) -> None:
    schemas_option(parser)
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path, help="a cassette or HAR")
    parser.add_argument(
        "--operations",
        metavar="PATTERNS",
        default="",
        help="judge only these, comma-separated service:Operation, * allowed; also decides between "
        "services to which a request could belong, and of which service a mock's are",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--report", metavar="DIR", type=Path, help="the folder of the report")


def _patterns(text: str) -> tuple[str, ...]:
    patterns = tuple(one.strip() for one in text.split(",") if one.strip())
    for one in patterns:
        if one != "*" and ":" not in one:
            raise UsageError(f"--operations takes service:Operation, like {one}:*, not {one!r}.")
    for one in patterns:
        _require_known(one)
    return () if "*" in patterns else patterns


def _require_known(pattern: str) -> None:
    """Raise :class:`UnknownNameError` for an unknown service or operation."""
    service, _, name = pattern.partition(":")
    if is_pattern(service):
        return
    if service not in index():
        raise UnknownNameError("service", service, index())
    if name and not is_pattern(name) and pattern not in set(registry()):
        known = {f"{service}:{one}" for one in operation_names(service)}
        if pattern not in known:
            raise UnknownNameError("operation", pattern, known)


def _accounts(paths: Sequence[Path], only: Sequence[str]) -> tuple[list[Account], dict[str, str]]:
    """The account of each file, and the reason for each that is not a recording."""
    found: list[Account] = []
    broken: dict[str, str] = {}
    for path, label in zip(paths, labels(paths), strict=True):
        try:
            found.append(account(read(path), label, only))
        except RecordingError as error:
            broken[str(path)] = str(error)
    return found, broken


def _not_judged(accounts: Sequence[Account], broken: Mapping[str, str]) -> str:
    """Why nothing could be judged, in one sentence."""
    if not accounts:
        return next(iter(broken.values()))
    names = " and ".join(str(one.recording.path) for one in accounts[:3])
    more = f" and {len(accounts) - 3} more files" if len(accounts) > 3 else ""
    kinds = {found.kind for one in accounts for _, found in one.recognised}
    unread = [why for one in accounts for _, why in recordings_report.unread(one.recording)]
    if kinds - {Kind.FOREIGN, Kind.LEFT_OUT}:
        reasons = (
            found.reason
            for one in accounts
            for _, found in one.recognised
            if found.kind not in {Kind.FOREIGN, Kind.LEFT_OUT}
        )
        return f"No interaction of {names}{more} can be judged: {next(reasons)}."
    if Kind.LEFT_OUT in kinds:
        return f"{names}{more} has no call of the chosen operations; choose others."
    if unread:
        return f"{names}{more} has no readable interaction: {unread[0]}; record it again."
    return f"{names}{more} has no call of an AWS operation; give a recording of one."


def _run(arguments: argparse.Namespace) -> int:
    began = time.time()
    paths = list(dict.fromkeys(arguments.files))
    accounts, broken = _accounts(paths, _patterns(arguments.operations))
    if not any(one.judged for one in accounts):
        raise UsageError(_not_judged(accounts, broken))
    for why in broken.values():
        say(f"aws-conformance: {why}", file=sys.stderr)
    made = recordings_report.report(accounts, broken, started=began, duration=time.time() - began)
    if arguments.report:
        writer.write(arguments.report, made)
    if arguments.json:
        print(printable_json(json_text.text(made)), end="")
    else:
        for line in recordings_report.lines(accounts, made):
            say(line)
        if arguments.report:
            say(f"report: {arguments.report / 'report.json'}")
    failed = any(finding["verdict"] == "fail" for finding in made["findings"])
    return 1 if failed else 0


COMMAND = Command(description=_DESCRIPTION, arguments=_arguments, run=_run)
