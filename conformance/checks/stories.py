"""Checks of what calls leave behind: they judge the steps of one story.

What is given is compared with what is shown as AWS shows things; see ``likeness``.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jmespath

from conformance.checks.evidence import readable_object
from conformance.checks.findings import Finding, FindingBuilder, Verdict, in_a_line
from conformance.checks.likeness import is_shown
from conformance.generation.stories import TAGS, Kind, Story, StoryStep
from conformance.protocols.http import Exchange
from conformance.protocols.table import PROTOCOLS
from conformance.spec.levels import Level
from conformance.spec.lifecycles.lifecycle import Action
from conformance.spec.operation import Operation, Params

#: The jmespath of a list of things, not of their parts.
_PLAIN_LIST = re.compile(r"\w+\[\]")
_NOT_FOUND = re.compile(r"NotFound|NoSuch|NotExist|DoesNotExist|NonExistent|Unknown", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One step of a story as it went: its exchanges (pages of a listing), and what was sent."""

    step: StoryStep
    operation: Operation
    params: Params
    exchanges: tuple[Exchange, ...]

    @property
    def last(self) -> Exchange:
        """The last exchange of the step."""
        return self.exchanges[-1]

    @property
    def succeeded(self) -> bool:
        """Whether every exchange of the step succeeded."""
        return all(exchange.succeeded for exchange in self.exchanges)

    @property
    def is_refused(self) -> bool:
        """Whether the step was answered with a client error."""
        return 400 <= (self.last.status or 0) < 500

    @property
    def bodies(self) -> list[Mapping[str, Any]]:
        """The members of each response that can be read."""
        protocol = PROTOCOLS[self.operation.protocol]
        read = (readable_object(self.operation, protocol, e.response) for e in self.exchanges)
        return [body for body in read if body is not None]

    @property
    def body(self) -> Mapping[str, Any] | None:
        """The members of the response to a step of one call."""
        return self.bodies[-1] if self.bodies else None

    @property
    def answer(self) -> str:
        """The response in one line: its status, with the error's type."""
        response = None if self.last.succeeded else self.last.response
        protocol = PROTOCOLS[self.operation.protocol]
        return in_a_line(self.last, protocol.error(response).type if response else None)

    @property
    def is_not_found(self) -> bool:
        """Whether the response says that the thing does not exist."""
        return self.is_refused and (
            self.last.status == 404 or _NOT_FOUND.search(self.answer) is not None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryEvidence:
    """The steps of one story as they went, by their names; what could not be done is absent."""

    operation: Operation
    case: Story
    taken: Mapping[str, Taken]

    def identifiers(self, name: str = "made", *, answered: bool = False) -> list[str]:
        """What a thing that was made is called; ``answered``: only what the service chose."""
        lifecycle, made = self.case.lifecycle, self.taken.get(name)
        if made is None or not made.succeeded:
            return []
        values = (
            binding.value(made.params, made.body)
            for action in (lifecycle.read, lifecycle.delete)
            if action is not None
            for binding in action.bindings
            if not answered or binding.origin == "response"
        )
        return [value for value in dict.fromkeys(map(_text, values)) if value]

    @property
    def are_two(self) -> bool:
        """Whether the second creation has to make another thing: it has another name, or token."""
        lifecycle = self.case.lifecycle
        made, other = self.taken.get("made"), self.taken.get("other")
        if made is None or other is None:
            return False
        named = (lifecycle.name or "").split("/")[0] in made.params
        return made.params != other.params if named else lifecycle.token is not None

    def described(self, step: str, action: Action | None, of: str = "made") -> Any:
        """How a step's response describes a thing that was made; ``None`` where it does not."""
        taken = self.taken.get(step)
        if taken is None or action is None or not taken.succeeded:
            return None
        items = items_of(taken, action)
        items = self._identified(items, action, of) or items
        if len(items) == 1:
            return items[0]
        names = self.identifiers(of)
        return next((item for item in items if any(_holds(item, name) for name in names)), None)

    def identity(self, action: Action, of: str = "made") -> list[tuple[str, Any]]:
        """Where an action's items show what a thing that was made is called, and what that is."""
        made = self.taken.get(of)
        if made is None or not made.succeeded:
            return []
        values = [(one.member, one.value(made.params, made.body)) for one in action.identity]
        return [(path, value) for path, value in values if value is not None]

    def _identified(self, items: Sequence[Any], action: Action, of: str) -> list[Any]:
        """The items that show what a thing that was made is called; none where none has to."""
        called = self.identity(action, of)
        return [item for item in items if called and all(_says(item, *one) for one in called)]

    def listed(self, step: str, of: str = "made") -> list[Any]:
        """The items of a listing that are a thing that was made."""
        taken, action = self.taken.get(step), self.case.lifecycle.listing
        if taken is None or action is None or not taken.succeeded:
            return []
        items = items_of(taken, action)
        found = self._identified(items, action, of)
        return found or [item for item in items if any(_holds(item, n) for n in self.own(of))]

    def own(self, of: str) -> list[str]:
        """What one thing alone is called, not what it belongs to."""
        (rest,) = {"made", "other"} - {of} if of in {"made", "other"} else ("made",)
        shared = set(self.identifiers(rest)) if self.are_two else set()
        return [name for name in self.identifiers(of) if name not in shared]

    def shows(self, step: str) -> bool:
        """Whether a step's response shows the thing that it is about."""
        lifecycle, taken = self.case.lifecycle, self.taken[step]
        if step.startswith("listed"):
            return lifecycle.listing is None or bool(self.listed(step, taken.step.of))
        return self.described(step, lifecycle.read, taken.step.of) is not None


def _says(item: Any, path: str, value: Any) -> bool:
    """Whether an item shows a value at a path, or nothing there."""
    shown = jmespath.search(path, item) if path not in {"", "@"} else item
    return shown is not None and is_shown(value, shown)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def items_of(taken: Taken, action: Action) -> list[Any]:
    """Everything that a step's responses describe."""
    found: list[Any] = []
    for body in taken.bodies:
        value = body if action.shown in {"", "@"} else jmespath.search(action.shown, body)
        found += value if isinstance(value, list) else [] if value is None else [value]
    return found


def _holds(item: Any, name: str) -> bool:
    """Whether some text within an item is a name, or ends with it as ARNs and addresses do."""
    if isinstance(item, Mapping):
        return any(_holds(value, name) for value in item.values())
    if isinstance(item, list):
        return any(_holds(value, name) for value in item)
    return isinstance(item, str) and is_shown(name, item)


# ------------------------------------------------------------ what was made


def whole(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """Two things that were made are shown as they were made, are listed, and differ."""
    read = evidence.case.lifecycle.read
    if read is not None:
        for path in read.places:
            if _given(evidence, "made", path) is not None:
                yield from _read_back(evidence, findings, path)
    yield from _listed(evidence, findings)
    yield from _distinct(evidence, findings)


def read_back(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """What a member was given at creation is what the reader shows."""
    yield from _read_back(evidence, findings, evidence.case.subject)


def _read_back(evidence: StoryEvidence, findings: FindingBuilder, path: str) -> Iterator[Finding]:
    read = evidence.case.lifecycle.read
    assert read is not None
    given = _given(evidence, "made", path)
    yield from _compared(evidence, findings, f"state/read-back/{path}", given, read.places[path])


def _compared(
    evidence: StoryEvidence, findings: FindingBuilder, clause: str, given: Any, place: str
) -> Iterator[Finding]:
    """Compare what was given with what the step ``read`` shows at a place."""
    action, taken = evidence.case.lifecycle.read, evidence.taken.get("read")
    if taken is None or action is None:
        yield from findings.inconclusive(clause, "what was made could not be read")
        return
    described = evidence.described("read", action)
    if taken.is_not_found or (described is None and _is_empty(taken, action)):
        answer = f"answers {taken.answer}" if taken.is_not_found else "shows nothing under its name"
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
    yield from findings.judged(
        clause,
        is_shown(given, shown),
        expected=f"{place} {_short(given)}",
        observed=f"{_name(taken)} shows {'nothing' if shown is None else _short(shown)}",
        exchange=taken.last,
    )


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
    items = items_of(taken, action)
    yield from findings.judged(
        "state/listed",
        bool(evidence.listed("listed")),
        observed=f"{names[-1]} is none of {len(items)} listed",
        exchange=taken.last,
    )


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
    if one and other:
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


# ------------------------------------------------------------ what was changed and deleted


def gone(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """What was deleted is not shown as it was; what was not deleted is."""
    deleted = evidence.taken.get("deleted")
    if deleted is None or not deleted.succeeded:
        answer = f"the deletion is answered with {deleted.answer}" if deleted else "no deletion"
        yield from findings.inconclusive("state/gone", answer)
        return
    lifecycle = evidence.case.lifecycle
    before = evidence.described("before", lifecycle.read)
    after = evidence.taken.get("after")
    if before is not None and after is not None and (after.succeeded or after.is_refused):
        shown = evidence.described("after", lifecycle.read) if after.succeeded else None
        yield from findings.judged(
            "state/gone",
            shown != before,
            observed=f"{_name(after)} shows it unchanged",
            exchange=after.last,
            level=Level.SHOULD,
        )
    else:
        yield from _unlisted(evidence, findings)
    if before is not None and after is not None and after.is_not_found and _is_kept(evidence):
        yield from _unlisted(evidence, findings)
    other = evidence.taken.get("other after")
    if evidence.identifiers() == evidence.identifiers("other"):
        return  # two requests made one thing
    if before is not None and other is not None and (other.succeeded or other.is_not_found):
        shown = evidence.described("other after", lifecycle.read, "other")
        yield from findings.judged(
            "state/others-stay",
            shown is not None,
            observed=f"another one is answered with {other.answer}, and not shown",
            exchange=other.last,
        )


def _is_kept(evidence: StoryEvidence) -> bool:
    """Whether what was deleted is listed as it was."""
    before, after = evidence.listed("listed before"), evidence.listed("listed after")
    return bool(before) and before == after


def _unlisted(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """What was deleted is not listed as it was."""
    lists = [evidence.taken.get(name) for name in ("listed before", "listed after")]
    last = lists[-1]
    if last is None or not all(one and one.succeeded for one in lists):
        yield from findings.inconclusive("state/gone", "what was made could not be read before")
    elif not evidence.listed("listed before"):
        yield from findings.inconclusive("state/gone", "what was made was not listed before")
    else:
        yield from findings.judged(
            "state/gone",
            not _is_kept(evidence),
            observed=f"{_name(last)} lists it unchanged",
            exchange=last.last,
            level=Level.SHOULD,
        )


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
        evidence, findings, clause, _given(evidence, "updated", path), action.given[path]
    )


# ------------------------------------------------------------ tags


def tags(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """The tags given at creation are listed."""
    yield from _tags(evidence, findings, "state/tags", "tags", TAGS)


def tagged(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """Tags that were added are listed, at the right thing; those that were removed are not."""
    for name in ("tagged", "untagged"):
        taken = evidence.taken.get(name)
        wanted = any(step.name == name for step in evidence.case.steps)
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
    other = _found_tags(evidence, "other tags") if evidence.are_two else None
    if other is not None and any(key in other for key in TAGS):
        yield from findings.broken(
            "state/tagged",
            expected="tags on one thing alone",
            observed="another one has them as well",
            exchange=evidence.taken["other tags"].last,
        )


def _tags(
    evidence: StoryEvidence,
    findings: FindingBuilder,
    clause: str,
    step: str,
    wanted: Mapping[str, str],
    without: str = "",
) -> Iterator[Finding]:
    found = _found_tags(evidence, step)
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


def _found_tags(evidence: StoryEvidence, step: str) -> Mapping[str, Any] | None:
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


# ------------------------------------------------------------ the table


def _given(evidence: StoryEvidence, step: str, path: str) -> Any:
    """What a request gave at a path; ``None`` where it gave nothing."""
    taken = evidence.taken.get(step)
    value: Any = taken.params if taken else None
    for name in path.split("/"):
        if name == "item":
            value = value[0] if isinstance(value, Sequence) and value else None
        elif isinstance(value, Mapping):
            value = value.get(name)
        else:
            return None
    return value


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
}


#: The kinds of stories whose looks come after a change: it may show late.
_CHANGING = frozenset({Kind.GONE, Kind.UPDATED, Kind.TAGS, Kind.TAGGED})


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
    Kind.WHOLE: ("state/read-back/*", "state/listed", "state/distinct"),
    Kind.READ_BACK: ("state/read-back/*",),
    Kind.DUPLICATE: ("state/duplicate",),
    Kind.TOKEN: ("state/token",),
    Kind.GONE: ("state/gone", "state/others-stay"),
    Kind.UPDATED: ("state/updated/*",),
    Kind.TAGS: ("state/tags",),
    Kind.TAGGED: ("state/tagged", "state/untagged"),
}


def name_of(kind: Kind) -> str:
    """The name of the check of one kind of stories, as findings have it."""
    return f"state-{kind}"


def promise(check: Check) -> str:
    """What a check requires, in one sentence: the first line of its docstring."""
    return (check.__doc__ or "").partition("\n")[0]


def judge(evidence: StoryEvidence) -> list[Finding]:
    """Every finding on one story."""
    kind = evidence.case.kind
    return list(CHECKS[kind](evidence, FindingBuilder(evidence, name_of(kind))))
