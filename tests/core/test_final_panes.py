"""Panes become final while workers are killed: what came too late stays out, what was in time stays in."""

from __future__ import annotations

from collections import Counter

import msgspec
import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream.core.settings import load
from stream.core.view import View
from stream.core.windows import WINDOWS
from tests.core.floor import AGENT, CALL, T0_MS, Entity, answered, call, entered, left, partition, rows_of
from tests.examples import examples
from topics.catalogue import LATE

HOUR_S = 3600
SETTINGS = load("", {}, {"time.clock": "events", "time.horizon_hours": 24, "board.retention_days": 0})
LEVELS = frozenset(("contacts_waiting", "oldest_wait_seconds"))  # no matter of panes


@st.composite
def calls(draw):
    """Calls of ten days, in any order of arrival: hardly two of them find the same border."""
    events = []
    for i in range(draw(st.integers(2, 9))):
        contact, at = call(f"c{i}"), draw(st.integers(0, 40)) * 6 * HOUR_S
        events.append(entered(contact, at))
        if draw(st.booleans()):
            events.append(left(contact, at + draw(st.integers(1, 60)), "abandoned"))
        else:
            events.append(answered(contact, at + draw(st.integers(1, 2 * HOUR_S))))
        if draw(st.booleans()):
            events.append(contact("contact.ended", at + draw(st.integers(0, 30 * HOUR_S))))
    return draw(st.permutations(events))


@st.composite
def agents(draw):
    """Words of two agents and of their contacts over two days, in any order of arrival: none is forgotten yet."""
    events, who = [], [Entity(AGENT, f"a{i}") for i in range(2)]
    for seq in range(draw(st.integers(2, 14))):
        agent, at = draw(st.sampled_from(who)), draw(st.integers(0, 8)) * 6 * HOUR_S + draw(st.integers(0, 100))
        kind = draw(st.sampled_from(("status", "logged in", "stated", "stated")))
        if kind == "status":
            class_ = draw(st.sampled_from(("routable", "custom", "offline")))
            events.append(agent("agent.status_changed", at, team="t", **{"status": "x", "class": class_}))
        elif kind == "logged in":
            events.append(agent("agent.logged_in", at))
        else:
            since = T0_MS + at * 1000
            until = draw(st.sampled_from((None, since + 40 * HOUR_S * 1000, since + 90_000)))
            stays = [["on_contact", since, until, "voice"]]
            contact = f"k{draw(st.integers(0, 3))}"
            events.append(agent("agent.contact_stated", at, contact_id=contact, seq=seq, stays=stays))
    return events


class Floor:
    """One partition's worker and what is durable of it; ``crash`` loses the rest."""

    def __init__(self, topic, rows) -> None:
        self.topic = topic
        self.rows, self.at, self.committed, self.end = rows, 0, 0, 0
        self.changelog, self.late = [], {}
        self.view = View(SETTINGS)
        self.part, self.ends_at = partition(self.topic, SETTINGS), None

    def take(self, count: int) -> None:
        """The next rows are applied."""
        self.part.apply(self.rows[self.at : self.at + count])
        self.at = min(len(self.rows), self.at + count)
        self.end = max(self.end, self.at)
        if self.ends_at is not None and self.at >= self.ends_at:
            self.ends_at = None

    def write(self, *, records: bool, wide: bool = True, durable: float = 1) -> None:
        """Publishes, and before that writes the records where ``records``; ``durable`` is how much of it arrives."""
        for out in self.part.outgoing():
            if out.topic == LATE:
                self.late[out.key] = out.value
        rows = self.part.changed_records() if records else []
        shown = self.part.changed_aggregates(0, wide=wide) if self.ends_at is None else []
        count = round(durable * (len(rows) + len(shown)))
        self.changelog += rows[:count]
        for key, value in shown[: max(0, count - len(rows))]:
            self.view.put(key, value)
        if records and durable == 1:
            self.committed = self.at

    def crash(self, end: int) -> None:
        """Killed; another worker recovers. ``end`` is where the log ends by then."""
        self.part, self.at = partition(self.topic, SETTINGS), self.committed
        for key, value in self.changelog:
            self.part.recover(key, value)
        self.part.rebuild()
        self.end = max(self.end, end)
        self.ends_at = self.end if self.at < self.end else None

    def shown(self):
        """Every row of every window, the tally of the events, and what was too late."""
        now_ms = self.view.now_ms(0)
        reports = [self.view.report(window, now_ms) for window in WINDOWS]
        rows = Counter(
            (window, orjson.dumps(msgspec.to_builtins(row), option=orjson.OPT_SORT_KEYS))
            for window, of_window in zip(WINDOWS, reports, strict=True)
            for row in of_window.rows
            if row.kpi not in LEVELS
        )
        return (
            rows,
            reports[0].events,
            self.late if self.topic == CALL else {},
        )  # of words about agents as they are told


@settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(calls() | agents(), st.data())
def test_killed_while_panes_become_final(events, data):
    """Whatever part of a write was durable, the board shows what it shows of a worker that was never killed."""
    topic = events[0][0]
    rows = rows_of(events)
    calm = Floor(topic, rows)
    calm.take(len(rows))
    calm.write(records=True)
    storm = Floor(topic, rows)
    while storm.at < len(rows):
        storm.take(data.draw(st.integers(1, 4), "rows"))
        action = data.draw(st.sampled_from(("apply", "publish", "persist", "die writing", "die")), "action")
        if action == "publish":
            storm.write(records=False, wide=data.draw(st.booleans(), "wide"))
        elif action == "persist":
            storm.write(records=True)
        elif action == "die writing":
            storm.write(
                records=data.draw(st.booleans(), "records"),
                durable=data.draw(st.sampled_from((0.2, 0.5, 0.8)), "durable"),
            )
        if action.startswith("die"):
            storm.crash(data.draw(st.integers(storm.at, len(rows)), "end"))
    storm.ends_at = None
    storm.write(records=True)
    assert storm.shown() == calm.shown()
