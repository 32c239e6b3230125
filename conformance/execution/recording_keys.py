"""Recording keys: the scopes of cases, baselines and explorations, and their public values.

A scope holds a digest of its plan, so that a replay notices when the plan is no longer what was
recorded.
"""

import dataclasses
import hashlib
import json
from functools import lru_cache
from typing import Any

from conformance.generation.plans import Call, Case, Exploration
from conformance.generation.stories import Story, StoryStep
from conformance.spec.operation import Operation
from conformance.spec.registry import registry
from conformance.spec.values import literals
from conformance.transport.sender import Scope


def case_scope(operation: Operation, case: Case) -> Scope:
    """The scope of a named case; a drawn one belongs to its exploration."""
    steps = [{type(step).__name__: _said(step)} for step in case.steps]
    return _scope(operation, case.id, steps, case.clause)


def story_scope(operation: Operation, story: Story) -> Scope:
    """The scope of all the steps of a story."""
    steps = [{"operation": step.operation, "set": step.set, **_asked(step)} for step in story.steps]
    return _scope(operation, story.id, steps, story.clause)


def _asked(step: StoryStep) -> dict[str, Any]:
    """What a step asks a listing for, where it does."""
    asked = [[one.selector.member, one.selector.filter, *one.values] for one in step.asks]
    return {"asks": asked} if asked else {}


def baseline_scope(operation: Operation, wanted: str | Call) -> Scope:
    """The scope of what cases share: the availability, the listing, or one control."""
    plan: Any = wanted
    if isinstance(wanted, Call):
        plan = _said(wanted)
        wanted = f"call-{_digest(plan)}"
    return _scope(operation, f"{operation.id}/baselines/{wanted}", plan)


def exploration_scope(operation: Operation, exploration: Exploration) -> Scope:
    """The scope of all that one exploration draws."""
    return Scope(
        name=exploration.id,
        plan=_digest(exploration.direction),
        document=operation.digest,
        public=said_in_public(),
        explored=True,
    )


def _scope(operation: Operation, name: str, plan: Any, clause: str = "") -> Scope:
    return Scope(
        name=name,
        plan=_digest(plan),
        clause=clause,
        document=operation.digest,
        public=_public(plan),
    )


def _said(plan: Any) -> Any:
    """A plan without its defaults: new fields do not change the digests of old plans."""
    if dataclasses.is_dataclass(plan):
        own = {field.name: getattr(plan, field.name) for field in dataclasses.fields(plan)}
        plain = type(plan)()  # type: ignore[misc] # every part of a plan has defaults
        return {name: _said(value) for name, value in own.items() if value != getattr(plain, name)}
    return plan


def _digest(plan: Any) -> str:
    text = json.dumps(plan, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@lru_cache(maxsize=1)
def said_in_public() -> frozenset[str]:
    """Every value that the documents state themselves: valid values, samples, placeholders."""
    return frozenset().union(*(operation.literals for operation in registry().values()))


def _public(plan: Any) -> frozenset[str]:
    """The values that the documents or a plan contain; most plans add none."""
    said = said_in_public()
    own = [text for text in literals(plan) if text not in said]
    return said.union(own) if own else said
