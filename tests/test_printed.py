"""Responses that the documentation prints, in a replay: what is judged of them, and what is not."""

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import wire_models as wire
from printed_answers import Answer, chosen

from conformance.checks.findings import Finding, Verdict
from conformance.errors import UnknownNameError
from conformance.execution import printed
from conformance.generation.plans import Printed
from conformance.protocols.table import PROTOCOLS
from conformance.recording.cassette import Library
from conformance.recording.player import Player, offline
from conformance.runner.selection import chosen as chosen_ids
from conformance.spec.files import folder
from conformance.spec.levels import SourceKind
from conformance.spec.operation import Operation
from conformance.spec.printed import TEXT, printed_response
from conformance.spec.registry import registry
from conformance.spec.samples import Samples, samples
from conformance.transport.endpoint_config import Endpoint

#: Protocol → an operation whose printed response has members of several types.
TRIED = {
    "json": "ssm:DescribeParameters",
    "rest-json": "lambda:GetFunctionConfiguration",
    "query": "iam:GetRole",
    "ec2": "ec2:DescribeVpcs",
    "rest-xml": "route53:GetHostedZone",
    "smithy-rpc-v2-cbor": "cloudwatch:DescribeAlarms",
}
KEPT = "ssm:PutParameter"


@pytest.fixture(scope="module")
def player() -> Player:
    library = Library(folder("cassettes"), "documentation")
    return Player(Endpoint(url=None, region="us-east-1"), library)


@pytest.fixture
def prints(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Has the documentation print a response for every operation."""

    def prints(**found: Any) -> None:
        one = Samples(**found)
        monkeypatch.setattr(printed, "samples", lambda _: dict.fromkeys(ALL, one))

    return prints


ALL = [name.partition(":")[2] for name in (*TRIED.values(), KEPT)]


def judged(player: Player, operation: Operation) -> list[Finding]:
    with offline():
        tried = Printed(id=f"{operation.id}/printed/1", operation=operation.id, number=0)
        return printed.findings(player, operation, tried)


def of(findings: list[Finding], verdict: Verdict) -> dict[str, str]:
    """Clause path → what was observed, of the findings of a verdict."""
    return {
        one.clause.partition("/")[2]: one.observed for one in findings if one.verdict is verdict
    }


@pytest.mark.parametrize(("protocol", "name"), TRIED.items())
def test_the_members_and_the_sdk_are_judged(protocol: str, name: str, player: Player) -> None:
    """Of what is printed types, constraints and names hold, and the SDK reads it; nothing else is
    claimed, no status, header or format, and no exchange is shown.
    """
    findings = judged(player, registry(protocol).find(name))
    passed = of(findings, Verdict.PASS)
    assert len(passed) == len(findings) > 4
    assert "sdk/response" in passed
    assert "response/names" in passed
    assert all(one == "sdk/response" or one.startswith("response/") for one in passed)
    assert not {one.rpartition("/")[2] for one in passed} & {
        "status", "body", "request-id", "content-type", "present", "format", "request"
    }  # fmt: skip
    assert all(one.exchange is None for one in findings)


@pytest.mark.parametrize(("protocol", "name"), TRIED.items())
def test_a_value_of_another_type_is_the_documentations(
    protocol: str, name: str, player: Player, prints: Any
) -> None:
    """It is a warning, in every wire form, and not held against the SDK."""
    operation = registry(protocol).find(name)
    member = next(iter(operation.response["properties"]))
    prints(printed=({member: 5},))
    findings = judged(player, operation)
    assert list(of(findings, Verdict.WARN)) == [f"response/{member}/type"]
    assert "sdk/response" in of(findings, Verdict.PASS)


def test_what_else_may_be_wrong_with_it(player: Player, prints: Any) -> None:
    """An undocumented value and a misspelt member are warnings; synthetic texts are observed."""
    item = {"Name": "x" * 3000, "Type": "Texts", "tier": None}
    prints(printed=({"Parameters": [item]},), unknown=("Parameters/item/tier",))
    findings = judged(player, registry().find(TRIED["json"]))
    assert set(of(findings, Verdict.WARN)) == {
        "response/Parameters/item/Type/enum",
        "response/names",
    }
    assert list(of(findings, Verdict.OBSERVED)) == ["response/Parameters/item/Name/maxLength"]
    said = [one.observed for one in findings if one.verdict is not Verdict.PASS]
    assert all(one.endswith("as the documentation prints it") for one in said)


def test_what_was_not_kept_is_not_claimed(player: Player, prints: Any) -> None:
    """Of a text that was left out it is known that it is one, not which."""
    prints(printed=({"Tier": None, "Version": 3},))
    findings = judged(player, registry().find(KEPT))
    assert set(of(findings, Verdict.PASS)) == {
        "response/Tier/type",
        "response/Version/type",
        "response/names",
        "sdk/response",
    }


def without(operation: Operation, member: str) -> Operation:
    known = operation.response["properties"]
    left = {name: schema for name, schema in known.items() if name != member}
    return replace(operation, response={**operation.response, "properties": left})


def test_a_member_that_the_sdk_lost_is_noticed(
    player: Player, prints: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An SDK without a name for it fails, unless it is older than the sample, or never had one, or
    it is a page that lacks it.
    """
    operation = without(registry().find(KEPT), "Tier")
    fact = {"Tier": "Standard", "Version": 3}
    prints(printed=(fact,))
    failed = of(judged(player, operation), Verdict.FAIL)
    assert failed == {"sdk/response": "the SDK reads nothing: it has no such member"}
    prints(printed=(fact,), unknown=("Tier",))
    assert not of(judged(player, operation), Verdict.FAIL)
    prints(printed=(fact,))
    by_page = replace(operation, sources=frozenset({SourceKind.PAGE, SourceKind.MODEL}))
    assert not of(judged(player, by_page), Verdict.FAIL)
    monkeypatch.setattr(printed, "releases", lambda _: {"botocore": "999.1.0"})
    assert not of(judged(player, operation), Verdict.FAIL)


def test_a_member_that_the_sdk_reads_elsewhere_is_noticed(player: Player, prints: Any) -> None:
    """What is sent under the name that was documented, and read under another, is not read."""
    operation = registry().find(KEPT)
    schema = {**operation.response["properties"]["Tier"], "wireName": "Level"}
    properties = {**operation.response["properties"], "Tier": schema}
    prints(printed=({"Tier": "Standard"},))
    renamed = replace(operation, response={**operation.response, "properties": properties})
    assert of(judged(player, renamed), Verdict.FAIL) == {"sdk/response": "the SDK reads nothing"}


def test_the_form_of_a_timestamp_is_that_of_its_schema() -> None:
    """Facts have timestamps in one form; one that is none is shown to no client."""
    fact = {"epoch": "2024-05-01T10:00:00Z", "mail": "2024-05-01T10:00:00Z", "none": "YYYY-MM"}
    forms = {
        "epoch": {"type": "number", "format": "epoch-seconds"},
        "mail": {"type": "string", "format": "http-date"},
        "none": {"type": "string", "format": "date-time"},
    }
    found = printed_response(fact, {"type": "object", "properties": forms})
    assert found.readable == {"epoch": 1714557600.0, "mail": "Wed, 01 May 2024 10:00:00 GMT"}
    assert found.members["none"] == "YYYY-MM"


def test_what_an_xml_document_cannot_show_is_shown_to_no_client() -> None:
    """An empty list has no element, and two members of one name are one element."""
    text = {"type": "string", "wireName": "Event"}
    schema = {
        "type": "object",
        "properties": {"Old": text, "New": text, "None": {"type": "array", "items": text}},
    }
    found = printed_response({"Old": None, "New": "b", "None": []}, schema)
    assert found.members == {"Old": TEXT, "New": "b", "None": []}
    assert found.readable == {"Old": TEXT}
    assert found.untold == {"Old"}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_has_an_operation_here(protocol: str) -> None:
    operation = registry(protocol).find(TRIED[protocol])
    assert samples(operation.service)[operation.name].printed


# ------------------------------------------------------------ a whole run


def test_a_run_says_what_it_is(shell: Any, tmp_path: Path) -> None:
    """Terminal and report never present what is printed as recorded HTTP: no request counts, each
    case names the releases, and what changes things is included, as nothing is sent.
    """
    file = tmp_path / "report" / "report.json"
    done = shell.certify(
        "--target=replay",
        "--provenance=documentation",
        "--operations=sqs:*",
        f"--report={file.parent}",
    )
    assert done.returncode == 0, done.stdout
    assert "in the wire form that this suite writes" in done.stdout
    assert "recorded server: none" in done.stdout
    report = json.loads(file.read_text("utf-8"))
    assert report["requests"] == 0
    assert not report["complete"]
    assert {one["printed"] for one in report["cases"]} == {printed.source("sqs")}
    assert "sqs:StartMessageMoveTask" in report["operations"]
    passed = [one["observed"] for one in report["findings"] if one["verdict"] == "pass"]
    assert set(passed) == {"as promised, in a response that the documentation prints"}
    assert not report["exchanges"]
    verified = shell.fork(sys.executable, "-m", "conformance", "verify", str(file))
    assert verified.returncode == 0, verified.stdout


def test_operations_and_explain_name_them(shell: Any) -> None:
    """A clause that no printed response shows names none."""
    python = (sys.executable, "-m", "conformance")
    listed = shell.fork(*python, "operations", KEPT).stdout
    assert "the documentation prints 1 response" in listed
    for clause, is_judged in (("response/Tier/enum", True), ("protocol/answers", False)):
        explained = shell.fork(*python, "explain", f"{KEPT}/{clause}").stdout
        assert (f"{KEPT}/printed/1" in explained) is is_judged


def test_one_of_them_is_chosen_by_its_id() -> None:
    """As by the ids of other cases; where nothing is replayed there is no such case."""
    operation = registry()[KEPT]
    assert chosen_ids([f"{KEPT}/printed/*"], [operation], printed=True) == {f"{KEPT}/printed/1"}
    with pytest.raises(UnknownNameError):
        chosen_ids([f"{KEPT}/printed/1"], [operation])


# ------------------------------------------------------------ what the maintainers' command keeps


def kept(printed: Mapping[str, Any], name: str = KEPT) -> Mapping[str, Any]:
    return Answer(printed, wire.model(*name.split(":")).output_shape).fact


PARAMETER = "ssm:GetParameter"


@pytest.mark.parametrize(
    ("value", "is_kept"),
    [
        ("MyParameter", "MyParameter"),
        ("arn:aws:ssm::123456789012:parameter/x", "arn:aws:ssm::000000000000:parameter/x"),
        ("a sentence of the documentation", None),
        ("eyJ2IjoiMSIs...", None),
        ("<the name of it>", None),
        ('{"Statement": []}', None),
        ({"Statement": []}, None),
        ("a-r-n", None),
        ("x" * 200, None),
        (5, 5),
    ],
)  # fmt: skip
def test_a_text_is_kept_where_it_is_a_fact(value: Any, is_kept: Any) -> None:
    """No sentence, no document, nothing abbreviated, no account, and no stand-in for a value."""
    found = kept({"Parameter": {"Name": "x", "ARN": value}}, PARAMETER)
    assert found == {"Parameter": {"Name": "x", "ARN": is_kept}}


@pytest.mark.parametrize(
    "nothing", [{"Tier": None}, {"Version": ""}, {"Version": []}, {"Other": 1}, {"Tier": {}}]
)
def test_what_says_nothing_is_left_out(nothing: Mapping[str, Any]) -> None:
    """A null, something empty of another type, an answer that is none of the operation's."""
    assert kept(nothing) in ({}, {"Tier": None})


def test_lists_are_cut_to_what_distinguishes_items() -> None:
    """Items that show nothing new are left out, and so are three dots."""
    items = [{"Name": "a"}, {"Name": "b"}, {"Name": "c", "Version": 1}, "..."]
    assert kept({"Parameters": items}, TRIED["json"])["Parameters"] == [items[0], items[2]]


def test_unknown_members_are_listed() -> None:
    """They are facts of the documentation, without their values."""
    shape = wire.model(*KEPT.split(":")).output_shape
    one = Answer({"Tier": "Standard", "Level": "a text of someone"}, shape)
    assert one.fact == {"Tier": "Standard", "Level": None}
    assert one.unknown == {"Level"}


def test_of_several_answers_those_are_kept_that_show_most() -> None:
    shape = wire.model(*KEPT.split(":")).output_shape
    answers = [Answer(one, shape) for one in ({"Version": 1}, {"Version": 2, "Tier": "Standard"})]
    assert chosen(answers) == [answers[1]]
