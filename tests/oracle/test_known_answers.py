"""The judge on the known answers of the KPI paper, so that a wrong judge is noticed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.cases import AGENTS, CALLS, CHATS, DAY, HISTORY, HOUR, MINUTE, Floor, at, pick

FORMULAS = {
    "genesys": 2 / 5, "connect": 3 / 7, "asterisk_sl": 2 / 4, "asterisk_sl2": 3 / 7, "offered": 2 / 7,
    "talkdesk": 2 / 6, "twilio": 2 / 6,
}  # fmt: skip


@pytest.mark.parametrize(("formula", "expected"), FORMULAS.items())
def test_b_the_seven_formulas_of_the_service_level(formula: str, expected: float):
    """Answered after 5, 19, 21, 40 s, abandoned after 3 and 30 s, timed out after 60 s; target 20 s, short 5 s."""
    floor = Floor()
    for i, waits in enumerate((5, 19, 21, 40)):
        floor.wait(f"answered{i}", 9 * HOUR, waits, "answered")
    floor.wait("short", 9 * HOUR, 3, "abandoned")
    floor.wait("long", 9 * HOUR, 30, "abandoned")
    floor.wait("timeout", 9 * HOUR, 60, "timeout")

    rows = floor.judge({**HISTORY, "service_level": {"formula": formula}}).rows()

    assert pick(rows, "service_level_ratio", queue="billing", channel="voice") == pytest.approx(expected)
    assert pick(rows, "contacts_offered") == 7
    assert pick(rows, "abandonment_ratio") == pytest.approx(1 / 6)
    assert pick(rows, "abandonment_gross_ratio") == pytest.approx(2 / 7)
    assert pick(rows, "abandonment_residual_ratio") == pytest.approx(3 / 7)
    assert pick(rows, "answer_speed_seconds", "p50") == 19
    assert pick(rows, "queue_wait_seconds", "sum") == 178


@pytest.mark.parametrize(("start_s", "minutes"), [(5 * HOUR, 7), (5.5 * HOUR, 30), (6 * HOUR, 15)])
def test_c_agent_time_is_cut_at_the_borders(start_s: float, minutes: float):
    """A contact from 05:23 to 06:15 is 7, 30 and 15 minutes of its three half hours."""
    floor = Floor()
    floor.say(AGENTS, "a1", "agent.logged_in", 5 * HOUR, team="phones")
    floor.say(CALLS, "c", "queue.entered", 5 * HOUR, queue="billing", channel="voice", segment_id="1")
    floor.say(CALLS, "c", "contact.answered", 5 * HOUR + 23 * MINUTE, agent_id="a1", segment_id="1")
    floor.say(CALLS, "c", "contact.ended", 6 * HOUR + 15 * MINUTE, by="customer")

    rows = floor.judge().rows(from_ms=at(start_s), to_ms=at(start_s + 30 * MINUTE))

    assert pick(rows, "occupancy_ratio", team="phones") == pytest.approx(minutes / 30)


def test_f_who_comes_back_in_time_never_abandoned():
    """K6: an abandon after 30 s and a return 20 s later are one wait of 70 s."""
    floor = Floor()
    floor.wait("c", 9 * HOUR, 30, "abandoned")
    floor.say(CALLS, "c", "queue.resumed", 9 * HOUR + 50)
    floor.say(CALLS, "c", "contact.answered", 9 * HOUR + 70, agent_id="a1", segment_id="2")

    rows = floor.judge().rows()

    assert pick(rows, "contacts_abandoned") == 0
    assert pick(rows, "contacts_offered") == 1
    assert pick(rows, "answer_speed_seconds", "sum") == 70


def test_r09_who_comes_back_too_late_enters_again():
    """The abandon stays, the return is a new entry, and the customer has waited both times (R10)."""
    floor = Floor()
    floor.wait("c", 9 * HOUR, 30, "abandoned")
    floor.say(CALLS, "c", "queue.resumed", 9 * HOUR + 91)
    floor.say(CALLS, "c", "contact.answered", 9 * HOUR + 100, agent_id="a1", segment_id="2")

    rows = floor.judge().rows()

    assert [pick(rows, f"contacts_{what}") for what in ("offered", "abandoned", "answered")] == [2, 1, 1]
    assert pick(rows, "answer_speed_seconds", "sum") == 9
    assert pick(rows, "customer_wait_seconds", "sum") == 39


def test_g_overlapping_chats_are_not_counted_twice():
    """Two chats 10:00-10:30 and 10:10-10:40, idle to 11:00: occupied two thirds of the hour."""
    floor = Floor()
    floor.say(AGENTS, "a1", "agent.logged_in", 10 * HOUR, team="chat")
    for name, start, end in (("c1", 0, 30), ("c2", 10, 40)):
        begin = 10 * HOUR + start * MINUTE
        floor.say(CHATS, name, "queue.entered", begin, queue="support", channel="chat", segment_id="1")
        floor.say(CHATS, name, "contact.answered", begin, agent_id="a1", segment_id="1")
        floor.say(CHATS, name, "contact.ended", 10 * HOUR + end * MINUTE, by="customer")
    floor.say(AGENTS, "a1", "agent.status_changed", 11 * HOUR, **{"status": "ready", "class": "routable"})

    assert pick(floor.judge().rows(), "occupancy_ratio", team="chat") == pytest.approx(2 / 3)


def test_h_a_duplicate_three_hours_late_changes_nothing_but_its_count():
    """The abandon arrives twice, after what happened hours later."""
    floor = Floor()
    floor.say(CALLS, "c", "queue.entered", 9 * HOUR, queue="billing", channel="voice", segment_id="1")
    floor.wait("other", 12 * HOUR, 5, "answered")
    floor.again(floor.say(CALLS, "c", "queue.left", 9 * HOUR + 40, reason="abandoned"))

    judge = floor.judge()
    rows = judge.rows()

    assert [pick(rows, k) for k in ("contacts_abandoned", "contacts_waiting")] == [1, 0]
    assert pick(rows, "time_to_abandon_seconds", "sum") == 40
    assert judge.events == {"accepted": 5, "duplicate": 1, "late": 0, "rejected": 0}


def test_j_midnight_changes_no_state():
    """An agent on a call and one on a break at 23:00 are so at 02:00."""
    floor = Floor()
    for name in ("talking", "resting"):
        floor.say(AGENTS, name, "agent.logged_in", 20 * HOUR, team="night")
    floor.say(AGENTS, "resting", "agent.status_changed", 21 * HOUR, **{"status": "lunch", "class": "custom"})
    floor.say(CALLS, "c", "queue.entered", 23 * HOUR, queue="billing", channel="voice", segment_id="1")
    floor.say(CALLS, "c", "contact.answered", 23 * HOUR + 10, agent_id="talking", segment_id="1")

    rows = floor.judge().rows("now", at(26 * HOUR))

    assert [pick(rows, "agents", team="night", state=s) for s in ("on_contact", "break", "available")] == [1, 1, 0]
    assert pick(rows, "agents") == 2


def test_e_a_bot_is_no_first_response():
    """K8: only a human agent's public message ends the wait; the bot's, an automatic and a private one do not."""
    floor = Floor()
    floor.ticket("t", 9 * HOUR)
    floor.reply("t", 9 * HOUR + 60, "bot")
    floor.reply("t", 9 * HOUR + 70, is_auto=True)
    floor.reply("t", 9 * HOUR + 80, visibility="private")
    floor.reply("t", 9 * HOUR + 600)
    floor.reply("t", 9 * HOUR + 700, "customer")
    floor.reply("t", 9 * HOUR + 710, "customer")
    floor.reply("t", 9 * HOUR + 720)

    rows = floor.judge().rows()

    assert pick(rows, "first_response_seconds", "sum", clock="calendar") == 600
    assert pick(rows, "next_reply_seconds", "sum", clock="calendar") == 20


def test_r22_a_reopen_takes_the_solve_back():
    """What counts is the last solve; a ticket that is open again has none and is in the backlog."""
    floor = Floor()
    floor.ticket("again", 0)
    floor.status("again", 100, "new", "solved")
    floor.status("again", 200, "solved", "open")
    floor.status("again", 500, "open", "closed")
    floor.ticket("open", 0)
    floor.status("open", 100, "new", "solved")
    floor.status("open", 200, "solved", "open")

    rows = floor.judge().rows(to_ms=at(2 * HOUR))

    assert pick(rows, "tickets_solved") == 1
    assert pick(rows, "full_resolution_seconds", "sum", clock="calendar") == 500
    assert [pick(rows, "backlog_tickets", age=age) for age in ("under_1h", "1h_to_24h")] == [0, 1]
    assert pick(rows, "oldest_unreplied_seconds") == 2 * HOUR


@pytest.mark.parametrize("end", ["ticket.marked_spam", "ticket.deleted", "ticket.merged"])
def test_r21_what_is_void_counts_nowhere(end: str):
    """Spam, deleted and merged tickets leave every KPI; a split-off one is created without a first response."""
    floor = Floor()
    floor.ticket("void", 0)
    floor.reply("void", 100)
    floor.say("ticket.events", "void", end, 200, **({"into_id": "other"} if end == "ticket.merged" else {}))
    floor.say("ticket.events", "split", "ticket.split", 300, queue="returns", channel="mail", parent_id="void")
    floor.reply("split", 400)

    rows = floor.judge().rows()

    assert [pick(rows, k) for k in ("tickets_created", "backlog_tickets", "unreplied_tickets")] == [1, 1, 0]
    assert pick(rows, "first_response_seconds", "sum", clock="calendar") is None


def test_r46_a_fact_belongs_to_the_queue_in_force():
    """A ticket that moves is created in one queue, answered and waiting in another."""
    floor = Floor()
    floor.ticket("t", 0)
    floor.say("ticket.events", "t", "ticket.fields_changed", 50, queue="technical")
    floor.reply("t", 100)

    rows = floor.judge().rows()

    assert pick(rows, "tickets_created", queue="returns") == 1
    assert pick(rows, "tickets_created", queue="technical") == 0
    assert pick(rows, "first_response_seconds", "sum", clock="calendar", queue="technical", channel="mail") == 100
    assert pick(rows, "backlog_tickets", queue="technical") == 1


def test_r13_wrap_up_revises_the_handling_in_place():
    """Handling is counted when the talk ends; the hold is part of it, the wrap-up joins it later."""
    floor = Floor()
    floor.say(CALLS, "c", "queue.entered", 0, queue="billing", channel="voice", segment_id="1")
    for kind, at_s in (("contact.answered", 10), ("hold.started", 20), ("hold.ended", 35)):
        floor.say(CALLS, "c", kind, at_s, agent_id="a1", segment_id="1")
    floor.say(CALLS, "c", "contact.transferred", 110, kind="queue", to="sales")
    for kind, at_s in (("acw.started", 112), ("acw.ended", 132)):
        floor.say(CALLS, "c", kind, at_s, agent_id="a1", segment_id="1")

    rows = floor.judge().rows(to_ms=at(132))

    assert pick(rows, "handle_seconds", "sum") == 120
    assert [pick(rows, f"{part}_seconds", "sum") for part in ("talk", "hold", "wrap_up")] == [85, 15, None]


def test_r43_an_end_before_its_start_gives_no_duration():
    """An answer stamped before the entry is counted, without a wait; it is never in time."""
    floor = Floor()
    floor.say(CALLS, "c", "contact.answered", 8, agent_id="a1", segment_id="1")
    floor.say(CALLS, "c", "queue.entered", 10, queue="billing", channel="voice", segment_id="1")
    floor.say(CALLS, "c", "contact.ended", 70, by="customer")

    rows = floor.judge().rows()

    assert [pick(rows, f"contacts_{what}") for what in ("offered", "answered", "waiting")] == [1, 1, 0]
    assert pick(rows, "answer_speed_seconds", "sum") is None
    assert pick(rows, "service_level_ratio") == 0
    assert pick(rows, "handle_seconds", "sum") == 62


AGENT_STATES: dict[str, tuple[tuple[dict[str, Any], ...], int, str, float | None]] = {
    "logged in": ((), 0, "available", 0),
    "on a contact": ((), 1, "on_contact", 1),
    "on a break": (({"status": "lunch", "class": "custom"},), 0, "break", None),
    "on a contact during a break": (({"status": "lunch", "class": "custom"},), 1, "on_contact", None),
    "offline on a contact": (({"status": "gone", "class": "offline"},), 1, "offline", None),
}


@pytest.mark.parametrize(("events", "talks", "state", "occupancy"), AGENT_STATES.values(), ids=AGENT_STATES)
def test_r30_one_state_by_precedence(
    events: tuple[dict[str, Any], ...], talks: int, state: str, occupancy: float | None
):
    """Busy is only who is routable (K18); ringing, breaks and offline are in neither part of the occupancy."""
    floor = Floor()
    floor.say(AGENTS, "a1", "agent.logged_in", 0, team="phones")
    for fields in events:
        floor.say(AGENTS, "a1", "agent.status_changed", 0, **fields)
    floor.say(CALLS, "c", "queue.entered", 0, queue="billing", channel="voice", segment_id="1")
    for _ in range(talks):
        floor.say(CALLS, "c", "contact.answered", 0, agent_id="a1", segment_id="1")

    rows = floor.judge().rows("all", at(MINUTE))

    assert pick(rows, "agents", team="phones", state=state) == 1
    assert pick(rows, "occupancy_ratio") == occupancy


def test_r31_who_was_never_seen_online_is_no_agent():
    """An agent known from contacts only is in no KPI of agents."""
    floor = Floor()
    floor.wait("c", 0, 5, "answered")

    assert not [row for row in floor.judge().rows() if row[0] in {"agents", "occupancy_ratio"}]


def test_days_are_those_of_the_queues_own_calendar():
    """K19: the same moment is today in one queue and yesterday in another, by zone and by start of day."""
    floor = Floor()
    for queue in ("utc", "tokyo", "late"):
        floor.wait(queue, 12 * HOUR, 5, "abandoned", queue=queue)
    settings = {**HISTORY, "queues": {"tokyo": {"zone": "Asia/Tokyo"}, "late": {"day_start": "13:00"}}}

    rows = floor.judge(settings).rows("today", at(16 * HOUR))
    before = floor.judge(settings).rows("yesterday", at(16 * HOUR))

    assert [pick(rows, "contacts_offered", queue=q) for q in ("utc", "tokyo", "late")] == [1, 0, 0]
    assert [pick(before, "contacts_offered", queue=q) for q in ("utc", "tokyo", "late")] == [0, 1, 1]


def test_sliding_windows_begin_with_a_pane():
    """Five minutes at 09:05:03 begin at 09:00:10, the 24 hours with a quarter of an hour."""
    floor = Floor()
    floor.wait("before", 9 * HOUR + 9, 0, "abandoned")
    floor.wait("inside", 9 * HOUR + 10, 0, "abandoned")
    floor.wait("old", -15 * HOUR + 15 * MINUTE - 1, 0, "abandoned")
    now_ms = at(9 * HOUR + 5 * MINUTE + 3)

    judge = floor.judge()

    assert pick(judge.rows("5m", now_ms), "contacts_offered") == 1
    assert pick(judge.rows("24h", now_ms), "contacts_offered") == 2


def test_what_comes_after_its_day_is_final_is_late():
    """An entity that arrives when its local day has left the horizon counts nowhere; its facts' events are late."""
    floor = Floor()
    floor.wait("now", 4 * DAY, 5, "abandoned")
    floor.wait("late", DAY, 5, "abandoned")
    floor.wait("in time", 2 * DAY, 5, "abandoned")

    judge = floor.judge({"time": {"horizon_hours": 50}})

    assert judge.events == {"accepted": 4, "duplicate": 0, "late": 2, "rejected": 0}
    assert pick(judge.rows(), "contacts_abandoned") == 2
