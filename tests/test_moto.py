"""moto, somebody else's mock, certified: what it breaks is known, clause by clause."""

import importlib.metadata
import importlib.util
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.generation.clauses import clauses
from conformance.report import blocks, facts
from conformance.spec.registry import registry
from conftest import certified, clean_environment, serving_moto

HAS_MOTO = importlib.util.find_spec("moto") is not None
pytestmark = pytest.mark.skipif(not HAS_MOTO, reason="moto is not installed")

EXPECTED = Path(__file__).parent / "moto.toml"
#: Over every protocol that moto speaks; it knows no CBOR.
OPERATIONS = (
    "sqs:ListQueues",  # JSON 1.0
    "sqs:GetQueueAttributes",
    "dynamodb:ListTables",
    "dynamodb:DescribeTable",
    "stepfunctions:ListStateMachines",
    "cloudwatch:ListMetrics",
    "kms:ListKeys",  # JSON 1.1
    "kms:DescribeKey",
    "ssm:DescribeParameters",
    "ssm:GetParameter",
    "secretsmanager:ListSecrets",
    "logs:DescribeLogGroups",
    "events:ListRules",
    "sns:ListTopics",  # query
    "sns:GetTopicAttributes",
    "iam:ListUsers",
    "iam:ListRoles",
    "ec2:DescribeVpcs",  # ec2
    "s3:ListBuckets",  # REST and XML
    "s3:ListObjectsV2",
    "s3:HeadBucket",
    "route53:ListHostedZones",
    "lambda:ListFunctions",  # REST and JSON
    "scheduler:ListSchedules",
)
PROTOCOLS = {"json", "query", "ec2", "rest-xml", "rest-json"}


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    yield from serving_moto()


def entries() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(EXPECTED.read_text("utf-8"))["expected"]
    return found


def test_the_expectations_are_of_these_versions_or_say_so() -> None:
    """Each entry gives a reason and a request that shows it."""
    assert {one["clause"].partition("/")[0] for one in entries()} <= {*OPERATIONS, "*"}
    for one in entries():
        assert one["reason"]
        assert one["reproduce"].startswith(("curl ", "aws-conformance certify "))


def test_every_protocol_is_spoken() -> None:
    """The operations take in all the protocols that moto answers."""
    assert {registry().find(name).protocol for name in OPERATIONS} == PROTOCOLS
    assert len(OPERATIONS) >= 20


def same_versions() -> bool:
    made = re.search(r"moto (\S+) and botocore (\S+)\.$", EXPECTED.read_text("utf-8"), re.MULTILINE)
    assert made
    return made.groups() == tuple(map(importlib.metadata.version, ("moto", "botocore")))


def test_moto_breaks_what_it_is_known_to_break(moto: str, tmp_path: Path) -> None:
    """Everything found is expected, and everything expected is found."""
    known = {name for one in OPERATIONS for name in clauses(registry().find(one))}
    named = {one["clause"] for one in entries() if "*" not in one["clause"]}
    expecting = () if named - known else ("--expect", str(EXPECTED))
    status, report = certified(
        moto, tmp_path / "r", "--operations", ",".join(OPERATIONS), "--fail-on-warn", *expecting
    )
    verdicts = {finding["verdict"] for finding in report["findings"]}
    assert "error" not in verdicts
    assert "unsupported" not in verdicts
    # wherever there is a page walk, there was something to walk
    empty = [f for f in report["findings"] if "lists nothing" in f["observed"]]
    assert not empty
    if not same_versions():
        pytest.skip("the expectations are of another moto or another botocore")
    assert status == 0


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_a_reproduction_shows_what_is_expected(moto: str) -> None:
    """What a listing is said to accept against its model it accepts, request by request."""
    tried = 0
    for one in entries():
        service, _, rest = one["clause"].partition(":")
        listing = rest.startswith("List") and "/request/" in rest and service != "lambda"
        if not listing or not one["reproduce"].startswith("curl"):
            continue
        line = one["reproduce"].replace("http://127.0.0.1:5000", moto) + " --max-time 20"
        done = subprocess.run(
            ["bash", "-c", line], capture_output=True, check=False, env=clean_environment()
        )
        assert done.stdout.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200")), one["clause"]
        tried += 1
    assert tried > 50


def test_what_is_printed_shows_it_again(moto: str, tmp_path: Path) -> None:
    """Every command that a run with things of its own prints shows what was found, once more."""
    chosen = "sqs:GetQueueAttributes,dynamodb:DescribeTable,s3:ListObjectsV2,iam:ListRoles"
    _, report = certified(moto, tmp_path / "r", f"--operations={chosen}", "--max-examples=0")
    assert report["provisioned"]
    found = [one.clearest(report["exchanges"]) for one in blocks.unexpected(report)]
    assert len(found) > 3
    for finding in found:
        command = facts.reproduction(report, finding)
        *start, url = shlex.split(command)[:3]
        assert (*start, url) == ("aws-conformance", "certify", moto)
        _, again = certified(moto, tmp_path / "again", *shlex.split(command)[3:])
        verdicts = facts.worst_by_clause(again["findings"])
        assert verdicts[finding["clause"]] == finding["verdict"], command


def test_a_service_in_another_of_its_protocols(moto: str, tmp_path: Path) -> None:
    """CloudWatch answers query as well, and is judged in it."""
    status, report = certified(
        moto, tmp_path / "r", "--operations=cloudwatch:DescribeAlarms", "--protocol=query"
    )
    assert status == 1
    passed = {f["clause"] for f in report["findings"] if f["verdict"] == "pass"}
    assert "cloudwatch:DescribeAlarms/response/body" in passed
    assert "cloudwatch:DescribeAlarms/response/MetricAlarms/item/AlarmName/type" in passed
