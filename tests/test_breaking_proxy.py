"""The layer that breaks promises: in every protocol it changes what it is told to, and no more."""

from collections.abc import Iterator

import pytest
from breaking_proxy import Layer
from broken_promises import broken
from stateful_services.memory import Manner
from stateful_services.resources import RESOURCES
from stateful_services.telling import broken as found_broken
from stateful_services.telling import lifecycle, told
from stateful_services.wire import Server

from conformance.execution import stories
from conformance.transport.endpoint_config import Endpoint
from conformance.transport.sender import Sender

#: One resource of each protocol: a kind of mutants, what it is about, and what notices it.
NOTICED = {
    "Table": ("a deletion is swallowed", "DeleteTable", "DeleteTable/state/gone"),
    "User": ("dropped on its way in", "CreateUser Path", "CreateUser/state/read-back/Path"),
    "Volume": (
        "a filter is ignored",
        "DescribeVolumes volume-type",
        "DescribeVolumes/state/filter/volume-type",
    ),
    "Bucket": ("a listing lacks one", "ListBuckets", "CreateBucket/state/listed"),
    "Api": ("an update is swallowed", "UpdateApi", "UpdateApi/state/updated/Description"),
    "Route": ("shown otherwise", "GetRoute RouteKey", "CreateRoute/state/read-back/RouteKey"),
    "MetricAlarm": (
        "dropped on its way out",
        "DescribeAlarms Period",
        "PutMetricAlarm/state/read-back/Period",
    ),
    "Queue": ("two are mixed up", "TagQueue", "TagQueue/state/tagged"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server shows at once what it will ever show."""
    monkeypatch.setattr(stories, "PATIENCE", ())


@pytest.fixture
def layer(server: Server, noun: str) -> Iterator[Layer]:
    resource = RESOURCES[noun]
    server.resource = resource(Manner())
    made = Layer(server.url, resource.service)
    yield made
    made.close()


@pytest.fixture
def sender(layer: Layer) -> Iterator[Sender]:
    made = Sender(Endpoint(url=layer.url, timeout=5.0))
    yield made
    made._transport.close()


@pytest.mark.parametrize("noun", NOTICED)
def test_what_is_encoded_anew_says_the_same(noun: str, layer: Layer, sender: Sender) -> None:
    """A layer that breaks nothing, and writes every request and response itself, is not noticed."""
    layer.faithful = True
    assert not found_broken(told(sender, noun))
    assert any(one.operation for one in layer.seen)


@pytest.mark.parametrize("noun", NOTICED)
def test_a_mutant_is_noticed(noun: str, layer: Layer, sender: Sender) -> None:
    """A broken promise is a finding on its clause, whatever protocol it is broken in."""
    kind, about, clause = (NOTICED[noun][0], *(_named(noun, one) for one in NOTICED[noun][1:]))
    (mutant,) = [one for one in broken(lifecycle(noun)) if (one.kind, one.about) == (kind, about)]
    layer.become(*mutant.mutants)
    assert clause in found_broken(told(sender, noun, clause))


def _named(noun: str, name: str) -> str:
    return f"{RESOURCES[noun].service}:{name}"


@pytest.mark.parametrize("noun", ["Queue"])
def test_what_is_held_back_arrives_in_the_end(
    noun: str, layer: Layer, sender: Sender, server: Server
) -> None:
    """A deletion that was swallowed is carried out when the mutant goes, so that nothing stays."""
    (swallowed,) = [one for one in broken(lifecycle(noun)) if one.kind == "a deletion is swallowed"]
    layer.become(*swallowed.mutants)
    told(sender, noun, "sqs:DeleteQueue/state/gone")
    assert server.resource is not None
    assert len(server.resource.things) > 1
    layer.become()
    assert not server.resource.things
