"""The merged view: which places a record belongs to, and one family's measure beside another's."""

from __future__ import annotations

import msgspec

from stream.core.facts import KINDS
from stream.core.view import View
from tests.core.floor import AGENT, T0_MS, Entity, answered, call, entered, history, partition, rows_of
from topics import aggregates as agg


def view_of(*parts):
    """A view of what the partitions have summed."""
    view = View(history())
    for part in parts:
        for key, row in part.changed_aggregates(0, wide=True):
            view.put(key, row)
    return view


def test_a_measure_over_another_family():
    """The total of the queues reads what all teams have measured in the same window, its own numbers unchanged."""
    contact, agent, other = call(), Entity(AGENT, "a7", team="phones"), Entity(AGENT, "a8", team="chat")
    calls, agents = partition("call.events", history()), partition(AGENT, history())
    calls.apply(rows_of([entered(contact, 5), answered(contact, 25)]))
    agents.apply(rows_of([agent("agent.logged_in", 0), other("agent.logged_in", 10)]))
    view = view_of(calls, agents)
    total = view._spots["queue", None, None]
    for window, idle_ms in (("5m", 110_000), ("today", 110_000), ("yesterday", 0)):
        total.look(window, T0_MS + 60_000, T0_MS)
        assert total.over("team").inside_ms(KINDS["in_available"]) == idle_ms
        assert total.n(KINDS["answered"]) == (window != "yesterday")
    assert total.over("nobody").inside_ms(KINDS["in_available"]) == 0


def test_what_is_of_no_queue_is_in_the_sums_only():
    """A place without a queue has no row of its own: it counts for its channel and over everything."""
    part = partition("call.events", history())
    kind = KINDS["contacts_seen"]
    part.ledger.append((part.scope("queue", "", "mail"), kind, T0_MS, 0, 1))
    part.ledger.append((part.scope("queue", "", ""), kind, T0_MS, 0, 1))
    part.ledger.append((part.scope("queue", "billing", "voice"), kind, T0_MS, 0, 1))
    view = view_of(part)
    spots = view._spots
    assert {place[1:] for place in spots} == {
        (None, None), (None, "mail"), (None, "voice"), ("billing", None), ("billing", "voice"),
    }  # fmt: skip
    spots["queue", None, None].look("today", T0_MS, T0_MS)
    assert spots["queue", None, None].n(kind) == 3
    assert view.places() == [agg.Place("queue", "billing", "voice")]


def test_as_of_does_not_fall_back_for_a_late_event():
    """A partition that only hears what is late or repeated makes no progress: the others say how far the view is."""
    view = View(history())

    def mark(number, watermark_ms, published_ms, next_offset):
        key = agg.pack_key(agg.Key("call.events", number, agg.MARK, agg.Place("", "", ""), ""))
        value = agg.Mark(next_offset, next_offset, T0_MS, watermark_ms, 0, 1, 0, 0, {}, 0, "", published_ms)
        view.put(key, msgspec.msgpack.encode(value))

    mark(0, T0_MS, T0_MS, 1)
    mark(1, T0_MS + 60_000, T0_MS + 60_000, 1)
    assert view.watermark_ms() == T0_MS + 60_000
    mark(0, T0_MS, T0_MS + 61_000, 2)
    assert view.watermark_ms() == T0_MS + 60_000
    mark(0, T0_MS + 58_000, T0_MS + 62_000, 3)
    assert view.watermark_ms() == T0_MS + 58_000
