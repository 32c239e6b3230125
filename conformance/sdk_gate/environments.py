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
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path

from filelock import FileLock

from conformance.errors import UsageError

#: The SDK that is installed beside this package.
INSTALLED = "installed"
#: The newest one that the package index has.
NEWEST = "newest"
_NUMBER = re.compile(r"\d+(\.\d+){1,3}([a-z]+\d+)?")
#: The oldest minor version whose clients can be driven.
_FLOOR = (1, 26)
#: How installers begin the lines that say why they failed.
_BLAMES = re.compile(r"(?i)(error:|cause:|×|╰─▶)\s*")
#: How long an installation may take, in seconds.
_PATIENCE = 600

Say = Callable[[str], None]


def cache_folder() -> Path:
    """Where environments are kept: ``$XDG_CACHE_HOME``, or what the system has in its place."""
    if sys.platform == "win32":
        root = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        root = str(Path.home() / "Library" / "Caches")
    else:
        root = str(Path.home() / ".cache")
    return Path(os.environ.get("XDG_CACHE_HOME") or root) / "aws-conformance" / "sdk"


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
        path = next((one for one in _pythons(path) if one.is_file()), path)
    if path.is_file() and os.access(path, os.X_OK):
        return path.absolute()
    raise UsageError(
        f"{version!r} is neither a version of boto3, such as 1.40.0, nor a Python; "
        f"{INSTALLED!r} and {NEWEST!r} are versions too."
    )


def _pythons(folder: Path) -> list[Path]:
    return [folder / "bin" / "python", folder / "Scripts" / "python.exe"]


def _python(folder: Path) -> Path:
    windows = sys.platform == "win32"
    return _pythons(folder)[windows]


def _environment(version: str, say: Say) -> Path:
    numbers = tuple(int(one) for one in re.findall(r"\d+", version)[:2])
    if numbers < _FLOOR:
        floor = ".".join(map(str, _FLOOR))
        raise UsageError(f"boto3 {version} is older than {floor}, the first that can be compared.")
    root = cache_folder()
    root.mkdir(parents=True, exist_ok=True)
    folder = root / f"boto3-{version}-python{sys.version_info[0]}.{sys.version_info[1]}"
    with FileLock(root / f".{folder.name}.lock"):
        if not _python(folder).exists():
            _make(folder, version, say)
    return _python(folder)


def newest(say: Say) -> str:
    """The number of the newest version that can be installed here, by the package index."""
    say("asking the package index for the newest boto3")
    uv = shutil.which("uv")
    if uv:
        asks = [uv, "pip", "compile", "--quiet", "--no-deps", "--no-header", "--no-annotate", "-"]
        found = re.search(r"(?m)^boto3==(\S+)$", _run(asks, "boto3", told="boto3\n"))
        return _resolved(found and found[1])
    with tempfile.TemporaryDirectory() as made:
        if find_spec("pip") is None:
            _run(_creates(Path(made)), "boto3")
        asks = [*_installer(Path(made)), "--dry-run", "--ignore-installed", "--no-deps"]
        said = _run([*asks, "--report", "-", "boto3"], "boto3")
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
        _run(_creates(inside), wanted)
        install = _installer(inside)
        _run([*install, "--no-deps", wanted], wanted)
        _run([*install, wanted, _companion(inside)], wanted)
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


def _creates(folder: Path) -> list[str]:
    """The command that makes an empty environment."""
    uv = shutil.which("uv")
    if uv:
        return [uv, "venv", "--quiet", "--python", sys.executable, str(folder)]
    bare = ["--without-pip"] if find_spec("pip") is not None else []
    return [sys.executable, "-m", "venv", *bare, str(folder)]


def _installer(folder: Path) -> list[str]:
    """The command that installs into an environment, what it shall install apart."""
    python = str(_python(folder))
    uv = shutil.which("uv")
    if uv:
        return [uv, "pip", "install", "--quiet", "--python", python]
    if find_spec("pip") is None:
        pip = [python, "-m", "pip"]
    elif _python(folder).exists():
        pip = [sys.executable, "-m", "pip", "--python", python]
    else:  # nothing is to be installed
        pip = [sys.executable, "-m", "pip"]
    return [*pip, "install", "--quiet", "--disable-pip-version-check"]


def _run(command: list[str], wanted: str, *, told: str = "") -> str:
    """What a command prints. Raises :class:`UsageError` where it fails."""
    try:
        done = subprocess.run(
            command, input=told, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"{wanted} could not be installed: {error}.") from error
    if done.returncode:
        raise UsageError(f"{wanted} could not be installed here: {_reason(done.stderr)}.")
    return done.stdout


def _reason(output: str) -> str:
    """The line of an installer's output that says why."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if _BLAMES.match(line)]
    said = (errors or lines or ["it says nothing"])[-1]
    return _BLAMES.sub("", said).split("(from versions")[0].strip(" .;")[:240]
