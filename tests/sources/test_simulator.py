"""The simulated floor: reproducible, lifelike, and never impossible."""

from __future__ import annotations

import functools
from collections import Counter
from itertools import pairwise, takewhile
from typing import Any

import orjson
import pytest

from stream.sources import plan
from stream.sources.simulator import simulate
from topics.codec import Decoder

START_MS = 1_764_547_200_000  # 2025-12-01T00:00:00Z
DAY_MS = 86_400_000
RATE = 1.0
LATEST_MS = 3_700_000


@functools.cache
def day(seed: int = 7) -> tuple[tuple[int, str, bytes, dict[str, Any]], ...]:
    """(arrival, topic, key, event) of one simulated day, what arrives after its end included."""
    lines = takewhile(lambda arrival: arrival[0] < START_MS + DAY_MS + LATEST_MS, simulate(seed, START_MS, RATE))
    found = ((arrived, line.topic, line.key, orjson.loads(line.value)) for arrived, line in lines)
    return tuple(line for line in found if line[3]["occurred_at"] < START_MS + DAY_MS)


def once() -> list[dict[str, Any]]:
    """The day's events as they happened, each once; of one millisecond an agent is free before the next contact."""
    found = {(e["entity_id"], e["event_id"]): e for *_, e in day()}
    return sorted(found.values(), key=lambda e: (e["occurred_at"], e["type"] == "offer.made", e.get("seq", 0)))


def test_the_same_seed_gives_the_same_bytes() -> None:
    """Two runs of one seed are equal, byte for byte and in arrival; another seed or start is another floor."""
    first, again, other = (
        [next(lines) for _ in range(2000)]
        for lines in (simulate(3, START_MS, 20), simulate(3, START_MS, 20), simulate(4, START_MS, 20))
    )
    assert first == again
    assert first != other


def test_it_comes_in_order_of_arrival() -> None:
    """Arrival never goes back and never precedes what it tells of."""
    arrivals = [arrived for arrived, *_ in day()]
    assert arrivals == sorted(arrivals)
    assert all(arrived >= event["occurred_at"] for arrived, *_, event in day())


def test_every_event_is_a_valid_one() -> None:
    """Each decodes on its topic, under its key, at its arrival."""
    decoders = {topic: Decoder(topic, future_skew_ms=0) for topic in {topic for _, topic, *_ in day()}}
    for arrived, topic, key, event in day():
        assert decoders[topic].decode(key, orjson.dumps(event), arrived).event_id == event["event_id"]


@pytest.mark.parametrize(
    "kind",
    [
        "call.initiated", "chat.started", "queue.entered", "queue.left", "queue.resumed", "offer.made", "offer.missed",
        "contact.answered", "contact.transferred", "contact.ended", "message", "hold.started", "hold.ended",
        "acw.started", "acw.ended", "ticket.created", "ticket.message_added", "ticket.status_changed",
        "ticket.assigned", "ticket.marked_spam", "ticket.merged", "agent.logged_in", "agent.logged_out",
        "agent.status_changed", "agent.snapshot", "agent.profile_changed", "shift.scheduled", "ticket.split",
        "ticket.deleted", "ticket.viewed", "ticket.fields_changed", "ticket.priority_changed", "survey.sent",
        "survey.answered", "customer.acquired", "customer.churned", "customer.reactivated", "purchase.made",
    ],
)  # fmt: skip
def test_everything_that_a_floor_does_occurs(kind: str) -> None:
    """Every kind of event that the first KPIs live on is there within a day."""
    assert any(event["type"] == kind for event in once())


def test_reopens_bots_agents_tickets_and_every_way_out_of_a_queue_occur() -> None:
    """The special cases that numbers go wrong on."""
    events = once()
    reopened = [
        e for e in events if e["type"] == "ticket.status_changed" and (e["from"], e["to"]) == ("solved", "open")
    ]
    assert reopened
    assert {e["submitter_role"] for e in events if e["type"] == "ticket.created"} == {"customer", "agent"}
    assert {"bot", "agent", "customer"} <= {e["author_role"] for e in events if e["type"] == "ticket.message_added"}
    assert {"private", "public"} <= {e["visibility"] for e in events if e["type"] == "ticket.message_added"}
    reasons = {e["reason"] for e in events if e["type"] == "queue.left"}
    assert reasons == {"answered", "abandoned", "callback", "overflow", "timeout"}


def test_duplicates_and_late_events_are_as_frequent_as_planned() -> None:
    """Some come twice, some late by seconds, a few by up to an hour."""
    total = len(once())
    copies = Counter((e["entity_id"], e["event_id"]) for *_, e in day())
    twice = sum(1 for n in copies.values() if n == 2)
    late = [(arrived - e["occurred_at"]) / 1000 for arrived, *_, e in day()]
    assert twice / total == pytest.approx(plan.DUPLICATE, rel=0.25)
    assert sum(1 for s in late if s > 1) / len(late) == pytest.approx(plan.LATE_SECONDS, rel=0.3)
    assert 60 < max(late) <= 3600 + 31


def test_arrivals_follow_the_day() -> None:
    """The customers of every two hours are as many as the curve says, within four standard deviations of Poisson."""
    begun = [e["occurred_at"] for e in once() if e["type"] in ("call.initiated", "chat.started")]
    per_s = RATE * (1 - plan.TICKET_EVENTS_SHARE) / plan.EVENTS_OF_CONTACT
    for start in range(0, 24, 2):
        low = START_MS + start * plan.HOUR_MS
        steps = [plan.busyness(low + k * 60_000) for k in range(120)]
        expected = per_s * 7200 * sum(steps) / len(steps)
        number = sum(1 for at in begun if low <= at < low + 2 * plan.HOUR_MS)
        assert abs(number - expected) < 4 * expected**0.5, (start, number, expected)


def test_gaps_between_arrivals_are_those_of_a_poisson_process() -> None:
    """In an hour of steady traffic the deviation of the gaps is about their mean."""
    begun = [e["occurred_at"] for e in once() if e["type"] in ("call.initiated", "chat.started")]
    busy = [at for at in begun if START_MS + 9 * plan.HOUR_MS <= at < START_MS + 18 * plan.HOUR_MS]
    gaps = [b - a for a, b in pairwise(busy)]
    mean = sum(gaps) / len(gaps)
    deviation = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    assert deviation / mean == pytest.approx(1, abs=0.1)


def test_nobody_has_more_contacts_than_they_can() -> None:
    """From the offer to the end of the after-call work an agent's contacts never exceed the team's capacity."""
    teams = {e["entity_id"]: e["team"] for e in once() if e["type"] == "agent.logged_in"}
    running: Counter[str] = Counter()
    most: Counter[str] = Counter()
    for event in once():
        agent = event.get("agent_id")
        if event["type"] == "offer.made":
            running[agent] += 1
            most[teams[agent]] = max(most[teams[agent]], running[agent])
        elif event["type"] in ("offer.missed", "acw.ended"):
            running[agent] -= 1
    assert most == plan.CAPACITY


def test_nobody_is_answered_who_does_not_wait() -> None:
    """Along each contact's life: answered only out of the queue, ended once, and whoever waits for ever is still in
    the queue.
    """
    waiting: dict[str, bool] = {}
    ended: set[str] = set()
    for event in once():
        entity, kind = event["entity_id"], event["type"]
        assert not (entity in ended and kind in ("queue.entered", "contact.answered", "contact.ended")), event
        if kind in ("queue.entered", "queue.resumed"):
            waiting[entity] = True
        elif kind == "queue.left":
            assert waiting[entity], event
            waiting[entity] = False
        elif kind == "contact.answered":
            assert waiting.pop(entity) is False, event
        elif kind == "contact.ended":
            ended.add(entity)


def test_tickets_change_from_the_status_that_they_have() -> None:
    """Every change names the status before it."""
    status: dict[str, str] = {}
    for event in once():
        if event["type"] == "ticket.status_changed":
            assert event["from"] == status.get(event["entity_id"], "new")
            status[event["entity_id"]] = event["to"]


def test_the_rate_is_what_was_asked_for() -> None:
    """In the busiest hours about so many events a second."""
    busy = [1 for _, topic, _, e in day() if 9 <= (e["occurred_at"] - START_MS) / plan.HOUR_MS < 11]
    assert len(busy) / 7200 == pytest.approx(RATE, rel=0.3)
