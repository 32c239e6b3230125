"""What calls leave behind: servers with a memory are left in peace, and faulty ones are noticed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from stateful import Handler, Queues, Refused, Service

from conformance.checks.findings import Finding, Verdict
from conformance.checks.table import judge
from conformance.execution.engine import Engine, collected
from conformance.execution.provisioning import files
from conformance.execution.provisioning.resources import ProvisionedResources
from conformance.execution.provisioning.runner import SPARE, Provisioner
from conformance.execution.session import TargetSession
from conformance.generation.plans import Call, Case, Expect
from conformance.report.build import applicable
from conformance.spec.registry import registry

RECIPE = files.parse(
    {
        "format": files.FORMAT,
        "service": "sqs",
        "steps": [
            {
                "name": "queues",
                "call": "CreateQueue",
                "times": 2,
                "params": {"QueueName": "${unique}-${number}"},
                "undo": {
                    "call": "DeleteQueue",
                    "params": {"QueueUrl": {"answer": "queues", "path": "QueueUrl"}},
                },
                "provides": {"QueueUrl": {"answer": "queues", "path": "QueueUrl"}},
            }
        ],
    },
    name="queues",
)
DELETE = "sqs:DeleteQueue"
GONE = f"{DELETE}/state/gone"
VALID = "protocol/accepts-valid"


@pytest.fixture
def engine(scripted: Callable[..., Any], sending: Any) -> Callable[..., Engine]:
    """An engine on a service with these handlers, without explorations."""

    def start(service: Service, **known: str) -> Engine:
        url = scripted(service.attend).url
        session = TargetSession(registry(), sending(url), resources=known)
        return Engine(session=session, examples=0)

    return start


def findings(engine: Engine, *operations: str) -> list[Finding]:
    """All that is found on some operations, in the order of a run."""
    chosen = [registry().find(name) for name in operations]
    return [
        one for tried in collected(chosen, explored=False) for one in engine.run(tried).findings
    ]


def verdicts(found: Iterable[Finding], clause: str) -> set[str]:
    return {str(one.verdict) for one in found if one.clause == clause}


def fails(found: Iterable[Finding]) -> set[tuple[str, str]]:
    return {(one.clause, one.observed) for one in found if one.verdict is Verdict.FAIL}


def provisioned(engine: Engine, *destroyed: str) -> Provisioner:
    """Make two queues, and more of them for the operations that destroy some."""
    resources = ProvisionedResources()
    made = Provisioner(engine.session.sender, resources)
    made.make([RECIPE], destroyed)
    engine.session.discovery.use_resources(resources)
    return made


#: A valid request that is not the baseline.
DELAYED = Case(
    id="sqs:SendMessage/protocol/accepts-valid/delayed",
    operation="sqs:SendMessage",
    clause="sqs:SendMessage/protocol/accepts-valid",
    expect=Expect.ACCEPTED,
    title="a promise: delayed",
    steps=(Call(base=True, set={"DelaySeconds": 5}),),
)


class TestDeletions:
    @pytest.mark.parametrize("idempotent", [False, True], ids=["refuses", "idempotent"])
    def test_each_deletes_a_thing_of_its_own(
        self, engine: Callable[..., Engine], idempotent: bool
    ) -> None:
        """Neither a server that refuses to delete what is gone fails, nor one that does not."""
        queues = Queues(idempotent=idempotent)
        trial = engine(Service("sqs", queues.handlers))
        made = provisioned(trial, DELETE)
        assert len(queues.urls) == 2 + SPARE
        kept = queues.urls[:2]
        found = findings(trial, DELETE, "sqs:GetQueueAttributes")
        assert not fails(found)
        assert verdicts(found, GONE) == {"pass"}
        assert verdicts(found, f"{DELETE}/{VALID}") == {"pass"}
        assert queues.urls[:2] == kept
        made.take_down()
        assert queues.urls == []
        assert "all taken down" in " ".join(made.lines())

    @pytest.mark.parametrize("idempotent", [False, True], ids=["refuses", "idempotent"])
    def test_one_that_deletes_nothing_is_not_conformant(
        self, engine: Callable[..., Engine], idempotent: bool
    ) -> None:
        """It shows the same names as before: a warning, and the area has no pass."""
        trial = engine(Service("sqs", Queues(deletes=False, idempotent=idempotent).handlers))
        provisioned(trial, DELETE)
        found = findings(trial, DELETE)
        assert verdicts(found, GONE) == {"warn"}
        assert "state" in applicable(registry().find(DELETE))

    def test_the_only_thing_is_deleted_once(self, engine: Callable[..., Engine]) -> None:
        """Without things to spare the second call is refused rightly, and shows the deletion."""
        queues = Queues()
        queues.urls = ["http://localhost/000000000000/mine"]
        trial = engine(Service("sqs", queues.handlers), QueueUrl=queues.urls[0])
        found = findings(trial, DELETE)
        assert not fails(found)
        assert verdicts(found, GONE) == {"pass"}
        assert verdicts(found, f"{DELETE}/{VALID}") == {"inconclusive"}
        assert any("an earlier call may have changed" in one.observed for one in found)

    def test_what_shows_its_state_fails_where_that_stays(
        self, engine: Callable[..., Engine]
    ) -> None:
        """A parameter that is described as before, after two deletions, was not deleted."""

        def parameters(deletes: bool) -> Mapping[str, Handler]:
            held = {f"p{number}": {"Name": f"p{number}", "Type": "String"} for number in range(3)}

            def delete(params: Mapping[str, Any]) -> Mapping[str, Any]:
                if params["Name"] not in held:
                    raise Refused("ParameterNotFound")
                if deletes:
                    del held[params["Name"]]
                return {}

            show = {"DescribeParameters": lambda params: {"Parameters": [*held.values()]}}
            return {**show, "DeleteParameter": delete}

        for deletes, verdict in ((True, "pass"), (False, "fail")):
            trial = engine(Service("ssm", parameters(deletes)))
            found = findings(trial, "ssm:DeleteParameter")
            assert verdicts(found, "ssm:DeleteParameter/state/gone") == {verdict}
            assert len(fails(found)) == (0 if deletes else 1)

    def test_things_are_shared_between_workers(self) -> None:
        """No two workers destroy the same thing, and together they have them all."""
        things = [{"QueueUrl": str(number)} for number in range(5)]
        shares = []
        for number in range(2):
            one = ProvisionedResources(spare={DELETE: list(things)})
            one.share(number, 2)
            shares.append(one.spare[DELETE])
        assert sorted(one["QueueUrl"] for share in shares for one in share) == list("01234")

    def test_a_target_that_takes_no_more_has_fewer(self, engine: Callable[..., Engine]) -> None:
        """A limit on how many things there are stops nothing that is needed."""
        queues = Queues()
        create = queues.handlers["CreateQueue"]

        def limited(params: Mapping[str, Any]) -> Mapping[str, Any]:
            if len(queues.urls) >= 4:
                raise Refused("LimitExceeded")
            return create(params)

        trial = engine(Service("sqs", {**queues.handlers, "CreateQueue": limited}))
        made = provisioned(trial, DELETE)
        assert len(made.provisioned.spare[DELETE]) == 2
        assert not made.provisioned.problems
        assert not fails(findings(trial, DELETE))


def once(error: str) -> Handler:
    """A handler that accepts one call, and then says that it is done."""
    done: list[Any] = []

    def handler(params: Mapping[str, Any]) -> Mapping[str, Any]:
        if done:
            raise Refused(error)
        done.append(params)
        return {}

    return handler


class TestCallsThatChangeWhatTheyNeed:
    @pytest.mark.parametrize(
        ("operation", "error", "known"),
        [
            ("dynamodb:UpdateTimeToLive", "ValidationException", {"TableName": "table"}),
            ("glue:CreateDatabase", "AlreadyExistsException", {}),
            ("sqs:PurgeQueue", "PurgeQueueInProgress", {"QueueUrl": "http://localhost/q"}),
        ],
    )
    def test_a_second_call_may_be_refused(
        self,
        engine: Callable[..., Engine],
        operation: str,
        error: str,
        known: Mapping[str, str],
    ) -> None:
        """What is enabled, there, or under way is no failure, and no baseline twice."""
        service, _, name = operation.partition(":")
        found = findings(engine(Service(service, {name: once(error)}), **known), operation)
        assert not fails(found)
        assert verdicts(found, f"{operation}/{VALID}") == {"inconclusive"}

    def test_a_valid_request_that_is_refused_fails_beside_an_accepted_baseline(
        self, engine: Callable[..., Engine]
    ) -> None:
        """The baseline is accepted before and after: then it is the request that is refused."""

        def send(params: Mapping[str, Any]) -> Mapping[str, Any]:
            if "DelaySeconds" in params:
                raise Refused("InvalidParameterValue")
            return {"MessageId": "1", "MD5OfMessageBody": "0" * 32}

        trial = engine(Service("sqs", {"SendMessage": send}), QueueUrl="http://localhost/q")
        (found,) = (one for one in trial.judge(DELAYED) if one.clause == DELAYED.clause)
        assert (found.verdict, found.observed) == (Verdict.FAIL, "400 InvalidParameterValue")

    def test_a_refusal_that_passes_is_none(self, engine: Callable[..., Engine]) -> None:
        """A request that is accepted when it is sent again was refused for what was before."""
        refused: list[Any] = []

        def send(params: Mapping[str, Any]) -> Mapping[str, Any]:
            if "DelaySeconds" in params and not refused:
                refused.append(params)
                raise Refused("RequestThrottledForAWhile")
            return {"MessageId": "1", "MD5OfMessageBody": "0" * 32}

        trial = engine(Service("sqs", {"SendMessage": send}), QueueUrl="http://localhost/q")
        assert not fails(trial.judge(DELAYED))
        assert refused


class TestOrder:
    @pytest.mark.parametrize(
        ("operations", "expected"),
        [
            (
                [
                    "dynamodb:DeleteTable",
                    "dynamodb:DeleteItem",
                    "dynamodb:PutItem",
                    "dynamodb:Scan",
                ],
                ["Scan", "PutItem", "DeleteItem", "DeleteTable"],
            ),
            (
                ["s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:DeleteObject", "s3:GetObject"],
                ["GetObject", "DeleteObject", "DeleteBucketPolicy", "DeleteBucket"],
            ),
            (
                ["sqs:DeleteQueue", "sqs:PurgeQueue", "sqs:SendMessage", "sqs:DeleteMessage"],
                ["SendMessage", "DeleteMessage", "PurgeQueue", "DeleteQueue"],
            ),
        ],
    )
    def test_what_destroys_comes_last(self, operations: list[str], expected: list[str]) -> None:
        """First what reads, then what changes; of what destroys, parts before the whole."""
        tried = collected([registry().find(name) for name in operations])
        assert list(dict.fromkeys(one.operation.partition(":")[2] for one in tried)) == expected

    def test_accepted_requests_come_last_within_what_destroys(self) -> None:
        """What is refused destroys nothing; the deletion itself is judged before things run out."""
        tried = [one for one in collected([registry().find(DELETE)]) if isinstance(one, Case)]
        assert [
            one.clause.partition("/")[2] for one in tried if one.expect is not Expect.IMPLEMENTED
        ][:2] == [VALID, "state/gone"]
        expected = [one.expect for one in tried if not one.clause.endswith(VALID)]
        assert expected.index(Expect.GONE) < expected.index(Expect.REFUSED)
        assert max(i for i, one in enumerate(expected) if one is Expect.REFUSED) < min(
            i for i, one in enumerate(expected) if one in {Expect.ACCEPTED, Expect.ANYTHING}
        )


def records(refuse: Callable[[Mapping[str, Any]], str]) -> Handler:
    """A handler of kinesis' PutRecords that says of each record what became of it."""

    def put(params: Mapping[str, Any]) -> Mapping[str, Any]:
        done = [
            {"ErrorCode": code, "ErrorMessage": "no"}
            if (code := refuse(record))
            else {"SequenceNumber": "1", "ShardId": "shardId-0"}
            for record in params["Records"]
        ]
        return {"Records": done, "FailedRecordCount": sum("ErrorCode" in one for one in done)}

    return put


class TestBatches:
    LONG = "kinesis:PutRecords/request/Records/item/PartitionKey/maxLength"
    LENIENT = ("Records/item/PartitionKey/maxLength",)

    def judged(self, engine: Callable[..., Engine], refuse: Callable[..., str]) -> list[Finding]:
        service = Service("kinesis", {"PutRecords": records(refuse)}, self.LENIENT)
        return findings(engine(service), "kinesis:PutRecords")

    def test_an_entry_that_is_refused_within_a_success_is_refused(
        self, engine: Callable[..., Engine]
    ) -> None:
        """The record with the long key is refused, and its valid neighbour is not."""
        found = self.judged(
            engine,
            lambda one: "ValidationException" if len(one.get("PartitionKey", "")) > 256 else "",
        )
        assert not fails(found)
        assert verdicts(found, self.LONG) == {"pass"}

    def test_an_entry_that_is_accepted_fails(self, engine: Callable[..., Engine]) -> None:
        """A server that takes the record with the long key violates the constraint."""
        found = self.judged(engine, lambda one: "")
        assert {clause for clause, _ in fails(found)} == {self.LONG}

    def test_entries_that_are_all_refused_are_no_baseline(
        self, engine: Callable[..., Engine]
    ) -> None:
        """Where the valid neighbour is refused as well, nothing is known of the constraint."""
        found = self.judged(engine, lambda one: "InternalFailure")
        assert not fails(found)
        assert verdicts(found, self.LONG) == {"inconclusive"}
        assert verdicts(found, f"kinesis:PutRecords/{VALID}") == {"inconclusive"}
        (reason,) = {one.observed for one in found if one.clause == self.LONG}
        assert "200 with 1 entry refused: InternalFailure" in reason


UPLOADS = b"<ListMultipartUploadsResult><Bucket>b</Bucket></ListMultipartUploadsResult>"
#: What is answered to a request that as sent is another operation's, and what that shows.
OF_ANOTHER = {
    "the object": (b"the object", Verdict.INCONCLUSIVE),
    "the object, in XML": (b"<mine/>", Verdict.INCONCLUSIVE),
    "an empty object": (b"", Verdict.INCONCLUSIVE),
    "the uploads": (UPLOADS, Verdict.FAIL),
}


@pytest.mark.parametrize("kind", OF_ANOTHER)
def test_a_request_of_another_operation_shows_nothing(fabricate: Any, kind: str) -> None:
    """Its response is the right one, and that of this operation is not."""
    name, given = "s3:ListMultipartUploads", {"Bucket": "b"}
    body, verdict = OF_ANOTHER[kind]
    sent = fabricate.exchange(name, params=given, body=body)
    control = fabricate.exchange(name, params=given, body=UPLOADS)
    evidence = fabricate.evidence(
        "request/MaxUploads/type",
        Expect.REFUSED,
        sent,
        operation=name,
        valid_control=control,
        broken=frozenset({f"{name}/request/MaxUploads/type"}),
    )
    found = judge(replace(evidence, asks_for="GetObject"))
    clause = "s3:ListMultipartUploads/request/MaxUploads/type"
    assert {one.verdict for one in found if one.clause == clause} == {verdict}
