"""Keeping to a rate: the slots of all workers together, on a clock that the test turns."""

from pathlib import Path

import pytest

from conformance.transport import flow_control
from conformance.transport.flow_control import rate_limit


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    turned = Clock()
    monkeypatch.setattr(flow_control, "time", turned)
    return turned


def test_without_a_rate_nobody_waits(tmp_path: Path) -> None:
    """No rate, no file, no waiting."""
    assert rate_limit(None, tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_requests_keep_their_distance(tmp_path: Path, clock: Clock) -> None:
    """At four a second there is a quarter of a second between two."""
    wait = rate_limit(4.0, tmp_path)
    for _ in range(5):
        wait()
    assert clock.slept == pytest.approx([0.25] * 4)


def test_all_workers_share_the_slots(tmp_path: Path, clock: Clock) -> None:
    """Two who wait in one folder are as quick together as one alone."""
    one, other = rate_limit(4.0, tmp_path), rate_limit(4.0, tmp_path)
    for _ in range(3):
        one()
        other()
    assert clock.now == pytest.approx(1000 + 5 * 0.25)


def test_who_was_slow_need_not_wait(tmp_path: Path, clock: Clock) -> None:
    """A slot that has passed is not made up for by a burst."""
    wait = rate_limit(1.0, tmp_path)
    wait()
    clock.now += 60
    wait()
    assert clock.slept == []
    wait()
    assert clock.slept == pytest.approx([1.0])


def test_a_clock_that_jumps_back_stops_nobody(tmp_path: Path, clock: Clock) -> None:
    """A slot in the far future is not waited for longer than an hour."""
    wait = rate_limit(1.0, tmp_path)
    clock.now += 1e6
    wait()
    clock.now -= 1e6
    wait()
    assert clock.slept == pytest.approx([3600.0])
