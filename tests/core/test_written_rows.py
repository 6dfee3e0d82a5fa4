"""What a partition has to write: rows of bounded size, in an order that loses nothing."""

from __future__ import annotations

from stream.core.settings import load
from tests.core.floor import ARRIVED_MS, TICKET, Entity, call, entered, left, partition, rows_of, ticket

HOUR_S = 3600


def test_a_closed_record_that_comes_to_life_again_is_written_after_its_tombstone():
    """An event for a record that was just forgotten survives a restart: the tombstone does not bury it."""
    settings = load("", {}, {"time.horizon_hours": 1})
    part = partition("call.events", settings)
    old, clock = call("old"), call("clock")
    part.apply(rows_of([entered(old, 0), left(old, 5, "abandoned")]))
    part.changed_records()
    for hour in (1, 30, 60, 61):  # the border moves, is written, and then the record is too old to be kept
        part.apply(rows_of([entered(clock, hour * HOUR_S, segment=str(hour))], first=10 + hour))
        part.changed_aggregates(ARRIVED_MS, wide=True)
        if hour < 61:
            part.changed_records()
    assert "old" not in part.records
    part.apply(rows_of([entered(old, 61 * HOUR_S + 1, segment="2")], first=100))
    written = part.changed_records()
    assert (b"old", None) in written
    again = partition("call.events", settings)
    for key, value in written:
        again.recover(key, value)
    again.rebuild()
    assert again.records["old"].offset == 100


def test_a_record_is_full_by_its_bytes_as_well():
    """Few but large events of one entity are refused before their record outgrows what can be written."""
    settings = load("", {}, {"limits.record_bytes": 2000})
    part = partition(TICKET, settings)
    _, created = ticket("t1")
    long = Entity(TICKET, "t1")
    long.made = 50
    messages = [
        long(
            "ticket.message_added",
            at,
            event_id=f"{at}-" + "x" * 900,
            message_id="m",
            author_id="a",
            author_role="agent",
            visibility="public",
        )
        for at in range(1, 6)
    ]
    part.apply(rows_of([created, *messages]))
    assert part.rejected == {"record full": 2}
    assert max(len(value or b"") for _, value in part.changed_records()) < 4000
