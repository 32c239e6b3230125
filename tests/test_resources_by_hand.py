"""Resources that are written by hand: each file fits its service's models."""

import jmespath
import pytest

from conformance.spec.files import folder
from conformance.spec.lifecycles.by_hand import entries
from conformance.spec.lifecycles.derived import lifecycles
from conformance.spec.lifecycles.lifecycle import Lifecycle
from conformance.spec.sdk_models.loader import described

SERVICES = sorted(path.stem for path in (folder("schemas") / "resources").glob("*.toml"))


def _hand(service: str) -> list[Lifecycle]:
    nouns = {entry["noun"] for entry in entries(service)}
    return [one for one in lifecycles(service) if one.noun in nouns]


@pytest.mark.parametrize("service", SERVICES)
def test_it_fits_the_models(service: str) -> None:
    """Operations and the members that they take exist, and paths are jmespaths."""
    model = described(service)
    found = _hand(service)
    assert len(found) == len(entries(service))
    for one in found:
        assert one.source == "hand"
        for _, action in one.actions:
            shape = model.operation_model(action.operation.partition(":")[2]).input_shape
            members = shape.members if shape is not None else {}
            assert {binding.member for binding in action.bindings} <= members.keys()
            for binding in (*action.bindings, *action.identity):
                jmespath.compile(binding.path)


def test_what_is_not_written_stays() -> None:
    """An entry of one line leaves the rest as it is derived."""
    (queue,) = (one for one in lifecycles("sqs") if one.noun == "Queue")
    assert queue.read is not None
    assert queue.read.operation == "sqs:GetQueueAttributes"
    assert queue.values["Attributes"]["DelaySeconds"] == "5"
    (user,) = (one for one in lifecycles("iam") if one.noun == "User")
    (update,) = user.updates
    assert (update.operation, update.given) == ("iam:UpdateUser", {"NewPath": "Path"})
    assert [binding.member for binding in update.bindings] == ["UserName"]


def test_places_are_added_to_those_that_are_derived() -> None:
    """A user's way to log in is shown beside what its names say."""
    (user,) = (one for one in lifecycles("elasticache") if one.noun == "User")
    assert user.read is not None
    assert user.read.places["AuthenticationMode/Type"] == "Authentication.Type"
    assert user.read.places["AccessString"] == "AccessString"
