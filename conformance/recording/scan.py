"""The leak scan: finds private values that redaction missed.

It decodes texts in every way it knows and reports each match that is not recognisably a
replacement. It shares only the patterns with redaction: what redaction misses by a member's name,
the scan finds by its pattern.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from conformance.recording import sensitive_patterns
from conformance.recording.sensitive_patterns import (
    ACCOUNT_MARK,
    EXCHANGE,
    MARK,
    MARKED,
    NO_EXCHANGE,
    decoded_base64,
    fit,
    kept_digits,
)

#: How deep encodings within encodings are followed.
_DEPTH = 4
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """A private value: what it looks like and where it is. Never the value itself."""

    what: str
    where: str

    def __str__(self) -> str:
        return f"{self.what} in {self.where}"


def _is_marked(found: str) -> bool:
    return MARK in found.lower() or not found.strip("0") or found == fit(MARK.upper(), len(found))


def _is_our_number(found: str) -> bool:
    digits = re.sub(r"\D", "", found)
    if len(digits) == 10 and not found.startswith("+"):
        digits = "1" + digits
    if digits.startswith("1"):
        digits = digits.ljust(11, "0")  # the prefix of a number, as in a filter
    keep = kept_digits(digits)
    ours = (EXCHANGE, *NO_EXCHANGE) if digits.startswith("1") else EXCHANGE
    return len(digits) - keep < MARKED or digits.startswith(ours, keep)


def _is_our_arn(found: str) -> bool:
    match = sensitive_patterns.ARN.match(found)
    return match is None or not match["account"] or _is_our_account(match["account"])


def _is_our_account(found: str) -> bool:
    return found.startswith(ACCOUNT_MARK) or not found.strip("0")


#: What looks private, by its pattern, and the test for a replacement.
PATTERNS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("a private key", _PRIVATE_KEY, lambda found: False),
    ("an access key", sensitive_patterns.ACCESS_KEY, _is_marked),
    ("a session token", sensitive_patterns.SESSION, _is_marked),
    ("a web token", sensitive_patterns.JWT, _is_marked),
    ("a secret key", sensitive_patterns.SECRET, _is_marked),
    ("a signature", sensitive_patterns.SIGNATURE, _is_marked),
    ("a credential", sensitive_patterns.CREDENTIAL, _is_marked),
    ("an ARN", sensitive_patterns.ARN, _is_our_arn),
    ("an account id", sensitive_patterns.ACCOUNT, _is_our_account),
    ("a phone number", sensitive_patterns.E164, _is_our_number),
    ("a phone number", sensitive_patterns.SPELT, _is_our_number),
    ("a phone number", sensitive_patterns.NANP, _is_our_number),
)


def leaks(
    text: str,
    where: str,
    *,
    secrets: tuple[str, ...] = (),
    allowed: Callable[[str], bool] = lambda found: False,
) -> Iterator[Leak]:
    """What looks private in a text, however it is encoded; ``allowed`` values are not reported."""
    for layer in set(_layers(text, _DEPTH)):
        if allowed(layer):
            continue
        for secret in secrets:
            if secret in layer:
                yield Leak(what="a credential in use", where=where)
        for what, pattern, is_replacement in PATTERNS:
            for match in pattern.finditer(layer):
                if not is_replacement(match[0]) and not allowed(match[0]):
                    yield Leak(what=what, where=where)


def _layers(text: str, depth: int) -> Iterator[str]:
    """The text itself, and everything that it decodes to."""
    yield text
    if not depth:
        return
    if "%" in text and (plain := unquote(text)) != text:
        yield from _layers(plain, depth - 1)
    for run in sensitive_patterns.BASE64.findall(text):
        inner = decoded_base64(run)
        if inner is not None:
            yield from _layers(inner, depth - 1)
    if text.lstrip()[:1] in {"{", "[", '"'}:
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            return
        escaped = "\\" in text
        for value in _strings(data):
            if escaped or "%" in value or value.lstrip()[:1] in {"{", "["}:
                yield from _layers(value, depth - 1)


def _strings(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for name, value in data.items():
            yield name
            yield from _strings(value)
    elif isinstance(data, list):
        for value in data:
            yield from _strings(value)
