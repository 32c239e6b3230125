"""What the documentation prints as an answer, as a fact: members, and values that are no free text.

A value that is free text, a secret, a document or abbreviated is ``None``: it was printed, and is
not kept. What says nothing (``null``, something empty where another type is due) is left out, and
bytes and documents are, which are users' content. Nothing here knows where samples come from.
"""

import datetime
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from botocore.utils import parse_timestamp

#: So many answers of one operation are kept, and so many items of a list or entries of a map.
MOST_ANSWERS = 2
MOST_ITEMS = 3
#: What is longer, as JSON, is not kept.
LONGEST = 6000
SECRET = re.compile("password|passphrase|secretstring|accesskey|privatekey", re.IGNORECASE)
_SECRETS = re.compile(f"{SECRET.pattern}|secret|session|token|credential", re.IGNORECASE)
#: A stand-in for what is not printed: three dots, or a description in angle brackets.
_ABBREVIATED = re.compile(r"\.\.\.|…|<[^<>]*>")
_LONG = 120
#: A text of so many letters is in many names by chance.
_SHORT = 2
#: What a response holds beside the operation's members.
_ENVELOPE = frozenset({"ResponseMetadata", "RequestId", "RequestID", "requestId"})
#: What is not kept at all.
_OUT: Any = object()


def account_free(text: str) -> str:
    """A text without numbers of accounts."""
    return re.sub(r"(?<![0-9])[0-9]{12}(?![0-9])", "0" * 12, text)


def is_free(value: str) -> bool:
    """Whether a text is a sentence, or a document."""
    return re.search(r"\s\S+\s", value) is not None


class Answer:
    """One printed answer of an operation: its ``fact``, and the members that its model lacks."""

    def __init__(self, printed: Mapping[str, Any], shape: Any) -> None:
        self.unknown: set[str] = set()
        own = {name: one for name, one in printed.items() if name not in _ENVELOPE}
        known = own.keys() & shape.members.keys()
        self.fact: Mapping[str, Any] = self._value(own, shape, "", "") if known else {}
        self.shown = frozenset(shown(self.fact))

    def _value(self, value: Any, shape: Any, name: str, path: str) -> Any:
        kind = shape.type_name
        if value is None or kind == "blob" or getattr(shape, "is_document_type", False):
            return _OUT
        if kind in {"structure", "map", "list"}:
            if not isinstance(value, list if kind == "list" else Mapping):
                return _of_another_type(value)
            return getattr(self, f"_{kind}")(value, shape, name, path)
        if kind == "string":
            return _text(value, name)
        if kind == "timestamp":
            return _moment(value)
        return _of_another_type(value) if not isinstance(value, (bool, int, float)) else value

    def _structure(self, value: Mapping[str, Any], shape: Any, _: str, path: str) -> Any:
        found = {}
        for name, one in value.items():
            here = f"{path}/{name}".lstrip("/")
            if name in shape.members:
                found[name] = self._value(one, shape.members[name], name, here)
            elif one is not None:
                self.unknown.add(here)
                found[name] = None
        return {name: one for name, one in found.items() if one is not _OUT}

    def _list(self, value: list[Any], shape: Any, name: str, path: str) -> Any:
        plain = [one for one in value if not (isinstance(one, str) and _ABBREVIATED.search(one))]
        items = [self._value(one, shape.member, name, f"{path}/item") for one in plain]
        return distinct(one for one in items if one is not _OUT)

    def _map(self, value: Mapping[str, Any], shape: Any, _: str, path: str) -> Any:
        found = {
            account_free(key): self._value(one, shape.value, key, f"{path}/value")
            for key, one in list(value.items())[:MOST_ITEMS]
            if not is_free(key) and not _ABBREVIATED.search(key)
        }
        return {key: one for key, one in found.items() if one is not _OUT}


def _text(value: Any, name: str) -> Any:
    """What is printed where text is due; an object there is a document that the SDK has read."""
    if isinstance(value, (Mapping, list)):
        return None
    if not isinstance(value, str):
        return value
    value = account_free(value.strip())
    if _SECRETS.search(name) or is_free(value) or len(value) > _LONG:
        return None
    if value.startswith(("{", "[", "-----")) or _ABBREVIATED.search(value):
        return None
    return None if _is_stand_in(value, name) else value


def _is_stand_in(value: str, name: str) -> bool:
    """Whether a text is the member's own name in place of a value, or of its type."""
    words = _words(value)
    return value == "string" or (len(words) > _SHORT and words in _words(name))


def _words(name: str) -> str:
    """A name without its case and its separators: ``language-code`` stands for a LanguageCode."""
    return re.sub(r"[\W_]", "", name).lower()


def _moment(value: Any) -> Any:
    """A timestamp in UTC, as ISO 8601 has it; as it is printed where it is none."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)) or value == "":
        return _OUT
    try:
        found = parse_timestamp(value)
    except (ValueError, OverflowError):
        return _of_another_type(value)
    if found.tzinfo is None:
        found = found.replace(tzinfo=datetime.UTC)
    form = "milliseconds" if found.microsecond else "seconds"
    return found.astimezone(datetime.UTC).isoformat(timespec=form).replace("+00:00", "Z")


def _of_another_type(value: Any) -> Any:
    """A value of another type than the model's, without what is in it; empty ones say nothing."""
    if not value and not isinstance(value, (bool, int, float)):
        return _OUT
    if isinstance(value, str):
        return _OUT if is_free(value) or _ABBREVIATED.search(value) else account_free(value)[:_LONG]
    if isinstance(value, Mapping):
        return {}
    return [] if isinstance(value, list) else value


def distinct(items: Iterable[Any]) -> list[Any]:
    """The items that show a member which those before lack; at least one, if there is any."""
    found: list[Any] = []
    seen: set[str] = set()
    for one in items:
        members = set(shown(one))
        if not found or members - seen:
            found.append(one)
            seen |= members
    return found[:MOST_ITEMS]


def shown(value: Any, path: str = "") -> Iterator[str]:
    """The paths of the members that a fact shows, as clauses name them."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            here = f"{path}/{name}".lstrip("/")
            yield here
            yield from shown(one, here)
    elif isinstance(value, list):
        for one in value:
            yield from shown(one, f"{path}/item")


def chosen(answers: Iterable[Answer]) -> list[Answer]:
    """Of an operation's answers, in whatever order, the one that shows most, and another that shows
    something beside it.
    """
    texts = {json.dumps(one.fact, sort_keys=True): one for one in answers if one.fact}
    short = [texts[text] for text in sorted(texts) if len(text) <= LONGEST]
    found: list[Answer] = []
    seen: frozenset[str] = frozenset()
    while short and len(found) < MOST_ANSWERS:
        best = max(short, key=lambda one: len(one.shown - seen))
        if not best.shown - seen:
            break
        found.append(best)
        seen |= best.shown
        short.remove(best)
    return found
