"""What ships: whole, clean, small, and every file of some case; and the command that says so."""

import json
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests_support import ROOT, cases_by_id

from conformance.recording import cassette
from conformance.recording.provenance import KINDS
from conformance.runner.settings import DEFAULT_OPERATIONS

SHIPPED = ROOT / "cassettes"
FILES = sorted(SHIPPED.rglob("*.json"))
MOST = 8 * 1024 * 1024
GET = "reference/chime/GetPhoneNumber"


def listed(shell: Any, *words: str) -> Any:
    return shell.run(sys.executable, "-m", "conformance", "cassettes", *words)


def test_what_ships_is_whole_clean_and_of_some_case(shell: Any) -> None:
    """No file is damaged, leaks, or belongs to nothing."""
    done = listed(shell, "--stale-after", "10000")
    assert done.returncode == 0, done.stdout
    assert not any(word in done.stdout for word in ("damage", "leak", "orphan", "stale"))
    for kind in ("reference", "documentation"):
        assert kind in done.stdout


def test_every_case_has_its_recording() -> None:
    """The whole case set of the default run is recorded from the embedded server."""
    recorded = {
        str(json.loads(path.read_text("utf-8"))["metadata"]["name"])
        for path in FILES
        if path.relative_to(SHIPPED).parts[0] == "reference"
    }
    # whether an operation is there is told by its baseline, without a request of its own
    chosen = {name for name, case in cases_by_id().items() if case.operation in DEFAULT_OPERATIONS}
    assert chosen <= recorded


def test_what_ships_is_small() -> None:
    """All recordings together stay below 8 MB."""
    assert sum(path.stat().st_size for path in FILES) < MOST


def test_no_two_files_differ_by_case_alone() -> None:
    """A file system that knows no case holds every file, and no path is too long for one."""
    names = Counter(str(path.relative_to(SHIPPED)).lower() for path in FILES)
    assert max(names.values()) == 1
    assert max(map(len, names)) < 150


def test_provenance_is_where_it_says() -> None:
    """Each file lies below its own provenance; nothing claims to come from AWS."""
    for path in FILES:
        kind = path.relative_to(SHIPPED).parts[0]
        assert kind in KINDS
        assert cassette.read(path).kind == kind
    assert not list((SHIPPED / "aws").rglob("*.json"))


def test_the_four_printed_samples_are_judged(shell: Any) -> None:
    """The samples of the documentation are replayed on request, with their errata noted, beside
    the responses that it prints without HTTP.
    """
    samples = sorted((SHIPPED / "documentation").rglob("*.json"))
    assert len(samples) == 4
    assert all(cassette.read(path).metadata["errata"] for path in samples)
    done = shell.certify("--target=replay", "--provenance=documentation")
    assert "6 cases, not the complete case set, 4 requests" in done.stdout
    assert "2 cases: responses that the documentation prints" in done.stdout
    assert "verdict: passed (partial) (replay)" in done.stdout
    assert "FAIL" not in done.stdout


@pytest.fixture
def spoilt(tmp_path: Path) -> Path:
    shutil.copytree(SHIPPED / GET, tmp_path / "kept" / GET)
    return tmp_path / "kept"


@pytest.mark.parametrize(
    ("what", "status"), [("damage", 1), ("leak", 1), ("orphan", 0), ("stale", 0)]
)
def test_the_command_finds(what: str, status: int, spoilt: Path, shell: Any) -> None:
    """A torn file, a number in the clear, a case that is gone, an old recording: each is named."""
    path = spoilt / GET / "protocol/accepts-valid/baseline.json"
    text = path.read_text("utf-8")
    if what == "damage":
        path.write_text(text[:-30], "utf-8")
    elif what == "leak":
        path.write_text(text.replace("+12065550100", "+12067310188"), "utf-8")
    elif what == "stale":
        day = json.loads(text)["metadata"]["recorded"]
        path.write_text(text.replace(f'"recorded":"{day}"', '"recorded":"2019-01-01"'), "utf-8")
    else:
        gone = path.with_name("gone.json")
        gone.write_text(text.replace("valid/baseline", "valid/gone"), "utf-8")
    done = listed(
        shell, "--cassettes", str(spoilt), "--stale-after", "10000" if what != "stale" else "100"
    )
    assert done.returncode == status, done.stdout
    found = [line.split(":")[0] for line in done.stdout.splitlines() if line and ": " in line]
    assert what in found


def test_no_folder_is_told(shell: Any) -> None:
    """A folder that is not there: one sentence, status 2."""
    done = listed(shell, "--cassettes", "nowhere")
    assert (done.returncode, done.stderr) == (2, "aws-conformance: There is no folder nowhere.\n")


@pytest.mark.parametrize(
    ("place", "before", "after", "said"),
    [
        ("origin", '"http://localhost"', '"http://user:hunter22@localhost"', "a password in"),
        ("body", "bqadtsmhjn7", "AKIAQ3EGSJ4XTJXN2WLU", "an access key"),
        ("header", "aws-conformance-reference", "ops@corp.example.net", "an e-mail address"),
    ],
)
def test_a_secret_in_an_old_file_is_found(
    place: str, before: str, after: str, said: str, shell: Any
) -> None:
    """A recording that an earlier version made is looked through like a new one."""
    inside = Path("reference/chime/ListPhoneNumbers/request/Status/repeated/sent.json")
    text = (ROOT / "cassettes" / inside).read_text("utf-8")
    assert before in text
    path = shell.folder / "old" / inside
    path.parent.mkdir(parents=True)
    path.write_text(text.replace(before, after), "utf-8")
    done = listed(shell, "--cassettes", "old")
    assert done.returncode == 1, place
    assert said in done.stdout
    assert after.strip('"') not in done.stdout
