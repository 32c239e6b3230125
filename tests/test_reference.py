"""The honest reference server, seen through boto3: each operation keeps what its page promises."""

from collections.abc import Iterator
from typing import Any

import boto3
import phonenumbers
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from calibration.faults.responses import paths

from conformance.reference import inventory
from conformance.reference.chime import FILTER_NAMES
from conformance.reference.launch import start
from conformance.reference.pipeline import Behaviour

A, B = inventory.INSTANCES
DID_US = {"InstanceId": A, "PhoneNumberCountryCode": "US", "PhoneNumberType": "DID"}


def make_client(service: str, url: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    )


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with start() as running:
        yield running.url


@pytest.fixture(scope="module")
def chime(url: str) -> Iterator[Any]:
    client = make_client("chime", url)
    yield client
    client.close()


@pytest.fixture(scope="module")
def connect(url: str) -> Iterator[Any]:
    client = make_client("connect", url)
    yield client
    client.close()


def pages(call: Any, member: str, **params: Any) -> list[list[Any]]:
    """The pages of one walk."""
    found = []
    for _ in range(1000):
        answer = call(**params)
        found.append(answer[member])
        if not answer.get("NextToken"):
            return found
        params["NextToken"] = answer["NextToken"]
    raise AssertionError("The walk does not end.")


def items(call: Any, member: str, **params: Any) -> list[Any]:
    return [item for page in pages(call, member, **params) for item in page]


def refused(call: Any, **params: Any) -> tuple[int, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    response = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


BAD = (400, "BadRequestException")
INVALID = (400, "InvalidParameterException")


@pytest.mark.parametrize("size", [1, 7, 25, 99])
def test_every_walk_of_the_list_finds_the_same_numbers(chime: Any, size: int) -> None:
    """A walk finds forty numbers, none twice, whatever its step; no page is larger than asked."""
    walk = pages(chime.list_phone_numbers, "PhoneNumbers", MaxResults=size)
    numbers = [item["E164PhoneNumber"] for page in walk for item in page]
    assert len(set(numbers)) == len(numbers) == 40
    assert max(map(len, walk)) <= size
    assert numbers == sorted(numbers)


def test_a_bare_list_has_pages_of_25(chime: Any) -> None:
    """Without MaxResults a page holds 25."""
    assert [len(page) for page in pages(chime.list_phone_numbers, "PhoneNumbers")] == [25, 15]


def test_a_token_outlives_a_change_of_step(chime: Any) -> None:
    """A token is good for another MaxResults, and for no other filter."""
    first = chime.list_phone_numbers(MaxResults=3)
    rest = items(
        chime.list_phone_numbers, "PhoneNumbers", MaxResults=50, NextToken=first["NextToken"]
    )
    assert len(rest) == 37
    call = chime.list_phone_numbers
    assert refused(call, Status="Assigned", NextToken=first["NextToken"]) == BAD
    assert refused(call, NextToken="garbage") == BAD


@pytest.mark.parametrize("status", inventory.STATUSES)
def test_every_status_is_there_and_filters(chime: Any, status: str) -> None:
    """Each documented status finds numbers of that status only."""
    found = items(chime.list_phone_numbers, "PhoneNumbers", Status=status)
    assert {item["Status"] for item in found} == {status}


@pytest.mark.parametrize("product", inventory.PRODUCTS)
def test_filters_combine(chime: Any, product: str) -> None:
    """Status and ProductType together keep what both keep."""
    found = items(chime.list_phone_numbers, "PhoneNumbers", ProductType=product, Status="Assigned")
    assert {(item["ProductType"], item["Status"]) for item in found} == {(product, "Assigned")}


@pytest.mark.parametrize("name", FILTER_NAMES)
def test_every_filter_name_finds_associations(chime: Any, name: str) -> None:
    """Each FilterName finds, for a value that exists, just the numbers that have it."""
    everything = items(chime.list_phone_numbers, "PhoneNumbers")
    held = [(a["Name"], a["Value"]) for item in everything for a in item["Associations"]]
    value = next(value for known, value in held if known == name)
    found = items(chime.list_phone_numbers, "PhoneNumbers", FilterName=name, FilterValue=value)
    assert len(found) == held.count((name, value)) > 0
    assert items(chime.list_phone_numbers, "PhoneNumbers", FilterName=name, FilterValue="x") == []


def test_associations_are_shared_several_or_none() -> None:
    """Numbers have no, one or several associations, and some value belongs to two numbers."""
    held = [item["Associations"] for item in inventory.world().chime_numbers]
    assert {len(associations) for associations in held} == {0, 1, 2}
    values = [a["Value"] for associations in held for a in associations]
    assert len(set(values)) < len(values)


@pytest.mark.parametrize(
    "params",
    [
        {"MaxResults": 0},
        {"MaxResults": 100},
        {"MaxResults": -1},
        {"MaxResults": "many"},
        {"Status": "Bogus"},
        {"Status": "assigned"},
        {"ProductType": "Voice Connector"},
        {"FilterName": "Bogus", "FilterValue": "x"},
        {"FilterName": "UserId"},
    ],
)
def test_the_list_refuses(chime: Any, params: dict[str, Any]) -> None:
    """What breaks a documented constraint is a BadRequestException."""
    assert refused(chime.list_phone_numbers, **params) == BAD


def test_get_agrees_with_list(chime: Any) -> None:
    """The id that List shows, and the number itself, find what List shows."""
    for item in items(chime.list_phone_numbers, "PhoneNumbers"):
        for identifier in (item["PhoneNumberId"], item["E164PhoneNumber"]):
            assert chime.get_phone_number(PhoneNumberId=identifier)["PhoneNumber"] == item


def test_get_knows_what_it_does_not_have(chime: Any) -> None:
    """An unknown id is not found; none at all is a bad request."""
    unknown = (404, "NotFoundException")
    assert refused(chime.get_phone_number, PhoneNumberId="+12065550199") == unknown
    assert refused(chime.get_phone_number, PhoneNumberId="é'/x") == unknown
    assert refused(chime.get_phone_number, PhoneNumberId="") == BAD


@pytest.mark.parametrize(
    ("params", "prefix", "least"),
    [
        ({"AreaCode": "206"}, "+1206", 30),
        ({"State": "WA"}, "+1", 60),
        ({"City": "Seattle", "State": "WA"}, "+1206", 30),
        ({"TollFreePrefix": "877"}, "+1877", 5),
        ({"AreaCode": "206", "PhoneNumberType": "Local"}, "+1206", 30),
        ({"Country": "GB", "PhoneNumberType": "Local"}, "+44", 10),
        ({"Country": "DE", "PhoneNumberType": "TollFree"}, "+49", 10),
    ],
)
def test_searches_find(chime: Any, params: dict[str, Any], prefix: str, least: int) -> None:
    """A search finds numbers of the place and kind asked for, in several pages where it must."""
    call = chime.search_available_phone_numbers
    found = items(call, "E164PhoneNumbers", **params, MaxResults=4)
    assert len(set(found)) == len(found) >= least
    assert all(number.startswith(prefix) for number in found)
    assert items(call, "E164PhoneNumbers", **params) == found


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"Country": "US"},
        {"PhoneNumberType": "Local"},
        {"City": "Seattle"},
        {"Country": "GB"},
        {"Country": "us", "PhoneNumberType": "Local"},
        {"Country": "USA", "PhoneNumberType": "Local"},
        {"AreaCode": "206", "PhoneNumberType": "Mobile"},
        {"TollFreePrefix": "87"},
        {"TollFreePrefix": "811"},
        {"AreaCode": "206", "MaxResults": 501},
        {"AreaCode": "206", "NextToken": "garbage"},
    ],
)
def test_the_search_refuses(chime: Any, params: dict[str, Any]) -> None:
    """Constraints and the three rules of the page are enforced."""
    assert refused(chime.search_available_phone_numbers, **params) == BAD


def test_a_country_without_numbers_is_an_empty_search(chime: Any) -> None:
    """Any pair of capital letters is a country."""
    answer = chime.search_available_phone_numbers(Country="ZZ", PhoneNumberType="Local")
    assert answer["E164PhoneNumbers"] == []


def summaries(connect: Any, **params: Any) -> list[Any]:
    return items(connect.list_phone_numbers_v2, "ListPhoneNumbersSummaryList", **params)


@pytest.mark.parametrize("size", [1, 10, 20, 1000])
def test_every_walk_of_the_claimed_numbers_agrees(connect: Any, size: int) -> None:
    """A walk finds 36 numbers, none twice, of all seven types."""
    found = summaries(connect, MaxResults=size)
    assert len({item["PhoneNumberId"] for item in found}) == len(found) == 36
    assert {item["PhoneNumberType"] for item in found} == set(inventory.CONNECT_TYPES)


def test_a_target_has_its_own_numbers(connect: Any) -> None:
    """Instances and the group share the numbers out; the group's have no InstanceId."""
    by_target = {arn: summaries(connect, TargetArn=arn) for arn in inventory.TARGETS}
    assert sum(map(len, by_target.values())) == 36
    for arn, found in by_target.items():
        assert {item["TargetArn"] for item in found} == {arn}
    assert not any("InstanceId" in item for item in by_target[inventory.GROUP_ARN])
    assert summaries(connect, InstanceId=A) == by_target[inventory.INSTANCE_ARNS[0]]


def test_several_values_mean_their_union(connect: Any) -> None:
    """Countries and types are united among themselves, and combined with one another."""
    everything = summaries(connect)
    found = summaries(
        connect, PhoneNumberCountryCodes=["GB", "DE"], PhoneNumberTypes=["DID", "TOLL_FREE"]
    )
    assert found == [
        item
        for item in everything
        if item["PhoneNumberCountryCode"] in ("GB", "DE")
        and item["PhoneNumberType"] in ("DID", "TOLL_FREE")
    ]
    prefixed = summaries(connect, PhoneNumberPrefix="+44")
    assert {item["PhoneNumberCountryCode"] for item in prefixed} == {"GB"}
    assert summaries(connect, PhoneNumberCountryCodes=[]) == everything


@pytest.mark.parametrize(
    "params",
    [
        {"MaxResults": 0},
        {"MaxResults": 1001},
        {"MaxResults": "5"},
        {"MaxResults": True},
        {"MaxResults": 1.5},
        {"InstanceId": ""},
        {"InstanceId": "x" * 101},
        {"InstanceId": 5},
        {"NextToken": ""},
        {"NextToken": "garbage"},
        {"NextToken": "x" * 100_001},
        {"PhoneNumberCountryCodes": ["XX"]},
        {"PhoneNumberCountryCodes": ["US"] * 11},
        {"PhoneNumberCountryCodes": "US"},
        {"PhoneNumberTypes": ["did"]},
        {"PhoneNumberTypes": ["DID"] * 7},
        {"PhoneNumberPrefix": "44"},
        {"PhoneNumberPrefix": "+123456789012"},
        {"PhoneNumberPrefix": "+44\n"},
        {"TargetArn": 5},
    ],
)
def test_the_claimed_list_refuses(connect: Any, params: dict[str, Any]) -> None:
    """What breaks a documented constraint is an InvalidParameterException."""
    assert refused(connect.list_phone_numbers_v2, **params) == INVALID


def test_an_unknown_target_is_not_found(connect: Any) -> None:
    """Listing knows 404 for a target; the search, whose page lists no 404, does not."""
    missing = (404, "ResourceNotFoundException")
    assert refused(connect.list_phone_numbers_v2, InstanceId="nobody") == missing
    assert refused(connect.list_phone_numbers_v2, TargetArn="nobody") == missing
    call = connect.search_available_phone_numbers
    assert refused(call, **{**DID_US, "InstanceId": "nobody"}) == INVALID


@pytest.mark.parametrize("target", [{"InstanceId": B}, {"TargetArn": inventory.GROUP_ARN}])
def test_connect_searches_find(connect: Any, target: dict[str, str]) -> None:
    """A search finds at least fifteen numbers of the country and type asked for."""
    for country, kind in (("US", "DID"), ("US", "TOLL_FREE"), ("GB", "DID"), ("FR", "TOLL_FREE")):
        asked = {**target, "PhoneNumberCountryCode": country, "PhoneNumberType": kind}
        walk = pages(connect.search_available_phone_numbers, "AvailableNumbersList", **asked)
        found = [item for page in walk for item in page]
        assert len(found) >= 15
        assert max(map(len, walk)) == 5
        assert {(i["PhoneNumberCountryCode"], i["PhoneNumberType"]) for i in found} == {
            (country, kind)
        }


def test_a_prefix_narrows_a_search(connect: Any) -> None:
    """Every number found begins with the prefix; a country without numbers has none."""
    call = connect.search_available_phone_numbers
    found = items(call, "AvailableNumbersList", **DID_US, PhoneNumberPrefix="+1312")
    assert found
    assert all(item["PhoneNumber"].startswith("+1312") for item in found)
    assert items(call, "AvailableNumbersList", **{**DID_US, "PhoneNumberCountryCode": "SE"}) == []


@pytest.mark.parametrize("missing", DID_US)
def test_connect_search_wants_target_country_and_type(connect: Any, missing: str) -> None:
    """Each of the three is required."""
    asked = {name: value for name, value in DID_US.items() if name != missing}
    assert refused(connect.search_available_phone_numbers, **asked) == INVALID


def test_paginators_walk_to_the_end(connect: Any) -> None:
    """botocore's own paginators understand the tokens."""
    paginator = connect.get_paginator("list_phone_numbers_v2")
    found = [i for page in paginator.paginate() for i in page["ListPhoneNumbersSummaryList"]]
    assert len(found) == 36


@pytest.mark.parametrize("operation", Behaviour().handlers)
def test_every_response_member_has_a_value_somewhere(operation: str) -> None:
    """No member of a response syntax is absent or null in everything the account owns."""
    handler = Behaviour().handlers[operation]
    table = handler.operation
    shown = [table.present(item) for item in table.source(Behaviour().world)]
    body = {table.listing or "list": shown, "NextToken": "more"}
    syntax = dict(table.response)
    if table.single:
        syntax = {"list": [table.response[table.single]]}
    for path, _ in paths(syntax):
        found: list[Any] = [body]
        for step in path:
            inner = (v if step == "item" else [v.get(step)] for v in found if v is not None)
            found = [element for elements in inner for element in elements]
        assert any(value is not None for value in found), path


def test_timestamps_are_in_order() -> None:
    """Nothing is updated before it was created; timestamps have milliseconds and a Z."""
    for item in inventory.world().chime_numbers:
        assert item["CreatedTimestamp"] <= item["UpdatedTimestamp"]
        assert len(item["CreatedTimestamp"]) == 24


def test_numbers_are_plausible() -> None:
    """Each number is valid for its country, and toll-free exactly where its type says so.

    Canada's toll-free numbers belong to the whole North American plan: phonenumbers gives US.
    """
    world = inventory.world()
    seen = [
        *((i["Number"], i["Country"], i["Type"]) for i in world.chime_available),
        *((i["Number"], i["Country"], i["Type"]) for i in world.connect_available),
        *((i["E164PhoneNumber"], i["Country"], i["Type"]) for i in world.chime_numbers),
        *(
            (i["PhoneNumber"], i["PhoneNumberCountryCode"], i["PhoneNumberType"])
            for i in world.connect_numbers
        ),
    ]
    for number, country, kind in seen:
        parsed = phonenumbers.parse(number)
        toll_free = phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.TOLL_FREE
        assert phonenumbers.is_valid_number(parsed), number
        assert toll_free == (kind in ("TollFree", "TOLL_FREE", "UIFN", "THIRD_PARTY_TF")), number
        region = phonenumbers.region_code_for_number(parsed)
        assert region == country or (country == "CA" and toll_free), number


def test_what_is_for_sale_is_not_owned() -> None:
    """Numbers for sale and numbers owned are apart, within each service."""
    world = inventory.world()
    owned = {item["E164PhoneNumber"] for item in world.chime_numbers}
    assert not owned & {item["Number"] for item in world.chime_available}
    claimed = {item["PhoneNumber"] for item in world.connect_numbers}
    assert not claimed & {item["Number"] for item in world.connect_available}
