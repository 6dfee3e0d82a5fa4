"""What the board shows of opening hours and service targets: tiles, metrics."""

from __future__ import annotations

import pytest

from stream.board.exporter import Exporter
from stream.board.follower import Follower
from stream.board.state import State
from stream.core.batch import Engine
from stream.core.settings import load
from stream.core.view import View
from tests.core.floor import ARRIVED_MS, T0_MS, ticket

HOUR_MS = 3_600_000
TOML = """
[schedules.office]
mon = ["09:00-12:00"]
tue = ["09:00-12:00"]
[queues.billing]
schedule = "office"
[targets.gold]
metric = "first_response"
match = { queue = "billing" }
seconds = 3600
warn_seconds = 600
clock = "business"
"""


def board(now_ms):
    """A board whose clock stands at ``now_ms``: tickets of 10:00 in two queues, one more at 11:30."""
    settings = load(TOML)
    engine, view = Engine(settings), View(settings)
    tickets = [ticket("t1")[1], ticket("t2", queue="open")[1], ticket("t3", 90 * 60)[1]]
    for topic, key, value in tickets:
        engine.feed(topic, key, value, ARRIVED_MS)
    for key, value in engine.aggregates():
        view.put(key, value)
    follower = Follower(settings.kafka, view)
    follower.caught_up.set()
    return State(settings, view, follower, lambda: now_ms)


def tile(state, queue):
    return next(t for t in state.snapshot()["queues"] if t["queue"] == queue)


async def test_a_shut_queue_says_when_it_opens():
    """R28: open in the morning, shut in the afternoon until nine the next day; without hours always open (R28b)."""
    noon = T0_MS + 2 * HOUR_MS
    assert tile(board(noon - 1), "billing")["open"] is True
    shut = tile(board(noon), "billing")
    assert (shut["open"], shut["next_opening_ms"]) == (False, noon + 21 * HOUR_MS)
    assert tile(board(noon), "open")["open"] is True
    assert "next_opening_ms" not in tile(board(noon), "open")


async def test_targets_of_a_tile():
    """R29e: one is breached, the other one due the next morning: half an hour of its hour is left."""
    state = board(T0_MS + 2 * HOUR_MS)
    due_ms = T0_MS + 23 * HOUR_MS + HOUR_MS // 2
    late_ms = T0_MS + HOUR_MS
    assert tile(state, "billing")["targets"] == {
        "gold": {
            "at_risk": 0,
            "breached": 1,
            "next_due_ms": due_ms,
            "soon": 0,
            "late_since_ms": late_ms,
            "seconds": 3600,
        }
    }
    assert tile(state, "open")["targets"] == {}
    last = tile(board(due_ms - 1000), "billing")["targets"]["gold"]
    assert (last["at_risk"], last["breached"]) == (1, 1)
    assert tile(board(due_ms + 1000), "billing")["targets"]["gold"]["next_due_ms"] is None


@pytest.mark.parametrize(("hours", "is_open"), [(1, 1), (2, 0)])
async def test_metrics(hours, is_open):
    """Opening hours are data that rules compare with; targets are by name, their total is the sum over the label."""
    exporter = Exporter(board(T0_MS + hours * HOUR_MS + HOUR_MS // 10))
    body, _ = await exporter.render("", zipped=False)
    lines = body.decode().splitlines()
    assert f'support_queue_open{{channel="mail",queue="billing"}} {is_open}.0' in lines
    assert 'support_queue_open{channel="mail",queue="open"} 1.0' in lines
    assert 'support_targets_breached{queue="billing",channel="mail",target="gold"} 1.0' in lines
    assert len([line for line in lines if line.startswith("support_targets_breached{")]) == 1
