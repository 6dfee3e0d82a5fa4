"""Service targets on tickets and contacts, read off the report (R29)."""

from __future__ import annotations

import pytest

from tests.core.floor import Entity, history, reply, report, status, ticket, value

HOUR, DAY = 3600, 86_400
GOLD = """
[targets.gold]
metric = "first_response"
match = { queue = "billing" }
seconds = 600
warn_seconds = 120
"""
CLOCKS = """
[schedules.office]
mon = ["10:00-17:00"]
tue = ["10:00-17:00"]
[queues.billing]
schedule = "office"
[targets.gold]
metric = "first_response"
match = { queue = "billing" }
seconds = 3600
clock = "business"
warn_seconds = 1800
"""
SOLVE = """
[targets.fix]
metric = "resolution"
match = {}
seconds = 600
"""


def tick(at_s):
    """Something that happens at that time: it is now then."""
    return ticket(f"tick{at_s}", at_s, queue="elsewhere")[1]


def counts(rows, target="gold", **where):
    """(met, missed, at risk, breached)."""
    return tuple(
        value(rows, f"targets_{name}", target=target, **where) for name in ("met", "missed", "at_risk", "breached")
    )


def run(events, toml=GOLD):
    return report(events, history(toml))


@pytest.mark.parametrize(
    ("now_s", "expected"),
    [(479, (0, 0, 0, 0)), (480, (0, 0, 1, 0)), (599, (0, 0, 1, 0)), (601, (0, 1, 0, 1)), (9000, (0, 1, 0, 1))],
)
def test_a_target_falls_due_without_an_event(now_s, expected):
    """R29e: running, at risk from its warning on, missed at its due time; nothing happens to the ticket itself."""
    _, made = ticket()
    assert counts(run([made, tick(now_s)])) == expected
    assert counts(run([made, tick(now_s)]), None) == expected
    assert counts(run([made, tick(now_s)]), queue="billing", channel="mail") == expected


@pytest.mark.parametrize(("at_s", "expected"), [(599, (1, 0)), (600, (1, 0)), (600.001, (0, 1)), (5000, (0, 1))])
def test_r29b_exactly_due_is_met(at_s, expected):
    """R29b: a fulfilment at the due time is in time, a millisecond later it is not."""
    t, made = ticket()
    rows = run([made, reply(t, at_s), tick(9000)])
    assert counts(rows) == (*expected, 0, 0)
    assert value(rows, "target_attainment_ratio", target="gold") == expected[0]


def test_r29e_a_late_event_takes_the_miss_back():
    """R29e: the miss is a fact at the due time; an answer that arrives late but was in time retracts it."""
    t, made = ticket()
    answer = reply(t, 30)
    assert counts(run([made, tick(9000), answer])) == counts(run([made, answer, tick(9000)])) == (1, 0, 0, 0)


def test_r29e_a_miss_is_counted_at_its_due_time():
    """R29e, R45: in the window that holds the due time, whenever the answer came."""
    t, made = ticket()
    from tests.core.floor import T0_MS

    events = [made, reply(t, 5000), tick(9000)]
    inside = report(events, history(GOLD), from_ms=T0_MS + 590_000, to_ms=T0_MS + 610_000)
    after = report(events, history(GOLD), from_ms=T0_MS + 610_000, to_ms=T0_MS + 9_000_000)
    assert (value(inside, "targets_missed", target="gold"), value(after, "targets_missed", target="gold")) == (1, 0)


def test_scenario_d_business_time():
    """Scenario D in small: an hour of business time owed from half an hour before closing is due the next morning."""
    t, made = ticket(at_s=6.5 * HOUR)
    due = DAY + 0.5 * HOUR
    assert counts(run([made, tick(due - 1)], CLOCKS)) == (0, 0, 1, 0)
    assert counts(run([made, tick(7 * HOUR - 1)], CLOCKS)) == (0, 0, 0, 0)
    assert counts(run([made, reply(t, due), tick(3 * DAY)], CLOCKS)) == (1, 0, 0, 0)
    assert counts(run([made, reply(t, due + 1), tick(3 * DAY)], CLOCKS)) == (0, 1, 0, 0)


def test_r29d_a_resolution_stands_still_while_pending():
    """R29d: neither pending nor solved time counts, a reopen lets it run on; the other metrics never stand still."""
    t, made = ticket()
    pending = [made, status(t, 400, "new", "pending")]
    assert counts(run([*pending, tick(5000)], SOLVE), "fix") == (0, 0, 0, 0)
    going_on = [*pending, status(t, 5000, "pending", "open")]
    assert counts(run([*going_on, tick(5199)], SOLVE), "fix") == (0, 0, 0, 0)
    assert counts(run([*going_on, tick(5201)], SOLVE), "fix") == (0, 1, 0, 1)
    solved = [*going_on, status(t, 5100, "open", "solved")]
    assert counts(run([*solved, tick(9000)], SOLVE), "fix") == (1, 0, 0, 0)
    reopened = [*solved, status(t, 9000, "solved", "open")]
    assert counts(run([*reopened, tick(9099)], SOLVE), "fix") == (0, 0, 0, 0)
    assert counts(run([*reopened, tick(9101)], SOLVE), "fix") == (0, 1, 0, 1)
    assert counts(run([*reopened, status(t, 9100, "open", "closed"), tick(9999)], SOLVE), "fix") == (1, 0, 0, 0)
    assert counts(run([*pending, tick(5000)], GOLD)) == (0, 1, 0, 1)


def test_a_missed_resolution_stays_missed():
    """R29e: neither the late solve nor a reopen decides it again."""
    t, made = ticket()
    events = [made, status(t, 700, "new", "solved"), status(t, 800, "solved", "open"), status(t, 900, "open", "solved")]
    assert counts(run([*events, tick(9000)], SOLVE), "fix") == (0, 1, 0, 0)


def test_each_exchange_has_its_next_reply():
    """R29: next replies are owed one by one, and no longer when the ticket is solved."""
    toml = GOLD.replace("first_response", "next_reply")
    t, made = ticket()
    events = [made, reply(t, 5000), reply(t, 6000, "customer"), reply(t, 6100)]
    assert counts(run([*events, tick(9999)], toml)) == (1, 0, 0, 0)
    events += [reply(t, 7000, "customer"), reply(t, 7601), reply(t, 8000, "customer")]
    assert counts(run([*events, status(t, 8300, "open", "solved"), tick(9999)], toml)) == (1, 1, 0, 0)
    assert counts(run([*events, tick(8601)], toml)) == (1, 2, 0, 1)


def test_what_is_closed_after_its_solve_owes_no_reply():
    """R29: a message after the solve is owed a reply until the ticket is closed for good, or solved once more."""
    toml = GOLD.replace("first_response", "next_reply")
    t, made = ticket()
    events = [made, reply(t, 100), status(t, 200, "new", "solved"), reply(t, 300, "customer")]
    for end in ("closed", "solved"):
        again = [status(t, 400, "solved", end), status(t, 500, end, "open")]
        assert counts(run([*events, *again, tick(9999)], toml)) == (0, 0, 0, 0)
    assert counts(run([*events, status(t, 500, "solved", "open"), tick(9999)], toml)) == (0, 1, 0, 1)


def test_k10_closed_without_any_reply():
    """K10: a first response is owed until it is given: closed unreplied, it is missed; nobody works on it any more."""
    t, made = ticket()
    assert counts(run([made, status(t, 100, "new", "closed"), tick(9000)])) == (0, 1, 0, 0)


def test_r20_agents_own_tickets():
    """R20: a ticket of an agent owes a resolution and no reply."""
    _, made = ticket(role="agent")
    rows = run([made, tick(9000)], GOLD + SOLVE)
    assert counts(rows) == (None,) * 4
    assert counts(rows, "fix", queue="billing") == (0, 1, 0, 1)


def test_r21_what_is_void_owes_nothing():
    """R21: spam leaves targets too, a miss that was already due included."""
    t, made = ticket()
    rows = run([ticket("other", 8900)[1], made, t("ticket.marked_spam", 8000), tick(9000)])
    assert counts(rows) == (0, 0, 0, 0)


def prioritised(t, at_s, priority):
    return t("ticket.priority_changed", at_s, priority=priority)


BY_PRIORITY = """
[targets.all]
metric = "first_response"
match = { queue = ["billing", "sales"] }
seconds = 1000
[targets.urgent]
metric = "first_response"
match = { queue = "billing", priority = ["high", "urgent"] }
seconds = 300
[targets.vip]
metric = "first_response"
match = { queue = "billing", tier = "vip" }
seconds = 200
"""


def made_with(**fields):
    t = Entity("ticket.events", "t1")
    return t, t(
        "ticket.created", 0, requester_id="r", submitter_role="customer", queue="billing", channel="mail", **fields
    )


@pytest.mark.parametrize(
    ("fields", "target"),
    [
        ({}, "all"),
        ({"priority": "low", "tier": "basic"}, "all"),
        ({"priority": "urgent"}, "urgent"),
        ({"tier": "vip"}, "vip"),
        ({"priority": "high", "tier": "vip"}, "urgent"),
    ],
)
def test_r29_of_several_targets_the_one_with_most_keys_holds(fields, target):
    """R29: most keys, then the first in the file; the rows carry its name."""
    t, made = made_with(**fields)
    rows = run([made, reply(t, 10)], BY_PRIORITY)
    assert value(rows, "targets_met", target=target) == 1
    assert value(rows, "targets_met", target=None) == 1
    assert {row["target"] for row in rows if row["kpi"] == "targets_met"} == {None, target}


def test_r29c_another_target_replaces_the_running_one():
    """R29c: the old one is neither met nor missed, the new one is counted from the ticket's own start."""
    t, made = made_with()
    changed = [made, prioritised(t, 250, "urgent")]
    assert counts(run([*changed, tick(5000)], BY_PRIORITY), "all") == (0, 0, 0, 0)
    assert counts(run([*changed, tick(301)], BY_PRIORITY), "urgent") == (0, 1, 0, 1)
    assert counts(run([*changed, reply(t, 300), tick(5000)], BY_PRIORITY), "urgent") == (1, 0, 0, 0)
    back = [*changed, prioritised(t, 290, "low")]
    assert counts(run([*back, reply(t, 900), tick(5000)], BY_PRIORITY), "all") == (1, 0, 0, 0)
    assert counts(run([*back, reply(t, 900), tick(5000)], BY_PRIORITY), "urgent") == (0, 0, 0, 0)


def test_r29c_what_is_missed_stays_missed():
    """R29c: only a running target is replaced."""
    t, made = made_with(priority="urgent")
    rows = run([made, prioritised(t, 400, "low"), reply(t, 500), tick(5000)], BY_PRIORITY)
    assert counts(rows, "urgent") == (0, 1, 0, 0)
    assert value(rows, "targets_met", target=None) == 0


def test_r29c_a_new_target_may_have_been_missed_already():
    """R29c, R29e: counted from the ticket's own start, its due time is past: the miss is there, at that time."""
    t, made = made_with()
    rows = run([made, prioritised(t, 800, "urgent"), reply(t, 900), tick(5000)], BY_PRIORITY)
    assert counts(rows, "urgent") == (0, 1, 0, 0)


def test_r46_a_target_follows_its_ticket_into_another_queue():
    """R46, R29c: where no target is, nothing is owed; where the same is, it goes on from the ticket's own start."""
    t, made = made_with(priority="urgent")
    moved = t("ticket.fields_changed", 100, queue="sales", channel="mail")
    rows = run([made, moved, tick(1001)], BY_PRIORITY)
    assert counts(rows, "urgent") == (0, 0, 0, 0)
    assert counts(rows, "all", queue="sales") == (0, 1, 0, 1)
    gone = t("ticket.fields_changed", 100, queue="nowhere", channel="mail")
    assert value(run([made, gone, tick(5000)], BY_PRIORITY), "targets_missed", target=None, queue="nowhere") == 0


def test_r29c_changed_seconds_hold_for_what_is_created_from_then_on():
    """R29c: the third variant of a list holds from its date on, by the ticket's creation."""
    toml = """
[[targets.gold]]
from = 2025-11-01
metric = "next_reply"
match = { queue = "billing" }
seconds = 600
[[targets.gold]]
from = 2025-12-02
metric = "next_reply"
match = { queue = "billing" }
seconds = 100
"""
    for at_s, expected in ((0, (1, 0)), (2 * DAY, (0, 1)), (-40 * DAY, (None, None))):
        t, made = ticket(at_s=at_s)
        ask = at_s + 3 * DAY
        events = [made, reply(t, at_s + 5), reply(t, ask, "customer"), reply(t, ask + 300), tick(9 * DAY)]
        assert counts(run(events, toml))[:2] == expected


def test_r02_r03_rows_at_zero_and_totals():
    """R02, R03: every seen queue has the total of its targets, at zero too; a target has rows where it was at work."""
    _, made = ticket()
    rows = run([made, tick(1)])
    for kpi in ("targets_met", "targets_missed", "targets_at_risk", "targets_breached"):
        assert value(rows, kpi, queue="elsewhere", channel="mail", target=None) == 0
        assert value(rows, kpi, queue="elsewhere", channel="mail", target="gold") is None
        assert value(rows, kpi, queue="billing", channel="mail", target="gold") == 0
    assert value(rows, "target_attainment_ratio", target=None) is None
