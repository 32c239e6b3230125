"""Explorations: Hypothesis draws requests, and shrinks those that show a violation.

A drawn request becomes a case like any other and is judged by the same checks; its members
decide whether it has to be accepted or refused. How a case is carried out is unknown here.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky, HypothesisException

from conformance.checks.findings import Finding, Verdict
from conformance.errors import UsageError
from conformance.execution.hypothesis_internals import without_constants_of_sources
from conformance.generation.case_builder import example_with, valid_examples
from conformance.generation.clauses import clauses
from conformance.generation.member_cases import nested_example
from conformance.generation.plans import Call, Case, Expect, Exploration, Step, Walk
from conformance.generation.strategies import Known, Params, invalid, listed_examples, odd, valid
from conformance.spec.levels import Level
from conformance.spec.operation import Operation, Schema
from conformance.spec.rules import Constraint, Filter, Found
from conformance.spec.validity import violated_clauses

#: How far a drawn walk goes.
_PAGES = 10
#: Clauses of members nested deeper than this have named edges alone: ``request/A/item/B/enum``.
_DEEPEST = 4
_GRAVE = frozenset({Verdict.FAIL, Verdict.WARN})

Judge = Callable[[Case], list[Finding]]
OnDraw = Callable[[Params, str | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A drawn request: its parameters, and for invalid ones the clause that it breaks."""

    params: Params
    clause: str | None = None

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Short: Hypothesis prints what it draws, and some values are very long."""
        printer.text(f"Drawn({', '.join(sorted(self.params))})")


@st.composite
def _drawn(
    draw: st.DrawFn, requests: st.SearchStrategy[Params], clause: str | None = None
) -> Drawn:
    """A composite, because Hypothesis would print what it maps or builds in full."""
    return Drawn(params=draw(requests), clause=clause)


def draws(operation: Operation, direction: str, known: Known) -> st.SearchStrategy[Drawn]:
    """What one direction draws from. Raises :class:`UsageError` where there is nothing."""
    if direction == "valid":
        return st.one_of(_drawn(valid(operation, known=known)), _drawn(odd(operation, known=known)))
    breakable = _breakable(operation, known)
    if not breakable:
        raise UsageError("no request can break a constraint of this operation")
    return st.one_of(*breakable)


def _breakable(operation: Operation, known: Known) -> list[st.SearchStrategy[Drawn]]:
    found = []
    for clause in clauses(operation).values():
        if clause.part not in {"request", "rules"} or clause.untestable_reason:
            continue
        if clause.level is Level.OBSERVE or clause.path.count("/") > _DEEPEST:
            continue
        try:
            strategy = invalid(operation, clause.id, known=known)
        except UsageError:
            continue
        found.append(_drawn(strategy, clause.id))
    return found


def case_of(
    operation: Operation,
    exploration: Exploration,
    drawn: Drawn,
    known: Known,
    given: Mapping[str, Any] | None = None,
) -> Case:
    """The case that a drawn request makes.

    ``given`` are parameters with which the operation is known to accept a request here: what is
    drawn is added to these, and replaces the optional ones and the one that is to be invalid.
    """
    given = given or {}
    drawn = Drawn(params=_added(operation, drawn, given), clause=drawn.clause)
    broken = violated_clauses(operation, drawn.params)
    paging = operation.pagination
    limit = paging.limit if paging else None
    size = drawn.params.get(limit) if limit else None
    steps: tuple[Step, ...] = (Call(set=drawn.params),)
    valid_control = None
    clause = f"{operation.id}/protocol/accepts-valid"
    level: Level | None = None
    if broken and drawn.clause in broken:
        expect, clause = Expect.REFUSED, drawn.clause
        valid_control = _valid_control(operation, drawn.clause)
        if given and not valid_control.base:
            valid_control = Call(set={**valid_control.set, **given})
    elif rule := _found_again(operation, drawn.params, known):
        expect, clause = Expect.FOUND, f"{operation.id}/rules/{rule}"
    elif broken or _is_free(operation, drawn.params, known, given):
        expect = Expect.ANYTHING
    else:
        expect = Expect.ACCEPTED
        certain = _is_certain(operation, drawn.params, given)
        level = None if certain else _uncertain(operation)
        if size is not None:
            steps = (Walk(set=drawn.params, sizes=(size,), pages=_PAGES),)
            if not operation.is_account_listing:
                # no other source says what a search should find
                plain = {name: value for name, value in drawn.params.items() if name != limit}
                steps = (*steps, Walk(set=plain, pages=_PAGES))
    return Case(
        id=exploration.id,
        operation=operation.id,
        clause=clause,
        expect=expect,
        title=f"{clauses(operation)[clause].promise}: drawn",
        steps=steps,
        level=level,
        valid_control=valid_control,
    )


def _added(operation: Operation, drawn: Drawn, given: Mapping[str, Any]) -> Params:
    """A drawn request with the parameters that are given."""
    part, _, rest = (drawn.clause or "").partition("/")[2].partition("/")
    invalid = rest.split("/")[0] if part == "request" else ""
    kept = {
        name: value
        for name, value in given.items()
        if name != invalid and (name in operation.required or name not in drawn.params)
    }
    return {**drawn.params, **kept}


def _found_again(operation: Operation, params: Params, known: Known) -> str | None:
    """The rule by which an item that is asked for by a listed name has to be found, if any."""
    for rule in operation.rules_of(Found):
        names = rule.params.keys()
        listed = all(params[name] in known.get(name, ()) for name in names & params.keys())
        if names and names == params.keys() and listed:
            return rule.id
    return None


def _uncertain(operation: Operation) -> Level:
    """A listing knows all its filters; what a search has on offer is the target's affair."""
    return Level.SHOULD if operation.is_account_listing else Level.OBSERVE


def _is_certain(operation: Operation, params: Params, given: Mapping[str, Any]) -> bool:
    """Whether the page itself says that a request is accepted, whatever the target holds.

    Free text may name nothing that the target knows, also within structures, and of two filters
    at once the pages do not speak.
    """
    if not operation.states_combinations:
        paging = operation.pagination
        sized = {paging.limit} if paging and operation.states_page_sizes else set()
        stated = {**(operation.baselines[0].params if operation.baselines else {}), **given}
        return params.keys() <= operation.required | sized | given.keys() and all(
            value == stated.get(name)
            for name, value in params.items()
            if name in given or _is_unbounded(operation.members[name])
        )
    asked = {name for name in params if name in _filtering(operation)}
    named = all(
        "enum" in (inner := operation.members[name].get("items", operation.members[name]))
        or inner["type"] not in {"string", "array"}
        for name in params
    )
    return named and len(asked) < 2 and not asked & operation.limited.keys()


def _is_unbounded(schema: Schema) -> bool:
    """Whether a schema says too little of a value: of what is in a structure, or of a number."""
    kinds = {schema.get("type"), schema.get("items", {}).get("type")}
    number = bool(kinds & {"integer", "number"}) and not {"minimum", "maximum"} <= schema.keys()
    return "object" in kinds or number


def _filtering(operation: Operation) -> set[str]:
    return {rule.member for rule in operation.rules_of(Filter)}


def _valid_control(operation: Operation, clause: str) -> Call:
    rest = clause.split("/", 2)[2]
    if rest.count("/") > 1 and not rest.endswith(("/item/type", "/item/enum")):
        return nested_example(operation, rest.rpartition("/")[0])
    if isinstance(rule := operation.rule(clause), Constraint):
        return Call(set=rule.valid[0])
    member = rest.split("/")[0]
    paging = operation.pagination
    if paging and member == paging.input_token:
        return Call(base=True)
    return example_with(operation, member)


def _is_free(operation: Operation, params: Params, known: Known, given: Mapping[str, Any]) -> bool:
    """Whether only the target can say if it accepts one of the values, and does not."""
    samples = operation.samples
    said = [pair for example in valid_examples(operation) for pair in example.items()]
    listed = listed_examples(operation, known)
    for name, value in params.items():
        if name in given and given[name] == value:
            continue
        if value is None or value in ("", []):
            return True
        schema = operation.members[name]
        inner = schema.get("items", schema)
        named = "enum" in inner or schema.get("type") not in {"string", "array"}
        sampled = (
            value in samples.get(name, ())
            or (name, value) in said
            or any(name in example and example.items() <= params.items() for example in listed)
        )
        if not named and not sampled and value not in known.get(name, ()):
            return True
        if name in operation.limited and not sampled:
            return True
    return False


class _Found(Exception):  # noqa: N818 - tells Hypothesis that an example is interesting
    """One cause was met; each cause has a class of its own, so that each is shrunk apart."""


class Gathered:
    """What the requests of an exploration came to, in their order.

    An example is shrunk for the first cause it shows: of each of these the last one counts, which
    is the smallest. Its other causes count where no example was shrunk for them.
    """

    def __init__(self) -> None:
        self._shrunk: dict[str, list[Finding]] = {}
        self._beside: dict[str, list[Finding]] = {}
        self._passed: dict[str, Finding] = {}

    def take(self, findings: Sequence[Finding]) -> str | None:
        """Take in what one request came to; the cause to shrink it for, if there is any."""
        causes: dict[str, list[Finding]] = {}
        for finding in findings:
            if finding.verdict in _GRAVE:
                causes.setdefault(finding.cause, []).append(finding)
            elif finding.verdict is Verdict.PASS:
                self._passed.setdefault(finding.clause, finding)
        first = next(iter(causes), None)
        if first is not None:
            self._shrunk[first] = causes.pop(first)
        self._beside |= causes
        return first

    def all(self) -> list[Finding]:
        """The findings of the example kept for each cause, and the passes."""
        kept = self._beside | self._shrunk
        return [one for found in kept.values() for one in found] + list(self._passed.values())


def explore(
    operation: Operation,
    exploration: Exploration,
    judge: Judge,
    *,
    known: Known,
    examples: int,
    number: int,
    on_draw: OnDraw = lambda params, clause: None,
    given_params: Mapping[str, Any] | None = None,
) -> list[Finding]:
    """Draw, judge and shrink: the findings of the smallest example of each cause, and the passes.

    Deterministic for one seed ``number`` and one target. ``judge`` may raise to end it.
    ``on_draw`` is called with each drawn request before it is judged.
    """

    def judge_one(drawn: Drawn) -> list[Finding]:
        on_draw(drawn.params, drawn.clause)
        return judge(case_of(operation, exploration, drawn, known, given_params))

    strategy = draws(operation, exploration.direction, known)
    return search(strategy, judge_one, examples=examples, number=number)


def search(
    strategy: st.SearchStrategy[Any],
    judge: Callable[[Any], list[Finding]],
    *,
    examples: int,
    number: int,
) -> list[Finding]:
    """Draw from a strategy and judge, and shrink what shows a violation, cause by cause.

    Deterministic for one seed ``number``. ``judge`` may raise to end it.
    """
    kinds: dict[str, type[_Found]] = {}
    gathered = Gathered()
    broken_off: list[Exception] = []

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        print_blob=False,
    )
    @given(strategy)
    def run(drawn: Any) -> None:
        if broken_off:
            return
        try:
            findings = judge(drawn)
        except Exception as reason:
            broken_off.append(reason)
            return
        cause = gathered.take(findings)
        if cause is not None:
            raise kinds.setdefault(cause, type("Found", (_Found,), {}))(cause)

    expected = suppress(_Found, Flaky, ExceptionGroup, HypothesisException)
    with without_constants_of_sources(), expected:
        run()
    if broken_off:
        raise broken_off[0]
    return gathered.all()


def repeat(
    operation: Operation,
    exploration: Exploration,
    judge: Judge,
    drawn: Sequence[Mapping[str, Any]],
    *,
    known: Known,
    on_draw: OnDraw,
) -> list[Finding]:
    """Judge the requests of a recorded exploration again, in their order; nothing is drawn."""
    gathered = Gathered()
    for one in drawn:
        on_draw(one["params"], one["clause"])
        request = Drawn(params=one["params"], clause=one["clause"])
        gathered.take(judge(case_of(operation, exploration, request, known)))
    return gathered.all()
