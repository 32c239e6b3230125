"""Members of a response under names that no client looks for, and names that hide nothing."""

import json
from typing import Any

import pytest

from conformance.checks.misnamed_members import Hidden, hidden, misspelt
from conformance.protocols.http import Response
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation
from conformance.spec.sdk_models.loader import operation

VPCS = operation("ec2", "DescribeVpcs")
PAIRS = operation("ec2", "DescribeKeyPairs")
BUCKETS = operation("s3", "ListBuckets")
ZONES = operation("cloudfront", "ListDistributions")
KEYS = operation("kms", "ListKeys")
TABLES = operation("dynamodb", "ListTables")
KEY = {"KeyId": "a", "KeyArn": "b"}

VPC = "<item><vpcId>v</vpcId></item>"
FOUND = f"<vpcSet>{VPC}</vpcSet>"


def read(op: Operation, body: Any) -> Any:
    raw = body if isinstance(body, str) else json.dumps(body)
    return PROTOCOLS[op.protocol].output(op, Response(status=200, headers=(), body=raw.encode()))


@pytest.mark.parametrize(
    ("op", "body", "name"),
    [
        (VPCS, f"<R><DescribeVpcsResult>{FOUND}</DescribeVpcsResult></R>", "DescribeVpcsResult"),
        (VPCS, f"<E><Body><DescribeVpcsResponse>{FOUND}</DescribeVpcsResponse></Body></E>", "Body"),
        (VPCS, f"<R><things>{VPC}{VPC}</things></R>", "things"),
        (BUCKETS, "<R><L><Owner><ID>i</ID></Owner></L></R>", "L"),
        (ZONES, "<R><L><Marker>m</Marker><Quantity>1</Quantity></L></R>", "L"),
        (KEYS, {"Result": {"Keys": [KEY]}, "ResponseMetadata": {}}, "Result"),
        (KEYS, {"statusCode": 200, "body": {"Truncated": True}}, "body"),
        (KEYS, {"statusCode": 200, "body": json.dumps({"Keys": [KEY]})}, "body"),
        (KEYS, {"Items": [KEY], "Count": 1}, "Items"),
    ],
)
def test_what_no_client_can_read_is_hidden(op: Operation, body: Any, name: str) -> None:
    """A response that is wrapped once more, or under another name, is empty to every client."""
    assert hidden(op, read(op, body)) == Hidden(name, certain=True)


@pytest.mark.parametrize(
    ("op", "body", "name"),
    [
        (KEYS, {"Items": [KEY], "Truncated": False}, "Items"),
        (TABLES, {"Names": ["a"]}, "Names"),
    ],
)
def test_what_may_be_hidden(op: Operation, body: Any, name: str) -> None:
    """Another list may be the described one, under another name."""
    assert hidden(op, read(op, body)) == Hidden(name, certain=False)


@pytest.mark.parametrize(
    ("op", "body"),
    [
        (KEYS, {}),
        (KEYS, {"requestId": "1"}),
        (KEYS, {"$metadata": {"httpStatusCode": 200, "attempts": 1}}),
        (KEYS, {"ResponseMetadata": {"RequestId": "1", "HTTPHeaders": {"a": "b"}}}),
        (KEYS, {"page": {"NextMarker": None, "Truncated": False}, "warnings": ["w"]}),
        (KEYS, {"Keys": [KEY], "Copy": {"Keys": [KEY]}}),
        (KEYS, {"Truncated": False, "Aliases": [{"AliasName": "a"}]}),
        (KEYS, {"note": "{"}),
        (TABLES, {"LastEvaluatedTableName": "a", "Names": ["a"]}),
        (VPCS, "<R><requestId>r</requestId></R>"),
        (VPCS, "<R><vpcSet/><more><vpcSet/></more></R>"),
        (VPCS, f"<R>{FOUND}</R>"),
        (ZONES, "<R><Items/></R>"),
        (operation("kms", "DisableKey"), ""),
    ],
)
def test_what_hides_nothing(op: Operation, body: Any) -> None:
    """Undocumented members are allowed, and an empty response may be empty."""
    assert hidden(op, read(op, body)) is None


@pytest.mark.parametrize(
    ("op", "body", "names"),
    [
        (VPCS, "<R><VpcSet/></R>", [("VpcSet", "vpcSet")]),
        (VPCS, "<R><Vpcs/></R>", [("Vpcs", "vpcSet")]),
        (VPCS, "<R><vpcSet><item><VpcId>v</VpcId></item></vpcSet></R>", [("VpcId", "vpcId")]),
        (PAIRS, "<R><keyPairs/></R>", [("keyPairs", "keySet")]),
        (KEYS, {"keys": [], "truncated": False}, [("keys", "Keys"), ("truncated", "Truncated")]),
        (VPCS, "<R><vpcSet/><VpcSet/></R>", []),
    ],
)
def test_names_are_compared_as_the_wire_has_them(
    op: Operation, body: Any, names: list[tuple[str, str]]
) -> None:
    """What is almost a name of the wire, or the SDK's name in place of it, is misspelt."""
    assert sorted(misspelt(read(op, body), op.response)) == names
