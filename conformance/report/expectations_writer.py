"""Writes and updates a file of expected findings, and keeps its reasons and comments.

tomlkit and ruamel.yaml preserve what a person wrote; this module only appends entries and removes
those that pass.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomlkit
from ruamel.yaml import YAML

from conformance.errors import UsageError
from conformance.report.expectations import (
    FORMAT,
    YAML_SUFFIXES,
    Expectation,
    apply_expectations,
    covering,
    document,
    parse,
)
from conformance.report.verify import installed, repeated
from conformance.report.writer import require_place, write_text
from conformance.spec import reading

Data = Mapping[str, Any]

_HEAD = (
    "Known violations of this target: each entry has a clause (or a pattern with *), the",
    "verdict and the reason. It fails the run once everything that it matches passes.",
)


@dataclass(slots=True, kw_only=True)
class Update:
    """What an update adds and removes; ``kept`` counts the entries that stay."""

    added: list[Expectation] = field(default_factory=list)
    removed: list[Expectation] = field(default_factory=list)
    kept: int = 0


def missing(report: Data, expected: Sequence[Expectation], reason: str) -> list[Expectation]:
    """An expectation for every finding that fails the run and is not expected yet."""
    grave = {"fail", "unsupported"}
    grave |= {"warn"} if report.get("options", {}).get("fail_on_warn") else set()
    found: dict[tuple[str, str], Expectation] = {}
    for finding in report["findings"]:
        key = (finding["clause"], finding["verdict"])
        if finding["verdict"] in grave and key not in found and covering(expected, finding) is None:
            found[key] = Expectation(
                clause=key[0],
                verdict=key[1],
                reason=reason or _default_reason(report, finding),
                reproduce=_command(report, finding),
            )
    return list(found.values())


def _command(report: Data, finding: Data) -> str:
    """The curl command of a finding, where that is what is made of its stored exchange."""
    command = (finding.get("reproduce") or {}).get("curl") or ""
    return command if repeated(report, finding) else ""


def _default_reason(report: Data, finding: Data) -> str:
    """What was observed, what was expected, and when."""
    both = (finding["observed"], finding["expected"])
    observed, expected = (" ".join(text.split())[:160] for text in both)
    return f"as of {report['started'][:10]}: {observed} (expected: {expected})"


def _passed(report: Data, expected: Sequence[Expectation]) -> list[int]:
    """The positions of the expectations that a complete report shows to pass."""
    if not report["complete"]:
        return []
    findings = [dict(finding) for finding in report["findings"]]
    operations = installed(report) or ()
    states = apply_expectations(expected, findings, frozenset(), operations, complete=True)
    return [n for n, one in enumerate(states) if one["state"] == "unexpected pass"]


def update(path: Path, report: Data, *, reason: str = "") -> Update:
    """Write or update a file of expected findings so that the run would pass with it.

    Raises :class:`UsageError` for a file that holds something else or cannot be written.
    """
    if path.suffix not in YAML_SUFFIXES | {".toml"}:
        raise UsageError(f"{path} has no known ending; name a .toml, .yaml or .yml file.")
    require_place(path)
    expected = parse(document(path), path) if path.exists() else ()
    passed = _passed(report, expected)
    change = Update(
        added=missing(report, expected, reason),
        removed=[expected[n] for n in passed],
        kept=len(expected) - len(passed),
    )
    write = _yaml if path.suffix in YAML_SUFFIXES else _toml
    write_text(path, write(path, passed, change.added))
    return change


def _entry(one: Expectation) -> dict[str, str]:
    entry = {"clause": one.clause, "verdict": one.verdict, "reason": one.reason}
    return {**entry, "reproduce": one.reproduce} if one.reproduce else entry


def _toml(path: Path, passed: Sequence[int], added: Sequence[Expectation]) -> str:
    if path.exists():
        content = tomlkit.parse(reading.read_text(path, reading.WRITTEN))
    else:
        content = tomlkit.document()
        for line in _HEAD:
            content.add(tomlkit.comment(line))
        content["format"] = FORMAT
        content.add(tomlkit.nl())
    if "expected" not in content or not len(content["expected"]):
        content["expected"] = tomlkit.aot()
    entries: Any = content["expected"]
    for position in reversed(passed):
        del entries[position]
    for one in added:
        # an array of inline tables stays one; [[expected]] is what we write ourselves
        inline = isinstance(entries, tomlkit.items.Array)
        table: Any = tomlkit.inline_table() if inline else tomlkit.table()
        table.update(_entry(one))
        if not inline:
            table.add(tomlkit.nl())
        entries.append(table)
    return tomlkit.dumps(content)


def _yaml(path: Path, passed: Sequence[int], added: Sequence[Expectation]) -> str:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    if path.exists():
        content = yaml.load(reading.read_text(path, reading.WRITTEN))
    else:
        content = yaml.load("\n".join([*(f"# {line}" for line in _HEAD), f"format: {FORMAT}"]))
    entries = content.setdefault("expected", [])
    for position in reversed(passed):
        del entries[position]
    entries.extend(_entry(one) for one in added)
    text = io.StringIO()
    yaml.dump(content, text)
    return text.getvalue()
