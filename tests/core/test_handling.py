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


def test_an_entry_during_a_wait_is_offered_again():
    """How it left the queue before was lost: nothing is decided of that wait, the new one counts from its own entry."""
    c = call()
    rows = report([entered(c, 0), entered(c, 50, queue="sales", segment="2"), answered(c, 60, segment="2")])
    assert (value(rows, "contacts_offered"), value(rows, "contacts_answered"), value(rows, "contacts_waiting")) == (
        2,
        1,
        0,
    )
    assert value(rows, "contacts_offered", queue="billing") == 1
    assert value(rows, "answer_speed_seconds", "sum") == 10


def test_an_answer_before_the_entry_of_a_later_segment():
    """R43: in a second queue too it is an answer without a duration."""
    c = call()
    events = [
        entered(c, 0), answered(c, 10), c("contact.transferred", 20, kind="queue", to="sales"),
        answered(c, 30, segment="2", agent="a8"), entered(c, 31, queue="sales", segment="2"),
    ]  # fmt: skip
    rows = report(events)
    assert (value(rows, "contacts_offered"), value(rows, "contacts_answered"), value(rows, "contacts_waiting")) == (
        2,
        2,
        0,
    )
    assert value(rows, "answer_speed_seconds", "sum") == 10
