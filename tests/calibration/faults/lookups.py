"""Faults of meaning, by hand: well-formed responses that are not true, unknown things found."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from calibration.faults.filters import asking_for
from calibration.mutations import ALL, HandlerEdit, Level, faults, table
from conformance.reference import chime, connect
from conformance.reference.contract import Failure, Item, Json, Operation, Params, World
from conformance.reference.inventory import GROUP_ARN, STATUSES, TARGETS
from conformance.reference.paging import Position
from conformance.reference.pipeline import Handler, render
from conformance.reference.wire import Answer, Request

_TARGETS = ("InstanceId", "TargetArn")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _presenting(change: Callable[[dict[str, Json]], dict[str, Json]]) -> HandlerEdit:
    def edit(operation: Operation) -> Operation:
        return replace(operation, present=lambda item: change(dict(operation.present(item))))

    return table(edit)


def _other_status(content: dict[str, Json]) -> dict[str, Json]:
    position = STATUSES.index(content["Status"])
    return {**content, "Status": STATUSES[(position + 1) % len(STATUSES)]}


def _other_product(content: dict[str, Json]) -> dict[str, Json]:
    other = "VoiceConnector" if content["ProductType"] != "VoiceConnector" else "BusinessCalling"
    return {**content, "ProductType": other}


def _neighbour(handler: Handler) -> Handler:
    def select(
        operation: Operation, params: Params, position: Position, world: World
    ) -> Sequence[Item]:
        found = handler.select(operation, params, position, world)
        everything = operation.source(world)
        return [everything[everything.index(item) - 1] for item in found]

    return replace(handler, select=select)


def _always_found(handler: Handler) -> Handler:
    def select(
        operation: Operation, params: Params, position: Position, world: World
    ) -> Sequence[Item]:
        found = handler.select(operation, params, position, world)
        return found or operation.source(world)[:1]

    return replace(handler, select=select)


def _null_for_unknown(handler: Handler) -> Handler:
    def fail(service: str | None, failure: Failure) -> Answer:
        if failure.shape == chime.NOT_FOUND:
            return render(handler.operation, {"PhoneNumber": None})
        return handler.fail(service, failure)

    return replace(handler, fail=fail)


def _literal_path(handler: Handler) -> Handler:
    """What was percent-encoded stays so, and is the id of nothing."""

    def read(operation: Operation, request: Request, labels: Mapping[str, str]) -> Params:
        if "%2B" in request.path.upper():
            raise operation.failure("unknown-resource", "There is no such thing here.")
        return handler.read(operation, request, labels)

    return replace(handler, read=read)


def _ored(operation: Operation) -> Operation:
    """Of several filters any one is enough."""
    names = [name for name in operation.filters if name not in operation.defaults]

    def any_of(item: Item, params: Params) -> bool:
        asked = [name for name in names if name in params]
        return not asked or any(operation.filters[name](item, params) for name in asked)

    kept = {name: operation.filters[name] for name in operation.defaults}
    return replace(operation, filters={**kept, **dict.fromkeys(names, any_of)})


def _no_such_rule(operation: Operation) -> Operation:
    rules = tuple(rule for rule in operation.rules if rule.name != "known-target")
    return replace(operation, rules=rules)


def _unknown_is_all(operation: Operation) -> Operation:
    lax = _no_such_rule(operation)
    filters = {name: keep for name, keep in lax.filters.items() if name not in _TARGETS}
    return replace(lax, filters=filters)


def _unknown_is_all_only(handler: Handler) -> Handler:
    """Known targets are looked at, unknown ones drop out of the request."""

    def select(
        operation: Operation, params: Params, position: Position, world: World
    ) -> Sequence[Item]:
        known = {
            name: value
            for name, value in params.items()
            if name not in _TARGETS or value in world.targets or value in world.instances
        }
        return handler.select(operation, known, position, world)

    return table(_no_such_rule)(replace(handler, select=select))


def _is_target(value: str) -> bool:
    """Whether a text has the form of an instance's id or of a target's ARN."""
    return _ID.fullmatch(value.rpartition("/")[2]) is not None


def _lax(passed: Callable[[str], bool], *, everything: bool = False) -> HandlerEdit:
    """Some unknown targets are none that is missed: they own nothing, or drop out."""

    def edit(handler: Handler) -> Handler:
        def judge(operation: Operation, params: Params, world: World) -> None:
            handler.judge(operation, _without(params, passed), world)

        def select(
            operation: Operation, params: Params, position: Position, world: World
        ) -> Sequence[Item]:
            asked = _without(params, passed) if everything else params
            return handler.select(operation, asked, position, world)

        return replace(handler, judge=judge, select=select)

    return edit


def _without(params: Params, passed: Callable[[str], bool]) -> Params:
    return {
        name: value for name, value in params.items() if name not in _TARGETS or not passed(value)
    }


def _unknown_group(value: str) -> bool:
    return ":traffic-distribution-group/" in value and value != GROUP_ARN


def _other_account(value: str) -> bool:
    return value.startswith("arn:") and value.split(":")[4] != GROUP_ARN.split(":")[4]


def _by_last_part(handler: Handler) -> Handler:
    """An ARN is known by what follows its slash."""
    known = {arn.rpartition("/")[2]: arn for arn in TARGETS}

    def read(operation: Operation, request: Request, labels: Mapping[str, str]) -> Params:
        params = handler.read(operation, request, labels)
        target = params.get("TargetArn")
        if not isinstance(target, str):
            return params
        return {**params, "TargetArn": known.get(target.rpartition("/")[2], target)}

    return replace(handler, read=read)


def _elsewhere(params: Params) -> Params:
    """Search another country than the one asked for."""
    other = {"GB": "DE", "DE": "GB"}
    return {**params, "Country": other.get(params["Country"], params["Country"])}


def _other_area(params: Params) -> Params:
    return {**params, "AreaCode": "212"} if params.get("AreaCode") == "206" else params


def _other_toll_free(params: Params) -> Params:
    return {**params, "TollFreePrefix": "888"} if "TollFreePrefix" in params else params


def _other_country(params: Params) -> Params:
    country = params["PhoneNumberCountryCode"]
    return {**params, "PhoneNumberCountryCode": "GB" if country == "US" else country}


def _other_kind(params: Params) -> Params:
    kind = params["PhoneNumberType"]
    return {**params, "PhoneNumberType": {"DID": "TOLL_FREE", "TOLL_FREE": "DID"}.get(kind, kind)}


_LISTS: tuple[tuple[str, str, HandlerEdit, str, Level], ...] = tuple(
    (operation, "rules:filters-ored", table(_ored), "Of two filters one is enough.", "should")
    for operation in sorted(ALL - {chime.GET.id})
)
_HAND: tuple[tuple[str, str, HandlerEdit, str, Level], ...] = (
    (
        chime.GET.id,
        "rules:status-differs",
        _presenting(_other_status),
        "Status is not the one that the list shows.",
        "should",
    ),
    (
        chime.GET.id,
        "rules:product-differs",
        _presenting(_other_product),
        "ProductType is not the one that the list shows.",
        "should",
    ),
    (chime.GET.id, "rules:neighbour", _neighbour, "Another number is answered.", "should"),
    (
        chime.GET.id,
        "rules:encoding-kept",
        _literal_path,
        "An id with a percent-encoded plus sign is not found.",
        "must",
    ),
    (chime.GET.id, "rules:unknown-id-200", _always_found, "An unknown id finds something.", "must"),
    (
        chime.GET.id,
        "rules:unknown-id-null",
        _null_for_unknown,
        "An unknown id is a 200 with null.",
        "must",
    ),
    (
        chime.SEARCH.id,
        "rules:other-country",
        asking_for(_elsewhere),
        "A search in GB finds German numbers, and the other way round.",
        "should",
    ),
    (
        chime.SEARCH.id,
        "rules:other-area-code",
        asking_for(_other_area),
        "Area code 206 finds numbers of 212.",
        "should",
    ),
    (
        chime.SEARCH.id,
        "rules:other-toll-free-prefix",
        asking_for(_other_toll_free),
        "Every toll-free prefix finds numbers of 888.",
        "should",
    ),
    (
        connect.SEARCH.id,
        "rules:other-country",
        asking_for(_other_country),
        "A search in the US finds British numbers.",
        "should",
    ),
    (
        connect.SEARCH.id,
        "rules:other-type",
        asking_for(_other_kind),
        "A search for direct numbers finds toll-free ones, and the other way round.",
        "should",
    ),
    (
        connect.SEARCH.id,
        "rules/known-target:any",
        table(_no_such_rule),
        "An unknown instance is as good as any.",
        "observe",
    ),
    (
        connect.LIST.id,
        "rules/known-target:empty",
        table(_no_such_rule),
        "An unknown target has an empty list of numbers.",
        "must",
    ),
    (
        connect.LIST.id,
        "rules/known-target:all",
        _unknown_is_all_only,
        "An unknown target is passed over.",
        "must",
    ),
    (
        connect.LIST.id,
        "rules/known-target:targets-ignored",
        table(_unknown_is_all),
        "No target, known or not, makes a difference.",
        "must",
    ),
    (
        connect.LIST.id,
        "rules/known-target:malformed-all",
        _lax(lambda value: not _is_target(value), everything=True),
        "What has not the form of a target is passed over.",
        "must",
    ),
    (
        connect.LIST.id,
        "rules/known-target:malformed-instance-empty",
        _lax(lambda value: not value.startswith("arn:") and not _is_target(value)),
        "What has not the form of an id owns nothing.",
        "must",
    ),
    (
        connect.LIST.id,
        "rules/known-target:unknown-group-empty",
        _lax(_unknown_group),
        "An unknown traffic distribution group owns nothing.",
        "must",
    ),
    (
        connect.LIST.id,
        "rules/known-target:other-account-empty",
        _lax(_other_account),
        "Targets of other accounts own nothing.",
        "must",
    ),
    (
        connect.LIST.id,
        "rules/known-target:by-last-part",
        _by_last_part,
        "Of an ARN only the last part counts.",
        "must",
    ),
)
FAULTS = faults((*_LISTS, *_HAND), "by-hand")
