"""One test is one case: what it tries, and what it is held against, stands in its plan."""

from collections.abc import Callable

from conformance.engine import Tried


def test_case(tried: Tried, judge: Callable[[Tried], None]) -> None:
    """The target keeps the clause that the case exercises."""
    judge(tried)
