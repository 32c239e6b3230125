"""What people write down about an operation beside its schemas, as types.

Rules that a page states in prose, and what a tester has to know to try an operation: where
values are listed, valid requests to start from. Each kind is parsed once, from a document by
``documents`` or out of a model by ``sdk_models``. It knows no operation and no case.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar, get_origin

from conformance.errors import DocumentError
from conformance.spec.levels import Level

Schema = Mapping[str, Any]
Params = Mapping[str, Any]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One promise that no schema states; ``kind`` is the name of its type in documents."""

    kind: ClassVar[str]

    id: str
    level: Level
    section: str
    promise: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint(Rule):
    """Every valid request meets a JSON Schema over the request's members.

    ``accepted`` says whether it is stated that the valid examples are accepted; else they are no
    more than what the invalid ones are compared with.
    """

    kind: ClassVar[str] = "constraint"

    schema: Schema
    valid: tuple[Params, ...]
    invalid: tuple[Params, ...]
    accepted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepts(Rule):
    """Certain requests are accepted."""

    kind: ClassVar[str] = "accepts"

    examples: tuple[Params, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Rule):
    """Every listed item has a relation to the value of a member.

    ``field`` is a jmespath within an item (``None``: the item itself), ``default`` the value
    of an absent member, ``companion`` another member that the relation needs.
    """

    kind: ClassVar[str] = "filter"

    member: str
    relation: str
    field: str | None = None
    template: str = "{}"
    default: Any = None
    companion: str | None = None
    examples: tuple[Params, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusive(Rule):
    """No item is listed for two values of a member."""

    kind: ClassVar[str] = "exclusive"

    member: str
    examples: tuple[Params, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Combine(Rule):
    """Of several filters at once all hold."""

    kind: ClassVar[str] = "combine"

    members: tuple[str, ...]
    examples: tuple[Params, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown(Rule):
    """A request that names what does not exist is answered with an error.

    ``seen`` are statuses that real responses had instead.
    """

    kind: ClassVar[str] = "unknown"

    params: Params
    status: int | None = None
    error: str | None = None
    seen: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found(Rule):
    """An item is found by its identifier, at the jmespath ``result`` of the response.

    ``listing`` is the operation that lists it, ``equal`` whether both show the same
    members. Without a listing ``member`` is the member of the item that repeats the identifier.
    """

    kind: ClassVar[str] = "found"

    params: Params
    result: str
    listing: str | None = None
    equal: bool = False
    member: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Selects(Rule):
    """A response shows of certain parts only those that a member selects.

    ``where`` is a jmespath within the response at which the parts are, ``parts`` what each value of
    the member is called there. ``everything`` are values that select all parts. With ``adding`` a
    request without the member selects none.
    """

    kind: ClassVar[str] = "selects"

    member: str
    where: str
    parts: Mapping[str, str]
    everything: tuple[str, ...] = ()
    adding: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where values are listed: an operation, and a jmespath within its response."""

    operation: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Values that only a target knows, and where it lists them.

    ``placeholder`` is tried where it lists none; ``unknown`` is well-formed and belongs to
    nothing. ``percent_encoded`` values are decoded before use. An operation creates what is
    called by a ``unique`` name: each call needs a new one.
    """

    places: tuple[Place, ...] = ()
    percent_encoded: bool = False
    placeholder: str | None = None
    unknown: str | None = None
    unique: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A valid call, by name.

    ``sampled``: it follows from a sample, and need not be accepted everywhere; ``printed``: it
    names things that a target need not have.
    """

    name: str
    params: Params
    sampled: bool = False
    printed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UnspecifiedRequest:
    """A request whose response nothing specifies; ``raw_path`` is sent as it is."""

    id: str
    reason: str
    params: Params
    raw_path: str | None = None


#: The kinds of rules, with their keys in documents beside the common ones and the fields these
#: are. A kind whose own key is not among them holds its fields below it, by their own names.
_RULES: Mapping[type[Rule], Mapping[str, str]] = {
    Constraint: {"constraint": "schema", "kept": "valid", "broken": "invalid"},
    Accepts: {"accepts": "examples"},
    Filter: {"try": "examples"},
    Exclusive: {"try": "examples"},
    Combine: {"try": "examples"},
    Unknown: {},
    Found: {},
    Selects: {},
}
_COMMON = frozenset({"id", "level", "section", "promise"})


def parse_rule(raw: Mapping[str, Any]) -> Rule:
    """One rule of a document.

    Raises :class:`DocumentError` for a rule of no kind and for a key that its kind does not have.
    """
    name = f"rule {raw.get('id', 'without an id')}"
    cls = next((cls for cls in _RULES if cls.kind in raw), None)
    if cls is None:
        raise DocumentError(f"The {name} is none of {', '.join(one.kind for one in _RULES)}.")
    keys = _RULES[cls]
    values: dict[str, Any] = {}
    for key, value in raw.items():
        if key in _COMMON:
            values[key] = value
        elif key in keys:
            values[keys[key]] = value
        elif key == cls.kind:
            values |= value
        else:
            raise DocumentError(f"The {name}, which is of kind {cls.kind}, takes no {key!r}.")
    return build(cls, {**values, "level": Level(values["level"])}, name)


def build(cls: type[_T], values: Mapping[str, Any], name: str) -> _T:
    """An instance of a dataclass, with lists as tuples where it wants those.

    Raises :class:`DocumentError` for a value that it has no field for.
    """
    wanted = {field.name: field.type for field in fields(cls)}  # type: ignore[arg-type]
    for key in values.keys() - wanted.keys():
        raise DocumentError(f"The {name} takes no {key!r}.")
    return cls(
        **{
            key: tuple(one) if get_origin(wanted[key]) is tuple else one
            for key, one in values.items()
        }
    )
