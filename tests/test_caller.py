"""Sending to one target: walks, and when nothing more is sent."""

import itertools
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from conformance.execution.availability import SkipCase, Status
from conformance.execution.executor import carry_out, execute
from conformance.execution.session import TargetSession
from conformance.generation.cases import cases
from conformance.generation.plans import Size, Walk
from conformance.spec.documents import documented
from conformance.transport.flow_control import IN_A_ROW

LIST = documented()["chime:ListPhoneNumbers"]
CONNECT = documented()["connect:SearchAvailablePhoneNumbers"]


def answer(status: int, body: Any, *headers: str) -> bytes:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Scripted", f"Content-Length: {len(raw)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + raw


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
            assert session.discovery.availability(operation).status is Status.UNANSWERED
            for tried in cases(operation)[:5]:
                with pytest.raises(SkipCase):
                    carry_out(session, operation, tried)
        assert sender.requests <= IN_A_ROW + 1

    def test_one_silent_request_ends_nothing(
        self, scripted: Any, sending: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Only timeouts in a row count; an answer between them starts afresh."""
        monkeypatch.setattr("conformance.transport.flow_control.IN_A_ROW", 2)
        count = itertools.count()

        def now_and_then(server: Any, connection: Any, number: int) -> None:
            while server.read(connection):
                if next(count) % 2:
                    server.pause(30)
                    return
                connection.sendall(answer(200, {"PhoneNumbers": []}))

        sender = sending(scripted(now_and_then).url, timeout=2.0)
        session = TargetSession(documented(), sender)
        outcomes = [session.caller.call(LIST, {}).status for _ in range(5)]
        assert outcomes == [200, None, 200, None, 200]

    def test_who_throttles_for_ever_is_inconclusive(
        self, scripted: Any, sending: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """429 after all patience is a reason, not an answer."""
        monkeypatch.setattr("conformance.transport.sender.THROTTLE_TRIES", 1)
        session = TargetSession(documented(), sending(scripted([answer(429, b"{}")]).url))
        with pytest.raises(SkipCase, match="slow down"):
            session.caller.call(LIST, {})


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
        exchanges, _ = execute(
            TargetSession(documented(), sending(server.url)), LIST, Walk(pages=7)
        )
        assert len(exchanges) == len(server.requests) == 7

    def test_a_token_for_the_second_time_ends_a_walk(self, scripted: Any, sending: Any) -> None:
        """A token that comes back goes nowhere."""
        server = scripted(self.endless(lambda page: "again"))
        exchanges, _ = execute(
            TargetSession(documented(), sending(server.url)), LIST, Walk(pages=50)
        )
        assert len(exchanges) == 2

    def test_a_huge_listing_is_not_walked_whole(self, scripted: Any, sending: Any) -> None:
        """No walk gathers more items than anybody would want to compare."""
        items = [{"PhoneNumberId": str(n)} for n in range(3000)]
        bodies = [{"PhoneNumbers": items, "NextToken": str(page)} for page in range(9)]
        server = scripted([answer(200, body) for body in bodies])
        session = TargetSession(documented(), sending(server.url))
        exchanges, _ = execute(session, LIST, Walk(pages=50))
        assert len(exchanges) == 2
        assert not session.discovery.listing(LIST).complete

    def test_an_odd_answer_ends_a_walk(self, scripted: Any, sending: Any) -> None:
        """A page that cannot be read has no next one."""
        page = answer(200, {"PhoneNumbers": [], "NextToken": "1"})
        server = scripted([page, answer(500, b"<html>")])
        exchanges, _ = execute(
            TargetSession(documented(), sending(server.url)), LIST, Walk(pages=50)
        )
        assert [exchange.status for exchange in exchanges] == [200, 500]

    def test_tokens_go_back_verbatim(self, scripted: Any, sending: Any) -> None:
        """A token is opaque: it is sent back as it came, whatever it is made of."""
        odd = "a+b/c==&d é\"'%20"
        pages = [{"PhoneNumbers": [], "NextToken": odd}, {"PhoneNumbers": []}]
        server = scripted([answer(200, body) for body in pages])
        exchanges, _ = execute(TargetSession(documented(), sending(server.url)), LIST, Walk())
        assert ("next-token", odd) in exchanges[1].request.query
        wire = server.requests[1].split(b" ")[1]
        assert b"a%2Bb%2Fc%3D%3D%26d%20%C3%A9%22%27%2520" in wire

    def test_sizes_are_asked_for_in_turn(self, session: TargetSession) -> None:
        """A walk may change its page size; the last one holds for all the rest."""
        exchanges, _ = execute(session, LIST, Walk(sizes=(2, 3, 1), pages=5))
        assert [exchange.params["MaxResults"] for exchange in exchanges] == [2, 3, 1, 1, 1]
        names = [item["PhoneNumberId"] for e in exchanges for item in _items(e)]
        assert len(names) == len(set(names)) == 8

    def test_a_middle_size_is_worked_out(self, session: TargetSession) -> None:
        """Three pages or so, and never more than the documented maximum."""
        exchanges, _ = execute(session, LIST, Walk(sizes=(Size.MIDDLE,)))
        assert 2 <= len(exchanges) <= 4
        exchanges, _ = execute(session, CONNECT, Walk(base=True, sizes=(Size.MIDDLE,)))
        assert exchanges[0].params["MaxResults"] <= 9


def _items(exchange: Any) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = json.loads(exchange.response.body)["PhoneNumbers"]
    return found


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
            carry_out(session, LIST, tried)
        except SkipCase:
            continue
    assert sum(slept) <= 5 * 20.0
