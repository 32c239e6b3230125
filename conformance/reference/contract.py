"""The vocabulary of the server's own tables: what an operation takes, refuses and answers.

Only frozen data lives here, and the one exception that ends a request. It knows nothing of
sockets, signatures or pages, and nothing of faults: a fault is an edited copy of such a table.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Params = Mapping[str, Any]  # what the client asked, by documented member name
Item = Mapping[str, Any]  # one number, owned or available
Json = Any  # what json.loads gives

Where = Literal["path", "query", "body"]
Type = Literal["string", "integer", "list"]
Kind = Literal["invalid", "mistyped", "malformed", "unknown-resource", "internal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything the server has: one account of each service, and what can be bought."""

    chime_numbers: tuple[Item, ...]
    chime_available: tuple[Item, ...]
    connect_numbers: tuple[Item, ...]
    connect_available: tuple[Item, ...]
    targets: Mapping[str, str]  # ARN of an instance or group: its id
    instances: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member of a request and every constraint its page documents; ``None`` is no constraint.

    A pattern has to match the whole value.
    """

    wire: str
    where: Where = "body"
    type: Type = "string"
    required: bool = False
    minimum: int | None = None
    maximum: int | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    enum: tuple[str, ...] | None = None
    max_items: int | None = None
    item: "Member | None" = None

    @property
    def free(self) -> bool:
        """Nothing is documented about this member that an empty string would break."""
        limits = (self.min_length, self.pattern, self.enum)
        return self.type == "string" and not self.required and not any(limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A promise made in prose. ``broken`` is whether these parameters violate it."""

    name: str
    broken: Callable[[Params, World], bool]
    message: str
    kind: Kind = "invalid"
    promised: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorShape:
    """How one error looks: its type, HTTP status, and the short code that Chime puts in bodies."""

    type: str
    status: int
    code: str


class Failure(Exception):  # noqa: N818 - an answer to the client, not an error of this program
    """Ends a request with this error."""

    def __init__(self, shape: ErrorShape, message: str) -> None:
        super().__init__(message)
        self.shape = shape
        self.message = message


Filter = Callable[[Item, Params], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation: route, request members, rules, errors, filters, and what it answers.

    ``listing`` names the response member that holds a page; ``None`` for an operation that answers
    with one thing, which ``single`` names. ``response`` mirrors the page's response syntax.
    """

    service: str
    name: str
    method: str
    path: str
    members: Mapping[str, Member]
    response: Mapping[str, Json]
    errors: Mapping[Kind, ErrorShape]
    source: Callable[[World], Sequence[Item]]
    present: Callable[[Item], Json]
    query: Mapping[str, str] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    filters: Mapping[str, Filter] = field(default_factory=dict)
    defaults: Mapping[str, Json] = field(default_factory=dict)
    examples: Mapping[str, Json] = field(default_factory=dict)
    listing: str | None = None
    single: str | None = None
    page_size: int = 0
    explicit_nulls: bool = False

    @property
    def id(self) -> str:
        """``service:Operation``, as everywhere in this project."""
        return f"{self.service}:{self.name}"

    def failure(self, kind: Kind, message: str) -> Failure:
        """This operation's error of that kind, ready to be raised."""
        return Failure(self.errors[kind], message)
