"""Availability: unsupported in every protocol and by every kind of response, or undecided."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance.checks.findings import Verdict
from conformance.errors import UsageError
from conformance.execution.availability import Status, response_kind, same_kind
from conformance.execution.engine import Engine
from conformance.execution.executor import execute
from conformance.execution.session import TargetSession
from conformance.generation.cases import cases
from conformance.generation.plans import Call
from conformance.protocols.http import Exchange, Failure, FailureKind, Request
from conformance.spec.documents import documented
from conformance.spec.registry import never, registry, select
from conftest import answer

LIST = documented()["chime:ListPhoneNumbers"]
GET = documented()["chime:GetPhoneNumber"]
SEARCH = documented()["chime:SearchAvailablePhoneNumbers"]
V2 = documented()["connect:ListPhoneNumbersV2"]
CONNECT = documented()["connect:SearchAvailablePhoneNumbers"]

HTML = b"<!doctype html><title>no</title><h1>no such page</h1>"
NO_BUCKET = b"<?xml version='1.0'?><Error><Code>NoSuchBucket</Code><Message>no</Message></Error>"
#: What targets answer where they know nothing of an operation.
MANNERS = {
    "501": answer(501, b"{}"),
    "404-page": answer(404, HTML, ("Content-Type", "text/html")),
    "no-such-bucket": answer(404, NO_BUCKET, ("Content-Type", "application/xml")),
    "unsupported-service": answer(400, b"unsupported service", ("Content-Type", "text/plain")),
    "500-page": answer(500, HTML, ("Content-Type", "text/html")),
    "200-empty": answer(200, b""),
}
OPERATIONS = {
    "json": "sqs:ListQueues",
    "rest-json": "lambda:ListFunctions",
    "rest-xml": "route53:ListHostedZones",
    "query": "iam:ListUsers",
    "ec2": "ec2:DescribeVpcs",
    "smithy-rpc-v2-cbor": "cloudwatch:ListMetrics",
}


def connected(url: str, sending: Any, protocol: str | None = None) -> TargetSession:
    return TargetSession(registry(protocol), sending(url))


def always(response: bytes) -> Any:
    """Answer every request alike."""

    def attend(server: Any, connection: Any, number: int) -> None:
        while server.read(connection):
            connection.sendall(response)

    return attend


class TestStatus:
    @pytest.mark.parametrize(
        ("degenerate", "status"),
        [
            ("always-400", Status.UNSUPPORTED),
            ("always-403", Status.REFUSED),
            ("always-404", Status.UNSUPPORTED),
            ("always-500", Status.UNSUPPORTED),
            ("always-501", Status.UNSUPPORTED),
            ("always-empty-object", Status.UNSUPPORTED),
            ("empty", Status.UNSUPPORTED),
            ("html", Status.UNSUPPORTED),
            ("echo", Status.UNSUPPORTED),
            ("hangs-up", Status.UNANSWERED),
            ("flood", Status.UNSUPPORTED),
            ("one-page", Status.IMPLEMENTED),
            ("repeats-for-ever", Status.IMPLEMENTED),
        ],
    )
    def test_absent_is_distinguished_from_broken(
        self, degenerate: str, status: Status, reference: Any, session: TargetSession
    ) -> None:
        """Responding as to an operation that cannot exist is unsupported, whatever the response."""
        reference.become(degenerate=degenerate)
        for operation in (LIST, V2):
            assert session.discovery.availability(operation).status is status
        assert session.discovery.availability(LIST).reason or status is Status.IMPLEMENTED

    def test_it_is_found_out_once(self, reference: Any, session: TargetSession) -> None:
        """A second question costs no request."""
        first = session.discovery.availability(LIST)
        before = reference.sender.requests
        assert session.discovery.availability(LIST) is first
        assert reference.sender.requests == before

    def test_a_baseline_with_data_is_preferred(self, session: TargetSession) -> None:
        """Of several valid calls one that is answered with items is kept."""
        for operation in (SEARCH, CONNECT, V2):
            availability = session.discovery.availability(operation)
            assert availability.status is Status.IMPLEMENTED
            assert session.discovery.listing(operation).items

    @pytest.mark.parametrize("status", [401, 403])
    def test_refused_credentials_are_no_failure(
        self, status: int, scripted: Any, sending: Any
    ) -> None:
        """Who refuses the credentials may be anything: it is inconclusive."""
        server = scripted([answer(404), answer(status, b'{"Code": "AccessDenied"}')])
        availability = TargetSession(documented(), sending(server.url)).discovery.availability(LIST)
        assert availability.status is Status.REFUSED
        assert str(status) in availability.reason

    def test_a_valid_call_that_is_refused_is_broken(self, scripted: Any, sending: Any) -> None:
        """An operation that is there, and answers no valid call, is neither absent nor fine."""
        refusal = answer(
            400, b'{"Code": "BadRequest"}', ("x-amzn-ErrorType", "BadRequestException")
        )
        server = scripted([answer(404), refusal])
        assert (
            TargetSession(documented(), sending(server.url)).discovery.availability(LIST).status
            is Status.BROKEN
        )

    def test_what_needs_an_id_that_nobody_lists_is_unknown(
        self, reference: Any, session: TargetSession
    ) -> None:
        """Without any number there is no valid call of GetPhoneNumber, and the way out is said."""
        reference.become(dialect="empty-account")
        availability = session.discovery.availability(GET)
        assert availability.status is Status.UNKNOWN
        hint = (
            "the target lists no PhoneNumberId; give one with --resource chime:PhoneNumberId=VALUE"
        )
        assert availability.reason == hint

    def test_another_body_is_another_kind(self, fabricate: Any) -> None:
        """Two responses are of one kind if status, members and error type are the same."""
        missing = fabricate.exchange(status=404, body={"Code": "NotFound"})
        same = fabricate.exchange(status=404, body={"Code": "NotFound"})
        other = fabricate.exchange(status=404, body={"Code": "BadRequest"})
        assert same_kind(LIST, missing, same)
        assert not same_kind(LIST, missing, other)
        assert response_kind(LIST, missing) != response_kind(LIST, fabricate.exchange(status=400))
        page = fabricate.exchange(body={"PhoneNumbers": []})
        assert not same_kind(LIST, page, page)


def test_what_answers_another_operation_is_absent(fabricate: Any) -> None:
    """``GET /bucket?abac`` is answered with the listing where ``abac`` means nothing."""
    operation = registry()["s3:GetBucketAbac"]
    missing = fabricate.exchange(status=404, body=NO_BUCKET)
    listing = b"<ListBucketResult><Name>b</Name></ListBucketResult>"
    own = b"<AbacStatus><Status>Enabled</Status></AbacStatus>"
    assert same_kind(operation, missing, fabricate.exchange(body=listing))
    assert not same_kind(operation, missing, fabricate.exchange(body=own))


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("protocol", OPERATIONS)
def test_what_is_absent_is_unsupported_once(
    scripted: Callable[..., Any], sending: Any, protocol: str, manner: str
) -> None:
    """Whatever the manner, over every protocol: one finding says so, and no other case fails."""
    chosen = protocol if protocol == "smithy-rpc-v2-cbor" else None
    asked = connected(scripted(always(MANNERS[manner])).url, sending, chosen)
    operation = asked.discovery.operations[OPERATIONS[protocol]]
    assert operation.protocol == protocol
    assert asked.discovery.availability(operation).status is Status.UNSUPPORTED
    engine = Engine(session=asked)
    from_all = [engine.run(case).outcome for case in cases(operation)[:12]]
    assert from_all.count(Verdict.UNSUPPORTED) == 1
    assert set(from_all) == {Verdict.UNSUPPORTED, Verdict.INCONCLUSIVE}


def test_a_bucket_that_nobody_has_is_not_an_operation_that_nobody_has(
    scripted: Callable[..., Any], sending: Any
) -> None:
    """S3 says of an unknown path what it says of an unknown bucket: nothing can be told."""
    asked = connected(scripted(always(MANNERS["no-such-bucket"])).url, sending)
    availability = asked.discovery.availability(asked.discovery.operations["s3:GetBucketLocation"])
    assert availability.status is Status.UNKNOWN
    assert "--resource s3:Bucket=VALUE" in availability.reason


def test_a_refused_call_that_only_a_model_made_proves_nothing(
    scripted: Callable[..., Any], sending: Any
) -> None:
    """A model does not say what has to be there before: a 400 of its own is no failure."""

    def attend(server: Any, connection: Any, number: int) -> None:
        while raw := server.read(connection):
            known = b"AWSStepFunctions.List" in raw or b"TrentService.ListKeys" in raw
            refusal = {"__type": "SomethingElseException"}
            nowhere = {"__type": "UnknownOperationException"}
            body = json.dumps(refusal if known else nowhere).encode()
            connection.sendall(answer(400 if known else 404, body))

    asked = connected(scripted(attend).url, sending)
    availability = asked.discovery.availability(asked.discovery.operations["kms:ListKeys"])
    assert availability.status is Status.UNKNOWN
    assert "400 SomethingElseException" in availability.reason


def test_event_streams_are_not_tried(scripted: Callable[..., Any], sending: Any) -> None:
    """What cannot be spoken is inconclusive, and nothing is sent for it."""
    server = scripted([answer()])
    asked = connected(server.url, sending)
    availability = asked.discovery.availability(
        asked.discovery.operations["kinesis:SubscribeToShard"]
    )
    assert (availability.status, server.requests) == (Status.UNKNOWN, [])
    assert "event streams" in availability.reason


def test_what_is_created_has_a_new_name_each_time(
    scripted: Callable[..., Any], sending: Any
) -> None:
    """The second of a name would be a conflict."""
    done = b"<CreateUserResponse><CreateUserResult><User/></CreateUserResult></CreateUserResponse>"

    def attend(server: Any, connection: Any, number: int) -> None:
        while raw := server.read(connection):
            known = b"Action=CreateUser&" in raw
            connection.sendall(answer(200, done) if known else answer(400, b""))

    asked = connected(scripted(attend).url, sending)
    operation = asked.discovery.operations["iam:CreateUser"]
    assert asked.discovery.availability(operation).status is Status.IMPLEMENTED
    sent = [execute(asked, operation, Call(base=True))[0][0].params["UserName"] for _ in range(3)]
    assert len(set(sent)) == 3
    assert all(name.startswith("aws-conformance-new-") for name in sent)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"patterns": ["sqs:CreateQueue"]}, "sqs:CreateQueue changes things; give --mutating"),
        ({"patterns": ["sqs:Create*"]}, "changes things"),
        ({"patterns": ["sqs:ListQueue"]}, "did you mean sqs:ListQueues?"),
        ({"patterns": ["sqss:ListQueues"]}, "There is no service 'sqss'; did you mean sqs?"),
        ({"patterns": ["sqs:Nothing*"]}, "There is no operation 'sqs:Nothing*'"),
        ({"patterns": ["kms:ListKeys"], "protocol": "query"}, "None of the chosen operations"),
        ({"patterns": ["kms:ListKeys"], "protocol": "jsn"}, "did you mean json?"),
    ],
)
def test_what_cannot_be_chosen_is_said_in_one_sentence(words: dict[str, Any], says: str) -> None:
    """With the nearest name where there is one."""
    with pytest.raises(UsageError) as caught:
        select(words["patterns"], protocol=words.get("protocol"))
    assert says in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_wildcard_leaves_out_what_changes_things() -> None:
    """What is left out is told; with ``mutating`` nothing is."""
    reading, everything = select(["sqs:*"]), select(["sqs:*"], refused=never)
    assert "sqs:CreateQueue" in reading.left_out
    assert "sqs:CreateQueue" not in {one.id for one in reading.operations}
    assert len(everything.operations) == len(reading.operations) + len(reading.left_out)


NOT_FOUND = answer(404, b'{"Message": "no"}', ("x-amzn-ErrorType", "ResourceNotFoundException"))
PAGE_500 = answer(500, HTML, ("Content-Type", "text/html"))


@pytest.mark.parametrize(
    ("operation", "response", "absent"),
    [
        ("lambda:GetFunctionUrlConfig", NOT_FOUND, False),
        ("lambda:GetFunctionUrlConfig", MANNERS["404-page"], True),
        ("dynamodb:PutItem", PAGE_500, False),
        ("dynamodb:PutItem", MANNERS["501"], True),
        ("dynamodb:ListTables", PAGE_500, True),
    ],
)
def test_likeness_proves_absence_only_where_it_may(
    scripted: Callable[..., Any], sending: Any, operation: str, response: bytes, absent: bool
) -> None:
    """An error of its own shows that an operation is there; a failed server shows nothing."""
    target = scripted(always(response)).url
    given = {"FunctionName": "f", "TableName": "t"}
    asked = TargetSession(registry(None), sending(target), resources=given)
    found = asked.discovery.availability(asked.discovery.operations[operation])
    assert (found.status is Status.UNSUPPORTED) == absent, found.reason


@pytest.mark.parametrize(
    ("other", "absent"),
    [
        (PAGE_500, True),
        (answer(503, HTML, ("Content-Type", "text/html")), False),
        (answer(500, b'{"__type": "InternalServerError"}'), False),
        (answer(400, b'{"__type": "DoesNotExistException"}'), False),
    ],
)
def test_what_fails_whatever_is_asked_of_it_is_absent(
    scripted: Callable[..., Any], sending: Any, other: bytes, absent: bool
) -> None:
    """A server that fails at what it does not know fails at every well-formed request for it.

    At one value alone it may fail for another reason: two that differ are asked for. A gateway
    that fails at everything for a while says nothing.
    """
    asked: list[bytes] = []

    def attend(server: Any, connection: Any, number: int) -> None:
        while raw := server.read(connection):
            known = b"AmazonSSM.GetOpsMetadata" in raw
            asked.extend([raw] if known else [])
            first = not known or len(asked) == 1
            gateway = b" 503 " in other[:20]
            connection.sendall(PAGE_500 if first and not gateway else other)

    target = connected(scripted(attend).url, sending)
    found = target.discovery.availability(target.discovery.operations["ssm:GetOpsMetadata"])
    assert found.status is (Status.UNSUPPORTED if absent else Status.UNKNOWN), found.reason
    bodies = {raw.partition(b"\r\n\r\n")[2] for raw in asked}
    assert len(bodies) == (1 if b" 503 " in other[:20] else 2)


def test_one_request_alone_shows_no_absence(scripted: Callable[..., Any], sending: Any) -> None:
    """Where there is but one valid value, a failure may be that of the value."""
    target = connected(scripted(always(PAGE_500)).url, sending, "query")
    operation = target.discovery.operations["cloudwatch:GetDataset"]
    assert target.discovery.availability(operation).status is Status.UNKNOWN


def test_a_target_that_is_gone_is_not_absent(sending: Any) -> None:
    """Refused connections are no response: nothing is known of any operation."""
    asked = connected("http://127.0.0.1:9", sending)
    found = asked.discovery.availability(asked.discovery.operations["sqs:ListQueues"])
    assert found.status is Status.UNANSWERED
    assert found.reason.startswith("the target cannot be reached")


def test_a_service_that_is_slow_at_first_gets_one_longer_try(
    scripted: Callable[..., Any], sending: Any
) -> None:
    """A service that is loaded when it is first asked for is there; one try, not more."""
    target = scripted([answer(404, b"{}"), answer(200, b'{"QueueUrls": ["http://a/b"]}')])
    asked = connected(target.url, sending)
    exchange = asked.caller.call
    seen: list[float] = []

    def slow(operation: Any, params: Any, *rest: Any) -> Any:
        seen.append(asked.caller.sender._transport.timeout)
        if len(seen) == 1:
            return timed_out(operation)
        return exchange(operation, params, *rest)

    asked.caller.call = slow  # type: ignore[method-assign]
    found = asked.discovery.availability(asked.discovery.operations["sqs:ListQueues"])
    assert found.status is Status.IMPLEMENTED
    assert seen[1] == 4 * seen[0]
    assert seen[2] == seen[0]


def timed_out(operation: Any) -> Any:
    return Exchange(
        operation=operation.id,
        params={},
        request=Request(method="POST", url="http://h/", headers=(), body=b""),
        failure=Failure(kind=FailureKind.TIMEOUT, detail="slow"),
    )
