"""Recordings made elsewhere: every format is read, and what is no recording is named."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from recorded_samples import ANSWER, ENTRY, PACKED, SQS, Data, cassette, har, merged, signed

from conformance.cli.main import main
from conformance.protocols.http import Failure, Response
from conformance.recording.external.files import RecordingError, read
from conformance.recording.external.recognition import Kind, recognise
from conformance.recording.external.recordings import account
from conformance.recording.provenance import FORMAT


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
        """A form that is given as parameters is the same form."""
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


class TestBadInput:
    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "is empty; record it again"),
            ('{"version": 1, "interactions": [', "is torn, or no JSON"),
            ("interactions:\n- request: {a: [\n", "is torn, or no YAML"),
            ("just some text", "holds no recording that is known"),
            ("[1, 2]", "holds no recording"),
            ('{"log": {}}', "holds no recording"),
            ('{"version": 2, "interactions": []}', "is of vcrpy's format 2, not 1"),
            ('[{"request": {}, "response": {}}]', "before 1.0; migrate it"),
        ],
    )
    def test_a_file_that_is_no_recording_is_named(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, reason: str
    ) -> None:
        """One sentence names the file and says what to do; the status is 2."""
        path = tmp_path / "given"
        path.write_text(text, "utf-8")
        assert main(["judge", str(path)]) == 2
        err = capsys.readouterr().err
        assert err.startswith(f"aws-conformance: {path} ")
        assert reason in err
        assert err.count("\n") == 1

    def test_bytes_are_no_recording(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """What is no text cannot be read."""
        path = tmp_path / "given"
        path.write_bytes(b"\xff\xfe\x00binary")
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
            f"aws-conformance: {path} has no call of an AWS operation; give a recording of one.\n"
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
