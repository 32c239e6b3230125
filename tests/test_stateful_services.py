"""What calls leave behind, on a correct server of our own: as dialects, and with faults."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from stateful_services.dialects import DIALECTS
from stateful_services.faults import FAULTS
from stateful_services.memory import Manner, Refused, Thing
from stateful_services.resources import RESOURCES
from stateful_services.telling import broken, told
from stateful_services.wire import Server

from conformance.checks.findings import Verdict
from conformance.execution import stories
from conformance.report import build, facts
from conformance.transport.endpoint_config import Endpoint
from conformance.transport.sender import Sender

#: Of two aliases the second takes the place of the first. Two routes cannot be made by one request:
#: an API has each route once, an application each endpoint, and keys of no name are all alike.
#: By what the server shows nothing of a listing cannot be asked.
UNDECIDED: Mapping[str, set[str]] = {
    "AccountAlias": {"iam:CreateAccountAlias/state/listed"},
    "Route": {"apigatewayv2:CreateRoute/state/distinct"},
    "PlatformEndpoint": {"sns:CreatePlatformEndpoint/state/distinct"},
    "ApiKey": {
        "apigateway:CreateApiKey/state/distinct",
        "apigateway:GetApiKeys/state/filter/customerId",
    },
    "Bucket": {"s3:ListBuckets/state/filter/BucketRegion"},
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@pytest.fixture(scope="module")
def sender(server: Server) -> Iterator[Sender]:
    made = Sender(Endpoint(url=server.url, timeout=5.0))
    yield made
    made._transport.close()


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is late is late by a number of looks, not by seconds."""
    monkeypatch.setattr(stories, "PATIENCE", (0.0, 0.0, 0.0))
    monkeypatch.setattr(stories, "_UNREADY", (0.0, 0.0, 0.0))


@pytest.mark.parametrize("noun", RESOURCES)
def test_a_plain_server_keeps_its_promises(noun: str, server: Server, sender: Sender) -> None:
    """Every story is carried out to its end, and none finds anything."""
    server.resource = RESOURCES[noun](Manner())
    found = told(sender, noun)
    assert not broken(found)
    settled = {Verdict.PASS, Verdict.OBSERVED}
    left_out = "/state/optional/"  # of what is accepted here nothing can be left out
    undecided = {
        one.clause for one in found if one.verdict not in settled and left_out not in one.clause
    }
    assert undecided == UNDECIDED.get(noun, set())


@pytest.mark.parametrize(
    ("name", "noun"), [(name, noun) for name, (_, nouns) in DIALECTS.items() for noun in nouns]
)
def test_a_dialect_is_left_in_peace(name: str, noun: str, server: Server, sender: Sender) -> None:
    """What AWS does as well is no finding, and hides nothing."""
    manner, _ = DIALECTS[name]
    server.resource = RESOURCES[noun](manner())
    found = told(sender, noun)
    assert not broken(found)
    assert any(one.verdict is Verdict.PASS for one in found)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_noticed(name: str, server: Server, sender: Sender) -> None:
    """A broken promise is a finding on its clause."""
    manner, noun, clause = FAULTS[name]
    resource = RESOURCES[noun]
    server.resource = resource(manner())
    found = told(sender, noun, f"{resource.service}:{clause}")
    assert f"{resource.service}:{clause}" in broken(found), [
        (one.clause, one.verdict, one.observed) for one in found
    ]


def test_a_story_is_carried_out_again(server: Server, sender: Sender, shell: Any) -> None:
    """The report marks the step that breaks the promise, and its command makes, breaks and takes
    down."""
    manner, noun, clause = FAULTS["a number is dropped"]
    server.resource = RESOURCES[noun](manner())
    found = told(sender, noun, f"ec2:{clause}")
    (broken_one,) = [one for one in found if one.verdict is Verdict.WARN]
    finding = build.finding_data(broken_one, None)
    assert [(step["name"], step["breaks"]) for step in finding["steps"]] == [
        ("made", False),
        ("read", True),
    ]
    assert "Size=" in finding["steps"][0]["sent"]
    report = {"again": f"aws-conformance certify {server.url} --mutating"}
    command = shlex.split(facts.again(report, finding))
    again = shell.certify(*command[2:], "--no-provision").stdout
    assert f"ec2:{clause}: DescribeVolumes shows 8" in again
    assert "> 2 ec2:DescribeVolumes VolumeIds=" in again
    assert f"reproduce {shlex.join([*command[:4], '--no-provision', *command[4:]])}" in again
    assert not server.resource.things


class Protecting(Manner):
    """What is protected from deletion is not deleted."""

    def deletes(self, things: list[Thing], thing: Thing) -> None:
        if thing.given.get("DeletionProtectionEnabled"):
            raise Refused(400, "ValidationException")
        super().deletes(things, thing)


def test_what_is_protected_is_taken_down(server: Server, sender: Sender) -> None:
    """A story that protects a thing from deletion takes that off again."""
    resource = server.resource = RESOURCES["Table"](Protecting())
    for operation in ("CreateTable/state/read-back", "UpdateTable/state/updated"):
        found = told(sender, "Table", f"dynamodb:{operation}/DeletionProtectionEnabled")
        assert {one.verdict for one in found} == {Verdict.PASS}
    assert not resource.things
