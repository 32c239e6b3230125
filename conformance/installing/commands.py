"""Commands of installers: what they print, or the one sentence that says why they failed."""

import re
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from conformance.errors import UsageError

#: How installers begin the lines that say why they failed.
_BLAMES = re.compile(r"(?i)(error:|cause:|×|╰─▶|npm err(?:or|!)(?: notarget)?)\s*")
#: A line in which npm says what happened: one with a sentence.
_NPM = re.compile(r"(?i)npm err(?:or|!) (?!code |errno |syscall |path )\S+ \S")
#: How long an installation may take, in seconds.
_PATIENCE = 1800
#: Seconds between looks at whether it is to end.
_LOOK = 0.5


def never() -> bool:
    """Nothing ends a command but itself."""
    return False


def run(
    command: Sequence[str],
    wanted: str,
    *,
    given: str = "",
    folder: Path | None = None,
    ending: Callable[[], bool] = never,
) -> str:
    """What a command prints. Raises :class:`UsageError` where it fails, or is ``ending``."""
    try:
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
        ) as process:
            printed, said = _ended(process, wanted, given, ending)
    except OSError as error:
        raise UsageError(f"{wanted} could not be installed: {error}.") from error
    if process.returncode:
        raise UsageError(f"{wanted} could not be installed here: {_reason(said)}.")
    return printed


def _ended(
    process: subprocess.Popen[str], wanted: str, given: str, ending: Callable[[], bool]
) -> tuple[str, str]:
    """What a process prints until it ends; it is killed where it takes too long."""
    deadline = time.monotonic() + _PATIENCE
    text: str | None = given
    try:
        while time.monotonic() < deadline and not ending():
            with suppress(subprocess.TimeoutExpired):
                return process.communicate(text, timeout=_LOOK)
            text = None  # what was given is on its way
    finally:
        process.kill()
    why = ": that was interrupted" if ending() else f" within {_PATIENCE} seconds"
    raise UsageError(f"{wanted} was not installed{why}.")


def _reason(output: str) -> str:
    """The line of an installer's output that says why."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    # npm says first what happened, the others last
    errors = [line for line in lines if _NPM.match(line)][:1] or list(filter(_BLAMES.match, lines))
    said = (errors or lines or ["it says nothing"])[-1]
    return _BLAMES.sub("", said).split("(from versions")[0].strip(" .;")[:240]
