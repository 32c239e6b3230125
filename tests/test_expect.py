"""Expected findings: they change the exit status, never the verdict, and keep comments."""

from pathlib import Path
from typing import Any

import pytest
from calibration.servers import start
from sample_reports import MAXIMUM, UNENFORCED, run, sample

from conformance.cli.main import main
from conformance.errors import UsageError
from conformance.report import expectations, expectations_writer, json_text
from conformance.report.expectations import Expectation

Data = dict[str, Any]
OPERATION = "--operations=chime:ListPhoneNumbers"
KNOWN = Expectation(clause=MAXIMUM, verdict="fail", reason="ticket 7")
TOML = f"""\
# our own comment
[[expected]]
clause = "{MAXIMUM}"  # beside the clause
verdict = "fail"
reason = "ticket 7"
link = "https://example.org/7"
"""
YAML = f"""\
# our own comment
expected:
  - clause: {MAXIMUM}  # beside the clause
    verdict: fail
    reason: ticket 7
    link: https://example.org/7
"""


@pytest.fixture
def report_file(tmp_path: Path) -> str:
    """The report of a server that breaks one clause."""
    path = tmp_path / "report.json"
    path.write_text(json_text.text(sample(fault=UNENFORCED)), "utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("clause", "verdict", "fault", "state"),
    [
        (MAXIMUM, "fail", UNENFORCED, "met"),
        ("chime:*/request/MaxResults/*", "fail", UNENFORCED, "met"),
        (MAXIMUM, "fail", None, "unexpected pass"),
        ("chime:*/request/MaxResults/*", "fail", None, "unexpected pass"),
        (MAXIMUM, "warn", UNENFORCED, "not met"),
        ("chime:SearchAvailablePhoneNumbers/*", "fail", None, "not met"),
    ],
)
def test_states(clause: str, verdict: str, fault: str | None, state: str) -> None:
    """An expectation is met while a matching clause has its verdict; it fails once all pass."""
    expected = Expectation(clause=clause, verdict=verdict, reason="because")
    report = sample(fault=fault, expected=(expected,))
    assert report["expectations"][0]["state"] == state
    assert report["verdict"] == ("non-conformant" if fault else "conformant")


def test_a_partial_run_proves_no_pass() -> None:
    """Where a clause's own cases were not all tried, its passing is no unexpected pass."""
    with start() as server:
        report = run(server.url, most=2, expected=(KNOWN,))
    assert report["expectations"][0]["state"] == "not met"


def test_covered_findings_name_their_expectation() -> None:
    """Each finding that was expected says which expectation covers it."""
    report = sample(fault=UNENFORCED, expected=(KNOWN,))
    covered = [f for f in report["findings"] if f["verdict"] == "fail"]
    assert covered
    assert {finding["expectation"] for finding in covered} == {0}
    assert report["expectations"][0]["findings"] == len(covered)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[[expected]]\nclause = "a"\nverdict = "fail"\nreason = " "', "1 in .* has no reason"),
        ('[[expected]]\nclause = "a"\nverdict = "fail"', "1 in .* is invalid: 'reason'"),
        (
            '[[expected]]\nclause = "a"\nverdict = "pass"\nreason = "x"',
            "1 in .* is invalid: 'pass'",
        ),
        ('[[expected]]\nclause = "a"\nverdict = "error"\nreason = "x"', "is invalid: 'error'"),
        ("expected = 3", "has no list"),
        ("[[expect]]", "has no list"),
        ("", "has no list"),
        ("not toml", "are not TOML"),
        ('format = "aws-conformance-expectations/2"\nexpected = []', "has the format"),
        (
            f'[[expected]]\nclause = "{MAXIMUM}s"\nverdict = "fail"\nreason = "x"',
            f"There is no clause .*; did you mean {MAXIMUM}?",
        ),
        (
            f'[[expected]]\nclause = "{MAXIMUM}"\nverdict = "fail"\nreason = "x"\nlink = "there"',
            "is invalid: 'there'",
        ),
    ],
)
def test_bad_files(text: str, sentence: str, tmp_path: Path) -> None:
    """A file that is wrong is refused in one sentence that says where and why."""
    path = tmp_path / "expected.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=sentence) as refused:
        expectations.load(path)
    assert "\n" not in str(refused.value)


def test_an_expectation_that_matches_nothing_is_a_usage_error(shell: Any) -> None:
    """A run with an expectation on no clause at all ends with 2 before anything is sent."""
    text = '[[expected]]\nclause = "chime:Nothing/*"\nverdict = "fail"\nreason = "x"\n'
    (shell.folder / "e.toml").write_text(text)
    done = shell.certify(OPERATION, "--expect=e.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no clause 'chime:Nothing/*'" in done.stderr
    assert shell.certify(OPERATION, "--expect=missing.toml").returncode == 2


@pytest.mark.parametrize(("name", "text"), [("e.toml", TOML), ("e.yaml", YAML)])
def test_both_formats_say_the_same(name: str, text: str, tmp_path: Path) -> None:
    """TOML and YAML are read alike."""
    (tmp_path / name).write_text(text)
    (found,) = expectations.load(tmp_path / name)
    assert (found.clause, found.verdict, found.reason) == (MAXIMUM, "fail", "ticket 7")
    assert found.link == "https://example.org/7"


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_runs_end_by_what_was_expected(workers: tuple[str, ...], shell: Any) -> None:
    """What is expected does not fail a run; what was expected and passes does."""
    (shell.folder / "e.toml").write_text(TOML)
    words = (OPERATION, "--max-examples=0", "--expect=e.toml", *workers)
    with start(fault=UNENFORCED) as server:
        known = shell.certify(server.url, *words)
        new = shell.certify(server.url, *words[:2], *workers)
    assert (known.returncode, new.returncode) == (0, 1), known.stdout
    assert "expected findings: 1 of 1 met" in known.stdout
    assert "verdict: non-conformant" in known.stdout
    with start() as server:
        passing = shell.certify(server.url, *words)
    assert passing.returncode == 1
    assert "UNEXPECTED PASS" in passing.stdout
    assert "verdict: conformant" in passing.stdout


@pytest.mark.parametrize("name", ["expected.toml", "expected.yaml", "expected.yml"])
def test_a_written_file_makes_its_run_pass(
    name: str, report_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file that is written from a report covers all that failed there, with reasons."""
    path = tmp_path / name
    assert main(["expect", report_file, str(path)]) == 0
    assert "1 expected findings" in capsys.readouterr().out
    (found,) = expectations.load(path)
    assert (found.clause, found.verdict) == (MAXIMUM, "fail")
    assert "accepted with 200" in found.reason
    excused = [f for f in sample(fault=UNENFORCED)["findings"] if found.covers(f)]
    assert excused


@pytest.mark.parametrize(("name", "text"), [("e.toml", TOML), ("e.yaml", YAML)])
def test_updates_keep_what_people_wrote(name: str, text: str, tmp_path: Path) -> None:
    """An update adds what is new and leaves reasons, comments and order alone."""
    path = tmp_path / name
    path.write_text(text)
    report = sample(degenerate="one-page")
    change = expectations_writer.update(path, report, reason="ticket 8")
    written = path.read_text("utf-8")
    assert "# our own comment" in written
    assert "# beside the clause" in written
    assert change.added
    found = expectations.load(path)
    assert found[0].reason == "ticket 7"
    assert {one.reason for one in found[1:]} == {"ticket 8"}
    again = expectations_writer.update(path, report)
    assert (again.added, again.removed) == ([], [])
    assert path.read_text("utf-8") == written


@pytest.mark.parametrize(("name", "text"), [("e.toml", TOML), ("e.yaml", YAML)])
def test_updates_take_out_what_passes(name: str, text: str, tmp_path: Path) -> None:
    """What passes by now is taken out; by a report of a partial run nothing is."""
    path = tmp_path / name
    path.write_text(text)
    with start() as server:
        partial = run(server.url, most=9)
    assert not expectations_writer.update(path, partial).removed
    change = expectations_writer.update(path, sample())
    assert [one.clause for one in change.removed] == [MAXIMUM]
    assert expectations.load(path) == ()
    assert expectations_writer.update(path, sample(fault=UNENFORCED)).added
    assert len(expectations.load(path)) == 1


def test_a_file_of_no_known_format(report_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that says neither TOML nor YAML is refused."""
    assert main(["expect", report_file, "expected.json"]) == 2
    assert "has no known ending" in capsys.readouterr().err


def test_a_broken_file_is_left_alone(
    report_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that cannot be read as expected findings is not overwritten."""
    path = tmp_path / "expected.toml"
    path.write_text("mine = true\n")
    assert main(["expect", report_file, str(path)]) == 2
    assert "has no list" in capsys.readouterr().err
    assert path.read_text() == "mine = true\n"


@pytest.mark.parametrize("name", ["curl", "python"])
def test_a_forged_command_is_not_copied(name: str, tmp_path: Path) -> None:
    """A command reaches the file only if it is what is made of the request that is shown."""
    report = sample(fault=UNENFORCED)
    honest = expectations_writer.missing(report, (), "")
    assert any(one.reproduce.startswith("curl ") for one in honest)
    for finding in report["findings"]:
        if "reproduce" in finding:
            finding["reproduce"][name] = f"{finding['reproduce'][name]}; touch X"
    forged = expectations_writer.missing(report, (), "")
    assert [one.clause for one in forged] == [one.clause for one in honest]
    assert not any(one.reproduce for one in forged)
