"""Virtual environments of Python: made with uv where it is here, else with venv and pip."""

import shutil
import sys
from importlib.util import find_spec
from pathlib import Path


def pythons(folder: Path) -> list[Path]:
    """Where an environment's Python may be: on POSIX, on Windows."""
    return [folder / "bin" / "python", folder / "Scripts" / "python.exe"]


def python(folder: Path) -> Path:
    """Where an environment's Python is on this system."""
    return pythons(folder)[sys.platform == "win32"]


def creates(folder: Path, interpreter: str = sys.executable) -> list[str]:
    """The command that makes an empty environment, of this Python or of another."""
    uv = shutil.which("uv")
    if uv:
        return [uv, "venv", "--quiet", "--python", interpreter, str(folder)]
    bare = ["--without-pip"] if find_spec("pip") is not None else []
    return [interpreter, "-m", "venv", *bare, str(folder)]


def installer(folder: Path) -> list[str]:
    """The command that installs into an environment, what it shall install apart."""
    inside = str(python(folder))
    uv = shutil.which("uv")
    if uv:
        return [uv, "pip", "install", "--quiet", "--python", inside]
    if find_spec("pip") is None:
        pip = [inside, "-m", "pip"]
    elif python(folder).exists():
        pip = [sys.executable, "-m", "pip", "--python", inside]
    else:  # nothing is to be installed
        pip = [sys.executable, "-m", "pip"]
    return [*pip, "install", "--quiet", "--disable-pip-version-check"]
