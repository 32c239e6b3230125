"""Whole runs that provision: on moto, somebody else's mock, whatever ends the run; and the hook."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from jsonschema import Draft202012Validator

from conformance.execution.availability import Status
from conformance.execution.provisioning import files
from conformance.execution.provisioning.resources import ProvisionedResources
from conformance.execution.provisioning.runner import Provisioner
from conformance.runner.run import Run
from conformance.runner.settings import settings
from conftest import answer, clean_environment, serving_moto

HAS_MOTO = importlib.util.find_spec("moto") is not None
NEEDS_MOTO = pytest.mark.skipif(not HAS_MOTO, reason="moto is not installed")
QUEUES = ("--operations", "sqs:ListQueues", "--max-examples", "0")
SCHEMAS = Path(__file__).parent.parent / "schemas"
#: operations of each service → how many items their listings hold, where they have pages.
#: moto speaks no CBOR, the protocol that the SDK prefers for CloudWatch.
LISTED = {
    "sqs": {"ListQueues": 6, "GetQueueAttributes": None, "GetQueueUrl": None},
    "sns": {"ListTopics": 6, "ListSubscriptionsByTopic": 5, "GetTopicAttributes": None},
    "s3": {"ListBuckets": 8, "ListObjectsV2": 7, "GetObject": None, "HeadBucket": None},
    "dynamodb": {"ListTables": 5, "Scan": 7, "Query": 7, "GetItem": None, "DescribeTable": None},
    "kms": {"ListKeys": 7, "DescribeKey": None, "GetPublicKey": None},
    "iam": {"ListUsers": 6, "ListRoles": 6, "ListGroupsForUser": 5, "GetRole": None},
    "ssm": {"DescribeParameters": 6, "GetParametersByPath": 6, "GetParameter": None},
    "secretsmanager": {"ListSecrets": 6, "GetSecretValue": None},
    "logs": {"DescribeLogGroups": 6, "DescribeLogStreams": 5, "GetLogEvents": None},
    "events": {"ListRules": 6, "ListTargetsByRule": 5, "DescribeRule": None},
    "scheduler": {"ListSchedules": 6, "GetSchedule": None},
    "lambda": {"ListFunctions": 5, "GetFunction": None},
    "stepfunctions": {"ListStateMachines": 6, "ListExecutions": 5, "DescribeStateMachine": None},
    "route53": {"ListHostedZones": 6, "ListResourceRecordSets": 7, "GetHostedZone": None},
    "ec2": {"DescribeVpcs": 6, "DescribeVpcAttribute": None},
    "cloudwatch": {"DescribeAlarms": 6},
}


@pytest.fixture(scope="module")
def _moto() -> Iterator[str]:
    yield from serving_moto()


@pytest.fixture
def moto(_moto: str) -> str:
    """The address of a moto that holds nothing."""
    with urllib.request.urlopen(f"{_moto}/moto-api/reset", data=b"", timeout=10):
        return _moto


def queues(url: str) -> list[str]:
    """The queues that stand on a target."""
    client = boto3.client(
        "sqs",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    try:
        return list(client.list_queues().get("QueueUrls", ()))
    finally:
        client.close()


#: What moto does not implement, or fails at whatever is asked.
NOT_IN_MOTO = {"apigateway:GetTags", "glue:ListSchemas", "glue:ListSchemaVersions"}


def _named(request: files.Request, provisioned: ProvisionedResources) -> dict[str, Any]:
    """What a valid call has to name beside what its file gives."""
    named = {name: provisioned.of(request.operation, name) for name in request.operation.required}
    return {name: values[0] for name, values in named.items() if values}


def report(shell: Any) -> Any:
    content = json.loads((shell.folder / "report" / "report.json").read_text("utf-8"))
    schema = json.loads((SCHEMAS / "report.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(content)
    return content


@NEEDS_MOTO
class TestOnMoto:
    @pytest.mark.parametrize("service", LISTED)
    def test_there_is_something_to_list(self, moto: str, service: str) -> None:
        """Each listing holds enough for small pages, each identifier is known, nothing stays."""
        chosen = ",".join(f"{service}:{name}" for name in LISTED[service])
        protocol = "query" if service == "cloudwatch" else None
        run = Run(settings({"target": moto, "operations": chosen, "protocol": protocol}))
        try:
            run.provision()
            session = run.engine.session
            for operation in run.settings.operations:
                availability = session.discovery.availability(operation)
                assert availability.status is Status.IMPLEMENTED, (
                    operation.id,
                    availability.reason,
                )
                count = (
                    len(session.discovery.listing(operation).items)
                    if operation.pagination
                    else None
                )
                assert count == LISTED[service][operation.name], operation.id
        finally:
            run.close()
            session.sender._transport.close()
            run._provisioning._provisioner.sender._transport.close()
        assert run.provisioning_lines()[0].endswith("; all taken down")
        assert len(run.provisioning_lines()) == 1

    @pytest.mark.parametrize("service", sorted(files.shipped().keys() - LISTED.keys()))
    def test_all_of_a_file_is_made_accepted_and_taken_down(
        self, _moto: str, sending: Any, service: str
    ) -> None:
        """moto refuses no step, no valid call, and no deletion."""
        recipe = files.read(files.shipped()[service])
        sender = sending(_moto, timeout=30.0)
        provisioned = ProvisionedResources()
        provisioner = Provisioner(sender, provisioned)
        provisioner.make([recipe])
        refused = [
            one.operation.id
            for one in recipe.valid
            if not sender.send(
                one.operation, {**_named(one, provisioned), **provisioned.valid[one.operation.id]}
            ).succeeded
        ]
        provisioner.take_down()
        (line,) = provisioner.lines()
        assert line.startswith("provisioned ")
        assert line.endswith("; all taken down")
        assert set(refused) <= NOT_IN_MOTO

    @pytest.mark.parametrize("words", [(), ("-n", "2"), ("-x",)])
    def test_taken_down_in_the_end(self, moto: str, shell: Any, words: tuple[str, ...]) -> None:
        """Also with workers, and where the first failure ends the run; both are told."""
        done = shell.certify(moto, *QUEUES, *words, "--report", "report")
        assert done.returncode == 1, done.stdout
        assert done.stdout.count("provisioned sqs: 6 queues, 5 messages; all taken down") == 1
        assert done.stderr == ""
        assert queues(moto) == []
        content = report(shell)
        assert content["options"]["provision"]
        assert content["provisioned"] == [
            {"service": "sqs", "made": {"queues": 6, "messages": 5}, "left": {}}
        ]

    def test_a_report_is_verified_with_the_same(self, moto: str, shell: Any) -> None:
        """What the run of a report created is created for its sample too, and taken down."""
        shell.certify(moto, *QUEUES, "--report", "report")
        python = (sys.executable, "-m", "conformance", "verify", "report")
        done = shell.fork(*python, "--against", moto, "--sample", "75")
        assert "75 of 75 cases run again" in done.stdout
        assert done.returncode == 0
        assert queues(moto) == []

    def test_without(self, moto: str, shell: Any) -> None:
        """--no-provision makes nothing and says nothing."""
        done = shell.certify(moto, *QUEUES, "--no-provision", "--report", "report")
        assert "provisioned" not in done.stdout
        assert not report(shell)["options"]["provision"]
        assert "provisioned" not in report(shell)
        assert "sqs:ListQueues: the target lists nothing" in done.stdout

    def test_an_identifier_that_is_given_goes_first(self, moto: str) -> None:
        """--resource goes before what was made, and that before what is listed."""
        options = {"target": moto, "operations": "sqs:GetQueueAttributes"}
        for resource, made in (([], True), (["QueueUrl=http://q/mine"], False)):
            run = Run(settings({**options, "resource": resource}))
            try:
                run.provision()
                known = run.engine.session.discovery.values(run.settings.operations[0], "QueueUrl")
                assert len(known) == (6 if made else 1)
                assert known[0].rpartition("/")[2].startswith("aws-conformance-") is made
            finally:
                run.close()
                run.engine.session.sender._transport.close()
                run._provisioning._provisioner.sender._transport.close()

    @pytest.mark.parametrize(
        ("kind", "words", "pause"),
        [
            (signal.SIGINT, (), 0),
            (signal.SIGTERM, (), 3),
            (signal.SIGINT, ("-n", "2"), 6),
            (signal.SIGTERM, ("-n", "2"), 0),
        ],
    )
    def test_taken_down_when_interrupted(
        self, moto: str, tmp_path: Path, kind: signal.Signals, words: tuple[str, ...], pause: float
    ) -> None:
        """Whoever cancels a run leaves nothing behind, while it makes things or later."""
        command = [sys.executable, "-m", "conformance", "certify", moto, *QUEUES, "--rate", "30"]
        process = subprocess.Popen(
            [*command, *words],
            cwd=tmp_path,
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # a shell that runs tests in the background lets them ignore SIGINT
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - one call
        )
        with process:
            deadline = time.monotonic() + 60
            while len(queues(moto)) < 3 and time.monotonic() < deadline:
                time.sleep(0.05)
            time.sleep(pause)
            if kind is signal.SIGINT:
                os.killpg(process.pid, kind)  # as a terminal does
            else:
                process.send_signal(kind)
            said, _ = process.communicate(timeout=60)
        assert "all taken down" in said
        assert "Traceback" not in said
        assert queues(moto) == [], said

    def test_a_pattern_says_what_it_leaves_out(self, moto: str, shell: Any) -> None:
        """What changes things is counted where a * would have chosen it."""
        words = ("--operations", "sqs:*Queue", "--mutating", "--plan")
        assert "sqs:CreateQueue" in shell.certify(moto, *words).stdout
        words = ("--operations", "sqs:*Queues", "--max-examples", "0", "-k", "implemented")
        assert "left out" not in shell.certify(moto, *words).stdout
        words = ("--operations", "sqs:*Queue*", "--max-examples", "0", "-k", "implemented")
        done = shell.certify(moto, *words)
        assert "left out because they change things: 6 operations (--mutating" in done.stdout


def test_half_way(scripted: Callable[..., Any], shell: Any) -> None:
    """A service that refuses is no crash: one sentence, and the reason beside what is missing."""
    server = scripted([answer(400, b'{"__type": "com.amazonaws.sqs#OverLimit", "message": "no"}')])
    words = ("--operations", "sqs:GetQueueAttributes", "--max-examples", "0", "--report", "report")
    done = shell.certify(server.url, *words)
    why = "provisioning sqs stopped at sqs:CreateQueue: refused with 400 OverLimit"
    assert f"\n{why}\n" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert report(shell)["provisioned"] == [
        {"service": "sqs", "made": {}, "left": {}, "problem": why}
    ]


def test_a_plan_says_what_would_be_made(shell: Any) -> None:
    """--plan names it and sends nothing."""
    done = shell.certify("http://127.0.0.1:9", *QUEUES, "--plan")
    first = "made before the run and taken down afterwards: sqs: 6 queues, 5 messages"
    assert done.stdout.splitlines()[0] == first


HOOK = """
import pytest
seen = []

@pytest.hookimpl(optionalhook=True)
def pytest_conformance_provision(target):
    client = target.client("connect")
    assert client.meta.endpoint_url == target.url and target.region == "us-east-1"
    assert [one.name for one in target.operations] == ["GetPhoneNumber"]
    print("HOOK", end="")
    open("made", "a").write("1")
    return {"PhoneNumberId": "none-such"}, lambda: open("gone", "a").write("1")
"""


class TestHook:
    WORDS = ("--target=url", "--operations", "chime:GetPhoneNumber", "--max-examples", "0")

    @pytest.mark.parametrize("words", [(), ("-n", "2")])
    def test_what_it_gives_is_used(self, shell: Any, words: tuple[str, ...]) -> None:
        """It is called once, gives resources, and what it made it takes down."""
        (shell.folder / "conftest.py").write_text(HOOK)
        done = shell.pytest(*self.WORDS, *words, "--report", "report")
        assert "provisioned by hooks: PhoneNumberId=none-such" in done.stdout
        assert (shell.folder / "made").read_text() == "1"
        assert (shell.folder / "gone").read_text() == "1"
        content = report(shell)
        assert content["provisioned"] == [{"hook": True, "provides": ["PhoneNumberId"]}]

    @pytest.mark.parametrize("words", [("--no-provision",), ("--target=replay",)])
    def test_where_nothing_is_made_it_is_not_called(
        self, shell: Any, words: tuple[str, ...]
    ) -> None:
        """Neither for a replay nor without provisioning."""
        (shell.folder / "conftest.py").write_text(HOOK)
        done = shell.pytest(*self.WORDS, *words, "-k", "implemented")
        assert "1 passed" in done.stdout
        assert not (shell.folder / "made").exists()

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ("1 / 0", "ZeroDivisionError: division by zero"),
            ("return 5", "TypeError: it returns a mapping MEMBER → VALUE, a teardown, or a pair"),
            ("return {}, 5", "TypeError: the teardown that it returns cannot be called"),
        ],
    )
    def test_one_that_fails_is_said(self, shell: Any, body: str, said: str) -> None:
        """Its own failure is one sentence, and the run goes on."""
        (shell.folder / "conftest.py").write_text(
            f"def pytest_conformance_provision(target):\n    {body}\n"
        )
        done = shell.pytest(*self.WORDS)
        assert f"pytest_conformance_provision failed: {said}" in done.stdout
        assert "verdict: conformant" in done.stdout
        assert "Traceback" not in done.stdout + done.stderr

    def test_a_teardown_that_fails_is_said(self, shell: Any) -> None:
        """A teardown alone may be returned; what it raises is one sentence."""
        (shell.folder / "conftest.py").write_text(
            "def pytest_conformance_provision(target):\n    return lambda: 1 / 0\n"
        )
        done = shell.pytest(*self.WORDS)
        assert "the teardown of pytest_conformance_provision failed: ZeroDivision" in done.stdout
