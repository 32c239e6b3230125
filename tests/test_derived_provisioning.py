"""What is made by lifecycles for operations that have to name it, or that list it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import pytest

from conformance.execution.discovery import Discovery, with_one_more
from conformance.execution.provisioning.derived import DerivedProvisioning
from conformance.execution.provisioning.resources import ProvisionedResources
from conformance.execution.provisioning.runner import Made, Provisioner
from conformance.spec.operation import Operation, Params
from conformance.spec.registry import registry

#: What creations answer.
_ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "eks:CreateCluster": {"cluster": {"name": "cluster", "arn": "arn:aws:eks:::cluster/cluster"}},
    "iam:CreateRole": {"Role": {"RoleName": "role", "Arn": "arn:aws:iam:::role/role"}},
    "medialive:CreateInput": {"Input": {"Id": "1", "Arn": "arn:aws:medialive:::input:1"}},
}
_SUBNETS = ["subnet-1", "subnet-2"]


class Target:
    """A target that lists nothing but networks, and lets everything be made."""

    def __init__(self, answers: Mapping[str, Mapping[str, Any]]) -> None:
        self.answers = answers
        self.operations = registry()
        self.provisioned = ProvisionedResources()
        self.made: list[Any] = []
        self.calls: list[tuple[str, Params]] = []
        self.is_full = False

    def values(self, operation: Operation, member: str) -> Sequence[str]:
        provisioned = self.provisioned.of(operation, member)
        return provisioned or (_SUBNETS if member == "SubnetId" else [])

    def candidates(self, operation: Operation) -> Sequence[Params]:
        return [{"name": "cluster"} if operation.service == "eks" else {}]

    def forget(self, service: str) -> None:
        pass

    def lists(self, operation: Operation) -> bool:
        return self.is_full

    def make_one(
        self,
        service: str,
        things: str,
        operation: Operation,
        params: Params,
        undo: Callable[..., Any],
    ) -> Mapping[str, Any]:
        self.calls.append((operation.id, params))
        return self.answers[operation.id]


def made_for(*names: str, answers: Mapping[str, Mapping[str, Any]] = _ANSWERS) -> Target:
    """A target on which what some operations need was made."""
    target = Target(answers)
    derived = DerivedProvisioning(cast(Discovery, target), cast(Provisioner, target))
    derived.make([registry()[name] for name in names])
    return target


def test_what_a_thing_belongs_to_is_made() -> None:
    """A parent is made by its own service; a role by IAM; networks that are there are taken."""
    target = made_for("eks:CreateNodegroup")
    values = target.provisioned.values
    assert values["eks:CreateNodegroup.clusterName"] == ["cluster"]
    assert values["eks:CreateNodegroup.nodeRole"] == ["arn:aws:iam:::role/role"]
    assert values["eks:CreateNodegroup.subnets"] == _SUBNETS
    assert sorted(name for name, _ in target.calls) == ["eks:CreateCluster", "iam:CreateRole"]


@pytest.mark.parametrize("shown", [None, {}, [], "cluster", {"name": None}, {"arn": ["arn"]}])
def test_a_creation_may_answer_anything(shown: Any) -> None:
    """What an answer does not say is not named, whatever is in the place of it."""
    answers = {"eks:CreateCluster": {"cluster": shown}, "iam:CreateRole": {"Role": shown}}
    values = made_for("eks:CreateNodegroup", answers=answers).provisioned.values
    assert "eks:CreateNodegroup.nodeRole" not in values


def test_a_listing_gets_something_to_list() -> None:
    """What is listed page by page is made three times; what is read needs no more than one."""
    assert [name for name, _ in made_for("medialive:ListInputs").calls] == [
        "medialive:CreateInput"
    ] * 3
    assert len(made_for("medialive:DescribeInput").calls) == 1


@pytest.mark.parametrize(
    ("listing", "is_full", "made"),
    [
        ("medialive:ListInputs", False, 3),
        ("medialive:ListInputs", True, 0),
        # the name is within a structure, where a later creation would find it taken
        ("glue:GetConnections", False, 0),
    ],
)
def test_a_listing_gets_it_beside_what_a_file_provisions(
    listing: str, is_full: bool, made: int
) -> None:
    """Where the file makes nothing of the kind, and nothing is there whose name is wanted later."""
    target = Target({**_ANSWERS, "glue:CreateConnection": {}})
    target.made, target.is_full = [Made(listing.partition(":")[0])], is_full
    derived = DerivedProvisioning(cast(Discovery, target), cast(Provisioner, target))
    derived.make([registry()[listing]])
    assert len(target.calls) == made


def test_what_is_created_is_called_by_a_new_name() -> None:
    """So is what goes by a part of its noun, as key pairs do; what it belongs to is looked for."""
    named = {"ec2:CreateKeyPair": "KeyName", "ec2:CreateSecurityGroup": "GroupName"}
    assert all(registry()[name].resources[member].unique for name, member in named.items())
    network = registry()["ec2:CreateSubnet"].resources["VpcId"]
    assert not network.unique
    assert network.places
    assert network.placeholder  # where the target lists none


def test_a_creation_is_tried_with_one_of_its_objects() -> None:
    """One by one, with what each requires: a cluster is provisioned or serverless."""
    tried = [one.params for one in with_one_more(registry()["kafka:CreateClusterV2"], {})]
    assert [set(params) for params in tried] == [{"Provisioned"}, {"Serverless"}]
    assert not list(with_one_more(registry()["kafka:DeleteCluster"], {}))
