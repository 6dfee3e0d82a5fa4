"""What the board knows at a moment: the merged view, how fresh it is, and the snapshot that pages are fed with."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stream.core.view import KpiRow, View, further_of
from topics.catalogue import SOURCES

if TYPE_CHECKING:
    from stream.board.follower import Follower
    from stream.core.settings import Settings

SHOWN_WINDOWS = ("now", "30m", "today")


def wall_ms() -> int:
    """The wall clock: read at this edge only, and handed on."""
    return time.time_ns() // 1_000_000


class State:
    """The view with its clock. ``problems`` says in words what keeps the board from being ready."""

    def __init__(self, settings: Settings, view: View, follower: Follower, clock: Callable[[], int] = wall_ms) -> None:
        self.settings, self.view, self.follower = settings, view, follower
        self.clock = clock

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

    def snapshot(self) -> dict[str, Any]:
        """Everything that a page shows: whole, so that a reader needs nothing from before."""
        now_ms, view = self.now_ms(), self.view
        silent = self.silent()
        watermark_ms = view.watermark_ms(now_ms)
        return {
            "now_ms": now_ms,
            "clock": self.settings.time.clock,
            "zone": self.settings.time.zone,
            "watermark_ms": watermark_ms or None,
            "heard_ms": self._heard_ms(),
            "stale": {"partitions": len(silent), "since_ms": self._heard_ms() if silent else None},
            "config_version": self.settings.config_version,
            "events": self._events(),
            "queues": self._queues(now_ms),
            "teams": self._teams(now_ms),
        }

    def _heard_ms(self) -> int | None:
        return min((mark.published_ms for mark in self.view.marks.values()), default=None)

    def _events(self) -> dict[str, int]:
        marks = self.view.marks.values()
        events = {name: sum(getattr(mark, name) for mark in marks) for name in ("accepted", "duplicate", "late")}
        return {**events, "rejected": sum(sum(mark.rejected.values()) for mark in marks)}

    def _queues(self, now_ms: int) -> list[dict[str, Any]]:
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for place in self.view.places():
            if place.family == "queue":
                queue = self.settings.queue(place.name)
                found[place.name, place.channel] = {
                    "queue": place.name,
                    "channel": place.channel,
                    "label": queue.label or place.name,
                    "answer_target_seconds": queue.answer_target_seconds,
                    "objective": queue.objective,
                    "abandonment_max": queue.abandonment_max,
                    "longest_wait_max_seconds": queue.longest_wait_max_seconds,
                    "warn": queue.warn,
                    "kpis": {},
                }
        for window in SHOWN_WINDOWS:
            for row in self.view.rows(window, now_ms):
                tile = found.get((row.queue or "", row.channel or "")) if row.queue is not None else None
                if tile is not None and row.stat in ("value", "mean") and not _further(row):
                    tile["kpis"].setdefault(window, {})[row.kpi] = row.value
        return list(found.values())

    def _teams(self, now_ms: int) -> list[dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for window in SHOWN_WINDOWS:
            for row in self.view.rows(window, now_ms):
                if not isinstance(row.team, str):
                    continue
                team = found.setdefault(row.team, {"team": row.team, "states": {}, "occupancy": {}})
                if row.kpi == "agents" and isinstance(row.state, str):
                    team["states"][row.state] = row.value
                elif row.kpi == "occupancy_ratio":
                    team["occupancy"][window] = row.value
        return [team for team in found.values() if sum(team["states"].values())]


def _further(row: KpiRow) -> bool:
    """Whether the row is one of several along a further dimension."""
    return any(value not in (None, "calendar") for value in further_of(row).values())
