"""``aws-conformance explain``: one clause, with its checks and cases."""

import argparse
from pathlib import Path

from conformance.checks.coverage import attributed, clauses_of, exercised_by
from conformance.checks.table import CHECKS
from conformance.cli.base import Command, schemas_option
from conformance.errors import UnknownNameError
from conformance.execution.printed import printed_cases
from conformance.generation.clauses import explain
from conformance.generation.plans import Case
from conformance.report.printing import say
from conformance.spec import observed
from conformance.spec.registry import registry, sources


def _arguments(parser: argparse.ArgumentParser) -> None:
    schemas_option(parser)
    parser.add_argument("clause", metavar="CLAUSE", help="the id of a clause, as in reports")
    parser.add_argument(
        "--observed",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="a file of what AWS was seen to answer; repeatable",
    )


def _run(arguments: argparse.Namespace) -> int:
    observed.use(arguments.observed)
    known = clauses_of(arguments.clause)
    clause = known.get(arguments.clause)
    if clause is None:
        raise UnknownNameError("clause", arguments.clause, known)
    for name, value in explain(clause).items():
        if value is not None:
            say(f"{name:<26}{value}")
    operation = registry()[clause.operation]
    if known_from := "; ".join(f"{source}: {said}" for source, said in sources(clause)):
        say(f"{'sources':<26}{known_from}")
    path = clause.path.removeprefix("response/").removesuffix("/present")
    if clause.path == f"response/{path}/present" and path in operation.present:
        say(f"{'present because':<26}{operation.present[path]}")
    say(f"{'judged by':<26}{', '.join(attributed(operation, clause)) or 'no check'}")
    cases = exercised_by(operation, clause)
    for case in cases[:12]:
        about = case.expect if isinstance(case, Case) else case.title
        say(f"{'case':<26}{case.id}  ({about})")
    if len(cases) > 12:
        say(f"{'':<26}… and {len(cases) - 12} more")
    judging = (CHECKS.get(name) for name in attributed(operation, clause))
    if any(check.printed for check in judging if check):
        for one in printed_cases([operation]):
            say(f"{'in a replay':<26}{one.id}  ({one.title})")
    return 0


COMMAND = Command(
    description="Show what a clause promises, where that is documented, what each of its sources "
    "says, which checks judge it and which cases exercise it.",
    arguments=_arguments,
    run=_run,
)
