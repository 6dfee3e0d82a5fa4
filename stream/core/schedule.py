"""Opening hours: when a queue is open, how much open time lies between two moments, when a target of open time is due.

A schedule is a list of weeks, each in force from a date on (until the next one's): every second counts under the week
then in force. Before the first date there is no schedule yet, and without one a queue is always open (R28b).

A moment is inside a period when the clock on the wall of the schedule's zone shows a time inside it. So an hour that
the clocks skip in spring is not open time, the hour that they show twice in autumn is open twice, and a day that is
open around the clock has 23 or 25 hours then.

Open intervals are worked out in stretches of ``STRETCH_MS`` and kept with the open time before each of them, so that
every question is one bisection, however long the span.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from stream.core.days import HOUR_MS

MINUTE_MS = 60_000
DAY_MS = 24 * HOUR_MS
STRETCH_MS = 64 * DAY_MS
SHUT_STRETCHES_MAX = 7  # who does not open for more than a year does not open any more
_EPOCH = date(1970, 1, 1)
_MONDAY = 3  # 1970-01-01 was a Thursday
_PROBE_MS = 3 * HOUR_MS
_FAR_MS = 1 << 62

Interval = tuple[int, int]


class Week(NamedTuple):
    """The hours in force from a date on: ``periods`` of Monday to Sunday, each [from, to) in minutes of the local day;
    ``days_off`` are day numbers (days since 1970-01-01) without any. ``from_day`` None: since ever.
    """

    zone: str
    periods: tuple[tuple[tuple[int, int], ...], ...]
    days_off: frozenset[int] = frozenset()
    from_day: int | None = None


class Schedule:
    """Weekly hours with days off, effective-dated."""

    def __init__(self, weeks: tuple[Week, ...]) -> None:
        starts = [_start_ms(week) for week in weeks]
        self._parts: list[tuple[Week | None, int, int]] = [
            (week, start, end) for week, start, end in zip(weeks, starts, [*starts[1:], _FAR_MS], strict=True)
        ]
        if starts[0] > -_FAR_MS:
            self._parts.insert(0, (None, -_FAR_MS, starts[0]))
        self._from = self._to = 0
        self._opens: list[int] = []
        self._closes: list[int] = []
        self._before: list[int] = []  # the open time from an origin until the interval opens
        self._low = self._high = 0  # the same at ``_from`` and ``_to``

    # --- questions ---------------------------------------------------------------------------------------------------

    def business_ms(self, start_ms: int, end_ms: int) -> int:
        """The open time in [start, end)."""
        return self._worked(end_ms) - self._worked(start_ms)

    def add_business(self, start_ms: int, ms: int) -> int | None:
        """The first moment by which ``ms`` of open time have passed since ``start_ms``; None: that time never comes."""
        return self._moment(self._worked(start_ms) + ms) if ms > 0 else start_ms

    def is_open(self, at_ms: int) -> bool:
        """Whether ``at_ms`` is open time."""
        self._cover(at_ms)
        i = bisect_right(self._opens, at_ms) - 1
        return i >= 0 and at_ms < self._closes[i]

    def next_opening(self, at_ms: int) -> int | None:
        """The first open moment at or after ``at_ms``; None: there is none."""
        if self.is_open(at_ms):
            return at_ms
        next_ms = self._moment(self._worked(at_ms) + 1)
        return None if next_ms is None else next_ms - 1

    # --- how ---------------------------------------------------------------------------------------------------------

    def _worked(self, at_ms: int) -> int:
        """The open time from the origin until ``at_ms``."""
        self._cover(at_ms)
        i = bisect_right(self._opens, at_ms) - 1
        return self._before[i] + min(at_ms, self._closes[i]) - self._opens[i] if i >= 0 else self._low

    def _moment(self, worked_ms: int) -> int | None:
        """The first moment when the open time from the origin is ``worked_ms``."""
        shut = 0
        while self._high < worked_ms:
            before = self._high
            self._append()
            shut = shut + 1 if self._high == before else 0
            if shut == SHUT_STRETCHES_MAX:
                return None
        i = bisect_left(self._before, worked_ms) - 1
        return self._opens[i] + worked_ms - self._before[i]

    def _cover(self, at_ms: int) -> None:
        """Works out the intervals up to the stretch that ``at_ms`` is in."""
        if self._from <= at_ms < self._to:
            return
        if self._from == self._to:
            self._from = self._to = at_ms // STRETCH_MS * STRETCH_MS
        while at_ms >= self._to:
            self._append()
        while at_ms < self._from:
            self._prepend()

    def _append(self) -> None:
        self._to += STRETCH_MS
        for start, end in self._open_in(self._to - STRETCH_MS, self._to):
            self._opens.append(start)
            self._closes.append(end)
            self._before.append(self._high)
            self._high += end - start

    def _prepend(self) -> None:
        found = list(self._open_in(self._from - STRETCH_MS, self._from))
        self._from -= STRETCH_MS
        before = []
        low = self._low = self._low - sum(end - start for start, end in found)
        for start, end in found:
            before.append(low)
            low += end - start
        self._opens[:0] = [start for start, _ in found]
        self._closes[:0] = [end for _, end in found]
        self._before[:0] = before

    def _open_in(self, start_ms: int, end_ms: int) -> Iterator[Interval]:
        for week, from_ms, until_ms in self._parts:
            low, high = max(start_ms, from_ms), min(end_ms, until_ms)
            if low >= high:
                continue
            if week is None:
                yield low, high
            else:
                yield from _open_in_week(week, low, high)


def _open_in_week(week: Week, start_ms: int, end_ms: int) -> Iterator[Interval]:
    for low, high, offset in _offsets(ZoneInfo(week.zone), start_ms, end_ms):
        for day in range((low + offset) // DAY_MS, (high - 1 + offset) // DAY_MS + 1):
            if day in week.days_off:
                continue
            midnight = day * DAY_MS - offset
            for opens, closes in week.periods[(day + _MONDAY) % 7]:
                start, end = max(low, midnight + opens * MINUTE_MS), min(high, midnight + closes * MINUTE_MS)
                if start < end:
                    yield start, end


def _offsets(zone: ZoneInfo, start_ms: int, end_ms: int) -> Iterator[tuple[int, int, int]]:
    """The stretches of [start, end) within which the zone keeps one offset (ms): (from, to, offset)."""
    low, offset = start_ms, _offset_ms(zone, start_ms)
    at = start_ms
    while at < end_ms:
        after = min(at + _PROBE_MS, end_ms)
        later = _offset_ms(zone, after)
        if later != offset:
            before, changed = at, after
            while changed - before > 1:
                middle = (before + changed) // 2
                before, changed = (middle, changed) if _offset_ms(zone, middle) == offset else (before, middle)
            yield low, changed, offset
            low, offset = changed, later
        at = after
    if low < end_ms:
        yield low, end_ms, offset


def _offset_ms(zone: ZoneInfo, at_ms: int) -> int:
    offset = datetime.fromtimestamp(at_ms / 1000, zone).utcoffset() or timedelta()
    return round(offset.total_seconds() * 1000)


def _start_ms(week: Week) -> int:
    """When the week comes into force: at midnight of its zone."""
    return -_FAR_MS if week.from_day is None else midnight_ms(week.from_day, week.zone)


def midnight_ms(day: int, zone: str) -> int:
    """When the local day ``day`` (days since 1970-01-01) begins."""
    local = datetime.combine(_EPOCH + timedelta(days=day), time(), tzinfo=ZoneInfo(zone))
    return round(local.astimezone(UTC).timestamp() * 1000)


def day_number(day: date) -> int:
    """A date as days since 1970-01-01."""
    return (day - _EPOCH).days
