"""What is claimed of a recording, and what is not; what is said of files that are none."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from recorded_samples import SQS, Data, cassette, merged, signed

import conformance
from conformance.cli.main import main
from conformance.errors import UsageError
from conformance.recording.external.files import read
from conformance.recording.external.recordings import account, labels
from conformance.report import verify


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
            merged(SQS, response_status=99),
            "nothing",
            merged(SQS, response_body=5),
        ]
        path = cassette(tmp_path / "some.json", SQS, *bad)
        assert main(["judge", str(path)]) == 0
        out = capsys.readouterr().out
        assert "8 interactions, 1 judged, " in out
        assert "it has no response" in out

    def test_patterns_name_services(self, capsys: pytest.CaptureFixture[str]) -> None:
        """A pattern without an operation is refused."""
        assert main(["judge", "x.yaml", "--operations", "sqs"]) == 2
        assert "takes service:Operation, like sqs:*" in capsys.readouterr().err
        assert main(["judge", "x.yaml", "--operations", "sqz:*"]) == 2
        assert "There is no service 'sqz'; did you mean sqs?" in capsys.readouterr().err
        assert main(["judge", "x.yaml", "--operations", "sqs:ListQueue"]) == 2
        assert "did you mean sqs:ListQueues?" in capsys.readouterr().err


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
            "the recording has no headers",
        )
        assert found["request/KeyId/minLength"][0] == "fail"
        hidden = merged(kms, request_body='{"KeyId": "REDACTED", "GrantTokens": ["***"]}')
        assert not any(one == "fail" for one, _ in self.findings(tmp_path, hidden).values())

    def test_a_body_that_was_left_out(self, tmp_path: Path) -> None:
        """A request or an answer that was recorded without its body breaks nothing."""
        kms = merged(
            SQS,
            request_uri="https://kms.us-east-1.amazonaws.com/",
            request_headers={"X-Amz-Target": "TrentService.DescribeKey", "Content-Length": "99"},
            request_body=None,
            response_headers={"Content-Length": "99", "x-amzn-RequestId": "1"},
            response_body={"string": ""},
        )
        found = self.findings(tmp_path, kms)
        assert not {one for one, _ in found.values()} & {"fail", "warn"}
        assert found["protocol/accepts-valid"][0] == "inconclusive"
        assert found["response/body"][0] == "inconclusive"

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
    def test_a_status_may_differ(self) -> None:
        """A part that was asked for is answered with 206; a status that is a member differs."""

        def verdicts(
            operation: str, method: str, url: str, status: int, **headers: str
        ) -> set[str]:
            request = {"method": method, "url": url, "headers": headers}
            response = {"status": status, "headers": {"x-amz-request-id": "1"}, "body": b"a"}
            found = conformance.judge(operation, {"request": request, "response": response})
            return {str(one.verdict) for one in found if one.clause.endswith("/response/status")}

        url = "https://bucket.s3.amazonaws.com/key"
        assert verdicts("s3:GetObject", "GET", url, 200) == {"pass"}
        assert verdicts("s3:GetObject", "GET", url, 206) == {"warn"}
        assert verdicts("s3:GetObject", "GET", url, 206, Range="bytes=0-0") == set()
        assert verdicts("s3:GetObject", "GET", f"{url}?partNumber=1", 206) == set()
        url = "https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/f/invocations"
        assert verdicts("lambda:Invoke", "POST", url, 202) == set()

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
