"""Files: where those that ship with the suite are found, and how one is written in one step.

Shipped schemas and cassettes are at the top level of a checkout and inside an installed
wheel's package; nothing else may build such a path itself. A file is written beside its place
and renamed over what was there. It knows nothing of what the files hold.
"""

import contextlib
import errno
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib import resources
from pathlib import Path

from conformance.errors import UsageError

_PACKAGE = Path(str(resources.files("conformance")))
_SHIPPED = _PACKAGE / "_data"


def folder(name: str) -> Path:
    """The folder ``schemas`` or ``cassettes``, of this copy of the suite."""
    inside = _SHIPPED / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def cache_folder(name: str) -> Path:
    """A folder for what can be made again: below ``$XDG_CACHE_HOME``, or what the system has."""
    if sys.platform == "win32":
        root = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        root = str(Path.home() / "Library" / "Caches")
    else:
        root = str(Path.home() / ".cache")
    return Path(os.environ.get("XDG_CACHE_HOME") or root) / "aws-conformance" / name


#: The folders of the user's own documents, as this process was asked to read them.
_own: list[Path] = []


def use_schemas(folders: Iterable[Path | str]) -> None:
    """From now on documents are read from these folders too, and from no others of a user.

    Raises :class:`UsageError` for what is no folder.
    """
    found = [Path(one) for one in folders]
    for one in found:
        if not one.is_dir():
            raise UsageError(f"{one} is no folder; give one that holds SERVICE/OPERATION.json.")
    _own[:] = dict.fromkeys(found)


def own_schemas() -> tuple[Path, ...]:
    """The folders of the user's own documents."""
    return tuple(_own)


def place(path: Path) -> Path:
    """The real path of a file: of a link the one that it leads to.

    Raises :class:`OSError` for what is there and is no regular file.
    """
    real = Path(os.path.realpath(path))
    if real.exists() and not real.is_file():
        what = "a folder" if real.is_dir() else "no regular file"
        raise OSError(errno.EEXIST, f"{path.name} is {what}")
    return real


def write(contents: Mapping[Path, bytes]) -> None:
    """Write files, all of them or none, and make the folders they lie in.

    A file that is there keeps its permissions. Raises :class:`OSError`.
    """
    write_made({path: partial(iter, [content]) for path, content in contents.items()})


def write_made(contents: Mapping[Path, Callable[[], Iterable[bytes]]]) -> None:
    """The same of contents that are made one after the other, piece by piece."""
    places = {place(path): make for path, make in contents.items()}
    beside = {real: real.with_name(f".{real.name}.{os.getpid()}.part") for real in places}
    try:
        for real, make in places.items():
            real.parent.mkdir(parents=True, exist_ok=True)
            with beside[real].open("wb") as file:
                file.writelines(make())
            if real.exists():
                beside[real].chmod(real.stat().st_mode & 0o777)
        for real, part in beside.items():
            part.replace(real)
    finally:
        for part in beside.values():
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
