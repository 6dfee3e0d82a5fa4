"""The Monday morning: a shortage at nine, a recovery at half past ten, whenever it is started."""

from __future__ import annotations

import functools
from collections import Counter

import orjson

from stream.sources.monday import BEGINS_MS, ENDS_MS, RECOVERS_MS, SHORT_MS, last_monday_ms, monday_morning
from tests.cli.program import run

START_MS = 1_764_567_900_123  # at no special time of the day
QUARTER_MS = 900_000


@functools.cache
def morning():
    """(arrival, event) of the morning at a low rate."""
    return [(at_ms, orjson.loads(line.value)) for at_ms, line in monday_morning(3, START_MS, 3)]


def levels(queue):
    """Quarter of an hour of the floor's day -> the share of its entries that were answered within 20 s."""
    entered, met = {}, {}
    for _, event in morning():
        if event["type"] == "queue.entered" and event["queue"] == queue:
            entered.setdefault(event["entity_id"], event["occurred_at"])
        elif event["type"] == "contact.answered" and event["entity_id"] in entered:
            met[event["entity_id"]] = event["occurred_at"] - entered[event["entity_id"]] <= 20_000
    quarters = {name: (at + BEGINS_MS - START_MS) // QUARTER_MS for name, at in entered.items()}
    every, good = Counter(quarters.values()), Counter(quarters[name] for name, is_met in met.items() if is_met)
    return {quarter * QUARTER_MS: good[quarter] / number for quarter, number in every.items()}


def test_the_service_level_burns_from_nine_to_half_past_ten():
    """Good before, next to nothing in between, good again soon after; the chats never notice."""
    phones = levels("billing")
    before = [level for at, level in phones.items() if SHORT_MS - 4 * QUARTER_MS <= at < SHORT_MS]
    during = [level for at, level in phones.items() if SHORT_MS + QUARTER_MS <= at < RECOVERS_MS]
    after = [level for at, level in phones.items() if RECOVERS_MS + QUARTER_MS <= at < ENDS_MS - QUARTER_MS]
    assert sum(before) / len(before) > 0.75, phones
    assert max(during) < 0.25, phones
    assert sum(after) / len(after) > 0.75, phones
    chats = [level for at, level in levels("support").items() if SHORT_MS + QUARTER_MS <= at < RECOVERS_MS]
    assert sum(chats) / len(chats) > 0.6


def test_it_ends_and_is_the_same_again():
    """A quarter to eight to half past eleven; the same seed gives the same morning."""
    arrivals = [at_ms for at_ms, _ in morning()]
    assert arrivals == sorted(arrivals)
    assert arrivals[0] >= START_MS
    assert arrivals[-1] < START_MS + ENDS_MS - BEGINS_MS
    assert [orjson.loads(line.value) for _, line in monday_morning(3, START_MS, 3)] == [e for _, e in morning()]


def test_last_monday_is_over():
    """By the clocks of the zone; on a Monday at noon it is today's, at eleven that of a week ago."""
    noon = 1_764_590_400_000  # Monday, 2025-12-01T12:00:00Z
    assert last_monday_ms(noon, "UTC") == noon - 12 * 3_600_000 + BEGINS_MS
    assert last_monday_ms(noon - 3_600_000, "UTC") == noon - (7 * 24 + 12) * 3_600_000 + BEGINS_MS
    assert last_monday_ms(noon, "America/New_York") == noon - (7 * 24 + 7) * 3_600_000 + BEGINS_MS


def test_it_is_listed_and_only_it_can_be_sped_up():
    """--scenario list shows it; --speed without it, or by the wall clock, is a wrong call."""
    assert "monday-morning" in run("simulate", "--scenario", "list").out
    for further in (("--speed", "60"), ("--scenario", "monday-morning", "--speed", "60")):
        done = run("simulate", *further)
        assert done.code == 2
        assert "--speed" in done.err
        assert len(done.err.splitlines()) == 1
