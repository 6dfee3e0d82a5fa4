"""Both clocks of a duration, on the report and against the oracle."""

from __future__ import annotations

import tomllib

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.core.floor import CHAT, T0_MS, Entity, history, reply, report, status, ticket, value
from tests.core.test_exactness import contact_events, ticket_events
from tests.examples import examples
from tests.oracle import Oracle, Record, compare
from tests.oracle.judge import BOTH_CLOCKS

HOUR, DAY = 3600, 86_400
TEN_TO_FIVE = 7 * HOUR
# T0 is a Monday at 10:00 UTC. The seventh of December is a Sunday.
OFFICE = """
[[schedules.office]]
mon = ["10:00-17:00"]
tue = ["10:00-12:00", "13:00-17:00"]
wed = ["10:00-17:00"]
thu = ["10:00-17:00"]

[[schedules.office]]
from = 2025-12-04
mon = ["11:00-12:00"]

[queues.billing]
schedule = "office"
"""
OPEN_AND_SHUT = """
[schedules.blink]
mon = ["10:00-10:01", "10:02-10:03"]
[schedules.other]
zone = "Asia/Kolkata"
mon = ["15:31-15:32"]
[queues.billing]
schedule = "blink"
[queues.sales]
schedule = "other"
"""


def both(rows, kpi, stat="sum", **where):
    """(by the calendar, by business time)."""
    return value(rows, kpi, stat, clock="calendar", **where), value(rows, kpi, stat, clock="business", **where)


def test_k11_both_clocks_always():
    """K11: an answer after closing time, a reply over lunch, a solve two days later."""
    t, made = ticket(at_s=6 * HOUR)
    rows = report(
        [
            made,
            reply(t, 9 * HOUR),
            reply(t, DAY + HOUR, "customer"),
            reply(t, DAY + 4 * HOUR),
            status(t, 2 * DAY, "open", "solved"),
        ],
        history(OFFICE),
    )
    assert both(rows, "first_response_seconds") == (3 * HOUR, HOUR)
    assert both(rows, "next_reply_seconds") == (3 * HOUR, 2 * HOUR)
    assert both(rows, "full_resolution_seconds") == (42 * HOUR, 7 * HOUR)
    assert both(rows, "full_resolution_seconds", queue="billing", channel="mail") == (42 * HOUR, 7 * HOUR)


def test_r28b_without_a_schedule_both_clocks_are_equal():
    """R28b: both rows are there, with the same numbers, and the sum over queues mixes nothing up."""
    t, made = ticket(at_s=6 * HOUR)
    other, also = ticket("t2", at_s=6 * HOUR, queue="sales")
    rows = report([made, also, reply(t, 9 * HOUR), reply(other, 9 * HOUR)], history(OFFICE))
    assert both(rows, "first_response_seconds", queue="sales") == (3 * HOUR, 3 * HOUR)
    assert both(rows, "first_response_seconds") == (6 * HOUR, 4 * HOUR)
    assert both(rows, "first_response_seconds", "mean") == (3 * HOUR, 2 * HOUR)
    p90 = both(rows, "first_response_seconds", "p90")
    p50 = both(rows, "first_response_seconds", "p50")
    assert abs(p90[1] / (3 * HOUR) - 1) < 0.02
    assert abs(p50[1] / HOUR - 1) < 0.02


def test_k12_every_second_under_the_schedule_then_in_force():
    """K12: the old week counts until its last second, the new one from its first."""
    t, made = ticket(at_s=2 * DAY)  # Wednesday
    rows = report([made, status(t, 7 * DAY, "new", "solved")], history(OFFICE))
    assert both(rows, "full_resolution_seconds") == (5 * DAY, TEN_TO_FIVE)
    rows = report([made, status(t, 7 * DAY + 2 * HOUR, "new", "solved")], history(OFFICE))
    assert both(rows, "full_resolution_seconds") == (5 * DAY + 2 * HOUR, TEN_TO_FIVE + HOUR)


def test_k12_a_ticket_takes_its_queues_hours():
    """K12, R46: what it has waited in each queue counts by the hours of that queue."""
    t, made = ticket(at_s=6 * HOUR)
    moved = t("ticket.fields_changed", 8 * HOUR, queue="sales", channel="mail")
    rows = report([made, moved, reply(t, 9 * HOUR)], history(OFFICE))
    assert both(rows, "first_response_seconds", queue="sales") == (3 * HOUR, 2 * HOUR)


def test_r03_the_clock_is_never_merged():
    """R03: no row of these KPIs is without a clock."""
    t, made = ticket()
    rows = report([made, reply(t, 5), status(t, 9, "new", "solved")], history(OFFICE))
    for kpi in ("first_response_seconds", "full_resolution_seconds"):
        assert {row["clock"] for row in rows if row["kpi"] == kpi} == {"calendar", "business"}


def test_a_reopen_takes_back_both_samples():
    """What a solve has said by either clock is gone when it is taken back."""
    t, made = ticket(at_s=6 * HOUR)
    events = [made, status(t, 8 * HOUR, "new", "solved"), status(t, 9 * HOUR, "solved", "open")]
    assert both(report(events, history(OFFICE)), "full_resolution_seconds") == (None, None)


@st.composite
def floors(draw):
    """Tickets and chats around the minutes when the queues open and shut."""
    events = draw(contact_events(CHAT, "chat"))
    for i in range(draw(st.integers(1, 3))):
        t, made = ticket(f"new{i}", queue=draw(st.sampled_from(("billing", "sales"))))
        t.made = 100
        events += [made, *(e for e in draw(ticket_events(f"t{i}")))]
        events += [
            reply(t, draw(st.integers(1, 30)), draw(st.sampled_from(("agent", "customer"))), queue=queue)
            for queue in draw(st.lists(st.sampled_from(("billing", "sales")), max_size=4))
        ]
        if draw(st.booleans()):
            events.append(status(t, draw(st.integers(1, 31)), "open", "solved"))
    stretch = draw(st.sampled_from((1000, 7000, 20_000)))
    return [
        event for event in (_stretched(e, stretch, n) for n, e in enumerate(events)) if b"correction." not in event[2]
    ]


def _stretched(event, by_ms, n):
    """The same event with its seconds as long as ``by_ms``, in a millisecond of its own: ties are not the matter here."""
    import orjson

    topic, key, value = event
    told = orjson.loads(value)
    told["occurred_at"] = T0_MS + (told["occurred_at"] - T0_MS) // 1000 * by_ms + n
    return topic, key, orjson.dumps(told)


@settings(max_examples=examples(15), deadline=None, suppress_health_check=list(HealthCheck))
@given(floors())
def test_both_clocks_equal_the_oracle(events):
    """Any tickets and chats, moved between queues with different hours, give the rows of the oracle."""
    text = OPEN_AND_SHUT
    records = [
        Record(topic, 0, n, T0_MS + 400 * DAY * 1000, key, value) for n, (topic, key, value) in enumerate(events)
    ]
    judge = Oracle(records, {**tomllib.loads(text), "time": {"horizon_hours": 0}})
    rows = [row for row in report(events, history(text)) if row["kpi"] in BOTH_CLOCKS]
    assert compare(rows, {row: value for row, value in judge.rows().items() if row[-1] is not None}) == []


def test_an_entity_without_a_queue_has_no_hours():
    """A message before any queue is known costs nothing and says nothing."""
    chat = Entity(CHAT, "c1")
    said = [chat("message", n, author_role=role, message_id=f"m{n}") for n, role in enumerate(("customer", "agent"))]
    assert both(report(said, history(OFFICE)), "first_response_seconds") == (None, None)
