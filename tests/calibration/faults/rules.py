"""Faults derived from rules: not enforced, or enforced too much."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from calibration.faults.filters import Spec, selecting_with, unfiltered
from calibration.mutations import Fault, HandlerEdit, on, table
from conformance.reference import chime, connect, inventory
from conformance.reference.contract import Item, Json, Operation, Params, Rule, World
from conformance.reference.paging import Position
from conformance.reference.pipeline import Behaviour, Handler
from conformance.reference.wire import Request


def _dropped(name: str) -> HandlerEdit:
    def edit(operation: Operation) -> Operation:
        rules = tuple(rule for rule in operation.rules if rule.name != name)
        return replace(operation, rules=rules)

    return table(edit)


def refusing_when(condition: Callable[[Params], bool]) -> HandlerEdit:
    """Refuse, as invalid, parameters that no page refuses."""
    rule = Rule(name="overdone", broken=lambda params, _: condition(params), message="No.")
    return table(lambda operation: replace(operation, rules=(*operation.rules, rule)))


def _only(*names: str) -> Callable[[Params], bool]:
    """Of all members that narrow a search, exactly these are given."""

    def test(params: Params) -> bool:
        return set(params) - {"Country", "MaxResults", "NextToken"} == set(names)

    return test


def _unless(name: str, condition: Callable[[Params], bool]) -> HandlerEdit:
    """A rule that some requests need not keep."""

    def excused(rule: Rule) -> Rule:
        if rule.name != name:
            return rule
        return replace(
            rule,
            broken=lambda params, world: not condition(params) and rule.broken(params, world),
        )

    return table(lambda op: replace(op, rules=tuple(excused(rule) for rule in op.rules)))


def _ignored_beside(name: str, *beside: str) -> HandlerEdit:
    """A filter that filters nothing where another one is given."""
    return selecting_with(
        lambda operation, params, _: (
            unfiltered(operation, name) if any(params.get(one) for one in beside) else operation
        )
    )


def _once_for_each(name: str) -> HandlerEdit:
    """Items are listed again for each repetition of a value."""

    def edit(handler: Handler) -> Handler:
        def select(
            operation: Operation, params: Params, position: Position, world: World
        ) -> Sequence[Item]:
            if not params.get(name):
                return handler.select(operation, params, position, world)
            each = ({**params, name: [value]} for value in params[name])
            return [
                item for asked in each for item in handler.select(operation, asked, position, world)
            ]

        return replace(handler, select=select)

    return edit


def _sent(*names: str) -> Callable[[Params], bool]:
    return lambda params: all(name in params for name in names)


def _country_of_prefix(handler: Handler) -> Handler:
    """Where a prefix is given, US toll-free numbers are meant unless something else is given."""

    def validate(operation: Operation, params: Params) -> Params:
        meant: Params = {"PhoneNumberCountryCode": "US", "PhoneNumberType": "TOLL_FREE"}
        given = {**meant, **params} if "PhoneNumberPrefix" in params else params
        return handler.validate(operation, given)

    return replace(handler, validate=validate)


def _country_explicit(handler: Handler) -> Handler:
    """City does without State where the country is given."""
    loose = _unless("city-needs-state", lambda params: "City" in params)(handler)

    def read(operation: Operation, request: Request, labels: Mapping[str, str]) -> Params:
        params = handler.read(operation, request, labels)
        if "City" in params and "State" not in params and "country" not in dict(request.pairs()):
            raise operation.failure("invalid", "City needs State.")
        return params

    return replace(loose, read=read)


def _bare(params: Params) -> bool:
    return not set(params) - {"MaxResults", "NextToken"}


def _defaults(**changes: Json) -> HandlerEdit:
    return table(lambda operation: replace(operation, defaults={**operation.defaults, **changes}))


# Which area codes, cities and countries are on offer is the server's affair: a should.
_SEARCH_RULES: tuple[Spec, ...] = (
    (
        "rules/us-needs-filter:state-refused",
        refusing_when(_only("State")),
        "State alone is refused.",
        "must",
    ),
    (
        "rules/us-needs-filter:area-code-refused",
        refusing_when(_only("AreaCode")),
        "AreaCode alone is refused.",
        "should",
    ),
    (
        "rules/us-needs-filter:toll-free-prefix-refused",
        refusing_when(_only("TollFreePrefix")),
        "TollFreePrefix alone is refused.",
        "should",
    ),
    (
        "rules/city-needs-state:refused",
        refusing_when(lambda params: "City" in params and "State" in params),
        "City is refused although State is given.",
        "should",
    ),
    (
        "rules/foreign-needs-type:refused",
        refusing_when(lambda params: params.get("Country") != "US"),
        "Every country but the US is refused.",
        "should",
    ),
    (
        "rules/foreign-needs-type:canada-excused",
        _unless("foreign-needs-type", lambda params: params["Country"] == "CA"),
        "A search in Canada needs no type.",
        "must",
    ),
    (
        "rules/foreign-needs-type:japan-excused",
        _unless("foreign-needs-type", lambda params: params["Country"] == "JP"),
        "A search in Japan needs no type.",
        "must",
    ),
    (
        "rules/foreign-needs-type:area-code-enough",
        _unless("foreign-needs-type", _sent("AreaCode")),
        "Abroad, an area code does for the type.",
        "must",
    ),
    (
        "rules/city-needs-state:country-enough",
        _country_explicit,
        "City needs no State where Country is given.",
        "must",
    ),
    (
        "rules/city-needs-state:toll-free-prefix-enough",
        _unless("city-needs-state", _sent("TollFreePrefix")),
        "City needs no State beside a toll-free prefix.",
        "must",
    ),
    (
        "rules/city-needs-state:type-enough",
        _unless("city-needs-state", _sent("PhoneNumberType")),
        "City needs no State beside a type.",
        "must",
    ),
    (
        "rules/us-needs-filter:area-code-and-state-refused",
        refusing_when(_sent("AreaCode", "State")),
        "AreaCode and State together are refused.",
        "should",
    ),
    (
        "rules/us-needs-filter:area-code-and-type-refused",
        refusing_when(_sent("AreaCode", "PhoneNumberType")),
        "AreaCode and PhoneNumberType together are refused.",
        "should",
    ),
    (
        "rules/us-needs-filter:toll-free-prefix-and-type-refused",
        refusing_when(_sent("TollFreePrefix", "PhoneNumberType")),
        "TollFreePrefix and PhoneNumberType together are refused.",
        "should",
    ),
    (
        "rules/filters-combine:area-code-ignored-with-city",
        _ignored_beside("AreaCode", "City"),
        "AreaCode filters nothing beside City.",
        "should",
    ),
    (
        "rules/country-default:gb",
        _defaults(Country="GB"),
        "Without Country, Great Britain is meant.",
        "must",
    ),
    (
        "rules/country-default:none",
        table(lambda operation: replace(operation, defaults={})),
        "Without Country, the rules for foreign countries hold.",
        "must",
    ),
)
_LIST_RULES: tuple[Spec, ...] = (
    (
        "rules/all-optional:bare-refused",
        refusing_when(_bare),
        "A call without parameters is refused.",
        "must",
    ),
    (
        "rules/all-optional:status-needs-product",
        refusing_when(lambda params: "Status" in params and "ProductType" not in params),
        "Status without ProductType is refused.",
        "must",
    ),
)
_CONNECT_SEARCH_RULES: tuple[Spec, ...] = (
    (
        "rules/target-required:prefix-enough",
        _unless("target-required", _sent("PhoneNumberPrefix")),
        "Neither InstanceId nor TargetArn is wanted where a prefix is given.",
        "must",
    ),
    (
        "rules/target-required:direct-numbers-excused",
        _unless("target-required", lambda params: params["PhoneNumberType"] == "DID"),
        "Direct numbers are searched for without InstanceId or TargetArn.",
        "must",
    ),
    (
        "rules/prefix-is-no-country:enough",
        _country_of_prefix,
        "A prefix does for the country code and the type.",
        "must",
    ),
    (
        "rules/target-required:target-refused",
        refusing_when(lambda params: "InstanceId" not in params),
        "TargetArn does not do; an InstanceId is wanted.",
        "must",
    ),
    (
        "rules/target-required:instance-refused",
        refusing_when(lambda params: "TargetArn" not in params),
        "InstanceId does not do; a TargetArn is wanted.",
        "must",
    ),
    (
        "rules/target-required:group-refused",
        refusing_when(lambda params: params.get("TargetArn") == inventory.GROUP_ARN),
        "The ARN of a traffic distribution group is refused.",
        "must",
    ),
)
_LIST_V2_RULES: tuple[Spec, ...] = (
    (
        "rules/filters-combine:prefix-ignored-with-countries",
        _ignored_beside("PhoneNumberPrefix", "PhoneNumberCountryCodes"),
        "PhoneNumberPrefix filters nothing beside country codes.",
        "should",
    ),
    (
        "rules/filters-combine:target-ignored-with-countries",
        _ignored_beside("TargetArn", "PhoneNumberCountryCodes"),
        "TargetArn filters nothing beside country codes.",
        "should",
    ),
    (
        "rules/filters-combine:countries-ignored-with-prefix",
        _ignored_beside("PhoneNumberCountryCodes", "PhoneNumberPrefix"),
        "Country codes filter nothing beside a prefix.",
        "should",
    ),
    (
        "request/PhoneNumberCountryCodes/filter:once-for-each-value",
        _once_for_each("PhoneNumberCountryCodes"),
        "A number is listed once for each time that its country is asked for.",
        "must",
    ),
    (
        "rules/all-optional:bare-refused",
        refusing_when(_bare),
        "An empty object is refused.",
        "must",
    ),
    (
        "rules/all-optional:target-wanted",
        refusing_when(lambda params: "InstanceId" not in params and "TargetArn" not in params),
        "A target is wanted, though it is optional.",
        "must",
    ),
    (
        "rules/known-target:group-refused",
        refusing_when(lambda params: params.get("TargetArn") == inventory.GROUP_ARN),
        "The ARN of a traffic distribution group is refused.",
        "must",
    ),
)
OVERDONE: dict[str, tuple[Spec, ...]] = {
    chime.SEARCH.id: _SEARCH_RULES,
    chime.LIST.id: _LIST_RULES,
    connect.SEARCH.id: _CONNECT_SEARCH_RULES,
    connect.LIST.id: _LIST_V2_RULES,
}


def _rules(operation: Operation) -> Iterator[Spec]:
    for rule in operation.rules:
        if rule.promised and rule.name != "known-target":
            text = f"The rule {rule.name} is not enforced."
            yield f"rules/{rule.name}:unenforced", _dropped(rule.name), text, "must"
    yield from OVERDONE.get(operation.id, ())


def derive() -> Iterator[Fault]:
    """Every fault that the rules suggest."""
    for handler in Behaviour().handlers.values():
        operation = handler.operation
        for name, edit, text, level in _rules(operation):
            yield Fault(
                name=f"{operation.id}/{name}",
                description=text,
                operations=frozenset({operation.id}),
                edit=on(operation.id, edit),
                family="derived",
                level=level,
            )


FAULTS = tuple(derive())
