"""Provisioning: the files that ship and broken ones, making, stopping half-way, taking down."""

import io
import json
import tomllib
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from conformance.errors import DocumentError, UsageError
from conformance.execution.provisioning import files
from conformance.execution.provisioning.resources import ProvisionedResources
from conformance.execution.provisioning.runner import PREFIX, Provisioner
from conformance.execution.provisioning.templating import Filling, UnfilledError, archive
from conformance.runner.settings import settings
from conformance.spec.registry import registry
from conftest import answer

SHIPPED = files.shipped()
#: What people try first, each with a file.
FIRST = {
    "acm",
    "apigateway",
    "apigatewayv2",
    "athena",
    "autoscaling",
    "cloudformation",
    "cloudfront",
    "cloudwatch",
    "cognito-identity",
    "cognito-idp",
    "dynamodb",
    "ec2",
    "ecr",
    "ecs",
    "efs",
    "elasticache",
    "elb",
    "elbv2",
    "events",
    "glue",
    "iam",
    "kinesis",
    "kms",
    "lambda",
    "logs",
    "rds",
    "route53",
    "s3",
    "scheduler",
    "secretsmanager",
    "ses",
    "sesv2",
    "sns",
    "sqs",
    "ssm",
    "stepfunctions",
    "wafv2",
}
QUEUES: Mapping[str, Any] = {
    "format": files.FORMAT,
    "service": "sqs",
    "steps": [
        {
            "name": "queues",
            "call": "CreateQueue",
            "times": 3,
            "params": {"QueueName": "${unique}-${number}"},
            "undo": {
                "call": "DeleteQueue",
                "params": {"QueueUrl": {"answer": "queues", "path": "QueueUrl"}},
            },
            "provides": {"QueueUrl": {"answer": "queues", "path": "QueueUrl"}},
        }
    ],
}


def changed(**members: Any) -> dict[str, Any]:
    """The recipe for queues with other members in its one step."""
    return {**QUEUES, "steps": [{**QUEUES["steps"][0], **members}]}


def refused(document: Mapping[str, Any]) -> str:
    with pytest.raises(DocumentError) as caught:
        files.parse(document, name="mine.toml")
    said = str(caught.value)
    assert len(said.splitlines()) == 1
    return said


class _Pretended(Filling):
    """Fills without any answers."""

    def _answered(self, step: str, path: str, number: int) -> Any:
        return "x" * 40


class TestShippedFiles:
    def test_there_is_one_for_each_listing_that_people_try_first(self) -> None:
        """Forty-five services and more have something to list."""
        assert set(SHIPPED) >= FIRST
        assert len(SHIPPED) >= 45

    @pytest.mark.parametrize("service", SHIPPED)
    def test_the_sdk_takes_every_call(self, service: str) -> None:
        """Every operation exists, and botocore's own validation takes all its parameters."""
        recipe = files.read(SHIPPED[service])
        assert recipe.service == service
        filling = _Pretended(unique=PREFIX + "00000000", region="us-east-1", answers={})
        calls = [*recipe.valid]
        for step in recipe.steps:
            calls += [step.make, *([step.undo] if step.undo else [])]
            calls += [step.until.request] if step.until else []
        session = botocore.session.Session()
        for call in calls:
            shape = (
                session.get_service_model(call.operation.service)
                .operation_model(call.operation.name)
                .input_shape
            )
            report = ParamValidator().validate(filling.fill(call.params, 1), shape)
            assert not report.has_errors(), f"{call.operation.id}: {report.generate_report()}"

    @pytest.mark.parametrize("service", SHIPPED)
    def test_all_that_is_named_is_this_runs(self, service: str) -> None:
        """Whatever is made has this run's name in it, or is named by its answer."""
        told = tomllib.loads(SHIPPED[service].read_text("utf-8"))
        for step in told["steps"]:
            said = json.dumps(step)
            assert "${unique}" in said or '"answer"' in said, step["name"]

    @pytest.mark.parametrize("service", SHIPPED)
    def test_what_it_provides_some_operation_takes(self, service: str) -> None:
        """No value is provided for a member that no operation has."""
        recipe = files.read(SHIPPED[service])
        model = botocore.session.Session().get_service_model(service)
        for name in (name for step in recipe.steps for name in step.provides):
            provisioned = ProvisionedResources({f"{service}:{name}": ["x"]})
            taken = (
                provisioned.of(registry().find(f"{service}:{operation}"), name.rpartition(".")[2])
                for operation in model.operation_names
                if name.rpartition(".")[2]
                in getattr(model.operation_model(operation).input_shape, "members", ())
            )
            assert any(taken), name


class TestBrokenFiles:
    def test_no_toml(self, tmp_path: Path) -> None:
        """What is no TOML is said with its file."""
        path = tmp_path / "mine.toml"
        path.write_text("= nothing")
        with pytest.raises(DocumentError, match=r"mine\.toml is no TOML: "):
            files.read(path)

    def test_no_file(self, tmp_path: Path) -> None:
        """A file that is not there is said."""
        with pytest.raises(DocumentError, match=r"nowhere\.toml cannot be read: No such file"):
            files.read(tmp_path / "nowhere.toml")

    def test_another_format(self) -> None:
        """The schema's complaint comes with its place."""
        assert refused({**QUEUES, "format": "x"}).startswith("mine.toml is broken at $.format: ")
        assert "is broken at $.steps[0].times" in refused(changed(times=0))
        without = {key: one for key, one in QUEUES["steps"][0].items() if key != "undo"}
        assert "is broken at $.steps[0]" in refused({**QUEUES, "steps": [without]})

    def test_an_operation_that_nobody_knows(self) -> None:
        """The nearest name is offered."""
        assert refused(changed(call="CreateQueu")) == (
            "mine.toml: There is no operation 'sqs:CreateQueu'; did you mean sqs:CreateQueue?"
        )

    def test_a_member_that_nobody_knows(self) -> None:
        """Parameters are looked at before anything is sent."""
        assert refused(changed(params={"Queue": "x"})) == (
            "mine.toml: sqs:CreateQueue has no member 'Queue'."
        )

    def test_an_answer_that_nobody_gave(self) -> None:
        """Only steps before can be asked for, by paths that can be read."""
        other = {"QueueName": {"answer": "topics", "path": "x"}}
        assert refused(changed(params=other)) == ("mine.toml: no step before is named 'topics'.")
        odd = {"QueueUrl": {"answer": "queues", "path": "["}}
        assert refused(changed(provides=odd)) == "mine.toml: '[' is no jmespath."

    def test_a_name_that_stands_for_nothing(self) -> None:
        """Placeholders that do not exist are found before they are sent."""
        assert refused(changed(params={"QueueName": "${what}"})) == (
            "mine.toml: there is no ${what}; there are ${unique}, ${number} and ${region}."
        )

    def test_two_steps_of_one_name(self) -> None:
        """A name names one step."""
        twice = {**QUEUES, "steps": [*QUEUES["steps"], *QUEUES["steps"]]}
        assert refused(twice) == "mine.toml has two steps that are named 'queues'."

    def test_in_a_run(self, shell: Any, tmp_path: Path) -> None:
        """One sentence, status 2, under both commands; nothing is sent."""
        (tmp_path / "mine.toml").write_text("format = 1")
        words = ("--operations", "sqs:ListQueues", "--provision", "mine.toml")
        target = "http://127.0.0.1:9"
        done = shell.certify(target, *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("aws-conformance: mine.toml is broken at $")
        assert len(done.stderr.splitlines()) == 1
        done = shell.pytest(f"--target={target}", *words)
        assert done.returncode == 2
        assert "mine.toml is broken at $" in done.stdout
        assert "Traceback" not in done.stdout + done.stderr

    def test_only_for_a_url(self) -> None:
        """Nothing is made on AWS or for a replay, and nothing changed there."""
        for target in ("aws", "replay"):
            with pytest.raises(UsageError, match="--provision takes a URL"):
                settings({"target": target, "provision": ["x"]})
            assert not settings({"target": target}).provision
        with pytest.raises(UsageError, match="--mutating is refused on AWS"):
            settings({"target": "https://sqs.us-east-1.amazonaws.com", "mutating": True})
        assert settings({"target": "http://localhost:1"}).provision
        assert not settings({"target": "http://localhost:1", "no_provision": True}).provision


class TestFilling:
    FILLING = Filling(
        unique="me", region="eu-west-1", answers={"keys": [{"Id": "a"}, {"Id": "b"}], "none": []}
    )

    def test_texts(self) -> None:
        """Names stand in keys and values; other dollars stay."""
        told = {"${unique}": ["${number}: ${region} $x $$ {y}"]}
        assert self.FILLING.fill(told, 2) == {"me": ["2: eu-west-1 $x $$ {y}"]}

    def test_answers(self) -> None:
        """The same repetition's, that which is named, or the first where there are fewer."""
        wanted = {"answer": "keys", "path": "Id"}
        assert [self.FILLING.fill(wanted, number) for number in (1, 2, 3)] == ["a", "b", "a"]
        assert self.FILLING.fill({**wanted, "of": 1}, 2) == "a"

    @pytest.mark.parametrize("told", [("keys", "Name"), ("none", "Id")])
    def test_answers_that_lack_it(self, told: tuple[str, str]) -> None:
        """What an answer does not say is no value."""
        with pytest.raises(UnfilledError, match=f"the answer for {told[0]} holds no {told[1]}"):
            self.FILLING.fill({"answer": told[0], "path": told[1]}, 1)

    def test_bytes(self) -> None:
        """Texts become bytes, and files an archive that is always the same."""
        assert self.FILLING.fill({"text": "ä ${number}"}, 1) == "ä 1".encode()
        made = self.FILLING.fill({"zip": {"a.py": "pass\n"}}, 1)
        assert made == archive({"a.py": "pass\n"})
        assert zipfile.ZipFile(io.BytesIO(made)).read("a.py") == b"pass\n"

    def test_now(self) -> None:
        """The time in the unit that is asked for."""
        seconds, millis = (self.FILLING.fill({"now": u}, 1) for u in ("seconds", "milliseconds"))
        assert abs(millis - seconds * 1000) < 5000


def url(number: int) -> bytes:
    return answer(body=json.dumps({"QueueUrl": f"http://q/{number}"}).encode())


def error(status: int, kind: str) -> bytes:
    return answer(status, json.dumps({"__type": kind, "message": "no"}).encode())


def told(server: Any) -> list[str]:
    """What a scripted server was asked: operation and the queue's name or address."""
    found = []
    for raw in server.requests:
        head, _, body = raw.partition(b"\r\n\r\n")
        target = next(li for li in head.split(b"\r\n") if li.lower().startswith(b"x-amz-target"))
        said = json.loads(body)
        name = said.get("QueueName", said.get("QueueUrl", "")).rpartition("-")[2]
        found.append(f"{target.rpartition(b'.')[2].decode()} {name}")
    return found


Making = Callable[..., tuple[Provisioner, Any]]


@pytest.fixture
def making(scripted: Callable[..., Any], sending: Callable[..., Any]) -> Making:
    """Makes a provisioner for a server that gives these answers."""

    def make(*answers: bytes, **endpoint: Any) -> tuple[Provisioner, Any]:
        server = scripted(list(answers))
        return Provisioner(
            sending(server.url, **{"timeout": 10.0, **endpoint}), ProvisionedResources()
        ), server

    return make


class TestMaking:
    RECIPE = files.parse(QUEUES, name="queues")

    def test_made_and_taken_down(self, making: Making) -> None:
        """What was made is taken down in the opposite order, and both are said in a line."""
        one, server = making(url(1), url(2), url(3), answer())
        one.make([self.RECIPE])
        assert one.provisioned.values == {
            "sqs:QueueUrl": ["http://q/1", "http://q/2", "http://q/3"]
        }
        one.take_down()
        one.take_down()
        assert [said.split()[0] for said in told(server)] == ["CreateQueue"] * 3 + [
            "DeleteQueue"
        ] * 3
        assert told(server)[3:] == [f"DeleteQueue http://q/{n}" for n in (3, 2, 1)]
        assert list(one.lines()) == ["provisioned sqs: 3 queues; all taken down"]
        assert b"aws-conformance-" in server.requests[0]

    def test_half_way(self, making: Making) -> None:
        """What was made before the refusal is taken down at once; nothing is provided."""
        one, server = making(url(1), url(2), error(400, "OverLimit"), answer())
        one.make([self.RECIPE])
        assert told(server)[3:] == ["DeleteQueue http://q/2", "DeleteQueue http://q/1"]
        assert not one.provisioned.values
        problem = "provisioning sqs stopped at sqs:CreateQueue: refused with 400 OverLimit"
        assert one.provisioned.problems == {"sqs": problem}
        assert list(one.lines()) == [f"{problem}; 2 queues made; all taken down"]
        assert one.made[0].data() == {
            "service": "sqs",
            "made": {"queues": 2},
            "left": {},
            "problem": problem,
        }

    def test_an_answer_that_names_nothing(self, making: Making) -> None:
        """A success that does not say what it made stops the service."""
        one, _ = making(answer())
        one.make([self.RECIPE])
        assert one.provisioned.problems["sqs"].endswith("its answer does not name what it made")

    def test_what_will_not_go(self, making: Making) -> None:
        """What is not taken down is said, with the reason; what is gone already is gone."""
        gone = error(400, "com.amazonaws.sqs#QueueDoesNotExist")
        one, _ = making(url(1), url(2), url(3), gone, error(400, "NotNow"), answer())
        one.make([self.RECIPE])
        one.take_down()
        assert list(one.lines()) == [
            (
                "provisioned sqs: 3 queues; NOT taken down: 1 queue of sqs "
                "(sqs:DeleteQueue: refused with 400 NotNow)"
            )
        ]

    def test_a_server_that_goes_away(self, making: Making) -> None:
        """A dead target is asked twice, not once for each thing."""
        one, server = making(url(1), url(2), url(3))
        one.make([self.RECIPE])
        server.close()
        one.take_down()
        said = next(one.lines())
        assert said.startswith("provisioned sqs: 3 queues; NOT taken down: 3 queues of sqs (")

    def test_interrupted_while_making(
        self, making: Making, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What stands when a signal comes is known, and so is what may stand there."""
        by_name = changed(
            undo={"call": "DeleteQueue", "params": {"QueueUrl": "http://q/${unique}-${number}"}}
        )
        one, server = making(url(1), url(2), answer())
        send, asked = one.sender.send, []

        def once_more(*call: Any, **kw: Any) -> Any:
            asked.append(call)
            found = send(*call, **kw)
            if len(asked) == 2:
                raise KeyboardInterrupt
            return found

        monkeypatch.setattr(one.sender, "send", once_more)
        with pytest.raises(KeyboardInterrupt):
            one.make([files.parse(by_name, name="queues")])
        one.take_down()
        assert told(server)[2:] == ["DeleteQueue 2", "DeleteQueue 1"]

    def test_interrupted_while_taking_down(
        self, making: Making, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Taking down goes on where it was; what is left in the end is said."""
        one, _ = making(url(1), url(2), url(3), answer())
        one.make([self.RECIPE])
        send = one.sender.send
        monkeypatch.setattr(one.sender, "send", _interrupting(send, 2))
        with pytest.raises(KeyboardInterrupt):
            one.take_down()
        assert "NOT taken down: 2 queues of sqs (the run was stopped)" in next(one.lines())
        one.take_down()
        assert next(one.lines()).endswith("all taken down")

    def test_until_it_is_ready(self, making: Making) -> None:
        """A thing that is not ready is asked about again, and not for ever."""
        until = {
            "call": "GetQueueAttributes",
            "params": {"QueueUrl": {"answer": "queues", "path": "QueueUrl"}},
            "path": "Attributes.State",
            "equals": "ready",
            "seconds": 0.5,
        }
        states = [
            answer(body=json.dumps({"Attributes": {"State": state}}).encode())
            for state in ("new", "ready")
        ]
        recipe = files.parse(changed(times=1, until=until), name="queues")
        one, server = making(url(1), *states, answer())
        one.make([recipe])
        assert len(server.requests) == 3
        one, _ = making(url(1), states[0])
        one.make([recipe])
        assert one.provisioned.problems["sqs"].endswith(
            "Attributes.State is 'new' after 0.5 s, not 'ready'"
        )


def _interrupting(send: Callable[..., Any], at: int) -> Callable[..., Any]:
    asked: list[Any] = []

    def sending(*call: Any, **kw: Any) -> Any:
        asked.append(call)
        if len(asked) == at:
            raise KeyboardInterrupt
        return send(*call, **kw)

    return sending


class TestSupply:
    def test_the_closest_name_counts(self) -> None:
        """What is for some operations alone goes before what is for all of them."""
        provisioned = ProvisionedResources()
        provisioned.add("kms:KeyId", "a")
        provisioned.add("kms:KeyId", ["a", "b"])
        provisioned.add("kms:GetPublic*.KeyId", "c")
        provisioned.add("Name", "d")
        find = registry().find
        assert provisioned.of(find("kms:DescribeKey"), "KeyId") == ["a", "b"]
        assert provisioned.of(find("kms:GetPublicKey"), "KeyId") == ["c"]
        assert provisioned.of(find("ssm:GetParameter"), "Name") == ["d"]
        assert provisioned.of(find("ssm:GetParameter"), "KeyId") == []
