"""Operations from the SDK's models: shapes in each protocol, pages, discovery, what only reads."""

import re
from typing import Any

import pytest
from planned import misplanned
from sample_operations import SAMPLE

from conformance.checks.coverage import exercised_by
from conformance.errors import UnknownNameError, UsageError
from conformance.generation.cases import cases, explorations
from conformance.generation.clauses import clauses
from conformance.generation.plans import ANY_ORDER
from conformance.generation.stories import stories
from conformance.protocols.base import entered
from conformance.protocols.table import PROTOCOLS
from conformance.spec.documents import documented
from conformance.spec.operation import Operation
from conformance.spec.registry import registry
from conformance.spec.sdk_models.counting import counts
from conformance.spec.sdk_models.discovery import singular
from conformance.spec.sdk_models.loader import names, operation, protocols, services
from conformance.spec.sdk_models.paging import pagination
from conformance.spec.sdk_models.shapes import MOST_DEPTH, MOST_MEMBERS
from conformance.spec.values import paths

SEGMENT = re.compile(r"[A-Za-z0-9._-]+")
every_sample = pytest.mark.parametrize("name", SAMPLE)


def of(name: str, protocol: str | None = None) -> Operation:
    service, _, operation_name = name.partition(":")
    return operation(service, operation_name, protocol)


class TestTheSample:
    @every_sample
    def test_ids_follow_the_grammar(self, name: str) -> None:
        """Every segment of every id is of letters, digits, dots, dashes and underscores."""
        found = of(name)
        ids = [*clauses(found), *(case.id for case in cases(found))]
        assert clauses(found)
        assert cases(found)
        for one in ids:
            head, *segments = one.split("/")
            assert head == name
            assert all(map(SEGMENT.fullmatch, segments)), one

    @every_sample
    def test_every_clause_has_a_case_or_a_reason(self, name: str) -> None:
        """What no case exercises says why; what has a reason is exercised by none."""
        found = of(name)
        tried = {case.clause for case in cases(found)}
        drawn = {one.direction for one in explorations(found)}
        tried |= {f"{name}/state/{ANY_ORDER}"} if ANY_ORDER in drawn else set()
        tried |= {clause for one in stories(found) for clause in (one.clause, *one.beside)}
        for clause in clauses(found).values():
            if clause.untestable_reason is None:
                assert clause.id in tried or exercised_by(found, clause), clause.id
            else:
                assert clause.id not in tried, clause.id
                assert len(clause.untestable_reason.split()) > 3

    @every_sample
    def test_requests_break_what_they_mean_to(self, name: str) -> None:
        """A request that has to be refused breaks its clause, and its neighbour breaks nothing."""
        found = of(name)
        assert list(misplanned(found, cases(found)))[:5] == []

    @every_sample
    def test_the_budget_is_kept_and_said(self, name: str) -> None:
        """Members stay within depth and number; what lies beyond is said, and so is why not."""
        found = of(name)
        cut = 0
        for schema in (found.request, found.response):
            known = [path for path, steps, _ in paths(schema) if steps[-1][0] == "member"]
            assert len(known) <= MOST_MEMBERS + len(schema["properties"])
            for _, steps, inner in paths(schema):
                assert sum(kind == "member" for kind, _ in steps) <= MOST_DEPTH + 1
                cut += inner.get("type") == "object" and not inner.keys() & {
                    "properties",
                    "additionalProperties",
                }
        if found.left_out:
            assert cut
            assert f"deeper than {MOST_DEPTH}" in found.left_out

    def test_it_holds_every_protocol(self) -> None:
        """Each protocol that the suite speaks is spoken by some operation of the sample."""
        spoken = {one for name in SAMPLE for one in protocols(name.partition(":")[0])}
        assert spoken == set(PROTOCOLS)

    def test_other_protocols_yield_as_well(self) -> None:
        """A service that answers several yields clauses and cases in each."""
        for protocol in protocols("cloudwatch"):
            found = of("cloudwatch:ListMetrics", protocol)
            assert found.protocol == protocol
            assert clauses(found)
            assert list(misplanned(found, cases(found))) == []


class TestShapes:
    def test_json(self) -> None:
        """In a body every member keeps its own name; its bounds are the model's."""
        limit = of("kms:ListKeys").members["Limit"]
        bounds = {"minimum": 1, "maximum": 1000, "bits": 32}
        assert limit == {"type": "integer", "location": "body", **bounds}

    def test_rest_json(self) -> None:
        """Members stand in the path, the query, headers or the body, under their wire names."""
        members = of("lambda:Invoke").members
        assert members["FunctionName"]["location"] == "path"
        assert members["Qualifier"]["location"] == "query"
        assert members["InvocationType"]["location"] == "header"
        assert members["InvocationType"]["wireName"] == "X-Amz-Invocation-Type"
        assert members["Payload"]["location"] == "payload"

    def test_rest_xml(self) -> None:
        """Flattened lists, names of items, and answers in headers are told."""
        found = of("s3:ListObjectsV2")
        assert found.response["properties"]["Contents"]["flattened"]
        assert found.members["MaxKeys"]["wireName"] == "max-keys"
        assert found.http.query == {"list-type": "2"}
        headers = of("s3:HeadObject").response["properties"]
        assert headers["ContentLength"]["location"] == "header"

    def test_query(self) -> None:
        """An action, a version, and the element that answers are wrapped in."""
        wire = of("iam:ListUsers").wire
        assert wire["action"] == "ListUsers"
        assert wire["resultWrapper"] == "ListUsersResult"

    def test_ec2(self) -> None:
        """Names begin with capitals, or are those made for queries."""
        members = of("ec2:DescribeInstances").members
        assert members["InstanceIds"].get("wireName") == "InstanceId"
        assert members["MaxResults"].get("wireName", "MaxResults") == "MaxResults"

    def test_cbor(self) -> None:
        """The service's own name is told; moments are numbers."""
        found = of("cloudwatch:PutMetricData", "smithy-rpc-v2-cbor")
        assert found.wire["service"]
        datum = found.members["MetricData"]["items"]["properties"]
        assert datum["Timestamp"]["format"] == "epoch-seconds"

    @pytest.mark.parametrize(
        ("name", "member", "form"),
        [
            ("logs:CreateLogGroup", None, None),
            ("ce:GetCostAndUsage", None, None),
            ("s3:GetObject", "IfModifiedSince", "http-date"),
            ("cloudtrail:LookupEvents", "StartTime", "epoch-seconds"),
            ("rds:DescribeEvents", "StartTime", "date-time"),
            ("connect:ListPhoneNumbersV2", None, None),
        ],
    )
    def test_moments(self, name: str, member: str | None, form: str | None) -> None:
        """A moment is written as its place and protocol write it."""
        if member is not None:
            assert of(name).members[member]["format"] == form

    def test_a_shape_that_holds_itself_is_entered_once(self) -> None:
        """An expression of expressions has its inner ones' names and no more."""
        filters = of("ce:GetCostAndUsage").members["Filter"]["properties"]
        assert filters["Not"].keys() == {"type", "again"}
        assert entered(filters["Not"]) is of("ce:GetCostAndUsage").members["Filter"]
        assert entered(filters["Or"]["items"]) is of("ce:GetCostAndUsage").members["Filter"]

    def test_a_document_has_no_type(self) -> None:
        """What may be any JSON is of no type, and is still required."""
        found = of("bedrock-runtime:StartAsyncInvoke")
        assert "type" not in found.members["modelInput"]
        assert "bedrock-runtime:StartAsyncInvoke/request/modelInput/required" in {
            case.clause for case in cases(found)
        }

    def test_streams_of_events_cannot_be_tried(self) -> None:
        """An operation that streams events says why nothing of it is tried."""
        assert of("kinesis:SubscribeToShard").untriable
        assert not of("kinesis:ListStreams").untriable


ANSWER: dict[str, Any] = {
    "properties": {
        "Keys": {"type": "array"},
        "Others": {"type": "array", "items": {"properties": {"GroupName": {}}}},
        "Accounts": {"type": "array", "items": {"type": "string"}},
        "Messages": {"type": "array", "items": {"properties": {"Code": {}, "Value": {}}}},
        "Page": {"properties": {"Rows": {"type": "array"}}},
        "Count": {"type": "integer"},
    }
}
REQUEST: dict[str, Any] = {"properties": {"Marker": {}, "Second": {}, "Limit": {}}}


class TestPaginators:
    def test_one_token(self) -> None:
        """A token goes in under one name and comes out under another."""
        found = pagination(
            {"input_token": "Marker", "output_token": "Next.Marker", "result_key": "Keys"},
            REQUEST,
            ANSWER,
        )
        assert found is not None
        assert found.tokens == (("Marker", "Next.Marker"),)
        assert (found.items, found.limit, found.more) == ("Keys", None, None)

    def test_several_tokens_and_a_sign_of_more(self) -> None:
        """Tokens go in pairs; a limit that the operation has is known; so is the sign of more."""
        found = pagination(
            {
                "input_token": ["Marker", "Second"],
                "output_token": ["NextMarker", "NextSecond"],
                "result_key": "Keys",
                "limit_key": "Limit",
                "more_results": "Truncated",
            },
            REQUEST,
            ANSWER,
        )
        assert found is not None
        assert found.tokens == (("Marker", "NextMarker"), ("Second", "NextSecond"))
        assert (found.limit, found.more) == ("Limit", "Truncated")

    def test_nested_and_several_lists(self) -> None:
        """A list may lie deeper; several are read as one; what is no list is left out."""
        nested = {"input_token": "Marker", "output_token": "M", "result_key": "Page.Rows"}
        found = pagination(nested, REQUEST, ANSWER)
        assert found is not None
        assert found.items == "Page.Rows"
        several = {**nested, "result_key": ["Keys", "Count", "Others"]}
        found = pagination(several, REQUEST, ANSWER)
        assert found is not None
        assert found.items == "[Keys, Others][]"

    def test_what_is_no_list_of_items(self) -> None:
        """What says something of the items or of the page is none, nor what is no longer used."""
        lists = ["Accounts", "Messages", "Keys", "Others"]
        several = {"input_token": "Marker", "output_token": "M", "result_key": lists}
        for unused, items in (((), "[Accounts, Others][]"), (("Others",), "Accounts")):
            found = pagination(several, REQUEST, ANSWER, unused=unused)
            assert found is not None
            assert found.items == items

    @pytest.mark.parametrize(
        ("name", "items"),
        [
            ("logs:FilterLogEvents", "events"),  # "searchedLogStreams … is no longer supported"
            ("cloudwatch:ListMetrics", "Metrics"),  # "a 1:1 mapping between each metric … and"
            ("rekognition:ListCollections", "CollectionIds"),  # "versions … in the array"
            ("kinesis:ListStreams", "[StreamNames, StreamSummaries][]"),
            ("s3:ListObjectsV2", "[Contents, CommonPrefixes][]"),
        ],
    )
    def test_lists_beside_each_other(self, name: str, items: str) -> None:
        """What the installed SDK's paginators read side by side."""
        paging = of(name).pagination
        assert paging is not None
        assert paging.items == items

    @pytest.mark.parametrize(
        "change",
        [
            {"input_token": "Elsewhere"},
            {"result_key": "Count"},
            {"output_token": ["M", "N"]},
            {"output_token": "not(a path"},
            {"result_key": None},
        ],
    )
    def test_what_describes_no_pages(self, change: dict[str, Any]) -> None:
        """A paginator that does not fit its operation describes nothing."""
        whole = {"input_token": "Marker", "output_token": "M", "result_key": "Keys"}
        assert pagination({**whole, **change}, REQUEST, ANSWER) is None

    def test_real_ones(self) -> None:
        """Record sets go on by three names, and the limit of a few is text."""
        records = of("route53:ListResourceRecordSets").pagination
        assert records is not None
        assert len(records.tokens) == 3
        assert records.more == "IsTruncated"
        assert of("route53:ListHostedZones").page_size(5) == "5"


class TestDiscovery:
    @pytest.mark.parametrize(
        ("name", "member", "place"),
        [
            ("kms:DescribeKey", "KeyId", ("kms:ListKeys", "Keys[].KeyId")),
            ("s3:ListObjectsV2", "Bucket", ("s3:ListBuckets", "Buckets[].Name")),
            ("ssm:GetParameter", "Name", ("ssm:DescribeParameters", "Parameters[].Name")),
            ("dynamodb:Scan", "TableName", ("dynamodb:ListTables", "TableNames[]")),
            (
                "ec2:ApplySecurityGroupsToClientVpnTargetNetwork",
                "SecurityGroupIds",
                ("ec2:DescribeSecurityGroups", "SecurityGroups[].GroupId"),
            ),
            ("apigateway:GetStages", "restApiId", ("apigateway:GetRestApis", "items[].id")),
            ("glue:GetTables", "DatabaseName", ("glue:GetDatabases", "DatabaseList[].Name")),
            ("events:DescribeRule", "EventBusName", ("events:ListEventBuses", "EventBuses[].Name")),
            ("kms:ListGrants", "GrantId", ("kms:ListRetirableGrants", "Grants[].GrantId")),
        ],
    )
    def test_values_are_found(self, name: str, member: str, place: tuple[str, str]) -> None:
        """The first place where a value is looked for is the one that a person would name."""
        first = of(name).resources[member].places[0]
        assert (first.operation, first.path) == place

    def test_what_need_not_be_given_has_a_value_in_any_case(self) -> None:
        """An optional identifier of which none is listed is tried with one of the right form."""
        found = of("events:DescribeRule").resources
        assert found["EventBusName"].placeholder == "a"
        assert found["Name"].placeholder is None
        assert "NextToken" not in of("events:ListRules").resources
        assert of("events:ListRules").resources.keys() == {"EventBusName"}

    def test_places_ask_for_less(self) -> None:
        """A listing needs no other members than what it is asked for, and not the one wanted."""
        asked = [
            (place.operation, found, member)
            for found in map(of, SAMPLE)
            for member, resource in found.resources.items()
            for place in resource.places
        ]
        assert len(asked) > len(SAMPLE) / 2
        for name, found, member in asked:
            listing = registry()[name]
            assert listing.readonly, (name, found.id)
            assert listing.required < found.required | {member}, (name, found.id)
            assert listing.required <= found.required, (name, found.id)

    def test_lists_ask_for_as_many_as_they_must_hold(self) -> None:
        """Where two are the least, two different values are asked for."""
        (baseline,) = of("quicksight:CreateVPCConnection").baselines
        ranks = [value.get("rank", 0) for value in baseline.params["SubnetIds"]]
        assert ranks == [0, 1]

    @pytest.mark.parametrize(
        ("plural", "one"),
        [
            ("Policies", "Policy"),
            ("Addresses", "Address"),
            ("Keys", "Key"),
            ("Status", "Status"),
            ("Aliases", "Alias"),
            ("Alias", "Alias"),
            ("EventBuses", "EventBus"),
            ("RestApis", "RestApi"),
            ("Databases", "Database"),
            ("Analysis", "Analysis"),
        ],
    )
    def test_plurals(self, plural: str, one: str) -> None:
        """Names of lists become names of what they hold."""
        assert singular(plural) == one


class TestServices:
    def test_every_service_speaks_something(self) -> None:
        """None of the SDK's services has only protocols that the suite does not speak."""
        assert set(counts()) == set(services())
        assert counts()["sqs"] == len(names("sqs"))
        assert min(counts().values()) > 0

    def test_documents_go_first(self) -> None:
        """The catalogue finds documented operations as their documents describe them."""
        assert registry()["chime:ListPhoneNumbers"].described_in == "document"
        assert registry()["chime:ListUsers"].described_in == "model"
        assert set(registry()) == set(documented())

    @pytest.mark.parametrize(
        ("name", "reads"),
        [
            ("sqs:ListQueues", True),
            ("kms:DescribeKey", True),
            ("dynamodb:Query", True),
            ("dynamodb:BatchGetItem", True),
            ("sqs:ReceiveMessage", False),
            ("kms:Decrypt", False),
            ("s3:PutObject", False),
            ("iam:GenerateCredentialReport", False),
        ],
    )
    def test_what_only_reads(self, name: str, reads: bool) -> None:
        """Names that begin like a question only read; all others may change things."""
        assert of(name).readonly is reads

    def test_errors_have_their_short_forms(self) -> None:
        """A code that differs from the shape's name is known beside it, with its status."""
        found = of("iam:CreateUser")
        assert found.errors["EntityAlreadyExistsException"] == 409
        assert found.error_codes["EntityAlreadyExistsException"] == ("EntityAlreadyExists",)

    @pytest.mark.parametrize(
        ("name", "protocol", "says"),
        [
            ("sqss:ListQueues", None, "did you mean sqs?"),
            ("sqs:ListQueue", None, "did you mean sqs:ListQueues?"),
            ("kms:ListKeys", "ec2", "kms does not speak ec2"),
        ],
    )
    def test_what_is_not_there(self, name: str, protocol: str | None, says: str) -> None:
        """One sentence with the nearest name, or with what is spoken."""
        with pytest.raises((UnknownNameError, UsageError), match=re.escape(says)):
            of(name, protocol)
