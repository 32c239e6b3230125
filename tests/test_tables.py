"""Facts of the tables that no other test holds in place; ``make mutants`` breaks each of them.

A fact is said here as a person would say it, with the number or the address itself: a test that
took it from the table would agree with whatever stands there.
"""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.checks.coverage import attributed, exercised_by
from conformance.checks.findings import Verdict, worst
from conformance.errors import UsageError
from conformance.execution.availability import Status
from conformance.execution.session import TargetSession
from conformance.generation.cases import cases
from conformance.generation.clauses import area, clause, clauses
from conformance.generation.invalid_values import few_pattern_violations, pattern_violations
from conformance.generation.plans import Expect
from conformance.protocols.base import NO_SUCH_PATH
from conformance.protocols.http import FailureKind, Request
from conformance.runner.preflight import require_recordable
from conformance.spec.documents import documented
from conformance.spec.registry import never, registry, select
from conformance.spec.rules import Exclusive
from conformance.transport import flow_control
from conformance.transport import sender as sender_module
from conformance.transport.flow_control import CircuitBreaker
from conftest import answer

LIST = documented()["chime:ListPhoneNumbers"]
FUNCTIONS = registry().find("lambda:ListFunctions")
SEARCH = documented()["chime:SearchAvailablePhoneNumbers"]


class TestClauses:
    @pytest.mark.parametrize(
        ("operation", "protocol", "page"),
        [
            ("lambda:ListFunctions", "rest-json", "aws/protocols/aws-restjson1-protocol"),
            ("route53:ListHostedZones", "rest-xml", "aws/protocols/aws-restxml-protocol"),
            ("sqs:ListQueues", "json", "aws/protocols/aws-json-1_0-protocol"),
            ("iam:ListUsers", "query", "aws/protocols/aws-query-protocol"),
            ("ec2:DescribeVpcs", "ec2", "aws/protocols/aws-ec2-query-protocol"),
            (
                "cloudwatch:ListMetrics",
                "smithy-rpc-v2-cbor",
                "additional-specs/protocols/smithy-rpc-v2",
            ),
        ],
    )
    def test_a_protocol_is_specified_on_its_own_page(
        self, operation: str, protocol: str, page: str
    ) -> None:
        """What a protocol promises is cited from Smithy's page of that protocol."""
        found = registry(protocol).find(operation)
        assert found.protocol == protocol
        source = clause(found, "protocol/readable").source
        assert source.page == f"https://smithy.io/2.0/{page}.html"

    @pytest.mark.parametrize(
        ("part", "expected"),
        [
            ("request", "validation"),
            ("response", "response"),
            ("errors", "errors"),
            ("rules", "semantics"),
            ("pagination", "pagination"),
            ("protocol", "protocol"),
            ("auth", "auth"),
            ("sdk", "sdk"),
        ],
    )
    def test_each_part_is_of_one_area(self, part: str, expected: str) -> None:
        """The area of a clause follows from its part."""
        (found,) = {area(name) for name in clauses(LIST) if name.split("/")[1] == part}
        assert found == expected

    @pytest.mark.parametrize(
        ("path", "promise"),
        [
            ("request/MaxResults/minimum", "MaxResults is at least 1"),
            ("request/MaxResults/maximum", "MaxResults is at most 500"),
            ("request/TollFreePrefix/minLength", "TollFreePrefix has at least 3 characters"),
            ("request/TollFreePrefix/maxLength", "TollFreePrefix has at most 3 characters"),
        ],
    )
    def test_a_bound_is_put_in_words(self, path: str, promise: str) -> None:
        """Each constraint is said as a sentence about its member."""
        assert clause(SEARCH, path).promise == promise

    @pytest.mark.parametrize(
        ("path", "page", "model"),
        [
            ("request/{}/valid-values", "must", "should"),
            ("response/content-type", "must", "should"),
            ("errors/documented", "must", "observe"),
            ("errors/broken-constraint", "must", "should"),
            ("pagination/foreign-token", "observe", None),
        ],
    )
    def test_a_model_promises_less_than_a_page(
        self, path: str, page: str, model: str | None
    ) -> None:
        """The level of a clause follows from what states it."""
        by_page = clauses(LIST)[f"{LIST.id}/{path.format('Status')}"]
        by_model = clauses(FUNCTIONS).get(f"{FUNCTIONS.id}/{path.format('FunctionVersion')}")
        assert (by_page.level, by_model and by_model.level) == (page, model)

    def test_a_filter_should_hold_on_every_page(self) -> None:
        """No page says what a filter does to the pages of a walk."""
        assert clause(LIST, "pagination/filters-held").level == "should"


class TestChecks:
    def test_exclusive_members_are_judged_apart(self) -> None:
        """The check of members that go not together can raise the clauses of such rules."""
        rules = SEARCH.rules_of(Exclusive)
        assert rules
        for rule in rules:
            assert "apart" in attributed(SEARCH, clause(SEARCH, f"rules/{rule.id}"))

    def test_refused_cases_exercise_the_error_of_a_broken_constraint(self) -> None:
        """Each case that has to be refused shows which error a broken constraint has."""
        found = exercised_by(LIST, clause(LIST, "errors/broken-constraint"))
        refused = [one for one in cases(LIST) if one.expect is Expect.REFUSED]
        assert len(refused) > 5
        assert list(found) == refused

    def test_verdicts_rank_from_the_gravest(self) -> None:
        """Of two verdicts the one that stands first here is the worse."""
        ranked = ["error", "fail", "unsupported", "warn", "inconclusive", "pass", "observed"]
        assert list(Verdict) == ranked
        for better, worse in zip(ranked[1:], ranked, strict=False):
            assert worst([Verdict(better), Verdict(worse)]) == worse


class TestViolations:
    """The ways in which a text stops to match a pattern; each was a server's way to be careless."""

    def test_letters(self) -> None:
        """A code of two letters is tried in the other case, with a digit, longer, and embedded."""
        assert pattern_violations({"pattern": "^[A-Z]{2}$"}, "US") == {
            "wrong-case": "us",
            "digit": "U1",
            "symbols": "!!",
            "longer": "USSSSSSSSSSSSS",
            "embedded": "xUSx",
            "first": "U",
            "empty": "",
        }

    def test_digits(self) -> None:
        """Digits become letters, symbols, digits of another script, and stand within a text."""
        assert pattern_violations({"pattern": "^[0-9]+$"}, "206") == {
            "letters": "xxx",
            "symbols": "!!!",
            "arabic-digits": "٢٠٦",
            "embedded": "x206x",
            "empty": "",
        }

    def test_runs_of_digits(self) -> None:
        """A prefix is tried with each of its runs of digits exchanged for another."""
        found = pattern_violations({"pattern": "^8(00|33)$"}, "800")
        assert {"800", "833"}.isdisjoint(found.values())
        assert {"000", "811", "899", "801", "111"} <= set(found.values())

    def test_what_matches_anything_but_blanks(self) -> None:
        """Where no other text breaks a pattern, blanks are tried."""
        assert pattern_violations({"pattern": r"^\S+$"}, "US") == {"empty": "", "blanks": "  "}

    def test_deep_inside_a_request_three_are_tried(self) -> None:
        """A nested member is broken in three ways, and never by being empty."""
        assert few_pattern_violations({"pattern": "^[A-Z]{2}$"}, "US") == {
            "wrong-case": "us",
            "digit": "U1",
            "symbols": "!!",
        }


class TestBudgets:
    @pytest.fixture
    def slept(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        slept: list[float] = []
        monkeypatch.setattr(sender_module, "time", SimpleNamespace(sleep=slept.append))
        return slept

    def test_a_throttled_request_is_sent_four_times(
        self, scripted: Any, sending: Any, slept: list[float]
    ) -> None:
        """Three waits lie between the four tries of a request."""
        server = scripted([answer(429, b"{}", ("Retry-After", "1"))])
        assert sending(server.url).send(LIST, {}).throttled
        assert (len(server.requests), slept) == (4, [1.0, 1.0, 1.0])

    def test_a_throttled_request_is_waited_for_20_seconds(
        self, scripted: Any, sending: Any, slept: list[float]
    ) -> None:
        """A wait that would make it more than 20 seconds in all is not begun."""
        sender = sending(scripted([answer(429, b"{}", ("Retry-After", "12"))]).url)
        assert sender.send(LIST, {}).throttled
        assert slept == [12.0]
        patient = sending(scripted([answer(429, b"{}", ("Retry-After", "21"))]).url)
        assert patient.send(LIST, {}).throttled
        assert slept == [12.0]

    def test_a_run_waits_a_minute_for_a_target_that_throttles(
        self, scripted: Any, sending: Any, slept: list[float]
    ) -> None:
        """Whatever a target asks for, all waits of a run together take 60 seconds at most."""
        sender = sending(scripted([answer(429, b"{}", ("Retry-After", "15"))]).url)
        for _ in range(6):
            assert sender.send(LIST, {}).throttled
        assert slept == [15.0] * 4

    @pytest.mark.parametrize(
        "code",
        [
            "ThrottlingException",
            "ThrottledException",
            "TooManyRequestsException",
            "RequestLimitExceeded",
            "SlowDown",
            "ProvisionedThroughputExceededException",
            "BandwidthLimitExceeded",
            "PriorRequestNotComplete",
        ],
    )
    def test_aws_has_many_names_for_it(
        self, code: str, scripted: Any, sending: Any, slept: list[float]
    ) -> None:
        """An error of such a name asks to slow down, whatever its status."""
        refusal = answer(400, b"{}", ("x-amzn-ErrorType", code))
        exchange = sending(scripted([refusal, answer(200, b"{}")]).url).send(LIST, {})
        assert (exchange.status, len(slept)) == (200, 1)

    def test_waits_double(self, fabricate: Any) -> None:
        """A target that says no time is waited for a quarter of a second, a half, one, two."""
        asked = fabricate.exchange(status=429, headers=())
        steady = SimpleNamespace(random=lambda: 0.0)
        waits = [flow_control.pause(asked.response, attempt, steady) for attempt in range(4)]  # type: ignore[arg-type]
        assert waits == [0.25, 0.5, 1.0, 2.0]

    def silences(self, fabricate: Any, *kinds: FailureKind | None) -> str:
        """What is said after exchanges that ended so; ``None`` is an answer."""
        breaker = CircuitBreaker()
        for kind in kinds:
            assert breaker.exhausted(LIST) == ""
            breaker.saw(LIST, fabricate.exchange(failure=kind))
        return breaker.exhausted(LIST)

    def test_three_silences_in_a_row_end_an_operation(self, fabricate: Any) -> None:
        """Two are borne, and an answer between them counts from the start again."""
        late, gone = FailureKind.TIMEOUT, FailureKind.UNREACHABLE
        assert self.silences(fabricate, late, gone) == ""
        assert self.silences(fabricate, late, gone, None, late, gone) == ""
        assert self.silences(fabricate, late, gone, late).endswith("3 requests in a row")

    def test_eight_timeouts_end_a_run(self, fabricate: Any) -> None:
        """Timeouts add up over a run, though answers come between them."""
        pairs = (FailureKind.TIMEOUT, None)
        assert self.silences(fabricate, *pairs * 7) == ""
        assert "8 requests to the target timed out" in self.silences(
            fabricate, *pairs * 7, FailureKind.TIMEOUT
        )
        assert (flow_control.IN_A_ROW, flow_control.IN_ALL) == (3, 8)


class TestTargets:
    def test_what_no_operation_is_at_is_at_no_path(self) -> None:
        """The path by which a target is asked for what cannot exist is no operation's."""
        request = Request(method="GET", url=f"http://h{NO_SUCH_PATH}", headers=(), body=b"")
        known = [one for one in documented().values() if one.http.method == "GET"]
        assert len(known) >= 6
        for operation in known:
            pattern = re.sub(r"\{[^}]+\}", "[^/]+", operation.http.path)
            assert not re.fullmatch(pattern, request.path), operation.id

    @pytest.mark.parametrize(
        "kind",
        [
            "InvalidAction",
            "NotImplemented",
            "NotImplementedException",
            "UnknownOperation",
            "UnknownOperationException",
        ],
    )
    def test_an_error_says_that_there_is_no_such_operation(
        self, kind: str, scripted: Any, sending: Any
    ) -> None:
        """Each of the names by which AWS and its emulators say so makes it unsupported."""
        probe = answer(404, b"{}")
        refusal = answer(400, b"{}", ("x-amzn-ErrorType", kind))
        session = TargetSession(documented(), sending(scripted([probe, refusal]).url))
        assert session.discovery.availability(LIST).status is Status.UNSUPPORTED

    @pytest.mark.parametrize("action", ["Release", "Claim", "Update", "Disassociate"])
    def test_what_changes_things_is_never_sent_to_aws(self, action: str) -> None:
        """Only what is known by hand to read may be recorded there."""
        found = select([f"connect:{action}*"], refused=never).operations
        assert found
        for operation in found:
            with pytest.raises(UsageError, match="is kept from AWS"):
                require_recordable([operation])
