"""Faults by hand where a part counts for the whole: of a name, of a value, of a list, of a walk."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from calibration.mutations import LISTINGS, SEARCHES, HandlerEdit, Level, faults, table
from conformance.reference import chime, connect, paging
from conformance.reference.contract import Item, Json, Operation, Params
from conformance.reference.inventory import INSTANCES, TARGETS, TOLL_FREE_PREFIXES
from conformance.reference.paging import Page, Position
from conformance.reference.pipeline import Behaviour, Handler
from conformance.reference.wire import Request

Spec = tuple[str, str, HandlerEdit, str, Level]
Likeness = Callable[[str, str], bool]
Cut = Callable[[Params, Sequence[Item], Position, int], Page]

#: How what was asked for may be like what is there, and yet be another thing.
_LIKENESSES: Mapping[str, tuple[Likeness, str]] = {
    "prefix": (lambda asked, held: held.startswith(asked), "begins with what was asked for"),
    "suffix": (lambda asked, held: held.endswith(asked), "ends with what was asked for"),
    "substring": (lambda asked, held: asked in held, "contains what was asked for"),
    "longer": (lambda asked, held: asked.startswith(held), "is the beginning of what was asked"),
    "any-case": (
        lambda asked, held: asked.casefold() == held.casefold(),
        "is what was asked for in other letters",
    ),
}


def _asked_as(name: str, known: Sequence[str], like: Likeness) -> HandlerEdit:
    """A member's value is read as the first known one that is like it."""

    def edit(handler: Handler) -> Handler:
        def read(operation: Operation, request: Request, labels: Mapping[str, str]) -> Params:
            params = handler.read(operation, request, labels)
            asked = params.get(name)
            if not isinstance(asked, str) or not asked or asked in known:
                return params
            return {**params, name: next((one for one in known if like(asked, one)), asked)}

        return replace(handler, read=read)

    return edit


def _keeping(name: str, keep: Callable[[Item, Params], bool]) -> HandlerEdit:
    return table(lambda op: replace(op, filters={**op.filters, name: keep}))


def _numbers() -> tuple[str, ...]:
    return tuple(str(item["E164PhoneNumber"]) for item in Behaviour().world.chime_numbers)


def _lookups() -> Iterator[Spec]:
    known = {
        (chime.GET.id, "PhoneNumberId"): _numbers(),
        (connect.LIST.id, "InstanceId"): INSTANCES,
        (connect.LIST.id, "TargetArn"): tuple(TARGETS),
    }
    for (operation, name), values in known.items():
        for kind, (like, text) in _LIKENESSES.items():
            level: Level = "observe" if kind == "any-case" else "must"
            if kind == "any-case" and name == "PhoneNumberId":
                continue
            sentence = f"{name} finds what {text}."
            yield (
                operation,
                f"lookup-by-{kind}:{name}",
                _asked_as(name, values, like),
                sentence,
                level,
            )


def _associated(like: Likeness) -> Callable[[Item, Params], bool]:
    def keep(item: Item, params: Params) -> bool:
        return any(
            held["Name"] == params["FilterName"] and like(params["FilterValue"], held["Value"])
            for held in item["Associations"]
        )

    return keep


def _placed(name: str, like: Likeness) -> Callable[[Item, Params], bool]:
    return lambda item, params: (
        params.get("Country") != "US" or (bool(item[name]) and like(str(params[name]), item[name]))
    )


def _contained(name: str, member: str) -> Callable[[Item, Params], bool]:
    return lambda item, params: str(params[member]).lstrip("+") in str(item[name])


def _first_digits(name: str, member: str, count: int) -> Callable[[Item, Params], bool]:
    return lambda item, params: str(item[name]).startswith(params[member][:count])


def _filters() -> Iterator[Spec]:
    for kind in ("prefix", "suffix", "substring", "longer"):
        like, text = _LIKENESSES[kind]
        sentence = f"FilterValue keeps a number whose association {text}."
        keep = _associated(like)
        yield (
            chime.LIST.id,
            f"filter-by-{kind}:FilterValue",
            _keeping("FilterName", keep),
            sentence,
            "should",
        )
        sentence = f"AreaCode keeps a number whose area {text}."
        keep = _placed("AreaCode", like)
        yield (
            chime.SEARCH.id,
            f"filter-by-{kind}:AreaCode",
            _keeping("AreaCode", keep),
            sentence,
            "should",
        )
    for operation, name in ((connect.LIST.id, "PhoneNumber"), (connect.SEARCH.id, "Number")):
        member = "PhoneNumberPrefix"
        edit = _keeping(member, _contained(name, member))
        yield (
            operation,
            f"filter-by-substring:{member}",
            edit,
            f"{member} counts anywhere in a number.",
            "should",
        )
        for count in (2, 4, 8):
            edit = _keeping(member, _first_digits(name, member, count))
            text = f"Of {member} only the first {count} characters count."
            yield operation, f"filter-by-first-{count}:{member}", edit, text, "should"
    yield (
        chime.SEARCH.id,
        "filter-by-substring:TollFreePrefix",
        _keeping(
            "TollFreePrefix", lambda item, params: params["TollFreePrefix"] in str(item["Number"])
        ),
        "TollFreePrefix counts anywhere in a number.",
        "should",
    )


# ------------------------------------------------------------ lists and scalars


def _unwrapped(name: str) -> HandlerEdit:
    """A list of one is as good as what it holds."""

    def edit(handler: Handler) -> Handler:
        def read(operation: Operation, request: Request, labels: Mapping[str, str]) -> Params:
            params = handler.read(operation, request, labels)
            match params.get(name):
                case [one]:
                    return {**params, name: one}
            return params

        return replace(handler, read=read)

    return edit


def _presented(change: Callable[[Item], Item]) -> HandlerEdit:
    def edit(operation: Operation) -> Operation:
        return replace(operation, present=lambda item: change(operation.present(item)))

    return table(edit)


def _in_list(name: str, when: Callable[[Item], bool]) -> Callable[[Item], Item]:
    return lambda item: (
        {**item, name: [item[name]]} if item.get(name) is not None and when(item) else item
    )


def _lists() -> Iterator[Spec]:
    for handler in Behaviour().handlers.values():
        operation = handler.operation
        for name, member in operation.members.items():
            if member.where == "body" and member.type != "list":
                text = f"{name} may be a list of one."
                yield operation.id, f"request/{name}:list-of-one", _unwrapped(name), text, "must"
    for lists, name in (
        (chime.LIST.id, "ProductType"),
        (chime.GET.id, "E164PhoneNumber"),
        (connect.LIST.id, "TargetArn"),
        (connect.SEARCH.id, "PhoneNumber"),
    ):
        always = _presented(_in_list(name, lambda _: True))
        text = f"{name} comes as a list of one."
        yield lists, f"response/{name}:list-of-one", always, text, "must"
    seldom = _presented(_in_list("Status", lambda item: item["Status"] == "DeleteFailed"))
    text = "One status of eight comes as a list of one."
    yield chime.LIST.id, "response/Status:seldom-list-of-one", seldom, text, "must"


# ------------------------------------------------------------ walks


def _by_page_number(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
    """A token holds the number of the next page, which begins after so many of today's size."""
    begin = position.offset * size
    following = Position(position.offset + 1) if begin + size < len(items) else None
    return Page(items[begin : begin + size], following)


def _size_of_first(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
    """A token holds the first page's size, by which the walk goes on though pages are cut anew."""
    step = position.walk or size
    page = paging.cut(items, position, size)
    if page.next is None:
        return page
    return Page(page.items, Position(position.offset + step, step))


def _last_two_short(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
    """The walk ends as soon as less than a whole page of the first size is left."""
    step = position.walk or size
    page = paging.cut(items, position, size)
    if page.next is None or (page.next.offset + step > len(items) and step > size):
        return Page(page.items, None)
    return Page(page.items, Position(page.next.offset, step))


_WALKS = {
    "by-page-number": (_by_page_number, "A token holds a page's number, whatever the size."),
    "by-first-size": (_size_of_first, "A walk goes on by the size of its first page."),
    "ends-by-first-size": (_last_two_short, "A walk ends where a page of its first size would."),
}


def _walks() -> Iterator[Spec]:
    for operation in sorted(LISTINGS):
        for name, (cut, text) in _WALKS.items():
            unseen = operation in SEARCHES

            def edit(handler: Handler, cut: Cut = cut) -> Handler:
                return replace(handler, cut=cut)

            yield operation, f"pagination:{name}", edit, text, "should" if unseen else "must"


# ------------------------------------------------------------ searches that always refuse


def _refusing(name: str, value: Json) -> HandlerEdit:
    def edit(handler: Handler) -> Handler:
        def validate(operation: Operation, params: Params) -> Params:
            if params.get(name) == value:
                raise operation.failure("invalid", f"{name} is not supported.")
            return handler.validate(operation, params)

        return replace(handler, validate=validate)

    return edit


def _refusals() -> Iterator[Spec]:
    for name, values in (("TollFreePrefix", TOLL_FREE_PREFIXES),):
        for value in values:
            text = f"A search refuses {name} {value}."
            yield (
                chime.SEARCH.id,
                f"rules:refuses-{name}-{value}",
                _refusing(name, value),
                text,
                "should",
            )


FAULTS = faults(
    (spec for group in (_lookups, _filters, _lists, _walks, _refusals) for spec in group()),
    "by-hand",
)
