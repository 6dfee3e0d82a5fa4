"""The agent segments of contacts in less usual lives."""

from __future__ import annotations

from tests.core.floor import answered, call, entered, left, report, value


def test_who_came_back_and_is_answered_under_another_segment_keeps_its_wrap_up():
    """An agent segment has the name that its answer gives it, whatever the entry into the queue was called."""
    c = call()
    events = [
        entered(c, 0, segment="1"),
        left(c, 30, "abandoned"),
        c("queue.resumed", 50),
        answered(c, 70, segment="2"),
        c("contact.ended", 100, by="customer"),
        c("acw.started", 100, agent_id="a7", segment_id="2"),
        c("acw.ended", 120, agent_id="a7", segment_id="2"),
    ]

    rows = report(events)

    assert value(rows, "wrap_up_seconds", "sum") == 20
    assert value(rows, "handle_seconds", "sum") == 50
