"""Variants of the queue: reasons, missed offers, hold abandons, transfers, call-backs, decided waits, every formula."""

from __future__ import annotations

import pytest

from stream.core.kpis_queue import FORMULAS
from stream.core.view import View
from tests.core.floor import (
    CALL,
    T0_MS,
    answered,
    call,
    entered,
    history,
    left,
    partition,
    report,
    rows_of,
    ticket,
    value,
)
from tests.core.test_contact import SCENARIO_B, _scenario_b
from tests.oracle import Oracle, Record, compare

REASONS = ("timeout", "overflow", "empty", "key_exit", "callback", "voicemail", "transfer", "withdrawn", "error")


def clock(at_s: float):
    """Something elsewhere happens: now is at least then."""
    return ticket("clock", at_s=at_s, queue="elsewhere")[1]


def decided(rows, result):
    return value(rows, "service_level_decided", queue="billing", reason=result)


def test_r03_flow_outs_by_reason_and_their_sum():
    """R02, R03, R08: a row for each reason, also at zero, and the one over all of them."""
    events = []
    for i, reason in enumerate(("timeout", "timeout", "voicemail")):
        c = call(f"c{i}")
        events += [entered(c, 0), left(c, 30 + i, reason)]
    rows = report(events)
    by_reason = {reason: value(rows, "contacts_flowed_out", queue="billing", reason=reason) for reason in REASONS}
    assert by_reason == dict.fromkeys(REASONS, 0) | {"timeout": 2, "voicemail": 1}
    assert value(rows, "contacts_flowed_out", queue="billing", reason=None) == 3


def test_r15_every_missed_offer_counts():
    """R15: each offer.missed by its reason, also one that is told of after the answer."""
    c = call()
    ring = lambda at: c("offer.made", at, agent_id="a1", offer_id=f"o{at}")
    rows = report(
        [
            entered(c, 0),
            ring(1),
            c("offer.missed", 11, reason="timeout"),
            ring(12),
            c("offer.missed", 15, reason="rejected"),
            answered(c, 20),
            c("offer.missed", 21, reason="timeout"),
        ]
    )
    found = {r: value(rows, "offers_missed", reason=r) for r in ("timeout", "rejected", "customer_left", None)}
    assert found == {"timeout": 2, "rejected": 1, "customer_left": 0, None: 3}


@pytest.mark.parametrize(("by", "expected"), [("customer", 1), ("agent", 0), ("system", 0)])
def test_r14_s2_hold_abandons(by, expected):
    """S2, R14: hanging up on hold is no abandon in the queue; only the customer's own counts."""
    c = call()
    rows = report([entered(c, 0), answered(c, 10), c("hold.started", 20), c("contact.ended", 50, by=by)])
    assert value(rows, "hold_abandons") == expected
    assert value(rows, "contacts_abandoned") == 0


def test_r14_not_after_the_hold():
    """R14: who is taken off hold and then hangs up did not abandon; nor who was on a hold that is not believed (R43)."""
    c, other = call(), call("c2")
    rows = report(
        [
            entered(c, 0),
            answered(c, 10),
            c("hold.started", 20),
            c("hold.ended", 30),
            c("contact.ended", 50, by="customer"),
            entered(other, 0),
            answered(other, 10),
            other("hold.ended", 20),
            other("hold.started", 22),
            other("contact.ended", 50, by="customer"),
        ]
    )
    assert value(rows, "hold_abandons") == 0


def test_transfers_by_kind_and_their_ratio():
    """Transfers out by kind, free text as other; the ratio is over the answered; a transfer while waiting is none."""
    events = []
    for i, kind in enumerate(("blind", "attended", "queue", "to the moon", "")):
        c = call(f"c{i}")
        events += [entered(c, 0), answered(c, 10)]
        events.append(c("contact.transferred", 40, kind=kind, to="x") if kind else c("contact.ended", 40, by="agent"))
    waiting = call("waiting")
    rows = report([*events, entered(waiting, 0), waiting("contact.transferred", 5, kind="blind", to="x")])
    kinds = ("blind", "attended", "queue", "external", "other", None)
    assert [value(rows, "transfers", reason=kind) for kind in kinds] == [1, 1, 1, 0, 1, 4]
    assert value(rows, "transfer_ratio") == pytest.approx(4 / 5)


def test_k3_a_transfer_restarts_the_wait():
    """K3: each segment waits for itself, and the customer's whole wait is their sum; two are offered."""
    c = call()
    rows = report(
        [
            entered(c, 0),
            answered(c, 10),
            c("contact.transferred", 40, kind="queue", to="sales"),
            entered(c, 40, "sales", "2"),
            answered(c, 65, "a8", "2"),
        ]
    )
    assert value(rows, "answer_speed_seconds", "sum", queue="sales") == 25
    assert value(rows, "customer_wait_seconds", "sum") == 35
    assert value(rows, "contacts_offered") == 2


@pytest.mark.parametrize("how", ["callback", "abandoned", "hung up"])
def test_k5_who_asked_for_a_callback_never_abandons(how):
    """K5: leaving the queue after the request is a flow-out with reason callback, whatever the source calls it."""
    c = call()
    leave = c("contact.ended", 40, by="customer") if how == "hung up" else left(c, 40, how)
    for events in (
        [entered(c, 0), c("callback.requested", 30), leave],
        [leave, c("callback.requested", 30), entered(c, 0)],
    ):
        rows = report(events)
        assert value(rows, "callbacks_requested") == 1
        assert value(rows, "contacts_abandoned") == 0
        assert value(rows, "contacts_flowed_out", reason="callback") == 1
        assert value(rows, "queue_wait_seconds", "sum") == 40


def test_k5_a_callback_of_an_earlier_wait_excuses_no_abandon():
    """K5: the request belongs to the wait in which it was made."""
    c = call()
    rows = report(
        [
            entered(c, 0),
            c("callback.requested", 30),
            left(c, 30, "callback"),
            entered(c, 900, segment="2"),
            left(c, 960, "abandoned"),
        ]
    )
    assert value(rows, "contacts_abandoned") == 1
    assert value(rows, "contacts_flowed_out", reason="callback") == 1


def test_k1_short_abandons_by_channel():
    """K1: 5 s on voice, none is short elsewhere; a table by channel says otherwise."""
    phone, chat = call("phone"), call("chat")
    chat.topic = "chat.events"
    events = [
        entered(phone, 0),
        left(phone, 4, "abandoned"),
        entered(chat, 0, channel="chat"),
        left(chat, 4, "abandoned"),
    ]
    rows = report(events)
    assert value(rows, "contacts_short_abandoned", channel="voice") == 1
    assert value(rows, "contacts_short_abandoned", channel="chat") == 0
    assert value(rows, "abandonment_ratio", channel="voice") is None
    assert value(rows, "abandonment_gross_ratio", channel="voice") == 1
    assert value(rows, "abandonment_ratio", channel="chat") == 1
    rows = report(events, history("[service_level]\nshort_abandon_seconds = {chat = 4, voice = 3}"))
    assert value(rows, "contacts_short_abandoned", channel="voice") == 0
    assert value(rows, "contacts_short_abandoned", channel="chat") == 1


def test_r11_residual_leaves_out_who_still_waits():
    """R11, S1: (decided - answered) / decided; an open wait is in neither."""
    waiting, gone, got = call("waiting"), call("gone"), call("got")
    rows = report([entered(waiting, 0), entered(gone, 0), left(gone, 9, "timeout"), entered(got, 0), answered(got, 9)])
    assert value(rows, "abandonment_residual_ratio") == pytest.approx(1 / 2)


def test_r05a_who_waits_past_the_target_is_decided():
    """R05a: in the decided ones only, and only when the target has fallen due; an answer in time was never missed."""
    c = call()
    assert decided(report([entered(c, 0), clock(19)]), "missed") == 0
    rows = report([entered(c, 0), clock(20)])
    assert decided(rows, "missed") == 1
    assert decided(rows, None) == 1
    assert value(rows, "service_level_ratio", queue="billing") is None
    rows = report([entered(c, 0), clock(60), answered(c, 20)])
    assert (decided(rows, "met"), decided(rows, "missed")) == (1, 0)
    rows = report([entered(c, 0), clock(60), answered(c, 21)])
    assert (decided(rows, "met"), decided(rows, "missed")) == (0, 1)


@pytest.mark.parametrize(("again_s", "missed"), [(5, 1), (25, 2)])
def test_r05a_who_enters_anew_while_it_waits(again_s, missed):
    """R05a: of the wait whose end nobody told, only a miss that was due already is decided; the judge says the same."""
    c = call()
    events = [entered(c, 0), entered(c, again_s), clock(3600)]
    rows = report(events)
    assert decided(rows, "missed") == missed
    records = [Record(topic, 0, n, T0_MS * 2, key, raw) for n, (topic, key, raw) in enumerate(events)]
    assert compare(rows, Oracle(records, {"time": {"horizon_hours": 0}}).rows()) == []


def test_r05a_a_due_time_is_never_seen_early():
    """R05a: between two borders of ten seconds it is seen at the later one."""
    c = call()
    assert decided(report([entered(c, 3), clock(29)]), "missed") == 0
    assert decided(report([entered(c, 3), clock(30)]), "missed") == 1


def test_decided_once_whatever_comes():
    """Late answers, late abandons and late flow-outs were missed when due; early ones only where the customer left."""
    lives = {
        "late answer": (lambda c: answered(c, 50), 1),
        "late abandon": (lambda c: left(c, 50, "abandoned"), 1),
        "late flow-out": (lambda c: left(c, 50, "timeout"), 1),
        "abandon in time": (lambda c: left(c, 15, "abandoned"), 1),
        "short abandon": (lambda c: left(c, 4, "abandoned"), 0),
        "flow-out in time": (lambda c: left(c, 15, "timeout"), 0),
        "ended too early": (lambda c: answered(c, -5), 0),
    }
    for name, (end, expected) in lives.items():
        c = call()
        assert decided(report([entered(c, 0), end(c), clock(90)]), "missed") == expected, name
    c = call()
    rows = report([entered(c, 0), left(c, 15, "abandoned"), c("queue.resumed", 30), clock(90)])
    assert decided(rows, "missed") == 1  # back in time: it waits on, past the target


def test_k2_seven_formulas_side_by_side():
    """K2: all seven over the same calls, whichever is chosen; a place without a denominator has no row."""
    calls = partition(CALL, history())
    calls.apply(rows_of([*_scenario_b(), entered(call("open"), 0, queue="other")]))
    view = View(history())
    for key, row in calls.changed_aggregates(0, wide=True):
        view.put(key, row)
    rows = view.service_levels("today", T0_MS + 200_000, FORMULAS, queue="billing", channel="voice")
    # the two asterisk formulas and the rest, on the same seven calls
    assert {row.formula: row.value for row in rows} == {f: pytest.approx(v) for f, v in SCENARIO_B.items()}
    other = view.service_levels("today", T0_MS + 200_000, FORMULAS, queue="other")
    assert {row.formula for row in other} == {"offered", "connect", "talkdesk", "twilio"}
    chosen = view.rows("today", T0_MS + 200_000, kpi="service_level_ratio", queue="billing", channel="voice")
    assert [row.value for row in chosen] == [pytest.approx(0.4)]
