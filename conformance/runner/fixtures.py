"""The fixture ``aws_conformance``: each case as a test in somebody's own suite, beside theirs.

A test that uses it is run once for each case of the operations that its marker, or the
configuration, names. It is not loaded unasked: ``pytest_plugins = ["conformance.fixtures"]``.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import pytest

from conformance.errors import ConformanceError, UsageError
from conformance.execution.engine import Tried
from conformance.generation.plans import Case
from conformance.runner.configuration import configured
from conformance.runner.options import OPTIONS, Kind
from conformance.runner.plugin import conclude
from conformance.runner.preflight import require_possible
from conformance.runner.run import Run
from conformance.runner.settings import Settings
from conformance.spec.files import cache_folder

_MARKER = "aws_conformance"
_FIXTURE = "aws_conformance"
_BY_DEST = {option.dest: option for option in OPTIONS}
#: What a whole run does, and a single test does not.
_OF_RUNS = frozenset({"plan", "record", "report", "target", "max_time"})


def pytest_configure(config: pytest.Config) -> None:
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(cache_folder("hypothesis")))
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(operations=…, max_examples=…, …): options of the fixture {_FIXTURE}, those of "
        "'aws-conformance certify' by their names",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Param:
    """One case of a test, and the options of its marker."""

    tried: Tried
    options: Mapping[str, Any]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if _FIXTURE not in metafunc.fixturenames:
        return
    options = _options(metafunc.definition)
    try:
        everything = Run(_settings(options, None)).tried
    except ConformanceError as error:
        raise pytest.UsageError(f"{metafunc.definition.nodeid}: {error}") from error
    params = [pytest.param(_Param(tried=one, options=options), id=one.id) for one in everything]
    metafunc.parametrize(_FIXTURE, params, indirect=True)


def _options(item: Any) -> dict[str, Any]:
    """The options of a test's markers; the nearest one counts."""
    found: dict[str, Any] = {}
    for marker in reversed(list(item.iter_markers(_MARKER))):
        found |= marker.kwargs
    unknown = [name for name in found if name not in _BY_DEST.keys() - _OF_RUNS]
    if unknown:
        raise pytest.UsageError(f"The marker {_MARKER} takes no {unknown[0]!r}.")
    return {name: _given(name, value) for name, value in found.items()}


def _given(name: str, value: Any) -> Any:
    """A value as the command line would give it."""
    kind = _BY_DEST[name].kind
    if isinstance(value, Mapping):
        return [f"{key}={one}" for key, one in value.items()]
    if kind is Kind.JOINED and not isinstance(value, str):
        return ",".join(value)
    if kind in {Kind.MANY, Kind.PAIRS} and isinstance(value, str):
        return [value]
    return value


def _settings(options: Mapping[str, Any], url: str | None) -> Settings:
    chosen = configured({**options, "target": url}, target="url").settings()
    if chosen.kind != "url":
        raise UsageError(f"The fixture {_FIXTURE} judges a URL, not {chosen.kind}.")
    return chosen


class _Runs:
    """The runs of a session, one for each target with its options."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._known: dict[str, Run] = {}

    def run(self, options: Mapping[str, Any], url: str | None) -> Run:
        """The run with these options; the first use makes what its operations need."""
        key = repr((sorted(options.items()), url))
        if key not in self._known:
            chosen = _settings(options, url)
            require_possible(chosen)
            run = self._stack.enter_context(closing(Run(chosen)))
            run.provision()
            self._known[key] = run
        return self._known[key]


@pytest.fixture(scope="session")
def aws_conformance_url() -> str | None:
    """The URL, or the configured target, that is judged; override it with your own fixture."""
    return None


@pytest.fixture(scope="session")
def _aws_conformance_runs() -> Iterator[_Runs]:
    with ExitStack() as stack:
        yield _Runs(stack)


@pytest.fixture
def aws_conformance(
    request: pytest.FixtureRequest,
    aws_conformance_url: str | None,
    _aws_conformance_runs: _Runs,
) -> Callable[[], None]:
    """Judges the case of this test: it fails, is skipped where nothing was exercised, or passes."""
    param: _Param = request.param

    def judge() -> None:
        try:
            run = _aws_conformance_runs.run(param.options, aws_conformance_url)
            result = run.run(param.tried)
        except ConformanceError as error:
            pytest.fail(str(error), pytrace=False)
        case = param.tried if isinstance(param.tried, Case) else None
        conclude(run.settings, result, run.result_data(result, case))

    return judge
