"""Progress for programs: after each case a line of JSON, in place of lines for people."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

#: How a line of progress begins; no other line of a run holds this character.
START = "\x1e"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is: a case and its outcome, and how many of all are done."""

    case: str
    outcome: str
    done: int
    total: int


def parsed(line: str) -> Progress | None:
    """The progress that a line of a run's output states; ``None`` for any other line."""
    return Progress(**json.loads(line[1:])) if line.startswith(START) else None


class _Events:
    """Counts cases, and prints a line for each that is done."""

    def __init__(self, config: Any) -> None:
        self._config = config
        self._done = self._total = 0

    def pytest_collection_finish(self, session: Any) -> None:
        self._total = self._total or len(session.items)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when != "call" and report.passed:
            return
        self._done += 1
        data = getattr(report, "conformance", None)
        event = Progress(
            case=data["id"] if data else report.nodeid.partition("[")[2].removesuffix("]"),
            outcome=data["outcome"] if data else report.outcome,
            done=self._done,
            total=self._total,
        )
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        terminal.write_line(START + json.dumps(asdict(event)))


class _OfWorkers(_Events):
    """The same with several workers, all of which select the same cases."""

    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        self._total = self._total or len(ids)


def pytest_configure(config: Any) -> None:
    if not hasattr(config, "workerinput"):
        kind = _OfWorkers if config.pluginmanager.hasplugin("xdist") else _Events
        config.pluginmanager.register(kind(config), "conformance-events")
