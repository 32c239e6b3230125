"""Checks of deletions: what was deleted is not shown as it was, and the rest stays."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.checks.findings import Finding, FindingBuilder
from conformance.checks.story_evidence import StoryEvidence
from conformance.spec.levels import Level
from conformance.spec.lifecycles.members import is_status
from conformance.spec.lifecycles.names import folded

#: Members by which a listing is asked for what is deleted.
_DELETED = re.compile(r"^(include|show|with).*(delet|terminat)")
#: Members that say when something was created: no deletion changes that.
_CREATED = re.compile(r"creat(ed|ion)(at|on|date|time|timestamp|datetime)")


def gone(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """What was deleted is not shown as it was; what was not deleted is."""
    yield from _repeatable(evidence, findings)
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
            _lasting(shown) != _lasting(before),
            observed=f"{after.operation.name} shows it unchanged",
            exchange=after.last,
            level=Level.SHOULD,
        )
    else:
        yield from _unlisted(evidence, findings)
    if before is not None and after is not None and after.is_not_found and _is_kept(evidence):
        yield from _unlisted(evidence, findings)
    if after is not None and before is not None and _hides_deleted(evidence):
        yield from _hidden(evidence, findings)
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


def _lasting(described: Any) -> Any:
    """A description without the time of creation, which some say is now whenever they are asked."""
    if not isinstance(described, Mapping):
        return described
    return {name: one for name, one in described.items() if not _CREATED.fullmatch(folded(name))}


def _repeatable(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """A deletion that is called idempotent succeeds once more."""
    deleted, again = evidence.taken.get("deleted"), evidence.taken.get("deleted again")
    if deleted is None or again is None or not deleted.succeeded:
        return
    if not (again.succeeded or again.is_refused):
        reason = f"the second time it is answered with {again.answer}"
        yield from findings.inconclusive("state/repeated", reason)
        return
    yield from findings.judged(
        "state/repeated",
        again.succeeded,
        observed=f"the second time it is answered with {again.answer}",
        exchange=again.last,
    )


def _hides_deleted(evidence: StoryEvidence) -> bool:
    """Whether a listing, which showed it, shows what is deleted where it is asked for that."""
    last = evidence.taken.get("listed after")
    return (
        last is not None
        and last.succeeded
        and bool(evidence.listed("listed before"))
        and any(
            schema.get("type") == "boolean" and _DELETED.search(folded(name))
            for name, schema in last.operation.members.items()
            if name not in last.params
        )
    )


def _hidden(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """What was deleted is not listed by a request that does not ask for it."""
    last = evidence.taken["listed after"]
    shown = evidence.listed("listed after")
    going = [one for one in shown if isinstance(one, Mapping) and any(map(is_status, one))]
    yield from findings.judged(
        "state/gone",
        not shown or bool(going),
        observed=f"{last.operation.name} lists it, and was not asked for what is deleted",
        exchange=last.last,
        level=Level.SHOULD,
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
            observed=f"{last.operation.name} lists it unchanged",
            exchange=last.last,
            level=Level.SHOULD,
        )
