"""Replay: the SDK of today against recorded answers, with no network at all."""

import dataclasses
import json
import shutil
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.parsers import RestJSONParser
from botocore.serialize import RestJSONSerializer
from tests_support import ROOT, cases_by_id

from conformance.checks import sdk
from conformance.checks.findings import Verdict
from conformance.execution.engine import Engine, Result, scope_of
from conformance.execution.session import TargetSession
from conformance.protocols.http import Request
from conformance.recording import cassette
from conformance.recording.cassette import Library
from conformance.recording.player import NetworkUsedError, Player, offline
from conformance.recording.provenance import Provenance
from conformance.spec.documents import documented
from conformance.transport.endpoint_config import Endpoint

SHIPPED = ROOT / "cassettes"
CASES = cases_by_id()
LIST = "connect:ListPhoneNumbersV2/request/MaxResults/maximum/at-1000"
GET = "chime:GetPhoneNumber/protocol/accepts-valid/baseline"


def engine(root: Path = SHIPPED) -> Engine:
    player = Player(Endpoint(url="http://localhost"), Library(root, "reference"))
    return Engine(session=TargetSession(documented(), player))


def verdicts(result: Result, clause: str) -> set[Verdict]:
    return {one.verdict for one in result.findings if one.clause.endswith(clause)}


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The shipped recordings of one operation, to be spoilt."""
    for name in ("ListPhoneNumbersV2",):
        shutil.copytree(
            SHIPPED / "reference" / "connect" / name, tmp_path / "reference" / "connect" / name
        )
    return tmp_path


def test_a_recorded_case_is_judged_offline() -> None:
    """A case that was recorded needs no network to be judged by every check."""
    with offline():
        result = engine().run(CASES[LIST])
    assert result.outcome is Verdict.PASS
    assert verdicts(result, "sdk/request") == verdicts(result, "sdk/response") == {Verdict.PASS}


def test_a_socket_is_an_error() -> None:
    """Whatever reaches for the network in a replay is told so."""
    with offline(), pytest.raises(NetworkUsedError):
        socket.create_connection(("127.0.0.1", 9))
    with socket.socket() as one, offline(), pytest.raises(NetworkUsedError):
        one.connect(("127.0.0.1", 9))
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", 9), timeout=1)


def _renamed(serialized: dict[str, Any]) -> None:
    serialized["headers"]["X-Type"] = serialized["headers"].pop("Content-Type", "none")


def _dropped(serialized: dict[str, Any]) -> None:
    body = json.loads(serialized["body"])
    body.pop("MaxResults")
    serialized["body"] = json.dumps(body).encode()


def _as_text(serialized: dict[str, Any]) -> None:
    body = json.loads(serialized["body"])
    body["MaxResults"] = str(body["MaxResults"])
    serialized["body"] = json.dumps(body).encode()


def _elsewhere(serialized: dict[str, Any]) -> None:
    serialized["url_path"] += "/v2"


@pytest.mark.parametrize(
    ("alter", "what"),
    [(_renamed, "headers"), (_dropped, "body"), (_as_text, "body"), (_elsewhere, "path")],
)
def test_an_altered_serialiser_is_noticed(
    alter: Callable[[dict[str, Any]], None], what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An SDK that sends something else than was recorded fails, and both sides are shown."""
    honest = RestJSONSerializer.serialize_to_request

    def altered(self: Any, parameters: Any, model: Any) -> Any:
        serialized = honest(self, parameters, model)
        if "MaxResults" in parameters:
            alter(serialized)
        return serialized

    monkeypatch.setattr(RestJSONSerializer, "serialize_to_request", altered)
    result = engine().run(CASES[LIST])
    found = [one for one in result.findings if one.clause.endswith("sdk/request")]
    assert Verdict.FAIL in {one.verdict for one in found}
    assert what in found[0].expected
    assert "as built today" in found[0].observed


def test_an_altered_parser_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An SDK that understands an answer otherwise than its bytes say fails."""
    honest = RestJSONParser.parse

    def altered(self: Any, response: Any, shape: Any) -> Any:
        parsed = honest(self, response, shape)
        for item in parsed.get("ListPhoneNumbersSummaryList", []):
            item["PhoneNumber"] = item["PhoneNumber"].lstrip("+")
        return parsed

    monkeypatch.setattr(RestJSONParser, "parse", altered)
    assert Verdict.FAIL in verdicts(engine().run(CASES[LIST]), "sdk/response")


def test_what_is_not_recorded_is_inconclusive(copied: Path) -> None:
    """A case without a cassette says so, and the others go on."""
    cassette.path_of(copied, "reference", LIST).unlink()
    result = engine(copied).run(CASES[LIST])
    assert (result.outcome, result.reason) == (Verdict.INCONCLUSIVE, "not recorded")
    other = "connect:ListPhoneNumbersV2/request/MaxResults/minimum/at-1"
    assert engine(copied).run(CASES[other]).outcome is Verdict.PASS


def _torn(text: str) -> str:
    return text[: len(text) // 2]


def _future(text: str) -> str:
    return text.replace("aws-conformance-cassette/1", "aws-conformance-cassette/9")


def _later(text: str) -> str:
    return text.replace('{"version":1,', '{"version":2,', 1)


def _foreign(text: str) -> str:
    data = json.loads(text)
    return json.dumps({"version": 1, "interactions": data["interactions"]})


def _edited(text: str) -> str:
    return text.replace('"status":{"code":200', '"status":{"code":"two hundred"', 1)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_torn, "is not a whole cassette"),
        (_future, "of format 'aws-conformance-cassette/9'"),
        (_later, "vcrpy's format 2"),
        (_foreign, "without this suite's metadata"),
        (_edited, "cannot be read"),
        (lambda _: "", "is not a cassette of vcrpy"),
        (lambda _: "[]", "is not a cassette of vcrpy"),
    ],
)
def test_a_damaged_file_is_named(copied: Path, spoil: Callable[[str], str], said: str) -> None:
    """A torn, foreign or future file is named in one sentence; its case is inconclusive."""
    path = cassette.path_of(copied, "reference", LIST)
    path.write_text(spoil(path.read_text("utf-8")), "utf-8")
    result = engine(copied).run(CASES[LIST])
    assert result.outcome is Verdict.INCONCLUSIVE
    assert str(path) in result.reason
    assert said in result.reason


def test_another_plan_is_not_replayed(copied: Path) -> None:
    """A case that is carried out otherwise today is not judged by what was recorded then."""
    path = cassette.path_of(copied, "reference", LIST)
    path.write_text(path.read_text("utf-8").replace('"plan":"', '"plan":"x'), "utf-8")
    assert "another plan" in engine(copied).run(CASES[LIST]).reason


def test_a_recording_counts_for_its_own_source() -> None:
    """What was recorded stands for the server and the Region that it names, and for no other."""
    player = engine().session.sender
    assert isinstance(player, Player)
    scope = scope_of(documented()[CASES[LIST].operation], CASES[LIST])
    source = Provenance(kind="reference", origin="http://localhost", region="us-east-1")
    assert player.recorded(scope, source) == player.library.find(LIST).metadata["recorded"]
    for other in ({"origin": "http://localhost:4567"}, {"region": "eu-west-1"}):
        assert player.recorded(scope, dataclasses.replace(source, **other)) == ""


def test_a_mixed_folder_is_refused(copied: Path, shell: Any) -> None:
    """Where two servers were recorded into one folder, neither is judged by the other's answers."""
    path = cassette.path_of(copied, "reference", LIST)
    other = path.read_text("utf-8").replace("http://localhost", "http://localhost:4567")
    path.write_text(other, "utf-8")
    done = shell.certify("--target=replay", f"--cassettes={copied}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"aws-conformance: {copied / 'reference'} mixes recordings of http://localhost in "
        "us-east-1 and http://localhost:4567 in us-east-1, and a replay judges one server: give "
        "each a folder of its own (--cassettes).\n"
    )


def _request(**changes: Any) -> Request:
    plain = Request(
        method="POST",
        url="https://h/p?b=1&a=2&a=1",
        headers=(("Content-Type", "application/json"), ("User-Agent", "x")),
        body=b'{"a": 1, "b": [1]}',
    )
    return dataclasses.replace(plain, **changes)


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({"url": "https://h/p?a=2&a=1&b=1"}, None),
        ({"url": "https://h/p?b=1&a=1&a=2"}, "query"),
        ({"url": "https://other/p?b=1&a=2&a=1"}, "host"),
        ({"body": b'{"b":[1],"a":1}'}, None),
        ({"body": b'{"b":[1],"a":"1"}'}, "body"),
        ({"body": b'{"b":[1],"a":true}'}, "body"),
        ({"method": "PUT"}, "method"),
        ({"headers": (("content-type", "application/json"), ("User-Agent", "y"))}, None),
        ({"headers": (("content-type", "text/plain"),)}, "content-type"),
    ],
)
def test_requests_are_compared_as_they_are_read(
    changes: Mapping[str, Any], differs: str | None
) -> None:
    """Order of members and of parameters, and the client's own headers, make no difference."""
    found = next(sdk.differences(_request(), _request(**changes)), None)
    assert (found and found[0]) == differs


def test_the_shipped_recordings_replay_green(shell: Any) -> None:
    """One command judges all that ships, without network, and says what it replayed."""
    done = shell.pytest("-q", "--operations", "chime:G*,chime:L*")
    assert done.returncode == 0, done.stdout[-2000:]
    assert "verdict: conformant" in done.stdout


def test_an_sdk_of_a_year_before_replays_green(shell: Any, tmp_path: Path) -> None:
    """What today's SDK recorded, one of more than a year before sends and understands alike."""
    installed = shell.run(
        sys.executable, "-m", "pip", "install", "-q", "--target", "old", "boto3==1.40.0"
    )
    if installed.returncode != 0:
        pytest.skip("no other version of boto3 can be installed here")
    words = ("--target=replay", "--report", "told")
    python = (sys.executable, "-m", "conformance", "certify")
    done = shell.run(*python, *words, PYTHONPATH=str(tmp_path / "old"))
    assert done.returncode == 0, done.stdout[-2000:]
    told = json.loads((tmp_path / "told" / "report.json").read_text("utf-8"))
    assert told["sdk"]["boto3"] == "1.40.0"
    assert told["verdict"] == "conformant"
