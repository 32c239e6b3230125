"""Faults derived from the request tables: constraints not enforced, moved, or enforced too much.

Where a constraint is not enforced, a value that breaks it is taken for a good one. A shifted bound
is an edited table. Names are clause ids with the mutation after the colon.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from calibration.mutations import SEARCHES, Fault, HandlerEdit, Level, on, table
from conformance.reference.contract import Json, Member, Operation, Params
from conformance.reference.pipeline import Behaviour, Handler
from conformance.reference.validation import KEYWORDS, bound, breaks

ABSENT = object()  # as a substitute: drop the member

# A pattern, one that also takes its neighbours, and one that takes less.
NEIGHBOURS = {
    "[A-Z]{2}": ("[A-Za-z]{2}", "[A-R][A-Z]|US"),
    "8(00|33|44|55|66|77|88)": ("8[0-9]{2}", "8(00|44|55|66|77|88)"),
    r"\+?[0-9]{1,11}": (r"\+?[0-9]{1,12}", r"\+?[0-9]{1,7}"),
}
# The server knows no instance and no token of these lengths, so a refused bound shows nowhere.
_NO_VALUE_AT_BOUND = ("InstanceId", "NextToken")


def substituting(name: str, faulty: Callable[[Json], bool], good: Json) -> HandlerEdit:
    """Take a good value wherever a member has a faulty one."""

    def edit(handler: Handler) -> Handler:
        def validate(operation: Operation, params: Params) -> Params:
            if name in params and faulty(params[name]):
                kept = {key: value for key, value in params.items() if key != name}
                params = kept if good is ABSENT else {**kept, name: good}
            return handler.validate(operation, params)

        return replace(handler, validate=validate)

    return edit


def member_edit(name: str, **changes: Any) -> HandlerEdit:
    """Change the constraints of a member."""

    def edit(operation: Operation) -> Operation:
        member = replace(operation.members[name], **changes)
        return replace(operation, members={**operation.members, name: member})

    return table(edit)


def _good(operation: Operation, name: str, keyword: str) -> Json:
    member = operation.members[name]
    if keyword in ("minimum", "maximum"):
        return bound(member, keyword)
    return operation.examples.get(name, ABSENT)


def _documented(member: Member) -> Iterator[str]:
    for keyword in KEYWORDS:
        # in a URL everything is a string
        if keyword == "type" and member.where != "body" and member.type == "string":
            continue
        if bound(member, keyword) is not None:
            yield keyword


def _unenforced(operation: Operation, name: str, member: Member) -> Iterator[tuple[str, Any, str]]:
    for keyword in _documented(member):
        good = _good(operation, name, keyword)
        edit = substituting(name, partial(breaks, member, keyword), good)
        yield f"{keyword}:unenforced", edit, f"The {keyword} of {name} is not enforced."
    item = member.item
    if item is not None:
        for keyword in ("type", "enum"):

            def faulty(value: Json, keyword: str = keyword) -> bool:
                return isinstance(value, list) and any(
                    breaks(item, keyword, element) for element in value
                )

            edit = substituting(name, faulty, operation.examples[name])
            text = f"The {keyword} of the items of {name} is not enforced."
            yield f"item/{keyword}:unenforced", edit, text
    if member.required:
        text = f"{name} may be missing though it is required."
        yield "required:unenforced", _supplying(name), text


def _supplying(name: str) -> HandlerEdit:
    def edit(handler: Handler) -> Handler:
        def validate(operation: Operation, params: Params) -> Params:
            return handler.validate(operation, {name: operation.examples[name], **params})

        return replace(handler, validate=validate)

    return edit


def _beyond(keyword: str, limit: int) -> Callable[[Json], bool]:
    """Whether a value is exactly one beyond a bound."""
    match keyword:
        case "minimum":
            return lambda value: value == limit - 1 and not isinstance(value, bool)
        case "maximum":
            return lambda value: value == limit + 1
        case "minLength":
            return lambda value: isinstance(value, str) and len(value) == limit - 1
        case "maxLength":
            return lambda value: isinstance(value, str) and len(value) == limit + 1
        case _:
            return lambda value: isinstance(value, list) and len(value) == limit + 1


def _bounds(operation: Operation, name: str, member: Member) -> Iterator[tuple[str, Any, str]]:
    for keyword in ("minimum", "maximum", "minLength", "maxLength", "maxItems"):
        limit = bound(member, keyword)
        if limit is None:
            continue
        if (keyword, limit) != ("minLength", 1):  # then the same as unenforced
            edit = substituting(name, _beyond(keyword, limit), _good(operation, name, keyword))
            text = f"The {keyword} of {name} is one further out than documented."
            yield f"{keyword}:loose", edit, text
        if name not in _NO_VALUE_AT_BOUND:
            inward = limit + 1 if keyword.startswith("min") else limit - 1
            edit = member_edit(name, **{KEYWORDS[keyword].field: inward})
            yield f"{keyword}:tight", edit, f"{name} refuses its documented {keyword}."


def _patterns(operation: Operation, name: str, member: Member) -> Iterator[tuple[str, Any, str]]:
    if member.pattern is None:
        return
    loose, tight = NEIGHBOURS[member.pattern]
    text = f"{name} takes some values its pattern does not."
    yield "pattern:loose", member_edit(name, pattern=loose), text
    text = f"{name} refuses some values that match its pattern."
    yield "pattern:tight", member_edit(name, pattern=tight), text


def picked(values: tuple[str, ...]) -> tuple[str, ...]:
    """All of a short enumeration; of a long one the first, the middle and the last value."""
    if len(values) <= 8:
        return values
    return values[0], values[len(values) // 2], values[-1]


def _enums(operation: Operation, name: str, member: Member) -> Iterator[tuple[str, Any, str]]:
    holder = member.item or member
    values = holder.enum
    if values is None:
        return
    prefix = "item/enum" if member.item else "enum"
    for value in picked(values):
        rest = tuple(other for other in values if other != value)
        changes = {"item": replace(holder, enum=rest)} if member.item else {"enum": rest}
        text = f"{name} refuses the documented value {value}."
        yield f"{prefix}:refuses-{value}", member_edit(name, **changes), text
    text = f"{name} takes its values in any case, though the page spells them in one."
    yield f"{prefix}:any-case", _any_case(name, values), text


def _any_case(name: str, values: tuple[str, ...]) -> HandlerEdit:
    spelled = {value.casefold(): value for value in values}

    def respell(value: Json) -> Json:
        if isinstance(value, list):
            return [respell(element) for element in value]
        return spelled.get(value.casefold(), value) if isinstance(value, str) else value

    def edit(handler: Handler) -> Handler:
        def validate(operation: Operation, params: Params) -> Params:
            if name in params:
                params = {**params, name: respell(params[name])}
            return handler.validate(operation, params)

        return replace(handler, validate=validate)

    return edit


def _level(operation: Operation, name: str, mutation: str) -> Level:
    """Searches may be limited by Region or account, so a refused value only should not be.

    In a path, to be missing is to be empty, and the answer to that is unspecified. So is whether
    seven distinct types are too many: at most six of seven values may be given.
    """
    member = operation.members[name]
    if member.where == "path":
        return "observe"
    # A pattern without anchors may match in part, as its first digits do where too many follow;
    # and which countries there are is unspecified.
    if mutation == "pattern:loose" and name == "PhoneNumberPrefix":
        return "observe"
    if (name, mutation) in {("Country", "pattern:tight"), ("PhoneNumberTypes", "maxItems:loose")}:
        return "observe"
    narrowing = ":refuses-" in mutation or mutation == "pattern:tight"
    if narrowing and operation.id in SEARCHES:
        return "should"
    return "must"


def derive() -> Iterator[Fault]:
    """Every fault that the request tables suggest."""
    for handler in Behaviour().handlers.values():
        operation = handler.operation
        for name, member in operation.members.items():
            for family in (_unenforced, _bounds, _patterns, _enums):
                for mutation, edit, text in family(operation, name, member):
                    yield Fault(
                        name=f"{operation.id}/request/{name}/{mutation}",
                        description=text,
                        operations=frozenset({operation.id}),
                        edit=on(operation.id, edit),
                        family="derived",
                        level=_level(operation, name, mutation),
                    )


FAULTS = tuple(derive())
