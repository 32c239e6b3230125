"""One test is one case; the case's plan has its requests and what is expected of the target."""

from collections.abc import Callable

import pytest

from conformance.execution.engine import Tried


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The plugin parametrizes the test; without it there are no cases."""
    if not metafunc.config.pluginmanager.has_plugin("conformance.plugin"):
        raise pytest.Collector.CollectError(
            "The suite needs its plugin: pytest -p conformance.plugin --pyargs conformance.suite"
        )


def test_case(tried: Tried, judge: Callable[[Tried], None]) -> None:
    """The target satisfies the clause that the case exercises."""
    judge(tried)
