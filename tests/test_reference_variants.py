"""Every fault and every dialect makes a difference, and only to the operations it names.

The difference is looked for in-process: the same battery of requests goes to the honest server's
pipeline and to the changed one, and some answer has to differ.
"""

import functools
import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from calibration.degenerates import DEGENERATES
from calibration.dialects.table import DIALECTS
from calibration.faults.table import FAULTS
from calibration.mutations import by_name

from conformance.reference import inventory, pipeline
from conformance.reference.contract import Member, Operation
from conformance.reference.pipeline import Behaviour
from conformance.reference.wire import Answer, Request

OPERATIONS = {name: handler.operation for name, handler in Behaviour().handlers.items()}
A, B = inventory.INSTANCES
JSON = (("Content-Type", "application/x-amz-json-1.1"),)
BASES: dict[str, list[dict[str, Any]]] = {
    "chime:SearchAvailablePhoneNumbers": [
        {"AreaCode": "206"},
        {"State": "WA"},
        {"City": "Portland", "State": "ME"},
        {"City": "Seattle", "State": "WA"},
        {"City": "Portland", "State": "OR", "PhoneNumberType": "Local"},
        *({"TollFreePrefix": prefix} for prefix in inventory.TOLL_FREE_PREFIXES),
        {"AreaCode": "206", "PhoneNumberType": "TollFree"},
        {"AreaCode": "206", "State": "NY"},
        {"Country": "GB", "PhoneNumberType": "Local"},
        {"Country": "DE", "PhoneNumberType": "TollFree"},
        {"PhoneNumberType": "Local"},
        {"Country": "GB", "PhoneNumberType": "Local", "City": "London"},
        {"Country": "SE", "PhoneNumberType": "Local"},
        {"Country": "GB"},
        {"City": "Seattle"},
        {"AreaCode": "xyz"},
        {"Country": "CA"},
        {"Country": "JP"},
        {"City": "Seattle", "Country": "US"},
        {"City": "Seattle", "TollFreePrefix": "800"},
        {"City": "Seattle", "PhoneNumberType": "Local"},
        {"TollFreePrefix": "800", "PhoneNumberType": "TollFree"},
        {"AreaCode": "425", "City": "Seattle", "State": "WA"},
        {},
    ],
    "chime:ListPhoneNumbers": [
        {},
        {"Status": "Assigned"},
        {"ProductType": "VoiceConnector"},
        {"Status": "Assigned", "ProductType": "BusinessCalling"},
        *(
            {"FilterName": held["Name"], "FilterValue": held["Value"]}
            for item in inventory.world().chime_numbers[3:14]
            for held in item["Associations"]
        ),
        {
            "FilterName": "AccountId",
            "FilterValue": inventory.identifier("account"),
            "Status": "Assigned",
        },
        {"FilterName": "UserId", "FilterValue": inventory.identifier("account")},
        {"FilterName": "UserId", "FilterValue": "nobody"},
        {"FilterName": "UserId"},
    ],
    "chime:GetPhoneNumber": [
        *({"PhoneNumberId": item["E164PhoneNumber"]} for item in inventory.world().chime_numbers),
        {"PhoneNumberId": "%2B12065550100"},
        {"PhoneNumberId": "nobody"},
        {"PhoneNumberId": inventory.identifier("opaque/+12065550100")},
    ],
    "connect:SearchAvailablePhoneNumbers": [
        {"InstanceId": A, "PhoneNumberCountryCode": "US", "PhoneNumberType": "DID"},
        {
            "TargetArn": inventory.GROUP_ARN,
            "PhoneNumberCountryCode": "GB",
            "PhoneNumberType": "TOLL_FREE",
        },
        {
            "TargetArn": inventory.INSTANCE_ARNS[1],
            "PhoneNumberCountryCode": "US",
            "PhoneNumberType": "DID",
            "PhoneNumberPrefix": "+1312555",
        },
        {
            "InstanceId": A,
            "PhoneNumberCountryCode": "US",
            "PhoneNumberType": "TOLL_FREE",
            "PhoneNumberPrefix": "+1312",
        },
        {
            "InstanceId": A,
            "PhoneNumberCountryCode": "US",
            "PhoneNumberType": "DID",
            "PhoneNumberPrefix": "1312",
        },
        {"PhoneNumberCountryCode": "US", "PhoneNumberType": "DID"},
        {"InstanceId": "unknown", "PhoneNumberCountryCode": "US", "PhoneNumberType": "DID"},
        {"InstanceId": A, "PhoneNumberCountryCode": "SE", "PhoneNumberType": "DID"},
        {
            "PhoneNumberCountryCode": "US",
            "PhoneNumberType": "TOLL_FREE",
            "PhoneNumberPrefix": "+1",
        },
        {"InstanceId": A, "PhoneNumberPrefix": "+1"},
    ],
    "connect:ListPhoneNumbersV2": [
        {},
        {"InstanceId": A},
        {"InstanceId": A, "TargetArn": inventory.INSTANCE_ARNS[1]},
        {"InstanceId": B, "PhoneNumberTypes": ["DID"]},
        {"TargetArn": inventory.GROUP_ARN},
        {"InstanceId": "unknown"},
        {"TargetArn": "unknown"},
        {"PhoneNumberCountryCodes": ["GB", "DE"]},
        {"PhoneNumberCountryCodes": ["GB", "DE", "AU"]},
        {"PhoneNumberCountryCodes": ["US"], "PhoneNumberTypes": ["DID", "SHARED", "UIFN"]},
        {"PhoneNumberPrefix": "+1503555"},
        {"PhoneNumberPrefix": "+1", "PhoneNumberTypes": ["TOLL_FREE"]},
        {"PhoneNumberPrefix": "1503"},
        {"PhoneNumberTypes": list(inventory.CONNECT_TYPES)},
        {"PhoneNumberCountryCodes": ["GB", "GB"]},
        {"PhoneNumberCountryCodes": ["GB"], "PhoneNumberPrefix": "+1"},
        {"PhoneNumberCountryCodes": ["GB"], "TargetArn": inventory.GROUP_ARN},
        {"TargetArn": inventory.GROUP_ARN.replace(inventory.GROUP, B)},
        {"TargetArn": inventory.GROUP_ARN.replace(":000000000000:", ":000000001111:")},
    ],
}
WRONG = [
    None,
    True,
    5,
    5.5,
    "7",
    "",
    "é",
    "'",
    '"',
    "%",
    "\U0001f4de",
    "\x01",
    "x" * 65,
    "x" * 1001,
    ["7"],
    [5],
]
SIZES = [*range(1, 19), -1, 0, 99, 100, 198, 500, 501, 1000, 1001, 2**31, 20000]


def body_request(operation: Operation, document: Any) -> Request:
    return Request("POST", operation.path, "HTTP/1.1", JSON, json.dumps(document).encode())


def request(operation: Operation, params: dict[str, Any]) -> Request:
    """The request of these parameters, sent as they are."""
    if operation.method == "POST":
        return body_request(operation, params)
    members = operation.members
    path = operation.path
    for name, value in params.items():
        if members[name].where == "path":
            path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    pairs = [*operation.query.items()]
    pairs += [
        (members[name].wire, "" if value is None else str(value))
        for name, value in params.items()
        if members[name].where == "query"
    ]
    target = f"{path}?{urlencode(pairs)}" if pairs else path
    return Request(operation.method, target, "HTTP/1.1", (), b"")


def values(name: str, member: Member) -> Iterator[Any]:
    if name == "MaxResults":
        yield from SIZES
    for value in member.enum or ():
        yield from (value, value.lower(), f" {value}")
    yield from WRONG
    if member.max_length:
        yield from ("y" * size for size in (1, 99, 100, 101, 100_000, 100_001))
    if member.pattern:
        yield from ("us", "USA", "SE", "US\n", "877\n", "87", "8777", "811", "833", "876")
        yield from ("+1", "+1\n", "+\u0661", "+123456789012", "+12345678", "1", "x+1")
    if member.item:
        codes = member.item.enum or ()
        yield from ([code] for code in codes)
        yield from ([codes[0].lower()], [], [5], ["XX"], [codes[0], "XX"], list(codes[:7]))
        yield from ([codes[0]] * size for size in (6, 7, 8, 10, 11, 12))


def parts(params: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The parameters with a part of a text in place of the whole, or with more than it."""
    for name, value in params.items():
        if isinstance(value, str):
            for part in (value[:-1], value[1:], value[1:-1], f"+{value[2:]}", value[:-1] + "9"):
                yield {**params, name: part}
            for more in (f"{value}0", f"{value}1", value.swapcase()):
                yield {**params, name: more}


def odd_requests(operation: Operation, base: dict[str, Any]) -> Iterator[Request]:
    good = request(operation, base)
    for method in ("GET", "POST", "PUT", "HEAD"):
        yield replace(good, method=method)
    yield replace(good, target=good.target + ("&" if good.query else "?") + "unknown=1")
    repeated = "max-results=1&max-results=2&area-code=212"
    yield replace(good, target=good.target + ("&" if good.query else "?") + repeated)
    if operation.method == "POST":
        for body in (b"", b"{", b"[]", b"null", b'"x"', b'{"MaxResults":5.0}'):
            yield replace(good, body=body)
        yield body_request(operation, {**base, "Unknown": 1})
        yield body_request(operation, {**base, "MaxResults": 5.0})
        yield replace(good, headers=(("Content-Type", "text/plain"),))
    if operation.path.endswith("}"):
        for path in ("/phone-numbers/", "/phone-numbers/%252B12065550100"):
            yield replace(good, target=path)
        yield replace(good, target="/phone-numbers/+12065550100")


def perform(behaviour: Behaviour, operation: Operation) -> Iterator[Answer]:
    """The battery, lazily: single requests first, then walks."""
    base = BASES[operation.id][0]
    yield from (pipeline.answer(behaviour, request(operation, p)) for p in BASES[operation.id])
    yield from (pipeline.answer(behaviour, odd) for odd in odd_requests(operation, base))
    for params in BASES[operation.id]:
        yield from (pipeline.answer(behaviour, request(operation, p)) for p in parts(params))
    for name, member in operation.members.items():
        without = {key: value for key, value in base.items() if key != name}
        yield pipeline.answer(behaviour, request(operation, without))
        for value in values(name, member):
            yield pipeline.answer(behaviour, request(operation, {**base, name: value}))
    if operation.listing is not None:
        yield from walks(behaviour, operation)


def walks(behaviour: Behaviour, operation: Operation) -> Iterator[Answer]:
    for base, size in itertools.product(BASES[operation.id], (None, 2, 5, 7, 1, 15)):
        params = {**base} if size is None else {**base, "MaxResults": size}
        for _ in range(12):
            answer = pipeline.answer(behaviour, request(operation, params))
            yield answer
            body = json.loads(answer.body) if answer.body[:1] == b"{" and answer.ok else {}
            if not isinstance(token := body.get("NextToken"), str) or not token:
                break
            params = {**params, "NextToken": token}
        if size == 2 and "NextToken" in params:
            yield pipeline.answer(behaviour, request(operation, {**params, "MaxResults": 3}))


def seen(answer: Answer) -> tuple[Any, ...]:
    """What a client could see of an answer, apart from what is new each time."""
    headers = [(k, "" if k == "x-amzn-RequestId" else v) for k, v in answer.headers]
    return answer.status, headers, answer.body, answer.deliver


def unsigned(behaviour: Behaviour) -> Behaviour:
    return replace(behaviour, authenticate=lambda request, service: None)


@functools.cache
def honest(operation: str) -> list[tuple[Any, ...]]:
    return [seen(a) for a in perform(unsigned(Behaviour()), OPERATIONS[operation])]


def differs(behaviour: Behaviour, operation: str) -> bool:
    changed = (seen(a) for a in perform(unsigned(behaviour), OPERATIONS[operation]))
    return any(one != other for one, other in itertools.zip_longest(changed, honest(operation)))


@pytest.mark.parametrize("name", [n for n, f in FAULTS.items() if not n.startswith("auth:")])
def test_a_fault_can_be_seen(name: str) -> None:
    """Some request to each operation that a fault names is answered differently."""
    fault = FAULTS[name]
    changed = fault.edit(Behaviour())
    if name.startswith("unknown-path"):
        lost = Request("GET", "/no-such-path", "HTTP/1.1", (), b"")
        assert seen(pipeline.answer(unsigned(changed), lost)) != seen(
            pipeline.answer(unsigned(Behaviour()), lost)
        )
        return
    assert all(differs(changed, operation) for operation in fault.operations)


# These change the time it takes, or what happens to who is not signed in.
BEYOND_THE_BATTERY = {"signatures-ignored", "auth-401", "auth-xml", "slow"}


@pytest.mark.parametrize("name", sorted(set(DIALECTS) - BEYOND_THE_BATTERY))
def test_a_dialect_can_be_seen(name: str) -> None:
    """Some request to some operation that a dialect names is answered differently."""
    dialect = DIALECTS[name]
    changed = dialect.edit(Behaviour())
    assert any(differs(changed, operation) for operation in dialect.operations)


def test_nothing_else_is_touched() -> None:
    """The handlers of operations that a fault does not name stay the honest ones."""
    plain = Behaviour()
    for name, fault in FAULTS.items():
        changed = fault.edit(plain)
        for operation in set(plain.handlers) - fault.operations:
            assert changed.handlers[operation] is plain.handlers[operation], name


def test_a_dialect_touches_what_it_names() -> None:
    """Operations that a dialect does not name answer their battery as ever."""
    for name in sorted(set(DIALECTS) - BEYOND_THE_BATTERY):
        changed = DIALECTS[name].edit(Behaviour())
        for operation in set(OPERATIONS) - DIALECTS[name].operations:
            assert not differs(changed, operation), (name, operation)


def test_a_mutation_says_what_it_is() -> None:
    """A mutation has its key as its name, one sentence, and operations that exist."""
    for table in (FAULTS, DIALECTS, DEGENERATES):
        for name, mutation in table.items():
            assert mutation.name == name
            assert mutation.description.endswith(".")
            assert mutation.operations
            assert mutation.operations <= set(OPERATIONS)


def test_a_name_is_used_once() -> None:
    """A table refuses two mutations of the same name."""
    one, other = list(FAULTS.values())[:2]
    assert by_name(one, other) == {one.name: one, other.name: other}
    with pytest.raises(ValueError, match="is used twice"):
        by_name(one, other, replace(one, description="Another."))
