"""``aws-conformance verify``: whether a report is consistent, and what that proves."""

import argparse
import json
import random
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.cli.base import Command, schemas_option
from conformance.errors import UsageError
from conformance.execution.engine import Tried
from conformance.generation.depth import Depth
from conformance.generation.plans import Case
from conformance.report import facts, loader, verify
from conformance.report.printing import counted, printable_json, say
from conformance.runner.configuration import address_of
from conformance.runner.preflight import require_possible
from conformance.runner.run import Run
from conformance.runner.settings import settings

_DESCRIPTION = """\
Check that a report is consistent: its schema, its digests by section, that every
case is listed once, and that counts and verdict follow from the findings. With
--against, a random sample of its cases is run again at a URL and must have the
reported results.

  aws-conformance verify report/report.json
  aws-conformance verify report/report.json --against http://localhost:5000 --sample 50

Exit status: 0; 1 for a contradiction; 2 where there is no report to check, or
nothing answers at the URL.
"""
_MOST = 12
#: How many cases are run again.
_SAMPLE = 20
#: Options that need ``--against``.
_WITH_AGAINST = ("sample", "sample_seed", "resource", "wait_for")
#: Check → the sentence printed where it finds no problem.
_HOLDS = {
    "schema": "the report follows the schema of its format",
    "digests": "every section has the digest that it was written with",
    "exchanges": "every exchange is stored once, and a finding shows it",
    "cases": "every case is listed once",
    "case set": "the cases are those of the case set",
    "findings": "every finding is about a case that was tried",
    "outcomes": "every case's outcome is its worst finding",
    "counts": "the matrix counts what the findings say",
    "verdict": "the verdict follows from the counts",
    "promises": "the promises are those of the documents",
    "expectations": "every expected finding matches an expectation",
    "reproductions": "every reproduction repeats its exchange and does nothing else",
}


def _arguments(parser: argparse.ArgumentParser) -> None:
    schemas_option(parser)
    parser.add_argument("report", metavar="REPORT", help="a report.json, or the folder it is in")
    parser.add_argument(
        "--json", action="store_true", help="print what was found as JSON; all else is left out"
    )
    parser.add_argument("--against", metavar="URL", help="run a sample again at this address")
    parser.add_argument(
        "--sample", metavar="N", type=int, help=f"how many cases (default: {_SAMPLE})"
    )
    parser.add_argument("--sample-seed", metavar="N", type=int, help="choose the same sample again")
    parser.add_argument(
        "--resource",
        metavar="MEMBER=VALUE",
        action="append",
        default=[],
        help="a value the target knows, as in the run that made the report; repeatable",
    )
    parser.add_argument(
        "--wait-for", metavar="SECONDS", help="wait until the URL listens (default: 0)"
    )


def _run(arguments: argparse.Namespace) -> int:
    for name in _WITH_AGAINST:
        if not arguments.against and vars(arguments)[name] not in (None, []):
            option = name.replace("_", "-")
            raise UsageError(f"--{option} needs --against, which runs cases again.")
    if arguments.sample is None:
        arguments.sample = _SAMPLE
    if arguments.against:
        arguments.against = address_of(arguments.against)
    if arguments.sample < 1:
        raise UsageError("--sample takes a number of cases of at least 1.")
    report = loader.load(Path(arguments.report))
    found = verify.problems(report)
    if arguments.json:
        return _as_data(report, found, arguments)
    for name, problems in found.items():
        if not problems:
            say(f"  ok      {name:<13} {_HOLDS[name]}")
        for problem in problems[:_MOST]:
            say(f"  PROBLEM {name:<13} {problem}")
        if len(problems) > _MOST:
            say(f"  PROBLEM {name:<13} … and {len(problems) - _MOST} more")
    if any(found.values()):
        sections = sorted({problem.section for group in found.values() for problem in group})
        say(f"refused: the report contradicts itself in {', '.join(sections)}")
        return 1
    for line in _proven(report):
        say(line)
    return _again(report, arguments) if arguments.against else 0


def _proven(report: Any) -> Iterator[str]:
    yield ""
    yield f"{facts.subject(report)}, {report['started']}: {report['verdict']}"
    if verify.installed(report) is None:
        yield (
            "The report was made with other documents than this suite has, so its promises and a "
            "conformant verdict could not be checked."
        )
    yield (
        "This proves that the report is consistent and was not changed by accident. It does not "
        "prove that the run took place: a forged report can carry valid digests."
    )


def _sampled(report: Any, run: Run, arguments: argparse.Namespace) -> tuple[list[Tried], int]:
    by_id = {case["id"]: case for case in report["cases"]}
    known = [
        tried for tried in run.tried if tried.id in by_id and by_id[tried.id]["outcome"] != "error"
    ]
    if not known:
        raise UsageError("This version of the suite has none of the report's cases.")
    seed = arguments.sample_seed
    if seed is None:
        seed = random.SystemRandom().randrange(1 << 32)
    return random.Random(seed).sample(known, min(arguments.sample, len(known))), seed


def _as_data(report: Any, found: Mapping[str, Sequence[Any]], arguments: Any) -> int:
    """Print everything as JSON; the status is the same."""
    problems = {name: [str(one) for one in group] for name, group in found.items()}
    data: dict[str, Any] = {"consistent": not any(problems.values()), "problems": problems}
    if data["consistent"] and arguments.against:
        repeated = _repeated(report, arguments)
        data["again"] = {
            "target": arguments.against,
            "cases": repeated.cases,
            "sample_seed": repeated.seed,
            "differing": repeated.differing,
        }
    say(printable_json(json.dumps(data, indent=1)))
    return 1 if not data["consistent"] or data.get("again", {}).get("differing") else 0


@dataclass(frozen=True, slots=True)
class _Repeated:
    """What came of running a sample of a report's cases again."""

    cases: int
    seed: int
    differing: Mapping[str, Sequence[str]]


def _repeated(report: Any, arguments: argparse.Namespace) -> _Repeated:
    """Run a sample of the report's cases again, and compare."""
    options = report.get("options", {})
    chosen = settings(
        {
            "target": arguments.against,
            "operations": ",".join(report["operations"]),
            "region": report["target"].get("region"),
            "seed": report["seed"],
            "max_examples": options.get("max_examples"),
            "depth": options.get("depth", Depth.FULL),
            "resource": arguments.resource,
            "no_provision": not report.get("provisioned"),
            "wait_for": arguments.wait_for,
            "schemas": arguments.schemas,
        }
    )
    if chosen.kind != "url":
        raise UsageError("--against takes the URL of a server, like http://localhost:5000.")
    require_possible(chosen)
    with closing(Run(chosen)) as run, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Hypothesis' hints for authors of tests
        sample, seed = _sampled(report, run, arguments)
        run.provision()
        differing: dict[str, list[str]] = {}
        for tried in sample:
            case = tried if isinstance(tried, Case) else None
            again = run.result_data(run.engine.run(tried), case)
            if found := list(verify.disagreements(report, again)):
                differing[tried.id] = found
    return _Repeated(len(sample), seed, differing)


def _again(report: Any, arguments: argparse.Namespace) -> int:
    """Run a sample again, and print what came of it."""
    done = _repeated(report, arguments)
    say()
    for found in list(done.differing.values())[:_MOST]:
        for line in found[:4]:
            say(f"  DIFFERS {line}")
    if done.differing:
        say(
            f"refused: {len(done.differing)} of {counted(done.cases, 'case')} have other results "
            f"at {arguments.against} (--sample-seed {done.seed}); either the report is false, or "
            "it is of another server, or the server answers differently each time"
        )
        return 1
    total = counted(len(report["cases"]), "case")
    escapes = (1 - 0.01) ** done.cases
    say(f"{done.cases} of {total} run again (--sample-seed {done.seed}): all as reported")
    say(
        "This proves that the server at that address answers these cases as reported. It proves "
        "nothing about the others: if one case in a hundred is false, such a sample misses it "
        f"{escapes:.0%} of the time."
    )
    return 0


COMMAND = Command(
    description=_DESCRIPTION,
    arguments=_arguments,
    run=_run,
)
