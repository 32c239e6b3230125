"""Splits parameters that the SDK can serialize from those injected into its request.

With or without validation, the SDK raises on some values and changes others; an alteration puts
these on the wire instead. Nothing here sends.
"""

import datetime
from collections.abc import Mapping
from typing import Any

from conformance.spec.operation import Operation, Params, Schema
from conformance.spec.validity import has_type
from conformance.spec.values import MOMENTS

#: Serialized for a member that the SDK needs to build a request, and replaced on the wire; valid
#: as a bucket and as a host name.
STAND_IN = "aws-conformance"
#: The last second that botocore can write as a date.
_LAST_SECOND = 253402300799
#: The greatest integer, either way, that every protocol's own encoder can write.
_GREATEST = 2**63


def split(operation: Operation, params: Params) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters that the SDK can serialize, and those to inject on the wire.

    A label of the path is always serialized, if need be as a stand-in: without it there is no path.
    """
    serialized: dict[str, Any] = {}
    injected: dict[str, Any] = {}
    for name, value in params.items():
        schema = operation.members.get(name, {})
        if is_serializable(value, schema):
            serialized[name] = value
            continue
        injected[name] = value
        if schema.get("location") == "path":
            serialized[name] = STAND_IN
    return serialized, injected


def stand_ins(operation: Operation) -> dict[str, Any]:
    """The least that the SDK needs to build a request: members in its path and headers."""
    return {
        name: STAND_IN
        for name in operation.required
        if operation.members[name].get("location") in {"path", "header"}
    }


def is_serializable(value: Any, schema: Schema) -> bool:
    """Whether the SDK serializes a value, nested ones included, without raising or changing it."""
    if isinstance(value, bytes):
        return schema.get("contentEncoding") == "base64"
    if isinstance(value, datetime.datetime):  # as the SDK reads it from a response
        return schema.get("format") in MOMENTS
    if not has_type(value, schema) or not _is_written(value, schema):
        return False
    if "minLength" in schema and len(value) < schema["minLength"]:
        return False
    if "minimum" in schema and value < schema["minimum"]:
        return False
    if isinstance(value, Mapping):
        return _is_serializable_object(value, schema)
    if isinstance(value, (list, tuple)):
        return all(is_serializable(item, schema.get("items", {})) for item in value)
    return True


def _is_serializable_object(value: Mapping[str, Any], schema: Schema) -> bool:
    known = schema.get("properties")
    inner = schema.get("additionalProperties")
    if isinstance(inner, Mapping):
        return all(isinstance(name, str) for name in value) and all(
            is_serializable(one, inner) for one in value.values()
        )
    if known is None:
        return True  # a document, or described no further
    return all(name in known and is_serializable(one, known[name]) for name, one in value.items())


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
