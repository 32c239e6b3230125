"""Entries that a success refuses: which members say so, over the models of many services."""

from typing import Any

import pytest

from conformance.checks.refused_entries import refused_entries
from conformance.spec.registry import registry

NO = {"ErrorCode": "No", "ErrorMessage": "no"}
#: Responses that refuse one entry, with its code where it has one.
REFUSING: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "kinesis:PutRecords": ({"Records": [{"SequenceNumber": "1"}, NO]}, ("No",)),
    "firehose:PutRecordBatch": ({"RequestResponses": [{"RecordId": "1"}, NO]}, ("No",)),
    "events:PutEvents": ({"Entries": [{"EventId": "1"}, NO]}, ("No",)),
    "events:PutTargets": ({"FailedEntries": [NO]}, ("No",)),
    "sqs:SendMessageBatch": (
        {"Successful": [{"Id": "a"}], "Failed": [{"Id": "b", "Code": "No", "Message": "no"}]},
        ("No",),
    ),
    "sns:PublishBatch": ({"Failed": [{"Id": "b", "Code": "No", "SenderFault": True}]}, ("No",)),
    "s3:DeleteObjects": ({"Errors": [{"Key": "k", "Code": "No", "Message": "no"}]}, ("No",)),
    "ec2:DeleteFlowLogs": ({"Unsuccessful": [{"Error": {"Code": "No", "Message": "n"}}]}, ("No",)),
    "glue:BatchDeleteTable": ({"Errors": [{"TableName": "t", "ErrorDetail": NO}]}, ("No",)),
    "dynamodb:BatchExecuteStatement": (
        {"Responses": [{"TableName": "t"}, {"Error": {"Code": "No", "Message": "no"}}]},
        ("No",),
    ),
    "dynamodb:BatchWriteItem": ({"UnprocessedItems": {"t": [{}]}}, ()),
    "dynamodb:BatchGetItem": ({"UnprocessedKeys": {"t": {}}}, ()),
    "ssm:GetParameters": ({"InvalidParameters": ["p"]}, ()),
    "ecs:DescribeClusters": ({"failures": [{"arn": "a", "reason": "MISSING"}]}, ()),
    "secretsmanager:BatchGetSecretValue": (
        {"Errors": [{"SecretId": "s", "ErrorCode": "No", "Message": "no"}]},
        ("No",),
    ),
    "xray:PutTraceSegments": ({"UnprocessedTraceSegments": [{"Id": "1", **NO}]}, ("No",)),
}
#: Responses that refuse nothing, though something in them is named after errors or codes.
ACCEPTING: dict[str, dict[str, Any]] = {
    "kinesis:PutRecords": {"Records": [{"ErrorCode": None}, {"SequenceNumber": "1"}]},
    "sqs:SendMessageBatch": {"Successful": [{"Id": "a"}], "Failed": []},
    "dynamodb:BatchWriteItem": {"UnprocessedItems": {}},
    "ssm:UpdatePatchBaseline": {"RejectedPatches": ["p"]},  # what the request gave
    "ec2:DescribeInstances": {"Reservations": [{"Instances": [{"StateReason": {"Code": "c"}}]}]},
    "lambda:ListFunctions": {"Functions": [{"LastUpdateStatusReasonCode": "InternalError"}]},
    "iam:CreateUser": {"User": {"UserName": "errors"}},
}


@pytest.mark.parametrize("name", REFUSING)
def test_an_entry_is_refused(name: str) -> None:
    """One entry, with its code where the service gives one."""
    body, codes = REFUSING[name]
    found = refused_entries(registry().find(name), body)
    assert found is not None
    assert (found.count, found.codes) == (1, codes)
    assert str(found) == "1 entry refused" + (": No" if codes else "")


@pytest.mark.parametrize("name", ACCEPTING)
def test_none_is_refused(name: str) -> None:
    """A code that is absent, an empty list, an echo, a state of what is listed."""
    assert refused_entries(registry().find(name), ACCEPTING[name]) is None


@pytest.mark.parametrize("body", [None, {}, {"Failed": None}, {"Failed": "x"}, {"Failed": [1]}])
def test_an_odd_body_is_no_trouble(body: Any) -> None:
    """What is no list of entries names none; an entry of another type has no code."""
    found = refused_entries(registry().find("sqs:SendMessageBatch"), body)
    assert found is None or (found.count, found.codes) == (1, ())
