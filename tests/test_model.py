"""Operations as data: selection, names, digests, identities of items."""

import json
from pathlib import Path

import pytest

import conformance
from conformance.errors import ConformanceError, UnknownNameError
from conformance.spec.documents import digest, documented, parse
from conformance.spec.files import folder
from conformance.spec.levels import Level
from conformance.spec.operation import Source
from conformance.spec.registry import Scope, matching, select

LIST = "chime:ListPhoneNumbers"
VOICE = "chime-sdk-voice:ListPhoneNumbers"


def test_operations_come_in_alphabetical_order() -> None:
    """The order of operations never depends on the file system."""
    assert list(documented()) == sorted(documented(), key=lambda name: name.split(":"))


@pytest.mark.parametrize(
    ("patterns", "chosen"),
    [
        (["*"], [name for name, one in documented().items() if one.readonly]),
        ([LIST], [LIST]),
        (["chime:*"], [name for name in documented() if name.startswith("chime:")]),
        (["*:ListPhoneNumbers*"], [LIST, VOICE, "connect:ListPhoneNumbersV2"]),
        ([LIST, "chime:L*", LIST], [LIST]),
        (["connect:ListPhoneNumbersV2", LIST], ["connect:ListPhoneNumbersV2", LIST]),
    ],
)
def test_patterns_choose(patterns: list[str], chosen: list[str]) -> None:
    """Patterns are taken in their order; nothing is chosen twice."""
    assert [operation.id for operation in select(patterns).operations] == chosen


@pytest.mark.parametrize(
    ("pattern", "nearest"),
    [
        ("chime:ListPhoneNumber", LIST),
        ("chime:listphonenumbers", LIST),
        ("connect:ListPhoneNumbersV1", "connect:ListPhoneNumbersV2"),
        ("zzz", None),
        ("", None),
    ],
)
def test_a_pattern_that_matches_nothing_is_refused(pattern: str, nearest: str | None) -> None:
    """One sentence, with the nearest name where there is one."""
    with pytest.raises(UnknownNameError) as caught:
        select([pattern])
    said = str(caught.value)
    assert said.startswith(("There is no operation", "There is no documented operation"))
    assert repr(pattern) in said
    assert (f"did you mean {nearest}?" in said) is (nearest is not None)
    assert len(said.splitlines()) == 1


def test_the_scope_of_patterns() -> None:
    """Documents hide the other operations of the SDK, unless the whole SDK is meant."""
    assert len(matching("chime:*")) == 3
    assert len(matching("chime:*", Scope.SDK)) > 3
    assert set(matching("*")) == set(documented())
    assert len(matching("*", Scope.SDK)) > 10_000
    assert matching("sq*:ListQueues", Scope.SDK) == ("sqs:ListQueues",)
    with pytest.raises(UnknownNameError, match="no service 'sqss'"):
        matching("sqss:*", Scope.SDK)


def test_a_clause_knows_its_place() -> None:
    """An id is operation, part and path; each can be read off a clause."""
    operation = documented()[LIST]
    source = operation.source("Request Body")
    assert str(source) == f"{operation.page} § Request Body"
    assert source == Source(page=operation.page, section="Request Body")
    assert [str(level) for level in Level] == ["must", "should", "observe"]


def test_aliases_rename_members() -> None:
    """The path label of GetPhoneNumber goes by the SDK's name."""
    operation = documented()["chime:GetPhoneNumber"]
    assert set(operation.members) == {"PhoneNumberId"}
    assert operation.required == {"PhoneNumberId"}


@pytest.mark.parametrize(
    ("item", "identity"),
    [
        ({"PhoneNumberId": "%2B1206"}, "%2B1206"),
        ({"PhoneNumberId": 5}, "5"),
        ({"PhoneNumberId": None, "a": 1}, '{"PhoneNumberId": null, "a": 1}'),
        ({"b": 1, "a": [2]}, '{"a": [2], "b": 1}'),
        ("+1206", "+1206"),
        (5, "5"),
        (None, "null"),
        ([1], "[1]"),
    ],
)
def test_any_item_has_an_identity(item: object, identity: str) -> None:
    """An item is told apart by its documented member, else by all that it holds."""
    assert documented()[LIST].identity(item) == identity


def test_a_digest_follows_content_not_layout() -> None:
    """Blanks and the order of keys change no digest; a bound does."""
    path = folder("schemas") / "chime" / "ListPhoneNumbers.json"
    document = json.loads(path.read_text("utf-8"))
    same = parse(dict(reversed(document.items())))
    assert same.digest == documented()[LIST].digest
    document["$defs"]["request"]["properties"]["MaxResults"]["maximum"] = 98
    assert parse(document).digest != same.digest
    operations = list(documented().values())
    assert digest(operations) == digest(operations[::-1])
    assert digest(operations) != digest(operations[1:])


def test_the_public_names() -> None:
    """What the package offers by name is there; an operation is found by its id."""
    assert conformance.operation(LIST) is conformance.operation(LIST)
    assert conformance.operation(LIST).id == LIST
    with pytest.raises(ConformanceError, match="did you mean chime:ListPhoneNumbers"):
        conformance.operation("chime:ListPhoneNumber")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        conformance.nothing  # noqa: B018 - the attribute access is what is tried


def test_shipped_files_are_found_in_a_checkout() -> None:
    """Schemas and cassettes lie at the top of a checkout."""
    top = Path(conformance.__file__).parent.parent
    assert folder("schemas") == top / "schemas"
    assert folder("cassettes") == top / "cassettes"
