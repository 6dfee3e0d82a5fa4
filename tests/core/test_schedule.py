"""Opening hours, against a reference that looks at the clock on the wall minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.core.schedule import DAY_MS, MINUTE_MS, STRETCH_MS, Schedule, Week, day_number
from tests.examples import examples

BERLIN = "Europe/Berlin"
# Zones whose clocks change at midnight, by half an hour, by a whole day, twice a year in the south, never.
ZONES = (BERLIN, "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "America/New_York", "Africa/Cairo", "UTC")
NINE_TO_FIVE = ((540, 1020),)
OFFICE = Schedule((Week(BERLIN, (NINE_TO_FIVE,) * 5 + ((), ())),))
AROUND_THE_CLOCK = Schedule((Week(BERLIN, (((0, 1440),),) * 7),))


def at(text, zone=BERLIN, fold=0):
    """A local time as ms."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1000)


def is_open_slowly(weeks, moment_ms):
    """The definition: the week in force, the wall clock, the periods."""
    in_force = None
    for week in weeks:
        local_start = datetime(1970, 1, 1, tzinfo=ZoneInfo(week.zone)) + timedelta(days=week.from_day or 0)
        if week.from_day is None or moment_ms >= local_start.timestamp() * 1000:
            in_force = week
    if in_force is None:
        return True
    local = datetime.fromtimestamp(moment_ms / 1000, UTC).astimezone(ZoneInfo(in_force.zone))
    if day_number(local.date()) in in_force.days_off:
        return False
    minute = local.hour * 60 + local.minute
    return any(a <= minute < b for a, b in in_force.periods[local.weekday()])


def business_slowly(weeks, start_ms, end_ms):
    return sum(MINUTE_MS for m in range(start_ms, end_ms, MINUTE_MS) if is_open_slowly(weeks, m))


@cache
def changes_of(zone, year):
    """The hours of a year at whose end the clocks are changed."""
    offsets = [
        (moment, moment.astimezone(ZoneInfo(zone)).utcoffset())
        for moment in (datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(364 * 24))
    ]
    return [a for (a, old), (_, new) in pairwise(offsets) if old != new]


@st.composite
def days_of_periods(draw):
    borders = sorted(draw(st.sets(st.integers(0, 48), max_size=6)))
    return tuple((a * 30, b * 30) for a, b in zip(borders[::2], borders[1::2], strict=False))


@st.composite
def cases(draw):
    """(weeks, start): a start near a change of the clocks, which is where it is hard, or anywhere."""
    zone = draw(st.sampled_from(ZONES))
    year = draw(st.sampled_from((2011, 2017, 2023, 2025)))
    start = datetime(year, 1, 1, tzinfo=UTC) + timedelta(minutes=draw(st.integers(0, 364 * 1440)))
    if draw(st.booleans()):
        changes = changes_of(zone, year)
        if changes:
            start = draw(st.sampled_from(changes)) - timedelta(minutes=draw(st.integers(0, 2000)))
    start_ms = round(start.timestamp() * 1000)
    near = start_ms // DAY_MS
    weeks = []
    for n in range(draw(st.integers(1, 3))):
        periods = tuple(draw(days_of_periods()) for _ in range(7))
        off = frozenset(draw(st.sets(st.integers(near - 1, near + 3), max_size=2)))
        first = draw(st.sampled_from((None, near - 2))) if not n else weeks[-1].from_day
        from_day = first if not n else (near if first is None else first) + draw(st.integers(1, 2))
        weeks.append(Week(zone if draw(st.booleans()) else "Asia/Kolkata", periods, off, from_day))
    return tuple(weeks), start_ms


@settings(max_examples=examples(40), deadline=None)
@given(cases(), st.integers(0, 2 * 1440), st.integers(0, 1440))
def test_business_time_minute_by_minute(case, before, after):
    """K12, R28: periods, days off, changes of the clocks and of the week, as the clock on the wall shows them."""
    weeks, start_ms = case
    schedule = Schedule(weeks)
    middle, end = start_ms + before * MINUTE_MS, start_ms + (before + after) * MINUTE_MS
    assert schedule.business_ms(start_ms, middle) == business_slowly(weeks, start_ms, middle)
    assert schedule.business_ms(start_ms, end) == business_slowly(weeks, start_ms, end)
    assert schedule.is_open(middle) == is_open_slowly(weeks, middle)
    opening = schedule.next_opening(start_ms)
    if opening is not None and opening - start_ms <= 3 * DAY_MS:
        assert is_open_slowly(weeks, opening)
        assert business_slowly(weeks, start_ms, opening) == 0


MOMENTS = st.integers(at("2019-01-01"), at("2030-01-01"))


@settings(max_examples=examples(40), deadline=None)
@given(cases(), st.lists(MOMENTS, min_size=3, max_size=3), st.randoms(use_true_random=False))
def test_business_time_adds_up(case, moments, random):
    """Over any split of a span, whatever was asked before; never below zero, never longer than the span."""
    schedule = Schedule(case[0])
    for moment in random.sample(moments, 3):
        schedule.is_open(moment)
    a, b, c = sorted(moments)
    assert schedule.business_ms(a, b) + schedule.business_ms(b, c) == schedule.business_ms(a, c)
    assert 0 <= schedule.business_ms(a, b) <= b - a
    assert Schedule(case[0]).business_ms(a, c) == schedule.business_ms(a, c)


@settings(max_examples=examples(40), deadline=None)
@given(cases(), st.integers(0, 40 * 24 * 3_600_000))
def test_a_due_time_is_the_first_moment_with_that_much_open_time(case, ms):
    """add_business undoes business_ms, and nothing earlier would do."""
    weeks, start_ms = case
    schedule = Schedule(weeks)
    due = schedule.add_business(start_ms, ms)
    if due is None:
        assert not any(weeks[-1].periods)
        return
    assert schedule.business_ms(start_ms, due) == ms
    if ms:
        assert schedule.business_ms(start_ms, due - 1) == ms - 1


@pytest.mark.parametrize(
    ("day", "hours"), [("2025-03-30", 23), ("2025-10-26", 25), ("2025-06-01", 24), ("1999-03-28", 23)]
)
def test_a_day_around_the_clock(day, hours):
    """A day on which the clocks change has 23 or 25 hours of open time."""
    after = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    assert AROUND_THE_CLOCK.business_ms(at(day), at(after)) == hours * 3_600_000


def test_the_hours_that_the_clocks_skip_and_show_twice():
    """The night shift from 02:00 to 03:00 does not exist in spring and happens twice in autumn."""
    night = Schedule((Week(BERLIN, (((120, 180),),) * 7),))
    assert night.business_ms(at("2025-03-30"), at("2025-03-31")) == 0
    assert night.business_ms(at("2025-10-26"), at("2025-10-27")) == 2 * 3_600_000
    assert night.is_open(at("2025-10-26T02:30", fold=0))
    assert night.is_open(at("2025-10-26T02:30", fold=1))
    half = Schedule((Week(BERLIN, (((150, 210),),) * 7),))
    assert [half.is_open(at(f"2025-10-26T02:{m}", fold=f)) for f in (0, 1) for m in (15, 45)] == [False, True] * 2


def test_scenario_d_the_due_time_of_a_friday_afternoon():
    """Friday 16:30 with an hour to go, Monday to Friday 9 to 17: due on Monday at 09:30."""
    friday = at("2025-11-28T16:30")
    assert OFFICE.add_business(friday, 3_600_000) == at("2025-12-01T09:30")
    assert OFFICE.business_ms(friday, at("2025-12-01T09:30")) == 3_600_000
    assert OFFICE.add_business(friday, 1_800_000) == at("2025-11-28T17:00")


def test_r28_periods_are_half_open():
    """R28: the opening moment is inside, the closing moment is not; the next opening is on Monday."""
    assert [OFFICE.is_open(at(t)) for t in ("2025-11-28T08:59", "2025-11-28T09:00", "2025-11-28T17:00")] == [
        False,
        True,
        False,
    ]
    assert OFFICE.next_opening(at("2025-11-28T17:00")) == at("2025-12-01T09:00")
    assert OFFICE.next_opening(at("2025-11-28T12:00")) == at("2025-11-28T12:00")


def test_a_schedule_that_is_shut_for_good():
    """Without an opening to come there is no due time and no next opening, and the search ends."""
    shut = Schedule((Week("UTC", (NINE_TO_FIVE,) * 7), Week("UTC", ((),) * 7, from_day=20_000)))
    last = 20_000 * DAY_MS
    assert shut.add_business(last - DAY_MS, 9 * 3_600_000) is None
    assert shut.next_opening(last) is None
    assert not shut.is_open(last + 10 * STRETCH_MS)


def test_before_its_first_date_there_is_no_schedule():
    """R28b: and without a schedule every second is open time."""
    later = Schedule((Week("UTC", ((),) * 7, from_day=20_000),))
    start = 20_000 * DAY_MS
    assert later.business_ms(start - 5000, start + 5000) == 5000
    assert (later.is_open(start - 1), later.is_open(start)) == (True, False)
