"""``summary.md``: a report in Markdown, for a CI job's page or a pull request's comment."""

import re
from collections.abc import Iterator
from urllib.parse import quote

from conformance.report import blocks, facts, terminal
from conformance.report.blocks import Block, Meaning
from conformance.report.expectations import unexpected_passes
from conformance.report.facts import Data
from conformance.report.printing import printable

#: How many clauses of a block are named.
_MOST_CLAUSES = 4
_EMOJI = {"conformant": "✅", "non-conformant": "❌", "inconclusive": "❔"}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!])")


def _plain(text: str, most: int = 300) -> str:
    """Text that came from outside, escaped so that Markdown shows it as it is."""
    line = printable(" ".join(text.split()))
    cut = line[:most] + (" …" if len(line) > most else "")
    text = _SPECIAL.sub(r"\\\1", cut.replace("&", "&amp;")).replace("\\<", "&lt;")
    return text.replace("@", "@\u200b")


def _code(text: str) -> str:
    line = printable(" ".join(text.split()))
    ticks = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    return f"{ticks} {line} {ticks}" if "`" in line else f"`{line}`"


def _head(report: Data) -> Iterator[str]:
    name = facts.subject_name(report)
    yield f"## {_EMOJI[report['verdict']]} AWS conformance: {facts.verdict(report)}"
    yield ""
    where = _code(facts.target(report))
    yield f"{_plain(name) + ' at ' if name else ''}{where}: {terminal.totals(report)}."
    if printed := facts.from_documentation(report):
        yield ""
        yield f"{_plain(printed)}."
    if both := facts.of_replay(report):
        yield ""
        yield f"{_plain(both)}."
    if clients := facts.of_clients(report):
        yield ""
        yield f"{_plain(clients)}."
    if not report["complete"]:
        why = "The run was interrupted" if report.get("interrupted") else "This was a partial run"
        yield ""
        yield f"**{why}:** {facts.cases_sent(report)} cases were tried, not the complete case set."
        if recordings := facts.from_recordings(report):
            yield ""
            yield f"{recordings}."


def _matrix(report: Data) -> Iterator[str]:
    areas = facts.areas(report)
    if not areas:
        return
    yield ""
    yield "| clauses | " + " | ".join(areas) + " |"
    yield "| :-- |" + " --: |" * len(areas)
    for name, row in facts.matrix(report):
        cells = ["unsupported" if row is None else facts.cell(row.get(area, {})) for area in areas]
        yield f"| {_plain(name)} | " + " | ".join(cells) + " |"
    yield ""
    yield facts.LEGEND


def _block(one: Block, report: Data) -> Iterator[str]:
    best = one.clearest(report.get("exchanges", {}))
    yield ""
    yield f"**{one.verdict}** {_plain(one.title)} ({one.size})"
    if one.meaning is Meaning.UNSUPPORTED:
        yield f"- {', '.join(map(_code, one.operations[:_MOST_CLAUSES]))}"
        return
    yield f"- {', '.join(_code(clause) for clause in list(one.clauses)[:_MOST_CLAUSES])}" + (
        f" and {len(one.clauses) - _MOST_CLAUSES} more" if len(one.clauses) > _MOST_CLAUSES else ""
    )
    yield f"- expected {_plain(best['expected'])}"
    yield f"- observed {_plain(best['observed'])}"
    page, _, section = best["source"].partition(" § ")
    # brackets and blanks end an address in Markdown
    address = quote(page, safe=":/?#!$&'*+,;=%")
    link = f"[{_plain(section or page)}](<{address}>)" if page.startswith("http") else _plain(page)
    yield f"- promised in {link}"
    yield from (f"- step {_code(step)}" for step in facts.steps(best))
    if command := facts.reproduction(report, best):
        yield f"- reproduce {_code(command)}"


def _expected(report: Data) -> Iterator[str]:
    entries = report.get("expectations", ())
    if not entries:
        return
    met = sum(entry["state"] == "met" for entry in entries)
    yield ""
    yield f"{met} of {len(entries)} expected findings are met."
    for entry in unexpected_passes(report):
        yield f"- **unexpected pass** {_code(entry['clause'])}: {_plain(entry['reason'])}"


def markdown(report: Data) -> str:
    """The text of ``summary.md``."""
    found = blocks.unexpected(report)
    lines = [*_head(report), *_matrix(report), *_expected(report)]
    if found:
        lines += ["", "### Failures and warnings"]
    for one in found:
        lines += _block(one, report)
    counts = facts.clause_counts(report)
    versions = report["sdk"]
    made = (
        f"<sub>{sum(counts.values())} clauses, {len(report['cases'])} cases, "
        f"{report['requests']} requests in {report['duration_s']:.1f} s, seed {report['seed']}; "
        f"aws-conformance {report['suite']['version']}, boto3 {versions['boto3']}; "
        f"{report['started']}</sub>"
    )
    return "\n".join([*lines, "", made, ""])
