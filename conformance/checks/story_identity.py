"""Checks that responses say what a thing that was made is called, and all the same."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import jmespath

from conformance.checks.findings import Finding, FindingBuilder
from conformance.checks.likeness import is_shown
from conformance.checks.story_evidence import StoryEvidence, given_at
from conformance.spec.lifecycles.lifecycle import Action
from conformance.spec.lifecycles.names import folded
from conformance.spec.operation import Operation

#: Members that say when a thing was made.
_CREATED = re.compile(r"creat(e|ed|ion)(date|time|at|on|datetime|timestamp)$")


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


def called(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """Creation, reader and listing show the ARN and the id of what was made."""
    lifecycle = evidence.case.lifecycle
    actions = (("made", lifecycle.create), ("read", lifecycle.read), ("listed", lifecycle.listing))
    due = [(step, action) for step, action in actions if action is not None and action.called]
    shown = [(step, action, _one(evidence, step, action)) for step, action in due]
    known = [(step, action, one) for step, action, one in shown if isinstance(one, Mapping)]
    if not due:
        return
    for step, action, one in known:
        taken = evidence.taken[step]
        lacking = [
            name for name in always_called(taken.operation, action) if one.get(name) in (None, "")
        ]
        if lacking:
            observed = f"{taken.operation.name} shows no {lacking[0]}"
            yield from findings.broken("state/called", observed=observed, exchange=taken.last)
            return
    if known:
        yield from findings.passed("state/called")
    else:
        yield from findings.inconclusive("state/called", "nothing shows what was made")


def always_called(operation: Operation, action: Action) -> Iterator[str]:
    """The members that say what a thing is called, without those that an answer of AWS lacked."""
    place = action.shown.replace("[]", "/item").replace("[0]", "/item").replace(".", "/")
    prefix = f"{place}/" if place not in {"", "@"} else ""
    return (name for name in action.called if not operation.observed.lacked(prefix + name))


def _one(evidence: StoryEvidence, step: str, action: Action) -> Any:
    """How a step shows what was made; ``None`` where it does not, or it is not known which."""
    if step != "listed":
        return evidence.described(step, action)
    items = evidence.listed(step)
    return items[0] if len(items) == 1 else None


def made_anew(evidence: StoryEvidence) -> str:
    """How a repeated creation shows that it made another thing: by its ARN or id, or by when it
    was made; empty where it does not.
    """
    create = evidence.case.lifecycle.create
    one, other = (evidence.described(name, create, name) for name in ("made", "again"))
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return ""
    names = [*create.called, *(name for name in one if _CREATED.search(folded(name)))]
    for name in names:
        if one.get(name) and other.get(name) and one[name] != other[name]:
            return f"the first has {name} {one[name]}, the second {other[name]}"
    return ""


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
        if said is None or (listed is None and not _is_due(evidence, path, said)):
            continue
        if not _same(said, listed):
            shown = "absent" if listed is None else repr(listed)
            yield f"{path} is {said!r} to the reader, {shown} in the listing"


def _is_due(evidence: StoryEvidence, path: str, said: Any) -> bool:
    """Whether a listing that shows each thing whole has to show what its creation was given."""
    is_given = given_at(evidence, "made", path) is not None
    return evidence.case.lifecycle.listed_whole and is_given and not is_shown(said, None)


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
