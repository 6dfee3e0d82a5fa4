"""Local days: when each begins, by zone and start of day (K19). And what a window is at a moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

FINE_MS, QUARTER_MS = 10_000, 900_000
MINUTES = {"5m": 5, "15m": 15, "30m": 30, "1h": 60}
# (days back to the first, days back to the last) counted from today
DAYS = {"today": (0, 0), "yesterday": (1, 1), "7d": (6, 0), "28d": (27, 0)}


class Calendar(NamedTuple):
    """A zone and the local time at which its day begins."""

    zone: str
    day_start: str

    def start_ms(self, day: date) -> int:
        """When ``day`` begins."""
        local = datetime.combine(day, time.fromisoformat(self.day_start), tzinfo=ZoneInfo(self.zone))
        return int(local.astimezone(UTC).timestamp() * 1000)

    def day_of(self, at_ms: int) -> date:
        """The day that a moment belongs to: the last one that has begun."""
        day = datetime.fromtimestamp(at_ms / 1000, ZoneInfo(self.zone)).date() + timedelta(days=1)
        while self.start_ms(day) > at_ms:
            day -= timedelta(days=1)
        return day

    def starts_ms(self, from_ms: int, to_ms: int) -> list[int]:
        """The starts of all days that touch [from, to], and of the one after."""
        day, last = self.day_of(from_ms), self.day_of(to_ms) + timedelta(days=1)
        return [self.start_ms(day + timedelta(days=n)) for n in range((last - day).days + 1)]


class Comparable(NamedTuple):
    """Two spans, [from, to) each."""

    compared: tuple[int, int]
    previous: tuple[int, int]


def span(window: str, now_ms: int, own: Calendar, organisation: Calendar | None = None) -> tuple[int, int]:
    """[from, to) of a live window at ``now_ms``. It ends now, in the middle of a pane: sliding windows begin with a
    pane of 10 s, the 24 hours with a quarter of an hour, days with the local day.

    With ``organisation`` it is the share of a queue in a sum over queues: the days are those that the organisation
    has now, by date, each in the queue's own calendar.
    """
    if window in MINUTES:
        return (now_ms // FINE_MS + 1) * FINE_MS - MINUTES[window] * 60_000, now_ms + 1
    if window == "24h":
        return (now_ms // QUARTER_MS + 1) * QUARTER_MS - 24 * 3_600_000, now_ms + 1
    back, until = DAYS[window]
    today = (organisation or own).day_of(now_ms)
    end_ms = own.start_ms(today - timedelta(days=until - 1))
    return own.start_ms(today - timedelta(days=back)), min(now_ms + 1, end_ms)


def comparable(window: str, now_ms: int, own: Calendar, organisation: Calendar | None = None) -> Comparable:
    """What is compared of a live window, and the same part of the window before it: both without the pane (10 s, a
    quarter of an hour, a day) that is not over. Yesterday ends at the local time that it is now.
    """
    calendar = organisation or own
    today = calendar.day_of(now_ms)
    if window in MINUTES or window == "24h":
        pane_ms = FINE_MS if window in MINUTES else QUARTER_MS
        length_ms = MINUTES.get(window, 24 * 60) * 60_000
        until_ms = now_ms - now_ms % pane_ms
        part = until_ms + pane_ms - length_ms, until_ms
        return Comparable(part, (part[0] - length_ms, part[1] - length_ms))
    if window == "today":
        start_ms, yesterday_ms = calendar.start_ms(today), calendar.start_ms(today - timedelta(days=1))
        until_ms = now_ms - now_ms % QUARTER_MS
        wall = datetime.fromtimestamp(until_ms / 1000, ZoneInfo(calendar.zone)).replace(tzinfo=None)
        same = (wall - timedelta(days=1)).replace(tzinfo=ZoneInfo(calendar.zone)).timestamp() * 1000
        return Comparable((start_ms, until_ms), (yesterday_ms, min(int(same), start_ms)))
    back, until = DAYS[window]
    over = max(until, 1)  # the last day that is over, counted from today
    length = back - until + 1
    return Comparable(
        (own.start_ms(today - timedelta(days=back)), own.start_ms(today - timedelta(days=over - 1))),
        (
            own.start_ms(today - timedelta(days=back + length)),
            own.start_ms(today - timedelta(days=over + length - 1)),
        ),
    )
