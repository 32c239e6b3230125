"""What a wire protocol is: one value of :class:`WireProtocol` for each, made in its own module.

All that the package knows of a protocol is in that value; ``table`` lists them.
This module knows no protocol, sends nothing and judges nothing. An operation is known here
by what a protocol reads of it, not by where it is described.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit, urlunsplit

from conformance.protocols.http import (
    Failure,
    FailureKind,
    Headers,
    Request,
    Response,
    header,
)

#: A path of no operation; asked for on every target to learn how it says "no such thing".
NO_SUCH_PATH = "/aws-conformance/no-such-operation"
#: The name of no operation, for protocols that name theirs.
NO_SUCH_OPERATION = "AwsConformanceNoSuchOperation"
#: The header in which a service that once spoke query names the error code it had there. It
#: is another name of the same error, so it need not agree with the others.
#: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html (awsQueryCompatible)
QUERY_ERROR = "x-amzn-query-error"
#: The header in which a client asks for that name.
QUERY_MODE = "x-amzn-query-mode"
#: The headers in which AWS sends a request id; the last two are S3's and API Gateway's.
_REQUEST_IDS = ("x-amzn-requestid", "x-amz-request-id", "x-amz-id-2", "x-amz-apigw-id")

#: Follows the name of an unknown member whose wire name is the SDK's name of another member,
#: so that the two are not confused.
ON_THE_WIRE = " (on the wire)"

#: A response with more values is not judged: no documented page has as many, and reading them
#: takes the SDK and the checks seconds.
MOST_ELEMENTS = 100_000

#: A JSON Schema with the annotations of ``schemas/``: ``location``, ``wireName``, ….
Schema = Mapping[str, Any]


class Again:
    """The members of a structure that contains itself, where it is entered again."""

    __slots__ = ("outer",)

    def __init__(self, outer: Schema) -> None:
        self.outer = outer

    def __str__(self) -> str:
        return "again"


def entered(schema: Schema) -> Schema:
    """The schema with the members of a structure: the outer one's, where it contains itself."""
    again = schema.get("again")
    return again.outer if isinstance(again, Again) else schema


class ForeignBodyError(ValueError):
    """A body that can be read, and is of another operation: nothing in it is documented."""


class Untagged(float):
    """A timestamp sent as a plain number where the protocol has a form for timestamps."""

    __slots__ = ()


# ------------------------------------------------------------ what an operation is, from here


class RequestLine(Protocol):
    """The path of an operation, its labels in braces, and its literal query parameters."""

    @property
    def path(self) -> str: ...
    @property
    def query(self) -> Mapping[str, str]: ...


class WireOperation(Protocol):
    """What a protocol reads of an operation.

    ``members`` are those of the request by the SDK's names, ``wire`` what
    :attr:`WireProtocol.wire` made of the operation's model.
    """

    @property
    def name(self) -> str: ...
    @property
    def http(self) -> RequestLine: ...
    @property
    def request(self) -> Schema: ...
    @property
    def response(self) -> Schema: ...
    @property
    def wire(self) -> Mapping[str, Any]: ...
    @property
    def members(self) -> Mapping[str, Schema]: ...
    @property
    def has_body(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What a service's model states of an operation beside its members.

    ``payload`` and ``response_payload`` are members that are the whole body,
    ``result_wrapper`` the element around the members of a response; each is empty where
    the model has none. ``has_output`` is false where a response has no members at all.
    """

    operation: str
    metadata: Mapping[str, Any]
    payload: str = ""
    response_payload: str = ""
    result_wrapper: str = ""
    has_output: bool = True


# ------------------------------------------------------------ requests that are changed

#: Ways to make a request invalid or unusual, some of which a protocol cannot express.
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


class Additions(StrEnum):
    """What the SDK adds to a request beside its members.

    ``ANY`` is what it adds by default, as far as the target takes it and nothing else of the
    request is changed; ``DEFAULT`` is all of that; ``NONE`` leaves out what the service does
    not require; ``COMPRESSED`` has the body compressed, whatever its size.
    """

    ANY = ""
    DEFAULT = "default"
    NONE = "none"
    COMPRESSED = "compressed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alteration:
    """What is changed on the wire after the SDK has encoded a valid-looking request.

    ``members`` are set to values that the SDK would not send, ``repeated`` are sent
    twice, ``extra`` are members that the operation does not have; ``body`` (with
    ``content_type``), ``path`` and ``method`` replace those of the request; ``unescaped``
    text is not escaped in the body; ``absent`` asks for an operation that cannot
    exist, as the protocol names operations; ``signing`` spoils the signature; ``sdk`` is
    what the SDK adds to the request.
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
    sdk: Additions = Additions.ANY


@dataclass(slots=True, kw_only=True)
class Draft:
    """An encoded request before it is signed; a protocol changes it in place."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes

    def set_header(self, name: str, value: str) -> None:
        """Give a header a value, whatever the case of its name in this request."""
        same = next((one for one in self.headers if one.lower() == name.lower()), name)
        self.headers[same] = value

    def drop_header(self, name: str) -> None:
        """Leave out a header, whatever the case of its name in this request."""
        for same in [one for one in self.headers if one.lower() == name.lower()]:
            del self.headers[same]

    def set_path(self, path: str) -> None:
        """Replace the path, query kept."""
        self.url = urlunsplit(urlsplit(self.url)._replace(path=path))


# ------------------------------------------------------------ the parts of a protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorEnvelope:
    """What an error response says of itself.

    ``types`` are all the places that name a type, as (place, name cut to its core);
    the one at :data:`QUERY_ERROR` may be another name than the rest. ``readable`` is
    False where the body is neither empty nor in the protocol's format; a refused
    signature (401, 403) is readable in any format, as gateways in front of services
    speak no protocol.
    """

    types: tuple[tuple[str, str], ...]
    readable: bool

    @property
    def type(self) -> str | None:
        """The name that the SDK would take, or ``None``."""
        return self.types[0][1] if self.types else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How bodies are encoded.

    ``name`` is one word, ``body`` names a whole body (``a JSON object``). ``typed``: a
    value in it has a type of its own, apart from text. ``malformed`` are bodies that cannot
    be read at all, ``non_objects`` bodies that can be read but hold no members, each by the
    name of a case; ``null`` is the body that is one null value, ``None`` where no case
    tries it. ``is_media_type`` is about a Content-Type in lower case, without parameters.
    ``elements`` is about how many values a body holds, found without making any of them;
    it may stop beyond :data:`MOST_ELEMENTS`.
    """

    name: str
    body: str
    typed: bool
    malformed: Mapping[str, bytes]
    non_objects: Mapping[str, bytes]
    is_media_type: Callable[[str], bool]
    elements: Callable[[bytes], int]
    null: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The operation that a request names, and how it names the service beside it.

    ``service`` and ``version`` are ``None`` where the protocol does not name them; ``text``
    is the whole as it is in the request.
    """

    operation: str
    text: str
    service: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressing:
    """How a request says which operation it asks for.

    ``place`` is where, in words. ``read`` finds the name in a request; it is ``None`` where
    method and path alone decide. ``misname`` makes a draft ask for an operation that cannot
    exist. ``distinctive``: only a client of AWS names an operation there. ``in_body``: the
    name is in the body, so that no request goes without one.
    """

    place: str
    misname: Callable[[WireOperation, Draft], None]
    read: Callable[[Request], Address | None] | None
    distinctive: bool = False
    in_body: bool = False

    @property
    def by_path(self) -> bool:
        """Whether method and path alone say which operation is meant."""
        return self.read is None


#: The formats of timestamps, as botocore names them.
Timestamps = Literal["unixTimestamp", "iso8601"]


def _own_name(name: str, serialization: Mapping[str, Any]) -> str:
    return str(serialization.get("name", name))


def _none_is_foreign(operation: WireOperation, media_type: str) -> bool:
    del operation, media_type
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class WireProtocol:
    """A wire protocol, whole.

    ``name`` is botocore's, ``page`` the address of the specification. ``timestamps`` is the
    format of those in a body whose model names no other. ``headers`` are on every request
    and every response. ``sends_empty_objects``: a request without members has a body
    nevertheless. ``error_places`` and ``request_id_places`` say in words where an error
    names its type and where a response names its request id. ``fixed_timestamps``: no model
    names another format than the protocol's. ``foreign_media_type``: whether a Content-Type of
    the format is that of another protocol or of another version of this one.

    ``wire`` makes :attr:`WireOperation.wire` of a model, ``request_name`` the wire name of
    a member of a request of its name in the SDK and what its model says of it.

    ``rewrite`` puts members, repeated members, extra members and unescaped text of an
    alteration into a draft; :meth:`alter` does the rest.

    ``members`` reads a request as a server does; it returns ``None`` where the body cannot
    be read. Blobs are text of one character a byte, so that their length is in bytes.

    ``output`` reads a response as data under the SDK's names. Names are translated and
    nothing else is mended: a value of another type stays what it is, an unknown member
    keeps its wire name, marked where that is the SDK's name of another
    (:data:`ON_THE_WIRE`). Blobs are base64 text. It raises ``ValueError`` where the response
    cannot be read.

    ``answer`` writes members under the SDK's names, blobs as bytes, as the success that holds
    them: what a client needs to read them, and nothing else that a response has.

    ``error`` reads an error response, ``names_request`` says whether a response names its
    request id where the protocol has it.

    ``inexpressible`` returns why a request cannot be invalid or unusual in a way, as a
    phrase, ``None`` where it can. Its second argument is a member of the request,
    ``Filters/item/Name``, or empty where the request as a whole is meant.
    """

    name: str
    page: str
    request_format: Format
    response_format: Format
    addressing: Addressing
    timestamps: Timestamps
    error_places: str
    request_id_places: str
    wire: Callable[[ModelFacts], dict[str, Any]]
    rewrite: Callable[[WireOperation, Draft, Alteration], None]
    members: Callable[[WireOperation, Request], Mapping[str, Any] | None]
    output: Callable[[WireOperation, Response], Any]
    answer: Callable[[WireOperation, Mapping[str, Any]], Response]
    error: Callable[[Response], ErrorEnvelope]
    names_request: Callable[[Response], bool]
    inexpressible: Callable[[WireOperation, str, What], str | None]
    headers: Mapping[str, str] = field(default_factory=dict)
    sends_empty_objects: bool = False
    fixed_timestamps: bool = False
    request_name: Callable[[str, Mapping[str, Any]], str] = _own_name
    foreign_media_type: Callable[[WireOperation, str], bool] = _none_is_foreign

    def alter(self, operation: WireOperation, draft: Draft, alteration: Alteration) -> None:
        """Change the draft on the wire as the alteration says, signing apart."""
        self.rewrite(operation, draft, alteration)
        if alteration.absent:
            self.addressing.misname(operation, draft)
        if alteration.body is not None:
            draft.body = alteration.body
        if alteration.content_type is not None:
            draft.set_header("Content-Type", alteration.content_type)
        if alteration.path is not None:
            draft.set_path(alteration.path)
        if alteration.method is not None:
            draft.method = alteration.method

    def is_media_type(self, operation: WireOperation, response: Response) -> bool:
        """Whether the Content-Type is one that the operation's response may have.

        A stream, and a body that is one member as it stands, may have any.
        """
        if has_raw_body(operation):
            return True
        own = self.response_format.is_media_type(response.media_type)
        return own and not self.foreign_media_type(operation, response.media_type)

    def judgeable(self, operation: WireOperation, response: Response) -> Response | Failure:
        """The response, or why it is not judged where it has too many values to be read."""
        succeeded = 200 <= response.status < 300
        if succeeded and has_raw_body(operation):
            return response
        count = self.response_format.elements(response.body)
        if count <= MOST_ELEMENTS:
            return response
        return Failure(
            kind=FailureKind.UNJUDGED,
            detail=f"{response.status} with more than {MOST_ELEMENTS:,} elements",
        )

    def marks(self, headers: Headers) -> bool:
        """Whether a message has the headers that only this protocol's have."""
        return bool(self.headers) and all(
            header(headers, name) == value for name, value in self.headers.items()
        )


# ------------------------------------------------------------ what several of them use


def has_raw_body(operation: WireOperation) -> bool:
    """Whether the body of a success is a stream, or one member as it stands."""
    payload = operation.wire.get("responsePayload")
    schema = operation.response.get("properties", {}).get(payload, {})
    return bool(operation.wire.get("streams")) or schema.get("type") == "string"


def left_query(facts: ModelFacts) -> dict[str, Any]:
    """What an operation's wire has of a service whose errors have the names of query as well.

    Source: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
    § aws.protocols#awsQueryCompatible trait.
    """
    return {"queryCompatible": True} if "awsQueryCompatible" in facts.metadata else {}


def core(name: str) -> str:
    """An error type without the URI after its first colon and the namespace before its ``#``."""
    return name.split(":", 1)[0].rsplit("#", 1)[-1].strip()


def query_error(response: Response) -> list[tuple[str, str]]:
    """The code that a query-compatible service sends beside its own: ``code;fault``."""
    value = response.header(QUERY_ERROR) or ""
    name = value.split(";", 1)[0].strip()
    return [(QUERY_ERROR, name)] if name else []


def names_request_in_header(response: Response) -> bool:
    """Whether a header of a response names its request id."""
    return any(response.header(name) for name in _REQUEST_IDS)


def excused(response: Response) -> bool:
    """Whether an error may be in any format: gateways refuse a signature in their own."""
    return response.status in {401, 403}


def schema_at(operation: WireOperation, path: str) -> Schema:
    """The schema at a path within the request, ``Filters/item/Name``; empty where there is none."""
    found: Schema = operation.request
    for segment in path.split("/") if path else ():
        inner = found.get("properties", {}).get(segment)
        if inner is None:
            keyword = {"item": "items", "value": "additionalProperties", "key": "propertyNames"}
            inner = found.get(keyword.get(segment, ""), {})
        found = inner if isinstance(inner, Mapping) else {}
    return found
