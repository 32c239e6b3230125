"""What the SDK's model adds to a documented operation: a valid call, and that it only reads.

The call is added where the document has none. It gives what is required and nothing else; values
that only a target knows are looked for where the model suggests. No format of documents is known
here.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from conformance.errors import ConformanceError
from conformance.spec.operation import Operation
from conformance.spec.rules import Baseline, Resource
from conformance.spec.sdk_models import loader
from conformance.spec.sdk_models.discovery import is_opaque


@lru_cache(maxsize=64)
def completed(operation: Operation) -> Operation:
    """A documented operation with what the SDK's model of it adds."""
    if operation.baselines and operation.readonly:
        return operation
    try:
        modelled = loader.operation(operation.service, operation.name)
    except ConformanceError:
        modelled = None
    if modelled is not None and modelled.readonly:
        operation = replace(operation, readonly=True)
    if operation.baselines:
        return operation
    return replace(
        operation,
        baselines=(Baseline(name="plain", params=loader.required(operation.request)),),
        resources={
            **_resources(operation, modelled.resources if modelled else {}),
            **operation.resources,
        },
    )


def _resources(operation: Operation, known: Mapping[str, Resource]) -> Mapping[str, Resource]:
    """Where the opaque values are listed that an operation requires, as far as the SDK knows it."""
    members = ((name, operation.members[name]) for name in sorted(operation.required))
    asked = [name for name, schema in members if is_opaque(schema.get("items", schema))]
    return {name: known.get(name, Resource()) for name in asked}
