"""Which rows become series, and by which labels."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from types import SimpleNamespace

import pytest

from stream.board.sheet import Sheet
from stream.board.state import State
from stream.core.metrics import WINDOWS
from stream.core.settings import load
from stream.core.view import View
from tests.core.floor import (
    AGENT,
    CALL,
    TICKET,
    Entity,
    answered,
    call,
    entered,
    history,
    partition,
    rows_of,
    status,
    ticket,
)


def small_floor(kind: type[View] = View) -> State:
    """A floor with one solved ticket and one agent, online for an hour."""
    settings = history()
    view = kind(settings)
    one, created = ticket("t1", queue='bill"ing\\')
    agent = Entity(AGENT, "a7", team="mail")
    routable = {"status": "ready", "class": "routable"}
    by_topic = {
        TICKET: [created, status(one, 1800, "new", "solved")],
        AGENT: [agent("agent.logged_in", 0), agent("agent.status_changed", 3600, **routable)],
    }
    for topic, events in by_topic.items():
        part = partition(topic, settings)
        part.apply(rows_of(events))
        for key, value in part.changed_aggregates(0, wide=True):
            view.put(key, value)
    return State(settings, view, SimpleNamespace(partitions=1))


@pytest.fixture
async def text():
    """The metrics of that floor."""
    return await Sheet(small_floor()).text()


def test_what_has_one_row_over_everything_has_no_place(text):
    """Tickets solved by staffed hour belong to no queue."""
    assert 'support_tickets_solved_per_hour{window="today"} 1.0\n' in text


def test_totals_over_places_are_not_exported(text):
    """A sum over the label queue is the total: there is no series for it beside."""
    lines = [line for line in text.splitlines() if line.startswith("support_tickets_solved{")]
    assert lines
    assert all('queue="bill' in line and 'channel="mail"' in line for line in lines)


def test_hours_are_seconds_and_names_are_escaped(text):
    """Metrics have base units; a queue's name may hold what the text form gives a meaning to."""
    assert 'support_staffed_seconds{team="mail",window="today"} 3600.0\n' in text
    assert 'queue="bill\\"ing\\\\"' in text


class Interrupted(View):
    """A view in whose first look the processor is taken away for half a second."""

    interruptions = 0

    def rows_at(self, *arguments):
        """The rows, late once."""
        if not self.interruptions:
            self.interruptions = 1
            time.sleep(0.5)
        return super().rows_at(*arguments)


async def test_waiting_is_no_cost_of_rendering():
    """Half a second in which the machine was somebody else's does not count: the board renders as often as before."""
    state = small_floor(Interrupted)
    sheet = Sheet(state)
    await sheet.text()
    assert state.view.interruptions == 1
    assert sheet.seconds < 0.25


async def test_where_the_limit_cuts_alerts_still_read():
    """The first to go are the windows and breakdowns that no alert reads."""
    settings = load("", {}, {"time.clock": "events", "time.horizon_hours": 0, "limits.series": 60})
    view, one, two = View(settings), call("c1"), call("c2")
    part = partition(CALL, settings)
    part.apply(rows_of([entered(one, 0), answered(one, 12), entered(two, 20)]))
    for key, value in part.changed_aggregates(0, wide=True):
        view.put(key, value)
    sheet = Sheet(State(settings, view, SimpleNamespace(partitions=1)))
    text = await sheet.text()
    assert sheet.series == 60
    assert sheet.left_out > 0
    for window in WINDOWS:
        assert f'support_service_level_ratio{{queue="billing",channel="voice",window="{window}"}}' in text
    assert "support_contacts_waiting{" in text
    assert "support_transfers{" not in text


async def test_windows_are_as_few_as_are_read(text):
    """All five where somebody steers by it, two for the rest, today's alone where a reason breaks it down."""
    found = defaultdict(set)
    for name, window in re.findall(r'^(\w+)\{.*window="(\w+)"', text, re.MULTILINE):
        found[name].add(window)
    assert found["support_occupancy_ratio"] == set(WINDOWS)
    assert found["support_tickets_solved"] == {"30m", "today"}
