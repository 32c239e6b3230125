"""A run of many operations, in parts with a process each: what comes of it is one run's report."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from conformance.report import facts, merge
from conformance.runner import parts
from conformance.runner.settings import DEFAULT_OPERATIONS, settings
from conformance.spec.registry import registry
from conftest import clean_environment

OPERATIONS = tuple(registry().find(name) for name in DEFAULT_OPERATIONS)
#: The server has the last one alone.
CHOSEN = "--operations=kms:ListKeys,sts:GetCallerIdentity,chime:ListPhoneNumbers"
#: The command, whose parts have few operations, and to which few are many.
_COMMAND = """
import sys
from conformance.cli.main import main
from conformance.report import facts
from conformance.runner import parts
parts.MOST, facts.MANY = {most}, {many}
sys.exit(main())
"""


def _started(
    url: str, folder: Path, *words: str, most: int = 1, many: int = 100, chosen: str = CHOSEN
) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _COMMAND.format(most=most, many=many), "certify", url, chosen]
    return subprocess.Popen(
        [*command, "--max-examples=0", *words, f"--report={folder}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder.parent,
        env={**clean_environment(), "PYTHONUNBUFFERED": "1"},
    )


def _ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    output, _ = process.communicate(timeout=120)
    assert "Traceback" not in output, output
    return process.returncode, output


def _run(url: str, folder: Path, *words: str, **more: Any) -> tuple[int, str, dict[str, Any]]:
    status, output = _ended(_started(url, folder, *words, **more))
    return status, output, json.loads((folder / "report.json").read_text("utf-8"))


def _found(report: dict[str, Any]) -> Any:
    """What a run found, without times and requests."""
    kept = ("verdict", "complete", "suite", "seed", "operations", "options", "inconclusive")
    cases = [(case["id"], case["outcome"]) for case in report["cases"]]
    findings = sorted((f["clause"], f["case"], f["verdict"]) for f in report["findings"])
    return {name: report[name] for name in kept}, cases, findings


def _until(process: subprocess.Popen[str], text: str) -> None:
    """Read what a run prints until some text is in it."""
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return
    pytest.fail(f"the run ended without {text!r}")


@pytest.fixture(scope="module")
def whole(_reference: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any]]:
    """A server with a fault, and what one process finds there."""
    _reference.become(fault="chime:ListPhoneNumbers/request/MaxResults/maximum:unenforced")
    folder = tmp_path_factory.mktemp("whole") / "report"
    status, output, report = _run(_reference.url, folder, most=10)
    assert (status, "part 1" in output) == (1, False)
    yield _reference.url, _found(report)
    _reference.become()


class TestDivided:
    @pytest.mark.parametrize(
        ("most", "sizes"), [(1, [3, 2]), (4, [3, 2]), (5, [5])], ids=["each", "four", "all"]
    )
    def test_services_stay_whole(
        self, monkeypatch: pytest.MonkeyPatch, most: int, sizes: Sequence[int]
    ) -> None:
        """A part has several services, or one that is larger than a part; the order is kept."""
        monkeypatch.setattr(parts, "MOST", most)
        found = parts.divided(OPERATIONS)
        assert [len(part) for part in found] == sizes
        assert tuple(one for part in found for one in part) == OPERATIONS


def test_it_is_the_run_of_one_process(whole: tuple[str, Any], tmp_path: Path) -> None:
    """The same findings, counts, digests and status; nothing but the report is left."""
    url, found = whole
    status, output, report = _run(url, tmp_path / "report")
    assert (status, _found(report)) == (1, found)
    assert "part 3 of 3: chime (1 operation)" in output
    assert "exit status 1: 1 failure" in output
    assert not [one for one in (tmp_path / "report").iterdir() if one.name.startswith("parts")]
    assert not (tmp_path / "report" / "results.jsonl").exists()


def test_many_operations_have_a_line_for_each_service(
    whole: tuple[str, Any], tmp_path: Path
) -> None:
    """In the progress, the table and the summary, with how many of them are implemented."""
    url, _ = whole
    folder = tmp_path / "report"
    _, output, _ = _run(url, folder, most=10, many=2)
    progress, _, table = output.partition("clauses by worst verdict")
    cases = [line.split(" · ")[0] for line in progress.splitlines() if " cases" in line]
    assert [one.split()[0] for one in cases] == ["kms", "sts", "chime"]
    assert cases[2].endswith(" of 149 cases, 3 failed")
    assert "\nchime: 1 of 1 operation  " in table
    summary = (folder / "summary.md").read_text("utf-8")
    assert "| chime: 1 of 1 operation | " in summary
    assert "chime:ListPhoneNumbers |" not in summary


def test_a_service_adds_up_what_is_implemented(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the target does not implement counts as such alone."""
    absent = {"protocol": {"unsupported": 1, "inconclusive": 9}}
    rows = {"a:B": {"errors": {"pass": 1}}, "a:C": {"errors": {"fail": 2}}, "a:D": absent}
    report = {"operations": {**rows, "b:E": absent}}
    assert dict(facts.matrix(report)) == {**report["operations"], "a:D": None, "b:E": None}
    monkeypatch.setattr(facts, "MANY", 3)
    sums = {"errors": {"pass": 1, "fail": 2}, "protocol": {}}
    assert dict(facts.matrix(report)) == {"a: 2 of 3 operations": sums, "b: 0 of 1 operation": None}
    assert len(dict(facts.matrix(report, whole=True))) == 4


def test_a_shard_has_parts(whole: tuple[str, Any], tmp_path: Path) -> None:
    """What of a run is one machine's has parts as well, with workers, and is joined."""
    url, found = whole
    shards = [_run(url, tmp_path / str(n), f"--shard={n}/2", "-n2")[2] for n in (1, 2)]
    assert [one["shard"]["number"] for one in shards] == [1, 2]
    assert _found(merge.merged(shards, ["1", "2"])) == found


class TestEnds:
    def test_a_signal(self, whole: tuple[str, Any], tmp_path: Path) -> None:
        """The part ends as a run does; the report is of what ran, and the rest can follow."""
        url, found = whole
        with _started(url, tmp_path / "report", "--rate=20") as process:
            _until(process, "part 3 of 3")
            _until(process, "target: ")
            process.send_signal(signal.SIGINT)
            status, output = _ended(process)
        assert (status, "exit status 2: the run was interrupted" in output) == (2, True)
        report = json.loads((tmp_path / "report" / "report.json").read_text("utf-8"))
        assert (report["interrupted"], report["complete"]) == (True, False)
        assert {case["operation"] for case in report["cases"]} >= {"kms:ListKeys"}
        status, output, report = _run(url, tmp_path / "report", "--resume")
        assert (status, "part 1 of 3" in output, _found(report)) == (1, False, found)

    def test_a_kill(self, whole: tuple[str, Any], tmp_path: Path) -> None:
        """The part ends soon as well, and a run that goes on waits for that.

        A part whose report was cut off is run again.
        """
        url, found = whole
        with _started(url, tmp_path / "report", "--rate=20") as process:
            _until(process, "part 3 of 3")
            _until(process, "target: ")
            process.kill()
        cut = tmp_path / "report" / "parts" / "001" / "report.json"
        cut.write_bytes(cut.read_bytes()[:2000])
        status, output, report = _run(url, tmp_path / "report", "--resume")
        assert (status, _found(report)) == (1, found)
        assert ("part 1 of 3" in output, "part 2 of 3" in output) == (True, False)

    @pytest.mark.parametrize(
        ("end", "problem"),
        [
            (lambda _: os.kill(os.getpid(), signal.SIGINT), "the run was interrupted"),
            (lambda _: 2, "part 1 could not be run"),
        ],
        ids=["signal", "impossible"],
    )
    def test_a_part_that_has_not_begun(
        self, whole: tuple[str, Any], tmp_path: Path, monkeypatch: Any, end: Any, problem: str
    ) -> None:
        """What ended it is said: a signal, or that it was not possible."""
        monkeypatch.setattr(parts, "MOST", 1)
        chosen = settings(
            {
                "target": whole[0],
                "operations": CHOSEN.partition("=")[2],
                "report": str(tmp_path / "report"),
            }
        )
        assert parts.run(chosen, end) == parts.Joined(report=None, problem=problem)

    def test_time(self, whole: tuple[str, Any], tmp_path: Path) -> None:
        """No part begins any more. A run with other options does not go on with this one."""
        url, _ = whole
        _, _, report = _run(url, tmp_path / "report", "--max-time=1", "--rate=50")
        assert report["complete"] is False
        status, output = _ended(_started(url, tmp_path / "report", "--resume", "--mutating"))
        assert (status, "is of another run (" in output) == (2, True)

    def test_two_at_once(self, whole: tuple[str, Any], tmp_path: Path) -> None:
        """A folder belongs to one run."""
        (tmp_path / "report").mkdir()
        with FileLock(tmp_path / "report" / "parts.lock"):
            status, output = _ended(_started(whole[0], tmp_path / "report"))
        assert (status, "Another run writes to" in output) == (2, True)

    def test_a_target_that_is_gone(self, tmp_path: Path) -> None:
        """One sentence, and the status of a run that was not possible."""
        status, output = _ended(_started("http://127.0.0.1:9", tmp_path / "report"))
        assert (status, output.count("\n")) == (2, 1)
