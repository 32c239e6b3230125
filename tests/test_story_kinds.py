"""By what listings are asked, which operations are opposites, and what stories are made of both."""

from typing import Any

import pytest

from conformance.checks.selection import holds, other, own
from conformance.execution.engine import collected
from conformance.generation.stories import Kind, Selector, Story, stories
from conformance.generation.stories.selectors import selectors
from conformance.spec.lifecycles.derived import lifecycles
from conformance.spec.lifecycles.pairs import pairs
from conformance.spec.registry import registry


def asked_by(name: str, noun: str) -> dict[str, str]:
    """The selectors of a listing: name → place within an item, or how it relates to one."""
    service = name.partition(":")[0]
    one = next(one for one in lifecycles(service) if one.noun == noun)
    assert one.listing is not None
    assert one.listing.operation == name
    found = selectors(registry().find(name), one.listing)
    return {
        one.name: one.place if one.relation == "equals" else f"{one.relation} {one.place}".strip()
        for one in found
    }


@pytest.mark.parametrize(
    ("name", "noun", "known"),
    [
        (
            "ec2:DescribeVolumes",
            "Volume",
            {
                "VolumeIds": "VolumeId",
                "availability-zone": "AvailabilityZone",
                "attachment.instance-id": "Attachments[].InstanceId",
                "create-time": "",
                "size": "Size",
                "tag": "tag",
                "tag-key": "tag",
            },
        ),
        ("rds:DescribeDBInstances", "DBInstance", {"db-instance-id": "DBInstanceIdentifier"}),
        ("ssm:DescribeParameters", "Parameter", {"Type": "Type", "tag": "tag", "Path": ""}),
        ("sqs:ListQueues", "Queue", {"QueueNamePrefix": "prefix @"}),
        ("iam:ListUsers", "User", {"PathPrefix": "prefix Path"}),
        ("cloudwatch:DescribeAlarms", "MetricAlarm", {"StateValue": "StateValue"}),
    ],
)
def test_a_listing_is_asked_by_what_its_items_show(
    name: str, noun: str, known: dict[str, str]
) -> None:
    """Names of filters and of members lead to members of items, where these show that."""
    found = asked_by(name, noun)
    assert known.items() <= found.items()


def test_tokens_sizes_and_orders_select_nothing() -> None:
    """What pages a listing, or sorts it, is no filter."""
    found = asked_by("secretsmanager:ListSecrets", "Secret")
    assert not found.keys() & {"NextToken", "MaxResults", "SortOrder", "SortBy"}


def selector(**values: Any) -> Selector:
    return Selector(**{"name": "x", "member": "X", "place": "X", "schema": {}, **values})


@pytest.mark.parametrize(
    ("item", "schema", "mine", "another"),
    [
        ({"X": "vol-0a9"}, {}, "vol-0a9", "vol-1b0"),
        (
            {"X": "arn:aws:x:us-east-1:1:y/zb9"},
            {},
            *["arn:aws:x:us-east-1:1:y/" + e for e in ("zb9", "gc0")],
        ),
        ({"X": True}, {}, "true", "false"),
        ({"X": 8}, {}, "8", "9"),
        ({"X": ["a", "b"]}, {}, "a", "b"),
        ({"X": "active"}, {"enum": ["ACTIVE", "ALL", "GONE"]}, "ACTIVE", "GONE"),
    ],
)
def test_values_are_of_one_form(item: Any, schema: Any, mine: str, another: str) -> None:
    """An item's own value, and one that it does not have, of the same form."""
    one = selector(schema=schema)
    assert own(one, item) == mine
    assert other(one, mine) == another
    assert holds(one, mine, item) is True


@pytest.mark.parametrize("item", [{}, {"X": ""}, {"X": "a*"}, {"X": {"Y": "z"}}], ids=repr)
def test_what_shows_no_plain_value_is_not_asked_for(item: Any) -> None:
    """Nothing, an empty text, a pattern, and a structure are no values."""
    assert own(selector(), item) is None


@pytest.mark.parametrize(
    ("name", "opposite", "resource", "partner", "views"),
    [
        (
            "iam:AttachRolePolicy",
            "iam:DetachRolePolicy",
            "Role",
            "Policy",
            {"iam:ListAttachedRolePolicies", "iam:ListRolePolicies"},
        ),
        ("iam:AddUserToGroup", "iam:RemoveUserFromGroup", "User", "Group", set()),
        ("kms:EnableKey", "kms:DisableKey", "Key", None, {"kms:DescribeKey"}),
        (
            "kms:EnableKeyRotation",
            "kms:DisableKeyRotation",
            "Key",
            None,
            {"kms:GetKeyRotationStatus", "kms:ListKeyRotations"},
        ),
        ("s3:PutBucketCors", "s3:DeleteBucketCors", "Bucket", None, {"s3:GetBucketCors"}),
    ],
)
def test_opposites_are_known(
    name: str, opposite: str, resource: str, partner: str | None, views: set[str]
) -> None:
    """By their names, on the resources that both requests name."""
    pair = pairs(name.partition(":")[0])[opposite]
    assert (pair.done.operation, pair.resource.noun) == (name, resource)
    assert (pair.partner.noun if pair.partner else None) == partner
    assert {view.operation for view in pair.views} == views


def test_what_deletes_a_resource_is_nobody_s_opposite() -> None:
    """PutRestApi changes what DeleteRestApi deletes."""
    assert "apigateway:PutRestApi" not in pairs("apigateway")


def kinds(name: str) -> set[Kind]:
    return {one.kind for one in stories(registry().find(name))}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("apigatewayv2:UpdateApi", Kind.KEPT),
        ("ecs:ListTagsForResource", Kind.TAGS),
        ("ec2:DescribeVolumes", Kind.FILTERS),
        ("kms:DisableKey", Kind.PAIRED),
    ],
)
def test_operations_have_stories_of_their_kinds(name: str, kind: Kind) -> None:
    assert kind in kinds(name)


@pytest.mark.parametrize(
    "name",
    [
        "cognito-idp:UpdateUserPool",  # what is not given becomes the default
        "iam:UpdateRole",  # likewise its duration
        "scheduler:UpdateSchedule",  # it requires more than what it names
    ],
)
def test_what_may_replace_the_rest_keeps_nothing(name: str) -> None:
    """Only updates that take what is to change alone, by model and documentation, have to keep."""
    assert Kind.KEPT not in kinds(name)


def test_what_only_reads_has_stories_where_things_may_be_made() -> None:
    """They make what they look at, so they need leave for that."""
    chosen = [registry().find("ec2:DescribeVolumes")]
    assert any(isinstance(one, Story) for one in collected(chosen))
    assert not any(isinstance(one, Story) for one in collected(chosen, making=False))


def test_a_member_may_be_called_as_a_part_of_a_step() -> None:
    """A member ``name`` is a value of the request, not the name of the step."""
    found = stories(registry().find("apigateway:CreateModel"))
    assert found
    assert {one.steps[0].name for one in found} == {"made"}
