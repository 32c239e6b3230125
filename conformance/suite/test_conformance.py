"""One test is one case: what it tries, and what it is held against, stands in its plan."""

from collections.abc import Callable

import pytest

from conformance.execution.engine import Tried


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The plugin gives the cases; without it nothing can be tried."""
    if not metafunc.config.pluginmanager.has_plugin("conformance.plugin"):
        raise pytest.Collector.CollectError(
            "The suite needs its plugin: pytest -p conformance.plugin --pyargs conformance.suite"
        )


def test_case(tried: Tried, judge: Callable[[Tried], None]) -> None:
    """The target keeps the clause that the case exercises."""
    judge(tried)
