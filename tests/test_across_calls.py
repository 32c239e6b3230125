"""What AWS was seen to answer between calls, held against the rules that judge it.

``across_calls.csv`` has a fact a line: what kind it is, the operation, what it is about, what AWS
answered, with which status. They were read off public recordings of AWS.
"""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from stateful_services.memory import Refused
from stateful_services.wire import refusal
from wire_models import answered, example

from conformance.checks.findings import Verdict
from conformance.checks.likeness import is_shown
from conformance.checks.stories import judge
from conformance.checks.story_evidence import StoryEvidence, Taken
from conformance.checks.story_identity import always_called
from conformance.errors import ConformanceError
from conformance.generation.stories import Kind, Story, stories
from conformance.protocols.http import Exchange, Request, Response
from conformance.spec.lifecycles.derived import lifecycles
from conformance.spec.operation import Operation
from conformance.spec.registry import registry

BROKEN = {Verdict.FAIL, Verdict.WARN}


class Fact(NamedTuple):
    """One observation; an unknown ``status`` is empty."""

    fact: str
    operation: str
    subject: str
    answer: str
    status: str


@lru_cache(maxsize=1)
def facts() -> tuple[Fact, ...]:
    with (Path(__file__).parent / "across_calls.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return tuple(Fact(*row) for row in rows[1:])


def of(kind: str) -> Iterator[Fact]:
    return (one for one in facts() if one.fact == kind)


def test_every_fact_is_held_against_a_rule() -> None:
    """The tests below are about all of them."""
    assert Counter(one.fact for one in facts()) == {
        "error-when": 706,
        "read-back": 333,
        "default": 59,
        "delete-unknown": 58,
        "after-delete": 33,
        "idempotent": 29,
        "answer-changes": 7,
    }


# ------------------------------------------------------------ what was given is shown

#: How a value was shown → such a value, and what was shown of it.
SHOWN: Mapping[str, tuple[Any, Any]] = {
    "true equal": ("text", "text"),
    "true present, value masked": ("text", "text"),
    "true empty given: equal": ("", ""),
    "true same JSON document": ('{"a": [1, 2]}', '{\n"a":[1,2]}'),
    "true another member": ("POST", "POST"),
    "false empty given: absent": ({"Filters": []}, None),
    "normalised defaults added": ({"a": 1, "b": {"c": "d"}}, {"a": 1, "b": {"c": "d"}, "e": False}),
    "normalised empty given: defaults added": ({"a": []}, {"a": [], "e": False, "f": ""}),
    "normalised empty given: document differs": ({"a/b": ""}, {"a/b": None}),
    "normalised empty object given": ({}, {"a": "former"}),
    "normalised list re-ordered": (["a", "b"], ["b", "a"]),
    "normalised secret left out": (
        {"BasicAuthParameters": {"Username": "a", "Password": "b"}},
        {"BasicAuthParameters": {"Username": "a"}},
    ),
    "normalised upper-cased": ("none", "NONE"),
}
#: What AWS shows otherwise, with the reason why no story asks for it.
OTHERWISE: Mapping[tuple[str, str], str] = {
    ("apigateway:PutIntegration", "httpMethod"): "it is in the address",
    ("ec2:CreateVpnGateway", "AvailabilityZone"): "the answer of the creation, which is not judged",
    ("lambda:PublishVersion", "Description"): "unchanged code is an earlier version",
    ("logs:PutDeliveryDestination", "tags"): "the answer of the creation, which is not judged",
    ("s3:PutObject", "CacheControl"): "the text is not ASCII",
    ("s3:PutObject", "ContentDisposition"): "the text is not ASCII",
    ("s3:PutObject", "Metadata"): "the text is not well encoded",
    ("sns:CreateTopic", "Attributes.FifoTopic"): "what is false may be absent",
    ("sqs:SetQueueAttributes", "Attributes.KmsDataKeyReusePeriodSeconds"): "a key in a map",
}


def test_what_aws_shows_is_shown() -> None:
    """A value counts as shown in every way in which AWS shows values, but for nine members."""
    otherwise = set()
    for one in of("read-back"):
        member, _ = one.subject.split(" ")
        if one.answer in SHOWN:
            assert is_shown(*SHOWN[one.answer]), one
        else:
            otherwise.add((one.operation, member))
    assert otherwise == set(OTHERWISE)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("text", "other"),
        ({"a": {"b": 1}}, {"a": {"c": 1}}),
        ({"Username": "a"}, {}),
        ({"Password": "b"}, {"Password": "c"}),
        (["a", "b"], ["a"]),
        ({"a": False, "b": True}, None),
        (True, False),
    ],
)
def test_what_is_lost_is_not_shown(given: Any, shown: Any) -> None:
    assert not is_shown(given, shown)


def test_what_is_in_the_address_need_not_be_repeated() -> None:
    """AWS answers with the method of the backend where the request's address had another one."""
    known = {one.clause for one in own("apigateway:PutIntegration")}
    assert "apigateway:PutIntegration/state/read-back/httpMethod" not in known
    assert "apigateway:PutIntegration/state/read-back/uri" in known


def test_what_nobody_gave_is_expected_nowhere() -> None:
    """Defaults, and what changes by itself between two looks, are what no request gave."""
    for one in of("default"):
        assert is_shown(None, json.loads(one.answer))
    for one in of("answer-changes"):
        first, then = json.loads(one.answer)
        assert is_shown(None, first)
        assert is_shown(None, then)


@pytest.mark.parametrize(
    ("member", "given", "shown", "finds"),
    [
        ("StorageClass", "STANDARD", {}, "inconclusive"),
        ("StorageClass", "STANDARD", {"StorageClass": "GLACIER"}, "warn"),
        ("ContentType", "text/plain", {}, "warn"),
    ],
)
def test_what_is_not_always_shown_may_be_absent(
    member: str, given: str, shown: Mapping[str, Any], finds: str
) -> None:
    """AWS shows no storage class of what is stored in the usual way, and says so."""
    (story, *_) = (one for one in own("s3:PutObject") if one.subject == member)
    known = evidence(story, read=("", "", shown))
    made = replace(known.taken["made"], params={**known.taken["made"].params, member: given})
    found = judge(replace(known, taken={**known.taken, "made": made}))
    assert [str(one.verdict) for one in found] == [finds]


@pytest.mark.parametrize(("made", "finds"), [([], "inconclusive"), ([{"Type": "a"}], "warn")])
def test_what_makes_nothing_is_listed_nowhere(made: list[Any], finds: str) -> None:
    """A proxy may be given no targets: then there are none."""
    story = told("rds:RegisterDBProxyTargets", Kind.WHOLE)
    assert story is not None
    known = evidence(story, made=("", "", {"DBProxyTargets": made}), listed=("", "", {}))
    found = {one.clause.rpartition("/")[2]: str(one.verdict) for one in judge(known)}
    assert found["listed"] == finds


# ------------------------------------------------------------ stories that were never told

#: A deletion for each protocol, in the place of operations of no lifecycle.
STAND_INS = {
    "json": "dynamodb:DeleteTable",
    "query": "iam:DeleteUser",
    "ec2": "ec2:DeleteVolume",
    "rest-xml": "s3:DeleteBucketPolicy",
    "rest-json": "apigatewayv2:DeleteApi",
    "smithy-rpc-v2-cbor": "memorydb:DeleteUser",
}


@lru_cache(maxsize=512)
def own(name: str) -> tuple[Story, ...]:
    """The stories about an operation; none for what the SDK does not know any more."""
    try:
        return stories(registry().find(name))
    except ConformanceError:
        return ()


def told(name: str, kind: Kind, reader: str = "") -> Story | None:
    """A story of a kind about an operation, and about what a reader shows."""
    for one in own(name):
        read = one.lifecycle.read or one.lifecycle.listing
        if one.kind is kind and read is not None and reader in ("", read.operation):
            return one
    return None


def deletion(name: str, reader: str = "") -> Story:
    """A story of a deletion: the operation's own, or that of another in its protocol."""
    found = told(name, Kind.GONE, reader)
    if found is None:
        found = told(STAND_INS[registry().find(name).protocol], Kind.GONE)
    assert found is not None
    return found


def members(operation: Operation) -> dict[str, Any]:
    """A response with everything in it, lists of one."""
    found = _single(example(operation.response))
    assert isinstance(found, dict)
    return found


def _single(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _single(one) for name, one in value.items()}
    return [_single(value[0])] if isinstance(value, list) else value


def response(operation: Operation, answer: str, status: str, seen: Mapping[str, Any]) -> Response:
    """A response of AWS: an error of that type, or a success with these members."""
    if answer:
        return refusal(operation.protocol, Refused(int(status or 400), answer))
    return answered(operation, seen)


def evidence(story: Story, **steps: tuple[str, str, Mapping[str, Any] | None]) -> StoryEvidence:
    """A story whose steps had these errors, or members; what is not named shows everything."""
    taken = {}
    for step in story.steps:
        operation = registry().find(step.operation)
        answer, status, seen = steps.get(step.name.replace(" ", "_"), ("", "", None))
        made = response(operation, answer, status, members(operation) if seen is None else seen)
        called = "other" if step.name == "other" else example({"type": "string"}, 1)
        params = dict.fromkeys(operation.required, called)
        request = Request(method="GET", url="http://localhost/", headers=(), body=b"")
        exchange = Exchange(operation=operation.id, params=params, request=request, response=made)
        taken[step.name] = Taken(
            step=step, operation=operation, params=params, exchanges=(exchange,)
        )
    return StoryEvidence(operation=registry().find(story.operation), case=story, taken=taken)


def broken(story: Story, **steps: tuple[str, str, Mapping[str, Any] | None]) -> list[str]:
    found = judge(evidence(story, **steps))
    assert found, story.id
    return [f"{one.clause}: {one.observed}" for one in found if one.verdict in BROKEN]


NO_LISTING: tuple[str, str, Mapping[str, Any] | None] = ("", "", {})


def test_nothing_that_was_deleted_is_flagged() -> None:
    """What AWS answers after a deletion is no trace of what was deleted."""
    for one in of("after-delete"):
        story = deletion(one.operation, one.subject)
        looks = {"after": (one.answer, one.status, {}), "listed_after": NO_LISTING}
        if one.answer.startswith("answers"):
            reader = story.lifecycle.read
            before = members(registry().find(reader.operation)) if reader else {}
            kept = {**before, "DeletedDate": 1700000000 + 99} if "DeletedDate" in one.answer else {}
            looks["after"] = ("", "", kept)
        assert broken(story, **looks) == [], one


def test_what_was_deleted_and_is_shown_as_it_was_is_flagged() -> None:
    """The same stories find a deletion that changes nothing."""
    stories_ = {deletion(one.operation, one.subject).id: one for one in of("after-delete")}
    for one in stories_.values():
        assert broken(deletion(one.operation, one.subject)), one


@pytest.mark.parametrize(
    ("member", "value", "is_there"),
    [("CreationDateTime", 1700000999, True), ("TableStatus", "DELETING", False)],
)
def test_what_was_created_at_another_time_is_still_there(
    member: str, value: Any, is_there: bool
) -> None:
    """A deletion may change a state; it changes no time of creation."""
    story = deletion("dynamodb:DeleteTable")
    before = members(registry().find("dynamodb:DescribeTable"))
    after = {"Table": {**before["Table"], member: value}}
    looks = {"after": ("", "", after), "listed_after": NO_LISTING}
    assert bool(broken(story, **looks)) is is_there


@pytest.mark.parametrize(
    "when", ["unknown", "missing", "invalid", "limit", "wrong-state", "in-use"]
)
def test_no_refusal_is_flagged(when: str) -> None:
    """An error that AWS gave is none of what was made: neither as a deletion's answer nor after."""
    seen = {
        (registry().find(one.operation).protocol, one.answer, one.status)
        for one in of("error-when")
        if one.subject == when
    }
    assert seen
    for protocol, answer, status in sorted(seen):
        story = told(STAND_INS[protocol], Kind.GONE)
        assert story is not None
        refused = (answer, status, None)
        assert broken(story, deleted=refused) == []
        if when == "unknown":
            assert broken(story, after=refused, listed_after=NO_LISTING) == []


def test_what_is_unknown_may_be_deleted_or_not() -> None:
    """However AWS answers a deletion of what is not there, that alone is no finding."""
    for one in of("delete-unknown"):
        story = deletion(one.operation)
        answer = "" if one.answer == "success" else one.answer
        looks = ("ResourceNotFoundException", "404", None)
        deleted = (answer, one.status, {})
        assert broken(story, deleted=deleted, after=looks, listed_after=NO_LISTING) == [], one


def again(one: Fact, answer: str) -> None:
    """Whatever story is about a second creation, that answer breaks nothing of it."""
    for story in own(one.operation):
        if story.kind in {Kind.DUPLICATE, Kind.TOKEN}:
            error = answer.removeprefix("error ") if answer.startswith("error ") else ""
            assert "differ" not in answer, one
            assert broken(story, again=(error, one.status, None)) == [], one


def test_no_second_creation_is_flagged() -> None:
    """A second creation is refused, or answered as the first; else there is no story of it."""
    for one in of("idempotent"):
        again(one, one.answer)
    for one in of("error-when"):
        if one.subject == "duplicate":
            again(one, f"error {one.answer}")


def test_a_second_one_is_flagged() -> None:
    """The same stories find a second thing for one token."""
    story = told("ec2:CreateVolume", Kind.TOKEN)
    assert story is not None
    assert broken(story, again=("", "", {"VolumeId": "vol-2"}))


def test_a_name_is_unique_where_it_identifies() -> None:
    """Where the service chooses an identifier, a conflict may be one of something else."""
    assert told("apigatewayv2:CreateApi", Kind.DUPLICATE) is None
    assert told("apigateway:CreateModel", Kind.DUPLICATE) is not None


# ------------------------------------------------------------ opposites, filters, identifiers


def looks(story: Story, *times: str, seen: tuple[str, str, Any]) -> dict[str, Any]:
    """What every view showed at some times."""
    names = [step.name.replace(" ", "_") for step in story.steps]
    return {one: seen for one in names for time in times if one.startswith(f"{time}_view")}


def test_what_aws_shows_of_what_was_undone_is_flagged_nowhere() -> None:
    """What is taken back is refused, or empty, as it was before; and may be taken back again."""
    stories_ = 0
    for one in of("after-delete"):
        story = told(one.operation, Kind.PAIRED)
        if story is not None:
            is_error = not one.answer.startswith("answers")
            seen = (one.answer if is_error else "", one.status, {})
            times = looks(story, "before", "undone", "undone-twice", seen=seen)
            assert broken(story, **times) == [], one
            stories_ += 1
    assert stories_


def test_what_is_not_there_may_be_undone_or_not() -> None:
    """However AWS answers a second undoing, that alone is no finding."""
    stories_ = 0
    for one in (*of("delete-unknown"), *of("error-when")):
        story = told(one.operation, Kind.PAIRED)
        if story is not None and story.operation.split(":")[1].startswith(UNDOING):
            missing = ("ResourceNotFoundException", "404", None)
            times = looks(story, "before", "undone", "undone-twice", seen=missing)
            answer = "" if one.answer == "success" else one.answer
            times["undone-twice"] = (answer, one.status, {})
            assert broken(story, **times) == [], one
            stories_ += 1
    assert stories_


UNDOING = ("Delete", "Remove", "Detach", "Disassociate", "Disable")
#: A listing with filters for each protocol, as far as there are such.
FILTERED = {
    "json": "secretsmanager:ListSecrets",
    "query": "rds:DescribeDBInstances",
    "ec2": "ec2:DescribeVolumes",
}


def test_no_refusal_of_another_value_is_flagged() -> None:
    """A listing that is asked for what is not there may answer with any client error."""
    seen = {(registry().find(one.operation).protocol, one.answer) for one in of("error-when")}
    refusals = [(protocol, answer) for protocol, answer in sorted(seen) if protocol in FILTERED]
    assert len({protocol for protocol, _ in refusals}) == len(FILTERED)
    for protocol, answer in refusals:
        story = told(FILTERED[protocol], Kind.FILTERS)
        assert story is not None
        names = [step.name.replace(" ", "_") for step in story.steps]
        asked = [one for one in names if one.startswith(("other_", "any_", "and", "or"))]
        assert broken(story, **dict.fromkeys(asked, (answer, "400", None))) == [], answer


#: Creations of which AWS was seen to answer an identifier, by service.
ANSWERING = ("apigateway", "iam", "lambda", "secretsmanager", "stepfunctions")


def test_what_a_creation_has_to_say_aws_always_said() -> None:
    """The identifiers that others ask by are among the members that AWS showed in every answer.

    What a request gives is no such fact, and left out of the list of these members.
    """
    known = 0
    for service in ANSWERING:
        for one in lifecycles(service):
            creation = registry().find(one.create.operation)
            showed = creation.present
            if not any(reason.startswith("AWS") for reason in showed.values()):
                continue
            for binding in one.answered:
                if binding.path not in creation.members:
                    assert binding.path.replace(".", "/") in showed, (creation.id, binding)
                    known += 1
    assert known


def test_what_says_how_a_thing_is_called_aws_always_showed() -> None:
    """An ARN or id that an answer of AWS lacked is not asked for; the others all are."""
    asked, lacked = set(), set()
    for service in (*ANSWERING, "cloudwatch"):
        for one in lifecycles(service):
            for action in (one.create, one.read, one.listing):
                if action is not None and registry().find(action.operation).observed.members:
                    kept = set(always_called(registry().find(action.operation), action))
                    asked |= {(action.operation, name) for name in kept}
                    lacked |= {(action.operation, name) for name in {*action.called} - kept}
    assert lacked == {("cloudwatch:DescribeAnomalyDetectors", "AnomalyDetectorId")}
    assert len(asked) > 20
    for name, member in asked:
        (seen, *_) = registry().find(name).observed.members
        assert any(path.rpartition("/")[2] == member for path in seen.members), (name, member)


# ------------------------------------------------------------ what a service takes

#: A creation with optional members for each protocol.
TAKING = {
    "json": "dynamodb:CreateTable",
    "query": "iam:CreateUser",
    "ec2": "ec2:CreateVolume",
    "rest-xml": "s3:CreateBucket",
    "rest-json": "apigatewayv2:CreateApi",
}


def test_no_refusal_of_an_optional_member_is_flagged() -> None:
    """AWS refuses members for reasons that no model states; with none of them it fails."""
    refusals = {
        (registry().find(one.operation).protocol, one.answer, one.status)
        for one in of("error-when")
    }
    for protocol, answer, status in sorted(refusals):
        story = told(TAKING[protocol], Kind.ACCEPTED)
        assert story is not None
        assert broken(story, made=(answer, status, None)) == [], answer
    for name in TAKING.values():
        story = told(name, Kind.ACCEPTED)
        assert story is not None
        assert broken(story, made=("InternalFailure", "500", None)), name


def test_no_refusal_of_a_reference_is_flagged() -> None:
    """However AWS refuses what refers to nothing; a success is flagged where AWS refused it."""
    firm = set()
    for one in of("error-when"):
        if one.subject == "unknown":
            for story in own(one.operation):
                if story.kind is Kind.REFERENCES:
                    (*_, last) = story.steps
                    refused = {last.name: (one.answer, one.status, None)}
                    assert broken(story, **refused) == [], one
                    if broken(story):
                        firm.add((story.operation, story.subject))
    assert {
        ("iam:CreateServiceSpecificCredential", "UserName"),
        ("lambda:CreateAlias", "FunctionName"),
        ("sns:CreatePlatformEndpoint", "PlatformApplicationArn"),
    } <= firm, firm
