"""Carrying out cases: the evidence of their steps and controls."""

from dataclasses import replace
from typing import Any

import pytest

from conformance.execution.availability import SkipCase
from conformance.execution.executor import carry_out
from conformance.execution.session import TargetSession
from conformance.generation.cases import cases
from conformance.generation.plans import Call, Case, Expect, Walk
from conformance.spec.documents import documented
from conftest import answer

LIST = documented()["chime:ListPhoneNumbers"]
GET = documented()["chime:GetPhoneNumber"]
V2 = documented()["connect:ListPhoneNumbersV2"]
CONNECT = documented()["connect:SearchAvailablePhoneNumbers"]


def case(operation: Any, *steps: Any, expect: Expect = Expect.ACCEPTED, **more: Any) -> Case:
    clause = f"{operation.id}/protocol/answers"
    return Case(
        id=f"{clause}/tried",
        operation=operation.id,
        clause=clause,
        expect=expect,
        title="tried",
        steps=steps,
        **more,
    )


class TestEvidence:
    def test_it_holds_what_was_sent_and_what_came(self, session: TargetSession) -> None:
        """Each step's exchanges stand by themselves; the last one is what a call is about."""
        evidence = carry_out(
            session,
            LIST,
            case(
                LIST,
                Call(),
                Walk(sizes=(20,)),
                Call(set={"MaxResults": 100}),
                expect=Expect.REFUSED,
            ),
        )
        assert [len(step) for step in evidence.steps] == [1, 2, 1]
        assert evidence.last.params == {"MaxResults": 100}
        assert evidence.broken == (f"{LIST.id}/request/MaxResults/maximum",)
        assert len(list(evidence.exchanges)) == 4
        assert evidence.listing is not None
        assert evidence.listing.complete
        assert len(evidence.listing.items) == 40

    def test_neighbours_are_asked_once(self, reference: Any, session: TargetSession) -> None:
        """The valid neighbour of many cases is one request."""
        tried = case(
            LIST, Call(set={"MaxResults": 0}), expect=Expect.REFUSED, valid_control=Call(base=True)
        )
        carry_out(session, LIST, tried)
        before = reference.sender.requests
        evidence = carry_out(session, LIST, tried)
        assert reference.sender.requests == before + 1
        assert evidence.valid_control is not None
        assert evidence.valid_control.succeeded

    def test_a_step_that_cannot_be_tried_is_empty(self, session: TargetSession) -> None:
        """Of several steps those that can be tried are; if none can, that is the reason."""
        impossible = Call(set={"FilterValue": {"resource": "FilterValue.UserId", "rank": 99}})
        evidence = carry_out(session, LIST, case(LIST, impossible, Call()))
        assert [len(step) for step in evidence.steps] == [0, 1]
        with pytest.raises(SkipCase):
            carry_out(session, LIST, case(LIST, impossible))

    def test_a_found_item_is_known(self, session: TargetSession) -> None:
        """A case that asks for an item again knows how it was listed."""
        tried = next(one for one in cases(GET) if one.expect is Expect.FOUND)
        evidence = carry_out(session, GET, tried)
        assert evidence.listed["E164PhoneNumber"] == evidence.last.params["PhoneNumberId"]


def test_each_step_says_whether_its_value_is_made_up(scripted: Any, sending: Any) -> None:
    """A refusal of what was made up proves nothing, whichever step it is; of the others it does."""
    lists = answer(200, b'{"ListPhoneNumbersSummaryList": [{"TargetArn": "arn:aws:connect:x"}]}')
    finds = answer(200, b'{"AvailableNumbersList": []}')
    refusal = answer(400, b"{}", ("x-amzn-ErrorType", "InvalidParameterException"))

    def attend(server: Any, connection: Any, number: int) -> None:
        while raw := server.read(connection):
            if raw.startswith(f"POST {V2.http.path} ".encode()):
                connection.sendall(lists)
            elif raw.startswith(f"POST {CONNECT.http.path} ".encode()):
                connection.sendall(finds if b"arn:aws" in raw else refusal)
            else:
                connection.sendall(answer(404))

    session = TargetSession(documented(), sending(scripted(attend).url))
    params = {"PhoneNumberCountryCode": "US", "PhoneNumberType": "DID"}
    synthetic = Call(set={**params, "InstanceId": {"resource": "InstanceId"}})
    known = Call(set={**params, "TargetArn": {"resource": "TargetArn"}})
    about = replace(
        case(CONNECT, synthetic, known), clause=f"{CONNECT.id}/request/InstanceId/minLength"
    )
    evidence = carry_out(session, CONNECT, about)
    assert evidence.synthetic == (True, False)
    # a case about neither member builds on the one that was accepted
    swapped = carry_out(session, CONNECT, case(CONNECT, synthetic, known))
    assert swapped.synthetic == (False, False)
    assert b"arn:aws" in swapped.steps[0][0].request.body
    refused, doubtful = evidence.refused
    assert refused is evidence.steps[0][0]
    assert doubtful
