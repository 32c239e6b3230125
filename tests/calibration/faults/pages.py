"""Faults of paging, by hand: what goes wrong between one page and the next."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from calibration.faults.filters import selecting_with
from calibration.mutations import LISTINGS, SEARCHES, Fault, HandlerEdit, Level, on
from conformance.reference import paging
from conformance.reference.contract import Failure, Item, Json, Operation, Params
from conformance.reference.paging import START, Page, Position
from conformance.reference.pipeline import Behaviour, Handler

Cut = Callable[[Params, Sequence[Item], Position, int], Page]


def cutting(cut: Cut) -> HandlerEdit:
    """Cut pages in another way."""
    return lambda handler: replace(handler, cut=cut)


def following(change: Callable[[Position, Position, int], Position | None]) -> HandlerEdit:
    """Let a page be followed by another one: from here, what was next, and all there is."""

    def cut(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
        page = paging.cut(items, position, size)
        if page.next is None:
            return page
        return Page(page.items, change(position, page.next, len(items)))

    return cutting(cut)


def _overlap(here: Position, there: Position, total: int) -> Position:
    return Position(max(here.offset + 1, there.offset - 1))


def _skip(here: Position, there: Position, total: int) -> Position:
    return Position(there.offset + 1)


def _stuck(here: Position, there: Position, total: int) -> Position:
    return Position(there.offset - here.offset)


def _cut_short(here: Position, there: Position, total: int) -> Position | None:
    return None if there.offset + (there.offset - here.offset) >= total else there


def _no_token(here: Position, there: Position, total: int) -> None:
    return None


def _wrap(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
    page = paging.cut(items, position, size)
    return Page(page.items, page.next or (Position(0) if items else None))


def _overfull(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
    return paging.cut(items, position, size + 1)


def _overfull_later(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
    return paging.cut(items, position, size + 1 if position.offset else size)


def _everything(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
    return Page(items[position.offset :], None)


def _twice(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
    page = paging.cut(items, position, size)
    if len(page.items) < 2:
        return page
    return Page([*page.items[:-1], page.items[0]], page.next)


def _reordered(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
    return paging.cut(items[::-1] if position.offset else items, position, size)


def _at_maximum(handler: Handler) -> Handler:
    """The largest page allowed lacks its last item, if it has two or more."""
    most = handler.operation.members["MaxResults"].maximum

    def cut(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
        page = paging.cut(items, position, size)
        short = size == most and len(page.items) > 1
        return Page(page.items[:-1] if short else page.items, page.next)

    return replace(handler, cut=cut)


def _fixed_size(handler: Handler) -> Handler:
    def cut(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
        return paging.cut(items, position, handler.operation.page_size)

    return replace(handler, cut=cut)


def _forgetful(operation: Operation, params: Params, position: Position) -> Operation:
    return replace(operation, filters={}) if position.offset else operation


def _sized(operation: Operation, params: Params) -> str:
    return paging.binding(operation, params) + str(params.get("MaxResults", operation.page_size))


def _bound_to_size(handler: Handler) -> Handler:
    def locate(operation: Operation, params: Params) -> Position:
        if "NextToken" not in params:
            return START
        position = paging.redeem(params["NextToken"], _sized(operation, params))
        if position is None:
            raise operation.failure("invalid", "NextToken belongs to another MaxResults.")
        return position

    def continue_at(operation: Operation, params: Params, position: Position) -> str:
        return paging.mint(position, _sized(operation, params))

    return replace(handler, locate=locate, continue_at=continue_at)


def on_garbage(answer: Callable[[Operation, Failure], Position]) -> HandlerEdit:
    """Do something else with a token that is none."""

    def edit(handler: Handler) -> Handler:
        def locate(operation: Operation, params: Params) -> Position:
            try:
                return handler.locate(operation, params)
            except Failure as failure:
                return answer(operation, failure)

        return replace(handler, locate=locate)

    return edit


def _break_down(operation: Operation, failure: Failure) -> Position:
    raise operation.failure("internal", "The token broke us.")


def _empty_token(handler: Handler) -> Handler:
    """The token is an empty string although there is more."""

    def shape(operation: Operation, items: Sequence[Item], token: str | None) -> Json:
        return handler.shape(operation, items, "" if token else None)

    return replace(handler, shape=shape)


def _last_token_refused(handler: Handler) -> Handler:
    def cut(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
        page = paging.cut(items, position, size)
        if position.offset and page.next is None:
            raise handler.operation.failure("internal", "The last page cannot be read.")
        return page

    return replace(handler, cut=cut)


# name: edit, sentence, level
_PAGES: dict[str, tuple[HandlerEdit, str, Level]] = {
    "overlaps": (
        following(_overlap),
        "A page begins with the last item of the one before.",
        "must",
    ),
    "skips": (following(_skip), "One item between two pages is lost.", "must"),
    "repeats-token": (following(_stuck), "The second page follows itself for ever.", "must"),
    "ends-early": (following(_cut_short), "The last page is never reached.", "must"),
    "no-token": (
        following(_no_token),
        "The listing stops after one page, without a token.",
        "must",
    ),
    "never-ends": (cutting(_wrap), "After the last page the listing begins again.", "must"),
    "overfull": (cutting(_overfull), "A page holds one item more than asked for.", "must"),
    "overfull-later": (cutting(_overfull_later), "Later pages hold one item too many.", "must"),
    "unlimited": (cutting(_everything), "MaxResults limits nothing.", "must"),
    "size-ignored": (_fixed_size, "Every page has the default size.", "must"),
    "twice-on-a-page": (cutting(_twice), "A page ends with its first item instead.", "must"),
    "reordered-later": (cutting(_reordered), "Later pages are cut from the reversed list.", "must"),
    "lacks-at-maximum": (_at_maximum, "A page of the largest size lacks its last item.", "must"),
    "filters-forgotten": (
        selecting_with(_forgetful),
        "Later pages are cut from the unfiltered list.",
        "should",
    ),
    "token-bound-to-size": (_bound_to_size, "A token is refused with another MaxResults.", "must"),
    "garbage-first-page": (
        on_garbage(lambda operation, failure: START),
        "A token that is none leads to the first page.",
        "must",
    ),
    "garbage-empty-page": (
        on_garbage(lambda operation, failure: Position(1 << 30)),
        "A token that is none leads to an empty page.",
        "should",
    ),
    "garbage-500": (on_garbage(_break_down), "A token that is none breaks the service.", "must"),
    "empty-token-with-more": (_empty_token, "The token is empty though there is more.", "must"),
    "last-page-500": (_last_token_refused, "The last page of a walk is a 500.", "must"),
}
# Nothing a search loses can be missed, since two searches need not find the same.
_UNSEEN_IN_SEARCH = frozenset({"skips", "ends-early", "no-token", "lacks-at-maximum"})


def derive() -> Iterator[Fault]:
    """Each fault for each operation that has pages."""
    for handler in Behaviour().handlers.values():
        operation = handler.operation.id
        if operation not in LISTINGS:
            continue
        for name, (edit, text, level) in _PAGES.items():
            unseen = operation in SEARCHES and name in _UNSEEN_IN_SEARCH
            yield Fault(
                name=f"{operation}/pagination:{name}",
                description=text,
                operations=frozenset({operation}),
                edit=on(operation, edit),
                family="by-hand",
                level="should" if unseen else level,
            )


FAULTS = tuple(derive())
