"""What pages are told: tiles and their levels, trends, alarms, what comes next; by window, and while it is stale."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from stream.board.state import State
from stream.core.batch import Engine
from stream.core.settings import load
from stream.core.view import View
from tests.core.floor import AGENT, ARRIVED_MS, T0_MS, Entity, answered, call, entered, left, ticket
from tests.page.floors import FLOORS
from topics import aggregates as agg
from topics.catalogue import SOURCES

TOML = """
[queues.billing]
label = "Billing"
answer_target_seconds = 20
longest_wait_max_seconds = 60
teams = ["phones"]
[queues.returns]
first_response_target_seconds = 3600
[targets.gold]
metric = "first_response"
match = { queue = "returns" }
seconds = 1800
warn_seconds = 300
"""


def events():
    """Two calls answered in time, one late, one abandoned, two that wait; two tickets; two agents."""
    found = []
    for n, at in enumerate((0, 10)):
        one = call(f"m{n}")
        found += [entered(one, at), answered(one, at + 5)]
    late, gone = call("late"), call("gone")
    found += [entered(late, 20), answered(late, 70), entered(gone, 30), left(gone, 100, "abandoned")]
    found += [
        entered(call("w1"), 500),
        entered(call("w2"), 560),
        ticket("t1", -1000, queue="returns")[1],
        ticket("t2", 540, queue="returns")[1],
    ]
    for name in ("a1", "a2"):
        agent = Entity(AGENT, name, team="phones")
        found += [
            agent("agent.logged_in", 0),
            agent("agent.status_changed", 1, status="ready", **{"class": "routable" if name == "a1" else "custom"}),
        ]
    return found


def state_at(second, toml=TOML, published_ms=None, **overrides):
    """A board whose clock stands ``second`` seconds after the first event."""
    settings = load(toml, {}, overrides)
    engine, view = Engine(settings), View(settings)
    for topic, key, value in events():
        engine.feed(topic, key, value, ARRIVED_MS)
    now = [T0_MS + second * 1000]
    for key, value in engine.aggregates():
        view.put(key, value)
    for (topic, number), mark in list(view.marks.items()):
        mark.published_ms = now[0] if published_ms is None else published_ms
        view.marks[topic, number] = mark
    read = asyncio.Event()
    read.set()
    follower = SimpleNamespace(partitions=1, caught_up=read, unreadable=0, progress=1.0)
    for topic in SOURCES:
        if (topic, 0) not in view.marks:
            view.marks[topic, 0] = agg.Mark(0, 0, 0, 0, 0, 0, 0, 0, {}, 0, "", now[0])
    state = State(settings, view, follower, clock=lambda: now[0])
    state.moment = now
    return state


def tile(snapshot, queue):
    return next(one for one in snapshot["queues"] if one["queue"] == queue)


def test_a_tile_has_each_number_with_its_target_and_level():
    """Waiting since when, how many past the limit and who is next; service level, abandonment, agents, occupancy."""
    found = tile(state_at(580).snapshot(), "billing")
    longest = found["values"]["longest"]
    assert (found["values"]["waiting"]["value"], longest["value"], longest["target"]) == (2, 80, 60)
    assert (longest["level"], longest["over"], longest["soon"]) == ("crit", 1, 1)
    assert longest["since_ms"] == T0_MS + 500_000
    assert longest["next_due_ms"] == T0_MS + 620_000
    service = found["values"]["service"]
    assert (service["value"], service["count"], service["level"], service["min"]) == (0.5, 4, "crit", True)
    assert found["values"]["abandoned"]["value"] == pytest.approx(1 / 6)
    assert (found["level"], found["label"], found["kind"], found["open"]) == ("crit", "Billing", "contact", True)
    assert {name: found["values"][name]["value"] for name in ("free", "busy", "away")} == {
        "free": 1,
        "busy": 0,
        "away": 1,
    }
    assert found["values"]["occupancy"]["value"] == 0


def test_a_ticket_queue_and_its_targets():
    """The oldest without a reply against the target of the queue; a service target that is breached decides."""
    found = tile(state_at(820).snapshot(), "returns")
    assert found["kind"] == "ticket"
    assert found["values"]["waiting"]["value"] == 2
    assert found["values"]["longest"]["value"] == 1820
    assert found["targets"]["gold"]["breached"] == 1
    assert found["targets"]["gold"]["late_since_ms"] == T0_MS + 800_000
    assert (found["level"], found["deciding"]) == ("crit", "targets")


def test_alarms_and_what_comes_next():
    """The worse first, then the one with more contacts; late since the limit; next is the first due of an open queue."""
    snapshot = state_at(580).snapshot()
    billing, returns = snapshot["alarms"]
    assert (billing["queue"], billing["level"], billing["contacts"]) == ("billing", "crit", 1)
    assert billing["metric"] == "abandoned"
    assert billing["more"] == 2
    assert (returns["queue"], returns["level"], returns["target"]) == ("returns", "warn", "gold")
    assert returns["due_ms"] == T0_MS + 800_000
    assert (snapshot["next"]["queue"], snapshot["next"]["due_ms"], snapshot["next"]["contacts"]) == (
        "billing",
        T0_MS + 620_000,
        1,
    )
    later = state_at(700).snapshot()
    assert (later["next"]["queue"], later["next"]["target"]) == ("returns", "gold")


def test_what_is_stale_stays_what_it_was():
    """While a worker is silent nothing ages and nothing leaves its window; since when is said."""
    state = state_at(580)
    before = tile(state.snapshot(), "billing")
    state.moment[0] += 3_600_000
    snapshot = state.snapshot()
    assert snapshot["stale"] == {"partitions": len(SOURCES), "since_ms": T0_MS + 580_000}
    assert snapshot["starting"] is None
    after = tile(snapshot, "billing")
    assert {name: one["value"] for name, one in after["values"].items()} == {
        name: one["value"] for name, one in before["values"].items()
    }


def test_a_source_is_silent_only_while_a_queue_of_it_is_open():
    """Nobody expects events at night; then the queue is closed and says when it opens, not old."""
    office = '[schedules.office]\nmon = ["10:00-10:30"]\ntue = ["10:00-10:30"]\n'
    toml = TOML.replace("[queues.billing]\n", '[queues."*"]\nschedule = "office"\n[queues.billing]\n') + office
    for hours, silent, level in ((0.25, True, "old"), (1, False, "closed")):
        state = state_at(580, toml, **{"board.stale_seconds": 1e6})
        state.moment[0] = T0_MS + round(hours * 3_600_000)
        snapshot = state.snapshot()
        by_name = {one["name"]: one["silent"] for one in snapshot["sources"]}
        assert by_name["voice"] is silent, hours
        assert tile(snapshot, "returns")["level"] == level
    assert tile(snapshot, "billing")["level"] != "closed"  # two callers still wait
    assert tile(snapshot, "returns")["next_opening_ms"] == T0_MS + 86_400_000


def test_a_window_beyond_what_is_kept_has_no_numbers():
    """28 days where seven are kept: what is true now stays, the rest is null."""
    state = state_at(580, **{"board.retention_days": 7})
    snapshot = state.snapshot("28d")
    assert snapshot["retention"]["outside"] is True
    assert tile(snapshot, "billing")["values"]["service"]["value"] is None
    assert tile(snapshot, "billing")["values"]["waiting"]["value"] == 2
    assert state.snapshot("7d")["retention"]["outside"] is False


def test_a_board_that_reads_says_how_far_it_is():
    """Before everything is read, and before every partition was told of, nothing is known."""
    state = state_at(580)
    state.follower.caught_up.clear()
    state.follower.progress = 0.25
    assert state.snapshot()["starting"] == {"progress": 0.25, "why": "the aggregates are still being read"}
    state.follower.caught_up.set()
    assert state.snapshot()["starting"] is None
    del state.view.marks["survey.events", 0]
    assert "no worker has published 1 partitions yet" in state.snapshot()["starting"]["why"]


def test_trends_have_a_point_a_minute_and_gaps():
    """Sixty points; a minute that nobody sampled is null; what is older than an hour is gone."""
    state = state_at(580)
    state.sample()
    state.sample()
    assert state.trends.version == 1
    for minutes in (1, 4, 70):
        state.moment[0] = T0_MS + 580_000 + minutes * 60_000
        for mark in state.view.marks.values():
            mark.published_ms = state.moment[0]
        state.sample()
        points = state.trends.told()["tiles"][0]["points"]["waiting"]
        assert len(points) == 60
        assert points[-1] == 2
        assert [n for n, value in enumerate(points) if value is not None] == {1: [58, 59], 4: [55, 56, 59], 70: [59]}[
            minutes
        ]


async def test_a_board_that_was_just_started_recalls_the_last_half_hour():
    """What is summed over a window is as it was at each minute, as if the board had been there; who waited is not known."""
    state = state_at(3000)
    state.view.marks["call.events", 0].first_ms = T0_MS - 7_200_000
    await state.recall()
    state.sample()
    billing = next(one for one in state.trends.told()["tiles"] if one["queue"] == "billing")["points"]
    assert [value is None for value in billing["waiting"]] == [True] * 59 + [False]
    for back in range(35):
        then = tile(state_at(3000 - 60 * back).snapshot(), "billing")["values"]["service"]["value"]
        expected = None if then is None else pytest.approx(then, abs=0.001)
        assert billing["service"][-1 - back] == expected, back


def shape(value):
    """The keys of a JSON value, all the way down; lists by their first element."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else None


def test_the_floors_of_the_page_tests_have_the_shape_of_a_real_snapshot():
    """The page is tested with what the board really sends: the same keys at every level."""
    real = {**state_at(580).snapshot(), "build": ""}
    fake = FLOORS["live"]()
    assert real.keys() == fake.keys()
    billing, made = tile(real, "billing"), tile(fake, "billing")
    assert billing.keys() == made.keys()
    assert billing["values"].keys() == made["values"].keys()
    for metric in billing["values"]:
        assert billing["values"][metric].keys() >= made["values"][metric].keys() - {"level"}, metric
    for part in ("stale", "retention", "events", "next"):
        assert shape(real[part]) == shape(fake[part]), part
    assert shape(real["sources"]) == shape(fake["sources"])
    assert {key for one in real["alarms"] for key in one} == {key for one in fake["alarms"] for key in one}
    assert shape(real["queues"][1]["targets"])["gold"] == shape(tile(fake, "partner desk")["targets"])["gold"]
    assert shape(state_at(580).snapshot()["teams"][0]).keys() == shape(fake["teams"][0]).keys()
