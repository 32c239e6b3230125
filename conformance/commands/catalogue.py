"""``clauses``, ``explain`` and ``checks``: what the suite holds a target to, told to people."""

import argparse
import fnmatch
import sys

from conformance.attribution import attributed, exercised_by
from conformance.checks import CHECKS
from conformance.clauses import clauses, explain
from conformance.commands import Command
from conformance.errors import UnknownNameError
from conformance.model import Clause, documented


def _known() -> dict[str, Clause]:
    return {
        clause.id: clause
        for operation in documented().values()
        for clause in clauses(operation).values()
    }


def _clauses_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "pattern", nargs="?", default="*", metavar="PATTERN", help="clauses to list; * allowed"
    )


def _clauses(arguments: argparse.Namespace) -> int:
    pattern = arguments.pattern
    known = _known()
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
        cases = len(exercised_by(documented()[clause.operation], clause))
        by = f"{cases:>4} cases" if clause.caseless is None else "no case   "
        print(f"{clause.level:<8}{by}  {clause.id}  [{clause.source.section}]")
        if clause.caseless:
            print(f"{'':>20}{clause.caseless}")
    print(f"{len(chosen)} clauses", file=sys.stderr)
    return 0


def _explain_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("clause", metavar="CLAUSE", help="a clause's id, as reports print it")


def _explain(arguments: argparse.Namespace) -> int:
    known = _known()
    clause = known.get(arguments.clause)
    if clause is None:
        raise UnknownNameError("clause", arguments.clause, known)
    for name, value in explain(clause).items():
        if value is not None:
            print(f"{name:<26}{value}")
    operation = documented()[clause.operation]
    print(f"{'judged by':<26}{', '.join(attributed(operation, clause)) or 'no check'}")
    cases = exercised_by(operation, clause)
    for case in cases[:12]:
        print(f"{'case':<26}{case.id}  ({case.expect})")
    if len(cases) > 12:
        print(f"{'':<26}… and {len(cases) - 12} more")
    return 0


def _checks(_: argparse.Namespace) -> int:
    for name, check in CHECKS.items():
        print(f"{name:<20}{check.promise}")
        print(f"{'':<20}raises {', '.join(check.raises)}")
    return 0


CLAUSES = Command(
    name="clauses",
    summary="list every clause: id, level, where documented, how many cases exercise it",
    description="List the promises that the suite judges.\n\n"
    "  aws-conformance clauses 'chime:ListPhoneNumbers/request/*'\n"
    "  aws-conformance clauses pagination",
    arguments=_clauses_arguments,
    run=_clauses,
)
EXPLAIN = Command(
    name="explain",
    summary="tell all about one clause",
    description="Tell what a clause promises, where that is documented, which checks judge it "
    "and which cases exercise it.",
    arguments=_explain_arguments,
    run=_explain,
)
CHECKS_COMMAND = Command(
    name="checks",
    summary="list every check and the clauses it can raise",
    description="List the checks: what each holds a target to, and which clauses it can raise.",
    arguments=lambda parser: None,
    run=_checks,
)
