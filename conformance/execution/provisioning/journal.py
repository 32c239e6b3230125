"""Journals: what runs make on their targets, noted before it is made and struck when it is gone.

A run has one file, in a folder for its target; only what still exists keeps the file. Each line is
one JSON object, written at once and synchronised with the disk. As long as the run lives it holds
the lock beside its file, which no kill leaves behind: a file whose lock is free is of a run that
has ended. Nothing is sent here.
"""

import base64
import json
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from filelock import FileLock, Timeout

from conformance.errors import ConformanceError
from conformance.spec import reading
from conformance.spec.operation import Operation, Params
from conformance.transport.endpoint_config import origin

FORMAT = "aws-conformance-journal/1"
#: The environment variable that names another folder for journals.
FOLDER = "CONFORMANCE_JOURNAL"
_SUFFIX = ".jsonl"
#: How the names of all that a run makes begin.
PREFIX = "aws-conformance-"
#: Why nothing takes down what was made by a call that was never answered.
UNNAMED = "only the response names it, and none came"
#: The key of bytes in parameters, which JSON cannot hold.
_BYTES = "$bytes"

#: A call that takes something down.
Undo = tuple[Operation, Params]
#: Whether a call's parameters hold a secret, which no journal repeats.
HoldsSecret = Callable[[Operation, Params], bool]


class JournalError(ConformanceError):
    """A journal cannot be written or read; ``str()`` is one sentence for the user."""


def folder_of_user() -> Path:
    """The folder of this user's journals. Raises :class:`JournalError` where there is none."""
    if named := os.environ.get(FOLDER):
        return Path(named)
    state = os.environ.get("XDG_STATE_HOME")
    try:
        home = Path(state) if state else Path.home() / ".local" / "state"
    except RuntimeError as error:
        raise JournalError(
            f"There is no home folder for the journal of what is made; name a folder with {FOLDER}."
        ) from error
    return home / "aws-conformance" / "journal"


def require_writable(root: Path) -> None:
    """Make the folder of journals. Raises :class:`JournalError` where it is not writable."""
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        tempfile.TemporaryFile(dir=root).close()
    except OSError as error:
        raise _unwritable(root, error) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """The run that a journal is of: its target, how it calls it, and when it began.

    ``signer`` distinguishes the keys that sign, and does not show them.
    """

    url: str
    region: str
    protocol: str | None = None
    profile: str | None = None
    signer: str = ""
    pid: int = field(default_factory=os.getpid)
    started: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that a run has made, or was about to make, and has not taken down.

    ``things`` says what it is, in the plural; ``call`` made it; ``named`` is a name that it was
    given. ``undo`` is the operation and the parameters that take it down; without them ``why``
    is the reason. ``made`` says that the target confirmed it.
    """

    number: int
    things: str
    call: str
    named: str = ""
    undo: Mapping[str, Any] | None = None
    why: str = ""
    made: bool = False


class _File:
    """The file of one run, open for appending, and its lock."""

    def __init__(self, path: Path, lock: FileLock) -> None:
        self.path = path
        self.lock = lock
        self.entries: dict[int, Entry] = {}
        self._descriptor: int | None = None

    def append(self, line: Mapping[str, Any]) -> None:
        """Write one line, whole or not at all."""
        raw = json.dumps(line, default=_as_json).encode() + b"\n"
        try:
            if self._descriptor is None:
                self._descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
                _synchronise(self.path.parent)
            size = os.fstat(self._descriptor).st_size
            if os.write(self._descriptor, raw) != len(raw):
                os.ftruncate(self._descriptor, size)
                raise OSError(None, "No space left on device")
            os.fsync(self._descriptor)
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def strike(self, number: int) -> None:
        """Say that a thing is gone."""
        self.append({"entry": number, "gone": True})
        self.entries.pop(number, None)

    def close(self) -> None:
        """Let go of the file; one that lists nothing is removed."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        if not self.entries:
            self.path.unlink(missing_ok=True)
        self.lock.release()
        if not self.entries:
            Path(self.lock.lock_file).unlink(missing_ok=True)
            with suppress(OSError):  # other runs have files there
                self.path.parent.rmdir()


class Journal:
    """The journal of a run under way. Without anything made there is no file. Each method
    raises :class:`JournalError` where the line cannot be written.
    """

    def __init__(self, root: Path, about: About, holds_secret: HoldsSecret) -> None:
        self._folder = _folder(root, about.url)
        self._about = about
        self._holds_secret = holds_secret
        self._file: _File | None = None
        self._count = 0

    def intend(self, things: str, make: Operation, params: Params, undo: Undo | None) -> int:
        """Note that a call is about to make something; the number of its entry.

        Without ``undo`` only the response will say what takes it down.
        """
        return self._intend(things, make.id, self._name(make, params), self._said(undo, UNNAMED))

    def intend_hook(self, hook: str) -> int:
        """Note that a user's hook is about to be called, which alone takes down what it makes."""
        said = {"undo": None, "why": "only the teardown of the hook takes it down"}
        return self._intend("results of a hook", hook, "", said)

    def _intend(self, things: str, call: str, named: str, said: Mapping[str, Any]) -> int:
        if self._file is None:
            self._file = self._started()
        self._count += 1
        entry = Entry(number=self._count, things=things, call=call, named=named, **said)
        line = {"things": things, "call": call, "named": named, **said}
        self._file.append({"entry": entry.number, **line})
        self._file.entries[entry.number] = entry
        return entry.number

    def confirm(self, number: int, undo: Undo | None) -> None:
        """Note that the thing of an entry was made, and what takes it down."""
        assert self._file is not None
        said = self._said(undo, "its answer does not name what it made")
        entry = replace(self._file.entries[number], made=True, **said)
        self._file.append({"entry": number, "made": True, "undo": entry.undo, "why": entry.why})
        self._file.entries[number] = entry

    def strike(self, number: int) -> None:
        """Note that the thing of an entry is gone, or was never made."""
        assert self._file is not None
        self._file.strike(number)

    def close(self) -> None:
        """End the run: what is still listed is left behind."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _said(self, undo: Undo | None, why: str) -> dict[str, Any]:
        if undo is None:
            return {"undo": None, "why": why}
        operation, params = undo
        if self._holds_secret(operation, params):
            return {"undo": None, "why": f"{operation.id} needs a secret, which is not stored"}
        return {"undo": {"operation": operation.id, "params": params}, "why": ""}

    def _name(self, make: Operation, params: Params) -> str:
        """A name that a call gives to what it makes, for people; the shortest of this run."""
        names = [
            value
            for name, value in params.items()
            if isinstance(value, str)
            and PREFIX in value
            and not self._holds_secret(make, {name: value})
        ]
        return min(names, key=len, default="")

    def _started(self) -> _File:
        name = f"{self._about.started}-{self._about.pid}-{secrets.token_hex(3)}".replace(":", "")
        path = self._folder / f"{name}{_SUFFIX}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = FileLock(f"{path}.lock")
            lock.acquire(timeout=0)
        except OSError as error:
            raise _unwritable(path, error) from error
        file = _File(path, lock)
        file.append({"format": FORMAT, **asdict(self._about)})
        return file


@dataclass(slots=True, kw_only=True)
class Left:
    """What a run that has ended left on its target; claimed, so that no other process uses it."""

    about: About
    file: _File

    @property
    def entries(self) -> Sequence[Entry]:
        """What is still listed, in the order in which it was made."""
        return list(self.file.entries.values())

    def strike(self, number: int) -> None:
        """Note that a thing is gone."""
        self.file.strike(number)


@contextmanager
def ended_runs(root: Path, url: str, *, wait: float = 0.0) -> Iterator[tuple[list[Left], int]]:
    """What ended runs left on a target, the oldest run first, and how many runs are under way.

    ``wait`` is how many seconds another process may take to let go of a file. Raises
    :class:`JournalError` for a file that cannot be read.
    """
    found: list[Left] = []
    under_way = 0
    with ExitStack() as stack:
        for path in sorted(_folder(root, url).glob(f"*{_SUFFIX}")):
            lock = FileLock(f"{path}.lock")
            try:
                lock.acquire(timeout=wait)
            except Timeout:
                under_way += 1
                continue
            except OSError as error:
                raise _unwritable(path, error) from error
            file = _File(path, lock)
            try:
                about = _read(file)
            except BaseException:
                lock.release()
                raise
            stack.callback(file.close)
            if about is not None and file.entries and origin(about.url) == origin(url):
                found.append(Left(about=about, file=file))
        yield found, under_way


def targets(root: Path) -> list[str]:
    """The URLs of all targets that some journal is of."""
    found = set()
    for path in sorted(root.glob(f"*/*{_SUFFIX}")):
        with suppress(JournalError):
            lines = _lines(path)
            if lines:
                found.add(_about(lines[0], path).url)
    return sorted(found)


# ------------------------------------------------------------ files


def _folder(root: Path, url: str) -> Path:
    scheme, host, port = origin(url) or ("", "", 0)
    return root / quote(f"{scheme}-{host}-{port}", safe="")


def _read(file: _File) -> About | None:
    """Read the entries of a file; ``None`` where it holds none, or has gone."""
    lines = _lines(file.path, mend=True)
    if not lines:
        return None
    try:
        for line in lines[1:]:
            _apply(file.entries, line)
    except (KeyError, TypeError, AttributeError) as error:
        raise _unreadable(file.path, "a line of it is none of a journal") from error
    return _about(lines[0], file.path)


def _apply(entries: dict[int, Entry], line: Mapping[str, Any]) -> None:
    number = line["entry"]
    if line.get("gone"):
        entries.pop(number, None)
        return
    known = entries.get(number) or Entry(number=number, things=line["things"], call=line["call"])
    given = {name: line[name] for name in ("named", "undo", "why", "made") if name in line}
    entries[number] = replace(known, **given)


def _lines(path: Path, *, mend: bool = False) -> list[Any]:
    """The lines of a file, without one that was not written whole.

    With ``mend``, which takes the lock, that one is removed.
    """
    try:
        raw = reading.read_bytes(path)
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise _unreadable(path, str(error)) from error
    whole = raw[: raw.rfind(b"\n") + 1]
    try:
        if mend and whole != raw:
            os.truncate(path, len(whole))
        return [
            reading.parsed_json(line.decode("utf-8"), object_hook=_from_json)
            for line in whole.split(b"\n")[:-1]
        ]
    except (OSError, ValueError) as error:
        raise _unreadable(path, str(error)) from error


def _about(line: Any, path: Path) -> About:
    if not isinstance(line, Mapping) or line.get("format") != FORMAT:
        raise _unreadable(path, f"its format is not {FORMAT}")
    known = {one.name for one in fields(About)}
    try:
        return About(**{name: value for name, value in line.items() if name in known})
    except TypeError as error:
        raise _unreadable(path, "its first line lacks the target") from error


def _as_json(value: Any) -> Any:
    if isinstance(value, bytes | bytearray):
        return {_BYTES: base64.b64encode(value).decode("ascii")}
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def _from_json(value: dict[str, Any]) -> Any:
    return base64.b64decode(value[_BYTES]) if value.keys() == {_BYTES} else value


def _synchronise(folder: Path) -> None:
    """Have the name of a new file on the disk, where folders can be synchronised."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _unwritable(path: Path, error: OSError) -> JournalError:
    return JournalError(
        f"The journal of what is made cannot be written at {path} "
        f"({error.strerror or error}); name another folder with {FOLDER}, or create nothing with "
        "--no-provision."
    )


def _unreadable(path: Path, why: str) -> JournalError:
    return JournalError(f"The journal {path} cannot be read ({why}); look at it and remove it.")
