"""Reports: what they hold, the files that they are written to, and their reproductions."""

import contextlib
import copy
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import xmlschema
from calibration.servers import start
from jsonschema import Draft202012Validator
from sample_reports import MAXIMUM, OPERATIONS, UNENFORCED, resealed, run, sample

from conformance.errors import UsageError
from conformance.generation.plans import Call, Case, Expect
from conformance.protocols.http import Exchange, Request, Response
from conformance.report import (
    badge,
    json_text,
    junit,
    loader,
    summary,
    terminal,
    verify,
    writer,
)
from conformance.report.expectations import Expectation
from conformance.report.formats import FORMATS
from conformance.report.html import html
from conformance.report.snippets import MOST_BODY, REDACTED, exchange_data
from conftest import passing_on

#: Files whose names CI jobs use: more may come, none of these goes.
PUBLIC = {"report.json", "report.html", "junit.xml", "summary.md", "badge.json", "badge.svg"}
DOCS = Path(__file__).parent.parent / "docs" / "reports.md"
SUBJECTS = {
    "honest": {},
    "faulty": {"fault": UNENFORCED},
    "one page": {"degenerate": "one-page"},
    "unsupported": {"degenerate": "always-404"},
    "silent": {"degenerate": "hangs-up"},
}
JUNIT = xmlschema.XMLSchema(str(Path(__file__).parent / "junit.xsd"))
#: Facts of the endpoint format that badge services read: shields.io/badges/endpoint-badge.
ENDPOINT = {
    "type": "object",
    "required": ["schemaVersion", "label", "message"],
    "additionalProperties": False,
    "properties": {
        "schemaVersion": {"const": 1},
        "label": {"type": "string"},
        "message": {"type": "string", "minLength": 1},
        "color": {"type": "string"},
        "isError": {"type": "boolean"},
    },
}


@pytest.fixture(params=SUBJECTS)
def report(request: pytest.FixtureRequest) -> dict[str, Any]:
    return sample(**SUBJECTS[request.param])


def test_the_schema_is_one() -> None:
    """The schema of reports is a valid schema itself."""
    Draft202012Validator.check_schema(loader.validator().schema)


def test_a_report_follows_its_schema(report: dict[str, Any]) -> None:
    """Every report follows the schema of its format, also after a round trip through its file."""
    assert not list(loader.validator().iter_errors(report))
    assert json.loads(json_text.text(report)) == report


def test_every_format_is_written(report: dict[str, Any], tmp_path: Path) -> None:
    """A report is written in every format, and no other file remains."""
    writer.write(tmp_path, report)
    assert {path.name for path in tmp_path.iterdir()} == FORMATS.keys()
    assert FORMATS.keys() >= PUBLIC


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_only_reads(name: str, report: dict[str, Any]) -> None:
    """Every format makes some text of every report, and leaves the report as it was."""
    before = copy.deepcopy(report)
    assert FORMATS[name].text(report).strip()
    assert report == before


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_documented(name: str) -> None:
    """docs/reports.md has a row for every file of a report."""
    row = f"| `{name}` | {FORMATS[name].readers} |"
    assert f"\n| `{name}` | " in DOCS.read_text("utf-8"), f"docs/reports.md lacks a row: {row}"


def test_junit_is_valid(report: dict[str, Any]) -> None:
    """junit.xml follows the schema of CI servers, and its counts are those of its elements."""
    text = junit.xml(report)
    JUNIT.validate(text)
    root = ElementTree.fromstring(text)
    assert root.get("tests") == str(len(report["cases"])) == str(len(root.findall(".//testcase")))
    for tag, attribute in (("failure", "failures"), ("error", "errors")):
        assert root.get(attribute) == str(len(root.findall(f".//{tag}")))


def test_junit_holds_what_xml_cannot() -> None:
    """Characters that XML cannot hold are written as escapes."""
    report = sample(fault=UNENFORCED)
    for finding in report["findings"]:
        finding["observed"] = "a\x00b\x1bc\ud800"
    text = junit.xml(report)
    JUNIT.validate(text)
    assert "a\\x00b\\x1bc\\ud800" in text


def test_badges(report: dict[str, Any]) -> None:
    """Both badges give counts and no percentage; badge.json is what badge services read."""
    endpoint = json.loads(badge.endpoint(report))
    Draft202012Validator(ENDPOINT).validate(endpoint)
    drawn = ElementTree.fromstring(badge.svg(report))
    assert endpoint["message"] in "".join(drawn.itertext())
    assert "%" not in endpoint["message"]
    assert endpoint["isError"] == (report["verdict"] == "non-conformant")


def test_the_badge_counts() -> None:
    """The badge of a server with one broken clause says so."""
    assert badge.message(sample(fault=UNENFORCED)).endswith(" passed, 1 failed")


def test_summary() -> None:
    """The summary names the verdict, each operation, and the broken clause with its command."""
    text = summary.markdown(sample(fault=UNENFORCED))
    assert text.startswith("## ❌ AWS conformance: non-conformant")
    assert "**fail** validation: constraints of requests are not checked" in text
    assert f"`{MAXIMUM}`" in text
    assert "| chime:GetPhoneNumber |" in text
    assert "curl -sS" in text


def test_summary_is_only_text() -> None:
    """What a server answers is text in the summary: no markup, no mention, no link."""
    report = sample(fault=UNENFORCED)
    for finding in report["findings"]:
        finding["observed"] = "<img src=x> [a](http://b) @everyone | **"
    text = summary.markdown(report)
    assert "&lt;img src=x" in text
    assert "<img" not in text
    assert "[a](" not in text
    assert "@everyone" not in text


def test_partial_runs_say_so() -> None:
    """A run of some cases is never conformant; every file says that it was not all."""
    with start() as server:
        report = run(server.url, most=5)
        broken_off = run(server.url, most=5, interrupted=True)
    assert not list(loader.validator().iter_errors(report))
    assert (report["complete"], report["verdict"]) == (False, "inconclusive")
    for name in ("summary.md", "badge.json", "badge.svg", "report.html"):
        assert "partial run" in FORMATS[name].text(report).lower()
        assert "interrupted" in FORMATS[name].text(broken_off).lower()


def test_what_a_partial_run_did_not_try_has_no_row() -> None:
    """An operation without any case is in no table: of the page, the summary, the terminal."""
    report = sample()
    tried = next(iter(report["operations"]))
    report["operations"]["sqs:ListQueues"] = {}
    page = html(report)
    assert f'id="{tried}"' in page
    assert "ListQueues" not in page
    assert "ListQueues" not in summary.markdown(report)
    assert not [line for line in terminal.table(report) if "ListQueues" in line]


def test_a_run_without_any_result_reports(tmp_path: Path) -> None:
    """A run that was interrupted before its first result still makes all files."""
    with start() as server:
        report = run(server.url, most=0, interrupted=True)
    writer.write(tmp_path, report)
    assert {path.name for path in tmp_path.iterdir()} == FORMATS.keys()
    assert not any(verify.problems(report).values())


def test_exchanges_are_stored_once() -> None:
    """Findings that share an exchange name it; no exchange stands there twice."""
    report = sample(degenerate="one-page")
    named = [finding["exchange"] for finding in report["findings"] if "exchange" in finding]
    assert set(named) == report["exchanges"].keys()
    stored = [json.dumps(exchange) for exchange in report["exchanges"].values()]
    assert len(set(stored)) == len(stored)


def test_nothing_private(tmp_path: Path) -> None:
    """No signature stands in any file of a report."""
    report = sample(degenerate="one-page")
    signed = [dict(one["request"]["headers"]) for one in report["exchanges"].values()]
    assert "[redacted]" in {headers.get("Authorization") for headers in signed}
    writer.write(tmp_path, report)
    for path in tmp_path.iterdir():
        assert not re.search("Signature=[0-9a-f]{8}", path.read_text("utf-8"))


def exchange(body: bytes, url: str = "http://localhost/numbers?max-results=0&x=1") -> Exchange:
    headers = (("Content-Type", "application/json"), ("Set-Cookie", "secret"))
    return Exchange(
        operation="chime:ListPhoneNumbers",
        params={},
        request=Request(
            method="GET", url=url, headers=(("Authorization", "AWS4 secret"),), body=b'{"a":1}'
        ),
        response=Response(status=200, headers=headers, body=body),
    )


def marked(data: dict[str, Any], marks: list[Any], where: str) -> list[str]:
    text: Any = data
    for name in where.split("."):
        text = text[name]
    return [text[start:end] for place, start, end in marks if place == where]


def test_the_offending_part_of_a_request() -> None:
    """The parameter that a finding is about is marked, under its name on the wire."""
    data, marks = exchange_data(exchange(b"{}"), MAXIMUM, "accepted with 200")
    assert marked(data, marks, "request.url") == ["max-results=0"]
    assert ["response.status", 0, 3] in marks


def test_the_offending_part_of_a_long_answer() -> None:
    """A long body is cut around the value that a finding is about, which stays marked."""
    items = [{"Status": "Fine", "Pad": "x" * 50} for _ in range(200)]
    items[150]["Status"] = "odd"
    body = json.dumps({"PhoneNumbers": items}).encode()
    clause = "chime:ListPhoneNumbers/response/PhoneNumbers/item/Status/enum"
    data, marks = exchange_data(exchange(body), clause, "'odd'")
    assert marked(data, marks, "response.body") == ['"Status": "odd"']
    assert len(data["response"]["body"]) < MOST_BODY + 100


def test_bodies_stand_as_sent() -> None:
    """Laying a body out changes no number, drops no repeated name, and survives what is no JSON."""
    body = b'{"a": 1.50, "a": 1e400, "b": -0, "c": "\\ud800"}'
    data, _ = exchange_data(exchange(body), MAXIMUM)
    laid_out = ["{", '"a": 1.50,', '"a": 1e400,', '"b": -0,', '"c": "\ud800"', "}"]
    assert [line.strip() for line in data["response"]["body"].splitlines()] == laid_out
    for broken in (b"[" * 5000, b"\xff\x00", b"", b"<html>", b"{" * 300_000):
        exchange_data(exchange(broken), MAXIMUM)


def test_headers_are_redacted() -> None:
    """What authenticates is never kept: not in requests, not in answers."""
    data, _ = exchange_data(exchange(b"{}"), MAXIMUM)
    assert "secret" not in json.dumps(data)
    assert ["Authorization", REDACTED] in data["request"]["headers"]


def test_members_that_a_case_set_are_marked() -> None:
    """Where the clause names no member, those that the case set are marked."""
    case = Case(
        id="chime:ListPhoneNumbers/rules/status-filter/try-1",
        operation="chime:ListPhoneNumbers",
        clause="chime:ListPhoneNumbers/rules/status-filter",
        expect=Expect.ACCEPTED,
        title="",
        steps=(Call(set={"Status": "Assigned"}),),
    )
    url = "http://localhost/phone-numbers?status=Assigned"
    data, marks = exchange_data(exchange(b"{}", url), case.clause, "", case)
    assert marked(data, marks, "request.url") == ["status=Assigned"]


def test_lone_surrogates_do_not_stop_the_files(tmp_path: Path) -> None:
    """An answer with half a character in it is reported all the same."""
    report = sample(fault=UNENFORCED)
    report["findings"][0]["observed"] = "half \ud83d of it"
    writer.write(tmp_path, report)
    assert loader.load(tmp_path)["findings"][0]["observed"] == "half \ud83d of it"


def test_texts_that_repeat_are_held_once(tmp_path: Path) -> None:
    """Half of the memory of a large report is the same few texts."""
    writer.write(tmp_path, sample())
    one, other = loader.load(tmp_path)["findings"][:2]
    assert one["level"] is other["level"]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """Where the files cannot be written, one sentence says so and earlier ones stand."""
    writer.write(tmp_path, sample())
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.name != "junit.xml"}
    (tmp_path / "junit.xml").unlink()
    (tmp_path / "junit.xml").mkdir()
    with pytest.raises(
        UsageError, match=r"^The report cannot be written to .*: junit.xml is a folder\.$"
    ):
        writer.write(tmp_path, sample(fault=UNENFORCED))
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir() if p.is_file()} == before
    blocked = tmp_path / "report.html"
    with pytest.raises(UsageError, match="cannot be written"):
        writer.write(blocked, sample())


def test_expected_findings_are_no_failures_of_junit() -> None:
    """An expected failure is a skipped test in junit.xml, and the verdict stays what it is."""
    known = Expectation(clause=MAXIMUM, verdict="fail", reason="tracked elsewhere")
    report = sample(fault=UNENFORCED, expected=(known,))
    root = ElementTree.fromstring(junit.xml(report))
    assert (root.get("failures"), report["verdict"]) == ("0", "non-conformant")
    assert root.findall(".//skipped[@type='expected']")
    assert "1 of 1 expected findings" in summary.markdown(report)


# ---------------------------------------------------------------- reproductions


def status_of(finding: dict[str, Any], report: dict[str, Any]) -> str:
    return str(report["exchanges"][finding["exchange"]]["response"]["status"])


def by_python(text: str) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(text, "<reproduction>", "exec"), {})
    return said.getvalue().split(" ", 1)[0]


def by_curl(text: str) -> str:
    answer = subprocess.run(
        ["/bin/sh", "-c", text], capture_output=True, timeout=20, check=True, env=os.environ.copy()
    )
    return answer.stdout.split(b" ", 2)[1].decode()


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the snippets leave closing to their end
@pytest.mark.parametrize("variant", [{"fault": UNENFORCED}, {"degenerate": "one-page"}])
def test_every_reproduction_gives_the_reported_status(variant: dict[str, str]) -> None:
    """Each command and each snippet of a failing run gives the status that the report says."""
    with start(**variant) as server:
        report = run(server.url, examples=2)
        made = [finding for finding in report["findings"] if "reproduce" in finding]
        assert made
        for finding in made:
            due = status_of(finding, report)
            assert by_python(finding["reproduce"]["python"]) == due, finding["case"]
            curl = finding["reproduce"]["curl"]
            if curl and shutil.which("curl"):
                assert by_curl(curl) == due, finding["case"]


# ---------------------------------------------------------------- whole runs


def test_workers_write_the_same_report(shell: Any) -> None:
    """A run of two workers writes the same files and findings as one process."""
    words = ("--operations=chime:GetPhoneNumber", "--max-examples=0")
    assert shell.certify(*words, "--report=one").returncode == 0
    assert shell.certify(*words, "--report=two", "-n", "2").returncode == 0
    one, two = (loader.load(shell.folder / name) for name in ("one", "two"))
    assert {path.name for path in (shell.folder / "two").iterdir()} == FORMATS.keys()
    assert one["operations"] == two["operations"]
    first, second = ({c["id"]: c["outcome"] for c in made["cases"]} for made in (one, two))
    assert first == second
    assert not any(verify.problems(two).values())


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_reports(
    kind: signal.Signals, workers: tuple[str, ...], reference: Any, scripted: Any, tmp_path: Path
) -> None:
    """A run that is interrupted writes the results so far, and says that it was interrupted."""
    server = scripted(passing_on(reference.url))
    command = [sys.executable, "-m", "conformance", "certify", server.url, "--report=out"]
    process = subprocess.Popen(
        [*command, f"--operations={OPERATIONS}", "--max-examples=0", "--rate=25", *workers],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        # a shell that runs tests in the background lets them ignore SIGINT, and so their children
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - one call
    )
    deadline = time.monotonic() + 60
    while len(server.requests) < 40 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    if kind is signal.SIGINT:
        os.killpg(process.pid, kind)  # as a terminal does
    else:
        process.send_signal(kind)
    said = process.communicate(timeout=60)[0].decode()
    report = loader.load(tmp_path / "out")
    assert (report["interrupted"], report["complete"]) == (True, False), said
    assert report["cases"]
    assert not any(verify.problems(report).values())
    assert "interrupted" in said


def test_a_subject_needs_a_name(shell: Any) -> None:
    """A subject without a name is refused in one sentence."""
    done = shell.certify("--subject", "=1.0")
    assert done.returncode == 2
    assert "--subject takes NAME=VALUE" in done.stderr


def test_a_report_folder_that_is_a_file(shell: Any) -> None:
    """A report folder that cannot be written is refused before anything is sent."""
    (shell.folder / "taken").write_text("mine")
    done = shell.certify("--report", "taken")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert (shell.folder / "taken").read_text() == "mine"


def test_resealing_is_what_writing_does() -> None:
    """The digests of a report are those of its sections."""
    report = sample()
    assert resealed(report)["digests"] == sample()["digests"]
