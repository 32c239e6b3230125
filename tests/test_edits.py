"""Changes within the value that the accepted call itself has for a member."""

from typing import Any

import pytest

from conformance.generation.plans import Edit

OWN = {"Keys": [{"Name": "a", "Kind": "HASH"}, {"Name": "b"}], "Size": 5}
NAME = (("member", "Keys"), ("item", "item"), ("member", "Name"))
SORT = (("member", "Sort"),)


@pytest.mark.parametrize(
    ("edit", "changed"),
    [
        (Edit(steps=NAME, value=5), {**OWN, "Keys": [{"Name": 5, "Kind": "HASH"}, {"Name": "b"}]}),
        (Edit(steps=NAME, removed=True), {**OWN, "Keys": [{"Kind": "HASH"}, {"Name": "b"}]}),
        (Edit(steps=NAME, stays=True, value="plain"), OWN),
        (Edit(steps=SORT, stays=True, value="plain"), {**OWN, "Sort": "plain"}),
        (Edit(steps=SORT, value="other"), {**OWN, "Sort": "other"}),
        (Edit(steps=NAME[:1], size=3), {**OWN, "Keys": [*OWN["Keys"], OWN["Keys"][0]]}),  # type: ignore[index,misc]
        (Edit(steps=NAME[:1], size=0), {**OWN, "Keys": []}),
        (Edit(value="whole"), "whole"),
        (Edit(stays=True), OWN),
    ],
)
def test_what_it_makes_of_the_own_value(edit: Edit, changed: Any) -> None:
    assert edit.applied(OWN) == changed


@pytest.mark.parametrize(
    ("edit", "own"),
    [
        (Edit(steps=NAME, value=5), {"Keys": []}),
        (Edit(steps=NAME, value=5), {}),
        (Edit(steps=NAME, removed=True), {"Keys": [{"Kind": "HASH"}]}),
        (Edit(steps=NAME, stays=True), "text"),
        (Edit(steps=NAME[:1], size=2), {"Keys": []}),
    ],
)
def test_what_cannot_be_changed_is_said(edit: Edit, own: Any) -> None:
    with pytest.raises((LookupError, TypeError, StopIteration, ZeroDivisionError)):
        edit.applied(own)
