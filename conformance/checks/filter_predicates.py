"""How a returned item relates to a requested value: one function per relation.

Each returns True, False, or ``None`` where the item cannot show it: a member that is
absent, a number that no one can place. ``None`` never counts against a target.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumberType

from conformance.checks.evidence import field
from conformance.spec.operation import Operation, Params
from conformance.spec.rules import Filter

Relation = Callable[[Any, Any, Filter], bool | None]


def _equals(item: Any, wanted: Any, rule: Filter) -> bool | None:
    value = field(rule.field, item)
    return None if value is None else bool(value == wanted)


def _one_of(item: Any, wanted: Any, rule: Filter) -> bool | None:
    value = field(rule.field, item)
    # An empty list of wanted values means, to many servers, no filter at all.
    return None if value is None or not wanted else value in wanted


def _prefix(item: Any, wanted: Any, rule: Filter) -> bool | None:
    value = field(rule.field, item)
    if not isinstance(value, str):
        return None
    prefix = rule.template.format(wanted)
    return value.startswith((prefix, prefix.removeprefix("+")))


def _parsed(number: Any) -> phonenumbers.PhoneNumber | None:
    return _read(number) if isinstance(number, str) and number.startswith("+") else None


@lru_cache(maxsize=4096)  # a target holds the same few numbers in every answer
def _read(number: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None


#: Calling codes of services that belong to no country: universal freephone, satellites, …
_OF_NO_COUNTRY = frozenset(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS)


def _calling_code(item: Any, wanted: Any, rule: Filter) -> bool | None:
    number = _parsed(field(rule.field, item))
    countries = wanted if isinstance(wanted, (list, tuple)) else [wanted]
    codes = {phonenumbers.country_code_for_region(country) for country in countries}
    # several countries share a code, and some have none that the library knows
    if number is None or not codes or 0 in codes or number.country_code in _OF_NO_COUNTRY:
        return None
    return number.country_code in codes


#: What the library says of a number, where it decidedly is not of the type asked for.
_CONTRARY = {
    "TollFree": {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
    },
    "Local": {PhoneNumberType.TOLL_FREE, PhoneNumberType.PREMIUM_RATE},
}


def _number_type(item: Any, wanted: Any, rule: Filter) -> bool | None:
    number = _parsed(field(rule.field, item))
    if number is None or wanted not in _CONTRARY:
        return None
    kind = phonenumbers.number_type(number)
    if kind == PhoneNumberType.UNKNOWN:
        return None
    return bool(kind not in _CONTRARY[wanted])


def _association(item: Any, wanted: Any, rule: Filter) -> bool | None:
    held = field(rule.field, item)
    if not isinstance(held, list):
        return None
    name, value = wanted
    return any(
        isinstance(one, Mapping) and one.get("Name") == name and one.get("Value") == value
        for one in held
    )


def _tail(arn: Any) -> str:
    return re.split(r"[/:]", str(arn))[-1]


def _instance(item: Any, wanted: Any, rule: Filter) -> bool | None:
    """A number of an instance shows its id, its ARN as target, or both."""
    instance, target = item.get("InstanceId"), item.get("TargetArn")
    wanted = _tail(wanted)
    signs: list[bool] = [_tail(value) == wanted for value in (instance, target) if value]
    if not signs or len(set(signs)) > 1:
        return None
    return signs[0]


def _target(item: Any, wanted: Any, rule: Filter) -> bool | None:
    """A number of an instance or a traffic distribution group shows its ARN as target."""
    target = item.get("TargetArn")
    if target:
        return bool(target == wanted or _tail(target) == _tail(wanted))
    instance = item.get("InstanceId")
    return None if not instance else bool(_tail(instance) == _tail(wanted))


RELATIONS: Mapping[str, Relation] = {
    "equals": _equals,
    "one-of": _one_of,
    "prefix": _prefix,
    "calling-code": _calling_code,
    "number-type": _number_type,
    "association": _association,
    "instance": _instance,
    "target": _target,
}


def wanted(rule: Filter, params: Params) -> Any:
    """The value that a request filters for; ``None`` where it does not use the filter.

    A filter with a ``default`` applies only to requests that lack its member.
    """
    value = params.get(rule.member)
    if rule.default is not None:
        return rule.default if value is None else None
    if value is None or rule.companion is None:
        return value
    companion = params.get(rule.companion)
    return None if companion is None else (value, companion)


def filters(operation: Operation, params: Params) -> list[tuple[Filter, Any]]:
    """The filters at work in a request, with the values that they want."""
    found = ((rule, wanted(rule, params)) for rule in operation.rules_of(Filter))
    return [(rule, value) for rule, value in found if value is not None]


def holds(item: Any, rule: Filter, value: Any) -> bool | None:
    """Whether an item has a filter's relation to the wanted value."""
    if rule.field is None and rule.relation in {"instance", "target"}:
        return RELATIONS[rule.relation](item, value, rule) if isinstance(item, Mapping) else None
    return RELATIONS[rule.relation](item, value, rule)
