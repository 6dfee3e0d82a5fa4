"""When a schedule is open, as intervals: worked out day by day, and minute by minute where the clocks change (R28)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE_MS, DAY_MS = 60_000, 86_400_000
AHEAD_MS = 60 * DAY_MS  # targets fall due after the last event


def tables(
    settings: dict[str, Any], scheduled: dict[str, str], first_ms: int, last_ms: int
) -> Iterator[tuple[str, dict[str, str], list[dict[str, Any]]]]:
    """What SQL reads, (table, columns, rows): the schedule of each queue that has one, and when each is open."""
    rows: list[dict[str, Any]] = [{"queue": queue, "schedule": name} for queue, name in scheduled.items()]
    yield "queue_schedules", {"queue": "TEXT", "schedule": "TEXT"}, rows
    zone = settings.get("time", {}).get("zone", "UTC")
    open_times = [
        {"schedule": name, "open_ms": start, "close_ms": end}
        for name in sorted(set(scheduled.values()))
        for start, end in openings(settings["schedules"][name], zone, first_ms, last_ms + AHEAD_MS)
    ]
    yield "openings", {"schedule": "TEXT", "open_ms": "BIGINT", "close_ms": "BIGINT"}, open_times


def openings(schedule: Any, zone: str, from_ms: int, to_ms: int) -> Iterator[tuple[int, int]]:
    """The open intervals that touch [from, to), of ``[schedules.NAME]`` as TOML gives it: a table or a list of them."""
    weeks = schedule if isinstance(schedule, list) else [schedule]
    starts = [_start_ms(week, week.get("zone") or zone) for week in weeks]
    if starts[0] is not None and from_ms < starts[0]:
        yield from_ms, min(starts[0], to_ms)  # no schedule yet: always open (R28b)
    for week, start, end in zip(weeks, starts, [*starts[1:], to_ms], strict=True):
        low, high = max(from_ms, start or from_ms), min(to_ms, end or to_ms)
        for opens, closes in _of_week(week, ZoneInfo(week.get("zone") or zone), low, high):
            if max(opens, low) < min(closes, high):
                yield max(opens, low), min(closes, high)


def _start_ms(week: dict[str, Any], zone: str) -> int | None:
    day = week.get("from")
    if day is None:
        return None
    return round(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def _of_week(week: dict[str, Any], zone: ZoneInfo, low: int, high: int) -> Iterator[tuple[int, int]]:
    closed = _holidays(week.get("holidays", ""))
    for day_ms in range(low // DAY_MS * DAY_MS, high, DAY_MS):  # a day of UTC at a time
        first, last = _local(zone, day_ms), _local(zone, day_ms + DAY_MS)
        if first.utcoffset() == last.utcoffset():
            yield from _of_day(week, closed, day_ms, first)
        else:
            for minute_ms in range(day_ms, day_ms + DAY_MS, MINUTE_MS):
                local = _local(zone, minute_ms)
                minute = local.hour * 60 + local.minute
                if local.date() not in closed and any(a <= minute < b for a, b in _periods(week, local.date())):
                    yield minute_ms, minute_ms + MINUTE_MS


def _of_day(week: dict[str, Any], closed: frozenset[date], day_ms: int, first: datetime) -> Iterator[tuple[int, int]]:
    """The day of UTC that begins with the local time ``first``: a piece of two local days."""
    midnight = day_ms - (first.hour * 60 + first.minute) * MINUTE_MS - first.second * 1000
    for n in (0, 1):
        day = first.date() + timedelta(days=n)
        if day not in closed:
            for a, b in _periods(week, day):
                start = midnight + n * DAY_MS
                opens, closes = max(start + a * MINUTE_MS, day_ms), min(start + b * MINUTE_MS, day_ms + DAY_MS)
                if opens < closes:
                    yield opens, closes


def _local(zone: ZoneInfo, at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms // 1000, UTC).astimezone(zone)


def _periods(week: dict[str, Any], day: date) -> list[tuple[int, int]]:
    found = []
    for text in week.get(WEEKDAYS[day.weekday()], ()):
        start, _, end = text.partition("-")
        found.append((_minutes(start), _minutes(end)))
    return found


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


@cache
def _holidays(code: str) -> frozenset[date]:
    if not code:
        return frozenset()
    import holidays

    country, _, part = code.partition("-")
    return frozenset(holidays.country_holidays(country, part or None, years=range(1990, 2040)))
