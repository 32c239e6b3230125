"""What the SDK's model adds to a documented operation: all that a page does not say.

The layers are joined in ``layers``; here the model is found, and a valid call is added where the
document has none. It gives what is required and nothing else; values that only a target knows are
looked for where the model suggests. No format of documents is known here.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from conformance.errors import ConformanceError
from conformance.spec.layers import layered
from conformance.spec.levels import SourceKind
from conformance.spec.operation import Operation
from conformance.spec.rules import Baseline, Resource
from conformance.spec.sdk_models import loader
from conformance.spec.sdk_models.discovery import is_opaque


def modelled(operation: Operation, protocol: str | None = None) -> Operation | None:
    """The SDK's model of a documented operation; ``None`` where it has none that it can read."""
    try:
        return loader.operation(operation.service, operation.name, protocol)
    except ConformanceError:
        return None


@lru_cache(maxsize=64)
def completed(operation: Operation, protocol: str | None = None) -> Operation:
    """A documented operation with what the SDK's model of it adds.

    Without a model, a page is all that is known.
    """
    model = modelled(operation, protocol)
    if model is None:
        both = replace(operation, sources=frozenset({SourceKind.PAGE}))
    else:
        both = layered(operation, model)
    if both.baselines:
        return both
    return replace(
        both,
        baselines=(
            Baseline(name="plain", params=loader.required(both.request)),
            *(one for one in (model.baselines if model else ()) if one.name != "plain"),
        ),
        resources={
            **_resources(both, model.resources if model else {}),
            **both.resources,
        },
    )


def _resources(operation: Operation, known: Mapping[str, Resource]) -> Mapping[str, Resource]:
    """Where the opaque values are listed that an operation requires, as far as the SDK knows it."""
    members = ((name, operation.members[name]) for name in sorted(operation.required))
    asked = [name for name, schema in members if is_opaque(schema.get("items", schema))]
    return {name: known.get(name, Resource()) for name in asked}
