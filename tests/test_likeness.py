"""What AWS shows of what it was given: as much as that, in whatever form."""

from datetime import UTC, datetime
from typing import Any

import pytest

from conformance.checks.likeness import is_shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("name", "name"),
        ("none", "NONE"),
        (5, 5.0),
        (5, "5"),
        (True, "true"),
        (False, None),
        (0, None),
        ("", None),
        ([], None),
        ({}, None),
        ({"A": 1}, {"A": 1, "B": 2}),
        ({"A": {"B": True}}, {"a": {"b": True, "c": False}}),
        (["a", "b"], ["b", "c", "a"]),
        ([{"K": "a"}], [{"K": "b", "V": 1}, {"K": "a", "V": 2}]),
        ("role", "arn:aws:iam::000000000000:role/role"),
        ("arn:aws:iam::000000000000:role/path/role", "role"),
        ("queue", "http://localhost:4566/000000000000/queue"),
        ("example.org", "example.org."),
        ('{"a": [1, 2]}', "%7B%22a%22%3A%5B1%2C2%5D%7D"),
        ('{"a": 1}', '{"b":2,"a":1}'),
        (1767225600, "2026-01-01T00:00:00Z"),
        (1767225600, datetime(2026, 1, 1, tzinfo=UTC)),
        (b"text", "text"),
        (["a"], {"a": {"on": True}}),
        ("t3.micro", ["t3.micro", "t3.nano"]),
    ],
)
def test_it_is_shown(given: Any, shown: Any) -> None:
    assert is_shown(given, shown)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("name", None),
        ("name", ""),
        ("name", "names"),
        ("name", "other-name"),
        (True, None),
        (True, False),
        (False, True),
        (5, 6),
        (0, 1),
        ({"A": 1}, {"A": 2}),
        ({"A": 1}, {"B": 1}),
        (["a", "b"], ["a"]),
        (["a"], []),
        ("role", "arn:aws:iam::000000000000:role/other-role"),
        ('{"a": 1}', '{"a": 2}'),
        (1767225600, "2026-01-02T00:00:00Z"),
    ],
)
def test_it_is_not_shown(given: Any, shown: Any) -> None:
    assert not is_shown(given, shown)
