"""Blocks: the grave findings of a report by the habit of the target that they show.

A habit is what somebody mends in one place: constraints that are not checked, errors without a
type. Blocks come in the order of what they mean to who uses the target. This module knows no
format.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from conformance.checks.findings import Verdict, worst
from conformance.report import facts
from conformance.report.facts import Data
from conformance.report.printing import counted


class Meaning(StrEnum):
    """What a block means to who uses the target, the gravest first."""

    SUITE = "errors of the suite"
    UNSUPPORTED = "unsupported"
    SUCCESS = "wrong success responses"
    STATE = "state"
    FILTERS = "filters"
    PAGES = "pages"
    SERVER_ERRORS = "server errors"
    ERRORS = "error identity"
    VALIDATION = "validation"
    PROTOCOL = "protocol"
    WARNINGS = "warnings"


#: What a verdict says by itself.
_SAID = frozenset({Meaning.SUITE, Meaning.UNSUPPORTED, Meaning.WARNINGS})
_OF_AREA: Mapping[str, Meaning] = {
    "validation": Meaning.VALIDATION,
    "response": Meaning.SUCCESS,
    "errors": Meaning.ERRORS,
    "semantics": Meaning.SUCCESS,
    "pagination": Meaning.PAGES,
    "protocol": Meaning.PROTOCOL,
    "auth": Meaning.PROTOCOL,
    "sdk": Meaning.SUCCESS,
    "state": Meaning.STATE,
}
#: The name of a check → the meaning of its findings, where the area does not decide it.
_OF_CHECK: Mapping[str, Meaning] = {
    "whole": Meaning.SERVER_ERRORS,
    "no-server-error": Meaning.SERVER_ERRORS,
    "accepted": Meaning.SUCCESS,
    "refused": Meaning.VALIDATION,
    "unknown-resource": Meaning.ERRORS,
    "filtered": Meaning.FILTERS,
    "complete": Meaning.FILTERS,
    "apart": Meaning.FILTERS,
    "filters-held": Meaning.FILTERS,
}
_FILTERING = "filters do not filter as documented"
#: The name of a check → the habit that its findings show.
HABITS: Mapping[str, str] = {
    "whole": "requests get no complete response in time",
    "no-server-error": "requests are answered with a server error",
    "readable": "successes cannot be read",
    "accepted": "valid requests are refused",
    "refused": "constraints of requests are not checked",
    "unknown-resource": "what does not exist is not reported as such",
    "client-error": "requests for no operation get no client error",
    "unauthenticated": "signatures are not checked",
    "status": "successes have another status than documented",
    "content-type": "responses lack headers that the protocol requires",
    "request-id": "responses have no request id",
    "spelling": "members are misspelt",
    "envelope": "errors are not in the protocol's form, or do not name their type",
    "documented": "errors have a type or a status that is not documented",
    "consistent": "responses name two different errors",
    "broken-constraint": "invalid requests get another error than one for invalid input",
    "page-size": "pages hold more items than were requested",
    "end": "walks over pages do not end",
    "unique-items": "walks over pages repeat items",
    "all-items": "walks over pages miss items",
    "filters-held": "filters hold on the first page alone",
    "unknown-token": "tokens that were never returned are accepted",
    "filtered": _FILTERING,
    "complete": _FILTERING,
    "apart": _FILTERING,
    "selected": "responses show other members than were selected",
    "found": "items that are requested by id are not those that are listed",
    "gone": "what was deleted is still there",
    "sdk-request": "the SDK builds another request than the recorded one",
    "sdk-raises": "the SDK cannot read successes",
    "sdk-response": "the SDK reads something else in responses",
}
#: The end of a response clause → the habit of members that violate it.
_OF_MEMBERS: Mapping[str, str] = {
    "type": "members have another type than documented",
    "present": "members are missing from responses",
    "format": "timestamps are in another format than documented",
    "enum": "members have values that are not documented",
    "one-member": "unions have other than one member",
}
_OUT_OF_BOUNDS = "members violate their documented constraints"
#: The kind of a state clause → the habit of violations.
_OF_STATE: Mapping[str, str] = {
    "read-back": "what was created is shown otherwise than it was given",
    "updated": "what was updated is shown otherwise than it was given",
    "kept": "updates change what they were not given",
    "listed": "what was created is not listed",
    "distinct": "two things share an identifier",
    "duplicate": "a second thing of the same name is created",
    "token": "idempotency tokens are ignored",
    "tags": "tags that were given at creation are lost",
    "tagged": "tags that were added are not shown",
    "untagged": "tags that were removed are still shown",
    "gone": "what was deleted is still there",
    "others-stay": "a deletion takes other things with it",
    "filter": _FILTERING,
    "filters": _FILTERING,
    "any-order": "what was shown changes, in some order of calls",
    "answered": "creations do not say what they made is called",
    "agree": "an identifier is shown by some operations alone",
    "done": "what was attached or enabled is not shown",
    "undone": "what was detached or disabled is still shown",
    "undone-twice": "undoing what is not there changes something",
}


@dataclass(frozen=True)  # without slots: what it says of thousands of findings is counted once
class Block:
    """The findings of one habit, and what it means to who uses the target."""

    meaning: Meaning
    habit: str
    findings: Sequence[Data]

    @property
    def title(self) -> str:
        """What is wrong, after what it means where its verdict does not say that."""
        return self.habit if self.meaning in _SAID else f"{self.meaning}: {self.habit}"

    @cached_property
    def verdict(self) -> Verdict:
        """The worst verdict among the findings."""
        return worst(Verdict(finding["verdict"]) for finding in self.findings)

    @cached_property
    def clauses(self) -> Mapping[str, Verdict]:
        """The clauses with their worst verdicts, the worst first."""
        found = facts.worst_by_clause(self.findings)
        rank = list(Verdict).index
        return dict(sorted(found.items(), key=lambda one: rank(one[1])))

    @cached_property
    def operations(self) -> Sequence[str]:
        """The operations concerned, in their order."""
        return list(dict.fromkeys(finding["operation"] for finding in self.findings))

    @cached_property
    def cases(self) -> int:
        """How many cases show it."""
        return len({finding["case"] for finding in self.findings})

    @property
    def size(self) -> str:
        """Its clauses, cases and operations in words: ``3 clauses, 20 cases of 2 operations``."""
        parts = [counted(len(self.clauses), "clause"), counted(self.cases, "case")]
        warned = sum(verdict is Verdict.WARN for verdict in self.clauses.values())
        if warned and self.verdict is not Verdict.WARN:
            parts[0] += f" ({warned} of them warned)"
        return f"{', '.join(parts)} of {counted(len(self.operations), 'operation')}"

    def clearest(self, exchanges: Data) -> Data:
        """The finding that shows it best: of its worst verdict, with the shortest request."""
        gravest = [finding for finding in self.findings if finding["verdict"] == self.verdict]
        return facts.clearest(gravest, exchanges)


def meaning(finding: Data) -> Meaning:
    """What a grave finding means to who uses the target."""
    if finding["verdict"] == Verdict.ERROR:
        return Meaning.SUITE
    if finding["verdict"] == Verdict.UNSUPPORTED:
        return Meaning.UNSUPPORTED
    if finding["area"] == "state":
        return Meaning.FILTERS if habit(finding) == _FILTERING else Meaning.STATE
    return _OF_CHECK.get(finding.get("check", ""), _OF_AREA[finding["area"]])


def habit(finding: Data) -> str:
    """The habit that a grave finding shows, as a sentence without its full stop."""
    if finding["verdict"] == Verdict.ERROR:
        return "the suite itself failed"
    if finding["verdict"] == Verdict.UNSUPPORTED:
        return "operations are not implemented"
    path = finding["clause"].split("/")
    if finding["area"] == "state":
        return _OF_STATE.get(path[2], f"not kept: {finding['expected']}")
    check = finding.get("check", "")
    if check == "members":
        return _OF_MEMBERS.get(path[-1], _OUT_OF_BOUNDS)
    return HABITS.get(check, f"not kept: {finding['expected']}")


def blocks(findings: Iterable[Data]) -> list[Block]:
    """The grave findings by habit, in the order of what they mean, the largest first in each."""
    groups: dict[tuple[Meaning, str], list[Data]] = {}
    for finding in findings:
        if finding["verdict"] in facts.GRAVE:
            groups.setdefault((meaning(finding), habit(finding)), []).append(finding)
    made = [Block(_with_warnings(what, group), how, group) for (what, how), group in groups.items()]
    order = list(Meaning).index
    return sorted(made, key=lambda one: (order(one.meaning), -len(one.clauses), one.habit))


def _with_warnings(what: Meaning, findings: Sequence[Data]) -> Meaning:
    """A habit that only warnings show comes after all others."""
    warned = all(finding["verdict"] == Verdict.WARN for finding in findings)
    return Meaning.WARNINGS if warned else what


def unexpected(report: Data) -> list[Block]:
    """The blocks of the findings that no expectation covers."""
    return blocks(one for one in report["findings"] if "expectation" not in one)


def expected(report: Data) -> list[Block]:
    """The blocks of the findings that an expectation covers."""
    return blocks(one for one in report["findings"] if "expectation" in one)
