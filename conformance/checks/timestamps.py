"""Timestamps in answers: whether a value names a moment, and in the form that is described.

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

#: The first second that no date of four digits names (the year 10000), and the first of year 1.
_END = 253402300800
_START = -62135596800

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_HTTP_DATE = re.compile(
    r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d(\.\d+)? GMT", re.ASCII
)
#: What begins like a date and a time of ISO 8601.
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d))?)?", re.ASCII)
_LONG_YEAR = re.compile(r"\d{5,}-", re.ASCII)


class Told(StrEnum):
    """How a value tells a moment."""

    AS_DESCRIBED = "as described"
    OTHERWISE = "otherwise"
    NOT_AT_ALL = "not at all"


def told(value: Any, schema: Schema) -> Told:
    """How a value that is of its JSON type tells the moment that a schema wants."""
    wanted = schema.get("format")
    if wanted == "epoch-seconds":
        if not _is_second(value):
            return Told.NOT_AT_ALL
        return Told.OTHERWISE if isinstance(value, Untagged) else Told.AS_DESCRIBED
    if wanted not in {"date-time", "http-date"} or _may_be_anything(schema):
        return Told.AS_DESCRIBED
    text = value.strip()
    if not _is_moment(text):
        return Told.NOT_AT_ALL
    form = _DATE_TIME if wanted == "date-time" else _HTTP_DATE
    return Told.AS_DESCRIBED if form.fullmatch(text) else Told.OTHERWISE


def _may_be_anything(schema: Schema) -> bool:
    """Whether HTTP itself lets a header hold what is no date: RFC 9111, section 5.3."""
    return schema.get("location") == "header" and schema.get("wireName") == "Expires"


def _is_second(value: float) -> bool:
    return math.isfinite(value) and _START <= value < _END


def _is_moment(text: str) -> bool:
    """Whether a text may name a moment, read as generously as the most generous client does."""
    try:
        return _is_second(float(text))
    except ValueError:
        pass
    iso = _ISO.match(text)
    if iso is not None:
        return _is_real(*(int(part or 0) for part in iso.groups()))
    if _LONG_YEAR.match(text):
        return False
    return any(char.isdigit() for char in text) and _is_date_of_a_mail(text)


def _is_real(*parts: int) -> bool:
    try:
        datetime.datetime(*parts, tzinfo=datetime.UTC)  # type: ignore[arg-type,misc] # six numbers
    except ValueError:
        return False
    return True


def _is_date_of_a_mail(text: str) -> bool:
    """Whether a text that is sorted like a date of mail or of HTTP names one that there is."""
    parts = email.utils.parsedate(text)
    return parts is None or _is_real(*parts[:6])
