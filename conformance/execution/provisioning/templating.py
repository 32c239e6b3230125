"""Placeholders in provisioning files, and the values that replace them when a call is made.

In any text ``${unique}`` is a name that this run alone has, ``${number}`` counts the
repetitions of a step from 1, ``${region}`` is the Region signed for. Six tables are
values: ``{answer, path}`` is what a jmespath finds in an earlier answer (``of`` which
repetition, where not of the same), ``{text}`` the bytes of a text, ``{json}`` a value as
JSON text, ``{join}`` some texts in a row, ``{zip}`` the bytes of an archive with these
files, ``{now}`` the time in ``seconds`` or ``milliseconds``.
"""

import io
import json
import re
import time
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jmespath

_NAME = re.compile(r"\$\{(\w*)\}")
_KNOWN = frozenset({"unique", "number", "region"})
_NOW = {"seconds": 1, "milliseconds": 1000}
#: The earliest time that an archive can hold: the same files make the same bytes.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def is_answer(value: Mapping[str, Any]) -> bool:
    """Whether a table is replaced by what a jmespath finds in an earlier answer."""
    return {"answer", "path"} <= value.keys() <= {"answer", "path", "of"}


class UnfilledError(Exception):
    """An answer lacks what a later call needs; ``str()`` says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What is known when a call is made: this run's name, and the answers so far, step by step."""

    unique: str
    region: str
    answers: dict[str, list[Any]]

    def fill(self, value: Any, number: int) -> Any:
        """A value of a file with everything in its place, for one repetition of its step.

        An answer is that of the same repetition; of a step that was made less often, the
        first. Raises :class:`UnfilledError` where it says nothing at that path.
        """
        if isinstance(value, str):
            known = {"unique": self.unique, "number": str(number), "region": self.region}
            return _NAME.sub(lambda found: known[found[1]], value)
        if isinstance(value, list):
            return [self.fill(inner, number) for inner in value]
        if not isinstance(value, Mapping):
            return value
        if is_answer(value):
            return self._answered(value["answer"], value["path"], value.get("of", number))
        if value.keys() == {"text"}:
            return str(self.fill(value["text"], number)).encode()
        if value.keys() == {"json"}:
            return json.dumps(self.fill(value["json"], number))
        if value.keys() == {"join"}:
            return "".join(str(self.fill(part, number)) for part in value["join"])
        if value.keys() == {"zip"}:
            return archive(value["zip"])
        if value.keys() == {"now"}:
            return int(time.time() * _NOW[value["now"]])
        return {self.fill(name, number): self.fill(inner, number) for name, inner in value.items()}

    def _answered(self, step: str, path: str, number: int) -> Any:
        given = self.answers.get(step, ())
        answer = given[number - 1 if number <= len(given) else 0] if given else None
        found = jmespath.search(path, answer) if answer is not None else None
        if found is None:
            raise UnfilledError(f"the answer for {step} holds no {path}")
        return found


def archive(files: Mapping[str, str]) -> bytes:
    """A zip archive of some texts, made in memory; always the same for the same texts."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as zipped:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o644 << 16
            zipped.writestr(entry, text)
    return made.getvalue()


def _inside(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, Mapping):
        yield from value.keys()
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _inside(inner)


def answers_named(value: Any) -> Iterator[tuple[str, str]]:
    """The step and the path of every earlier answer that a value needs."""
    for inner in _inside(value):
        if isinstance(inner, Mapping) and is_answer(inner):
            yield inner["answer"], inner["path"]


def names_in(value: Any) -> Iterator[str]:
    """Every ``${name}`` in a value's texts that is no placeholder."""
    for inner in _inside(value):
        if isinstance(inner, str):
            yield from (name for name in _NAME.findall(inner) if name not in _KNOWN)
