"""What agents do, over time: occupancy, states, borders of windows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.core.moment import STATES
from tests.core.floor import (
    AGENT,
    CALL,
    T0_MS,
    Entity,
    answered,
    call,
    entered,
    history,
    partition,
    report,
    rows_of,
    state_of,
    statements,
    value,
)
from tests.examples import examples


def agent(name: str = "a7", team: str = "phones") -> Entity:
    return Entity(AGENT, name, team=team)


def _state(rows, state):
    return value(rows, "agents", team=None, state=state)


def test_scenario_c_time_is_cut_at_the_borders():
    """A contact from 05:23 to 06:15 is 7, 30 and 15 minutes of three half hours."""
    a, c = agent(), call()
    start = -5 * 3600  # T0 is 10:00
    events = [
        a("agent.logged_in", start),
        entered(c, start + 22 * 60),
        answered(c, start + 23 * 60),
        c("contact.ended", start + 75 * 60, by="customer"),
    ]
    minutes = []
    for half_hour in range(3):
        low = T0_MS + (start + half_hour * 1800) * 1000
        rows = report(events, from_ms=low, to_ms=low + 1_800_000)
        row = next(r for r in rows if r["kpi"] == "occupancy_ratio" and r["team"] is None)
        minutes.append(row["value"] * row["count"] / 60)
    assert minutes == pytest.approx([7, 30, 15])


def test_scenario_g_overlapping_chats():
    """Two chats 10:00-10:30 and 10:10-10:40, idle to 11:00: 66.7 %."""
    a = agent()
    events = [a("agent.logged_in", 0)]
    for i, (start, end) in enumerate(((0, 1800), (600, 2400))):
        c = call(f"chat{i}")
        c.topic = "chat.events"
        events += [entered(c, start, channel="chat"), answered(c, start), c("contact.ended", end, by="customer")]
    rows = report([*events, a("agent.status_changed", 3600, **{"status": "ready", "class": "routable"})])
    assert value(rows, "occupancy_ratio", team="phones") == pytest.approx(2 / 3)


def test_scenario_j_midnight_changes_nothing():
    """A day's border passes with agents on calls: the states stay."""
    a, c = agent(), call()
    events = [a("agent.logged_in", 0), entered(c, 13 * 3600), answered(c, 13 * 3600 + 5)]
    later = Entity(AGENT, "other", team="phones")("agent.logged_in", 15 * 3600)
    rows = report([*events, later])
    assert _state(rows, "on_contact") == 1
    assert _state(rows, "available") == 1


def test_r30_precedence_and_k18():
    """R30, K18: on a break a contact taken before shows, and leaves occupancy; offline hides everything."""
    a, c = agent(), call()
    events = [
        a("agent.logged_in", 0),
        entered(c, 0),
        answered(c, 10),
        a("agent.status_changed", 20, **{"status": "lunch", "class": "custom"}),
    ]
    rows = report(events)
    assert _state(rows, "on_contact") == 1
    rows = report([*events, c("contact.ended", 30, by="agent"), a("agent.profile_changed", 40)])
    assert _state(rows, "break") == 1
    assert value(rows, "occupancy_ratio", team="phones") == pytest.approx(10 / 20)
    rows = report([*events, a("agent.logged_out", 25)])
    assert _state(rows, "offline") == 1


def test_r31_known_from_contacts_only():
    """R31: who was never seen online is in no agent KPI."""
    c = call()
    rows = report([entered(c, 0), answered(c, 10), c("contact.ended", 90, by="customer")])
    assert not [r for r in rows if r["kpi"] in ("agents", "occupancy_ratio")]


def test_ringing_is_neither_busy_nor_idle():
    """K17: ten seconds of ringing leave both sides of occupancy."""
    a, c = agent(), call()
    rows = report(
        [
            a("agent.logged_in", 0),
            entered(c, 5),
            c("offer.made", 10, agent_id="a7", offer_id="o"),
            answered(c, 20),
            c("contact.ended", 60, by="customer"),
            a("agent.profile_changed", 100),
        ]
    )
    row = next(r for r in rows if r["kpi"] == "occupancy_ratio" and r["team"] == "phones")
    assert (row["value"], row["count"]) == (pytest.approx(40 / 90), 90)


def test_a_team_change_moves_the_agent():
    """Time before the change stays with the old team."""
    a = agent()
    rows = report(
        [
            a("agent.logged_in", 0),
            a("agent.profile_changed", 60, team="chat"),
            a("agent.profile_changed", 100, team="chat"),
        ]
    )
    idle = {r["team"]: r["count"] for r in rows if r["kpi"] == "occupancy_ratio"}
    assert idle == {"phones": 60, "chat": 40, None: 100}
    assert value(rows, "agents", team="phones", state=None) == 0
    assert value(rows, "agents", team="chat", state=None) == 1


def test_statements_forwarded_twice_or_late_change_nothing():
    """A statement is absolute: repeated, or an older one behind a newer one, it changes nothing."""
    s = history()
    a, c = agent(), call()
    calls, told = partition(CALL, s), []
    life = (entered(c, 0), answered(c, 10), c("contact.ended", 70, by="customer"), c("acw.ended", 90))
    for i, event in enumerate(life):
        calls.apply(rows_of([event], first=i))
        told += statements(calls.outgoing())
    once, often = partition(AGENT, s), partition(AGENT, s)
    login = a("agent.logged_in", 0)
    once.apply(rows_of([login, *told]))
    often.apply(rows_of([login, *told, *told, told[0], login]))
    assert state_of(once) == state_of(often)


EVENT = st.tuples(
    st.integers(0, 40), st.sampled_from(["available", "lunch", "offline", "error"]), st.sampled_from(["phones", "chat"])
)
STAY = st.tuples(st.sampled_from(["ringing", "on_contact", "acw"]), st.integers(0, 40), st.integers(1, 30))


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(EVENT, max_size=8), st.lists(STAY, max_size=6), st.randoms(use_true_random=False))
def test_the_timeline_equals_second_by_second_counting(events, stays, random):
    """Time in every state, by team, equals a count of seconds; in whatever order events and stays arrive."""
    a = Entity(AGENT, "a7")
    classes = {"available": "routable", "lunch": "custom", "offline": "offline", "error": "custom"}
    said = [a("agent.status_changed", at, team=team, **{"status": s, "class": classes[s]}) for at, s, team in events]
    end_s = 100
    said += [
        a(
            "agent.contact_stated",
            end_s,
            contact_id=f"c{i}",
            seq=1,
            source=CALL,
            stays=[[phase, T0_MS + start * 1000, T0_MS + (start + length) * 1000, "voice"]],
        )
        for i, (phase, start, length) in enumerate(stays)
    ]
    said.append(Entity(AGENT, "clock")("shift.scheduled", end_s, start=0, end=1, activity="x", productive=True))
    random.shuffle(said)
    rows = report(said)
    expected: dict[str, int] = {}
    ordered = sorted(events, key=lambda e: e[0])
    for second in range(end_s):
        current = None
        ids = [i for i, e in enumerate(events) if e[0] <= second]
        if ids:
            current = max(ids, key=lambda i: (events[i][0], f"test a7:{i + 1}"))
        if current is None:
            continue
        presence, team = events[current][1], events[current][2]
        phases = {p for p, start, length in stays if start <= second < start + length}
        busy = bool(phases & {"on_contact", "acw"})
        if presence == "available" and (busy or "ringing" not in phases):
            expected[team] = expected.get(team, 0) + 1
    assert ordered is not None
    got = {r["team"]: r["count"] for r in rows if r["kpi"] == "occupancy_ratio" and r["team"]}
    assert got == expected


def test_every_state_has_its_row():
    """R30, R03: all eight states, and their sum."""
    rows = report([agent()("agent.logged_in", 0)])
    assert [_state(rows, s) for s in STATES] == [1, 0, 0, 0, 0, 0, 0, 0]
    assert _state(rows, None) == 1
