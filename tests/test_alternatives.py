"""Members that go in place of each other: what is refused of them hides nothing else."""

import json
import socket
from collections.abc import Callable
from typing import Any

import pytest

from conformance.checks.findings import Verdict
from conformance.execution.alternatives import Instead, on_accepted
from conformance.execution.availability import Status
from conformance.execution.engine import Engine
from conformance.execution.session import TargetSession
from conformance.generation.cases import cases, explorations
from conformance.generation.plans import Call
from conformance.spec.documents import documented
from conformance.spec.registry import registry
from conftest import answer, read_request

SEARCH = documented()["connect:SearchAvailablePhoneNumbers"]
#: Clauses that are about the members themselves.
ABOUT = ("request/{}/", "rules/target-required", "rules/one-target", "rules/known-targets")
REFUSALS = {
    "invalid": answer(
        400,
        b'{"Message": "no"}',
        ("Content-Type", "application/json"),
        ("x-amzn-ErrorType", "InvalidParameterException"),
    ),
    # as the target answers to an operation that does not exist
    "like-absent": answer(
        404,
        b'{"message": "Unable to determine service/operation name to be authorized"}',
        ("Content-Type", "application/json"),
        ("x-amzn-ErrorType", "UnknownOperationException"),
    ),
}


def refusing(url: str, member: str, refusal: bytes) -> Any:
    """A server that refuses searches that name a member, and is another server otherwise."""
    port = int(url.rsplit(":", 1)[1])

    def attend(server: Any, connection: socket.socket, number: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as through:
            while raw := server.read(connection):
                head, _, body = raw.partition(b"\r\n\r\n")
                if b"search-available" in head and _holds(body, member):
                    connection.sendall(refusal)
                else:
                    through.sendall(raw)
                    connection.sendall(read_request(through))

    return attend


def _holds(body: bytes, member: str) -> bool:
    try:
        found = json.loads(body)
    except ValueError:
        return False
    return isinstance(found, dict) and isinstance(found.get(member), str)


def outcomes(engine: Engine) -> dict[str, Verdict]:
    return {case.id: engine.run(case).outcome for case in cases(SEARCH)}


def is_about(case: str, member: str) -> bool:
    path = case.split("/", 1)[1]
    return path.startswith(tuple(one.format(member) for one in ABOUT))


@pytest.mark.parametrize("refusal", REFUSALS)
def test_cases_build_on_what_was_accepted(
    refusal: str, reference: Any, scripted: Callable[..., Any], sending: Callable[..., Any]
) -> None:
    """Every case that is about neither member comes out as on a server that takes both."""
    server = scripted(refusing(reference.url, "InstanceId", REFUSALS[refusal]))
    engine = Engine(session=TargetSession(documented(), sending(server.url, timeout=5.0)))
    availability = engine.session.discovery.availability(SEARCH)
    assert availability.status is Status.IMPLEMENTED
    assert "TargetArn" in (availability.baseline or {})
    found, honest = outcomes(engine), outcomes(reference.engine())
    others = {case for case in honest if not is_about(case, "InstanceId")}
    assert len(others) > 300
    assert {case: found[case] for case in others} == {case: honest[case] for case in others}
    # what is on offer may be limited, so that this refusal warns
    kept = f"{SEARCH.id}/rules/target-required/kept-1"
    assert (found[kept], honest[kept]) == (Verdict.WARN, Verdict.PASS)


def test_explorations_build_on_it_too(
    reference: Any, scripted: Callable[..., Any], sending: Callable[..., Any]
) -> None:
    """What is drawn does not fail for the member that the target refuses."""
    server = scripted(refusing(reference.url, "InstanceId", REFUSALS["invalid"]))
    session = TargetSession(documented(), sending(server.url, timeout=5.0))
    engine = Engine(session=session, examples=15, seed=1)
    for exploration in explorations(SEARCH):
        result = engine.run(exploration)
        assert [one.clause for one in result.findings if one.verdict is Verdict.FAIL] == []
        assert any(one.verdict is Verdict.PASS for one in result.findings)


def test_an_operation_that_is_not_there_is_asked_once_for_each_member(
    scripted: Callable[..., Any], sending: Callable[..., Any]
) -> None:
    """The probe, the first of the valid calls, and one with the other member."""
    server = scripted([REFUSALS["like-absent"]])
    session = TargetSession(documented(), sending(server.url))
    assert session.discovery.availability(SEARCH).status is Status.UNSUPPORTED
    searches = [raw for raw in server.requests if b"search-available" in raw]
    assert [b"TargetArn" in raw for raw in searches[-2:]] == [False, True]
    assert len(searches) <= 3


def test_what_is_provisioned_joins_no_other_name(
    scripted: Callable[..., Any], sending: Callable[..., Any]
) -> None:
    """A valid call that was provisioned adds no name to one that gives another one in its place."""
    search = "logs:FilterLogEvents"
    group = {"logGroupIdentifier": "arn:aws:logs:us-east-1:123456789012:log-group:g"}
    server = scripted([REFUSALS["like-absent"]])
    session = TargetSession(registry(None), sending(server.url), resources=group)
    provisioned = session.discovery.knowledge.provisioned
    provisioned.values = {"logs:logGroupName": ["other"]}
    provisioned.valid = {search: {"logGroupName": "g", "limit": 5}}
    assert session.discovery.candidates(session.discovery.operations[search]) == [
        {**group, "limit": 5},
        {"logGroupName": "g", "limit": 5},
        {"logGroupName": "g", "limit": 5},
    ]


class TestSwapping:
    TARGET = "arn:aws:connect:us-east-1:123456789012:instance/i"
    INSTEAD = (Instead(members=frozenset({"InstanceId"}), params={"TargetArn": TARGET}),)

    def swapped(self, case: str, known: str = "i") -> Call:
        one = next(one for one in cases(SEARCH) if one.id == f"{SEARCH.id}/{case}")
        step = on_accepted(SEARCH, one, self.INSTEAD, lambda name: [known]).steps[0]
        assert isinstance(step, Call)
        return step

    def test_only_what_names_something_is_swapped(self) -> None:
        """A case about another member has the accepted one; all else of it stays."""
        step = self.swapped("request/PhoneNumberType/valid-values/DID")
        assert step.set["TargetArn"] == self.TARGET
        assert "InstanceId" not in step.set
        assert step.set["PhoneNumberType"] == "DID"

    @pytest.mark.parametrize(
        "case",
        [
            "request/InstanceId/maxLength/at-100",
            "rules/target-required/kept-1",
            "rules/one-target/broken-1",
            "rules/known-targets/accepted",
        ],
    )
    def test_a_case_about_it_stays(self, case: str) -> None:
        """The refusal itself is not hidden."""
        assert "InstanceId" in self.swapped(case).set

    def test_the_groups_are_those_that_name_things(self) -> None:
        """Filters of which one is required say different things, and are no alternatives."""
        group = (frozenset({"InstanceId"}), frozenset({"TargetArn"}))
        assert SEARCH.alternatives == (group,)
        assert documented()["chime:SearchAvailablePhoneNumbers"].alternatives == ()
        assert documented()["connect:ListPhoneNumbersV2"].alternatives == ()
