"""The watchdog: who slept and who only worked."""

from __future__ import annotations

import pytest

from stream.worker.heart import Heart


class Times:
    """A wall clock and the CPU time of the process, both set by the test."""

    def __init__(self):
        self.wall = self.cpu = 100.0

    def heart(self):
        return Heart(8, lambda: self.wall, lambda: self.cpu)


def test_a_frozen_process_may_not_write():
    """Asleep for more than its limit: it must end before it writes."""
    times = Times()
    heart = times.heart()
    heart.beat()
    times.wall += 22
    with pytest.raises(RuntimeError, match="frozen for 22"):
        heart.check()


def test_a_long_calculation_is_no_sleep():
    """A loop that was busy for long stopped the heart as well, but the session was kept."""
    times = Times()
    heart = times.heart()
    heart.beat()
    times.wall += 22
    times.cpu += 21
    heart.check()


def test_before_the_first_beat_nothing_is_known():
    """A table that is just being made may write; a short sleep is nothing."""
    times = Times()
    heart = times.heart()
    times.wall += 100
    heart.check()
    heart.beat()
    times.wall += 7
    heart.check()
