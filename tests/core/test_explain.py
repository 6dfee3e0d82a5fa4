"""The contacts behind a number add up to it, whatever the KPI, the place and the window."""

from __future__ import annotations

import itertools

import pytest

from stream.core.batch import Engine
from stream.core.explain import Answer, asked_of, contribution
from stream.core.kpis import CATALOGUE
from stream.core.settings import load
from stream.core.view import View
from stream.sources.simulator import simulate
from tests.core.floor import T0_MS, answered, call, entered, history, left, reply, rows_of, status, ticket
from tests.core.floor import partition as new

HOUR_MS = 3_600_000
PROMISES = """
[targets.first]
metric = "first_response"
match = {}
seconds = 600
warn_seconds = 300
[targets.pick_up]
metric = "answer"
match = {}
seconds = 30
[targets.solve]
metric = "resolution"
match = {}
seconds = 1800
"""
SETTINGS = load(f'service_level.formula = "genesys"\n{PROMISES}', {}, {"time.clock": "events", "time.horizon_hours": 0})


@pytest.fixture(scope="module")
def floor():
    """What the records of a simulated hour say for themselves, and the view of it."""
    engine, view = Engine(SETTINGS), View(SETTINGS)
    arrivals = itertools.takewhile(lambda sent: sent[0] < T0_MS + HOUR_MS, simulate(3, T0_MS, 0.6))
    for arrived_ms, line in arrivals:
        engine.feed(line.topic, line.key, line.value, arrived_ms)
    for key, value in engine.aggregates():
        view.put(key, value)
    return [story for part in engine.partitions.values() for story in part.stories()], view


def ask(stories, query, now_ms, first_ms, limit=10_000):
    """The answer over all records."""
    asked, answer = asked_of(query, SETTINGS, now_ms, first_ms), Answer()
    for story in stories:
        found = contribution(asked, story)
        if found is not None:
            answer.add(found, limit)
    return answer


def value_of(kpi, answer, now_ms):
    """The number that follows from an answer."""
    if kpi.form in ("ratio", "duration"):
        return answer.numerator / answer.denominator if answer.denominator else None
    if kpi.form == "age":
        return None if answer.oldest_ms is None else (now_ms - answer.oldest_ms) / 1000
    return answer.numerator


@pytest.mark.parametrize("window", ["5m", "30m", "1h", "24h", "today", "all"])
def test_contributions_add_up_to_every_number(floor, window):
    """For every KPI, place and window the sum over the records is the row that the board shows."""
    stories, view = floor
    now_ms = view.now_ms(0)
    first_ms = view.first_ms(now_ms)
    compared = 0
    rows = [row for w in (window, "now") for row in view.rows(w, now_ms) if row.stat in ("value", "mean")]
    for row in rows:
        kpi = CATALOGUE[row.kpi]
        if kpi.parts is None and not kpi.live:
            continue
        if any(
            isinstance(getattr(row, name), str) for name in kpi.dimensions if name not in ("queue", "channel", "team")
        ):
            continue
        if (row.channel is None) != (row.queue is None):
            continue
        names = {"queue": row.queue, "channel": row.channel, "team": row.team}
        query = {"kpi": row.kpi, "window": window, **{k: v for k, v in names.items() if isinstance(v, str)}}
        answer = ask(stories, query, now_ms, first_ms)
        assert value_of(kpi, answer, now_ms) == pytest.approx(row.value, rel=1e-9, abs=1e-9), query
        compared += 1
    assert compared > 100


def explained(topic, events, **query):
    """The contributions of a handful of events, by entity."""
    part = new(topic, history())
    part.apply(rows_of(events))
    asked = asked_of({"window": "all", **query}, part.settings, part.watermark_ms, T0_MS)
    found = (contribution(asked, story) for story in part.stories())
    return {c.entity: c for c in found if c is not None}


def test_what_is_left_out_says_why():
    """A short abandon and a flow-out count for nothing in the abandonment ratio, and are listed with the reason."""
    contacts = [call(name) for name in ("served", "lost", "short", "flowed")]
    events = [entered(c, 0) for c in contacts]
    part_events = [
        *events, answered(contacts[0], 9), left(contacts[1], 60, "abandoned"), left(contacts[2], 3, "abandoned"),
        left(contacts[3], 30, "overflow"),
    ]  # fmt: skip
    part = new("call.events", load())
    part.apply(rows_of(part_events))
    asked = asked_of({"kpi": "service_level_ratio", "window": "1h"}, part.settings, part.watermark_ms, T0_MS)
    found = {c.entity: c for c in (contribution(asked, story) for story in part.stories()) if c is not None}
    assert {name: (c.numerator, c.denominator) for name, c in found.items()} == {
        "served": (1, 1), "lost": (0, 1), "short": (0, 0), "flowed": (0, 0),
    }  # fmt: skip
    assert "short abandoned" in (found["short"].left_out or "")
    assert "flowed out" in (found["flowed"].left_out or "")


def test_a_merged_ticket_is_left_out_by_name():
    """A ticket that counts nowhere is listed as such."""
    one, created_one = ticket("t1")
    two, created_two = ticket("t2")
    events = [
        created_one,
        created_two,
        two("ticket.merged", 9, into_id="t1"),
        reply(one, 20),
        status(one, 30, "new", "solved"),
    ]
    found = explained("ticket.events", events, kpi="tickets_solved")
    assert (found["t1"].numerator, found["t1"].left_out) == (1, None)
    assert found["t2"].left_out == "merged, deleted, spam or a test"


def test_a_reopened_ticket_tells_only_what_holds():
    """The solve that was taken back is not among the facts."""
    one, created = ticket("t1")
    events = [
        created,
        status(one, 5, "new", "solved"),
        status(one, 9, "solved", "open"),
        status(one, 20, "open", "solved"),
    ]
    found = explained("ticket.events", events, kpi="full_resolution_seconds")
    assert [(name, value) for name, _, value in found["t1"].facts if name == "solved"] == [("solved", 20_000)]
    assert found["t1"].numerator == 20


def test_beyond_the_limit_contacts_are_counted():
    """The sums and counts are over everything, also where the list ends."""
    answer = Answer()
    events = [entered(call(f"c{i}"), i) for i in range(5)]
    part = new("call.events", history())
    part.apply(rows_of(events))
    asked = asked_of({"kpi": "contacts_waiting", "window": "now"}, part.settings, part.watermark_ms, T0_MS)
    for story in part.stories():
        found = contribution(asked, story)
        if found is not None:
            answer.add(found, 2)
    whole = Answer()
    whole.merge(answer, 1)
    assert (whole.numerator, whole.contributing, len(whole.contributions), whole.oldest_ms) == (5, 5, 1, T0_MS)
