"""``junit.xml``: one test case for each case, for the CI servers that draw them.

It follows the widely used schema of Jenkins' xUnit plugin (junit-10.xsd). An expected finding is a
skipped test, as pytest's own xfail is. A report has no time of a single case, so none is written.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree

from conformance.report import facts
from conformance.report.facts import Data
from conformance.report.printing import printable

#: XML 1.0 cannot hold these at all, not even escaped; others are printed as escapes before.
_UNPRINTABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FAILURES = frozenset({"fail", "unsupported"})


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", printable(text))


def _grave(report: Data) -> frozenset[str]:
    warns = report.get("options", {}).get("fail_on_warn")
    return _FAILURES | {"error"} | ({"warn"} if warns else set())


def _description(finding: Data, report: Data) -> str:
    curl = (finding.get("reproduce") or {}).get("curl")
    again = facts.again(report, finding) if finding.get("steps") else curl
    lines = [
        f"{finding['verdict']} {finding['clause']}",
        f"expected  {finding['expected']}",
        f"observed  {finding['observed']}",
        f"promised  {finding['source']}",
        *(f"step      {step}" for step in facts.steps(finding)),
        *([f"reproduce {again}"] if again else []),
    ]
    return _clean("\n".join(lines))


def _outcome(case: Data, findings: Sequence[Data], report: Data) -> Iterator[Data]:
    """The element below a test case: its tag, message, text and type; none for a pass."""
    grave = _grave(report)
    bad = [f for f in findings if f["verdict"] in grave]
    unexpected = [f for f in bad if "expectation" not in f]
    text = "\n\n".join(_description(one, report) for one in (unexpected or bad)[:20])
    if unexpected:
        first = unexpected[0]
        error = first["verdict"] == "error"
        yield {
            "tag": "error" if error else "failure",
            "message": f"{first['clause']}: {first['observed']}"[:500],
            "text": text,
            "type": first["verdict"],
        }
    elif bad:
        yield {"tag": "skipped", "message": "expected finding", "text": text, "type": "expected"}
    elif case["outcome"] == "inconclusive":
        why = next((f["observed"] for f in findings if f["verdict"] == "inconclusive"), "")
        yield {
            "tag": "skipped",
            "message": f"inconclusive: {why or 'nothing could be exercised'}"[:500],
            "text": "",
            "type": "inconclusive",
        }


def _properties(report: Data) -> Iterator[tuple[str, str]]:
    yield "verdict", report["verdict"]
    yield "complete", str(report["complete"]).lower()
    yield "suite", report["suite"]["version"]
    yield "case_set", report["suite"]["case_set"]
    yield "target", facts.target(report)
    yield "seed", str(report["seed"])
    for name, value in report["subject"].items():
        yield f"subject.{name}", value


def _suite(operation: str, cases: Sequence[Data], report: Data, by_case: Data) -> Any:
    suite = ElementTree.Element("testsuite", name=_clean(operation))
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in _properties(report):
        ElementTree.SubElement(properties, "property", name=_clean(name), value=_clean(value))
    counted = {"failure": 0, "error": 0, "skipped": 0}
    for case in cases:
        element = ElementTree.SubElement(
            suite,
            "testcase",
            classname=_clean(operation.replace(":", ".")),
            name=_clean(case["id"].partition("/")[2] or case["id"]),
        )
        for found in _outcome(case, by_case.get(case["id"], ()), report):
            counted[found["tag"]] += 1
            below = ElementTree.SubElement(
                element, found["tag"], type=found["type"], message=_clean(found["message"])
            )
            below.text = found["text"]
    suite.attrib |= {
        "tests": str(len(cases)),
        "failures": str(counted["failure"]),
        "errors": str(counted["error"]),
        "skipped": str(counted["skipped"]),
        "timestamp": report["started"].removesuffix("Z"),
    }
    return suite


def xml(report: Data) -> str:
    """The text of ``junit.xml``."""
    by_case: dict[str, list[Data]] = {}
    for finding in report["findings"]:
        if not finding.get("unmet"):
            by_case.setdefault(finding["case"], []).append(finding)
    root = ElementTree.Element("testsuites", name="AWS conformance")
    cases: dict[str, list[Data]] = {operation: [] for operation in report["operations"]}
    for case in report["cases"]:
        cases[case["operation"]].append(case)
    for operation, own in cases.items():
        root.append(_suite(operation, own, report, by_case))
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    root.set("time", f"{report['duration_s']:.3f}")
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(
        root, encoding="unicode"
    )
