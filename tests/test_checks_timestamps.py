"""Timestamps in responses: which values are one, and in which format."""

from typing import Any

import pytest

from conformance.checks.timestamps import Match, match
from conformance.protocols.base import Untagged

EPOCH = {"type": "number", "format": "epoch-seconds"}
ISO = {"type": "string", "format": "date-time"}
HTTP = {"type": "string", "format": "http-date", "location": "header", "wireName": "Last-Modified"}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (EPOCH, 0),
        (EPOCH, -1.5),
        (EPOCH, 1767225600.123),
        (EPOCH, 253402300799),
        (ISO, "2026-01-01T00:00:00Z"),
        (ISO, "2026-01-01T00:00:00.123456789Z"),
        (ISO, "2026-01-01T00:00:00+00:00"),
        (ISO, "\n 2026-01-01t00:00:00z\n"),
        (HTTP, "Thu, 01 Jan 2026 00:00:00 GMT"),
        (HTTP, "Thu, 01 Jan 2026 00:00:00.12 GMT"),
        ({**HTTP, "wireName": "Expires"}, "0"),
        ({**HTTP, "wireName": "Expires"}, "never"),
        ({"type": "string"}, "never"),
    ],
)
def test_timestamps_in_the_documented_format(schema: Any, value: Any) -> None:
    """Fractions, offsets and white space are tolerated; other members may hold anything."""
    assert match(value, schema) is Match.EXACT


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (EPOCH, Untagged(1767225600)),
        (ISO, "1767225600"),
        (ISO, "1767225600.5"),
        (ISO, "2026-01-01"),
        (ISO, "2026-01-01 00:00:00"),
        (ISO, "2026-01-01T00:00:00"),
        (ISO, "Thu, 01 Jan 2026 00:00:00 GMT"),
        (ISO, "January 1, 2026"),
        (HTTP, "2026-01-01T00:00:00Z"),
        (HTTP, "Thursday, 01-Jan-26 00:00:00 GMT"),
        (HTTP, "Thu Jan  1 00:00:00 2026"),
    ],
)
def test_timestamps_in_another_format(schema: Any, value: Any) -> None:
    """Some clients read them, and some do not."""
    assert match(value, schema) is Match.OTHER_FORMAT


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (EPOCH, 1767225600000),
        (EPOCH, float("nan")),
        (EPOCH, float("inf")),
        (EPOCH, -1e18),
        (EPOCH, Untagged(1767225600000)),
        (ISO, ""),
        (ISO, "now"),
        (ISO, "1767225600000"),
        (ISO, "nan"),
        (ISO, "99999-01-01T00:00:00Z"),
        (ISO, "2026-02-30T00:00:00Z"),
        (ISO, "2026-01-01T25:00:00Z"),
        (HTTP, "Thu, 41 Jan 2026 00:00:00 GMT"),
        (HTTP, "Thursday"),
    ],
)
def test_no_timestamps(schema: Any, value: Any) -> None:
    """No client can make a date of them."""
    assert match(value, schema) is Match.NONE
