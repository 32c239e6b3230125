"""The badges of a report: counts of clauses beside the verdict, never a percentage.

``badge.json`` follows the endpoint format that badge services read
(https://shields.io/badges/endpoint-badge); ``badge.svg`` is the same badge drawn.
"""

import html
import json
from collections.abc import Mapping
from typing import Any

from conformance.report.terminal import summed

Data = Mapping[str, Any]

LABEL = "AWS conformance"
#: Verdict → colour: the one thing on a badge that is not said in words.
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
#: Verdana at 11 px, in pixels: narrow letters, wide letters, all others. A textLength
#: attribute makes the browser keep to the sum, so near is near enough.
_NARROW, _WIDE = frozenset("fijlrtI.,:;|()[]/ 1'!-"), frozenset("mwMW%@")


def message(report: Data) -> str:
    """``372 passed, 1 failed``: counts of distinct clauses; what was not whole says so."""
    counts = summed(report)
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


def _width(text: str) -> int:
    return round(sum(4.4 if c in _NARROW else 9.6 if c in _WIDE else 6.8 for c in text))


def svg(report: Data) -> str:
    """The text of ``badge.svg``."""
    said = message(report)
    left, right = _width(LABEL) + 12, _width(said) + 12
    whole = left + right
    title = html.escape(f"{LABEL}: {report['verdict']} ({said})")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" '
        f'aria-label="{title}">\n'
        f"<title>{title}</title>\n"
        f'<clipPath id="r"><rect width="{whole}" height="20" rx="3"/></clipPath>\n'
        f'<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#444b55"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{COLOURS[report["verdict"]]}"/></g>\n'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="6" y="14" textLength="{left - 12}">{LABEL}</text>'
        f'<text x="{left + 6}" y="14" textLength="{right - 12}">{html.escape(said)}</text></g>\n'
        "</svg>\n"
    )
