"""The previous comparable window: which spans are compared, what rows say of it, and why there may be none."""

from __future__ import annotations

from datetime import datetime

import pytest

from stream.core.batch import Engine
from stream.core.days import days
from stream.core.panes import COARSE_MS, FINE_KEPT_MS
from stream.core.previous import compare
from stream.core.settings import load
from stream.core.view import View
from stream.core.windows import WINDOWS, comparable
from tests.core.floor import ARRIVED_MS, CALL, T0_MS, answered, call, entered, history, partition, rows_of
from tests.oracle.calendars import Calendar
from tests.oracle.calendars import comparable as judged
from topics import aggregates as agg

MINUTE_MS, HOUR, DAY = 60_000, 3600, 86_400
COMPARED_WINDOWS = tuple(window for window in WINDOWS if window not in ("now", "all"))


def view_of(events, settings=None):
    """What a board shows of these calls."""
    settings = settings or history()
    engine, view = Engine(settings), View(settings)
    for topic, key, value in events:
        engine.feed(topic, key, value, ARRIVED_MS)
    for key, value in engine.aggregates():
        view.put(key, value)
    return view


def calls(*at_s):
    """An answered call at each of the times, whose wait is its number in tens of seconds."""
    found = []
    for n, at in enumerate(at_s, 1):
        one = call(f"c{n}")
        found += [entered(one, at - 10 * n), answered(one, at)]
    return found


def compared(view, window, minutes, kpi, stat="value"):
    """(what it is compared with, the row over everything) of a KPI."""
    now_ms = T0_MS + round(minutes * MINUTE_MS)
    rows = view.rows(window, now_ms, kpi=kpi)
    previous, rows = compare(view, window, now_ms, rows, lambda of: view.rows(of, now_ms, kpi=kpi))
    return previous, next(row for row in rows if row.queue is None and row.channel is None and row.stat == stat)


def test_the_hour_before():
    """A sliding window is compared with the one right before it, both without the 10 s that are not over."""
    view = view_of(calls(-9000, 60, 120, 3700, 3720, 3730, 7205))  # the first: so that something is before
    previous, row = compared(view, "1h", 120 + 6 / 60, "contacts_answered")  # now is 12:00:06
    assert (previous.from_, previous.to, previous.until) == (
        "2025-12-01T10:00:10+00:00", "2025-12-01T11:00:00+00:00", "2025-12-01T12:00:00+00:00",
    )  # fmt: skip
    assert (row.value, row.compared, row.previous) == (4, 3, 2)  # what came at 12:00:05 has no counterpart yet
    _, row = compared(view, "1h", 120.1, "answer_speed_seconds", "mean")
    assert (row.previous, row.previous_count) == (25, 2)


def test_yesterday_up_to_the_same_time():
    """Today is compared with yesterday by whole quarters of an hour, so both are exact and equally long."""
    view = view_of(calls(-2 * DAY, -DAY - HOUR, -DAY - 60, -DAY + 60, -HOUR, 0, 300))
    previous, row = compared(view, "today", 10, "contacts_answered")  # 10:10: compared up to 10:00
    assert (previous.from_, previous.to, previous.until) == (
        "2025-11-30T00:00:00+00:00", "2025-11-30T10:00:00+00:00", "2025-12-01T10:00:00+00:00",
    )  # fmt: skip
    assert (row.value, row.compared, row.previous) == (3, 1, 2)


@pytest.mark.parametrize(
    ("window", "numbers"), [("24h", (3, 3, 2)), ("yesterday", (4, 4, 1)), ("7d", (6, 5, 1)), ("28d", (7, 6, 2))]
)
def test_windows_of_days(window, numbers):
    """The 24 hours before, the day before, the same days of the week (of the four weeks) before."""
    at = [-60 * DAY, -40 * DAY, -30 * DAY, -10 * DAY, -50 * HOUR, -30 * HOUR, -26 * HOUR, -22 * HOUR, -20 * HOUR, 0]
    previous, row = compared(view_of(calls(*at)), window, 20, "contacts_answered")
    assert previous.absent is None
    assert (row.value, row.compared, row.previous) == numbers


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_spans_over_changes_of_the_clocks(zone):
    """At every hour around both changes of a year the spans are those that the judge works out, day by day."""
    calendar, other = days(zone, "03:30"), Calendar(zone, "03:30")
    changes = ("2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-01")
    for change in changes:
        midnight_ms = int(datetime.fromisoformat(f"{change}T00:00+00:00").timestamp() * 1000)
        for half_hour in range(-60, 120):
            now_ms = midnight_ms + half_hour * 30 * MINUTE_MS + 123_456
            for window in COMPARED_WINDOWS:
                part, before = comparable(window, now_ms, calendar)
                spans = judged(window, now_ms, other)
                assert (part.start_ms, part.end_ms) == spans.compared, (window, now_ms)
                assert (before.start_ms, before.end_ms) == spans.previous, (window, now_ms)


def test_why_there_is_none():
    """A moment, everything, what began before the first event, what is kept too short: said in words."""
    view = view_of(calls(0, 60))
    for window, why in (
        ("now", "moment"),
        ("all", "nothing"),
        ("1h", "2025-12-01T09:59:50+00:00"),
        ("today", "first event"),
    ):
        previous, rows = compare(view, window, T0_MS + 100_000, view.rows(window, T0_MS + 100_000), view.rows)
        assert why in previous.absent
        assert "compared" not in str(rows[0]).replace("compared=UNSET", "").replace("compared_count=UNSET", "")
    short = load("", {}, {"time.clock": "events", "time.horizon_hours": 0})
    view = view_of(calls(-80 * DAY, 0), short)
    previous, _ = compare(view, "28d", T0_MS, [], lambda of: view.rows(of, T0_MS))
    assert previous.absent == "board.retention_days = 35 keeps less than the 55 days it takes"


def test_a_row_without_a_counterpart():
    """No sample before is null, as against a count, which is 0."""
    view = view_of(calls(-9000, 3700))
    _, row = compared(view, "1h", 120, "answer_speed_seconds", "mean")
    assert (row.compared, row.compared_count, row.previous, row.previous_count) == (20, 1, None, None)
    _, row = compared(view, "1h", 120, "contacts_answered")
    assert (row.compared, row.previous) == (1, 0)


def test_what_is_kept_for_it():
    """A worker keeps fine panes for two hours and quarters for two days although the days are final by then; a board
    lets go of what no worker takes back.
    """
    settings = load("", {}, {"time.horizon_hours": 26})
    part = partition(CALL, settings)
    events = calls(0, 3 * HOUR, 50 * HOUR, 52 * HOUR)
    view = View(settings)
    for n in range(0, len(events), 2):
        part.apply(rows_of(events[n : n + 2], n))
        for key, row in part.changed_aggregates(0, wide=True):
            view.put(key, row)
    held = {
        size: [int(key.part) for key, _ in view._keys.values() if key.kind == size] for size in (agg.FINE, agg.COARSE)
    }
    watermark_ms = T0_MS + 52 * HOUR * 1000
    assert min(held[agg.FINE]) * 10_000 > watermark_ms - FINE_KEPT_MS
    assert FINE_KEPT_MS > 2 * HOUR * 1000
    assert sorted({pane * COARSE_MS - T0_MS for pane in held[agg.COARSE]}) == [
        (3 * HOUR - 900) * 1000, 3 * HOUR * 1000, (50 * HOUR - 900) * 1000, 50 * HOUR * 1000,
        (52 * HOUR - 900) * 1000, 52 * HOUR * 1000,
    ]  # fmt: skip
    view.retain(watermark_ms + 3 * HOUR * 1000)
    left = [int(key.part) for key, _ in view._keys.values() if key.kind == agg.COARSE]
    assert min(left) * COARSE_MS - T0_MS == (50 * HOUR - 900) * 1000
