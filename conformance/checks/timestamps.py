"""Timestamps in responses: whether a value is one, and in the documented format.

Source: https://smithy.io/2.0/spec/protocol-traits.html § timestampFormat trait.
"""

import datetime
import email.utils
import math
import re
from enum import StrEnum
from typing import Any

from conformance.protocols.base import Untagged
from conformance.spec.operation import Schema

#: The first second of the year 10000, which four digits cannot hold, and that of year 1.
_END = 253402300800
_START = -62135596800

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_HTTP_DATE = re.compile(
    r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d(\.\d+)? GMT", re.ASCII
)
#: The beginning of a date and a time of ISO 8601.
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d))?)?", re.ASCII)
_LONG_YEAR = re.compile(r"\d{5,}-", re.ASCII)


class Match(StrEnum):
    """How a value matches a timestamp format."""

    EXACT = "exact"
    OTHER_FORMAT = "a timestamp in another format"
    NONE = "no timestamp"


def match(value: Any, schema: Schema) -> Match:
    """How a value of the right JSON type matches the timestamp format of its schema."""
    wanted = schema.get("format")
    if wanted == "epoch-seconds":
        if not _is_second(value):
            return Match.NONE
        return Match.OTHER_FORMAT if isinstance(value, Untagged) else Match.EXACT
    if wanted not in {"date-time", "http-date"} or _is_free(schema):
        return Match.EXACT
    text = value.strip()
    if not _is_timestamp(text):
        return Match.NONE
    form = _DATE_TIME if wanted == "date-time" else _HTTP_DATE
    return Match.EXACT if form.fullmatch(text) else Match.OTHER_FORMAT


def _is_free(schema: Schema) -> bool:
    """Whether a header may hold something else than a date: RFC 9111, section 5.3."""
    return schema.get("location") == "header" and schema.get("wireName") == "Expires"


def _is_second(value: float) -> bool:
    return math.isfinite(value) and _START <= value < _END


def _is_timestamp(text: str) -> bool:
    """Whether a text is a timestamp to the most lenient client."""
    try:
        return _is_second(float(text))
    except ValueError:
        pass
    iso = _ISO.match(text)
    if iso is not None:
        return _is_real(*(int(part or 0) for part in iso.groups()))
    if _LONG_YEAR.match(text):
        return False
    return any(char.isdigit() for char in text) and _is_mail_date(text)


def _is_real(*parts: int) -> bool:
    """Whether year, month, day and so on are a date that exists."""
    try:
        datetime.datetime(*parts, tzinfo=datetime.UTC)  # type: ignore[arg-type,misc] # six numbers
    except ValueError:
        return False
    return True


def _is_mail_date(text: str) -> bool:
    """Whether a text in the order of a date of mail or HTTP is a date that exists."""
    parts = email.utils.parsedate(text)
    return parts is None or _is_real(*parts[:6])
