"""Dialects of paging: other page sizes, other ends of a walk, other tokens."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import replace

from calibration.mutations import LISTINGS, Dialect, everywhere, table
from conformance.reference import paging
from conformance.reference.contract import Item, Operation, Params
from conformance.reference.paging import START, Page, Position
from conformance.reference.pipeline import Handler

Cut = Callable[[Params, Sequence[Item], Position, int], Page]

_EMPTY_SERVED = 1 << 31  # set in Position.walk: the empty page before this one is behind us


def cutting(cut: Cut) -> Callable[[Handler], Handler]:
    """Cut pages in another way."""
    return lambda handler: replace(handler, cut=cut)


def _half(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
    return paging.cut(items, position, (size + 1) // 2)


def _seven(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
    return paging.cut(items, position, min(size, 7))


def _uneven(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
    return paging.cut(items, position, max(1, size - position.offset % 3))


def _empty_between(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
    walk = position.walk & ~_EMPTY_SERVED
    if position.offset and not position.walk & _EMPTY_SERVED:
        return Page([], Position(position.offset, walk | _EMPTY_SERVED))
    return paging.cut(items, Position(position.offset, walk), size)


def _empty_first(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
    walk = position.walk & ~_EMPTY_SERVED
    if items and position == START:
        return Page([], Position(0, _EMPTY_SERVED))
    return paging.cut(items, Position(position.offset, walk), size)


def _empty_last(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
    page = paging.cut(items, position, size)
    if page.items and page.next is None:
        return Page(page.items, Position(position.offset + len(page.items), position.walk))
    return page


def _empty_token(handler: Handler) -> Handler:
    def shape(operation: Operation, items: Sequence[Item], token: str | None) -> object:
        return handler.shape(operation, items, token or "")

    return replace(handler, shape=shape)


def _everything(operation: Operation) -> Operation:
    return replace(operation, page_size=1000)


def _tiny(operation: Operation) -> Operation:
    return replace(operation, page_size=2)


def minting(
    mint: Callable[[Position, str], str], redeem: Callable[[str, str], Position | None]
) -> Callable[[Handler], Handler]:
    """Other tokens: how a position becomes one, and back."""

    def locate(operation: Operation, params: Params) -> Position:
        if "NextToken" not in params:
            return START
        position = redeem(params["NextToken"], paging.binding(operation, params))
        if position is None:
            raise operation.failure("invalid", "NextToken is not a token of this request.")
        return position

    def continue_at(operation: Operation, params: Params, position: Position) -> str:
        return mint(position, paging.binding(operation, params))

    return lambda handler: replace(handler, locate=locate, continue_at=continue_at)


def _mint_plain(position: Position, bound_to: str) -> str:
    return str(position.offset)


def _redeem_plain(token: str, bound_to: str) -> Position | None:
    return Position(int(token)) if token.isascii() and token.isdigit() and len(token) < 9 else None


_AWKWARD = "+/=&?# %25;é"


def _mint_awkward(position: Position, bound_to: str) -> str:
    sealed = bytes.fromhex(paging.mint(position, bound_to))
    return _AWKWARD + base64.b64encode(sealed + b"\xff\xff").decode()


def _redeem_awkward(token: str, bound_to: str) -> Position | None:
    if not token.startswith(_AWKWARD):
        return None
    try:
        raw = base64.b64decode(token.removeprefix(_AWKWARD), validate=True)
    except ValueError:
        return None
    return paging.redeem(raw[:-2].hex(), bound_to)


_TAIL = "0a" * 2000


def _mint_long(position: Position, bound_to: str) -> str:
    return paging.mint(position, bound_to) + _TAIL


def _redeem_long(token: str, bound_to: str) -> Position | None:
    if not token.endswith(_TAIL):
        return None
    return paging.redeem(token.removesuffix(_TAIL), bound_to)


_CUTS: dict[str, tuple[Cut, str]] = {
    "pages-short": (_half, "A page holds half of what it might."),
    "pages-capped": (_seven, "No page holds more than seven."),
    "pages-uneven": (_uneven, "Pages are full or lack one or two, in no pattern."),
    "pages-empty-between": (_empty_between, "An empty page with a token precedes each later page."),
    "pages-empty-first": (_empty_first, "The first page of a walk is empty and has a token."),
    "pages-empty-last": (_empty_last, "A token leads from the last full page to an empty one."),
}
_TOKENS = {
    "tokens-plain": (
        minting(_mint_plain, _redeem_plain),
        "A token is the offset in decimal, good for any filters.",
    ),
    "tokens-awkward": (
        minting(_mint_awkward, _redeem_awkward),
        "A token is full of characters that a URL has to encode.",
    ),
    "tokens-long": (minting(_mint_long, _redeem_long), "A token has 4,000 characters."),
    "token-empty-at-end": (_empty_token, "The last page's token is an empty string."),
    "default-page-huge": (table(_everything), "Without MaxResults everything is on one page."),
    "default-page-tiny": (table(_tiny), "Without MaxResults a page holds two."),
}

DIALECTS = (
    *(
        Dialect(
            name=name,
            description=text,
            operations=LISTINGS,
            edit=everywhere(cutting(cut), LISTINGS),
        )
        for name, (cut, text) in _CUTS.items()
    ),
    *(
        Dialect(name=name, description=text, operations=LISTINGS, edit=everywhere(edit, LISTINGS))
        for name, (edit, text) in _TOKENS.items()
    ),
)
