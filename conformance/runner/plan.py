"""The plan of a run, printed by ``--plan``: operations × areas × requests, time, IAM policy."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence

from conformance.execution.engine import Tried, areas
from conformance.execution.provisioning.files import Recipe
from conformance.generation import depth
from conformance.generation.clauses import AREAS
from conformance.generation.plans import Call, Case, Printed, Recorded, Walk
from conformance.generation.stories import Story
from conformance.recording.recordable import RecordableOperations
from conformance.report.operations_table import needed
from conformance.report.printing import counted, duration
from conformance.runner.settings import Settings
from conformance.runner.sharding import weights
from conformance.spec.access import action
from conformance.spec.operation import Operation
from conformance.spec.registry import registry

#: What a run on AWS leaves out.
KEPT_FROM_AWS = "kept from AWS: {} ('aws-conformance operations SERVICE' says why)"
#: Requests for an operation before its cases: probe, baseline, listing.
_BASELINES = 8
#: Seconds that a request to a server on the same machine takes with its checks, a usual value.
_PER_REQUEST = 0.01
#: How many pages a walk is assumed to take: the listing is not known yet.
_PAGES = 4


def requests(tried: Tried, examples: int) -> int:
    """An estimate of how many requests a case takes."""
    if isinstance(tried, Recorded | Printed):
        return 0
    if isinstance(tried, Story):
        return depth.requests(tried)
    if not isinstance(tried, Case):
        return examples
    steps = sum(min(step.pages, _PAGES) if isinstance(step, Walk) else 1 for step in tried.steps)
    return steps + (1 if isinstance(tried.valid_control, Call) and tried.valid_control.set else 0)


def _time(settings: Settings, everything: Sequence[Tried], total: int) -> str:
    """How long a run takes: by its rate, by an earlier run, or at a usual pace of local servers."""
    if settings.rate:
        minutes, seconds = divmod(round(total / settings.rate), 60)
        return f"{minutes} min {seconds} s at {settings.rate:g}/s"
    if settings.took:
        counts = Counter(tried.operation for tried in everything)
        whole = sum(weights(counts, settings.took).values())
        return f"about {duration(whole)} in one process, by the earlier run"
    return (
        f"about {duration(total * _PER_REQUEST)} at {_PER_REQUEST * 1000:g} ms each, "
        "in one process; as fast as the target answers"
    )


def lines(
    settings: Settings, everything: Sequence[Tried], recipes: Sequence[Recipe] = ()
) -> Iterator[str]:
    """The plan, line by line; ``recipes`` make things before the run."""
    if recipes:
        yield f"made before the run and taken down afterwards: {'; '.join(map(str, recipes))}"
    total = 0
    by_operation: dict[str, list[Tried]] = {}
    for tried in everything:
        by_operation.setdefault(tried.operation, []).append(tried)
    for operation in settings.operations:
        mine = by_operation.get(operation.id, [])
        due = sum(requests(tried, settings.max_examples) for tried in mine)
        due += _BASELINES if mine else 0
        total += due
        stories = sum(1 for tried in mine if isinstance(tried, Story))
        counts = counted(len(mine), "case") + (f", {stories} of them stories" if stories else "")
        yield f"{operation.id}: {counts}, about {due} requests"
        by_area: dict[str, int] = {}
        for tried in mine:
            for name in set(areas(operation, tried)) - (
                {"sdk"} if settings.kind != "replay" else set()
            ):
                by_area[name] = by_area.get(name, 0) + 1
        for name, count in sorted(by_area.items(), key=lambda pair: AREAS.index(pair[0])):
            yield f"    {name:<12}{count:>5} {'case' if count == 1 else 'cases'}"
    yield f"in all about {total} requests: {_time(settings, everything, total)}"
    if settings.kind == "aws":
        if settings.left_out:
            yield KEPT_FROM_AWS.format(counted(len(settings.left_out), "operation"))
        yield "the smallest IAM policy that permits it:"
        actions = sorted({action(one.service, one.name) for one in _sent(settings)})
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        yield json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)
    yield "nothing was sent"


def _sent(settings: Settings) -> list[Operation]:
    """The operations of a run on AWS, and those that list what their requests need."""
    known = RecordableOperations(registry(settings.protocol))
    found, due = dict[str, Operation](), list(settings.operations)
    while due:
        one = due.pop()
        if one.id not in found:
            found[one.id] = one
            names = [name for need in needed(one) for name, _ in need.places or ()]
            due += [known[name] for name in names if name in known]
    return list(found.values())
