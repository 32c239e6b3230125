"""A valid call to start from, for a document whose hand-written part has none.

It gives what is required, and nothing else; values that only a target knows are looked for where
the SDK's model suggests. It knows operations, and no format of documents.
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
def with_baseline(operation: Operation) -> Operation:
    """An operation with a baseline: its own, else the call that its required members make."""
    if operation.baselines:
        return operation
    return replace(
        operation,
        baselines=(Baseline(name="plain", params=loader.required(operation.request)),),
        resources={**_resources(operation), **operation.resources},
    )


def _resources(operation: Operation) -> Mapping[str, Resource]:
    """Where the opaque values are listed that an operation requires, as far as the SDK knows it."""
    try:
        known = loader.operation(operation.service, operation.name).resources
    except ConformanceError:
        known = {}
    members = ((name, operation.members[name]) for name in sorted(operation.required))
    asked = [name for name, schema in members if is_opaque(schema.get("items", schema))]
    return {name: known.get(name, Resource()) for name in asked}
