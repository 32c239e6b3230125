"""Recordings against the installed SDK: what changed is found, what recorders do is not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sdk_recordings as recorded

from conformance.cli.main import main
from conformance.errors import UnknownNameError
from conformance.sdk_gate import cassettes
from conformance.sdk_gate.check import Checked, check
from conformance.sdk_gate.environments import INSTALLED, interpreter
from conformance.sdk_gate.process import Driver

#: A listing of Lambda's, as it was before the path lost its slash; the signature names the service.
FUNCTIONS = (
    "GET",
    "/2015-03-31/functions/",
    "",
    {"Authorization": "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/lambda/aws4_request"},
)
LIST_QUEUES = recorded.of_json("AmazonSQS.ListQueues", {}, headers={"x-amzn-query-mode": "true"})
S3 = {"X-Amz-Content-SHA256": recorded.EMPTY}


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    with Driver(interpreter(INSTALLED, print)) as started:
        yield started


def checked(driver: Driver, folder: Path, *interactions: Any, **how: Any) -> Checked:
    path = recorded.write(folder / "one.yaml", interactions)
    return check(cassettes.read_all([path]), driver, **how)


def causes(found: Checked) -> set[str]:
    return {one.id for one in found.causes.all()}


def played(found: Checked) -> list[str]:
    return next(iter(found.matches.values()))


class TestFinds:
    """What the installed SDK sends in another way than was recorded."""

    def test_a_protocol_that_the_model_names_no_more(self, driver: Driver, tmp_path: Path) -> None:
        """SQS spoke query; the cassette still matches, but what it answers cannot be read."""
        query = recorded.of_query(
            "Action=ListQueues&Version=2012-11-05",
            answer="<ListQueuesResponse><ListQueuesResult/></ListQueuesResponse>",
        )
        found = checked(driver, tmp_path, query)
        assert causes(found) == {"protocol/sqs/query/json"}
        assert "its answer is in query" in played(found)[0]

    def test_a_protocol_whose_parameters_cannot_be_read_back(
        self, driver: Driver, tmp_path: Path
    ) -> None:
        """The switch is reported also where today's model no longer knows the former names."""
        body = (
            "Action=SendMessageBatch&Version=2012-11-05&QueueUrl=http%3A%2F%2Flocalhost%2F1%2Fq"
            "&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageBody=b"
        )
        found = checked(driver, tmp_path, recorded.of_query(body, answer="<a/>"))
        assert causes(found) == {"protocol/sqs/query/json"}

    def test_a_trailing_slash(self, driver: Driver, tmp_path: Path) -> None:
        slash = recorded.interaction(*FUNCTIONS, answer='{"Functions": []}')
        found = checked(driver, tmp_path, slash)
        assert causes(found) == {"path/lambda/trailing-slash"}
        assert played(found) == ["interaction 1 (lambda:ListFunctions) no longer matches by path"]
        assert found.causes.all()[0].breaking

    def test_beside_a_redacted_value(self, driver: Driver, tmp_path: Path) -> None:
        """What a recorder hid, and the SDK sends as it was given, hides no difference."""
        method, path, body, headers = FUNCTIONS
        hidden = recorded.interaction(
            method, f"{path}?Marker=REDACTED", body, headers, answer='{"Functions": []}'
        )
        assert causes(checked(driver, tmp_path, hidden)) == {"path/lambda/trailing-slash"}
        headers = {**S3, "Content-MD5": "REDACTED", "Expect": "100-continue"}
        put = recorded.interaction("PUT", "/bucket/key", "hello", headers, answer="")
        found = checked(driver, tmp_path, put)
        assert causes(found) == {"checksum/Content-MD5/x-amz-checksum-crc32"}

    def test_a_checksum(self, driver: Driver, tmp_path: Path) -> None:
        """Objects had an MD5; they have a CRC-32 by default now. The cassette still matches."""
        delete = recorded.interaction(
            "POST",
            "/bucket?delete",
            '<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>k</Key></Object>'
            "</Delete>",
            {**S3, "Content-MD5": "cDO/HO6237pKgcrKF+HYeA=="},
            answer="<DeleteResult/>",
        )
        found = checked(driver, tmp_path, delete)
        assert causes(found) == {"checksum/Content-MD5/x-amz-checksum-crc32"}
        assert not played(found)

    def test_a_host(self, driver: Driver, tmp_path: Path) -> None:
        """STS is called at its Region's host, where the recorded signature names the Region."""
        scope = "Credential=AKID/20260101/eu-west-1/sts/aws4_request, SignedHeaders=host"
        body = "Action=GetCallerIdentity&Version=2011-06-15"
        asked = recorded.of_query(body, url="https://sts.amazonaws.com", answer="<a/>")
        asked["request"]["headers"]["Authorization"] = [f"AWS4-HMAC-SHA256 {scope}"]
        found = checked(driver, tmp_path, asked)
        assert causes(found) == {"endpoint/sts/sts.amazonaws.com/sts.eu-west-1.amazonaws.com"}

    def test_a_header(self, driver: Driver, tmp_path: Path) -> None:
        tagged = recorded.of_json("AmazonSQS.ListQueues", {}, headers={"x-amzn-other": "1"})
        found = checked(driver, tmp_path, tagged)
        assert causes(found) == {"header/x-amzn-other/left-out", "header/x-amzn-query-mode/added"}

    def test_an_answer(self, driver: Driver, tmp_path: Path) -> None:
        """A list that is a text is no list: the SDK does not make of it what was sent."""
        broken = recorded.of_json(
            "AmazonSQS.ListQueues",
            {},
            headers={"x-amzn-query-mode": "true"},
            answer='{"QueueUrls": {"a": "b"}}',
        )
        found = checked(driver, tmp_path, broken)
        assert {one.partition("/")[0] for one in causes(found)} == {"answer"}

    def test_an_operation_that_is_gone(self, driver: Driver, tmp_path: Path) -> None:
        gone = recorded.of_json("AmazonSQS.NoSuchThing", {})
        found = checked(driver, tmp_path, gone)
        assert [str(one.kind) for one in found.causes.all()] == ["gone"]
        assert found.causes.all()[0].breaking


class TestTolerates:
    """What recorders do, and what is drawn anew for each request."""

    @pytest.mark.parametrize(
        "interaction",
        [
            pytest.param(LIST_QUEUES, id="the-same"),
            pytest.param(
                recorded.of_json("AmazonSQS.ListQueues", {}, own=False), id="headers-filtered"
            ),
            pytest.param(
                recorded.of_json(
                    "AmazonSQS.GetQueueUrl",
                    {"QueueName": "REDACTED"},
                    headers={"x-amzn-query-mode": "true"},
                ),
                id="a-redacted-value",
            ),
            pytest.param(
                recorded.interaction(
                    "GET",
                    "/bucket?list-type=2&encoding-type=url",
                    headers=S3,
                    answer="<ListBucketResult><Contents><Key>a%2Fb</Key></Contents>"
                    "<EncodingType>url</EncodingType></ListBucketResult>",
                ),
                id="what-the-SDK-adds-to-a-query",
            ),
            pytest.param(
                recorded.of_query(
                    "Action=GetRolePolicy&Version=2010-05-08&RoleName=r&PolicyName=p",
                    answer="<GetRolePolicyResponse><GetRolePolicyResult><RoleName>r</RoleName>"
                    "<PolicyName>p</PolicyName><PolicyDocument>%7B%22a%22%3A1%7D</PolicyDocument>"
                    "</GetRolePolicyResult></GetRolePolicyResponse>",
                ),
                id="what-the-SDK-decodes",
            ),
            pytest.param(
                recorded.of_json(
                    "DynamoDB_20120810.Scan",
                    {"TableName": "table"},
                    answer='{"Items": [{"a": {"M": {"b": {"B": "AP8="}}}}], "Count": 1}',
                ),
                id="bytes-in-nested-values",
            ),
            pytest.param(
                recorded.interaction(
                    "GET", "/bucket?location", headers=S3, answer="<LocationConstraint/>"
                ),
                id="an-empty-text-that-is-nothing",
            ),
            pytest.param(
                recorded.interaction("PUT", "/bucket", headers=S3, answer=""), id="an-S3-path"
            ),
            pytest.param(
                recorded.of_query(
                    "Action=CreateLaunchConfiguration&Version=2011-01-01"
                    "&LaunchConfigurationName=n&ImageId=ami-1&UserData=aGVsbG8%3D",
                    answer="<CreateLaunchConfigurationResponse/>",
                ),
                id="a-value-that-the-SDK-encodes",
            ),
            pytest.param(
                recorded.of_json(
                    "secretsmanager.CreateSecret",
                    {"Name": "n", "ClientRequestToken": "7d0f9ae1-5bd1-4a3c-9f35-5a3d4b3cf7e0"},
                    "1.1",
                ),
                id="a-drawn-token",
            ),
            pytest.param(
                recorded.of_json(
                    "AmazonSQS.ListQueues",
                    {},
                    headers={"x-amzn-query-mode": "true"},
                    answer='{"QueueUrls": ["cut o',
                    answered={"Content-Length": "900"},
                ),
                id="an-answer-that-was-cut",
            ),
        ],
    )
    def test_nothing_is_found(self, driver: Driver, tmp_path: Path, interaction: Any) -> None:
        found = checked(driver, tmp_path, interaction)
        assert found.compared == 1, found.notes
        assert not causes(found)
        assert not played(found)

    def test_another_client(self, driver: Driver, tmp_path: Path) -> None:
        """What another SDK sends otherwise is no change of boto3, and the account says so."""
        other = recorded.interaction(
            "GET",
            "/bucket?list-type=2&x-id=ListObjectsV2",
            headers={**S3, "x-other": "1"},
            answer="<ListBucketResult/>",
            url="https://s3.eu-central-1.api.aws",
        )
        other["request"]["headers"]["User-Agent"] = ["aws-sdk-js/3.0"]
        found = checked(driver, tmp_path, other)
        assert found.compared == 1
        assert not causes(found)
        assert "another client than boto3" in found.notes[-1]


def test_s3_is_told_from_its_signature(driver: Driver, tmp_path: Path) -> None:
    """A path that other services have too is S3's where the body's hash is in a header."""
    put = recorded.interaction("PUT", "/bucket/key", "hello", {**S3, "Expect": "100-continue"})
    found = cassettes.read_all([recorded.write(tmp_path / "s3.yaml", [put])])
    assert [one.id for one in found.calls] == ["s3:PutObject"]


def test_a_neighbour_decides(tmp_path: Path) -> None:
    """Without that header it is of the service that was called at the same address."""
    ambiguous = recorded.interaction("GET", "/bucket/key")
    bucket = recorded.interaction("GET", "/bucket?list-type=2", headers=S3)
    alone = cassettes.read_all([recorded.write(tmp_path / "a.yaml", [ambiguous])])
    both = cassettes.read_all([recorded.write(tmp_path / "b.yaml", [ambiguous, bucket])])
    assert not alone.calls
    assert [one.id for one in both.calls] == ["s3:GetObject", "s3:ListObjectsV2"]


def test_matching_is_as_the_user_says(driver: Driver, tmp_path: Path) -> None:
    """A cassette that is matched by headers is played no more where a header is new."""
    plain = recorded.of_json("AmazonSQS.ListQueues", {})
    assert not played(checked(driver, tmp_path, plain))
    found = checked(driver, tmp_path, plain, match_on=("method", "headers"))
    assert played(found) == ["interaction 1 (sqs:ListQueues) no longer matches by headers"]
    with pytest.raises(UnknownNameError, match="matcher of vcrpy"):
        checked(driver, tmp_path, plain, match_on=("methd",))


class TestCommand:
    """``aws-conformance sdk-check``."""

    def test_it_prints_one_screen(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        slash = recorded.interaction(*FUNCTIONS, answer='{"Functions": []}')
        path = recorded.write(tmp_path / "l.yaml", [slash, LIST_QUEUES])
        page, text = tmp_path / "p.html", tmp_path / "p.md"
        words = ["sdk-check", str(path), "--html", str(page), "--markdown", str(text)]
        assert main(words) == 1
        out = capsys.readouterr().out
        assert (
            "PATH The path of lambda has no trailing slash any more: 1 operation (breaking)" in out
        )
        assert "before  GET /2015-03-31/functions/\n" in out
        assert "verdict: breaking" in out
        assert "**breaking**" in text.read_text("utf-8")
        assert "<h1>recorded → boto3" in page.read_text("utf-8")

    def test_expected_causes_fail_nothing(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The verdict stays; an expectation that names no cause is reported."""
        slash = recorded.interaction(*FUNCTIONS, answer='{"Functions": []}')
        path = recorded.write(tmp_path / "l.yaml", [slash])
        known = tmp_path / "known"
        known.write_text("path/lambda/* # since 1.36\nchecksum/*\n", "utf-8")
        assert main(["sdk-check", str(path), "--expect", str(known), "--json"]) == 0
        data = json.loads(capsys.readouterr().out)
        assert (data["verdict"], data["unmet"]) == ("breaking", ["checksum/*"])
        assert [one["expected"] for one in data["causes"]] == [True]

    def test_settings_of_the_users_clients(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Checksums that are only calculated where they are required were no checksums."""
        put = recorded.interaction("PUT", "/bucket/key", "hello", {**S3, "Expect": "100-continue"})
        path = recorded.write(tmp_path / "s3.yaml", [put])
        ini = tmp_path / "config"
        ini.write_text("[default]\nrequest_checksum_calculation = when_required\n", "utf-8")
        given = tmp_path / "config.json"
        given.write_text('{"request_checksum_calculation": "when_required"}', "utf-8")
        assert main(["sdk-check", str(path), "--fail-on", "checksum"]) == 1
        for file in (ini, given):
            words = ["sdk-check", str(path), "--fail-on", "changed", "--client-config", str(file)]
            assert main(words) == 0, capsys.readouterr().out

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            ("interactions: []\nversion: 1\n", "other.yaml holds no call of an AWS operation."),
            ("something: else\n", "holds no recording that is known"),
        ],
    )
    def test_what_is_no_recording_of_aws(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, sentence: str
    ) -> None:
        path = tmp_path / "other.yaml"
        path.write_text(content, "utf-8")
        assert main(["sdk-check", str(path)]) == 2
        assert sentence in capsys.readouterr().err

    def test_it_takes_no_other_with_it(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A cassette of something else is named, and nothing is said of its matching."""
        other = recorded.interaction("GET", "/x", url="https://example.com", own=False)
        foreign = recorded.write(tmp_path / "foreign.yaml", [other])
        path = recorded.write(tmp_path / "sqs.yaml", [LIST_QUEUES])
        assert main(["sdk-check", str(foreign), str(path)]) == 0
        out = capsys.readouterr().out
        assert f"{foreign} holds no call of an AWS operation.\n" in out
        assert f"{foreign}:" not in out
