"""Recordings made elsewhere: what is found on a call, and what a recording cannot show."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from recorded_samples import SQS, Data, cassette, merged

import conformance
from conformance.checks.evidence import Evidence
from conformance.checks.findings import Finding
from conformance.checks.table import CHECKS, Check, Recorded
from conformance.errors import UsageError
from conformance.protocols.http import Failure, FailureKind, Request, Response
from conformance.recording.external.calls import Called, called, findings, walk_findings
from conformance.recording.external.files import read
from conformance.recording.external.recordings import account
from conformance.spec.registry import registry


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
        assert found["request/KeyId/minLength"][0] == "warn"
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


class TestTheTable:
    """The rows of the table of checks say which of them judge recordings, and of what."""

    def call(self, asked: Data, status: int | None, answered: Data) -> Called:
        operation = registry().find("sqs:ListQueues")
        request = Request(
            method="POST",
            url="https://sqs.us-east-1.amazonaws.com/",
            headers=(("X-Amz-Target", "AmazonSQS.ListQueues"),),
            body=json.dumps(asked).encode(),
        )
        headers = (("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-RequestId", "1"))
        body = json.dumps(answered).encode()
        outcome = (
            Failure(kind=FailureKind.TIMEOUT, detail="recorded")
            if status is None
            else Response(status=status, headers=headers, body=body)
        )
        return called(operation, request, outcome, request)

    @pytest.fixture
    def checks(self, monkeypatch: pytest.MonkeyPatch) -> Callable[..., set[str]]:
        """The checks that find something on a recorded call, or on a walk."""
        raised: set[str] = set()
        judge = Check.judge

        def spy(check: Check, evidence: Evidence) -> Iterator[Finding]:
            for finding in judge(check, evidence):
                raised.add(check.name)
                yield finding

        def found(*calls: Called, accepted: Called | None = None) -> set[str]:
            raised.clear()
            if len(calls) > 1:
                walk_findings(calls, "sqs:ListQueues/recorded/1")
            else:
                good = accepted.exchange if accepted else None
                findings(calls[0], "sqs:ListQueues/recorded/1", good)
            return set(raised)

        monkeypatch.setattr(Check, "judge", spy)
        return found

    def test_checks_judge_what_their_rows_say(self, checks: Callable[..., set[str]]) -> None:
        """On each kind of recorded call just the checks find something whose rows name it."""
        error = {"__type": "com.amazonaws.sqs#InvalidAddress"}
        listed = {"QueueUrls": ["http://a/b"], "NextToken": "t"}
        success = self.call({"MaxResults": 5}, 200, listed)
        violating = self.call({"MaxResults": "x"}, 400, error)
        seen = {
            (Recorded.SUCCESS, Recorded.VALID_REQUEST): checks(success),
            (Recorded.ERROR,): checks(self.call({}, 400, error)),
            (Recorded.ERROR, Recorded.INVALID_REQUEST): checks(violating, accepted=success),
            (Recorded.FAILURE,): checks(self.call({}, 500, {})) | checks(self.call({}, None, {})),
            (Recorded.WALK,): checks(
                success, self.call({"MaxResults": 5, "NextToken": "t"}, 200, {"QueueUrls": ["c"]})
            ),
        }
        for shown, found in seen.items():
            declared = {name for name, one in CHECKS.items() if one.recorded & set(shown)}
            assert found == declared, (
                f"on {' and '.join(shown)}, the checks {sorted(found ^ declared)} find something "
                "or have it in `recorded` of their rows of conformance/checks/table.py, not both"
            )
        assert {kind for shown in seen for kind in shown} == set(Recorded)


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
