"""Checks that a creation says what it made, and that reader and listing call it the same."""

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.checks.findings import Finding, FindingBuilder
from conformance.checks.likeness import is_shown
from conformance.checks.story_evidence import StoryEvidence


def says_what_it_made(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """The creation's answer has the identifiers by which others ask for what was made."""
    made = evidence.taken["made"]
    if not evidence.case.lifecycle.answered:
        return
    lacking = [
        one.path
        for one in evidence.case.lifecycle.answered
        if one.value(made.params, made.body) is None
    ]
    yield from findings.judged(
        "state/answered",
        not lacking,
        observed=f"{', '.join(dict.fromkeys(lacking))} is absent",
        exchange=made.last,
    )


def agree(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """Reader and listing show the same identifiers of what was made."""
    lifecycle, read = evidence.case.lifecycle, evidence.taken.get("read")
    one = evidence.described("read", lifecycle.read)
    listed = evidence.listed("listed")
    if read is None or not isinstance(one, Mapping) or not _is_one(listed):
        yield from findings.inconclusive("state/agree", "it was not shown by both")
        return
    other = listed[0]
    wrong = [
        f"{name} is {_said(one, name)} to the reader, {_said(other, name)} in the listing"
        for name in lifecycle.identifiers
        if not _same(one.get(name), other.get(name))
    ]
    yield from findings.judged(
        "state/agree", not wrong, observed=", ".join(wrong[:1]), exchange=read.last
    )


def _is_one(listed: list[Any]) -> bool:
    return len(listed) == 1 and isinstance(listed[0], Mapping)


def _same(one: Any, other: Any) -> bool:
    """Whether two show the same identifier, or both none."""
    if one in (None, "") or other in (None, ""):
        return one in (None, "") and other in (None, "")
    return is_shown(one, other) or is_shown(other, one)


def _said(item: Mapping[str, Any], name: str) -> str:
    return repr(item.get(name)) if item.get(name) else "absent"
