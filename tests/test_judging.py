"""Recordings that others made: read in all their forms, their operations recognised or not."""

import base64
import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import conformance
from conformance.__main__ import main
from conformance.errors import UsageError
from conformance.judging.files import RecordingError, read
from conformance.judging.recognition import Kind, recognise
from conformance.judging.recordings import account, labels
from conformance.recorder.provenance import FORMAT
from conformance.report import verify
from conformance.wire import Failure, Request, Response

Data = dict[str, Any]


def signed(service: str) -> dict[str, str]:
    scope = f"AKIAIOSFODNN7EXAMPLE/20250101/us-east-1/{service}/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0"}


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

    def test_operations_decide(self) -> None:
        """Which of several is meant can be said."""
        request = asked("GET", "http://localhost/phone-numbers", signed("chime"))
        found = recognise(request, ("chime-sdk-voice:*",))
        assert found.operation is not None
        assert found.operation.id == "chime-sdk-voice:ListPhoneNumbers"


# ---------------------------------------------------------------- files

SQS = {
    "request": {
        "method": "POST",
        "uri": "https://sqs.us-east-1.amazonaws.com/",
        "headers": {"X-Amz-Target": ["AmazonSQS.ListQueues"]},
        "body": '{"MaxResults": 10}',
    },
    "response": {
        "status": {"code": 200, "message": "OK"},
        "headers": {"Content-Type": ["application/x-amz-json-1.0"], "x-amzn-RequestId": ["1"]},
        "body": {"string": '{"QueueUrls": ["https://a/b"]}'},
    },
}


def merged(data: Any, **changes: Any) -> Data:
    """A copy, with members of the request and the response replaced."""
    copy: Data = json.loads(json.dumps(data))
    for name, value in changes.items():
        part, _, key = name.partition("_")
        copy[part][key] = value
    return copy


def cassette(path: Path, *interactions: Data, **more: Any) -> Path:
    path.write_text(json.dumps({"version": 1, "interactions": interactions, **more}), "utf-8")
    return path


ANSWER = b'{"QueueUrls": ["https://a/b"]}'
PACKED = gzip.compress(ANSWER)


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


def har(*entries: Data) -> str:
    return json.dumps({"log": {"version": "1.2", "creator": {}, "entries": entries}})


ENTRY = {
    "request": {
        "method": "POST",
        "url": "https://sqs.us-east-1.amazonaws.com/",
        "headers": [
            {"name": ":authority", "value": "sqs.us-east-1.amazonaws.com"},
            {"name": "x-amz-target", "value": "AmazonSQS.ListQueues"},
        ],
        "postData": {"mimeType": "application/x-amz-json-1.0", "text": "{}"},
    },
    "response": {
        "status": 200,
        "headers": [{"name": "content-type", "value": "application/x-amz-json-1.0"}],
        "content": {"text": base64.b64encode(ANSWER).decode(), "encoding": "base64"},
    },
}


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


class TestBadInput:
    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("", "is empty; record it again"),
            ('{"version": 1, "interactions": [', "is torn, or no JSON"),
            ("interactions:\n- request: {a: [\n", "is torn, or no YAML"),
            ("just some text", "holds neither a cassette of vcrpy nor a HAR 1.2 log"),
            ("[1, 2]", "holds neither a cassette"),
            ('{"log": {}}', "holds neither a cassette"),
            ('{"version": 2, "interactions": []}', "is of vcrpy's format 2, not 1"),
            ('[{"request": {}, "response": {}}]', "before 1.0; migrate it"),
        ],
    )
    def test_a_file_that_is_no_recording_is_named(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
    ) -> None:
        """One sentence names the file and says what to do; the status is 2."""
        path = tmp_path / "given"
        path.write_text(text, "utf-8")
        assert main(["judge", str(path)]) == 2
        err = capsys.readouterr().err
        assert err.startswith(f"aws-conformance: {path} ")
        assert told in err
        assert err.count("\n") == 1

    @pytest.mark.parametrize("raw", [b"\xff\xfe\x00binary", b"\x1f\x8b\x08\x00"])
    def test_bytes_are_no_recording(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], raw: bytes
    ) -> None:
        """What is no text cannot be read."""
        path = tmp_path / "given"
        path.write_bytes(raw)
        assert main(["judge", str(path)]) == 2
        assert "it is no text in UTF-8" in capsys.readouterr().err

    def test_no_such_file(self, capsys: pytest.CaptureFixture[str]) -> None:
        """A file that is not there is said to be so."""
        assert main(["judge", "nowhere.yaml"]) == 2
        assert "nowhere.yaml cannot be read: No such file or directory." in capsys.readouterr().err

    def test_a_cassette_of_no_aws_service(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """One sentence."""
        other = merged(SQS, request_uri="https://example.com/", request_headers={})
        path = cassette(tmp_path / "other.json", other, other)
        assert main(["judge", str(path)]) == 2
        said = (
            f"aws-conformance: {path} holds no call of an AWS operation; give a recording of one.\n"
        )
        assert capsys.readouterr().err == said

    def test_what_is_ambiguous_is_not_judged(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Where nothing else is there the reason is said, and how to choose."""
        one = merged(
            SQS,
            request_method="GET",
            request_uri="http://localhost/phone-numbers",
            request_headers=signed("chime"),
        )
        path = cassette(tmp_path / "chime.json", one)
        assert main(["judge", str(path)]) == 2
        assert "say which with --operations" in capsys.readouterr().err
        assert main(["judge", str(path), "--operations", "chime:*"]) == 1

    def test_a_broken_file_takes_no_other_with_it(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The broken one is named, the others are judged."""
        torn = tmp_path / "torn.json"
        torn.write_text('{"version": 1', "utf-8")
        good = cassette(tmp_path / "good.json", SQS)
        assert main(["judge", str(torn), str(good)]) == 0
        out, err = capsys.readouterr()
        assert f"{torn} is torn" in err
        assert f"{good}: 1 interaction, 1 judged" in out

    def test_a_broken_interaction_takes_no_other_with_it(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """What cannot be read of a file is counted and said."""
        bad: list[Any] = [
            {"request": SQS["request"]},
            merged(SQS, request_uri="/relative"),
            merged(SQS, response_body={"base64_string": "%%%"}),
            merged(SQS, response_status={}),
            "nothing",
            merged(SQS, response_body=5),
        ]
        path = cassette(tmp_path / "some.json", SQS, *bad)
        assert main(["judge", str(path)]) == 0
        out = capsys.readouterr().out
        assert "7 interactions, 1 judged, " in out
        assert "it has no response" in out

    def test_patterns_name_services(self, capsys: pytest.CaptureFixture[str]) -> None:
        """A pattern without an operation is refused."""
        assert main(["judge", "x.yaml", "--operations", "sqs"]) == 2
        assert "takes service:Operation, like sqs:*" in capsys.readouterr().err


class TestWhatIsClaimed:
    def findings(self, tmp_path: Path, *interactions: Data) -> dict[str, tuple[str, str]]:
        found = account(read(cassette(tmp_path / "c.json", *interactions)), "c")
        return {
            one.clause.split("/", 1)[1]: (str(one.verdict), one.observed)
            for each in found.judged
            for one in each.findings
        }

    def test_a_constraint_that_was_not_kept(self, tmp_path: Path) -> None:
        """A request that breaks a constraint and was accepted is a finding."""
        found = self.findings(tmp_path, merged(SQS, request_body='{"QueueNamePrefix": 5}'))
        assert found["request/QueueNamePrefix/type"] == ("fail", "accepted with 200")
        assert "protocol/accepts-valid" not in found

    def test_a_constraint_that_was_kept(self, tmp_path: Path) -> None:
        """A refusal proves something only beside an accepted call of the same operation."""
        refusal = merged(
            SQS,
            request_body='{"QueueNamePrefix": 5}',
            response_status={"code": 400, "message": ""},
            response_body={"string": '{"__type": "com.amazonaws.sqs#InvalidParameterValue"}'},
        )
        path = "request/QueueNamePrefix/type"
        assert path not in self.findings(tmp_path, refusal)
        assert self.findings(tmp_path, refusal, SQS)[path][0] == "pass"

    @pytest.mark.parametrize("status", [301, 304, 400, 403, 500, 503])
    def test_a_refusal_of_a_valid_request(self, tmp_path: Path, status: int) -> None:
        """It fails nothing: a recording does not say why."""
        body = {"string": '{"__type": "com.amazonaws.sqs#RequestThrottled"}'}
        code = {"code": status, "message": ""}
        found = self.findings(tmp_path, merged(SQS, response_status=code, response_body=body))
        assert not {one for one, _ in found.values()} & {"fail", "warn"}
        assert found["protocol/accepts-valid"][0] == "inconclusive"

    def test_what_was_taken_out_is_no_finding(self, tmp_path: Path) -> None:
        """A redacted value or missing headers are the recorder's, and fail nothing."""
        kms = merged(
            SQS,
            request_headers={"X-Amz-Target": "TrentService.DescribeKey"},
            request_body='{"KeyId": ""}',
            request_uri="https://kms.us-east-1.amazonaws.com/",
            response_headers={},
            response_body={"string": '{"KeyMetadata": "**REDACTED**"}'},
        )
        found = self.findings(tmp_path, kms)
        assert found["response/KeyMetadata/type"][0] == "inconclusive"
        assert found["response/request-id"] == (
            "inconclusive",
            "the recording holds no headers",
        )
        assert found["request/KeyId/minLength"][0] == "fail"
        hidden = merged(kms, request_body='{"KeyId": "REDACTED", "GrantTokens": ["***"]}')
        assert not any(one == "fail" for one, _ in self.findings(tmp_path, hidden).values())

    def test_a_body_that_cannot_be_unpacked(self, tmp_path: Path) -> None:
        """A body in an encoding that is not undone proves nothing."""
        packed = merged(
            SQS,
            response_headers={"Content-Encoding": "br", "Content-Type": "application/json"},
            response_body={"base64_string": base64.b64encode(b"\x0b\x02\x80x\x03").decode()},
        )
        assert self.findings(tmp_path, packed)["response/body"][0] == "inconclusive"

    def test_a_walk_that_goes_round(self, tmp_path: Path) -> None:
        """A token that comes again is a walk that does not end."""

        def page(token: str | None, following: str | None, item: str) -> Data:
            body = {"MaxResults": 1} | ({"NextToken": token} if token else {})
            answer: Data = {"QueueUrls": [item]}
            answer |= {"NextToken": following} if following else {}
            return merged(
                SQS,
                request_body=json.dumps(body),
                response_body={"string": json.dumps(answer)},
            )

        pages = [page(None, "t1", "a"), page("t1", "t2", "b"), page("t2", "t1", "c")]
        assert self.findings(tmp_path, *pages)["pagination/end"][0] == "fail"
        pages[2] = page("t2", None, "c")
        assert self.findings(tmp_path, *pages)["pagination/end"][0] == "pass"
        assert self.findings(tmp_path, *pages)["pagination/unique-items"][0] == "pass"
        assert "pagination/end" not in self.findings(tmp_path, pages[0], pages[2])


class TestInCode:
    def test_an_exchange_that_is_none(self) -> None:
        """What is missing is named."""
        with pytest.raises(UsageError, match="The exchange has no response"):
            conformance.judge("kms:ListKeys", {"request": {}})
        with pytest.raises(UsageError, match="did you mean kms:ListKeys"):
            conformance.judge(
                "kms:ListKey",
                {"request": {"method": "POST", "url": "http://h/"}, "response": {"status": 200}},
            )

    def test_the_protocol_is_the_request_s(self) -> None:
        """Where a service speaks several protocols, the request says which one is spoken."""
        query = {
            "request": {
                "method": "POST",
                "url": "https://monitoring.us-east-1.amazonaws.com/",
                "body": "Action=ListMetrics&Version=2010-08-01",
            },
            "response": {
                "status": 200,
                "headers": {"Content-Type": "text/xml"},
                "body": "<ListMetricsResponse><ListMetricsResult><Metrics/></ListMetricsResult>"
                "</ListMetricsResponse>",
            },
        }
        found = conformance.judge("cloudwatch:ListMetrics", query)
        assert {one.clause: one.verdict for one in found}[
            "cloudwatch:ListMetrics/response/Metrics/type"
        ] == "pass"


def test_files_of_one_name_are_told_apart() -> None:
    """Cases are named by their file, however files are called."""
    paths = [Path("a/test one.yaml"), Path("b/test one.yaml"), Path("c/x.yaml")]
    assert labels(paths) == ["1-test_one.yaml", "2-test_one.yaml", "x.yaml"]


def test_a_report_of_recordings_agrees_with_itself(tmp_path: Path) -> None:
    """``verify`` finds nothing wrong with it."""
    path = cassette(tmp_path / "sqs.json", SQS, merged(SQS, request_body='{"QueueNamePrefix": 5}'))
    assert main(["judge", str(path), "--report", str(tmp_path / "report")]) == 1
    made = json.loads((tmp_path / "report" / "report.json").read_text("utf-8"))
    assert not any(verify.problems(made).values()), verify.problems(made)
