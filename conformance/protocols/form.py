"""Members in a form: names with dots and numbers, and text.

Source: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html § Query key
resolution and https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from conformance.protocols.base import Format, Schema, entered
from conformance.protocols.json_body import decoded_blob, encoded_blob, is_blob
from conformance.protocols.xml_body import scalar

Pairs = list[tuple[str, str]]

#: Any text is a form, if not one with the members wanted.
FORMAT = Format(
    name="form",
    body="a form",
    typed=False,
    malformed={},
    non_objects={},
    is_media_type=lambda name: name == "application/x-www-form-urlencoded",
    elements=lambda body: body.count(b"&") + 1,
)


def load(body: bytes) -> Pairs:
    """The pairs of a form. Raises ``ValueError`` where it is no UTF-8."""
    return parse_qsl(body.decode("utf-8"), keep_blank_values=True, errors="strict")


def dump(pairs: Pairs) -> bytes:
    """A form as botocore writes one."""
    return urlencode(pairs, errors="surrogatepass").encode("ascii")


def text(value: Any, schema: Schema) -> str:
    """A value as text of a form."""
    if is_blob(schema):
        value = encoded_blob(value)
    return value if isinstance(value, str) else json.dumps(value)


@dataclass(frozen=True, slots=True)
class Style:
    """How lists are numbered: always right behind their names, or behind ``member``."""

    numbered: bool = False

    def items(self, prefix: str, schema: Schema) -> str:
        """The prefix of the number of an item."""
        own = schema.get("items", {}).get("wireName")
        if self.numbered:
            return prefix
        if schema.get("flattened"):
            return f"{prefix.rpartition('.')[0]}.{own}".lstrip(".") if own else prefix
        return f"{prefix}.{own or 'member'}"

    def entries(self, prefix: str, schema: Schema) -> str:
        """The prefix of the number of an entry of a map."""
        return prefix if self.numbered or schema.get("flattened") else f"{prefix}.entry"

    # -------------------------------------------------------- writing

    def pairs(self, prefix: str, value: Any, schema: Schema) -> Iterator[tuple[str, str]]:
        """The pairs of a value; what a form has no way to express is written as text."""
        if isinstance(value, Mapping):
            yield from self._mapping(prefix, value, schema)
        elif isinstance(value, (list, tuple)):
            if not value and not self.numbered:
                yield prefix, ""
            before = self.items(prefix, schema)
            for number, item in enumerate(value, 1):
                yield from self.pairs(f"{before}.{number}", item, schema.get("items", {}))
        else:
            yield prefix, text(value, schema)

    def _mapping(
        self, prefix: str, value: Mapping[str, Any], schema: Schema
    ) -> Iterator[tuple[str, str]]:
        inner = schema.get("additionalProperties")
        if not isinstance(inner, Mapping):
            known = entered(schema).get("properties", {})
            for name, one in value.items():
                own = known.get(name, {})
                yield from self.pairs(f"{prefix}.{own.get('wireName', name)}", one, own)
            return
        key = schema.get("propertyNames", {}).get("wireName", "key")
        before = self.entries(prefix, schema)
        for number, (name, one) in enumerate(value.items(), 1):
            yield f"{before}.{number}.{key}", name
            own_name = f"{before}.{number}.{inner.get('wireName', 'value')}"
            yield from self.pairs(own_name, one, inner)

    def owns(self, prefix: str, schema: Schema, name: str) -> bool:
        """Whether a pair of that name belongs to the member at a prefix."""
        before = self.items(prefix, schema)
        return name == prefix or name.startswith((f"{prefix}.", f"{before}."))


class Form:
    """A form to read members from. Of a repeated name the first value counts."""

    def __init__(self, pairs: Pairs, style: Style) -> None:
        self._style = style
        self._values: dict[str, str] = {}
        self._beneath: dict[str, set[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, value)
            before, _, last = name.rpartition(".")
            while before and last not in self._beneath.setdefault(before, set()):
                self._beneath[before].add(last)
                before, _, last = before.rpartition(".")

    def members(self, known: Mapping[str, Schema], prefix: str = "") -> dict[str, Any]:
        """The members beneath a prefix."""
        found = {}
        for name, schema in known.items():
            own = f"{prefix}.{schema.get('wireName', name)}".lstrip(".")
            if self._there(own) or self._there(self._style.items(own, schema)):
                found[name] = self.value(own, schema)
        return found

    def value(self, prefix: str, schema: Schema) -> Any:
        """The value at a prefix."""
        kind = schema.get("type")
        inner = schema.get("additionalProperties")
        if kind == "array":
            before = self._style.items(prefix, schema)
            numbers = self._numbers(before)
            if not numbers and self._values.get(prefix):
                return self._values[prefix]
            items = schema.get("items", {})
            return [self.value(f"{before}.{number}", items) for number in numbers]
        if kind == "object" and not self._beneath.get(prefix):
            return self._values.get(prefix) or {}
        if kind == "object" and isinstance(inner, Mapping):
            return self._map(prefix, schema, inner)
        if kind == "object":
            return self.members(entered(schema).get("properties", {}), prefix)
        text = self._values.get(prefix)
        if text is None:
            return {last: self.value(f"{prefix}.{last}", {}) for last in self._beneath[prefix]}
        return decoded_blob(text) if is_blob(schema) else scalar(text, schema)

    def _map(self, prefix: str, schema: Schema, inner: Schema) -> dict[str, Any]:
        before = self._style.entries(prefix, schema)
        key = schema.get("propertyNames", {}).get("wireName", "key")
        value = inner.get("wireName", "value")
        return {
            self._values.get(f"{before}.{number}.{key}", ""): self.value(
                f"{before}.{number}.{value}", inner
            )
            for number in self._numbers(before)
            if self._there(f"{before}.{number}.{value}")
        }

    def _there(self, prefix: str) -> bool:
        return prefix in self._values or prefix in self._beneath

    def _numbers(self, prefix: str) -> list[int]:
        found = (last for last in self._beneath.get(prefix, ()) if last.isascii())
        return sorted(int(last) for last in found if last.isdigit() and len(last) < 10)
