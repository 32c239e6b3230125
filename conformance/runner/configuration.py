"""What holds for a run, and from where: command line before environment before file.

The file is ``aws-conformance.toml``, or the table ``[tool.aws-conformance]`` of a
``pyproject.toml``: the nearest one from the working folder up to the root of its repository. Its
keys are the names of the options; ``targets.NAME`` holds what differs for one target. Values are
checked by :mod:`conformance.runner.settings`; nothing here sends.
"""

import importlib
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.errors import UsageError, suggestion
from conformance.runner.options import OPTIONS, Kind, Option
from conformance.spec import reading

if TYPE_CHECKING:
    from conformance.runner.settings import Settings

FILE = "aws-conformance.toml"
_PROJECT = "pyproject.toml"
_TABLE = "aws-conformance"
#: The variable that names another file; an empty one names none.
VARIABLE = "CONFORMANCE_CONFIG"
#: Where a value comes from, if not from a file or a variable.
COMMAND_LINE, DEFAULT = "command line", "default"
_TARGETS = "targets"
#: What is said in each call anew, never in a file or a variable.
_OF_ONE_CALL = frozenset({"case", "plan", "endpoint_url", "resume"})
_WORDS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}

_BY_KEY = {one.key: one for one in OPTIONS if one.dest not in _OF_ONE_CALL}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layer:
    """Values by the options' attribute names, and where they come from."""

    values: Mapping[str, Any]
    source: Callable[[Option], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """The options of a run by their attribute names, with the source of each that is set.

    ``chosen`` is the target as it was named, before a name from the file became its URL.
    """

    options: Mapping[str, Any]
    sources: Mapping[str, str]
    chosen: str | None = None
    file: Path | None = None
    targets: Mapping[str, str] = field(default_factory=dict)

    def settings(self, *, without: Collection[str] = ()) -> "Settings":
        """The options but for some, checked. Raises :class:`UsageError` for an invalid one."""
        # imported for runs alone: it takes as long as most commands that only read the file
        settings = importlib.import_module("conformance.runner.settings")
        try:
            kept = {name: one for name, one in self.options.items() if name not in without}
            checked: Settings = settings.settings(kept)
            return checked
        except UsageError as error:
            raise self._explained(error) from error

    def _explained(self, error: UsageError) -> UsageError:
        """The error, and where the options that it names are set, unless on the command line."""
        text = str(error)
        for option in OPTIONS:
            source = self.sources.get(option.dest, COMMAND_LINE)
            if source != COMMAND_LINE and re.search(rf"{option.name}(?![\w-])", text):
                return UsageError(f"{text[:-1]} ({option.key} is set in {source}){text[-1]}")
        return error


def configured(given: Mapping[str, Any], *, target: str | None = None) -> Configured:
    """What holds for a run whose command line gives some options, by their attribute names.

    ``target`` is the default one; where that is ``url``, ``AWS_ENDPOINT_URL`` comes before the
    file. Raises :class:`UsageError` with one sentence for a file or a variable that is wrong.
    """
    path, table, tables = _file()
    shown = _shown(path) if path else ""
    variables = _variables()
    chosen, source = _target(given, variables, table, target, shown)
    layers = [_Layer(values=table, source=lambda _: shown)]
    named = dict(tables.get(chosen or "", {}))
    url = named.pop("target", None)
    layers.append(_Layer(values=named, source=lambda _: f"{shown}, target {chosen}"))
    layers.append(_Layer(values=variables, source=_variable))
    line = {name: value for name, value in given.items() if value not in (None, [])}
    layers.append(_Layer(values=line, source=lambda _: COMMAND_LINE))
    options, sources = dict(given), {}
    for option in OPTIONS:
        if option.dest != "target" and (held := _merged(option, layers)):
            options[option.dest], sources[option.dest] = held
    options["offered"] = [
        pair.partition("=")[0] for one in layers[:-1] for pair in one.values.get("resource", ())
    ]
    options["target"] = url or chosen
    sources["target"] = f"{shown}, target {chosen}" if url else source
    return Configured(
        options=options,
        sources=sources,
        chosen=chosen,
        file=path,
        targets={name: str(one["target"]) for name, one in tables.items()},
    )


def schemas() -> list[str]:
    """The folders of the user's own documents, where a command line names none."""
    return list(configured({}).options.get("schemas") or ())


def targets() -> tuple[str, ...]:
    """The names of the targets that the file holds."""
    return tuple(_file()[2])


def address_of(target: str) -> str:
    """The address of a target that the file names; any other text as it is."""
    return str(_file()[2].get(target, {}).get("target", target))


def _target(
    given: Mapping[str, Any],
    variables: Mapping[str, Any],
    table: Mapping[str, Any],
    default: str | None,
    shown: str,
) -> tuple[str | None, str]:
    """The target as it is named, and where; ``AWS_ENDPOINT_URL`` counts where ``url`` is due."""
    if given.get("target") or given.get("endpoint_url"):
        return given.get("target") or "url", COMMAND_LINE
    if found := variables.get("target"):
        return found, "CONFORMANCE_TARGET"
    if default == "url" and os.environ.get("AWS_ENDPOINT_URL"):
        return default, "AWS_ENDPOINT_URL"
    if found := table.get("target"):
        return found, shown
    return default, DEFAULT


def _merged(option: Option, layers: list[_Layer]) -> tuple[Any, str] | None:
    """The value of an option and its source: the highest layer's; pairs are joined by name."""
    held = [
        (one.values[option.dest], one.source(option))
        for one in layers
        if option.dest in one.values and _is_set(option, one.values[option.dest])
    ]
    if not held or option.kind is not Kind.PAIRS:
        return held[-1] if held else None
    sources = dict.fromkeys(source for _, source in held)
    return [pair for pairs, _ in held for pair in pairs], " and ".join(sources)


def _is_set(option: Option, value: Any) -> bool:
    # argparse says False where a flag is not given
    return value is not False or option.kind is not Kind.FLAG or option.negatable


# ---------------------------------------------------------------- the environment


def _variable(option: Option) -> str:
    return f"CONFORMANCE_{option.dest.upper()}"


def _variables() -> dict[str, Any]:
    found = {}
    for option in _BY_KEY.values():
        if text := os.environ.get(_variable(option)):
            found[option.dest] = _from_text(option, text)
    return found


def _from_text(option: Option, text: str) -> Any:
    if option.kind is Kind.FLAG:
        if text.lower() not in _WORDS:
            raise UsageError(f"{_variable(option)} takes 1 or 0, not {text!r}.")
        return _WORDS[text.lower()]
    if option.kind in {Kind.MANY, Kind.PAIRS}:
        return [one.strip() for one in text.split(",") if one.strip()]
    return text


# ---------------------------------------------------------------- the file


def _file() -> tuple[Path | None, dict[str, Any], dict[str, dict[str, Any]]]:
    """The file, its values, and those of each target by its name."""
    path = _named_file() if VARIABLE in os.environ else next(_candidates(Path.cwd()), None)
    if path is None:
        return None, {}, {}
    table = _table(path)
    if table is None:
        raise UsageError(f"{path} has no table [tool.{_TABLE}], as {VARIABLE} says it has.")
    targets = table.pop(_TARGETS, {})
    where = f"{_shown(path)}"
    if not isinstance(targets, dict) or not all(isinstance(one, dict) for one in targets.values()):
        raise UsageError(f"{where}: {_TARGETS} takes tables, as in [{_prefix(path)}targets.mine].")
    tables = {}
    for name, one in targets.items():
        within = f"{where}, target {name}"
        if not isinstance(one.get("url"), str):
            raise UsageError(
                f"{within}: a target takes a url, as in url = 'http://localhost:5000'."
            )
        others = {key: value for key, value in one.items() if key != "url"}
        tables[name] = {**_values(others, within, path, {"target"}), "target": one["url"]}
    return path, _values(table, where, path, set()), tables


def _named_file() -> Path | None:
    text = os.environ[VARIABLE]
    return Path(text).absolute() if text else None


def _candidates(folder: Path) -> Iterator[Path]:
    """The files that configure a run, from a folder up to the root of its repository.

    Outside a repository it is that folder's alone: one above may be anybody's.
    """
    above = [*folder.parents] if any((one / ".git").exists() for one in folder.parents) else []
    for one in (folder, *above):
        found = [path for path in (one / FILE, one / _PROJECT) if _configures(path)]
        if len(found) > 1:
            raise UsageError(f"{FILE} and {_PROJECT} in {one} both configure runs; keep one.")
        yield from found
        if (one / ".git").exists():
            return


def _configures(path: Path) -> bool:
    return path.is_file() and _table(path) is not None


def _table(path: Path) -> dict[str, Any] | None:
    """The table of a file; ``None`` where a ``pyproject.toml`` has none."""
    try:
        if path.name == _PROJECT and _TABLE.encode() not in reading.read_bytes(path):
            return None  # what else may be wrong in it concerns others
        content = reading.read_toml(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {_reason(error)}.") from error
    if path.name != _PROJECT:
        return content
    tools = content.get("tool")
    found = tools.get(_TABLE) if isinstance(tools, dict) else None
    return dict(found) if isinstance(found, dict) else None


def _reason(error: OSError | ValueError) -> str:
    return str(getattr(error, "strerror", None) or error).rstrip(".")


def _shown(path: Path) -> str:
    """A path as short as it is plain: relative to the working folder where it is below it."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _prefix(path: Path) -> str:
    return f"tool.{_TABLE}." if path.name == _PROJECT else ""


def _values(table: Mapping[str, Any], where: str, path: Path, without: set[str]) -> dict[str, Any]:
    """The values of a table by the options' attribute names; unknown keys are refused."""
    known = {key: option for key, option in _BY_KEY.items() if key not in without}
    found = {}
    for key, value in table.items():
        if key not in known:
            names = [*known, "url"] if without else [*known, _TARGETS]
            raise UsageError(f"{where}: there is no setting {key!r}{suggestion(key, names)}")
        found[known[key].dest] = _from_toml(known[key], value, where, path.parent)
    return found


def _from_toml(option: Option, value: Any, where: str, folder: Path) -> Any:
    read = _READERS[option.kind](value)
    if read is None:
        raise UsageError(f"{where}: {option.key} takes {_TAKES[option.kind]}, not {value!r}.")
    if not option.is_path:
        return read
    if isinstance(read, list):
        return [_beside(folder, one) for one in read]
    return _beside(folder, read)


def _beside(folder: Path, text: str) -> str:
    return str(folder / Path(text).expanduser())


def _one(value: Any) -> str | None:
    is_one = isinstance(value, str | int | float) and not isinstance(value, bool)
    return str(value) if is_one and value != "" else None


def _several(value: Any) -> list[str] | None:
    values = value if isinstance(value, list) else [value]
    return list(values) if all(isinstance(one, str) and one for one in values) else None


def _joined(value: Any) -> str | None:
    found = _several(value)
    return ",".join(found) if found else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _named(value: Any) -> list[str] | None:
    if not isinstance(value, dict):
        return _several(value)
    values = {name: _one(one) for name, one in value.items()}
    return None if None in values.values() else [f"{name}={one}" for name, one in values.items()]


_READERS: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.ONE: _one,
    Kind.JOINED: _joined,
    Kind.MANY: _several,
    Kind.PAIRS: _named,
    Kind.FLAG: _flag,
}
_TAKES: Mapping[Kind, str] = {
    Kind.ONE: "a text or a number",
    Kind.JOINED: "a text or a list of texts",
    Kind.MANY: "a text or a list of texts",
    Kind.PAIRS: "a table of texts",
    Kind.FLAG: "true or false",
}
