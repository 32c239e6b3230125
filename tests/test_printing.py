"""What a stranger's text holds never acts on a terminal."""

import json
from pathlib import Path

import pytest

from conformance.cli.main import main
from conformance.report.printing import printable, printable_json

ACTIVE = "\x00\x07\x08\r\x1b\x7f\x80\x9b\u061c\u200e\u200f\u2028\u202a\u202e\u2066\u2069\ud800"


@pytest.mark.parametrize("char", ACTIVE)
def test_an_active_character_is_an_escape(char: str) -> None:
    """It is shown as what it is; in JSON it stays the same data."""
    assert char not in printable(f"a{char}b")
    assert printable(f"a{char}b").startswith("a\\")
    assert char not in printable_json(json.dumps([char], ensure_ascii=False))
    assert json.loads(printable_json(json.dumps([char], ensure_ascii=False))) == [char]


def test_other_text_stays() -> None:
    """Letters of all scripts, tabs and line feeds are no danger."""
    assert printable("é東\ta\nשלום") == "é東\ta\nשלום"


def test_an_error_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The name of a file and what is wrong in it are printed without effect."""
    path = tmp_path / "a\x1b[2J\u202e.json"
    path.write_text(json.dumps({"format": "\x1b]0;x\x07\u202e"}), "utf-8")
    for command in (["verify", str(path)], ["explain", "sqs:\x1b[2J"], ["judge", str(path)]):
        assert main(command) == 2
        printed = capsys.readouterr()
        assert not set(ACTIVE) & set(printed.out + printed.err)
