"""``aws-conformance checks``: what judges, and which clauses it can raise."""

import argparse

from conformance.checks.table import CHECKS
from conformance.cli.base import Command


def _run(_: argparse.Namespace) -> int:
    for name, check in CHECKS.items():
        print(f"{name:<20}{check.promise}")
        for raises in check.raises:
            print(f"{'':<20}raises {raises}")
    return 0


COMMAND = Command(
    description="List the checks: what each holds a target to, and which clauses it can raise.",
    arguments=lambda parser: None,
    run=_run,
)
