"""What services make, and the operations on it, as the SDK's models tell.

The expected lifecycles were checked by hand against the services' documentation.
The properties hold of every service; they read the models without the code that is tested.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from conformance.cli.main import main
from conformance.errors import UnknownNameError
from conformance.spec.lifecycles.derived import lifecycle_of, lifecycles, matching
from conformance.spec.lifecycles.lifecycle import Action, Binding, Lifecycle
from conformance.spec.sdk_models.loader import services

#: Well-known resources over all protocols; the file says how it is read.
EXPECTED: Mapping[str, Mapping[str, object]] = tomllib.loads(
    (Path(__file__).parent / "lifecycles.toml").read_text("utf-8")
)


def bound(one: Binding) -> str:
    """A binding in words: ``VolumeIds=response [VolumeId]``."""
    value = f"[{one.path}]" if one.is_list else one.path
    return f"{one.member}={one.origin} {value}{'?' if one.optional else ''}"


def said(action: Action | None) -> str | None:
    """An action in words: what it asks for, with which fixed values, what it shows, and as what."""
    if action is None:
        return None
    text = f"{action.operation.partition(':')[2]}({', '.join(map(bound, action.bindings))})"
    for name, value in action.params.items():
        text += f" with {name}={value}"
    if action.shown:
        text += f" at {action.shown}"
    if action.identity:
        text += f" as {', '.join(map(bound, action.identity))}"
    return text


def described(one: Lifecycle) -> dict[str, object]:
    """A lifecycle in words, without what it shows and without what is empty."""
    tags = one.tagging
    found = {
        "create": said(one.create),
        "read": said(one.read),
        "listing": said(one.listing),
        "delete": said(one.delete),
        "updates": [said(update) for update in one.updates],
        "name": one.name,
        "token": one.token,
        "tag": tags and said(tags.add),
        "untag": tags and said(tags.remove),
        "tags": tags and said(tags.listed),
        "written": tags and f"{tags.tags}, {tags.keys or None}: {tags.shape}",
        "tagged-at-creation": tags and tags.at_creation,
        "missing": list(one.missing),
    }
    return {name: value for name, value in found.items() if value}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_well_known_resource(name: str) -> None:
    """Operations, bindings, descriptions, identifiers and tags are those that the service has."""
    service, _, noun = name.partition(":")
    found = {one.noun: one for one in lifecycles(service)}
    assert described(found[noun]) == EXPECTED[name]
    assert found[noun].source in {"derived", "derived and sdk", "hand"}
    assert found[noun].id == name


#: Resources, members that their readers show and where, and members that they are not to show.
PLACES: Mapping[str, tuple[Mapping[str, str], frozenset[str]]] = {
    "dynamodb:Table": (
        {
            "TableName": "TableName",
            "KeySchema": "KeySchema",
            "BillingMode": "BillingModeSummary.BillingMode",
            "ProvisionedThroughput/ReadCapacityUnits": "ProvisionedThroughput.ReadCapacityUnits",
            "DeletionProtectionEnabled": "DeletionProtectionEnabled",
        },
        frozenset({"Tags", "SSESpecification", "ResourcePolicy"}),
    ),
    "ec2:Volume": (
        {"MultiAttachEnabled": "MultiAttachEnabled", "Size": "Size", "VolumeType": "VolumeType"},
        frozenset({"ClientToken", "DryRun", "TagSpecifications"}),
    ),
    "ec2:Instance": (
        {
            "ImageId": "ImageId",
            "Placement/Tenancy": "Placement.Tenancy",
            "IamInstanceProfile/Arn": "IamInstanceProfile.Arn",
            "MetadataOptions/HttpTokens": "MetadataOptions.HttpTokens",
        },
        # named alike, and something else: lists of other things, a state for a wish
        frozenset({"SecurityGroups", "Monitoring", "Monitoring/Enabled", "BlockDeviceMappings"})
        | {"NetworkInterfaces", "MinCount", "MaxCount", "UserData", "Ipv6AddressCount"},
    ),
    "ecs:Service": (
        {"role": "roleArn", "cluster": "clusterArn", "desiredCount": "desiredCount"},
        frozenset({"clientToken", "tags", "status"}),
    ),
    "cognito-idp:UserPool": (
        {"PoolName": "Name", "Policies/SignInPolicy": "Policies.SignInPolicy"},
        frozenset({"UserPoolTags", "Schema"}),
    ),
    "rds:DBInstance": (
        {
            "VpcSecurityGroupIds": "VpcSecurityGroups[].VpcSecurityGroupId",
            "DBSubnetGroupName": "DBSubnetGroup.DBSubnetGroupName",
            "Engine": "Engine",
        },
        # DbInstancePort is another port than Port, and EndPoint.Port is one of two namesakes
        frozenset({"Port", "MasterUserPassword", "DBParameterGroupName", "DBSecurityGroups"}),
    ),
    "route53:HostedZone": (
        {"Name": "Name", "HostedZoneConfig/Comment": "Config.Comment"},
        frozenset({"VPC", "DelegationSetId"}),
    ),
    "lambda:Function": (
        {"Role": "Role", "VpcConfig/SubnetIds": "VpcConfig.SubnetIds", "Timeout": "Timeout"},
        frozenset({"Code", "Publish", "Tags", "Environment"}),
    ),
    "glue:Database": (
        {"DatabaseInput/Name": "Name", "DatabaseInput/Description": "Description"},
        frozenset({"Tags"}),
    ),
    "s3:Bucket": ({}, frozenset({"Bucket", "ACL"})),
    "s3:Object": (
        {"ContentType": "ContentType", "Metadata": "Metadata"},
        # they are of the very bytes of the message
        frozenset({"ContentLength", "ContentMD5", "ChecksumCRC32", "SSECustomerKeyMD5"}),
    ),
    "events:Rule": ({"State": "State", "EventPattern": "EventPattern"}, frozenset({"Tags"})),
    "sqs:Queue": ({"Attributes": "Attributes"}, frozenset({"tags", "QueueName"})),
    "ssm:Parameter": ({"Type": "Type"}, frozenset({"Value", "Overwrite", "Tags"})),
    "kms:Key": ({"Description": "Description"}, frozenset({"Policy", "CustomerMasterKeySpec"})),
    "apigatewayv2:Route": ({"RouteKey": "RouteKey", "Target": "Target"}, frozenset({"ApiId"})),
    "directconnect:PrivateVirtualInterface": (
        {"newPrivateVirtualInterface/vlan": "vlan"},
        frozenset({"newPrivateVirtualInterface/authKey"}),
    ),
    "iotsitewise:Asset": ({"assetName": "assetName"}, frozenset()),
    "ec2:CapacityReservation": ({"InstanceType": "InstanceType"}, frozenset({"InstanceCount"})),
    "secretsmanager:Secret": ({"Description": "Description"}, frozenset({"SecretString"})),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_reader_shows_what_it_was_given(name: str) -> None:
    """What is shown is shown where the service shows it; what is not shown is not expected."""
    service, _, noun = name.partition(":")
    (found,) = (one for one in lifecycles(service) if one.noun == noun)
    shown, unshown = PLACES[name]
    assert found.read is not None
    assert {path: found.read.places.get(path) for path in shown} == shown
    assert not unshown & found.read.places.keys()


@pytest.mark.parametrize(
    ("name", "origin", "path"),
    [
        # the request names what is logged, protected or watched
        ("logs:DeliverySource", "response", "deliverySource.arn"),
        ("shield:Protection", "read", "ProtectionArn"),
        ("forecast:Monitor", "response", "MonitorArn"),
        ("cleanroomsml:ConfiguredAudienceModel", "response", "configuredAudienceModelArn"),
        # older operations tag its file system alone
        ("efs:AccessPoint", "response", "AccessPointId"),
        # an id may be the request's
        ("ssm:OpsMetadata", "request", "ResourceId"),
        ("cur:ReportDefinition", "request", "ReportDefinition.ReportName"),
    ],
)
def test_what_is_made_is_tagged(name: str, origin: str, path: str) -> None:
    """Not what it refers to, nor what it belongs to."""
    (found,) = (one for one in lifecycles(name.partition(":")[0]) if one.id == name)
    assert found.tagging is not None
    for action in (found.tagging.add, found.tagging.remove, found.tagging.listed):
        assert action is not None
        (binding,) = action.bindings
        assert (binding.origin, binding.path) == (origin, path)


def test_what_is_not_always_shown_is_known() -> None:
    """HeadObject shows no StorageClass of what is stored in the usual way."""
    (found,) = (one for one in lifecycles("s3") if one.noun == "Object")
    assert found.read is not None
    assert "StorageClass" in found.read.at_times
    # the last is shown to whom may see it
    shown = {"ContentType", "Metadata", "ServerSideEncryption", "ObjectLockMode"}
    assert not shown & set(found.read.at_times)


#: What the SDK's own file of resources has otherwise, and why the lifecycle is right as well.
OTHERWISE = {
    # the same name: of the request there, of the answer here, or the reverse
    "dynamodb:CreateTable": {"TableDescription.TableName"},
    "ec2:CreatePlacementGroup": {"GroupName"},
    "iam:CreateLoginProfile": {"LoginProfile.UserName"},
    # no operation is asked by it
    "iam:CreateAccessKey": {"AccessKey.SecretAccessKey"},
    "s3:CreateMultipartUpload": {"UploadId"},
    "ec2:CreateRoute": {"DestinationCidrBlock"},
}


def resource_files() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The newest of boto3's own descriptions of resources, by their services."""
    for folder in sorted((Path(boto3.__file__).parent / "data").glob("*/")):
        files = sorted(folder.glob("*/resources-1.json"))
        if files:
            yield folder.name, json.loads(files[-1].read_text("utf-8"))


def made(known: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The operations that make a resource, as boto3 has them, with what they make."""
    owners = [known["service"], *known["resources"].values()]
    for action in (one for owner in owners for one in owner.get("actions", {}).values()):
        if any(
            one["source"] in SOURCES for one in action.get("resource", {}).get("identifiers", ())
        ):
            yield action["request"]["operation"], action["resource"]


SOURCES = {"response", "requestParameter"}


def requested(owner: Mapping[str, Any], *path: str) -> str | None:
    """The operation that an action of a resource carries out, if there is such an action."""
    for name in path:
        owner = owner.get(name, {})
    return owner.get("request", {}).get("operation")


def test_boto3s_own_resources_are_the_same() -> None:
    """Where boto3 describes a resource by hand, reader, deletion and identifiers are the same."""
    compared = 0
    for service, known in resource_files():
        for operation, resource in made(known):
            one = lifecycle_of(f"{service}:{operation}")
            if one is None:
                continue
            compared += 1
            described = known["resources"][resource["type"]]
            deletion = requested(described, "actions", "Delete")
            deletion = deletion or requested(described, "batchActions", "Delete")
            for action, theirs in (
                (one.read, requested(described, "load")),
                (one.delete, deletion),
            ):
                if theirs is not None:
                    assert action is not None, one.id
                    assert action.operation == f"{service}:{theirs}"
            used = [action.bindings for action in (one.read, one.delete) if action is not None]
            paths = {binding.path for bindings in used for binding in bindings}
            for identifier in resource["identifiers"]:
                if identifier["source"] in SOURCES:
                    path = identifier["path"].replace("[]", "[0]")
                    assert path in paths | OTHERWISE.get(one.create.operation, set()), one.id
    assert compared > 40


def test_what_boto3_describes_has_two_sources() -> None:
    """What it states and no name leads to is taken over; what is by hand counts before it."""
    found = {one.noun: one for one in lifecycles("s3")}
    deletion = found["BucketLifecycleConfiguration"].delete
    assert deletion is not None
    assert deletion.operation == "s3:DeleteBucketLifecycle"
    assert [one.member for one in deletion.bindings] == ["Bucket"]
    assert found["BucketLifecycleConfiguration"].source == "sdk"
    assert found["Bucket"].source == "derived and sdk"
    assert {one.noun: one.source for one in lifecycles("sqs")}["Queue"] == "hand"
    assert {one.source for one in lifecycles("kms")} == {"derived"}


def test_an_update_is_shown_by_the_reader() -> None:
    """Members of an update are sought in what the reader shows, the identifier aside."""
    (volume,) = (one for one in lifecycles("ec2") if one.noun == "Volume")
    modify = volume.updates[0]
    assert modify.operation == "ec2:ModifyVolume"
    assert modify.given.keys() >= {"Size", "Iops", "MultiAttachEnabled"}
    assert "VolumeId" not in modify.given
    (function,) = (one for one in lifecycles("lambda") if one.noun == "Function")
    given = function.updates[0].given
    assert given["MemorySize"] == "MemorySize"
    assert "RevisionId" not in given, "a condition of the update is no part of the function"


def test_a_creating_operation_names_its_resource() -> None:
    """A resource is found by what creates it; what creates nothing has none."""
    found = lifecycle_of("ec2:RunInstances")
    assert found is not None
    assert found.id == "ec2:Instance"
    assert lifecycle_of("ec2:StartInstances") is None
    assert lifecycle_of("ec2:DescribeInstances") is None


def test_a_version_is_about_its_own_resource() -> None:
    """Where two versions of a resource are created, neither is read by the other's operations."""
    first = lifecycle_of("securityhub:CreateAutomationRule")
    second = lifecycle_of("securityhub:CreateAutomationRuleV2")
    assert second is not None
    assert second.read is not None
    assert second.read.operation == "securityhub:GetAutomationRuleV2"
    assert first is not None
    operations = {one.operation for _, one in actions(first)}
    assert not {one for one in operations if one.endswith("V2")}


@pytest.mark.parametrize(
    ("operation", "ready", "gone"),
    [
        ("ec2:RunInstances", "InstanceRunning", "InstanceTerminated"),
        ("dynamodb:CreateTable", "TableExists", "TableNotExists"),
        ("cloudformation:CreateStack", "StackCreateComplete", "StackDeleteComplete"),
        ("ec2:CreateVolume", "VolumeAvailable", "VolumeDeleted"),
        ("iam:CreateUser", "UserExists", None),
        ("sqs:CreateQueue", None, None),
    ],
)
def test_waiters_are_named(operation: str, ready: str | None, gone: str | None) -> None:
    """The SDK's waiters that ask the reader are known, the one that says most of several."""
    one = lifecycle_of(operation)
    assert one is not None
    assert (one.ready, one.gone) == (ready, gone)


def lifecycle(name: str) -> Lifecycle:
    """The resource of a name."""
    service, _, noun = name.partition(":")
    return next(one for one in lifecycles(service) if one.noun == noun)


def test_a_noun_may_end_like_an_identifier() -> None:
    """``apiKey`` is no key of an "api"."""
    assert (said(lifecycle("apigateway:ApiKey").read) or "").startswith(
        "GetApiKey(apiKey=response id)"
    )


def test_one_deletion_is_for_all_versions() -> None:
    """Where a version has none of its own."""
    cluster = lifecycle("kafka:ClusterV2")
    assert said(cluster.delete) == "DeleteCluster(ClusterArn=response ClusterArn)"


def test_settings_that_are_put_are_read_back() -> None:
    """What is called as a plural is one thing where it is got so; what is in its items is shown."""
    rules = "CORSConfiguration/CORSRules"
    cors = lifecycle("s3:BucketCors")
    assert cors.read is not None
    assert cors.read.places[f"{rules}/item/ExposeHeaders"] == "CORSRules[].ExposeHeaders"


def test_a_description_says_its_own_arn_and_id() -> None:
    """Not those of others, nor what is said to be there at times."""
    group = lifecycle("ec2:SecurityGroup")
    assert group.read is not None
    assert group.read.called == ("SecurityGroupArn",)
    assert lifecycle("s3:Bucket").create.called == ()


def test_an_arn_is_no_id() -> None:
    """An ARN is given for an id only where the model says that this is possible."""
    secret = lifecycle_of("secretsmanager:CreateSecret")
    assert secret is not None
    assert secret.read is not None
    assert bound(secret.read.bindings[0]) == "SecretId=response ARN"
    member = lifecycle_of("macie2:CreateMember")
    assert member is None or member.read is None


def test_the_same_in_every_call() -> None:
    """Resources are in the order of their nouns, each once."""
    nouns = [one.noun for one in lifecycles("ec2")]
    assert nouns == sorted(set(nouns))
    assert lifecycles("ec2") == lifecycles("ec2")


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("sqss", "There is no service 'sqss'; did you mean sqs?"),
        ("sqs:Que", "There is no resource 'sqs:Que'; did you mean sqs:Queue?"),
    ],
)
def test_a_pattern_matches_something(pattern: str, says: str) -> None:
    """A pattern that matches nothing is refused with the nearest name."""
    with pytest.raises(UnknownNameError) as caught:
        list(matching(pattern))
    assert says in str(caught.value)


def test_a_pattern_chooses_resources() -> None:
    """``*`` is allowed in the service and in the noun; without a colon all are meant."""
    assert {one.id for _, found in matching("sq*:Q*") for one in found} == {"sqs:Queue"}
    assert dict(matching("sqs"))["sqs"] == lifecycles("sqs")


def test_the_command_prints_resources(capsys: pytest.CaptureFixture[str]) -> None:
    """Each has its operations, what they ask for and what is missing; the sum is at the end."""
    assert main(["resources", "cloudwatch:MetricAlarm"]) == 0
    out, err = capsys.readouterr()
    lines = [line.strip() for line in out.splitlines()]
    assert lines[0] == "cloudwatch:MetricAlarm (derived, named by AlarmName)"
    assert "delete    DeleteAlarms; AlarmNames=request [AlarmName]" in lines
    assert lines[-1] == "list tags ListTagsForResource; ResourceARN=read AlarmArn"
    assert err.startswith("1 resource; readers show ")


def test_the_command_writes_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The data are those of the library."""
    assert main(["resources", "sqs", "--json"]) == 0
    (queue,) = json.loads(capsys.readouterr().out)
    assert queue["id"] == "sqs:Queue"
    assert queue["read"]["params"] == {"AttributeNames": ["All"]}
    assert queue["delete"]["bindings"] == [
        {
            "member": "QueueUrl",
            "origin": "response",
            "path": "QueueUrl",
            "is_list": False,
            "optional": False,
        }
    ]


# properties of every service


def actions(one: Lifecycle) -> Iterator[tuple[str, Action]]:
    """All actions of a resource, with what each is for."""
    tags = one.tagging
    named = [
        ("create", one.create),
        ("read", one.read),
        ("listing", one.listing),
        ("delete", one.delete),
        *(("update", update) for update in one.updates),
        *((("tag", tags.add), ("untag", tags.remove), ("tags", tags.listed)) if tags else ()),
    ]
    yield from ((what, action) for what, action in named if action is not None)


@lru_cache(maxsize=1)
def model(service: str) -> ServiceModel:
    """A service's model, read anew."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def at(shape: Shape | None, path: str) -> Shape:
    """What a jmespath of names, ``[]`` and ``[0]`` leads to; fails where it leads nowhere."""
    if path == "@":
        assert shape is not None
        return shape
    for name in path.split("."):
        plain = re.sub(r"\[0?\]$", "", name)
        assert isinstance(shape, StructureShape), path
        assert plain.strip('"') in shape.members, path
        shape = shape.members[plain.strip('"')]
        if plain != name:
            assert isinstance(shape, ListShape), path
            shape = shape.member
    assert shape is not None
    return shape


def sort(shape: Shape) -> str:
    """What sort of value a shape holds, as JSON tells them apart, and times beside them."""
    if getattr(shape, "is_document_type", False):
        return "document"
    numbers = {"integer", "long", "float", "double"}
    return "number" if shape.type_name in numbers else str(shape.type_name)


def contained(given: Shape, shown: Shape, known: dict[tuple[str, str], bool]) -> bool:
    """Whether every value of one shape may be contained in one of another."""
    if sort(given) != sort(shown) or given.metadata.get("sensitive"):
        return False
    pair = (given.name, shown.name)
    if pair not in known:
        known[pair] = True  # as long as nothing speaks against it
        known[pair] = all(
            one is not None and contained(inner, one, known) for inner, one in inside(given, shown)
        )
    allowed, others = (getattr(one, "enum", None) or () for one in (given, shown))
    fits = not others or {one.lower() for one in allowed} <= {one.lower() for one in others}
    return fits and known[pair]


def inside(given: Shape, shown: Shape) -> Iterator[tuple[Shape, Shape | None]]:
    """The items, values or members of two shapes of one sort, those of the same name together."""
    if isinstance(given, ListShape):
        yield given.member, shown.member
    elif isinstance(given, MapShape):
        yield given.value, shown.value
    elif isinstance(given, StructureShape) and sort(given) == "structure":
        others = {name.lower(): one for name, one in shown.members.items()}
        yield from ((one, others.get(name.lower())) for name, one in given.members.items())


def broken(one: Lifecycle) -> Iterator[str]:
    """What is wrong with a resource's actions as its service's model has them."""
    known = model(one.service)
    create = known.operation_model(one.create.operation.partition(":")[2])
    sources = {"request": create.input_shape, "response": create.output_shape}
    reader = one.read and known.operation_model(one.read.operation.partition(":")[2])
    if one.read:
        whole = one.read.shown in {None, "", "@"}
        sources["read"] = reader.output_shape if whole else at(reader.output_shape, one.read.shown)
    for what, action in actions(one):
        name = action.operation.partition(":")[2]
        if name not in known.operation_names:
            yield f"{action.operation} is no operation"
            continue
        operation = known.operation_model(name)
        request = operation.input_shape
        for binding in action.bindings:
            target, source = at(request, binding.member), at(sources[binding.origin], binding.path)
            if binding.is_list:
                target = target.member
            if sort(target) != sort(source):
                yield f"{action.operation} takes no {sort(source)} as {binding.member}"
        given = {binding.member for binding in action.bindings} | action.params.keys()
        given |= {one.tagging.tags, one.tagging.keys} if one.tagging else set()
        required = set(request.required_members if request else ())
        if what in {"read", "listing", "delete", "tag", "untag", "tags"} and required - given:
            yield f"{action.operation} requires {required - given}"
        shown = at(operation.output_shape, action.shown) if action.shown else None
        for binding in action.identity:
            if sort(at(shown, binding.member)) != sort(at(sources[binding.origin], binding.path)):
                yield f"{action.operation} shows another {binding.member}"
        for path, where in action.places.items():
            given_as = at(create.input_shape, as_jmespath(path))
            shown_as = listed(shown, where, path)
            by_hand = one.values.get(path) in getattr(shown_as, "enum", ())
            if not (by_hand or contained(given_as, shown_as, {})):
                yield f"{action.operation} cannot show {path} at {where}"
        for path, where in action.given.items():
            assert one.read is not None
            described = at(reader.output_shape, one.read.shown)
            given_as = at(request, as_jmespath(path))
            if not contained(given_as, listed(described, where, path), {}):
                yield f"{one.read.operation} cannot show {path} of {action.operation} at {where}"


def as_jmespath(path: str) -> str:
    """The path of a request's member as a jmespath."""
    return path.replace("/item/", "[].").replace("/", ".")


def listed(shown: Shape | None, where: str, given: str) -> Shape:
    """What a place leads to: where it goes through the items of a list, a list of what it finds,
    but for what is given in an item as well.
    """
    if "[]" not in where or "/item/" in given:
        return at(shown, where)
    path, _, last = where.partition("[].")
    assert at(at(shown, f"{path}[]"), last).type_name == "string"
    return TEXTS


TEXTS = ServiceModel(
    {
        "metadata": {},
        "operations": {},
        "shapes": {
            "Texts": {"type": "list", "member": {"shape": "Text"}},
            "Text": {"type": "string"},
        },
    }
).shape_for("Texts")


@pytest.mark.slow("it reads the model of every service")
@pytest.mark.parametrize("part", range(8))
def test_every_lifecycle_fits_its_model(part: int) -> None:
    """Operations exist, bindings take what there is, and places can hold what was given."""
    for service in services()[part::8]:
        for one in lifecycles(service):
            assert [f"{one.id}: {wrong}" for wrong in broken(one)] == []


@pytest.mark.slow("it reads the models of a hundred services")
def test_most_of_what_services_make_is_known() -> None:
    """Of a quarter of the services at least 450 resources can be read, with 2,500 members shown."""
    found = [one for service in services()[::4] for one in lifecycles(service) if one.read]
    assert len(found) >= 450
    assert sum(len(one.read.places) for one in found if one.read) >= 2_500
