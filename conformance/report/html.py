"""``report.html``: one page that holds a whole report and loads nothing from elsewhere.

Python lays out what is read first: verdict, matrix, and a line for every
clause, grouped by cause. The page's own script draws what opens below a line
from the data at the page's end, so that thousands of findings open at once.
Of tens of thousands it draws the lines as well, some at a time, and unpacks
their findings when one is opened; the matrix has a line for each service then.
Everything that came from outside is text, never markup; a policy in the page
forbids every script but its own.
"""

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from conformance.checks.findings import Verdict, worst
from conformance.report import blocks, facts
from conformance.report.blocks import Block
from conformance.report.facts import Data
from conformance.report.printing import printable

_TEMPLATES = files("conformance.report") / "templates"
_GRAVE = ("error", "fail", "unsupported", "warn")
#: The verb for each verdict, of one clause and of several, for the head of the page.
VERBS: Mapping[str, tuple[str, str]] = {
    "fail": ("fails", "fail"),
    "unsupported": ("is unsupported", "are unsupported"),
    "error": ("met an error of the suite", "met an error of the suite"),
    "warn": ("warns", "warn"),
    "inconclusive": ("is inconclusive", "are inconclusive"),
    "pass": ("passes", "pass"),
}
#: The sections of AWS's pages → the ends of their addresses.
_AWS_SECTIONS: Mapping[str, str] = {
    "Request Syntax": "RequestSyntax",
    "URI Request Parameters": "RequestParameters",
    "Request Body": "RequestBody",
    "Response Syntax": "ResponseSyntax",
    "Response Elements": "ResponseElements",
    "Errors": "Errors",
}
_AWS_PAGE = re.compile(r"/(API_[A-Za-z0-9]+)\.html$")


def address(source: str) -> str:
    """The address of a documented section; empty where only a title is known."""
    page, _, section = source.partition(" § ")
    if not page.startswith(("https://", "http://")):
        return ""
    found = _AWS_PAGE.search(page)
    if found and section in _AWS_SECTIONS:
        return f"{page}#{found[1]}_{_AWS_SECTIONS[section]}"
    if found:
        return page
    return f"{page}#{re.sub(r'[^a-z0-9]+', '-', section.lower()).strip('-')}"


def resource(name: str) -> str:
    """The text of one of the page's own files."""
    return (_TEMPLATES / name).read_text("utf-8")


def _shown(value: Any) -> Any:
    """What a template shows: text from outside without effect on how the rest is read."""
    is_markup = hasattr(value, "__html__")
    return printable(value) if isinstance(value, str) and not is_markup else value


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates' environment: it escapes everything and refuses undefined names.

    Control and bidirectional characters are shown as escapes.
    """
    made = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    made.filters["words"] = lambda name: re.findall(r"[A-Z]?[^A-Z]+|[A-Z]+", name)
    made.filters["verb"] = lambda count, verdict: VERBS[verdict][count != 1]
    return made


def policy(*scripts: str) -> str:
    """A content security policy that allows these scripts and nothing from elsewhere."""
    digests = [hashlib.sha256(script.encode()).digest() for script in scripts]
    allowed = [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests] or ["'none'"]
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src {' '.join(allowed)}; "
        "base-uri 'none'; form-action 'none'"
    )


def packed(data: Any) -> str:
    """Data for the page's script: JSON, compressed, in base64, which cannot end an element."""
    content = json.dumps(data, separators=(",", ":")).encode()
    return base64.b64encode(zlib.compress(content, 9)).decode()


def _simplicity(finding: Data) -> tuple[bool, int]:
    """A sort key: a named case before an explored one, a short id before a long one."""
    return "/exploration/" in finding["case"], len(finding["case"])


#: So many lines are in the page itself; of a report with more only the first of each box.
_MOST_LINES = 6_000
#: So many lines have their findings in one part of the data.
_LINES_OF_PART = 400


class _Codes(dict[str, int]):
    """Texts by their numbers, in the order in which they first came."""

    def __missing__(self, text: str) -> int:
        self[text] = len(self)
        return self[text]


class _Rows:
    """The page's lines. A clause's first line is the one that its address leads to."""

    def __init__(self) -> None:
        self.data: list[list[Any]] = []
        self.groups: list[Sequence[Data]] = []
        self._named: set[str] = set()
        self._codes = {name: _Codes() for name in ("operations", "areas", "verdicts", "texts")}

    def row(self, group: Sequence[Data], verdict: str) -> dict[str, Any]:
        """One line for the findings on one clause that share a cause."""
        group = sorted(group, key=_simplicity)
        first = group[0]
        clause = first["clause"]
        row = {
            "number": len(self.data),
            "id": "" if clause in self._named else clause,
            "operation": first["operation"],
            "path": clause.partition("/")[2],
            "verdict": verdict,
            "observed": first["observed"][:200],
            "cases": sum(finding.get("cases", 1) for finding in group),
            "expected": facts.is_expected(group),
        }
        self._named.add(clause)
        code = self._codes
        self.data.append(
            [
                code["operations"][row["operation"]],
                row["path"],
                code["areas"][first["area"]],
                code["verdicts"][verdict],
                code["texts"][row["observed"]],
                row["cases"],
            ]
        )
        self.groups.append(group)
        return row

    def index(self) -> dict[str, Any]:
        """What the lines show: numbers of texts, and the texts."""
        return {"rows": self.data, **{name: list(code) for name, code in self._codes.items()}}

    def parts(self, report: Data) -> Iterator[dict[str, Any]]:
        """The findings of some lines each, with the exchanges that they show."""
        exchanges, step = report.get("exchanges", {}), len(self.groups)
        step = max(1, step if step <= _MOST_LINES else _LINES_OF_PART)
        for first in range(0, max(1, len(self.groups)), step):
            groups = self.groups[first : first + step]
            names = {one["exchange"] for group in groups for one in group if "exchange" in one}
            data = {
                "rows": [[_for_script(one, report) for one in group] for group in groups],
                "exchanges": {name: exchanges[name] for name in sorted(names) if name in exchanges},
            }
            yield {"first": first, "data": packed(data)}


def _by_clause(group: Sequence[Data]) -> Iterator[list[Data]]:
    """The findings of each clause that have one verdict."""
    found: dict[tuple[str, str], list[Data]] = {}
    for finding in group:
        found.setdefault((finding["clause"], finding["verdict"]), []).append(finding)
    yield from found.values()


def _grouped(
    groups: Iterable[tuple[str, str, Sequence[Data]]], rows: _Rows
) -> Iterator[dict[str, Any]]:
    """Boxes of the page: what heads each, and its lines, a clause with its verdict in each."""
    for title, detail, group in groups:
        lines = [rows.row(one, one[0]["verdict"]) for one in _by_clause(group)]
        yield {
            "verdict": lines[0]["verdict"],
            "title": title,
            "detail": detail,
            "rows": lines,
            "cases": len({finding["case"] for finding in group}),
            "operations": len({line["operation"] for line in lines}),
        }


def _habits(found: Sequence[Block]) -> Iterator[tuple[str, str, Sequence[Data]]]:
    """The box of each block, its gravest findings first."""
    order = list(Verdict).index
    for one in found:
        findings = sorted(one.findings, key=lambda finding: order(finding["verdict"]))
        yield one.title, "", findings


def _reasons(groups: Sequence[Sequence[Data]]) -> Iterator[tuple[str, str, Sequence[Data]]]:
    """The box of each reason for which clauses could not be exercised."""
    for group in groups:
        yield group[0]["observed"][:160], group[0]["operation"], group


def _unexercised(findings: Sequence[Data]) -> list[list[Data]]:
    groups: dict[tuple[str, str], list[Data]] = {}
    for finding in findings:
        if finding["verdict"] == "inconclusive":
            groups.setdefault((finding["operation"], finding["observed"]), []).append(finding)
    return sorted(groups.values(), key=len, reverse=True)


def _matrix(report: Data, *, by_service: bool) -> dict[str, Any]:
    """Operations, or services, and areas."""
    areas = facts.areas(report)
    tried = facts.tried(report)
    rows = facts.by_service(tried) if by_service else {name: [row] for name, row in tried.items()}
    return {
        "areas": areas,
        "rows": [
            {
                "operation": name,
                "operations": len(group) if by_service else 0,
                "unsupported": all(map(facts.is_unsupported, group)),
                "cells": [
                    _cell(name, area, facts.summed(row.get(area, {}) for row in group))
                    for area in areas
                ],
            }
            for name, group in rows.items()
        ],
    }


def _cells(report: Data) -> dict[str, Any]:
    """The cells of every operation, for the script: passed, all, the worst, what is worse."""
    made: dict[str, Any] = {}
    for name, row in facts.tried(report).items():
        cells = {area: _cell(name, area, counts) for area, counts in row.items()}
        made[name] = {
            area: [one["passed"], one["all"], one["worst"], one["worse"]]
            for area, one in cells.items()
            if one["all"]
        }
    return made


def _cell(operation: str, area: str, counts: Mapping[str, int]) -> dict[str, Any]:
    judged = {v: n for v, n in counts.items() if n and v != "observed"}
    worse = [(v, judged[v]) for v in (*_GRAVE, "inconclusive") if v in judged]
    return {
        "operation": operation,
        "area": area,
        "passed": judged.get("pass", 0),
        "all": sum(judged.values()),
        "worse": worse,
        "worst": worst(Verdict(v) for v in judged) if judged else "",
    }


def _facts(report: Data) -> Iterator[tuple[str, str]]:
    suite, sdk = report["suite"], report["sdk"]
    yield from report["subject"].items()
    yield "target", facts.target(report)
    yield "kind of target", str(report["target"]["kind"])
    yield "Region", str(report["target"].get("region", ""))
    yield "suite", f"aws-conformance {suite['version']}"
    yield "case set", _short(suite["case_set"])
    yield "schema set", _short(suite["schema_set"])
    yield "SDK", f"boto3 {sdk['boto3']}, botocore {sdk['botocore']}"
    yield "with", f"Python {sdk['python']}, hypothesis {sdk['hypothesis']}"
    yield "started", report["started"]
    yield "took", f"{report['duration_s']:.1f} s, {report['requests']} requests"
    yield "cases", str(len(report["cases"])) + ("" if report["complete"] else ", not all")
    if printed := facts.from_documentation(report):
        yield "from the documentation", printed
    if recorded := report.get("recorded"):
        yield "from recordings", f"{recorded['cases']} cases, the oldest of {recorded['oldest']}"
    yield "seed", str(report["seed"])


def _short(digest: str) -> str:
    """Enough of a digest to distinguish two; report.json holds the whole."""
    return digest[:19] + "…"


def _for_script(finding: Data, report: Data) -> dict[str, Any]:
    """A finding as the page's script needs it."""
    names = (
        *("case", "level", "expected", "observed", "exchange", "marks", "steps", "reproduce"),
        "cases",
    )
    kept = {name: finding[name] for name in names if finding.get(name)}
    if "expectation" in finding:
        kept["expectation"] = finding["expectation"]
    if kept.keys() & {"reproduce", "steps"} and (command := facts.again(report, finding)):
        kept["again"] = command
    return {**kept, "source": finding["source"], "href": address(finding["source"])}


def html(report: Data) -> str:
    """The text of ``report.html``."""
    rows = _Rows()
    fresh, known = blocks.unexpected(report), blocks.expected(report)
    counts = facts.clause_counts(report)
    grave = {clause for one in (*fresh, *known) for clause in one.clauses}
    unexercised = _unexercised(report["findings"])
    doubtful = {finding["clause"] for group in unexercised for finding in group}
    by_verdict: dict[str, list[Data]] = {}
    for finding in report["findings"]:
        by_verdict.setdefault(finding["verdict"], []).append(finding)
    laid_out = len(report["findings"]) <= _MOST_LINES

    def lines(verdict: str, hidden: set[str]) -> list[dict[str, Any]]:
        chosen = by_verdict.get(verdict, [])
        return [
            rows.row(group, verdict)
            for group in _by_clause(chosen)
            if group[0]["clause"] not in hidden
        ]

    content = {
        "report": report,
        "title": facts.subject(report),
        "facts": list(_facts(report)),
        "counts": {v: counts[v] for v in VERBS if counts.get(v)},
        "matrix": _matrix(report, by_service=not laid_out),
        "laid_out": laid_out,
        "verdict": facts.verdict(report),
        "kinds": facts.kinds_of_inconclusive(report),
        "causes": list(_grouped(_habits(fresh), rows)),
        "known": list(_grouped(_habits(known), rows)),
        "unexercised": list(_grouped(_reasons(unexercised), rows)) if laid_out else [],
        "doubtful": [] if laid_out else lines("inconclusive", set()),
        "passed": lines("pass", grave | doubtful),
        "observed": lines("observed", set()),
        "expectations": report.get("expectations", []),
        "verdicts": [str(v) for v in Verdict if v in by_verdict],
    }
    script = resource("report.js")
    return (
        environment()
        .from_string(resource("report.html.j2"))
        .render(
            content,
            style=resource("page.css"),
            script=script,
            policy=policy(script),
            data=packed(
                {
                    **rows.index(),
                    "expectations": report.get("expectations", []),
                    **({} if laid_out else {"matrix": _cells(report)}),
                    "columns": facts.areas(report),
                }
            ),
            parts=rows.parts(report),
        )
    )
