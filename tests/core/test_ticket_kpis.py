"""What is measured of tickets besides the plain reply and resolution times, ruling by ruling, read off the report."""

from __future__ import annotations

import pytest

from stream.core.settings import BadSetting
from tests.core.floor import CHAT, Entity, history, reply, report, status, ticket, value

HOUR = 3600
DAY = 24 * HOUR


def both(rows):
    """(first response of both series, of the human one), in seconds."""
    return tuple(value(rows, f"first_response_{series}seconds", "sum") for series in ("", "human_"))


def test_e_a_bot_solves_and_people_take_over_at_the_reopen():
    """Scenario E: created Mon 09:00, a bot solves at 09:05, reopened Fri 14:00, a human answers at 14:10."""
    t, made = ticket()
    friday = 4 * DAY + 5 * HOUR
    events = [
        made,
        reply(t, 240, "bot"),
        status(t, 300, "new", "solved", "bot"),
        status(t, friday, "solved", "open", "customer"),
        reply(t, friday + 600),
    ]
    assert both(report(events)) == (friday + 600, 600)


@pytest.mark.parametrize(
    ("events", "human"),
    [
        (lambda _: [], 60),
        (lambda t: [reply(t, 5, "bot")], 60),
        (lambda t: [status(t, 20, "new", "solved"), status(t, 40, "solved", "open")], 60),
        (lambda t: [status(t, 20, "new", "solved", "bot"), status(t, 40, "solved", "open")], 20),
        (lambda t: [reply(t, 5, "bot", author_id="b"), status(t, 20, "new", "solved", "b"), status(t, 40, "solved", "open")], 20),
        (lambda t: [reply(t, 5, "bot"), status(t, 20, "new", "solved", "customer"), status(t, 40, "solved", "open")], 20),
        (lambda t: [reply(t, 5, is_auto=True), status(t, 20, "new", "solved", "customer"), status(t, 40, "solved", "open")], 60),
    ],
)  # fmt: skip
def test_r18_both_series_are_equal_without_a_reopen_after_a_bot(events, human):
    """R18: only the reopen of what a bot has solved, or what was solved after it wrote, moves the human start."""
    t, made = ticket()
    assert both(report([made, *events(t), reply(t, 60)])) == (60, human)


def test_k7_a_chat_is_a_humans_from_the_hand_off():
    """K7: the human series of a chat starts at the bot's hand-off; a later one changes nothing that was answered."""
    chat = Entity(CHAT, "c", queue="support", channel="chat")
    said = [
        chat("chat.started", 0, visitor_id="v"),
        chat("message", 1, author_role="customer", message_id="1"),
        chat("message", 2, author_role="bot", message_id="2"),
        chat("bot.handoff", 100),
        chat("message", 130, author_role="agent", message_id="3"),
        chat("bot.handoff", 200),
    ]
    rows = report(said)
    assert both(rows) == (129, 30)
    assert value(rows, "first_response_human_seconds", "sum", queue="support", channel="chat") == 30


@pytest.mark.parametrize(("start", "waited"), [("customer", 70), ("created", 100), ("assigned", 40)])
def test_r54_where_a_first_response_starts(start, waited):
    """R54, K7: from the customer's first message, from the creation, or from the first assignment to an agent."""
    t, made = ticket(role="system")
    settings = history(f'[kpis]\nfirst_response_start = "{start}"')
    events = [
        made,
        reply(t, 30, "customer"),
        t("ticket.assigned", 50, to_group="g"),
        t("ticket.assigned", 60, to_agent="a1"),
        t("ticket.assigned", 80, to_agent="a2"),
    ]
    rows = report([*events, reply(t, 100)], settings)
    assert value(rows, "first_response_seconds", "sum") == waited
    chat = Entity(CHAT, "c", queue="support", channel="chat")
    rows = report(
        [
            chat("chat.started", 0, visitor_id="v"),
            chat("queue.entered", 10, segment_id="1"),
            chat("message", 30, author_role="customer", message_id="1"),
            chat("contact.answered", 60, agent_id="a1", segment_id="1"),
            chat("message", 100, author_role="agent", message_id="2"),
        ],
        settings,
    )
    assert value(rows, "first_response_seconds", "sum") == waited
    _, other = ticket("other", at_s=100)
    assert value(report([*events, other], settings), "oldest_unreplied_seconds") == waited


def test_r48_the_requester_waits_while_new_open_or_on_hold():
    """R48, S11: pending and solved time is not the requester's wait; a reopen takes the sample back."""
    t, made = ticket()
    events = [
        made,
        status(t, 10, "new", "open"),
        status(t, 100, "open", "pending"),
        status(t, 150, "pending", "on_hold"),
        status(t, 200, "on_hold", "solved"),
    ]
    assert value(report(events), "requester_wait_seconds", "sum") == 150
    events.append(status(t, 500, "solved", "open"))
    assert value(report(events), "requester_wait_seconds", "sum") is None
    rows = report([*events, status(t, 530, "open", "closed")])
    assert value(rows, "requester_wait_seconds", "sum") == 180
    t, made = ticket(role="agent")
    assert value(report([made, status(t, 10, "new", "solved")]), "requester_wait_seconds", "sum") is None


def test_r22_the_first_resolution_stays():
    """R22: a reopen takes back the full resolution only."""
    t, made = ticket()
    rows = report([made, status(t, 100, "new", "solved"), status(t, 200, "solved", "open")])
    assert value(rows, "first_resolution_seconds", "sum") == 100
    assert value(rows, "full_resolution_seconds", "sum") is None
    assert value(rows, "resolution_ratio") == 0


def test_r23_reopens_and_their_ratio():
    """R23: a ticket reopened twice is two reopens and one reopened ticket of those solved at least once."""
    t, made = ticket()
    other, other_made = ticket("other")
    rows = report(
        [
            made,
            other_made,
            status(t, 10, "new", "solved"),
            status(t, 20, "solved", "open"),
            status(t, 30, "open", "closed"),
            status(t, 40, "closed", "new"),
            status(other, 50, "new", "solved"),
        ]
    )
    assert value(rows, "reopens") == 2
    assert value(rows, "reopen_ratio") == 0.5
    assert value(rows, "resolution_ratio") == 0.5


def test_r43_a_status_before_the_creation_is_a_solve_without_a_duration():
    """R43: solved before it was created, the ticket counts as solved, and gives no time."""
    t, made = ticket(at_s=50)
    rows = report([status(t, 10, "new", "solved"), made])
    assert value(rows, "tickets_solved") == 1
    assert value(rows, "full_resolution_seconds", "sum") is None
    assert value(rows, "requester_wait_seconds", "sum") is None


def test_r25_touches_replies_and_assignments_of_the_whole_life():
    """R25, R25b: per solved ticket, what comes after the solve included; the creation, bots and automatic messages never."""
    t, made = ticket()
    events = [
        made,
        reply(t, 1, "bot"),
        reply(t, 2, is_auto=True),
        t("ticket.assigned", 3, to_agent="a1"),
        reply(t, 4),
        reply(t, 5, visibility="private"),
        reply(t, 6, "customer"),
        t("ticket.assigned", 7, to_agent="a2", to_group="g"),
        t("ticket.assigned", 8, to_agent="a1"),
        t("ticket.assigned", 9, to_group="g"),
        reply(t, 10),
        status(t, 20, "open", "solved"),
        reply(t, 30, "customer"),
    ]
    rows = report(events)
    assert value(rows, "agent_touches_per_ticket") == 2
    assert value(rows, "replies_per_ticket") == 4
    assert value(rows, "assignments_per_ticket") == 3
    rows = report(events, history('[kpis]\ntouch_kinds = ["note", "status", "field"]'))
    assert value(rows, "agent_touches_per_ticket") == 2
    other, other_made = ticket("other")
    assert value(report([*events, other_made, status(other, 40, "new", "solved")]), "replies_per_ticket") == 2


def test_a_touch_kind_that_does_not_exist_is_refused():
    """The message names the key."""
    with pytest.raises(BadSetting, match=r"^kpis\.touch_kinds"):
        history('[kpis]\ntouch_kinds = ["shout"]')


def test_r27_unassigned_is_without_an_agent():
    """R27: given to a group only, or to nobody again, a ticket has no agent; solved it is not missed."""
    t, made = ticket()
    events = [made]
    for at, to, unassigned in ((10, {"to_group": "g"}, 1), (20, {"to_agent": "a1"}, 0), (30, {}, 1)):
        events.append(t("ticket.assigned", at, **to))
        assert value(report(events), "unassigned_tickets", queue="billing") == unassigned
    assert value(report([*events, status(t, 40, "new", "solved")]), "unassigned_tickets", queue="billing") == 0


def test_r03_the_backlog_by_status_and_by_priority():
    """R03: three ways to look at the backlog, never crossed, each adding up to the total."""
    urgent, urgent_made = ticket("t1")
    pending, pending_made = ticket("t2")
    gone, gone_made = ticket("t3")
    events = [
        urgent_made,
        pending_made,
        gone_made,
        urgent("ticket.priority_changed", 10, priority="a/b:\x1fc"),
        status(pending, 20, "new", "pending"),
        gone("ticket.priority_changed", 10, priority="high"),
        status(gone, 20, "new", "solved"),
    ]
    rows = report(events)

    def backlog(**where):
        return value(rows, "backlog_tickets", **{"state": None, "age": None, "priority": None, **where})

    assert backlog() == 2
    assert [backlog(state=s) for s in ("new", "open", "pending", "on_hold")] == [1, 0, 1, 0]
    assert [backlog(priority=p) for p in ("a/b:\x1fc", "none", "high")] == [1, 1, None]
    assert backlog(age="under_1h") == 2
    few = history("[limits]\npriorities = 1")
    events += [ticket("t4")[0]("ticket.created", 30, requester_id="r", submitter_role="customer", queue="billing",
                               channel="mail", priority="invented")]  # fmt: skip
    rows = report(events, few)
    assert backlog(priority="_other") == 1


def test_k10_closed_without_an_answer():
    """K10: solved while the customer had no answer at all; an answer after that, or a reopen, takes it back."""
    t, made = ticket()
    events = [made, status(t, 10, "new", "closed")]
    rows = report(events)
    assert value(rows, "closed_unreplied") == 1
    assert value(rows, "first_response_seconds", "sum") is None
    rows = report([*events, reply(t, 60)])
    assert value(rows, "closed_unreplied") == 0
    assert value(rows, "first_response_seconds", "sum") == 60
    assert value(report([*events, status(t, 60, "closed", "open")]), "closed_unreplied") == 0


def test_r20_a_ticket_made_by_an_agent_counts_but_has_no_reply_times():
    """R20: it is created, solved, touched and assigned like any other."""
    t, made = ticket(role="agent")
    rows = report([made, reply(t, 5, "customer"), reply(t, 10), status(t, 20, "open", "solved")])
    assert [value(rows, k) for k in ("tickets_created", "tickets_solved", "unreplied_tickets")] == [1, 1, 0]
    assert [value(rows, k) for k in ("replies_per_ticket", "agent_touches_per_ticket")] == [2, 1]
    assert both(rows) == (None, None)
    assert value(rows, "closed_unreplied") == 0
