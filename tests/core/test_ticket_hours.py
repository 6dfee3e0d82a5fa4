"""Tickets per agent and hour: what handles a ticket, and which hours count."""

from __future__ import annotations

import pytest

from tests.core.floor import AGENT, Entity, history, reply, report, status, ticket, value

HOUR = 3600


def staffed(agents: int, hours: float):
    """Agents online for so long, a break in it."""
    events = []
    for i in range(agents):
        agent = Entity(AGENT, f"a{i}", team="mail")
        events += [
            agent("agent.logged_in", 0),
            agent("agent.status_changed", 600, **{"status": "lunch", "class": "custom"}),
            agent("agent.logged_out", hours * HOUR),
        ]
    return events


def test_a_tickets_per_agent_and_hour():
    """Scenario A, S9: 80 handled and 60 solved by 10 agents in an hour are 8 and 6; by the clock 80 and 60."""
    events = staffed(10, 1)
    for i in range(80):
        t, made = ticket(f"t{i}")
        events += [made, t("ticket.viewed", 5), reply(t, 10 + i), reply(t, 20 + i)]
        if i < 60:
            events.append(status(t, 1000 + i, "new", "solved"))
    rows = report(events)
    assert value(rows, "tickets_handled_per_hour") == 8
    assert value(rows, "tickets_solved_per_hour") == 6
    assert value(rows, "tickets_solved_per_hour", queue="billing") is None
    rows = report(events, history('[kpis]\nper_hour_denominator = "clock"'))
    assert value(rows, "tickets_handled_per_hour") == 80
    assert value(rows, "tickets_solved_per_hour") == 60


def test_r32_nobody_online_is_no_ratio():
    """R32: per-hour ratios are per hour online; without any there is no row."""
    t, made = ticket()
    assert value(report([made, reply(t, 10)]), "tickets_handled_per_hour") is None


@pytest.mark.parametrize(
    ("event", "handled"),
    [
        (lambda t: reply(t, 10), 1),
        (lambda t: reply(t, 10, visibility="private"), 1),
        (lambda t: status(t, 10, "new", "open"), 1),
        (lambda t: t("ticket.viewed", 10, agent_id="a1"), 1),
        (lambda t: reply(t, 10, "customer"), 0),
        (lambda t: reply(t, 10, is_auto=True), 0),
        (lambda t: reply(t, 10, "bot"), 0),
        (lambda t: status(t, 10, "new", "solved", "bot"), 0),
        (lambda t: status(t, 10, "new", "solved", "system"), 0),
        (lambda t: t("ticket.assigned", 10, to_agent="a1"), 0),
    ],
)
def test_s9_what_handles_a_ticket(event, handled):
    """S9: an agent's message, note, status or look; what customers, bots and rules do handles nothing."""
    t, made = ticket()
    assert value(report([made, event(t), *staffed(1, 1)]), "tickets_handled_per_hour") == handled
