"""The case set: always the same, one clause each, an edge on both sides of every bound."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from conformance.errors import UnknownNameError
from conformance.execution.engine import areas, collected
from conformance.generation.cases import by_clause, cases, digest, explorations
from conformance.generation.invalid_values import (
    distinct_items,
    partial_matches,
    pattern_violations,
)
from conformance.generation.plans import Call, Case, Expect, Walk
from conformance.protocols.base import Draft
from conformance.protocols.http import Request
from conformance.protocols.rest_json import PROTOCOL as REST_JSON
from conformance.runner.settings import settings
from conformance.spec.documents import documented
from conformance.spec.operation import Operation
from conformance.spec.patterns import matches
from conformance.spec.registry import registry
from conformance.spec.validity import violated_clauses, violations
from conformance.spec.values import plain

OPERATIONS = list(registry().values())
EVERY = [case for operation in OPERATIONS for case in cases(operation)]
V2 = documented()["connect:ListPhoneNumbersV2"]

Fill = Callable[[Operation, Mapping[str, Any]], dict[str, Any]]

every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)


def of(prefix: str) -> list[Case]:
    return [case for case in EVERY if case.id.startswith(prefix)]


def judged_call(case: Case) -> Call:
    last = case.steps[-1]
    assert isinstance(last, Call)
    return last


def read_back(operation: Operation, call: Call, filled: Fill) -> Mapping[str, Any] | None:
    """The members that a server would read of a call that is put on the wire whole."""
    baseline = operation.baselines[0].params if call.base else {}
    params = filled(operation, {**baseline, **call.set})
    draft = Draft(method="GET", url=f"http://localhost{operation.http.path}", headers={}, body=b"")
    changes = call.alteration
    everything = type(changes)(
        members={**params, **changes.members}, body=changes.body, path=changes.path
    )
    REST_JSON.alter(operation, draft, everything)
    request = Request(method="GET", url=draft.url, headers=(), body=draft.body)
    return REST_JSON.members(operation, request)


class TestIds:
    def test_ids_are_unique_and_quotable(self) -> None:
        """No two cases share an id, and each begins with its clause's."""
        ids = [case.id for case in EVERY]
        assert [name for name, count in Counter(ids).items() if count > 1] == []
        for case in EVERY:
            assert case.id.startswith(f"{case.clause}/"), case.id
            assert re.fullmatch(r"[A-Za-z0-9:/._-]+", case.id), case.id
            assert case.title

    @every_operation
    def test_cases_are_grouped_by_clause(self, operation: Operation) -> None:
        """Every case belongs to one clause's group."""
        groups = by_clause(operation)
        assert sum(len(group) for group in groups.values()) == len(cases(operation))

    def test_every_id_can_be_chosen(self) -> None:
        """``--case`` takes the id of every case and of every exploration."""
        names = [tried.id for tried in collected([one for one in OPERATIONS if one.readonly])]
        chosen = settings({"target": "url", "operations": "*", "case": names})
        assert chosen.cases == set(names)

    def test_an_unknown_id_names_the_nearest(self) -> None:
        """A case that nothing bears is refused with the nearest one."""
        with pytest.raises(UnknownNameError, match=r"did you mean .*/maximum/at-99\?"):
            settings({"case": ["chime:ListPhoneNumbers/request/MaxResults/maximum/at-9"]})

    def test_the_digest_is_over_the_ids(self) -> None:
        """It does not depend on the order of operations, and changes with their number."""
        assert digest(OPERATIONS) == digest(OPERATIONS[::-1])
        assert digest(OPERATIONS) != digest(OPERATIONS[1:])
        assert digest(OPERATIONS).startswith("sha256:")

    @every_operation
    def test_there_are_two_explorations(self, operation: Operation) -> None:
        """Valid and invalid requests are drawn apart."""
        assert [one.direction for one in explorations(operation)] == ["valid", "invalid"]

    def test_nothing_invalid_is_drawn_where_nothing_can_be_broken(self) -> None:
        """GetPhoneNumber has no constraint that parameters break."""
        names = {tried.id for tried in collected(OPERATIONS)}
        assert "chime:GetPhoneNumber/exploration/valid" in names
        assert "chime:GetPhoneNumber/exploration/invalid" not in names


class TestWhatIsTried:
    def test_all_countries_are_tried(self) -> None:
        """Each of the 237 documented country codes is a case of its own in both operations."""
        for name, member in (
            ("connect:SearchAvailablePhoneNumbers", "PhoneNumberCountryCode"),
            ("connect:ListPhoneNumbersV2", "PhoneNumberCountryCodes/item"),
        ):
            tried = of(f"{name}/request/{member}/valid-values/")
            assert len(tried) == len({case.id for case in tried}) == 237
            assert {case.expect for case in tried} == {Expect.ACCEPTED}
            # a sample of them is kept where calls are dear
            assert 5 <= sum(case.sample for case in tried) <= 20

    @every_operation
    def test_a_plan_is_data(self, operation: Operation) -> None:
        """Each case names members, and placeholders that its document or another one defines."""
        resources = operation.resources
        for case in cases(operation):
            assert case.steps
            for step in case.steps:
                assert step.set.keys() <= operation.members.keys(), case.id
                for value in step.set.values():
                    if isinstance(value, Mapping) and "token" in value:
                        assert documented()[value["token"]].pagination, case.id
                    elif isinstance(value, Mapping):
                        name = value.get("resource") or value.get("unknown")
                        assert name is None or name in resources, case.id

    @every_operation
    def test_a_refused_case_breaks_its_own_clause(self, operation: Operation, filled: Fill) -> None:
        """What has to be refused breaks its clause as a server reads it; its neighbour nothing."""
        for case in cases(operation):
            if case.expect is not Expect.REFUSED or "/protocol/" in case.clause:
                continue
            members = read_back(operation, judged_call(case), filled)
            assert members is not None, case.id
            assert case.clause in violated_clauses(operation, members), case.id
            assert case.valid_control is not None, case.id
            valid_control = read_back(operation, case.valid_control, filled)
            assert valid_control is not None, case.id
            assert violated_clauses(operation, valid_control) == (), case.id

    @every_operation
    def test_a_body_that_is_none_cannot_be_read(self, operation: Operation, filled: Fill) -> None:
        """A malformed body holds no members; that is all that is wrong with it."""
        malformed = [
            case
            for case in cases(operation)
            if case.expect is Expect.REFUSED and "/protocol/" in case.clause
        ]
        assert bool(malformed) == operation.has_body
        for case in malformed:
            assert read_back(operation, judged_call(case), filled) is None, case.id

    @every_operation
    def test_an_accepted_case_breaks_nothing(self, operation: Operation, filled: Fill) -> None:
        """What has to be accepted keeps every constraint."""
        for case in cases(operation):
            if case.expect is not Expect.ACCEPTED:
                continue
            for step in case.steps:
                baseline = operation.baselines[0].params if step.base else {}
                params = filled(operation, {**baseline, **step.set})
                assert violated_clauses(operation, params) == (), case.id
                if isinstance(step, Walk):
                    limit = operation.pagination.limit if operation.pagination else None
                    for size in (one for one in step.sizes if isinstance(one, int)):
                        assert not list(violations(size, operation.members[str(limit)], "limit"))


class TestEdges:
    @staticmethod
    def bounds() -> Iterator[tuple[Operation, str, str, Any]]:
        for operation in OPERATIONS:
            for member, schema in operation.members.items():
                for keyword in ("minimum", "maximum", "minLength", "maxLength", "maxItems"):
                    if keyword in schema and schema.get("location") != "path":
                        yield operation, member, keyword, schema[keyword]

    def test_both_sides_of_every_bound_are_tried(self) -> None:
        """A bound is reached by one case and passed by the least possible step by another."""
        tried = 0
        for operation, member, keyword, bound in self.bounds():
            group = of(f"{operation.id}/request/{member}/{keyword}/")
            beyond = bound - 1 if keyword.startswith("min") else bound + 1
            edges = {case.id.rsplit("/", 1)[1]: case for case in group}
            step = edges[f"beyond-{beyond}"]
            value = judged_call(step).set[member]
            size = len(value) if isinstance(value, str | list) else value
            assert size == beyond
            kept = edges.get(f"at-{bound}") or edges["kept"]
            if "kept" not in edges:
                value = judged_call(kept).set[member]
                size = len(value) if isinstance(value, str | list) else value
                assert size == bound
            tried += 1
        assert tried > 15

    @pytest.mark.parametrize(
        ("edge", "member", "value"),
        [
            ("chime:ListPhoneNumbers/request/MaxResults/minimum/negative", "MaxResults", -1),
            ("chime:ListPhoneNumbers/request/MaxResults/type/fraction", "MaxResults", "1.5"),
            ("chime:ListPhoneNumbers/request/MaxResults/empty/sent", "MaxResults", ""),
            (
                "chime:SearchAvailablePhoneNumbers/request/Country/pattern/nowhere-first",
                "Country",
                "G",
            ),
            (
                "connect:ListPhoneNumbersV2/request/PhoneNumberCountryCodes/item/enum/same-form",
                "PhoneNumberCountryCodes",
                ["ZZ"],
            ),
        ],
    )
    def test_near_misses_are_tried(self, edge: str, member: str, value: Any) -> None:
        """What a careless server takes for a value is sent as one."""
        (case,) = of(edge)
        assert judged_call(case).set[member] == value

    def test_seven_types_are_observed_eight_refused(self) -> None:
        """Seven distinct types are all there are: nobody promises that they are too many."""
        group = of("connect:ListPhoneNumbersV2/request/PhoneNumberTypes/maxItems/")
        expected = {case.id.rsplit("/", 1)[1]: case.expect for case in group}
        assert expected["at-6"] is Expect.ACCEPTED
        assert expected["beyond-7"] is Expect.ANYTHING
        assert expected["beyond-8"] is Expect.REFUSED

    @pytest.mark.parametrize(
        ("pattern", "kept"),
        [
            ("[A-Z]{2}", "US"),
            (r"\+?[0-9]{1,11}", "+1800"),
            ("^8(00|33|44|55|66|77|88)$", "800"),
            (r"^\d+$", "5"),
        ],
    )
    def test_patterns_are_broken_under_both_readings(self, pattern: str, kept: str) -> None:
        """What breaks a pattern matches nowhere; what one reading allows is kept apart."""
        schema = {"type": "string", "pattern": pattern}
        nowhere, in_part = pattern_violations(schema, kept), partial_matches(schema, kept)
        assert nowhere
        assert not any(matches(pattern, value) for value in nowhere.values())
        for value in in_part.values():
            assert matches(pattern, value)
            assert re.fullmatch(pattern, value) is None
        values = [*nowhere.values(), *in_part.values()]
        assert len(values) == len(set(values))

    @pytest.mark.parametrize(
        "schema",
        [
            {"type": "string"},
            {"type": "string", "minLength": 3},
            {"type": "string", "enum": ["b", "a"]},
            {"type": "integer"},
            {"type": "integer", "minimum": 5},
            {"type": "integer", "maximum": 0},
            {"type": "number", "minimum": 0.5},
            {"type": "boolean"},
            {"type": "array", "items": {"type": "string"}, "minItems": 2},
            {
                "type": "object",
                "properties": {"a": {"type": "integer"}, "b": {"type": "string"}},
                "required": ["a"],
            },
        ],
        ids=str,
    )
    def test_the_plainest_value_keeps_its_schema(self, schema: Mapping[str, Any]) -> None:
        """The value that stands in for any other breaks nothing."""
        assert list(violations(plain(schema), schema, "value")) == []

    def test_items_of_a_list_differ(self) -> None:
        """As far as there are different values a long list repeats none."""
        schema = V2.members["PhoneNumberCountryCodes"]
        assert len(set(distinct_items(schema, 11))) == 11
        free = {"type": "array", "items": {"type": "string", "minLength": 4}}
        found = distinct_items(free, 12)
        assert len(set(found)) == 12
        assert all(len(item) >= 4 for item in found)


class TestAreas:
    def test_every_case_can_yield_its_own_area(self) -> None:
        """``-m`` finds a case by its clause's area, and by protocol, which every case can yield."""
        for case in EVERY:
            found = areas(documented()[case.operation], case)
            assert "protocol" in found
            assert len(found) == len(set(found))

    def test_a_walk_yields_pagination(self) -> None:
        """A case that walks can yield findings on pages, whatever it is about."""
        for case in EVERY:
            if any(isinstance(step, Walk) for step in case.steps):
                assert "pagination" in areas(documented()[case.operation], case), case.id


@pytest.mark.parametrize(
    "name", ["sqs:ListQueues", "kinesis:ListStreams", "chime:ListPhoneNumbers"]
)
def test_unknown_tokens_come_with_a_page_size(name: str) -> None:
    """Where nothing may be paged without a limit, a token alone proves nothing."""
    operation = registry().find(name)
    assert operation.pagination is not None
    limit, token = operation.pagination.limit, operation.pagination.input_token
    tried = [one for one in cases(operation) if one.clause.endswith("/pagination/unknown-token")]
    assert len(tried) == 3
    for case in tried:
        (step,), control = case.steps, case.valid_control
        assert isinstance(step, Call)
        assert isinstance(control, Call)
        assert step.set.keys() == {limit, token}
        assert control.set == {limit: step.set[limit]}
