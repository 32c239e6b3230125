"""Versions of subjects, each installed once into an environment of its own.

They are kept in the user's cache. No network is used but the package index, and that is said
before it is.
"""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from conformance.errors import UsageError
from conformance.installing import commands, venvs
from conformance.matrix.subjects import Subject
from conformance.report.digests import digest
from conformance.spec.files import cache_folder

Say = Callable[[str], None]
Ending = Callable[[], bool]
#: Written last into an environment: one without it is made anew.
_WHOLE = ".whole"


def programs(
    subject: Subject, version: str, say: Say, ending: Ending = commands.never
) -> tuple[Path, Path | None]:
    """The environment's folder and that of its programs; none where nothing is installed.

    Raises :class:`UsageError` where it cannot be installed here, or once it is ``ending``.
    """
    wanted = subject.requirements(version)
    root = cache_folder("matrix")
    if not wanted:
        return root, None
    root.mkdir(parents=True, exist_ok=True)
    of = [wanted, subject.python] if subject.python else wanted
    folder = root / f"{subject.name}-{version}-{digest(of)[-8:]}"
    with FileLock(root / f".{folder.name}.lock"):
        if not (folder / _WHOLE).exists():
            shutil.rmtree(folder, ignore_errors=True)
            say(f"installing {' '.join(wanted)} from the package index")
            if subject.npm:
                _of_npm(folder, wanted, ending)
            else:
                _of_pypi(folder, wanted, subject.python, ending)
            (folder / _WHOLE).touch()
    if subject.npm:
        return folder, folder / "node_modules" / ".bin"
    return folder, venvs.python(folder).parent


def _of_pypi(folder: Path, wanted: tuple[str, ...], version: str, ending: Ending) -> None:
    shown = " ".join(wanted)
    interpreter = shutil.which(f"python{version}") if version else sys.executable
    if interpreter is None:
        raise UsageError(f"{shown} needs Python {version}, and no python{version} is on the PATH.")
    commands.run(venvs.creates(folder, interpreter), shown, ending=ending)
    commands.run([*venvs.installer(folder), *wanted], shown, ending=ending)


def _of_npm(folder: Path, wanted: tuple[str, ...], ending: Ending) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise UsageError(f"{' '.join(wanted)} needs npm, which is not here.")
    folder.mkdir(parents=True)
    words = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund"]
    commands.run(
        [*words, "--loglevel=error", *wanted], " ".join(wanted), folder=folder, ending=ending
    )
