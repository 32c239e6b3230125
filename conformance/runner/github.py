"""What a run tells GitHub Actions: annotations in its log, and the summary on the job's page.

The workflow commands and the variables that it reads are documented in "Workflow commands for
GitHub Actions". Elsewhere nothing is printed and nothing is written.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from conformance.checks.findings import Verdict
from conformance.report import blocks, summary
from conformance.report.facts import Data
from conformance.report.printing import printable

#: GitHub shows ten annotations of a kind for each step.
_MOST = 10
#: GitHub refuses a summary of more bytes.
_MOST_BYTES = 1_000_000


def publish(report: Data, environment: Mapping[str, str] = os.environ) -> Iterator[str]:
    """The lines that annotate the job, where GitHub runs it; its page gets the summary."""
    if environment.get("GITHUB_ACTIONS") != "true":
        return
    page = environment.get("GITHUB_STEP_SUMMARY")
    if page:
        content = summary.markdown(report).encode()[:_MOST_BYTES]
        with suppress(OSError), Path(page).open("ab") as file:  # the run does not depend on it
            file.write(content + b"\n")
    yield from annotations(report)


def annotations(report: Data) -> Iterator[str]:
    """A workflow command for each of the first blocks: an error, or a warning."""
    shown = dict.fromkeys(("error", "warning"), 0)
    for one in blocks.unexpected(report):
        kind = "warning" if one.verdict is Verdict.WARN else "error"
        shown[kind] += 1
        if shown[kind] <= _MOST:
            title = _value(one.title).replace(":", "%3A").replace(",", "%2C")
            best = one.clearest(report.get("exchanges", {}))
            both = f"expected {best['expected']}; observed {best['observed']}"
            text = f"{one.size}; {best['clause']}: {both}"
            yield f"::{kind} title={title}::{_value(text)}"


def _value(text: str) -> str:
    """A text as workflow commands hold it: in one line, without a command of its own."""
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
