"""Records at rest count as before: whatever touches them finds them as they were."""

from __future__ import annotations

import random

from stream.core.settings import load
from tests.core.floor import ARRIVED_MS, Event, answered, call, entered, left, partition, rows_of, state_of

SETTINGS = load("", {}, {"time.horizon_hours": 1})


def calls(number: int) -> list[Event]:
    """Calls one after the other; each is wrapped up an hour late, and the half of them come in twice."""
    events: list[tuple[float, Event]] = []
    for i in range(number):
        contact, at = call(f"c{i}", customer_id=f"p{i % 7}"), 60.0 * i
        of_one = [entered(contact, at, queue=f"q{i % 3}")]
        if i % 4 == 3:
            of_one.append(left(contact, at + 9, "abandoned"))
            of_one.append(contact("queue.resumed", at + 40))
        of_one.append(answered(contact, at + 50))
        of_one.append(contact("contact.ended", at + 100, by="customer"))
        events += [(at + 100, event) for event in of_one]
        events.append((at + 3700, contact("acw.ended", at + 130, agent_id="a7")))
        if i % 2:
            events += [(at + 900, event) for event in of_one]
    return [event for _, event in sorted(events, key=lambda pair: pair[0])]


def test_what_is_over_rests_and_counts_as_if_it_did_not():
    """Late events and duplicates of contacts at rest give what they give to contacts that never rested."""
    events = calls(60)
    rested, wakeful = partition("call.events", SETTINGS), partition("call.events", SETTINGS)
    most = 0
    for i, row in enumerate(rows_of(events)):
        rested.apply([row])
        rested.outgoing()
        rested.changed_records()
        most = max(most, len(rested.resting))
        wakeful.apply([row])
        assert rested.record_count() == wakeful.record_count(), i
    assert most > 20
    assert rested.counts == wakeful.counts
    assert state_of(rested) == state_of(wakeful)


def test_what_rests_survives_restarts_and_older_rows():
    """Recovered from rows in any order, everything counts as before, and what is over rests at once."""
    events = calls(40)
    part = partition("call.events", SETTINGS)
    rows: list[tuple[bytes, bytes | None]] = []
    for row in rows_of(events):
        part.apply([row])
        part.outgoing()
        rows += part.changed_records()
    random.Random(1).shuffle(rows)
    again = partition("call.events", SETTINGS)
    for key, value in rows:
        again.recover(key, value)
    again.rebuild()
    assert len(again.resting) == 40
    assert state_of(again) == state_of(part)


def test_what_rests_is_forgotten_like_all_that_is_over():
    """Beyond the horizon a record at rest gets its tombstone."""
    part = partition("call.events", SETTINGS)
    contact, clock = call("old"), call("clock")
    part.apply(rows_of([entered(contact, 0), left(contact, 5, "abandoned")]))
    written: list[tuple[bytes, bytes | None]] = []
    for hour in (1, 2, 30, 60, 61):
        part.apply(rows_of([entered(clock, hour * 3600, segment=str(hour))], first=10 + hour))
        written += part.changed_records()
        assert (len(part.resting) == 1) or hour > 30
        part.changed_aggregates(ARRIVED_MS, wide=True)
    assert (b"old", None) in [*written, *part.changed_records()]
    assert not len(part.resting)
    assert part.record_count() == 1
