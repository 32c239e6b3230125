"""Comparing reports: regressions first, and nothing compared silently that is not alike."""

import re
from pathlib import Path
from typing import Any

import pytest
from sample_reports import MAXIMUM, UNENFORCED, resealed, run, sample

from conformance.checks.findings import Verdict
from conformance.cli.main import main
from conformance.reference.launch import start
from conformance.report import compare, json_text

Data = dict[str, Any]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Reports on disk: good, bad (one clause broken), page (much broken)."""
    made = {
        "good": sample(name="good"),
        "bad": sample(fault=UNENFORCED, name="bad"),
        "page": sample(degenerate="one-page", name="page"),
    }
    for name, report in made.items():
        (tmp_path / f"{name}.json").write_text(json_text.text(report), "utf-8")
    return {name: str(tmp_path / f"{name}.json") for name in made}


def test_worse(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """A clause that broke is named first, in its cell and in the list, and the status is 1."""
    assert main(["compare", files["good"], files["bad"]]) == 1
    said = capsys.readouterr().out
    assert re.search(r"chime:ListPhoneNumbers +validation .*worse", said)
    assert f"1 clause worse\n  {MAXIMUM}: pass → fail" in said
    assert "observed  accepted with 200" in said


def test_better(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """A clause that was mended is an improvement, and the status is 0."""
    assert main(["compare", files["bad"], files["good"]]) == 0
    assert f"1 clause better\n  {MAXIMUM}: fail → pass" in capsys.readouterr().out


def test_alike(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """A report compared with itself has neither."""
    assert main(["compare", files["page"], files["page"]]) == 0
    assert ": 0 worse, 0 better" in capsys.readouterr().out


def test_regressions_come_first(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """Of several reports the first and the last decide, and each has its column."""
    assert main(["compare", files["bad"], files["good"], files["page"]]) == 1
    said = capsys.readouterr().out
    assert re.search(r"operation +area +bad 1.0 +good 1.0 +page 1.0", said)
    assert "worse" in said
    assert main(["compare", files["page"], files["bad"]]) == 0


@pytest.mark.parametrize(
    ("verdicts", "kind"),
    [
        ("pass pass", "same"),
        ("pass warn", "worse"),
        ("pass fail", "worse"),
        ("warn fail", "worse"),
        ("pass inconclusive", "worse"),
        ("pass unsupported", "worse"),
        ("inconclusive fail", "worse"),
        ("fail warn", "better"),
        ("fail pass", "better"),
        ("inconclusive pass", "better"),
        ("fail unsupported", "same"),
        ("fail inconclusive", "unjudged"),
        ("warn error", "unjudged"),
        ("observed observed", "same"),
        ("pass fail pass", "same"),
    ],
)
def test_kinds_of_changes(verdicts: str, kind: str) -> None:
    """A clause that is graver last than first is worse; what can no longer be shown is no gain."""
    path = [Verdict(name) for name in verdicts.split()]
    assert compare.Change(clause="", verdicts=path, finding={}).kind == kind


def other_set(report: Data, key: str) -> Data:
    report["suite"][key] = "sha256:" + "1" * 64
    return resealed(report)


@pytest.mark.parametrize(
    ("key", "word"), [("case_set", "case sets"), ("schema_set", "schema sets")]
)
def test_unlike_sets(
    key: str, word: str, files: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Reports of different sets are compared only with --common, and the message names them."""
    path = tmp_path / "other.json"
    path.write_text(json_text.text(other_set(sample(), key)), "utf-8")
    assert main(["compare", files["good"], str(path)]) == 2
    said = capsys.readouterr().err
    assert f"different {word}" in said
    assert "good.json" in said
    assert "--common" in said
    assert main(["compare", files["good"], str(path), "--common"]) == 0
    assert "comparing only the common part" in capsys.readouterr().out


def test_the_common_part(
    files: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only clauses of every report are counted, and how many were left out is said."""
    with start() as server:
        small = run(server.url, operations="chime:GetPhoneNumber")
    path = tmp_path / "small.json"
    path.write_text(json_text.text(small), "utf-8")
    assert main(["compare", files["good"], str(path), "--common"]) == 0
    said = capsys.readouterr().out
    assert "clauses are left out because some report lacks them" in said
    assert not re.search(r"^chime:ListPhoneNumbers ", said, re.MULTILINE)


def test_partial_runs_are_not_compared_silently(
    files: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A partial run beside a complete one is said to be partial."""
    with start() as server:
        part = run(server.url, most=9)
    path = tmp_path / "part.json"
    path.write_text(json_text.text(part), "utf-8")
    assert main(["compare", files["good"], str(path)]) == 2
    assert "partial runs" in capsys.readouterr().err


def test_one_report_is_not_enough(
    files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """A comparison takes two reports."""
    assert main(["compare", files["good"]]) == 2
    assert "two reports" in capsys.readouterr().err


def test_matrix(files: dict[str, str], tmp_path: Path) -> None:
    """The page of a comparison holds the matrix and the changes, and loads nothing."""
    page = tmp_path / "matrix.html"
    main(["compare", files["good"], files["bad"], files["page"], "--html", str(page)])
    text = page.read_text("utf-8")
    assert MAXIMUM in text
    assert "good 1.0 → bad 1.0 → page 1.0" in text
    assert not re.search(r"(\bsrc=|@import|url\()", text)


def test_a_page_that_cannot_be_written(
    files: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page that cannot be written is one sentence and exit status 2."""
    (tmp_path / "taken").write_text("")
    assert (
        main(["compare", *[files["good"]] * 2, "--html", str(tmp_path / "taken" / "m.html")]) == 2
    )
    assert "cannot be written" in capsys.readouterr().err


def test_subjects_with_one_name(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """Reports of subjects with the same name are distinguished by their files."""
    main(["compare", files["good"], files["good"]])
    assert "good.json)" in capsys.readouterr().out
