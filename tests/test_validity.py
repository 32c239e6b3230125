"""Which promises a request breaks: the suite's judgement of its own requests."""

from typing import Any

import pytest

from conformance.spec.documents import documented
from conformance.spec.patterns import matches
from conformance.spec.validity import has_type, only_unspecified, violated_clauses, violations

SEARCH = documented()["chime:SearchAvailablePhoneNumbers"]
LIST = documented()["chime:ListPhoneNumbers"]
V2 = documented()["connect:ListPhoneNumbersV2"]
CONNECT = documented()["connect:SearchAvailablePhoneNumbers"]

GOOD = {"InstanceId": "i", "PhoneNumberCountryCode": "US", "PhoneNumberType": "DID"}


@pytest.mark.parametrize(
    ("value", "kind", "fits"),
    [
        (True, "boolean", True),
        (True, "integer", False),
        (1, "boolean", False),
        (1, "integer", True),
        (1.5, "integer", False),
        (1, "number", True),
        (1.5, "number", True),
        (True, "number", False),
        ("1", "integer", False),
        ("", "string", True),
        (None, "string", False),
        ([], "array", True),
        ({}, "array", False),
        ({}, "object", True),
        (object(), None, True),
    ],
)
def test_types_are_jsons(value: Any, kind: str | None, fits: bool) -> None:
    """A boolean is no number, and no text is."""
    assert has_type(value, {"type": kind} if kind else {}) is fits


@pytest.mark.parametrize(
    ("schema", "value", "paths"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 9}, 1, []),
        ({"type": "integer", "minimum": 1, "maximum": 9}, 0, ["m/minimum"]),
        ({"type": "integer", "minimum": 1, "maximum": 9}, 10, ["m/maximum"]),
        ({"type": "integer", "minimum": 1}, "0", ["m/type"]),
        ({"type": "string", "minLength": 2}, "📞", ["m/minLength"]),
        ({"type": "string", "maxLength": 1}, "📞", []),
        ({"type": "string", "enum": ["a"]}, "A", ["m/enum"]),
        ({"type": "string", "pattern": "[A-Z]{2}", "maxLength": 2}, "usa", ["m/pattern", "m/max"]),
        ({"type": "string", "pattern": "[A-Z]{2}"}, "xUSx", []),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 1}, ["a", "b"], ["m/maxItems"]),
        (
            {"type": "array", "items": {"type": "string", "enum": ["a"]}},
            ["a", "x", "y", 5],
            ["m/item/enum", "m/item/type"],
        ),
        (
            {"type": "object", "properties": {"a": {"type": "integer"}}},
            {"a": "5", "b": 6},
            ["m/a/type"],
        ),
        ({"type": "object", "properties": {"a": {"type": "integer"}}}, {"a": None}, []),
    ],
)
def test_each_broken_keyword_is_named(schema: Any, value: Any, paths: list[str]) -> None:
    """A value breaks exactly the clauses it breaks; a wrong type is all that is said of it."""
    found = list(violations(value, schema, "m"))
    assert len(found) == len(paths)
    assert all(one.startswith(path) for one, path in zip(found, paths, strict=True))


def test_a_pattern_no_one_can_read_is_taken_to_match() -> None:
    """Another dialect of regular expressions proves nothing."""
    assert matches("[", "anything")


@pytest.mark.parametrize(
    ("operation", "params", "paths"),
    [
        (LIST, {}, []),
        (LIST, {"Status": None}, []),
        (LIST, {"Nothing": 1}, []),
        (LIST, {"Status": "assigned", "MaxResults": 100}, ["Status/enum", "MaxResults/maximum"]),
        (SEARCH, {}, ["rules/us-needs-filter"]),
        (SEARCH, {"State": "WA"}, []),
        (SEARCH, {"City": "Seattle"}, ["rules/city-needs-state"]),
        (SEARCH, {"City": "Seattle", "State": "WA"}, []),
        (SEARCH, {"Country": "GB"}, ["rules/foreign-needs-type"]),
        (SEARCH, {"Country": "GB", "PhoneNumberType": "Local"}, []),
        (SEARCH, {"Country": "US", "AreaCode": "206"}, []),
        (SEARCH, {"TollFreePrefix": "8000"}, ["TollFreePrefix/pattern", "TollFreePrefix/maxL"]),
        (V2, {}, []),
        (V2, {"PhoneNumberPrefix": "1"}, ["rules/prefix-plus"]),
        (V2, {"PhoneNumberPrefix": "+1"}, []),
        (V2, {"InstanceId": ""}, ["InstanceId/minLength"]),
        (CONNECT, GOOD, []),
        (CONNECT, {**GOOD, "PhoneNumberType": None}, ["PhoneNumberType/required"]),
        (CONNECT, {k: v for k, v in GOOD.items() if k != "InstanceId"}, ["rules/target-required"]),
    ],
)
def test_a_request_breaks_what_it_breaks(operation: Any, params: Any, paths: list[str]) -> None:
    """Constraints and rules are decided on the members together; a null is an absent member."""
    found = violated_clauses(operation, params)
    assert len(found) == len(paths), found
    assert all(path in one for one, path in zip(found, paths, strict=True))


def test_what_nobody_promises_is_told_apart() -> None:
    """A request that breaks only what is observed is not one that has to be refused."""
    lonely = violated_clauses(LIST, {"FilterName": "UserId"})
    assert lonely == (f"{LIST.id}/rules/filter-needs-value",)
    assert only_unspecified(LIST, lonely)
    both = violated_clauses(LIST, {"FilterName": "UserId", "MaxResults": 0})
    assert both[-1] == lonely[0]
    assert not only_unspecified(LIST, both)
    assert not only_unspecified(LIST, ())
