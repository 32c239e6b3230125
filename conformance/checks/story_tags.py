"""Checks of tags: those that were given or added are listed, those that were removed are not."""

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.checks.findings import Finding, FindingBuilder
from conformance.checks.story_evidence import StoryEvidence, Taken, items_of
from conformance.generation.stories import TAGS
from conformance.spec.lifecycles.lifecycle import Action
from conformance.spec.lifecycles.names import is_tags


def tags(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """The tags given at creation are listed; its answer and the reader show no others instead."""
    yield from _tags(evidence, findings, "state/tags", "tags", TAGS)
    one = evidence.case.lifecycle
    for name, action in (("made", one.create), ("read", one.read)):
        taken, shown = evidence.taken.get(name), _shown(evidence, name, action)
        lacking = [key for key, value in TAGS.items() if shown and shown.get(key) != value]
        if taken is not None and lacking:
            observed = f"{taken.operation.name} shows {lacking[0]} as {shown.get(lacking[0])!r}"
            yield from findings.broken("state/tags", observed=observed, exchange=taken.last)


def _shown(evidence: StoryEvidence, step: str, action: Action | None) -> Mapping[str, Any]:
    """The tags that a step shows beside what lists them; many answers show none."""
    tagging, one = evidence.case.lifecycle.tagging, evidence.case.lifecycle
    described = evidence.described(step, action)
    if tagging is None or not isinstance(described, Mapping):
        return {}
    found = next((described[name] for name in described if is_tags(name, one.noun)), None)
    if isinstance(found, Mapping):
        return found
    items = [item for item in found or () if isinstance(item, Mapping)]
    return {str(item.get(tagging.key)): item.get(tagging.value) for item in items}


def tagged(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """Tags that were added are listed, at the right thing; those that were removed are not."""
    for name in ("tagged", "untagged"):
        taken = evidence.taken.get(name)
        wanted = any(step.name == name for step in evidence.case.steps)
        if wanted and taken is not None and _is_lost(evidence, taken):
            yield from _lost(findings, evidence.case.clause.split("/", 1)[1], taken)
            return
        if wanted and (taken is None or not taken.succeeded):
            answer = f"it is answered with {taken.answer}" if taken else "it could not be sent"
            yield from findings.inconclusive(evidence.case.clause.split("/", 1)[1], answer)
            return
    if "untagged" in evidence.taken:
        first = next(iter(TAGS))
        rest = {key: value for key, value in TAGS.items() if key != first}
        yield from _tags(evidence, findings, "state/untagged", "tags after", rest, without=first)
        return
    yield from _tags(evidence, findings, "state/tagged", "tags", TAGS)
    other = found_tags(evidence, "other tags") if evidence.are_two else None
    if other is not None and any(key in other for key in TAGS):
        yield from findings.broken(
            "state/tagged",
            expected="tags on one thing alone",
            observed="another one has them as well",
            exchange=evidence.taken["other tags"].last,
        )


def _is_lost(evidence: StoryEvidence, taken: Taken) -> bool:
    """Whether what is named by the ARN that the service gave it is not found.

    What takes no tags at its creation may have none, and be unknown to what tags.
    """
    tagging = evidence.case.lifecycle.tagging
    if tagging is None or tagging.at_creation is None:
        return False
    by_arn = any(
        isinstance(one, str) and one.startswith("arn:")
        for value in taken.params.values()
        for one in (value if isinstance(value, list) else [value])
    )
    return by_arn and taken.is_not_found


def _lost(findings: FindingBuilder, clause: str, taken: Taken) -> Iterator[Finding]:
    """An operation on tags does not find what was made, by the name that its creation gave it."""
    yield from findings.broken(
        clause,
        expected="what was made is found",
        observed=f"{taken.operation.name} answers {taken.answer}",
        exchange=taken.last,
    )


def _tags(
    evidence: StoryEvidence,
    findings: FindingBuilder,
    clause: str,
    step: str,
    wanted: Mapping[str, str],
    without: str = "",
) -> Iterator[Finding]:
    found = found_tags(evidence, step)
    taken = evidence.taken.get(step)
    if taken is not None and _is_lost(evidence, taken):
        yield from _lost(findings, clause, taken)
        return
    if found is None:
        yield from findings.inconclusive(clause, "the tags could not be listed")
        return
    lacking = [key for key, value in wanted.items() if found.get(key) != value]
    observed = f"{lacking[0]} is {found.get(lacking[0])!r}" if lacking else f"{without} is kept"
    yield from findings.judged(
        clause,
        not lacking and without not in found,
        expected=", ".join(f"{key}={value}" for key, value in wanted.items()),
        observed=observed,
        exchange=evidence.taken[step].last,
    )


def found_tags(evidence: StoryEvidence, step: str) -> Mapping[str, Any] | None:
    """The tags that a step's response lists."""
    tagging, taken = evidence.case.lifecycle.tagging, evidence.taken.get(step)
    if tagging is None or tagging.listed is None or taken is None or not taken.succeeded:
        return None
    found: dict[str, Any] = {}
    for item in items_of(taken, tagging.listed):
        if isinstance(item, Mapping):
            plain = tagging.key in item
            found |= {str(item[tagging.key]): item.get(tagging.value)} if plain else item
    return found
