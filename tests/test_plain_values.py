"""Values made from schemas: the plainest, those that patterns match, and what is nested in them."""

import re
from typing import Any

import pytest

from conformance.generation.case_builder import segment
from conformance.spec.patterns import matching
from conformance.spec.validity import violations
from conformance.spec.values import at, changed, containing, paths, plain, without

NESTED: dict[str, Any] = {
    "type": "object",
    "required": ["Name"],
    "properties": {
        "Name": {"type": "string", "minLength": 3},
        "Tags": {
            "type": "array",
            "minItems": 2,
            "items": {
                "type": "object",
                "required": ["Key"],
                "properties": {"Key": {"type": "string"}, "Value": {"type": "string"}},
            },
        },
        "Limits": {
            "type": "object",
            "propertyNames": {"type": "string", "enum": ["cpu", "memory"]},
            "additionalProperties": {"type": "integer", "minimum": 5},
        },
    },
}
WAYS = {path: (steps, schema) for path, steps, schema in paths(NESTED)}


@pytest.mark.parametrize(
    ("pattern", "least", "most"),
    [
        (r"[0-9]{12}", 0, 100),
        (r"[0-9]+", 12, 12),
        (r"mem-[a-zA-Z0-9-_]*", 40, 50),
        (r"^arn:aws(-[a-z]+)*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+$", 1, 200),
        (r"(cron|rate)\(.+\)", 1, 50),
        (r"[^\x00-\x1f]{3,}", 3, 10),
        (r"\S(.*\S)?", 1, 5),
        (r"[\w+=,.@-]*", 64, 128),
    ],
)
def test_patterns_are_matched(pattern: str, least: int, most: int) -> None:
    """A text is found that the pattern matches as a whole, within its lengths."""
    found = matching(pattern, least, most)
    assert found is not None
    assert re.fullmatch(pattern, found)
    assert least <= len(found) <= most


@pytest.mark.parametrize("pattern", [r"[0-9]{40}", "[", r"\p{Alpha}+"])
def test_what_no_text_matches(pattern: str) -> None:
    """Too short a room, or a pattern that cannot be read: there is none."""
    assert matching(pattern, 1, 20) is None


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "enum": ["one", "two"]}, "one"),
        ({"type": "string", "minLength": 4}, "aaaa"),
        ({"type": "string", "maxLength": 0}, ""),
        ({"type": "integer", "minimum": 7}, 7),
        ({"type": "integer", "maximum": -3}, -3),
        ({"type": "boolean"}, True),
        ({"type": "array", "minItems": 2, "items": {"type": "integer"}}, [1, 1]),
        ({"type": "string", "format": "date-time"}, "2026-01-01T00:00:00Z"),
        (NESTED["properties"]["Limits"], {"cpu": 5}),
        (NESTED, {"Name": "aaa"}),
    ],
)
def test_the_plainest_value(schema: dict[str, Any], value: Any) -> None:
    """It keeps the schema, and holds no more than it must."""
    assert plain(schema) == value
    assert list(violations(value, schema, "Value")) == []


@pytest.mark.parametrize("path", WAYS)
def test_a_value_holds_what_is_wanted(path: str) -> None:
    """Whatever a schema describes, a valid value has it, and a change reaches nothing else."""
    steps, schema = WAYS[path]
    value = containing(NESTED, steps)
    assert list(violations(value, NESTED, "Value")) == []
    assert list(violations(at(value, steps), schema, path)) == []
    other = changed(value, steps, "another")
    assert at(other, steps) == "another"
    assert changed(other, steps, at(value, steps)) == value


def test_a_member_is_taken_out() -> None:
    """Only that member goes; the rest stays as it was."""
    steps, _ = WAYS["Tags/item/Key"]
    value = containing(NESTED, steps)
    lacking = without(value, steps)
    assert "Key" not in lacking["Tags"][0]
    assert lacking["Tags"][1] == value["Tags"][1]
    assert list(violations(lacking, NESTED, "Value")) == ["Value/Tags/item/Key/required"]


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("Assigned", "Assigned"),
        ("AWS::S3::Bucket", "AWS__S3__Bucket"),
        ("a b/c", "a_b_c"),
        ("<=", "u3Cu3D"),
        ("", "nothing"),
        ("é", "uE9"),
    ],
)
def test_values_name_their_cases(value: str, name: str) -> None:
    """An id takes letters, digits, dots, dashes and underscores; other values are spelt in them."""
    assert segment(value) == name
