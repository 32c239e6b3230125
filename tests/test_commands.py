"""The command line in one process: every command, and every refusal in one sentence."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from conformance.checks import stories
from conformance.checks.table import CHECKS
from conformance.cli.main import COMMANDS, main
from conformance.generation.clauses import clauses
from conformance.spec.documents import documented
from conformance.spec.files import folder
from conformance.version import __version__

CLAUSE = "chime:ListPhoneNumbers/request/MaxResults/maximum"


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The message of a refused command: status 2, one line, on stderr."""
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1, said.err
    assert said.err.startswith("aws-conformance: ")
    return said.err


def test_an_unknown_command(capsys: pytest.CaptureFixture[str]) -> None:
    """The nearest one is named, as for every other name."""
    said = refused(capsys, "certfy", "http://localhost:5000")
    assert said == "aws-conformance: There is no command 'certfy'; did you mean certify?\n"


class TestCertifyRefuses:
    @pytest.mark.parametrize(
        ("words", "says"),
        [
            (["--operations", "chime:GetPhoneNumbr"], "did you mean chime:GetPhoneNumber?"),
            (["--operations", "nothing:*"], "There is no service 'nothing'"),
            (["--operations", ""], "--operations is empty"),
            (["--case", f"{CLAUSE}/at-98"], f"did you mean {CLAUSE}/at-99?"),
            (["--case", "nonsense"], "There is no case 'nonsense'"),
            (["http://localhost:99999"], "is not"),
            (["http://"], "is not"),
            (["ftp://localhost"], "There is no target"),
            (["localhost:port"], "is not"),
            (["http://localhost", "--endpoint-url", "http://localhost"], "Give the URL once"),
            (["--rate", "0"], "--rate takes a number of at least 0.001, not '0'"),
            (["--max-examples", "few"], "--max-examples takes a whole number"),
            (["--seed", "-1"], "--seed takes a whole number of at least 0"),
            (["--request-timeout", "nan"], "--request-timeout takes a number"),
            (["--wait-for", "soon"], "--wait-for takes a number"),
            (["--resource", "InstanceId"], "--resource takes [service:]MEMBER=VALUE"),
            (["--subject", "=x"], "--subject takes NAME=VALUE"),
            (["--expect", "no/such/file.toml"], "cannot be read"),
        ],
        ids=lambda one: " ".join(one) if isinstance(one, list) else "",
    )
    def test_nonsense(
        self, words: list[str], says: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """An invalid value is refused with what was wrong and what is right."""
        assert says in refused(capsys, "certify", *words)

    def test_a_report_folder_below_a_file(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A report that could not be written is refused before anything is sent."""
        (tmp_path / "file").write_text("")
        said = refused(capsys, "certify", "--report", str(tmp_path / "file" / "below"))
        assert "cannot be written" in said

    def test_a_target_that_is_not_there(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Where nothing listens, the command says so at once."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert "Nothing answers at" in refused(capsys, "certify", url)

    def test_two_targets(self, capsys: pytest.CaptureFixture[str]) -> None:
        """A URL and another target are one too many."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        said = refused(capsys, "certify", url, "--target", "url")
        assert said == f"aws-conformance: Give one target, not {url} and url.\n"
        said = refused(capsys, "certify", "http://x", "http://y")
        assert said == "aws-conformance: Give one target, not http://x and http://y.\n"

    def test_a_profile_that_is_not_there(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A misspelt profile is refused before anything is started, with the nearest one."""
        words = ("certify", "--aws-profile", "mock")
        assert "aws configure --profile mock" in refused(capsys, *words)
        (tmp_path / "config").write_text("[profile mocks]\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        assert "There is no profile 'mock'; did you mean mocks?" in refused(capsys, *words)

    def test_a_key_that_cannot_be_kept(
        self,
        reference: Any,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """A recording without a key for its redaction is refused before anything is sent."""
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("CONFORMANCE_REDACTION_KEY", str(tmp_path / "file" / "key"))
        said = refused(capsys, "certify", reference.url, "--record", "all")
        assert "The redaction key cannot be stored" in said

    def test_a_url_and_aws(self, capsys: pytest.CaptureFixture[str]) -> None:
        """A URL beside ``--target=aws`` is refused."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        message = refused(capsys, "certify", url, "--target", "aws")
        assert message == f"aws-conformance: Give one target, not {url} and aws.\n"

    @pytest.mark.parametrize("words", [["--maxfail", "1"], ["--tb", "short"], ["-p", "no:x"]])
    def test_a_value_is_no_url(self, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        """Options of pytest may have values, and a URL beside them stays the target."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert url in refused(capsys, "certify", *words, url)


class TestCatalogue:
    def test_clauses_are_listed(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Every clause with its level, its section, and how many cases exercise it."""
        assert main(["clauses"]) == 0
        said = capsys.readouterr()
        every = [one for operation in documented().values() for one in clauses(operation)]
        assert f"{len(every)} clauses" in said.err
        assert all(one in said.out for one in every)

    @pytest.mark.parametrize(
        ("pattern", "count"),
        [
            (CLAUSE, 1),
            ("chime:ListPhoneNumbers/request/MaxResults/m*", 2),
            ("Numbers/request/MaxResults/max", 5),
        ],
    )
    def test_patterns_choose_clauses(
        self, pattern: str, count: int, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A whole id, a pattern, or a part of it."""
        assert main(["clauses", pattern]) == 0
        assert f"{count} clause" in capsys.readouterr().err

    def test_a_clause_is_explained(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Level, promise, place, checks and cases."""
        assert main(["explain", CLAUSE]) == 0
        said = capsys.readouterr().out
        for word in ("must", "at most 99", "refused", f"{CLAUSE}/at-99", "ListPhoneNumbers.html"):
            assert word in said

    @pytest.mark.parametrize("command", ["clauses", "explain"])
    def test_an_unknown_clause_names_the_nearest(
        self, command: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """An unknown clause is refused with the nearest one."""
        assert f"did you mean {CLAUSE}?" in refused(capsys, command, CLAUSE.replace("xR", "xr"))

    def test_checks_are_listed(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Every check with its promise."""
        assert main(["checks"]) == 0
        said = capsys.readouterr().out
        for name, check in CHECKS.items():
            assert name in said
            assert check.promise in said
        for kind, judge in stories.CHECKS.items():
            assert stories.promise(judge).endswith(".")
            assert f"state-{kind}".ljust(20) + stories.promise(judge) in said


class TestServe:
    def test_a_port_that_is_taken_or_none(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Where the server cannot listen is said, and what to do."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            said = refused(capsys, "serve", "--port", str(port))
        assert f"cannot listen at 127.0.0.1, port {port} (" in said
        assert "choose another --port" in said
        assert "a number from 0 to 65535" in refused(capsys, "serve", "--port", "99999")


class TestVerify:
    @pytest.mark.parametrize("option", ["--sample", "--sample-seed", "--resource", "--wait-for"])
    def test_what_is_for_another_run_needs_its_url(
        self, option: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Options of the second run are refused where there is none."""
        said = refused(capsys, "verify", "report.json", option, "4")
        assert f"{option} needs --against" in said


class TestImport:
    PAGE = Path(__file__).parent / "pages" / "ListBeds.clean.txt"

    def test_a_page_becomes_a_document(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """To standard output, or to a file that is named."""
        assert main(["import", str(self.PAGE), "--service", "greenhouse"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert document["operation"] == "ListBeds"
        path = tmp_path / "ListBeds.json"
        assert main(["import", str(self.PAGE), "--service", "greenhouse", "-o", str(path)]) == 0
        assert json.loads(path.read_text()) == document
        assert "greenhouse:ListBeds" in capsys.readouterr().out

    def test_what_is_no_page_is_refused(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A file that is missing, no text or no page, and a place that cannot be written."""
        (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
        (tmp_path / "text").write_text("Once upon a time.\n")
        refused(capsys, "import", str(tmp_path / "nothing"))
        refused(capsys, "import", str(tmp_path / "bytes"))
        refused(capsys, "import", str(tmp_path / "text"))
        below = str(tmp_path / "text" / "below.json")
        refused(capsys, "import", str(self.PAGE), "--service", "greenhouse", "-o", below)

    def test_a_model_becomes_a_document(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """What ships of chime-sdk-voice is what the SDK's model gives, and a part by hand."""
        path = tmp_path / "GetPhoneNumber.json"
        shipped = folder("schemas") / "chime-sdk-voice" / path.name
        path.write_bytes(shipped.read_bytes())
        assert main(["import", "--model", "chime-sdk-voice:GetPhoneNumber", "-o", str(path)]) == 0
        made = json.loads(path.read_text())
        assert made["source"].startswith("botocore's model of chime-sdk-voice")
        assert made["byHand"] == json.loads(shipped.read_text())["byHand"]
        assert made["http"] == json.loads(shipped.read_text())["http"]
        capsys.readouterr()
        assert main(["import", "--model", "kms:ListKeys"]) == 0
        assert json.loads(capsys.readouterr().out)["protocol"] == "json"
        assert "Give one thing" in refused(capsys, "import")
        assert "did you mean" in refused(capsys, "import", "--model", "kms:ListKey")


class TestTheCommandItself:
    def ends(self, *words: str) -> Any:
        with pytest.raises(SystemExit) as caught:
            main(words)
        return caught.value.code

    def test_it_knows_its_version(self, capsys: pytest.CaptureFixture[str]) -> None:
        """--version says it."""
        assert self.ends("--version") == 0
        assert capsys.readouterr().out.strip() == f"aws-conformance {__version__}"

    def test_help_names_every_command(self, capsys: pytest.CaptureFixture[str]) -> None:
        """--help lists the commands, and each has a help of its own."""
        assert self.ends("--help") == 0
        said = capsys.readouterr().out
        for name in COMMANDS:
            word = getattr(name, "name", name)
            assert str(word) in said
            assert self.ends(str(word), "--help") == 0
            assert "usage: aws-conformance" in capsys.readouterr().out

    @pytest.mark.parametrize("words", [[], ["clauses", "a", "b"], ["checks", "--colour"]])
    def test_what_it_does_not_know_is_refused(
        self, words: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        """An unknown command or word ends with status 2 and the usage."""
        assert self.ends(*words) == 2
        assert "usage: aws-conformance" in capsys.readouterr().err
