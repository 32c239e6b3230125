"""Recordings made elsewhere: which operation a request is of, or why none is recognised."""

import re
from collections.abc import Mapping

import pytest
from botocore.session import Session
from recorded_samples import signed

from conformance.protocols.http import Request
from conformance.recording.external.recognition import Kind, recognise
from conformance.spec.sdk_models.index import index


def target(name: str) -> dict[str, str]:
    return {"X-Amz-Target": name}


REDACTED = {"Authorization": "REDACTED", "User-Agent": "Boto3/1.40 md/Botocore#1.40"}
PRESIGNED = (
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20250101T000000Z&X-Amz-Signature=0"
    "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20250101%2Fus-west-2%2Fs3%2Faws4_request"
)
#: name → (method, URL, headers, body, operation, protocol)
RECOGNISED: Mapping[str, tuple[str, str, Mapping[str, str], bytes, str, str]] = {
    "target and redacted signature": (
        *("POST", "http://localhost:4566/", {**REDACTED, **target("DynamoDB_20120810.Scan")}),
        *(b"{}", "dynamodb:Scan", "json"),
    ),
    "target alone": (
        *("POST", "http://localhost:4566/", target("AmazonSQS.ListQueues")),
        *(b"{}", "sqs:ListQueues", "json"),
    ),
    "action and version": (
        *("POST", "http://localhost:1/", {}),
        *(b"Action=ListUsers&Version=2010-05-08", "iam:ListUsers", "query"),
    ),
    "action in the query": (
        *("GET", "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08", {}),
        *(b"", "iam:ListUsers", "query"),
    ),
    "an old version": (
        *("POST", "https://ec2.eu-west-1.amazonaws.com/", {}),
        *(b"Action=DescribeVpcs&Version=2014-02-01", "ec2:DescribeVpcs", "ec2"),
    ),
    "a shared API": (
        *("POST", "https://rds.amazonaws.com/", signed("rds")),
        *(b"Action=DescribeDBClusters&Version=2014-10-31", "rds:DescribeDBClusters", "query"),
    ),
    "CBOR": (
        "POST",
        "http://localhost/service/GraniteServiceVersion20100801/operation/ListMetrics",
        {"smithy-protocol": "rpc-v2-cbor"},
        *(b"\xa0", "cloudwatch:ListMetrics", "smithy-rpc-v2-cbor"),
    ),
    "path": (
        *("GET", "http://localhost/2015-03-31/functions/", signed("lambda")),
        *(b"", "lambda:ListFunctions", "rest-json"),
    ),
    "path alone": (
        *("GET", "http://localhost/2015-03-31/functions/", REDACTED),
        *(b"", "lambda:ListFunctions", "rest-json"),
    ),
    "literal query": (
        *("GET", "http://localhost/bucket?list-type=2&prefix=a", signed("s3")),
        *(b"", "s3:ListObjectsV2", "rest-xml"),
    ),
    "no literal query": (
        *("GET", "http://localhost/bucket?prefix=a", signed("s3")),
        *(b"", "s3:ListObjects", "rest-xml"),
    ),
    "a required header": (
        *("PUT", "http://localhost/bucket/key", {**signed("s3"), "x-amz-copy-source": "a/b"}),
        *(b"", "s3:CopyObject", "rest-xml"),
    ),
    "a required parameter": (
        *("PUT", "http://localhost/bucket/a/b?partNumber=1&uploadId=2", signed("s3")),
        *(b"", "s3:UploadPart", "rest-xml"),
    ),
    "a deprecated twin": (
        *("GET", "http://localhost/bucket?lifecycle", signed("s3")),
        *(b"", "s3:GetBucketLifecycleConfiguration", "rest-xml"),
    ),
    "presigned": (
        *("GET", f"http://localhost/bucket/a/b?{PRESIGNED}", {}),
        *(b"", "s3:GetObject", "rest-xml"),
    ),
    "presigned, for a bucket's host": (
        *("GET", f"https://my.bucket.s3.us-west-2.amazonaws.com/a/b?{PRESIGNED}", {}),
        *(b"", "s3:GetObject", "rest-xml"),
    ),
    "a bucket's host": (
        *("GET", "https://bucket.s3.amazonaws.com/?list-type=2", {}),
        *(b"", "s3:ListObjectsV2", "rest-xml"),
    ),
    "a bucket's host at home": (
        *("GET", "http://bucket.localhost:4566/?list-type=2", signed("s3")),
        *(b"", "s3:ListObjectsV2", "rest-xml"),
    ),
    "buckets": (
        *("GET", "https://s3.us-east-1.amazonaws.com/", signed("s3")),
        *(b"", "s3:ListBuckets", "rest-xml"),
    ),
    "directory buckets": (
        *("GET", "https://s3express-control.us-west-2.amazonaws.com/", signed("s3express")),
        *(b"", "s3:ListDirectoryBuckets", "rest-xml"),
    ),
    "the host tells services apart": (
        *("GET", "https://voice-chime.us-east-1.amazonaws.com/phone-numbers", signed("chime")),
        *(b"", "chime-sdk-voice:ListPhoneNumbers", "rest-json"),
    ),
    "documents go first": (
        *("GET", "https://service.chime.aws.amazon.com/phone-numbers", signed("chime")),
        *(b"", "chime:ListPhoneNumbers", "rest-json"),
    ),
    "a client that names its API": (
        "GET",
        "http://localhost/2015-03-31/functions/",
        {"User-Agent": "aws-sdk-js/3.500 ua/2.0 api/lambda#3.500"},
        *(b"", "lambda:ListFunctions", "rest-json"),
    ),
    "a client that names the operation": (
        *("GET", "https://s3.amazonaws.com/bucket?x-id=ListObjects", {}),
        *(b"", "s3:ListObjects", "rest-xml"),
    ),
}


def asked(method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Request:
    return Request(method=method, url=url, headers=tuple(headers.items()), body=body)


class TestRecognition:
    @pytest.mark.parametrize("name", RECOGNISED)
    def test_an_operation_is_told_from_the_bytes(self, name: str) -> None:
        """Signature, host, target, action and path say which operation is meant."""
        method, url, headers, body, operation, protocol = RECOGNISED[name]
        found = recognise(asked(method, url, headers, body))
        assert found.operation is not None, found.reason
        assert (found.operation.id, found.operation.protocol) == (operation, protocol)

    def test_a_bucket_in_the_host_is_a_member(self) -> None:
        """The bucket of a virtual host is in the path of the request that is judged."""
        found = recognise(asked("GET", "https://my.bucket.s3.amazonaws.com/a?x=1", {}))
        assert found.request.url == "https://my.bucket.s3.amazonaws.com/my.bucket/a?x=1"

    @pytest.mark.parametrize(
        ("request_", "kind", "reason"),
        [
            (
                asked("GET", "http://localhost/phone-numbers", signed("chime")),
                Kind.AMBIGUOUS,
                "chime:ListPhoneNumbers or chime-sdk-voice:ListPhoneNumbers",
            ),
            (
                asked("POST", "http://h/", {}, b"Action=DescribeDBClusters&Version=2014-10-31"),
                Kind.AMBIGUOUS,
                "say which with --operations",
            ),
            (
                asked("POST", "https://dynamodb.us-east-1.amazonaws.com/", target("X.Scann")),
                Kind.UNKNOWN,
                "X-Amz-Target says X.Scann",
            ),
            (
                asked("GET", "https://lambda.us-east-1.amazonaws.com/nowhere", signed("lambda")),
                Kind.UNKNOWN,
                "GET /nowhere is no operation there",
            ),
            (
                asked(
                    "POST",
                    "https://queue.amazonaws.com/",
                    {},
                    b"Action=ListQueues&Version=2012-11-05",
                ),
                Kind.UNSPOKEN,
                "no longer describes",
            ),
            (asked("GET", "https://example.com/", {}), Kind.FOREIGN, "nothing in it is AWS's"),
            (
                asked("POST", "https://example.com/", {}, b"Action=login&user=me"),
                Kind.FOREIGN,
                "nothing in it is AWS's",
            ),
        ],
    )
    def test_what_is_not_recognised_has_a_reason(
        self, request_: Request, kind: Kind, reason: str
    ) -> None:
        """Nothing is guessed: what is ambiguous, unknown or not AWS's at all is said to be so."""
        found = recognise(request_)
        assert (found.kind, found.operation) == (kind, None)
        assert reason in found.reason

    def test_a_choice_among_services_is_said(self) -> None:
        """Where services share one API, the note names the others."""
        method, url, headers, body, *_ = RECOGNISED["a shared API"]
        note = recognise(asked(method, url, headers, body)).note
        assert "docdb:DescribeDBClusters" in note
        assert "neptune:DescribeDBClusters" in note
        assert "by its path alone" in recognise(asked("GET", *RECOGNISED["path alone"][1:3])).note

    @pytest.mark.parametrize("service", ["lambda", "route53", "s3"])
    def test_every_operation_of_a_service_is_told_apart(self, service: str) -> None:
        """No request line that a model describes is taken for another operation's."""
        entry = index()[service]
        model = Session().get_service_model(service)
        for name in model.operation_names:
            operation = model.operation_model(name)
            path, _, query = operation.http["requestUri"].partition("?")
            headers = signed(entry.signing)
            needs = operation.input_shape.required_members if operation.input_shape else ()
            for member in needs:
                shape = operation.input_shape.members[member]
                wire_name = shape.serialization.get("name", member)
                if shape.serialization.get("location") == "querystring":
                    query = f"{query}&{wire_name}=x".lstrip("&")
                elif shape.serialization.get("location") == "header":
                    headers[wire_name] = "x"
            path = re.sub(r"\{[^}]+\}", "x", path)
            url = f"https://{entry.endpoint}.us-east-1.amazonaws.com{path}?{query}".rstrip("?")
            found = recognise(asked(operation.http["method"], url, headers))
            if operation.has_event_stream_input or operation.has_event_stream_output:
                assert found.reason.startswith(f"{service}:{name}: ")
                continue
            assert found.operation is not None, (name, found.reason)
            deprecated = operation.deprecated or name == "ListDirectoryBuckets"
            assert deprecated or found.operation.name == name

    def test_operations_decide(self) -> None:
        """Which of several is meant can be said."""
        request = asked("GET", "http://localhost/phone-numbers", signed("chime"))
        found = recognise(request, ("chime-sdk-voice:*",))
        assert found.operation is not None
        assert found.operation.id == "chime-sdk-voice:ListPhoneNumbers"


# ---------------------------------------------------------------- files
