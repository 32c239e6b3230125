"""The seam between operations and wire protocols: one module per protocol, one table.

A protocol module reads a sent request back into members, changes on the wire
what the SDK refuses to say, and reads answers and errors. It sends nothing and
judges nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol

from conformance.protocols.http import Request, Response
from conformance.spec.operation import Operation, Schema

#: A path of no operation; asked for on every target to learn how it says "no such thing".
NO_SUCH_PATH = "/aws-conformance/no-such-operation"
#: The name of no operation, for protocols that name theirs.
NO_SUCH_OPERATION = "AwsConformanceNoSuchOperation"
#: The header in which a service that once spoke query tells the code it had there. It is
#: another name of the same error, so it need not agree with the others.
#: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html (awsQueryCompatible)
QUERY_ERROR = "x-amzn-query-error"

#: Stands behind the name of an unknown member that the wire calls as the SDK calls another:
#: nobody reads it as that one.
ON_THE_WIRE = " (on the wire)"


class Untagged(float):
    """A moment that is told as a plain number where the protocol has a form for moments."""

    __slots__ = ()


#: Ways to make a request odd, some of which a protocol cannot express.
What = Literal[
    "type",
    "empty",
    "null",
    "unknown-member",
    "malformed-body",
    "non-object-body",
    "wrong-method",
    "unicode-unescaped",
    "repeated",
]


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
    text stands in the body as it is; ``absent`` asks for an operation that cannot
    exist, as the protocol names operations; ``signing`` spoils the signature.
    """

    members: Mapping[str, Any] = field(default_factory=dict)
    repeated: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    unescaped: bool = False
    body: bytes | None = None
    content_type: str | None = None
    path: str | None = None
    method: str | None = None
    absent: bool = False
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

    ``types`` are all the places that name a type, as (place, name cut to its core);
    the one at :data:`QUERY_ERROR` may be another name than the rest. ``readable`` is
    False where the body is neither empty nor in the protocol's form; a refused
    signature (401, 403) is readable in any form, as gateways in front of services
    speak no protocol.
    """

    types: tuple[tuple[str, str], ...]
    readable: bool

    @property
    def type(self) -> str | None:
        """The name that the SDK would take, or ``None``."""
        return self.types[0][1] if self.types else None


class WireProtocol(Protocol):
    """What a module of this package offers."""

    #: What a success is sent as, in a word: ``JSON``, ``XML``, ``CBOR``.
    FORM: str
    #: What a body holds: ``a JSON object``, …
    BODY: str
    #: Where an error names its type, for people.
    ERROR_PLACES: str
    #: Where an answer names its request id, for people.
    REQUEST_ID_PLACES: str
    #: Headers that every answer has, by their names, with their values.
    HEADERS: Mapping[str, str]
    #: Bodies that cannot be read at all, by the name of an edge.
    MALFORMED: Mapping[str, bytes]
    #: Bodies that can be read but hold no members, by the name of an edge.
    NON_OBJECTS: Mapping[str, bytes]

    def alter(self, operation: Operation, draft: Draft, alteration: Alteration) -> None:
        """Change the draft on the wire as told, signing apart."""

    def members(self, operation: Operation, request: Request) -> Mapping[str, Any] | None:
        """The members as a server reads them; ``None`` where the body cannot be read.

        Blobs are text of one character a byte, so that their length is in bytes.
        """

    def output(self, operation: Operation, response: Response) -> Any:
        """An answer as data under the SDK's member names.

        Names are translated and nothing else is mended: a value of another type stays
        what it is, an unknown member keeps its wire name, marked where that is the SDK's
        name of another (:data:`ON_THE_WIRE`). Blobs are base64 text.
        Raises ``ValueError`` where the answer cannot be read.
        """

    def error(self, response: Response) -> ErrorEnvelope:
        """What an error answer says of itself."""

    def names_request(self, response: Response) -> bool:
        """Whether an answer names its request id where the protocol has it."""

    def is_media_type(self, operation: Operation, response: Response) -> bool:
        """Whether the Content-Type is one that the operation's answer may have."""

    def inexpressible(self, operation: Operation, path: str, what: What) -> str | None:
        """Why a request cannot be odd in this way, as a phrase; ``None`` where it can.

        ``path`` is a member of the request, ``Filters/item/Name``, or empty where the
        request as a whole is meant.
        """


def core(name: str) -> str:
    """An error type without the URI after its first colon and the namespace before its ``#``."""
    return name.split(":", 1)[0].rsplit("#", 1)[-1].strip()


def query_error(response: Response) -> list[tuple[str, str]]:
    """The code that a query-compatible service tells beside its own: ``code;fault``."""
    told = response.header(QUERY_ERROR) or ""
    name = told.split(";", 1)[0].strip()
    return [(QUERY_ERROR, name)] if name else []


def excused(response: Response) -> bool:
    """Whether an error may be of any form: gateways refuse a signature in their own."""
    return response.status in {401, 403}


def schema_at(operation: Operation, path: str) -> Schema:
    """The schema at a path within the request, ``Filters/item/Name``; empty where there is none."""
    found: Schema = operation.request
    for segment in path.split("/") if path else ():
        inner = found.get("properties", {}).get(segment)
        if inner is None:
            keyword = {"item": "items", "value": "additionalProperties", "key": "propertyNames"}
            inner = found.get(keyword.get(segment, ""), {})
        found = inner if isinstance(inner, Mapping) else {}
    return found
