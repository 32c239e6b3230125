"""Requests as cases plan them, with a plain value wherever only a target would know one."""

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.generation.clauses import clauses
from conformance.generation.plans import Call, Case, Expect
from conformance.spec.operation import Operation
from conformance.spec.placeholders import placeholder_name
from conformance.spec.validity import violated_clauses
from conformance.spec.values import plain


def filled(operation: Operation, value: Any) -> Any:
    """The same value with placeholders replaced by what their member's schema allows."""
    if isinstance(value, list):
        return [filled(operation, item) for item in value]
    if not isinstance(value, Mapping):
        return value
    name = placeholder_name(value, operation.resources)
    if name is not None:
        schema = operation.members.get(name, {"type": "string"})
        return plain(schema["items"] if schema.get("type") == "array" else schema)
    return {name: filled(operation, inner) for name, inner in value.items()}


def request(operation: Operation, call: Call) -> dict[str, Any]:
    """The members of a call's request, the plainest baseline beneath it."""
    base = operation.baselines[0].params if call.base else {}
    members = {**call.on(base), **call.alteration.members}
    return {name: filled(operation, value) for name, value in members.items()}


def misplanned(operation: Operation, cases: tuple[Case, ...]) -> Iterator[str]:
    """What is wrong with cases that mean to break a constraint: they do not, or before it."""
    known = clauses(operation).values()
    unmet = {
        one.id
        for one in known
        if (one.untestable_reason or "").startswith("no text is found that the")
    }
    for case in cases:
        if case.expect is not Expect.REFUSED or "/request/" not in case.clause:
            continue
        call = case.steps[-1]
        assert isinstance(call, Call)
        if case.clause not in violated_clauses(operation, request(operation, call)):
            yield f"{case.id} does not break its clause"
        if case.valid_control is None:
            yield f"{case.id} has no neighbour"
        for broken in violated_clauses(operation, request(operation, case.valid_control or Call())):
            if broken not in unmet:
                yield f"the neighbour of {case.id} breaks {broken}"
