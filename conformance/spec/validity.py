"""Which clauses a request violates, decided on its members as a server reads them.

This is the suite's own judgement of its requests: a case that means to violate one
clause does so only if this module agrees, on the bytes that were sent.
It knows JSON Schema and the rules of operations; it knows no wire.
"""

from functools import lru_cache

from jsonschema import Draft202012Validator

from conformance.spec.levels import Level
from conformance.spec.operation import Operation, Params
from conformance.spec.rules import Constraint
from conformance.spec.values import violations


@lru_cache(maxsize=256)
def _constraints(operation: Operation) -> tuple[tuple[Constraint, Draft202012Validator], ...]:
    return tuple(
        (rule, Draft202012Validator(rule.schema)) for rule in operation.rules_of(Constraint)
    )


def violated_clauses(operation: Operation, params: Params) -> tuple[str, ...]:
    """The ids of the clauses that a request with these members violates, judged ones first.

    A null equals an absent member. What is of level ``observe`` comes last.
    """
    given = {name: value for name, value in params.items() if value is not None}
    found = [f"request/{name}/required" for name in sorted(operation.required) if name not in given]
    for name, value in given.items():
        if name in operation.members:
            found += [
                f"request/{path}" for path in violations(value, operation.members[name], name)
            ]
    unspecified: list[str] = []
    for rule, validator in _constraints(operation):
        if not validator.is_valid(given):
            (unspecified if rule.level is Level.OBSERVE else found).append(f"rules/{rule.id}")
    return tuple(f"{operation.id}/{path}" for path in found + unspecified)


def only_unspecified(operation: Operation, violated: tuple[str, ...]) -> bool:
    """Whether all that a request violates is of level ``observe``: the response is unspecified."""
    observed = {
        f"{operation.id}/rules/{rule.id}"
        for rule, _ in _constraints(operation)
        if rule.level is Level.OBSERVE
    }
    return bool(violated) and observed.issuperset(violated)
