"""Writes the history in docs/sdk-upgrades.md: what the last minor releases of boto3 changed.

Run by ``make sdk-history``; it installs each release, compares each with the one before, and
writes what it finds between the page's two marks. What is new is counted, not listed. It takes
about three minutes of processor time, and as much again to install.
"""

import argparse
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from conformance.sdk_gate import environments
from conformance.sdk_gate.account import Account, plain_cell
from conformance.sdk_gate.causes import Cause
from conformance.sdk_gate.diff import Comparer, Comparison, Side
from conformance.sdk_gate.differences import Kind

PAGE = Path(__file__).parent.parent / "docs" / "sdk-upgrades.md"
BEGIN, END = "<!-- history: begin -->\n", "<!-- history: end -->\n"
#: How many steps from one minor release to the next the page has.
STEPS = 10
#: The services that the page is about: those that emulators implement and suites record.
SERVICES = (
    "acm,apigateway,autoscaling,chime,cloudformation,cloudwatch,cognito-idp,dynamodb,"
    "dynamodbstreams,ecr,ecs,elbv2,events,firehose,iam,kinesis,kms,lambda,logs,rds,route53,s3,"
    "s3control,scheduler,secretsmanager,ses,sesv2,sns,sqs,ssm,stepfunctions,sts"
)


def releases(newest: str) -> list[str]:
    """The last minor releases up to that of a version, the oldest first."""
    major, minor = map(int, newest.split(".")[:2])
    return [f"{major}.{one}.0" for one in range(minor - STEPS, minor + 1)]


def compared(old: str, new: str, services: Sequence[str]) -> Comparison:
    """Two releases, over the operations of some services that differ."""
    pythons = (environments.interpreter(one, _say) for one in (old, new))
    before, after = (Side(interpreter=one) for one in pythons)
    comparer = Comparer(before, after, lambda *_: None)
    works = [one for one in comparer.differing() if one.service in services]
    return comparer.compare(works)


def section(old: str, new: str, found: Comparison) -> str:
    """One step of the history, in Markdown."""
    account = Account(
        old=old, new=new, causes=found.causes.all(), compared={}, notes=found.problems
    )
    lines = [f"### {old} → {new}: {account.verdict}", ""]
    shown = [one for one in account.causes if one.kind is not Kind.NEW]
    if shown:
        lines += ["| kind | what changes | operations |", "| --- | --- | --- |"]
        lines += [_row(one) for one in shown]
    else:
        lines.append("Nothing changes on the wire, and answers are read as before.")
    new_ones = sum(len(one.calls) for one in account.causes if one.kind is Kind.NEW)
    counted = f"{found.operations} operations whose models differ were compared"
    lines += ["", f"{counted}; {new_ones} operations or services are new.", ""]
    return "\n".join(lines) + "\n"


def _row(cause: Cause) -> str:
    names = [f"`{one}`" for one in cause.operations[:3]]
    more = f" and {len(cause.calls) - 3} more" if len(cause.calls) > 3 else ""
    weight = " (breaking)" if cause.breaking else ""
    says = plain_cell(cause.sentence)
    return f"| {cause.kind} | {says}{weight} | {', '.join(names)}{more} |"


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def main() -> None:
    """Write the history, the newest release first."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--releases", help="oldest first; by default the last minor ones")
    options.add_argument("--services", default=SERVICES)
    given = options.parse_args()
    named = given.releases and given.releases.split(",")
    chosen = named or releases(environments.newest(_say))
    sections: list[str] = []
    for old, new in reversed([*pairwise(chosen)]):
        _say(f"{old} → {new}")
        sections.append(section(old, new, compared(old, new, given.services.split(","))))
        _write("".join(sections))


def _write(history: str) -> None:
    """Put the history between the page's marks."""
    head, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    tail = rest.partition(END)[2]
    PAGE.write_text(f"{head}{BEGIN}\n{history}{END}{tail}", "utf-8")


if __name__ == "__main__":
    main()
