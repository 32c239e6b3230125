"""The suite in code: certify a URL, get a report.

A run is the command's run, in a process of its own, so that it may be called
from anywhere, other people's tests included.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.errors import ConformanceError, UsageError
from conformance.spec.operation import Operation
from conformance.spec.registry import registry

#: How the command begins the sentence that says why there was no run.
_PREFIX = "aws-conformance: "


@dataclass(frozen=True, slots=True)
class Report:
    """A report, format ``aws-conformance-report/1``; ``data`` is all of it."""

    data: Mapping[str, Any]

    @property
    def verdict(self) -> str:
        """``conformant``, ``non-conformant`` or ``inconclusive``."""
        return str(self.data["verdict"])

    @property
    def complete(self) -> bool:
        """Whether the whole case set of the chosen operations was run."""
        return bool(self.data["complete"])

    @property
    def findings(self) -> Sequence[Mapping[str, Any]]:
        """Every finding: case, clause, level, verdict, expected, observed, reproduction."""
        found: Sequence[Mapping[str, Any]] = self.data["findings"]
        return found

    @property
    def failures(self) -> Sequence[Mapping[str, Any]]:
        """The findings that make a target non-conformant."""
        return [one for one in self.findings if one["verdict"] in {"fail", "unsupported", "error"}]


def operation(name: str) -> Operation:
    """An operation by its id, ``service:Operation``: documented, or of the SDK's models.

    Raises :class:`UnknownNameError` with the nearest name, :class:`UsageError` for no name.
    """
    return registry().find(name)


def certify(url: str | None = None, **options: Any) -> Report:
    """Judge a URL and return the report.

    Without one the URL in ``AWS_ENDPOINT_URL`` is judged, else the embedded reference server.

    ``options`` are the command's, by their names: ``operations="connect:*"``,
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
            said = (done.stderr or done.stdout).strip().splitlines()
            ours = [line.removeprefix(_PREFIX) for line in said if line.startswith(_PREFIX)]
            unsaid = f"The run ended with status {done.returncode} and without a report."
            raise ConformanceError(next(iter([*ours, *said[-1:]]), unsaid))
        return Report(json.loads(path.read_text("utf-8")))


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
