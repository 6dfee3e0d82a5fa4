"""Local days: which day of a queue's calendar a moment belongs to, and when that day starts and ends.

A day is numbered by its date (days since 1970-01-01). It starts at ``day_start`` local time and is 23, 24 or 25 hours
long where the clocks change.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_EPOCH = date(1970, 1, 1)
HOUR_MS = 3_600_000


class Days:
    """The days of one zone and start of day. Starts are computed once and kept."""

    def __init__(self, zone: str, day_start: str) -> None:
        self._zone = ZoneInfo(zone)
        self._start = time.fromisoformat(day_start)
        self._starts: list[int] = []
        self._first = 0

    def start_ms(self, day: int) -> int:
        """When the day begins."""
        local = datetime.combine(_EPOCH + timedelta(days=day), self._start, tzinfo=self._zone)
        return round(local.astimezone(UTC).timestamp() * 1000)

    def day_of(self, at_ms: int) -> int:
        """The day that ``at_ms`` falls in."""
        if not self._starts or not self._starts[0] <= at_ms < self._starts[-1]:
            self._extend(at_ms)
        return self._first + bisect_right(self._starts, at_ms) - 1

    def _extend(self, at_ms: int) -> None:
        near = at_ms // (24 * HOUR_MS)
        first, last = near - 2, near + 3
        if self._starts and abs(near - self._first) < 4000:
            first, last = min(first, self._first), max(last, self._first + len(self._starts))
        self._first = first
        self._starts = [self.start_ms(day) for day in range(first, last)]

    def day_before_ms(self, at_ms: int) -> int:
        """When the clock on the wall showed the same time a date earlier. Of a time that it showed twice then, the
        first; of one that it skipped, as if it had not.
        """
        local = datetime.fromtimestamp(at_ms / 1000, self._zone).replace(tzinfo=None)
        before = (local - timedelta(days=1)).replace(tzinfo=self._zone)
        return round(before.astimezone(UTC).timestamp() * 1000)

    def first_start_from(self, at_ms: int) -> int:
        """The first start of a day at or after ``at_ms``."""
        day = self.day_of(at_ms)
        start = self.start_ms(day)
        return start if start == at_ms else self.start_ms(day + 1)


@lru_cache(maxsize=256)
def days(zone: str, day_start: str) -> Days:
    """The shared ``Days`` of a zone and start of day."""
    return Days(zone, day_start)


def iso(at_ms: int, zone: str) -> str:
    """``at_ms`` as ISO 8601 with the offset of ``zone``; milliseconds only where there are any."""
    local = datetime.fromtimestamp(at_ms / 1000, ZoneInfo(zone))
    return local.isoformat(timespec="milliseconds" if at_ms % 1000 else "seconds")
