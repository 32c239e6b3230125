"""Deep faults: only certain inputs set them off, and no named edge need be among them.

Each description names the trigger. Several are mistakes that real servers make: ``$`` that
matches before a newline, ``\\d`` that matches any script's digits, a list of which only the first
value is checked.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from calibration.faults.constraints import ABSENT, substituting
from calibration.faults.crashes import Trigger, crashing, given
from calibration.faults.filters import asking_for, selecting_with
from calibration.faults.pages import cutting
from calibration.mutations import LISTINGS, SEARCHES, Fault, HandlerEdit, Level, on
from conformance.reference import chime, connect, paging
from conformance.reference.contract import Item, Json, Operation, Params
from conformance.reference.paging import Page, Position
from conformance.reference.wire import Request

Spec = tuple[str, HandlerEdit, str, Level]

_PAIRS: dict[str, tuple[tuple[str, str], ...]] = {
    chime.LIST.id: (("Status", "ProductType"), ("FilterName", "Status")),
    chime.SEARCH.id: (("AreaCode", "PhoneNumberType"), ("State", "AreaCode")),
    connect.SEARCH.id: (("PhoneNumberPrefix", "PhoneNumberType"),),
    connect.LIST.id: (
        ("PhoneNumberCountryCodes", "PhoneNumberTypes"),
        ("PhoneNumberPrefix", "PhoneNumberTypes"),
        ("InstanceId", "PhoneNumberTypes"),
        ("InstanceId", "TargetArn"),
    ),
}
_TEXTS: dict[str, tuple[str, ...]] = {
    chime.SEARCH.id: ("City", "AreaCode", "NextToken"),
    chime.LIST.id: ("FilterValue", "NextToken"),
    chime.GET.id: ("PhoneNumberId",),
    connect.SEARCH.id: ("TargetArn", "NextToken"),
    connect.LIST.id: ("InstanceId", "TargetArn"),
}


def _overfull(sizes: range) -> HandlerEdit:
    def cut(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
        return paging.cut(items, position, size + 1 if size in sizes else size)

    return cutting(cut)


def _shifted(sizes: range, by: int) -> HandlerEdit:
    def cut(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
        page = paging.cut(items, position, size)
        if page.next is None or size not in sizes:
            return page
        return Page(page.items, Position(page.next.offset + by, page.next.walk))

    return cutting(cut)


def _third_page_again() -> HandlerEdit:
    """From its third page on a walk shows the second page's items."""

    def cut(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
        page = paging.cut(items, position, size)
        if position.offset < 2 * size:
            return page
        return Page(items[size : size + len(page.items)], page.next)

    return cutting(cut)


def _unlimited_if(condition: Callable[[Params], bool]) -> HandlerEdit:
    def cut(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
        return paging.cut(items, position, 1000 if condition(params) else size)

    return cutting(cut)


def _walks(operation: Operation) -> Iterator[Spec]:
    most = operation.members["MaxResults"].maximum or 0
    search: Level = "should" if operation.id in SEARCHES else "must"
    sizes = range(13, 18) if most > 10 else range(6, 8)
    span = f"{sizes.start} to {sizes.stop - 1}"
    text = f"With MaxResults {span} a page holds one item too many."
    yield "over-limit-in-a-range", _overfull(sizes), text, "must"
    text = "With MaxResults 7 to 11 one item between two pages is lost."
    yield "loses-7-to-11", _shifted(range(7, 12), 1), text, search
    text = "With MaxResults 4 or 5 a page begins with the last item of the one before."
    yield "overlaps-4-to-5", _shifted(range(4, 6), -1), text, "must"
    text = "From the third page on a walk repeats the second page's items."
    yield "third-page-again", _third_page_again(), text, "must"
    text = "With MaxResults 1 one item between two pages is lost."
    yield "loses-at-1", _shifted(range(1, 2), 1), text, search
    filters = [name for name in operation.filters if name not in operation.defaults]
    text = f"MaxResults limits nothing where {filters[0]} is given."
    yield (
        f"unlimited-with-{filters[0]}",
        _unlimited_if(lambda params: filters[0] in params),
        text,
        "must",
    )


def _ignored_with(first: str, second: str) -> HandlerEdit:
    def change(operation: Operation, params: Params, position: Position) -> Operation:
        if first not in params or second not in params:
            return operation
        filters = {name: keep for name, keep in operation.filters.items() if name != second}
        return replace(operation, filters=filters)

    return selecting_with(change)


def _pairs(operation: Operation) -> Iterator[Spec]:
    for first, second in _PAIRS.get(operation.id, ()):
        text = f"{second} filters nothing where {first} is given as well."
        edit = _ignored_with(first, second)
        # an instance and a target together are promised nothing
        level: Level = "observe" if {first, second} == {"InstanceId", "TargetArn"} else "should"
        yield f"{first}-hides-{second}", edit, text, level


def _value(name: str, test: Callable[[str], bool]) -> Trigger:
    def trigger(operation: Operation, request: Request) -> bool:
        value = given(operation, request).get(name)
        if operation.members[name].where == "path":
            value = chime.plain_number(request.path.split("/")[-1])
        return isinstance(value, str) and test(value)

    return trigger


def _crashes(operation: Operation) -> Iterator[Spec]:
    tests: tuple[tuple[str, Callable[[str], bool], str], ...] = (
        ("quote", lambda value: "'" in value, "holds a single quote"),
        ("double-quote", lambda value: '"' in value, "holds a double quote"),
        ("non-ascii", lambda value: not value.isascii(), "is not ASCII"),
        ("astral", lambda value: any(c > "\uffff" for c in value), "leaves the basic plane"),
        ("over-64", lambda value: len(value) > 64, "has more than 64 characters"),
        ("percent", lambda value: "%" in value, "holds a percent sign"),
    )
    for name in _TEXTS[operation.id]:
        for kind, test, words in tests:
            text = f"A {name} that {words} is answered with a 500."
            yield f"{kind}-in-{name}", crashing(_value(name, test)), text, "must"
    for name, member in operation.members.items():
        if member.where == "body":
            text = f"An explicit null for {name} is answered with a 500."
            yield f"null-{name}", crashing(partial(_null, name)), text, "must"
        if member.type == "list":
            text = f"An empty list of {name} is answered with a 500."
            yield f"empty-{name}", crashing(partial(_empty, name)), text, "must"


def _null(name: str, operation: Operation, request: Request) -> bool:
    return request.document().get(name, "absent") is None


def _empty(name: str, operation: Operation, request: Request) -> bool:
    return request.document().get(name) == []


def _integer(test: Callable[[Any], bool]) -> Callable[[Json], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and test(value)


def _numbers(operation: Operation) -> Iterator[Spec]:
    most = operation.members["MaxResults"].maximum or 0
    text = "A negative MaxResults is accepted, though 0 is refused."
    edit = substituting("MaxResults", _integer(lambda value: value < 0), 1)
    yield "negative-accepted", edit, text, "must"
    text = "MaxResults is accepted from twice its maximum on, though one more is refused."
    edit = substituting("MaxResults", _integer(lambda value: value >= 2 * most), most)
    yield "huge-accepted", edit, text, "must"
    if operation.members["MaxResults"].where == "body":
        text = "MaxResults true is taken for 1."
        edit = substituting("MaxResults", lambda value: isinstance(value, bool), 1)
        yield "boolean-accepted", edit, text, "must"
        text = "MaxResults in a string of digits is accepted."
        edit = substituting("MaxResults", _digits, 1)
        yield "digits-accepted", edit, text, "should"
        text = "A fractional MaxResults is rounded."
        edit = substituting("MaxResults", lambda value: isinstance(value, float), 1)
        yield "fraction-accepted", edit, text, "should"


def _digits(value: Json) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdigit()


def _strings(operation: Operation) -> Iterator[Spec]:
    for name, member in operation.members.items():
        good = operation.examples.get(name, ABSENT)
        if member.pattern is not None:
            text = f"{name} is accepted with a line feed at its end."
            edit = substituting(name, partial(_with_line_feed, member.pattern), good)
            anchored = member.pattern.startswith("^")
            yield f"line-feed-{name}", edit, text, "must" if anchored else "observe"
            if "[0-9]" in member.pattern:
                text = f"{name} is accepted with digits of another script."
                edit = substituting(name, partial(_other_digits, member.pattern), good)
                yield f"unicode-digits-{name}", edit, text, "must"
        if member.enum is not None:
            text = f"{name} is accepted with blanks around it."
            edit = substituting(name, partial(_with_blanks, member.enum), good)
            yield f"blanks-{name}", edit, text, "must"
        if member.item is not None and member.item.enum is not None:
            text = f"Of {name} only the first value is checked."
            edit = substituting(name, partial(_good_first, member.item.enum), good)
            yield f"first-checked-{name}", edit, text, "must"
            text = f"Of {name} only the first two values count."
            yield f"two-counted-{name}", _first_two(name), text, "should"


def _with_line_feed(pattern: str, value: Json) -> bool:
    return (
        isinstance(value, str)
        and value.endswith("\n")
        and re.fullmatch(pattern, value[:-1]) is not None
    )


def _other_digits(pattern: str, value: Json) -> bool:
    if not isinstance(value, str) or value.isascii():
        return False
    latin = "".join(str(unicodedata.digit(c, -1)) if c.isdigit() else c for c in value)
    return re.fullmatch(pattern, latin) is not None


def _with_blanks(values: tuple[str, ...], value: Json) -> bool:
    return isinstance(value, str) and value not in values and value.strip() in values


def _good_first(values: tuple[str, ...], value: Json) -> bool:
    if not isinstance(value, list) or not all(isinstance(element, str) for element in value):
        return False
    return bool(value) and value[0] in values and any(v not in values for v in value)


def _first_two(name: str) -> HandlerEdit:
    return asking_for(
        lambda params: {**params, name: params[name][:2]} if params.get(name) else params
    )


def _loses_default(operation: Operation) -> Iterator[Spec]:
    def cut(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
        page = paging.cut(items, position, size)
        lost = "MaxResults" not in params and position.offset == 0 and len(page.items) > 1
        return Page(page.items[1:] if lost else page.items, page.next)

    level: Level = "should" if operation.id in SEARCHES else "must"
    text = "Without MaxResults the first item of all is missing."
    yield "default-loses-first", cutting(cut), text, level


def _long_prefix(operation: Operation) -> Iterator[Spec]:
    if "PhoneNumberPrefix" not in operation.members:
        return

    def change(op: Operation, params: Params, position: Position) -> Operation:
        if len(params.get("PhoneNumberPrefix", "")) < 6:
            return op
        rest = {name: keep for name, keep in op.filters.items() if name != "PhoneNumberPrefix"}
        return replace(op, filters=rest)

    text = "A PhoneNumberPrefix of five digits or more filters nothing."
    yield "long-prefix-ignored", selecting_with(change), text, "should"


def derive() -> Iterator[Fault]:
    """Each deep fault of each operation."""
    for operation in (*chime.OPERATIONS, *connect.OPERATIONS):
        listing = (_walks, _numbers, _loses_default) if operation.id in LISTINGS else ()
        for family in (_crashes, _pairs, _strings, _long_prefix, *listing):
            for name, edit, text, level in family(operation):
                yield Fault(
                    name=f"deep-{name}@{operation.id}",
                    description=text,
                    operations=frozenset({operation.id}),
                    edit=on(operation.id, edit),
                    family="deep",
                    level=level,
                )


FAULTS = tuple(derive())
