"""A run that was killed goes on where it was, and ends as one that was not."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import UsageError
from conformance.generation.plans import Case
from conformance.runner.kept_results import NAME, Kept, ResultsFile, ids
from conformance.runner.run import Run
from conformance.runner.settings import settings
from conftest import certified, clean_environment

FULL = Path("/dev/full")
ABOUT = {"cases": "sha256:1"}
CHOSEN = "--operations=chime:GetPhoneNumber,chime:ListPhoneNumbers"


def _result(name: str, outcome: str = "pass") -> dict[str, Any]:
    return {"id": name, "operation": "a:B", "outcome": outcome, "requests": 1, "findings": []}


def _written(folder: Path, *results: dict[str, Any]) -> Path:
    file = ResultsFile(folder, ABOUT)
    for one in results:
        file.add(one, 0.5)
    file.close(remove=False)
    return folder / NAME


class TestFile:
    def test_what_was_cut_off_is_dropped(self, tmp_path: Path) -> None:
        """Whole lines come back; half a line does not, and what follows takes its place."""
        path = _written(tmp_path, _result("a:B/1"), _result("a:B/2"))
        path.write_bytes(path.read_bytes()[:-20])
        again = ResultsFile(tmp_path, ABOUT)
        assert list(again.earlier()) == [Kept(_result("a:B/1"), 0.5)]
        assert ids(path, again.size) == {"a:B/1"}
        again.add(_result("a:B/3"), 0.5)
        again.close(remove=False)
        last = ResultsFile(tmp_path, ABOUT)
        assert [one.result["id"] for one in last.earlier()] == ["a:B/1", "a:B/3"]

    def test_errors_of_the_suite_are_tried_again(self, tmp_path: Path) -> None:
        """A case that the suite failed to run has no result yet."""
        _written(tmp_path, _result("a:B/1"), _result("a:B/2", "error"), _result("a:B/3"))
        again = ResultsFile(tmp_path, ABOUT)
        assert [one.result["id"] for one in again.earlier()] == ["a:B/1", "a:B/3"]

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ('{"format":"aws-conformance-results/1","cases":"sha256:2"}\n', r"run \(cases\)"),
            ('{"format":"aws-conformance-results/2"}\n', "another format"),
            ("[]\n", "another format"),
        ],
    )
    def test_of_another_run(self, tmp_path: Path, text: str, says: str) -> None:
        """Other cases, options or targets are refused in a sentence."""
        (tmp_path / NAME).write_text(text, "utf-8")
        with pytest.raises(UsageError, match=rf"{says}; leave out --resume\.$"):
            list(ResultsFile(tmp_path, ABOUT).earlier())

    def test_without_a_file(self, tmp_path: Path) -> None:
        """There is nothing to go on with, and the run begins."""
        assert list(ResultsFile(tmp_path, ABOUT).earlier()) == []
        assert ids(tmp_path / NAME, 0) == frozenset()

    @pytest.mark.skipif(not FULL.exists(), reason="this system has no file that is always full")
    def test_on_a_full_disk_the_run_goes_on(self, tmp_path: Path) -> None:
        """What cannot be kept ends no run; what was kept before can be gone on with."""
        (tmp_path / NAME).symlink_to(FULL)
        file = ResultsFile(tmp_path, ABOUT)
        for name in ("a:B/1", "a:B/2"):
            file.add(_result(name), 0.5)
        file.close(remove=True)
        assert not (tmp_path / NAME).exists()
        assert FULL.exists()


def test_it_needs_a_folder() -> None:
    """Results are kept beside a report."""
    with pytest.raises(UsageError, match=r"^--resume goes on with the run in the folder of"):
        settings({"target": "http://127.0.0.1:9", "resume": True})


def _killed(url: str, folder: Path) -> Iterator[dict[str, Any]]:
    """The results that a killed run has left."""
    words = (url, CHOSEN, "--max-examples=0", f"--report={folder}")
    process = subprocess.Popen(
        [sys.executable, "-m", "conformance", "certify", *words],
        stdout=subprocess.DEVNULL,
        env=clean_environment(),
    )
    path, deadline = folder / NAME, time.monotonic() + 60
    while not path.exists() or path.read_bytes().count(b"\n") < 20:
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    for line in path.read_bytes().splitlines()[1:]:
        if line.endswith(b"}"):
            yield json.loads(line)


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "workers"])
def test_a_killed_run_goes_on(reference: Any, tmp_path: Path, workers: tuple[str, ...]) -> None:
    """The same cases, counts, verdict and status; what had a result is not asked again."""
    reference.become(fault="chime:ListPhoneNumbers/request/MaxResults/maximum:unenforced")
    before = list(_killed(reference.url, tmp_path / "killed"))
    status, report = certified(reference.url, tmp_path / "killed", CHOSEN, "--resume", *workers)
    whole_status, whole = certified(reference.url, tmp_path / "whole", CHOSEN)
    assert (status, report["complete"]) == (whole_status, True) == (1, True)
    for name in ("verdict", "operations"):
        assert report[name] == whole[name]
    outcomes = [[(case["id"], case["outcome"]) for case in one["cases"]] for one in (report, whole)]
    assert outcomes[0] == outcomes[1]
    assert len(before) >= 19
    assert not (tmp_path / "killed" / NAME).exists()


def test_nothing_is_left_to_run(reference: Any, tmp_path: Path) -> None:
    """All cases have a result: the report is made of them, and its failures decide the status."""
    reference.become(fault="chime:ListPhoneNumbers/request/MaxResults/maximum:unenforced")
    words = ("--operations=chime:ListPhoneNumbers", "--case=*/MaxResults/maximum/*")
    status, first = certified(reference.url, tmp_path / "first", *words)
    assert status == 1
    # all lines are there, as of a run that was killed while it made its report
    with closing(Run(settings(_options(reference.url, tmp_path / "again", words)))) as run:
        engine = run.engine
        for tried in run.tried:
            assert isinstance(tried, Case)
            run.add(run.result_data(engine.run(tried), tried), 0.1)
    reference.become()  # nothing would fail if it were asked again
    status, again = certified(reference.url, tmp_path / "again", *words, "--resume")
    assert (status, again["operations"]) == (1, first["operations"])


def _options(url: str, folder: Path, words: Sequence[str]) -> dict[str, Any]:
    operations, case = (word.partition("=")[2] for word in words)
    return {
        "target": url,
        "operations": operations,
        "case": [case],
        "max_examples": 0,
        "report": str(folder),
    }
