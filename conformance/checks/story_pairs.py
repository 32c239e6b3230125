"""Checks of operations with an opposite: what one did is shown, and the other undoes it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.checks.findings import Finding, FindingBuilder
from conformance.checks.likeness import is_shown
from conformance.checks.story_evidence import StoryEvidence, Taken
from conformance.spec.lifecycles.names import folded, is_identifying

#: Members that are other ones at each look.
_MOVING = re.compile(r"time$|date$|timestamp$|^lastupdated|requestid$|age$|token$")


def paired(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """What one operation did is shown; its opposite undoes it, and a second time nothing."""
    done, undone = evidence.taken.get("done"), evidence.taken.get("undone")
    paths = [clause.split("/", 1)[1] for clause in (evidence.case.clause, *evidence.case.beside)]
    if done is None or not done.succeeded:
        answer = f"{done.operation.name} is answered with {done.answer}" if done else "nothing done"
        for path in paths:
            yield from findings.inconclusive(path, answer)
        return
    looks = [_named(evidence, when) for when in ("before", "done", "undone", "undone-twice")]
    before, between, after, twice = looks
    if "state/done" in paths:
        yield from _done(evidence, findings, before, between, after)
        return
    if undone is not None and (undone.last.status or 0) >= 500:
        observed = f"it is answered with {undone.answer}"
        yield from findings.broken("state/undone", observed=observed, exchange=undone.last)
        return
    if undone is None or not undone.succeeded:
        answer = f"it is answered with {undone.answer}" if undone else "it could not be sent"
        for path in paths:
            yield from findings.inconclusive(path, answer)
        return
    yield from _undone(findings, undone, before, between, after)
    yield from _twice(evidence, findings, after, twice)


_Looks = Mapping[str, Any]


def _named(evidence: StoryEvidence, when: str) -> _Looks:
    """What each look at a time showed, by the look's name; what could not be asked is absent."""
    found = {}
    for name, taken in evidence.taken.items():
        look = name.removeprefix(f"{when} ")
        if look != name and (taken.succeeded or taken.is_refused):
            found[look] = _shown(evidence, taken)
    return found


def _shown(evidence: StoryEvidence, taken: Taken) -> Any:
    if not taken.succeeded:
        return "refused"
    listing = evidence.case.lifecycle.listing
    if listing and taken.step.of == "made" and taken.step.operation == listing.operation:
        return _still(evidence.listed(taken.step.name))
    return _still(taken.bodies)


def _still(value: Any) -> Any:
    """A value without what is another one at each look."""
    if isinstance(value, Mapping):
        return {
            name: _still(one) for name, one in value.items() if not _MOVING.search(folded(name))
        }
    return [_still(one) for one in value] if isinstance(value, list) else value


def _differing(one: _Looks, other: _Looks) -> list[str]:
    """The looks that showed something else at two times."""
    return [name for name in one.keys() & other.keys() if one[name] != other[name]]


def _done(
    evidence: StoryEvidence,
    findings: FindingBuilder,
    before: _Looks,
    between: _Looks,
    after: _Looks,
) -> Iterator[Finding]:
    """It shows after it was done, or at the latest when it was undone: it may have been so."""
    views = [name for name in before.keys() & between.keys() if name.startswith("view")]
    undone = evidence.taken.get("undone")
    if _differing(before, between):
        yield from findings.passed("state/done")
    elif undone is not None and undone.is_not_found:
        yield from findings.broken(
            "state/done",
            observed=f"it succeeds, and {undone.operation.name} is answered with {undone.answer}",
            exchange=undone.last,
        )
    elif not views:
        yield from findings.inconclusive("state/done", "nothing that could be asked shows it")
    elif undone is None or not undone.succeeded or _differing(between, after):
        yield from findings.inconclusive("state/done", "it was so before, or could not be undone")
    elif any(_has(between[name], evidence.taken["done"].params) for name in views):
        yield from findings.inconclusive("state/done", "what it was given was shown before")
    else:
        last = evidence.taken[f"done {views[0]}"]
        yield from findings.broken(
            "state/done",
            observed=f"{last.operation.name} shows the same before and after",
            exchange=last.last,
        )


def _has(shown: Any, given: Mapping[str, Any]) -> bool:
    """Whether a look showed a value that was given, as a member that is called alike."""
    if isinstance(shown, list):
        return any(_has(one, given) for one in shown)
    if not isinstance(shown, Mapping):
        return False
    wanted = {folded(name): value for name, value in given.items()}
    own = {folded(name): value for name, value in shown.items()}
    bound = [name for name in wanted.keys() & own.keys() if not is_identifying(name)]
    return any(is_shown(wanted[name], own[name]) for name in bound)


def _undone(
    findings: FindingBuilder, undone: Taken, before: _Looks, between: _Looks, after: _Looks
) -> Iterator[Finding]:
    """Of what showed that it was done something shows that it was undone."""
    changed = _differing(before, between)
    known = [name for name in changed if name in after]
    if not known:
        shown = bool(_differing(between, after))
        reason = None if shown else "nothing shows what was to be undone"
        yield from findings.judged("state/undone", shown, reason=reason)
        return
    yield from findings.judged(
        "state/undone",
        any(between[name] != after[name] for name in known),
        observed="what was done is shown as before",
        exchange=undone.last,
    )


def _twice(
    evidence: StoryEvidence, findings: FindingBuilder, after: _Looks, twice: _Looks
) -> Iterator[Finding]:
    again = evidence.taken.get("undone-twice")
    reason = None
    if again is None:
        reason = "it could not be repeated"
    elif (again.last.status or 0) < 500 and not after.keys() & twice.keys():
        reason = "nothing could be looked at"
    if again is None or reason:
        yield from findings.inconclusive("state/undone-twice", reason or "")
        return
    if (again.last.status or 0) >= 500:
        observed = f"it is answered with {again.answer}"
        yield from findings.broken("state/undone-twice", observed=observed, exchange=again.last)
        return
    # what goes on by itself may still change after the first time
    names = [name for name in _differing(after, twice) if "refused" in (after[name], twice[name])]
    yield from findings.judged(
        "state/undone-twice",
        not names,
        observed=f"{', '.join(names)} shows something else",
        exchange=again.last,
    )
