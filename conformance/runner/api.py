"""The suite in code: certify a URL, get a report.

Each run is the command's run in a separate process, so that it can be called from anywhere, even
from a test.
"""

import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.errors import ConformanceError, UsageError
from conformance.spec import reading
from conformance.spec.operation import Operation
from conformance.spec.registry import registry

#: The start of the sentence with which the command refuses a run.
_PREFIX = "aws-conformance: "


@dataclass(frozen=True, slots=True)
class Report:
    """A report of format ``aws-conformance-report/1``; ``data`` holds all of it."""

    data: Mapping[str, Any]

    @property
    def verdict(self) -> str:
        """``conformant``, ``non-conformant`` or ``inconclusive``."""
        return str(self.data["verdict"])

    @property
    def complete(self) -> bool:
        """Whether the run tried every case of the chosen operations."""
        return bool(self.data["complete"])

    @property
    def findings(self) -> Sequence[Mapping[str, Any]]:
        """Every finding: case, clause, level, verdict, expected, observed, reproduction, …"""
        found: Sequence[Mapping[str, Any]] = self.data["findings"]
        return found

    @property
    def failures(self) -> Sequence[Mapping[str, Any]]:
        """The findings that make a target non-conformant."""
        return [one for one in self.findings if one["verdict"] in {"fail", "unsupported", "error"}]


def operation(name: str) -> Operation:
    """An operation by its id, ``service:Operation``: documented, or from the SDK's models.

    Raises :class:`UnknownNameError` with the nearest name for an unknown one.
    """
    return registry().find(name)


def certify(url: str | None = None, **options: Any) -> Report:
    """Judge a URL and return the report.

    Without a URL it judges the one in ``AWS_ENDPOINT_URL``, else the embedded reference server.

    ``options`` are the command's options by their names: ``operations="connect:*"``,
    ``max_examples=0``, ``resource=["InstanceId=…"]``, ``fail_on_warn=True``, ``n=4``.
    Raises :class:`ConformanceError` where no run was possible.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-P", "-m", "conformance", "certify", *([url] if url else [])]
        done = subprocess.run(
            [*command, *_words(options), "--report", folder],
            capture_output=True,
            text=True,
            check=False,
        )
        path = Path(folder) / "report.json"
        if not path.exists():
            printed = (done.stderr or done.stdout).strip().splitlines()
            ours = [line.removeprefix(_PREFIX) for line in printed if line.startswith(_PREFIX)]
            without = f"The run ended with status {done.returncode} and without a report."
            raise ConformanceError(next(iter([*ours, *printed[-1:]]), without))
        return Report(reading.read_json(path))


def _words(options: Mapping[str, Any]) -> list[str]:
    words = []
    for name, value in options.items():
        if name in {"report", "plan"}:
            raise UsageError(f"certify() makes a run and returns its report; it takes no {name}.")
        long = len(name) > 1
        option = f"--{name.replace('_', '-')}" if long else f"-{name}"
        if value is True:
            words.append(option)
        elif value is not None and value is not False:
            values = value if isinstance(value, list | tuple) else [value]
            words += [f"{option}={one}" if long else f"{option}{one}" for one in values]
    return words
