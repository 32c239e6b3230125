"""Members that a request may name in place of each other, on a target that refuses one of them.

Where a document offers ``InstanceId`` or ``TargetArn``, cases that are about neither build on the
one that was accepted. Nothing here sends.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from conformance.generation.plans import Call, Case, Step
from conformance.spec.operation import Operation, Params
from conformance.spec.placeholders import placeholder_name
from conformance.spec.rules import (
    Accepts,
    Combine,
    Constraint,
    Exclusive,
    Filter,
    Found,
    Selects,
    Unknown,
)

_Step = TypeVar("_Step", Step, Call | None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """Members that a target refuses, and what it accepts in their place."""

    members: frozenset[str]
    params: Params


def chosen(operation: Operation, params: Params) -> tuple[frozenset[str], ...]:
    """Which of the members that go in place of each other a request holds."""
    return tuple(
        members for group in operation.alternatives for members in group if members <= params.keys()
    )


def refused(
    operation: Operation, tried: Sequence[Params], accepted: Sequence[Params], baseline: Params
) -> tuple[Instead, ...]:
    """What no ``accepted`` request holds of all that were ``tried``, with the baseline's own."""
    found = []
    for group in operation.alternatives:
        own = next((members for members in group if members <= baseline.keys()), frozenset())
        for members in group:
            holds = [one for one in tried if members <= one.keys()]
            if own and holds and not any(members <= one.keys() for one in accepted):
                values = {name: baseline[name] for name in own}
                found.append(Instead(members=members, params=values))
    return tuple(found)


def beside(operation: Operation, params: Params, given: Params) -> Params:
    """Of ``given`` what goes beside a request: nothing that is in place of what it holds."""
    instead = {
        name
        for group in operation.alternatives
        if any(members <= params.keys() for members in group)
        for members in group
        for name in members - params.keys()
    }
    return {name: value for name, value in given.items() if name not in instead}


def on_accepted(
    operation: Operation,
    case: Case,
    refused: Iterable[Instead],
    known: Callable[[str], Sequence[str]],
) -> Case:
    """The same case without members that the target refuses, unless it is about them.

    ``known`` are the values of a member that the case may hold just to be complete.
    """
    for one in refused:
        if not any(_is_about(operation, case, name) for name in one.members):
            case = replace(
                case,
                steps=tuple(_swapped(operation, step, one, known) for step in case.steps),
                valid_control=_swapped(operation, case.valid_control, one, known),
                invalid_control=_swapped(operation, case.invalid_control, one, known),
            )
    return case


def _is_about(operation: Operation, case: Case, member: str) -> bool:
    """Whether a case tries a member, by its clause."""
    path = case.clause.split("/", 1)[1]
    if path.startswith(f"request/{member}/"):
        return True
    match operation.rule(case.clause):
        case Constraint(schema=schema):
            return member in _names(schema)
        case Filter(member=filtered) | Exclusive(member=filtered) | Selects(member=filtered):
            return member == filtered
        case Combine(members=members):
            return member in members
        case Accepts() | Unknown() | Found():
            return True
    return False


def _names(schema: Any) -> set[str]:
    """Every text in a schema, member names included."""
    if isinstance(schema, str):
        return {schema}
    if isinstance(schema, Mapping):
        return {*schema}.union(*(_names(inner) for inner in schema.values()))
    if isinstance(schema, list | tuple):
        return set().union(*(_names(inner) for inner in schema))
    return set()


def _swapped(
    operation: Operation, step: _Step, one: Instead, known: Callable[[str], Sequence[str]]
) -> _Step:
    if step is None or not one.members <= step.set.keys() or one.params.keys() & step.set.keys():
        return step
    if not all(_is_usual(operation, name, step.set[name], known) for name in one.members):
        return step
    kept = {name: value for name, value in step.set.items() if name not in one.members}
    return replace(step, set={**kept, **one.params})


def _is_usual(
    operation: Operation, name: str, value: Any, known: Callable[[str], Sequence[str]]
) -> bool:
    """Whether a value only names something that the target has."""
    if isinstance(value, Mapping):
        whole = value.keys() <= {"resource", "rank", "wrap"}
        return whole and placeholder_name(value, operation.resources) == name
    return value in known(name) or value == operation.resources[name].placeholder
