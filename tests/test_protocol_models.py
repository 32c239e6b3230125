"""Every protocol over real models: requests as botocore encodes them, answers as it parses them."""

from collections.abc import Iterator
from typing import Any

import pytest
import wire_models as wire

from conformance.protocols.table import PROTOCOLS
from conformance.spec.sdk_models.loader import operation

#: Protocol → some of its operations, with nested members of every kind.
TRIED = {
    "json": (
        "sqs:SendMessageBatch",
        "dynamodb:BatchGetItem",
        "dynamodb:PutItem",
        "kms:Encrypt",
        "stepfunctions:ListStateMachines",
        "cloudwatch:PutMetricData",
    ),
    "rest-json": (
        "lambda:CreateFunction",
        "lambda:ListFunctions",
        "lambda:GetFunction",
        "apigateway:PutRestApi",
        "glacier:InitiateJob",
        "iot:CreateThing",
        "iot:CreateJob",
    ),
    "query": (
        "iam:CreateRole",
        "iam:GetAccountSummary",
        "iam:ListUsers",
        "sns:SetSMSAttributes",
        "sns:PublishBatch",
        "cloudformation:CreateStack",
        "rds:DescribeDBInstances",
        "sdb:PutAttributes",
        "sdb:Select",
        "cloudwatch:PutMetricData",
        "sts:AssumeRoleWithWebIdentity",
    ),
    "ec2": ("ec2:DescribeVpcs", "ec2:RunInstances", "ec2:CreateVpc", "ec2:DescribeInstances"),
    "rest-xml": (
        "s3:ListObjectsV2",
        "s3:PutObject",
        "s3:DeleteObjects",
        "s3:PutBucketLifecycleConfiguration",
        "s3:ListBuckets",
        "s3:GetBucketLocation",
        "route53:ChangeResourceRecordSets",
        "route53:ListHostedZones",
        "cloudfront:CreateDistribution",
        "s3control:ListJobs",
    ),
    "smithy-rpc-v2-cbor": (
        "cloudwatch:PutMetricData",
        "cloudwatch:GetMetricData",
        "cloudwatch:ListMetrics",
        "textract:AnalyzeDocument",
        "codebuild:BatchGetBuilds",
    ),
}
EVERY = [(protocol, name) for protocol, names in TRIED.items() for name in names]


def made(protocol: str, name: str) -> Any:
    service, _, own = name.partition(":")
    return operation(service, own, protocol)


def expected(value: Any, schema: Any) -> Any:
    """What a server reads of a value: the bytes of a blob are a character each."""
    if isinstance(value, dict):
        inner = schema.get("additionalProperties")
        known = schema.get("properties", {})
        return {k: expected(v, inner or known.get(k, {})) for k, v in value.items()}
    if isinstance(value, list):
        return [expected(item, schema["items"]) for item in value]
    is_blob = schema.get("contentEncoding") == "base64"
    return value.encode().decode("latin-1") if is_blob else value


def pruned(value: Any) -> Any:
    """Without structures and lists that hold nothing: forms and queries do not say them."""
    if isinstance(value, dict):
        kept = {name: pruned(one) for name, one in value.items()}
        return {name: one for name, one in kept.items() if one not in ({}, [])}
    return [pruned(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("protocol", "name"), EVERY)
def test_what_botocore_encodes_is_read_back(protocol: str, name: str) -> None:
    """Each member of a request, nested ones included, is what the SDK was told."""
    op = made(protocol, name)
    told = wire.example(op.request)
    if "AccountId" in told:
        told["AccountId"] = "123456789012"  # it stands in the host's name
    read = PROTOCOLS[protocol].members(op, wire.encoded(op, told))
    assert pruned(read) == pruned(expected(told, op.request))


@pytest.mark.parametrize(("protocol", "name"), EVERY)
def test_what_an_alteration_says_is_read_back(protocol: str, name: str) -> None:
    """A member put on the wire past the SDK stands there as the SDK would have put it."""
    op = made(protocol, name)
    told = wire.example(op.request)
    if "AccountId" in told:
        told["AccountId"] = "123456789012"
    least = {n: v for n, v in told.items() if op.members[n].get("location") == "path"}
    least |= {n: v for n, v in told.items() if n == "AccountId"}
    sent = wire.altered(op, wire.encoded(op, least), members=told)
    read = PROTOCOLS[protocol].members(op, sent)
    assert pruned(read) == pruned(expected(told, op.request))


def answerable() -> Iterator[tuple[str, str]]:
    for protocol, name in EVERY:
        if made(protocol, name).response["properties"]:
            yield protocol, name


@pytest.mark.parametrize(("protocol", "name"), list(answerable()))
def test_answers_are_read_as_botocore_reads_them(protocol: str, name: str) -> None:
    """A good answer holds the members that the SDK finds in it, and the same values."""
    op = made(protocol, name)
    answer = wire.answered(op, wire.example(op.response))
    read = PROTOCOLS[protocol].output(op, answer)
    assert wire.same(read, wire.parsed(op, answer))


@pytest.mark.parametrize(("protocol", "name"), list(answerable()))
def test_an_answer_that_says_nothing(protocol: str, name: str) -> None:
    """An answer without any member is one all the same."""
    op = made(protocol, name)
    read = PROTOCOLS[protocol].output(op, wire.answered(op, {}))
    assert set(read) <= {op.wire.get("responsePayload")}


@pytest.mark.parametrize(("protocol", "name"), EVERY)
def test_an_operation_that_cannot_exist_is_asked_for(protocol: str, name: str) -> None:
    """Path, target or action name no operation, and nothing else of the request changes."""
    op = made(protocol, name)
    least = {"AccountId": "1"} if "AccountId" in op.members else {}
    labels = {n: "x" for n, s in op.members.items() if s.get("location") == "path"}
    honest = wire.encoded(op, least | labels)
    sent = wire.altered(op, honest, absent=True)
    told = f"{sent.target} {dict(sent.headers)} {sent.body!r}".lower().replace("-", "")
    assert "nosuchoperation" in told
    changed = [
        part
        for part in ("method", "url", "headers", "body")
        if getattr(sent, part) != getattr(honest, part)
    ]
    assert len(changed) == 1
