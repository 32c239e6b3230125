"""The checks of what a page says in prose, and the relations between items and what was asked."""

from collections.abc import Sequence
from typing import Any

import pytest
from check_rows import GET, LIST, SEARCH, V2, Row, check_row, row_name, summed_up

from conformance.checks.evidence import Evidence, Listing
from conformance.checks.filter_predicates import RELATIONS, filters, holds, wanted
from conformance.checks.table import CHECKS
from conformance.generation.plans import Expect
from conformance.spec.documents import documented
from conformance.spec.levels import Level
from conformance.spec.rules import Filter

ITEMS = {
    LIST: "PhoneNumbers",
    SEARCH: "E164PhoneNumbers",
    V2: "ListPhoneNumbersSummaryList",
}


def judged(check: str, evidence: Evidence) -> tuple[dict[str, str], set[str]]:
    return summed_up(list(CHECKS[check].judge(evidence)))


def answered(
    fabricate: Any, path: str, params: Any, items: Sequence[Any], operation: str, **known: Any
) -> Any:
    body = {ITEMS[operation]: list(items)}
    exchange = fabricate.exchange(operation, body=body, params=params)
    return fabricate.evidence(path, Expect.ACCEPTED, exchange, operation=operation, **known)


OWNED = (
    {"PhoneNumberId": "a", "Status": "Assigned"},
    {"PhoneNumberId": "b", "Status": "Assigned"},
    {"PhoneNumberId": "c", "Status": "Unassigned"},
)
NUMBER = {"PhoneNumberId": "%2B1206", "Status": "Assigned", "Tags": ["b", "a"]}
ASSIGNED = {"Status": "Assigned"}
STATUS, STATE, AGAIN = "rules/status-filter", "rules/state-filter", "rules/listed-id-found"


def filtering(check: str, why: str, items: Sequence[Any], **rest: Any) -> Row:
    """A listing that was filtered by status."""
    body = {"PhoneNumbers": list(items)}
    return Row(check, why, STATUS, Expect.ACCEPTED, body=body, params=ASSIGNED, **rest)


QUEUE = "sqs:GetQueueAttributes"
CAPACITY = "ecs:DescribeCapacityProviders"
NAMES = "rules/selects-AttributeNames"
INCLUDE = "rules/selects-include"
ALL = {"AttributeNames": ["All"]}
ONE = {"AttributeNames": ["DelaySeconds"]}


def selecting(why: str, params: Any, body: Any, operation: str = QUEUE, **rest: Any) -> Row:
    """A response to a request that selects what is shown."""
    path = NAMES if operation == QUEUE else INCLUDE
    return Row(
        "selected",
        why,
        path,
        Expect.ACCEPTED,
        body=body,
        operation=operation,
        params=params,
        broken=False,
        **rest,
    )


ROWS = [
    selecting("what is selected", ONE, {"Attributes": {"DelaySeconds": "0"}}, passes=(NAMES,)),
    selecting("nothing of what is selected, nor else", ONE, {}, passes=(NAMES,)),
    selecting(
        "what is not selected",
        ONE,
        {"Attributes": {"DelaySeconds": "0", "QueueArn": "arn"}},
        finds={NAMES: "warn"},
    ),
    selecting(
        "not what is selected and there",
        ALL,
        {"Attributes": {"DelaySeconds": "0", "QueueArn": "arn"}},
        more=((ONE, {"Attributes": {}}),),
        finds={NAMES: "warn"},
    ),
    selecting(
        "all that can be selected", ALL, {"Attributes": {"A": "b"}}, finds={NAMES: "inconclusive"}
    ),
    selecting(
        "what is included",
        {"include": ["TAGS"]},
        {"capacityProviders": [{"name": "a", "tags": [{"key": "a"}]}]},
        CAPACITY,
        passes=(INCLUDE,),
    ),
    selecting(
        "an empty part that is not included",
        {},
        {"capacityProviders": [{"name": "a", "tags": []}]},
        CAPACITY,
        passes=(INCLUDE,),
    ),
    selecting(
        "a part that is not included",
        {},
        {"capacityProviders": [{"name": "a", "tags": [{"key": "a"}]}]},
        CAPACITY,
        finds={INCLUDE: "warn"},
    ),
    selecting(
        "nothing that could have parts",
        {},
        {"capacityProviders": []},
        CAPACITY,
        finds={INCLUDE: "inconclusive"},
    ),
    filtering("filtered", "an item that matches", OWNED[:1], passes=(STATUS,)),
    filtering("filtered", "an item that does not", OWNED[2:], finds={STATUS: "warn"}),
    filtering(
        "complete",
        "all items that match",
        OWNED[:2],
        known={"listing": Listing(items=OWNED, complete=True)},
        passes=(STATUS,),
    ),
    filtering(
        "complete",
        "an item too few",
        OWNED[:1],
        known={"listing": Listing(items=OWNED, complete=True)},
        finds={STATUS: "warn"},
    ),
    filtering("exercised", "an item that matches", OWNED[:1]),
    filtering("exercised", "no items", [], finds={STATUS: "inconclusive"}),
    *(
        Row(
            "apart",
            why,
            STATE,
            Expect.ACCEPTED,
            operation=SEARCH,
            body={"E164PhoneNumbers": ["+1206"]},
            params={"State": "WA"},
            more=(({"State": "NY"}, {"E164PhoneNumbers": [number]}),),
            **said,
        )
        for why, number, said in (
            ("an item for each of two states", "+1212", {"passes": (STATE,)}),
            ("one item for both states", "+1206", {"finds": {STATE: "warn"}}),
        )
    ),
    *(
        Row(
            "found",
            why,
            AGAIN,
            Expect.FOUND,
            operation=GET,
            body={"PhoneNumber": {**NUMBER, "PhoneNumberId": name}},
            known={"listed": NUMBER, "identity": "PhoneNumberId"},
            **said,
        )
        for why, name, said in (
            ("the item that was requested", "%2B1206", {"passes": (AGAIN,)}),
            ("another item", "%2B1425", {"finds": {AGAIN: "fail"}}),
        )
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=row_name)
def test_rows(row: Row, fabricate: Any) -> None:
    """Each check finds what its row says, and nothing else."""
    check_row(row, fabricate)


class TestFilters:
    @pytest.mark.parametrize(
        ("operation", "rule", "params", "item", "verdict"),
        [
            (LIST, "status-filter", {"Status": "Assigned"}, {"Status": "Assigned"}, "pass"),
            (LIST, "status-filter", {"Status": "Assigned"}, {"Status": "Unassigned"}, "warn"),
            (LIST, "status-filter", {"Status": "Assigned"}, {"Status": None}, ""),
            (LIST, "status-filter", {"Status": "Assigned"}, {}, ""),
            (
                LIST,
                "association-filter",
                {"FilterName": "UserId", "FilterValue": "u"},
                {"Associations": [{"Name": "UserId", "Value": "u"}]},
                "pass",
            ),
            (
                LIST,
                "association-filter",
                {"FilterName": "UserId", "FilterValue": "u"},
                {"Associations": [{"Name": "AccountId", "Value": "u"}]},
                "warn",
            ),
            (
                LIST,
                "association-filter",
                {"FilterName": "UserId", "FilterValue": "u"},
                {"Associations": []},
                "warn",
            ),
            (LIST, "association-filter", {"FilterName": "UserId"}, {"Associations": []}, ""),
            (SEARCH, "area-code-filter", {"AreaCode": "206"}, "+12065550100", "pass"),
            (SEARCH, "area-code-filter", {"AreaCode": "206"}, "12065550100", "pass"),
            (SEARCH, "area-code-filter", {"AreaCode": "206"}, "+12075550100", "warn"),
            (SEARCH, "area-code-filter", {"AreaCode": "206"}, 5, ""),
            (SEARCH, "toll-free-prefix-filter", {"TollFreePrefix": "877"}, "+18775550100", "pass"),
            (SEARCH, "toll-free-prefix-filter", {"TollFreePrefix": "877"}, "+18005550100", "warn"),
            (SEARCH, "country-filter", {"Country": "GB"}, "+442079460010", "pass"),
            (SEARCH, "country-filter", {"Country": "GB"}, "+12065550100", "warn"),
            (SEARCH, "country-filter", {"Country": "CA"}, "+12065550100", "pass"),
            (SEARCH, "country-filter", {"Country": "GB"}, "not a number", ""),
            (SEARCH, "country-filter", {"Country": "GB"}, "+80012345678", ""),
            (SEARCH, "country-filter", {"Country": "XX"}, "+12065550100", ""),
            (SEARCH, "country-defaults-to-us", {"State": "WA"}, "+12065550100", "pass"),
            (SEARCH, "country-defaults-to-us", {"State": "WA"}, "+442079460010", "fail"),
            (SEARCH, "type-filter", {"PhoneNumberType": "TollFree"}, "+18005550100", "pass"),
            (SEARCH, "type-filter", {"PhoneNumberType": "TollFree"}, "+12065550100", "warn"),
            (SEARCH, "type-filter", {"PhoneNumberType": "Local"}, "+18005550100", "warn"),
            (SEARCH, "type-filter", {"PhoneNumberType": "Local"}, "+1", ""),
            (
                V2,
                "country-codes-filter",
                {"PhoneNumberCountryCodes": ["GB", "DE"]},
                {"PhoneNumberCountryCode": "DE"},
                "pass",
            ),
            (
                V2,
                "country-codes-filter",
                {"PhoneNumberCountryCodes": ["GB", "DE"]},
                {"PhoneNumberCountryCode": "US"},
                "warn",
            ),
            (
                V2,
                "country-codes-filter",
                {"PhoneNumberCountryCodes": []},
                {"PhoneNumberCountryCode": "US"},
                "",
            ),
            (V2, "prefix-filter", {"PhoneNumberPrefix": "+1"}, {"PhoneNumber": "+1206"}, "pass"),
            (V2, "prefix-filter", {"PhoneNumberPrefix": "+1"}, {"PhoneNumber": "+44"}, "warn"),
            (V2, "instance-filter", {"InstanceId": "i"}, {"InstanceId": "i"}, "pass"),
            (V2, "instance-filter", {"InstanceId": "i"}, {"InstanceId": "j"}, "fail"),
            (V2, "instance-filter", {"InstanceId": "i"}, {"TargetArn": "a:b:instance/i"}, "pass"),
            (V2, "instance-filter", {"InstanceId": "a:b:instance/i"}, {"InstanceId": "i"}, "pass"),
            (V2, "instance-filter", {"InstanceId": "i"}, {}, ""),
            (
                V2,
                "instance-filter",
                {"InstanceId": "i"},
                {"InstanceId": "i", "TargetArn": "a:group/g"},
                "",
            ),
            (V2, "target-filter", {"TargetArn": "a/g"}, {"TargetArn": "a/g"}, "pass"),
            (V2, "target-filter", {"TargetArn": "a/g"}, {"TargetArn": "a/h"}, "fail"),
            (V2, "target-filter", {"TargetArn": "a/i"}, {"InstanceId": "i"}, "pass"),
        ],
    )
    def test_an_item_is_held_against_what_was_asked(
        self, operation: str, rule: str, params: Any, item: Any, verdict: str, fabricate: Any
    ) -> None:
        """A matching item passes, another is found, and one that cannot show it is ignored."""
        path = f"rules/{rule}"
        found, passed = judged("filtered", answered(fabricate, path, params, [item], operation))
        assert found.get(path, "") == ("" if verdict == "pass" else verdict)
        assert (path in passed) is (verdict == "pass")

    def test_a_later_page_is_anothers_affair(self, fabricate: Any) -> None:
        """A page that was asked for by a token may be held against other filters."""
        params = {"Status": "Assigned", "NextToken": "t"}
        evidence = answered(
            fabricate, "rules/status-filter", params, [{"Status": "Unassigned"}], LIST
        )
        assert judged("filtered", evidence) == ({}, set())

    def test_combined_filters_are_one_promise(self, fabricate: Any) -> None:
        """What breaks one of two filters at once breaks the promise of both."""
        params = {"Status": "Assigned", "ProductType": "VoiceConnector"}
        item = {"Status": "Assigned", "ProductType": "BusinessCalling"}
        found, _ = judged(
            "filtered", answered(fabricate, "rules/filters-combine", params, [item], LIST)
        )
        assert found == {"rules/filters-combine": "warn"}


class TestCompleteness:
    @pytest.mark.parametrize(
        ("got", "whole", "verdict"),
        [
            (OWNED[:2], True, "pass"),
            (OWNED[:1], True, "warn"),
            ((), True, "warn"),
            (OWNED[:1], False, ""),
        ],
    )
    def test_a_filtered_listing_lacks_nothing(
        self, got: Any, whole: bool, verdict: str, fabricate: Any
    ) -> None:
        """All that is listed and fits is answered, where the whole listing is known."""
        path = "rules/status-filter"
        known = Listing(items=OWNED, complete=whole)
        evidence = answered(fabricate, path, {"Status": "Assigned"}, got, LIST, listing=known)
        found, passed = judged("complete", evidence)
        assert found.get(path, "") == ("" if verdict == "pass" else verdict)
        assert (path in passed) is (verdict == "pass")

    def test_with_a_page_size_it_is_the_affair_of_paging(self, fabricate: Any) -> None:
        """A page cut short by MaxResults lacks nothing."""
        params = {"Status": "Assigned", "MaxResults": 1}
        known = Listing(items=OWNED, complete=True)
        evidence = answered(
            fabricate, "rules/status-filter", params, OWNED[:1], LIST, listing=known
        )
        assert judged("complete", evidence) == ({}, set())

    def test_a_search_owes_nobody_completeness(self, fabricate: Any) -> None:
        """What a search leaves out it need not have."""
        known = Listing(items=("+12065550100", "+12065550101"), complete=True)
        evidence = answered(
            fabricate, "rules/area-code-filter", {"AreaCode": "206"}, [], SEARCH, listing=known
        )
        assert judged("complete", evidence) == ({}, set())


class TestExercise:
    @pytest.mark.parametrize(
        ("items", "finds"),
        [
            ([{"Status": "Assigned"}], {}),
            ([{"Status": "Unassigned"}], {}),
            ([], {"rules/status-filter": "inconclusive"}),
            ([{}], {"rules/status-filter": "inconclusive"}),
        ],
    )
    def test_a_filter_tried_in_vain_says_so(self, items: Any, finds: Any, fabricate: Any) -> None:
        """A filter that nothing could come of is inconclusive, never a pass."""
        evidence = answered(fabricate, "rules/status-filter", {"Status": "Assigned"}, items, LIST)
        assert judged("exercised", evidence) == (finds, set())


class TestExclusiveValues:
    @pytest.mark.parametrize(
        ("first", "second", "verdict"),
        [
            (["+1206"], ["+1425"], "pass"),
            (["+1206"], ["+1206"], "warn"),
            (["+1206"], [], "inconclusive"),
            ([], [], "inconclusive"),
        ],
    )
    def test_two_states_share_no_number(
        self, first: Any, second: Any, verdict: str, fabricate: Any
    ) -> None:
        """No item answers to two values; fewer than two answers prove nothing."""
        path = "rules/state-filter"
        exchanges = [
            fabricate.exchange(SEARCH, body={"E164PhoneNumbers": items}, params={"State": state})
            for state, items in (("WA", first), ("NY", second))
        ]
        evidence = fabricate.evidence(path, Expect.ACCEPTED, *exchanges, operation=SEARCH)
        found, passed = judged("apart", evidence)
        assert found == ({} if verdict == "pass" else {path: verdict})
        assert (path in passed) is (verdict == "pass")


class TestFoundAgain:
    @pytest.mark.parametrize(
        ("rule", "item", "verdict"),
        [
            ("listed-id-found", NUMBER, "pass"),
            ("listed-id-found", {**NUMBER, "Status": "Other"}, "pass"),
            ("listed-id-found", {**NUMBER, "PhoneNumberId": "%2B1425"}, "fail"),
            ("listed-id-found", None, "fail"),
            ("listed-id-found", "x", "fail"),
            ("equals-listed", NUMBER, "pass"),
            ("equals-listed", {**NUMBER, "PhoneNumberId": "+1206"}, "pass"),
            ("equals-listed", {**NUMBER, "Tags": ["a", "b"]}, "pass"),
            ("equals-listed", {**NUMBER, "CallingName": None}, "pass"),
            ("equals-listed", {**NUMBER, "Status": "Other"}, "warn"),
            ("equals-listed", {**NUMBER, "NotOnThePage": "x"}, "pass"),
            ("equals-listed", {"PhoneNumberId": "%2B1206"}, "warn"),
        ],
    )
    def test_an_item_is_answered_as_it_is_listed(
        self, rule: str, item: Any, verdict: str, fabricate: Any
    ) -> None:
        """The item asked for by its id is the listed one; nulls, order and encoding are alike."""
        path = f"rules/{rule}"
        exchange = fabricate.exchange(GET, body={"PhoneNumber": item})
        evidence = fabricate.evidence(
            path, Expect.FOUND, exchange, operation=GET, listed=NUMBER, identity="PhoneNumberId"
        )
        found, passed = judged("found", evidence)
        assert found == ({} if verdict == "pass" else {path: verdict})
        assert (path in passed) is (verdict == "pass")

    @pytest.mark.parametrize(
        ("status", "body", "finds"),
        [
            (200, b"<html>", {"rules/equals-listed": "inconclusive"}),
            (404, b"{}", {}),
        ],
    )
    def test_without_an_answer_there_is_nothing_to_compare(
        self, status: int, body: bytes, finds: Any, fabricate: Any
    ) -> None:
        """A refusal is said elsewhere; what cannot be read is no difference."""
        exchange = fabricate.exchange(GET, status=status, body=body)
        evidence = fabricate.evidence(
            "rules/equals-listed", Expect.FOUND, exchange, operation=GET, listed=NUMBER
        )
        assert judged("found", evidence) == (finds, set())

    def test_what_has_no_name_cannot_be_told_from_another(self, fabricate: Any) -> None:
        """Where no member names an item, that the right one was answered is not known."""
        exchange = fabricate.exchange(GET, body={"PhoneNumber": NUMBER})
        evidence = fabricate.evidence(
            "rules/listed-id-found", Expect.FOUND, exchange, operation=GET, listed={"Arn": "a"}
        )
        assert judged("found", evidence) == ({"rules/listed-id-found": "inconclusive"}, set())

    def test_what_stands_in_no_listing_is_inconclusive(self, fabricate: Any) -> None:
        """A number that a user named, and that nothing lists, can be compared with nothing."""
        exchange = fabricate.exchange(GET, body={"PhoneNumber": NUMBER})
        evidence = fabricate.evidence("rules/equals-listed", Expect.FOUND, exchange, operation=GET)
        assert judged("found", evidence) == ({"rules/equals-listed": "inconclusive"}, set())


def filter_rule(**fields: Any) -> Filter:
    return Filter(id="x", level=Level.MUST, section="x", promise="x", **fields)


class TestRelations:
    @pytest.mark.parametrize("name", RELATIONS)
    @pytest.mark.parametrize("item", [None, 5, "", "x", [], {}, {"a": None}], ids=repr)
    def test_no_relation_raises(self, name: str, item: Any) -> None:
        """For any item a relation holds, does not hold, or cannot be decided."""
        field = "Associations" if name == "association" else None
        rule = filter_rule(member="M", relation=name, field=field)
        value: Any = {"association": ("UserId", "u"), "one-of": ["x"]}.get(name, "x")
        assert holds(item, rule, value) in {True, False, None}

    def test_a_default_speaks_of_what_is_absent(self) -> None:
        """A rule on a default is at work only where its member is not given."""
        rule = filter_rule(member="Country", relation="calling-code", default="US")
        assert wanted(rule, {}) == "US"
        assert wanted(rule, {"Country": None}) == "US"
        assert wanted(rule, {"Country": "GB"}) is None

    @pytest.mark.parametrize(
        ("countries", "number", "held"),
        [
            (["DE", "GB"], "+442079460000", True),
            (["GG"], "+442079460000", True),  # one code for several countries
            (["DE", "FR"], "+442079460000", False),
            (["DE"], "+80012345678", None),  # of no country
            (["AN"], "+59995551234", None),  # withdrawn
            ([], "+442079460000", None),
            (["US"], "12345", None),
        ],
    )
    def test_several_countries_have_their_calling_codes(
        self, countries: list[str], number: str, held: bool | None
    ) -> None:
        """A number has the code of one of the requested countries, where the number can show it."""
        rule = filter_rule(member="x", relation="calling-code", field="Number")
        assert holds({"Number": number}, rule, countries) is held

    def test_the_filters_at_work_are_those_given(self) -> None:
        """Each filter of a request is named once, with what it asks for."""
        found = filters(documented()[LIST], {"Status": "Assigned", "FilterName": "UserId"})
        assert [(rule.id, value) for rule, value in found] == [("status-filter", "Assigned")]
