"""Reads reports; refuses whatever is not one, in a sentence."""

import sys
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from conformance.errors import UsageError
from conformance.report.build import FORMAT
from conformance.spec import reading
from conformance.spec.files import folder


@lru_cache(maxsize=1)
def validator() -> Draft202012Validator:
    """The validator of ``schemas/report.schema.json``."""
    return Draft202012Validator(reading.read_json(folder("schemas") / "report.schema.json"))


class _DuplicateError(ValueError):
    """An object has a name twice."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        raise _DuplicateError(counts.most_common(1)[0][0])
    for name, value in pairs:
        if type(value) is str:  # findings repeat their texts: each is held once
            found[name] = sys.intern(value)
    return found


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


def load(path: Path) -> dict[str, Any]:
    """A report's data, of the right format, otherwise unchecked.

    Raises :class:`UsageError` for what cannot be read, is not JSON (a truncated file, say), not
    a report, or of another format.
    """
    path = path / "report.json" if path.is_dir() else path
    try:
        data = reading.read_json(
            path, reading.REPORTS, object_pairs_hook=_once, parse_constant=_no_constant
        )
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    except _DuplicateError as error:
        raise UsageError(f"{path} is not a report: it has {str(error)!r} twice.") from error
    except ValueError as error:
        raise UsageError(f"{path} is not JSON, or is cut off: {error}.") from error
    if not isinstance(data, dict) or not isinstance(data.get("format"), str):
        raise UsageError(f"{path} is not a report of aws-conformance: it names no format.")
    if data["format"] != FORMAT:
        raise UsageError(
            f"{path} has the format {data['format']!r}; this version reads only {FORMAT}."
        )
    return data


def load_whole(path: Path) -> dict[str, Any]:
    """A report that follows the schema. Raises :class:`UsageError` as :func:`load` does."""
    data = load(path)
    problem = next(iter(validator().iter_errors(data)), None)
    if problem is not None:
        raise UsageError(
            f"{path} is invalid at {problem.json_path}: {problem.message[:200]}; "
            "'aws-conformance verify' shows every problem."
        )
    return data
