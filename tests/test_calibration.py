"""The part of the calibration that fits into the project's own tests.

The whole of it is ``make calibrate``; here every dialect and degenerate server is
tried, and for every check a fault that it notices alone.
"""

import re
from dataclasses import replace
from pathlib import Path

import calibrate
import pytest
from calibration import runs, tables
from calibration.runs import Order, Outcome, Subject, make_run, subjects

from conformance.errors import ConformanceError

SUBJECTS = {(one.kind, one.name): one for one in subjects()}
CORRECT = [one for one in SUBJECTS.values() if one.kind == "dialect"]
DEGENERATE = [one for one in SUBJECTS.values() if one.kind == "degenerate"]

LIST, GET = "chime:ListPhoneNumbers", "chime:GetPhoneNumber"
SEARCH = "chime:SearchAvailablePhoneNumbers"
LIST_V2 = "connect:ListPhoneNumbersV2"

#: For each check a fault that it notices alone: without it the fault would be missed.
ALONE = {
    "whole": f"{GET}/protocol:dropped-always",
    "no-server-error": f"{LIST}/robustness:quote-500",
    "readable": f"{GET}/protocol:doubled-200",
    "accepted": f"{LIST}/request/MaxResults/maximum:tight",
    "refused": f"{LIST}/request/MaxResults/maximum:unenforced",
    "unknown-resource": f"{GET}/rules:unknown-id-200",
    "client-error": f"{LIST}/protocol:wrong-method-200",
    "unauthenticated": "auth:wrong-signature-accepted",
    "status": f"{LIST}/protocol:status-201",
    "content-type": f"{LIST}/protocol:text-html-200",
    "request-id": f"{LIST}/protocol:no-request-id",
    "sdk-raises": f"{LIST}/response/PhoneNumbers/item/CreatedTimestamp:undated",
    "members": f"{LIST}/response/PhoneNumbers/item/Capabilities:missing",
    "spelling": f"{LIST}/response/PhoneNumbers/item/CallingName:misnamed",
    "envelope": f"{LIST}/errors/BadRequestException:no-type",
    "documented": f"{LIST}/errors/BadRequestException:type",
    "consistent": f"{LIST}/errors/BadRequestException:disagreeing",
    "broken-constraint": f"{LIST}/errors/BadRequestException:as-denied",
    "page-size": f"{LIST}/pagination:overfull",
    "end": f"{LIST}/pagination:never-ends",
    "unique-items": f"{LIST}/pagination:overlaps",
    "all-items": f"{LIST}/pagination:ends-early",
    "filters-held": f"{LIST_V2}/request/PhoneNumberCountryCodes/filter:first-page-only",
    "unknown-token": f"{LIST}/pagination:garbage-first-page",
    "filtered": f"{LIST}/filter-by-prefix:FilterValue",
    "complete": f"{LIST_V2}/request/PhoneNumberTypes/filter:first-value-only",
    "apart": f"{SEARCH}/request/State/filter:ignored",
    "found": f"{GET}/rules:status-differs",
}


def tried(subject: Subject, *, without: str | None = None, examples: int = 0) -> Outcome:
    """What the suite finds in a server.

    What concerns most operations has nothing to do with countries, and is tried on a sample of
    them; ``make calibrate`` tries all.
    """
    sampled = len(subject.operations) > 2
    return make_run(
        Order(subject=subject, examples=examples, seed=1, without=without, sampled=sampled)
    )


@pytest.mark.slow("each dialect takes a run of all cases")
@pytest.mark.parametrize("subject", CORRECT, ids=lambda one: one.name)
def test_a_correct_dialect_is_not_flagged(subject: Subject) -> None:
    """No correct way to answer is a failure, and only the listed ones get a warning."""
    # whoever waits for every response need not wait for five operations
    judged = replace(subject, operations=(LIST, GET)) if subject.waits else subject
    outcome = tried(judged, examples=5)
    assert outcome.passes["protocol"] > 0
    assert sum(outcome.passes.values()) > 20
    assert not outcome.fails
    assert subject.warns or not outcome.warns


@pytest.mark.slow("some of these servers are waited for, to the time-out")
@pytest.mark.parametrize("subject", DEGENERATE, ids=lambda one: one.name)
def test_a_degenerate_server_is_never_conformant(subject: Subject) -> None:
    """A server that answers everything in one way earns no certificate."""
    outcome = tried(subject)
    assert outcome.requests > 0
    assert outcome.verdict != "conformant"


def test_explorations_can_be_run_alone() -> None:
    """Without its named cases a run sends only what is drawn, and what every run has to know."""
    subject = SUBJECTS["dialect", CORRECT[0].name]
    whole, drawn = (
        make_run(Order(subject=subject, examples=3, seed=1, named=named)) for named in (True, False)
    )
    assert 0 < drawn.requests < whole.requests / 4
    assert not drawn.fails


@pytest.mark.parametrize("check", tables.BLAMING)
def test_every_blaming_check_has_a_fault_of_its_own(check: str) -> None:
    """For each check there is a fault that no other check notices."""
    assert check in ALONE, (
        f"no fault is noticed by the check {check!r} alone: add one to tests/calibration/faults, "
        "and its name to ALONE here"
    )


@pytest.mark.slow("each check takes two runs of all cases, with and without it")
@pytest.mark.parametrize(("check", "fault"), ALONE.items(), ids=list(ALONE))
def test_a_check_notices_its_fault_alone(check: str, fault: str) -> None:
    """With the check the fault is noticed; with the check taken out it is not."""
    subject = SUBJECTS["fault", fault]
    assert tried(subject).noticed
    assert not tried(subject, without=check).noticed


def test_the_page_has_every_server() -> None:
    """docs/calibration.md has a row for each server, in the order in which they are tried."""
    page = (Path(__file__).parent.parent / "docs" / "calibration.md").read_text("utf-8")
    rows = re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)
    assert rows == [subject.name for subject in SUBJECTS.values()]


def test_a_calibration_prints_what_was_noticed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The command tries the servers that it is given, sums up, and writes its tables."""
    page = tmp_path / "page.md"
    name = ALONE["request-id"]
    words = [name, "--processes", "1", "--markdown", str(page)]
    assert calibrate.main(words) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "trying 1 servers in 1 runs"
    assert "faults, by-hand: 1 of 1 noticed" in printed
    assert f"| `{name}` | should | warn |" in page.read_text("utf-8")


def test_what_was_missed_is_status_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault that nothing notices is named, and changes the exit status."""
    name = ALONE["request-id"]
    missed = tried(SUBJECTS["fault", name], without="request-id")
    monkeypatch.setattr(calibrate, "calibrate", lambda orders, processes: iter([missed]))
    assert calibrate.main([name]) == 1
    printed = capsys.readouterr().out
    assert f"UNEXPECTED  fault {name} (should): nothing noticed" in printed


def test_a_process_that_dies_ends_the_calibration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that are lost with their process are reported, not awaited for ever."""
    monkeypatch.setattr(runs, "_LONGEST", 0.2)  # no process is ready so soon
    orders = [Order(subject=SUBJECTS["fault", ALONE["request-id"]], examples=0, seed=1)]
    with pytest.raises(ConformanceError, match="died, or hangs"):
        list(runs.calibrate(orders))
