"""Reading reports again: whatever is no report is refused in one sentence."""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from conformance.checks.findings import Verdict, worst
from conformance.errors import UsageError
from conformance.report.build import FORMAT
from conformance.spec.files import folder

Data = Mapping[str, Any]


@lru_cache(maxsize=1)
def validator() -> Draft202012Validator:
    """The validator of ``schemas/report.schema.json``."""
    text = (folder("schemas") / "report.schema.json").read_text("utf-8")
    return Draft202012Validator(json.loads(text))


class _TwiceError(ValueError):
    """A name stands twice in one object."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _TwiceError(next(name for name in names if names.count(name) > 1))
    return found


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def load(path: Path) -> dict[str, Any]:
    """A report's content, of the right format, otherwise unchecked.

    Raises :class:`UsageError` for what cannot be read, is no JSON (a truncated
    file, say), no report, or of another format.
    """
    path = path / "report.json" if path.is_dir() else path
    try:
        content = json.loads(
            path.read_bytes(), object_pairs_hook=_once, parse_constant=_no_constant
        )
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error
    except _TwiceError as error:
        raise UsageError(f"{path} is no report: {str(error)!r} stands twice in it.") from error
    except RecursionError as error:
        raise UsageError(f"{path} is no report: it is nested too deeply.") from error
    except ValueError as error:
        raise UsageError(f"{path} is no JSON, or not all of it is there: {error}.") from error
    if not isinstance(content, dict) or not isinstance(content.get("format"), str):
        raise UsageError(f"{path} is no report of aws-conformance: it names no format.")
    if content["format"] != FORMAT:
        raise UsageError(
            f"{path} has the format {content['format']!r}; this version reads {FORMAT} alone."
        )
    return content


def load_whole(path: Path) -> dict[str, Any]:
    """A report that follows the schema. Raises :class:`UsageError` as :func:`load` does."""
    content = load(path)
    problem = next(iter(validator().iter_errors(content)), None)
    if problem is not None:
        raise UsageError(
            f"{path} is broken at {problem.json_path}: {problem.message[:200]}; "
            "'aws-conformance verify' tells more."
        )
    return content


def by_clause(findings: Iterable[Data]) -> dict[str, Verdict]:
    """Clause → its worst verdict."""
    found: dict[str, list[Verdict]] = {}
    for finding in findings:
        found.setdefault(finding["clause"], []).append(Verdict(finding["verdict"]))
    return {clause: worst(verdicts) for clause, verdicts in found.items()}


def subject(report: Data) -> str:
    """What a report is about, in a few words: name and version, else the address."""
    named = report["subject"]
    name = " ".join(str(named[key]) for key in ("name", "version") if named.get(key))
    return name or str(report["target"].get("endpoint") or report["target"]["kind"])
