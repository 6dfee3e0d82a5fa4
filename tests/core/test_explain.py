"""The contacts behind a number add up to it, whatever the KPI, the place and the window."""

from __future__ import annotations

import itertools

import pytest
from msgspec import UNSET

from stream.core.batch import Engine
from stream.core.explain import Answer, asked_of, between, contribution, of_window
from stream.core.kpis import CATALOGUE
from stream.core.settings import load
from stream.core.view import View, further_of
from stream.sources.scenarios import SCENARIOS
from stream.sources.scene import DAY_MS
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
KNOBS = "[kpis]\ncustomer_lifespan_years = 2\nfixed_cost_per_hour = 3.5\n"
SETTINGS = load(
    f'service_level.formula = "genesys"\n{KNOBS}{PROMISES}', {}, {"time.clock": "events", "time.horizon_hours": 0}
)


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


def ask(stories, view, query, now_ms, first_ms, limit=10_000):
    """The answer over all records."""
    asked, answer = asked_of(query, SETTINGS, now_ms, first_ms), Answer()
    if asked.kpi.windows:
        rest = view.uncovered(asked.span.start_ms, asked.span.end_ms)
        query = {**query, "rest": between(rest)}
        asked = asked_of(query, SETTINGS, now_ms, first_ms)
        assert asked.rest == rest
    answer.numerator, answer.denominator = of_window(asked)
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
    compared = set()
    for of in (window, "now"):
        for row in view.rows(of, now_ms):
            kpi = CATALOGUE[row.kpi]
            if row.stat not in ("value", "mean") or (kpi.parts is None and not kpi.live):
                continue
            further = {name: value for name, value in further_of(row).items() if isinstance(value, str)}
            if (row.channel is None) != (row.queue is None) or len(further) > 1:
                continue
            names = {"queue": row.queue, "channel": row.channel, "team": row.team, **further}
            query = {"kpi": row.kpi, "window": of, **{k: v for k, v in names.items() if isinstance(v, str)}}
            answer = ask(stories, view, query, now_ms, first_ms)
            assert value_of(kpi, answer, now_ms) == pytest.approx(row.value, rel=1e-9, abs=1e-9), query
            compared.add((row.kpi, *further))
    assert len(compared) > 60


@pytest.mark.parametrize(
    ("name", "window", "kpis"),
    [
        ("business", "yesterday", ("churn_ratio", "retention_ratio", "cost_per_ticket", "customer_lifetime_value")),
        ("first-contact", "7d", ("first_contact_resolution_ratio",)),
        ("per-hour", "today", ("tickets_handled_per_hour", "tickets_solved_per_hour")),
        ("g", "today", ("occupied_hours", "concurrent_chats")),
    ],
)
def test_what_needs_days_adds_up_too(name, window, kpis):
    """Customers lost and kept, a day's cost, what became certain: of scenarios with known answers."""
    scenario = SCENARIOS[name]
    engine, view = Engine(SETTINGS), View(SETTINGS)
    for line in scenario.lines():
        engine.feed(line.topic, line.key, line.value, line.at_ms)
    for key, value in engine.aggregates():
        view.put(key, value)
    stories = [story for part in engine.partitions.values() for story in part.stories()]
    now_ms = DAY_MS + 49 * HOUR_MS if window == "yesterday" else view.now_ms(0)
    for kpi in kpis:
        row = next(row for row in view.rows(window, now_ms, kpi=kpi) if row.queue is None and row.team in (UNSET, None))
        answer = ask(stories, view, {"kpi": kpi, "window": window}, now_ms, view.first_ms(now_ms))
        assert answer.contributing > 0
        assert value_of(CATALOGUE[kpi], answer, now_ms) == pytest.approx(row.value), kpi


def test_hours_of_the_clock_are_the_windows_own():
    """S9: by the clock every ticket counts for nothing of the time; the window has it."""
    settings = load('[kpis]\nper_hour_denominator = "clock"', {}, {"time.clock": "events", "time.horizon_hours": 0})
    asked = asked_of({"kpi": "tickets_handled_per_hour", "window": "1h"}, settings, T0_MS + HOUR_MS - 1, T0_MS)
    assert of_window(asked) == (0, pytest.approx(1))


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
