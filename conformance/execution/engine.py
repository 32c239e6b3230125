"""Runs and judges cases: from a case to its findings, or to the reason why there are none.

The one place where execution and checks meet. pytest's tests, the ``certify`` command and
calibration all go through here; it knows none of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.checks import stories as story_checks
from conformance.checks import table
from conformance.checks.evidence import Evidence
from conformance.checks.findings import Finding, Verdict, worst
from conformance.errors import UsageError
from conformance.execution import printed
from conformance.execution.availability import SkipCase, Status, Unanswered
from conformance.execution.executor import carry_out
from conformance.execution.exploration import explore, repeat
from conformance.execution.lifetimes import lifetimes, relived
from conformance.execution.recording_keys import case_scope, exploration_scope, story_scope
from conformance.execution.session import TargetSession
from conformance.execution.stories import dispose, find_out, tell
from conformance.generation.cases import by_clause, cases, explorations
from conformance.generation.clauses import AREAS, area, clauses
from conformance.generation.depth import Depth, chosen
from conformance.generation.plans import (
    ANY_ORDER,
    Call,
    Case,
    Expect,
    Exploration,
    Printed,
    Recorded,
    Walk,
)
from conformance.generation.stories import Story, stories
from conformance.protocols.table import PROTOCOLS
from conformance.spec.levels import Level
from conformance.spec.operation import Operation
from conformance.spec.rules import Constraint
from conformance.transport.sender import NotSentError, Scope

Tried = Case | Exploration | Story | Recorded | Printed


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one case: its findings, and how many requests it took.

    ``recorded`` is the day of the recording that answered in the target's stead, if one did;
    ``printed`` are the releases whose documentation printed the response, where none was recorded.
    """

    case: str
    operation: str
    title: str
    findings: Sequence[Finding]
    requests: int
    unexercised: str = ""
    recorded: str = ""
    printed: str = ""

    @property
    def reason(self) -> str:
        """Why nothing could be said, for an inconclusive outcome."""
        said = (f.observed for f in self.findings if f.verdict is Verdict.INCONCLUSIVE)
        return self.unexercised or next(said, "")

    @property
    def outcome(self) -> Verdict:
        """The case's gravest finding."""
        return worst(finding.verdict for finding in self.findings)

    def of(self, decides: Callable[[str], bool]) -> "Result":
        """The same with the findings of some areas alone."""
        return replace(self, findings=[one for one in self.findings if decides(one.area)])


@dataclass(slots=True, kw_only=True)
class Engine:
    """Runs and judges cases on one target.

    ``examples`` are drawn per operation and direction; ``without`` leaves one
    check out, for calibration. ``chosen`` are the operations with cases of their own: what
    others make in passing is taken down at once.
    """

    session: TargetSession
    examples: int = 0
    seed: int = 0
    without: str | None = None
    chosen: frozenset[str] = frozenset()
    _operations: dict[str, Operation] = field(default_factory=dict, init=False)

    def run(self, tried: Tried) -> Result:
        """Run and judge one case or exploration; whatever the target does, there is a result."""
        before = self.session.caller.sender.requests
        operation = self._operation(tried)
        found: list[Finding] = []
        unexercised = ""
        try:
            found = self._findings(operation, tried)
        except SkipCase as reason:
            unexercised = str(reason)
            if isinstance(tried, Case | Story):
                found = [self._reason(operation, tried, unexercised)]
        if self.session.sender.replays and not any(one.area == "sdk" for one in found):
            found += self._replayed(operation, tried)
        if isinstance(tried, Story):  # what it did not reach may have a case of its own
            known = by_clause(operation)
            found = [
                one
                for one in found
                if one.verdict is not Verdict.INCONCLUSIVE or one.clause not in known
            ]
        inconclusive = any(one.verdict is Verdict.INCONCLUSIVE for one in found)
        if (unexercised or inconclusive) and (why := self.session.discovery.lacking(operation)):
            found = [
                replace(one, observed=f"{one.observed} ({why})")
                if one.verdict is Verdict.INCONCLUSIVE
                else one
                for one in found
            ]
            unexercised = f"{unexercised} ({why})" if unexercised else ""
        return Result(
            case=tried.id,
            operation=tried.operation,
            title=tried.title,
            findings=found,
            requests=self.session.caller.sender.requests - before,
            unexercised=unexercised,
            printed=printed.source(operation.service) if isinstance(tried, Printed) else "",
        )

    def _operation(self, tried: Tried) -> Operation:
        """The operation of a case: the same one for many cases, and looked up once."""
        if tried.operation not in self._operations:
            found = self.session.discovery.operations[tried.operation]
            self._operations[tried.operation] = found
        return self._operations[tried.operation]

    def _findings(self, operation: Operation, tried: Tried) -> list[Finding]:
        if isinstance(tried, Exploration):
            return self._explored(operation, tried)
        if isinstance(tried, Story):
            return self._of_story(operation, tried)
        if isinstance(tried, Recorded):
            return []
        if isinstance(tried, Printed):
            return self._of_printed(operation, tried)
        availability = self.session.discovery.availability(operation)
        if availability.status is Status.UNSUPPORTED:
            asked = tried.clause == f"{operation.id}/protocol/implemented"
            verdict = Verdict.UNSUPPORTED if asked else Verdict.INCONCLUSIVE
            return [self._reason(operation, tried, availability.reason, verdict)]
        found = self.judge(tried)
        return found or [self._reason(operation, tried, "no check applies to the response")]

    def _of_printed(self, operation: Operation, tried: Printed) -> list[Finding]:
        """The findings on a response that the documentation prints."""
        try:
            return printed.findings(self.session.sender, operation, tried)
        except NotSentError as reason:
            return [self._reason(operation, printed.case(tried), str(reason))]

    def _replayed(self, operation: Operation, tried: Tried) -> list[Finding]:
        """What the SDK makes of a recording that the case as it is today could not go through."""
        case = Case(
            id=tried.id,
            operation=operation.id,
            clause=f"{operation.id}/sdk/request",
            expect=Expect.ANYTHING,
            title=tried.title,
            steps=(Call(),),
        )
        known = self.session.discovery.operations
        try:
            exchanges = tuple(self.session.sender.replayed(tried.id, known))
        except NotSentError as reason:
            missing = isinstance(tried, Recorded)
            return [self._reason(operation, case, str(reason))] if missing else []
        found: list[Finding] = []
        for name in dict.fromkeys(one.operation for one in exchanges):
            own = tuple(one for one in exchanges if one.operation == name)
            of = known[name]
            evidence = Evidence(
                operation=of, protocol=PROTOCOLS[of.protocol], case=case, steps=(own,)
            )
            found += [one for one in table.judge(evidence) if table.CHECKS[one.check].replays]
        return found or [self._reason(operation, case, _UNRECORDED)]

    def _of_story(self, operation: Operation, story: Story) -> list[Finding]:
        """The findings on one story. Raises :class:`SkipCase` where it cannot be begun."""
        made = self.session.discovery.operations[story.lifecycle.create.operation]
        resources = (story.lifecycle, *story.partners)
        passing = [one for one in resources if one.create.operation not in self.chosen]
        if story.lifecycle in passing:
            find_out(self.session, story.lifecycle)
        availability = self.session.discovery.availability(made)
        if availability.status is not Status.IMPLEMENTED:
            raise SkipCase(availability.reason)
        for one in passing:
            find_out(self.session, one)
        in_the_way = not _is_named_anew(made, story)
        if story.lifecycle not in passing and in_the_way:
            dispose(self.session, story, story.lifecycle)
        with self.session.caller.sender.scope(lambda: story_scope(operation, story)):
            if story.lifecycle in passing and in_the_way:
                dispose(self.session, story, story.lifecycle)
            try:
                evidence = tell(self.session, operation, story)
            finally:
                for one in passing:
                    dispose(self.session, story, one)
        return story_checks.judge(evidence)

    def judge(self, case: Case) -> list[Finding]:
        """The findings on one case. Raises :class:`SkipCase` where there are none."""
        evidence = carry_out(self.session, self._operation(case), case)
        return table.judge(evidence, without=self.without)

    def known(self, operation: Operation) -> Mapping[str, Sequence[str]]:
        """The target's values of the members that only it knows: what is drawn from them."""
        discovery = self.session.discovery
        values = {name: discovery.values(operation, name) for name in operation.resources}
        return {name: found for name, found in values.items() if found}

    def _explored(self, operation: Operation, exploration: Exploration) -> list[Finding]:
        sender = self.session.caller.sender
        if not self.examples and not sender.replays:
            raise Unanswered("explorations are turned off (--max-examples=0)")
        availability = self.session.discovery.availability(operation)
        if availability.status is not Status.IMPLEMENTED:
            raise SkipCase(availability.reason)
        known = self.known(operation)
        with sender.scope(lambda: exploration_scope(operation, exploration)):
            try:
                drawn = sender.drawn()
            except NotSentError as reason:
                raise Unanswered(str(reason)) from reason
            if exploration.direction == ANY_ORDER:
                return self._lived(operation, drawn)
            if drawn is not None:
                return repeat(
                    operation, exploration, self.judge, drawn, known=known, on_draw=sender.drew
                )
            try:
                return explore(
                    operation,
                    exploration,
                    self.judge,
                    known=known,
                    examples=self.examples,
                    number=self.seed,
                    on_draw=sender.drew,
                    given_params=self.session.discovery.valid(operation),
                )
            except UsageError as error:
                raise SkipCase(str(error)) from error

    def _lived(self, operation: Operation, drawn: Sequence[Any] | None) -> list[Finding]:
        """The findings on the order of calls on what an operation makes."""
        drew = self.session.caller.sender.drew
        if drawn is not None:
            return relived(self.session, operation, drawn, drew)
        return lifetimes(
            self.session, operation, examples=self.examples, number=self.seed, on_draw=drew
        )

    def _reason(
        self,
        operation: Operation,
        case: Case | Story,
        reason: str,
        verdict: Verdict = Verdict.INCONCLUSIVE,
    ) -> Finding:
        about = clauses(operation)[case.clause]
        unsupported = verdict is Verdict.UNSUPPORTED
        return Finding(
            case=case.id,
            clause=about.id,
            level=about.level,
            verdict=verdict,
            expected=about.promise,
            observed=reason,
            source=about.source.text,
            check="",
            cause=f"{operation.id}/{reason}",
            exchange=self.session.discovery.availability(operation).answer if unsupported else None,
        )


#: Why a recording of an older version of this suite says nothing of the SDK.
_UNRECORDED = "the recording does not say what was changed on the wire"


def scope_of(operation: Operation, tried: Case | Exploration | Story) -> Scope:
    """What the requests of a case or exploration belong to."""

    if isinstance(tried, Exploration):
        return exploration_scope(operation, tried)
    if isinstance(tried, Story):
        return story_scope(operation, tried)
    return case_scope(operation, tried)


#: What a case can yield beside its own clause's area, by what is expected of it.
_BESIDE: Mapping[Expect, tuple[str, ...]] = {
    Expect.ACCEPTED: ("response",),
    Expect.FOUND: ("response",),
    Expect.IMPLEMENTED: ("response",),
    Expect.REFUSED: ("errors",),
    Expect.UNKNOWN: ("errors",),
    Expect.UNKNOWN_TOKEN: ("errors",),
}


def areas(operation: Operation, tried: Tried) -> tuple[str, ...]:
    """Every area that a case of an operation can yield a finding of, in the report's order."""
    if isinstance(tried, Exploration) and tried.direction == ANY_ORDER:
        return ("state",)
    if isinstance(tried, Exploration):
        wide = ("response", "validation", "errors", "pagination", "semantics", "protocol", "sdk")
        return tuple(area for area in AREAS if area in wide)
    if isinstance(tried, Story):
        return ("state",)
    if isinstance(tried, Recorded):
        return ("sdk",)
    if isinstance(tried, Printed):
        return ("response", "sdk")
    found = {"protocol", "sdk", area(tried.clause), *_BESIDE.get(tried.expect, ())}
    if tried.expect is Expect.ACCEPTED:
        changed = {name for step in tried.steps for name in step.set}
        walked = any(isinstance(step, Walk) for step in tried.steps)
        sized = operation.pagination is not None and operation.pagination.limit in changed
        found |= {"pagination"} if walked or sized else set()
        found |= {"semantics"} if changed else set()
    return tuple(one for one in AREAS if one in found)


def collected(
    operations: Sequence[Operation],
    *,
    explored: bool = True,
    sampled: bool = False,
    depth: Depth = Depth.FULL,
    making: bool = True,
) -> list[Tried]:
    """Everything to try, in order; it depends on the documents alone.

    Without ``making`` there are no stories of what only reads: they would make what it shows.

    What reads goes before what changes things, and what destroys them comes last: first what
    matters most, then its refused requests, and at the end those that may be accepted.
    """
    found: list[Tried] = []
    for operation in sorted(operations, key=lambda one: one.turn):
        own = [case for case in cases(operation) if case.sample or not sampled]
        if operation.destroys:
            own.sort(key=_turn)
        found += own
        if not sampled and (making or not operation.readonly):
            found += chosen(stories(operation), depth)
        if explored:
            found += [
                one
                for one in explorations(operation)
                if one.direction != "invalid" or _can_be_broken(operation)
            ]
    return found


#: In which order the cases of a destroying operation are tried, by what is expected of them.
_ORDER: Mapping[Expect, int] = {
    Expect.IMPLEMENTED: 0,
    Expect.GONE: 1,
    Expect.REFUSED: 2,
    Expect.CLIENT_ERROR: 2,
}
_LATE = 3


def _turn(case: Case) -> int:
    """When a case of a destroying operation is tried: the plain call while there is enough."""
    plain = case.clause.endswith("/protocol/accepts-valid")
    return _ORDER[Expect.GONE] if plain else _ORDER.get(case.expect, _LATE)


def _can_be_broken(operation: Operation) -> bool:
    return any(
        clause.part in {"request", "rules"}
        and clause.untestable_reason is None
        and clause.level is not Level.OBSERVE
        and not clause.path.endswith("/valid-values")
        for clause in clauses(operation).values()
        if clause.part == "request" or isinstance(operation.rule(clause.id), Constraint)
    )


def _is_named_anew(create: Operation, story: Story) -> bool:
    """Whether each creation of a story has another name."""
    return any(one.unique for one in create.resources.values()) or any(
        step.makes and step.name_member for step in story.steps
    )
