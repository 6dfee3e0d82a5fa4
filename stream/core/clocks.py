"""Both clocks of a duration: calendar time, and business time, which runs only while the queue is open (K11).

A duration ``x`` is a sample by the calendar clock, always. Where opening hours had a part in it, two more samples go
with it: ``x_scheduled``, the same again, and ``x_business``. So the calendar row is over ``x``, the business row over
``x`` without ``x_scheduled`` and with ``x_business``; where no queue has a schedule, both are the same and nothing is
paid for the second clock.

Every second counts under the hours in force then: those of the queue that the record was in (K12), in the week of the
schedule that was in force (``stream.core.schedule``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from stream.core.facts import CLOCKED, Fact

if TYPE_CHECKING:
    from stream.core.lifecycle import Record
    from stream.core.schedule import Schedule

FAR_MS = 1 << 62


def has_hours(record: Record) -> bool:
    """Whether the record is or was in a queue that is not always open."""
    return record.scope is not None and (record.scope.terms.schedule is not None or bool(record.hours))


def clocked(record: Record, kind: int, start_ms: int, at_ms: int) -> tuple[Fact, ...]:
    """The facts of a duration of ``kind`` from ``start_ms`` until now, by both clocks."""
    fact = (record.scope, kind, at_ms, at_ms - start_ms, 1)
    return (fact, *second(record, fact, business_ms(record, start_ms, at_ms))) if has_hours(record) else (fact,)


def second(record: Record, fact: Fact, ms: int) -> tuple[Fact, ...]:
    """What goes with the fact of a duration that was ``ms`` of business time."""
    if not has_hours(record):
        return ()
    scope, kind, at_ms, value, sign = fact
    scheduled, business = CLOCKED[kind]
    return (scope, scheduled, at_ms, value, sign), (scope, business, at_ms, ms, sign)


def business_ms(record: Record, start_ms: int, end_ms: int) -> int:
    """The time in [start, end) that the record's queues were open."""
    return sum(
        until - since if schedule is None else schedule.business_ms(since, until)
        for since, until, schedule in pieces(record, start_ms, end_ms)
    )


def pieces(record: Record, start_ms: int, end_ms: int) -> Iterator[tuple[int, int, Schedule | None]]:
    """The pieces of [start, end) by the schedule that the record was under."""
    since = start_ms
    now = record.scope.terms.schedule if record.scope is not None else None
    for until, schedule in (*record.hours, (FAR_MS, now)):
        if since < min(until, end_ms):
            yield since, min(until, end_ms), schedule
            since = until
