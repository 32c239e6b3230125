"""Pages and the tokens between them.

A token is opaque to clients: a position in a listing, signed together with the operation and the
filters it belongs to, but not with the page size, so that a walk may change its step. Nothing here
knows what is being listed.
"""

import hashlib
import hmac
import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.reference.contract import Item, Operation, Params

_KEY = b"conformance.reference"
_LAYOUT = struct.Struct(">II")
PAGING_MEMBERS = ("MaxResults", "NextToken")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page starts, and in which walk (the honest server needs only walk 0)."""

    offset: int = 0
    walk: int = 0


START = Position()


@dataclass(frozen=True, slots=True)
class Page:
    """The items of one answer, and where the next page starts, if there is one."""

    items: Sequence[Item]
    next: Position | None


def binding(operation: Operation, params: Params) -> str:
    """What a token belongs to: the operation and everything asked except the paging itself."""
    asked = {name: value for name, value in params.items() if name not in PAGING_MEMBERS}
    return json.dumps([operation.id, asked], sort_keys=True)


def _seal(packed: bytes, bound_to: str) -> bytes:
    return hmac.digest(_KEY, packed + bound_to.encode(), hashlib.sha256)[:12]


def mint(position: Position, bound_to: str) -> str:
    """The token of a position."""
    packed = _LAYOUT.pack(position.offset, position.walk)
    return (packed + _seal(packed, bound_to)).hex()


def redeem(token: str, bound_to: str) -> Position | None:
    """The position that a token encodes; ``None`` for a token not minted for this binding."""
    try:
        raw = bytes.fromhex(token)
    except ValueError:
        return None
    packed, seal = raw[: _LAYOUT.size], raw[_LAYOUT.size :]
    if len(packed) != _LAYOUT.size or not hmac.compare_digest(seal, _seal(packed, bound_to)):
        return None
    return Position(*_LAYOUT.unpack(packed))


def locate(operation: Operation, params: Params) -> Position:
    """Where the page asked for starts; a token that is not ours is refused."""
    if "NextToken" not in params:
        return START
    position = redeem(params["NextToken"], binding(operation, params))
    if position is None:
        raise operation.failure("invalid", "NextToken is not a token of this request.")
    return position


def continue_at(operation: Operation, params: Params, position: Position) -> str:
    """The token that leads to a position."""
    return mint(position, binding(operation, params))


def cut(items: Sequence[Item], position: Position, size: int) -> Page:
    """The page of ``size`` items that starts at a position."""
    end = position.offset + size
    following = Position(end, position.walk) if end < len(items) else None
    return Page(items[position.offset : end], following)
