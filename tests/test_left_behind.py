"""What runs leave on a target: the journal, what the next run says of it, and ``clean``.

Each run is a process of its own, on a small server that keeps queues.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from queue_server import QueueServer

from conformance.errors import ConformanceError
from conformance.execution.provisioning.journal import (
    About,
    Entry,
    Journal,
    JournalError,
    ended_runs,
    folder_of_user,
)
from conformance.runner.journals import secret_finder, things
from conformance.spec.registry import registry
from conformance.transport.endpoint_config import Endpoint
from conftest import clean_environment

WORDS = ("--operations", "sqs:ListQueues", "--max-examples", "0")
CASE = ("-k", "implemented")


def test_of_many_kinds_the_most_frequent_are_named() -> None:
    """The line stays one that can be read, and hides nothing of how much there is."""
    names = ["queues"] * 3 + [f"{letter}s" for letter in "abcdefghij"]
    entries = [Entry(number=n, things=name, call="c") for n, name in enumerate(names)]
    left: Any = SimpleNamespace(entries=entries)
    assert things([left]) == "3 queues, 1 a, 1 b, 1 c, 1 d, 1 e, 1 f, 1 g and 3 more"


@pytest.fixture
def server() -> Iterator[QueueServer]:
    """A server with one queue of its own, ``mine``."""
    started = QueueServer()
    yield started
    started.close()


@pytest.fixture
def journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this test's journals."""
    folder = tmp_path / "journals"
    monkeypatch.setenv("CONFORMANCE_JOURNAL", str(folder))
    return folder


class Started:
    """A run in a process of its own."""

    def __init__(self, url: str, folder: Path, *words: str) -> None:
        command = [sys.executable, "-W", "error", "-m", "conformance", "certify", url, *WORDS]
        self.process = subprocess.Popen(
            [*command, *words],
            cwd=folder,
            env={**clean_environment(), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that the run does."""
        deadline = time.monotonic() + 60
        while not condition():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def signal(self, *kinds: signal.Signals, pause: float = 0.3) -> None:
        for kind in kinds:
            self.process.send_signal(kind)
            time.sleep(pause)

    def ended(self) -> str:
        """What the run has printed."""
        said, _ = self.process.communicate(timeout=60)
        return said

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate(timeout=60)


@pytest.fixture
def start(server: QueueServer, journals: Path, tmp_path: Path) -> Iterator[Callable[..., Started]]:
    """Starts runs on the server."""
    runs: list[Started] = []

    def one(*words: str) -> Started:
        runs.append(Started(server.url, tmp_path, *words))
        return runs[-1]

    yield one
    for run in runs:
        if run.process.poll() is None:
            run.kill()
        if run.process.stdout:
            run.process.stdout.close()


def clean(shell: Any, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """``aws-conformance clean``, with warnings as errors."""
    python = (sys.executable, "-W", "error", "-m", "conformance", "clean")
    done: subprocess.CompletedProcess[str] = shell.run(*python, *words, **environment)
    assert "Traceback" not in done.stderr
    return done


def killed(server: QueueServer, start: Callable[..., Started], *, at: int = 4) -> None:
    """A run that was killed while a call was not answered yet."""
    server.hangs = lambda operation, count: operation == "CreateQueue" and count == at
    run = start()
    run.until(lambda: server.count("CreateQueue") == at)
    run.kill()
    server.hangs = lambda operation, count: False


class TestKilled:
    def test_the_next_run_names_it_and_clean_takes_down_exactly_that(
        self, server: QueueServer, start: Callable[..., Started], shell: Any, journals: Path
    ) -> None:
        """Nothing but what the killed run has made goes, and what no response named is said."""
        killed(server, start)
        left = server.queues - {"mine"}
        assert len(left) == 4
        run = start(*CASE)
        said = run.ended()
        command = f"aws-conformance clean {server.url}"
        sentence = "An earlier run left 4 queues on this target: take down what it made with"
        assert said.count(f"{sentence} '{command}'.") == 1
        assert "provisioned sqs: 6 queues, 5 messages; all taken down" in said
        assert server.queues == left | {"mine"}

        listed = clean(shell)
        assert (listed.returncode, listed.stderr) == (0, "")
        assert f"{server.url}: 4 queues" in listed.stdout
        before = len(server.calls)
        listed = clean(shell, server.url, "--dry-run")
        assert listed.returncode == 0
        assert listed.stdout.count("sqs:DeleteQueue QueueUrl=") == 3
        assert "made by sqs:CreateQueue (only the response names it, and none came)" in (
            listed.stdout
        )
        assert len(server.calls) == before

        done = clean(shell, server.url)
        assert done.returncode == 1
        assert done.stdout.count("  taken down     sqs:DeleteQueue QueueUrl=") == 3
        assert "3 taken down, 1 NOT taken down" in done.stdout
        assert server.calls[before:] == [("DeleteQueue", name) for name in _reverse(left)]
        assert len(server.queues) == 2
        assert "mine" in server.queues

        again = clean(shell, server.url)
        assert (again.returncode, len(server.calls)) == (1, before + 3)
        assert clean(shell, server.url, "--forget").returncode == 0
        assert clean(shell, server.url).stdout == f"Nothing is left at {server.url}.\n"
        assert not list(journals.rglob("*.jsonl*"))

    def test_a_run_under_way_is_left_alone(
        self, server: QueueServer, start: Callable[..., Started], shell: Any
    ) -> None:
        """Two runs at once: neither names nor takes down what the other has made."""
        server.hangs = lambda operation, count: operation == "SendMessage" and count == 5
        first = start("--request-timeout", "60")
        first.until(lambda: server.count("SendMessage") == 5)
        held = set(server.queues)
        done = clean(shell, server.url)
        assert done.returncode == 0
        assert "A run is under way on this target" in done.stdout
        second = start(*CASE)
        assert "earlier run" not in second.ended()
        assert held <= server.queues

    @pytest.mark.parametrize("words", [(), ("-n", "2")])
    def test_a_run_that_ends_leaves_no_journal(
        self, server: QueueServer, start: Callable[..., Started], journals: Path, words: Any
    ) -> None:
        """What was taken down is struck; with workers there is one journal."""
        said = start(*CASE, *words).ended()
        assert "all taken down" in said
        assert server.queues == {"mine"}
        assert not list(journals.rglob("*.jsonl*"))

    def test_what_was_not_taken_down_is_listed(
        self, server: QueueServer, start: Callable[..., Started], shell: Any
    ) -> None:
        """A refused deletion stays in the journal until one succeeds or finds nothing."""
        server.refuses["DeleteQueue"] = (403, "AccessDenied")
        said = start(*CASE).ended()
        assert "NOT taken down: 6 queues of sqs (sqs:DeleteQueue: refused with 403" in said
        assert f"'aws-conformance clean {server.url}' takes it down." in said
        done = clean(shell, server.url)
        assert done.returncode == 1
        assert "6 NOT taken down" in done.stdout
        del server.refuses["DeleteQueue"]
        server.queues.remove(max(server.queues - {"mine"}))
        done = clean(shell, server.url)
        assert (done.returncode, server.queues) == (0, {"mine"})
        assert "5 taken down, 1 gone already" in done.stdout

    def test_what_other_keys_do_not_find_is_not_gone(
        self, server: QueueServer, start: Callable[..., Started], shell: Any
    ) -> None:
        """An emulator may keep accounts apart by the keys that sign."""
        killed(server, start)
        server.queues = {"mine"}
        keys = {"AWS_ACCESS_KEY_ID": "other", "AWS_SECRET_ACCESS_KEY": "other"}
        done = clean(shell, server.url, **keys)
        assert done.returncode == 1
        assert "other keys than the run's have signed" in done.stdout
        done = clean(shell, server.url)
        assert "3 gone already, 1 NOT taken down" in done.stdout

    def test_nothing_answers(
        self, server: QueueServer, start: Callable[..., Started], shell: Any
    ) -> None:
        """One sentence and status 2; the journal keeps all of it."""
        killed(server, start)
        server.close()
        done = clean(shell, server.url)
        assert done.returncode == 2
        assert done.stderr.startswith(f"aws-conformance: Nothing answers at {server.url}")
        assert f"{server.url}: 4 queues" in clean(shell).stdout

    def test_a_hook_that_was_killed(
        self, reference: Any, server: QueueServer, shell: Any, journals: Path
    ) -> None:
        """What a user's own code has made only the user can take down; the output says so."""
        (shell.folder / "conftest.py").write_text(
            "import os\n\n\n"
            "def pytest_conformance_provision(target):\n"
            "    os.kill(os.getpid(), 9)\n"
        )
        words = (f"--target={server.url}", *WORDS, "--provision", "none.toml")
        none = '[[steps]]\nname = "none"\ncall = "ListQueues"\nundo = { call = "ListQueues" }\n'
        head = 'format = "aws-conformance-provisioning/1"\nservice = "sqs"\n'
        (shell.folder / "none.toml").write_text(head + none)
        command = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider")
        plugin = ("-p", "conformance.plugin", "--pyargs", "conformance.suite")
        assert shell.run(*command, *plugin, *words).returncode == -signal.SIGKILL
        done = clean(shell, server.url)
        assert done.returncode == 1
        assert "only the teardown of the hook takes it down" in done.stdout


def _reverse(names: set[str]) -> list[str]:
    """The three names whose queues were confirmed, the last first."""
    return sorted(names, reverse=True)[1:]


class TestStories:
    """What stories make is in the journal as what is made before a run."""

    STORY = "sqs:DeleteQueue/state/gone/Queue"
    WORDS = ("--operations", "sqs:DeleteQueue", "--mutating", "--no-provision", "--case", STORY)

    def test_what_a_killed_one_has_made_is_taken_down(
        self, server: QueueServer, start: Callable[..., Started], shell: Any, journals: Path
    ) -> None:
        """What it took to find out about the creation, and both things of the story."""
        server.hangs = lambda operation, count: operation == "GetQueueAttributes"
        run = start(*self.WORDS)
        run.until(lambda: server.count("GetQueueAttributes") > 0)
        left = server.queues - {"mine"}
        assert len(left) == 3
        run.kill()
        assert f"{server.url}: 3 Queues" in clean(shell).stdout
        done = clean(shell, server.url)
        assert (done.returncode, server.queues) == (0, {"mine"})
        assert done.stdout.count("  taken down     sqs:DeleteQueue QueueUrl=") == 3
        assert not list(journals.rglob("*.jsonl*"))

    def test_one_that_ends_leaves_nothing(
        self, server: QueueServer, start: Callable[..., Started], journals: Path
    ) -> None:
        """What it has made is gone, and the journal with it."""
        said = start(*self.WORDS).ended()
        assert server.count("CreateQueue") == 3
        assert server.queues == {"mine"}
        assert "stories left" not in said
        assert not list(journals.rglob("*.jsonl*"))

    @pytest.mark.parametrize("words", [(), ("-n", "2")], ids=["alone", "workers"])
    def test_what_cannot_be_taken_down_is_listed(
        self,
        server: QueueServer,
        start: Callable[..., Started],
        shell: Any,
        words: tuple[str, ...],
    ) -> None:
        """The run says what stays, and how it is taken down; its workers' stories included."""
        server.refuses["DeleteQueue"] = (403, "AccessDenied")
        said = start(*self.WORDS, *words).ended()
        assert "stories left 3 Queues (sqs:DeleteQueue is answered with 403 AccessDenied)" in said
        assert f"'aws-conformance clean {server.url}' takes it down." in said
        assert f"{server.url}: 3 Queues" in clean(shell).stdout


class TestAddresses:
    @pytest.mark.parametrize(
        ("word", "said"),
        [
            ("aws", "nothing on aws"),
            ("replay", "nothing on replay"),
            ("https://sqs.us-east-1.amazonaws.com", "nothing on aws"),
            ("http://u:p@localhost:1", "no user and no password"),
        ],
    )
    def test_only_the_url_of_a_server(self, word: str, said: str, shell: Any) -> None:
        """Nothing is made elsewhere, so nothing is taken down there."""
        done = clean(shell, word)
        assert done.returncode == 2
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1

    def test_forgetting_takes_a_target(self, shell: Any) -> None:
        """All journals are never struck at once."""
        done = clean(shell, "--forget")
        assert (done.returncode, done.stdout) == (2, "")

    def test_a_journal_of_another_place_is_not_followed(
        self, server: QueueServer, shell: Any, journals: Path
    ) -> None:
        """A request goes to the target that was named, whatever a journal says."""
        folder = journals / server.url.replace("://", "-").replace(":", "-")
        folder.mkdir(parents=True)
        lines = [
            {"format": "aws-conformance-journal/1", "url": "http://127.0.0.1:9", "region": "r"},
            {"entry": 1, "things": "queues", "call": "sqs:CreateQueue"}
            | {"undo": {"operation": "sqs:DeleteQueue", "params": {"QueueUrl": "x"}}},
        ]
        path = folder / "one.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        done = clean(shell, server.url)
        assert done.stdout == f"Nothing is left at {server.url}.\n"
        assert (server.calls, path.exists()) == ([], True)


def about(url: str = "http://127.0.0.1:9") -> About:
    return About(url=url, region="us-east-1", signer="0")


QUEUE = registry().find("sqs:CreateQueue")
DELETE = registry().find("sqs:DeleteQueue")
NEVER: Callable[..., bool] = lambda operation, params: False  # noqa: E731 - shorter


class TestJournal:
    def test_a_line_that_was_cut_off_is_removed(self, tmp_path: Path) -> None:
        """What was not written whole was not sent either; what follows stays readable."""
        journal = Journal(tmp_path, about(), NEVER)
        journal.intend(
            "queues", QUEUE, {"QueueName": "aws-conformance-1"}, (DELETE, {"a": b"\xff"})
        )
        path = next(tmp_path.rglob("*.jsonl"))
        with path.open("ab") as file:
            file.write(b'{"entry": 2, "thi')
        journal.close()
        with ended_runs(tmp_path, about().url) as (runs, under_way):
            assert under_way == 0
            (entry,) = runs[0].entries
            assert (entry.named, entry.made) == ("aws-conformance-1", False)
            assert entry.undo == {"operation": "sqs:DeleteQueue", "params": {"a": b"\xff"}}
            runs[0].strike(entry.number)
        assert not list(tmp_path.rglob("*.jsonl*"))

    def test_a_damaged_one_is_said(self, tmp_path: Path) -> None:
        """It is not read as an empty one."""
        journal = Journal(tmp_path, about(), NEVER)
        journal.intend("queues", QUEUE, {}, None)
        journal.close()
        path = next(tmp_path.rglob("*.jsonl"))
        for text in ("no json\n", "[]\n", path.read_text() + "[]\n", path.read_text() + "{}\n"):
            path.write_text(text)
            with (
                pytest.raises(JournalError, match=r"\.jsonl cannot be read \("),
                ended_runs(tmp_path, about().url),
            ):
                pass

    def test_one_that_cannot_be_written_ends_a_run_before_it_begins(
        self, server: QueueServer, shell: Any
    ) -> None:
        """Nothing is made that could be left behind unnoted."""
        (shell.folder / "file").write_text("")
        place = str(shell.folder / "file" / "journals")
        done = shell.certify(server.url, *WORDS, CONFORMANCE_JOURNAL=place)
        assert (done.returncode, done.stdout) == (2, "")
        assert "name another folder with CONFORMANCE_JOURNAL" in done.stderr
        assert server.calls == []
        done = shell.certify(server.url, *WORDS, *CASE, "--no-provision", CONFORMANCE_JOURNAL=place)
        assert done.returncode in {0, 1}

    @pytest.mark.parametrize("other", ["localhost", "127.0.0.1:10"])
    def test_another_target_is_another_journal(self, tmp_path: Path, other: str) -> None:
        """Scheme, host and port are the target."""
        journal = Journal(tmp_path, about(), NEVER)
        journal.intend("queues", QUEUE, {}, None)
        journal.close()
        with ended_runs(tmp_path, f"http://{other}") as (runs, _):
            assert runs == []
        with ended_runs(tmp_path, "http://127.0.0.1:9/below") as (runs, _):
            assert len(runs) == 1

    @pytest.mark.parametrize(
        ("operation", "params", "is_secret"),
        [
            ("sqs:DeleteQueue", {"QueueUrl": "http://h/123456789012/aws-conformance-1-1"}, False),
            (
                "iam:DeleteAccessKey",
                {"UserName": "a", "AccessKeyId": "AKIAIOSFODNN7EXAMPLE"},
                False,
            ),
            ("sns:Unsubscribe", {"SubscriptionArn": "arn:aws:sns:r:1:aws-conformance-1:2"}, False),
            ("cognito-idp:DeleteUser", {"AccessToken": "abcdefgh"}, True),
            ("cognito-idp:AdminDeleteUser", {"UserPoolId": "p", "Username": "somebody"}, True),
            ("cognito-idp:AdminDeleteUser", {"Username": "aws-conformance-1"}, False),
            ("sqs:DeleteQueue", {"QueueUrl": "http://me:hunter22@h/1"}, True),
            (
                "s3:DeleteObject",
                {"Bucket": "b", "Key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
                True,
            ),
            ("sqs:DeleteQueue", {"QueueUrl": "http://h/SECRETKEYINUSE01"}, True),
        ],
    )
    def test_no_secret_is_stored(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        operation: str,
        params: dict[str, str],
        is_secret: bool,
    ) -> None:
        """A call that needs one is named in the journal, without its parameters."""
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDINUSE00000000001")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "SECRETKEYINUSE01")
        endpoint = Endpoint(url="http://127.0.0.1:9")
        journal = Journal(tmp_path, about(), secret_finder(endpoint))
        undo = registry().find(operation)
        journal.intend("things", undo, params, (undo, params))
        raw = next(tmp_path.rglob("*.jsonl")).read_text()
        for value in params.values():
            assert (value in raw) is not is_secret or value in {"b", "p"}
        journal.close()
        with ended_runs(tmp_path, about().url) as (runs, _):
            (entry,) = runs[0].entries
        assert (entry.undo is None) is is_secret
        assert not is_secret or entry.why == f"{operation} needs a secret, which is not stored"

    def test_a_home_that_does_not_exist(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without a home folder another one has to be named."""

        def nowhere() -> Path:
            raise RuntimeError("no home")

        monkeypatch.delenv("CONFORMANCE_JOURNAL")
        monkeypatch.setattr(Path, "home", nowhere)
        with pytest.raises(ConformanceError, match="name a folder with CONFORMANCE_JOURNAL"):
            folder_of_user()
        monkeypatch.setenv("XDG_STATE_HOME", "/state")
        assert folder_of_user() == Path("/state/aws-conformance/journal")


class TestInterrupted:
    @pytest.mark.parametrize(
        ("kind", "words", "hangs"),
        [
            (signal.SIGTERM, (), "CreateQueue"),
            (signal.SIGINT, (), "ListQueues"),
            (signal.SIGTERM, (), "DeleteQueue"),
            (signal.SIGINT, ("-n", "2"), "CreateQueue"),
            (signal.SIGTERM, ("-n", "2"), "ListQueues"),
        ],
    )
    def test_three_signals_leave_a_report(
        self,
        server: QueueServer,
        start: Callable[..., Started],
        tmp_path: Path,
        kind: signal.Signals,
        words: tuple[str, ...],
        hangs: str,
    ) -> None:
        """Wherever the target hangs: a report, what is left, and no traceback."""
        server.hangs = lambda operation, count: operation == hangs and count >= 3
        run = start("--report", "report", "--request-timeout", "60", *words)
        run.until(lambda: server.count(hangs) >= 3)
        begun = time.monotonic()
        run.signal(kind, kind, kind)
        said = run.ended()
        assert time.monotonic() - begun < 50
        assert run.process.returncode in {1, 2}, said
        assert "Traceback" not in said
        report = json.loads((tmp_path / "report" / "report.json").read_text("utf-8"))
        # every case was tried where only the end hangs
        assert report["complete"] is (hangs == "DeleteQueue")
        assert "report: " in said
        left = len(server.queues - {"mine"})
        assert sum(report["provisioned"][0]["left"].values()) >= left
        assert (left == 0) is ("all taken down" in said)

    def test_more_signals_than_three(
        self, server: QueueServer, start: Callable[..., Started], tmp_path: Path
    ) -> None:
        """However impatient, the report is whole."""
        server.hangs = lambda operation, count: operation == "ListQueues"
        run = start("--report", "report", "--request-timeout", "60")
        run.until(lambda: server.count("ListQueues") >= 1)
        run.signal(*[signal.SIGTERM] * 3, pause=0.05)
        while run.process.poll() is None:
            run.signal(signal.SIGTERM, pause=0.01)
        run.ended()
        assert json.loads((tmp_path / "report" / "report.json").read_text("utf-8"))
