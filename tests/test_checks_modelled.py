"""The checks on fabricated answers of operations that only the SDK's models describe."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from conformance.checks.errors import COMMON
from conformance.checks.findings import Verdict
from conformance.checks.table import CHECKS
from conformance.generation.plans import Expect
from conformance.protocols import rpc_v2_cbor
from conformance.protocols.table import PROTOCOLS
from conformance.spec.sdk_models import loader as sdk_models

KMS = "kms:ListKeys"
LIMIT = "request/Limit/maximum"
JSON = ("Content-Type", "application/x-amz-json-1.1")
ID = ("x-amzn-RequestId", "1")

Finds = Mapping[str, str]
Find = Callable[..., Finds]


@pytest.fixture
def find(fabricate: Any) -> Find:
    """What one check finds on one answer, beside passes: clause path → verdict."""

    def judge(check: str, expect: Expect = Expect.REFUSED, **said: Any) -> Finds:
        operation, path = said.pop("operation", KMS), said.pop("path", LIMIT)
        protocol = said.pop("protocol", None)
        broken = (f"{operation}/{path}",) if said.pop("broken", False) else ()
        exchange = fabricate.exchange(operation, **{"headers": (JSON, ID), **said})
        valid_control = fabricate.exchange(operation, status=200)
        evidence = fabricate.evidence(
            path,
            expect,
            exchange,
            operation=operation,
            valid_control=valid_control,
            broken=broken,
        )
        if protocol:
            service, _, name = operation.partition(":")
            evidence = dataclasses.replace(
                evidence,
                operation=sdk_models.operation(service, name, protocol),
                protocol=PROTOCOLS[protocol],
            )
        return {
            one.clause.split("/", 1)[1]: str(one.verdict)
            for one in CHECKS[check].judge(evidence)
            if one.verdict is not Verdict.PASS
        }

    return judge


#: What services say of broken constraints; the last one is in KMS's model.
OF_REQUESTS = (
    "ValidationException",
    "ValidationError",
    "SerializationException",
    "MalformedHttpRequestException",
    "MalformedInput",
    "InvalidParameterValue",
    "InvalidParameterValueException",
    "InvalidArgument",
    "MissingParameter",
    "BadRequestException",
    "LimitExceededException",
    "NoSuchBucket",
    "UnknownParameter",
    "ExpiredNextTokenException",
    "InvalidMarkerException",
)
#: What says something else: of the service, of who asks, of no such operation, or nothing at all.
OF_OTHER_THINGS = (
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "InternalFailure",
    "InternalError",
    "InvalidAction",
    "OptInRequired",
    "RequestExpired",
    "ServiceUnavailable",
    "ThrottlingException",
    "UnknownOperationException",
    "UnrecognizedClientException",
    "DependencyTimeoutException",
    "ClientError",
    "ValueError",
    "TypeError",
    "Error",
    "400",
)


def test_the_two_lists_speak_of_all_kinds() -> None:
    """Names of the Common Errors page are in both."""
    assert COMMON & set(OF_REQUESTS)
    assert COMMON & set(OF_OTHER_THINGS)


@pytest.mark.parametrize("name", OF_REQUESTS)
def test_a_type_about_the_request_fits_a_broken_constraint(name: str, find: Find) -> None:
    """Whatever a service calls it, and whether or not its model does."""
    assert find("broken-constraint", status=400, body={"__type": name}) == {}


@pytest.mark.parametrize("name", OF_OTHER_THINGS)
def test_a_type_about_something_else_does_not(name: str, find: Find) -> None:
    """Even where every service may answer it, to other requests."""
    found = find("broken-constraint", status=400, body={"__type": name})
    assert found == {"errors/broken-constraint": "warn"}


def test_what_a_model_calls_the_services_own_fault_does_not(find: Find) -> None:
    """DynamoDB's model states no status for InternalServerError, but whose fault it is."""
    found = find(
        "broken-constraint",
        operation="dynamodb:ListTables",
        status=400,
        body={"__type": "InternalServerError"},
    )
    assert found == {"errors/broken-constraint": "warn"}


@pytest.mark.parametrize("status", [301, 302, 304, 307])
def test_being_sent_elsewhere_is_no_refusal(status: int, find: Find) -> None:
    """A client that follows, or takes what it has, never learns that its request was wrong."""
    body = {"__type": "ValidationException"}
    assert find("broken-constraint", status=status, body=body) == {
        "errors/broken-constraint": "warn"
    }
    assert find("refused", status=status, body=body) == {LIMIT: "inconclusive"}


# ------------------------------------------------------------ request ids

MISSING = {"response/request-id": "warn"}
XML = ("Content-Type", "text/xml")
USERS = "<ListUsersResult><Users/><IsTruncated>false</IsTruncated></ListUsersResult>"
IAM, EC2, S3 = "iam:ListUsers", "ec2:DescribeVpcs", "s3:ListBuckets"


@pytest.mark.parametrize("status", [400, 404, 409])
def test_a_refusal_names_its_request_too(status: int, find: Find) -> None:
    """It is what people send to support: errors most of all have one."""
    body = {"__type": "ValidationException"}
    assert find("request-id", status=status, headers=(JSON, ID), body=body) == {}
    assert find("request-id", status=status, headers=(JSON,), body=body) == MISSING


@pytest.mark.parametrize(
    ("status", "body"),
    [(401, {"__type": "X"}), (403, {"__type": "X"}), (400, b"<html/>"), (413, b""), (302, b"")],
)
def test_what_a_gateway_refuses_need_not(status: int, body: Any, find: Find) -> None:
    """Bad signatures, and errors without the protocol's format or a type."""
    assert find("request-id", status=status, headers=(JSON,), body=body) == {}


@pytest.mark.parametrize(
    ("operation", "body", "in_header", "missing"),
    [
        (IAM, "{}<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>", False, False),
        (IAM, "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>{}", True, False),
        (IAM, "{}", True, True),
        (IAM, "{}<RequestId>r</RequestId>", True, True),
        (IAM, "{}<ResponseMetadata><RequestID>r</RequestID></ResponseMetadata>", True, True),
        (IAM, "{}<ResponseMetadata><RequestId/></ResponseMetadata>", True, True),
        (EC2, "<requestId>r</requestId><vpcSet/>", False, False),
        (EC2, "<vpcSet/>", True, True),
        (EC2, "<RequestID>r</RequestID><vpcSet/>", True, True),
        (S3, "<Buckets/>", True, False),
        (S3, "<Buckets/><RequestId>r</RequestId>", False, True),
    ],
)
def test_a_request_id_stands_where_the_protocol_has_it(
    operation: str, body: str, in_header: bool, missing: bool, find: Find
) -> None:
    """In query and EC2 that is the body: of a header the SDK makes no RequestId there."""
    found = find(
        "request-id",
        Expect.ACCEPTED,
        operation=operation,
        path="protocol/accepts-valid",
        headers=(XML, ID) if in_header else (XML,),
        body=f"<R>{body.format(USERS)}</R>".encode(),
    )
    assert found == (MISSING if missing else {})


@pytest.mark.parametrize(
    ("operation", "body", "in_header", "missing"),
    [
        (IAM, "<ErrorResponse>{}<RequestId>r</RequestId></ErrorResponse>", False, False),
        (IAM, "<ErrorResponse>{}</ErrorResponse>", True, True),
        (EC2, "<Response><Errors>{}</Errors><RequestID>r</RequestID></Response>", False, False),
        (EC2, "<Response><Errors>{}</Errors><RequestId>r</RequestId></Response>", False, False),
        (EC2, "<Response><Errors>{}</Errors></Response>", True, True),
        (S3, "<Error><Code>InvalidArgument</Code><RequestId>r</RequestId></Error>", False, False),
        (S3, "<Error><Code>InvalidArgument</Code></Error>", True, False),
        (S3, "<Error><Code>InvalidArgument</Code></Error>", False, True),
    ],
)
def test_a_request_id_of_an_error_in_xml(
    operation: str, body: str, in_header: bool, missing: bool, find: Find
) -> None:
    """EC2 spells it in two ways, one specified and one real."""
    found = find(
        "request-id",
        operation=operation,
        path="protocol/accepts-valid",
        status=400,
        headers=(XML, ID) if in_header else (XML,),
        body=body.format("<Error><Code>ValidationError</Code></Error>").encode(),
    )
    assert found == (MISSING if missing else {})


# ------------------------------------------------------------ content types

ODD = {"errors/content-type": "warn"}
HTML = ("Content-Type", "text/html")


@pytest.mark.parametrize(
    ("headers", "finds"),
    [
        ((JSON,), {}),
        ((("Content-Type", "application/json; charset=utf-8"),), {}),
        ((HTML,), ODD),
        ((XML,), ODD),
        ((), ODD),
    ],
)
def test_a_violated_constraint_is_reported_in_the_protocols_format(
    headers: Any, finds: Finds, find: Find
) -> None:
    """The service itself says so: its error has the Content-Type of its answers."""
    body = {"__type": "ValidationException"}
    assert find("content-type", status=400, headers=(ID, *headers), body=body) == finds


@pytest.mark.parametrize(
    ("status", "body"), [(404, b"{}"), (403, b"{}"), (400, b""), (400, b"<a/>")]
)
def test_other_refusals_are_of_any_form(status: int, body: bytes, find: Find) -> None:
    """A gateway's, and those without a body; another format is reported once, as that."""
    assert find("content-type", status=status, headers=(HTML,), body=body) == {}


@pytest.mark.parametrize(
    ("headers", "finds"),
    [
        ((("Smithy-Protocol", "rpc-v2-cbor"),), {}),
        ((), {"response/smithy-protocol": "warn"}),
        ((("smithy-protocol", "rpc-v2-json"),), {"response/smithy-protocol": "warn"}),
    ],
)
@pytest.mark.parametrize(
    ("expect", "status", "body"),
    [(Expect.ACCEPTED, 200, {"Metrics": []}), (Expect.REFUSED, 400, {"__type": "x#InvalidFormat"})],
)
def test_an_answer_in_cbor_says_which_protocol_it_is_of(
    expect: Expect, status: int, body: Any, headers: Any, finds: Finds, find: Find
) -> None:
    """Successes and refusals alike: clients are to look at that header first."""
    found = find(
        "content-type",
        expect,
        operation="cloudwatch:ListMetrics",
        protocol="smithy-rpc-v2-cbor",
        path="request/Namespace/maxLength",
        status=status,
        headers=(("Content-Type", "application/cbor"), ID, *headers),
        body=rpc_v2_cbor.dump(body),
    )
    assert found == finds


# ------------------------------------------------------------ pages


@pytest.mark.parametrize(
    ("operation", "pages", "finds"),
    [
        (KMS, [{"Keys": [], "Truncated": True, "NextMarker": "1"}, {"Truncated": False}], {}),
        (KMS, [{"Keys": [], "Truncated": True, "NextMarker": "1"}, {}], {}),
        (KMS, [{"Keys": [], "NextMarker": "1"}], {}),
        (KMS, [{"Keys": [], "Truncated": True}], {"pagination/end": "warn"}),
        (KMS, [{"Keys": [], "Truncated": True, "NextMarker": None}], {"pagination/end": "warn"}),
        (
            KMS,
            [{"Truncated": True, "NextMarker": "1"}, {"Truncated": True}],
            {"pagination/end": "warn"},
        ),
        ("sqs:ListQueues", [{"QueueUrls": [], "Truncated": True}], {}),
    ],
)
def test_a_page_that_says_that_there_is_more_has_a_token(
    operation: str, pages: Any, finds: Finds, fabricate: Any
) -> None:
    """Where the operation has such a flag, nothing else shows how to go on."""
    exchanges = [fabricate.exchange(operation, body=body) for body in pages]
    evidence = fabricate.evidence(
        "pagination/all-items", Expect.ACCEPTED, *exchanges, operation=operation, walk=True
    )
    found = CHECKS["end"].judge(evidence)
    assert {
        one.clause.split("/", 1)[1]: str(one.verdict)
        for one in found
        if one.verdict is not Verdict.PASS
    } == finds


OBJECTS = "s3:ListObjectsV2"
OBJECT = {"Bucket": "b", "Key": "k"}
STORED = {**OBJECT, "StorageClass": "x"}
FAILS = {"protocol/no-server-error": "fail"}
XML = ("Content-Type", "application/xml")
LISTED = b"<ListBucketResult><Name>b</Name><Prefix>%s</Prefix></ListBucketResult>"
NOT_IMPLEMENTED = b"<Error><Code>NotImplemented</Code></Error>"


@pytest.mark.parametrize(
    ("body", "path", "finds"),
    [
        (LISTED % b"a\x01b", "request/Prefix/control", {}),
        (LISTED % b"a&#x1;b", "request/Prefix/control", {}),
        (LISTED % b"a\x01b</Name>", "request/Prefix/control", {"protocol/readable": "fail"}),
        (LISTED % b"a\x01b", "request/Prefix/unicode", {"protocol/readable": "fail"}),
    ],
)
def test_control_characters_are_repeated(body: bytes, path: str, finds: Finds, find: Find) -> None:
    """S3 repeats those of the request, in XML that cannot hold them; it is XML otherwise."""
    said = {"operation": OBJECTS, "path": path, "body": body, "headers": (XML,)}
    assert find("readable", Expect.ANYTHING, status=200, **said) == finds


@pytest.mark.parametrize(
    ("status", "path", "finds"),
    [
        (415, "protocol/wrong-content-type", {}),
        (400, "protocol/unknown-member", {"protocol/readable": "fail"}),
        (200, "protocol/wrong-content-type", {"protocol/readable": "fail"}),
    ],
)
def test_a_body_of_another_type_is_refused_in_any_form(
    status: int, path: str, finds: Finds, find: Find
) -> None:
    """What refuses it need not speak the protocol; a success does."""
    assert find("readable", Expect.ANYTHING, path=path, status=status, body=b"<html>") == finds


@pytest.mark.parametrize(
    ("operation", "params", "body", "finds"),
    [
        ("s3:CreateMultipartUpload", STORED, NOT_IMPLEMENTED, {}),
        ("s3:CreateMultipartUpload", OBJECT, NOT_IMPLEMENTED, FAILS),
        ("s3:CreateMultipartUpload", STORED, b"", FAILS),
        (KMS, {"Limit": 1}, b'{"__type": "NotImplemented"}', FAILS),
    ],
)
def test_a_header_that_s3_does_not_implement(
    operation: str, params: Mapping[str, Any], body: bytes, finds: Finds, find: Find
) -> None:
    """S3 documents 501 NotImplemented for it; any other 501 is a server error."""
    said = {"operation": operation, "params": params, "body": body, "status": 501}
    path = "protocol/no-server-error"
    assert find("no-server-error", Expect.ACCEPTED, path=path, **said) == finds


#: An identifier that breaks a constraint, and what is answered of a lookup that came first.
LOOKED_UP = [
    ("dynamodb:ListTagsOfResource", "request/ResourceArn/maxLength", "AccessDeniedException", 400),
    ("dynamodb:ListTagsOfResource", "request/ResourceArn/maxLength", "AccessDeniedException", 403),
    ("dynamodb:TagResource", "request/Tags/item/Key/maxLength", "ResourceNotFoundException", 400),
    ("kms:DescribeKey", "request/KeyId/maxLength", "NotFoundException", 400),
    ("lambda:GetFunction", "request/FunctionName/pattern", "ResourceNotFoundException", 404),
    ("ecs:TagResource", "request/tags/item/key/maxLength", "ClusterNotFoundException", 400),
]


@pytest.mark.parametrize(("operation", "path", "kind", "status"), LOOKED_UP)
def test_a_lookup_may_come_before_a_constraint(
    find: Find, operation: str, path: str, kind: str, status: int
) -> None:
    """An ARN that is too long is one that is not there, or not the caller's: nothing is shown."""
    said = {"operation": operation, "path": path, "status": status, "body": {"__type": kind}}
    assert find("broken-constraint", **said) == {}


def test_an_error_of_the_service_is_no_lookup(find: Find) -> None:
    """Of an identifier that is too long as of anything else, it says the wrong thing."""
    path = "request/ResourceArn/maxLength"
    said = {"operation": "dynamodb:ListTagsOfResource", "path": path, "status": 400}
    body = {"__type": "InternalFailure"}
    assert find("broken-constraint", **said, body=body) == {"errors/broken-constraint": "warn"}


@pytest.mark.parametrize("kind", ["AccessDeniedException", "ResourceNotFoundException"])
def test_a_lookup_shows_no_constraint(find: Find, kind: str) -> None:
    """Where a number is out of bounds and what was named is not there, nothing follows."""
    found = find("refused", status=400, body={"__type": kind}, broken=True)
    assert found == {LIMIT: "inconclusive"}
    assert find("refused", status=400, body={"__type": "ValidationException"}, broken=True) == {}


@pytest.mark.parametrize(
    ("clause", "verdict"),
    [
        ("s3:PutBucketAcl/request/ACL/enum", "fail"),
        ("s3:GetObject/request/PartNumber/type", "fail"),
        ("s3:GetObject/request/ChecksumMode/enum", "warn"),
        ("s3:ListObjectsV2/request/FetchOwner/type", "warn"),
        ("s3:GetObject/request/RequestPayer/enum", "observed"),
        ("s3:GetObject/request/IfModifiedSince/type", "observed"),
        ("logs:FilterLogEvents/request/unmask/type", "fail"),
        ("logs:FilterLogEvents/request/interleaved/type", "observed"),
        ("events:ListRules/request/NextToken/maxLength", "fail"),
        ("iam:ListUsers/request/Marker/maxLength", "warn"),
    ],
)
def test_what_takes_another_value_is_held_to_what_is_known(
    clause: str, verdict: str, find: Find
) -> None:
    """To accept it is a fault, a dialect where no source says more; to refuse it is right."""
    operation, _, path = clause.partition("/")
    request = {"operation": operation, "path": path, "broken": True}
    assert find("refused", status=200, body={}, **request) == {path: verdict}
    refused = find("refused", status=400, body={"Code": "InvalidArgument"}, **request)
    assert refused in ({}, {path: "observed"})
