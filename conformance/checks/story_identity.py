"""Checks that a creation says what it made, and that reader and listing call it the same."""

from collections.abc import Iterator, Mapping
from typing import Any

import jmespath

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
    """The reader calls what was made as the creation did, and the listing shows it likewise."""
    lifecycle, read = evidence.case.lifecycle, evidence.taken.get("read")
    one = evidence.described("read", lifecycle.read)
    if read is None or lifecycle.read is None or not isinstance(one, Mapping):
        yield from findings.inconclusive("state/agree", "the reader did not show it")
        return
    named = [(path, value) for path, value in evidence.identity(lifecycle.read) if path != "@"]
    listed = evidence.listed("listed")
    if not named and not _is_one(listed):
        yield from findings.inconclusive("state/agree", "it was not shown by both")
        return
    wrong = [
        f"{path} is {_said(one, path)} to the reader, {value!r} to the creation"
        for path, value in named
        if not _same(value, jmespath.search(path, one))
    ]
    if _is_one(listed):
        wrong += _otherwise(evidence, one, listed[0])
    yield from findings.judged(
        "state/agree", not wrong, observed=", ".join(wrong[:1]), exchange=read.last
    )


def _otherwise(
    evidence: StoryEvidence, one: Mapping[str, Any], other: Mapping[str, Any]
) -> Iterator[str]:
    """What reader and listing show otherwise: how it is called, and of what both show of it."""
    for name in evidence.case.lifecycle.identifiers:
        if not _same(one.get(name), other.get(name)):
            yield f"{name} is {_said(one, name)} to the reader, {_said(other, name)} in the listing"
    for path, (place, there) in evidence.case.lifecycle.shown_twice.items():
        said, listed = jmespath.search(place, one), jmespath.search(there, other)
        if None not in (said, listed) and not _same(said, listed):
            yield f"{path} is {said!r} to the reader, {listed!r} in the listing"


def _is_one(listed: list[Any]) -> bool:
    return len(listed) == 1 and isinstance(listed[0], Mapping)


def _same(one: Any, other: Any) -> bool:
    """Whether two show the same identifier, or both none."""
    if one in (None, "") or other in (None, ""):
        return one in (None, "") and other in (None, "")
    return is_shown(one, other) or is_shown(other, one)


def _said(item: Mapping[str, Any], path: str) -> str:
    found = jmespath.search(path, item)
    return repr(found) if found else "absent"
