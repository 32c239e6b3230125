"""The configuration: command line before environment before file, and refusals in one sentence."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.cli.main import main
from conformance.errors import UsageError
from conformance.runner.configuration import FILE, Configured, configured
from conformance.runner.options import OPTIONS

TEXT = """
target = "mine"
operations = ["chime:GetPhoneNumber", "chime:ListPhoneNumbers"]
schemas = "mine"
rate = 5
resource = {InstanceId = "i-1"}
fail-on-warn = true

[targets.mine]
url = "http://localhost:5001"
rate = 9
subject = {name = "mine", version = 2}

[targets.theirs]
url = "http://localhost:5002"
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository, which is the working folder."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(**given: Any) -> str:
    with pytest.raises(UsageError) as caught:
        configured(given).settings()
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def held(found: Configured, *names: str) -> list[tuple[Any, str]]:
    return [(found.options[name], found.sources[name]) for name in names]


class TestPrecedence:
    def test_the_command_line_comes_before_the_environment_before_the_file(
        self, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each level replaces the ones below it; a target's table replaces the common one."""
        (here / FILE).write_text(TEXT)
        assert held(configured({}), "target", "rate", "schemas") == [
            ("http://localhost:5001", f"{FILE}, target mine"),
            ("9", f"{FILE}, target mine"),
            ([str(here / "mine")], FILE),
        ]
        assert held(configured({"target": "theirs"}), "rate") == [("5", FILE)]
        monkeypatch.setenv("CONFORMANCE_RATE", "7")
        assert held(configured({}), "rate") == [("7", "CONFORMANCE_RATE")]
        assert held(configured({"rate": "3"}), "rate") == [("3", "command line")]

    def test_a_flag_can_be_turned_off(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What the file turns on the environment or the command line turns off."""
        (here / FILE).write_text(TEXT)
        assert configured({}).settings().fail_on_warn
        assert not configured({"fail_on_warn": False}).settings().fail_on_warn
        monkeypatch.setenv("CONFORMANCE_FAIL_ON_WARN", "no")
        assert not configured({}).settings().fail_on_warn

    def test_pairs_are_joined_by_name(self, here: Path) -> None:
        """A pair of the command line replaces the file's of that name, and no other."""
        (here / FILE).write_text(TEXT)
        given = {"target": "mine", "subject": ["version=3"]}
        assert configured(given).settings().subject == {"name": "mine", "version": "3"}

    def test_the_environment_names_the_target_where_a_url_is_due(
        self, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """AWS_ENDPOINT_URL comes before the file for ``certify``; a replay never asks it."""
        (here / FILE).write_text(TEXT)
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:5003")
        found = configured({}, target="url")
        assert (found.settings().endpoint.url, found.sources["target"]) == (
            "http://localhost:5003",
            "AWS_ENDPOINT_URL",
        )
        assert configured({}).settings().endpoint.url == "http://localhost:5001"


class TestFile:
    def test_the_nearest_file_of_the_repository_holds(
        self, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A folder's file holds below it; another project's settings in pyproject.toml do not."""
        (here / "pyproject.toml").write_text("[tool.aws-conformance]\nrate = 5\n")
        below = here / "below"
        below.mkdir()
        (below / "pyproject.toml").write_text("[tool.other]\nrate = 6\n")
        monkeypatch.chdir(below)
        assert held(configured({}), "rate") == [("5", str(here / "pyproject.toml"))]
        (below / ".git").mkdir()
        assert configured({}).file is None

    def test_outside_a_repository_no_folder_above_counts(
        self, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Somebody else's file in a shared folder decides nothing below it."""
        (here / ".git").rmdir()
        (here / FILE).write_text("target = 'http://somewhere.example'\n")
        assert configured({}).chosen == "http://somewhere.example"
        (here / "below").mkdir()
        monkeypatch.chdir(here / "below")
        assert configured({}).file is None

    def test_a_variable_names_another_file_or_none(
        self, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """CONFORMANCE_CONFIG names the file; an empty one turns configuration off."""
        (here / FILE).write_text("rate = 5\n")
        (here / "ci.toml").write_text("rate = 6\n")
        monkeypatch.setenv("CONFORMANCE_CONFIG", "ci.toml")
        assert held(configured({}), "rate") == [("6", "ci.toml")]
        monkeypatch.setenv("CONFORMANCE_CONFIG", "")
        assert "rate" not in configured({}).sources
        monkeypatch.setenv("CONFORMANCE_CONFIG", "none.toml")
        assert "none.toml cannot be read: No such file or directory." in refused()

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("operatons = 'x'", "there is no setting 'operatons'; did you mean operations?"),
            ("max_examples = 1", "there is no setting 'max_examples'; did you mean max-examples?"),
            ("[target.x]\nurl = 'url'", "target takes a text or a number, not {'x': "),
            ("[targets.x]\nrat = 1", "target x: a target takes a url"),
            ("[targets.x]\nurl='url'\nrat = 1", "there is no setting 'rat'; did you mean rate?"),
            ("targets = 3", "targets takes tables, as in [targets.mine]."),
            ("operations = [1]", "operations takes a text or a list of texts, not [1]."),
            ("mutating = 'yes'", "mutating takes true or false, not 'yes'."),
            ("rate = 0", "not '0' (rate is set in aws-conformance.toml)."),
            ("case = 'x'", "there is no setting 'case'"),
            ("rate = ", "cannot be read"),
            ("schemas = 'none'", "none is no folder"),
        ],
    )
    def test_what_is_wrong_is_one_sentence(self, text: str, says: str, here: Path) -> None:
        """An unknown key names the nearest one, a value of a wrong type what it takes."""
        (here / FILE).write_text(text)
        assert says in refused()

    def test_two_files_in_a_folder_are_one_too_many(self, here: Path) -> None:
        """Neither of two files is ignored in silence."""
        (here / FILE).write_text("rate = 5\n")
        (here / "pyproject.toml").write_text("[tool.aws-conformance]\nrate = 5\n")
        assert "both configure runs; keep one." in refused()

    def test_every_option_of_a_run_is_a_setting(self, here: Path) -> None:
        """What is not said in each call anew can be in the file."""
        keys = {one.key for one in OPTIONS} - {"case", "plan", "endpoint-url", "resume"}
        for key in keys:
            (here / FILE).write_text(f"{key} = [[]]\n")
            assert f"{key} takes" in refused()


class TestRuns:
    @pytest.mark.slow("two runs of the suite")
    def test_a_target_is_judged_by_its_name(self, reference: Any, shell: Any, here: Path) -> None:
        """``certify NAME``, and ``pytest`` with the file's own target; nothing is left there."""
        (here / FILE).write_text(
            'target = "mine"\noperations = "chime:GetPhoneNumber"\nmax-examples = 0\n'
            f'[targets.mine]\nurl = "{reference.url}"\n'
        )
        done = shell.certify("mine", "-k", "auth")
        assert (done.returncode, done.stderr) == (0, "")
        assert reference.url in done.stdout
        done = shell.pytest("-k", "auth")
        assert done.returncode == 0
        assert f"target: {reference.url}" in done.stdout
        assert sorted(path.name for path in here.iterdir()) == [".git", FILE, "mine"]

    def test_no_case_begins_after_its_time(self, reference: Any, shell: Any) -> None:
        """With --max-time what was not run is counted, and the run is a part."""
        words = ("--operations=chime:GetPhoneNumber", "--rate=20", "--max-examples=0")
        done = shell.certify(reference.url, *words, "--max-time=1", "--report=report")
        assert "stopped after 1 s (--max-time): " in done.stdout
        report = json.loads((shell.folder / "report" / "report.json").read_text())
        assert (report["verdict"], report["complete"]) == ("inconclusive", False)
        # on a busy machine the time may be over before the first case
        assert done.returncode == (0 if report["cases"] else 2)
        assert len(report["cases"]) < 40


class TestCommand:
    def test_config_shows_what_holds_and_from_where(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Each setting has a line with its source; --json has those that are set."""
        (here / FILE).write_text(TEXT.replace('resource = {InstanceId = "i-1"}', ""))
        assert main(["config"]) == 0
        lines = [line.split() for line in capsys.readouterr().out.splitlines()]
        assert ["rate", f"{FILE},", "target", "mine", "9"] in lines
        assert ["max-time", "default", "no", "limit"] in lines
        assert main(["config", "theirs", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["settings"]["rate"] == {"value": "5", "from": FILE}
        assert found["targets"] == {
            "mine": "http://localhost:5001",
            "theirs": "http://localhost:5002",
        }

    def test_other_commands_know_the_targets(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """``clean`` takes a target's name as ``certify`` does."""
        (here / FILE).write_text(TEXT)
        assert main(["clean", "theirs", "--dry-run"]) == 0
        assert "Nothing is left at http://localhost:5002." in capsys.readouterr().out

    def test_schemas_hold_for_other_commands(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """``operations`` reads the documents that the file names."""
        (here / FILE).write_text("schemas = 'gone'\n")
        assert main(["operations", "chime:GetPhoneNumber"]) == 2
        assert "gone is no folder" in capsys.readouterr().err

    def test_a_shell_completes(self, here: Path) -> None:
        """Commands, options, operations and targets are completed by argcomplete."""
        pytest.importorskip("argcomplete")
        (here / FILE).write_text(TEXT)
        lines = {
            "aws-conformance expl": "explain ",
            "aws-conformance certify --max-ex": "--max-examples ",
            "aws-conformance certify --operations kms:ListKeyP": "ListKeyPolicies ",
            "aws-conformance config th": "theirs ",
        }
        for line, expected in lines.items():
            environment = {
                "_ARGCOMPLETE": "1",
                "_ARGCOMPLETE_SHELL": "bash",
                "_ARGCOMPLETE_COMP_WORDBREAKS": " \t\n:",
                "_ARGCOMPLETE_STDOUT_FILENAME": str(here / "out"),
                "COMP_LINE": line,
                "COMP_POINT": str(len(line)),
            }
            command = [sys.executable, "-m", "conformance"]
            subprocess.run(command, env={**os.environ, **environment}, check=True)
            assert (here / "out").read_text() == expected
