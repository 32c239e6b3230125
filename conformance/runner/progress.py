"""Live progress for the ``certify`` command, in place of pytest's dots.

On a terminal one line is drawn anew; elsewhere one line is written whenever an
operation is done, so that a log stays readable.
"""

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from conformance.runner.plugin import NAME
from conformance.runner.pytest_internals import omit_interruption

#: Seconds between two drawings of the line.
_EVERY = 0.1


class Progress:
    """Counts operations instead of printing tests."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._due: Counter[str] = Counter()
        self._done: Counter[str] = Counter()
        self._bad: Counter[str] = Counter()
        self._drawn = 0.0

    @property
    def _terminal(self) -> Any:
        return self._config.pluginmanager.get_plugin("terminalreporter")

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str]:
        """No letter and no word: pytest counts a test and prints nothing."""
        if report.when == "call" or not report.passed:
            return report.outcome, "", ""
        return "", "", ""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Begin with what was selected."""
        self._begin([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Begin with what the first worker has selected: all select the same."""
        if not self._due:
            self._begin(ids)

    def _begin(self, ids: Sequence[str]) -> None:
        """Say what is judged, and count what is due of it."""
        plugin: Any = self._config.pluginmanager.get_plugin(NAME)
        line = plugin.pytest_report_header() if plugin else None
        if line:
            self._terminal.write_line(line)
        self._due.update(map(_operation, ids))

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Say that Ctrl-C was heard, in place of pytest's account of where it struck."""
        terminal = self._terminal
        if excinfo.type is KeyboardInterrupt and terminal is not None:
            omit_interruption(terminal)
            terminal.ensure_newline()
            terminal.write_line("Interrupted: what was tried until now is all that is told.")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test that is done; tell when its operation is, or on a terminal at once."""
        if "[" not in report.nodeid or (report.when != "call" and report.passed):
            return
        operation = _operation(report.nodeid)
        self._done[operation] += 1
        self._bad[operation] += report.failed
        done = self._done[operation] == self._due[operation]
        if self._terminal.isatty:
            if done or time.monotonic() - self._drawn > _EVERY:
                self._drawn = time.monotonic()
                self._terminal.rewrite(self._line(operation) + ("\n" if done else ""), erase=True)
        elif done:
            self._terminal.write_line(self._line(operation))

    def _line(self, operation: str) -> str:
        bad = f", {self._bad[operation]} failed" if self._bad[operation] else ""
        count = f"{self._done[operation]:>4} of {self._due[operation]} cases"
        return f"{operation:<36} {count}{bad}"


def _operation(nodeid: str) -> str:
    """The operation of a case, by the name of its test."""
    return nodeid.partition("[")[2].partition("/")[0]


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Progress(config), "conformance-progress-lines")
