"""By what listings are asked, which operations are opposites, and what stories are made of both."""

from typing import Any

import pytest

from conformance.checks.selection import holds, other, own
from conformance.execution.engine import collected
from conformance.generation.clauses import clauses
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
        ("apigateway:GetApiKeys", "ApiKey", {"nameQuery": "name"}),
        ("efs:DescribeAccessPoints", "AccessPoint", {"FileSystemId": "FileSystemId"}),
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
        # what a group is given is a member of the group
        (
            "logs:PutRetentionPolicy",
            "logs:DeleteRetentionPolicy",
            "LogGroup",
            None,
            {"logs:DescribeLogGroups"},
        ),
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


@pytest.mark.parametrize(
    ("name", "member", "level"),
    [
        ("dynamodb:CreateBackup", "TableName", "should"),  # TableNotFoundException
        ("redshift:CreateCluster", "ClusterSubnetGroupName", "should"),
        ("efs:CreateMountTarget", "SecurityGroups", "should"),
        ("ec2:CreateVolume", "SnapshotId", "observe"),  # no model of EC2 has errors
        ("rds:CreateDBInstance", "Domain", "observe"),  # it does not apply to every engine
    ],
)
def test_what_is_referred_to_is_there(name: str, member: str, level: str) -> None:
    """A reference has to be known where an error is named after it, else what happens is noted."""
    known = clauses(registry().find(name))
    assert known[f"{name}/state/references/{member}"].level == level


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("dynamodb:CreateTable", "TableName"),  # it names what is made
        ("dynamodb:CreateTable", "ResourcePolicy"),  # a document
        ("apigatewayv2:CreateApi", "RouteKey"),
    ],
)
def test_what_refers_to_nothing_is_no_reference(name: str, member: str) -> None:
    assert f"{name}/state/references/{member}" not in clauses(registry().find(name))


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("lambda:GetFunction", "arn"),
        ("ssm:GetParameter", "arn"),
        ("secretsmanager:DescribeSecret", "name"),
        ("ecs:DescribeClusters", "name"),
        ("dynamodb:UpdateTable", "arn"),
        ("bedrock:GetInferenceProfile", "id"),
    ],
)
def test_an_arn_and_a_name_are_both_taken(name: str, form: str) -> None:
    """Where the documentation of the member says so, and both are known."""
    assert f"{name}/state/named-by/{form}" in clauses(registry().find(name))


@pytest.mark.parametrize("name", ["ec2:DescribeVolumes", "iam:GetUser", "wisdom:GetAssistant"])
def test_what_takes_one_form_is_asked_by_that(name: str) -> None:
    assert Kind.NAMED not in kinds(name)


@pytest.mark.parametrize(
    ("name", "noun", "since", "until"),
    [
        ("sagemaker:ListModels", "Model", "CreationTimeAfter", "CreationTimeBefore"),
        ("dynamodb:ListBackups", "Backup", "TimeRangeLowerBound", "TimeRangeUpperBound"),
        ("redshift:DescribeClusterSnapshots", "ClusterSnapshot", "StartTime", "EndTime"),
    ],
)
def test_a_listing_is_asked_by_the_time_of_creation(
    name: str, noun: str, since: str, until: str
) -> None:
    """By names, and by what the documentation says of a beginning and an end."""
    found = asked_by(name, noun)
    assert (found[since].split()[0], found[until].split()[0]) == ("since", "until")


def test_other_times_are_no_times_of_creation() -> None:
    found = asked_by("sagemaker:ListAppImageConfigs", "AppImageConfig")
    assert not found.keys() & {"ModifiedTimeAfter", "ModifiedTimeBefore"}


@pytest.mark.parametrize("written", [1714557600, "2024-05-01T10:00:00Z"])
@pytest.mark.parametrize(
    ("relation", "mine", "another"),
    [
        ("since", "2024-04-29T10:00:00Z", "2024-05-03T10:00:00Z"),
        ("until", "2024-05-03T10:00:00Z", "2024-04-29T10:00:00Z"),
    ],
)
def test_times_are_days_apart(relation: Any, mine: str, another: str, written: Any) -> None:
    """Whatever clocks say: what was made is within one range, and days away from the other."""
    one = selector(relation=relation, schema={"type": "string", "format": "date-time"})
    item = {"X": written}
    assert own(one, item) == mine
    assert other(one, mine) == another
    assert holds(one, mine, item) is True
    assert holds(one, another, item) is False
    assert own(one, {"X": "yesterday"}) is None


def test_a_creation_is_tried_with_each_optional_member() -> None:
    """And with none of them; tokens and switches for a trial run are none."""
    tried = {
        one.clause.split("/state/")[1]
        for one in stories(registry().find("ec2:CreateVolume"))
        if one.kind is Kind.ACCEPTED
    }
    assert {"accepted", "accepted/Size", "accepted/Encrypted", "optional/Size"} <= tried
    assert not tried & {"accepted/ClientToken", "accepted/DryRun"}


def subjects(name: str) -> dict[str, list[str]]:
    """The members that an operation's stories give a value, with the edges in their order."""
    found: dict[str, list[str]] = {}
    for one in stories(registry().find(name)):
        if one.kind in {Kind.READ_BACK, Kind.UPDATED}:
            found.setdefault(one.subject, []).append(one.id.rpartition("/")[2].partition("-")[2])
    return found


@pytest.mark.parametrize(
    ("name", "member", "edges"),
    [
        ("events:PutRule", "EventBusName", ["existing", "text"]),
        ("ecs:CreateCluster", "settings", ["printed", "list"]),
        ("ecs:CreateCluster", "clusterName", ["text"]),  # its own name is a new one
        ("ecs:UpdateCluster", "settings", ["printed", "list"]),
        ("sqs:SetQueueAttributes", "Attributes", ["by-hand"]),
        ("s3:PutObject", "Metadata", ["map"]),  # a user chooses its keys
        ("ssm:CreateMaintenanceWindow", "Cutoff", ["number"]),  # 0 where nothing else is asked for
    ],
)
def test_what_is_likely_to_be_taken_is_given_first(
    name: str, member: str, edges: list[str]
) -> None:
    """What the target has where something else is referred to, what samples print as parts."""
    assert subjects(name)[member] == edges


@pytest.mark.parametrize(
    ("name", "member", "given"),
    [
        ("route53:UpdateHealthCheck", "HealthCheckVersion", False),
        ("kafka:UpdateClusterConfiguration", "CurrentVersion", False),
        ("ssm:UpdateAssociation", "AssociationVersion", False),
        ("rds:ModifyDBSnapshot", "EngineVersion", True),
    ],
)
def test_the_version_that_an_update_is_of_is_not_changed(
    name: str, member: str, given: bool
) -> None:
    """Another version of the thing is refused; that of an engine is set."""
    assert (member in subjects(name)) is given


def test_what_is_in_the_address_and_in_the_body_is_one_name() -> None:
    """A configuration of a bucket has its name twice, so that neither is changed alone."""
    inside = "AnalyticsConfiguration/Id"
    assert inside not in subjects("s3:PutBucketAnalyticsConfiguration")
    whole = next(iter(stories(registry().find("s3:PutBucketAnalyticsConfiguration"))))
    assert any(one.endswith(f"/read-back/{inside}") for one in (whole.clause, *whole.beside))


def test_a_listing_of_a_part_is_not_asked_for_another_whole() -> None:
    """Snapshots of an instance are not asked for those of another one as well."""
    assert "db-instance-id" not in asked_by("rds:DescribeDBSnapshots", "DBSnapshot")


def test_what_a_template_holds_is_not_the_template() -> None:
    """A structure of which the description has one member of thirty describes something else."""
    template = next(one for one in lifecycles("ec2") if one.noun == "LaunchTemplate")
    assert template.read is not None
    assert not [path for path in template.read.places if path.startswith("LaunchTemplateData/")]


def test_tags_are_given_by_the_type_of_the_resource() -> None:
    """Where a creation takes tags by types, and none is this one's, it is given none."""
    known = {one.noun: one.tagging for one in lifecycles("ec2")}
    for noun, given in (("Volume", "TagSpecifications"), ("ManagedPrefixList", None)):
        tagging = known[noun]
        assert tagging is not None
        assert tagging.at_creation == given


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("kafka:ClusterV2", True),
        ("apigateway:ApiKey", True),
        ("appsync:GraphqlApi", True),
        # "a subset of the attributes", by its documentation
        ("iam:Role", False),
        # its list is deprecated
        ("resource-groups:Group", False),
        # another structure
        ("kms:Key", False),
    ],
)
def test_a_listing_that_shows_things_whole_is_known(name: str, whole: bool) -> None:
    """It shows the structure of the reader, and its documentation takes nothing back."""
    service, _, noun = name.partition(":")
    (found,) = (one for one in lifecycles(service) if one.noun == noun)
    assert found.listed_whole is whole


def test_a_value_that_is_shown_on_demand_is_asked_for() -> None:
    """API Gateway shows the value of a key only where it is to be included."""
    (key,) = (one for one in lifecycles("apigateway") if one.noun == "ApiKey")
    assert key.read is not None and key.read.params == {"includeValue": True}
    assert key.listing is not None and key.listing.params == {"includeValues": True}
