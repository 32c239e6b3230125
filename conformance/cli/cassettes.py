"""``aws-conformance cassettes``: the recordings, and their problems."""

import argparse
import contextlib
from collections import Counter
from pathlib import Path

from conformance.cli.base import Command, schemas_option
from conformance.errors import ConformanceError, UsageError
from conformance.execution.recording_keys import case_scope, exploration_scope, said_in_public
from conformance.generation.cases import cases, explorations
from conformance.recording.inventory import inventory
from conformance.report.printing import counted, counted_column, say
from conformance.spec.files import folder
from conformance.spec.operation import Operation
from conformance.spec.registry import registry

_DESCRIPTION = """\
List recorded exchanges by provenance and operation, with their age, and find
problems: damaged files, exchanges that look private (leaks), recordings without
a case (orphans) and recordings that are out of date (stale).

  aws-conformance cassettes
  aws-conformance cassettes --cassettes my-recordings --stale-after 90

Exit status: 0; 1 for damage or a leak; 2 where there is no such folder.
"""
_MOST = 10
_GRAVE = frozenset({"damage", "leak"})


def _arguments(parser: argparse.ArgumentParser) -> None:
    schemas_option(parser)
    parser.add_argument("--cassettes", metavar="DIR", type=Path, help="the folder to check")
    parser.add_argument(
        "--stale-after",
        metavar="DAYS",
        type=int,
        default=365,
        help="the age at which a recording is stale (default: 365)",
    )


def _run(arguments: argparse.Namespace) -> int:
    root = arguments.cassettes or folder("cassettes")
    if not root.is_dir():
        raise UsageError(f"There is no folder {root}.")
    operations = _operations(root)
    plans: dict[str, str] = {}
    public = set(said_in_public())
    for operation in operations:
        for case in cases(operation):
            scope = case_scope(operation, case)
            plans[case.id] = scope.plan
            public |= scope.public
        plans |= {one.id: exploration_scope(operation, one).plan for one in explorations(operation)}
    documents = {one.id: one.digest for one in operations}
    groups, problems = inventory(
        root, plans, documents, stale_after=arguments.stale_after, public=frozenset(public)
    )
    for group in groups:
        age = "" if group.oldest is None else f"{counted(group.oldest, 'day')} old at most"
        held = counted_column(group.files, "file", 5) + counted_column(
            group.exchanges, "exchange", 6
        )
        say(f"{group.kind:<14}{group.operation:<36}{held}{group.bytes / 1024:>7.0f} KB  {age}")
    if not groups:
        say(f"{root} has no recordings")
    kinds = Counter(problem.kind for problem in problems)
    for kind, count in kinds.items():
        say(f"\n{kind}: {count}")
        for problem in [one for one in problems if one.kind == kind][:_MOST]:
            say(f"  {problem.what}")
        if count > _MOST:
            say(f"  … and {count - _MOST} more")
    return 1 if kinds.keys() & _GRAVE else 0


def _operations(root: Path) -> list[Operation]:
    """The documented operations, and those that the folder has recordings of."""
    found = dict(registry())
    for folder_of_one in root.glob("*/*/*/"):
        name = f"{folder_of_one.parent.name}:{folder_of_one.name}"
        with contextlib.suppress(KeyError, ConformanceError):
            found[name] = registry()[name]
    return list(found.values())


COMMAND = Command(description=_DESCRIPTION, arguments=_arguments, run=_run)
