"""The last hour of each number on the page, a point a minute: what a sparkline is drawn from.

Kept by the board itself and lost with it, but for what the panes still tell (``State.recall``); a minute in which
nothing was known is a gap, never a zero.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

POINTS = 60
MINUTE_MS = 60_000
Name = tuple[str, str]  # queue, channel


class Trends:
    """``version`` rises with each minute that was added."""

    def __init__(self) -> None:
        self.version = 0
        self._minute = 0
        self._points: dict[Name, dict[str, dict[int, float]]] = {}

    def is_due(self, now_ms: int) -> bool:
        """Whether another minute has begun."""
        return now_ms // MINUTE_MS > self._minute

    def add(self, now_ms: int, tiles: Iterable[Mapping[str, Any]], metrics: Collection[str] | None = None) -> None:
        """The numbers of this minute (``metrics``: only these); what lies before the last hour is forgotten, and so are
        tiles that are gone.
        """
        self._minute = now_ms // MINUTE_MS
        self.version += 1
        oldest, before, self._points = self._minute - POINTS + 1, self._points, {}
        for tile in tiles:
            name = (tile["queue"], tile["channel"])
            known = before.get(name, {})
            self._points[name] = {
                metric: {m: v for m, v in known.get(metric, {}).items() if m >= oldest}
                | ({} if one["value"] is None else {self._minute: _rounded(one["value"])})
                for metric, one in tile["values"].items()
                if metrics is None or metric in metrics
            }

    def told(self) -> dict[str, Any]:
        """What pages are told: the minute of the last point, and the last sixty of each number (null: a gap)."""
        minutes = range(self._minute - POINTS + 1, self._minute + 1)
        return {
            "minute_ms": self._minute * MINUTE_MS,
            "tiles": [
                {
                    "queue": queue,
                    "channel": channel,
                    "points": {m: [points.get(n) for n in minutes] for m, points in metrics.items() if points},
                }
                for (queue, channel), metrics in self._points.items()
            ],
        }


def _rounded(value: float) -> float:
    """Enough for a line of some pixels: three decimals of a ratio, whole seconds of a duration."""
    return round(value, 3) if value <= 1 else round(value)
