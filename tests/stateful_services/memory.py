"""Things that were made, and what the operations on them do, without any wire.

It knows no clause and no story. What dialects and faults do differently are the methods of
:class:`Manner`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

Members = dict[str, Any]


class Refused(Exception):  # noqa: N818 - it is a response
    """A client error, by its status and type."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass(eq=False)
class Thing:
    """One thing: what requests call it, what it was given, its tags, when it was made.

    ``looks`` is how often it was looked for since it was made or deleted.
    """

    id: str
    given: Members
    tags: dict[str, str] = field(default_factory=dict)
    number: int = 0
    looks: int = 0
    deleted: bool = False
    part: Any = None


class Manner:
    """How things are remembered: plainly. Its subclasses do one thing otherwise."""

    #: The status of the error for what is not there; ``None``: the resource's own.
    unknown_status: ClassVar[int | None] = None
    #: What a creation does whose name is taken: ``refused``, ``first`` or ``second``;
    #: empty: what the resource does.
    duplicate: ClassVar[str] = ""
    forgets_tokens: ClassVar[bool] = False
    shares_ids: ClassVar[bool] = False
    forgives_deletions: ClassVar[bool] = False
    #: Whether a deletion that is called idempotent is.
    repeats_deletions: ClassVar[bool] = True
    #: Whether a name may be given as the ARN of that name, where the resource allows it.
    takes_arns: ClassVar[bool] = True
    #: The error for a reference to what is not there; ``None``: the resource's own.
    unknown_reference: ClassVar[tuple[int, str] | None] = None
    #: What becomes of a change of what is not there: ``refused``, ``welcome``, ``failure``, or
    #: ``preferred``: welcome, where that of what is there is refused.
    strangers: ClassVar[str] = "refused"
    #: How many items a page holds; 0 for all.
    page: ClassVar[int] = 0

    def takes(self, given: Members) -> Members:
        """What is kept of the members that describe a thing."""
        return given

    def tagged_at_creation(self, tags: dict[str, str]) -> dict[str, str]:
        """The tags that a new thing has."""
        return tags

    def changes(self, thing: Thing, given: Members) -> None:
        """Update a thing."""
        thing.given = {**thing.given, **given}

    def tags(self, thing: Thing, others: Sequence[Thing], tags: dict[str, str]) -> None:
        """Add tags to a thing."""
        thing.tags = {**thing.tags, **tags}

    def untags(self, thing: Thing, keys: Sequence[str]) -> None:
        """Remove tags from a thing."""
        thing.tags = {key: value for key, value in thing.tags.items() if key not in keys}

    def shows_tags(self, thing: Thing) -> dict[str, str]:
        """The tags as they are listed."""
        return thing.tags

    def deletes(self, things: list[Thing], thing: Thing) -> None:
        """Delete a thing."""
        things.remove(thing)

    def is_there(self, known: bool) -> bool:
        """Whether what a request refers to is taken to be there."""
        return known

    def asks(self, params: Members) -> None:
        """Look at what a reading request has. Raises :class:`Refused`."""

    def is_within(self, made: float, since: float, until: float) -> bool:
        """Whether what was made at a moment is listed for a time."""
        return since <= made < until

    def is_found(self, thing: Thing) -> bool:
        """Whether a reader shows a thing."""
        return True

    def lists(self, things: Sequence[Thing]) -> Sequence[Thing]:
        """The things that a listing shows."""
        return things

    def creates(self, answer: Members) -> Members:
        """What a creation answers."""
        return answer

    def read(self, shown: Members) -> Members:
        """A thing as the reader describes it."""
        return shown

    def listed(self, shown: Members) -> Members:
        """A thing as the listing describes it."""
        return shown

    def attaches(self, thing: Thing, part: Any) -> None:
        """Put a part to a thing, in the place of another one."""
        thing.part = part

    def detaches(self, thing: Thing) -> None:
        """Take the part of a thing away, if it has one."""
        thing.part = None

    def has(self, shown: Any, wanted: Sequence[str]) -> bool:
        """Whether what a thing shows is one of the values that a filter is asked for."""
        return shown is not None and _as_text(shown) in wanted

    def begins(self, shown: str, wanted: str) -> bool:
        """Whether what a thing shows begins as a listing is asked for."""
        return shown.startswith(wanted)

    def chooses(self, answers: Sequence[bool]) -> bool:
        """Whether a thing is listed, by what it answers to each filter."""
        return all(answers)

    def shows(self, members: Members, given: Members, thing: Thing) -> Members:
        """How a thing is described: ``members``, of which it was ``given`` some."""
        return members

    def shows_missing(self, resource: "Resource") -> Members | None:
        """What a reader answers for what is not there; ``None`` for an error."""
        return None


class Resource:
    """A kind of things. Its subclasses say what their requests and responses are called."""

    service: ClassVar[str]
    protocol: ClassVar[str | None] = None
    noun: ClassVar[str]
    #: Operation → what it does here, a method.
    verbs: ClassVar[Mapping[str, str]]
    unknown: ClassVar[tuple[int, str]]
    #: Operations that list what it belongs to.
    parents: ClassVar[Sequence[str]] = ()
    #: The error of a second thing of the same name; ``None`` where the first one is answered.
    duplicate: ClassVar[tuple[int, str] | None] = None
    #: The member that makes repeated creations one.
    token: ClassVar[str] = ""
    #: The member that takes tags at creation.
    tags_member: ClassVar[str] = "Tags"
    #: The member that names the state, and the word for what is being deleted.
    state: ClassVar[tuple[str, str]] = ("", "")
    #: What a thing has that was given nothing.
    defaults: ClassVar[Members] = {}
    #: The members that page a listing: of the request, and of the response.
    paging: ClassVar[tuple[str, str]] = ("NextToken", "NextToken")

    def __init__(self, manner: Manner) -> None:
        self.manner = manner
        self.things: list[Thing] = []
        self._count = 0
        self._tokens: dict[Any, Thing] = {}
        self.begin()

    def begin(self) -> None:
        """Make what is there before the first request."""

    def answer(self, operation: str, params: Members) -> Members:
        """The members of a response. Raises :class:`Refused`."""
        verb = self.verbs.get(operation)
        if verb is None:
            raise Refused(400, "UnknownOperationException")
        act: Callable[[Members], Members] = getattr(self, verb)
        strangers = self.manner.strangers if verb in _CHANGES else "refused"
        try:
            done = act(params)
        except Refused:
            if strangers == "refused":
                raise
            if strangers == "failure":
                raise Refused(500, "InternalError") from None
            return {}
        if strangers == "preferred":
            raise self._unknown()
        return done

    # -------------------------------------------------------- what a subclass says

    def new_id(self, params: Members, number: int) -> str:
        """What a new thing is called."""
        raise NotImplementedError

    def asked(self, params: Members) -> Sequence[str]:
        """The things that a request is about; none for all."""
        raise NotImplementedError

    def created(self, thing: Thing) -> Members:
        """The response of the creation."""
        return {}

    def one(self, shown: Members, thing: Thing) -> Members:
        """The response of the reader."""
        return shown

    def several(self, shown: Sequence[Members], things: Sequence[Thing]) -> Members:
        """The response of the listing."""
        raise NotImplementedError

    def own(self, thing: Thing) -> Members:
        """What a description has that nobody gave."""
        return {}

    def as_tags(self, tags: Mapping[str, str]) -> Any:
        """Tags as a response has them."""
        return [{"Key": key, "Value": value} for key, value in tags.items()]

    def fits(self, thing: Thing, params: Members) -> Sequence[bool]:
        """What a thing answers to each filter of a listing's request."""
        return []

    def placed(self, given: Members) -> Members:
        """Where a description shows what was given, where that is elsewhere."""
        return given

    # -------------------------------------------------------- what the operations do

    def make(self, params: Members) -> Members:
        """Create one."""
        token = params.pop(self.token, None) if self.token else None
        if token in self._tokens and not self.manner.forgets_tokens:
            return self.created(self._tokens[token])
        tags = self.manner.tagged_at_creation(_as_map(params.pop(self.tags_member, None)))
        number = 0 if self.manner.shares_ids else self._count
        name = self.new_id(params, number)
        first = next((one for one in self.things if one.id == name and not one.deleted), None)
        if first is not None and not self.manner.shares_ids:
            manner = self.manner.duplicate or ("refused" if self.duplicate else "first")
            if manner == "refused":
                raise Refused(*(self.duplicate or (409, "ConflictException")))
            if manner == "first":
                return self.created(first)
        self._count += 1
        thing = Thing(id=name, given=self.manner.takes(params), tags=tags, number=self._count)
        self.things.append(thing)
        if token is not None:
            self._tokens[token] = thing
        return self.manner.creates(self.created(thing))

    def read(self, params: Members) -> Members:
        """Describe one."""
        self.manner.asks(params)
        (name,) = self.asked(params)
        try:
            thing = self.find(name)
            thing.looks += 1
            if not self.manner.is_found(thing):
                raise self._unknown()
        except Refused:
            empty = self.manner.shows_missing(self)
            if empty is None:
                raise
            return empty
        return self.one(self.manner.read(self.shown(thing)), thing)

    def list(self, params: Members) -> Members:
        """Describe all, or those asked for."""
        self.manner.asks(params)
        names = self.asked(params)
        things = list(self.manner.lists(self.things))
        if names:
            things = [self.find(name) for name in names]
            for thing in things:
                thing.looks += 1
            things = [thing for thing in things if self.manner.is_found(thing)]
        things = [one for one in things if self.manner.chooses(self.fits(one, params))]
        into, out = self.paging
        start = int(params.get(into) or 0)
        end = start + self.manner.page if self.manner.page else len(things)
        found = things[start:end]
        answer = self.several([self.manner.listed(self.shown(one)) for one in found], found)
        return {**answer, **({out: str(end)} if end < len(things) else {})}

    def change(self, params: Members) -> Members:
        """Update one."""
        (name,) = self.asked(params)
        self.manner.changes(self.find(name), self.manner.takes(self.described(params)))
        return {}

    def delete(self, params: Members) -> Members:
        """Delete those asked for."""
        for name in self.asked(params):
            try:
                thing = self.find(name)
            except Refused:
                if not self.manner.forgives_deletions:
                    raise
                continue
            thing.looks = 0
            self.manner.deletes(self.things, thing)
        return {}

    def tag(self, params: Members) -> Members:
        """Add tags."""
        (name,) = self.asked(params)
        thing = self.find(name)
        others = [one for one in self.things if one is not thing]
        self.manner.tags(thing, others, _as_map(params.get("Tags") or params.get("tags")))
        return {}

    def untag(self, params: Members) -> Members:
        """Remove tags."""
        (name,) = self.asked(params)
        keys = params.get("TagKeys") or list(_as_map(params.get("Tags")))
        self.manner.untags(self.find(name), keys)
        return {}

    def list_tags(self, params: Members) -> Members:
        """List the tags of one."""
        (name,) = self.asked(params)
        return {"Tags": self.as_tags(self.manner.shows_tags(self.find(name)))}

    # -------------------------------------------------------- things

    def find(self, name: str) -> Thing:
        """The thing of a name. Raises :class:`Refused`."""
        for thing in self.things:
            if thing.id == name:
                return thing
        raise self._unknown()

    def _unknown(self) -> Refused:
        status, code = self.unknown
        return Refused(self.manner.unknown_status or status, code)

    def described(self, params: Members) -> Members:
        """What of a request describes a thing, without what names it."""
        return params

    def shown(self, thing: Thing) -> Members:
        """A thing as it is described."""
        given = self.placed(thing.given)
        whole = {**self.defaults, **given, **self.own(thing)}
        if thing.deleted and self.state[0]:
            whole[self.state[0]] = self.state[1]
        return self.manner.shows(whole, given, thing)


#: What changes a thing that has to be there.
_CHANGES = frozenset({"change", "tag", "untag"})


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _as_map(tags: Any) -> dict[str, str]:
    """Tags as one map, from any way of giving them."""
    if isinstance(tags, Mapping):
        return dict(tags)
    found: dict[str, str] = {}
    for one in tags or ():
        if "Key" in one:
            found[one["Key"]] = one.get("Value", "")
        else:
            found |= _as_map(one.get("Tags"))
    return found
