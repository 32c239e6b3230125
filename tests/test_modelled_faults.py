"""The calibration of what only models and protocols promise: faults and dialects of their answers.

The embedded server speaks one protocol and has no integers, blobs and unions; here each promise
has an answer that is right, a fault that every check together notice as just one clause, and
dialects that none of them objects to.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from conformance.checks.evidence import Evidence
from conformance.checks.findings import Verdict
from conformance.checks.table import CHECKS
from conformance.generation.plans import Call, Case, Expect
from conformance.protocols import rpc_v2_cbor
from conformance.protocols.http import Exchange, Request, Response
from conformance.protocols.table import PROTOCOLS
from conformance.spec.sdk_models.loader import operation

Headers = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer of a modelled operation; ``asked`` are headers of the request."""

    operation: str
    body: Any = b""
    headers: Headers = field(default_factory=dict)
    status: int = 200
    asked: Headers = field(default_factory=dict)
    method: str = "POST"
    protocol: str | None = None

    def but(self, **other: Any) -> "Answer":
        """The same answer with other parts; headers are added, or taken away with ``None``."""
        headers = {**self.headers, **other.pop("headers", {})}
        kept = {name: value for name, value in headers.items() if value is not None}
        return replace(self, headers=kept, **other)

    def finds(self) -> dict[str, str]:
        """What all checks find, passes aside: verdicts by clause path.

        Whether the refusal is one for the case's own clause is not what an answer is here for.
        """
        service, _, name = self.operation.partition(":")
        op = operation(service, name, self.protocol)
        raw = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        exchange = Exchange(
            operation=op.id,
            params={},
            request=Request(
                method=self.method,
                url="http://localhost/",
                headers=tuple(self.asked.items()),
                body=b"",
            ),
            response=Response(status=self.status, headers=tuple(self.headers.items()), body=raw),
        )
        failed = self.status >= 400
        clause = f"{op.id}/request/{next(iter(op.members))}/type" if failed else f"{op.id}/x/y"
        case = Case(
            id=clause,
            operation=op.id,
            clause=clause,
            expect=Expect.REFUSED if failed else Expect.ACCEPTED,
            title="a promise: fabricated",
            steps=(Call(),),
        )
        evidence = Evidence(
            operation=op,
            protocol=PROTOCOLS[op.protocol],
            case=case,
            steps=((exchange,),),
            broken=(clause,),
        )
        return {
            finding.clause.split("/", 1)[1]: str(finding.verdict)
            for check in CHECKS.values()
            for finding in check.judge(evidence)
            if finding.verdict not in {Verdict.PASS, Verdict.OBSERVED}
            and (finding.clause, finding.verdict) != (clause, Verdict.INCONCLUSIVE)
        }


ID = {"x-amzn-RequestId": "1"}
TYPE = "Content-Type"
JSON_1_0, JSON_1_1 = ("application/x-amz-json-1.0", "application/x-amz-json-1.1")
JSON = {TYPE: "application/json", **ID}

TABLES = Answer(
    operation="dynamodb:ListTables", body={"TableNames": []}, headers={TYPE: JSON_1_0, **ID}
)
KEYS = Answer(operation="kms:ListKeys", body={"Keys": []}, headers={TYPE: JSON_1_1, **ID})
NO_KEYS = KEYS.but(status=400, body={"__type": "ValidationException", "message": "No."})
QUEUE = Answer(
    operation="sqs:GetQueueUrl",
    status=400,
    body={"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "No."},
    headers={
        TYPE: JSON_1_0,
        "x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender",
        **ID,
    },
    asked={"x-amzn-query-mode": "true"},
)
ALARM = Answer(
    operation="cloudwatch:GetDashboard",
    protocol="smithy-rpc-v2-cbor",
    status=400,
    body=rpc_v2_cbor.dump({"__type": "ResourceNotFound"}),
    headers={
        TYPE: "application/cbor",
        "smithy-protocol": "rpc-v2-cbor",
        "x-amzn-query-error": "ResourceNotFound;Sender",
        **ID,
    },
    asked={"x-amzn-query-mode": "true"},
)
OBJECT = Answer(
    operation="s3:PutObject",
    headers={"ETag": '"a"', "x-amz-version-id": "v", "x-amz-request-id": "1"},
    method="PUT",
)
DELETED = Answer(
    operation="lambda:DeleteAlias", status=204, headers={"x-amzn-RequestId": "1"}, method="DELETE"
)
MADE = {"CreationDateTime": 1767225600, "ItemCount": 1}
TABLE = TABLES.but(operation="dynamodb:DescribeTable", body={"Table": MADE})
GROUPS = KEYS.but(operation="logs:DescribeLogGroups", body={"logGroups": [{}]})
FUNCTION = Answer(
    operation="lambda:GetFunctionConfiguration",
    body={"MemorySize": 128},
    headers=JSON,
    method="GET",
)
SECRET = KEYS.but(operation="kms:Encrypt", body={"CiphertextBlob": "YWJj"})
BUCKETS = Answer(
    operation="s3:ListBuckets",
    body=b"<R><Buckets><Bucket><CreationDate>2026-01-01T00:00:00.000Z</CreationDate></Bucket></Buckets></R>",
    headers={TYPE: "application/xml", "x-amz-request-id": "1"},
    method="GET",
)
INFERENCE = Answer(
    operation="sagemaker-runtime:InvokeEndpoint",
    body=b"1,2",
    headers={TYPE: "text/csv; charset=utf-8", **ID},
    asked={"Accept": "text/csv"},
)
LIMITS = Answer(
    operation="connect:DescribePredefinedAttribute",
    body={"PredefinedAttribute": {"Name": "a", "Values": {"StringList": ["a"]}}},
    headers=JSON,
    method="GET",
)

#: name → the right answer, the fault in it, the clause that it violates, the verdict.
FAULTS: Mapping[str, tuple[Answer, Answer, str, str]] = {
    "json-1.1-for-1.0": (
        TABLES,
        TABLES.but(headers={TYPE: JSON_1_1}),
        "response/content-type",
        "warn",
    ),
    "json-1.0-for-1.1": (KEYS, KEYS.but(headers={TYPE: JSON_1_0}), "response/content-type", "warn"),
    "json-1.0-for-1.1-in-errors": (
        NO_KEYS,
        NO_KEYS.but(headers={TYPE: JSON_1_0}),
        "errors/content-type",
        "warn",
    ),
    "no-query-error": (
        QUEUE,
        QUEUE.but(headers={"x-amzn-query-error": None}),
        "errors/query-error",
        "warn",
    ),
    "query-error-of-another": (
        ALARM,
        ALARM.but(headers={"x-amzn-query-error": "DashboardNotFoundError;Sender"}),
        "errors/query-error",
        "warn",
    ),
    "query-error-without-fault": (
        QUEUE,
        QUEUE.but(headers={"x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue"}),
        "errors/query-error",
        "warn",
    ),
    "no-query-error-in-cbor": (
        ALARM,
        ALARM.but(headers={"x-amzn-query-error": None}),
        "errors/query-error",
        "warn",
    ),
    "xml-where-no-body-is-due": (
        OBJECT,
        OBJECT.but(body=b"<PutObjectOutput/>", headers={TYPE: "application/xml"}),
        "response/no-body",
        "warn",
    ),
    "text-where-no-body-is-due": (DELETED, DELETED.but(body=b"OK"), "response/no-body", "warn"),
    "long-of-65-bits": (
        TABLE,
        TABLE.but(body={"Table": {**MADE, "ItemCount": 2**63}}),
        "response/Table/ItemCount/type",
        "fail",
    ),
    "integer-of-33-bits": (
        FUNCTION,
        FUNCTION.but(body={"MemorySize": -(2**31) - 1}),
        "response/MemorySize/type",
        "warn",
    ),
    "integer-of-65-bits": (
        FUNCTION,
        FUNCTION.but(body={"MemorySize": 2**64}),
        "response/MemorySize/type",
        "fail",
    ),
    "union-of-two": (
        LIMITS,
        LIMITS.but(
            body={
                "PredefinedAttribute": {
                    "Name": "a",
                    "Values": {"StringList": ["a"], "Another": {}},
                }
            }
        ),
        "response/PredefinedAttribute/Values/one-member",
        "fail",
    ),
    "blob-as-text": (
        SECRET,
        SECRET.but(body={"CiphertextBlob": "plain text"}),
        "response/CiphertextBlob/type",
        "fail",
    ),
    "blob-without-padding": (
        SECRET,
        SECRET.but(body={"CiphertextBlob": "YWI"}),
        "response/CiphertextBlob/type",
        "fail",
    ),
    "blob-in-lines": (
        SECRET,
        SECRET.but(body={"CiphertextBlob": "YWJj\nYWJj"}),
        "response/CiphertextBlob/type",
        "warn",
    ),
    "timestamp-as-text-in-json": (
        TABLE,
        TABLE.but(body={"Table": {"CreationDateTime": "2026-01-01T00:00:00Z"}}),
        "response/Table/CreationDateTime/type",
        "fail",
    ),
    "timestamp-in-seconds-in-xml": (
        BUCKETS,
        BUCKETS.but(body=BUCKETS.body.replace(b"2026-01-01T00:00:00.000Z", b"1767225600")),
        "response/Buckets/item/CreationDate/format",
        "warn",
    ),
    "timestamp-without-zone-in-xml": (
        BUCKETS,
        BUCKETS.but(body=BUCKETS.body.replace(b".000Z", b"")),
        "response/Buckets/item/CreationDate/format",
        "warn",
    ),
    "another-type-than-accepted": (
        INFERENCE,
        INFERENCE.but(headers={TYPE: "application/json"}),
        "response/accepted-type",
        "warn",
    ),
    "no-type-for-what-is-accepted": (
        INFERENCE,
        INFERENCE.but(headers={TYPE: None}),
        "response/accepted-type",
        "warn",
    ),
}

#: name → an answer that is right.
DIALECTS: Mapping[str, Answer] = {
    "plain-json-for-1.0": TABLES.but(headers={TYPE: "application/json"}),
    "plain-json-for-1.1-in-errors": NO_KEYS.but(headers={TYPE: "application/json; charset=utf-8"}),
    "json-with-charset": KEYS.but(headers={TYPE: f"{JSON_1_1}; charset=utf-8"}),
    "query-error-of-the-service": QUEUE.but(
        headers={"x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Receiver"}
    ),
    "no-query-error-where-nobody-asks": QUEUE.but(headers={"x-amzn-query-error": None}, asked={}),
    "no-query-error-of-an-unmodelled-error": QUEUE.but(
        body={"__type": "InvalidParameterValue"}, headers={"x-amzn-query-error": None}
    ),
    "object-where-no-body-is-due": DELETED.but(status=204, body=b"{}"),
    "white-space-where-no-body-is-due": OBJECT.but(body=b"\n"),
    "root-of-an-output-without-members": Answer(
        operation="route53:ChangeTagsForResource",
        body=b'<ChangeTagsForResourceResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"/>',
        headers={TYPE: "text/xml", **ID},
    ),
    "longest-integer": GROUPS.but(body={"logGroups": [{"metricFilterCount": -(2**31)}]}),
    "longest-long": TABLE.but(
        body={"Table": {**MADE, "ItemCount": 2**63 - 1, "TableSizeBytes": -(2**63)}}
    ),
    "longest-long-in-rest": FUNCTION.but(body={"CodeSize": 2**63 - 1}),
    "whole-number-with-a-point": FUNCTION.but(body=b'{"MemorySize": 128.0}'),
    "union-with-nulls": LIMITS.but(
        body={
            "PredefinedAttribute": {
                "Name": "a",
                "Values": {"StringList": ["a"], "Another": None, "__type": "Values"},
            }
        }
    ),
    "union-of-an-unknown-member": LIMITS.but(
        body={"PredefinedAttribute": {"Name": "a", "Values": {"Another": {}}}}
    ),
    "empty-blob": SECRET.but(body={"CiphertextBlob": ""}),
    "timestamp-with-a-fraction": TABLE.but(body={"Table": {"CreationDateTime": 1767225600.123}}),
    "timestamp-with-an-offset": BUCKETS.but(body=BUCKETS.body.replace(b".000Z", b"+01:00")),
    "any-type-is-accepted": INFERENCE.but(asked={"Accept": "*/*"}, headers={TYPE: "image/png"}),
    "a-kind-of-type-is-accepted": INFERENCE.but(asked={"Accept": "application/json, text/*;q=0.5"}),
    "bytes-of-no-type": INFERENCE.but(headers={TYPE: "application/octet-stream"}),
    "no-type-is-named": INFERENCE.but(asked={}, headers={TYPE: "image/png"}),
    "status-that-is-a-member": Answer(
        operation="lambda:Invoke", status=202, headers={"x-amzn-RequestId": "1"}
    ),
    "stream-of-events-in-xml": Answer(
        operation="s3:SelectObjectContent",
        body=b"\0\0\0\x10\0\0\0\0\x05\xc2H\xeb}\x98\xc8\xff",
        headers={"x-amz-request-id": "1"},
    ),
    "stream-of-events-in-json": Answer(
        operation="bedrock-runtime:ConverseStream",
        body=b"\0\0\0\x10\0\0\0\0\x05\xc2H\xeb}\x98\xc8\xff",
        headers={TYPE: "application/vnd.amazon.eventstream", **ID},
    ),
    "numbers-that-json-has-not": Answer(
        operation="cloudwatch:GetMetricStatistics",
        protocol="json",
        body={"Datapoints": [{"Average": "NaN", "Sum": "-Infinity"}]},
        headers={TYPE: JSON_1_0, **ID},
    ),
    "numbers-that-xml-has-as-text": Answer(
        operation="cloudwatch:GetMetricStatistics",
        protocol="query",
        body=b"<R><GetMetricStatisticsResult><Datapoints><member><Average>NaN</Average></member>"
        b"</Datapoints></GetMetricStatisticsResult><ResponseMetadata><RequestId>1</RequestId>"
        b"</ResponseMetadata></R>",
        headers={TYPE: "text/xml"},
    ),
    "nothing-of-any-type": INFERENCE.but(body=b"", headers={TYPE: None}),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_noticed_as_one_clause(name: str) -> None:
    """The right answer shows nothing; with the fault in it just that clause is violated."""
    right, wrong, clause, verdict = FAULTS[name]
    assert right.finds() == {}
    assert wrong.finds() == {clause: verdict}


@pytest.mark.parametrize("name", DIALECTS)
def test_a_dialect_shows_nothing(name: str) -> None:
    """A right way to answer violates nothing, not even what should be."""
    assert DIALECTS[name].finds() == {}
