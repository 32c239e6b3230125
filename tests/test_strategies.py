"""The strategies: what they draw keeps every promise, or breaks the one it was asked to break."""

from typing import Any

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from conformance.errors import ConformanceError, UnknownNameError, UsageError
from conformance.generation.clauses import clauses
from conformance.generation.strategies import invalid, odd, texts, valid, values
from conformance.spec.documents import documented
from conformance.spec.operation import Operation
from conformance.spec.registry import registry
from conformance.spec.rules import Constraint
from conformance.spec.validity import violated_clauses, violations

OPERATIONS = list(registry().values())
LIST = documented()["chime:ListPhoneNumbers"]
QUICK = settings(
    max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
FINDING = settings(
    max_examples=400, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)

every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)


def breakable() -> list[tuple[Operation, str]]:
    """Every clause that some parameters break."""
    found = []
    for operation in OPERATIONS:
        for one in clauses(operation).values():
            last = one.path.rsplit("/", 1)[1]
            keywords = {"type", "required", "enum", "pattern", "minimum", "maximum"}
            keywords |= {"minLength", "maxLength", "minItems", "maxItems"}
            of_member = one.part == "request" and last in keywords and one.untestable_reason is None
            if of_member or isinstance(operation.rule(one.id), Constraint):
                found.append((operation, one.path))
    return found


BREAKABLE = breakable()


def test_most_constraints_can_be_broken() -> None:
    """There are dozens of clauses to break, in every operation but the one without any."""
    assert len(BREAKABLE) > 40
    assert {operation.id for operation, _ in BREAKABLE} == {
        one.id for one in OPERATIONS if one.name != "GetPhoneNumber"
    }


@every_operation
def test_valid_requests_break_nothing(operation: Operation) -> None:
    """Whatever is drawn as valid keeps every constraint and every rule, and names members."""

    @QUICK
    @given(valid(operation))
    def holds(params: dict[str, Any]) -> None:
        assert violated_clauses(operation, params) == ()
        assert params.keys() <= operation.members.keys()

    holds()


@pytest.mark.parametrize("name", ["kms:DescribeKey", "s3:GetObject", "dynamodb:PutItem"])
def test_what_only_a_target_knows_is_drawn_all_the_same(name: str) -> None:
    """A request of an operation of the SDK's has its required members."""

    @QUICK
    @given(valid(registry().find(name)))
    def holds(params: dict[str, Any]) -> None:
        assert violated_clauses(registry().find(name), params) == ()

    holds()


@every_operation
def test_known_values_are_used(operation: Operation) -> None:
    """Values of the target take the place of made-up ones."""
    names = operation.resources
    known = {name: ["+12065550100"] for name in names if name in operation.required}

    @QUICK
    @given(valid(operation, known=known))
    def holds(params: dict[str, Any]) -> None:
        for name in known:
            assert params[name] == "+12065550100"

    holds()


@every_operation
def test_odd_requests_can_be_sent(operation: Operation) -> None:
    """Odd requests name members that are there, and text that UTF-8 can carry."""

    @QUICK
    @given(odd(operation))
    def holds(params: dict[str, Any]) -> None:
        assert params.keys() <= operation.members.keys()
        repr(params).encode()

    holds()


@pytest.mark.parametrize(("operation", "path"), BREAKABLE, ids=lambda one: getattr(one, "id", one))
def test_invalid_requests_break_their_clause(operation: Operation, path: str) -> None:
    """Whatever is drawn to break a clause breaks it, by path or by id."""

    @settings(QUICK, max_examples=5)
    @given(invalid(operation, path) | invalid(operation, f"{operation.id}/{path}"))
    def breaks(params: dict[str, Any]) -> None:
        assert f"{operation.id}/{path}" in violated_clauses(operation, params)

    breaks()


class TestShrinking:
    def test_a_valid_request_shrinks_to_nothing_more_than_needed(self) -> None:
        """The smallest valid request of a listing is the bare call."""
        assert find(valid(LIST), lambda params: True, settings=FINDING) == {}

    @pytest.mark.parametrize(
        ("path", "smallest"),
        [
            ("request/MaxResults/maximum", {"MaxResults": 100}),
            ("request/MaxResults/minimum", {"MaxResults": 0}),
        ],
    )
    def test_an_invalid_request_shrinks_to_its_edge(self, path: str, smallest: Any) -> None:
        """The smallest request that breaks a bound is one step beyond it, alone."""
        found = find(invalid(LIST, path), lambda params: True, settings=FINDING)
        assert found == smallest

    def test_a_failure_shrinks_to_the_members_that_matter(self) -> None:
        """Of many members the one that fails is left, with one that an example gives at most."""
        found = find(valid(LIST), lambda params: "Status" in params, settings=FINDING)
        assert len(found) <= 2

    def test_a_long_list_shrinks_to_the_first_that_is_too_long(self) -> None:
        """The smallest list of too many countries holds one too many."""
        v2 = documented()["connect:ListPhoneNumbersV2"]
        path = "request/PhoneNumberCountryCodes/maxItems"
        found = find(invalid(v2, path), lambda params: True, settings=FINDING)
        assert len(found["PhoneNumberCountryCodes"]) == 11


class TestValues:
    @pytest.mark.parametrize(
        "schema",
        [
            {"type": "string"},
            {"type": "string", "minLength": 3, "maxLength": 3},
            {"type": "string", "pattern": "^8(00|33)$"},
            {"type": "string", "enum": ["a", "b"]},
            {"type": "integer", "minimum": -5, "maximum": 5},
            {"type": "integer"},
            {"type": "number", "minimum": 0, "maximum": 1},
            {"type": "boolean"},
            {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 3},
            {"type": "object", "properties": {"a": {"type": "boolean"}}, "required": ["a"]},
        ],
        ids=str,
    )
    def test_values_keep_their_schema(self, schema: Any) -> None:
        """Values drawn for a schema break none of its keywords."""

        @QUICK
        @given(values(schema))
        def keeps(value: Any) -> None:
            assert list(violations(value, schema, "value")) == []

        keeps()

    @QUICK
    @given(texts(min_size=1, max_size=5))
    def test_texts_can_be_encoded(self, text: str) -> None:
        """Text holds neither surrogates nor control characters."""
        assert text.encode()
        assert 1 <= len(text) <= 5
        assert not any(ord(char) < 32 for char in text)


class TestRefusals:
    @pytest.mark.parametrize(
        ("clause", "says"),
        [
            ("request/Nothing/maximum", "There is no request member 'Nothing'"),
            ("request/MaxResult/maximum", "did you mean MaxResults?"),
            ("response/NextToken/type", "only request and rules clauses can be"),
            ("pagination/end", "only request and rules clauses can be"),
            ("rules/status-filter", "it is about responses"),
            ("request/Status/maximum", "no clause request/Status/maximum"),
            ("request/Status/valid-values", "no clause"),
        ],
    )
    def test_what_cannot_be_broken_is_refused(self, clause: str, says: str) -> None:
        """A clause that no parameters break is one sentence that says why."""
        with pytest.raises(UsageError) as caught:
            invalid(LIST, clause)
        assert says in str(caught.value)
        assert len(str(caught.value).splitlines()) == 1

    def test_an_unknown_rule_names_the_nearest(self) -> None:
        """A rule that nothing bears is said to be that."""
        with pytest.raises(UnknownNameError, match="status-filter"):
            invalid(LIST, "rules/status-filtr")

    def test_an_unknown_keyword_names_the_nearest(self) -> None:
        """A clause that is almost another one names it."""
        with pytest.raises(UsageError, match="request/MaxResults/maximum"):
            invalid(LIST, "request/MaxResults/maximun")

    @pytest.mark.parametrize("clause", ["request", "request/", "request/MaxResults"])
    def test_half_a_name_is_refused(self, clause: str) -> None:
        """What is no clause's name is one sentence too."""
        with pytest.raises(ConformanceError):
            invalid(LIST, clause)


@settings(QUICK, max_examples=3)
@given(st.data())
def test_strategies_compose(data: st.DataObject) -> None:
    """They are plain strategies: anybody's test can map, filter and combine them."""
    pair = data.draw(st.tuples(valid(LIST), invalid(LIST, "request/Status/enum")))
    assert violated_clauses(LIST, pair[0]) == ()
    assert pair[1]["Status"] not in LIST.members["Status"]["enum"]


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ("glue:CreateDatabase", "request/Tags/maxProperties"),
        ("dynamodb:BatchGetItem", "request/RequestItems/minProperties"),
    ],
)
def test_maps_of_a_wrong_size_are_drawn(operation: str, path: str) -> None:
    """A map with too many entries, or too few, breaks just that."""
    found = registry().find(operation)

    @QUICK
    @given(invalid(found, path))
    def check(params: Any) -> None:
        assert f"{operation}/{path}" in violated_clauses(found, params)

    check()
