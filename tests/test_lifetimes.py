"""Explorations of the order of calls on a resource: a correct server, its dialects, and faults."""

from collections.abc import Iterator
from typing import Any

import pytest
from stateful_services.dialects import DIALECTS
from stateful_services.memory import Manner, Members, Thing
from stateful_services.resources import RESOURCES
from stateful_services.telling import Operations, lifecycle
from stateful_services.wire import Server

from conformance.checks.findings import Finding, Verdict
from conformance.execution import lifetimes
from conformance.execution.engine import Engine, Result
from conformance.execution.session import TargetSession
from conformance.generation.cases import explorations
from conformance.generation.plans import ANY_ORDER
from conformance.transport.endpoint_config import Endpoint
from conformance.transport.sender import Sender


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
    monkeypatch.setattr(lifetimes, "PATIENCE", (0.0, 0.0, 0.0))
    monkeypatch.setattr(lifetimes.Telling, "pause", lambda self, seconds: None)


def explored(sender: Sender, noun: str, *, examples: int = 250) -> Result:
    """What the orders of calls on one resource come to."""
    operations = Operations(RESOURCES[noun].protocol)
    operation = operations[lifecycle(noun).create.operation]
    engine = Engine(session=TargetSession(operations, sender), examples=examples, seed=7)
    (exploration,) = (one for one in explorations(operation) if one.direction == ANY_ORDER)
    return engine.run(exploration)


@pytest.mark.parametrize("noun", ["Queue", "Table", "Volume", "MetricAlarm"])
def test_a_correct_server_is_left_in_peace(noun: str, server: Server, sender: Sender) -> None:
    """Every order of calls is as it should be, and nothing of them is left."""
    resource = server.resource = RESOURCES[noun](Manner())
    result = explored(sender, noun, examples=50)
    assert [one.verdict for one in result.findings] == [Verdict.PASS]
    assert len(resource.things) <= 1  # what it took to find out about the creation


@pytest.mark.parametrize(
    "name", ["eventual updates", "defaults added", "another order", "asynchronous deletion"]
)
def test_a_dialect_is_left_in_peace(name: str, server: Server, sender: Sender) -> None:
    """What AWS does as well is no finding."""
    manner, (noun, *_) = DIALECTS[name]
    server.resource = RESOURCES[noun](manner())
    assert {one.verdict for one in explored(sender, noun, examples=25).findings} <= {Verdict.PASS}


class Untagging(Manner):
    """An update takes the tags away."""

    def changes(self, thing: Thing, given: Members) -> None:
        super().changes(thing, given)
        thing.tags = {}


class Reverting(Manner):
    """A second tag takes the first one away."""

    def tags(self, thing: Thing, others: Any, tags: dict[str, str]) -> None:
        thing.tags = dict(tags)


class Purging(Manner):
    """Deleting one thing deletes all of them."""

    def deletes(self, things: list[Thing], thing: Thing) -> None:
        things.clear()


FAULTS = {
    "an update takes the tags": (
        Untagging,
        "Table",
        ["CreateTable", "TagResource", "UpdateTable", "ListTagsOfResource"],
    ),
    "a tag takes another": (
        Reverting,
        "Queue",
        ["CreateQueue", "TagQueue", "TagQueue", "ListQueueTags"],
    ),
    "a deletion takes all": (
        Purging,
        "Volume",
        ["CreateVolume", "CreateVolume", "DeleteVolume", "DescribeVolumes"],
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_shrunk_to_the_shortest_order(name: str, server: Server, sender: Sender) -> None:
    """The calls that it takes remain, in their order."""
    manner, noun, calls = FAULTS[name]
    server.resource = RESOURCES[noun](manner())
    assert _broken(explored(sender, noun)) == [calls]


def test_one_seed_finds_the_same_again(server: Server, sender: Sender) -> None:
    """What a run has found, its seed finds again."""
    manner, noun, _ = FAULTS["a tag takes another"]
    found = []
    for _ in range(2):
        server.resource = RESOURCES[noun](manner())
        found.append(_broken(explored(sender, noun)))
    assert found[0] == found[1] != []


def _broken(result: Result) -> list[list[str]]:
    return [_calls(one) for one in result.findings if one.verdict is Verdict.WARN]


def _calls(finding: Finding) -> list[str]:
    assert finding.clause.endswith("/state/any-order")
    assert [step.breaks for step in finding.steps].count(True) == 1
    assert finding.steps[-1].breaks
    return [step.operation.partition(":")[2] for step in finding.steps]
