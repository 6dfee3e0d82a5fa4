"""The watchdog against frozen processes (SIGSTOP, a paused virtual machine).

A process that slept through its session wakes up as a zombie: its partitions have a new owner, and it does not know.
Whoever writes asks the heart first. Asleep is who had no CPU time: a long calculation stops the heart too, but Faust's
consumer runs in a thread of its own and keeps the session.
"""

from __future__ import annotations

import time
from collections.abc import Callable


class Heart:
    """``beat`` it once a second; ``check`` raises ``RuntimeError`` after a sleep of more than ``seconds``."""

    def __init__(
        self,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        cpu: Callable[[], float] = time.process_time,
    ) -> None:
        self._seconds, self._clock, self._cpu = seconds, clock, cpu
        self._last: tuple[float, float] | None = None

    def beat(self) -> None:
        """It is awake."""
        self._last = self._clock(), self._cpu()

    def check(self) -> None:
        """Nothing may be written by a zombie."""
        if self._last is None:
            return
        asleep = self._clock() - self._last[0] - (self._cpu() - self._last[1])
        if asleep > self._seconds:
            raise RuntimeError(
                f"frozen for {asleep:.1f} s, about a session timeout: the partitions may have a new owner"
            )
