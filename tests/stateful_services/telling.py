"""Tells the stories of one resource against the server, in this process."""

from collections.abc import Iterator, Mapping

from conformance.checks.findings import Finding, Verdict
from conformance.execution.engine import Engine
from conformance.execution.session import TargetSession
from conformance.generation.stories import Story, stories
from conformance.spec.lifecycles.derived import lifecycles
from conformance.spec.lifecycles.lifecycle import Lifecycle
from conformance.spec.lifecycles.pairs import pairs
from conformance.spec.operation import Operation
from conformance.spec.sdk_models.loader import operation
from conformance.transport.sender import Sender
from stateful_services.resources import RESOURCES


class Operations(dict[str, Operation]):
    """Operations by their ids, read from the SDK when they are asked for, in one protocol."""

    def __init__(self, protocol: str | None) -> None:
        self._protocol = protocol

    def __missing__(self, name: str) -> Operation:
        service, _, short = name.partition(":")
        self[name] = operation(service, short, self._protocol)
        return self[name]


def lifecycle(noun: str) -> Lifecycle:
    """The lifecycle of one of the server's resources."""
    return next(one for one in lifecycles(RESOURCES[noun].service) if one.noun == noun)


def all_stories(noun: str, operations: Mapping[str, Operation]) -> Iterator[Story]:
    """Every story about one resource."""
    one = lifecycle(noun)
    tagging = one.tagging
    actions = (one.create, one.delete, *one.updates)
    actions += (one.read, one.listing)
    actions += (tagging.add, tagging.remove, tagging.listed) if tagging else ()
    names = [action.operation for action in actions if action is not None]
    names += [name for name in pairs(one.service) if name.split(":")[1] in RESOURCES[noun].verbs]
    for name in dict.fromkeys(names):
        yield from (story for story in stories(operations[name]) if story.lifecycle.noun == noun)


def told(sender: Sender, noun: str, clause: str = "") -> list[Finding]:
    """The findings of the stories of a resource, or of those that exercise one clause."""
    operations = Operations(RESOURCES[noun].protocol)
    for name in RESOURCES[noun].parents:
        operations[f"{RESOURCES[noun].service}:{name}"]
    engine = Engine(session=TargetSession(operations, sender))
    known = list(all_stories(noun, operations))  # by then all operations are known
    return [
        finding
        for story in known
        if not clause or clause in (story.clause, *story.beside)
        for finding in engine.run(story).findings
    ]


def broken(findings: list[Finding]) -> dict[str, str]:
    """Clause → what was observed, of findings that are held against the server."""
    return {
        one.clause: one.observed
        for one in findings
        if one.verdict not in {Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.OBSERVED}
    }
