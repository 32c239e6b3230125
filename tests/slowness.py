"""A slow test says why: ``--slow SECONDS`` fails a run for each that does not.

``@pytest.mark.slow("why")`` says it, on a test, a class or a module. What counts is the processor
time of a test with its fixtures and the processes that it starts, not the clock: that would judge
what else the machine does. These are hooks, which ``conftest`` takes in.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from forked import processor_seconds

_STARTED = pytest.StashKey[float]()
_SILENT = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--slow",
        type=float,
        metavar="SECONDS",
        help="fail where a test takes more processor time than this and does not say why",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow(why): the test takes seconds, for this reason")
    config.stash[_SILENT] = []


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[Any]:
    item.stash[_STARTED] = processor_seconds()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[Any]:
    report = yield
    if report.when == "teardown":
        mark = item.get_closest_marker("slow")
        report.says_why = bool(mark and mark.args and str(mark.args[0]).strip())
        report.processor_seconds = processor_seconds() - item.stash[_STARTED]
    return report


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[Any]:
    limit = session.config.option.slow
    plugin = session.config.pluginmanager.get_plugin("terminalreporter")
    if limit is not None and plugin is not None:
        done = [one for reports in plugin.stats.values() for one in reports]
        for report in done:
            took = getattr(report, "processor_seconds", 0.0)
            if took > limit and not report.says_why:
                session.config.stash[_SILENT].append(f"{took:6.1f} s  {report.nodeid}")
        if session.config.stash[_SILENT] and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
    return (yield)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    silent = config.stash[_SILENT]
    if silent:
        terminalreporter.section("slow, and no word of why: @pytest.mark.slow('why')")
        for line in sorted(silent, reverse=True):
            terminalreporter.write_line(line)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """One worker more than there are processors: some tests wait for a time-out or a rate."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return (os.cpu_count() or 1) + 1
