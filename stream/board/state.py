"""What the board knows at a moment: the merged view, how fresh it is, and the snapshot that pages are fed with."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stream.board.alarms import alarms, next_missed
from stream.board.tiles import Tiles
from stream.board.trends import MINUTE_MS, Trends
from stream.core.facts import KINDS
from stream.core.kpis import CATALOGUE
from stream.core.metrics import WITH_QUANTILES
from stream.core.panes import FINE_KEPT_MS
from stream.core.view import View
from topics.catalogue import SOURCES

if TYPE_CHECKING:
    from stream.board.follower import Follower
    from stream.core.settings import Settings

# Percentiles are the dearest part of the rows: metrics show those of a few KPIs only, pages none.
BRIEF = frozenset(KINDS[CATALOGUE[name].inputs[0]] for name in WITH_QUANTILES)
WINDOW = "30m"  # what pages show when they do not say otherwise
WINDOW_MS = 30 * MINUTE_MS
RECALLED = ("service", "abandoned", "first", "occupancy")
RECALLED_MINUTES, RECALLED_PLACES = FINE_KEPT_MS // MINUTE_MS - 31, 100
DAYS_OF = {"yesterday": 2, "7d": 7, "28d": 28}
SHOWN_SOURCES = (("voice", "call.events"), ("chat", "chat.events"), ("tickets", "ticket.events"),
                 ("agents", "agent.events"))  # fmt: skip


def wall_ms() -> int:
    """The wall clock: read at this edge only, and handed on."""
    return time.time_ns() // 1_000_000


class State:
    """The view with its clock. ``problems`` says in words what keeps the board from being ready."""

    def __init__(self, settings: Settings, view: View, follower: Follower, clock: Callable[[], int] = wall_ms) -> None:
        self.settings, self.view, self.follower = settings, view, follower
        self.clock = clock
        self.tiles, self.trends = Tiles(settings, view), Trends()

    def now_ms(self) -> int:
        """What "now" is for the KPIs."""
        return self.view.now_ms(self.clock())

    def silent(self) -> list[str]:
        """The source partitions whose worker has not been heard of for ``board.stale_seconds`` (or never)."""
        if self.settings.time.clock == "events":
            return []
        oldest = self.clock() - round(self.settings.board.stale_seconds * 1000)
        marks = self.view.marks
        return [
            f"{topic}/{number}"
            for topic in SOURCES
            for number in range(self.follower.partitions)
            if (topic, number) not in marks or marks[topic, number].published_ms < oldest
        ]

    def problems(self) -> list[str]:
        """Why the board is not ready; empty when it is."""
        if not self.follower.caught_up.is_set():
            return ["the aggregates are still being read"]
        missing = [
            f"{topic}/{number}"
            for topic in SOURCES
            for number in range(self.follower.partitions)
            if (topic, number) not in self.view.marks
        ]
        if missing:
            return [f"no worker has published {len(missing)} partitions yet, such as {missing[0]}"]
        silent = self.silent()
        return [f"no worker is heard of for {len(silent)} partitions, such as {silent[0]}"] if silent else []

    def snapshot(self, window: str = WINDOW) -> dict[str, Any]:
        """Everything that a page shows: whole, so that a reader needs nothing from before."""
        now_ms, view, board = self.now_ms(), self.view, self.settings.board
        silent = self.silent()
        sources = self._sources(now_ms)
        # What is stale stays what it was: it neither ages nor leaves its window.
        heard_ms = self._heard_ms()
        shown_ms = min(now_ms, heard_ms) if silent and heard_ms is not None else now_ms
        outside = is_outside(window, board.retention_days)
        of = None if outside else window
        tiles = self.tiles.made(of, shown_ms, {one["topic"]: one["newest_ms"] for one in sources if one["silent"]})
        problems = self.problems()
        return {
            "now_ms": now_ms,
            "window": window,
            "clock": self.settings.time.clock,
            "zone": self.settings.time.zone,
            "watermark_ms": view.watermark_ms(now_ms) or None,
            "heard_ms": heard_ms,
            "stale": {"partitions": len(silent), "since_ms": heard_ms if silent else None},
            "starting": self._starting(problems),
            "retention": {"days": board.retention_days, "first_ms": view.first_ms(now_ms),
                          "outside": outside},
            "per_agent": board.per_agent,
            "config_version": self.settings.config_version,
            "events": self._events(),
            "sources": sources,
            "configured": [
                {"queue": name, "label": queue.label or name, "channels": queue.channels,
                 "objective": queue.objective, "longest_wait_max_seconds": queue.longest_wait_max_seconds}
                for name, queue in self.settings.queues.items() if name != "*"
            ],
            "queues": tiles,
            "teams": self.tiles.teams(of, shown_ms),
            "next": next_missed(tiles),
            "alarms": alarms(tiles),
        }  # fmt: skip

    async def recall(self) -> None:
        """The last half hour of what is summed over a window, from the panes: a board that has just been started has
        trends. Who waited then is not kept: those begin now. A large floor is left out: it would take too long.
        """
        now_ms, tiles = self.now_ms(), Tiles(self.settings, self.view)
        if not now_ms or len(self.view.places()) > RECALLED_PLACES:
            return
        for back in range(RECALLED_MINUTES, 0, -1):
            then_ms = now_ms - back * MINUTE_MS
            if then_ms - WINDOW_MS >= self.view.first_ms(now_ms):
                self.trends.add(then_ms, tiles.made(WINDOW, then_ms, {}), RECALLED)
                await asyncio.sleep(0)

    def sample(self) -> None:
        """Adds a point to the trends when a minute has begun. Cheap when none has."""
        now_ms = self.now_ms()
        if now_ms and self.trends.is_due(now_ms) and not self.problems():
            self.trends.add(now_ms, self.tiles.made(WINDOW, now_ms, {}))

    def _starting(self, problems: list[str]) -> dict[str, Any] | None:
        """While not everything is read, or a partition was never told of: how far the reading is, and why it waits."""
        if not problems or (self.silent() and self.follower.caught_up.is_set() and self._is_complete()):
            return None
        return {"progress": self.follower.progress, "why": problems[0]}

    def _is_complete(self) -> bool:
        return len(self.view.marks) >= len(SOURCES) * self.follower.partitions

    def _sources(self, now_ms: int) -> list[dict[str, Any]]:
        """The sources that have said something, or that an open queue waits for: the newest event of each."""
        marks, silent_ms = self.view.marks, round(self.settings.board.silent_seconds * 1000)
        is_wall = self.settings.time.clock == "wall"
        wanted = {
            "ticket.events" if not self.view.has(place, "contact") else
            "call.events" if place.channel == "voice" else "chat.events"
            for place in self.view.places() if place.family == "queue" and self._is_open(place.name, now_ms)
        }  # fmt: skip
        found = []
        for name, topic in SHOWN_SOURCES:
            newest_ms = max((mark.watermark_ms for (of, _), mark in marks.items() if of == topic), default=0)
            if newest_ms:
                late = is_wall and silent_ms > 0 and newest_ms < now_ms - silent_ms
                is_silent = late and (topic in wanted or (name == "agents" and bool(wanted)))
                found.append({"name": name, "topic": topic, "newest_ms": newest_ms, "silent": is_silent})
        return found

    def _is_open(self, queue: str, now_ms: int) -> bool:
        schedule = self.settings.schedule(queue)
        return schedule is None or schedule.is_open(now_ms)

    def _heard_ms(self) -> int | None:
        return min((mark.published_ms for mark in self.view.marks.values()), default=None)

    def _events(self) -> dict[str, int]:
        marks = self.view.marks.values()
        events = {name: sum(getattr(mark, name) for mark in marks) for name in ("accepted", "duplicate", "late")}
        return {**events, "rejected": sum(sum(mark.rejected.values()) for mark in marks)}


def is_outside(window: str, days: int) -> bool:
    """Whether a window begins before what is kept (``board.retention_days``; 0: everything is)."""
    return bool(days) and DAYS_OF.get(window, 0) > days
