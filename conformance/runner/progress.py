"""Live progress for the ``certify`` command, in place of pytest's dots.

On a terminal one line is redrawn; elsewhere each operation gets one line when it is done, so that
a log stays readable.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Literal

import pytest

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
    """Counts operations instead of printing tests."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._due: Counter[str] = Counter()
        self._done: Counter[str] = Counter()
        self._bad: Counter[str] = Counter()
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
        self._due.update(map(_operation, ids))
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
        count = f"{self._done[operation]:>4} of {counted(self._due[operation], 'case')}"
        return f"{operation:<36} {count}{bad}{self._left()}"

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
