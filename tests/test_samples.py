"""AWS's printed samples: facts that ship, and the valid calls that follow from them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from conformance.generation.clauses import clauses
from conformance.spec.documents import documented
from conformance.spec.files import folder
from conformance.spec.levels import Level
from conformance.spec.registry import registry
from conformance.spec.rules import Place, Resource
from conformance.spec.samples import DATED, Samples, samples
from conformance.spec.sdk_models.sampled import baselines, is_dating

FILES = sorted((folder("schemas") / "samples").glob("*.json"))


#: The number of an account, unless it is none.
ACCOUNT = r"(?<![0-9])(?!0{12})[0-9]{12}(?![0-9])"


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for one in value.values() for text in texts(one)]
    if isinstance(value, list):
        return [text for one in value for text in texts(one)]
    return [value] if isinstance(value, str) else []


def test_they_ship() -> None:
    assert len(FILES) > 150
    assert sum(len(samples(path.stem)) for path in FILES) > 4000
    printed = [one for path in FILES for one in samples(path.stem).values() if one.printed]
    assert len(printed) > 3900


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_they_are_facts_and_no_sentences(path: Path) -> None:
    """Each file names its releases; no value is free text, an account's number or a secret."""
    held = json.loads(path.read_text("utf-8"))
    assert held["format"] == "aws-conformance-samples/1"
    assert held["sources"].keys() == {"awscli", "botocore"}
    for name, one in held["operations"].items():
        for text in texts(one.get("calls", [])):
            is_plain = text.startswith(("{", "[")) or re.fullmatch(r"[\w ]+\([^()]*\)", text)
            assert is_plain or not re.search(r"\s\S+\s", text), (name, text)
            assert not re.search(ACCOUNT, text), (name, text)
        for text in texts(one.get("printed", [])):
            assert not re.search(rf"\s\S+\s|{ACCOUNT}", text), (name, text)
            assert len(text) <= 120, (name, text)


def test_no_folder_of_facts_is_a_service() -> None:
    assert {"samples", "observed"}.isdisjoint(one.service for one in documented().values())


REQUEST = {
    "properties": {
        "Name": {"type": "string"},
        "Role": {"type": "string"},
        "Size": {"type": "integer"},
        "SubnetIds": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["Name", "Role"],
}
RESOURCES = {
    "Name": Resource(placeholder="new", unique=True),
    "Role": Resource(places=(Place(operation="iam:ListRoles", path="Roles[].Arn"),)),
    "SubnetIds": Resource(places=(Place(operation="ec2:DescribeSubnets", path="Subnets[].Id"),)),
}


def test_a_sample_is_tried_whole_and_with_less() -> None:
    """What has to be new is, what the target lists comes from there, the rest as it is printed."""
    call = {"Name": "printed", "Role": "printed", "Size": 5, "SubnetIds": ["a", "b"]}
    found = list(baselines(Samples(calls=(call,)), REQUEST, RESOURCES))
    name, role = {"resource": "Name"}, {"resource": "Role"}
    assert [one.params for one in found] == [
        {"Name": name, "Role": role, "Size": 5, "SubnetIds": [{"resource": "SubnetIds"}]},
        {"Name": name, "Role": role, "Size": 5},
        {"Name": name, "Role": role},
        {**call, "Name": name},
    ]


@pytest.mark.parametrize("call", [{"Name": "x"}, {"Name": "x", "Role": "y", "Other": 1}])
def test_a_sample_that_does_not_fit_is_left_out(call: dict[str, Any]) -> None:
    assert list(baselines(Samples(calls=(call,)), REQUEST, RESOURCES)) == []


def test_what_all_samples_show_is_expected() -> None:
    """Of an operation with enough printed responses; a page token is none of it."""
    put = registry()["ssm:PutParameter"]
    assert put.present["Tier"] == "all 5 printed samples show it"
    assert "NextToken" not in registry()["ssm:DescribeParameters"].present


def test_when_something_was_made_is_always_shown() -> None:
    """One sample is enough for that; of other members more are needed, to be recorded alone."""
    hosts = registry()["ec2:DescribeHosts"]
    assert hosts.present == {"Hosts/item/AllocationTime": DATED}
    clause = f"{hosts.id}/response/Hosts/item/AllocationTime/present"
    assert clauses(hosts)[clause].level is Level.SHOULD


@pytest.mark.parametrize("service", ["apigateway", "cloudformation", "transcribe"])
def test_aws_always_showed_when_something_was_made(service: str) -> None:
    """No answer of AWS lacked a member of which one sample is enough."""
    tried = 0
    for name in samples(service):
        operation = registry()[f"{service}:{name}"]
        dated = [path for path, reason in operation.present.items() if reason == DATED]
        lacking = [path for path in dated if operation.observed.lacked(path)]
        assert not lacking, (name, lacking)
        tried += len(dated) if operation.observed.members else 0
    assert tried


MOMENT = {"type": "string", "format": "date-time"}


@pytest.mark.parametrize(
    ("path", "schema", "dating"),
    [
        ("CreationDate", MOMENT, True),
        ("Stacks/item/CreationTime", MOMENT, True),
        ("Hosts/item/AllocationTime", MOMENT, True),
        ("registeredAt", MOMENT, True),
        # set by something else than making it, or no moment
        ("LastModifiedDate", MOMENT, False),
        ("DeletionDate", MOMENT, False),
        ("CreatedBy", MOMENT, False),
        ("CreatedAt", {"type": "string"}, False),
        # of what is within a part of it
        ("Services/item/deployments/item/createdAt", MOMENT, False),
    ],
)
def test_which_members_say_when(path: str, schema: Any, dating: bool) -> None:
    """A time of creation is known by its name, and is not deep within a response."""
    assert is_dating(path, schema) is dating
