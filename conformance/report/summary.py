"""``summary.md``: a report in Markdown, for a CI job's page or a pull request's comment."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.generation.clauses import AREAS
from conformance.report import terminal
from conformance.report.expectations import unexpected_passes
from conformance.report.terminal import cell, summed

Data = Mapping[str, Any]

#: A job's page takes 1 MiB at most and nobody reads on for long.
_MOST_CAUSES = 20
_SIGNS = {"conformant": "✅", "non-conformant": "❌", "inconclusive": "❔"}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!])")


def _plain(text: str, most: int = 300) -> str:
    """Text that came from outside, as Markdown that says just that."""
    line = " ".join(text.split())
    cut = line[:most] + (" …" if len(line) > most else "")
    text = _SPECIAL.sub(r"\\\1", cut.replace("&", "&amp;")).replace("\\<", "&lt;")
    return text.replace("@", "@\u200b")


def _code(text: str) -> str:
    line = " ".join(text.split())
    ticks = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    return f"{ticks} {line} {ticks}" if "`" in line else f"`{line}`"


def _head(report: Data) -> Iterator[str]:
    name = " ".join(
        str(report["subject"][k]) for k in ("name", "version") if k in report["subject"]
    )
    yield f"## {_SIGNS[report['verdict']]} AWS conformance: {report['verdict']}"
    yield ""
    where = report["target"].get("endpoint") or report["target"]["kind"]
    yield f"{_plain(name) + ' at ' if name else ''}{_code(str(where))}: {terminal.totals(report)}."
    if not report["complete"]:
        why = "The run was interrupted" if report.get("interrupted") else "This was a partial run"
        yield ""
        yield f"**{why}:** {terminal.asked(report)} cases were tried, not the complete case set."
        for line in terminal.recorded(report):
            yield ""
            yield f"{line}."


def _matrix(report: Data) -> Iterator[str]:
    areas = [area for area in AREAS if any(area in row for row in report["operations"].values())]
    if not areas:
        return
    yield ""
    yield "| clauses | " + " | ".join(areas) + " |"
    yield "| :-- |" + " --: |" * len(areas)
    for operation, row in report["operations"].items():
        absent = any(one.get("unsupported") for one in row.values())
        cells = ["unsupported" if absent else cell(row.get(area, {})) for area in areas]
        yield f"| {operation} | " + " | ".join(cells) + " |"
    yield ""
    yield "n passed, F failed, E error, W warned, ? inconclusive, · nothing tried"


def _cause(group: Sequence[Data], exchanges: Data) -> Iterator[str]:
    best = terminal.shortest(group, exchanges)
    clauses = list(dict.fromkeys(finding["clause"] for finding in group))
    more = f" and {len(clauses) - 1} more" if len(clauses) > 1 else ""
    yield ""
    yield f"**{best['verdict']}** {_code(best['clause'])}{more}"
    yield f"- expected {_plain(best['expected'])}"
    yield f"- observed {_plain(best['observed'])}"
    page, _, section = best["source"].partition(" § ")
    link = f"[{_plain(section or page)}](<{page}>)" if page.startswith("http") else _plain(page)
    yield f"- promised in {link}"
    curl = (best.get("reproduce") or {}).get("curl")
    if curl and len(curl) < 600 and "\n" not in curl:
        yield f"- again {_code(curl)}"


def _expected(report: Data) -> Iterator[str]:
    entries = report.get("expectations", ())
    if not entries:
        return
    met = sum(entry["state"] == "met" for entry in entries)
    yield ""
    yield f"{met} of {len(entries)} expected findings came as expected."
    for entry in unexpected_passes(report):
        yield f"- **unexpected pass** {_code(entry['clause'])}: {_plain(entry['reason'])}"


def markdown(report: Data) -> str:
    """The text of ``summary.md``."""
    everything = terminal.causes(report)
    groups = [g for g in everything if any("expectation" not in f for f in g)]
    lines = [*_head(report), *_matrix(report), *_expected(report)]
    if groups:
        lines += ["", f"### {len(groups)} cause{'s' * (len(groups) > 1)} of failures and warnings"]
    for group in groups[:_MOST_CAUSES]:
        lines += _cause(group, report.get("exchanges", {}))
    if len(groups) > _MOST_CAUSES:
        lines += ["", f"… and {len(groups) - _MOST_CAUSES} more, all in report.html."]
    counts = summed(report)
    versions = report["sdk"]
    made = (
        f"<sub>{sum(counts.values())} clauses, {len(report['cases'])} cases, "
        f"{report['requests']} requests in {report['duration_s']:.1f} s, seed {report['seed']}; "
        f"aws-conformance {report['suite']['version']}, boto3 {versions['boto3']}; "
        f"{report['started']}</sub>"
    )
    return "\n".join([*lines, "", made, ""])
