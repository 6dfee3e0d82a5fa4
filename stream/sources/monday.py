"""A Monday morning that goes wrong: at nine most of those who answer the phones are missing, the wait grows, the
service level burns; at half past ten they are there.

For demos and for trying alerts. It is the simulated floor with its own times of day: whenever it is started, it is
Monday on that floor.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from stream.sources import plan
from stream.sources.clock import Clock
from stream.sources.conversations import Tickets
from stream.sources.line import Line
from stream.sources.opinions import Customers, Opinions
from stream.sources.people import Agent
from stream.sources.simulator import Floor

NAME = "monday-morning"
ABOUT = "a staff shortage at nine, recovery at half past ten"
BEGINS_MS, SHORT_MS, RECOVERS_MS, ENDS_MS = (round(hour * plan.HOUR_MS) for hour in (7.75, 9, 10.5, 11.5))
SHORT_TEAM, MISSING = "phones", 0.65


class Morning(Floor):
    """The floor, and who is missing from it."""

    def __init__(self, clock: Clock, rate: float, opinions: Opinions) -> None:
        super().__init__(clock, rate, opinions)
        self._missing: list[Agent] = []
        clock.after((SHORT_MS - clock.time_of_day_ms) / 1000, self._fall_short)
        clock.after((RECOVERS_MS - clock.time_of_day_ms) / 1000, self._recover)

    def _fall_short(self) -> None:
        there = [agent for agent in self._teams[SHORT_TEAM] if agent.online]
        self._missing = there[: round(MISSING * len(there))]
        for agent in self._missing:
            self._leave(agent)

    def _leave(self, agent: Agent) -> None:
        """Who is on a call ends it first."""
        agent.present = False
        if agent.running:
            self._clock.after(5, lambda: self._leave(agent))
        elif agent.online and self._clock.time_of_day_ms < RECOVERS_MS:
            agent.online = False
            self._log_out(agent)

    def _recover(self) -> None:
        for agent in self._missing:
            self._come(agent, (2 * plan.SHIFT_MS - RECOVERS_MS) / 1000)


def monday_morning(seed: int, start_ms: int, rate: float) -> Iterator[tuple[int, Line]]:
    """(arrival in ms, line) of the morning: on the floor it is a quarter to eight at ``start_ms``."""
    clock = Clock(seed, start_ms, time_of_day_ms=BEGINS_MS)
    opinions = Opinions(clock)
    Morning(clock, rate, opinions)
    Tickets(clock, rate, opinions)
    Customers(clock, rate)
    for arrival_ms, line in clock.run():
        if arrival_ms >= start_ms + ENDS_MS - BEGINS_MS:
            return
        yield arrival_ms, line


def last_monday_ms(now_ms: int, zone: str) -> int:
    """When the last Monday morning began that is over at ``now_ms``, by the clocks of ``zone``."""
    now = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(zone))
    monday = (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    if now - monday < timedelta(milliseconds=ENDS_MS):
        monday -= timedelta(days=7)
    return round(monday.timestamp() * 1000) + BEGINS_MS
