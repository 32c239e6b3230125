"""``aws-conformance clauses``: every promise that the suite judges."""

import argparse
import fnmatch
import sys

from conformance.checks.coverage import clauses_of, exercised_by
from conformance.cli.base import Command, schemas_option
from conformance.errors import UnknownNameError
from conformance.report.printing import counted, counted_column, say
from conformance.spec.registry import registry


def _arguments(parser: argparse.ArgumentParser) -> None:
    schemas_option(parser)
    parser.add_argument(
        "pattern", nargs="?", default="*", metavar="PATTERN", help="clauses to list; * allowed"
    )


def _run(arguments: argparse.Namespace) -> int:
    pattern = arguments.pattern
    known = clauses_of(pattern)
    chosen = [
        clause
        for clause in known.values()
        if fnmatch.fnmatchcase(clause.id, pattern)
        or fnmatch.fnmatchcase(clause.id, f"{pattern}/*")
        or fnmatch.fnmatchcase(clause.id, f"*{pattern}*")
    ]
    if not chosen:
        raise UnknownNameError("clause", pattern, known)
    for clause in chosen:
        cases = len(exercised_by(registry()[clause.operation], clause))
        by = counted_column(cases, "case", 4) if clause.untestable_reason is None else "no case   "
        say(f"{clause.level:<8}{by}  {clause.id}  [{clause.source.section}]")
        if clause.untestable_reason:
            say(f"{'':>20}{clause.untestable_reason}")
    say(counted(len(chosen), "clause"), file=sys.stderr)
    return 0


COMMAND = Command(
    description="List clauses: level, number of cases, id, and the section that documents it.\n\n"
    "  aws-conformance clauses 'chime:ListPhoneNumbers/request/*'\n"
    "  aws-conformance clauses pagination",
    arguments=_arguments,
    run=_run,
)
