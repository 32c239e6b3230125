"""The leak scan: finds private values that redaction missed.

It decodes texts in every way it knows and reports each value that is not recognisably a
replacement. It shares patterns, names and decoders with redaction, and replaces nothing.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from conformance.recording import encodings, sensitive_names, sensitive_patterns, structures
from conformance.recording.sensitive_patterns import (
    ACCOUNT_MARK,
    EXCHANGE,
    FORMS,
    MARK,
    MARKED,
    NO_EXCHANGE,
    fit,
    forms_in,
    kept_digits,
)

#: The names whose values are private in a message, and those whose values are listed words.
Names = tuple[frozenset[str], frozenset[str]]
NO_NAMES: Names = (frozenset(), frozenset())
#: A replacement of fewer letters has no room for the mark.
_UNMARKED = re.compile(r"[a-z0-9]{1,15}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """A private value: what it looks like and where it is. Never the value itself."""

    what: str
    where: str

    def __str__(self) -> str:
        return f"{self.what} in {self.where}"


def _is_marked(found: str) -> bool:
    return (
        MARK in found.lower()
        or not found.strip("0")
        or found[4:] == fit(MARK.upper(), len(found) - 4)
        or found == fit(MARK.upper(), len(found))
    )


def _is_made(found: str) -> bool:
    """Whether a text is a replacement, or has the form of one that is too short for the mark."""
    return _is_marked(found) or _UNMARKED.fullmatch(found) is not None


def _is_zeroed(found: str) -> bool:
    return re.search(r"[1-9A-Za-z]", found) is None


def _is_our_number(found: str) -> bool:
    return _are_ours(re.sub(r"\D", "", found), found)


def _is_our_number_abroad(found: str) -> bool:
    return any(_are_ours(digits, "+") for digits in sensitive_patterns.possible_numbers(found))


def _are_ours(digits: str, found: str) -> bool:
    if len(digits) == 10 and not found.startswith("+"):
        digits = "1" + digits
    if digits.startswith("1"):
        digits = digits.ljust(11, "0")  # the prefix of a number, as in a filter
    keep = kept_digits(digits)
    ours = (EXCHANGE, *NO_EXCHANGE) if digits.startswith("1") else EXCHANGE
    return len(digits) - keep < MARKED or digits.startswith(ours, keep)


def _is_our_arn(found: str) -> bool:
    match = sensitive_patterns.ARN.match(found)
    if match is None:
        return True
    if match["account"]:
        return _is_our_account(match["account"])
    parts = [part for part in re.split(r"[/:]", match["rest"]) if part]
    return all(
        _is_made(part) or sensitive_patterns.is_plain_part(part) or _UUID.fullmatch(part)
        for part in parts
    )


_UUID = sensitive_patterns.UUID


def _is_our_account(found: str) -> bool:
    return found.startswith(ACCOUNT_MARK) or not found.strip("0")


def _is_our_address(found: str) -> bool:
    host = found.rpartition("@")[2].rpartition(".")[0]
    return re.fullmatch(r"[x.-]+", host) is not None


def _is_our_userinfo(found: str) -> bool:
    return all(not part or _is_made(part) for part in found.split(":", 1))


def _is_our_block(found: str) -> bool:
    lines = re.split(r"[\s\\]+", found)
    return not any(len(line) > 2 and not _is_made(line) for line in lines)


#: How a replacement of each form is recognised; a UUID looks private in no way.
OURS: dict[str, Callable[[str], bool]] = {
    "arn": _is_our_arn,
    "private-key": _is_our_block,
    "jwt": _is_marked,
    "session": _is_marked,
    "service-key": _is_marked,
    "credential": _is_marked,
    "signature": lambda found: _is_zeroed(found) or _is_marked(found),
    "bearer": _is_made,
    "userinfo": _is_our_userinfo,
    "assigned": lambda found: _is_made(found) or _is_zeroed(found),
    "email": _is_our_address,
    "uuid": lambda found: True,
    "access-key": _is_marked,
    "card": lambda found: False,
    "e164": _is_our_number,
    "spelt": _is_our_number,
    "abroad": _is_our_number_abroad,
    "account": _is_our_account,
    "nanp": _is_our_number,
    "at-home": _is_our_number_abroad,
    "ipv4": lambda found: False,
    "ipv6": lambda found: False,
    "secret": _is_marked,
}


def leaks(
    text: str,
    where: str,
    *,
    secrets: tuple[str, ...] = (),
    allowed: Callable[[str], bool] = lambda found: False,
) -> Iterator[Leak]:
    """What looks private in a text, however it is encoded; ``allowed`` values are not reported."""
    yield from _in_layers(encodings.layers(text), where, secrets, allowed)
    yield from _assigned(structures.values(text), where, allowed)


def leaks_in_message(
    raw: bytes,
    where: str,
    *,
    private: Names = NO_NAMES,
    secrets: tuple[str, ...] = (),
    allowed: Callable[[str], bool] = lambda found: False,
    stated: Callable[[str], bool] | None = None,
) -> Iterator[Leak]:
    """The same for a body, whose values are private by their names too.

    ``private`` are further names that are private in it; they say nothing of ``stated`` values,
    which are the allowed ones unless others are given. A body that cannot be looked into is a
    leak as well.
    """
    if not raw:
        return
    try:
        yield from _in_layers(encodings.layers_of_bytes(raw), where, secrets, allowed)
        found = encodings.from_bytes(raw)
    except encodings.UnreadableError as error:
        yield Leak(what=str(error), where=where)
        return
    values = structures.named(raw if found is None else found[0])
    if values is None:
        values = structures.named(raw)
    if values is None:
        if found is not None:
            yield from _assigned([found[0]], where, allowed)
        return
    yield from _named(values, where, private, stated or allowed)
    yield from _assigned([value for _, value in values], where, allowed)


def _in_layers(
    layers: Iterator[str], where: str, secrets: tuple[str, ...], allowed: Callable[[str], bool]
) -> Iterator[Leak]:
    for layer in layers:
        if allowed(layer):
            continue
        if any(secret in layer for secret in secrets):
            yield Leak(what="a credential in use", where=where)
        for name in forms_in(layer):
            if name not in _ELSEWHERE:
                yield from _of_form(name, layer, where, allowed)


#: Forms that are looked for elsewhere, or that are not private by themselves.
_ELSEWHERE = frozenset({"assigned", "uuid"})


def _of_form(name: str, text: str, where: str, allowed: Callable[[str], bool]) -> Iterator[Leak]:
    form = FORMS[name]
    for start, end in form.matches(text):
        found = text[start:end]
        if not OURS[name](found) and not allowed(found):
            yield Leak(what=form.what, where=where)


def _assigned(values: Iterable[str], where: str, allowed: Callable[[str], bool]) -> Iterator[Leak]:
    """Secrets after their names, in texts alone: members of a message have names of their own."""
    for value in values:
        if "assigned" in forms_in(value) and not allowed(value):
            yield from _of_form("assigned", value, where, allowed)


def leaks_in_query(
    url: str,
    where: str,
    *,
    private: Names,
    allowed: Callable[[str], bool] = lambda found: False,
) -> Iterator[Leak]:
    """Values in the query of a URL whose names say that they are private."""
    query = url.partition("?")[2]
    if query:
        yield from _named(structures.named(query) or (), where, private, allowed)


def _named(
    values: Iterable[structures.Named],
    where: str,
    private: Names,
    allowed: Callable[[str], bool],
) -> Iterator[Leak]:
    """Values whose names say that they are private, and that are no replacements."""
    for path, value in values:
        if len(value) < 2 or not sensitive_names.is_private(path, *private):
            continue
        if _is_made(value) or allowed(value) or _is_harmless(value):
            continue
        inner = [layer for layer in encodings.layers(value, 1) if layer != value]
        if not any(_is_made(layer) or allowed(layer) for layer in inner):
            yield Leak(what=f"the value of {path[-1]}", where=where)


_HARMLESS = re.compile(r"[\d.:TZ+ -]+|true|false|null|[a-z]+|[A-Z_]+", re.IGNORECASE)


def _is_harmless(value: str) -> bool:
    """Whether a value is a word, a number or a time, or was replaced by its form."""
    if _HARMLESS.fullmatch(value):
        return True
    for name in forms_in(value):
        if FORMS[name].matches_whole(value):
            return OURS[name](value)
    return False
