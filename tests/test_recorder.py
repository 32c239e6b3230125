"""Recording: case by case, whole or not at all, nothing twice, nothing private."""

import errno
import json
import os
import random
import re
import shutil
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import forked
import pytest
import vcr
from tests_support import cases_by_id
from vcr.request import Request as VcrRequest

from conformance.checks.findings import Verdict
from conformance.execution.engine import Engine, scope_of
from conformance.execution.session import TargetSession
from conformance.protocols.http import Exchange, Failure, FailureKind, Request, Response
from conformance.recording import cassette
from conformance.recording.cassette import Cassette, CassetteError, Entry, Library
from conformance.recording.player import Player, offline
from conformance.recording.provenance import Provenance, today
from conformance.recording.pseudonyms import Pseudonyms
from conformance.recording.recorder import Recorder
from conformance.recording.redaction import Redactor
from conformance.recording.store import CassetteStore
from conformance.report import verify
from conformance.runner.reference_process import reference_server
from conformance.spec.documents import documented
from conformance.spec.registry import registry
from conformance.transport.endpoint_config import Endpoint
from conformance.transport.sender import Scope
from conftest import Scripted, answer, clean_environment, passing_on

CASES = cases_by_id()
ASKED = "chime:SearchAvailablePhoneNumbers/request/MaxResults/minimum/at-1"
GET = "chime:GetPhoneNumber/protocol/accepts-valid/baseline"
PLAIN = "chime:ListPhoneNumbers/rules/bare-call/accepted"
FILTERED = ("--operations", "chime:ListPhoneNumbers", "--max-examples", "0")


def store(tmp_path: Path, kind: str = "url", **options: Any) -> CassetteStore:
    source = Provenance(kind=kind, origin="http://localhost", region="us-east-1")
    redactor = options.pop("redactor", None) or Redactor(Pseudonyms(b"tests"))
    return CassetteStore(tmp_path / "kept", source, redactor, log=tmp_path / "log", **options)


@pytest.fixture
def recording(reference: Any, tmp_path: Path) -> Iterator[Any]:
    """Makes engines that record the reference server of this process."""
    made: list[Recorder] = []

    def make(**options: Any) -> tuple[Engine, Recorder]:
        kept = store(tmp_path, **options)
        endpoint = Endpoint(url=reference.url, timeout=2.0)
        sender = Recorder(endpoint, store=kept, stop=tmp_path / "stop", rate_limit=lambda: None)
        made.append(sender)
        return Engine(session=TargetSession(documented(), sender)), sender

    yield make
    for sender in made:
        sender._transport.close()


def files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_a_case_becomes_one_file(recording: Any, tmp_path: Path) -> None:
    """Each case, and each baseline it needs, is one whole file with its provenance."""
    engine, _ = recording()
    assert engine.run(CASES[ASKED]).outcome is Verdict.PASS
    found = cassette.read(cassette.path_of(tmp_path / "kept", "url", ASKED))
    told = found.metadata
    assert (told["name"], told["clause"]) == (ASKED, CASES[ASKED].clause)
    assert (told["provenance"], told["region"]) == ("url", "us-east-1")
    assert told["plan"] == scope_of(documented()[CASES[ASKED].operation], CASES[ASKED]).plan
    assert told["document"].startswith("sha256:")
    assert len(found.entries) == 1
    names = set(files(tmp_path / "kept"))
    assert "url/chime/SearchAvailablePhoneNumbers/baselines/standing.json" in names
    assert not any(name.endswith(".part") for name in names)


def test_plain_vcrpy_replays_it(recording: Any, tmp_path: Path) -> None:
    """A cassette is vcrpy's own: vcrpy loads it and answers from it without us."""
    engine, _ = recording()
    engine.run(CASES[ASKED])
    path = cassette.path_of(tmp_path / "kept", "url", ASKED)
    recorded = cassette.read(path).entries[0]
    assert isinstance(recorded.outcome, Response)
    theirs = vcr.cassette.Cassette.load(
        path=str(path),
        serializer=vcr.serializers.jsonserializer,
        match_on=(vcr.matchers.method, vcr.matchers.uri),
    )
    answer = theirs.play_response(VcrRequest("GET", recorded.request.url, b"", {}))
    assert answer["body"]["string"] == recorded.outcome.body
    assert theirs.get_metadata("name", None) == ASKED


@pytest.mark.parametrize(
    "outcome",
    [
        Response(status=200, headers=(("A", "1"), ("A", "2"), ("B", "ü")), body=b"\xff\x00{"),
        Response(status=500, headers=(), body=b""),
        Response(status=200, headers=(), body='{"ü":"😀"}'.encode()),
        Failure(kind=FailureKind.TIMEOUT, detail="no whole answer within 10 s"),
        Failure(kind=FailureKind.DROPPED, detail="gone"),
    ],
)
def test_what_is_written_is_read_again(tmp_path: Path, outcome: Response | Failure) -> None:
    """Bytes in no encoding, timeouts and dropped connections come back as they were."""
    asked = Request(method="POST", url="http://h/p", headers=(("X", "y"),), body=b'{"a":1}')
    entry = Entry(operation="a:B", params={"c": [1]}, request=asked, outcome=outcome)
    made = Cassette(
        metadata={"format": "aws-conformance-cassette/1", "name": "a:B/x", "provenance": "url"}
        | {"plan": "p"},
        entries=(entry,),
    )
    cassette.write(tmp_path / "x.json", cassette.text(made))
    assert cassette.read(tmp_path / "x.json") == made


def test_recording_twice_changes_no_byte(recording: Any, tmp_path: Path) -> None:
    """Where only dates and ids of requests differ, the file stays as it was."""
    engine, _ = recording()
    engine.run(CASES[ASKED])
    before = files(tmp_path / "kept")
    engine, again = recording()
    engine.run(CASES[ASKED])
    assert files(tmp_path / "kept") == before
    assert again.store.logged("changed") == []


def test_a_renewal_renews_the_date_alone(recording: Any, tmp_path: Path) -> None:
    """``stale`` writes the new date where nothing else changed."""
    engine, _ = recording()
    engine.run(CASES[ASKED])
    path = cassette.path_of(tmp_path / "kept", "url", ASKED)
    today = cassette.read(path).metadata["recorded"]
    old = path.read_text("utf-8").replace(f'"recorded":"{today}"', '"recorded":"2020-01-01"')
    path.write_text(old, "utf-8")
    engine, _ = recording(renew=True)
    engine.run(CASES[ASKED])
    assert path.read_text("utf-8") == old.replace("2020-01-01", today)


def test_a_changed_response_is_logged(recording: Any, reference: Any, tmp_path: Path) -> None:
    """A renewal that answers differently is shown as a difference."""
    engine, _ = recording()
    engine.run(CASES[ASKED])
    path = cassette.path_of(tmp_path / "kept", "url", ASKED)
    path.write_text(path.read_text("utf-8").replace('"code":200', '"code":202'), "utf-8")
    engine, recorder = recording()
    engine.run(CASES[ASKED])
    assert recorder.store.logged("changed") == [f"{ASKED}: response 1 was 202, is 200"]


def test_throttling_is_never_the_answer(
    scripted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A target that keeps asking to slow down stops the recording; nothing of it is stored."""
    monkeypatch.setattr("conformance.transport.sender.time.sleep", lambda seconds: None)
    head = b"HTTP/1.1 429 Slow\r\nRetry-After: 1\r\nContent-Length: 2\r\n\r\n{}"
    server = scripted([head])
    recorder = Recorder(
        Endpoint(url=server.url),
        store=store(tmp_path),
        stop=tmp_path / "stop",
        rate_limit=lambda: None,
    )
    result = Engine(session=TargetSession(documented(), recorder)).run(CASES[PLAIN])
    recorder._transport.close()
    assert result.outcome is Verdict.INCONCLUSIVE
    assert "--record=missing" in recorder.stopped
    assert files(tmp_path / "kept") == {}


def test_expired_credentials_stop_the_recording(scripted: Any, tmp_path: Path) -> None:
    """Where credentials run out, the rest is not sent, and one sentence says what to do."""
    head = (
        b"HTTP/1.1 403 No\r\nx-amzn-ErrorType: ExpiredTokenException\r\nContent-Length: 2\r\n\r\n"
    )
    server = scripted([head + b"{}"])
    recorder = Recorder(
        Endpoint(url=server.url),
        store=store(tmp_path),
        stop=tmp_path / "stop",
        rate_limit=lambda: None,
    )
    engine = Engine(session=TargetSession(documented(), recorder))
    engine.run(CASES[PLAIN])
    engine.run(CASES[ASKED])
    recorder._transport.close()
    assert "have expired" in recorder.stopped
    assert len(server.requests) == 1
    assert files(tmp_path / "kept") == {}


class Blind(Redactor):
    """A redaction that overlooks everything."""

    def response(self, response: Response, operation: str = "") -> Response:
        return response


def test_a_leak_is_not_written(scripted: Any, tmp_path: Path) -> None:
    """What still looks private stops the recording, with its place and without itself."""
    body = b'{"NextToken":null,"PhoneNumbers":[{"E164PhoneNumber":"+12067318842"}]}'
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    server = scripted([head.encode() + b"\r\n\r\n" + body])
    recorder = Recorder(
        Endpoint(url=server.url),
        store=store(tmp_path, redactor=Blind(Pseudonyms(b"blind"))),
        stop=tmp_path / "stop",
        rate_limit=lambda: None,
    )
    Engine(session=TargetSession(documented(), recorder)).run(CASES[PLAIN])
    recorder._transport.close()
    place = "chime:ListPhoneNumbers/baselines/standing, exchange 1, the response's body"
    assert f"a phone number in {place} still looks private" in recorder.stopped
    assert "7318842" not in recorder.stopped
    assert files(tmp_path / "kept") == {}


class Poor(Pseudonyms):
    """Pseudonyms of which none is left."""

    def replacement(self, kind: str, text: str, candidates: Any, *, what: str) -> str:
        return super().replacement(kind, text, (), what=what)


def test_where_no_replacement_is_left_nothing_is_written(recording: Any, tmp_path: Path) -> None:
    """A recording that would have to let two values become one stops in one sentence."""
    engine, recorder = recording(redactor=Redactor(Poor(b"poor")))
    engine.run(CASES[ASKED])
    assert recorder.stopped.startswith("Every pseudonym for a phone number that begins with +1")
    assert files(tmp_path / "kept") == {}


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_where_nothing_can_be_written_one_sentence_says_so(
    recording: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A read-only folder or a full disk stops the recording; no torn file is left."""

    def refuse(self: Path, target: Any) -> Path:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "replace", refuse)
    engine, recorder = recording()
    engine.run(CASES[ASKED])
    assert "cannot be written" in recorder.stopped
    assert os.strerror(number) in recorder.stopped
    assert files(tmp_path / "kept") == {}


def test_a_folder_below_a_file_is_refused(tmp_path: Path) -> None:
    """A folder that cannot be made is named, also for root."""
    (tmp_path / "file").write_text("")
    with pytest.raises(CassetteError, match="cannot be written"):
        cassette.write(tmp_path / "file" / "x" / "y.json", "{}")


#: ``certify``, telling the server with every request which case or baseline it belongs to.
TELLING = """
import dataclasses, sys
from conformance.__main__ import main
from conformance.recording.recorder import Recorder
carry = Recorder.carry
def telling(self, request):
    name = self._stack[-1].scope.name
    headers = (*request.headers, ("X-Belongs-To", name))
    return carry(self, dataclasses.replace(request, headers=headers))
Recorder.carry = telling
sys.exit(main(["certify", *sys.argv[1:]]))
"""


def belongs_to(raw: bytes) -> str:
    """What a request of such a run belongs to."""
    return raw.partition(b"X-Belongs-To: ")[2].partition(b"\r\n")[0].decode()


def whole(root: Path) -> dict[str, bytes]:
    """The files that are not just being written; those that are may be gone in a moment."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*.json"))
        if path.is_file()
    }


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_any_moment_nothing_is_torn_and_nothing_lost(
    tmp_path: Path, seed: int, scripted: Any
) -> None:
    """After SIGKILL every file is whole, and of what was completed the server sees nothing again.

    Baselines are asked anew by every run, once: what they found out is redacted in their
    cassettes, and the cases that are missing need the real values.
    """
    kept = tmp_path / "kept"
    (tmp_path / "key").write_text(f"{seed}" * 64)  # each seed redacts in one way of its own
    environment = {**clean_environment(), "CONFORMANCE_REDACTION_KEY": str(tmp_path / "key")}
    (tmp_path / "telling.py").write_text(TELLING)
    chance = random.Random(seed)
    completed: dict[str, int] = {}
    before: dict[str, bytes] = {}
    with reference_server() as url:
        server = scripted(passing_on(url))
        command = [sys.executable, "-m", "telling", server.url, "--record=missing"]
        command += ["--cassettes=kept", "--operations=chime:GetPhoneNumber", "--max-examples=0"]
        for turn in range(6):
            server.requests.clear()
            process = forked.Command(command, cwd=tmp_path, env=environment)
            wanted = len(before) + chance.randrange(1, 25)
            while turn < 5 and not process.ended() and len(whole(kept)) < wanted:
                time.sleep(chance.random() * 0.01)
            if turn < 5:
                process.kill()
            done = process.wait(60)
            sent = Counter(map(belongs_to, list(server.requests)))
            assert "" not in sent
            for name, entries in completed.items():
                assert sent[name] <= (entries if "/baselines/" in name else 0), name
            after = whole(kept)
            assert {name: after[name] for name in before} == before
            before = after
            read = [cassette.read(kept / name) for name in before]
            completed = {one.metadata["name"]: len(one.entries) for one in read}
        assert done.returncode == 0, done.stdout[-800:] + done.stderr[-800:]
    assert {one for one in CASES if one.startswith("chime:GetPhoneNumber/")} <= completed.keys()


WORDS = ("--cassettes=kept", "--operations=chime:GetPhoneNumber", "--max-examples=3")


@pytest.fixture(scope="module")
def _recorded(
    shell_in: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Scripted]]:
    """A folder with a recording of all cases, and the server that was recorded."""
    folder = tmp_path_factory.mktemp("recorded")
    with reference_server() as url:
        server = Scripted(passing_on(url))
        key = {"CONFORMANCE_REDACTION_KEY": str(folder / "key")}
        first = shell_in(folder).certify(server.url, *WORDS, "--record=all", **key)
        assert "verdict: conformant" in first.stdout, first.stdout + first.stderr
        yield folder, server
        server.close()


@pytest.fixture
def recorded(_recorded: tuple[Path, Scripted], shell: Any, tmp_path: Path) -> Any:
    """Certifies, always at one address, and records into one folder, which holds all cases."""
    folder, server = _recorded
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    key = {"CONFORMANCE_REDACTION_KEY": str(tmp_path / "key")}

    def certify(*options: str, at: str = server.url) -> Any:
        server.requests.clear()
        done = shell.certify(at, *WORDS, *options, **key)
        done.requests = list(server.requests)
        return done

    certify.url = server.url  # type: ignore[attr-defined]
    return certify


def test_nothing_is_sent_for_what_is_recorded(recorded: Any, tmp_path: Path) -> None:
    """Where every case is recorded, the target is asked for nothing, and not called conformant."""
    again = recorded("--record=missing", "--report=told")
    assert again.requests == []
    assert "verdict: inconclusive" in again.stdout, again.stdout[-1500:]
    told = json.loads((tmp_path / "told" / "report.json").read_text("utf-8"))
    assert (told["complete"], told["requests"]) == (False, 0)
    assert told["recorded"] == {"cases": len(told["cases"]), "oldest": today()}


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_what_recordings_answered_is_reported(
    recorded: Any, tmp_path: Path, workers: tuple[str, ...]
) -> None:
    """A recording that goes on asks for what is missing; what it did not ask, every file says."""
    removed = cassette.path_of(tmp_path / "kept", "url", GET)
    removed.unlink()
    done = recorded("--record=missing", "--report=told", *workers)
    assert done.returncode == 0, done.stdout[-1500:]
    told = json.loads((tmp_path / "told" / "report.json").read_text("utf-8"))
    assert not any(verify.problems(told).values())
    assert (told["complete"], told["verdict"]) == (False, "inconclusive")
    number = len(told["cases"]) - 1
    assert told["recorded"] == {"cases": number, "oldest": today()}
    (asked,) = (case for case in told["cases"] if "recorded" not in case)
    assert asked["id"] == GET
    assert told["requests"] == len(done.requests) > 0
    assert "sdk" not in told["operations"]["chime:GetPhoneNumber"]
    said = f"{number} cases were answered by recordings, the oldest of {today()}, not by the target"
    assert f"{said}: --record=all sends them again" in done.stdout
    assert "1 case, not the complete case set" in done.stdout
    assert said in (tmp_path / "told" / "summary.md").read_text("utf-8")
    assert "from recordings" in (tmp_path / "told" / "report.html").read_text("utf-8")
    assert removed.exists()


@pytest.mark.parametrize("how", ["missing", "stale", "all"])
@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_folder_of_another_server_is_refused(
    recorded: Any, scripted: Any, tmp_path: Path, how: str, workers: tuple[str, ...]
) -> None:
    """No server is asked, or certified, over what another one answered; the folder stays."""
    before = files(tmp_path / "kept")
    silent = scripted(lambda server, connection, number: server.read(connection))
    done = recorded(f"--record={how}", *workers, at=silent.url)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"aws-conformance: kept/url holds recordings of {recorded.url} in us-east-1, and this run "
        f"would record {silent.url} in us-east-1: name another folder with --cassettes, or move "
        "those recordings away.\n"
    )
    assert silent.connections == 0
    assert files(tmp_path / "kept") == before


def test_a_folder_of_another_region_is_refused(recorded: Any) -> None:
    """A Region is part of the origin: hosts and signatures are made of it."""
    done = recorded("--record=missing", "--region=eu-west-1")
    assert done.returncode == 2
    assert (
        f"{recorded.url} in us-east-1, and this run would record {recorded.url} in eu-west-1"
        in (done.stderr)
    )
    assert done.requests == []


def test_the_embedded_server_is_one_wherever_it_listens(shell: Any, tmp_path: Path) -> None:
    """The embedded server is recorded anew into its folder, though its port is another."""
    words = ("--cassettes=kept", "--operations=chime:GetPhoneNumber", "--max-examples=0")
    for how in ("all", "all", "missing"):
        done = shell.certify(f"--record={how}", *words)
        assert done.returncode == 0, done.stdout + done.stderr
    assert Library(tmp_path / "kept", "reference").origins() == [("http://localhost", "us-east-1")]


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_folder_that_cannot_be_written_is_refused_first(
    shell: Any, scripted: Any, tmp_path: Path, workers: tuple[str, ...]
) -> None:
    """Where cassettes have no place, one sentence says so before anything is sent."""
    (tmp_path / "file").write_text("")
    silent = scripted(lambda server, connection, number: server.read(connection))
    done = shell.certify(silent.url, "--record=all", "--cassettes=file", *FILTERED, *workers)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "aws-conformance: The folder file/url cannot be written (Not a directory); name another "
        "with --cassettes.\n"
    )
    assert silent.connections == 0


def test_the_path_of_an_address_is_recorded_once(shell: Any, scripted: Any, tmp_path: Path) -> None:
    """A target below a path is recorded at that path, so that a replay builds the same requests."""
    server = scripted(lambda one, connection, number: one.read(connection))
    words = ("--record=all", "--cassettes=kept", "--max-examples=0", f"--case={GET}")
    key = {"CONFORMANCE_REDACTION_KEY": str(tmp_path / "key")}
    shell.certify(f"{server.url}/base", *words, **key)
    found = [cassette.read(path) for path in (tmp_path / "kept").rglob("*.json")]
    paths = {entry.request.path for one in found for entry in one.entries}
    assert "/base/phone-numbers" in paths
    assert not any(path.startswith("/base/base") for path in paths)


def test_workers_record_into_one_folder(shell: Any, tmp_path: Path) -> None:
    """Two workers leave what one leaves."""
    words = ("--record=all", *FILTERED)
    one = shell.certify(*words, "--cassettes", "one")
    two = shell.certify(*words, "--cassettes", "two", "-n", "2")
    assert (one.returncode, two.returncode) == (0, 0)
    kept = [
        {name: json.loads(raw)["metadata"]["calls"] for name, raw in files(tmp_path / one).items()}
        for one in ("one", "two")
    ]
    assert kept[0] == kept[1]
    assert "files below" in two.stdout


def test_the_rate_holds_over_workers_that_record(shell: Any, scripted: Any, tmp_path: Path) -> None:
    """Two workers that record into one folder send no faster together than the rate allows.

    The server's own clock tells: only that it took too long cannot be a fault of the machine's.
    """
    rate = 12.0
    arrived: list[float] = []
    with reference_server() as url:
        server = scripted(passing_on(url, told=lambda raw: arrived.append(time.monotonic())))
        done = shell.certify(
            server.url,
            *("--record=all", "--cassettes", "kept", "--operations=chime:GetPhoneNumber"),
            *("--max-examples=0", "-n", "2", f"--rate={rate:g}"),
            CONFORMANCE_REDACTION_KEY=str(tmp_path / "key"),
        )
    assert done.returncode == 0, done.stdout[-800:]
    assert server.connections >= 3  # the controller's and each worker's
    steady = sorted(arrived)[4:]  # whoever sends first has its client still to make
    least = (len(steady) - 1) / rate
    assert steady[-1] - steady[0] >= 0.75 * least  # each worker at this rate alone: half of it
    recorded = [cassette.read(path) for path in (tmp_path / "kept").rglob("*.json")]
    cases = {one.metadata["name"] for one in recorded}
    assert {one for one in CASES if one.startswith("chime:GetPhoneNumber/")} <= cases
    assert not list((tmp_path / "kept").rglob("*.part"))


#: A value, and where it is in a file beside a plain text: each place has rules of its own.
ONE_VALUE = {
    "a name": "orders-prod-7",
    "a short name": "dev",
    "four letters": "abcd",
    "digits": "12345",
    "a version": "1",
    "an account": "739184625037",
    "a phone number": "+12067318842",
    "an address": "jane.doe@corp-mail.com",
    "a UUID": "5f8a1b2c-9d3e-4f60-8a7b-1c2d3e4f5a6b",
    "a token": "pageTokenOfThisVeryAccount0042XYZ",
}


#: Of what says too little by itself, a member's name may say that it is private there.
SAYS_LITTLE = {"a short name", "digits", "a version"}


@pytest.mark.parametrize(
    ("what", "member"),
    [
        (what, member)
        for what in ONE_VALUE
        for member in ("TableName", "NextToken", "UserName", "PhoneNumber", "Id")
        if member != "NextToken" or what not in SAYS_LITTLE
    ],
)
def test_one_value_stays_one_in_a_file(tmp_path: Path, what: str, member: str) -> None:
    """Whatever shows that it is private, and in whichever exchange: its replacement is the same.

    What is not replaced in one place is not replaced in another.
    """
    value = ONE_VALUE[what]
    arn = f"arn:aws:connect:us-east-1:111122223333:instance/{value}"
    exchanges = [
        exchanged({"Id": value}, {member: value}, query=quote(value, safe="")),
        exchanged({member: value}, {"TargetArn": arn, "Names": [value]}, query="x"),
    ]
    store(tmp_path).add(Scope(name="connect:ListPhoneNumbersV2/x", plan="p"), exchanges, [])
    (path,) = (one for one in (tmp_path / "kept").rglob("*") if one.is_file())
    first, second = cassette.read(path).entries
    assert isinstance(first.outcome, Response)
    assert isinstance(second.outcome, Response)
    answered = json.loads(second.outcome.body)
    found = {
        unquote(first.request.url.partition("q=")[2]),
        json.loads(first.request.body)["Id"],
        json.loads(first.outcome.body)[member],
        json.loads(second.request.body)[member],
        answered["TargetArn"].rpartition("/")[2],
        answered["Names"][0],
    }
    assert len(found) == 1


def exchanged(sent: Any, answered: Any, *, query: str) -> tuple[Exchange, None]:
    request = Request(
        method="POST",
        url=f"http://localhost/x?q={query}",
        headers=(),
        body=json.dumps(sent).encode(),
    )
    response = Response(status=200, headers=(), body=json.dumps(answered).encode())
    made = Exchange(
        operation="connect:ListPhoneNumbersV2", params={}, request=request, response=response
    )
    return made, None


class TestIdempotencyTokens:
    """A token that the SDK would draw follows from the case, and a replay sends it again."""

    CREATE = registry().find("ec2:CreateVolume")

    def tokens(self, url: str, folder: Path, *names: str) -> list[str]:
        """The tokens of two requests in each of some cases, as they are sent."""
        folder.mkdir()
        sender = Recorder(
            Endpoint(url=url, timeout=2.0),
            store=store(folder),
            stop=folder / "stop",
            rate_limit=None,
        )
        found = []
        for name in names:
            scope = Scope(name=f"{self.CREATE.id}/{name}", plan="p", public=frozenset({"z"}))
            with sender.scope(lambda scope=scope: scope):
                for size in (1, 1):
                    sent = sender.send(self.CREATE, {"AvailabilityZone": "z", "Size": size})
                    found += re.findall(rb"ClientToken=([^&]+)", sent.request.body)
        sender._transport.close()
        return [one.decode() for one in found]

    def test_they_are_the_same_in_each_recording(self, scripted: Any, tmp_path: Path) -> None:
        """Two recordings send the same; two cases and two requests of one do not."""
        url = scripted([VOLUME]).url
        first = self.tokens(url, tmp_path / "1", "one", "two")
        assert len(set(first)) == 4
        assert all(uuid.UUID(one) for one in first)
        assert self.tokens(url, tmp_path / "2", "one", "two") == first

    def test_a_replay_sends_what_was_recorded(self, scripted: Any, tmp_path: Path) -> None:
        """The request is built again as it was, though redaction may have replaced its token."""
        self.tokens(scripted([VOLUME]).url, tmp_path / "1", "one")
        library = Library(tmp_path / "1" / "kept", "url")
        player = Player(Endpoint(url="http://localhost"), library)
        scope = Scope(name=f"{self.CREATE.id}/one", plan="p")
        with player.scope(lambda: scope), offline():
            for _ in range(2):
                played = player.send(self.CREATE, {})
                assert b"ClientToken=" in played.request.body
                assert played.notes["built"].body == played.request.body

    def test_one_that_is_given_is_sent(self, sending: Any, scripted: Any) -> None:
        """A case that is about a token sends its own."""
        sent = sending(scripted([VOLUME]).url).send(self.CREATE, {"ClientToken": "mine"})
        assert b"ClientToken=mine" in sent.request.body

    def test_no_two_requests_of_a_run_have_one(self, sending: Any, scripted: Any) -> None:
        """What is not recorded may be sent to a server that remembers the run before."""
        sender = sending(scripted([VOLUME]).url)
        bodies = [sender.send(self.CREATE, {}).request.body for _ in range(2)]
        assert len({re.search(rb"ClientToken=([^&]+)", body)[1] for body in bodies}) == 2  # type: ignore[index]


VOLUME = answer(200, b"<CreateVolumeResponse><volumeId>vol-1</volumeId></CreateVolumeResponse>")
