"""What the SDK can say, and what has to be put on the wire past it.

Checked or not, the SDK raises on some values and makes something else of others;
whatever it would not say as it is meant, an alteration says in its place.
"""

import datetime
from collections.abc import Mapping
from typing import Any

from conformance.spec.operation import Operation, Params, Schema
from conformance.spec.values import has_type

#: Said for a member that the SDK needs to build a request, and replaced on the wire; a
#: value that names of buckets and of hosts may have.
STAND_IN = "aws-conformance"
#: The last second that botocore can write as a date.
_LAST_SECOND = 253402300799
#: The greatest integer, either way, that every protocol's own encoder can write.
_GREATEST = 2**63


def split(operation: Operation, params: Params) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the SDK can say, and what has to be put on the wire past it.

    A label of the path is said in any case, be it by a stand-in: without it there is no path.
    """
    said: dict[str, Any] = {}
    unsaid: dict[str, Any] = {}
    for name, value in params.items():
        schema = operation.members.get(name, {})
        if is_sayable(value, schema):
            said[name] = value
            continue
        unsaid[name] = value
        if schema.get("location") == "path":
            said[name] = STAND_IN
    return said, unsaid


def stand_ins(operation: Operation) -> dict[str, Any]:
    """The least that the SDK needs to build a request: what stands in its path and headers."""
    return {
        name: STAND_IN
        for name in operation.required
        if operation.members[name].get("location") in {"path", "header"}
    }


def is_sayable(value: Any, schema: Schema) -> bool:
    """Whether the SDK would say a value as it is meant, nested ones included."""
    if isinstance(value, bytes):
        return schema.get("contentEncoding") == "base64"
    if not has_type(value, schema) or not _is_written(value, schema):
        return False
    if "minLength" in schema and len(value) < schema["minLength"]:
        return False
    if "minimum" in schema and value < schema["minimum"]:
        return False
    if isinstance(value, Mapping):
        return _is_sayable_object(value, schema)
    if isinstance(value, (list, tuple)):
        return all(is_sayable(item, schema.get("items", {})) for item in value)
    return True


def _is_sayable_object(value: Mapping[str, Any], schema: Schema) -> bool:
    known = schema.get("properties")
    inner = schema.get("additionalProperties")
    if isinstance(inner, Mapping):
        return all(isinstance(name, str) for name in value) and all(
            is_sayable(one, inner) for one in value.values()
        )
    if known is None:
        return True  # a document, or described no further
    return all(name in known and is_sayable(one, known[name]) for name, one in value.items())


def _is_written(value: Any, schema: Schema) -> bool:
    """Whether the SDK writes the value itself, and not another."""
    match schema.get("format"):
        case "epoch-seconds":
            return 0 <= float(value) <= _LAST_SECOND
        case "date-time" if isinstance(value, str):
            return _is_date(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return -_GREATEST <= value < _GREATEST
    return True


def _is_date(value: str) -> bool:
    try:
        return datetime.datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
