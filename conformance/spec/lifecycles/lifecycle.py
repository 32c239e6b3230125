"""A resource's lifecycle, as types: which operations make, show, list, change and delete it, and
how they hand its identifiers to each other. It knows no case and no target.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import jmespath

#: Where a value comes from: what the creating call was sent, what it was answered, or what the
#: reader shows.
Origin = Literal["request", "response", "read"]
#: What an operation does on a resource; ``tags`` lists its tags.
Role = Literal["create", "read", "list", "update", "delete", "tag", "untag", "tags"]
#: What a lifecycle is known from: names in the SDK's models, boto3's own resources, or both; what
#: is written by hand counts before them.
Source = Literal["derived", "sdk", "derived and sdk", "hand"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """How a later request names the resource: a member, and where its value comes from.

    ``path`` is a jmespath within the creating call's request members or response members, or within
    what the reader describes, all by the SDK's names. ``is_list``: the member takes a
    list, of which the value is the only item. ``optional``: the member is left out where the path
    leads to nothing (a parent that the creating call may have been given).
    """

    member: str
    origin: Origin
    path: str
    is_list: bool = False
    optional: bool = False

    def value(
        self, request: Mapping[str, Any], response: Mapping[str, Any] | None, described: Any = None
    ) -> Any:
        """What the resource is called, by its creating call or as it is ``described``; ``None``
        where that does not say.
        """
        known = {"request": request, "response": response, "read": described}
        holder = known[self.origin]
        return None if holder is None else jmespath.search(self.path, holder)


class UnnamedError(LookupError):
    """A creating call does not say what a later request has to name; ``str()`` is the path."""


def naming(
    bindings: Iterable[Binding],
    request: Mapping[str, Any],
    response: Mapping[str, Any] | None,
    described: Any = None,
) -> dict[str, Any]:
    """The members with which a request names the resource of a creating call.

    ``described`` is how the reader describes it, where that was asked.

    Raises :class:`UnnamedError` where that call does not say one of them.
    """
    found: dict[str, Any] = {}
    for binding in bindings:
        value = binding.value(request, response, described)
        if value is not None:
            found[binding.member] = [value] if binding.is_list else value
        elif not binding.optional:
            raise UnnamedError(binding.path)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatedWithin:
    """How a listing is asked for what was created in a time.

    ``since`` and ``until`` are members of its request, either may be empty; ``place`` is the
    jmespath within an item at which that shows when it was created.
    """

    place: str
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One operation on a resource, by its id, and how its request names the resource.

    ``shown`` is the jmespath within its response at which the resource is described: ``Table``,
    ``Reservations[].Instances[]``, or ``@`` for the response itself; empty where it is not.
    ``places`` says where it shows what the creating call was given: a request member's path
    (``Name``, ``Config/MaxSize``) → a jmespath within what ``shown`` leads to. For actions that
    change the resource, ``given`` is where the *reader* shows what this action was given.
    ``keeps`` are members that stay as they are where the action is not given them.
    ``called`` are members of what is shown that say the resource's own ARN and id.
    ``params`` is what the request has beside its bindings, so that it shows everything
    (``AttributeNames: ["All"]``), or as it is about this type of resource. ``identity`` tells the
    resource from others in what ``shown`` leads to: there, ``member`` is a jmespath within that.
    ``forms`` are bindings that may take the place of those of their members: the documentation says
    that the request takes an ARN as well as a name. ``created`` is how a listing is asked by time.
    ``conditional`` are members that do not apply to every such resource, and may then be ignored,
    ``at_times`` those of ``places`` and ``given`` that are not always shown.
    """

    operation: str
    bindings: tuple[Binding, ...] = ()
    shown: str = ""
    places: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    identity: tuple[Binding, ...] = ()
    keeps: tuple[str, ...] = ()
    forms: tuple[Binding, ...] = ()
    created: CreatedWithin | None = None
    conditional: tuple[str, ...] = ()
    at_times: tuple[str, ...] = ()
    called: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagging:
    """How a resource is tagged, untagged, and its tags listed.

    ``tags`` and ``keys`` are the members that take tags and the keys of tags to remove; ``shape``
    says how tags are written: a ``map``, or a ``list`` of objects with the members ``key`` and
    ``value``. ``at_creation`` is the creating call's member for tags, if it has one; where that
    takes tags by types of resources (EC2's ``TagSpecifications``), ``type_at_creation`` is this
    one's type.
    """

    add: Action | None
    remove: Action | None
    listed: Action | None
    tags: str
    keys: str
    shape: Literal["map", "list"]
    key: str = "Key"
    value: str = "Value"
    at_creation: str | None = None
    type_at_creation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """A resource of a service, by a noun (``Table``), and the operations on it.

    ``create`` binds nothing; its ``places`` say where the *answer* of the creation repeats what it
    was given. ``name`` is the path of the creating call's member that names the resource
    (``TableName``, ``DatabaseInput/Name``), ``token`` the member that makes repeated calls one.
    ``ready`` and ``gone`` are the names of the SDK's waiters that ask the reader whether the
    resource can be used, and whether it is deleted. ``values`` are values that show, by the
    paths of members of which the model does not say what they take. ``identifiers`` are members by
    which reader and listing both show what it is called; ``listed_whole`` that the listing shows
    each in the very structure in which the reader does. ``answered`` is what the answer of the
    creation has to say, as other operations require it. ``missing`` says in words what is not
    known.
    """

    service: str
    noun: str
    source: Source
    create: Action
    read: Action | None = None
    listing: Action | None = None
    updates: tuple[Action, ...] = ()
    delete: Action | None = None
    tagging: Tagging | None = None
    name: str | None = None
    token: str | None = None
    ready: str | None = None
    gone: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    identifiers: tuple[str, ...] = ()
    listed_whole: bool = False
    answered: tuple[Binding, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """``service:Noun``."""
        return f"{self.service}:{self.noun}"

    @property
    def reader(self) -> Action | None:
        """What shows how a resource was made: what reads it, or else what lists it."""
        listing = self.listing if self.listing and self.listing.shown else None
        return self.read or listing

    @property
    def shown_twice(self) -> Mapping[str, tuple[str, str]]:
        """What reader and listing both show of what a creation is given: path → their places."""
        read = self.read.places if self.read else {}
        listed = self.listing.places if self.listing else {}
        return {path: (read[path], listed[path]) for path in read if path in listed}

    @property
    def actions(self) -> Iterator[tuple[Role, Action]]:
        """Every operation on the resource, with what it does there."""
        tagging = self.tagging
        known: tuple[tuple[Role, Action | None], ...] = (
            ("create", self.create),
            ("read", self.read),
            ("delete", self.delete),
            ("tag", tagging.add if tagging else None),
            ("untag", tagging.remove if tagging else None),
            ("tags", tagging.listed if tagging else None),
            *(("update", update) for update in self.updates),
            ("list", self.listing),
        )
        yield from ((role, action) for role, action in known if action is not None)
