"""What the board knows at a moment: the merged view, how fresh it is, and the snapshot that pages are fed with."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from stream.core.facts import KINDS
from stream.core.kpis import CATALOGUE
from stream.core.metrics import WITH_QUANTILES
from stream.core.view import Address, KpiRow, View, further_of
from topics.aggregates import TARGET
from topics.catalogue import SOURCES

if TYPE_CHECKING:
    from stream.board.follower import Follower
    from stream.core.settings import Settings

# Percentiles are the dearest part of the rows: metrics show those of a few KPIs only, pages none.
BRIEF = frozenset(KINDS[CATALOGUE[name].inputs[0]] for name in WITH_QUANTILES)
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
                    **self._opening(place.name, now_ms),
                    "targets": {},
                    "kpis": {},
                }
        for (name, channel), tile in found.items():
            for window, row in self._rows(("queue", name, channel), now_ms):
                if row.stat in ("value", "mean") and not _further(row):
                    tile["kpis"].setdefault(window, {})[row.kpi] = row.value
        self._add_targets(found, now_ms)
        return list(found.values())

    def _add_targets(self, tiles: dict[tuple[str, str], dict[str, Any]], now_ms: int) -> None:
        """The running service targets of each queue and channel: how many are at risk and breached, the next due."""
        for address in self.view.addresses():
            family, name, channel = address
            if family.startswith(TARGET) and name is not None and channel is not None and (name, channel) in tiles:
                rows = self.view.rows_at(address, "now", now_ms, self.view.first_ms(now_ms), BRIEF)
                tiles[name, channel]["targets"][family.removeprefix(TARGET)] = {
                    **{row.kpi.removeprefix("targets_"): row.value for row in rows},
                    "next_due_ms": self.view.next_due_ms(address, now_ms),
                }

    def _opening(self, queue: str, now_ms: int) -> dict[str, Any]:
        """Whether the queue is open; while it is shut, when it opens next (None: it does not)."""
        schedule = self.settings.schedule(queue)
        if schedule is None or schedule.is_open(now_ms):
            return {"open": True}
        return {"open": False, "next_opening_ms": schedule.next_opening(now_ms)}

    def _rows(self, address: Address, now_ms: int) -> Iterator[tuple[str, KpiRow]]:
        """(window, row) of one place in the windows that pages show."""
        first_ms = self.view.first_ms(now_ms)
        for window in SHOWN_WINDOWS:
            for row in self.view.rows_at(address, window, now_ms, first_ms, BRIEF):
                yield window, row

    def _teams(self, now_ms: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for address in self.view.addresses():
            if address[0] != "team" or address[1] is None:
                continue
            states: dict[str, float] = {}
            occupancy: dict[str, float] = {}
            for window, row in self._rows(address, now_ms):
                if row.kpi == "agents" and isinstance(row.state, str):
                    states[row.state] = row.value
                elif row.kpi == "occupancy_ratio":
                    occupancy[window] = row.value
            if sum(states.values()):
                found.append({"team": address[1], "states": states, "occupancy": occupancy})
        return found


def _further(row: KpiRow) -> bool:
    """Whether the row is one of several along a further dimension."""
    return any(value not in (None, "calendar") for value in further_of(row).values())
