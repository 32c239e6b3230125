"""What is kept of a run: a compact report of one subject, version and service.

Counts, the worst verdict of each clause, and for each violated clause the clearest finding with its
exchange. Where the server was and where it was installed is left out: two machines keep the same.
"""

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.errors import UsageError
from conformance.matrix.subjects import Subject
from conformance.report import facts
from conformance.report.digests import canonical, digest
from conformance.report.facts import Data
from conformance.spec import files
from conformance.spec.reading import RECORDED, parsed_json, within

FORMAT = "aws-conformance-matrix/1"
#: The verdicts whose findings are kept.
BROKEN = ("fail", "error", "warn")
#: How many characters are kept of a text, of a body, and of a command that reproduces.
_TEXT, _BODY, _COMMAND = 300, 700, 1200
#: Where a server is in what is kept, wherever it was.
_ELSEWHERE = "http://127.0.0.1:5000"
#: What a request is sent with; other headers are the same for every request.
_HEADERS = frozenset({"content-type", "x-amz-target", "x-amzn-errortype", "x-amzn-query-error"})


def asked(subject: Subject, version: str, service: str) -> dict[str, Any]:
    """What a run asks of whom, and how that was started: the same means the same run.

    It is kept as the file of subjects says it, but for the user's home folder.
    """
    said = {
        **({"python": subject.python} if subject.python else {}),
        "operations": f"{service}:*",
        "installed": list(subject.requirements(version)),
        "start": list(subject.start),
        "url": subject.url,
        "environment": dict(subject.environment),
    }
    return dict(parsed_json(_without(json.dumps(said), (str(Path.home()),))))


def compacted(
    report: Data,
    *,
    subject: str,
    version: str,
    service: str,
    asked: Data,
    crashes: Sequence[int],
    hidden: Sequence[str],
) -> dict[str, Any]:
    """The compact report of a run's report; ``hidden`` are folders of this machine."""
    worst = facts.worst_by_clause(report["findings"])
    clauses: dict[str, dict[str, list[str]]] = {}
    for clause, verdict in sorted(worst.items()):
        operation, _, path = clause.partition("/")
        clauses.setdefault(operation, {}).setdefault(str(verdict), []).append(path)
    data = {
        "format": FORMAT,
        "subject": {"name": subject, "version": version},
        "service": service,
        "suite": report["suite"],
        "sdk": {name: report["sdk"][name] for name in ("boto3", "botocore")},
        "started": report["started"],
        "duration_s": report["duration_s"],
        "requests": report["requests"],
        "cases": len(report["cases"]),
        "complete": report["complete"],
        "verdict": report["verdict"],
        "crashes": list(crashes),
        "operations": report["operations"],
        "unsupported": _unsupported(report),
        "clauses": clauses,
        "findings": dict(_clearest(report, worst)),
    }
    data = parsed_json(_elsewhere(json.dumps(data), report, hidden))
    data["asked"] = asked
    return {**data, "digest": digest(data)}


def _unsupported(report: Data) -> list[str]:
    return sorted({f["operation"] for f in report["findings"] if f["verdict"] == "unsupported"})


def _clearest(report: Data, worst: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each violated clause with the finding that shows it best."""
    groups: dict[str, list[Data]] = {}
    for finding in report["findings"]:
        clause = finding["clause"]
        if finding["verdict"] in BROKEN and finding["verdict"] == worst[clause]:
            groups.setdefault(clause, []).append(finding)
    exchanges = report.get("exchanges", {})
    for clause in sorted(groups):
        finding = facts.clearest(groups[clause], exchanges)
        kept = {
            "case": finding["case"],
            "area": finding["area"],
            "level": finding["level"],
            "expected": _cut(finding["expected"], _TEXT),
            "observed": _cut(finding["observed"], _TEXT),
            "source": finding["source"],
        }
        curl = finding.get("reproduce", {}).get("curl") or ""
        if curl and len(curl) <= _COMMAND:
            kept["curl"] = curl
        exchange = exchanges.get(finding.get("exchange", ""))
        if exchange:
            kept["exchange"] = _short(exchange)
        yield clause, kept


def _short(exchange: Data) -> dict[str, Any]:
    """An exchange without what each request has, its bodies cut."""
    request, response = exchange["request"], exchange.get("response")
    found: dict[str, Any] = {
        "request": {
            "method": request["method"],
            "url": _cut(request["url"], _BODY),
            "headers": _headers(request),
            "body": _cut(request.get("body") or "", _BODY),
        }
    }
    if response:
        found["response"] = {
            "status": response["status"],
            "headers": _headers(response),
            "body": _cut(response.get("body") or "", _BODY),
        }
    elif exchange.get("failure"):
        found["failure"] = _cut(exchange["failure"], _TEXT)
    return found


def _headers(message: Data) -> list[list[str]]:
    return [
        [name, _cut(value, _TEXT)]
        for name, value in message.get("headers") or ()
        if name.lower() in _HEADERS
    ]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def _elsewhere(text: str, report: Data, hidden: Sequence[str]) -> str:
    """The text without addresses and folders of this machine."""
    endpoint = str(report["target"].get("endpoint") or "").rstrip("/")
    if endpoint:
        text = text.replace(endpoint, _ELSEWHERE)
        text = text.replace(endpoint.partition("//")[2], _ELSEWHERE.partition("//")[2])
        port = endpoint.rpartition(":")[2]
        text = text.replace(f"localhost:{port}", "localhost:5000")
    return _without(text, hidden)


def _without(text: str, folders: Sequence[str]) -> str:
    """JSON without the names of folders; the root's, which may be a home, is in all others."""
    for folder in sorted((one for one in folders if one.strip("/")), key=len, reverse=True):
        name = re.escape(json.dumps(folder)[1:-1])
        text = re.sub(rf"(?<![\w.]){name}(?![\w.-])", "…", text)
    return text


# ---------------------------------------------------------------- files


def place(folder: Path, subject: str, version: str, service: str) -> Path:
    """Where a compact report is kept."""
    return folder / subject / version / f"{service}.json.gz"


def write(path: Path, data: Data) -> None:
    """Keep a compact report; the same data are the same bytes."""
    files.write({path: gzip.compress(canonical(data), 9, mtime=0)})


def read(path: Path) -> dict[str, Any]:
    """A compact report. Raises :class:`UsageError` for a file that is none or was changed."""
    try:
        with gzip.open(path) as file:
            raw = within(file.read(RECORDED.size + 1), RECORDED)
        data = parsed_json(raw.decode("utf-8"))
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise UsageError(f"{path} is no compact report: {error}; remove it.") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise UsageError(f"{path} is no compact report of the format {FORMAT}.")
    if digest({name: one for name, one in data.items() if name != "digest"}) != data.get("digest"):
        raise UsageError(f"{path} was changed: its digest is not that of its content; remove it.")
    return data


def every(folder: Path) -> list[dict[str, Any]]:
    """All compact reports below a folder, by subject, version and service.

    Raises :class:`UsageError` for one that lies where another one belongs.
    """
    return [_in_place(path, folder) for path in sorted(folder.glob("*/*/*.json.gz"))]


def of_run(folder: Path, subject: str, version: str, service: str) -> dict[str, Any] | None:
    """The compact report of a run; none where there is none, or none that is whole and its own."""
    path = place(folder, subject, version, service)
    try:
        return _in_place(path, folder) if path.exists() else None
    except UsageError:
        return None


def _in_place(path: Path, folder: Path) -> dict[str, Any]:
    data = read(path)
    of = (data["subject"]["name"], data["subject"]["version"], data["service"])
    if place(folder, *of) != path:
        raise UsageError(f"{path} is the report of {' '.join(of)}; remove it.")
    return data
