"""The numbers that exist here: which can be bought, and what the two accounts own.

Everything is made in code and the same each time. US numbers are of the 555-01xx block, and other
countries' come from their blocks for fiction where there is one, so that no number in use is here.
"""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import cycle, islice

from conformance.reference.contract import Item, World

# area code: (city, state, how many are for sale)
US_AREAS = {
    "206": ("Seattle", "WA", 40),
    "425": ("Bellevue", "WA", 20),
    "509": ("Spokane", "WA", 10),
    "212": ("New York", "NY", 20),
    "716": ("Buffalo", "NY", 10),
    "312": ("Chicago", "IL", 10),
    "415": ("San Francisco", "CA", 10),
    "503": ("Portland", "OR", 10),
    "207": ("Portland", "ME", 10),
}
TOLL_FREE_PREFIXES = ("800", "833", "844", "855", "866", "877", "888")
# country: (stem of a local number, stem of a toll-free number); three digits follow
FOREIGN = {
    "GB": ("+442079460", "+448081570"),
    "DE": ("+493023125", "+498001234"),
    "FR": ("+33199000", "+33805000"),
    "AU": ("+61255500", "+611800975"),
    "IE": ("+35312025", "+3531800555"),
    "IT": ("+390655550", "+39800555"),
    "ES": ("+34910555", "+34900555"),
    "NL": ("+31205550", "+318000555"),
    "JP": ("+81355550", "+81120555"),
    "CA": ("+141655501", "+183355502"),
}
_FOR_SALE_FROM = 10  # below, the accounts' own

PRODUCTS = ("BusinessCalling", "VoiceConnector", "SipMediaApplicationDialIn")
STATUSES = (
    "AcquireInProgress",
    "AcquireFailed",
    "Unassigned",
    "Assigned",
    "ReleaseInProgress",
    "DeleteInProgress",
    "ReleaseFailed",
    "DeleteFailed",
)
CONNECT_TYPES = (
    "TOLL_FREE",
    "DID",
    "UIFN",
    "SHARED",
    "THIRD_PARTY_TF",
    "THIRD_PARTY_DID",
    "SHORT_CODE",
)
_TOLL_FREE_TYPES = ("TOLL_FREE", "UIFN", "THIRD_PARTY_TF")
_CALLING_NAMES = ("Conformance", "O'Hara & Sons", None, None, None)
_CALLING_STATUSES = ("UpdateSucceeded", "UpdateFailed", "Unassigned", "UpdateInProgress")
_ACCOUNT = "000000000000"
_ARN = f"arn:aws:connect:us-east-1:{_ACCOUNT}"


def identifier(name: str) -> str:
    """A UUID that is always the same for a name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"conformance.reference/{name}"))


INSTANCES = (identifier("instance/a"), identifier("instance/b"))
INSTANCE_ARNS = tuple(f"{_ARN}:instance/{instance}" for instance in INSTANCES)
GROUP = identifier("group")
GROUP_ARN = f"{_ARN}:traffic-distribution-group/{GROUP}"
TARGETS = {**dict(zip(INSTANCE_ARNS, INSTANCES, strict=True)), GROUP_ARN: GROUP}


def us_number(area: str, line: int) -> str:
    """A US number of the fictitious block: ``+1206555`` and ``0100`` to ``0199``."""
    return f"+1{area}555{100 + line:04d}"


def foreign_number(country: str, toll_free: bool, line: int) -> str:
    """A number of another country; Canada's block has 100 lines, the others 1,000."""
    stem = FOREIGN[country][toll_free]
    return f"{stem}{line:02d}" if country == "CA" else f"{stem}{line:03d}"


def _available(number: str, country: str, kind: str, **places: str) -> Item:
    blank = {"AreaCode": "", "City": "", "State": "", "TollFreePrefix": ""}
    return {"Number": number, "Country": country, "Type": kind, **blank, **places}


def _chime_available() -> Iterator[Item]:
    for area, (city, state, count) in US_AREAS.items():
        for line in range(_FOR_SALE_FROM, _FOR_SALE_FROM + count):
            number = us_number(area, line)
            yield _available(number, "US", "Local", AreaCode=area, City=city, State=state)
    for prefix in TOLL_FREE_PREFIXES:
        for line in range(_FOR_SALE_FROM, _FOR_SALE_FROM + 8):
            number = us_number(prefix, line)
            yield _available(number, "US", "TollFree", AreaCode=prefix, TollFreePrefix=prefix)
    for country in FOREIGN:
        for toll_free, kind in enumerate(("Local", "TollFree")):
            for line in range(_FOR_SALE_FROM, _FOR_SALE_FROM + 15):
                yield _available(foreign_number(country, bool(toll_free), line), country, kind)


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _associations(index: int, product: str, status: str, since: datetime) -> list[Item]:
    if status in ("AcquireInProgress", "AcquireFailed", "Unassigned"):
        return []
    holders = {
        "BusinessCalling": [
            ("AccountId", identifier("account")),
            ("UserId", identifier(f"user/{index % 5}")),
        ],
        "VoiceConnector": [
            ("VoiceConnectorId", f"vc{index % 2}refer1ence2server3c4"),
            ("VoiceConnectorGroupId", identifier("voice-connector-group")),
        ],
        "SipMediaApplicationDialIn": [("SipRuleId", identifier(f"sip-rule/{index % 3}"))],
    }
    held = holders[product][: 1 + index % 2]
    return [
        {"AssociatedTimestamp": _stamp(since), "Name": name, "Value": value} for name, value in held
    ]


def _chime_number(index: int, number: str) -> Item:
    product, status = PRODUCTS[index % 3], STATUSES[index % 8]
    created = datetime(2024, 1, 9, 8, 30, 0, 250_000, tzinfo=UTC) + timedelta(days=index, seconds=7)
    associated, updated = created + timedelta(hours=2), created + timedelta(hours=5 * (index % 4))
    deleted = updated + timedelta(days=7) if status.startswith("Delete") else None
    toll_free = number[2:5] in TOLL_FREE_PREFIXES
    return {
        "Associations": _associations(index, product, status, associated),
        "CallingName": _CALLING_NAMES[index % 5],
        "CallingNameStatus": _CALLING_STATUSES[index % 4],
        "Capabilities": {
            "InboundCall": True,
            "InboundMMS": not toll_free,
            "InboundSMS": not toll_free,
            "OutboundCall": index % 7 != 0,
            "OutboundMMS": False,
            "OutboundSMS": not toll_free,
        },
        "Country": "US",
        "CreatedTimestamp": _stamp(created),
        "DeletionTimestamp": deleted and _stamp(deleted),
        "E164PhoneNumber": number,
        "PhoneNumberId": number.replace("+", "%2B"),
        "ProductType": product,
        "Status": status,
        "Type": "TollFree" if toll_free else "Local",
        "UpdatedTimestamp": _stamp(max(updated, associated)),
    }


def _chime_numbers() -> Iterator[Item]:
    owned = {"206": 10, "425": 8, "212": 8, "800": 7, "877": 7}
    numbers = [us_number(area, line) for area, count in owned.items() for line in range(count)]
    return (_chime_number(index, number) for index, number in enumerate(sorted(numbers)))


def _connect_number(index: int, country: str, kind: str, owner: str, arn: str) -> Item:
    toll_free = kind in _TOLL_FREE_TYPES
    number = (
        us_number("888" if toll_free else "503", index)
        if country == "US"
        else foreign_number(country, toll_free, index)
    )
    name = identifier(f"claimed/{number}")
    imported = f"arn:aws:sms-voice:us-east-1:{_ACCOUNT}:phone-number/phone-{name.replace('-', '')}"
    return {
        "InstanceId": owner if owner in INSTANCES else None,
        "PhoneNumber": number,
        "PhoneNumberArn": f"{_ARN}:phone-number/{name}",
        "PhoneNumberCountryCode": country,
        "PhoneNumberDescription": f"Line {index}: d'accueil, grüße" if index % 3 else None,
        "PhoneNumberId": name,
        "PhoneNumberType": kind,
        "SourcePhoneNumberArn": imported if index % 4 == 0 else None,
        "TargetArn": arn,
    }


def _connect_numbers() -> Iterator[Item]:
    countries = ("US", "GB", "US", "DE", "US", "AU", "GB")
    # Mostly the two common types; the seven types take turns against the countries.
    kinds = islice(cycle((*CONNECT_TYPES, "DID", "TOLL_FREE", "DID")), 36)
    owners = islice(cycle((*TARGETS, INSTANCE_ARNS[0])), 36)
    for index, (kind, arn) in enumerate(zip(kinds, owners, strict=True)):
        country = countries[index % len(countries)]
        yield _connect_number(index, country, kind, TARGETS[arn], arn)


def _connect_available() -> Iterator[Item]:
    for toll_free, kind in enumerate(("DID", "TOLL_FREE")):
        for line in range(40, 64):
            number = us_number("855" if toll_free else ("206", "312")[line % 2], line)
            yield {"Number": number, "Country": "US", "Type": kind}
        for country in FOREIGN:
            for line in range(40, 58):
                number = foreign_number(country, bool(toll_free), line)
                yield {"Number": number, "Country": country, "Type": kind}


@lru_cache(maxsize=1)
def world() -> World:
    """The one world of the honest server."""
    return World(
        chime_numbers=tuple(_chime_numbers()),
        chime_available=tuple(sorted(_chime_available(), key=lambda item: str(item["Number"]))),
        connect_numbers=tuple(
            sorted(_connect_numbers(), key=lambda item: str(item["PhoneNumber"]))
        ),
        connect_available=tuple(sorted(_connect_available(), key=lambda item: str(item["Number"]))),
        targets=TARGETS,
        instances=frozenset(INSTANCES),
    )
