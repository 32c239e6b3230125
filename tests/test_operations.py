"""The ``operations`` command: what there is to try, whatever describes it."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from conformance.cli.main import main
from conformance.generation.cases import cases
from conformance.generation.clauses import clauses
from conformance.report.operations_table import operation_row
from conformance.spec.documents import documented
from conformance.spec.registry import registry
from conformance.spec.sdk_models.counting import counts
from conformance.spec.sdk_models.loader import names, protocols, services

Said = Callable[..., str]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """What the command prints, given its words."""

    def run(*words: str) -> str:
        assert main(["operations", *words]) == 0
        return capsys.readouterr().out

    return run


@pytest.fixture
def told(said: Said) -> Callable[..., dict[str, Any]]:
    """What the command says as JSON, by the names of the operations."""
    return lambda *words: {one["operation"]: one for one in json.loads(said(*words, "--json"))}


def test_the_documented_ones_are_the_default(said: Said) -> None:
    """Without a pattern the documents are listed, and one line says what else there is."""
    lines = said().splitlines()
    listed = [line.split()[0] for line in lines[1:] if line[:1].isalpha()]
    assert listed[: len(documented())] == list(documented())
    assert (
        f"describes {sum(counts().values())} operations of {len(services())} services" in lines[-1]
    )


def test_columns_are_aligned(said: Said) -> None:
    """Every value stands under its head, numbers to the right, and nothing is coloured."""
    out = said("sqs")
    assert "\033" not in out
    head, *rows = (line for line in out.splitlines() if not line.startswith(" "))
    for name in ("protocol", "from", "kind", "pages"):
        at = head.index(name)
        assert all(row[at - 1] == " " != row[at] for row in rows), name
    at = head.index("clauses") + len("clauses") - 1
    assert all(row[at].isdigit() and row[at + 1] == " " for row in rows)


def test_counts_are_those_of_the_suite(told: Callable[..., dict[str, Any]]) -> None:
    """Clauses and cases are as many as a run would judge and try."""
    for name, one in told("sqs:List*").items():
        operation = registry()[name]
        assert one["clauses"] == len(clauses(operation))
        assert one["cases"] == len(cases(operation))


def test_a_page_walk_is_told_by_its_members(told: Callable[..., dict[str, Any]]) -> None:
    """Tokens, the member that goes on, the size and the list; nothing where no list is paged."""
    known = told("kms")
    assert known["kms:ListKeys"]["pages"] == {
        "tokens": [{"give": "Marker", "take": "NextMarker"}],
        "more": "Truncated",
        "limit": "Limit",
        "items": "Keys",
    }
    assert known["kms:DescribeKey"]["pages"] is None


def test_several_tokens_are_named(said: Said) -> None:
    """Where one token is not enough each is named."""
    pages = operation_row(registry()["s3:ListObjectVersions"]).pages
    assert pages.startswith("KeyMarker=NextKeyMarker, VersionIdMarker=NextVersionIdMarker")
    assert pages in said("s3:ListObjectVersions")


def test_what_only_reads_is_told_apart(told: Callable[..., dict[str, Any]]) -> None:
    """Listing reads; creating and deleting change things."""
    known = told("sqs")
    assert known["sqs:ListQueues"]["read_only"]
    assert not known["sqs:CreateQueue"]["read_only"]
    assert not known["sqs:PurgeQueue"]["read_only"]


def test_needed_members_are_told_with_their_place(
    said: Said, told: Callable[..., dict[str, Any]]
) -> None:
    """From a listing, made up from the schema, or by hand where nothing lists any."""
    (needed,) = told("kms:DescribeKey")["kms:DescribeKey"]["needs"]
    assert needed["member"] == "KeyId"
    assert needed["listed"][0] == {"operation": "kms:ListKeys", "path": "Keys[].KeyId"}
    assert "requires KeyId (from kms:ListKeys Keys[].KeyId)" in said("kms:DescribeKey")
    assert "Operations (synthetic)" in said("kms:CreateGrant")
    assert "not listed: --resource sqs:Label=VALUE" in said("sqs:RemovePermission")


def test_what_the_budget_leaves_out_is_told(said: Said) -> None:
    """A model too large to be tried whole says how much of it is not."""
    assert "left out: " in said("quicksight:CreateAnalysis")


def test_what_cannot_be_tried_is_told(said: Said) -> None:
    """An operation that streams events says so."""
    assert "no cases: event streams" in said("s3:SelectObjectContent")


def test_a_protocol_is_chosen(said: Said, told: Callable[..., dict[str, Any]]) -> None:
    """Where a service answers several the wanted one is spoken; the others are named."""
    name = "cloudwatch:ListMetrics"
    assert told(name)[name]["protocol"] == protocols("cloudwatch")[0]
    assert told(name, "--protocol", "query")[name]["protocol"] == "query"
    assert f"also supports {', '.join(protocols('cloudwatch')[1:])}" in said(name)
    assert told("kms:ListKeys", "--protocol", "query")["kms:ListKeys"]["protocol"] == "json"


def test_documents_go_before_models(told: Callable[..., dict[str, Any]]) -> None:
    """A service's documented operations stand among its others, and say so."""
    known = told("connect:*PhoneNumbers*")
    assert known["connect:ListPhoneNumbersV2"]["described_in"] == "document"
    assert known["connect:ListPhoneNumbers"]["described_in"] == "model"


def test_patterns_name_services(told: Callable[..., dict[str, Any]]) -> None:
    """Without a colon a pattern is one of services."""
    chosen = {name.partition(":")[0] for name in told("sq*")}
    assert chosen == {name for name in services() if name.startswith("sq")}
    assert tuple(told("sqs")) == names("sqs")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["kmss"], "There is no service 'kmss'; did you mean kms?"),
        (["kmss:ListKeys"], "There is no service 'kmss'; did you mean kms?"),
        (["kms:ListKey"], "There is no operation 'kms:ListKey'; did you mean kms:ListKeys?"),
        (["sqs:Lst*"], "There is no operation 'sqs:Lst*'; did you mean sqs:ListQueues?"),
        (["sqs", "--protocol", "jason"], "There is no protocol 'jason'; did you mean json?"),
        (["cloudwatch", "--protocol", "ec2"], "cloudwatch does not speak ec2; it speaks "),
        ([""], "There is no service ''"),
    ],
)
def test_what_is_not_there_is_refused(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 2 and one sentence that names the nearest."""
    assert main(["operations", *words]) == 2
    assert says in capsys.readouterr().err


def test_a_pipe_that_closes_is_no_error() -> None:
    """Whoever has read enough closes the pipe: nothing is said of it."""
    command = f"{sys.executable} -m conformance operations sqs | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert done.stderr in {"", "23 operations\n"}


@pytest.mark.parametrize("service", ["chime", "s3", "sqs"])
def test_what_changes_things_is_known_without_a_description(service: str) -> None:
    """Operations that a run leaves out are not described, and are the same ones."""
    known = registry()
    found = {name: known.changes(name) for name in names(service)}
    assert found == {name: not known.find(name).readonly for name in names(service)}
    assert {True, False} == set(found.values())
