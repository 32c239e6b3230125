"""Replay as a gate: the recorded server and the SDK are two verdicts, and recordings decide."""

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests_support import ROOT

from conformance.checks.findings import Verdict
from conformance.execution.engine import Engine
from conformance.execution.session import TargetSession
from conformance.generation.plans import Case, Recorded
from conformance.protocols.base import Alteration
from conformance.protocols.http import Request, Response
from conformance.recording import cassette
from conformance.recording.cassette import Cassette, Entry, Library
from conformance.recording.operations import RecordedOperations
from conformance.recording.player import Player
from conformance.recording.provenance import Provenance
from conformance.report import formats, loader
from conformance.runner.run import Run
from conformance.runner.settings import settings
from conformance.spec.registry import registry
from conformance.transport.endpoint_config import Endpoint

SHIPPED = ROOT / "cassettes" / "reference"
GET = "chime:GetPhoneNumber"
BASELINE = f"{GET}/protocol/accepts-valid/baseline"
Edit = Callable[[dict[str, Any]], None]


def replayed(folder: Path, operations: str = GET, **options: Any) -> dict[str, Any]:
    """The report of a replay of all that a folder holds of some operations."""
    given = {"target": "replay", "operations": operations, "cassettes": str(folder), **options}
    run = Run(settings(given))
    for tried in run.tried:
        result = run.run(tried)
        case = tried if isinstance(tried, Case) else None
        run.results[tried.id] = run.result_data(result, case)
    report = run.report()
    run.close()
    return report


def of_sdk(report: dict[str, Any], *verdicts: str) -> list[dict[str, Any]]:
    return [
        one
        for one in report["findings"]
        if one["area"] == "sdk" and one["verdict"] in (verdicts or {"fail"})
    ]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The shipped recordings of one operation, and of its listing, to be edited."""
    for name in ("GetPhoneNumber", "ListPhoneNumbers/baselines"):
        place = Path("chime", *name.split("/"))
        shutil.copytree(SHIPPED / place, tmp_path / "reference" / place)
    return tmp_path


def edit(folder: Path, change: Edit, name: str = BASELINE) -> Path:
    """Change one recording; its file is returned."""
    path = cassette.path_of(folder, "reference", name)
    data = json.loads(path.read_text("utf-8"))
    change(data)
    path.write_text(json.dumps(data), "utf-8")
    return path


def _request(data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = data["interactions"][0]["request"]
    return found


def _header_more(data: dict[str, Any]) -> None:
    headers = _request(data)["headers"]
    signed = [one.replace("us-east-1", "eu-west-1") for one in headers["Authorization"]]
    headers |= {"X-Other": ["1"], "Authorization": signed}


def _other_path(data: dict[str, Any]) -> None:
    _request(data)["uri"] += "/"


def _broken_answer(data: dict[str, Any]) -> None:
    data["interactions"][0]["response"]["body"]["string"] = "[]"


class TestTwoVerdicts:
    """What the recorded server did is no finding about the SDK, and the other way round."""

    @pytest.mark.parametrize(
        ("change", "server", "sdk", "what"),
        [
            (lambda _: None, "conformant", "unchanged", set()),
            (_header_more, "conformant", "changed", {"headers", "signature"}),
            (_other_path, "conformant", "breaking", {"path"}),
            (_broken_answer, "non-conformant", "unchanged", set()),
        ],
    )
    def test_each_by_itself(
        self, copied: Path, change: Edit, server: str, sdk: str, what: set[str]
    ) -> None:
        """All that differs is reported, each with a cause of its own."""
        edit(copied, change)
        report = replayed(copied)
        assert report["verdicts"] == {"server": server, "sdk": sdk}
        assert {one["cause"] for one in of_sdk(report)} == {f"sdk/request: {one}" for one in what}
        assert report["client"] == {"inject_host_prefix": {"recorded": False, "yours": True}}
        assert not [*loader.validator().iter_errors(report)]
        page = formats.FORMATS["report.html"].text(report)
        assert f"Recorded server: <strong>{server}</strong>" in page
        summary = formats.FORMATS["summary.md"].text(report)
        assert f"recorded server: {server}; SDK, boto3 " in summary

    def test_the_gate_decides_the_exit_status(self, copied: Path, shell: Any) -> None:
        """With --gate=sdk a run fails for the SDK alone; both verdicts are printed."""
        path = edit(copied, _broken_answer)
        words = (f"--cassettes={copied}", "--operations", GET, "--case", BASELINE)
        assert shell.pytest("-q", *words).returncode == 1
        gated = shell.pytest("-q", *words, "--gate=sdk")
        assert gated.returncode == 0, gated.stdout
        assert "recorded server: non-conformant; SDK, boto3 " in gated.stdout
        shutil.copy(SHIPPED.parent / path.relative_to(copied), path)
        edit(copied, _other_path)
        gated = shell.pytest("-q", *words, "--gate=sdk")
        assert gated.returncode == 1, gated.stdout
        assert "path as built today: /phone-numbers/" in gated.stdout

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"gate": "server"}, "There is no value of --gate 'server'"),
            ({"gate": "sdk", "target": "http://localhost:1"}, "takes --target=replay"),
        ],
    )
    def test_what_the_gate_refuses(self, options: dict[str, Any], said: str) -> None:
        with pytest.raises(Exception, match=said):
            settings(options)


class TestRecordedPlans:
    """What was recorded runs, whatever cases there are today."""

    def test_a_case_that_there_is_no_more(self, copied: Path) -> None:
        path = cassette.path_of(copied, "reference", BASELINE)
        name = f"{GET}/protocol/former/one"
        moved = cassette.path_of(copied, "reference", name)
        moved.parent.mkdir()
        path.rename(moved)
        edit(copied, lambda data: data["metadata"].update(name=name), name)
        edit(copied, _other_path, name)
        report = replayed(copied)
        assert {one["case"] for one in of_sdk(report)} == {name}
        assert report["verdicts"]["sdk"] == "breaking"

    def test_another_plan(self, copied: Path) -> None:
        """The server's findings need today's plan; those about the SDK do not."""
        edit(copied, lambda data: data["metadata"].update(plan="0"))
        edit(copied, _other_path)
        report = replayed(copied)
        assert {one["case"] for one in of_sdk(report)} == {BASELINE}
        reasons = {one["observed"] for one in report["findings"] if one["case"] == BASELINE}
        assert "not recorded: its cassette has another plan" in reasons

    def test_every_change_on_the_wire_is_recorded(self, tmp_path: Path) -> None:
        """Of a new recording nothing but itself is needed to build its requests again."""
        given = {"target": "url", "operations": GET, "record": "all", "max_examples": 2}
        recording = Run(settings({**given, "cassettes": str(tmp_path)}))
        tried = [one for one in recording.tried if "/auth/" in one.id or "/protocol/" in one.id]
        for one in tried:
            recording.run(one)
        recording.close()
        files = [*tmp_path.rglob("*.json")]
        assert len({path for path in files if '"altered"' in path.read_text("utf-8")}) >= 10
        for path in files:
            if "baselines" not in path.parts:
                text = path.read_text("utf-8")
                path.write_text(text.replace('"plan":"', '"plan":"x'), "utf-8")
        report = replayed(tmp_path)
        assert report["verdicts"]["sdk"] == "unchanged"
        ids = {one.id for one in tried} - {f"{GET}/protocol/implemented/asked"}
        silent = {one["case"] for one in of_sdk(report, "inconclusive")}
        assert not ids & silent

    def test_an_alteration_comes_back(self) -> None:
        """An alteration is stored without what the request shows itself."""
        request = Request(
            method="PUT", url="http://h/a/b", headers=(("Content-Type", "x/y"),), body=b"{"
        )
        made = Alteration(
            members={"A": [1]},
            repeated=("A",),
            body=b"{",
            content_type="x/y",
            path="/a/b",
            method="PUT",
        )
        entry = Entry(
            operation=GET,
            params={},
            request=request,
            outcome=Response(status=200, headers=(), body=b""),
            alteration=made,
        )
        text = cassette.text(Cassette(metadata=_metadata("case"), entries=(entry,)))
        assert '"altered":{"members":{"A":[1]},"repeated":["A"],"body":true' in text
        assert cassette._parsed(Path("x"), json.loads(text)).entries == (entry,)


# ---------------------------------------------------------------- recordings by hand


def _metadata(name: str, **more: Any) -> dict[str, Any]:
    source = Provenance(kind="url", origin="http://localhost", region="us-east-1")
    return {**source.data(), "name": name, "clause": "", "plan": "0", **more}


SIGNED = (
    "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/{service}/aws4_request, "
    "SignedHeaders={names}, Signature=0"
)


def recorded(
    folder: Path, operation: str, request: Request, body: bytes, **metadata: Any
) -> dict[str, Any]:
    """The report of a replay of one accepted request of an operation."""
    name = f"{operation}/protocol/former/one"
    params = metadata.pop("params", {})
    entry = Entry(
        operation=operation,
        params=params,
        request=request,
        outcome=Response(status=200, headers=(("Content-Length", str(len(body))),), body=body),
    )
    path = cassette.path_of(folder, "url", name)
    cassette.write(
        path, cassette.text(Cassette(metadata=_metadata(name, **metadata), entries=(entry,)))
    )
    return replayed(folder, operation, case=(name,))


def query(action: str, version: str, service: str) -> Request:
    """A request of a service that speaks query, as botocore sends it."""
    body = f"Action={action}&Version={version}".encode()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "X-Amz-Date": "20260101T000000Z",
        "Content-Length": str(len(body)),
        "Authorization": SIGNED.format(service=service, names="content-type;host;x-amz-date"),
    }
    return Request(
        method="POST", url="http://localhost/", headers=tuple(headers.items()), body=body
    )


METRICS = (
    b"<ListMetricsResponse><ListMetricsResult><Metrics><member><MetricName>m</MetricName>"
    b"</member></Metrics></ListMetricsResult></ListMetricsResponse>"
)


class TestProtocol:
    """A recording is read in its own protocol, and another one of today's is reported."""

    ASKED = query("ListMetrics", "2010-08-01", "monitoring")

    def test_one_that_is_no_longer_preferred(self, tmp_path: Path) -> None:
        report = recorded(tmp_path, "cloudwatch:ListMetrics", self.ASKED, METRICS)
        (found,) = of_sdk(report)
        assert found["expected"] == "protocol as recorded: query"
        assert found["observed"] == "protocol as built today: json"
        assert report["verdicts"]["sdk"] == "breaking"
        assert [one["clause"] for one in of_sdk(report, "pass")] == [
            "cloudwatch:ListMetrics/sdk/response"
        ]

    def test_one_that_was_chosen(self, tmp_path: Path) -> None:
        """A protocol that --protocol chose for the recording is no difference."""
        client = {"protocol": "query"}
        report = recorded(tmp_path, "cloudwatch:ListMetrics", self.ASKED, METRICS, client=client)
        assert report["verdicts"]["sdk"] == "unchanged"

    def test_one_that_is_spoken_no_more(self, tmp_path: Path) -> None:
        asked = query("ListQueues", "2012-11-05", "sqs")
        body = b"<ListQueuesResponse><ListQueuesResult/></ListQueuesResponse>"
        report = recorded(tmp_path, "sqs:ListQueues", asked, body)
        (found,) = of_sdk(report)
        assert found["observed"] == "protocol as built today: json"


PLAIN = {"response_checksum_validation": "when_required"}


class TestClients:
    """The settings with which a recording was made are used for its replay."""

    GETS = Request(
        method="GET",
        url="http://localhost/bucket/key",
        headers=(
            ("X-Amz-Date", "20260101T000000Z"),
            ("X-Amz-Content-SHA256", "e3b0c442"),
            (
                "Authorization",
                SIGNED.format(service="s3", names="host;x-amz-content-sha256;x-amz-date"),
            ),
        ),
        body=b"",
    )

    @pytest.mark.parametrize(
        ("client", "causes", "verdict"),
        [
            ({"client": {"default": PLAIN}}, set(), "unchanged"),
            ({"client": {}}, {"headers", "signature"}, "changed"),
        ],
    )
    def test_they_are_the_recorded_ones(
        self, tmp_path: Path, client: dict[str, Any], causes: set[str], verdict: str
    ) -> None:
        params = {"Bucket": "bucket", "Key": "key"}
        report = recorded(tmp_path, "s3:GetObject", self.GETS, b"x", params=params, **client)
        assert {one["cause"] for one in of_sdk(report)} == {f"sdk/request: {one}" for one in causes}
        assert report["verdicts"]["sdk"] == verdict

    def test_they_are_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A setting that the user's own clients have as well is none to name."""
        client = {"client": {"default": PLAIN}}
        params = {"Bucket": "bucket", "Key": "key"}
        report = recorded(tmp_path, "s3:GetObject", self.GETS, b"x", params=params, **client)
        named = report["client"]["response_checksum_validation"]
        assert named == {"recorded": "when_required", "yours": "when_supported"}
        monkeypatch.setenv("AWS_RESPONSE_CHECKSUM_VALIDATION", "WHEN_REQUIRED")
        assert "response_checksum_validation" not in replayed(tmp_path, "s3:GetObject")["client"]


def test_an_old_recording_says_nothing_of_what_was_changed(tmp_path: Path) -> None:
    """Where a request was refused and nothing says what was changed, the SDK is not judged."""
    name = f"{GET}/protocol/former/one"
    request = Request(method="GET", url="http://localhost/other", headers=(), body=b"")
    entry = Entry(
        operation=GET,
        params={"PhoneNumberId": "x"},
        request=request,
        outcome=Response(status=404, headers=(), body=b""),
    )
    path = cassette.path_of(tmp_path, "url", name)
    made = Cassette(metadata=_metadata(name), entries=(entry,))
    cassette.write(path, cassette.text(made))
    library = Library(tmp_path, "url")
    player = Player(Endpoint(url="http://localhost"), library)
    known = RecordedOperations(registry(), library)
    engine = Engine(session=TargetSession(known, player))
    recording = Recorded(id=name, operation=GET)
    result = engine.run(recording)
    assert result.outcome is Verdict.INCONCLUSIVE, result.findings
    assert "changed on the wire" in result.reason
    newer = dataclasses.replace(made, metadata={**made.metadata, "client": {}})
    cassette.write(path, cassette.text(newer))
    assert engine.run(recording).outcome is Verdict.FAIL
