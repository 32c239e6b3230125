"""What is measured: the file of subjects, read and checked.

A subject is an emulator with its versions: how each is installed and started, what it is asked,
and what its own documentation says to set. This module runs nothing.
"""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.errors import UnknownNameError, UsageError
from conformance.spec.reading import read_toml

FORMAT = "aws-conformance-subjects/1"
ANNOTATIONS = "aws-conformance-annotations/1"
#: What a comparison by hand comes to: the subjects depart from what is stated, no source decides,
#: or it was a mistake of the suite, mended since.
RESULTS = ("departs", "undecided", "mended")
#: Names become names of files and parts of addresses.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PYTHON = re.compile(r"3\.\d+")
_PLACEHOLDERS = frozenset({"bin", "port", "folder", "version", "python"})
_BRACED = re.compile(r"\{(\w*)\}")
_LOOPBACK = re.compile(r"https?://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/.*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """An emulator. ``start`` has words with {bin}, {port}, {folder}, {version} and {python}.

    ``python`` is the version of Python that it needs, where not any will do.
    """

    name: str
    versions: tuple[str, ...]
    services: tuple[str, ...]
    home: str = ""
    pypi: tuple[str, ...] = ()
    npm: tuple[str, ...] = ()
    python: str = ""
    start: tuple[str, ...] = ()
    url: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    credentials: tuple[str, ...] = ()
    settings: str = ""
    notes: str = ""

    def requirements(self, version: str) -> tuple[str, ...]:
        """What is installed for a version."""
        return tuple(one.replace("{version}", version) for one in (*self.pypi, *self.npm))


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """An emulator that could not be measured, and why."""

    name: str
    home: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """All of a file."""

    subjects: tuple[Subject, ...]
    absent: tuple[Absent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """What the author of a subject says about some of its clauses."""

    subject: str
    clause: str
    text: str
    author: str = ""
    link: str = ""
    versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A cause that several subjects share, as it was compared with the documentation by hand.

    ``clauses`` are patterns; ``result`` is one of :data:`RESULTS`.
    """

    clauses: tuple[str, ...]
    result: str
    text: str
    source: str = ""


def load(path: Path) -> Subjects:
    """The subjects of a file. Raises :class:`UsageError` with one sentence for a wrong one."""
    table = _table(path, FORMAT)
    _only(table, {"format", "services", "subjects", "absent"}, str(path))
    common = _texts(table.get("services", []), f"{path}: services")
    given = _list(table, "subjects", str(path))
    if not given:
        raise UsageError(f"{path} names no subject; add one with [[subjects]].")
    found = tuple(_subject(one, common, f"{path}: subject {n}") for n, one in enumerate(given, 1))
    _once([one.name for one in found], "subject", str(path))
    absent = tuple(_absent(one, str(path)) for one in _list(table, "absent", str(path)))
    return Subjects(subjects=found, absent=absent)


def annotations(path: Path) -> tuple[Annotation, ...]:
    """The annotations of a file; none where there is no such file."""
    given = _list(_answers(path), "annotations", str(path))
    return tuple(_annotation(one, str(path)) for one in given)


def checked(path: Path) -> tuple[Checked, ...]:
    """What the same file says was compared by hand."""
    return tuple(_checked(one, str(path)) for one in _list(_answers(path), "checked", str(path)))


def chosen(
    every: Subjects, only: Iterable[str] = (), services: Iterable[str] = ()
) -> Iterator[tuple[Subject, str, str]]:
    """Subject, version and service of each run; ``only`` has words ``SUBJECT[@VERSION]``.

    Raises :class:`UnknownNameError` for a word that names nothing.
    """
    words, wanted = list(only), set(services)
    versions = [f"{one.name}@{version}" for one in every.subjects for version in one.versions]
    for word in words:
        if word not in {*versions, *(one.name for one in every.subjects)}:
            raise UnknownNameError("subject", word, {one.partition("@")[0] for one in versions})
    known = {one for subject in every.subjects for one in subject.services}
    for one in sorted(wanted - known):
        raise UnknownNameError("service", one, known)
    for subject in every.subjects:
        for version in subject.versions:
            if words and not {subject.name, f"{subject.name}@{version}"} & set(words):
                continue
            for service in subject.services:
                if not wanted or service in wanted:
                    yield subject, version, service


# ---------------------------------------------------------------- reading


def _table(path: Path, form: str) -> Mapping[str, Any]:
    try:
        table = read_toml(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(f"{path} is no TOML: {error}.") from error
    if table.get("format") != form:
        raise UsageError(f'{path} does not say format = "{form}".')
    return table


def _only(table: Mapping[str, Any], known: set[str], where: str) -> None:
    for name in table:
        if name not in known:
            raise UsageError(f"{where}: {UnknownNameError('key', name, known)}")


def _list(table: Mapping[str, Any], name: str, where: str) -> Sequence[Any]:
    found = table.get(name, [])
    if not isinstance(found, list):
        raise UsageError(f"{where}: {name} is a list; begin each entry with [[{name}]].")
    return found


def _once(names: Sequence[str], what: str, where: str) -> None:
    """No name is there twice, also where a file system or a host does not tell its case."""
    seen: dict[str, str] = {}
    for name in names:
        if other := seen.get(name.lower()):
            how = "twice" if other == name else f"beside {other}: names differ by more than case"
            raise UsageError(f"{where} names the {what} {name} {how}.")
        seen[name.lower()] = name


def _subject(given: Any, common: tuple[str, ...], where: str) -> Subject:
    table = _entry(given, where)
    _only(table, set(Subject.__dataclass_fields__), where)
    name = _text(table, "name", where)
    if not _NAME.fullmatch(name):
        raise UsageError(f"{where}: a name has letters, digits, '.', '_' and '-', not {name!r}.")
    where = f"{where}, {name}"
    versions = _texts(table.get("versions", []), f"{where}: versions")
    if not versions or not all(_NAME.fullmatch(one) for one in versions):
        raise UsageError(f"{where}: name its versions, like versions = ['1.0'].")
    _once(versions, "version", where)
    pypi = _texts(table.get("pypi", []), f"{where}: pypi")
    npm = _texts(table.get("npm", []), f"{where}: npm")
    for one in (*pypi, *npm):
        if one.startswith("-"):
            raise UsageError(f"{where}: {one} is no package; options of installers are not taken.")
    start = _words(table.get("start", []), f"{where}: start")
    url = _text(table, "url", where, "")
    if bool(url) == bool(start):
        raise UsageError(f"{where}: say either start, the command that serves it, or url.")
    if url and not _LOOPBACK.fullmatch(url):
        raise UsageError(f"{where}: url has to be one of this machine, like http://localhost:4566.")
    if pypi and npm:
        raise UsageError(f"{where}: say either pypi or npm, not both.")
    python = _text(table, "python", where, "")
    if python and not (pypi and _PYTHON.fullmatch(python)):
        raise UsageError(f"{where}: python is the version that its pypi needs, like '3.12'.")
    environment = table.get("environment", {})
    if not isinstance(environment, dict) or not all(
        isinstance(one, str) for one in environment.values()
    ):
        raise UsageError(f"{where}: environment is a table of texts.")
    for text in (*start, *environment.values()):
        for placeholder in _BRACED.findall(text):
            if placeholder not in _PLACEHOLDERS:
                error = UnknownNameError("placeholder", placeholder, _PLACEHOLDERS)
                raise UsageError(f"{where}: {error}")
    if start and not any("{port}" in text for text in (*start, *environment.values())):
        raise UsageError(
            f"{where}: say with {{port}} in start or environment where it is to listen."
        )
    credentials = _texts(table.get("credentials", []), f"{where}: credentials")
    if credentials and len(credentials) != 2:
        raise UsageError(f"{where}: credentials are an access key and a secret key.")
    services = _texts(table.get("services", list(common)), f"{where}: services")
    if not services or not all(_NAME.fullmatch(one) for one in services):
        raise UsageError(f"{where}: name its services, like services = ['sqs'].")
    _once(services, "service", where)
    return Subject(
        name=name,
        versions=versions,
        services=services,
        home=_text(table, "home", where, ""),
        pypi=pypi,
        npm=npm,
        python=python,
        start=start,
        url=url,
        environment=environment,
        credentials=credentials,
        settings=_text(table, "settings", where, ""),
        notes=_text(table, "notes", where, ""),
    )


def _absent(given: Any, where: str) -> Absent:
    table = _entry(given, f"{where}: absent")
    _only(table, {"name", "home", "why"}, f"{where}: absent")
    return Absent(
        name=_text(table, "name", f"{where}: absent"),
        home=_text(table, "home", f"{where}: absent", ""),
        why=_text(table, "why", f"{where}: absent"),
    )


def _annotation(given: Any, where: str) -> Annotation:
    where = f"{where}: annotation"
    table = _entry(given, where)
    _only(table, set(Annotation.__dataclass_fields__), where)
    return Annotation(
        subject=_text(table, "subject", where),
        clause=_text(table, "clause", where),
        text=_text(table, "text", where),
        author=_text(table, "author", where, ""),
        link=_text(table, "link", where, ""),
        versions=_texts(table.get("versions", []), f"{where}: versions"),
    )


def _answers(path: Path) -> Mapping[str, Any]:
    if not path.exists():
        return {}
    table = _table(path, ANNOTATIONS)
    _only(table, {"format", "annotations", "checked"}, str(path))
    return table


def _checked(given: Any, where: str) -> Checked:
    where = f"{where}: checked"
    table = _entry(given, where)
    _only(table, set(Checked.__dataclass_fields__), where)
    clauses = _texts(table.get("clauses", []), f"{where}: clauses")
    result = _text(table, "result", where)
    if not clauses or result not in RESULTS:
        raise UsageError(f"{where}: name its clauses, and one of the results {', '.join(RESULTS)}.")
    return Checked(
        clauses=clauses,
        result=result,
        text=_text(table, "text", where),
        source=_text(table, "source", where, ""),
    )


def _entry(given: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise UsageError(f"{where} is no table.")
    return given


def _text(table: Mapping[str, Any], name: str, where: str, default: str | None = None) -> str:
    found = table.get(name, default)
    if not isinstance(found, str) or (default is None and not found.strip()):
        raise UsageError(f"{where}: {name} is a text{' and is missing' if found is None else ''}.")
    return found


def _texts(given: Any, where: str) -> tuple[str, ...]:
    """A text, or a list of them."""
    found = [given] if isinstance(given, str) else given
    if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
        raise UsageError(f"{where} is a text or a list of texts.")
    return tuple(found)


def _words(given: Any, where: str) -> tuple[str, ...]:
    """A command: a line as a shell reads it, or a list of words."""
    if not isinstance(given, str):
        return _texts(given, where)
    try:
        return tuple(shlex.split(given))
    except ValueError as error:
        raise UsageError(f"{where} is no command: {error}.") from error
