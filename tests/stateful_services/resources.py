"""The kinds of things that the server keeps: what each one's requests and responses are called."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

from conformance.spec.lifecycles.names import folded
from stateful_services.keys_and_endpoints import ApiKey, PlatformEndpoint
from stateful_services.memory import Members, Refused, Resource, Thing

_ACCOUNT = "123456789012"


class Queue(Resource):
    """A queue of SQS, in JSON 1.0."""

    service = "sqs"
    noun = "Queue"
    tags_member = "tags"
    unknown = (400, "com.amazonaws.sqs#QueueDoesNotExist")
    verbs: ClassVar[Mapping[str, str]] = {
        "CreateQueue": "make",
        "GetQueueAttributes": "read",
        "ListQueues": "list",
        "SetQueueAttributes": "change",
        "DeleteQueue": "delete",
        "TagQueue": "tag",
        "UntagQueue": "untag",
        "ListQueueTags": "list_tags",
    }

    def new_id(self, params: Members, number: int) -> str:
        return f"http://localhost/{_ACCOUNT}/{params['QueueName']}"

    def asked(self, params: Members) -> Sequence[str]:
        return [params["QueueUrl"]] if "QueueUrl" in params else []

    def created(self, thing: Thing) -> Members:
        return {"QueueUrl": thing.id}

    def described(self, params: Members) -> Members:
        return {"Attributes": params["Attributes"]}

    def fits(self, thing: Thing, params: Members) -> Sequence[bool]:
        name = thing.id.rpartition("/")[2]
        return [self.manner.begins(name, params.get("QueueNamePrefix", ""))]

    def one(self, shown: Members, thing: Thing) -> Members:
        own = {
            "VisibilityTimeout": "30",
            "QueueArn": f"arn:aws:sqs:us-east-1:{_ACCOUNT}:{thing.id}",
        }
        return {"Attributes": {**own, **shown.get("Attributes", {})}}

    def several(self, shown: Sequence[Members], things: Sequence[Thing]) -> Members:
        return {"QueueUrls": [thing.id for thing in things]}

    def as_tags(self, tags: Mapping[str, str]) -> Any:
        return dict(tags)


class Table(Resource):
    """A table of DynamoDB, in JSON 1.0."""

    service = "dynamodb"
    noun = "Table"
    unknown = (400, "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException")
    duplicate = (400, "com.amazonaws.dynamodb.v20120810#ResourceInUseException")
    state = ("TableStatus", "DELETING")
    paging = ("ExclusiveStartTableName", "LastEvaluatedTableName")
    defaults: ClassVar[Members] = {"TableStatus": "ACTIVE", "ItemCount": 0}
    verbs: ClassVar[Mapping[str, str]] = {
        "CreateTable": "make",
        "DescribeTable": "read",
        "ListTables": "list",
        "UpdateTable": "change",
        "DeleteTable": "delete",
        "TagResource": "tag",
        "UntagResource": "untag",
        "ListTagsOfResource": "list_tags",
    }

    def new_id(self, params: Members, number: int) -> str:
        return str(params["TableName"])

    def asked(self, params: Members) -> Sequence[str]:
        name = params.get("TableName") or params.get("ResourceArn", "")
        if "TableName" in params and not self.manner.takes_arns:
            return [name]
        return [name.rpartition("/")[2]] if name else []

    def own(self, thing: Thing) -> Members:
        arn = f"arn:aws:dynamodb:us-east-1:{_ACCOUNT}:table/{thing.id}"
        return {"TableArn": arn, "TableId": f"table-{thing.number}"}

    def placed(self, given: Members) -> Members:
        found = dict(given)
        if "BillingMode" in found:
            found["BillingModeSummary"] = {"BillingMode": found.pop("BillingMode")}
        if "TableClass" in found:
            found["TableClassSummary"] = {"TableClass": found.pop("TableClass")}
        known = ("SSESpecification", "ResourcePolicy", "Replicas", "ReplicaUpdates")
        return {name: value for name, value in found.items() if name not in known}

    def created(self, thing: Thing) -> Members:
        return {"TableDescription": self.shown(thing)}

    def one(self, shown: Members, thing: Thing) -> Members:
        return {"Table": shown}

    def several(self, shown: Sequence[Members], things: Sequence[Thing]) -> Members:
        return {"TableNames": [thing.id for thing in things]}


class Backup(Resource):
    """A backup of the only table of DynamoDB, in JSON 1.0."""

    service = "dynamodb"
    noun = "Backup"
    unknown = (400, "com.amazonaws.dynamodb.v20120810#BackupNotFoundException")
    paging = ("ExclusiveStartBackupArn", "LastEvaluatedBackupArn")
    parents = ("ListTables",)
    verbs: ClassVar[Mapping[str, str]] = {
        "ListTables": "list_tables",
        "CreateBackup": "make",
        "DescribeBackup": "read",
        "ListBackups": "list",
        "DeleteBackup": "delete",
    }
    _table = "conformance-table"
    _made = 1714557600.5

    def list_tables(self, params: Members) -> Members:
        """The only table."""
        return {"TableNames": [self._table]}

    def make(self, params: Members) -> Members:
        if not self.manner.is_there(params["TableName"] == self._table):
            kind = "com.amazonaws.dynamodb.v20120810#TableNotFoundException"
            raise Refused(*(self.manner.unknown_reference or (400, kind)))
        return super().make(params)

    def new_id(self, params: Members, number: int) -> str:
        return f"arn:aws:dynamodb:us-east-1:{_ACCOUNT}:table/{self._table}/backup/{number:016}"

    def asked(self, params: Members) -> Sequence[str]:
        return [params["BackupArn"]] if "BackupArn" in params else []

    def own(self, thing: Thing) -> Members:
        states = {"BackupStatus": "AVAILABLE", "BackupType": "USER"}
        return {**states, "BackupArn": thing.id, "BackupCreationDateTime": self._made}

    def created(self, thing: Thing) -> Members:
        return {"BackupDetails": self.shown(thing)}

    def one(self, shown: Members, thing: Thing) -> Members:
        source = {"TableName": self._table}
        return {"BackupDescription": {"BackupDetails": shown, "SourceTableDetails": source}}

    def fits(self, thing: Thing, params: Members) -> Sequence[bool]:
        since = params.get("TimeRangeLowerBound", 0)
        until = params.get("TimeRangeUpperBound", 2 * self._made)
        return [
            self.manner.is_within(self._made, since, until),
            params.get("BackupType", "ALL") in ("ALL", "USER"),
            self.manner.has(self._table, [params.get("TableName", self._table)]),
        ]

    def several(self, shown: Sequence[Members], things: Sequence[Thing]) -> Members:
        return {"BackupSummaries": list(shown)}


class User(Resource):
    """A user of IAM, in the query protocol."""

    service = "iam"
    noun = "User"
    unknown = (404, "NoSuchEntity")
    duplicate = (409, "EntityAlreadyExists")
    paging = ("Marker", "Marker")
    defaults: ClassVar[Members] = {"Path": "/", "CreateDate": "2024-05-01T10:00:00Z"}
    verbs: ClassVar[Mapping[str, str]] = {
        f"{verb}{noun}": method
        for noun in ("User", "Role")
        for verb, method in {
            "Create": "make",
            "Get": "read",
            "Update": "change",
            "Delete": "delete",
            "Tag": "tag",
            "Untag": "untag",
        }.items()
    } | {
        "UpdateRoleDescription": "change",
        "ListUsers": "list",
        "ListRoles": "list",
        "ListUserTags": "list_tags",
        "ListRoleTags": "list_tags",
    }

    def described(self, params: Members) -> Members:
        found = super().described(params)
        return found | ({"Path": found.pop("NewPath")} if "NewPath" in found else {})

    def new_id(self, params: Members, number: int) -> str:
        return str(params[f"{self.noun}Name"])

    def asked(self, params: Members) -> Sequence[str]:
        name = params.get(f"{self.noun}Name")
        return [name] if name else []

    def own(self, thing: Thing) -> Members:
        kind = self.noun.lower()
        arn = f"arn:aws:iam::{_ACCOUNT}:{kind}/{thing.id}"
        return {f"{self.noun}Id": f"AIDA{thing.number:016}", "Arn": arn}

    def placed(self, given: Members) -> Members:
        found = dict(given)
        boundary = found.pop("PermissionsBoundary", None)
        if boundary is not None:
            found["PermissionsBoundary"] = {"PermissionsBoundaryArn": boundary}
        return found

    def created(self, thing: Thing) -> Members:
        return {self.noun: self.shown(thing)}

    def fits(self, thing: Thing, params: Members) -> Sequence[bool]:
        path = self.shown(thing).get("Path", "")
        return [self.manner.begins(path, params.get("PathPrefix", ""))]

    def one(self, shown: Members, thing: Thing) -> Members:
        return {self.noun: shown}

    def several(self, shown: Sequence[Members], things: Sequence[Thing]) -> Members:
        return {f"{self.noun}s": list(shown), "IsTruncated": things[-1:] != self.things[-1:]}


class Role(User):
    """A role of IAM, whose policy is shown with percent signs."""

    noun = "Role"

    def placed(self, given: Members) -> Members:
        found = super().placed(given)
        document = found.get("AssumeRolePolicyDocument")
        return {**found, "AssumeRolePolicyDocument": quote(document)} if document else found


class Volume(Resource):
    """A volume of EC2."""

    service = "ec2"
    noun = "Volume"
    token = "ClientToken"
    tags_member = "TagSpecifications"
    unknown = (400, "InvalidVolume.NotFound")
    state = ("State", "deleting")
    defaults: ClassVar[Members] = {"State": "available", "Size": 8, "VolumeType": "gp2"}
    verbs: ClassVar[Mapping[str, str]] = {
        "CreateVolume": "make",
        "DescribeVolumes": "list",
        "ModifyVolume": "change",
        "DeleteVolume": "delete",
        "CreateTags": "tag",
        "DeleteTags": "untag",
    }

    def new_id(self, params: Members, number: int) -> str:
        return f"vol-{number:017x}"

    def asked(self, params: Members) -> Sequence[str]:
        names = params.get("VolumeIds") or params.get("Resources") or [params.get("VolumeId")]
        return [name for name in names if name]

    def own(self, thing: Thing) -> Members:
        tags = self.manner.shows_tags(thing)
        arn = f"arn:aws:ec2:us-east-1:{_ACCOUNT}:volume/{thing.id}"
        called = {"VolumeId": thing.id, "VolumeArn": arn}
        return {**called, **({"Tags": self.as_tags(tags)} if tags else {})}

    def created(self, thing: Thing) -> Members:
        return self.shown(thing)

    def described(self, params: Members) -> Members:
        return {name: value for name, value in params.items() if name != "VolumeId"}

    def fits(self, thing: Thing, params: Members) -> Sequence[bool]:
        shown = {folded(name): value for name, value in self.shown(thing).items()}
        shown["status"] = shown["state"]
        tags = self.manner.shows_tags(thing)
        answers = []
        for one in params.get("Filters", ()):
            name, values = one["Name"], one.get("Values", [])
            if name == "tag-key":
                answers.append(any(self.manner.has(key, values) for key in tags))
            elif name.startswith("tag:"):
                answers.append(self.manner.has(tags.get(name[4:]), values))
            else:
                answers.append(self.manner.has(shown.get(folded(name)), values))
        return answers

    def several(self, shown: Sequence[Members], things: Sequence[Thing]) -> Members:
        return {"Volumes": list(shown)}


class Bucket(Resource):
    """A bucket of S3, in REST-XML."""

    service = "s3"
    noun = "Bucket"
    unknown = (404, "NoSuchBucket")
    duplicate = (409, "BucketAlreadyOwnedByYou")
    paging = ("ContinuationToken", "ContinuationToken")
    verbs: ClassVar[Mapping[str, str]] = {
        "CreateBucket": "make",
        "HeadBucket": "read",
        "ListBuckets": "list",
        "DeleteBucket": "delete",
        "PutBucketCors": "put_cors",
        "GetBucketCors": "get_cors",
        "DeleteBucketCors": "delete_cors",
    }

    def put_cors(self, params: Members) -> Members:
        """Say who may use the bucket."""
        self.manner.attaches(self.find(params["Bucket"]), params["CORSConfiguration"])
        return {}

    def get_cors(self, params: Members) -> Members:
        """Who may use the bucket."""
        found = self.find(params["Bucket"]).part
        if found is None:
            raise Refused(404, "NoSuchCORSConfiguration")
        return dict(found)

    def delete_cors(self, params: Members) -> Members:
        """Nobody may use it any more."""
        self.manner.detaches(self.find(params["Bucket"]))
        return {}

    def new_id(self, params: Members, number: int) -> str:
        return str(params["Bucket"])

    def asked(self, params: Members) -> Sequence[str]:
        return [params["Bucket"]] if "Bucket" in params else []

    def created(self, thing: Thing) -> Members:
        return {"Location": f"/{thing.id}"}

    def one(self, shown: Members, thing: Thing) -> Members:
        return {"BucketRegion": "us-east-1"}

    def several(self, shown: Sequence[Members], things: Sequence[Thing]) -> Members:
        made = "2024-05-01T10:00:00Z"
        return {"Buckets": [{"Name": one.id, "CreationDate": made} for one in things]}


class Api(Resource):
    """An API of API Gateway v2, in REST-JSON."""

    service = "apigatewayv2"
    noun = "Api"
    unknown = (404, "NotFoundException")
    defaults: ClassVar[Members] = {"CreatedDate": "2024-05-01T10:00:00Z"}
    verbs: ClassVar[Mapping[str, str]] = {
        "CreateApi": "make",
        "GetApi": "read",
        "GetApis": "list",
        "UpdateApi": "change",
        "DeleteApi": "delete",
    }

    def new_id(self, params: Members, number: int) -> str:
        return f"api{number:07}"

    def asked(self, params: Members) -> Sequence[str]:
        return [params["ApiId"]] if "ApiId" in params else []

    def own(self, thing: Thing) -> Members:
        tags = self.manner.shows_tags(thing)
        return {"ApiId": thing.id, **({"Tags": tags} if tags else {})}

    def placed(self, given: Members) -> Members:
        hidden = ("Target", "RouteKey", "CredentialsArn")
        return {name: value for name, value in given.items() if name not in hidden}

    def created(self, thing: Thing) -> Members:
        return self.shown(thing)

    def several(self, shown: Sequence[Members], things: Sequence[Thing]) -> Members:
        return {"Items": list(shown)}


class Route(Resource):
    """A route of an API of API Gateway v2; there is one API."""

    service = "apigatewayv2"
    noun = "Route"
    unknown = (404, "NotFoundException")
    parents = ("GetApis",)
    verbs: ClassVar[Mapping[str, str]] = {
        "CreateRoute": "make",
        "GetRoute": "read",
        "GetRoutes": "list",
        "UpdateRoute": "change",
        "DeleteRoute": "delete",
        "GetApis": "list_apis",
    }

    def list_apis(self, params: Members) -> Members:
        """The only API."""
        return {"Items": [{"ApiId": "api0000001", "Name": "api"}]}

    def new_id(self, params: Members, number: int) -> str:
        return f"route{number:03}"

    def asked(self, params: Members) -> Sequence[str]:
        return [params["RouteId"]] if "RouteId" in params else []

    def own(self, thing: Thing) -> Members:
        return {"RouteId": thing.id}

    def created(self, thing: Thing) -> Members:
        return self.shown(thing)

    def placed(self, given: Members) -> Members:
        return {name: value for name, value in given.items() if name not in ("ApiId", "RouteId")}

    def several(self, shown: Sequence[Members], things: Sequence[Thing]) -> Members:
        return {"Items": list(shown)}


class Alarm(Resource):
    """An alarm of CloudWatch, in CBOR. A second one of the same name replaces the first."""

    service = "cloudwatch"
    protocol = "smithy-rpc-v2-cbor"
    noun = "MetricAlarm"
    unknown = (400, "ResourceNotFound")
    defaults: ClassVar[Members] = {"StateValue": "INSUFFICIENT_DATA"}
    verbs: ClassVar[Mapping[str, str]] = {
        "PutMetricAlarm": "put",
        "DescribeAlarms": "list",
        "DeleteAlarms": "delete",
        "TagResource": "tag",
        "UntagResource": "untag",
        "ListTagsForResource": "list_tags",
    }

    def put(self, params: Members) -> Members:
        """Make an alarm, in the place of another one of its name."""
        self.things = [one for one in self.things if one.id != params["AlarmName"]]
        return self.make(params)

    def new_id(self, params: Members, number: int) -> str:
        return str(params["AlarmName"])

    def asked(self, params: Members) -> Sequence[str]:
        if "ResourceARN" in params:
            return [params["ResourceARN"].rpartition(":")[2]]
        known = {thing.id for thing in self.things}
        return [name for name in params.get("AlarmNames", []) if name in known]

    def list(self, params: Members) -> Members:
        """Alarms; what is unknown is left out."""
        if params.get("AlarmNames") and not self.asked(params):
            return self.several([], [])
        return super().list(params)

    def fits(self, thing: Thing, params: Members) -> Sequence[bool]:
        shown = self.shown(thing)
        answers = [self.manner.begins(thing.id, params.get("AlarmNamePrefix", ""))]
        if "StateValue" in params:
            answers.append(self.manner.has(shown["StateValue"], [params["StateValue"]]))
        return answers

    def own(self, thing: Thing) -> Members:
        return {"AlarmArn": f"arn:aws:cloudwatch:us-east-1:{_ACCOUNT}:alarm:{thing.id}"}

    def several(self, shown: Sequence[Members], things: Sequence[Thing]) -> Members:
        return {"MetricAlarms": list(shown)}


class Destination(Resource):
    """A destination of CloudWatch Logs, in JSON 1.1; nothing reads one alone."""

    service = "logs"
    noun = "Destination"
    tags_member = "tags"
    unknown = (400, "ResourceNotFoundException")
    paging = ("nextToken", "nextToken")
    verbs: ClassVar[Mapping[str, str]] = {
        "PutDestination": "make",
        "DescribeDestinations": "list",
        "DeleteDestination": "delete",
        "TagResource": "tag",
        "UntagResource": "untag",
        "ListTagsForResource": "list_tags",
    }

    def begin(self) -> None:
        role = f"arn:aws:iam::{_ACCOUNT}:role/first"
        self.make({"destinationName": "first", "targetArn": role, "roleArn": role})

    def new_id(self, params: Members, number: int) -> str:
        return str(params["destinationName"])

    def asked(self, params: Members) -> Sequence[str]:
        name = params.get("destinationName") or params.get("resourceArn", "").rpartition(":")[2]
        return [name] if name else []

    def own(self, thing: Thing) -> Members:
        return {"arn": f"arn:aws:logs:us-east-1:{_ACCOUNT}:destination:{thing.id}"}

    def created(self, thing: Thing) -> Members:
        return {"destination": self.shown(thing)}

    def several(self, shown: Sequence[Members], things: Sequence[Thing]) -> Members:
        return {"destinations": [*shown]}

    def fits(self, thing: Thing, params: Members) -> Sequence[bool]:
        return [self.manner.begins(thing.id, params.get("DestinationNamePrefix", ""))]

    def untag(self, params: Members) -> Members:
        return super().untag({**params, "TagKeys": params["tagKeys"]})

    def list_tags(self, params: Members) -> Members:
        (name,) = self.asked(params)
        return {"tags": dict(self.manner.shows_tags(self.find(name)))}


class AccountAlias(Resource):
    """The alias of an account of IAM, in the query protocol: a new one replaces the former."""

    service = "iam"
    noun = "AccountAlias"
    unknown = (404, "NoSuchEntity")
    verbs: ClassVar[Mapping[str, str]] = {
        "CreateAccountAlias": "make",
        "ListAccountAliases": "list",
        "DeleteAccountAlias": "delete",
    }

    def make(self, params: Members) -> Members:
        self.things.clear()
        return super().make(params)

    def new_id(self, params: Members, number: int) -> str:
        return str(params["AccountAlias"])

    def asked(self, params: Members) -> Sequence[str]:
        return [params["AccountAlias"]] if "AccountAlias" in params else []

    def several(self, shown: Sequence[Members], things: Sequence[Thing]) -> Members:
        return {"AccountAliases": [thing.id for thing in things], "IsTruncated": False}


_ALL = (
    *(Queue, Table, Backup, User, Role, Volume, Bucket, Api, Route, Alarm),
    *(Destination, AccountAlias, ApiKey, PlatformEndpoint),
)
RESOURCES: Mapping[str, type[Resource]] = {one.noun: one for one in _ALL}
