"""``report.sarif``: failures and warnings in SARIF 2.1.0, for code scanning and editors.

A rule is a habit (see ``blocks``), a result a clause with its clearest finding. Its place is the
line's place in ``report.json``, since what is judged has no source here; the clause is its logical
location. Expected findings are suppressed, with their reason.
https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from conformance.checks.findings import Verdict
from conformance.report import blocks, facts
from conformance.report.blocks import Block
from conformance.report.facts import Data
from conformance.report.printing import printable, printable_json

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def _identifier(one: Block) -> str:
    """A stable name of a habit: ``validation/constraints-of-requests-are-not-checked``."""
    return "/".join(re.sub(r"[^a-z0-9]+", "-", t.lower()).strip("-") for t in _named(one))


def _named(one: Block) -> tuple[str, str]:
    return blocks.meaning(one.findings[0]), one.habit


def _results(one: Block, rule: int, report: Data) -> Iterator[dict[str, Any]]:
    """A result for each clause of a block."""
    found: dict[str, list[Data]] = {}
    for finding in one.findings:
        found.setdefault(finding["clause"], []).append(finding)
    for clause, verdict in one.clauses.items():
        gravest = [finding for finding in found[clause] if finding["verdict"] == verdict]
        best = facts.clearest(gravest, report.get("exchanges", {}))
        both = f"expected {best['expected']}; observed {best['observed']}"
        yield {
            "ruleId": _identifier(one),
            "ruleIndex": rule,
            "level": "warning" if verdict is Verdict.WARN else "error",
            "message": {"text": printable(f"{clause}: {both}")},
            "locations": [
                {
                    "physicalLocation": {"artifactLocation": {"uri": "report.json"}},
                    "logicalLocations": [{"fullyQualifiedName": clause, "kind": "member"}],
                }
            ],
            "partialFingerprints": {"clause/v1": clause},
            "properties": {
                "case": best["case"],
                "cases": len({finding["case"] for finding in found[clause]}),
                "documented": best["source"],
                "reproduce": facts.reproduction(report, best),
            },
            **_suppressed(best, report),
        }


def _suppressed(finding: Data, report: Data) -> dict[str, Any]:
    if "expectation" not in finding:
        return {}
    reason = report["expectations"][finding["expectation"]].get("reason", "")
    return {"suppressions": [{"kind": "external", "justification": printable(reason)}]}


def text(report: Data) -> str:
    """The text of ``report.sarif``."""
    found = [*blocks.unexpected(report), *blocks.expected(report)]
    known = {_identifier(one): one for one in found}
    order = list(known)
    made = {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "aws-conformance",
                        "version": report["suite"]["version"],
                        "rules": [
                            {"id": name, "shortDescription": {"text": ": ".join(_named(one))}}
                            for name, one in known.items()
                        ],
                    }
                },
                "invocations": [
                    {
                        "executionSuccessful": not report.get("interrupted", False),
                        "startTimeUtc": report["started"],
                    }
                ],
                "properties": {"verdict": report["verdict"], "target": facts.target(report)},
                "results": [
                    result
                    for one in found
                    for result in _results(one, order.index(_identifier(one)), report)
                ],
            }
        ],
    }
    written = printable_json(json.dumps(made, indent=1, ensure_ascii=False))
    return written.replace("<", "\\u003c") + "\n"  # viewers show messages as Markdown
