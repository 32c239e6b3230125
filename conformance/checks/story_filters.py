"""Checks of listings that are asked for some of what was made."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from conformance.checks.findings import Finding, FindingBuilder
from conformance.checks.selection import answers, holds, is_made_up
from conformance.checks.story_evidence import StoryEvidence, Taken, items_of
from conformance.generation.stories import Selector, StoryStep
from conformance.generation.stories.story import Asked


def filters(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """A filter finds what has the value, and that alone; of two both hold, of two values either."""
    for selector in evidence.case.selectors:
        yield from _filter(evidence, findings, selector)
    both, either = evidence.taken.get("and"), evidence.taken.get("or")
    if both is not None:
        yield from _combined(evidence, findings, "filters/and", both, expected=False)
    if either is not None:
        yield from _combined(evidence, findings, "filters/or", either, expected=True)


def asked(evidence: StoryEvidence, step: StoryStep) -> dict[str, object] | None:
    """The members by which a step asks a listing; ``None`` where nothing shows their values."""
    found: dict[str, object] = {}
    item = _listed(evidence)
    chosen = _chosen(step, item)
    if not chosen:
        return None
    for one in chosen:
        known = answers(one.selector, item)
        if one.values == ("any",) and known.get("own") is not None:
            return None  # it is asked for its own value, and for another one
        values = [text for name in one.values if (text := known.get(name)) is not None]
        if len(values) < len(one.values):
            return None
        written = one.selector.written(values)
        earlier = found.get(one.selector.member)
        found[one.selector.member] = [*earlier, *written] if isinstance(earlier, list) else written
    return found


def _chosen(step: StoryStep, item: object) -> Sequence[Asked]:
    """What a step asks for: of what could be joined, the first that the item has an answer to."""
    if step.name not in {"and", "or"}:
        return step.asks
    known = [
        one
        for one in step.asks
        if all(answers(one.selector, item).get(name) is not None for name in one.values)
    ]
    if step.name == "or" or len(known) < 2:
        return known[:1] if step.name == "or" else ()
    return replace(known[0], values=("own",)), replace(known[1], values=("other",))


def _filter(
    evidence: StoryEvidence, findings: FindingBuilder, selector: Selector
) -> Iterator[Finding]:
    path = f"state/filter/{selector.name}"
    steps = {name: evidence.taken.get(f"{name} {selector.name}") for name in _PROBLEMS}
    known = answers(selector, _listed(evidence))
    unclear = _unclear(evidence, selector)
    for name, problem in () if unclear else _PROBLEMS.items():
        taken, text = steps[name], known.get(name)
        wrong = problem(evidence, selector, taken, text) if taken and text is not None else None
        if wrong and taken:
            yield from findings.broken(
                path, expected=f"{selector.name}={text}", observed=wrong, exchange=taken.last
            )
            return
    tried = [taken for taken in steps.values() if taken is not None]
    if not unclear and any(taken.succeeded for taken in tried):
        yield from findings.passed(path)
        return
    reason = f"it is answered with {tried[0].answer}" if tried else "nothing shows a value"
    yield from findings.inconclusive(path, unclear or reason)


def _listed(evidence: StoryEvidence) -> object:
    """What was made, as a listing shows it that is asked for everything."""
    return (evidence.listed("listed") or [{}])[0]


def _unclear(evidence: StoryEvidence, selector: Selector) -> str:
    """Why no filter can be expected to find what was made; empty where it can."""
    tagged = evidence.taken.get("tagged")
    if selector.relation == "tag" and not (tagged and tagged.succeeded):
        return "what was made could not be tagged"
    asks_for_it = bool(selector.place) or selector.relation == "tag"
    return "what was made is not listed" if asks_for_it and not evidence.listed("listed") else ""


def _own(evidence: StoryEvidence, selector: Selector, taken: Taken, text: str) -> str | None:
    """What is wrong with the answer to what an item shows of itself."""
    if taken.is_refused and selector.filter:
        return f"its own value is answered with {taken.answer}"
    step = taken.step.name
    if taken.succeeded and not selector.is_passing and not evidence.listed(step):
        return "what has the value is not found"
    if selector.is_passing and taken.succeeded:
        return None  # what is found may be in another state by now
    return _whatever(evidence, selector, taken, text)


def _other(evidence: StoryEvidence, selector: Selector, taken: Taken, text: str) -> str | None:
    """What is wrong with the answer to what the item does not show."""
    found = evidence.listed(taken.step.name) if taken.succeeded else []
    if any(holds(selector, text, item) is None for item in found) and not selector.is_passing:
        return "what does not have the value is found"
    return _whatever(evidence, selector, taken, text)


def _any(evidence: StoryEvidence, selector: Selector, taken: Taken, text: str) -> str | None:
    """What is wrong with the answer to a text that nothing has, where items could show it."""
    asked_for = bool(selector.filter and selector.place) and is_made_up(selector, text)
    if asked_for and taken.succeeded and evidence.listed(taken.step.name):
        return "what does not have the value is found"
    return _whatever(evidence, selector, taken, text)


def _whatever(evidence: StoryEvidence, selector: Selector, taken: Taken, text: str) -> str | None:
    """What is wrong with whatever answer."""
    if (taken.last.status or 0) >= 500:
        return f"it is answered with {taken.answer}"
    action = evidence.case.lifecycle.listing
    if action is None or not taken.succeeded:
        return None
    strange = [item for item in items_of(taken, action) if holds(selector, text, item) is False]
    return f"{len(strange)} that have another value are found" if strange else None


_PROBLEMS = {"own": _own, "other": _other, "any": _any}


def _combined(
    evidence: StoryEvidence, findings: FindingBuilder, path: str, taken: Taken, *, expected: bool
) -> Iterator[Finding]:
    """Whether what was made is found by several filters, or several values."""
    clause = f"state/{path}"
    if not taken.succeeded:
        yield from findings.inconclusive(clause, f"it is answered with {taken.answer}")
        return
    found = bool(evidence.listed(taken.step.name))
    yield from findings.judged(
        clause,
        found == expected,
        observed="it is found" if found else "it is not found",
        exchange=taken.last,
    )
