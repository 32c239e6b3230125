"""Carrying out cases: baselines, discovery, walks, placeholders, and what cannot be tried."""

import itertools
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from conformance.execution.availability import Status, manner, same_manner
from conformance.execution.executor import carry_out
from conformance.execution.session import SkipCase, TargetSession
from conformance.generation.cases import cases
from conformance.generation.plans import Call, Case, Expect, Size, Walk
from conformance.reference import inventory
from conformance.spec.documents import documented
from conformance.spec.placeholders import unlike
from conformance.transport.circuit_breaker import IN_A_ROW

LIST = documented()["chime:ListPhoneNumbers"]
GET = documented()["chime:GetPhoneNumber"]
SEARCH = documented()["chime:SearchAvailablePhoneNumbers"]
V2 = documented()["connect:ListPhoneNumbersV2"]
CONNECT = documented()["connect:SearchAvailablePhoneNumbers"]


def answer(status: int, body: Any, *headers: str) -> bytes:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Scripted", f"Content-Length: {len(raw)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + raw


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


@pytest.fixture
def session(reference: Any) -> TargetSession:
    """A fresh trial of the reference server."""
    return TargetSession(documented(), reference.sender)


class TestStanding:
    @pytest.mark.parametrize(
        ("degenerate", "stand"),
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
            ("hangs-up", Status.UNSUPPORTED),
            ("flood", Status.UNSUPPORTED),
            ("one-page", Status.IMPLEMENTED),
            ("repeats-for-ever", Status.IMPLEMENTED),
        ],
    )
    def test_absent_is_told_from_wrong(
        self, degenerate: str, stand: Status, reference: Any, session: TargetSession
    ) -> None:
        """An operation that is answered as one that cannot exist is absent, whatever the manner."""
        reference.become(degenerate=degenerate)
        for operation in (LIST, V2):
            assert session.availability(operation).status is stand
        assert session.availability(LIST).reason or stand is Status.IMPLEMENTED

    def test_it_is_found_out_once(self, reference: Any, session: TargetSession) -> None:
        """A second question costs no request."""
        first = session.availability(LIST)
        before = reference.sender.requests
        assert session.availability(LIST) is first
        assert reference.sender.requests == before

    def test_a_baseline_with_data_is_preferred(self, session: TargetSession) -> None:
        """Of several valid calls one that is answered with items is kept."""
        for operation in (SEARCH, CONNECT, V2):
            availability = session.availability(operation)
            assert availability.status is Status.IMPLEMENTED
            assert session.listing(operation).items

    @pytest.mark.parametrize("status", [401, 403])
    def test_refused_credentials_are_no_failure(
        self, status: int, scripted: Any, sending: Any
    ) -> None:
        """Who refuses the credentials may be anything: it is inconclusive."""
        server = scripted([answer(404, b"{}"), answer(status, {"Code": "AccessDenied"})])
        availability = TargetSession(documented(), sending(server.url)).availability(LIST)
        assert availability.status is Status.REFUSED
        assert str(status) in availability.reason

    def test_a_valid_call_that_is_refused_is_broken(self, scripted: Any, sending: Any) -> None:
        """An operation that is there, and answers no valid call, is neither absent nor fine."""
        refusal = answer(400, {"Code": "BadRequest"}, "x-amzn-ErrorType: BadRequestException")
        server = scripted([answer(404, b"{}"), refusal])
        assert (
            TargetSession(documented(), sending(server.url)).availability(LIST).status
            is Status.BROKEN
        )

    def test_what_needs_an_id_that_nobody_lists_is_unknown(
        self, reference: Any, session: TargetSession
    ) -> None:
        """Without any number there is no valid call of GetPhoneNumber, and the way out is said."""
        reference.become(dialect="empty-account")
        availability = session.availability(GET)
        assert availability.status is Status.UNKNOWN
        assert "--resource chime:GetPhoneNumber" in availability.reason or "PhoneNumberId=" in (
            availability.reason
        )

    def test_another_body_is_another_manner(self, fabricate: Any) -> None:
        """Two answers are of one manner if status, form and error type are the same."""
        missing = fabricate.exchange(status=404, body={"Code": "NotFound"})
        same = fabricate.exchange(status=404, body={"Code": "NotFound"})
        other = fabricate.exchange(status=404, body={"Code": "BadRequest"})
        assert same_manner(LIST, missing, same)
        assert not same_manner(LIST, missing, other)
        assert manner(LIST, missing) != manner(LIST, fabricate.exchange(status=400))
        page = fabricate.exchange(body={"PhoneNumbers": []})
        assert not same_manner(LIST, page, page)


class TestGivingUp:
    def test_silence_ends_an_operation(self, scripted: Any, sending: Any) -> None:
        """After a few timeouts in a row nothing more is sent."""

        def mute(server: Any, connection: Any, number: int) -> None:
            server.read(connection)
            server.pause(30)

        server = scripted(mute)
        sender = sending(server.url, timeout=0.1)
        session = TargetSession(documented(), sender)
        for operation in documented().values():
            assert session.availability(operation).status is Status.UNANSWERED
            for tried in cases(operation)[:5]:
                with pytest.raises(SkipCase):
                    carry_out(session, tried)
        assert sender.requests <= IN_A_ROW + 1

    def test_one_silent_request_ends_nothing(
        self, scripted: Any, sending: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Only timeouts in a row count; an answer between them starts afresh."""
        monkeypatch.setattr("conformance.transport.circuit_breaker.IN_A_ROW", 2)
        count = itertools.count()

        def now_and_then(server: Any, connection: Any, number: int) -> None:
            while server.read(connection):
                if next(count) % 2:
                    server.pause(30)
                    return
                connection.sendall(answer(200, {"PhoneNumbers": []}))

        sender = sending(scripted(now_and_then).url, timeout=2.0)
        session = TargetSession(documented(), sender)
        outcomes = [session.call(LIST, Call())[0].status for _ in range(5)]
        assert outcomes == [200, None, 200, None, 200]

    def test_who_throttles_for_ever_is_inconclusive(
        self, scripted: Any, sending: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """429 after all patience is a reason, not an answer."""
        monkeypatch.setattr("conformance.transport.sender.THROTTLE_TRIES", 1)
        session = TargetSession(documented(), sending(scripted([answer(429, b"{}")]).url))
        with pytest.raises(SkipCase, match="slow down"):
            session.call(LIST, Call())


class TestWalks:
    def endless(self, token: Callable[[int], str]) -> Any:
        count = itertools.count(1)

        def attend(server: Any, connection: Any, number: int) -> None:
            while server.read(connection):
                page = next(count)
                body = {"PhoneNumbers": [{"PhoneNumberId": str(page)}], "NextToken": token(page)}
                connection.sendall(answer(200, body))

        return attend

    def test_a_walk_is_bounded(self, scripted: Any, sending: Any) -> None:
        """A listing that never ends is walked as far as the plan says."""
        server = scripted(self.endless(str))
        exchanges, _ = TargetSession(documented(), sending(server.url)).walk(LIST, Walk(pages=7))
        assert len(exchanges) == len(server.requests) == 7

    def test_a_token_for_the_second_time_ends_a_walk(self, scripted: Any, sending: Any) -> None:
        """A token that comes back goes nowhere."""
        server = scripted(self.endless(lambda page: "again"))
        exchanges, _ = TargetSession(documented(), sending(server.url)).walk(LIST, Walk(pages=50))
        assert len(exchanges) == 2

    def test_a_huge_listing_is_not_walked_whole(self, scripted: Any, sending: Any) -> None:
        """No walk gathers more items than anybody would want to compare."""
        items = [{"PhoneNumberId": str(n)} for n in range(3000)]
        bodies = [{"PhoneNumbers": items, "NextToken": str(page)} for page in range(9)]
        server = scripted([answer(200, body) for body in bodies])
        session = TargetSession(documented(), sending(server.url))
        exchanges, _ = session.walk(LIST, Walk(pages=50))
        assert len(exchanges) == 2
        assert not session.listing(LIST).complete

    def test_an_odd_answer_ends_a_walk(self, scripted: Any, sending: Any) -> None:
        """A page that cannot be read has no next one."""
        page = answer(200, {"PhoneNumbers": [], "NextToken": "1"})
        server = scripted([page, answer(500, b"<html>")])
        exchanges, _ = TargetSession(documented(), sending(server.url)).walk(LIST, Walk(pages=50))
        assert [exchange.status for exchange in exchanges] == [200, 500]

    def test_tokens_go_back_verbatim(self, scripted: Any, sending: Any) -> None:
        """A token is opaque: it is sent back as it came, whatever it is made of."""
        odd = "a+b/c==&d é\"'%20"
        pages = [{"PhoneNumbers": [], "NextToken": odd}, {"PhoneNumbers": []}]
        server = scripted([answer(200, body) for body in pages])
        exchanges, _ = TargetSession(documented(), sending(server.url)).walk(LIST, Walk())
        assert ("next-token", odd) in exchanges[1].request.query
        wire = server.requests[1].split(b" ")[1]
        assert b"a%2Bb%2Fc%3D%3D%26d%20%C3%A9%22%27%2520" in wire

    def test_sizes_are_asked_for_in_turn(self, session: TargetSession) -> None:
        """A walk may change its page size; the last one holds for all the rest."""
        exchanges, _ = session.walk(LIST, Walk(sizes=(2, 3, 1), pages=5))
        assert [exchange.params["MaxResults"] for exchange in exchanges] == [2, 3, 1, 1, 1]
        names = [item["PhoneNumberId"] for e in exchanges for item in _items(e)]
        assert len(names) == len(set(names)) == 8

    def test_a_middle_size_is_worked_out(self, session: TargetSession) -> None:
        """Three pages or so, and never more than the documented maximum."""
        exchanges, _ = session.walk(LIST, Walk(sizes=(Size.MIDDLE,)))
        assert 2 <= len(exchanges) <= 4
        exchanges, _ = session.walk(CONNECT, Walk(base=True, sizes=(Size.MIDDLE,)))
        assert exchanges[0].params["MaxResults"] <= 9


def _items(exchange: Any) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = json.loads(exchange.response.body)["PhoneNumbers"]
    return found


class TestDiscovery:
    def test_identifiers_are_discovered(self, session: TargetSession) -> None:
        """What a listing shows is known, the commonest first, decoded where it is encoded."""
        instances = session.values(V2, "InstanceId")
        assert set(instances) == set(inventory.INSTANCES)
        assert all(number.startswith("+1") for number in session.values(GET, "PhoneNumberId"))

    @pytest.mark.parametrize("key", ["InstanceId", "connect:InstanceId"])
    def test_what_the_user_gives_goes_first(self, key: str, reference: Any) -> None:
        """A value that was given is taken, whatever the target lists."""
        session = TargetSession(documented(), reference.sender, resources={key: "given"})
        assert session.values(V2, "InstanceId") == ["given"]

    def test_what_is_given_for_one_service_is_not_anothers(self, reference: Any) -> None:
        """A service before the member keeps it from all others."""
        session = TargetSession(
            documented(), reference.sender, resources={"chime:InstanceId": "given"}
        )
        assert "given" not in session.values(V2, "InstanceId")

    def test_placeholders_are_filled(self, session: TargetSession) -> None:
        """Ranks, cuts and unknown values are made of what is known; the rest stays."""
        known = session.values(V2, "InstanceId")

        def filled(value: Any) -> Any:
            return session.resolve(V2, {"x": value}).params["x"]

        assert filled({"resource": "InstanceId"}) == known[0]
        assert filled({"resource": "InstanceId", "rank": 1}) == known[1]
        assert filled({"resource": "InstanceId", "rank": 9, "wrap": True}) in known
        assert filled({"resource": "InstanceId", "cut": 3}) == known[0][:3]
        assert filled([{"resource": "InstanceId"}]) == [known[0]]
        assert filled({"unknown": "InstanceId"}) not in known
        assert len(filled({"unknown": "InstanceId"})) == len(known[0])
        assert filled({"a": [1, "b"]}) == {"a": [1, "b"]}

    def test_a_rank_that_is_not_there_is_a_reason(self, session: TargetSession) -> None:
        """Too few values are no failure of anybody."""
        with pytest.raises(SkipCase, match="lists only 2 different InstanceId"):
            session.resolve(V2, {"x": {"resource": "InstanceId", "rank": 7}})

    def test_a_made_up_value_is_called_that(self, reference: Any, session: TargetSession) -> None:
        """Where nothing is listed a placeholder stands in, and its refusal proves nothing."""
        reference.become(dialect="empty-account")
        resolved = session.resolve(CONNECT, {"InstanceId": {"resource": "InstanceId"}})
        assert resolved.synthetic
        assert not session.resolve(LIST, {"Status": "Assigned"}).synthetic

    @pytest.mark.parametrize(
        "known",
        [
            ["+12065550100"],
            ["abc"],
            ["12345678-1234-4234-8234-123456789012", "12345678-1234-4234-8234-123456780123"],
            ["zzz"],
            ["---"],
            [str(n) for n in range(10)],
            ["9999", "0000", "1110", "2221"],
        ],
    )
    def test_an_unknown_value_is_like_the_known_ones(self, known: list[str]) -> None:
        """It is none of them, and of their form as far as there are others."""
        made = unlike(known)
        assert made not in known
        assert abs(len(made) - len(known[0])) <= 1

    def test_one_part_of_an_arn_becomes_another(self) -> None:
        """The rest stays as it is, and no account that is known comes up."""
        known = [f"arn:aws:connect:us-east-1:{a}:instance/1" for a in ("000000000000",) * 2]
        known.append("arn:aws:connect:us-east-1:000000001111:instance/2")
        made = unlike(known, 4)
        assert made == "arn:aws:connect:us-east-1:000000002222:instance/1"
        assert unlike(["no-arn-1"], 4) == unlike(["no-arn-1"])

    def test_a_token_is_another_operations(self, session: TargetSession) -> None:
        """A foreign token is a real one, of the operation that is named."""
        token = session.resolve(LIST, {"x": {"token": SEARCH.id}}).params["x"]
        exchange, _ = session.call(SEARCH, Call(base=True, set={"NextToken": token}))
        assert exchange.succeeded

    def test_where_there_is_one_page_there_is_no_token(
        self, reference: Any, session: TargetSession
    ) -> None:
        """A listing of one page gives out no token, and that is the reason."""
        reference.become(dialect="one-number-account")
        with pytest.raises(SkipCase, match="gave out no page token"):
            session.resolve(SEARCH, {"x": {"token": LIST.id}})


class TestEvidence:
    def test_it_holds_what_was_sent_and_what_came(self, session: TargetSession) -> None:
        """Each step's exchanges stand by themselves; the last one is what a call is about."""
        evidence = carry_out(
            session, case(LIST, Call(), Walk(sizes=(20,)), Call(set={"MaxResults": 100}))
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
        carry_out(session, tried)
        before = reference.sender.requests
        evidence = carry_out(session, tried)
        assert reference.sender.requests == before + 1
        assert evidence.valid_control is not None
        assert evidence.valid_control.succeeded

    def test_a_step_that_cannot_be_tried_is_empty(self, session: TargetSession) -> None:
        """Of several steps those that can be tried are; if none can, that is the reason."""
        impossible = Call(set={"FilterValue": {"resource": "FilterValue.UserId", "rank": 99}})
        evidence = carry_out(session, case(LIST, impossible, Call()))
        assert [len(step) for step in evidence.steps] == [0, 1]
        with pytest.raises(SkipCase):
            carry_out(session, case(LIST, impossible))

    def test_a_found_item_is_known(self, session: TargetSession) -> None:
        """A case that asks for an item again knows how it was listed."""
        tried = next(one for one in cases(GET) if one.expect is Expect.FOUND)
        evidence = carry_out(session, tried)
        assert evidence.listed["E164PhoneNumber"] == evidence.last.params["PhoneNumberId"]


class TestWorkers:
    def test_what_is_known_can_be_handed_over(self, reference: Any, session: TargetSession) -> None:
        """A worker that takes over what the controller learnt asks nothing twice."""
        for operation in documented().values():
            session.prepare(operation)
        memory = session.memory()
        before = reference.sender.requests
        worker = TargetSession(documented(), reference.sender)
        worker.restore(memory)
        for operation in documented().values():
            assert worker.availability(operation).status is Status.IMPLEMENTED
            if operation.pagination:
                assert worker.listing(operation).items == session.listing(operation).items
        assert reference.sender.requests == before


def test_each_step_says_whether_its_value_is_made_up(scripted: Any, sending: Any) -> None:
    """A refusal of what was made up proves nothing, whichever step it is; of the others it does."""
    search = documented()["connect:SearchAvailablePhoneNumbers"]
    lists = answer(200, {"ListPhoneNumbersSummaryList": [{"TargetArn": "arn:aws:connect:x"}]})
    finds = answer(200, {"AvailableNumbersList": []})
    refusal = answer(400, {"Message": "no"}, "x-amzn-ErrorType: InvalidParameterException")

    def attend(server: Any, connection: Any, number: int) -> None:
        while raw := server.read(connection):
            if raw.startswith(f"POST {V2.http.path} ".encode()):
                connection.sendall(lists)
            elif raw.startswith(f"POST {search.http.path} ".encode()):
                connection.sendall(finds if b"arn:aws" in raw else refusal)
            else:
                connection.sendall(answer(404, b"{}"))

    session = TargetSession(documented(), sending(scripted(attend).url))
    params = {"PhoneNumberCountryCode": "US", "PhoneNumberType": "DID"}
    synthetic = Call(set={**params, "InstanceId": {"resource": "InstanceId"}})
    known = Call(set={**params, "TargetArn": {"resource": "TargetArn"}})
    evidence = carry_out(session, case(search, synthetic, known))
    assert evidence.synthetic == (True, False)
    refused, doubtful = evidence.refused
    assert refused is evidence.steps[0][0]
    assert doubtful


def test_a_run_does_not_wait_for_ever(
    scripted: Any, sending: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A target that throttles after its first answers is given up like one that is silent."""
    slept: list[float] = []
    clock = type("Clock", (), {"sleep": staticmethod(slept.append)})
    monkeypatch.setattr("conformance.transport.sender.time", clock)
    page = answer(200, {"PhoneNumbers": []})
    server = scripted([answer(404, b"{}"), page, page, answer(429, b"{}", "Retry-After: 5")])
    session = TargetSession(documented(), sending(server.url))
    for tried in cases(LIST)[:40]:
        try:
            carry_out(session, tried)
        except SkipCase:
            continue
    assert sum(slept) <= 5 * 20.0
