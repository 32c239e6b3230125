"""Values that differ from what is usual, so that it shows whether a service kept them."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from conformance.generation.plans import Edit
from conformance.spec.lifecycles.names import folded, is_identifying
from conformance.spec.operation import Operation, Schema
from conformance.spec.patterns import matches
from conformance.spec.values import changed, containing, documented_values, plain


def differing(
    operation: Operation, path: str, known: Mapping[str, Any]
) -> Iterator[tuple[str, Any, Edit]]:
    """Values of the outermost member of a path that differ from what is usual at its end.

    Each with the same change of the value that the accepted call has. ``known`` are values that
    are written by hand.
    """
    steps, schema = operation.request_paths[path]
    if any(kind in {"key", "value"} for kind, _ in steps):
        return
    (_, member), *inside = steps
    outer = operation.members[member]
    values = _values(schema, path.rsplit("/", 1)[-1])
    for edge, value in [("by-hand", known[path])] if path in known else values:
        made = changed(containing(outer, tuple(inside)), tuple(inside), value)
        yield edge, made, Edit(steps=tuple(inside), value=value)


def telling(
    operation: Operation, path: str, known: Mapping[str, Any]
) -> Iterator[tuple[str, Any, Edit]]:
    """Values for a story about a member: those that are likely to be taken, then differing ones.

    Likely is what the target has, for a member that refers to something else (a bus, a key, a
    network), and what a sample prints, for one that is made of parts.
    """
    resource = operation.resources.get(path)
    if resource is not None and not resource.unique and is_identifying(path):
        value: Any = {"resource": path}
        yield "existing", value, Edit(value=value)
    samples = (one.params for one in operation.baselines if one.sampled and path not in known)
    printed = (params[path] for params in samples if path in params)
    parts = (one for one in printed if isinstance(one, (Mapping, list)) and not _asks(one))
    for value in islice(parts, 1 if resource is None else 0):
        yield "printed", value, Edit(value=value)
    yield from differing(operation, path, known)


def _asks(value: Any) -> bool:
    """Whether a part of a value is one that only a target has."""
    if isinstance(value, Mapping):
        return "resource" in value or any(map(_asks, value.values()))
    return isinstance(value, list) and any(map(_asks, value))


def _values(schema: Schema, name: str) -> Iterator[tuple[str, Any]]:
    listed = documented_values(schema)
    match schema.get("type"):
        case "boolean":
            yield "true", True
            yield "false", False
        case "integer" | "number":
            least, most = schema.get("minimum", 1), schema.get("maximum", 10_000)
            yield "number", min(most, max(least, least + 6 if most - least > 6 else most))
        case "array":
            inner = next(_values(schema.get("items", {}), name), None)
            if inner is not None:
                yield "list", [inner[1]] * max(1, schema.get("minItems", 1))
        case "object" if "properties" in schema:
            made = _filled(schema)
            if made:
                yield "object", made
        case "object" if _FREE.search(folded(name)):
            made = _of_any_key(schema)
            if made:
                yield "map", made
        case "string" if listed:
            yield "last-value", listed[-1]
            if len(listed) > 1:
                yield "first-value", listed[0]
        case "string":
            yield "text", _text(schema, name)


def _text(schema: Schema, name: str) -> Any:
    """A text that no service has as its default."""
    if "format" in schema or "contentEncoding" in schema:
        return plain(schema)
    least, most = schema.get("minLength", 1), schema.get("maxLength", 256)
    pattern = schema.get("pattern")
    texts = [text.ljust(least, "x")[:most] for text in (f"conformance {name}", *_PLAIN_TEXTS)]
    if pattern is None:
        return texts[0]
    fitting = (text for text in texts if matches(pattern, text, whole=True))
    return next(fitting, None) or plain(schema)


#: What patterns often allow: a name, a word, a path.
_PLAIN_TEXTS = ("conformance-text", "conformance", "/conformance/")


#: Maps whose keys are for the user to choose.
_FREE = re.compile(r"(metadata|variables|environment|labels)$")


def _of_any_key(schema: Schema) -> dict[str, str]:
    """A map with one key and a text; empty where it takes no such key or no text."""
    made = {"conformance": "conformance-text"}
    parts = (schema.get("propertyNames", {}), schema.get("additionalProperties", {}))
    for part, text in zip(parts, *made.items(), strict=True):
        fits = part.get("type") == "string" and "enum" not in part
        if not fits or not matches(part.get("pattern", ""), text, whole="pattern" in part):
            return {}
    return made


def _filled(schema: Schema) -> dict[str, Any]:
    """An object with what it requires, or else with its first plain member."""
    made = plain(schema)
    if made:
        return dict(made)
    for name, inner in schema["properties"].items():
        if inner.get("type") in {"string", "integer", "boolean"}:
            value = next(_values(inner, name), None)
            return {name: value[1]} if value else {}
    return {}
