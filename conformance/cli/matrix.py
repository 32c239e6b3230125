"""``aws-conformance matrix``: emulators side by side, measured and shown as a site."""

import argparse
import signal
import sys
from pathlib import Path
from typing import Any

from conformance.cli.base import Command
from conformance.errors import UsageError
from conformance.execution.provisioning.signals import KINDS
from conformance.matrix import runs, site, subjects
from conformance.report.printing import counted, say

_DESCRIPTION = """\
Run the suite on each emulator of a file of subjects, and make a site that shows
them side by side. Each version is installed into an environment of its own and
started on a free port for each service. What came of a run is kept, so that a
run that is there is not made again.

  aws-conformance matrix subjects.toml -o site/
  aws-conformance matrix subjects.toml -o site/ --only moto@5.2.5 --services sqs,sns
  aws-conformance matrix subjects.toml -o site/ --build

Exit status: 0; 1 where a subject could not be installed, started or judged; 2 for
a file of subjects that is wrong, or where there is nothing to show.
"""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("subjects", metavar="SUBJECTS.toml", type=Path, help="what is measured")
    parser.add_argument(
        "-o", "--output", metavar="SITE", type=Path, required=True, help="the folder of the site"
    )
    parser.add_argument(
        "--reports",
        metavar="DIR",
        type=Path,
        help="where reports are kept (default: the folder reports beside the file of subjects)",
    )
    parser.add_argument(
        "--annotations",
        metavar="FILE",
        type=Path,
        help="what authors say about findings (default: annotations.toml beside the subjects)",
    )
    parser.add_argument(
        "--only",
        metavar="SUBJECT[@VERSION]",
        action="append",
        default=[],
        help="make only the runs of this subject; repeatable",
    )
    parser.add_argument(
        "--services", metavar="NAMES", default="", help="make only the runs of these services"
    )
    parser.add_argument(
        "--jobs", metavar="N", type=int, default=1, help="runs at a time (default: 1)"
    )
    parser.add_argument(
        "--build", action="store_true", help="make the site of the reports there are; run nothing"
    )


def _run(arguments: argparse.Namespace) -> int:
    if arguments.jobs < 1:
        raise UsageError(f"--jobs takes a number from 1 on, not {arguments.jobs}.")
    if arguments.output.exists() and not arguments.output.is_dir():
        raise UsageError(f"{arguments.output} is no folder; name another with -o.")
    every = subjects.load(arguments.subjects)
    reports = arguments.reports or arguments.subjects.parent / "reports"
    said = arguments.annotations or arguments.subjects.parent / "annotations.toml"
    if arguments.annotations and not said.exists():
        raise UsageError(f"There is no file {said}; give one with --annotations.")
    answers, checked = subjects.annotations(said), subjects.checked(said)
    services = [one.strip() for one in arguments.services.split(",") if one.strip()]
    chosen = [
        runs.Wanted(subject=subject, version=version, service=service)
        for subject, version, service in subjects.chosen(every, arguments.only, services)
    ]
    problems = [] if arguments.build else _made(chosen, reports, arguments.jobs)
    found = site.build(every, answers, reports, arguments.output, checked)
    for line in found:
        say(line)
    return 1 if problems else 0


def _made(chosen: list[runs.Wanted], reports: Path, jobs: int) -> list[str]:
    """Make what is due, and once more what a new case set has made due."""
    for kind in KINDS:
        signal.signal(kind, _interrupt)
    problems: list[str] = []
    for again in (False, True):
        due = runs.due(chosen, reports)
        if due or not again:
            _announce(f"{counted(len(due), 'run')} of {len(chosen)} to make")
        if not due or (problems := runs.make(due, reports, jobs=jobs, say=_announce)):
            break
    return problems


def _interrupt(*_: Any) -> None:
    """End what runs; that takes seconds, and a further signal does not interrupt it."""
    for kind in KINDS:
        signal.signal(kind, signal.SIG_IGN)
    raise KeyboardInterrupt


def _announce(sentence: str) -> None:
    say(f"aws-conformance: {sentence}", file=sys.stderr)


COMMAND = Command(description=_DESCRIPTION, arguments=_arguments, run=_run)
