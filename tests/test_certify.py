"""Whole runs in processes of their own: exit statuses, workers, selections, an installed wheel."""

import json
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from conformance.report.formats import FORMATS
from conftest import clean_environment

GET = "chime:GetPhoneNumber"
QUICK = ("--operations", GET, "--max-examples", "0")
ROOT = Path(__file__).parent.parent


def report(folder: Path) -> Any:
    return json.loads((folder / "report.json").read_text("utf-8"))


def verdicts(folder: Path) -> dict[str, Any]:
    """The counts of a report, and every case with its outcome."""
    content = report(folder)
    cases = {case["id"]: case["outcome"] for case in content["cases"]}
    return {"counts": content["operations"], "cases": cases, "verdict": content["verdict"]}


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Any:
    """One whole quick run of the embedded server, with a report."""
    folder = tmp_path_factory.mktemp("honest")
    shell = request.getfixturevalue("shell_in")(folder)
    return shell.certify(*QUICK, "--report", "report"), folder / "report"


class TestOneRun:
    def test_the_embedded_server_is_conformant(self, honest: Any) -> None:
        """Without a URL the embedded server is judged, and said so; all is well, in silence."""
        done, _ = honest
        assert (done.returncode, done.stderr) == (0, "")
        assert "the embedded reference server at http://127.0.0.1:" in done.stdout
        assert "verdict: conformant" in done.stdout
        assert "Traceback" not in done.stdout

    def test_a_report_is_written_whole(self, honest: Any) -> None:
        """Every format, and nothing half-written beside them."""
        _, folder = honest
        names = {path.name for path in folder.iterdir()}
        assert names == FORMATS.keys()
        content = report(folder)
        assert content["format"] == "aws-conformance-report/1"
        assert (content["verdict"], content["complete"]) == ("conformant", True)
        assert set(content["operations"]) == {GET}

    def test_workers_come_to_the_same(self, honest: Any, shell: Any) -> None:
        """Two workers judge what one process judges, and nothing twice."""
        done = shell.certify(*QUICK, "-n", "2", "--report", "report")
        assert (done.returncode, done.stderr) == (0, "")
        assert verdicts(shell.folder / "report") == verdicts(honest[1])

    def test_a_random_order_comes_to_the_same(self, honest: Any, shell: Any) -> None:
        """Whoever shuffles the cases changes no verdict."""
        (shell.folder / "shuffled.py").write_text(
            "import random\n"
            "def pytest_collection_modifyitems(items):\n"
            "    random.Random(5).shuffle(items)\n"
        )
        done = shell.certify(*QUICK, "-pshuffled", "--report", "report", PYTHONPATH=".")
        assert done.returncode == 0, done.stdout
        assert verdicts(shell.folder / "report") == verdicts(honest[1])


class TestSelections:
    @pytest.mark.parametrize(
        ("words", "count"),
        [
            (("-k", "auth"), 5),
            (("-m", "auth"), 5),
            (("--case", f"{GET}/auth/missing/sent", "--case", f"{GET}/auth/stale-date/sent"), 2),
        ],
        ids=["-k", "-m", "--case"],
    )
    def test_a_part_is_never_conformant(
        self, words: tuple[str, ...], count: int, honest: Any, reference: Any, shell: Any
    ) -> None:
        """A run of some cases says so, and comes to what they come to in the whole run."""
        done = shell.certify(reference.url, *QUICK, *words, "--report", "report")
        assert (done.returncode, done.stderr) == (0, "")
        content = report(shell.folder / "report")
        assert (content["verdict"], content["complete"]) == ("inconclusive", False)
        assert len(content["cases"]) == count
        whole = verdicts(honest[1])["cases"]
        assert all(whole[case["id"]] == case["outcome"] for case in content["cases"])
        assert "not the complete case set" in done.stdout

    def test_nothing_selected_is_no_run(self, reference: Any, shell: Any) -> None:
        """A selection of nothing ends with status 2."""
        done = shell.certify(reference.url, *QUICK, "-k", "no_such_case")
        assert done.returncode == 2
        assert "Traceback" not in done.stdout + done.stderr
        assert "No case matches -k 'no_such_case'" in done.stderr
        done = shell.certify(
            reference.url, *QUICK, "--case", f"{GET}/auth/missing/sent", "-mpagination"
        )
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
        assert "No case matches -m 'pagination'" in done.stderr

    @pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "-n 2"])
    def test_progress_counts_what_is_selected(
        self, workers: tuple[str, ...], reference: Any, shell: Any
    ) -> None:
        """An operation is done once its selected cases are."""
        done = shell.certify(reference.url, *QUICK, "-k", "auth", *workers)
        assert "5 of 5 cases" in done.stdout
        assert done.stdout.count(f"target: {reference.url}") == 1


class TestWords:
    @pytest.mark.parametrize(
        ("words", "says"),
        [
            (("--oprations", "x"), "There is no option '--oprations'; did you mean --operations?"),
            (("-n", "few"), "pytest refuses its options: argument -n/--numprocesses: "),
        ],
    )
    def test_an_unknown_word(
        self, words: tuple[str, ...], says: str, reference: Any, shell: Any
    ) -> None:
        """What pytest says in a paragraph is one sentence here."""
        done = shell.certify(reference.url, *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"aws-conformance: {says}")
        assert len(done.stderr.splitlines()) == 1


class TestStatuses:
    def test_a_report_that_could_not_be_written(self, reference: Any, shell: Any) -> None:
        """Status 2, and no word of a report that is not there."""
        (shell.folder / "report" / "report.html").mkdir(parents=True)
        done = shell.certify(reference.url, *QUICK, "-k", "auth", "--report", "report")
        assert done.returncode == 2
        assert done.stdout.endswith(
            "The report cannot be written to report: report.html is a folder.\n"
            "exit status 2: the report could not be written\n"
        )
        assert "report.html\n" not in done.stdout

    def test_a_failure_is_1(self, reference: Any, shell: Any) -> None:
        """A broken must ends with status 1; the finding says all that one needs."""
        reference.become(fault="chime:ListPhoneNumbers/request/MaxResults/maximum:unenforced")
        case = "chime:ListPhoneNumbers/request/MaxResults/maximum/beyond-100"
        done = shell.certify(reference.url, "--case", case)
        assert (done.returncode, done.stderr) == (1, "")
        for line in (
            "FAIL validation: constraints of requests are not checked",
            "1 clause, 1 case of 1 operation",
            "chime:ListPhoneNumbers/request/MaxResults/maximum: accepted with 200",
            "promised  https://docs.aws.amazon.com/chime/",
            "expected  refused with 400",
            f"request   GET {reference.url}/phone-numbers?max-results=100",
            "observed  accepted with 200",
            f"case      {case}",
            "reproduce curl ",
            "verdict: non-conformant",
            "exit status 1: 1 failure\n",
        ):
            assert line in done.stdout

    @pytest.mark.parametrize(("words", "status"), [((), 0), (("--fail-on-warn",), 1)])
    def test_a_warning_is_1_where_it_is_wanted(
        self, words: tuple[str, ...], status: int, reference: Any, shell: Any
    ) -> None:
        """A broken should changes the status only with --fail-on-warn, and never the verdict."""
        reference.become(dialect="not-found-as-forbidden")
        case = f"{GET}/rules/unknown-id/unknown"
        done = shell.certify(reference.url, *QUICK, "--case", case, *words)
        assert done.returncode == status
        assert "WARN what does not exist is not reported as such" in done.stdout
        assert "chime:GetPhoneNumber/rules/unknown-id: " in done.stdout
        assert f"verdict: {'inconclusive' if status else 'passed (partial)'}" in done.stdout

    def test_what_cannot_be_exercised_is_2(self, reference: Any, shell: Any) -> None:
        """Refused credentials leave nothing to judge: status 2 and the reason."""
        reference.become(degenerate="always-403")
        done = shell.certify(reference.url, *QUICK)
        assert done.returncode == 2
        assert "credentials refused (403)" in done.stdout
        assert "verdict: inconclusive" in done.stdout

    def test_a_worker_that_dies_is_an_error_of_its_case(self, reference: Any, shell: Any) -> None:
        """The case that killed its worker is an error; all others are judged, none twice."""
        (shell.folder / "killer.py").write_text(
            "import os\n"
            "def pytest_runtest_call(item):\n"
            "    if '/auth/stale-date/' in item.nodeid:\n"
            "        os._exit(9)\n"
        )
        words = ("-n", "2", "-pkiller", "--report", "report")
        done = shell.certify(reference.url, *QUICK, *words, PYTHONPATH=".")
        assert done.returncode == 1
        content = report(shell.folder / "report")
        outcomes = {case["id"]: case["outcome"] for case in content["cases"]}
        assert len(outcomes) == len(content["cases"]) > 30
        errors = [case for case, outcome in outcomes.items() if outcome == "error"]
        assert errors == [f"{GET}/auth/stale-date/sent"]
        assert content["verdict"] != "conformant"

    @pytest.mark.parametrize("phase", ["setup", "teardown"])
    def test_a_plugin_that_fails_beside_a_case_is_an_error(
        self, phase: str, reference: Any, shell: Any
    ) -> None:
        """Set-up and tear-down of a case are carried out, and reported where they go wrong."""
        (shell.folder / "breaking.py").write_text(
            f"def pytest_runtest_{phase}(item):\n    raise RuntimeError('broken beside it')\n"
        )
        words = ("--case", f"{GET}/auth/missing/sent", "-p", "breaking", "--report", "report")
        done = shell.certify(reference.url, *words, PYTHONPATH=".")
        (case,) = report(shell.folder / "report")["cases"]
        assert (done.returncode, case["outcome"]) == (1, "error"), done.stdout

    def test_pytests_own_report_lists_each_case(self, reference: Any, shell: Any) -> None:
        """Other reports of pytest hold the cases, though nothing but their calls is reported."""
        done = shell.certify(reference.url, *QUICK, "-k", "auth", "--junitxml", "junit.xml")
        written = (shell.folder / "junit.xml").read_text("utf-8")
        assert (done.returncode, written.count("<testcase ")) == (0, 5), written


class TestQuiet:
    def test_a_plan_sends_nothing(self, scripted: Any, shell: Any) -> None:
        """--plan tells what would be sent, and how long it takes; nobody is asked anything."""
        server = scripted([b""])
        done = shell.certify(server.url, *QUICK, "--plan", "--rate", "2")
        assert (done.returncode, done.stderr) == (0, "")
        assert "nothing was sent" in done.stdout
        assert "at 2/s" in done.stdout
        assert server.requests == []

    def test_a_plan_for_aws_names_the_policy(self, shell: Any) -> None:
        """For aws it prints the least IAM policy, without credentials."""
        done = shell.certify("--target", "aws", "--operations", "connect:*", "--plan")
        assert (done.returncode, done.stderr) == (0, "")
        assert '"connect:ListPhoneNumbersV2"' in done.stdout

    def test_other_peoples_settings_do_not_matter(self, reference: Any, shell: Any) -> None:
        """No configuration, test or variable of a project reaches the run."""
        (shell.folder / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
        (shell.folder / "test_other.py").write_text("raise RuntimeError('nor this')\n")
        done = shell.certify(reference.url, *QUICK, "-k", "auth", PYTEST_ADDOPTS="--no-such")
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        assert not (shell.folder / ".pytest_cache").exists()

    def test_other_peoples_conftest_does_not_matter(self, reference: Any, shell: Any) -> None:
        """What a project does to its own test runs does not reach this one."""
        (shell.folder / "conftest.py").write_text("raise RuntimeError('not for this run')\n")
        done = shell.certify(reference.url, *QUICK, "-k", "auth")
        assert (done.returncode, done.stderr) == (0, "")

    @pytest.mark.parametrize("target", ["replay", "aws"])
    def test_what_cannot_be_done_is_said(self, target: str, shell: Any) -> None:
        """Without cassettes, or without credentials: one sentence and status 2."""
        done = shell.certify("--target", target, f"--cassettes={shell.folder}", *QUICK)
        assert done.returncode == 2
        said = done.stdout + done.stderr
        assert "Traceback" not in said
        assert "There are no" in said


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout and installed into a folder of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"hatchling, which builds the wheel, is not here: {done.stderr[-200:]}")
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as content:
        content.extractall(folder / "site")
    return folder / "site"


class TestInstalled:
    def test_a_wheel_runs_from_an_empty_folder(self, installed: Path, shell: Any) -> None:
        """What is installed finds its documents, and judges, far from any checkout."""
        where = shell.run(
            sys.executable,
            "-c",
            "import conformance.spec.files as d; print(d.__file__, d.folder('schemas'))",
            PYTHONPATH=str(installed),
        )
        assert where.stdout.count(str(installed)) == 2, where.stderr
        done = shell.certify(*QUICK, PYTHONPATH=str(installed))
        assert (done.returncode, done.stderr) == (0, "")
        assert "verdict: conformant" in done.stdout

    def test_a_wheel_serves_the_embedded_server(self, installed: Path, shell: Any) -> None:
        """What is installed runs the honest server as well; a run against it is conformant."""
        command = [sys.executable, "-W", "error", "-m", "conformance", "serve"]
        with subprocess.Popen(
            command,
            cwd=shell.folder,
            env={**clean_environment(), "PYTHONPATH": str(installed)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout
            url = process.stdout.readline().strip()
            try:
                done = shell.certify(url, *QUICK, PYTHONPATH=str(installed))
            finally:
                process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=10) == ("", "")
        assert (process.returncode, done.returncode, done.stderr) == (0, 0, "")
        assert "verdict: conformant" in done.stdout

    def test_the_suite_says_that_it_needs_its_plugin(self, installed: Path, shell: Any) -> None:
        """Without the plugin one sentence says how to load it."""
        python = (sys.executable, "-m", "pytest", "--pyargs", "conformance.suite")
        done = shell.run(*python, PYTHONPATH=str(installed))
        assert done.returncode == 2
        assert "The suite needs its plugin: pytest -p conformance.plugin" in done.stdout
        assert "fixture" not in done.stdout

    def test_a_wheel_holds_what_it_needs_and_no_more(self, installed: Path) -> None:
        """Documents and templates are inside; tests, faulty servers, caches and notes are not."""
        # what was unpacked, not what running it has left beside that
        record = next(installed.glob("*.dist-info/RECORD")).read_text("utf-8")
        names = {line.rsplit(",", 2)[0] for line in record.splitlines()}
        assert "conformance/py.typed" in names
        assert "conformance/_data/schemas/chime/ListPhoneNumbers.json" in names
        assert "conformance/_data/schemas/provisioning/sqs.toml" in names
        assert "conformance/suite/pytest.ini" in names
        assert any(name.endswith("entry_points.txt") for name in names)
        top = {name.split("/")[0] for name in names}
        assert {name for name in top if not name.endswith(".dist-info")} == {"conformance"}
        assert not [name for name in names if "__pycache__" in name]
        parts = {part for name in names for part in Path(name).with_suffix("").parts}
        assert "launch" in parts
        assert not parts & {"calibration", "calibrate", "degenerates", "dialects", "faults"}

    @pytest.mark.parametrize("content", ["{", '{"format": "aws-conformance-operation/1"}'])
    def test_a_broken_document_is_told(self, content: str, installed: Path, shell: Any) -> None:
        """A document that somebody broke is named in one sentence, with status 2."""
        path = installed / "conformance" / "_data" / "schemas" / "chime" / "GetPhoneNumber.json"
        whole = path.read_text("utf-8")
        path.write_text(content)
        try:
            done = shell.certify(*QUICK, PYTHONPATH=str(installed))
        finally:
            path.write_text(whole)
        assert (done.returncode, done.stdout) == (2, "")
        assert "GetPhoneNumber.json" in done.stderr
        assert len(done.stderr.splitlines()) == 1
