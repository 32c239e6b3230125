"""Where the values that an operation requires are listed, guessed from names alone.

A member ``KeyId`` is what ``ListKeys`` lists as ``Keys[].KeyId``; ``Bucket`` is
``Buckets[].Name``; the ``Name`` that ``GetParameter`` takes is that of a parameter.
A guess that misses costs an ``inconclusive``: nothing is judged by it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from botocore.model import ListShape, OperationModel, ServiceModel, Shape, StructureShape

from conformance.spec.patterns import is_readable, matches
from conformance.spec.placeholders import placeholders
from conformance.spec.rules import Place, Resource, Schema
from conformance.spec.values import plain

#: An operation that gets several things, by a plural.
_GETS = re.compile(r"Get[A-Z]\w*[a-rt-z]s$")
_VERB = re.compile(r"^(BatchGet|BatchDescribe|List|Describe|Get|Head|Search|Lookup|Query|Scan)")
#: What names of lists and of their items carry beside the noun itself.
_WRAPPING = re.compile(r"(Summaries|Summary|Descriptions|Description|List|Set|Infos?|Details?)$")
#: What names of later versions of an operation carry.
_VERSION = re.compile(r"(?<=[a-z])V\d+$")
#: What names of identifiers carry after the noun.
_SUFFIX = re.compile(r"(?:_?(Identifier|Id|ID|Name|Arn|ARN|Url|URL|Key))$")
#: Names that do not identify what they name.
_BARE = frozenset({"id", "identifier", "name", "arn", "url", "key", "resource"})
#: Names of lists that hold what the operation is about.
_GENERIC = frozenset({"items", "results", "contents", "entries", "resources"})
#: How names of operations begin that create what another member names.
_CREATES = re.compile(r"^(Create|Submit)(?=[A-Z])")
#: In which order members of an item are taken for its identifier.
_IDENTIFIERS = ("Id", "Arn", "ARN", "Name", "Identifier", "Url")


@dataclass(frozen=True, slots=True)
class _Listed:
    """A list in some answer: the operation, what that takes, the path, and what one item is.

    ``texts`` are the members of an item that hold text, by their names in lower case; of a list of
    texts ``singular`` is what one is called.
    """

    operation: str
    required: frozenset[str]
    path: str
    noun: str
    is_structured: bool
    texts: Mapping[str, str]
    singular: str = ""


def singular(name: str) -> str:
    """A plural's singular, as far as names of AWS go: ``Policies`` → ``Policy``."""
    if name.endswith(_UNCHANGED) and not name.endswith("Apis"):
        return name
    plural, one = next((both for both in _PLURALS if name.endswith(both[0])), ("", ""))
    return name.removesuffix(plural) + one


#: How singulars end that look like plurals.
_UNCHANGED = ("ss", "us", "is", "lias")
#: How plurals end, and their singulars.
_PLURALS = (
    ("ies", "y"),
    ("sses", "ss"),
    ("xes", "x"),
    ("ches", "ch"),
    ("liases", "lias"),
    ("Buses", "Bus"),
    ("s", ""),
)


def _noun(name: str) -> str:
    name = _VERSION.sub("", name)
    stripped = _WRAPPING.sub("", name) or name
    return singular(stripped).lower()


def is_opaque(schema: Schema) -> bool:
    """Whether only the target can say which values a member takes."""
    plain = schema.get("type") == "string" and "enum" not in schema
    return plain and "format" not in schema and "contentEncoding" not in schema


def is_identifier(member: str) -> bool:
    """Whether a member is named as what identifies something: ``EventBusName``, ``KeyIds``."""
    return _SUFFIX.search(singular(member)) is not None or member.lower() in _BARE


def value(member: str, schema: Schema) -> Any:
    """A value of a member for a request: a placeholder where only the target knows one."""
    if is_opaque(schema):
        return {"resource": member}
    if schema.get("type") == "array" and is_opaque(schema.get("items", {})):
        return placeholders(member, schema)
    return plain(schema)


def _lists(shape: Shape | None, path: str = "", depth: int = 0) -> Iterator[tuple[str, ListShape]]:
    if not isinstance(shape, StructureShape):
        return
    for name, member in shape.members.items():
        here = f"{path}.{name}" if path else name
        if isinstance(member, ListShape):
            yield here, member
        elif depth == 0:
            yield from _lists(member, here, 1)


@lru_cache(maxsize=4)
def _listings(service: ServiceModel) -> tuple[_Listed, ...]:
    """Every list that some reading operation of a service answers with."""
    found = []
    for name in service.operation_names:
        several = _GETS.match(name)
        if not several and not re.match(r"(List|Describe)[A-Z]", name):
            continue
        model = service.operation_model(name)
        required = frozenset(model.input_shape.required_members if model.input_shape else ())
        for path, shape in _lists(model.output_shape):
            last = path.rpartition(".")[2]
            subject = _noun(_VERB.sub("", name))
            noun = subject if last.lower() in _GENERIC else _noun(last)
            if several and noun != subject:
                continue  # a part of what it gets
            item = shape.member
            structured = isinstance(item, StructureShape)
            one = singular(last).lower() if item.type_name == "string" else ""
            found.append(_Listed(name, required, path, noun, structured, _texts(item), one))
    return tuple(sorted(found, key=lambda one: len(one.required)))


def _texts(item: Shape) -> Mapping[str, str]:
    if not isinstance(item, StructureShape):
        return {}
    return {name.lower(): name for name, one in item.members.items() if one.type_name == "string"}


def _identifiers(listed: _Listed, suffix: str) -> Iterator[str]:
    """The members of an item that may be its identifier, the likeliest first.

    A security group's ``GroupId`` is its id although it lacks a part of the noun.
    """
    noun, ending = listed.noun, suffix.lower()
    wanted = [ending, noun + ending]
    if ending:
        wanted += [name for name in listed.texts if name in _tails(noun, ending)]
    others = [one.lower() for one in _IDENTIFIERS]
    wanted += [*others, *(noun + one for one in others)]
    for name in wanted:
        if name in listed.texts and (ending != "arn" or name.endswith("arn")):
            yield listed.texts[name]


def _tails(noun: str, ending: str) -> frozenset[str]:
    return frozenset(noun[start:] + ending for start in range(len(noun) - 2))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A member whose values are looked for: its name, the noun it is about, what follows that."""

    member: str
    noun: str
    suffix: str
    bare: bool


def _wanted(member: str, subject: str) -> _Wanted:
    bare = member.lower() in _BARE
    suffix = (_SUFFIX.search(member) or [""])[0].lstrip("_")
    noun = subject if bare else _SUFFIX.sub("", member).lower()
    return _Wanted(member.lower(), noun, member if bare else suffix, bare)


def _score(listed: _Listed, wanted: _Wanted) -> tuple[int, str] | None:
    """How well a list fits a member, and the path of the values; ``None`` where not at all."""
    noun = wanted.noun
    related = bool(noun) and noun.endswith(listed.noun)
    if listed.is_structured:
        same = listed.texts.get(wanted.member)
        if same and not wanted.bare:
            return (100 if related else 60), f"{listed.path}[].{same}"
        if related:
            best = next(_identifiers(listed, wanted.suffix), None)
            if best:
                return (80 if listed.noun == noun else 50), f"{listed.path}[].{best}"
    elif listed.singular:
        last = listed.singular
        if last == wanted.member or (wanted.bare and related):
            return 95, f"{listed.path}[]"
        if related and _SUFFIX.sub("", last) == noun:
            return 70, f"{listed.path}[]"
    return None


_Fitting = Sequence[tuple[_Listed, str]]


@lru_cache(maxsize=4)
def _known(service: ServiceModel) -> dict[_Wanted, _Fitting]:
    """What was found for members of a service: many operations have the same ones."""
    return {}


def _fitting(service: ServiceModel, wanted: _Wanted) -> _Fitting:
    """The lists that fit a member, the likeliest first, with the paths of the values."""
    known = _known(service)
    if wanted not in known:
        found = []
        for order, listed in enumerate(_listings(service)):
            scored = _score(listed, wanted)
            if scored is not None:
                rank = (-scored[0], len(listed.required), len(listed.operation), order)
                found.append((rank, listed, scored[1]))
        found.sort(key=lambda one: one[0])
        known[wanted] = [(listed, path) for _, listed, path in found]
    return known[wanted]


def places(model: OperationModel, member: str) -> tuple[Place, ...]:
    """Where the values of a request member are listed, the likeliest place first."""
    required = frozenset(model.input_shape.required_members)
    wanted = _wanted(member, _noun(_VERB.sub("", model.name)))
    found = []
    for listed, path in _fitting(model.service_model, wanted):
        asks_less = listed.required < required or (
            member not in required and listed.required == required
        )
        if listed.operation != model.name and asks_less:
            found.append((listed.operation, path))
    service = model.service_model.service_name
    return tuple(
        Place(operation=f"{service}:{operation}", path=path) for operation, path in found[:3]
    )


def shown(model: OperationModel, subject: str) -> tuple[Place, ...]:
    """Where the things are listed that an operation is about: ``cluster`` in ``ListClusters``.

    Only listings that need no parameter, and whose items are those things themselves.
    """
    service = model.service_model.service_name
    found = []
    for listed in _listings(model.service_model):
        noun = listed.noun
        if not listed.is_structured:
            noun = _SUFFIX.sub("", singular(listed.path.rpartition(".")[2])).lower()
        if not listed.required and listed.operation != model.name and noun == _noun(subject):
            place = Place(operation=f"{service}:{listed.operation}", path=f"{listed.path}[]")
            found.append((len(listed.operation), place.operation, place))
    return tuple(place for *_, place in sorted(found, key=lambda one: one[:2])[:3])


#: The name of what an operation creates.
NEW_NAME = "aws-conformance-new"


def resources(
    model: OperationModel, request: Schema, *, changing: bool, also: Iterable[str] = ()
) -> dict[str, Resource]:
    """Where each opaque value that a request requires is listed, by the member's name.

    ``also`` are optional members of which that is wanted; where none is listed, any value will do.
    What an operation creates does not exist yet: its name is synthetic, as is a value that is
    listed nowhere.
    """
    found: dict[str, Resource] = {}
    required = request.get("required", ())
    for name in (*required, *also):
        schema = request["properties"][name]
        inner = schema.get("items", {}) if schema.get("type") == "array" else schema
        if not is_opaque(inner):
            continue
        created = changing and _is_created(model, name)
        listed = name if inner is schema else singular(name)
        found_at = () if created else places(model, listed)
        created = created or (changing and _lists_what_is_created(model, name, found_at))
        found_at = () if created else found_at
        any_will_do = None if name in required else plain(inner)
        if name in required and changing and _makes(model):
            any_will_do = _new(inner)  # not every server checks such references
        found[name] = Resource(places=found_at, placeholder=any_will_do)
        if changing and not found_at:
            new = _new(inner)
            # a serial number of a dozen characters is put behind a name
            roomy = inner.get("maxLength", 100) >= len(new) + 12
            unique = new == NEW_NAME and roomy and created
            found[name] = Resource(placeholder=new, unique=unique)
    return found


def _is_created(model: OperationModel, member: str) -> bool:
    """Whether a member names what the operation creates: ``TableName`` of ``CreateTable``."""
    created = _CREATES.sub("", model.name)
    stem = _SUFFIX.sub("", member).lower()
    return created != model.name and (member.lower() == "name" or stem == _noun(created))


def _lists_what_is_created(model: OperationModel, member: str, found: Sequence[Place]) -> bool:
    """Whether a member is the name of what is created, which a part of the noun says: ``KeyName``
    of ``CreateKeyPair`` is listed by key pairs alone.
    """
    created = _noun(model.name.removeprefix("Create"))
    stem = _SUFFIX.sub("", member).lower()
    if not found or not _makes(model) or not member.endswith("Name"):
        return False
    listed = _noun(_VERB.sub("", found[0].operation.partition(":")[2]))
    return listed == created and (created.startswith(stem) or created.endswith(stem))


def _makes(model: OperationModel) -> bool:
    """Whether an operation creates something, by its name."""
    return bool(model.name.startswith("Create"))


def _new(schema: Schema) -> str:
    fits = schema.get("minLength", 0) <= len(NEW_NAME) <= schema.get("maxLength", 1000)
    pattern = schema.get("pattern", ".*")
    fits = fits and is_readable(pattern) and matches(pattern, NEW_NAME, whole=True) is True
    return NEW_NAME if fits else str(plain(schema))
