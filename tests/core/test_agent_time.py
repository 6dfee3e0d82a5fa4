"""Capacity, chats, shifts and paid time: what an agent's time is divided by."""

from __future__ import annotations

import pytest

from stream.core.view import View
from tests.core.floor import (
    AGENT,
    CHAT,
    T0_MS,
    Entity,
    answered,
    call,
    entered,
    history,
    partition,
    report,
    rows_of,
    statements,
    value,
)

MINUTE, HOUR = 60, 3600


def agent(name: str = "a7", team: str = "phones") -> Entity:
    return Entity(AGENT, name, team=team)


def status(a: Entity, at_s: float, name: str, class_: str):
    return a("agent.status_changed", at_s, **{"status": name, "class": class_})


def shift(a: Entity, start_s: float, end_s: float, *, productive: bool = True, said_s: float = 0):
    planned = {"start": T0_MS + round(start_s * 1000), "end": T0_MS + round(end_s * 1000)}
    return a("shift.scheduled", said_s, activity="phones", productive=productive, **planned)


def chat(name: str, start_s: float, end_s: float | None, channel: str = "chat", who: str = "a7"):
    c = call(name)
    c.topic = "chat.events"
    events = [entered(c, start_s, channel=channel), answered(c, start_s, who)]
    return events if end_s is None else [*events, c("contact.ended", end_s, by="customer")]


def share(rows, kpi: str, team: str | None = "phones"):
    """(value, count) of an agents' ratio."""
    found = [r for r in rows if r["kpi"] == kpi and r["team"] == team]
    return (found[0]["value"], found[0]["count"]) if found else None


def test_scenario_g_complete():
    """G, R34: two chats 10:00-10:30 and 10:10-10:40, idle to 11:00, capacity 3: occupied 66.7 %, capacity 33.3 %."""
    a = agent()
    login = [a("agent.logged_in", 0), a("agent.profile_changed", 0, capacity={"chat": 3, "voice": 1})]
    chats = [*chat("c1", 0, 30 * MINUTE), *chat("c2", 10 * MINUTE, 40 * MINUTE)]
    rows = report([*login, *chats, status(a, HOUR, "ready", "routable")])
    assert share(rows, "occupancy_ratio") == (pytest.approx(2 / 3), HOUR)
    assert share(rows, "capacity_occupancy_ratio") == (pytest.approx(1 / 3), HOUR)
    assert share(rows, "concurrent_chats")[0] == pytest.approx(1)  # R16: 60 chat minutes in 60 minutes online


def test_r34_at_most_all_of_an_agent():
    """R34: a call and two chats of three together are one whole agent; after the call the chats use two thirds."""
    a, c = agent(), call("voice")
    rows = report(
        [
            a("agent.logged_in", 0),
            a("agent.profile_changed", 0, capacity={"chat": 3, "voice": 1}),
            *chat("c1", 0, 100),
            *chat("c2", 0, 100),
            entered(c, 0),
            answered(c, 0),
            c("contact.ended", 40, by="customer"),
            status(a, 100, "ready", "routable"),
        ]
    )
    assert share(rows, "capacity_occupancy_ratio") == (pytest.approx((40 + 60 * 2 / 3) / 100), 100)
    assert share(rows, "occupancy_ratio") == (1, 100)


def test_r34_a_capacity_holds_from_when_it_is_said():
    """R34: before anybody tells it a contact uses the whole agent; a raised capacity does not change the past."""
    a = agent()
    rows = report(
        [
            a("agent.logged_in", 0),
            *chat("c1", 0, 100),
            a("agent.profile_changed", 50, capacity={"chat": 2}),
            status(a, 100, "ready", "routable"),
        ]
    )
    assert share(rows, "capacity_occupancy_ratio") == (pytest.approx(0.75), 100)


def test_r34_routable_time_has_ringing_but_no_breaks():
    """R34: ringing is routable and not used; on a break, also while something rings, nobody is."""
    a, c = agent(), call()
    rows = report(
        [
            a("agent.logged_in", 0),
            entered(c, 0),
            c("offer.made", 10, agent_id="a7", offer_id="o"),
            answered(c, 20),
            c("contact.ended", 60, by="customer"),
            status(a, 60, "lunch", "custom"),
            entered(call("c2"), 70),
            call("c2")("offer.made", 80, agent_id="a7", offer_id="o", event_id="late"),
            status(a, 100, "ready", "routable"),
        ]
    )
    assert share(rows, "capacity_occupancy_ratio") == (pytest.approx(40 / 60), 60)


def test_r16_concurrent_chats_now_and_over_time():
    """R16: open chats per agent online, breaks included; calls and other channels are none."""
    a, b, gone = agent(), agent("b"), agent("gone")
    rows = report(
        [
            a("agent.logged_in", 0),
            b("agent.logged_in", 0),
            status(b, 0, "lunch", "custom"),
            gone("agent.logged_in", 0),
            gone("agent.logged_out", 0),
            *chat("c1", 0, 50),
            *chat("c2", 0, None),
            *chat("c3", 0, None, who="gone"),
            *chat("mail", 0, None, channel="mail"),
            status(a, 100, "ready", "routable"),
        ]
    )
    assert share(rows, "concurrent_chats") == (pytest.approx((50 + 100) / 200), 200)


def test_r16_now():
    """R16: in the window now the open chats are divided by the agents online."""
    a, b = agent(), agent("b")
    chats, agents = partition(CHAT, history()), partition(AGENT, history())
    chats.apply(rows_of([*chat("c1", 0, 50), *chat("c2", 0, None), *chat("c3", 0, None)]))
    agents.apply(rows_of([a("agent.logged_in", 0), b("agent.logged_in", 0), *statements(chats.outgoing())]))
    view = View(history())
    for key, row in agents.changed_aggregates(0, wide=True):
        view.put(key, row)
    now = [r for r in view.rows("now", T0_MS + 60_000, kpi="concurrent_chats") if r.team == "phones"]
    assert [(r.value, r.count) for r in now] == [(1, 2)]
    lately = [r for r in view.rows("5m", T0_MS + 100_000, kpi="concurrent_chats") if r.team == "phones"]
    assert [(r.value, r.count) for r in lately] == [(pytest.approx(250 / 200), 200)]


def test_r32_staffed_hours_have_breaks_and_no_time_offline():
    """R32: from login to logout, whatever the agent does; a team of which nobody was online has 0."""
    a, off = agent(), agent("off", "night")
    rows = report(
        [
            a("agent.logged_in", 0),
            status(a, HOUR, "lunch", "custom"),
            status(a, 2 * HOUR, "error", "custom"),
            a("agent.logged_out", 3 * HOUR),
            off("agent.logged_out", 0),
            status(off, 5 * HOUR, "x", "offline"),
        ]
    )
    assert value(rows, "staffed_hours", team="phones") == 3
    assert value(rows, "staffed_hours", team="night") == 0
    assert value(rows, "staffed_hours", team=None) == 3


def test_r32c_utilization_without_shifts_is_over_time_online():
    """R32c: busy and idle of the time online."""
    a = agent()
    rows = report([a("agent.logged_in", 0), status(a, 75, "lunch", "custom"), a("agent.logged_out", 100)])
    assert share(rows, "utilization_ratio") == (pytest.approx(0.75), 100)


def test_r32c_utilization_of_a_day_that_a_shift_covers():
    """R32c: paid is the productive planned time of that day, however long one was online; other days as without."""
    a = agent()
    planned = shift(a, HOUR, 3 * HOUR)
    lunch = shift(a, 2 * HOUR, 2.5 * HOUR, productive=False)
    day = [a("agent.logged_in", HOUR), a("agent.logged_out", 2 * HOUR)]
    tomorrow = 24 * HOUR
    rows = report([planned, lunch, *day, agent("clock", "night")("agent.logged_out", 4 * HOUR)])
    assert share(rows, "utilization_ratio") == (pytest.approx(1 / 1.5), 1.5 * HOUR)
    rows = report([planned, lunch, *day, a("agent.logged_in", tomorrow), a("agent.logged_out", tomorrow + HOUR)])
    assert share(rows, "utilization_ratio") == (pytest.approx(2 / 2.5), 2.5 * HOUR)


def test_r32b_adherence():
    """R32b: productive is routable or on a contact, not productive a break or offline; unplanned minutes are nowhere."""
    a, c = agent(), call()
    rows = report(
        [
            shift(a, 0, 100),
            shift(a, 60, 80, productive=False),
            a("agent.logged_in", 10),  # ten late
            entered(c, 20),
            answered(c, 30),
            status(a, 50, "lunch", "custom"),  # on a contact until 55, five too early after that
            c("contact.ended", 55, by="customer"),
            status(a, 75, "ready", "routable"),  # five too early back
            status(a, 200, "ready", "routable"),
        ]
    )
    assert share(rows, "adherence_ratio") == (pytest.approx((45 + 15 + 20) / 100), 100)


def test_r31_shifts_alone_are_in_no_kpi():
    """R31: who is planned and was never seen online is nowhere; the first word brings the plan in, also of before."""
    a = agent()
    clock = agent("b")("agent.logged_in", 300)
    assert share(report([shift(a, 0, 100), clock]), "adherence_ratio", None) is None
    rows = report([shift(a, 0, 100), clock, a("agent.logged_in", 60)])
    assert share(rows, "adherence_ratio", None) == (pytest.approx(0.4), 100)


def test_r32b_a_corrected_schedule_changes_the_past():
    """R32b: the newest shift said lies on top; a shift that is taken back never was."""
    a = agent()
    first = [
        shift(a, 0, 100),
        a("agent.logged_in", 0),
        status(a, 40, "lunch", "custom"),
        status(a, 100, "x", "routable"),
    ]
    assert share(report(first), "adherence_ratio") == (pytest.approx(0.4), 100)
    moved = shift(a, 40, 100, productive=False, said_s=5000)
    assert share(report([*first, moved]), "adherence_ratio") == (1, 100)
    back = a("correction.retract", 6000, corrects_event_id="a7:5")
    assert share(report([*first, moved, back]), "adherence_ratio") == (pytest.approx(0.4), 100)
    assert share(report([back, moved, *first]), "adherence_ratio") == (pytest.approx(0.4), 100)


def test_r45_planned_time_is_cut_at_the_window():
    """R45, R32b: planned, paid and used time are cut at both ends like any agent time."""
    a = agent()
    events = [shift(a, 0, 2 * HOUR), a("agent.logged_in", HOUR), *chat("c1", HOUR, 2 * HOUR)]
    rows = report(events, from_ms=T0_MS + 1800_000, to_ms=T0_MS + 5400_000)
    assert share(rows, "adherence_ratio") == (pytest.approx(0.5), HOUR)
    assert share(rows, "utilization_ratio") == (pytest.approx(0.5), HOUR)
    assert share(rows, "capacity_occupancy_ratio") == (1, 1800)


def test_r34_thousands_of_agents_who_begin_at_once():
    """R34: weighted with the parts of a capacity their times still fit into 64 bits, which is what a row can carry."""
    number = 4000
    agents = partition(AGENT, history())
    events = []
    for n in range(number):
        a = Entity(AGENT, f"a{n}", team="phones")
        stays = [["on_contact", T0_MS, None, "chat"]]
        events += [
            a("agent.profile_changed", 0, capacity={"chat": 3}),
            a("agent.logged_in", 0),
            a("agent.contact_stated", 1, contact_id=f"c{n}", seq=n, stays=stays, source="contact"),
        ]
    events.append(Entity(AGENT, "clock", team="other")("agent.logged_in", 60))
    agents.apply(rows_of(events))
    view = View(history())
    for key, row in agents.changed_aggregates(0, wide=True):
        view.put(key, row)
    (row,) = [r for r in view.rows("5m", T0_MS + 60_000, kpi="capacity_occupancy_ratio") if r.team == "phones"]
    assert (row.value, row.count) == (pytest.approx(1 / 3), number * 60)
