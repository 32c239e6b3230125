"""Operations and clauses: what is promised, as data.

An :class:`Operation` comes from a document in ``schemas/`` or from the SDK's model. This
module knows neither; nor wire formats, cases and verdicts.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any, TypeVar

from conformance.protocols.table import DOCUMENTED
from conformance.spec.levels import LEVELS, Level, SourceKind
from conformance.spec.observations import NOTHING, Observations
from conformance.spec.rules import Baseline, Constraint, Place, Resource, Rule, UnspecifiedRequest
from conformance.spec.values import Steps, paths

Schema = Mapping[str, Any]
Params = Mapping[str, Any]
_Rule = TypeVar("_Rule", bound=Rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a promise is documented: a page (an address or a title) and its section.

    ``text`` is both in one line, made once: every finding repeats it.
    """

    page: str
    section: str
    text: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", f"{self.page} § {self.section}")

    def __str__(self) -> str:
        return self.text


@lru_cache(maxsize=1024)
def _source(page: str, section: str) -> Source:
    """A place, made once for all the clauses that it documents."""
    return Source(page=page, section=section)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One promise of an operation.

    ``untestable_reason`` is why no case can exercise it, or ``None``; ``notes`` are what else
    is known of it, as ``observed: …``.
    """

    id: str
    level: Level
    source: Source
    promise: str
    untestable_reason: str | None = None
    notes: tuple[str, ...] = ()

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
    ``more`` is the member that states whether there is another page.
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
#: The section of a page in which a response is described.
RESPONSE = "Response Syntax"
#: What a model calls the parts of an operation that pages have sections for.
_IN_MODELS: Mapping[str, str] = {
    "Request Syntax": "input",
    "Request Body": "input",
    RESPONSE: "output",
    "Errors": "errors",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """The request line of an operation and the status of its success.

    ``states_status`` says whether a source states that status; else it is the usual one.
    """

    method: str
    path: str
    query: Mapping[str, str]
    status: int
    states_status: bool = True


class ListingKind(StrEnum):
    """What an operation lists.

    An ``account`` listing holds all that the account owns, each time; two calls of a ``search``
    need not agree.
    """

    ACCOUNT = "account"
    SEARCH = "search"


#: How the names of operations begin that take away what is there, or the use of it.
_DESTROYS = re.compile(
    r"(Batch)?(Abort|Cancel|Clear|Close|Deactivate|Decline|Delete|Deregister|Destroy|Detach|Disable"
    r"|Disassociate|Discard|Drop|Evict|Expire|Leave|Purge|Reject|Release|Remove|Reset|Retire|Revoke"
    r"|Schedule\w*Deletion|Shutdown|Stop|Suspend|Terminate|Unassign|Undeploy|Uninstall|Unlink"
    r"|Unregister|Unsubscribe|Untag)(?=[A-Z0-9]|$)"
)
#: How the names of operations begin after whose calls a thing is there no more.
_DELETES = re.compile(r"(Delete|Deregister|Destroy|Terminate|Unsubscribe)(?=[A-Z0-9]|$)")


def deleted(name: str) -> str:
    """What an operation deletes, by its name: ``Queue`` of ``DeleteQueue``; else nothing."""
    verb = _DELETES.match(name)
    return name[verb.end() :] if verb else ""


#: How the names of operations begin whose calls are expected to list the same items.
_LISTS = re.compile(r"(List|Describe)(?=[A-Z])")


@dataclass(frozen=True, eq=False, kw_only=True)
class Operation:
    """One API call of one service, as its sources describe it.

    ``request`` and ``response`` are JSON Schemas of type object, errata applied; an
    error's status is ``None`` where none is stated. ``wire`` is what the protocol has to know
    beside the members; ``left_out`` what of the model is neither tried nor judged,
    ``untriable`` why nothing is; ``idempotent`` that its documentation calls it so.

    Of errors, ``error_codes`` are the short forms that responses may name instead,
    ``constraint_errors`` those of an invalid request, ``faults`` those that are the service's
    own, ``service_errors`` all that any operation of the service has, where that is known.

    What helps to try it: ``baselines`` are valid calls, ``samples`` values of members, and
    ``resources`` are where the target lists the values that only it knows. ``companions`` are
    members that make sense only together; values of a ``limited`` member may be refused for
    the reason given. ``present`` are the paths of members that no response lacks, with the reason;
    ``observed`` is what AWS was seen to answer.
    ``shown`` is where the things are listed that it deletes, each item being one of them.
    ``literals`` are all the texts and numbers that its document publishes.
    """

    service: str
    name: str
    http: Http
    request: Schema
    response: Schema
    errors: Mapping[str, int | None]
    pagination: Pagination | None
    page: str
    digest: str
    sources: frozenset[SourceKind] = frozenset({SourceKind.PAGE})
    protocol: str = DOCUMENTED
    wire: Mapping[str, Any] = field(default_factory=dict)
    readonly: bool = False
    left_out: str = ""
    untriable: str = ""
    idempotent: bool = False
    rules: tuple[Rule, ...] = ()
    unspecified: tuple[UnspecifiedRequest, ...] = ()
    error_codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    constraint_errors: frozenset[str] = frozenset()
    service_errors: frozenset[str] = frozenset()
    faults: frozenset[str] = frozenset()
    listing: ListingKind | None = None
    identified_by: str | None = None
    baselines: tuple[Baseline, ...] = ()
    samples: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    resources: Mapping[str, Resource] = field(default_factory=dict)
    companions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    limited: Mapping[str, str] = field(default_factory=dict)
    present: Mapping[str, str] = field(default_factory=dict)
    shown: tuple[Place, ...] = ()
    observed: Observations = NOTHING
    literals: frozenset[str] = frozenset()

    @cached_property
    def id(self) -> str:
        """``service:Operation``."""
        return f"{self.service}:{self.name}"

    @cached_property
    def members(self) -> Mapping[str, Schema]:
        """The request's members, by the SDK's names."""
        members: Mapping[str, Schema] = self.request["properties"]
        return members

    @cached_property
    def request_paths(self) -> Mapping[str, tuple[Steps, Schema]]:
        """Every schema of the request by its clause path, with the way to it."""
        return {path: (steps, schema) for path, steps, schema in paths(self.request)}

    @cached_property
    def required(self) -> frozenset[str]:
        """The members that no valid request may lack."""
        return frozenset(self.request.get("required", ()))

    @property
    def has_body(self) -> bool:
        """Whether any member travels in the request's body."""
        return any(member.get("location") in _IN_BODY for member in self.members.values())

    @cached_property
    def destroys(self) -> bool:
        """Whether its calls take away what others need, by its name and its HTTP method."""
        named = self.http.method == "DELETE" or _DESTROYS.match(self.name) is not None
        return named and not self.readonly

    @cached_property
    def deletes(self) -> bool:
        """Whether the thing that it names is there no more after a call, by its name."""
        return self.destroys and deleted(self.name) != ""

    @cached_property
    def turn(self) -> tuple[int, ...]:
        """When it is tried: what reads first, then what changes, what destroys last.

        Of what destroys, parts go before the whole: they need more members to be named, or
        have a longer name.
        """
        if not self.destroys:
            return (0,) if self.readonly else (1,)
        return (2, -len(self.required), int(self.deletes), -len(self.name))

    # ------------------------------------------------------------ rules and clauses

    def rule(self, clause: str) -> Rule | None:
        """The rule that a clause is about, by the clause's id; ``None`` if it is about none."""
        name = clause.removeprefix(f"{self.id}/rules/")
        return next((rule for rule in self.rules if rule.id == name), None)

    def rules_of(self, kind: type[_Rule]) -> tuple[_Rule, ...]:
        """The rules of one kind, in their order."""
        return tuple(rule for rule in self.rules if isinstance(rule, kind))

    def states(self, promise: str) -> bool:
        """Whether any of its sources states a promise of the table of levels."""
        return not self.sources.isdisjoint(LEVELS[promise])

    def level(self, promise: str) -> Level:
        """How firmly the firmest of its sources states such a promise; one of them has to."""
        stated = {LEVELS[promise].get(source) for source in self.sources}
        return next(one for one in Level if one in stated)

    def clause(
        self,
        path: str,
        promise: str,
        *,
        level: Level = Level.MUST,
        section: str | Source = RESPONSE,
        untestable_reason: str | None = None,
    ) -> Clause:
        """One clause of this operation, by its path."""
        return Clause(
            id=f"{self.id}/{path}",
            level=level,
            source=section if isinstance(section, Source) else self.source(section),
            promise=promise,
            untestable_reason=untestable_reason,
        )

    def section(self, member: str, default: str = "Request Syntax") -> str:
        """The section of the page that documents a request member."""
        return str(self.members[member].get("section", default))

    def source(self, section: str) -> Source:
        """A place on this operation's page, or in the SDK's model of it."""
        if self.sources <= {SourceKind.MODEL}:
            section = f"{self.name}, {_IN_MODELS.get(section, section)}"
        return _source(self.page, section)

    @cached_property
    def alternatives(self) -> tuple[tuple[frozenset[str], ...], ...]:
        """Of each group of members that name what only the target knows, a request needs one."""
        found = []
        for rule in self.rules_of(Constraint):
            (keyword, several), *others = rule.schema.items() or [("", ())]
            if keyword in {"anyOf", "oneOf"} and not others:
                group = tuple(frozenset(one.get("required", ())) for one in several)
                bare = all(one.keys() == {"required"} for one in several)
                if bare and all(members <= self.resources.keys() for members in group):
                    found.append(group)
        return tuple(found)

    # ------------------------------------------------------------ what its sources state

    @property
    def described_in(self) -> str:
        """What describes it, for people: ``document`` or ``model``."""
        return "model" if self.sources <= {SourceKind.MODEL} else "document"

    @cached_property
    def states_combinations(self) -> bool:
        """Whether it is stated which members go together, and with what."""
        return self.states("members go together")

    @cached_property
    def states_errors(self) -> bool:
        """Whether all of its errors are stated, with the common ones and their statuses."""
        return self.level("all errors are listed") is Level.MUST

    @cached_property
    def states_presence(self) -> bool:
        """Whether a success holds all of its members."""
        return self.states("a success holds its members")

    @cached_property
    def states_resources(self) -> bool:
        """Whether it is stated where the values are listed that only a target knows."""
        return self.states("where values are listed")

    @cached_property
    def states_timestamps(self) -> bool:
        """Whether it is stated how timestamps are written."""
        return self.states("the format of a timestamp")

    def is_opaque(self, member: str) -> bool:
        """Whether only the target can say which values a request member takes: ids and tokens."""
        if not self.states_resources:
            schema = self.members[member]
            return schema.get("type") == "string" and "enum" not in schema
        token = self.pagination.input_token if self.pagination else None
        return member == token or member in self.resources

    # ------------------------------------------------------------ listings and pages

    @property
    def is_account_listing(self) -> bool:
        """Whether each complete walk holds all that the account owns."""
        return self.listing is ListingKind.ACCOUNT

    @property
    def lists_steadily(self) -> bool:
        """Whether two walks are expected to hold the same items; a model's name has to say so."""
        named = not self.states_resources and _LISTS.match(self.name) is not None
        return self.is_account_listing or named

    @property
    def has_opaque_token(self) -> bool:
        """Whether pages are asked for by a token, not by the name of the item to go on from."""
        if self.pagination is None or self.pagination.further:
            return False
        named = self.pagination.input_token.lower().endswith("token")
        return named or SourceKind.PAGE in self.sources

    def page_size(self, items: int) -> int | str:
        """That many items as the operation's limit takes them: a few services want text."""
        limit = self.pagination.limit if self.pagination else None
        is_text = limit is not None and self.members[limit].get("type") == "string"
        return str(items) if is_text else items

    @cached_property
    def states_page_sizes(self) -> bool:
        """Whether it is stated how few and how many items a page may be asked to hold.

        A model is often silent where the service's prose is not.
        """
        limit = self.pagination.limit if self.pagination else None
        if limit is None or SourceKind.PAGE in self.sources:
            return True
        schema = self.members[limit]
        return {"minimum", "maximum"} <= schema.keys() - set(schema.get("prose", ()))

    @cached_property
    def page_sizes(self) -> tuple[int, int | None]:
        """The least and the most items that a page may be asked to hold, where that is stated."""
        limit = self.pagination.limit if self.pagination else None
        schema = self.members[limit] if limit else {}
        return max(1, int(schema.get("minimum", 1))), schema.get("maximum")

    def identity(self, item: Any) -> str:
        """What distinguishes two items of a listing, as a string."""
        field = self.identified_by
        if field and isinstance(item, Mapping) and item.get(field) is not None:
            return str(item[field])
        return item if isinstance(item, str) else json.dumps(item, sort_keys=True)
