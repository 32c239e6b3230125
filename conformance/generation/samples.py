"""Values of members that mean something: the document's, else the target's, else plain ones.

It knows no case and no story.
"""

from typing import Any

from conformance.spec.operation import Operation
from conformance.spec.placeholders import placeholders
from conformance.spec.values import plain


def sample(operation: Operation, member: str) -> Any:
    """A value that a member takes and that means something."""
    samples = operation.samples.get(member)
    schema = operation.members[member]
    is_list = schema.get("type") == "array"
    if samples:
        return [samples[0]] if is_list else samples[0]
    if member in operation.resources:
        return placeholders(member, schema) if is_list else {"resource": member}
    return plain(schema)
