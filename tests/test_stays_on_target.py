"""A run never leaves its target, whatever the SDK makes of parameters and of answers.

Every host that is looked up or connected to is listed, whoever does it; a counting server
shows that what is reported is what was sent.
"""

import socket
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import botocore.hooks
import pytest

from conformance.errors import ConformanceError
from conformance.execution.engine import Engine, collected
from conformance.execution.provisioning.hooks import Target
from conformance.execution.session import TargetSession
from conformance.protocols.base import Additions, Alteration
from conformance.protocols.http import Request, Response
from conformance.protocols.table import PROTOCOLS
from conformance.spec.registry import registry
from conformance.spec.sdk_models.loader import names, operation
from conformance.transport.connection import OutsideTargetError
from conformance.transport.endpoint_config import Endpoint, credentials, origin
from conformance.transport.sdk_clients import Manner, OneRequest
from conformance.transport.sender import NotSentError, Sender
from conftest import answer

Start = Callable[..., Any]
Sending = Callable[..., Sender]

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
STREAM = "aaaaaaaaaaaaaaaaaaaa-aaa"
ACCESS_POINT = "arn:aws:s3:us-west-2:123456789012:accesspoint/point"
OUTPOST = "arn:aws:s3-outposts:us-west-2:123456789012:outpost:op-01234567890123456:accesspoint:ap"
MANY_REGIONS = "arn:aws:s3::123456789012:accesspoint:mfzwi23gnjvgw.mrap"
LAMBDA = "arn:aws:s3-object-lambda:us-west-2:123456789012:accesspoint/point"
EXPRESS = "bucket--use1-az4--x-s3"
#: Values of which some endpoint rule makes another host.
ROUTING = (
    STREAM,
    ACCESS_POINT,
    OUTPOST,
    MANY_REGIONS,
    LAMBDA,
    EXPRESS,
    "arn:aws:kinesis:us-west-2:123456789012:stream/s",
    "arn:aws:dynamodb:us-west-2:123456789012:table/t",
    "arn:aws:s3-outposts:us-west-2:123456789012:outpost:op-01234567890123456:bucket:bucket",
    "op-01234567890123456",
    "123456789012",
    "abc.456",
    "http://elsewhere.example/",
)


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Every host that is looked up or connected to; only loopback is let through."""
    found: set[str] = set()
    lookup, connect = socket.getaddrinfo, socket.socket.connect

    def listed(host: Any) -> None:
        name = host.decode() if isinstance(host, bytes) else str(host)
        found.add(name)
        if name not in LOOPBACK:
            raise OSError("there is no network here")

    def looked_up(host: Any, *rest: Any, **options: Any) -> Any:
        listed(host)
        return lookup(host, *rest, **options)

    def connected(self: socket.socket, address: Any) -> None:
        listed(address[0])
        connect(self, address)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    monkeypatch.setattr(socket.socket, "connect", connected)
    yield found
    assert found <= LOOPBACK


class Kept(Sender):
    """A sender whose requests are kept instead of sent."""

    def __init__(self, endpoint: Endpoint, **options: Any) -> None:
        super().__init__(endpoint, **options)
        self.kept: list[Request] = []

    def carry(self, request: Request) -> Response:
        self.kept.append(request)
        return Response(status=200, headers=(), body=b"")


# ------------------------------------------------------------ what the SDK makes of parameters


@pytest.mark.usefixtures("hosts")
@pytest.mark.parametrize(
    ("name", "params", "path"),
    [
        ("kinesis:DescribeStreamSummary", {"StreamId": STREAM}, "/"),
        ("kinesis:DeleteStream", {"StreamId": STREAM}, "/"),
        ("s3:DeleteObject", {"Bucket": ACCESS_POINT, "Key": "k"}, f"/{ACCESS_POINT}/k"),
        ("s3:DeleteObject", {"Bucket": OUTPOST, "Key": "a/b"}, f"/{OUTPOST}/a/b"),
        ("s3:DeleteObject", {"Bucket": MANY_REGIONS, "Key": "k"}, f"/{MANY_REGIONS}/k"),
        ("s3:DeleteObject", {"Bucket": LAMBDA, "Key": "k"}, f"/{LAMBDA}/k"),
        ("s3:DeleteObject", {"Bucket": EXPRESS, "Key": "k"}, f"/{EXPRESS}/k"),
        ("s3:DeleteBucket", {"Bucket": ACCESS_POINT}, f"/{ACCESS_POINT}"),
        ("s3:HeadBucket", {"Bucket": EXPRESS}, f"/{EXPRESS}"),
        ("s3control:GetAccessPoint", {"AccountId": "1" * 12, "Name": "ap"}, None),
        ("s3control:DeleteBucket", {"AccountId": "1" * 12, "Bucket": "op--s3"}, None),
        ("events:PutEvents", {"EndpointId": "abc.456", "Entries": [{"Source": "s"}]}, "/"),
        ("sesv2:SendEmail", {"EndpointId": "abc.456", "Content": {}}, "/v2/email/outbound-emails"),
        (
            "machinelearning:Predict",
            {"MLModelId": "m", "Record": {}, "PredictEndpoint": "https://elsewhere.example/x"},
            "/",
        ),
        (
            "machinelearning:Predict",
            {"MLModelId": "m", "Record": {}, "PredictEndpoint": "http://["},
            "/",
        ),
        ("dynamodb:GetItem", {"TableName": ROUTING[7], "Key": {"a": {"S": "b"}}}, "/"),
        ("sts:GetCallerIdentity", {}, "/"),
        ("iotsitewise:ListAssets", {}, "/assets"),
        ("logs:StartLiveTail", {"logGroupIdentifiers": ["a"]}, "/"),
        ("neptune-graph:GetGraphSummary", {"graphIdentifier": "g-0123456789"}, "/summary"),
    ],
)
def test_parameters_choose_no_host(
    scripted: Start, sending: Sending, name: str, params: Mapping[str, Any], path: str | None
) -> None:
    """What would make another host of a parameter goes to the target, and says the parameter."""
    server = scripted([answer(200, b"{}")])
    op = operation(*name.split(":"))
    exchange = sending(server.url).send(op, params)
    assert origin(exchange.request.url) == origin(server.url)
    assert len(server.requests) == 1
    if path is not None:
        assert exchange.request.path.replace("%3A", ":").replace("%2F", "/") == path
    read = PROTOCOLS[op.protocol].members(op, exchange.request)
    assert read is not None
    assert {key: read[key] for key in params} == dict(params)


@pytest.mark.parametrize("service", ["events", "dynamodbstreams", "kinesis", "s3", "s3control"])
def test_no_endpoint_rule_leads_away(service: str) -> None:
    """Of whatever member and value the SDK's rules make an address: it is the target's.

    What is sent names the member's value where it belongs, so that no other operation is
    asked for: a bucket in the host's name would leave its object's key in the bucket's place.
    """
    sender = Kept(Endpoint(url="http://127.0.0.1:9"))
    stray = 0
    # of the many operations of the last two every seventh; their rules are those of the service
    for name in names(service)[:: 7 if service.startswith("s3") else 1]:
        op = operation(*name.split(":"))
        model = sender._client(service, Manner.BARE).meta.service_model.operation_model(op.name)
        for member in sorted({one.member_name for one in model.context_parameters}):
            for value in ROUTING:
                needed = {one: "xyz" for one in op.required if op.members[one]["type"] == "string"}
                sender.kept.clear()
                exchange = sender.send(op, {**needed, member: value})
                assert [one.url for one in sender.kept] == [exchange.request.url]
                assert exchange.request.url.startswith("http://127.0.0.1:9/")
                if op.members[member].get("location") == "path":
                    read = PROTOCOLS[op.protocol].members(op, exchange.request) or {}
                    assert read[member] == value, (name, exchange.request.url)
                assert sender._flight is not None
                stray += bool(sender._flight.stray)
    assert stray or service not in {"kinesis", "s3control"}


@pytest.mark.parametrize(
    ("name", "params", "path"),
    [
        ("kinesis:DescribeStreamSummary", {"StreamId": STREAM}, "/below"),
        ("kinesis:DescribeStreamSummary", {"StreamName": "s"}, "/below"),
        ("kinesis:DescribeStreamSummary", {"StreamName": 5}, "/below"),
        ("s3:GetObject", {"Bucket": ACCESS_POINT, "Key": "k"}, f"/below/{ACCESS_POINT}/k"),
        ("s3:GetObject", {"Bucket": "below", "Key": "k"}, "/below/below/k"),
        (
            "s3control:GetAccessPoint",
            {"AccountId": "1" * 12, "Name": "ap"},
            "/below/v20180820/accesspoint/ap",
        ),
        (
            "s3control:GetAccessPoint",
            {"AccountId": "not a host", "Name": "ap"},
            "/below/v20180820/accesspoint/ap",
        ),
        ("chime:GetPhoneNumber", {"PhoneNumberId": "+1"}, "/below/phone-numbers/+1"),
    ],
)
def test_a_target_below_a_path(name: str, params: Mapping[str, Any], path: str) -> None:
    """What is brought back to a target is brought back below its path, once."""
    sender = Kept(Endpoint(url="http://127.0.0.1:9/below"))
    asked = sender.send(operation(*name.split(":")), params).request
    said = asked.path.replace("%3A", ":").replace("%2F", "/").replace("%2B", "+")
    assert said.rstrip("/") == path


@pytest.mark.usefixtures("hosts")
def test_a_url_from_elsewhere_is_not_sent(
    scripted: Start, sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the SDK insists on another address behind our back, nothing is sent at all."""
    server = scripted([answer()])
    sender = sending(server.url, fresh=True)
    op = operation("kinesis", "ListStreams")

    def elsewhere(request: Any, **_: Any) -> None:
        request.url = "http://elsewhere.example/"

    client = sender._client("kinesis", Manner.DEFAULT, op.protocol)
    client.meta.events.register_first("before-send", elsewhere)
    with pytest.raises(NotSentError, match=r"to http://elsewhere.example/, not to the target"):
        sender.send(op, {})
    assert not server.requests
    assert sender.requests == 0


@pytest.mark.usefixtures("hosts")
def test_the_connection_is_a_second_belt(sending: Sending) -> None:
    """A URL that does not lead to the target gets no connection, whoever asks for it."""
    sender = sending("http://127.0.0.1:9")
    for url in (
        "http://elsewhere.example/",
        "https://127.0.0.1:9/",
        "http://127.0.0.1:10/",
        "http://127.0.0.1/",
        "http://127.0.0.1:9@elsewhere.example/",
        "http://elsewhere.example:9/#127.0.0.1:9",
        "http://127.0.0.1:9.elsewhere.example/",
        "//127.0.0.1:9/",
        "http://[",
    ):
        with pytest.raises(OutsideTargetError):
            sender._transport.send(Request(method="GET", url=url, headers=(), body=b""))


@pytest.mark.parametrize(
    ("region", "url", "reached"),
    [
        ("us-east-1", "https://chime.us-east-1.amazonaws.com/search", True),
        ("us-east-1", "https://service.chime.aws.amazon.com/", True),
        ("us-east-1", "https://s3.dualstack.us-east-1.api.aws/", True),
        ("us-east-1", "http://chime.us-east-1.amazonaws.com/", False),
        ("us-east-1", "https://chime.us-east-1.amazonaws.com:8443/", False),
        ("us-east-1", "https://connect.cn-north-1.amazonaws.com.cn/", False),
        ("us-east-1", "https://amazonaws.com.elsewhere.example/", False),
        ("us-east-1", "https://notamazonaws.com/", False),
        ("us-east-1", "https://127.0.0.1/", False),
        ("cn-north-1", "https://connect.cn-north-1.amazonaws.com.cn/", True),
        ("cn-north-1", "https://connect.us-east-1.amazonaws.com/", False),
    ],
)
def test_aws_is_reached_by_its_own_hosts_alone(region: str, url: str, reached: bool) -> None:
    """A run on AWS sends to hosts of the Region's partition, over TLS."""
    assert Endpoint(url=None, region=region).reaches(url) is reached


def test_on_aws_no_parameter_chooses_a_host() -> None:
    """A host that is not AWS's is not asked, even where a member names it."""
    sender = Kept(Endpoint(url=None), signer=("key", "secret", None))
    op = operation("machinelearning", "Predict")
    params = {"MLModelId": "m", "Record": {}, "PredictEndpoint": "https://elsewhere.example/x"}
    sender.send(op, params)
    assert [one.url for one in sender.kept] == ["https://machinelearning.us-east-1.amazonaws.com/"]


# ------------------------------------------------------------ what answers ask for

XML = ("Content-Type", "application/xml")
ELSEWHERE = ("x-amz-bucket-region", "eu-west-1")
#: Answers on which the SDK by itself sends something again, to another Region or after a look-up.
AGAIN: Mapping[str, tuple[str, bytes]] = {
    "moved": ("s3:GetObject", answer(301, b"", ELSEWHERE)),
    "moved-with-body": (
        "s3:ListObjectsV2",
        answer(301, b"<Error><Code>PermanentRedirect</Code></Error>", XML, ELSEWHERE),
    ),
    "moved-without-region": ("s3:GetObject", answer(301, b"")),
    "moved-for-now": (
        "s3:PutObject",
        answer(307, b"", ("Location", "http://elsewhere.example/bucket/key"), ELSEWHERE),
    ),
    "other-region": (
        "s3:GetObject",
        answer(
            400,
            b"<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>",
            XML,
        ),
    ),
    "head": ("s3:HeadObject", answer(400, b"", ELSEWHERE)),
    "head-bucket": ("s3:HeadBucket", answer(301, b"", ELSEWHERE)),
    "error-in-200": (
        "s3:CopyObject",
        answer(200, b"<Error><Code>InternalError</Code></Error>", XML),
    ),
    "other-endpoint": (
        "timestream-query:DescribeEndpoints",
        answer(421, b'{"__type": "InvalidEndpointException"}'),
    ),
    "moved-elsewhere": ("sqs:ListQueues", answer(302, b"", ("Location", "http://x.example/"))),
    "busy": ("sqs:ListQueues", answer(503, b"{}")),
    "broken": ("dynamodb:ListTables", answer(500, b"{}", ("x-amz-crc32", "1"))),
    "checksum": ("dynamodb:ListTables", answer(200, b"{}", ("x-amz-crc32", "1"))),
    "clock": (
        "sts:GetCallerIdentity",
        answer(
            403,
            b"<ErrorResponse><Error><Code>RequestExpired</Code></Error></ErrorResponse>",
            XML,
        ),
    ),
}
NEEDED = {"Bucket": "bucket", "Key": "key", "CopySource": "bucket/key"}


@pytest.mark.usefixtures("hosts")
@pytest.mark.parametrize("kind", AGAIN)
def test_no_answer_has_a_request_sent_again(scripted: Start, sending: Sending, kind: str) -> None:
    """One call is one request to the target, signed for the run's Region, and counted as one."""
    name, raw = AGAIN[kind]
    server = scripted([raw])
    sender = sending(server.url)
    op = operation(*name.split(":"))
    params = {one: NEEDED[one] for one in op.required}
    for number, sdk in enumerate((Additions.ANY, Additions.NONE), 1):
        sender.send(op, params, Alteration(sdk=sdk))
        assert len(server.requests) == sender.requests == number
        assert b"/us-east-1/" in server.requests[-1]


def test_an_error_in_a_success_is_still_one(scripted: Start, sending: Sending) -> None:
    """What the SDK makes of S3's errors with status 200 does not hang on its retries."""
    name, raw = AGAIN["error-in-200"]
    exchange = sending(scripted([raw]).url).send(operation(*name.split(":")), NEEDED)
    assert exchange.sdk_error is not None
    assert "InternalError" in exchange.sdk_error


def test_what_the_sdk_does_not_send_is_not_counted(scripted: Start, sending: Sending) -> None:
    """A request that is built twice because the SDK refuses the first is one request."""
    server = scripted([answer()])
    sender = sending(server.url)
    sender.send(operation("kinesis", "DescribeStream"), {"StreamName": "", "Limit": 0})
    assert len(server.requests) == sender.requests == 1


def test_a_target_that_is_gone_got_nothing(sending: Sending) -> None:
    """Where no connection came about, no request is counted."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    sender = sending(f"http://127.0.0.1:{port}")
    assert sender.send(operation("sqs", "ListQueues"), {}).failure is not None
    assert sender.requests == 0


def test_a_connection_renewed_is_a_request_more(scripted: Start, sending: Sending) -> None:
    """A request written to a connection that was dropped is sent anew, and both are counted."""

    def attend(server: Any, connection: socket.socket, number: int) -> None:
        while server.read(connection):
            if len(server.requests) == 2:
                return
            connection.sendall(answer())

    server = scripted(attend)
    sender = sending(server.url)
    for _ in range(2):
        assert sender.send(operation("sqs", "ListQueues"), {}).status == 200
    assert len(server.requests) == sender.requests == 3


def test_only_looks_at_a_response_are_kept_of_what_decides_on_retries() -> None:
    """The SDK's events leave out what keeps a state, and let no handler ask for another try."""
    events = OneRequest()
    seen: list[str] = []

    def looks(**_: Any) -> int:
        seen.append("looked")
        return 0

    class Keeps:
        def again(self, **_: Any) -> int:
            raise AssertionError

    for register in (events.register, events.register_first, events.register_last):
        register("needs-retry.s3", Keeps().again)
    events.register("needs-retry.s3", looks)
    assert isinstance(events, botocore.hooks.HierarchicalEmitter)
    assert events.emit("needs-retry.s3.GetObject") == []
    assert seen == ["looked"]


# ------------------------------------------------------------ whatever else sends


@pytest.mark.usefixtures("hosts")
def test_a_users_client_stays_on_the_target(scripted: Start) -> None:
    """Provisioning written by a user is held to the target as cases are."""
    server = scripted([answer(301, b"", ELSEWHERE)])
    target = Target(endpoint=Endpoint(url=server.url), operations=())
    with pytest.raises(NotSentError, match=r"-kinesis.us-east-1.amazonaws.com"):
        target.client("kinesis").describe_stream_summary(StreamId=STREAM)
    assert not server.requests
    with pytest.raises(Exception, match="301"):
        target.client("s3").get_object(Bucket="bucket", Key="key")
    assert len(server.requests) == 1


@pytest.mark.usefixtures("hosts")
def test_no_metadata_service_is_asked_for_a_url(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A named profile without credentials is refused; they are not sought on this machine."""
    path = tmp_path / "config"
    path.write_text("[profile empty]\nregion = eu-west-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/")
    with pytest.raises(ConformanceError, match="no AWS credentials"):
        credentials(Endpoint(url="http://127.0.0.1:9", profile="empty"))


JSON = ("Content-Type", "application/json")
RUN = (
    "kinesis:DeleteStream",
    "s3:DeleteObject",
    "s3control:GetAccessPoint",
    "events:PutEvents",
    "dynamodb:GetItem",
    "machinelearning:Predict",
)


@pytest.mark.parametrize("name", RUN)
def test_a_whole_run_stays_on_its_target(
    scripted: Start, sending: Sending, hosts: set[str], name: str
) -> None:
    """All cases of an operation, explorations too, ask the target alone, and all is counted."""

    def attend(server: Any, connection: socket.socket, number: int) -> None:
        while raw := server.read(connection):
            absent = b"nosuchoperation" in raw.lower().replace(b"-", b"")
            connection.sendall(answer(404 if absent else 200, b"{}", JSON))

    server = scripted(attend)
    given = {"Bucket": ACCESS_POINT, "Key": "k", "StreamId": STREAM, "AccountId": "1" * 12}
    session = TargetSession(registry(), sending(server.url), resources=given)
    engine = Engine(session=session, examples=5)
    for tried in collected([registry().find(name)]):
        engine.run(tried)
    assert hosts == {"127.0.0.1"}
    assert session.sender.requests == len(server.requests) > 5
