"""Facts whose time has not come: in the panes already, in no number before their moment."""

from __future__ import annotations

import pytest

from stream.core.facts import KINDS
from stream.core.panes import Ledger
from stream.core.settings import load
from stream.core.spot import Spot
from stream.core.windows import Ahead
from tests.core.floor import T0_MS
from topics import aggregates as agg

SETTINGS = load("", {}, {"time.horizon_hours": 0})
PLACE = agg.Place("queue", "billing", "voice")
COUNT, INSIDE = KINDS["impossible"], KINDS["in_idle"]
MINUTE_MS = 60_000


def spot_of(*facts):
    """A place that has these facts: (kind, minutes after T0)."""
    ledger = Ledger(SETTINGS)
    scope = ledger.scope(PLACE)
    for kind, minutes in facts:
        at = T0_MS + round(minutes * MINUTE_MS)
        ledger.append((scope, kind, at, at, 1))
    spot = Spot("queue", "billing", "voice", settings=SETTINGS)
    for of, size, pane in ledger.merge(T0_MS):
        spot.put(size, str(pane), of.panes[size][pane], gone=False)
    spot.put(agg.COUNTS, "", scope.counts, gone=False)
    return spot


def seen(spot, window, minutes):
    """The count of a window when so many minutes have passed."""
    spot.look(window, T0_MS + round(minutes * MINUTE_MS), T0_MS)
    return spot.n(COUNT)


@pytest.mark.parametrize("window", ["5m", "1h", "24h", "today", "7d", "all"])
def test_a_fact_is_seen_when_its_time_has_come(window):
    """Every window leaves out what lies ahead, and has it as soon as the clock reaches its pane."""
    spot = spot_of((COUNT, 0), (COUNT, 3), (COUNT, 4.5))
    assert [seen(spot, window, minutes) for minutes in (0.1, 2.9, 3, 4.4, 4.5)] == [1, 1, 2, 2, 3]


def test_tomorrow_is_not_today():
    """What lies beyond the end of the day is in neither today nor, later, twice."""
    spot = spot_of((COUNT, 0), (COUNT, 24 * 60))
    assert seen(spot, "today", 1) == 1
    assert seen(spot, "today", 24 * 60 + 1) == 1
    assert seen(spot, "7d", 24 * 60 + 1) == 2
    assert seen(spot, "yesterday", 24 * 60 + 1) == 1


def test_a_fact_ahead_is_taken_back():
    """A retraction before its time leaves nothing to be seen then."""
    spot = spot_of((COUNT, 3))
    assert seen(spot, "today", 1) == 0
    pane = (T0_MS + 3 * MINUTE_MS) // 10_000
    day = T0_MS // 86_400_000
    spot.put(agg.DAY, str(day), {COUNT: -1}, gone=True)
    spot.put(agg.FINE, str(pane), {COUNT: -1}, gone=True)
    assert seen(spot, "today", 1) == 0
    assert seen(spot, "today", 4) == 0


@pytest.mark.parametrize("window", ["5m", "today", "all"])
def test_time_inside_an_interval_that_begins_later(window):
    """Nobody is inside before the moment; afterwards the time counts from it."""
    spot = spot_of((INSIDE, 0), (INSIDE, 3))
    spot.look(window, T0_MS + MINUTE_MS, T0_MS)
    assert (spot.inside_now(INSIDE), spot.inside_ms(INSIDE)) == (1, MINUTE_MS)
    spot.look(window, T0_MS + 4 * MINUTE_MS, T0_MS)
    assert (spot.inside_now(INSIDE), spot.inside_ms(INSIDE)) == (2, 5 * MINUTE_MS)


def test_the_clock_may_jump_and_go_back():
    """The sum of what lies ahead is the same however the clock came there."""
    fine = {pane: {COUNT: 1} for pane in (10, 20, 30)}
    ahead, other = Ahead(), Ahead()
    for now in (5, 12, 11, 25, 4000, 3):
        ahead.move(now, 25, fine)
        other.cell, other.now, other.until = {}, -1, -1
        other.move(now, 25, fine)
        assert ahead.cell == other.cell
