"""Checks of what calls leave behind: they judge the steps of one story.

What is given is compared with what is shown as AWS shows things; see ``likeness``.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import jmespath

from conformance.checks.findings import Finding, FindingBuilder, Step, Verdict
from conformance.checks.likeness import is_shown
from conformance.checks.story_evidence import StoryEvidence, Taken, given_at, items_of
from conformance.checks.story_filters import filters
from conformance.checks.story_gone import gone
from conformance.checks.story_identity import agree, called, made_anew, says_what_it_made
from conformance.checks.story_pairs import paired
from conformance.checks.story_strictness import accepted, named, references, taken_without_failure
from conformance.checks.story_tags import tagged, tags
from conformance.generation.stories import Kind
from conformance.protocols.http import Exchange
from conformance.spec.lifecycles.lifecycle import Action

#: The jmespath of a list of things, not of their parts.
_PLAIN_LIST = re.compile(r"\w+\[\]")


# ------------------------------------------------------------ what was made


def whole(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """Two things that were made are shown as they were made, are listed, and differ."""
    reader = evidence.case.lifecycle.reader
    if reader is not None:
        for path in reader.places:
            if given_at(evidence, "made", path) is not None:
                yield from _read_back(evidence, findings, path)
    yield from _listed(evidence, findings)
    yield from _distinct(evidence, findings)
    yield from says_what_it_made(evidence, findings)
    yield from called(evidence, findings)
    yield from agree(evidence, findings)


def read_back(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """What a member was given at creation is what the reader shows."""
    made = evidence.taken["made"]
    if made.has_failed:
        member = evidence.case.subject.split("/")[0]
        path = f"state/accepted/{member}"
        yield from taken_without_failure(findings, path, made)
        yield from findings.inconclusive(
            evidence.case.clause.split("/", 1)[1], f"the creation is answered with {made.answer}"
        )
        return
    yield from _read_back(evidence, findings, evidence.case.subject)


def _read_back(evidence: StoryEvidence, findings: FindingBuilder, path: str) -> Iterator[Finding]:
    reader = evidence.case.lifecycle.reader
    assert reader is not None
    given = given_at(evidence, "made", path)
    clause = f"state/read-back/{path}"
    if _repeats_another(evidence, path, given):
        made = evidence.taken["made"]
        shown = _short(_repeated(evidence, path))
        observed = f"{_name(made)} shows {shown}"
        yield from findings.broken(clause, observed=observed, exchange=made.last)
        return
    yield from _compared(evidence, findings, clause, given, reader.places[path])


def _repeats_another(evidence: StoryEvidence, path: str, given: Any) -> bool:
    """Whether nothing reads what was made, and its creation answers with another value.

    What an answer to a creation leaves out may be shown by the reader.
    """
    read = evidence.taken.get("read")
    shown = _repeated(evidence, path)
    if shown is None or (read is not None and (read.succeeded or read.is_not_found)):
        return False
    return not _shows(f"read-back/{path}", given, shown)


def _repeated(evidence: StoryEvidence, path: str) -> Any:
    """What the answer to a creation shows of what it was given; ``None`` for nothing."""
    create = evidence.case.lifecycle.create
    described = evidence.described("made", create)
    return jmespath.search(create.places[path], described) if path in create.places else None


def _compared(
    evidence: StoryEvidence, findings: FindingBuilder, clause: str, given: Any, place: str
) -> Iterator[Finding]:
    """Compare what was given with what the step ``read`` shows at a place."""
    action, taken = evidence.case.lifecycle.reader, evidence.taken.get("read")
    if taken is None or action is None:
        yield from findings.inconclusive(clause, "what was made could not be read")
        return
    described = evidence.shown("read")
    answer = ""
    if _fails_at_it(evidence, taken) or taken.is_not_found:
        answer = f"answers {taken.answer}"
    elif described is None and _is_empty(taken, action):
        answer = "shows nothing under its name"
    if answer:
        yield from findings.broken(
            clause,
            expected="what was made is found",
            observed=f"{_name(taken)} {answer}",
            exchange=taken.last,
        )
        return
    if described is None:
        reason = f"{_name(taken)} answers {taken.answer}"
        reason += " and does not show it" if taken.succeeded else ""
        yield from findings.inconclusive(clause, reason)
        return
    shown = jmespath.search(place, described)
    if shown is None and _is_elsewhere(clause, place, described):
        yield from findings.inconclusive(clause, f"{_name(taken)} shows no {_parent(place)}")
        return
    if shown is None and any(place in one.at_times for _, one in evidence.case.lifecycle.actions):
        yield from findings.inconclusive(clause, f"{place} is not always shown, it is said")
        return
    yield from findings.judged(
        clause,
        _shows(clause, given, shown),
        expected=f"{place} {_short(given)}",
        observed=f"{_name(taken)} shows {'nothing' if shown is None else _short(shown)}",
        exchange=taken.last,
    )


def _fails_at_it(evidence: StoryEvidence, taken: Taken) -> bool:
    """Whether a reader fails at what was made so, and not at the same thing made plainly."""
    control = evidence.taken.get("before") or evidence.taken.get("plain read")
    return (taken.last.status or 0) >= 500 and control is not None and control.succeeded


def _shows(clause: str, given: Any, shown: Any) -> bool:
    """Whether what was given is shown: of what is in a list, by one of its items."""
    if "/item/" in clause and isinstance(shown, list):
        return any(is_shown(given, one) for one in shown or [None])
    return is_shown(given, shown)


def _is_elsewhere(clause: str, place: str, described: Any) -> bool:
    """Whether a place lies within something that is absent, and that the request does not have.

    What a summary would say of a default value is often left out with the summary.
    """
    levels = len(clause.split("/")) - 2
    parent = _parent(place)
    return levels <= place.count(".") and jmespath.search(parent, described) is None


def _parent(place: str) -> str:
    return place.rpartition(".")[0] or "@"


def _is_empty(taken: Taken, action: Action) -> bool:
    """Whether a reader that lists what it is asked for lists nothing."""
    is_list = _PLAIN_LIST.fullmatch(action.shown) is not None and bool(action.bindings)
    return is_list and taken.succeeded and bool(taken.bodies) and not items_of(taken, action)


def _listed(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    taken, action = evidence.taken.get("listed"), evidence.case.lifecycle.listing
    names = evidence.identifiers()
    if action is None or not action.shown:
        return
    if taken is None or not taken.succeeded or not names:
        reason = f"{_name(taken)} answers {taken.answer}" if taken else "nothing could be listed"
        yield from findings.inconclusive("state/listed", reason)
        return
    if _made_nothing(evidence):
        yield from findings.inconclusive("state/listed", "the creation shows nothing that it made")
        return
    items = items_of(taken, action)
    alone = bool(items) and items == evidence.listed("listed", "other")
    if evidence.case.lifecycle.read is None and alone:
        reason = "the second one may have taken the place of the first"
        yield from findings.inconclusive("state/listed", reason)
        return
    yield from findings.judged(
        "state/listed",
        bool(evidence.listed("listed")),
        observed=f"{names[-1]} is none of {len(items)} listed",
        exchange=taken.last,
    )


def _made_nothing(evidence: StoryEvidence) -> bool:
    """Whether a creation that can make several lists none: its request asked for none."""
    made, create = evidence.taken["made"], evidence.case.lifecycle.create
    lists = create.shown.endswith("[]") and not evidence.identifiers("made", answered=True)
    return lists and not items_of(made, create)


def _distinct(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    one = evidence.identifiers("made", answered=True)
    other = evidence.identifiers("other", answered=True)
    if one and other and evidence.are_two:
        yield from findings.judged(
            "state/distinct",
            one != other,
            observed=f"both are called {one[0]}",
            exchange=evidence.taken["other"].last,
        )
    else:
        yield from findings.inconclusive("state/distinct", "two could not be made")


def repeated(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """A creation that is repeated makes nothing new."""
    again, path = evidence.taken.get("again"), evidence.case.clause.split("/", 1)[1]
    if again is None or not (again.succeeded or again.is_refused):
        yield from findings.inconclusive(path, "the creation could not be repeated")
        return
    if again.is_refused and evidence.case.kind is Kind.DUPLICATE:
        yield from findings.passed(path)
        return
    if again.is_refused:  # nothing new was made, at least
        reason = f"the repeated request is answered with {again.answer}"
        yield from findings.inconclusive(path, reason)
        return
    one = evidence.identifiers("made", answered=True)
    other = evidence.identifiers("again", answered=True)
    count = _count(evidence)
    if differing := made_anew(evidence):
        yield from findings.broken(path, observed=differing, exchange=again.last)
    elif one and other:
        observed = f"the first is {one[0]}, the second {other[0]}"
        yield from findings.judged(path, one == other, observed=observed, exchange=again.last)
    elif count is not None:
        observed = f"{count} of that name are listed"
        yield from findings.judged(path, count <= 1, observed=observed, exchange=again.last)
    else:
        yield from findings.inconclusive(path, "it does not show whether there are two")


def _count(evidence: StoryEvidence) -> int | None:
    """How many listed things have the name of the one that was made."""
    taken, names = evidence.taken.get("listed"), evidence.identifiers()
    if taken is None or not taken.succeeded or not names:
        return None
    return len(evidence.listed("listed"))


# ------------------------------------------------------------ what was changed


def updated(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """What a member was given by an update is what the reader shows."""
    path, clause = evidence.case.subject, evidence.case.clause.split("/", 1)[1]
    taken = evidence.taken.get("updated")
    if taken is None or not taken.succeeded:
        answer = f"the update is answered with {taken.answer}" if taken else "no update was sent"
        yield from findings.inconclusive(clause, answer)
        return
    action = next(
        one for one in evidence.case.lifecycle.updates if one.operation == evidence.operation.id
    )
    yield from _compared(
        evidence, findings, clause, given_at(evidence, "updated", path), action.given[path]
    )


def kept(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """What an update was not given is shown as it was before."""
    path, read = evidence.case.subject, evidence.case.lifecycle.read
    taken = evidence.taken.get("updated")
    assert read is not None
    place = read.places[path]
    before = evidence.described("before", read)
    given = given_at(evidence, "made", path)
    if taken is None or not taken.succeeded:
        answer = f"the update is answered with {taken.answer}" if taken else "no update was sent"
        yield from findings.inconclusive("state/kept", answer)
    elif before is None or not is_shown(given, jmespath.search(place, before)):
        yield from findings.inconclusive("state/kept", f"{path} was not shown before either")
    else:
        yield from _compared(evidence, findings, "state/kept", given, place)


def unknown(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """What an operation does on what exists it refuses where that does not exist.

    A refusal says nothing where what exists is refused as well; a success does in any case.
    """
    known, taken = evidence.taken.get("known"), evidence.taken.get("unknown")
    if known is None or taken is None or not (known.succeeded or taken.succeeded):
        answer = f"it is answered with {known.answer}" if known else "nothing could be asked"
        yield from findings.inconclusive("state/unknown", answer)
        return
    failed = (taken.last.status or 0) >= 500
    yield from findings.judged(
        "state/unknown",
        not (taken.succeeded or failed),
        observed=f"what does not exist is answered with {taken.answer}",
        exchange=taken.last,
    )


# ------------------------------------------------------------ the table


def _name(taken: Taken) -> str:
    return taken.operation.name


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


Check = Callable[[StoryEvidence, FindingBuilder], Iterator[Finding]]
CHECKS: Mapping[Kind, Check] = {
    Kind.WHOLE: whole,
    Kind.READ_BACK: read_back,
    Kind.DUPLICATE: repeated,
    Kind.TOKEN: repeated,
    Kind.GONE: gone,
    Kind.UPDATED: updated,
    Kind.TAGS: tags,
    Kind.TAGGED: tagged,
    Kind.FILTERS: filters,
    Kind.PAIRED: paired,
    Kind.KEPT: kept,
    Kind.ACCEPTED: accepted,
    Kind.NAMED: named,
    Kind.REFERENCES: references,
    Kind.UNKNOWN: unknown,
}


#: The kinds of stories whose looks come after a change: it may show late.
_CHANGING = frozenset({Kind.GONE, Kind.UPDATED, Kind.TAGS, Kind.TAGGED, Kind.PAIRED, Kind.KEPT})


def is_early(evidence: StoryEvidence, name: str) -> bool:
    """Whether the last step taken, ``name``, shows what may yet become otherwise."""
    taken = evidence.taken[name]
    if not (taken.succeeded or taken.is_not_found):
        return False
    if taken.step.awaits and not name.startswith("tags") and not evidence.shows(name):
        return True
    changing = evidence.case.kind in _CHANGING
    return changing and any(one.verdict in _BROKEN for one in judge(evidence))


_BROKEN = frozenset({Verdict.FAIL, Verdict.WARN})


#: The clauses that the check of each kind can raise; ``*`` is a member.
RAISES: Mapping[Kind, tuple[str, ...]] = {
    Kind.WHOLE: (
        "state/read-back/*",
        "state/listed",
        "state/distinct",
        "state/answered",
        "state/called",
        "state/agree",
    ),
    Kind.READ_BACK: ("state/read-back/*", "state/accepted/*"),
    Kind.DUPLICATE: ("state/duplicate",),
    Kind.TOKEN: ("state/token",),
    Kind.GONE: ("state/gone", "state/others-stay", "state/repeated"),
    Kind.UPDATED: ("state/updated/*",),
    Kind.TAGS: ("state/tags",),
    Kind.TAGGED: ("state/tagged", "state/untagged"),
    Kind.FILTERS: ("state/filter/*", "state/filters/*"),
    Kind.KEPT: ("state/kept",),
    Kind.UNKNOWN: ("state/unknown",),
    Kind.PAIRED: ("state/done", "state/undone", "state/undone-twice"),
    Kind.ACCEPTED: ("state/accepted", "state/accepted/*", "state/optional/*"),
    Kind.NAMED: ("state/named-by/*",),
    Kind.REFERENCES: ("state/references/*",),
}


def name_of(kind: str) -> str:
    """The name of the check of one kind of stories or explorations, as findings have it."""
    return f"state-{kind}"


def promise(check: Callable[..., object]) -> str:
    """What a check requires, in one sentence: the first line of its docstring."""
    return (check.__doc__ or "").partition("\n")[0]


def judge(evidence: StoryEvidence) -> list[Finding]:
    """Every finding on one story; what shows a violation says with which steps."""
    kind = evidence.case.kind
    found = CHECKS[kind](evidence, FindingBuilder(evidence, name_of(kind)))
    return [
        replace(one, steps=steps_of(evidence, one.exchange)) if one.exchange is not None else one
        for one in found
    ]


def steps_of(evidence: StoryEvidence, shows: Exchange) -> tuple[Step, ...]:
    """The steps in words; ``shows`` is the exchange of the one that breaks the promise."""
    return tuple(
        Step(
            name=name,
            operation=taken.operation.id,
            sent=", ".join(f"{member}={_short(value)}" for member, value in taken.params.items()),
            answer=taken.answer,
            breaks=any(exchange is shows for exchange in taken.exchanges),
        )
        for name, taken in evidence.taken.items()
    )
