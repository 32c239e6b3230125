"""Live progress for the ``certify`` command, in place of pytest's dots.

On a terminal one line is redrawn; elsewhere each operation gets one line when it is done, or each
service where there are many operations, so that a log stays readable.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Literal

import pytest

from conformance.report import facts
from conformance.report.printing import counted, duration, printable
from conformance.runner.plugin import NAME
from conformance.runner.pytest_internals import omit_interruption

#: Seconds between two updates of the line.
_EVERY = 0.1
#: Seconds before which the pace says nothing.
_SOON = 3.0


class Cases:
    """Runs tests as pytest does, and reports of set-up and tear-down only what went wrong.

    A case has neither, and pytest's reports of them take longer than most cases.
    """

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Run one test, in the three phases of every test of pytest."""
        hook = item.ihook
        hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        if _phase(item, "setup", hook.pytest_runtest_setup):
            _phase(item, "call", hook.pytest_runtest_call)
        _phase(item, "teardown", hook.pytest_runtest_teardown, nextitem=nextitem)
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True


class Progress:
    """Counts operations, or services where there are many, instead of printing tests."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._due: Counter[str] = Counter()
        self._done: Counter[str] = Counter()
        self._bad: Counter[str] = Counter()
        self._is_by_service = False
        self._drawn = 0.0
        self._started = time.monotonic()

    @property
    def _terminal(self) -> Any:
        return self._config.pluginmanager.get_plugin("terminalreporter")

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str]:
        """Let pytest count a test and print nothing."""
        if report.when == "call" or not report.passed:
            return report.outcome, "", ""
        return "", "", ""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Start with the selected cases."""
        self._start([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Start with the first worker's selection; all workers select the same."""
        if not self._due:
            self._start(ids)

    def _start(self, ids: Sequence[str]) -> None:
        """Print the target, and count the cases of each operation."""
        plugin: Any = self._config.pluginmanager.get_plugin(NAME)
        line = plugin.pytest_report_header() if plugin else None
        if line:
            self._terminal.write_line(printable(line))
        operations = Counter(map(_operation, ids))
        self._is_by_service = len(operations) > facts.MANY
        for operation, count in operations.items():
            self._due[self._row(operation)] += count
        self._started = time.monotonic()

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Print one sentence in place of pytest's traceback of the interrupt."""
        terminal = self._terminal
        if excinfo.type is KeyboardInterrupt and terminal is not None:
            omit_interruption(terminal)
            terminal.ensure_newline()
            terminal.write_line("Interrupted. The results below are partial.")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a finished test; print when its operation is done, on a terminal at once."""
        # what pytest keeps of steps that say nothing
        self._terminal.stats.pop("", None)
        if "[" not in report.nodeid or (report.when != "call" and report.passed):
            return
        row = self._row(_operation(report.nodeid))
        self._done[row] += 1
        self._bad[row] += report.failed
        done = self._done[row] == self._due[row]
        if self._terminal.isatty:
            if done or time.monotonic() - self._drawn > _EVERY:
                self._drawn = time.monotonic()
                self._terminal.rewrite(self._line(row) + ("\n" if done else ""), erase=True)
        elif done:
            self._terminal.write_line(self._line(row))

    def _row(self, operation: str) -> str:
        """What has a line: each operation, or each service where there are many operations."""
        return operation.partition(":")[0] if self._is_by_service else operation

    def _line(self, row: str) -> str:
        bad = f", {self._bad[row]} failed" if self._bad[row] else ""
        count = f"{self._done[row]:>4} of {counted(self._due[row], 'case')}"
        return f"{row:<36} {count}{bad}{self._left()}"

    def _left(self) -> str:
        """How much of the whole run is done, and how long the rest takes at this pace."""
        done, due = self._done.total(), self._due.total()
        seconds = time.monotonic() - self._started
        if len(self._due) == 1 or done == due or seconds < _SOON:
            return ""
        return f" · {done:,} of {due:,}, about {duration(seconds * (due - done) / done)} left"


def _phase(
    item: pytest.Item,
    when: Literal["setup", "call", "teardown"],
    hook: Callable[..., None],
    **more: Any,
) -> bool:
    """Carry out one phase of a test, and report it where that says something; whether it passed."""
    call = pytest.CallInfo.from_call(
        lambda: hook(item=item, **more),
        when=when,
        reraise=(pytest.exit.Exception, KeyboardInterrupt),
    )
    if when == "call" or call.excinfo is not None:
        report = item.ihook.pytest_runtest_makereport(item=item, call=call)
        item.ihook.pytest_runtest_logreport(report=report)
    return call.excinfo is None


def _operation(nodeid: str) -> str:
    """The operation of a case, from the name of its test."""
    return nodeid.partition("[")[2].partition("/")[0]


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Cases(), "conformance-cases")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Progress(config), "conformance-progress-lines")
