"""How the command ends where its output cannot be written, and where it is interrupted."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from conformance.runner.interruptions import Interruptions
from conftest import clean_environment

GET = "chime:GetPhoneNumber"
CLAUSE = "chime:ListPhoneNumbers/request/MaxResults/maximum"
FULL = Path("/dev/full")  # a stream on which nothing can be written


@pytest.mark.skipif(not FULL.exists(), reason="this system has no stream that is always full")
@pytest.mark.parametrize(
    "words", [("checks",), ("certify", "--operations", GET, "--max-examples", "0", "-k", "auth")]
)
def test_a_full_disk_is_said(words: tuple[str, ...], tmp_path: Path) -> None:
    """No output can be written: status 2, and one sentence on the other stream."""
    with FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "conformance", *words],
            cwd=tmp_path,
            env=clean_environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    said = "aws-conformance: No output can be written: No space left on device.\n"
    assert (done.returncode, done.stderr) == (2, said)


@pytest.mark.parametrize(
    ("words", "escaped"),
    [
        (("certify", "--help"), "name, version, digest, \\u2026;"),
        (("explain", CLAUSE), ".html \\xa7 URI Request Parameters"),
    ],
)
def test_a_narrow_terminal_gets_escapes(words: tuple[str, ...], escaped: str, shell: Any) -> None:
    """What an encoding cannot say is escaped."""
    python = (sys.executable, "-m", "conformance")
    done = shell.run(*python, *words, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert escaped in done.stdout


def test_an_interrupted_calibration_ends_in_one_line(tmp_path: Path) -> None:
    """Ctrl-C reaches the whole group of processes, and one of them answers."""
    calibrate = Path(__file__).with_name("calibrate.py")
    done = interrupted([str(calibrate), "--processes", "2"], tmp_path, says="trying ")
    assert done.stderr == "calibrate: Interrupted.\n"
    assert done.returncode == 130


def test_an_interrupted_run_tells_no_place(reference: Any, tmp_path: Path) -> None:
    """Ctrl-C during a run: one sentence, the summary of what was tried, and the report."""
    words = ("--operations", GET, "--rate", "5", "--report", "report")
    command = ["-m", "conformance", "certify", reference.url, *words]
    done = interrupted(command, tmp_path, says="target:")
    assert (done.returncode, done.stderr) == (2, "")
    assert "Interrupted. The results below are partial." in done.stdout
    assert "(interrupted)" in done.stdout
    assert "KeyboardInterrupt" not in done.stdout
    assert "!!!" not in done.stdout
    assert (tmp_path / "report" / "report.json").exists()


AMID_HOOKS = """
import os, signal, pytest

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item, call):
    if call.when == "call":
        os.kill(os.getpid(), signal.{name})
        sum(range(1000))  # where the signal arrives
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_interruption_amid_hooks(reference: Any, tmp_path: Path, name: str) -> None:
    """A signal between the judging of two cases waits: it breaks no hook of another plugin."""
    (tmp_path / "amid.py").write_text(AMID_HOOKS.format(name=name))
    words = ("--operations", GET, "--report", "report", "-p", "amid")
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "certify", reference.url, *words],
        cwd=tmp_path,
        env={**clean_environment(), "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (2, ""), done.stdout
    assert "Interrupted. The results below are partial." in done.stdout
    assert "INTERNALERROR" not in done.stdout
    report = json.loads((tmp_path / "report" / "report.json").read_text("utf-8"))
    assert report["interrupted"]
    assert len(report["cases"]) == 1


def test_signals_wait_where_they_are_postponed() -> None:
    """The first one until something may be interrupted; a second one does not wait."""
    interruptions = Interruptions()
    interruptions.install()
    try:
        reached = []
        with pytest.raises(KeyboardInterrupt), interruptions.postponed():
            signal.raise_signal(signal.SIGTERM)
            reached.append("after the first")
            with pytest.raises(KeyboardInterrupt), interruptions.immediate():
                reached.append("in what may be interrupted")
            signal.raise_signal(signal.SIGTERM)
            reached.append("after the second")
        assert reached == ["after the first"]
        with interruptions.postponed():
            interruptions.end()
    finally:
        interruptions._put_back()


def interrupted(words: list[str], folder: Path, *, says: str) -> "subprocess.CompletedProcess[str]":
    """Run a command and press Ctrl-C a little after it said something."""
    command = [sys.executable, *words]
    with subprocess.Popen(
        command,
        cwd=folder,
        env={**clean_environment(), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # a shell that runs tests in the background lets them ignore SIGINT, and so their children
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - one call
    ) as process:
        assert process.stdout
        while not process.stdout.readline().startswith(says):
            assert process.poll() is None
        time.sleep(2)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    return subprocess.CompletedProcess(command, process.returncode, out, err)
