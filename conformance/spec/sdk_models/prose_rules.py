"""Which members of a request go together, as far as the SDK's documentation of them says so.

Only whole sentences of a few regular forms are read, and only where everything they name is a
member: "You can't specify both A and B", "You must specify either A or B, but not both", "A and B
are mutually exclusive". What holds under a condition states nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from botocore.model import OperationModel

from conformance.spec.levels import LEVELS, SourceKind
from conformance.spec.operation import Pagination
from conformance.spec.rules import Baseline, Constraint, Params, Resource, Rule, Schema
from conformance.spec.sdk_models.discovery import value
from conformance.spec.sdk_models.prose import statements

_HINT = re.compile(
    r"both|either|mutually|exclusive|together|ed with|use this|same (?:request|time|call|operation)"
)
_SENTENCE = re.compile(r"(?<=[.;])\s+(?=[A-Z`\[(])")


@dataclass(frozen=True, slots=True)
class Together:
    """What is stated of members: at most one of them is given, or at least one, or exactly one."""

    members: tuple[str, ...]
    most: bool
    least: bool


_NAME = r"(?:the )?`?(\w+)`?(?: (?:parameters?|fields?|members?|propert(?:y|ies)|options?))?"
_THIS = r"(?:this(?: (?:parameter|field|member|property|option|value))?|it)"
_LABEL = re.compile(r"^(?:Conditions?|Conditional|Constraints?|Note|Restrictions?):?\s+", re.I)
_CANNOT = r"(?:can't|cannot|can not|may not|must not)"
_GIVEN = r"(?:specif(?:y|ied)|use|used|provide|provided|set|include|included|supplied|supply)"
_SAME = (
    r"(?:,? ?(?:in|for|at|with|within) (?:the same|a single|one|your) (?:request|time|call"
    r"|operation|API call))?"
)
_END = rf"{_SAME}(?: parameters?| fields?| together)?[.;]?"
#: Forms of which both groups are names, or the first is the member that the text is about.
_NOT_BOTH = tuple(
    re.compile(form, re.I)
    for form in (
        (
            rf"(?:you )?(?:{_CANNOT}|do not|don't) {_GIVEN} (?:values for )?both {_NAME}"
            rf" and {_NAME}{_END}"
        ),
        (
            rf"(?:you )?{_CANNOT} {_GIVEN} {_NAME} and {_NAME}"
            r" (?:together|in the same \w+|at the same time)[.;]?"
        ),
        (
            rf"(?:both )?{_NAME} and {_NAME} {_CANNOT} be {_GIVEN}"
            r" (?:together|in the same \w+|at the same time)[.;]?"
        ),
        rf"{_NAME} {_CANNOT} be {_GIVEN} (?:together )?with {_NAME}{_END}",
        rf"(?:you )?{_CANNOT} {_GIVEN} {_NAME} (?:together )?with {_NAME}{_END}",
    )
)
_NOT_WITH = tuple(
    re.compile(form, re.I)
    for form in (
        rf"(?:{_THIS} )?{_CANNOT} be {_GIVEN} (?:together )?with {_NAME}{_END}",
        rf"(?:you )?{_CANNOT} {_GIVEN} {_THIS} (?:together )?with {_NAME}{_END}",
        rf"(?:you )?{_CANNOT} {_GIVEN} both {_THIS} and {_NAME}{_END}",
        rf"(?:{_THIS} is )?mutually exclusive with {_NAME}[.;]?",
    )
)
_NAMES = r"((?:(?:the )?`?\w+`?,? (?:and |or )?){1,5}(?:the )?`?\w+`?)"
_EXCLUSIVE = re.compile(
    rf"(?:the (?:parameters|fields|options) )?{_NAMES}(?: (?:parameters|fields|options))?"
    r" are mutually exclusive[.;]?",
    re.I,
)
_EITHER = re.compile(
    rf"(?:you )?must {_GIVEN} either (?:(?:a|an) )?{_NAME},? or (?:(?:a|an) )?{_NAME}"
    rf"(?P<not>,? but (?:not both|you {_CANNOT} {_GIVEN} both))?(?P<both>,? or both)?{_END}",
    re.I,
)
_EITHER_THIS = re.compile(
    rf"(?:you )?must {_GIVEN} either {_THIS} or (?:(?:a|an) )?{_NAME}"
    rf"(?P<not>,? but (?:not both|you {_CANNOT} {_GIVEN} both))?(?P<both>,? or both)?{_END}",
    re.I,
)
_WORDS = re.compile(r"\w+")
_FILLING = frozenset({"and", "or", "the"})


def together(documentation: Mapping[str, str]) -> tuple[Together, ...]:
    """What the texts of an operation's members state of several of them, without repeats.

    Members that one text says are alternatives and another may be given with both are left out.
    """
    names = {name.lower(): name for name in documentation}
    found: dict[Together, None] = {}
    for member, text in documentation.items():
        if _HINT.search(text):
            found |= dict.fromkeys(_stated(member, text, names))
    return tuple(found)


def _stated(member: str, text: str, names: Mapping[str, str]) -> Iterator[Together]:
    for one in statements(text):
        if len(one.headings) > 1:
            continue
        for sentence in _SENTENCE.split(one.text):
            for said in _of(member, _LABEL.sub("", sentence)):
                known = [names.get(name.lower()) for name in said.members]
                if None not in known and len(set(known)) == len(known):
                    members = tuple(sorted(name for name in known if name))
                    yield Together(members, said.most, said.least)


def _of(member: str, sentence: str) -> Iterator[Together]:
    for form in _NOT_BOTH:
        if match := form.fullmatch(sentence):
            yield Together((match[1], match[2]), most=True, least=False)
            return
    for form in _NOT_WITH:
        if match := form.fullmatch(sentence):
            yield Together((member, match[1]), most=True, least=False)
            return
    if match := _EXCLUSIVE.fullmatch(sentence):
        listed = [name for name in _WORDS.findall(match[1]) if name.lower() not in _FILLING]
        for pair in combinations(listed, 2):
            yield Together(pair, most=True, least=False)
        return
    if match := _EITHER_THIS.fullmatch(sentence):
        yield Together((member, match[1]), most=bool(match["not"]), least=True)
    elif match := _EITHER.fullmatch(sentence):
        yield Together((match[1], match[2]), most=bool(match["not"]), least=True)


# ---------------------------------------------------------------- of an operation


def stated_together(
    model: OperationModel, request: Schema, paging: Pagination | None
) -> tuple[Together, ...]:
    """What the documentation of an operation's members states of several of them.

    What is required, and what pages a listing, is no alternative to anything.
    """
    if model.input_shape is None:
        return ()
    tokens = {member for member, _ in paging.tokens} if paging else set()
    apart = tokens | {"Marker", "NextToken", "nextToken"} | set(request.get("required", ()))
    members = model.input_shape.members
    stated = together({name: members[name].documentation for name in request["properties"]})
    return tuple(one for one in stated if apart.isdisjoint(one.members))


def combined(
    stated: Sequence[Together],
    request: Schema,
    resources: Mapping[str, Resource],
    bare: Params,
) -> tuple[tuple[Rule, ...], tuple[Baseline, ...]]:
    """The rules that follow from what is stated, and the valid calls to try.

    ``bare`` is the call with what is required alone. Where it needs one of several members more,
    those come first of which the target can be asked for a value.
    """
    members = request["properties"]
    rules: dict[str, Rule] = {}
    calls = {"plain": bare}
    for one in stated:
        for rule in _rules(one, members, bare):
            rules.setdefault(rule.id, rule)
        if one.least:
            order = sorted(one.members, key=lambda name: not _is_known(name, resources))
            added = {f"with-{name}": {**bare, name: _given(name, members)} for name in order}
            calls = {**added, **calls}
    return tuple(rules.values()), tuple(Baseline(name=name, params=calls[name]) for name in calls)


def _given(name: str, members: Mapping[str, Schema]) -> Any:
    return value(name, members[name])


def _is_known(name: str, resources: Mapping[str, Resource]) -> bool:
    return name not in resources or bool(resources[name].places)


def _rules(one: Together, members: Mapping[str, Schema], bare: Params) -> Iterator[Constraint]:
    level = LEVELS["a constraint that prose states"][SourceKind.PROSE]
    given = {name: _given(name, members) for name in one.members}
    section = f"the SDK's documentation of {' and '.join(one.members)}"
    named = "-".join(one.members)
    valid = tuple({**bare, name: given[name]} for name in one.members)
    if one.most:
        yield Constraint(
            id=f"not-both-{named}",
            level=level,
            section=section,
            promise=f"{' and '.join(one.members)} are not given together",
            schema={"not": {"required": list(one.members)}},
            valid=valid,
            invalid=({**bare, **given},),
            accepted=False,
        )
    if one.least:
        yield Constraint(
            id=f"either-{named}",
            level=level,
            section=section,
            promise=f"{' or '.join(one.members)} is given",
            schema={"anyOf": [{"required": [name]} for name in one.members]},
            valid=valid,
            invalid=(bare,),
            accepted=False,
        )
