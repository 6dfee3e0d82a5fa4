"""A simulated floor: what a report says and what a board shows equal the independent judge, row by row."""

from __future__ import annotations

import pytest

from tests.end.judging import DAY_MS, HOUR_MS, MONDAY_MS, differences, differences_live, simulated

# Everything that may differ between queues does: calendars across midnight, targets, short abandons.
QUEUES_OF_THE_WORLD = """
[time]
horizon_hours = 120  # a customer may come back in a day that is final: late, which the judge does not model
zone = "Europe/Berlin"
day_start = "04:00"
[service_level]
formula = "connect"
short_abandon_seconds = { voice = 5, chat = 10 }
[queues."*"]
answer_target_seconds = 30
[queues.billing]
zone = "Asia/Tokyo"
answer_target_seconds = 10
[queues.returns]
zone = "America/New_York"
day_start = "00:00"
[queues.sales]
zone = "Asia/Kathmandu"
[kpis]
resume_within_seconds = 45
"""


@pytest.mark.slow
def test_two_hours_in_a_report_and_on_the_board():
    """Late, doubled and disordered events included, in the middle of a pane and with events still on their way."""
    arrivals = simulated(seed=7, rate=0.4, hours=2)

    assert differences(arrivals) == []
    assert differences_live(arrivals, [MONDAY_MS + HOUR_MS + 4321, MONDAY_MS + 2 * HOUR_MS]) == []


@pytest.mark.slow
def test_a_whole_day_in_a_report():
    """Thousands of contacts and hundreds of tickets: every row of the window all, occupancy of every team included."""
    arrivals = simulated(seed=1, rate=1, hours=24)
    assert len({arrival.line.key for arrival in arrivals}) > 4000

    assert differences(arrivals) == []
    assert differences(arrivals, from_ms=MONDAY_MS + 9 * HOUR_MS + 321, to_ms=MONDAY_MS + 15 * HOUR_MS) == []


@pytest.mark.slow
def test_two_days_on_a_board_with_queues_around_the_world():
    """Every live window at moments around the starts of the days of four calendars."""
    arrivals = simulated(seed=3, rate=0.2, hours=48)
    hours = (3, 14.999, 15.001, 18.3, 27.01, 29.1, 39.2, 48)

    found = differences_live(arrivals, [MONDAY_MS + round(h * HOUR_MS) for h in hours], QUEUES_OF_THE_WORLD)

    assert found == []
    assert differences(arrivals, QUEUES_OF_THE_WORLD, to_ms=MONDAY_MS + DAY_MS) == []
