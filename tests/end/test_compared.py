"""What every number is compared with: the same window before it, on a live board, equal to the judge."""

from __future__ import annotations

import pytest

from tests.end.judging import DAY_MS, HOUR_MS, MONDAY_MS, differences_live, simulated

# The start of the day, the zone and the change of the clocks differ between queues.
WORLD = """
[time]
horizon_hours = 120  # a customer may come back in a day that is final: late, which the judge does not model
zone = "Europe/Berlin"
day_start = "04:00"
[queues.billing]
zone = "Asia/Tokyo"
[queues.returns]
zone = "America/New_York"
"""
# Berlin's clocks go forward on the 29th of March 2026.
SATURDAY_MS = 1_774_656_000_000


def sides(*windows):
    """The windows, and what they are compared with."""
    return [f"{window}/{side}" for window in windows for side in ("compared", "previous")]


@pytest.mark.slow
def test_hours_and_days_over_a_change_of_the_clocks():
    """Sliding windows, the 24 hours, today and yesterday, for queues of three calendars."""
    arrivals = simulated(seed=5, rate=0.05, hours=60, start_ms=SATURDAY_MS)
    moments = [SATURDAY_MS + round(h * HOUR_MS) for h in (38.41, 59.9)]

    windows = sides("5m", "1h", "today", "24h", "yesterday")
    assert differences_live(arrivals, moments, WORLD, windows=windows) == []


@pytest.mark.slow
def test_weeks():
    """A fortnight and a half at a quiet floor, within the default horizon: the days of this week and the same of the week
    before, and what is kept of yesterday although it is final.
    """
    arrivals = simulated(seed=6, rate=0.004, hours=17 * 24)

    windows = sides("7d", "24h", "today")
    assert differences_live(arrivals, [MONDAY_MS + 16 * DAY_MS + 12_345_678], windows=windows) == []
