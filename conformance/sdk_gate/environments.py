"""Environments of versions of boto3: made once, kept in the user's cache, one for each version.

A version is a number, ``installed`` (the SDK beside this package), ``newest``, or the path of a
Python that has boto3. With a version of boto3 goes the oldest botocore that it allows, which is
the one that it was released with: what is compared does not depend on the day of installation.
No network is used but the package index, and that is announced before it is.
"""

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path

from filelock import FileLock

from conformance.errors import UsageError
from conformance.installing import commands, venvs
from conformance.spec.files import cache_folder

#: The SDK that is installed beside this package.
INSTALLED = "installed"
#: The newest one that the package index has.
NEWEST = "newest"
_NUMBER = re.compile(r"\d+(\.\d+){1,3}([a-z]+\d+)?")
#: The oldest minor version whose clients can be driven.
_FLOOR = (1, 26)

Say = Callable[[str], None]


def interpreter(version: str, say: Say) -> Path:
    """The Python of a version of boto3; its environment is made where there is none yet.

    Raises :class:`UsageError` for what is no version, or cannot be installed here.
    """
    if version == INSTALLED:
        return Path(sys.executable)
    if version == NEWEST:
        return _environment(newest(say), say)
    if _NUMBER.fullmatch(version):
        return _environment(version, say)
    path = Path(version).expanduser()
    if path.is_dir():
        path = next((one for one in venvs.pythons(path) if one.is_file()), path)
    if path.is_file() and os.access(path, os.X_OK):
        return path.absolute()
    raise UsageError(
        f"{version!r} is neither a version of boto3, such as 1.40.0, nor a Python; "
        f"{INSTALLED!r} and {NEWEST!r} are versions too."
    )


def _environment(version: str, say: Say) -> Path:
    numbers = tuple(int(one) for one in re.findall(r"\d+", version)[:2])
    if numbers < _FLOOR:
        floor = ".".join(map(str, _FLOOR))
        raise UsageError(f"boto3 {version} is older than {floor}, the first that can be compared.")
    root = cache_folder("sdk")
    root.mkdir(parents=True, exist_ok=True)
    folder = root / f"boto3-{version}-python{sys.version_info[0]}.{sys.version_info[1]}"
    with FileLock(root / f".{folder.name}.lock"):
        if not venvs.python(folder).exists():
            _make(folder, version, say)
    return venvs.python(folder)


def newest(say: Say) -> str:
    """The number of the newest version that can be installed here, by the package index."""
    say("asking the package index for the newest boto3")
    uv = shutil.which("uv")
    if uv:
        asks = [uv, "pip", "compile", "--quiet", "--no-deps", "--no-header", "--no-annotate", "-"]
        found = re.search(r"(?m)^boto3==(\S+)$", commands.run(asks, "boto3", given="boto3\n"))
        return _resolved(found and found[1])
    with tempfile.TemporaryDirectory() as made:
        if find_spec("pip") is None:
            commands.run(venvs.creates(Path(made)), "boto3")
        asks = [*venvs.installer(Path(made)), "--dry-run", "--ignore-installed", "--no-deps"]
        said = commands.run([*asks, "--report", "-", "boto3"], "boto3")
    try:
        return _resolved(json.loads(said)["install"][0]["metadata"]["version"])
    except (ValueError, LookupError):
        return _resolved(None)


def _resolved(version: str | None) -> str:
    if version is None or not _NUMBER.fullmatch(version):
        raise UsageError("The package index names no boto3 that can be installed here.")
    return version


def _make(folder: Path, version: str, say: Say) -> None:
    """Make an environment beside its place, and move it there when it is whole."""
    wanted = f"boto3=={version}"
    say(f"installing {wanted} from the package index into {folder}")
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".new-") as made:
        inside = Path(made) / "environment"
        commands.run(venvs.creates(inside), wanted)
        install = venvs.installer(inside)
        commands.run([*install, "--no-deps", wanted], wanted)
        commands.run([*install, wanted, _companion(inside)], wanted)
        shutil.rmtree(folder, ignore_errors=True)
        inside.rename(folder)


def _companion(folder: Path) -> str:
    """The botocore that the boto3 of an environment was released with, as a requirement."""
    sites = [str(path.parent) for path in folder.glob("[lL]ib*/**/boto3-*.dist-info")]
    found = next(iter(distributions(name="boto3", path=sites)), None)
    for one in (found.requires or ()) if found else ():
        least = re.search(r">=\s*([\d.]+)", one)
        if one.startswith("botocore") and least:
            return f"botocore=={least[1]}"
    return "botocore"
