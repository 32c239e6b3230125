"""Reports for the tests to read, made by real runs against the reference server, each made once."""

import copy
import functools
import random
import uuid
from contextlib import closing
from typing import Any

from calibration.servers import start

from conformance.generation.plans import Case
from conformance.report import build, digests
from conformance.report.expectations import Expectation
from conformance.runner.run import Run
from conformance.runner.settings import settings

Data = dict[str, Any]
Subject = tuple[str, ...]

OPERATIONS = "chime:ListPhoneNumbers,chime:GetPhoneNumber"
UNENFORCED = "chime:ListPhoneNumbers/request/MaxResults/maximum:unenforced"
MAXIMUM = "chime:ListPhoneNumbers/request/MaxResults/maximum"


def run(
    url: str,
    *,
    operations: str = OPERATIONS,
    examples: int = 3,
    most: int | None = None,
    expected: tuple[Expectation, ...] = (),
    interrupted: bool = False,
    subject: Subject = ("name=sample", "version=1.0"),
) -> Data:
    """The report of a run in this process; ``most`` cases at most."""
    made = _ran(url, operations=operations, examples=examples, most=most, subject=subject)
    return _report(made, expected=expected, interrupted=interrupted)


def _ran(url: str, *, operations: str, examples: int, most: int | None, subject: Subject) -> Run:
    chosen = settings(
        {
            "target": url,
            "operations": operations,
            "max_examples": examples,
            "subject": subject,
        }
    )
    with closing(Run(chosen)) as made:
        for tried in made.tried[:most]:
            case = tried if isinstance(tried, Case) else None
            made.results[tried.id] = build.result_data(made.engine.run(tried), case)
    return made


def _report(
    made: Run, *, expected: tuple[Expectation, ...] = (), interrupted: bool = False
) -> Data:
    """What a run that is over reports; what is expected makes no difference to a run."""
    object.__setattr__(made.settings, "expected", expected)
    return made.report(interrupted=interrupted)


@functools.lru_cache(maxsize=16)
def _made(fault: str | None, degenerate: str | None, name: str) -> Run:
    subject = (f"name={name}", "version=1.0")
    with start(fault=fault, degenerate=degenerate) as server:
        return _ran(server.url, operations=OPERATIONS, examples=3, most=None, subject=subject)


@functools.lru_cache(maxsize=16)
def _plain(fault: str | None, degenerate: str | None, name: str) -> Data:
    return _report(_made(fault, degenerate, name))


def sample(
    fault: str | None = None,
    degenerate: str | None = None,
    name: str = "sample",
    expected: tuple[Expectation, ...] = (),
) -> Data:
    """A report of two operations of the reference server, honest unless told otherwise."""
    if expected:
        return copy.deepcopy(_report(_made(fault, degenerate, name), expected=expected))
    return copy.deepcopy(_plain(fault, degenerate, name))


def resealed(report: Data) -> Data:
    """The report with its digests taken anew, as whoever lies would."""
    report["digests"] = digests.digests(report)
    return report


def large(number: int = 5000) -> Data:
    """A report of so many findings, half of them on clauses of their own, each with an exchange."""
    report = sample(degenerate="one-page")
    grave = [finding for finding in report["findings"] if finding["verdict"] in {"fail", "warn"}]
    draw = random.Random(1)
    position = 0
    while len(report["findings"]) < number:
        finding = copy.deepcopy(grave[position % len(grave)])
        exchange = copy.deepcopy(report["exchanges"][finding["exchange"]])
        exchange["request"]["url"] += f"&n={position}"
        for header in exchange.get("response", {}).get("headers", ()):
            if header[0].lower() == "x-amzn-requestid":
                header[1] = str(uuid.UUID(int=draw.getrandbits(128)))
        finding["case"] += f"-{position}"
        if position % 2:
            finding["clause"] += f"-{position}"
            finding["cause"] += f"-{position}"
        finding["exchange"] = digests.exchange_id(exchange)
        report["exchanges"][finding["exchange"]] = exchange
        report["findings"].append(finding)
        position += 1
    return resealed(report)
