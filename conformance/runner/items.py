"""A case as a test of pytest: no fixtures and no parametrization, which cost more than most cases.

It is what a parametrized test would be to everybody else: the same id, name and marks. It must not
know how a case is run or judged.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import pytest

from conformance.execution.engine import Tried, areas
from conformance.spec.operation import Operation

#: A test of the suite: what it is given is the case, and what runs and judges it.
Test = Callable[[Tried, Callable[[Tried], None]], None]


class CaseItem(pytest.Item):
    """The test of one case."""

    def __init__(
        self, *, tried: Tried, marks: Sequence[pytest.Mark], run: Callable[[Tried], None], **kw: Any
    ) -> None:
        super().__init__(**kw)
        self.tried = tried
        self._run = run
        self.own_markers.extend(marks)
        self.keywords.update((mark.name, mark) for mark in marks)

    def runtest(self) -> None:
        """Run and judge the case; its outcome is the test's."""
        self._run(self.tried)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Where the test is, and its name."""
        return self.path, None, self.name


@cache
def _marks(names: Sequence[str]) -> tuple[pytest.Mark, ...]:
    return tuple(getattr(pytest.mark, name).mark for name in names)


def items(
    parent: pytest.Module,
    name: str,
    test: Test,
    judge: Callable[[Tried], None],
    cases: Sequence[Tried],
    operations: Mapping[str, Operation],
) -> Iterator[CaseItem]:
    """The tests of some cases, which are all one test of the suite."""

    def run(tried: Tried) -> None:
        test(tried, judge)

    place: str | None = None
    for tried in cases:
        item = CaseItem.from_parent(
            parent,
            name=f"{name}[{tried.id}]",
            tried=tried,
            marks=_marks(areas(operations[tried.operation], tried)),
            run=run,
        )
        place = place or item.location[0]
        item.location = place, None, item.name  # pytest works out the same place for each test
        yield item
