"""Live progress for the ``certify`` command, in place of pytest's dots.

On a terminal one line is drawn anew; elsewhere one line is written whenever an
operation is done, so that a log stays readable.
"""

import time
from typing import Any

import pytest
from _pytest.terminal import TerminalReporter

from conformance.plugin import NAME

#: Seconds between two drawings of the line.
_EVERY = 0.1


class Progress(TerminalReporter):
    """A terminal reporter that counts operations instead of printing tests."""

    def __init__(self, config: pytest.Config) -> None:
        super().__init__(config)
        self._due: dict[str, int] = {}
        self._done: dict[str, int] = {}
        self._bad: dict[str, int] = {}
        self._drawn = 0.0
        self._live = bool(getattr(self._tw, "_file", None) and self._tw._file.isatty())

    # what pytest would print and we do not

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._session = session
        self._session_start = time.time()

    def pytest_collection(self) -> None:
        """Collecting takes a moment; nobody needs to be told."""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        plugin = self.config.pluginmanager.get_plugin(NAME)
        if plugin is None:
            return
        for line in filter(None, [plugin.pytest_report_header()]):
            self.write_line(line)

    def pytest_runtest_logstart(self, nodeid: str, location: Any) -> None:
        """One test is nothing to tell."""

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Likewise."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._tests_ran = True
        category = "failed" if report.failed else "skipped" if report.skipped else "passed"
        if report.when == "call" or not report.passed:
            self._add_stats(category, [report])
            self._count(report)

    def _count(self, report: pytest.TestReport) -> None:
        if "[" not in report.nodeid:
            return
        operation = report.nodeid.split("[", 1)[1].split("/", 1)[0]
        self._done[operation] = self._done.get(operation, 0) + 1
        self._bad[operation] = self._bad.get(operation, 0) + report.failed
        if not self._due:
            self._due = self._expected()
        done = self._done[operation] >= self._due.get(operation, 0)
        if self._live:
            if done or time.monotonic() - self._drawn > _EVERY:
                self._drawn = time.monotonic()
                self._tw.write(f"\r{self._line(operation)}\033[K" + ("\n" if done else ""))
        elif done:
            self.write_line(self._line(operation))

    def _expected(self) -> dict[str, int]:
        """How many cases each operation has in this run, as collected."""
        due: dict[str, int] = {}
        items = getattr(self._session, "items", None) or []
        names = [item.nodeid for item in items] or self._collected_by_workers()
        for nodeid in names:
            if "[" in nodeid:
                operation = nodeid.split("[", 1)[1].split("/", 1)[0]
                due[operation] = due.get(operation, 0) + 1
        return due

    def _collected_by_workers(self) -> list[str]:
        session = self.config.pluginmanager.get_plugin("dsession")
        scheduler = getattr(session, "sched", None)
        return list(getattr(scheduler, "collection", None) or [])

    def _line(self, operation: str) -> str:
        done, due = self._done[operation], self._due.get(operation, 0)
        bad = self._bad.get(operation, 0)
        tail = f", {bad} failed" if bad else ""
        return f"{operation:<36} {done:>4} of {due} cases{tail}"

    def summary_failures(self) -> None:
        """The summary tells failures by cause."""

    def summary_errors(self) -> None:
        """Likewise."""

    def summary_warnings(self) -> None:
        """Warnings are errors here."""

    def short_test_summary(self) -> None:
        """Likewise."""

    def summary_stats(self) -> None:
        """The verdict is the last word."""

    def section(self, title: str, sep: str = "=", **kw: bool) -> None:
        """Our summary needs no rule above it."""


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    standard = config.pluginmanager.get_plugin("terminalreporter")
    if standard is None or hasattr(config, "workerinput"):
        return
    config.pluginmanager.unregister(standard)
    config.pluginmanager.register(Progress(config), "terminalreporter")
