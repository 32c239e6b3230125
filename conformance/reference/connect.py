"""Amazon Connect's two operations as tables, by hand from their API reference pages.

The prefix pattern is printed there with a doubled backslash; the optional plus sign is meant, and
the prose asks for the plus. Nothing here handles a request.
"""

from conformance.reference.contract import (
    ErrorShape,
    Item,
    Json,
    Kind,
    Member,
    Operation,
    Params,
    Rule,
    World,
)
from conformance.reference.inventory import CONNECT_TYPES, INSTANCE_ARNS, INSTANCES

# The country codes of the pages, in their order. They are not those of ISO 3166-1: the withdrawn
# AN is kept, and AX BQ BV GF GP GS HM MQ NF PS SS TF UM are absent.
_CODES = """
    AF AL DZ AS AD AO AI AQ AG AR AM AW AU AT AZ BS BH BD BB BY BE BZ BJ BM BT BO BA BW BR IO VG
    BN BG BF BI KH CM CA CV KY CF TD CL CN CX CC CO KM CK CR HR CU CW CY CZ CD DK DJ DM DO TL EC
    EG SV GQ ER EE ET FK FO FJ FI FR PF GA GM GE DE GH GI GR GL GD GU GT GG GN GW GY HT HN HK HU
    IS IN ID IR IQ IE IM IL IT CI JM JP JE JO KZ KE KI KW KG LA LV LB LS LR LY LI LT LU MO MK MG
    MW MY MV ML MT MH MR MU YT MX FM MD MC MN ME MS MA MZ MM NA NR NP NL AN NC NZ NI NE NG NU KP
    MP NO OM PK PW PA PG PY PE PH PN PL PT PR QA CG RE RO RU RW BL SH KN LC MF PM VC WS SM ST SA
    SN RS SC SL SG SX SK SI SB SO ZA KR ES LK SD SR SJ SZ SE CH SY TW TJ TZ TH TG TK TO TT TN TR
    TM TC TV VI UG UA AE GB US UY UZ VU VA VE VN WF EH YE ZM ZW
"""

COUNTRIES = tuple(_CODES.split())

INVALID_PARAMETER = ErrorShape(
    type="InvalidParameterException", status=400, code="InvalidParameter"
)
RESOURCE_NOT_FOUND = ErrorShape(
    type="ResourceNotFoundException", status=404, code="ResourceNotFound"
)
INTERNAL_SERVICE = ErrorShape(type="InternalServiceException", status=500, code="InternalService")

_ERRORS: dict[Kind, ErrorShape] = {
    "invalid": INVALID_PARAMETER,
    "mistyped": INVALID_PARAMETER,
    "malformed": INVALID_PARAMETER,
    "unknown-resource": INVALID_PARAMETER,  # the page of the search lists no 404
    "internal": INTERNAL_SERVICE,
}

_INSTANCE = Member(wire="InstanceId", min_length=1, max_length=100)
_TOKEN = Member(wire="NextToken", min_length=1, max_length=100_000)
_PREFIX = Member(wire="PhoneNumberPrefix", pattern=r"\+?[0-9]{1,11}")
_COUNTRY = Member(wire="PhoneNumberCountryCode", required=True, enum=COUNTRIES)
_TYPE = Member(wire="PhoneNumberType", required=True, enum=CONNECT_TYPES)
_TARGET = Member(wire="TargetArn")

_PREFIX_PLUS = Rule(
    name="prefix-plus",
    broken=lambda params, _: "+" not in params.get("PhoneNumberPrefix", "+"),
    message="PhoneNumberPrefix has to contain the plus sign.",
)
_TARGET_REQUIRED = Rule(
    name="target-required",
    broken=lambda params, _: "InstanceId" not in params and "TargetArn" not in params,
    message="InstanceId or TargetArn is required.",
)


def _unknown_target(params: Params, world: World) -> bool:
    instance, target = params.get("InstanceId"), params.get("TargetArn")
    return (instance is not None and instance not in world.instances) or (
        target is not None and target not in world.targets
    )


_KNOWN_TARGET = Rule(
    name="known-target",
    broken=_unknown_target,
    message="No such instance or traffic distribution group.",
    kind="unknown-resource",
)


def _prefixed(item: Item, params: Params, name: str) -> bool:
    return str(item[name]).lstrip("+").startswith(str(params["PhoneNumberPrefix"]).lstrip("+"))


_AVAILABLE: dict[str, Json] = {
    "PhoneNumber": "string",
    "PhoneNumberCountryCode": "string",
    "PhoneNumberType": "string",
}

SEARCH = Operation(
    service="connect",
    name="SearchAvailablePhoneNumbers",
    method="POST",
    path="/phone-number/search-available",
    members={
        "InstanceId": _INSTANCE,
        "MaxResults": Member(wire="MaxResults", type="integer", minimum=1, maximum=10),
        "NextToken": _TOKEN,
        "PhoneNumberCountryCode": _COUNTRY,
        "PhoneNumberPrefix": _PREFIX,
        "PhoneNumberType": _TYPE,
        "TargetArn": _TARGET,
    },
    rules=(_TARGET_REQUIRED, _PREFIX_PLUS, _KNOWN_TARGET),
    filters={
        "PhoneNumberCountryCode": lambda item, params: (
            item["Country"] == params["PhoneNumberCountryCode"]
        ),
        "PhoneNumberType": lambda item, params: item["Type"] == params["PhoneNumberType"],
        "PhoneNumberPrefix": lambda item, params: _prefixed(item, params, "Number"),
    },
    errors=_ERRORS,
    response={"AvailableNumbersList": [_AVAILABLE], "NextToken": "string"},
    examples={
        "InstanceId": INSTANCES[0],
        "TargetArn": INSTANCE_ARNS[0],
        "PhoneNumberCountryCode": "US",
        "PhoneNumberType": "DID",
        "PhoneNumberPrefix": "+1",
    },
    source=lambda world: world.connect_available,
    present=lambda item: {
        "PhoneNumber": item["Number"],
        "PhoneNumberCountryCode": item["Country"],
        "PhoneNumberType": item["Type"],
    },
    listing="AvailableNumbersList",
    page_size=5,
)

LIST = Operation(
    service="connect",
    name="ListPhoneNumbersV2",
    method="POST",
    path="/phone-number/list",
    members={
        "InstanceId": _INSTANCE,
        "MaxResults": Member(wire="MaxResults", type="integer", minimum=1, maximum=1000),
        "NextToken": _TOKEN,
        "PhoneNumberCountryCodes": Member(
            wire="PhoneNumberCountryCodes",
            type="list",
            max_items=10,
            item=Member(wire="item", enum=COUNTRIES),
        ),
        "PhoneNumberPrefix": _PREFIX,
        "PhoneNumberTypes": Member(
            wire="PhoneNumberTypes",
            type="list",
            max_items=6,
            item=Member(wire="item", enum=CONNECT_TYPES),
        ),
        "TargetArn": _TARGET,
    },
    rules=(_PREFIX_PLUS, _KNOWN_TARGET),
    filters={
        "InstanceId": lambda item, params: item["InstanceId"] == params["InstanceId"],
        "TargetArn": lambda item, params: item["TargetArn"] == params["TargetArn"],
        # an empty list asks for nothing in particular
        "PhoneNumberCountryCodes": lambda item, params: (
            item["PhoneNumberCountryCode"]
            in (params["PhoneNumberCountryCodes"] or (item["PhoneNumberCountryCode"],))
        ),
        "PhoneNumberTypes": lambda item, params: (
            item["PhoneNumberType"] in (params["PhoneNumberTypes"] or (item["PhoneNumberType"],))
        ),
        "PhoneNumberPrefix": lambda item, params: _prefixed(item, params, "PhoneNumber"),
    },
    errors={**_ERRORS, "unknown-resource": RESOURCE_NOT_FOUND},
    response={
        "ListPhoneNumbersSummaryList": [
            {
                "InstanceId": "string",
                "PhoneNumber": "string",
                "PhoneNumberArn": "string",
                "PhoneNumberCountryCode": "string",
                "PhoneNumberDescription": "string",
                "PhoneNumberId": "string",
                "PhoneNumberType": "string",
                "SourcePhoneNumberArn": "string",
                "TargetArn": "string",
            }
        ],
        "NextToken": "string",
    },
    examples={
        "InstanceId": INSTANCES[0],
        "TargetArn": INSTANCE_ARNS[0],
        "PhoneNumberCountryCodes": ["US", "GB"],
        "PhoneNumberTypes": ["DID", "TOLL_FREE"],
        "PhoneNumberPrefix": "+1",
    },
    source=lambda world: world.connect_numbers,
    present=dict,
    listing="ListPhoneNumbersSummaryList",
    page_size=20,
)

OPERATIONS = (SEARCH, LIST)
