"""Recordings that others made: read in all their forms, their operations recognised or not."""

import base64
import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from botocore.session import Session
from recorded_samples import ANSWER, ENTRY, PACKED, SQS, Data, cassette, har, merged, signed

from conformance.protocols.http import Failure, Request, Response
from conformance.recording.external.files import RecordingError, read
from conformance.recording.external.recognition import Kind, recognise
from conformance.recording.external.recordings import account
from conformance.recording.provenance import FORMAT
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
        """The bucket of a virtual host stands in the path of the request that is judged."""
        found = recognise(asked("GET", "https://my.bucket.s3.amazonaws.com/a?x=1", {}))
        assert found.request.url == "https://my.bucket.s3.amazonaws.com/my.bucket/a?x=1"

    @pytest.mark.parametrize(
        ("request_", "kind", "told"),
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
    def test_what_cannot_be_told_is_said(self, request_: Request, kind: Kind, told: str) -> None:
        """Nothing is guessed: what is ambiguous, unknown or not AWS's at all is said to be so."""
        found = recognise(request_)
        assert (found.kind, found.operation) == (kind, None)
        assert told in found.reason

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


class TestCassettes:
    @pytest.mark.parametrize(
        "changes",
        [
            {},
            {"response_body": ANSWER.decode()},
            {"response_body": {"string": ANSWER.decode(), "encoding": "utf-8"}},
            {"response_body": {"base64_string": base64.encodebytes(ANSWER).decode()}},
            {
                "response_body": {"base64_string": base64.b64encode(PACKED).decode()},
                "response_headers": {
                    "Content-Encoding": "gzip",
                    "Content-Type": "application/json",
                },
            },
            {"request_headers": {"x-amz-target": "AmazonSQS.ListQueues"}},
            {"request_headers": [["X-Amz-Target", "AmazonSQS.ListQueues"]]},
            {"request_body": {"string": '{"MaxResults": 10}', "encoding": "utf-8"}},
            {"response_status": 200},
        ],
    )
    def test_every_form_reads_the_same(self, tmp_path: Path, changes: Data) -> None:
        """Headers as lists or texts, bodies in any form: the bytes are the same."""
        recording = read(cassette(tmp_path / "c.json", merged(SQS, **changes)))
        (one,) = recording.interactions
        assert isinstance(one.outcome, Response)
        assert (one.outcome.status, one.outcome.body) == (200, ANSWER)
        assert one.request.body == b'{"MaxResults": 10}'
        assert recognise(one.request).kind is Kind.RECOGNISED

    def test_yaml_with_bytes(self, tmp_path: Path) -> None:
        """YAML holds bytes as !!binary, headers included, and Python's tags for plain values."""
        encoded = base64.b64encode(b"AmazonSQS.ListQueues").decode()
        path = tmp_path / "c.yaml"
        path.write_text(
            "interactions:\n- request:\n    method: POST\n    uri: https://sqs.amazonaws.com/\n"
            f"    headers: {{X-Amz-Target: [!!binary '{encoded}']}}\n"
            "    body: !!python/object/new:_io.BytesIO\n"
            "      state: !!python/tuple [!!binary e30=, 0, null]\n"
            "  response:\n    status: {code: 200, message: OK}\n    headers: {}\n"
            f"    body: {{string: !!binary '{base64.b64encode(ANSWER).decode()}'}}\n"
            "version: 1\n",
            "utf-8",
        )
        (one,) = read(path).interactions
        assert one.request.headers == (("X-Amz-Target", "AmazonSQS.ListQueues"),)
        assert one.request.body == b"{}"
        assert isinstance(one.outcome, Response)
        assert one.outcome.body == ANSWER

    def test_yaml_makes_no_objects(self, tmp_path: Path) -> None:
        """A cassette that would run something is refused."""
        path = tmp_path / "evil.yaml"
        path.write_text("interactions: !!python/object/apply:os.getcwd []\nversion: 1\n", "utf-8")
        with pytest.raises(RecordingError, match=r"evil\.yaml is torn, or no YAML"):
            read(path)

    def test_ruby_writes_them_too(self, tmp_path: Path) -> None:
        """VCR and betamax keep the same interactions under another name."""
        path = tmp_path / "vcr.json"
        path.write_text(json.dumps({"http_interactions": [SQS], "recorded_with": "VCR 6"}), "utf-8")
        assert len(read(path).interactions) == 1

    def test_ours_name_their_operation(self, tmp_path: Path) -> None:
        """In a cassette of this suite the call behind an interaction is named, failures too."""
        calls = [
            {"operation": "kms:ListKeys", "params": {}},
            {
                "operation": "sqs:ListQueues",
                "params": {},
                "failure": {"kind": "timeout", "detail": "no answer"},
            },
        ]
        metadata = {"format": FORMAT, "calls": calls}
        path = cassette(tmp_path / "ours.json", SQS, SQS, metadata=metadata)
        recording = read(path)
        assert isinstance(recording.interactions[1].outcome, Failure)
        found = account(recording, "ours")
        assert found.count(Kind.UNKNOWN) == 1
        failed = {(one.verdict, one.clause) for one in found.judged[0].findings}
        assert failed == {("fail", "sqs:ListQueues/protocol/answers")}


class TestHar:
    def test_it_is_read(self, tmp_path: Path) -> None:
        """HAR's records are headers, its content is text or base64."""
        path = tmp_path / "session.har"
        path.write_text("\ufeff" + har(ENTRY), "utf-8")
        (one,) = read(path).interactions
        assert one.request.headers == (("x-amz-target", "AmazonSQS.ListQueues"),)
        assert isinstance(one.outcome, Response)
        assert one.outcome.body == ANSWER
        found = account(read(path), "har")
        assert found.judged[0].operation.id == "sqs:ListQueues"

    def test_a_form_may_be_parameters(self, tmp_path: Path) -> None:
        """A form that is told by its parameters is the same form."""
        pairs = [
            {"name": "Action", "value": "ListUsers"},
            {"name": "Version", "value": "2010-05-08"},
        ]
        posted = {"mimeType": "application/x-www-form-urlencoded", "params": pairs}
        path = tmp_path / "form.har"
        entry = merged(ENTRY, request_postData=posted, request_headers=[])
        path.write_text(har(merged(entry, request_url="https://iam.amazonaws.com/")), "utf-8")
        (one,) = read(path).interactions
        found = recognise(one.request)
        assert found.operation is not None
        assert found.operation.id == "iam:ListUsers"

    def test_what_was_never_answered_is_said(self, tmp_path: Path) -> None:
        """A blocked request takes no other with it."""
        path = tmp_path / "blocked.har"
        path.write_text(har(merged(ENTRY, response_status=0), ENTRY), "utf-8")
        recording = read(path)
        assert recording.unread == {1: "it was never answered"}
        assert [one.number for one in recording.interactions] == [2]

    def test_content_that_was_not_exported_is_said(self, tmp_path: Path) -> None:
        """Browsers export a HAR without content unless they are asked for it."""
        path = tmp_path / "bare.har"
        path.write_text(har(merged(ENTRY, response_content={"size": 30})), "utf-8")
        assert "export the HAR with content" in read(path).unread[1]
