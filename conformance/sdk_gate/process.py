"""A version of the SDK at work: its driver in a process of its own, asked line by line."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.errors import ConformanceError

#: Packages of which only what is named exists: neither ours nor other libraries are in reach.
_START = """\
import sys, types
for name, path in {packages!r}:
    module = types.ModuleType(name)
    module.__path__ = [path]
    sys.modules[name] = module
from conformance.sdk_gate.driver.main import main
main()
"""


class DriverError(ConformanceError):
    """A driver could not be started, or ended before it answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """The versions in an environment, and the names of settings that they do not know."""

    boto3: str
    botocore: str
    python: str
    unknown: Sequence[str] = ()


class Driver:
    """The driver of one interpreter; use it as a context, and from one thread at a time.

    ``config`` are arguments of botocore's ``Config``, ``config_file`` is a file of AWS's
    settings: what a user's client has beside the defaults. Raises :class:`DriverError`.
    """

    def __init__(
        self,
        interpreter: Path,
        *,
        config: Mapping[str, Any] | None = None,
        config_file: Path | None = None,
    ) -> None:
        self._interpreter = interpreter
        root = Path(__file__).parent.parent
        packages = [("conformance", str(root)), ("conformance.sdk_gate", str(root / "sdk_gate"))]
        self._process = subprocess.Popen(
            [str(interpreter), "-I", "-W", "ignore", "-c", _START.format(packages=packages)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        first = {"config": dict(config or {}), "config_file": config_file and str(config_file)}
        self._write(first)

    def __enter__(self) -> "Driver":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue
        self._process.kill()
        self._process.wait()

    def ask(self, do: str, **asked: Any) -> Any:
        """What the driver answers to one request."""
        self._write({"do": do, **asked})
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise DriverError(f"{self._interpreter} ended before it answered; has it boto3?")
        answer = json.loads(line)
        if "failed" in answer:
            raise DriverError(f"{self._interpreter} failed: {answer['failed']}.")
        return answer["ok"]

    def version(self) -> Version:
        """The versions that this driver runs beside."""
        return Version(**self.ask("about"))

    def _write(self, asked: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(asked, separators=(",", ":")) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise DriverError(
                f"{self._interpreter} does not run a driver; has it boto3?"
            ) from error
