"""Replacements: of the same kind and length, alike everywhere, and no two values by one."""

import json

import pytest

from conformance.recording.pseudonyms import Pseudonyms, PseudonymsError
from conformance.recording.redaction import Redactor
from conformance.recording.scan import leaks
from conformance.recording.sensitive_patterns import kept_digits

NUMBER = "+12067318842"
BRITISH = "+442079460123"
#: Real values of every kind that a replacement is made for, with a member that holds one.
KINDS = {
    "a number": ("PhoneNumber", "+12067318842"),
    "a number of few digits": ("PhoneNumber", "+37112345"),
    "a number as people write it": ("Message", "(206) 731-8842"),
    "an account": ("Owner", "739184625037"),
    "an id": ("InstanceId", "5f8a1b2c-9d3e-4f60-8a7b-1c2d3e4f5a6b"),
    "a token": ("NextToken", "pageTokenOfThisVeryAccount0042XYZ"),
    "a name": ("CallingName", "Jane Doe"),
    "a digit": ("Value", "7"),
    "a letter": ("Value", "J"),
}


@pytest.fixture
def redactor() -> Redactor:
    return Redactor(Pseudonyms(b"a key for tests"))


def said(redactor: Redactor, member: str, value: str) -> str:
    """What a body says in place of a member's value."""
    told = json.loads(redactor.body(json.dumps({member: value}).encode()))
    return str(told[member])


@pytest.mark.parametrize("what", KINDS)
def test_a_value_that_equals_a_replacement_gets_one_of_its_own(
    redactor: Redactor, what: str
) -> None:
    """Nothing passes because it looks like what stands for something else: only the public does."""
    member, value = KINDS[what]
    given = [value]
    for _ in range(4):
        given.append(said(redactor, member, given[-1]))
    assert len(set(given)) == len(given)
    again = [said(redactor, member, one) for one in given[:-1]]
    assert again == given[1:]


def test_no_replacement_equals_a_value_that_was_met(redactor: Redactor) -> None:
    """Numbers that look like replacements themselves, met first, are nobody's replacement."""
    met = [f"+1206555{number:04d}" for number in range(0, 4_000, 2)]
    told = [redactor.text(one) for one in met]
    later = [redactor.text(f"+1206731{number:04d}") for number in range(500)]
    assert len({*told, *later}) == len(told) + len(later)
    assert not set(later) & set(met)
    assert not any(one == other for one, other in zip(met, told, strict=True))


def test_more_numbers_than_an_exchange_holds(redactor: Redactor) -> None:
    """Past the ten thousandth of an area, numbers get exchanges that nobody can have."""
    met = [f"+1206{number:07d}" for number in range(2_000_000, 2_011_000)]
    told = {redactor.text(one) for one in met}
    assert len(told) == len(met)
    assert {one[5:8] for one in told} > {"555"}
    assert all(one[5:8] == "555" or one[5] in "01" for one in told)
    assert not [leak for one in told for leak in leaks(one, "here")]


def test_where_no_replacement_is_left_it_is_said(redactor: Redactor) -> None:
    """A value without a replacement of its own ends the recording in one sentence."""
    with pytest.raises(PseudonymsError) as caught:
        for number in range(10_001):
            redactor.text(f"+6792{number:05d}")
    assert str(caught.value) == (
        "Every pseudonym for a phone number that begins with +679 is in use, and no two values "
        "may share one; the case that needs another was not written."
    )


def test_nothing_else_is_looked_at_twice(redactor: Redactor) -> None:
    """What one form has replaced is no other form's prey: beside each other they are as alone."""
    parts = [NUMBER, "739184625037", "5f8a1b2c-9d3e-4f60-8a7b-1c2d3e4f5a6b", "(206) 731-8842"]
    alone = [redactor.text(one) for one in parts]
    assert redactor.text(" and ".join(parts)) == " and ".join(alone)
    assert redactor.text(" and ".join(alone)) != " and ".join(alone)


def test_an_arn_says_the_same_as_its_parts(redactor: Redactor) -> None:
    """The ids within an ARN are replaced as they are where they stand alone."""
    found = redactor.text(f"arn:aws:connect:us-east-1:739184625037:phone-number/{NUMBER}")
    number, account = redactor.text(NUMBER), redactor.text("739184625037")
    assert found == f"arn:aws:connect:us-east-1:{account}:phone-number/{number}"
    instance = said(redactor, "InstanceId", "instance-of-ours")
    assert redactor.text("arn:aws:connect:us-east-1::instance/instance-of-ours") == (
        f"arn:aws:connect:us-east-1::instance/{instance}"
    )


def test_a_resource_of_no_kind_is_an_id(redactor: Redactor) -> None:
    """Where an ARN names nothing but the resource itself, that name is private."""
    found = redactor.text("arn:aws:sns:us-east-1:739184625037:janes-own-topic")
    assert found.startswith("arn:aws:sns:us-east-1:")
    assert "jane" not in found


@pytest.mark.parametrize("number", [NUMBER, BRITISH, "+18885551234", "+4915123456789"])
def test_a_number_keeps_country_and_area(redactor: Redactor, number: str) -> None:
    """A number stays a number of its country and area, of the same length, and no real one."""
    found = redactor.text(number)
    keep = kept_digits(number[1:]) + 1
    assert found[:keep] == number[:keep]
    assert len(found) == len(number)
    assert found != number
    assert found[keep : keep + 3] == "555"


@pytest.mark.parametrize("size", range(8, 16))
def test_a_part_of_a_number_or_a_longer_one_is_replaced_and_clean(
    redactor: Redactor, size: int
) -> None:
    """What begins as a number and ends early or late is replaced by what the scan lets pass."""
    text = f"{NUMBER}6789"[: size + 1]
    found = redactor.text(text)
    assert len(found) == len(text)
    assert found != text
    assert list(leaks(text, "it"))
    assert list(leaks(found, "it")) == []


def test_two_keys_replace_differently() -> None:
    """Only who has the key can tell what a replacement stands for."""
    first, second = (Redactor(Pseudonyms(key)).text(NUMBER) for key in (b"one", b"two"))
    assert first != second


def test_no_two_numbers_become_one(redactor: Redactor) -> None:
    """Thousands of numbers of one area stay different numbers."""
    found = {redactor.text(f"+1206{number:07d}") for number in range(2_000_000, 2_004_000)}
    assert len(found) == 4000


def test_a_prefix_stays_a_prefix(redactor: Redactor) -> None:
    """A filter by the beginning of a number still fits the numbers that it found."""
    whole = redactor.text(NUMBER)
    for size in range(2, len(NUMBER)):
        assert whole.startswith(redactor.value("PhoneNumberPrefix", NUMBER[:size])), size
