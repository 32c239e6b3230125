"""Compares an imported document with the SDK's model of its operation, member by member."""

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.spec.layers import by_wire_name
from conformance.spec.operation import Operation, Schema

_CONSTRAINTS = (
    *("enum", "pattern", "minLength", "maxLength", "minimum", "maximum"),
    *("minItems", "maxItems", "minProperties", "maxProperties"),
)
#: What a page calls the types of the SDK: it prints timestamps and blobs as text or numbers.
_ALIKE = {("number", "integer"), ("string", "number"), ("number", "string"), ("integer", "number")}


def differences(document: Mapping[str, Any], operation: Operation) -> Iterator[str]:
    """What an imported document says otherwise than the model, a phrase each."""
    http = document["http"]
    if document["http"].get("method") != operation.http.method:
        yield f"method {http['method']} for {operation.http.method}"
    for side, known in (("request", operation.request), ("response", operation.response)):
        yield from _structure(document["$defs"][side], known, side, deep=0)
    stated = {name: error["status"] for name, error in document["errors"].items()}
    for name, status in operation.errors.items():
        if name not in stated:
            yield f"no error {name}"
        elif status is not None and stated[name] != status:
            yield f"error {name} has {stated[name]} for {status}"
    for name in stated.keys() - operation.errors.keys():
        yield f"an error {name} too many"


def _structure(shown: Schema, known: Schema, path: str, *, deep: int) -> Iterator[str]:
    own = by_wire_name(known.get("properties", {}))
    found: dict[str, str] = {}
    for name, inner in shown.get("properties", {}).items():
        match = own.get(inner.get("wireName", name)) or own.get(name)
        if match is None:
            yield f"{path}/{name} is unknown to the model"
            continue
        found[match[0]] = name
        yield from _value(inner, match[1], f"{path}/{name}", deep=deep + 1)
    wires = {inner.get("wireName", name) for name, inner in shown.get("properties", {}).items()}
    for name, inner in known.get("properties", {}).items():
        if name in found or inner.get("wireName", name) in wires:
            continue
        if inner.get("location") == "headers":  # pages print no headers without a name
            continue
        yield f"{path}/{name} is missing"
    if deep == 0:
        wanted = {found.get(name, name) for name in known.get("required", ())}
        if path == "request" and wanted != set(shown.get("required", ())):
            yield f"{path} requires {shown.get('required', ())} for {sorted(wanted)}"


def _value(shown: Schema, known: Schema, path: str, *, deep: int) -> Iterator[str]:
    kinds = shown.get("type"), known.get("type")
    timestamp = known.get("format") in ("date-time", "epoch-seconds", "http-date")
    if (
        kinds[0] != kinds[1]
        and not (timestamp and kinds in _ALIKE)
        and kinds[0:2]
        != (
            "number",
            "integer",
        )
    ):
        yield f"{path} is {kinds[0]} for {kinds[1]}"
        return
    if deep == 1:
        place = shown.get("location", "body")
        if place != known.get("location", "body") and "location" in known:
            yield f"{path} is in {place} for {known['location']}"
        yield from _constraints(shown, known, path)
    if "properties" in shown and "properties" in known:
        yield from _structure(shown, known, path, deep=deep)
    elif "properties" in known and "properties" not in shown and deep > 1:
        pass
    for key in ("items", "additionalProperties"):
        if key in known and key in shown:
            yield from _value(shown[key], known[key], f"{path}/{key}", deep=deep + 1)
            if deep == 1:
                yield from _constraints(shown[key], known[key], f"{path}/{key}")
        elif key in shown:
            yield f"{path} has {key}"


def _constraints(shown: Schema, known: Schema, path: str) -> Iterator[str]:
    for keyword in _CONSTRAINTS:
        if shown.get(keyword) != known.get(keyword):
            yield f"{path}/{keyword} is {shown.get(keyword)} for {known.get(keyword)}"
