"""The site: static pages that load nothing from elsewhere, badges, and the data as JSON.

It shows counts with their denominators, never one score. All of it follows from the file of
subjects, the annotations and the compact reports.
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files as packaged
from pathlib import Path
from typing import Any

from jinja2 import Template

from conformance.errors import UsageError
from conformance.generation.clauses import AREAS
from conformance.matrix import compact, feed, results
from conformance.matrix.results import Report, Results
from conformance.matrix.subjects import Annotation, Checked, Subject, Subjects
from conformance.protocols.table import PROTOCOLS
from conformance.report import badge, html
from conformance.report.printing import counted
from conformance.spec import files
from conformance.spec.registry import operation_names
from conformance.spec.sdk_models.index import index
from conformance.spec.sdk_models.routes import EXPRESS, Route, routes

_TEMPLATES = packaged("conformance.matrix") / "templates"
#: What a comparison by hand came to, as a page says it.
_RESULTS: Mapping[str, str] = {
    "departs": "a departure",
    "undecided": "no source decides",
    "mended": "a mistake of the suite, mended since",
}
#: The counts that a page names, with the verdict whose colour and sign they have.
_COUNTS = (("fail", "failed"), ("warn", "warned"), ("inconclusive", "inconclusive"))


def build(
    subjects: Subjects,
    annotations: Sequence[Annotation],
    reports: Path,
    site: Path,
    checked: Sequence[Checked] = (),
) -> list[str]:
    """Write the site of the reports in a folder; the lines say what was written.

    Raises :class:`UsageError` where there is nothing to show.
    """
    found = Results(subjects, compact.every(reports), annotations, checked)
    if not len(found):
        raise UsageError(f"There is no report of these subjects in {reports}; run without --build.")
    contents = pages(found)
    files.write({site / name: text.encode() for name, text in contents.items()})
    lines = [
        f"{one['subject']['name']} {one['subject']['version']} {one['service']} is left out: {why}"
        for one, why in found.left_out
    ]
    lines += [
        f"The annotation of {one.subject} on {one.clause} is about nothing that is shown"
        for one in found.pointless()
    ]
    clauses = sum(results.counts(one)["clauses"] for one in found.reports)
    sizes = [
        counted(len(found.measured()), "subject"),
        counted(len(found.services), "service"),
        counted(len(found), "report"),
        f"{clauses} verdicts on clauses",
    ]
    return [*lines, f"{', '.join(sizes)}: {site / 'index.html'}"]


def pages(found: Results) -> dict[str, str]:
    """The files of the site: name → text."""
    contents = {"index.html": _index(found), "data/index.json": _json(_summary(found))}
    for service in found.services:
        contents[f"service/{service}.html"] = _service(found, service)
        pairs = [one for one in found.reports if one["service"] == service]
        contents[f"data/{service}.json"] = _json(pairs)
    for subject in found.measured():
        contents[f"subject/{subject.name}.html"] = _subject(found, subject)
        contents |= _badges(found, subject)
    return {**contents, **dict(feed.feeds(found))}


def _json(data: Any) -> str:
    return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _badges(found: Results, subject: Subject) -> dict[str, str]:
    """The badges of a subject's newest version: of all its services, and of each."""
    reports = [one for s in found.services if (one := found.latest(subject, s))]
    whole = {
        "operations": {op: row for one in reports for op, row in one["operations"].items()},
        "complete": all(one["complete"] for one in reports),
        "verdict": _worst({one["verdict"] for one in reports}),
    }
    named = {subject.name: whole, **{f"{subject.name}/{one['service']}": one for one in reports}}
    contents = {}
    for name, report in named.items():
        contents[f"badges/{name}.svg"] = badge.svg(report)
        contents[f"badges/{name}.json"] = badge.endpoint(report)
    return contents


def _worst(verdicts: set[str]) -> str:
    order = ("non-conformant", "inconclusive", "conformant")
    return next(one for one in order if one in verdicts)


def _summary(found: Results) -> dict[str, Any]:
    """The data of the first page, for programs."""
    return {
        "format": "aws-conformance-matrix-index/1",
        "digest": found.digest,
        "results": [
            {
                "subject": one["subject"],
                "service": one["service"],
                "suite": one["suite"],
                "sdk": one["sdk"],
                "started": one["started"],
                "duration_s": one["duration_s"],
                "requests": one["requests"],
                "crashes": len(one["crashes"]),
                "digest": one["digest"],
                **results.counts(one),
            }
            for one in found.reports
        ],
        "absent": [{"name": one.name, "why": one.why} for one in found.subjects.absent],
    }


# ---------------------------------------------------------------- pages


@lru_cache(maxsize=8)
def _template(name: str) -> Template:
    text = (_TEMPLATES / "macros.j2").read_text("utf-8") + (_TEMPLATES / name).read_text("utf-8")
    return html.environment().from_string(text)


def _page(found: Results, name: str, up: str, *scripts: str, **content: Any) -> str:
    """A page; ``up`` is the way from it to the first page's folder."""
    style = html.resource("page.css") + (_TEMPLATES / "site.css").read_text("utf-8")
    text = "".join((_TEMPLATES / one).read_text("utf-8") for one in scripts)
    data = html.packed(content.pop("data", None)) if scripts else ""
    return _template(name).render(
        style=style,
        script=text,
        policy=html.policy(text) if scripts else html.policy(),
        data=data,
        up=up,
        about=_about(found),
        **content,
    )


def _about(found: Results) -> Mapping[str, Any]:
    """What stands at the foot of every page."""
    reports = found.reports
    days = sorted({str(one["started"])[:10] for one in reports})
    return {
        "suites": ", ".join(sorted({str(one["suite"]["version"]) for one in reports})),
        "sdks": ", ".join(sorted({str(one["sdk"]["boto3"]) for one in reports})),
        "days": days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}",
        "digest": found.digest,
        "runs": len(reports),
    }


def _cell(report: Report | None) -> dict[str, Any] | None:
    if report is None:
        return None
    numbers = results.counts(report)
    missing = numbers["absent"]
    return {
        **numbers,
        "version": report["subject"]["version"],
        "worse": [
            *((v, word, numbers[v]) for v, word in _COUNTS if numbers[v]),
            *([("unsupported", "of missing operations", missing)] if missing else []),
        ],
        "crashes": len(report["crashes"]),
    }


def _index(found: Results) -> str:
    subjects = found.measured()
    return _page(
        found,
        "index.html.j2",
        "",
        "calls.js",
        "choose.js",
        subjects=subjects,
        rows=[
            {"service": s, "cells": [_cell(found.latest(one, s)) for one in subjects]}
            for s in found.services
        ],
        absent=found.subjects.absent,
        annotations=found.annotations,
        checked=[(one, _RESULTS[one.result]) for one in found.checked],
        left_out=found.left_out,
        data={
            "subjects": [one.name for one in subjects],
            "operations": _operations(found, subjects),
            "names": [name for one in found.services for name in operation_names(one)],
            "wire": {one: _wire(one) for one in found.services if one in index()},
        },
    )


def _wire(service: str) -> dict[str, Any]:
    """How requests name a service: before the dot in ``X-Amz-Target``, in hosts and signatures.

    Where it binds operations to paths, the routes of these, for ``calls.js``.
    """
    known = index()[service]
    protocols = [PROTOCOLS[one] for one in known.protocols if one in PROTOCOLS]
    by_path = any(one.addressing.by_path for one in protocols)
    return {
        "target": known.target,
        "endpoint": known.endpoint,
        "signing": known.signing,
        "routes": [_route(service, one) for one in routes(service)] if by_path else [],
    }


def _route(service: str, one: Route) -> dict[str, Any]:
    return {
        "operation": one.operation,
        "method": one.method,
        "path": one.path.pattern,
        "literals": one.literals,
        "greedy": one.greedy,
        "query": dict(one.query),
        "queryNeeds": sorted(one.query_needs),
        "headerNeeds": sorted(one.header_needs),
        "knows": sorted(one.knows),
        "deprecated": one.deprecated,
        "express": EXPRESS.get(f"{service}:{one.operation}"),
    }


def _operations(found: Results, subjects: Sequence[Subject]) -> dict[str, dict[str, list[int]]]:
    """Operation → subject → is it there, clauses passed, failed, warned, inconclusive."""
    table: dict[str, dict[str, list[int]]] = {}
    for subject in subjects:
        for service in found.services:
            report = found.latest(subject, service)
            for operation, row in (report or {"operations": {}})["operations"].items():
                sums = [
                    sum(one.get(verdict, 0) for one in row.values())
                    for verdict in ("pass", "fail", "warn", "inconclusive")
                ]
                assert report is not None
                there = int(operation not in report["unsupported"])
                table.setdefault(operation, {})[subject.name] = [there, *sums]
    return table


def _service(found: Results, service: str) -> str:
    pairs = found.of_service(service)
    operations = sorted({one for _, report in pairs for one in report["operations"]})
    parting = list(results.parting(pairs))
    shared = list(results.shared(pairs))
    failing = list(results.failing(pairs))
    shown = [clause for clause, _ in (*parting, *shared)]
    return _page(
        found,
        "service.html.j2",
        "../",
        "service.js",
        service=service,
        case_set=pairs[0][1]["suite"]["case_set"],
        heads=[(subject, _cell(report), report) for subject, report in pairs],
        operations=[_operation(name, pairs) for name in operations],
        parting=_by_operation(parting),
        shared=_by_operation(shared),
        counted={
            "parting": len(parting),
            "shared": len(shared),
            "failing": len(failing),
            "checked": sum(bool(found.checks(clause)) for clause, _ in failing),
        },
        data={
            "findings": _evidence(found, pairs, shown),
            "checked": {one: _checks(found, one) for one in shown if found.checks(one)},
        },
    )


def _operation(name: str, pairs: Sequence[tuple[Subject, Report]]) -> dict[str, Any]:
    """An operation's rows: whether each subject has it, and its areas."""
    known = {area for _, report in pairs for area in results.areas(report, name)}
    order = [area for area in AREAS if area in known]
    return {
        "name": name,
        "there": [
            None if name not in report["operations"] else name not in report["unsupported"]
            for _, report in pairs
        ],
        "areas": [
            {"area": area, "cells": cells}
            for area in order
            if any(cells := [_area(report, name, area) for _, report in pairs])
        ],
        "short": name.partition(":")[2],
    }


def _area(report: Report, operation: str, area: str) -> dict[str, Any] | None:
    row = report["operations"].get(operation, {}).get(area)
    if row is None or operation in report["unsupported"]:
        return None
    judged = {v: n for v, n in row.items() if n and v != "observed"}
    return {
        "passed": judged.get("pass", 0),
        "all": sum(judged.values()),
        "worse": [(v, word, judged[v]) for v, word in _COUNTS if judged.get(v)],
    }


def _by_operation(
    clauses: Sequence[tuple[str, dict[str, str]]],
) -> list[tuple[str, list[tuple[str, str, dict[str, str]]]]]:
    groups: dict[str, list[tuple[str, str, dict[str, str]]]] = {}
    for clause, verdicts in clauses:
        operation, _, path = clause.partition("/")
        groups.setdefault(operation, []).append((clause, path, verdicts))
    return list(groups.items())


def _evidence(
    found: Results, pairs: Sequence[tuple[Subject, Report]], clauses: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Clause → subject → its finding, with what its author says."""
    table: dict[str, dict[str, Any]] = {}
    for clause in clauses:
        for subject, report in pairs:
            finding = report["findings"].get(clause)
            if finding:
                version = report["subject"]["version"]
                said = found.annotated(subject.name, version, clause)
                table.setdefault(clause, {})[subject.name] = {
                    **finding,
                    "href": html.address(finding["source"]),
                    "said": [f"{one.author or subject.name}: {one.text}" for one in said],
                }
    return table


def _link(source: str) -> str:
    return source if source.startswith("https://") else ""


def _checks(found: Results, clause: str) -> list[dict[str, str]]:
    """What is known of a clause by hand, for the page's script."""
    return [
        {"result": _RESULTS[one.result], "text": one.text, "href": _link(one.source)}
        for one in found.checks(clause)
    ]


def _subject(found: Results, subject: Subject) -> str:
    versions = [
        one
        for one in subject.versions
        if any(found.report(subject.name, one, service) for service in found.services)
    ]
    services = [one for one in found.services if found.latest(subject, one)]
    return _page(
        found,
        "subject.html.j2",
        "../",
        subject=subject,
        versions=versions,
        rows=[
            {
                "service": service,
                "cells": [_cell(found.report(subject.name, one, service)) for one in versions],
            }
            for service in services
        ],
        changes=list(found.changes(subject)),
        annotations=[one for one in found.annotations if one.subject == subject.name],
        runs=[
            report
            for version in versions
            for service in services
            if (report := found.report(subject.name, version, service))
        ],
    )
