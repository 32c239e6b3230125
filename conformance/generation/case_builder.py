"""The parts of which cases are made: valid requests to start from, and cases of one operation.

Everything here follows from the specification alone. It knows no target, and no constraint
in particular.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from conformance.generation.clauses import clauses
from conformance.generation.plans import Call, Case, Expect, Step
from conformance.generation.samples import sample
from conformance.protocols.table import PROTOCOLS
from conformance.spec.levels import Level
from conformance.spec.operation import ListingKind, Operation, Params, Schema
from conformance.spec.rules import Constraint

#: Text that turns up nowhere; the base of values that mean nothing.
FOREIGN = "CONFORMANCE-FOREIGN-VALUE"

#: JSON values of another type, by the type that is documented.
WRONG_TYPES: Mapping[str, Mapping[str, Any]] = {
    "string": {"number": 5, "boolean": True, "object": {"a": "b"}, "list": ["a"]},
    "integer": {"text": "abc", "boolean": True, "object": {"a": 1}, "list": [1]},
    "number": {"text": "abc", "boolean": True, "object": {"a": 1}, "list": [1]},
    "boolean": {"text": "maybe", "number": 2, "object": {"a": True}},
    "array": {"text": "abc", "number": 5, "object": {"a": "b"}, "boolean": True},
    "object": {"text": "abc", "number": 5, "list": ["a"]},
}
#: Of another type than the documented integer, yet some services are known to coerce them:
#: refusing them is a should.
COERCIBLE: Mapping[str, Any] = {"digits": "5", "fraction": 1.5}
COERCIBLE_TEXTS: Mapping[str, Any] = {"fraction": "1.5"}
WRONG_TEXTS: Mapping[str, Any] = {"text": "abc", "symbols": "!", "two-numbers": "1 2"}


def valid_examples(operation: Operation) -> Iterator[Params]:
    """The valid requests of a document, the most particular first."""
    constraints = (rule for rule in operation.rules_of(Constraint) if rule.accepted)
    for rule in sorted(constraints, key=lambda rule: rule.level is Level.OBSERVE):
        yield from rule.valid
    for baseline in (one for one in operation.baselines if not one.sampled):
        yield baseline.params


def examples_with(operation: Operation, member: str) -> list[Call]:
    """Valid calls that hold a member, at most two that hold it beside different others.

    They are the document's, else the baseline that the target accepts: it has what is required.
    """
    if not operation.states_combinations:
        holds = member in operation.required
        value = {} if holds else {member: sample(operation, member)}
        return [Call(base=True, set=value, drop=excluded(operation, member))]
    found: dict[frozenset[str], Call] = {}
    for params in valid_examples(operation):
        if member in params:
            found.setdefault(frozenset(params), Call(set=params))
    if not found:
        return [Call(base=True, set={member: sample(operation, member)})]
    return list(found.values())[:2]


def example_with(operation: Operation, member: str) -> Call:
    """The first valid call that holds a member."""
    return examples_with(operation, member)[0]


def replaced(call: Call, member: str, value: Any) -> Call:
    """The same call with another value for one member."""
    return replace(call, set={**call.set, member: value})


def excluded(operation: Operation, member: str) -> tuple[str, ...]:
    """The members that may not be given beside another one, as far as a rule says just that."""
    found: dict[str, None] = {}
    for rule in operation.rules_of(Constraint):
        together = rule.schema.get("not", {}).get("required", ())
        if len(rule.schema) == 1 and member in together:
            found |= dict.fromkeys(name for name in together if name != member)
    return tuple(name for name in found if name not in operation.required)


def held(operation: Operation, call: Call, member: str) -> Any:
    """A value like the one that a valid call has for a member."""
    return call.set[member] if member in call.set else sample(operation, member)


_SEGMENT = re.compile(r"[A-Za-z0-9._-]+")


def segment(edge: str) -> str:
    """An edge as the last segment of an id, which takes letters, digits, dots, dashes and ``_``.

    What often parts words becomes ``_``; any other character its number: ``<`` is ``u3C``.
    """
    if _SEGMENT.fullmatch(edge):
        return edge
    return (
        "".join(
            char if _SEGMENT.fullmatch(char) else "_" if char in " :/" else f"u{ord(char):X}"
            for char in edge
        )
        or "nothing"
    )


_Step = TypeVar("_Step", bound=Step)


def _apart(operation: Operation) -> Mapping[str, frozenset[str]]:
    """The members that are stated not to be given beside one, by its name."""
    found: dict[str, frozenset[str]] = {}
    for rule in operation.rules_of(Constraint):
        pair = frozenset(rule.schema.get("not", {}).get("required", ()))
        for name in pair if not rule.accepted else ():
            found[name] = found.get(name, frozenset()) | pair - {name}
    return found


class CaseBuilder:
    """Makes the cases of one operation."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.clauses = clauses(operation)
        self._apart = _apart(operation)

    def case(
        self,
        path: str,
        edge: str,
        expect: Expect,
        *steps: Step,
        valid_control: Call | None = None,
        invalid_control: Call | None = None,
        level: Level | None = None,
        sample: bool = True,
    ) -> Iterator[Case]:
        """One case of the clause at ``path``, unless the operation has no such clause."""
        clause = self.clauses.get(f"{self.operation.id}/{path}")
        if clause is not None and clause.untestable_reason is None:
            yield Case(
                id=f"{clause.id}/{segment(edge)}",
                operation=self.operation.id,
                clause=clause.id,
                expect=expect,
                title=f"{clause.promise}: {edge}",
                steps=tuple(self._alone(step) for step in steps),
                level=level,
                valid_control=valid_control and self._alone(valid_control),
                invalid_control=invalid_control and self._alone(invalid_control),
                sample=sample,
            )

    def _alone(self, step: _Step) -> _Step:
        """The same call without what the baseline has and may not stand beside its members."""
        if not isinstance(step, Call) or not step.base or not self._apart:
            return step
        beside = {other for name in step.set for other in self._apart.get(name, ())}
        return replace(step, drop=(*step.drop, *sorted(beside - step.set.keys() - set(step.drop))))

    def has(self, path: str) -> bool:
        """Whether some case can exercise the clause at a path."""
        clause = self.clauses.get(f"{self.operation.id}/{path}")
        return clause is not None and clause.untestable_reason is None

    def accepted(self, path: str, edge: str, call: Call) -> Iterator[Case]:
        """A case of a value that satisfies a constraint."""
        level = self.level_of_combination(call.set)
        return self.case(path, edge, Expect.ACCEPTED, call, level=level)

    def refused(self, path: str, edge: str, call: Call, valid: Call) -> Iterator[Case]:
        """A case of a value that violates a constraint, with the valid call beside it.

        Nothing specifies the response where the clause is an ``observe``.
        """
        clause = self.clauses.get(f"{self.operation.id}/{path}")
        if clause is not None and clause.level is Level.OBSERVE:
            return self.unspecified(path, edge, call)
        return self.case(path, edge, Expect.REFUSED, call, valid_control=valid)

    def unspecified(self, path: str, edge: str, call: Call) -> Iterator[Case]:
        """A case whose response nothing specifies."""
        return self.case(path, edge, Expect.ANYTHING, call)

    def level_of_combination(self, params: Params) -> Level | None:
        """``observe`` where it is not stated whether these members go together."""
        operation = self.operation
        limit = operation.pagination and operation.pagination.limit
        sized = operation.pagination is not None and params.keys() <= {limit}
        if operation.states_combinations or (sized and operation.states_page_sizes):
            return None
        return Level.OBSERVE

    def level_of_offer(self, params: Params) -> Level | None:
        """As the combination, and ``should`` where the Region or the account may limit the values.

        A search may have nothing on offer for free text.
        """
        operation = self.operation
        if unstated := self.level_of_combination(params):
            return unstated
        free = any(_is_free_text(operation.members[name]) for name in params)
        offered = operation.listing is ListingKind.SEARCH and free
        limited = operation.limited.keys() & params.keys()
        return Level.SHOULD if limited or offered else None

    def wrong_types(self, schema: Schema, location: str | None) -> Mapping[str, Any]:
        """Values that are of another type than the schema's, as far as the wire can say so."""
        kind = schema.get("type")
        if kind is None:
            return {}
        typed = PROTOCOLS[self.operation.protocol].request_format.typed
        return WRONG_TYPES[kind] if typed and location in {"body", "payload"} else WRONG_TEXTS


def _is_free_text(schema: Schema) -> bool:
    return schema.get("type") == "string" and not schema.keys() & {"enum", "pattern"}
