"""Amazon Chime's three operations as tables, by hand from their API reference pages.

Nothing here handles a request: the tables hold what is accepted, refused, filtered and answered.
"""

from urllib.parse import unquote

from conformance.reference.contract import (
    ErrorShape,
    Item,
    Json,
    Kind,
    Member,
    Operation,
    Params,
    Rule,
)
from conformance.reference.inventory import PRODUCTS, STATUSES

BAD_REQUEST = ErrorShape(type="BadRequestException", status=400, code="BadRequest")
NOT_FOUND = ErrorShape(type="NotFoundException", status=404, code="NotFound")
SERVICE_FAILURE = ErrorShape(type="ServiceFailureException", status=500, code="ServiceFailure")

_ERRORS: dict[Kind, ErrorShape] = {
    "invalid": BAD_REQUEST,
    "mistyped": BAD_REQUEST,
    "malformed": BAD_REQUEST,
    "unknown-resource": NOT_FOUND,
    "internal": SERVICE_FAILURE,
}

US_FILTERS = ("AreaCode", "City", "State", "TollFreePrefix")
FILTER_NAMES = ("AccountId", "UserId", "VoiceConnectorId", "VoiceConnectorGroupId", "SipRuleId")

# The PhoneNumber structure, as the pages of List and Get show it.
PHONE_NUMBER: dict[str, Json] = {
    "Associations": [{"AssociatedTimestamp": "string", "Name": "string", "Value": "string"}],
    "CallingName": "string",
    "CallingNameStatus": "string",
    "Capabilities": {
        "InboundCall": "boolean",
        "InboundMMS": "boolean",
        "InboundSMS": "boolean",
        "OutboundCall": "boolean",
        "OutboundMMS": "boolean",
        "OutboundSMS": "boolean",
    },
    "Country": "string",
    "CreatedTimestamp": "string",
    "DeletionTimestamp": "string",
    "E164PhoneNumber": "string",
    "PhoneNumberId": "string",
    "ProductType": "string",
    "Status": "string",
    "Type": "string",
    "UpdatedTimestamp": "string",
}


def _is_us(params: Params) -> bool:
    return params.get("Country") == "US"


def _same_place(item: Item, params: Params, name: str) -> bool:
    """US-only filters constrain US numbers; for other countries their effect is unspecified."""
    return not _is_us(params) or str(item[name]).casefold() == str(params[name]).casefold()


def _associated(item: Item, params: Params) -> bool:
    wanted = (params["FilterName"], params.get("FilterValue"))
    return any((held["Name"], held["Value"]) == wanted for held in item["Associations"])


def plain_number(identifier: str) -> str:
    """The E.164 number in an id, however often it was percent-encoded on its way (at most 3)."""
    for _ in range(3):
        identifier = unquote(identifier)
    return identifier


SEARCH = Operation(
    service="chime",
    name="SearchAvailablePhoneNumbers",
    method="GET",
    path="/search",
    query={"type": "phone-numbers"},
    members={
        "AreaCode": Member(wire="area-code", where="query"),
        "City": Member(wire="city", where="query"),
        "Country": Member(wire="country", where="query", pattern="[A-Z]{2}"),
        "MaxResults": Member(
            wire="max-results", where="query", type="integer", minimum=1, maximum=500
        ),
        "NextToken": Member(wire="next-token", where="query"),
        "PhoneNumberType": Member(
            wire="phone-number-type", where="query", enum=("Local", "TollFree")
        ),
        "State": Member(wire="state", where="query"),
        "TollFreePrefix": Member(
            wire="toll-free-prefix",
            where="query",
            min_length=3,
            max_length=3,
            pattern="8(00|33|44|55|66|77|88)",
        ),
    },
    defaults={"Country": "US"},
    rules=(
        Rule(
            name="us-needs-filter",
            broken=lambda params, _: _is_us(params) and not any(n in params for n in US_FILTERS),
            message="US numbers need one of AreaCode, City, State, TollFreePrefix.",
        ),
        Rule(
            name="city-needs-state",
            broken=lambda params, _: _is_us(params) and "City" in params and "State" not in params,
            message="City needs State.",
        ),
        Rule(
            name="foreign-needs-type",
            broken=lambda params, _: not _is_us(params) and "PhoneNumberType" not in params,
            message="Numbers outside the US need PhoneNumberType.",
        ),
    ),
    filters={
        "Country": lambda item, params: item["Country"] == params["Country"],
        "PhoneNumberType": lambda item, params: item["Type"] == params["PhoneNumberType"],
        "AreaCode": lambda item, params: _same_place(item, params, "AreaCode"),
        "City": lambda item, params: _same_place(item, params, "City"),
        "State": lambda item, params: _same_place(item, params, "State"),
        "TollFreePrefix": lambda item, params: _same_place(item, params, "TollFreePrefix"),
    },
    errors=_ERRORS,
    response={"E164PhoneNumbers": ["string"], "NextToken": "string"},
    examples={"Country": "US", "PhoneNumberType": "Local", "TollFreePrefix": "877"},
    source=lambda world: world.chime_available,
    present=lambda item: item["Number"],
    listing="E164PhoneNumbers",
    page_size=50,
    explicit_nulls=True,
)

LIST = Operation(
    service="chime",
    name="ListPhoneNumbers",
    method="GET",
    path="/phone-numbers",
    members={
        "FilterName": Member(wire="filter-name", where="query", enum=FILTER_NAMES),
        "FilterValue": Member(wire="filter-value", where="query"),
        "MaxResults": Member(
            wire="max-results", where="query", type="integer", minimum=1, maximum=99
        ),
        "NextToken": Member(wire="next-token", where="query"),
        "ProductType": Member(wire="product-type", where="query", enum=PRODUCTS),
        "Status": Member(wire="status", where="query", enum=STATUSES),
    },
    rules=(
        Rule(
            name="filter-name-and-value",
            broken=lambda params, _: ("FilterName" in params) != ("FilterValue" in params),
            message="FilterName and FilterValue belong together.",
            promised=False,
        ),
    ),
    filters={
        "FilterName": _associated,
        "ProductType": lambda item, params: item["ProductType"] == params["ProductType"],
        "Status": lambda item, params: item["Status"] == params["Status"],
    },
    errors=_ERRORS,
    response={"NextToken": "string", "PhoneNumbers": [PHONE_NUMBER]},
    examples={"ProductType": "VoiceConnector", "Status": "Assigned", "FilterName": "AccountId"},
    source=lambda world: world.chime_numbers,
    present=dict,
    listing="PhoneNumbers",
    page_size=25,
    explicit_nulls=True,
)

GET = Operation(
    service="chime",
    name="GetPhoneNumber",
    method="GET",
    path="/phone-numbers/{PhoneNumberId}",
    members={"PhoneNumberId": Member(wire="PhoneNumberId", where="path", required=True)},
    filters={
        "PhoneNumberId": lambda item, params: (
            plain_number(params["PhoneNumberId"]) == item["E164PhoneNumber"]
        ),
    },
    errors=_ERRORS,
    response={"PhoneNumber": PHONE_NUMBER},
    examples={"PhoneNumberId": "+12065550100"},
    source=lambda world: world.chime_numbers,
    present=dict,
    single="PhoneNumber",
    explicit_nulls=True,
)

OPERATIONS = (SEARCH, LIST, GET)
