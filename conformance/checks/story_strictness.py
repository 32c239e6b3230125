"""Checks of what a service takes: optional members, forms of identifiers, references to nothing.

A client error may have many a reason that no model states, so that it is recorded alone; a server
error has none.
"""

from collections.abc import Iterator

from conformance.checks.findings import Finding, FindingBuilder
from conformance.checks.story_evidence import StoryEvidence, Taken
from conformance.generation.stories import Kind
from conformance.spec.levels import Level
from conformance.spec.validity import violations

#: Client errors that are not about what was sent.
_BESIDE_THE_POINT = frozenset({401, 403, 405, 429})
#: Kinds of stories that judge the answer to a creation, whatever it is, where they are no more.
_OF_CREATIONS = frozenset({Kind.ACCEPTED, Kind.REFERENCES})


def judges_creation(evidence: StoryEvidence, made: Taken) -> bool:
    """Whether a creation that did not succeed is what the story is about."""
    kind, alone = evidence.case.kind, len(evidence.case.steps) == 1
    return (kind in _OF_CREATIONS and alone) or (kind is Kind.READ_BACK and made.has_failed)


def accepted(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """What is required is enough, and each optional member beside it causes no server error."""
    for clause in (evidence.case.clause, *evidence.case.beside):
        path = clause.split("/", 1)[1]
        if _control_failed(evidence):
            yield from findings.inconclusive(path, "it fails whatever it is asked")
            continue
        look = f"with {path.removeprefix('state/accepted/')}"
        asks = any(step.name == look for step in evidence.case.steps)  # of a reader, a listing
        yield from taken_without_failure(
            findings, path, evidence.taken.get(look if asks else "made")
        )


def taken_without_failure(
    findings: FindingBuilder, path: str, taken: Taken | None
) -> Iterator[Finding]:
    """Judge the answer to a valid request: a refusal is recorded, a failure is none of AWS's."""
    if taken is None:
        yield from findings.inconclusive(path, "it could not be sent")
    elif taken.succeeded:
        yield from findings.passed(path)
    elif not (taken.has_failed or taken.is_refused) or taken.is_as_seen:
        yield from findings.inconclusive(path, f"it is answered with {taken.answer}")
    else:
        yield from findings.broken(
            path,
            expected="accepted, or no server error at least",
            observed=f"it is answered with {taken.answer}",
            exchange=taken.last,
            level=None if taken.has_failed else Level.OBSERVE,
        )


def _control_failed(evidence: StoryEvidence) -> bool:
    """Whether an operation fails without what is tried, too: it may not be there at all."""
    control = evidence.taken.get("control")
    wanted = any(step.name == "control" for step in evidence.case.steps)
    return wanted and (control is None or not (control.succeeded or control.is_refused))


def named(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """What a request may name by its ARN or its name it may name by both."""
    path = evidence.case.clause.split("/", 1)[1]
    one, other = evidence.taken.get("control"), evidence.taken.get("by another")
    if one is None or not one.succeeded:
        answer = f"otherwise it is answered with {one.answer}" if one else "it could not be sent"
        yield from findings.inconclusive(path, answer)
        return
    reason = _no_form(evidence, other)
    if other is None or reason:
        yield from findings.inconclusive(path, reason)
        return
    read = evidence.case.lifecycle.read
    reads = read is not None and read.operation == evidence.operation.id
    lacks = reads and evidence.described("control", read) and not _describes(evidence)
    sent = other.params.get(evidence.case.subject)
    yield from findings.judged(
        path,
        other.succeeded and not lacks,
        expected=f"taken as {one.params.get(evidence.case.subject)!r} is",
        observed=f"{sent!r} is answered with {other.answer}" + (", and not shown" if lacks else ""),
        exchange=other.last,
    )


def _describes(evidence: StoryEvidence) -> bool:
    return evidence.described("by another", evidence.case.lifecycle.read) is not None


def _no_form(evidence: StoryEvidence, other: Taken | None) -> str:
    """Why an answer says nothing of the form of an identifier; empty where it does."""
    if other is None:
        return "nothing says how else it is called"
    member = evidence.case.subject
    value, schema = other.params.get(member), evidence.operation.members[member]
    if any(violations(value, schema, member)):
        return f"the model does not allow {value!r}"
    is_answer = other.succeeded or other.is_refused or other.has_failed
    if not is_answer or other.last.status in _BESIDE_THE_POINT:
        return f"it is answered with {other.answer}"
    return ""


def references(evidence: StoryEvidence, findings: FindingBuilder) -> Iterator[Finding]:
    """What refers to something that is not there is refused."""
    path = evidence.case.clause.split("/", 1)[1]
    last = evidence.case.steps[-1]
    taken = evidence.taken.get(last.name)
    if taken is None or _control_failed(evidence):
        reason = "it fails whatever it is asked" if taken else "it could not be sent"
        yield from findings.inconclusive(path, reason)
    elif taken.succeeded or taken.has_failed:
        value = taken.params.get(evidence.case.subject)
        yield from findings.broken(
            path,
            observed=f"{evidence.case.subject}={value!r} is answered with {taken.answer}",
            exchange=taken.last,
            level=Level.SHOULD if taken.has_failed else None,
        )
    elif taken.is_not_found or (taken.is_refused and _is_required(evidence)):
        yield from findings.passed(path)
    else:
        yield from findings.inconclusive(path, f"refused for some reason ({taken.answer})")


def _is_required(evidence: StoryEvidence) -> bool:
    """Whether the accepted request had the member as well, so that its value is what is refused."""
    return evidence.case.subject in evidence.operation.required
