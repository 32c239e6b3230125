"""The table of all checks, and judging: from the evidence of a case to its findings.

A check is a generator of findings; its row says everything else about it. A check raises
no exception, sends nothing and knows no pytest.
"""

import fnmatch
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from conformance.checks import answers, errors, paging, response, sdk, semantics, state, transport
from conformance.checks.evidence import INVALID, VALID, Evidence
from conformance.checks.findings import Finding, FindingBuilder
from conformance.generation.member_clauses import CONSTRAINTS
from conformance.generation.plans import Case, Expect, Size, Walk
from conformance.protocols.table import HEADERS
from conformance.spec.operation import Operation
from conformance.spec.rules import Combine, Exclusive, Filter, Found, Rule, Selects

Judge = Callable[[Evidence, FindingBuilder], Iterator[Finding]]


class Recorded(StrEnum):
    """What a recording that was made elsewhere can show of a call."""

    SUCCESS = "a success"
    ERROR = "a client error"
    FAILURE = "a server error, or no response"
    VALID_REQUEST = "the response to a request that violates no constraint"
    INVALID_REQUEST = "the response to a request that violates a constraint"
    WALK = "several pages of one walk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Raises:
    """Clauses that a check can raise, and the cases that exercise them.

    ``paths`` are patterns over clause paths; with ``rules`` the clauses are those of rules
    of these kinds, in both cases those that ``which`` holds for. A case exercises them if it
    expects one ``of`` these responses and ``where`` holds; with ``own`` it exercises only the
    clause that it is about.
    """

    of: frozenset[Expect]
    paths: tuple[str, ...] = ("*",)
    rules: tuple[type[Rule], ...] = ()
    own: bool = False
    which: Callable[[Operation, str], bool] | None = None
    where: Callable[[Operation, Case], bool] | None = None

    def concerns(self, operation: Operation, case: Case) -> bool:
        """Whether a case can exercise any of the clauses."""
        return (
            case.expect in self.of
            and (self.where is None or self.where(operation, case))
            and (not self.own or self.includes(operation, case.clause))
        )

    def includes(self, operation: Operation, clause: str) -> bool:
        """Whether a clause of an operation, by its id, is among the clauses."""
        if self.which is not None and not self.which(operation, clause):
            return False
        if self.rules:
            return isinstance(operation.rule(clause), self.rules)
        path = clause.split("/", 1)[1]
        return any(fnmatch.fnmatchcase(path, pattern) for pattern in self.paths)

    def __str__(self) -> str:
        named = ", ".join([f"rules/* of kind {rule.kind}" for rule in self.rules] or self.paths)
        if not self.own:
            return named
        expected = " or ".join(sorted(self.of))
        return f"the clause of a case that expects {expected}" + (
            "" if named == "*" else f" ({named})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """All about one check: its name, what judges, what it can raise, and when it is run.

    ``recorded`` says what it judges of recordings that were made elsewhere, ``replays``
    that it judges the suite's own recordings alone, ``printed`` that it judges the members of
    responses that the documentation prints. A check that does not blame a target
    records behaviour, or gives reasons.
    """

    name: str
    find: Judge
    raises: tuple[Raises, ...]
    recorded: frozenset[Recorded] = frozenset()
    replays: bool = False
    printed: bool = False
    blames: bool = True

    @property
    def promise(self) -> str:
        """What the check requires of a target, in one line."""
        return (self.find.__doc__ or "").strip().splitlines()[0]

    def concerns(self, evidence: Evidence) -> bool:
        """Whether the check can find anything on a case."""
        if self.replays and not evidence.replayed:
            return False
        return any(one.concerns(evidence.operation, evidence.case) for one in self.raises)

    def judge(self, evidence: Evidence) -> Iterable[Finding]:
        """The findings on a case; none where it does not concern the check."""
        if not self.concerns(evidence):
            return ()
        return self.find(evidence, FindingBuilder(evidence, self.name))


# ---------------------------------------------------------------- conditions


def _walks(_: Operation, case: Case) -> bool:
    """Whether a case walks pages."""
    return any(isinstance(step, Walk) for step in case.steps)


def _sizes_pages(operation: Operation, case: Case) -> bool:
    """Whether a case requests pages of a certain size."""
    limit = operation.pagination.limit if operation.pagination else None
    return limit is not None and any(
        limit in step.set or (isinstance(step, Walk) and step.sizes != (Size.DEFAULT,))
        for step in case.steps
    )


def _reaches_operation(_: Operation, case: Case) -> bool:
    """Whether a case sends its request to the operation, not to a path that may be none."""
    return not case.elsewhere


def _filters_first(operation: Operation, clause: str) -> bool:
    """Whether a rule is the first one that says how its member filters."""
    first = {rule.member: rule.id for rule in reversed(operation.rules_of(Filter))}
    return clause.rsplit("/", 1)[1] in first.values()


def _lists_account(operation: Operation, _: Case) -> bool:
    """Whether a complete walk of the operation holds all that the account owns."""
    return operation.is_account_listing


# ---------------------------------------------------------------- the table

_ALL = frozenset(Expect)
_ACCEPTED = frozenset({Expect.ACCEPTED})
_FOUND = frozenset({Expect.FOUND})
_REFUSED = frozenset({Expect.REFUSED})
_UNKNOWN = frozenset({Expect.UNKNOWN})
_UNKNOWN_TOKEN = frozenset({Expect.UNKNOWN_TOKEN})
_CLIENT_ERROR = frozenset({Expect.CLIENT_ERROR})
_UNAUTHENTICATED = frozenset({Expect.UNAUTHENTICATED})
_ANYTHING = frozenset({Expect.ANYTHING})
_ON_SUCCESS = frozenset({Recorded.SUCCESS})
_ON_ERROR = frozenset({Recorded.ERROR})
_ON_WALK = frozenset({Recorded.WALK})

_ROWS: tuple[Check, ...] = (
    Check(
        name="whole",
        find=transport.whole,
        raises=(Raises(paths=("protocol/answers",), of=_ALL),),
        recorded=frozenset({Recorded.SUCCESS, Recorded.ERROR, Recorded.FAILURE}),
    ),
    Check(
        name="no-server-error",
        find=transport.no_server_error,
        raises=(Raises(paths=("protocol/no-server-error",), of=_ALL - _CLIENT_ERROR),),
        recorded=_ON_SUCCESS | _ON_ERROR,
    ),
    Check(
        name="readable",
        find=transport.readable,
        raises=(
            Raises(paths=("response/body", "response/no-body"), of=VALID),
            Raises(paths=("protocol/readable",), of=_ANYTHING, where=_reaches_operation),
        ),
        recorded=_ON_SUCCESS,
    ),
    Check(
        name="accepted",
        find=answers.accepted,
        raises=(Raises(own=True, of=VALID),),
        recorded=frozenset({Recorded.VALID_REQUEST}),
    ),
    Check(
        name="refused",
        find=answers.refused,
        raises=(Raises(own=True, of=_REFUSED),),
        recorded=frozenset({Recorded.INVALID_REQUEST}),
    ),
    Check(
        name="unknown-resource",
        find=answers.unknown_resource,
        raises=(
            Raises(own=True, of=_UNKNOWN),
            Raises(paths=("errors/unknown",), of=_UNKNOWN),
        ),
    ),
    Check(
        name="client-error",
        find=answers.client_error,
        raises=(Raises(own=True, of=_CLIENT_ERROR),),
    ),
    Check(
        name="unauthenticated",
        find=answers.unauthenticated,
        raises=(Raises(own=True, of=_UNAUTHENTICATED),),
    ),
    Check(
        name="anything",
        find=answers.anything,
        raises=(Raises(own=True, of=_ANYTHING),),
        blames=False,
    ),
    Check(
        name="status",
        find=response.status,
        raises=(Raises(paths=("response/status",), of=VALID),),
        recorded=_ON_SUCCESS,
    ),
    Check(
        name="content-type",
        find=transport.content_type,
        raises=(
            Raises(paths=("response/content-type", "response/accepted-type"), of=VALID),
            Raises(paths=("errors/content-type",), of=_REFUSED),
            Raises(paths=tuple(f"response/{name}" for name in sorted(HEADERS)), of=VALID | INVALID),
        ),
        recorded=_ON_SUCCESS,
    ),
    Check(
        name="request-id",
        find=transport.request_id,
        raises=(Raises(paths=("response/request-id",), of=VALID | INVALID),),
        recorded=_ON_SUCCESS,
    ),
    Check(
        name="members",
        find=response.members,
        raises=(
            Raises(
                paths=tuple(
                    f"response/*/{last}"
                    for last in ("present", "type", "one-member", "format", *CONSTRAINTS)
                ),
                of=VALID,
            ),
        ),
        recorded=_ON_SUCCESS,
        printed=True,
    ),
    Check(
        name="spelling",
        find=response.spelling,
        raises=(Raises(paths=("response/names",), of=VALID),),
        recorded=_ON_SUCCESS,
        printed=True,
    ),
    Check(
        name="envelope",
        find=errors.envelope,
        raises=(Raises(paths=("errors/body", "errors/type"), of=INVALID),),
        recorded=_ON_ERROR,
    ),
    Check(
        name="documented",
        find=errors.documented,
        raises=(Raises(paths=("errors/documented", "errors/*/status"), of=INVALID),),
        recorded=_ON_ERROR,
    ),
    Check(
        name="consistent",
        find=errors.consistent,
        raises=(
            Raises(paths=("errors/consistent",), of=INVALID),
            Raises(paths=("errors/query-error",), of=_ALL),
        ),
        recorded=_ON_ERROR,
    ),
    Check(
        name="broken-constraint",
        find=errors.broken_constraint,
        raises=(Raises(paths=("errors/broken-constraint",), of=_REFUSED),),
    ),
    Check(
        name="page-size",
        find=paging.page_size,
        raises=(Raises(paths=("pagination/page-size",), of=_ACCEPTED, where=_sizes_pages),),
        recorded=_ON_SUCCESS,
    ),
    Check(
        name="end",
        find=paging.end,
        raises=(Raises(paths=("pagination/end",), of=_ACCEPTED, where=_walks),),
        recorded=_ON_WALK,
    ),
    Check(
        name="unique-items",
        find=paging.unique_items,
        raises=(Raises(paths=("pagination/unique-items",), of=_ACCEPTED, where=_walks),),
        recorded=_ON_WALK,
    ),
    Check(
        name="all-items",
        find=paging.all_items,
        raises=(
            Raises(
                own=True,
                paths=("pagination/all-items", "pagination/other-page-size"),
                of=_ACCEPTED,
            ),
            Raises(paths=("pagination/all-items",), of=_ACCEPTED, where=_walks),
        ),
    ),
    Check(
        name="filters-held",
        find=paging.filters_held,
        raises=(Raises(own=True, paths=("pagination/filters-held",), of=_ACCEPTED),),
    ),
    Check(
        name="unknown-token",
        find=paging.unknown_token,
        raises=(
            Raises(own=True, of=_UNKNOWN_TOKEN),
            Raises(paths=("pagination/unknown-token-error",), of=_UNKNOWN_TOKEN),
        ),
    ),
    Check(
        name="filtered",
        find=semantics.filtered,
        raises=(
            Raises(rules=(Filter,), of=_ACCEPTED),
            Raises(own=True, rules=(Combine,), of=_ACCEPTED),
        ),
    ),
    Check(
        name="complete",
        find=semantics.complete,
        raises=(
            Raises(rules=(Filter,), which=_filters_first, of=_ACCEPTED, where=_lists_account),
            Raises(own=True, rules=(Combine,), of=_ACCEPTED, where=_lists_account),
        ),
    ),
    Check(
        name="exercised",
        find=semantics.exercised,
        raises=(Raises(own=True, rules=(Filter, Combine), of=_ACCEPTED),),
        blames=False,
    ),
    Check(
        name="apart",
        find=semantics.apart,
        raises=(Raises(own=True, rules=(Exclusive,), of=_ACCEPTED),),
    ),
    Check(
        name="found",
        find=semantics.found,
        raises=(Raises(own=True, rules=(Found,), of=_FOUND),),
    ),
    Check(
        name="selected",
        find=semantics.selected,
        raises=(Raises(own=True, rules=(Selects,), of=_ACCEPTED),),
    ),
    Check(
        name="gone",
        find=state.gone,
        raises=(Raises(own=True, of=frozenset({Expect.GONE})),),
    ),
    Check(
        name="sdk-request",
        find=sdk.request,
        raises=(Raises(paths=("sdk/request",), of=_ALL),),
        replays=True,
    ),
    Check(
        name="sdk-raises",
        find=sdk.raises,
        raises=(Raises(paths=("response/body",), of=VALID),),
    ),
    Check(
        name="sdk-response",
        find=sdk.response,
        raises=(Raises(paths=("sdk/response",), of=_ALL),),
        replays=True,
        printed=True,
    ),
)
CHECKS: Mapping[str, Check] = {check.name: check for check in _ROWS}


@cache
def _about(expect: Expect) -> tuple[Check, ...]:
    """The checks that can find anything on cases that expect such a response."""
    return tuple(one for one in _ROWS if any(expect in raises.of for raises in one.raises))


def judge(evidence: Evidence, *, without: str | None = None) -> list[Finding]:
    """Every distinct finding on one case; ``without`` leaves out one check, for calibration."""
    findings: dict[tuple[str, str, str], Finding] = {}
    printed = evidence.printed
    for check in _about(evidence.case.expect):
        if check.name != without and (check.printed or not printed):
            for finding in check.judge(evidence):
                key = (finding.clause, finding.verdict, finding.observed)
                findings.setdefault(key, finding)
    return list(findings.values())
