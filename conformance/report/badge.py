"""The badges of a report: counts of clauses beside the verdict, never a percentage.

``badge.json`` follows the endpoint format that badge services read
(https://shields.io/badges/endpoint-badge); ``badge.svg`` is the same badge drawn.
"""

import html
import json
from collections.abc import Mapping

from conformance.report.facts import Data, clause_counts

LABEL = "AWS conformance"
#: Verdict → colour; everything else on a badge is in words.
COLOURS: Mapping[str, str] = {
    "conformant": "#1f7a4d",
    "non-conformant": "#b3261e",
    "inconclusive": "#6b7280",
}
_WORDS = (
    ("fail", "failed"),
    ("unsupported", "unsupported"),
    ("error", "errors"),
    ("warn", "warned"),
    ("inconclusive", "inconclusive"),
)
#: The mean width of a letter in Verdana at 11 px; ``textLength`` makes the browser keep to it.
_LETTER = 6.5


def message(report: Data) -> str:
    """``372 passed, 1 failed``: counts of distinct clauses, and whether the run was partial."""
    counts = clause_counts(report)
    parts = [f"{counts.get('pass', 0)} passed"]
    parts += [f"{counts[verdict]} {word}" for verdict, word in _WORDS if counts.get(verdict)]
    if not report["complete"]:
        parts.append("interrupted" if report.get("interrupted") else "partial run")
    return ", ".join(parts)


def endpoint(report: Data) -> str:
    """The text of ``badge.json``."""
    content = {
        "schemaVersion": 1,
        "label": LABEL,
        "message": message(report),
        "color": COLOURS[report["verdict"]].removeprefix("#"),
        "isError": report["verdict"] == "non-conformant",
    }
    return json.dumps(content, indent=2) + "\n"


def svg(report: Data) -> str:
    """The text of ``badge.svg``."""
    text = message(report)
    left, right = (round(len(part) * _LETTER) + 12 for part in (LABEL, text))
    whole = left + right
    title = html.escape(f"{LABEL}: {report['verdict']} ({text})")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" '
        f'aria-label="{title}">\n'
        f"<title>{title}</title>\n"
        f'<clipPath id="r"><rect width="{whole}" height="20" rx="3"/></clipPath>\n'
        f'<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#444b55"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{COLOURS[report["verdict"]]}"/></g>\n'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="6" y="14" textLength="{left - 12}">{LABEL}</text>'
        f'<text x="{left + 6}" y="14" textLength="{right - 12}">{html.escape(text)}</text></g>\n'
        "</svg>\n"
    )
