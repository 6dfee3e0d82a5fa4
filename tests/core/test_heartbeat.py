"""Heartbeats: who is unknown, and what was missed."""

# long: one behaviour after the other, each with its few heartbeats

from __future__ import annotations

from itertools import permutations

import pytest

from stream.core.settings import load
from stream.core.view import View
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

MINUTE = 60


def agent(name: str = "a7", team: str = "phones") -> Entity:
    return Entity(AGENT, name, team=team)


def beat(a: Entity, at_s: float, status: str = "available", since_s: float | None = None, *contacts, capacity=None):
    """A heartbeat; contacts are (id, state, since) on voice."""
    listed = [
        {"contact_id": i, "channel": "voice", "state": state, "since": T0_MS + round(since * 1000)}
        for i, state, since in contacts
    ]
    since = T0_MS + round((at_s if since_s is None else since_s) * 1000)
    return a("agent.snapshot", at_s, status=status, since=since, contacts=listed, capacity=capacity or {})


def clock(at_s: float):
    """Somebody else's event: now is then."""
    return agent("clock", "night")("agent.logged_out", at_s)


def state(rows, name, team="phones"):
    return value(rows, "agents", team=team, state=name)


def seconds(rows, kpi="occupancy_ratio", team="phones"):
    """(numerator, denominator) in seconds."""
    found = [r for r in rows if r["kpi"] == kpi and r["team"] == team]
    return (round(found[0]["value"] * found[0]["count"], 6), found[0]["count"]) if found else None


def test_r33_unknown_from_the_third_interval_on():
    """R33, K23: at 359 s still available, at 360 s unknown; nothing before changes, and unknown leaves occupancy."""
    a = agent()
    assert state(report([beat(a, 0), clock(359)]), "available") == 1
    rows = report([beat(a, 0), clock(360)])
    assert (state(rows, "available"), state(rows, "unknown")) == (0, 1)
    assert seconds(report([beat(a, 0), clock(900)])) == (0, 360)
    assert value(report([beat(a, 0), clock(3600)]), "staffed_hours", team="phones") == pytest.approx(0.1)


def test_r33_on_the_next_border_of_ten_seconds():
    """R33: a moment that time alone brings is never seen early."""
    a = agent()
    assert state(report([beat(a, 3), clock(369)]), "available") == 1
    assert state(report([beat(a, 3), clock(370)]), "unknown") == 1


def test_r33_the_next_heartbeat_ends_it():
    """R33: back from the next heartbeat on; the silence in between stays unknown."""
    a = agent()
    events = [beat(a, 0), beat(a, 1000, since_s=0), clock(1100)]
    for order in (events, events[::-1]):
        rows = report(order)
        assert state(rows, "available") == 1
        assert seconds(rows) == (0, 460)


def test_r33_who_never_sends_a_heartbeat_is_never_stale():
    """R33: statuses alone make nobody unknown; the interval is a setting."""
    a = agent()
    assert state(report([a("agent.logged_in", 0), clock(90_000)]), "available") == 1
    rows = report([beat(a, 0), clock(30)], history("[kpis]\nheartbeat_seconds = 10"))
    assert state(rows, "unknown") == 1


def test_r30_unknown_comes_before_offline():
    """R30: of who is silent nothing is known, whatever the last heartbeat said."""
    a = agent()
    assert state(report([beat(a, 0, "offline"), clock(400)]), "unknown") == 1


def test_r33_who_has_logged_out_is_not_waited_for():
    """R33: a logout ends the watch, in whatever order it is told; the next heartbeat begins it again."""
    a = agent()
    left = [beat(a, 0), a("agent.logged_out", 60), clock(4000)]
    for order in (left, left[::-1]):
        rows = report(order)
        assert (state(rows, "offline"), state(rows, "unknown")) == (1, 0)
    assert value(report(left), "staffed_hours", team="phones") == pytest.approx(1 / 60)
    back = [*left, beat(a, 5000), clock(5400)]
    assert state(report(back), "unknown") == 1
    too_late = [beat(a, 0), a("agent.logged_out", 600), clock(4000)]
    rows = report(too_late)
    assert (state(rows, "offline"), seconds(rows)) == (1, (0, 360))  # from the third interval to the logout: unknown


def test_r33_unknown_comes_without_an_event():
    """R33: the change lies ahead; a reader sees it when its clock has come there, in no window before."""
    agents = partition(AGENT, history())
    agents.apply(rows_of([beat(agent(), 0)]))
    view = View(history())
    for key, row in agents.changed_aggregates(0, wide=True):
        view.put(key, row)
    for at_s, unknown in ((0, 0), (359, 0), (360, 1), (7200, 1)):
        rows = view.rows("now", T0_MS + at_s * 1000, kpi="agents")
        assert [r.value for r in rows if r.team == "phones" and r.state == "unknown"] == [unknown], at_s
        assert sum(r.value for r in rows if r.team == "phones" and r.state is None) == 1
    for window in ("15m", "today", "24h"):
        found = [r for r in view.rows(window, T0_MS + 600_000, kpi="occupancy_ratio") if r.team == "phones"]
        assert [r.count for r in found] == [360], window


def test_a_missed_status_is_found_by_the_heartbeat():
    """The break began when the heartbeat says, although no event told of it."""
    a = agent()
    rows = report([a("agent.logged_in", 0), beat(a, 100), beat(a, 200, "lunch", 150), clock(250)])
    assert state(rows, "break") == 1
    assert seconds(rows) == (0, 150)


def test_a_heartbeat_that_repeats_the_known_changes_nothing():
    """Heartbeats beside events: the same numbers as without them."""
    a, c = agent(), call()
    told = [
        a("agent.logged_in", 0),
        entered(c, 10),
        answered(c, 20),
        c("contact.ended", 130, by="customer"),
        a("agent.status_changed", 200, **{"status": "lunch", "class": "custom"}),
        clock(300),
    ]
    beats = [
        beat(a, 0, "available", 0),
        beat(a, 120, "available", 0, ("c1", "connected", 20)),
        beat(a, 240, "lunch", 200),
    ]
    assert report([*told, *beats]) == report(told)
    assert report([*beats[::-1], *told[::-1]]) == report(told)


def test_a_contact_that_nobody_told_of_is_found():
    """Amazon Connect: listed since 40 s and not any more at 240 s: busy from 40 to 240."""
    a = agent()
    beats = [beat(a, 0), beat(a, 120, "available", 0, ("lost", "CONNECTED", 40)), beat(a, 240, "available", 0)]
    for order in (beats, beats[::-1], [beats[1], beats[0], beats[2]]):
        assert seconds(report([*order, clock(300)])) == (200, 300)
    assert state(report([*beats[:2], clock(130)]), "on_contact") == 1


def test_a_contact_that_ended_without_an_event():
    """Answered at 20 s and never ended: over with the first heartbeat that does not list it."""
    a, c = agent(), call()
    told = [a("agent.logged_in", 0), entered(c, 0), answered(c, 20)]
    listed, gone = beat(a, 120, "available", 0, ("c1", "CONNECTED", 20)), beat(a, 240, "available", 0)
    rows = report([*told, listed, gone, clock(300)])
    assert state(rows, "available") == 1
    assert seconds(rows) == (220, 300)
    assert seconds(report([gone, listed, *told, clock(300)])) == (220, 300)
    # the end is told after all, later: the contact's own word holds
    assert seconds(report([*told, listed, gone, c("contact.ended", 150, by="agent"), clock(300)])) == (130, 300)


def test_a_contact_that_goes_on_in_another_phase():
    """Listed as ended since 100 s: talking until then, after-call work from then on; both are busy."""
    a, c = agent(), call()
    told = [a("agent.logged_in", 0), entered(c, 0), answered(c, 20)]
    rows = report([*told, beat(a, 120, "available", 0, ("c1", "ENDED", 100)), clock(150)])
    assert state(rows, "acw") == 1
    assert seconds(rows) == (130, 150)


def test_what_the_contact_itself_says_is_believed():
    """A heartbeat that still lists a contact which has said that it is over is behind: nothing changes."""
    a, c = agent(), call()
    told = [a("agent.logged_in", 0), entered(c, 0), answered(c, 20), c("contact.ended", 100, by="agent")]
    rows = report([*told, beat(a, 110, "available", 0, ("c1", "CONNECTED", 20)), clock(150)])
    assert state(rows, "available") == 1
    assert seconds(rows) == (80, 150)


def test_a_missed_answer():
    """Rung at 10 s; the heartbeat knows that it was answered at 30 s."""
    a, c = agent(), call()
    told = [a("agent.logged_in", 0), entered(c, 0), c("offer.made", 10, agent_id="a7", offer_id="o")]
    rows = report([*told, beat(a, 120, "available", 0, ("c1", "CONNECTED", 30)), clock(150)])
    assert state(rows, "on_contact") == 1
    assert seconds(rows) == (120, 130)  # idle 0-10, ringing 10-30, busy from then on


def test_capacity_from_a_heartbeat():
    """R34: the capacity that a heartbeat tells holds from it on."""
    a = agent()
    c = call("chat1")
    c.topic = "chat.events"
    rows = report(
        [
            beat(a, 0, "available", 0, capacity={"chat": 4}),
            entered(c, 0, channel="chat"),
            answered(c, 0),
            c("contact.ended", 100, by="customer"),
            clock(100),
        ]
    )
    assert seconds(rows, "capacity_occupancy_ratio") == (25, 100)


def test_heartbeats_keep_the_log_small():
    """One that says what the one before said is its time and its id; what is written folds to the same."""
    agents = partition(AGENT, history())
    a = agent()
    listed = tuple((f"contact-with-a-long-name-{i}", "CONNECTED", 10) for i in range(5))
    # every two minutes for two hours: eight chunks
    beats = [beat(a, at, "available", 0, *listed, capacity={"voice": 1}) for at in range(120, 7200, 120)]
    agents.apply(rows_of(beats))
    written = agents.changed_records()
    sizes = [len(value) for key, value in written if value and b"\x1fC\x1f" in key]
    assert len(sizes) in (8, 9)
    assert max(sizes) < 600
    again = partition(AGENT, history())
    for key, row in written:
        again.recover(key, row)
    again.rebuild()
    late = beat(a, 150, "lunch", 140)
    for part in (agents, again):
        part.apply(rows_of([late], first=len(beats)))
    assert state_of(again) == state_of(agents)
    assert [log for _, log in again.changed_records()] == [log for _, log in agents.changed_records()]


def test_duplicates_of_heartbeats_are_counted():
    """R40: a heartbeat that arrives twice is a duplicate, also where its log says its id only."""
    agents = partition(AGENT, history())
    a = agent()
    beats = [beat(a, at, "available", 0) for at in (120, 240, 360)]
    agents.apply(rows_of([*beats, *beats]))
    assert (agents.meta.accepted, agents.meta.duplicate) == (3, 3)


def test_statements_before_and_after_the_first_heartbeat():
    """What contacts said before anybody sent a heartbeat is reconciled too, in any order."""
    calls, c, a = partition(CALL, history()), call(), agent()
    calls.apply(rows_of([entered(c, 0), answered(c, 20)]))
    told = statements(calls.outgoing())
    beats = [beat(a, 0), beat(a, 120, "available", 0)]
    found = []
    for order in ([*told, *beats], [*beats, *told], [beats[1], *told, beats[0]]):
        agents = partition(AGENT, history())
        agents.apply(rows_of(order))
        found.append(state_of(agents))
    assert found[0] == found[1] == found[2]


def test_two_heartbeats_of_one_millisecond_end_a_contact_in_any_order():
    """Whichever of them stands beside the next heartbeat, the contact that the other lists is over with it."""
    a = agent()
    beats = [beat(a, 2, "available", 0), beat(a, 1, "available", 1), beat(a, 3, "available", 0),
             beat(a, 1, "available", 0, ("c", "connected", 0))]  # fmt: skip
    found = []
    for order in permutations(beats):
        agents = partition(AGENT, history())
        agents.apply(rows_of(order))
        found.append(state_of(agents))
    assert all(state == found[0] for state in found)


def test_old_heartbeats_are_forgotten():
    """Beyond the horizon only what still holds is kept; the agent stays unknown."""
    agents = partition(AGENT, load("", {}, {"time.clock": "events", "time.horizon_hours": 1}))
    a, other = agent(), agent("other")
    agents.apply(rows_of([*(beat(a, at, "available", 0) for at in range(0, 7200, 120))]))
    changelog = {}
    for day in range(1, 5):
        agents.apply(rows_of([other("agent.logged_in", day * 86_400)], first=1000 + day))
        changelog.update(agents.changed_records())
        agents.changed_aggregates(0, wide=True)
    changelog.update(agents.changed_records())
    assert len(agents.timelines["a7"].beats.times) == 1
    assert sum(key.startswith("a7") for key in agents.chunks) == 1
    again = partition(AGENT, agents.settings)
    for key, row in changelog.items():
        again.recover(key, row)
    again.rebuild()
    view = View(agents.settings)
    for key, row in again.changed_aggregates(0, wide=True):
        view.put(key, row)
    rows = view.rows("now", T0_MS + 4 * 86_400_000, kpi="agents")
    assert {r.state: r.value for r in rows if r.team == "phones"}["unknown"] == 1
