"""Dialects of success: nulls, spellings, undocumented members, another account."""

import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from calibration.mutations import (
    ALL,
    CHIME,
    CONNECT,
    LISTINGS,
    SEARCHES,
    Dialect,
    Edit,
    everywhere,
    table,
)
from conformance.reference import inventory
from conformance.reference.contract import Item, Json, Operation, Params, World
from conformance.reference.paging import Position
from conformance.reference.pipeline import Behaviour, Handler
from conformance.reference.wire import Answer, Request

_OWNED = frozenset({"chime:ListPhoneNumbers", "chime:GetPhoneNumber"})
_LIST_V2 = frozenset({"connect:ListPhoneNumbersV2"})


def walk(value: Json, change: Callable[[dict[str, Json]], dict[str, Json]]) -> Json:
    """A JSON value with every object in it changed, innermost first."""
    if isinstance(value, dict):
        return change({name: walk(content, change) for name, content in value.items()})
    if isinstance(value, list):
        return [walk(content, change) for content in value]
    return value


def reshaped(change: Callable[[dict[str, Json]], dict[str, Json]]) -> Callable[[Handler], Handler]:
    """Change every object of a successful body."""

    def edit(handler: Handler) -> Handler:
        def shape(operation: Operation, items: Sequence[Item], token: str | None) -> Json:
            return walk(handler.shape(operation, items, token), change)

        return replace(handler, shape=shape)

    return edit


def presented(change: Callable[[dict[str, Json]], dict[str, Json]]) -> Callable[[Handler], Handler]:
    """Change every owned number as it is shown."""

    def edit(operation: Operation) -> Operation:
        return replace(operation, present=lambda item: change(dict(operation.present(item))))

    return table(edit)


def _with_nulls(operation: Operation) -> Operation:
    return replace(operation, explicit_nulls=True)


def _without_nulls(operation: Operation) -> Operation:
    return replace(operation, explicit_nulls=False)


def _empty_for_null(content: dict[str, Json]) -> dict[str, Json]:
    return {
        name: "" if value is None and not name.endswith("Timestamp") else value
        for name, value in content.items()  # an empty timestamp is none that an SDK could read
    }


def _extra(content: dict[str, Json]) -> dict[str, Json]:
    return {**content, "Tenancy": {"Shard": 7, "Zones": ["a", None]}, "x-internal": True}


def _raw_id(content: dict[str, Json]) -> dict[str, Json]:
    return {**content, "PhoneNumberId": content["E164PhoneNumber"]}


def opaque_id(number: str) -> str:
    """An id that does not reveal its number."""
    return inventory.identifier(f"opaque/{number}")


def _opaque_id(content: dict[str, Json]) -> dict[str, Json]:
    return {**content, "PhoneNumberId": opaque_id(content["E164PhoneNumber"])}


def _found_by_opaque_id(operation: Operation) -> Operation:
    plain = operation.filters.get("PhoneNumberId")
    if plain is None:
        return operation

    def keep(item: Item, params: Params) -> bool:
        return plain(item, params) or params["PhoneNumberId"] == opaque_id(item["E164PhoneNumber"])

    return replace(operation, filters={"PhoneNumberId": keep})


def _countryless(content: dict[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in content.items() if name != "Country"}


def _new_status(content: dict[str, Json]) -> dict[str, Json]:
    unheard_of = {"DeleteFailed": "Quarantined"}
    return {**content, "Status": unheard_of.get(content["Status"], content["Status"])}


def _whole_seconds(content: dict[str, Json]) -> dict[str, Json]:
    return {
        name: value[:19] + "Z" if name.endswith("Timestamp") and value else value
        for name, value in content.items()
    }


def _international(item: Item) -> Item:
    if item["PhoneNumberType"] != "UIFN":
        return item
    return {**item, "PhoneNumber": "+80055501" + str(item["PhoneNumber"])[-3:]}


def _spelled(spell: Callable[[Json], bytes]) -> Edit:
    def finish(_: Request, answer: Answer) -> Answer:
        if "json" not in (answer.header("content-type") or ""):
            return answer
        return replace(answer, body=spell(json.loads(answer.body)))

    return lambda behaviour: replace(behaviour, finish=finish)


def account(**parts: Callable[[tuple[Item, ...]], Sequence[Item]]) -> Edit:
    """Another account: parts of the world, changed."""

    def apply(behaviour: Behaviour) -> Behaviour:
        world = behaviour.world
        changed: dict[str, Any] = {
            name: tuple(change(getattr(world, name))) for name, change in parts.items()
        }
        return replace(behaviour, world=replace(world, **changed))

    return apply


def _one_each(numbers: tuple[Item, ...]) -> Sequence[Item]:
    return numbers[3:4]


def _first_instance(numbers: tuple[Item, ...]) -> Sequence[Item]:
    return [item for item in numbers if item["InstanceId"] == inventory.INSTANCES[0]]


def _shuffled(numbers: tuple[Item, ...]) -> Sequence[Item]:
    return sorted(numbers, key=lambda item: inventory.identifier(str(item)))


_walks = itertools.count(1)  # of this process; each new search takes the next


def _own_snapshot(handler: Handler) -> Handler:
    """Two searches in three leave a number out, another one each time; a walk sees one snapshot."""

    def select(
        operation: Operation, params: Params, position: Position, world: World
    ) -> Sequence[Item]:
        items = handler.select(operation, params, position, world)
        order = sorted(items, key=lambda item: inventory.identifier(f"{position.walk}{item}"))
        return order[: len(order) - position.walk % 3]

    def locate(operation: Operation, params: Params) -> Position:
        position = handler.locate(operation, params)
        if "NextToken" in params:
            return position
        return Position(position.offset, next(_walks))

    return replace(handler, select=select, locate=locate)


DIALECTS = (
    Dialect(
        name="nulls-absent",
        description="What has no value is left out.",
        operations=CHIME,
        edit=everywhere(table(_without_nulls)),
    ),
    Dialect(
        name="nulls-present",
        description="What has no value is null.",
        operations=CONNECT,
        edit=everywhere(table(_with_nulls)),
    ),
    Dialect(
        name="empty-for-null",
        description="What has no value is an empty string, also the last page's token.",
        operations=ALL,
        edit=lambda behaviour: everywhere(reshaped(_empty_for_null))(
            everywhere(table(_with_nulls))(behaviour)
        ),
    ),
    Dialect(
        name="unknown-response-members",
        description="Every object has members that no page mentions.",
        operations=ALL,
        edit=everywhere(reshaped(_extra)),
    ),
    Dialect(
        name="ids-raw",
        description="A PhoneNumberId is the E.164 number, its plus sign not encoded.",
        operations=_OWNED,
        edit=everywhere(presented(_raw_id), _OWNED),
    ),
    Dialect(
        name="ids-opaque",
        description="A PhoneNumberId is a UUID; the number finds it too.",
        operations=_OWNED,
        edit=lambda behaviour: everywhere(table(_found_by_opaque_id), _OWNED)(
            everywhere(presented(_opaque_id), _OWNED)(behaviour)
        ),
    ),
    Dialect(
        name="country-missing",
        description="No number has a Country, as in the pages' samples.",
        operations=_OWNED,
        edit=everywhere(presented(_countryless), _OWNED),
    ),
    Dialect(
        name="unheard-of-status",
        description="Numbers that could not be deleted have a Status that no page mentions.",
        operations=_OWNED,
        edit=everywhere(presented(_new_status), _OWNED),
        warns=True,
    ),
    Dialect(
        name="whole-seconds",
        description="Timestamps have no milliseconds.",
        operations=_OWNED,
        edit=everywhere(reshaped(_whole_seconds), _OWNED),
    ),
    Dialect(
        name="international-freephone",
        description="UIFN numbers have the calling code 800 of no country.",
        operations=_LIST_V2,
        edit=account(connect_numbers=lambda numbers: [_international(item) for item in numbers]),
    ),
    Dialect(
        name="pretty-printed",
        description="JSON is indented.",
        operations=ALL,
        edit=_spelled(lambda body: json.dumps(body, indent=2, ensure_ascii=False).encode()),
    ),
    Dialect(
        name="ascii-escaped",
        description="JSON escapes everything that is not ASCII.",
        operations=ALL,
        edit=_spelled(lambda body: json.dumps(body).replace("/", "\\/").encode()),
    ),
    Dialect(
        name="empty-account",
        description="Neither account owns a number.",
        operations=ALL - SEARCHES,
        edit=account(chime_numbers=lambda _: (), connect_numbers=lambda _: ()),
    ),
    Dialect(
        name="one-number-account",
        description="Each account owns one number.",
        operations=ALL - SEARCHES,
        edit=account(chime_numbers=_one_each, connect_numbers=_one_each),
    ),
    Dialect(
        name="nothing-for-sale",
        description="Both searches are always empty.",
        operations=SEARCHES,
        edit=account(chime_available=lambda _: (), connect_available=lambda _: ()),
    ),
    Dialect(
        name="one-instance-only",
        description="Every claimed number belongs to one instance.",
        operations=_LIST_V2,
        edit=account(connect_numbers=_first_instance),
    ),
    Dialect(
        name="listing-reversed",
        description="Listings run backwards.",
        operations=LISTINGS,
        edit=account(
            chime_numbers=lambda numbers: numbers[::-1],
            chime_available=lambda numbers: numbers[::-1],
            connect_numbers=lambda numbers: numbers[::-1],
            connect_available=lambda numbers: numbers[::-1],
        ),
    ),
    Dialect(
        name="listing-unsorted",
        description="Listings are in no order that means anything.",
        operations=LISTINGS,
        edit=account(
            chime_numbers=_shuffled,
            chime_available=_shuffled,
            connect_numbers=_shuffled,
            connect_available=_shuffled,
        ),
    ),
    Dialect(
        name="searches-vary",
        description="No two searches answer the same; the pages of one walk belong together.",
        operations=SEARCHES,
        edit=everywhere(_own_snapshot, SEARCHES),
    ),
)
