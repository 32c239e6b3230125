"""``aws-conformance checks``: every check, and the clauses it judges."""

import argparse

from conformance.checks import stories
from conformance.checks.table import CHECKS
from conformance.cli.base import Command
from conformance.execution import lifetimes
from conformance.report.printing import say


def _run(_: argparse.Namespace) -> int:
    for name, check in CHECKS.items():
        say(f"{name:<20}{check.promise}")
        for raises in check.raises:
            say(f"{'':<20}raises {raises}")
    for kind, judge in stories.CHECKS.items():
        say(f"{stories.name_of(kind):<20}{stories.promise(judge)}")
        say(f"{'':<20}raises {', '.join(stories.RAISES[kind])}, in stories")
    say(f"{lifetimes.CHECK:<20}{stories.promise(lifetimes.lifetimes)}")
    say(f"{'':<20}raises {lifetimes.PATH}, in explorations")
    return 0


COMMAND = Command(
    description="List the checks: what each requires of a target, and which clauses it judges.",
    arguments=lambda parser: None,
    run=_run,
)
