"""What people write down beside schemas: each kind is parsed into its own type, once."""

import copy
import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import pytest

from conformance.errors import DocumentError
from conformance.spec.documents import parse
from conformance.spec.files import folder
from conformance.spec.levels import LEVELS, Level, SourceKind
from conformance.spec.operation import ListingKind, Operation
from conformance.spec.registry import registry
from conformance.spec.rules import (
    Accepts,
    Baseline,
    Combine,
    Constraint,
    Exclusive,
    Filter,
    Found,
    Place,
    Resource,
    Rule,
    Selects,
    Unknown,
    UnspecifiedRequest,
    parse_rule,
)

LIST = "chime:ListPhoneNumbers"
COMMON = {"id": "one", "level": "should", "section": "Here", "promise": "something holds"}
SCHEMA = {"required": ["Status"]}
PARAMS = [{"Status": "Assigned"}, {"MaxResults": 5}]

#: What a document says of a rule, and the fields that it has beside the common ones.
KINDS: Mapping[type[Rule], tuple[dict[str, Any], dict[str, Any]]] = {
    Constraint: (
        {"constraint": SCHEMA, "kept": PARAMS[:1], "broken": PARAMS[1:]},
        {"schema": SCHEMA, "valid": (PARAMS[0],), "invalid": (PARAMS[1],), "accepted": True},
    ),
    Accepts: ({"accepts": PARAMS}, {"examples": tuple(PARAMS)}),
    Filter: (
        {
            "filter": {"member": "Status", "relation": "equals", "field": "Status"},
            "try": PARAMS[:1],
        },
        {
            "member": "Status",
            "relation": "equals",
            "field": "Status",
            "template": "{}",
            "default": None,
            "companion": None,
            "examples": (PARAMS[0],),
        },
    ),
    Exclusive: (
        {"exclusive": {"member": "Status"}, "try": PARAMS[:1]},
        {"member": "Status", "examples": (PARAMS[0],)},
    ),
    Combine: (
        {"combine": {"members": ["Status", "MaxResults"]}, "try": PARAMS[:1]},
        {"members": ("Status", "MaxResults"), "examples": (PARAMS[0],)},
    ),
    Unknown: (
        {"unknown": {"params": PARAMS[0], "status": 404, "error": "NotFound", "seen": [400]}},
        {"params": PARAMS[0], "status": 404, "error": "NotFound", "seen": (400,)},
    ),
    Found: (
        {"found": {"params": PARAMS[0], "result": "PhoneNumber", "listing": LIST}},
        {
            "params": PARAMS[0],
            "result": "PhoneNumber",
            "listing": LIST,
            "equal": False,
            "member": None,
        },
    ),
    Selects: (
        {"selects": {"member": "Status", "where": "PhoneNumbers[]", "parts": {"Assigned": "A"}}},
        {
            "member": "Status",
            "where": "PhoneNumbers[]",
            "parts": {"Assigned": "A"},
            "everything": (),
            "adding": False,
        },
    ),
}

every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)


def document(**by_hand: Any) -> dict[str, Any]:
    """ListPhoneNumbers' document with nothing written by hand but what is given."""
    path = folder("schemas") / "chime" / "ListPhoneNumbers.json"
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return {**found, "byHand": by_hand}


@every_kind
def test_a_rule_has_the_type_of_its_kind(kind: type[Rule]) -> None:
    """Alone and within a document; lists become tuples, what is absent has its default."""
    raw, own = KINDS[kind]
    wanted = {**COMMON, "level": Level.SHOULD, **own}
    (within,) = parse(document(rules=[{**COMMON, **raw}])).rules
    for rule in (parse_rule({**COMMON, **raw}), within):
        assert type(rule) is kind
        assert {one.name: getattr(rule, one.name) for one in dataclasses.fields(rule)} == wanted


def test_every_kind_of_rule_is_tried_here() -> None:
    """A new kind has a row in the table above."""
    assert {one.kind for one in KINDS} == {one.kind for one in Rule.__subclasses__()}


@every_kind
def test_a_stray_key_of_a_rule_is_refused_by_name(kind: type[Rule]) -> None:
    """Beside the kind's own keys, and within them; alone and within a document."""
    raw, _ = KINDS[kind]
    with pytest.raises(DocumentError, match=f"rule one.* of kind {kind.kind}.* takes no 'colour'"):
        parse_rule({**COMMON, **raw, "colour": "green"})
    with pytest.raises(DocumentError, match="'colour'"):
        parse(document(rules=[{**COMMON, **raw, "colour": "green"}]))
    if isinstance(raw[kind.kind], dict) and kind is not Constraint:
        stray = {**raw, kind.kind: {**raw[kind.kind], "colour": "green"}}
        with pytest.raises(DocumentError, match="rule one takes no 'colour'"):
            parse_rule({**COMMON, **stray})
        with pytest.raises(DocumentError, match="'colour'"):
            parse(document(rules=[{**COMMON, **stray}]))


def test_a_key_of_another_kind_is_refused() -> None:
    """The format of documents knows ``try``; a rule that accepts requests has no use for it."""
    rule = {**COMMON, "accepts": [{}], "try": [{}]}
    with pytest.raises(DocumentError, match="rule one, which is of kind accepts, takes no 'try'"):
        parse(document(rules=[rule]))


def test_a_rule_of_no_kind_is_refused() -> None:
    """The message names the kinds that there are."""
    with pytest.raises(DocumentError, match=r"rule one is none of constraint, accepts, .*found"):
        parse_rule(COMMON)


def test_what_helps_to_try_an_operation_is_typed() -> None:
    """Baselines, resources, samples and the rest, by the fields of the operation."""
    place = {"operation": LIST, "path": "PhoneNumbers[].PhoneNumberId"}
    known: Operation = parse(
        document(
            listing={"kind": "account", "identity": "PhoneNumberId"},
            baselines=[{"name": "bare", "params": {}}],
            samples={"Status": ["Assigned"]},
            resources={"FilterValue": {"from": [place], "decode": "percent", "unknown": "x"}},
            companions={"FilterName": ["FilterValue"]},
            limited={"Status": "it depends"},
            present=[{"members": ["NextToken"], "reason": "the sample shows it"}],
            observe=[{"id": "odd", "params": {}, "rawPath": "/x", "reason": "odd"}],
            errorCodes={"BadRequestException": ["BadRequest"]},
            constraintErrors=["BadRequestException"],
        )
    )
    assert (known.listing, known.identified_by) == (ListingKind.ACCOUNT, "PhoneNumberId")
    assert known.baselines == (Baseline(name="bare", params={}),)
    assert known.samples == {"Status": ("Assigned",)}
    assert known.resources == {
        "FilterValue": Resource(
            places=(Place(**place),), percent_encoded=True, placeholder=None, unknown="x"
        )
    }
    assert known.companions == {"FilterName": ("FilterValue",)}
    assert known.limited == {"Status": "it depends"}
    assert known.present == {"NextToken": "the sample shows it"}
    assert known.unspecified == (
        UnspecifiedRequest(id="odd", reason="odd", params={}, raw_path="/x"),
    )
    assert known.error_codes == {"BadRequestException": ("BadRequest",)}
    assert known.constraint_errors == {"BadRequestException"}


def test_what_nothing_was_written_of_is_empty() -> None:
    """A page that was just imported has schemas and no more."""
    known = parse(document())
    assert (known.rules, known.baselines, known.unspecified) == ((), (), ())
    assert not (known.resources or known.samples or known.present or known.limited)
    assert known.listing is None


@pytest.mark.parametrize(
    "by_hand",
    [
        {"resources": {"Status": {"from": [], "colour": "green"}}},
        {"resources": {"Status": {"from": [{"operation": LIST, "path": "x", "colour": "green"}]}}},
        {"baselines": [{"name": "bare", "params": {}, "colour": "green"}]},
        {"observe": [{"id": "x", "params": {}, "reason": "x", "colour": "green"}]},
        {"listing": {"kind": "account", "colour": "green"}},
        {"colour": "green"},
    ],
    ids=lambda by_hand: next(iter(by_hand)),
)
def test_any_other_stray_key_is_refused_by_name(by_hand: dict[str, Any]) -> None:
    """Wherever it stands in what is written by hand."""
    with pytest.raises(DocumentError, match="'colour'"):
        parse(document(**copy.deepcopy(by_hand)))


class TestSources:
    """A page states more than a model, and some things less."""

    PAGE, MODEL = registry().find(LIST), registry().find("chime:ListUsers")

    def test_each_promise_is_stated_by_some_source(self) -> None:
        """No row of the table is empty, and none is softer on a page but for what the SDK reads."""
        firmness = list(reversed(Level))
        for promise, row in LEVELS.items():
            assert row, promise
            both = {SourceKind.PAGE, SourceKind.MODEL} <= row.keys()
            if both and promise != "the SDK reads a success":
                page, model = row[SourceKind.PAGE], row[SourceKind.MODEL]
                assert firmness.index(page) >= firmness.index(model), promise

    def test_of_several_sources_the_firmest_counts(self) -> None:
        """What either source states is stated."""
        both = dataclasses.replace(self.PAGE, sources=frozenset(SourceKind))
        for promise, row in LEVELS.items():
            assert both.states(promise)
            assert both.level(promise) in row.values()
            assert all(
                list(Level).index(both.level(promise)) <= list(Level).index(level)
                for level in row.values()
            )

    def test_what_each_source_states(self) -> None:
        """Which members go together, all errors, presence and places; timestamps a model alone."""
        page, model = self.PAGE, self.MODEL
        assert page.states_combinations and not model.states_combinations
        assert page.states_errors and not model.states_errors
        assert page.states_presence and not model.states_presence
        assert page.states_resources and not model.states_resources
        assert model.states_timestamps and not page.states_timestamps
        assert (page.described_in, model.described_in) == ("document", "model")
