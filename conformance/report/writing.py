"""Writing a report: beside, then renamed, so that no reader ever meets half of one."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.errors import UsageError


def write(folder: Path, report: Mapping[str, Any]) -> Path:
    """Write ``report.json`` into a folder. Raises :class:`UsageError` where it cannot be."""
    path = folder / "report.json"
    beside = folder / f".report.json.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise UsageError(
            f"The report cannot be written to {folder}: {error.strerror or error}."
        ) from error
    return path
