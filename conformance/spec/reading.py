"""Files as data, read with bounds: JSON, TOML, YAML as people write it, YAML as vcrpy writes it.

The only module that parses the text of a file. A file may come from a stranger: its size, its
depth and the number of its values are bounded, aliases of YAML count as what they repeat, and no
tag makes an object. What goes beyond a bound or is malformed raises :class:`ValueError` with one
short phrase; what cannot be opened raises :class:`OSError`. It knows nothing of what files hold.
"""

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # by how PyYAML was built


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a file may hold: bytes, levels of nesting, values, and those that aliases repeat.

    A long text counts as several values, one for each KiB.
    """

    size: int
    depth: int = 150
    values: int = 5_000_000
    repeats: int = 100_000


#: The bytes that are asked for first, which most files do not have: memory is taken for as many.
_PIECE = 64 * 1024
#: Reports and recordings: a HAR of a long session has tens of megabytes.
RECORDED = Limits(size=128 * 1024 * 1024)
#: Reports of whole emulators, with hundreds of thousands of cases.
REPORTS = Limits(size=2 * 1024 * 1024 * 1024, values=200_000_000)
#: What people write by hand: expected findings, provisioning, saved pages.
WRITTEN = Limits(size=4 * 1024 * 1024, values=200_000)


def read_bytes(path: Path, limits: Limits = RECORDED) -> bytes:
    """The content of a file, which is read no further than its bound."""
    with path.open("rb") as file:
        raw = file.read(_PIECE)
        if len(raw) == _PIECE:
            raw += file.read(max(0, limits.size + 1 - _PIECE))
        return within(raw, limits)


def within(raw: bytes, limits: Limits) -> bytes:
    """The same bytes, where they are no more than the bound."""
    if len(raw) > limits.size:
        raise ValueError(f"it is longer than {limits.size >> 20} MiB")
    return raw


def read_text(path: Path, limits: Limits = RECORDED) -> str:
    """The content of a file in UTF-8, with or without a byte order mark."""
    return text_of(read_bytes(path, limits))


def read_json(path: Path, limits: Limits = RECORDED, **hooks: Any) -> Any:
    """The data in a JSON file; ``hooks`` are those of :func:`json.loads`."""
    return parsed_json(read_text(path, limits), limits, **hooks)


def read_toml(path: Path, limits: Limits = WRITTEN) -> dict[str, Any]:
    """The table in a TOML file."""
    text = read_text(path, limits)
    _bounded_dots(text, limits)
    found: dict[str, Any] = _made(partial(tomllib.loads, text))
    _bounded(found, limits)
    return found


def read_yaml(path: Path, limits: Limits = WRITTEN) -> Any:
    """The data in a file of YAML 1.2, as people write it; tags are refused."""
    text = bounded_yaml(read_text(path, limits), limits)
    return _made(partial(YAML(typ="safe").load, text))


def parsed_json(text: str, limits: Limits = RECORDED, **hooks: Any) -> Any:
    """The data in a text of JSON."""
    found = _made(partial(json.loads, text, **hooks))
    # no value takes less than a letter, and no level less than a bracket
    if len(text) > limits.values or text.count("[") + text.count("{") > limits.depth:
        _bounded(found, limits)
    return found


def parsed_recording(text: str, limits: Limits = RECORDED) -> Any:
    """The data in a text of YAML 1.1, as vcrpy writes it.

    No object is made, but for the plain values that vcrpy writes with tags of Python.
    """
    return _made(partial(yaml.load, bounded_yaml(text, limits), Loader=_Loader))


def text_of(raw: bytes) -> str:
    """Bytes as UTF-8, with or without a byte order mark."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("it is no text in UTF-8") from error


def _made(parse: Callable[[], Any]) -> Any:
    """What a parser makes; whatever it raises is a phrase about the file."""
    try:
        return parse()
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except MemoryError as error:
        raise ValueError("it takes too much memory") from error
    except (yaml.YAMLError, YAMLError) as error:
        raise ValueError(_marked(error)) from error
    except ValueError:
        raise
    except (TypeError, LookupError, AttributeError, ArithmeticError) as error:
        raise ValueError(f"a value of it makes no sense ({type(error).__name__})") from error


def _marked(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return " ".join(str(error).split())[:160].rstrip(".")
    problem = " ".join(str(getattr(error, "problem", "")).split())
    return f"{problem[:160]} in line {mark.line + 1}"


# ---------------------------------------------------------------- bounds


def _bounded(data: Any, limits: Limits) -> None:
    """Raises :class:`ValueError` where data is deeper than the bound, or has more values."""
    level, count = [data], 1
    for _ in range(limits.depth):
        inside: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inside += value.values()
            elif isinstance(value, list | tuple):
                inside += value
        count += len(inside)
        if count > limits.values:
            raise ValueError(f"it has more than {limits.values:,} values")
        level = [value for value in inside if isinstance(value, dict | list | tuple)]
        if not level:
            return
    raise ValueError("it is nested too deeply")


def _bounded_dots(text: str, limits: Limits) -> None:
    """Dotted keys nest without a bracket, and take a parser the square of their number."""
    if any(line.partition("=")[0].count(".") > limits.depth for line in text.splitlines()):
        raise ValueError("it is nested too deeply")


def bounded_yaml(text: str, limits: Limits) -> str:
    """The same text of YAML, where all that it means is within the bounds, aliases included.

    Every alias counts as all that it repeats.
    """
    _made(partial(_count_events, text, limits))
    return text


def _count_events(text: str, limits: Limits) -> None:
    sizes: dict[str, int] = {}
    #: The collections that are open: the anchor of each, and how many values came before it.
    opened: list[tuple[str | None, int]] = []
    count = repeated = 0
    for event in yaml.parse(text, Loader=_YAML):
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                raise ValueError(f"the alias {str(event.anchor)[:40]} means nothing, or itself")
            count += sizes[event.anchor]
            repeated += sizes[event.anchor]
        elif isinstance(event, yaml.CollectionStartEvent):
            opened.append((event.anchor, count))
            count += 1
            if len(opened) > limits.depth:
                raise ValueError("it is nested too deeply")
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = opened.pop()
            if anchor is not None:
                sizes[anchor] = count - before
        elif isinstance(event, yaml.ScalarEvent):
            size = 1 + len(event.value) // 1024
            count += size
            if event.anchor is not None:
                sizes[event.anchor] = size
        if count > limits.values:
            raise ValueError(f"it has more than {limits.values:,} values")
        if repeated > limits.repeats:
            raise ValueError(f"its aliases repeat more than {limits.repeats:,} values")


# ---------------------------------------------------------------- vcrpy's tags


class _Loader(_YAML):  # type: ignore[misc,valid-type] # by how PyYAML was built
    """YAML without objects, but for the plain values that vcrpy writes with Python's tags."""


def _scalar(loader: Any, node: Any) -> Any:
    return loader.construct_scalar(node)


def _sequence(loader: Any, node: Any) -> Any:
    return loader.construct_sequence(node, deep=True)


def _content(name: str, loader: Any, node: Any) -> Any:
    """What a file-like or iterated body held; no object is made of it."""
    held = loader.construct_mapping(node, deep=True).get(name) or [b""]
    if not isinstance(held[0], list):
        return held[0]
    return b"".join(one.encode() if isinstance(one, str) else bytes(one) for one in held[0])


_TAGS: Mapping[str, Callable[[Any, Any], Any]] = {
    "str": _scalar,
    "unicode": _scalar,
    "tuple": _sequence,
    "object/new:_io.BytesIO": partial(_content, "state"),
    "object/apply:builtins.iter": partial(_content, "args"),
}
for _tag, _make in _TAGS.items():
    _Loader.add_constructor(f"tag:yaml.org,2002:python/{_tag}", _make)
