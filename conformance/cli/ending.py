"""How a command ends whose report has been joined from those of several processes."""

from pathlib import Path
from typing import Any

from conformance.report import facts, terminal, writer
from conformance.report.printing import say
from conformance.report.results import Report
from conformance.report.terminal import Detail
from conformance.runner import github


def conclude(
    report: dict[str, Any],
    folder: Path | None,
    *,
    detail: Detail = Detail.DEFAULT,
    problem: str = "",
) -> int:
    """Print a report, write it into its folder, and say why the command ends as it does.

    ``problem`` is what kept the run from its end. The exit status is that of one run.
    """
    status = 2 if problem else Report(report).status
    written = writer.write(folder, report) if folder else None
    for line in terminal.lines(report, detail=detail):
        say(line)
    if written:
        say(f"report: {written.with_name('report.html')}")
    for line in github.publish(report):
        say(line)
    say(facts.why(report, status, problem))
    return status
