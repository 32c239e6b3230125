"""Steps of provisioning files: what an undo may name, and what goes on where a step is refused."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from conformance.errors import DocumentError
from conformance.execution.provisioning import files
from conformance.execution.provisioning.resources import ProvisionedResources
from conformance.execution.provisioning.runner import Provisioner
from conformance.execution.provisioning.templating import Filling
from conftest import answer

UNIQUE = "${unique}"


def queue(**members: Any) -> dict[str, Any]:
    """A step that makes queues, with other members."""
    return {
        "name": "queues",
        "call": "CreateQueue",
        "params": {"QueueName": UNIQUE},
        "undo": {"call": "DeleteQueue", "params": {"QueueUrl": given("queues", "QueueUrl")}},
        **members,
    }


def given(step: str, path: str) -> dict[str, str]:
    return {"answer": step, "path": path}


def undone(call: str, **params: Any) -> dict[str, Any]:
    return {"call": call, "params": params}


def parsed(service: str, *steps: Mapping[str, Any], **more: Any) -> files.Recipe:
    document = {"format": files.FORMAT, "service": service, "steps": steps, **more}
    return files.parse(json.loads(json.dumps(document)), name="mine.toml")


#: service, steps: what the run has made is named by its undo.
KEPT: Mapping[str, tuple[str, list[dict[str, Any]]]] = {
    "answer": ("sqs", [queue()]),
    "unique name": (
        "s3",
        [
            {"name": "buckets", "call": "CreateBucket", "params": {"Bucket": UNIQUE}}
            | {"undo": undone("DeleteBucket", Bucket=UNIQUE)},
        ],
    ),
    "an identifier that the target chooses": (
        "ec2",
        [
            {
                "name": "volumes",
                "call": "CreateVolume",
                "params": {"AvailabilityZone": "a", "Size": 1},
            }
            | {"undo": undone("DeleteVolume", VolumeId=given("volumes", "VolumeId"))},
        ],
    ),
    "its own, in what was there": (
        "iam",
        [
            {"name": "policies", "call": "PutRolePolicy"}
            | {"params": {"RoleName": "mine", "PolicyName": UNIQUE, "PolicyDocument": "{}"}}
            | {"undo": undone("DeleteRolePolicy", RoleName="mine", PolicyName=UNIQUE)},
        ],
    ),
    "words of the model": (
        "route53",
        [
            {"name": "zones", "call": "CreateHostedZone"}
            | {"params": {"Name": f"{UNIQUE}.example.com", "CallerReference": UNIQUE}}
            | {"undo": undone("DeleteHostedZone", Id=given("zones", "HostedZone.Id"))},
            {"name": "records", "call": "ChangeResourceRecordSets"}
            | {
                "params": {
                    "HostedZoneId": given("zones", "HostedZone.Id"),
                    "ChangeBatch": {
                        "Changes": [
                            {"Action": "CREATE"}
                            | {"ResourceRecordSet": {"Name": UNIQUE, "Type": "A", "TTL": 1}}
                        ]
                    },
                }
            }
            | {
                "undo": undone(
                    "ChangeResourceRecordSets",
                    HostedZoneId=given("zones", "HostedZone.Id"),
                    ChangeBatch={
                        "Changes": [
                            {"Action": "DELETE"}
                            | {"ResourceRecordSet": {"Name": UNIQUE, "Type": "A", "TTL": 1}}
                        ]
                    },
                )
            },
        ],
    ),
    "an undo that only reads": (
        "sqs",
        [
            {"name": "none", "call": "ListQueues", "undo": undone("ListQueues")},
        ],
    ),
}
#: service, steps, part of the sentence: the undo may name what was there before.
REFUSED: Mapping[str, tuple[str, list[dict[str, Any]], str]] = {
    "a name of another's": (
        "sqs", [queue(undo=undone("DeleteQueue", QueueUrl="http://h/orders"))],
        "names 'http://h/orders', which this run does not make",
    ),
    "another's beside its own": (
        "cloudwatch", [
            {"name": "alarms", "call": "PutMetricAlarm"}
            | {"params": {"AlarmName": UNIQUE, "EvaluationPeriods": 1}}
            | {"undo": undone("DeleteAlarms", AlarmNames=[UNIQUE, "orders"])},
        ],
        "names 'orders', which this run does not make",
    ),
    "another's as the key of a map": (
        "dynamodb", [
            {"name": "items", "call": "PutItem"}
            | {"params": {"TableName": UNIQUE, "Item": {"a": {"S": UNIQUE}}}}
            | {"undo": undone("BatchWriteItem", RequestItems={
                "orders": [{"DeleteRequest": {"Key": {"a": {"S": UNIQUE}}}}]
            })},
        ],
        "names 'orders', which this run does not make",
    ),
    "what a step has read": (
        "sqs", [
            {"name": "found", "call": "ListQueues"}
            | {"undo": undone("DeleteQueue", QueueUrl=given("found", "QueueUrls[0]"))},
        ],
        "names what 'found' found, which may have been there before",
    ),
    "what a step may have found by its name": (
        "sqs", [queue(params={"QueueName": "orders"})],
        "names what 'queues' found, which may have been there before",
    ),
    "a name that another may have chosen": (
        "s3", [
            {"name": "buckets", "call": "CreateBucket", "params": {"Bucket": "orders"}}
            | {"undo": undone("DeleteBucket", Bucket="orders")},
        ],
        "names nothing that only this run can have made",
    ),
    "a token alone": (
        "cloudformation", [
            {"name": "stacks", "call": "CreateStack", "params": {"StackName": "orders"}}
            | {"undo": undone("DeleteStack", StackName="orders", ClientRequestToken=UNIQUE)},
        ],
        "names nothing that only this run can have made",
    ),
    "nothing": (
        "iam", [
            {"name": "policies", "call": "UpdateAccountPasswordPolicy"}
            | {"undo": undone("DeleteAccountPasswordPolicy")},
        ],
        "names nothing that only this run can have made",
    ),
}  # fmt: skip


class TestUndo:
    @pytest.mark.parametrize("name", KEPT)
    def test_what_the_run_has_made(self, name: str) -> None:
        """Names of this run, identifiers that answers show, and words of the model are taken."""
        service, steps = KEPT[name]
        assert parsed(service, *steps).steps[-1].undo is not None

    @pytest.mark.parametrize("name", REFUSED)
    def test_what_was_there(self, name: str) -> None:
        """Nothing that another may have made is ever taken down."""
        service, steps, said = REFUSED[name]
        with pytest.raises(DocumentError) as caught:
            parsed(service, *steps)
        assert said in str(caught.value)
        assert str(caught.value).startswith("mine.toml: the undo of ")
        assert len(str(caught.value).splitlines()) == 1

    def test_in_a_run(self, scripted: Callable[..., Any], shell: Any) -> None:
        """One sentence, status 2, and nothing is sent."""
        server = scripted([answer()])
        (shell.folder / "mine.toml").write_text(
            'format = "aws-conformance-provisioning/1"\nservice = "sqs"\n[[steps]]\n'
            'name = "queues"\ncall = "CreateQueue"\nparams = { QueueName = "${unique}" }\n'
            'undo = { call = "DeleteQueue", params = { QueueUrl = "http://h/orders" } }\n'
        )
        words = ("--operations", "sqs:ListQueues", "--provision", "mine.toml")
        done = shell.certify(server.url, *words)
        assert (done.returncode, done.stdout, server.requests) == (2, "", [])
        assert done.stderr == (
            "aws-conformance: mine.toml: the undo of 'queues' names 'http://h/orders', which this "
            "run does not make; name it by ${unique} or by the answer of a step.\n"
        )


def role(**members: Any) -> dict[str, Any]:
    return {
        "name": "roles",
        "call": "CreateRole",
        "params": {"RoleName": UNIQUE, "AssumeRolePolicyDocument": "{}"},
        "undo": undone("DeleteRole", RoleName=UNIQUE),
        "provides": {"RoleName": given("roles", "Role.RoleName")},
        **members,
    }


USER = {
    "name": "users",
    "call": "CreateUser",
    "times": 2,
    "params": {"UserName": "${unique}-${number}"},
    "undo": undone("DeleteUser", UserName="${unique}-${number}"),
    "provides": {"UserName": "${unique}-${number}"},
}
POLICY = {
    "name": "policies",
    "call": "PutUserPolicy",
    "params": {"UserName": given("users", "User.UserName")}
    | {"PolicyName": UNIQUE, "PolicyDocument": "{}"},
    "goesWith": "users",
}
ROLE = "<{0}Response><{0}Result><Role><RoleName>role</RoleName></Role></{0}Result></{0}Response>"
ERROR = b"<ErrorResponse><Error><Code>LimitExceeded</Code></Error></ErrorResponse>"


def by_action(refused: str, asked: list[str], **waits: float) -> Any:
    """A server that refuses one action; ``asked`` lists all of them."""

    def attend(server: Any, connection: Any, number: int) -> None:
        while raw := server.read(connection):
            action = raw.partition(b"Action=")[2].partition(b"&")[0].decode()
            asked.append(action)
            if len(asked) == 1:
                server.pause(waits.get("first", 0))
            status, body = (200, ROLE.format(action).encode())
            if action == refused:
                status, body = 409, ERROR
            connection.sendall(answer(status, body, ("Content-Type", "text/xml")))

    return attend


class TestRefused:
    def provisioner(self, server: Any, sending: Callable[..., Any], **endpoint: Any) -> Provisioner:
        return Provisioner(sending(server.url, **endpoint), ProvisionedResources())

    def test_what_does_not_need_it_goes_on(
        self, scripted: Callable[..., Any], sending: Callable[..., Any]
    ) -> None:
        """A refused step takes along those that need its answers, and no others."""
        asked: list[str] = []
        one = self.provisioner(scripted(by_action("CreateUser", asked)), sending)
        valid = {
            "GetUser": {"UserName": "${unique}-1"},
            "GetRole": {"RoleName": given("roles", "Role.RoleName")},
        }
        one.make([parsed("iam", USER, POLICY, role(), valid=valid)])
        assert asked == ["CreateUser", "CreateRole"]
        assert one.provisioned.values == {"iam:RoleName": ["role"]}
        assert one.provisioned.valid == {"iam:GetRole": {"RoleName": "role"}}
        why = (
            "provisioning iam went on without users, policies: iam:CreateUser: refused with 409 "
            "LimitExceeded"
        )
        assert one.provisioned.problems == {"iam": why}
        one.take_down()
        assert asked[2:] == ["DeleteRole"]
        assert list(one.lines()) == [f"{why}; 1 role made; all taken down"]

    def test_a_later_one_leaves_the_earlier(
        self, scripted: Callable[..., Any], sending: Callable[..., Any]
    ) -> None:
        """What was made before a refusal stays until the end."""
        asked: list[str] = []
        one = self.provisioner(scripted(by_action("PutUserPolicy", asked)), sending)
        policy = {**POLICY, "params": {**POLICY["params"], "UserName": "${unique}-1"}}
        one.make([parsed("iam", USER, policy, role())])
        assert asked == ["CreateUser", "CreateUser", "PutUserPolicy", "CreateRole"]
        assert set(one.provisioned.values) == {"iam:UserName", "iam:RoleName"}
        one.take_down()
        assert asked[4:] == ["DeleteRole", "DeleteUser", "DeleteUser"]

    def test_a_first_answer_may_be_slow(
        self, scripted: Callable[..., Any], sending: Callable[..., Any]
    ) -> None:
        """An emulator that loads a service when it is first asked loses nothing."""
        asked: list[str] = []
        one = self.provisioner(scripted(by_action("", asked, first=1.2)), sending, timeout=0.5)
        begun = time.monotonic()
        one.make([parsed("iam", role())])
        assert time.monotonic() - begun > 1
        assert one.provisioned.values == {"iam:RoleName": ["role"]}
        assert asked == ["CreateRole"]

    def test_a_dead_target_is_given_up(
        self, scripted: Callable[..., Any], sending: Callable[..., Any]
    ) -> None:
        """Two calls without an answer are enough; all other steps are left."""
        asked: list[str] = []

        def silent(server: Any, connection: Any, number: int) -> None:
            server.read(connection)
            asked.append("")
            server.pause(10)

        one = self.provisioner(scripted(silent), sending, timeout=0.2)
        one.make([parsed("iam", role(), USER), parsed("sqs", queue())])
        assert len(asked) == 2
        assert one.provisioned.problems["iam"].startswith("provisioning iam stopped at iam:Create")
        assert one.provisioned.problems["sqs"].startswith("provisioning sqs was not tried after")


class TestValues:
    FILLING = Filling(unique="mine", region="eu-west-1", answers={"queues": [{"Arn": "arn:q"}]})

    @pytest.mark.parametrize(
        ("value", "filled"),
        [
            (
                {"json": {"Name": UNIQUE, "Target": given("queues", "Arn"), "Sizes": [1, True]}},
                '{"Name": "mine", "Target": "arn:q", "Sizes": [1, true]}',
            ),
            ({"join": ["arn:${region}:", given("queues", "Arn"), "/*"]}, "arn:eu-west-1:arn:q/*"),
        ],
    )
    def test_texts_that_hold_answers(self, value: Any, filled: str) -> None:
        """Policies and ARNs name what earlier steps have made."""
        assert self.FILLING.fill(value, 1) == filled

    @pytest.mark.parametrize("form", ["json", "join"])
    def test_an_undo_is_held_to_what_is_in_them(self, form: str) -> None:
        """A text that is put together names what its parts name."""
        own, others = [given("queues", "QueueUrl")], ["http://h/orders"]
        mine = queue(undo=undone("DeleteQueue", QueueUrl={form: own}))
        assert parsed("sqs", mine).steps[0].undo is not None
        with pytest.raises(DocumentError, match="which this run does not make"):
            parsed("sqs", queue(undo=undone("DeleteQueue", QueueUrl={form: others})))

    def test_several_valid_calls(
        self, scripted: Callable[..., Any], sending: Callable[..., Any]
    ) -> None:
        """The first is the baseline; the others are there for members that need each other."""
        one = Provisioner(sending(scripted(by_action("", [])).url), ProvisionedResources())
        calls = [{"PathPrefix": "/"}, {"PathPrefix": "/${unique}/", "MaxItems": 5}]
        one.make([parsed("iam", role(), valid={"ListRoles": calls})])
        assert one.provisioned.valid == {"iam:ListRoles": {"PathPrefix": "/"}}
        ((other,),) = one.provisioned.others.values()
        assert other["MaxItems"] == 5
        assert other["PathPrefix"].startswith("/aws-conformance-")


def test_shipped_files_provide_in_the_step_that_makes() -> None:
    """A value is provided by the step that makes it: what is refused provides nothing."""
    for path in files.shipped().values():
        for step in files.read(path).steps:
            text = json.dumps(step.provides)
            for other in files.read(path).steps:
                needs = f'"answer": "{other.name}"' in text
                assert not needs or other.name == step.name, (path.name, step.name)
