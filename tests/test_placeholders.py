"""Placeholders: what stands in their place, and what has no value."""

from collections.abc import Mapping
from typing import Any

import pytest

from conformance.execution.availability import SkipCase
from conformance.execution.executor import execute
from conformance.execution.session import TargetSession
from conformance.generation.plans import Call
from conformance.spec.documents import documented
from conformance.spec.placeholders import PARTS, part_of, unknown_value

LIST = documented()["chime:ListPhoneNumbers"]
SEARCH = documented()["chime:SearchAvailablePhoneNumbers"]
V2 = documented()["connect:ListPhoneNumbersV2"]
CONNECT = documented()["connect:SearchAvailablePhoneNumbers"]


def resolve(session: TargetSession, operation: Any, params: Mapping[str, Any]) -> Any:
    return session.discovery.resolve(operation, Call(set=params))


class TestResolving:
    def test_placeholders_are_filled(self, session: TargetSession) -> None:
        """Ranks, cuts and unknown values are made of what is known; the rest stays."""
        known = session.discovery.values(V2, "InstanceId")

        def filled(value: Any) -> Any:
            return resolve(session, V2, {"x": value}).params["x"]

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
            resolve(session, V2, {"x": {"resource": "InstanceId", "rank": 7}})

    def test_a_made_up_value_is_called_that(self, reference: Any, session: TargetSession) -> None:
        """Where nothing is listed a placeholder stands in, and its refusal proves nothing."""
        reference.become(dialect="empty-account")
        resolved = resolve(session, CONNECT, {"InstanceId": {"resource": "InstanceId"}})
        assert resolved.synthetic
        assert not resolve(session, LIST, {"Status": "Assigned"}).synthetic

    def test_a_token_is_another_operations(self, session: TargetSession) -> None:
        """A foreign token is a real one, of the operation that is named."""
        token = resolve(session, LIST, {"x": {"token": SEARCH.id}}).params["x"]
        call = Call(base=True, set={"NextToken": token})
        (exchange,), _ = execute(session, SEARCH, call)
        assert exchange.succeeded

    def test_where_there_is_one_page_there_is_no_token(
        self, reference: Any, session: TargetSession
    ) -> None:
        """A listing of one page gives out no token, and that is the reason."""
        reference.become(dialect="one-number-account")
        with pytest.raises(SkipCase, match="returned no page token"):
            resolve(session, SEARCH, {"x": {"token": LIST.id}})


class TestUnlike:
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
        made = unknown_value(known)
        assert made not in known
        assert abs(len(made) - len(known[0])) <= 1

    def test_one_part_of_an_arn_becomes_another(self) -> None:
        """The rest stays as it is, and no account that is known comes up."""
        known = [f"arn:aws:connect:us-east-1:{a}:instance/1" for a in ("000000000000",) * 2]
        known.append("arn:aws:connect:us-east-1:000000001111:instance/2")
        made = unknown_value(known, 4)
        assert made == "arn:aws:connect:us-east-1:000000002222:instance/1"
        assert unknown_value(["no-arn-1"], 4) == unknown_value(["no-arn-1"])


class TestAPartOfAKnownValue:
    """What a lookup finds that takes a part for the whole."""

    @pytest.mark.parametrize(
        ("like", "made"),
        [("beginning", "+1206"), ("end", "063"), ("middle", "1206"), ("longer", "+120630")],
    )
    def test_is_none_of_the_known_ones(self, like: str, made: str) -> None:
        assert part_of(["+12063"], like) == made

    @pytest.mark.parametrize("like", sorted(PARTS))
    def test_goes_on_until_it_is_unknown(self, like: str) -> None:
        known = ["abcdef", "abcde", "def", "bcde", "abcdef0"]
        made = part_of(known, like)
        assert made
        assert made not in known

    def test_there_may_be_none(self) -> None:
        assert part_of(["a"], "beginning") is None
