"""Service targets against the oracle: tickets, calls and chats whose queue, priority, tier and status change."""

from __future__ import annotations

import tomllib

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.core.floor import CALL, CHAT, T0_MS, TICKET, Entity, history, report
from tests.examples import examples
from tests.oracle import Oracle, Record, compare

TOML = """
[schedules.blink]
mon = ["10:00-10:01", "10:03-10:05"]
[schedules.other]
zone = "Asia/Kolkata"
mon = ["15:31-15:33"]
[queues.billing]
schedule = "blink"
[queues.sales]
schedule = "other"

[targets.any_response]
metric = "first_response"
match = {}
seconds = 100
warn_seconds = 30
[targets.high_response]
metric = "first_response"
match = { priority = ["high"] }
seconds = 40
clock = "business"
warn_seconds = 10
[targets.reply]
metric = "next_reply"
match = { queue = "billing" }
seconds = 50
clock = "business"
[targets.fix]
metric = "resolution"
match = { queue = ["billing", "sales"] }
seconds = 90
clock = "business"
warn_seconds = 300
[targets.fix_vip]
metric = "resolution"
match = { tier = "vip", queue = "sales" }
seconds = 30
[targets.pick_up]
metric = "answer"
match = { queue = "billing" }
seconds = 60
warn_seconds = 20
"""
KPIS = ("targets_met", "targets_missed", "target_attainment_ratio", "targets_at_risk", "targets_breached")
QUEUES = st.sampled_from(("billing", "sales", "plain"))
PRIORITY = st.sampled_from(("high", "low", None))
TIER = st.sampled_from(("vip", "basic", None))


@st.composite
def tickets(draw, name):
    entity = Entity(TICKET, name)
    role = draw(st.sampled_from(("customer", "customer", "agent", "system")))
    place = {"queue": draw(QUEUES), "channel": "mail", "priority": draw(PRIORITY), "tier": draw(TIER)}
    events = [entity("ticket.created", 0, requester_id="r", submitter_role=role, **place)]
    status = "new"
    for _ in range(draw(st.integers(0, 8))):
        kind = draw(st.integers(0, 5))
        if kind in (0, 1):
            after = draw(st.sampled_from(("open", "pending", "on_hold", "solved", "closed")))
            events.append(entity("ticket.status_changed", 0, **{"from": status, "to": after, "actor": "a1"}))
            status = after
        elif kind in (2, 3):
            said = {"author_role": draw(st.sampled_from(("agent", "customer"))), "visibility": "public"}
            events.append(entity("ticket.message_added", 0, message_id="m", author_id="x", **said))
        elif kind == 4:
            events.append(entity("ticket.priority_changed", 0, priority=draw(PRIORITY) or "low"))
        else:
            events.append(entity("ticket.fields_changed", 0, queue=draw(QUEUES), tier=draw(TIER)))
    return spread(draw, events)


@st.composite
def calls(draw, name):
    entity = Entity(CALL, name)
    place = {"queue": draw(QUEUES), "channel": "voice"}
    events = [entity("queue.entered", 0, segment_id="1", **place)]
    end = draw(st.integers(0, 4))
    if end == 1:
        events.append(entity("contact.answered", 0, segment_id="1", agent_id="a1"))
    elif end > 1:
        events.append(entity("queue.left", 0, reason=draw(st.sampled_from(("abandoned", "overflow")))))
    if end == 3:
        events += [entity("queue.resumed", 0), entity("contact.answered", 0, segment_id="1", agent_id="a1")]
    return spread(draw, events)


@st.composite
def chats(draw, name):
    entity = Entity(CHAT, name)
    priority = {"priority": draw(PRIORITY), "tier": draw(TIER)}
    events = [entity("queue.entered", 0, queue=draw(QUEUES), channel="chat", segment_id="1", **priority)]
    events += [
        entity("message", 0, author_role=draw(st.sampled_from(("customer", "agent"))), message_id="m")
        for _ in range(draw(st.integers(0, 4)))
    ]
    if draw(st.booleans()):
        events.insert(draw(st.integers(1, len(events))), entity("contact.answered", 0, segment_id="1", agent_id="a1"))
        if draw(st.booleans()):
            events.append(entity("contact.ended", 0, by="agent"))
    return spread(draw, events)


def spread(draw, events):
    """The events one after the other, some seconds or minutes apart and never in one millisecond."""
    at, found = draw(st.integers(0, 60)) * 1000, []
    for n, (topic, key, value) in enumerate(events):
        told = orjson.loads(value)
        told["occurred_at"] = T0_MS + at + n
        at += draw(st.sampled_from((0, 7, 20, 60, 90, 200))) * 1000
        found.append((topic, key, orjson.dumps(told)))
    return found


@st.composite
def floors(draw):
    events = []
    for i in range(draw(st.integers(1, 4))):
        events += draw(tickets(f"t{i}"))
    for i in range(draw(st.integers(0, 2))):
        events += draw(calls(f"c{i}")) + draw(chats(f"chat{i}"))
    return events


def judged(events, now_s):
    """(the rows of the report, those of the oracle): of the targets, when so many seconds have passed."""
    tick = Entity(TICKET, "tick")(
        "ticket.created", now_s, requester_id="r", submitter_role="system", queue="other", channel="web"
    )
    events = [*events, tick]
    records = [Record(topic, 0, n, T0_MS * 2, key, value) for n, (topic, key, value) in enumerate(events)]
    judge = Oracle(records, {**tomllib.loads(TOML), "time": {"horizon_hours": 0}})
    rows = [row for row in report(events, history(TOML)) if row["kpi"] in KPIS]
    return rows, {row: value for row, value in judge.rows().items() if row[0] in KPIS}


@pytest.mark.slow
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(floors(), st.integers(0, 3000))
def test_targets_equal_the_oracle(events, now_s):
    """R29 to R29e: whatever happens to whatever is owed, every row of the targets is that of the oracle."""
    rows, expected = judged(events, now_s)
    assert compare(rows, expected) == []


@settings(max_examples=examples(15), deadline=None, suppress_health_check=list(HealthCheck))
@given(floors(), st.integers(0, 3000))
def test_targets_equal_the_oracle_quickly(events, now_s):
    """The same for a few floors, always the same ones."""
    rows, expected = judged(events, now_s)
    assert compare(rows, expected) == []
