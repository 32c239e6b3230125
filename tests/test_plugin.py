"""The plugin under pytest itself: its statuses, its marks, and its silence elsewhere."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

import conformance

GET = "chime:GetPhoneNumber"
QUICK = ("--operations", GET, "--max-examples", "0")


class TestUnderPytest:
    def test_a_url_is_judged(self, reference: Any, shell: Any) -> None:
        """With a target the suite is an ordinary pytest run: one test a case, each with its id."""
        done = shell.pytest(f"--target={reference.url}", *QUICK, "-q", "-rA", "-m", "auth")
        assert done.returncode == 0, done.stdout
        assert f"test_case[{GET}/auth/missing/sent]" in done.stdout
        assert "5 passed" in done.stdout
        assert "verdict: passed (partial)" in done.stdout

    def test_a_failure_tells_both_sides(self, reference: Any, shell: Any) -> None:
        """A failing test says what was promised and what came, without a traceback."""
        reference.become(fault="chime:ListPhoneNumbers/request/MaxResults/maximum:unenforced")
        case = "chime:ListPhoneNumbers/request/MaxResults/maximum/beyond-100"
        done = shell.pytest(f"--target={reference.url}", "--case", case)
        assert done.returncode == 1
        assert "expected refused with 400: MaxResults is at most 99; observed accepted" in (
            done.stdout
        )
        assert "Traceback" not in done.stdout
        assert "conformance/engine.py" not in done.stdout

    def test_without_cassettes_the_default_target_is_told(self, shell: Any) -> None:
        """The default target replays; without cassettes the way out is said, status 2."""
        done = shell.pytest(f"--cassettes={shell.folder}")
        assert done.returncode == 2
        assert "There are no cassettes of" in done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr

    @pytest.mark.parametrize(
        "words", [("--operations=nothing",), ("--rate=0",), ("--target=ftp://x",)]
    )
    def test_a_usage_error_is_pytests(self, words: tuple[str, ...], shell: Any) -> None:
        """What cannot be meant ends with pytest's own status 4 and one sentence."""
        done = shell.pytest(*words)
        assert done.returncode == 4
        assert done.stderr.startswith("ERROR: ")
        assert "Traceback" not in done.stderr

    def test_cases_are_listed_without_a_target(self, shell: Any) -> None:
        """--collect-only lists the cases and asks nobody."""
        done = shell.pytest("--target=http://127.0.0.1:9", *QUICK, "--collect-only", "-q")
        assert done.returncode == 0, done.stdout
        assert f"test_case[{GET}/protocol/implemented/asked]" in done.stdout

    def test_an_inconclusive_case_is_skipped_with_its_reason(
        self, reference: Any, shell: Any
    ) -> None:
        """What could not be exercised is a skip, and why stands beside it."""
        reference.become(degenerate="always-403")
        done = shell.pytest(f"--target={reference.url}", *QUICK, "-rs", "-k", "auth")
        assert done.returncode == 2
        assert "inconclusive: credentials refused (403)" in done.stdout


class TestElsewhere:
    def test_what_a_signal_does_is_as_before(self, shell: Any) -> None:
        """Who runs the suite in a process of their own has their own SIGTERM back."""
        program = (
            "import signal, pytest\n"
            f"pytest.main(['-pconformance.plugin', '--target=url', '--operations={GET}',"
            " '-kauth', '--pyargs', 'conformance.suite'])\n"
            "assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL\n"
        )
        done = shell.run(sys.executable, "-c", program)
        assert (done.returncode, done.stderr) == (0, "")

    def test_it_is_not_loaded_unasked(self, shell: Any) -> None:
        """Installing the package changes nothing in anybody's test runs."""
        (shell.folder / "test_mine.py").write_text("def test_mine(): pass\n")
        done = shell.run(sys.executable, "-m", "pytest", "-q", "--trace-config")
        assert done.returncode == 0
        assert "conformance.plugin" not in done.stdout

    def test_where_it_is_loaded_it_is_silent(self, shell: Any) -> None:
        """In a run of other tests it adds its options and says nothing."""
        (shell.folder / "test_mine.py").write_text("def test_mine(): pass\n")
        command = (sys.executable, "-m", "pytest", "-q", "-W", "error")
        plain = shell.run(*command)
        loaded = shell.run(*command, "-p", "conformance.plugin")
        assert (loaded.returncode, loaded.stderr) == (0, "")
        assert loaded.stdout.split(" in ")[0] == plain.stdout.split(" in ")[0]

    def test_a_failure_of_another_test_is_its_own(self, reference: Any, shell: Any) -> None:
        """A project's own failing test, parametrized like ours, is no case and takes no report."""
        (shell.folder / "test_mine.py").write_text(
            "import pytest\n@pytest.mark.parametrize('x', ['a', 'b/c'])\n"
            "def test_mine(x): assert 0\n"
        )
        report = shell.folder / "report"
        words = ["-p", "conformance.plugin", "--pyargs", "conformance.suite", "test_mine.py"]
        words += [f"--target={reference.url}", *QUICK, "-k", "auth or mine", f"--report={report}"]
        done = shell.run(sys.executable, "-m", "pytest", *words)
        assert done.returncode == 1
        assert "2 failed, 5 passed" in done.stdout
        assert "Traceback" not in done.stdout + done.stderr
        assert len(json.loads((report / "report.json").read_text())["cases"]) == 5

    def test_an_environment_inside_a_project_is_not_the_suite(self, shell: Any) -> None:
        """Where the package lies below the tested folder, other people's tests still run."""
        packages = shell.folder / ".venv" / "lib"
        packages.mkdir(parents=True)
        (shell.folder / ".venv" / "pyvenv.cfg").write_text("")
        source = Path(conformance.__file__).parent
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source, packages / "conformance", ignore=ignored)
        shutil.copytree(source.parent / "schemas", packages / "schemas")
        (shell.folder / "test_mine.py").write_text("def test_mine(): pass\n")
        command = (sys.executable, "-m", "pytest", "-q", "-p", "conformance.plugin", ".")
        done = shell.run(*command, PYTHONPATH=str(packages))
        assert (done.returncode, "1 passed" in done.stdout) == (0, True)
