"""Commands of installers: what they print, or the one sentence that says why they failed."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from conformance.errors import UsageError

#: How installers begin the lines that say why they failed.
_BLAMES = re.compile(r"(?i)(error:|cause:|×|╰─▶|npm err(?:or|!))\s*")
#: How long an installation may take, in seconds.
_PATIENCE = 1800


def run(command: Sequence[str], wanted: str, *, given: str = "", folder: Path | None = None) -> str:
    """What a command prints. Raises :class:`UsageError` where it fails."""
    try:
        done = subprocess.run(
            command,
            input=given,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
            cwd=folder,
        )
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"{wanted} was not installed within {_PATIENCE} seconds.") from error
    except OSError as error:
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
