"""``aws-conformance verify``: whether a report holds, and what that proves."""

import argparse
import random
import warnings
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from conformance.cli.base import Command
from conformance.errors import UsageError
from conformance.execution.engine import Tried
from conformance.generation.plans import Case
from conformance.report import build, loader, verify
from conformance.runner.run import Run, require_possible
from conformance.runner.settings import settings

_DESCRIPTION = """\
Check that a report agrees with itself: its form, its digests by section, that
every case is accounted for once, and that counts and verdict follow from the
findings. With --against, a random sample of its cases is run again at a URL
and must come out as the report says.

  aws-conformance verify report/report.json
  aws-conformance verify report/report.json --against http://localhost:5000 --sample 50

Exit status: 0; 1 where something does not hold; 2 where there is no report to
check, or nothing answers at the URL.
"""
_MOST = 12
#: How many cases are run again.
_SAMPLE = 20
#: What only matters where cases are run again.
_AGAIN = ("sample", "sample_seed", "resource", "wait_for")
#: Check → what it says where it finds nothing.
_HOLDS = {
    "form": "the report follows the schema of its format",
    "digests": "no section was changed since its digest was taken",
    "exchanges": "every exchange is stored once and shown by a finding",
    "cases": "every case is accounted for once",
    "case set": "the cases are those of the case set",
    "findings": "every finding is about a case that was tried",
    "outcomes": "every case's outcome is its worst finding",
    "counts": "the matrix counts what the findings say",
    "verdict": "the verdict follows from the counts",
    "promises": "what was promised is what the documents say",
    "expectations": "what is called expected was expected",
}


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("report", metavar="REPORT", help="a report.json, or the folder it is in")
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
    for name in _AGAIN:
        if not arguments.against and vars(arguments)[name] not in (None, []):
            option = name.replace("_", "-")
            raise UsageError(f"--{option} goes with --against: only there cases are run again.")
    if arguments.sample is None:
        arguments.sample = _SAMPLE
    if arguments.sample < 1:
        raise UsageError("--sample takes a number of cases of at least 1.")
    report = loader.load(Path(arguments.report))
    found = verify.problems(report)
    for name, problems in found.items():
        if not problems:
            print(f"  holds   {name:<13} {_HOLDS[name]}")
        for problem in problems[:_MOST]:
            print(f"  BROKEN  {name:<13} {problem}")
        if len(problems) > _MOST:
            print(f"  BROKEN  {name:<13} … and {len(problems) - _MOST} more")
    if any(found.values()):
        sections = sorted({problem.section for group in found.values() for problem in group})
        print(f"refused: {', '.join(sections)} cannot be true as they stand")
        return 1
    for line in _proven(report):
        print(line)
    return _again(report, arguments) if arguments.against else 0


def _proven(report: Any) -> Iterator[str]:
    yield ""
    yield f"{loader.subject(report)}, {report['started']}: {report['verdict']}"
    if verify.installed(report) is None:
        yield (
            "The report was made with other documents than this suite holds, so neither the "
            "promises nor a conformant verdict could be checked to the end."
        )
    yield (
        "This proves that the report agrees with itself and was not changed by accident. It does "
        "not prove that the run took place: whoever makes up a report can take new digests."
    )


def _sampled(report: Any, run: Run, arguments: argparse.Namespace) -> tuple[list[Tried], int]:
    by_id = {case["id"]: case for case in report["cases"]}
    known = [
        tried
        for tried in run.tried()
        if tried.id in by_id and by_id[tried.id]["outcome"] != "error"
    ]
    if not known:
        raise UsageError("None of the report's cases is known to this version of the suite.")
    seed = arguments.sample_seed
    if seed is None:
        seed = random.SystemRandom().randrange(1 << 32)
    return random.Random(seed).sample(known, min(arguments.sample, len(known))), seed


def _again(report: Any, arguments: argparse.Namespace) -> int:
    options = report.get("options", {})
    chosen = settings(
        {
            "target": arguments.against,
            "operations": ",".join(report["operations"]),
            "region": report["target"].get("region"),
            "seed": report["seed"],
            "max_examples": options.get("max_examples"),
            "resource": arguments.resource,
            "wait_for": arguments.wait_for,
        }
    )
    if chosen.kind != "url":
        raise UsageError("--against takes the URL of a server, like http://localhost:5000.")
    require_possible(chosen)
    with closing(Run(chosen)) as run, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Hypothesis' hints for authors of tests
        sample, seed = _sampled(report, run, arguments)
        differing: dict[str, list[str]] = {}
        for tried in sample:
            case = tried if isinstance(tried, Case) else None
            again = build.result_data(run.engine.run(tried), case)
            told = list(verify.disagreements(report, again))
            if told:
                differing[tried.id] = told
    print()
    for told in list(differing.values())[:_MOST]:
        for line in told[:4]:
            print(f"  DIFFERS {line}")
    if differing:
        print(
            f"refused: {len(differing)} of {len(sample)} cases came out otherwise at "
            f"{arguments.against} (--sample-seed {seed}); either the report is not true, or this "
            "is not what it was made with, or it does not answer the same twice"
        )
        return 1
    escapes = (1 - 0.01) ** len(sample)
    print(
        f"{len(sample)} of {len(report['cases'])} cases run again (--sample-seed {seed}): all agree"
    )
    print(
        "This proves that the server at that address answers these cases as reported. It proves "
        f"nothing of the others: one false case in a hundred escapes such a sample {escapes:.0%} "
        "of the time."
    )
    return 0


COMMAND = Command(
    description=_DESCRIPTION,
    arguments=_arguments,
    run=_run,
)
