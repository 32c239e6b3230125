"""``aws-conformance clean``: takes down what runs that were killed have left on a target."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from conformance.cli.base import Command
from conformance.errors import UsageError
from conformance.execution.provisioning.cleaning import Cleaner, Fate
from conformance.execution.provisioning.journal import (
    Entry,
    Left,
    ended_runs,
    folder_of_user,
    targets,
)
from conformance.report.printing import say
from conformance.runner.addresses import parse_target, require_reachable
from conformance.runner.configuration import address_of
from conformance.runner.journals import signer, things
from conformance.runner.options import OPTIONS
from conformance.runner.settings import number
from conformance.transport.endpoint_config import Endpoint

_DESCRIPTION = """\
Take down what runs have left on a target because they were killed or could not
reach it any more: exactly what their journal lists, the last first, and nothing
else. What is gone already is struck from the journal, what could not be taken down
stays there. A run that is under way is left alone. Without a URL it lists the
targets on which something is left, and sends nothing.

  aws-conformance clean
  aws-conformance clean http://localhost:5000 --dry-run
  aws-conformance clean http://localhost:5000

Exit status: 0; 1 where something is left; 2 where nothing answers at the URL.
"""
#: The options of a run that hold here as well.
_AS_IN_RUNS = ("--aws-profile", "--request-timeout", "--no-verify-ssl")
#: How long another process may take to let go of a journal, in seconds.
_WAIT = 1.0


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "url", metavar="URL", nargs="?", help="the target, as in a run: a URL or a name"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="list what would be taken down; send nothing"
    )
    parser.add_argument(
        "--forget", action="store_true", help="strike all of it from the journal; send nothing"
    )
    for option in OPTIONS:
        if option.name in _AS_IN_RUNS:
            parser.add_argument(option.name, help=option.help, **option.arguments)


def _run(arguments: argparse.Namespace) -> int:
    root = folder_of_user()
    if arguments.url is None:
        if arguments.forget:
            raise UsageError("--forget takes a URL: it strikes what is left on one target.")
        return _list_targets(root)
    endpoint = _endpoint(arguments)
    with ended_runs(root, str(endpoint.url), wait=_WAIT) as (runs, under_way):
        if under_way:
            several = f"{under_way} runs are" if under_way > 1 else "A run is"
            say(f"{several} under way on this target; what it has made is left alone.")
        if not runs:
            say(f"Nothing is left at {endpoint.url}.")
            return 0
        if arguments.dry_run or arguments.forget:
            return _list_entries(runs, forget=arguments.forget and not arguments.dry_run)
        require_reachable(endpoint, 0)
        return _clean(runs, Cleaner(endpoint, signer))


def _endpoint(arguments: argparse.Namespace) -> Endpoint:
    text = address_of(arguments.url)
    named = "://" in text or text in {"aws", "replay", "url"}
    kind, url = parse_target(text if named else f"http://{text}", None)
    if kind != "url" or url is None:
        raise UsageError(
            f"Runs make things on the URL of a server alone, and nothing on {kind}: give a URL "
            "like http://localhost:5000."
        )
    return Endpoint(
        url=url,
        profile=arguments.aws_profile,
        timeout=number("request_timeout", arguments.request_timeout),
        verify=not arguments.no_verify_ssl,
    )


def _list_targets(root: Path) -> int:
    found = 0
    for url in targets(root):
        with ended_runs(root, url) as (runs, _):
            if runs:
                found += 1
                say(f"{url}: {things(runs)}")
    say("'aws-conformance clean URL' takes them down." if found else "Nothing is left anywhere.")
    return 0


def _list_entries(runs: Sequence[Left], *, forget: bool) -> int:
    for run in reversed(runs):
        for entry in reversed(run.entries):
            say(f"  {_described(entry)}{f' ({entry.why})' if entry.why else ''}")
            if forget:
                run.strike(entry.number)
    if forget:
        say("The journal lists them no more; nothing was sent.")
    return 0


def _clean(runs: Sequence[Left], cleaner: Cleaner) -> int:
    counted = dict.fromkeys(Fate, 0)
    for run in reversed(runs):
        for outcome in cleaner.clean(run):
            counted[outcome.fate] += 1
            why = f" ({outcome.why})" if outcome.why else ""
            say(f"  {outcome.fate:<14} {_described(outcome.entry)}{why}")
    say(", ".join(f"{count} {fate}" for fate, count in counted.items() if count))
    if not counted[Fate.LEFT]:
        return 0
    say("What is left stays in the journal; --forget strikes it.")
    return 1


def _described(entry: Entry) -> str:
    """An entry in a line: what it is called, and the call that takes it down, or that made it."""
    if entry.undo is None:
        named = f" {entry.named}" if entry.named else ""
        return f"one of {entry.things}{named}, made by {entry.call}"
    params = entry.undo.get("params") or {}
    said = ", ".join(f"{name}={value}" for name, value in params.items())
    return f"{entry.undo.get('operation')} {said}".rstrip()


COMMAND = Command(description=_DESCRIPTION, arguments=_arguments, run=_run)
