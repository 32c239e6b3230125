"""What a stranger's text holds never acts on a terminal."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from sample_reports import UNENFORCED, sample

from conformance.cli.main import main
from conformance.report import terminal
from conformance.report.formats import FORMATS
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


@pytest.mark.parametrize(
    "words",
    [
        ["verify"],
        ["verify", "a", "b\x1b[2J\u202e"],
        ["verify", "--sample", "\x1b]0;x\x07"],
        ["no\u202esuch\x9b"],
        ["certify", "--no-such\x1b[2J"],
        ["certify", "-k", "\x1b[2J"],
        ["certify", "http://localhost:1/\u202e"],
        ["expect", "--reason", "\x07", "no-such\x1b"],
    ],
)
def test_what_was_typed_comes_back_without_effect(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Words may come from a script or a name: no error message prints them as they are."""
    try:
        status = main(words)
    except SystemExit as ended:
        status = int(str(ended.code))
    assert status == 2
    printed = capsys.readouterr()
    assert printed.err
    assert not set(ACTIVE) & set(printed.out + printed.err)


HOSTILE = (
    "\x1b[2J\u202e<script>alert(1)</script>]]>&amp;`|\x00\ufffe\r\n# h\n[x](javascript:1) @all"
)


def hostile_report() -> dict[str, Any]:
    """A report whose every text of a target's is hostile."""
    report = sample(fault=UNENFORCED)
    report["subject"] = {"name": HOSTILE, "version": HOSTILE}
    report["target"]["endpoint"] = f"http://localhost/{HOSTILE}"
    for finding in report["findings"]:
        finding |= {"observed": HOSTILE, "expected": HOSTILE, "source": f"https://a/{HOSTILE}"}
        if "reproduce" in finding:
            finding["reproduce"] = {"curl": f"curl {HOSTILE}", "python": HOSTILE}
    for exchange in report["exchanges"].values():
        exchange["request"]["url"] = exchange["request"]["body"] = HOSTILE
        if "response" in exchange:
            exchange["response"]["body"] = HOSTILE
            exchange["response"]["headers"] = [[HOSTILE, HOSTILE]]
    return report


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "report.json"])
def test_a_report_shows_text_as_text(name: str) -> None:
    """No file for people holds a control character, or markup that a target sent."""
    text = FORMATS[name].text(hostile_report())
    assert not set(ACTIVE) & set(text)
    if name.endswith(".md"):
        text = re.sub(r"(`+).*?\1", "", text)  # code is shown as it is
    assert "<script>alert" not in text
    if name.endswith((".xml", ".svg")):
        ElementTree.fromstring(text)
    if name.endswith(".md"):
        assert "\n# h" not in text
        assert not re.search(r"(?<!\\)\]\(javascript:", text)
        assert "@all" not in text


def test_the_terminal_shows_text_as_text() -> None:
    """Nor does the end of a run."""
    text = "\n".join(map(printable, terminal.lines(hostile_report())))
    assert not set(ACTIVE) & set(text)
