"""The seam between operations and wire protocols: one module per protocol, one table.

A protocol module reads a sent request back into members, changes on the wire
what the SDK refuses to say, and reads an error's envelope. It sends nothing and
judges nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from conformance.model import Operation
from conformance.wire import Request, Response


class Signing(StrEnum):
    """The ways in which a request's signature is made not to fit."""

    MISSING = "missing"
    UNKNOWN_KEY = "unknown-key"
    BAD_SIGNATURE = "bad-signature"
    STALE_DATE = "stale-date"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alteration:
    """What is changed on the wire after the SDK has encoded a valid-looking request.

    ``members`` are set to values that the SDK would not send, ``repeated`` are sent
    twice, ``extra`` are members that the operation does not have; ``body`` (with
    ``content_type``), ``path`` and ``method`` replace what stands there; ``unescaped``
    text stands in the body as it is; ``signing`` spoils the signature.
    """

    members: Mapping[str, Any] = field(default_factory=dict)
    repeated: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    unescaped: bool = False
    body: bytes | None = None
    content_type: str | None = None
    path: str | None = None
    method: str | None = None
    signing: Signing | None = None


@dataclass(slots=True, kw_only=True)
class Draft:
    """An encoded request before it is signed; a protocol changes it in place."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorEnvelope:
    """What an error answer says of itself.

    ``types`` are all the places that name a type, as (place, name cut to its
    core); ``readable`` is False where the body is neither empty nor an object.
    """

    types: tuple[tuple[str, str], ...]
    readable: bool

    @property
    def type(self) -> str | None:
        """The name that the SDK would take, or ``None``."""
        return self.types[0][1] if self.types else None


class WireProtocol(Protocol):
    """What a module of this package offers."""

    def alter(self, operation: Operation, draft: Draft, alteration: Alteration) -> None:
        """Change the draft on the wire as told, signing apart."""

    def members(self, operation: Operation, request: Request) -> Mapping[str, Any] | None:
        """The members as a server reads them; ``None`` where the body is no JSON object."""

    def body(self, response: Response) -> Any:
        """The body as data. Raises ``ValueError`` where it cannot be read."""

    def error(self, response: Response) -> ErrorEnvelope:
        """What an error answer says of itself."""

    def is_media_type(self, response: Response) -> bool:
        """Whether the Content-Type is one of the protocol's own."""


def core(name: str) -> str:
    """An error type without the URI after its first colon and the namespace before its ``#``."""
    return name.split(":", 1)[0].rsplit("#", 1)[-1].strip()
