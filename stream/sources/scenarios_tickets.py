"""Scenarios of tickets and of plain calls: all that a life gives, and the definitions that texts disagree about."""

from __future__ import annotations

from stream.sources.line import Line
from stream.sources.scene import AGENTS, CALLS, CHATS, HOUR, MINUTE, TICKETS, Entity, Scenario

DAY = 24 * HOUR
RETURNS = {"queue": "returns", "channel": "mail"}
HOTLINE = {"queue": "hotline", "channel": "voice"}


def ticket_of(name: str, at_s: float, priority: str | None = None, customer: str = "") -> tuple[Entity, Line]:
    """A ticket that its customer creates, and the line of that."""
    ticket = Entity(TICKETS, name)
    urgency = {"priority": priority} if priority else {}
    made = {"requester_id": customer or f"{name}-r", "submitter_role": "customer", **urgency, **RETURNS}
    return ticket, ticket("ticket.created", at_s, **made)


def said(ticket: Entity, at_s: float, role: str, author: str) -> Line:
    """A public message."""
    message = {"message_id": f"m{at_s}", "author_id": author, "author_role": role, "visibility": "public"}
    return ticket("ticket.message_added", at_s, **message)


def changed(ticket: Entity, at_s: float, from_: str, to: str, actor: str) -> Line:
    """A status changes."""
    return ticket("ticket.status_changed", at_s, **{"from": from_, "to": to, "actor": actor})


def scenario_lives() -> list[Line]:
    """One ticket is answered, waits for its customer, is solved, reopened and solved again; one is solved without a
    word, one answered, one not even seen.
    """
    long, opened = ticket_of("l-long", 9 * HOUR, "high")
    silent, shut = ticket_of("l-silent", 9 * HOUR)
    answered, begun = ticket_of("l-answered", 8 * HOUR, "low")
    return [
        begun,
        answered("ticket.assigned", 8 * HOUR + 5 * MINUTE, to_agent="a1"),
        said(answered, 8 * HOUR + 10 * MINUTE, "agent", "a1"),
        changed(answered, 8 * HOUR + 10 * MINUTE, "new", "open", "a1"),
        opened,
        shut,
        long("ticket.assigned", 9 * HOUR + 5 * MINUTE, to_agent="a1"),
        said(long, 9.5 * HOUR, "agent", "a1"),
        ticket_of("l-unseen", 9.5 * HOUR)[1],
        said(long, 10 * HOUR, "customer", "r"),
        changed(silent, 10 * HOUR, "new", "solved", "a1"),
        said(long, 10 * HOUR + 20 * MINUTE, "agent", "a1"),
        changed(long, 10 * HOUR + 20 * MINUTE, "new", "pending", "a1"),
        changed(long, 11 * HOUR, "pending", "open", "customer"),
        changed(long, 12 * HOUR, "open", "solved", "a1"),
        said(long, 13 * HOUR, "customer", "r"),
        changed(long, 13 * HOUR, "solved", "open", "customer"),
        long("ticket.assigned", 13.5 * HOUR, to_agent="a2"),
        said(long, 13 * HOUR + 45 * MINUTE, "agent", "a2"),
        changed(long, 14 * HOUR, "open", "solved", "a2"),
    ]


def scenario_first_contact() -> list[Line]:
    """Three tickets solved on Monday: one customer is never heard of again, one comes back over a chat, the third waits
    for ever; eight days later it is certain.
    """
    kept, one = ticket_of("k-kept", 9 * HOUR, customer="k-alice")
    lost, two = ticket_of("k-lost", 9 * HOUR, customer="k-bob")
    chat = Entity(CHATS, "k-chat")
    return [
        one,
        two,
        changed(kept, 10 * HOUR, "new", "solved", "a1"),
        changed(lost, 10 * HOUR, "new", "solved", "a1"),
        chat("chat.started", 3 * DAY + 9 * HOUR, visitor_id="k-bob"),
        chat("queue.entered", 3 * DAY + 9 * HOUR, queue="support", channel="chat", segment_id="1"),
        chat("contact.ended", 3 * DAY + 9 * HOUR + 30, by="customer"),
        *(ticket_of(f"k-open{n}", 6 * DAY + n)[1] for n in range(2)),
        ticket_of("k-clock", 8 * DAY)[1],
    ]


def scenario_hour() -> list[Line]:
    """An hour in which two agents, one of them there for half of it, solve three tickets and handle four."""
    agents = [Entity(AGENTS, f"w-agent{n}") for n in range(2)]
    lines = [
        agents[0]("agent.logged_in", 9 * HOUR, team="mail"),
        agents[1]("agent.logged_in", 9 * HOUR, team="mail"),
        agents[1]("agent.logged_out", 9.5 * HOUR, team="mail"),
    ]
    for n in range(4):
        ticket, created = ticket_of(f"w-ticket{n}", 9 * HOUR)
        lines += [created, said(ticket, 9 * HOUR + 60 * (n + 1), "agent", "w-agent0")]
        if n < 3:
            lines.append(changed(ticket, 9 * HOUR + 600, "new", "solved", "w-agent0"))
    return [*lines, agents[0]("agent.logged_out", 10 * HOUR, team="mail")]


def scenario_calls() -> list[Line]:
    """A call with hold and wrap-up, one that is given up at once, one later, two that still wait."""
    lines = []
    calls = [Entity(CALLS, f"p-call{n}") for n in range(5)]
    for call, at in zip(calls, (0, 10, 20, 120, 300), strict=True):
        lines.append(call("queue.entered", 9 * HOUR + at, segment_id="1", **HOTLINE))
    whole, at_once, later = calls[:3]
    return [
        *lines,
        whole("contact.answered", 9 * HOUR + 10, agent_id="p-agent", segment_id="1"),
        whole("hold.started", 9 * HOUR + 30),
        whole("hold.ended", 9 * HOUR + 50),
        whole("contact.ended", 9 * HOUR + 100, by="customer"),
        whole("acw.started", 9 * HOUR + 100, agent_id="p-agent", segment_id="1"),
        whole("acw.ended", 9 * HOUR + 120, agent_id="p-agent", segment_id="1"),
        at_once("queue.left", 9 * HOUR + 13, reason="abandoned"),
        later("queue.left", 9 * HOUR + 60, reason="abandoned"),
    ]


TICKET_SCENARIOS = (
    Scenario(
        "lives", "the whole lives of four tickets", scenario_lives,
        (
            ("tickets_created", "value", RETURNS, 4),
            ("tickets_solved", "value", RETURNS, 2),
            ("resolution_ratio", "value", RETURNS, 2 / 4),
            ("first_response_seconds", "mean", {**RETURNS, "clock": "calendar"}, 1200),
            ("first_response_seconds", "sum", {**RETURNS, "clock": "calendar"}, 2400),
            ("next_reply_seconds", "mean", {**RETURNS, "clock": "calendar"}, (1200 + 2700) / 2),
            ("requester_wait_seconds", "sum", {**RETURNS, "clock": "calendar"}, 12_000 + 3600),
            ("first_resolution_seconds", "sum", {**RETURNS, "clock": "calendar"}, 3 * HOUR + HOUR),
            ("full_resolution_seconds", "sum", {**RETURNS, "clock": "calendar"}, 5 * HOUR + HOUR),
            ("reopens", "value", RETURNS, 1),
            ("reopen_ratio", "value", RETURNS, 1 / 2),
            ("first_contact_resolution_ratio_provisional", "value", RETURNS, 1 / 2),
            ("closed_unreplied", "value", RETURNS, 1),
            ("agent_touches_per_ticket", "value", RETURNS, 3 / 2),
            ("replies_per_ticket", "value", RETURNS, 5 / 2),
            ("assignments_per_ticket", "value", RETURNS, 2 / 2),
            ("backlog_tickets", "value", {**RETURNS, "state": None, "age": None, "priority": None}, 2),
            ("backlog_tickets", "value", {**RETURNS, "state": "open", "age": None, "priority": None}, 1),
            ("backlog_tickets", "value", {**RETURNS, "state": None, "age": "1h_to_24h", "priority": None}, 2),
            ("backlog_tickets", "value", {**RETURNS, "state": None, "age": None, "priority": "low"}, 1),
            ("unassigned_tickets", "value", RETURNS, 1),
            ("unreplied_tickets", "value", RETURNS, 1),
            ("oldest_unreplied_seconds", "value", RETURNS, 4.5 * HOUR),
        ),
    ),
    Scenario(
        "s5", "the text's first response time: over all tickets, unanswered ones too (S5)", scenario_lives,
        (("first_response_seconds", "mean", {**RETURNS, "clock": "calendar"}, 2400 / 4),),
        toml='[kpis]\nfirst_response_denominator = "created"',
    ),
    Scenario(
        "first-contact", "resolved at first contact, for certain", scenario_first_contact,
        (("first_contact_resolution_ratio", "value", RETURNS, 1 / 2), ("resolution_ratio", "value", {}, 0)),
        window=(2 * DAY, 8 * DAY + 1),
    ),
    Scenario(
        "s7", "the text's first contact resolution: of all tickets received (S7)", scenario_first_contact,
        (("first_contact_resolution_ratio", "value", RETURNS, 1 / 3),),
        toml='[kpis]\nfirst_contact_denominator = "received"', window=(2 * DAY, 8 * DAY + 1),
    ),
    Scenario(
        "per-hour", "tickets for each hour that agents were there (S9)", scenario_hour,
        (("tickets_handled_per_hour", "value", {}, 4 / 1.5), ("tickets_solved_per_hour", "value", {}, 3 / 1.5)),
        window=(9 * HOUR, 10 * HOUR),
    ),
    Scenario(
        "s9", "the text's table: for each hour of the clock (S9)", scenario_hour,
        (("tickets_handled_per_hour", "value", {}, 4), ("tickets_solved_per_hour", "value", {}, 3)),
        toml='[kpis]\nper_hour_denominator = "clock"', window=(9 * HOUR, 10 * HOUR),
    ),
    Scenario(
        "calls", "calls answered, given up and waiting", scenario_calls,
        (
            ("contacts_offered", "value", HOTLINE, 5),
            ("contacts_answered", "value", HOTLINE, 1),
            ("contacts_abandoned", "value", HOTLINE, 2),
            ("contacts_short_abandoned", "value", HOTLINE, 1),
            ("contacts_waiting", "value", HOTLINE, 2),
            ("oldest_wait_seconds", "value", HOTLINE, 180),
            ("queue_wait_seconds", "sum", HOTLINE, 10 + 3 + 40),
            ("abandonment_ratio", "value", HOTLINE, 1 / 4),
            ("abandonment_gross_ratio", "value", HOTLINE, 2 / 5),
            ("abandonment_residual_ratio", "value", HOTLINE, 2 / 3),
            ("handle_seconds", "mean", HOTLINE, 110),
            ("talk_seconds", "mean", HOTLINE, 70),
            ("hold_seconds", "mean", HOTLINE, 20),
            ("wrap_up_seconds", "mean", HOTLINE, 20),
        ),
    ),
)  # fmt: skip
