"""Faults of spelling, by hand: values of a response that are written otherwise than documented."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from calibration.faults.responses import altering
from calibration.mutations import HandlerEdit, Level, faults, table
from conformance.reference import chime, connect
from conformance.reference.contract import Item, Json
from conformance.reference.pipeline import Handler

_NUMBERS = {
    chime.LIST.id: ("PhoneNumbers", "item"),
    chime.GET.id: ("PhoneNumber",),
    connect.SEARCH.id: ("AvailableNumbersList", "item"),
    connect.LIST.id: ("ListPhoneNumbersSummaryList", "item"),
}


def _british(number: str) -> str:
    """The British calling code in place of the German one."""
    return number.replace("+49", "+44", 1)


def _german_as_british(name: str) -> HandlerEdit:
    """German numbers have the British calling code."""
    return altering((*_NUMBERS[name], "PhoneNumber"), _rewritten(_british))


def _german_as_british_alone(handler: Handler) -> Handler:
    """The same, where an item is nothing but its number."""
    present = handler.operation.present
    return table(lambda op: replace(op, present=lambda item: _british(present(item))))(handler)


def _rewritten(write: Callable[[str], str]) -> Callable[[dict[str, Json], str], None]:
    def change(holder: dict[str, Json], name: str) -> None:
        holder[name] = write(holder[name])

    return change


def _gapped(number: str) -> str:
    return f"{number[:2]} {number[2:5]} {number[5:]}"


def _some_without_plus(number: str) -> str:
    """One number in ten has no plus sign."""
    return number.removeprefix("+") if number.endswith("0") else number


def _number_forms() -> Iterator[tuple[str, str, HandlerEdit, str, Level]]:
    for operation, holder in _NUMBERS.items():
        member = "E164PhoneNumber" if operation.startswith("chime:") else "PhoneNumber"
        path = (*holder, member)
        at = f"response/{'/'.join(path)}"
        edit = altering(path, _rewritten(_gapped))
        yield operation, f"{at}:spaces", edit, "Numbers have spaces.", "should"
        edit = altering(path, _rewritten(_some_without_plus))
        yield operation, f"{at}:some-without-plus", edit, "Some numbers lack the plus.", "should"


def _unplussed(handler: Handler) -> Handler:
    present = handler.operation.present
    return table(lambda op: replace(op, present=lambda item: present(item).lstrip("+")))(handler)


def _spaced(handler: Handler) -> Handler:
    present = handler.operation.present

    def show(item: Item) -> Json:
        number = present(item)
        return f"{number[:2]} {number[2:5]}-{number[5:8]}-{number[8:]}"

    return table(lambda op: replace(op, present=show))(handler)


def _lower(*path: str) -> HandlerEdit:
    def change(holder: dict[str, Json], name: str) -> None:
        holder[name] = holder[name].lower()

    return altering(path, change)


_HAND: tuple[tuple[str, str, HandlerEdit, str, Level], ...] = (
    (chime.SEARCH.id, "response:no-plus", _unplussed, "Numbers have no plus sign.", "should"),
    (chime.SEARCH.id, "response:spaces", _spaced, "Numbers have spaces and dashes.", "should"),
    (
        connect.LIST.id,
        "response:german-as-british",
        _german_as_british(connect.LIST.id),
        "German numbers have the British calling code.",
        "should",
    ),
    (
        connect.SEARCH.id,
        "response:german-as-british",
        _german_as_british(connect.SEARCH.id),
        "German numbers have the British calling code.",
        "should",
    ),
    (
        chime.SEARCH.id,
        "response:german-as-british",
        _german_as_british_alone,
        "German numbers have the British calling code.",
        "should",
    ),
    (
        chime.LIST.id,
        "response/PhoneNumbers/item/Status:lower-case",
        _lower("PhoneNumbers", "item", "Status"),
        "Statuses are in lower case.",
        "should",
    ),
    (
        chime.LIST.id,
        "response/PhoneNumbers/item/ProductType:lower-case",
        _lower("PhoneNumbers", "item", "ProductType"),
        "Product types are in lower case.",
        "should",
    ),
    (
        chime.GET.id,
        "response/PhoneNumber/Type:lower-case",
        _lower("PhoneNumber", "Type"),
        "Types are in lower case.",
        "should",
    ),
    (
        connect.LIST.id,
        "response/ListPhoneNumbersSummaryList/item/PhoneNumberType:lower-case",
        _lower("ListPhoneNumbersSummaryList", "item", "PhoneNumberType"),
        "Types are in lower case.",
        "should",
    ),
)

FAULTS = faults((*_HAND, *_number_forms()), "by-hand")
