"""What the documentation of members says that their shapes do not: what else names a resource, what
is not always shown, and that a listing selects by the time of creation. It sends nothing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from botocore.model import ListShape, Shape

from conformance.spec.lifecycles.creation import Creation, Described
from conformance.spec.lifecycles.lifecycle import Binding, CreatedWithin
from conformance.spec.lifecycles.members import at as member_at
from conformance.spec.lifecycles.members import is_scalar, is_text, joined, members
from conformance.spec.lifecycles.names import folded, nouns, one_of, split

_MARKUP = re.compile(r"<[^>]*>|\s+")
_ARN = r"(?:ARNs?|Amazon Resource Names?(?: \(ARNs?\))?)"
_OTHER = r"(?:[Nn]ames?|IDs?|\w*Id|[Ii]dentifiers?(?: \(\w+\))?)"
_BETWEEN = r",? (?:[\w'()]+ ){0,6}?or (?:[\w'()]+ ){0,4}?"
#: How it is said that a member takes an ARN as well as something shorter.
_EITHER = re.compile(
    rf"\b{_OTHER}{_BETWEEN}{_ARN}\b|\b{_ARN}{_BETWEEN}{_OTHER}\b"
    rf"|\bcan also (?:provide|specify|use) (?:the|an|its) {_ARN}"
)
#: How it is said that it does not everywhere.
_NOT_HERE = re.compile(r"cannot contain|not supported|only when|except")


def forms(
    creation: Creation,
    request: Mapping[str, Shape],
    bindings: Sequence[Binding],
    shown: Described | None,
) -> Iterator[Binding]:
    """What else a request takes to name the resource: its ARN for its name, and the reverse."""
    for one in bindings:
        if not creation.is_own(one.member) or split(one_of(one.member))[1] == "arn":
            continue
        shape = request[one.member]
        inner = shape.member if isinstance(shape, ListShape) else shape
        said = _MARKUP.sub(" ", f"{shape.documentation} {inner.documentation}")
        either = _EITHER.search(said.replace("  ", " "))
        if either is None or _NOT_HERE.search(said):
            continue
        bound = split(one.path.removesuffix("[0]").rpartition(".")[2])[1]
        short = "name" if "name" in either[0].replace("Resource Name", "").lower() else "id"
        found = next(_known(creation, short if bound == "arn" else "arn", shown), None)
        if found is not None:
            yield replace(found, member=one.member, is_list=one.is_list)


def _known(creation: Creation, kind: str, shown: Described | None) -> Iterator[Binding]:
    """Where an identifier of the resource is known from: the answer, the request, the reader."""
    names = {kind, *(noun + kind for noun in creation.nouns)}
    for leaf in creation.answered:
        if folded(leaf.name) in names and is_text(leaf.shape):
            yield Binding(member="", origin="response", path=leaf.path)
    for leaf, required in creation.requested:
        if folded(leaf.name) in names and is_text(leaf.shape) and required:
            yield Binding(member="", origin="request", path=leaf.path)
    for name, shape in members(shown.shape).items() if shown else ():
        if folded(name) in names and is_text(shape):
            yield Binding(member="", origin="read", path=joined("", name))


#: How it is said that a member means nothing for some resources.
_CONDITIONAL = re.compile(r"\b(?:does(?:n't| not)|do(?:n't| not)) apply|\bignore[sd]?\b")


def conditional(request: Mapping[str, Shape]) -> Iterator[str]:
    """The members that do not apply to every resource that a request may be about."""
    for name, shape in request.items():
        if _CONDITIONAL.search(shape.documentation):
            yield name


#: How it is said that an answer has a member at times only, but for who may not see it.
_AT_TIMES = re.compile(
    r"\b(?:returns?|returned|shown|present|included|appears?)\b[^.]{0,30}?"
    r"\b(?:only (?:when|if|for|by)|except)\b"
    r"|\bonly (?:be )?(?:returned|shown|present|included)\b"
    r"|(?:\bnot|n't) (?:be )?(?:return(?:s|ed)?|shown|included in the (?:output|response))\b"
)
#: One of these is in whatever says so.
_LIMITING = ("only", "except", "not", "n't")
_FOR_WHOM = re.compile(r"[^.]*\bpermissions?\b[^.]*")


def at_times(shown: Shape, places: Iterable[str]) -> Iterator[str]:
    """The places of single values within what is shown that are said to be there at times only."""
    for place in places:
        shape = member_at(shown, place.replace("[]", "[0]"))
        if shape is None or not is_scalar(shape):
            continue
        if any(word in shape.documentation for word in _LIMITING):
            said = _MARKUP.sub(" ", shape.documentation).replace("  ", " ")
            if _AT_TIMES.search(_FOR_WHOM.sub("", said)):
                yield place


# ------------------------------------------------------------ times

#: Members of listings by which what was created in a time is asked for.
_NAMED = re.compile(r"creat(?:ed|ion)\w*?(after|before)$")
_SAID = re.compile(r"\bcreated\b[^.]{0,40}?\b(after|before)\b", re.IGNORECASE)
_CREATED = re.compile(r"creat(?:ed|ion|e)?(?:at|on|date|time|timestamp|datetime)?")


def created(request: Mapping[str, Shape], shown: Described, noun: str) -> CreatedWithin | None:
    """How a listing is asked by the time of creation; ``None`` where it is not, or shows none."""
    known: dict[str, str] = {}
    for name, shape in request.items():
        if shape.type_name == "timestamp":
            said = _MARKUP.sub(" ", shape.documentation)
            if found := _NAMED.search(folded(name)) or _SAID.search(said):
                known.setdefault(found[1].lower(), name)
    place = _creation_time(shown, noun)
    if not known or place is None:
        return None
    return CreatedWithin(place=place, since=known.get("after", ""), until=known.get("before", ""))


def _creation_time(shown: Described, noun: str) -> str | None:
    own = sorted(nouns(noun), key=len, reverse=True)
    for name, shape in members(shown.shape).items():
        bare = folded(name)
        bare = next((bare.removeprefix(one) for one in own if bare.startswith(one)), bare)
        if shape.type_name == "timestamp" and _CREATED.fullmatch(bare):
            return joined("", name)
    return None
