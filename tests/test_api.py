"""The suite in code: reports, and wrong arguments refused with the documented error."""

import inspect
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import conformance
from conformance.errors import UsageError
from conformance.runner.options import OPTIONS

ROOT = Path(__file__).parent.parent
GET = "chime:GetPhoneNumber"
SIGNED = f"{GET}/auth/bad-signature"
LIST = "chime:ListPhoneNumbers"
MOST = f"{LIST}/request/MaxResults/maximum"


def test_a_report_comes_back(reference: Any) -> None:
    """Options are the command's by their names, those of one letter included."""
    seen: list[conformance.Progress] = []
    report = conformance.certify(
        reference.url, operations=GET, max_examples=0, k="auth", progress=seen.append
    )
    assert (report.verdict, report.complete, report.failures) == ("inconclusive", False, [])
    assert len(report.data["cases"]) == 5
    assert report.ok
    assert [(one.done, one.total) for one in seen] == [(n, 5) for n in range(1, 6)]
    assert {one.case for one in seen} == {case["id"] for case in report.data["cases"]}
    clause = report.clauses[SIGNED]
    assert (clause.verdict, clause.level, clause.operation) == ("pass", "should", GET)
    assert clause.findings[0].case == f"{SIGNED}/sent" == clause.findings[0]["case"]


@pytest.mark.slow("a run of the suite in a process of its own")
def test_a_report_reads_well(reference: Any, tmp_path: Path) -> None:
    """``assert report.ok, report`` shows what failed, in as many characters as pytest shows."""
    reference.become(fault=f"{MOST}:unenforced")
    words: Any = {"operations": [LIST], "max_examples": 0, "k": "maximum", "fail_on_warn": False}
    bad = conformance.certify(reference.url, **words, subject={"name": "mine"})
    assert not bad.ok
    assert {one.clause for one in bad.failures} == {MOST}
    assert repr(bad).startswith(
        f"non-conformant ({reference.url}): 1 clause not as documented\nFAIL"
    )
    assert len(repr(bad)) <= 240
    assert "; observed accepted with 200 [https://" in str(bad)
    assert bad.failures[0].curl is None or "curl" in bad.failures[0].curl
    assert bad.data["subject"] == {"name": "mine"}
    expect = tmp_path / "expected.toml"
    expect.write_text(f'[[expected]]\nclause = "{MOST}"\nverdict = "fail"\nreason = "known"\n')
    known = conformance.certify(reference.url, **words, expect=expect)
    assert (known.ok, known.verdict) == (True, "non-conformant")
    reference.become()
    good = conformance.certify(reference.url, **words)
    compared = conformance.compare(good, bad)
    assert [change.clause for change in compared.worse] == [MOST]
    assert not compared.ok
    assert MOST in str(compared)
    with pytest.raises(conformance.ConformanceError, match="at least two"):
        conformance.compare(good)


def test_every_option_is_an_argument() -> None:
    """The arguments of ``certify`` are the options of a run, but for what it does itself."""
    names = {option.dest for option in OPTIONS} - {"target", "plan", "report", "resume"}
    arguments = inspect.signature(conformance.certify).parameters
    assert set(arguments) - {"url", "n", "k", "m", "x", "args", "progress"} == names


@pytest.mark.slow("a run of mypy")
def test_a_type_checker_knows_the_arguments(tmp_path: Path) -> None:
    """``mypy --strict`` refuses a misspelt argument, and knows what comes back."""
    pytest.importorskip("mypy")
    (tmp_path / "good.py").write_text(
        "import conformance\n"
        "report = conformance.certify('http://x', operations=['a:*'], subject={'name': 'x'})\n"
        "clauses: list[str] = [one.clause for one in report.failures]\n"
        "worse = [change.clause for change in conformance.compare(report, 'x').worse]\n"
    )
    (tmp_path / "bad.py").write_text("import conformance\nconformance.certify(operation='a:*')\n")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(ROOT / ".mypy_cache")]
    command += ["--config-file", str(ROOT / "pyproject.toml"), "--follow-imports=silent"]
    results = {}
    for name in ("good", "bad"):
        path = str(tmp_path / f"{name}.py")
        results[name] = subprocess.run(
            [*command, path], cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert results["good"].returncode == 0, results["good"].stdout
    assert 'Unexpected keyword argument "operation" for "certify"' in results["bad"].stdout


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"args": ["--operation=x"]}, "no option '--operation'; did you mean --operations?"),
        ({"k": "no such case"}, "Wrong expression passed to '-k'"),
        ({"k": "nope"}, "No case matches -k 'nope'"),
        ({"resource": [3.5, None]}, "resource takes texts, not None."),
        ({"region": "foo bar"}, "'foo bar' is not a Region"),
    ],
)
def test_what_cannot_be_run_is_said(options: dict[str, Any], says: str, reference: Any) -> None:
    """The sentence of the command is the message."""
    with pytest.raises(conformance.ConformanceError) as caught:
        conformance.certify(reference.url, **{"operations": GET, "max_examples": 0} | options)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda: conformance.operation(5),  # type: ignore[arg-type]
        lambda: conformance.judge("kms:ListKeys", None),  # type: ignore[arg-type]
        lambda: conformance.judge(5, {}),  # type: ignore[arg-type]
        lambda: conformance.strategies.valid("kms:ListKeys"),  # type: ignore[arg-type]
        lambda: conformance.strategies.invalid("kms:ListKeys", "x"),  # type: ignore[arg-type]
    ],
    ids=["operation", "exchange", "judged", "valid", "invalid"],
)
def test_wrong_arguments_name_themselves(call: Callable[[], Any]) -> None:
    """An argument of a wrong type raises the documented error."""
    with pytest.raises(UsageError):
        call()
