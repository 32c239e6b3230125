"""What two documents share: the twins of Amazon Chime, and what is refused."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import DocumentError
from conformance.spec.documents import documented, load, parse
from conformance.spec.files import folder
from conformance.spec.rules import Filter

PHONE = ("GetPhoneNumber", "ListPhoneNumbers", "SearchAvailablePhoneNumbers")
LIST = documented()["chime-sdk-voice:ListPhoneNumbers"]


def raw(name: str) -> dict[str, Any]:
    service, _, operation = name.partition(":")
    path = folder("schemas") / service / f"{operation}.json"
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return document


@pytest.mark.parametrize("name", PHONE)
def test_rules_are_written_once(name: str) -> None:
    """The twin's document names every rule of Chime's and writes none of its own."""
    twin = raw(f"chime-sdk-voice:{name}")
    assert "rules" not in twin["byHand"]
    own = [rule.id for rule in documented()[f"chime-sdk-voice:{name}"].rules]
    assert own == [rule.id for rule in documented()[f"chime:{name}"].rules]


@pytest.mark.parametrize("name", PHONE)
def test_the_two_are_kept_apart(name: str) -> None:
    """Nothing of the twin is looked for at Chime."""
    twin = documented()[f"chime-sdk-voice:{name}"]
    assert "'chime:" not in repr(twin.resources)
    assert "'chime:" not in repr(twin.rules)
    assert "voice-chime" in twin.page


def test_where_the_twin_differs() -> None:
    """A hundred a page, fewer filters and products, any status; orders and names are answered."""
    members = LIST.members
    assert members["MaxResults"]["maximum"] == 100
    assert members["FilterName"]["enum"] == [
        "VoiceConnectorId",
        "VoiceConnectorGroupId",
        "SipRuleId",
    ]
    assert members["ProductType"]["enum"] == ["VoiceConnector", "SipMediaApplicationDialIn"]
    assert "enum" not in members["Status"]
    item = LIST.response["properties"]["PhoneNumbers"]["items"]["properties"]
    assert {"OrderId", "Name"} <= item.keys()


def test_requests_that_cannot_be_made_stay_away() -> None:
    """No rule tries a product or a filter that the twin does not have."""
    tried = [params for rule in LIST.rules_of(Filter) for params in rule.examples]
    assert {"ProductType": "VoiceConnector"} in tried
    assert "BusinessCalling" not in json.dumps(tried)
    assert "AccountId" not in json.dumps(tried)


def test_the_digest_covers_what_is_shared(tmp_path: Path) -> None:
    """A rule that changes in Chime's document changes the twin's digest."""
    for service in ("chime", "chime-sdk-voice"):
        (tmp_path / service).mkdir()
        text = json.dumps(raw(f"{service}:ListPhoneNumbers"))
        (tmp_path / service / "ListPhoneNumbers.json").write_text(text)
    twin = tmp_path / "chime-sdk-voice" / "ListPhoneNumbers.json"
    assert load(twin).digest == LIST.digest
    changed = raw("chime:ListPhoneNumbers")
    changed["byHand"]["rules"][0]["promise"] = "something else is promised"
    (tmp_path / "chime" / "ListPhoneNumbers.json").write_text(json.dumps(changed))
    assert load(twin).digest != LIST.digest
    assert load(twin).rules[0].promise == "something else is promised"


def test_what_shares_nothing_is_read_as_it_is() -> None:
    """A document without shared parts keeps its digest."""
    assert parse(raw("connect:ListPhoneNumbersV2")).digest == (
        documented()["connect:ListPhoneNumbersV2"].digest
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"with": "chime:Nothing"}, "cannot be read"),
        ({"with": "chime-sdk-voice:GetPhoneNumber"}, "itself shares"),
        ({"rules": ["no-such-rule"]}, "shares no-such-rule, which is not in the rules of"),
        ({"resources": ["Nothing"]}, "shares Nothing, which is not in the resources of"),
        ({"parts": ["samples"]}, "shares samples, which is not in the chime:"),
        ({"parts": ["rules"]}, "is broken at"),
        ({"rules": []}, "is broken at"),
        ({"everything": True}, "is broken at"),
    ],
)
def test_what_cannot_be_shared_is_refused(change: dict[str, Any], says: str) -> None:
    """One sentence that names what is missing, and where."""
    document = copy.deepcopy(raw("chime-sdk-voice:ListPhoneNumbers"))
    document["byHand"]["shared"] |= change
    with pytest.raises(DocumentError, match=says):
        parse(document)


@pytest.mark.parametrize(
    "own",
    [
        {"listing": {"kind": "account"}},
        {"resources": {"FilterValue.SipRuleId": {"from": []}}},
        {
            "rules": [
                {
                    "id": "bare-call",
                    "level": "must",
                    "section": "Here",
                    "promise": "a bare call is fine",
                    "accepts": [{}],
                }
            ]
        },
    ],
    ids=lambda own: next(iter(own)),
)
def test_what_stands_in_both_is_refused(own: dict[str, Any]) -> None:
    """Nobody has to guess which of two holds."""
    document = copy.deepcopy(raw("chime-sdk-voice:ListPhoneNumbers"))
    document["byHand"] |= own
    with pytest.raises(DocumentError, match="and has its own"):
        parse(document)


def test_a_placeholder_names_a_resource() -> None:
    """A request that asks for what nothing lists makes no sense."""
    document = copy.deepcopy(raw("chime:GetPhoneNumber"))
    document["byHand"]["baselines"][0]["params"]["PhoneNumberId"]["resource"] = "Number"
    with pytest.raises(DocumentError, match="asks for Number, which is no resource"):
        parse(document)
