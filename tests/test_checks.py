"""All checks together: they report nothing twice, and no response makes one raise an exception."""

import json
from typing import Any

from check_rows import CONSTRAINT, GET, LIST, SEARCH, V2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.checks.evidence import Listing
from conformance.checks.findings import Verdict
from conformance.checks.table import judge
from conformance.generation.plans import Expect
from conformance.spec.documents import documented
from conformance.spec.rules import Exclusive, Found, Rule, Unknown


def test_nothing_is_reported_twice(fabricate: Any) -> None:
    """All checks together report each finding once; one of them can be left out."""
    exchange = fabricate.exchange(status=500, body=b"<html>")
    evidence = fabricate.evidence(CONSTRAINT, Expect.ACCEPTED, exchange, exchange)
    found = judge(evidence)
    keys = [(one.clause, one.verdict, one.observed) for one in found]
    assert len(keys) == len(set(keys))
    rest = judge(evidence, without="no-server-error")
    assert {one.check for one in found} - {one.check for one in rest} == {"no-server-error"}


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "+1206", "US", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "PhoneNumbers",
                    "PhoneNumber",
                    "ListPhoneNumbersSummaryList",
                    "E164PhoneNumbers",
                    "AvailableNumbersList",
                    "NextToken",
                    "Associations",
                    "Capabilities",
                    "Status",
                    "InstanceId",
                    "TargetArn",
                    "PhoneNumberId",
                    "code",
                    "__type",
                    "x",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
PARAMS = {
    LIST: {"Status": "Assigned", "FilterName": "UserId", "FilterValue": "x", "MaxResults": 1},
    SEARCH: {"Country": "US", "AreaCode": "206", "State": "WA", "PhoneNumberType": "Local"},
    V2: {
        "PhoneNumberCountryCodes": ["US"],
        "PhoneNumberPrefix": "+1",
        "InstanceId": "x",
        "TargetArn": "x",
    },
    GET: {"PhoneNumberId": "x"},
    "connect:SearchAvailablePhoneNumbers": {"PhoneNumberPrefix": "+1", "MaxResults": 1},
}


def test_a_filter_on_what_is_no_list_raises_nothing(fabricate: Any) -> None:
    """An item whose Associations are a number is a finding on types, and no exception."""
    params = {"FilterName": "UserId", "FilterValue": "x"}
    body = {"PhoneNumbers": [{"Associations": 5}]}
    exchange = fabricate.exchange(body=body, params=params)
    judge(fabricate.evidence("rules/association-filter", Expect.ACCEPTED, exchange))


@settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(
    body=ANY_JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=20),
    status=st.sampled_from([200, 204, 301, 400, 403, 404, 500]),
    expect=st.sampled_from(Expect),
    operation=st.sampled_from(sorted(PARAMS)),
    walk=st.booleans(),
    pick=st.integers(0, 10_000),
)
def test_no_check_ever_raises(
    fabricate: Any,
    body: bytes,
    status: int,
    expect: Expect,
    operation: str,
    walk: bool,
    pick: int,
) -> None:
    """Whatever a server answers to whatever case, judging comes to findings."""
    if b'"Associations": ' in body:
        return  # tested above
    known = documented()[operation]
    rules = [f"rules/{rule.id}" for rule in known.rules if _suits(rule, expect)]
    if expect is Expect.UNKNOWN and not rules:
        return  # no such case: nothing is unknown to a search
    paths = rules or ["protocol/implemented"]
    params = dict(PARAMS[operation])
    params |= dict.fromkeys([rule.member for rule in known.rules_of(Exclusive)], "x")
    exchange = fabricate.exchange(operation, status=status, body=body, params=params)
    evidence = fabricate.evidence(
        paths[pick % len(paths)],
        expect,
        exchange,
        exchange,
        operation=operation,
        walk=walk,
        listing=Listing(items=(5, "x", {"PhoneNumberId": "x"}, None), complete=True),
        valid_control=exchange if pick % 2 else None,
        listed={"PhoneNumberId": "x"},
    )
    for finding in judge(evidence):
        assert finding.verdict in Verdict


def _suits(rule: Rule, expect: Expect) -> bool:
    """Whether a rule has cases of that expectation."""
    if expect is Expect.UNKNOWN:
        return isinstance(rule, Unknown)
    if expect is Expect.FOUND:
        return isinstance(rule, Found)
    return not isinstance(rule, Unknown | Found)
