"""Verifying reports: edits are located, forgeries contradict the server, and what that proves."""

import copy
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from calibration.servers import start
from sample_reports import MAXIMUM, UNENFORCED, resealed, run, sample

from conformance.cli.main import main
from conformance.generation import cases
from conformance.generation.clauses import clauses
from conformance.report import build, json_text, verify
from conformance.spec.documents import documented

Data = dict[str, Any]
LISTING, GETTING = "chime:ListPhoneNumbers", "chime:GetPhoneNumber"


def first(report: Data, verdict: str) -> Data:
    return next(finding for finding in report["findings"] if finding["verdict"] == verdict)


def position(report: Data, verdict: str) -> int:
    return report["findings"].index(first(report, verdict))


def put(*path: Any, value: Any) -> Callable[[Data], None]:
    """Set the value at a path."""

    def edit(report: Data) -> None:
        node = report
        for name in path[:-1]:
            node = node[name]
        node[path[-1]] = value

    return edit


def drop(*path: Any) -> Callable[[Data], None]:
    """Remove what stands at a path."""

    def edit(report: Data) -> None:
        node = report
        for name in path[:-1]:
            node = node[name]
        del node[path[-1]]

    return edit


def of(verdict: str, name: str, value: Any) -> Callable[[Data], None]:
    """Change one member of the first finding with a verdict."""

    def edit(report: Data) -> None:
        first(report, verdict)[name] = value

    return edit


def command(which: str, change: Callable[[str], str]) -> Callable[[Data], None]:
    """Change a reproduction of the first finding that has a curl command, or both of it."""

    def edit(report: Data) -> None:
        made = next(
            finding["reproduce"]
            for finding in report["findings"]
            if (finding.get("reproduce") or {}).get("curl")
        )
        for name in ("curl", "python") if which == "both" else (which,):
            assert change(made[name]) != made[name]
            made[name] = change(made[name])

    return edit


def exchange(*path: Any, value: Any) -> Callable[[Data], None]:
    """Change the first exchange."""

    def edit(report: Data) -> None:
        put(*path, value=value)(next(iter(report["exchanges"].values())))

    return edit


def swap(report: Data) -> None:
    findings = [f for f in report["findings"] if f["operation"] == LISTING]
    left, right = (report["findings"].index(findings[n]) for n in (0, -1))
    report["findings"][left], report["findings"][right] = findings[-1], findings[0]


def again(name: str) -> Callable[[Data], None]:
    return lambda report: report[name].append(copy.deepcopy(report[name][0]))


def rounded(report: Data) -> None:
    report["duration_s"] = int(report["duration_s"])


def floated(report: Data) -> None:
    report["seed"] = float(report["seed"])


#: Fifty ways to edit a report by hand or with a careless tool → the section that is named.
EDITS: dict[str, tuple[str, Callable[[Data], None]]] = {
    "verdict": ("head", put("verdict", value="conformant")),
    "verdict to inconclusive": ("head", put("verdict", value="inconclusive")),
    "verdict misspelt": ("head", put("verdict", value="Conformant")),
    "complete": ("head", put("complete", value=False)),
    "complete as text": ("head", put("complete", value="true")),
    "interrupted": ("head", put("interrupted", value=True)),
    "seed": ("head", put("seed", value=1)),
    "seed floated": ("head", floated),
    "started": ("head", put("started", value="2020-01-01T00:00:00Z")),
    "started local": ("head", put("started", value="2020-01-01 00:00")),
    "duration": ("head", put("duration_s", value=0.1)),
    "duration rounded": ("head", rounded),
    "requests": ("head", put("requests", value=999_999)),
    "requests none": ("head", put("requests", value=0)),
    "head without seed": ("head", drop("seed")),
    "suite version": ("suite", put("suite", "version", value="9.9.9")),
    "case set": ("suite", put("suite", "case_set", value="sha256:" + "0" * 64)),
    "schema set": ("suite", put("suite", "schema_set", value="sha256:" + "0" * 64)),
    "suite gone": ("suite", drop("suite")),
    "subject name": ("subject", put("subject", "name", value="another")),
    "subject more": ("subject", put("subject", "digest", value="sha256:1")),
    "subject gone": ("subject", drop("subject", "version")),
    "endpoint": ("target", put("target", "endpoint", value="http://elsewhere")),
    "kind": ("target", put("target", "kind", value="aws")),
    "Region": ("target", put("target", "region", value="eu-west-1")),
    "boto3": ("sdk", put("sdk", "boto3", value="0.0.1")),
    "options": ("options", put("options", "max_examples", value=100)),
    "count of fails": ("operations", put("operations", LISTING, "validation", "fail", value=0)),
    "count of passes": ("operations", put("operations", LISTING, "auth", "pass", value=50)),
    "area gone": ("operations", drop("operations", LISTING, "validation")),
    "operation gone": ("operations", drop("operations", GETTING)),
    "operation more": ("operations", put("operations", "chime:DeletePhoneNumber", value={})),
    "case outcome": (f"cases of {GETTING}", put("cases", 0, "outcome", value="fail")),
    "case requests": (f"cases of {GETTING}", put("cases", 0, "requests", value=7777)),
    "case id": (f"cases of {GETTING}", put("cases", 0, "id", value=f"{GETTING}/auth/other/sent")),
    "case gone": (f"cases of {GETTING}", drop("cases", 0)),
    "case twice": (f"cases of {GETTING}", again("cases")),
    "all cases gone": (f"cases of {LISTING}", put("cases", value=[])),
    "finding's verdict": (f"findings of {LISTING}", of("fail", "verdict", "pass")),
    "finding's level": (f"findings of {LISTING}", of("fail", "level", "should")),
    "finding's words": (f"findings of {LISTING}", of("fail", "observed", "400")),
    "finding's promise": (f"findings of {LISTING}", of("fail", "expected", "nothing")),
    "finding's source": (f"findings of {LISTING}", of("fail", "source", "hearsay § 1")),
    "finding's clause": (f"findings of {LISTING}", of("fail", "clause", f"{LISTING}/auth/missing")),
    "finding's command": (
        f"findings of {LISTING}",
        of("fail", "reproduce", {"curl": "true", "python": ""}),
    ),
    "finding gone": (
        f"findings of {LISTING}",
        lambda report: report["findings"].remove(first(report, "fail")),
    ),
    "pass gone": (
        f"findings of {GETTING}",
        lambda report: report["findings"].remove(
            next(
                f
                for f in report["findings"]
                if f["operation"] == GETTING and f["verdict"] == "pass"
            )
        ),
    ),
    "finding twice": (f"findings of {GETTING}", again("findings")),
    "findings reordered": (f"findings of {LISTING}", swap),
    "status in an exchange": ("exchanges", exchange("response", "status", value=418)),
    "URL in an exchange": ("exchanges", exchange("request", "url", value="http://b/")),
    "exchanges gone": ("exchanges", put("exchanges", value={})),
    "digests gone": ("digests", drop("digests")),
    "a section more": ("score", put("score", value=100)),
}


def write(path: Path, report: Data) -> str:
    path.write_text(json_text.text(report), "utf-8")
    return str(path)


def test_there_are_fifty_edits() -> None:
    """At least fifty ways of editing a report are tried."""
    assert len(EDITS) >= 50


@pytest.mark.parametrize("name", EDITS)
def test_edits_are_refused(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A report that was edited is refused, and the section is named."""
    section, edit = EDITS[name]
    report = sample(fault=UNENFORCED)
    before = json.dumps(report)
    edit(report)
    assert json.dumps(report) != before
    assert main(["verify", write(tmp_path / "report.json", report)]) == 1
    said = capsys.readouterr().out
    assert section in said
    assert "refused: " in said


VARIANTS = ({}, {"fault": UNENFORCED}, {"degenerate": "one-page"}, {"degenerate": "always-404"})


@pytest.mark.parametrize("variant", VARIANTS)
def test_honest_reports_hold(
    variant: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unedited report is accepted in any layout, with a sentence on what that proves."""
    path = tmp_path / "report.json"
    path.write_text(json.dumps(sample(**variant), indent=7, sort_keys=True), "utf-8")
    assert main(["verify", str(path)]) == 0
    said = capsys.readouterr().out
    assert "PROBLEM" not in said
    assert "does not prove that the run took place" in said


def test_partial_reports_hold() -> None:
    """A report of some cases, or of an interrupted run, holds as well."""
    with start() as server:
        partial = run(server.url, most=9)
        broken_off = run(server.url, most=9, interrupted=True)
    assert not any(verify.problems(partial).values())
    assert not any(verify.problems(broken_off).values())


def disagreeing(edit: Callable[[Data], None]) -> set[str]:
    report = sample(fault=UNENFORCED)
    edit(report)
    return {name for name, found in verify.problems(resealed(report)).items() if found}


@pytest.mark.parametrize(
    ("check", "edit"),
    [
        ("verdict", put("verdict", value="conformant")),
        ("counts", put("operations", LISTING, "validation", "fail", value=0)),
        ("cases", again("cases")),
        ("case set", drop("cases", 3)),
        ("outcomes", lambda r: r["findings"].remove(first(r, "fail"))),
        ("findings", of("fail", "area", "auth")),
        ("findings", of("fail", "level", "should")),
        ("findings", of("fail", "case", f"{LISTING}/request/none/such")),
        ("exchanges", exchange("response", "status", value=400)),
        ("promises", of("fail", "source", "hearsay § 1")),
        ("promises", of("pass", "expected", "anything goes")),
        ("schema", put("started", value="yesterday")),
        ("cases", put("recorded", value={"cases": 1, "oldest": "2026-01-31"})),
        ("cases", put("cases", 0, "recorded", value="2026-01-31")),
        ("case set", put("recorded", value={"cases": 1, "oldest": "2026-01-31"})),
        ("reproductions", command("curl", lambda text: f"{text}; touch X")),
        ("reproductions", command("curl", lambda text: f"touch X; {text}")),
        ("reproductions", command("curl", lambda text: text.replace(" -i ", " -o X -i "))),
        (
            "reproductions",
            command("curl", lambda text: text.replace("http://", "http://elsewhere/")),
        ),
        ("reproductions", command("curl", lambda text: text.replace("curl ", "curl -H 'a: b' "))),
        ("reproductions", command("curl", lambda text: "")),
        (
            "reproductions",
            command("python", lambda text: f"{text}import os; os.system('touch X')\n"),
        ),
        ("reproductions", command("python", lambda text: text.replace("timeout=10", "timeout=11"))),
        (
            "reproductions",
            command("python", lambda text: text.replace("http://", "http://elsewhere/")),
        ),
        (
            "reproductions",
            command("both", lambda text: text.replace("phone-numbers", "phone-number")),
        ),
        ("reproductions", command("both", lambda text: text.replace("GET", "PUT"))),
        ("reproductions", of("fail", "reproduce", {"curl": None, "python": "print(1)"})),
    ],
)
def test_sections_must_agree(check: str, edit: Callable[[Data], None]) -> None:
    """Even with valid digests, a change in one section contradicts another."""
    assert check in disagreeing(edit)


def whitewash(report: Data) -> None:
    """Make a failing report conformant throughout, with every digest and count in order."""
    bad = [f for f in report["findings"] if f["verdict"] in {"fail", "warn"}]
    known = {c: f for f in report["findings"] for c in [f["clause"]] if f["verdict"] == "pass"}
    kept = [f for f in report["findings"] if f not in bad]
    for finding in bad:
        if finding["clause"] not in known:
            fine = {
                k: finding[k] for k in ("case", "operation", "area", "clause", "level", "source")
            }
            clause = next(
                c for c in clauses(documented()[LISTING]).values() if c.id == finding["clause"]
            )
            made = {
                **fine,
                "verdict": "pass",
                "expected": clause.promise,
                "observed": "as promised",
            }
            known[finding["clause"]] = made
            kept.append({**made, "cases": 1})
    report["findings"] = kept
    used = {f["exchange"] for f in kept if "exchange" in f}
    report["exchanges"] = {n: e for n, e in report["exchanges"].items() if n in used}
    for case in report["cases"]:
        if case["outcome"] in {"fail", "warn"}:
            case["outcome"] = "pass"
    report["operations"] = build.counts(list(report["operations"]), kept)
    report["verdict"] = "conformant"


def test_a_forgery_disagrees_with_its_target(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A report forged with valid digests is consistent, but disagrees with its server."""
    forged = sample(fault=UNENFORCED)
    whitewash(forged)
    path = write(tmp_path / "report.json", resealed(forged))
    assert main(["verify", path]) == 0
    with start(fault=UNENFORCED) as server:
        assert main(["verify", path, "--against", server.url, "--sample", "1000"]) == 1
        said = capsys.readouterr().out
        assert f"now fail for {MAXIMUM}, not reported" in said
        assert "cases have other results" in said


@pytest.mark.parametrize("variant", VARIANTS)
def test_an_honest_report_agrees_with_its_target(
    variant: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every case of an honest report, run again, has the reported result."""
    path = write(tmp_path / "report.json", sample(**variant))
    with start(**variant) as server:
        assert main(["verify", path, "--against", server.url, "--sample", "1000"]) == 0
    said = capsys.readouterr().out
    assert "all as reported" in said
    assert "It proves nothing about the others" in said


def test_a_sample_can_be_chosen_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A sample has the size that was asked for and a seed by which it can be taken again."""
    path = write(tmp_path / "report.json", sample())
    with start() as server:
        words = ["verify", path, "--against", server.url, "--sample", "5", "--sample-seed", "7"]
        assert main(words) == 0
    assert "5 of " in (said := capsys.readouterr().out)
    assert "--sample-seed 7" in said


REFUSED = {
    "truncated": lambda text: text[: len(text) // 2],
    "empty": lambda text: "",
    "no report": lambda text: '{"hello": 1}',
    "a list": lambda text: "[]",
    "future": lambda text: text.replace("aws-conformance-report/1", "aws-conformance-report/2"),
    "names twice": lambda text: text.replace('"seed":', '"seed": 1, "seed":', 1),
    "not a number": lambda text: text.replace('"duration_s": ', '"duration_s": NaN, "x": ', 1),
    "too deep": lambda text: "[" * 200_000,
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("command", ["verify", "expect", "compare"])
def test_what_is_no_report(
    name: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is not a report, or cut off, or of a later format is refused in one sentence."""
    path = tmp_path / "report.json"
    path.write_text(REFUSED[name](json_text.text(sample())), "utf-8")
    words = [command, str(path)] + ([str(path)] if command == "compare" else [])
    assert main(words) == 2
    said = capsys.readouterr().err
    assert said.startswith("aws-conformance: ")
    assert said.count("\n") == 1
    assert "report.json" in said


def test_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    """A missing report is refused."""
    assert main(["verify", "nowhere.json"]) == 2
    assert "nowhere.json cannot be read: No such file or directory." in capsys.readouterr().err


def test_a_closed_port(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing answers, nothing was proved: exit status 2."""
    path = write(tmp_path / "report.json", sample())
    assert main(["verify", path, "--against", "http://127.0.0.1:1"]) == 2
    assert "Nothing answers" in capsys.readouterr().err


def test_the_case_set_can_be_computed_from_a_report() -> None:
    """The ids of a complete report's named cases have the digest that the suite gives the set."""
    report = sample()
    ids = sorted(c["id"] for c in report["cases"] if verify.EXPLORATION not in c["id"])
    made = "sha256:" + hashlib.sha256("\n".join(ids).encode()).hexdigest()
    operations = [documented()[name] for name in report["operations"]]
    assert made == report["suite"]["case_set"] == cases.digest(operations)
