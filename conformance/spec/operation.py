"""Operations and clauses: what is promised, as data.

An :class:`Operation` comes from a document in ``schemas/`` or from the SDK's model. This
module knows neither; nor wire formats, cases and verdicts.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from conformance.spec.values import Steps, paths

Schema = Mapping[str, Any]
Params = Mapping[str, Any]


class Level(StrEnum):
    """How firmly something is promised; it decides the verdict of a deviation."""

    MUST = "must"
    SHOULD = "should"
    OBSERVE = "observe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a promise is documented: a page (an address or a title) and its section."""

    page: str
    section: str

    def __str__(self) -> str:
        return f"{self.page} § {self.section}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One promise of an operation.

    ``caseless`` is the reason why no case can exercise it, or ``None``.
    """

    id: str
    level: Level
    source: Source
    promise: str
    untestable_reason: str | None = None

    @property
    def operation(self) -> str:
        """``service:Operation``."""
        return self.id.split("/", 1)[0]

    @property
    def part(self) -> str:
        """The segment after the operation: ``request``, ``response``, ``rules``, …"""
        return self.id.split("/", 2)[1]

    @property
    def path(self) -> str:
        """The clause within its operation: ``request/MaxResults/maximum``."""
        return self.id.split("/", 1)[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pagination:
    """The members that page a listing; ``limit`` may be absent.

    ``output_token`` and ``items`` are jmespaths into an answer. ``further`` are more
    request members with the paths of their values, where one token is not enough;
    ``more`` is the member that says whether there is another page.
    """

    input_token: str
    output_token: str
    limit: str | None
    items: str
    further: tuple[tuple[str, str], ...] = ()
    more: str | None = None

    @property
    def tokens(self) -> tuple[tuple[str, str], ...]:
        """The request members that ask for the next page, with the paths of their values."""
        return ((self.input_token, self.output_token), *self.further)


_IN_BODY = frozenset({"body", "payload"})
#: What a model calls the parts of an operation that pages have sections for.
_IN_MODELS: Mapping[str, str] = {
    "Request Syntax": "input",
    "Request Body": "input",
    "Response Syntax": "output",
    "Errors": "errors",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """The request line of an operation and the status of its success."""

    method: str
    path: str
    query: Mapping[str, str]
    status: int


@dataclass(frozen=True, eq=False)
class Operation:
    """One API call of one service, as its document or the SDK's model describes it.

    ``request`` and ``response`` are JSON Schemas of type object, errata applied; an
    error's status is ``None`` where none is stated. ``by_hand`` is what a tester has to
    know (rules, baselines, resources, …), empty where there is none. ``wire`` is what
    the protocol has to know beside the members. ``modelled`` says that no page was
    read; ``left_out`` what of the model is neither tried nor judged, ``untriable``
    why nothing is.
    """

    service: str
    name: str
    http: Http
    request: Schema
    response: Schema
    errors: Mapping[str, int | None]
    pagination: Pagination | None
    by_hand: Mapping[str, Any]
    page: str
    digest: str
    protocol: str = "rest-json"
    wire: Mapping[str, Any] = field(default_factory=dict)
    modelled: bool = False
    readonly: bool = True
    left_out: str = ""
    untriable: str = ""

    @cached_property
    def id(self) -> str:
        """``service:Operation``."""
        return f"{self.service}:{self.name}"

    @cached_property
    def members(self) -> Mapping[str, Schema]:
        """The request's members, by the SDK's names."""
        members: Mapping[str, Schema] = self.request["properties"]
        return members

    def rule(self, clause: str) -> Mapping[str, Any]:
        """The rule that a clause is about, by the clause's id; empty where it is about none."""
        name = clause.removeprefix(f"{self.id}/rules/")
        return next((rule for rule in self.rules if rule["id"] == name), {})

    @cached_property
    def request_paths(self) -> Mapping[str, tuple[Steps, Schema]]:
        """Every schema of the request by its clause path, with the way to it."""
        return {path: (steps, schema) for path, steps, schema in paths(self.request)}

    @cached_property
    def required(self) -> frozenset[str]:
        """The members that no valid request may lack."""
        return frozenset(self.request.get("required", ()))

    @cached_property
    def rules(self) -> Sequence[Mapping[str, Any]]:
        """The promises that the page states in prose."""
        rules: Sequence[Mapping[str, Any]] = self.by_hand.get("rules", ())
        return rules

    @property
    def is_account_listing(self) -> bool:
        """Whether each complete walk holds all that the account owns."""
        return bool(self.by_hand.get("listing", {}).get("kind") == "account")

    @property
    def has_body(self) -> bool:
        """Whether any member travels in the request's body."""
        return any(member.get("location") in _IN_BODY for member in self.members.values())

    def section(self, member: str, default: str = "Request Syntax") -> str:
        """The section of the page that documents a request member."""
        return str(self.members[member].get("section", default))

    def source(self, section: str) -> Source:
        """A place on this operation's page, or in the SDK's model of it."""
        if self.modelled:
            section = f"{self.name}, {_IN_MODELS.get(section, section)}"
        return Source(page=self.page, section=section)

    def page_size(self, items: int) -> int | str:
        """That many items as the operation's limit takes them: a few services want text."""
        limit = self.pagination.limit if self.pagination else None
        is_text = limit is not None and self.members[limit].get("type") == "string"
        return str(items) if is_text else items

    @cached_property
    def says_page_sizes(self) -> bool:
        """Whether it is said how few and how many items a page may be asked to hold.

        A model is often silent where the service's prose is not.
        """
        limit = self.pagination.limit if self.pagination else None
        if limit is None or not self.modelled:
            return True
        return {"minimum", "maximum"} <= self.members[limit].keys()

    @cached_property
    def page_sizes(self) -> tuple[int, int | None]:
        """The least and the most items that a page may be asked to hold, where that is said."""
        limit = self.pagination.limit if self.pagination else None
        schema = self.members[limit] if limit else {}
        return max(1, int(schema.get("minimum", 1))), schema.get("maximum")

    @property
    def identified_by(self) -> str | None:
        """The member that tells two items of a listing apart, where one does."""
        name: str | None = self.by_hand.get("listing", {}).get("identity")
        return name

    def identity(self, item: Any) -> str:
        """What tells two items of a listing apart, as a string."""
        field = self.identified_by
        if field and isinstance(item, Mapping) and item.get(field) is not None:
            return str(item[field])
        return item if isinstance(item, str) else json.dumps(item, sort_keys=True)
