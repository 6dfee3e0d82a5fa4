"""The clock of the simulation: an agenda of what happens next, and the way out for events, not always a quick one."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from random import Random

from stream.sources import plan
from stream.sources.line import Line, line_of
from topics import events as ev

Action = Callable[[], None]


class Clock:
    """The agenda of the simulation, and the way out for events."""

    def __init__(self, seed: int, start_ms: int, time_of_day_ms: int | None = None) -> None:
        """``time_of_day_ms`` is what the floor's clocks say at ``start_ms``: absent, UTC."""
        self._midnight_ms = 0 if time_of_day_ms is None else start_ms - time_of_day_ms
        self.random = Random(seed)  # noqa: S311 - a simulation
        self.now_ms = float(start_ms)
        self._agenda: list[tuple[float, int, Action]] = []
        self._outbox: list[tuple[float, int, Line]] = []
        self._count = 0

    @property
    def time_of_day_ms(self) -> float:
        """What the floor's clocks say."""
        return (self.now_ms - self._midnight_ms) % plan.DAY_MS

    def after(self, seconds: float, action: Action) -> None:
        """Does ``action`` that much later."""
        self._count += 1
        heapq.heappush(self._agenda, (self.now_ms + seconds * 1000, self._count, action))

    def mean(self, seconds: float) -> float:
        """A random time with that mean, never quite nothing."""
        return max(0.5, self.random.expovariate(1 / seconds))

    def emit(self, topic: str, event: ev.Event) -> None:
        """Sends an event that happens now: it arrives a little later, now and then much later, sometimes twice."""
        chance, line = self.random.random(), line_of(topic, event)
        delay_s = self.random.uniform(0.02, 0.4)
        if chance < plan.LATE_HOUR:
            delay_s = self.random.uniform(60, 3600)
        elif chance < plan.LATE_SECONDS:
            delay_s = self.random.uniform(1, 20)
        self._post(delay_s, line)
        if self.random.random() < plan.DUPLICATE:
            self._post(delay_s + self.random.uniform(0.1, 30), line)

    def _post(self, delay_s: float, line: Line) -> None:
        self._count += 1
        heapq.heappush(self._outbox, (self.now_ms + delay_s * 1000, self._count, line))

    def run(self) -> Iterator[tuple[int, Line]]:
        """(arrival in ms, line), for ever."""
        while True:
            due_ms, _, action = heapq.heappop(self._agenda)
            while self._outbox and self._outbox[0][0] <= due_ms:
                arrival_ms, _, line = heapq.heappop(self._outbox)
                yield round(arrival_ms), line
            self.now_ms = due_ms
            action()
