"""A contact's life, scenario by scenario, read off the report."""

from __future__ import annotations

import pytest

from tests.core.floor import answered, call, entered, history, left, report, value

SCENARIO_B = {
    "genesys": 0.4,
    "connect": 3 / 7,
    "asterisk_sl": 0.5,
    "asterisk_sl2": 3 / 7,
    "offered": 2 / 7,
    "talkdesk": 2 / 6,
    "twilio": 2 / 6,
}


def _scenario_b():
    events = []
    for i, wait in enumerate((5, 19, 21, 40)):
        c = call(f"answered{i}")
        events += [entered(c, 0), answered(c, wait), c("contact.ended", wait + 60, by="customer")]
    for i, wait in enumerate((3, 30)):
        c = call(f"abandoned{i}")
        events += [entered(c, 0), left(c, wait, "abandoned")]
    c = call("timeout")
    return [*events, entered(c, 0), left(c, 60, "timeout")]


@pytest.mark.parametrize(("formula", "expected"), SCENARIO_B.items())
def test_scenario_b_every_service_level_formula(formula, expected):
    """R05b, R05c, R05d: the seven formulas on the same seven calls."""
    rows = report(_scenario_b(), history(f'[service_level]\nformula = "{formula}"'))
    assert value(rows, "service_level_ratio", queue="billing", channel="voice") == pytest.approx(expected)


def test_queue_counts_and_ratios():
    """Offered, answered, abandoned, short, flowed out and the three abandonment ratios agree with the seven calls."""
    rows = report(_scenario_b())
    counts = {name: value(rows, f"contacts_{name}") for name in ("offered", "answered", "abandoned", "short_abandoned")}
    assert counts == {"offered": 7, "answered": 4, "abandoned": 2, "short_abandoned": 1}
    assert value(rows, "contacts_flowed_out", reason=None) == 1
    assert value(rows, "abandonment_ratio") == pytest.approx(1 / 6)
    assert value(rows, "abandonment_gross_ratio") == pytest.approx(2 / 7)
    assert value(rows, "abandonment_residual_ratio") == pytest.approx(3 / 7)
    assert value(rows, "queue_wait_seconds", "sum") == 5 + 19 + 21 + 40 + 3 + 30 + 60


def test_scenario_f_a_resumed_caller_never_abandoned():
    """K6: abandon at 30 s, back 20 s later: the abandon is retracted and the first wait goes on."""
    c = call()
    rows = report([entered(c, 0), left(c, 30, "abandoned"), c("queue.resumed", 50), answered(c, 70)])
    assert value(rows, "contacts_abandoned") == 0
    assert value(rows, "contacts_offered") == 1
    assert value(rows, "answer_speed_seconds", "sum") == 70
    assert value(rows, "customer_wait_seconds", "sum") == 70


def test_r09_back_too_late_is_a_new_entry():
    """R09: after more than 60 s the abandon stays and the return is offered anew."""
    c = call()
    rows = report([entered(c, 0), left(c, 30, "abandoned"), c("queue.resumed", 91), answered(c, 100)])
    assert value(rows, "contacts_abandoned") == 1
    assert value(rows, "contacts_offered") == 2
    assert value(rows, "answer_speed_seconds", "sum") == 9
    assert value(rows, "customer_wait_seconds", "sum") == 39


def test_r04_border_of_the_short_abandon():
    """R04: who waited exactly the limit is short; with a limit of 0 nobody is."""
    c = call()
    events = [entered(c, 0), left(c, 5, "abandoned")]
    assert value(report(events), "contacts_short_abandoned") == 1
    c = call()
    events = [entered(c, 0), left(c, 0, "abandoned")]
    assert value(report(events, history("[service_level]\nshort_abandon_seconds = 0")), "contacts_short_abandoned") == 0


def test_r06_left_answered_ends_waiting_but_not_the_wait():
    """R06: queue.left(answered) takes the contact out of the queue, the wait ends at contact.answered."""
    c = call()
    rows = report([entered(c, 0), left(c, 10, "answered"), call("other")("call.initiated", 11, direction="inbound")])
    assert value(rows, "contacts_waiting") == 0
    c = call()
    rows = report([entered(c, 0), left(c, 10, "answered"), answered(c, 12)])
    assert value(rows, "answer_speed_seconds", "sum") == 12


@pytest.mark.parametrize(
    ("by", "kpi"),
    [("customer", "contacts_abandoned"), ("system", "contacts_flowed_out"), ("agent", "contacts_flowed_out")],
)
def test_r07_ended_while_waiting(by, kpi):
    """R07: who ends the contact while it waits decides between abandoned and flowed out, with reason error."""
    c = call()
    rows = report([entered(c, 0), c("contact.ended", 8, by=by)])
    assert value(rows, kpi, **({} if by == "customer" else {"reason": "error"})) == 1
    assert value(rows, "contacts_waiting") == 0


@pytest.mark.parametrize("reason", ["withdrawn", "error", "timeout", "overflow", "callback", "voicemail"])
def test_r08_leaving_by_rule_is_a_flow_out(reason):
    """R08, K4, K5: whatever is no abandon and no answer is a flow-out."""
    c = call()
    rows = report([entered(c, 0), left(c, 8, reason)])
    assert value(rows, "contacts_flowed_out", reason=reason) == 1
    assert value(rows, "contacts_flowed_out", reason=None) == 1
    assert value(rows, "contacts_abandoned") == 0


def test_r10_the_customers_wait_spans_the_segments():
    """R10: one sample a contact, at the last outcome and in its queue; none while a segment is open."""
    c = call()
    first = [
        entered(c, 0),
        answered(c, 10),
        c("contact.transferred", 40, kind="queue", to="sales"),
        entered(c, 41, "sales", "2"),
    ]
    rows = report(first)
    assert value(rows, "customer_wait_seconds", "sum") is None
    assert value(rows, "contacts_waiting", queue="sales") == 1
    rows = report([*first, answered(c, 61, "a8", "2")])
    assert value(rows, "customer_wait_seconds", "sum", queue="sales") == 30
    assert value(rows, "customer_wait_seconds", "sum", queue="billing") is None
    assert value(rows, "answer_speed_seconds", "sum", queue="sales") == 20


def test_r12_r13_handling_in_parts():
    """R12, R13: talk and hold at the segment's end; wrap-up revises the handle time in place."""
    c = call()
    events = [
        entered(c, 0),
        answered(c, 10),
        c("hold.started", 20),
        c("hold.ended", 35),
        c("contact.ended", 100, by="customer"),
    ]
    rows = report(events)
    assert value(rows, "handle_seconds", "sum") == 90
    rows = report([*events, c("acw.started", 102), c("acw.ended", 132)])
    assert [value(rows, f"{part}_seconds", "sum") for part in ("talk", "hold", "wrap_up", "handle")] == [
        75,
        15,
        30,
        120,
    ]


def test_wrap_up_of_the_first_agent_while_the_second_talks():
    """After-call work belongs to the segment that it names, not to the running one."""
    c = call()
    rows = report(
        [
            entered(c, 0),
            answered(c, 10),
            c("contact.transferred", 40, kind="queue", to="sales"),
            entered(c, 40, "sales", "2"),
            answered(c, 50, "a8", "2"),
            c("acw.ended", 60, agent_id="a7"),
            c("contact.ended", 90, by="agent"),
        ]
    )
    assert value(rows, "handle_seconds", "sum", queue="billing") == 50
    assert value(rows, "handle_seconds", "sum", queue="sales") == 40


def test_a_hang_up_before_the_queue_was_never_offered():
    """A contact that ends before it queues is in no queue KPI."""
    c = call()
    rows = report(
        [
            c("call.initiated", 0, direction="inbound", queue="billing", channel="voice"),
            c("contact.ended", 8, by="customer"),
        ]
    )
    assert value(rows, "contacts_offered", queue="billing") == 0
    assert value(rows, "contacts_abandoned", queue="billing") == 0


def test_r43_an_end_before_its_start_counts_and_gives_no_duration():
    """R43: answered two seconds before the entry is offered and answered, without a wait."""
    c = call()
    rows = report([entered(c, 2), answered(c, 0), c("contact.ended", 60, by="customer")])
    assert value(rows, "contacts_offered") == 1
    assert value(rows, "contacts_answered") == 1
    assert value(rows, "contacts_waiting") == 0
    assert value(rows, "answer_speed_seconds", "mean") is None


def test_r43_a_hold_and_a_wrap_up_that_end_before_they_start():
    """R43: pairs in the wrong order give nothing and spoil nothing."""
    c = call()
    rows = report(
        [
            entered(c, 0),
            answered(c, 10),
            c("hold.ended", 20),
            c("hold.started", 22),
            c("contact.ended", 100, by="customer"),
            c("acw.ended", 110),
            c("acw.started", 111),
        ]
    )
    assert value(rows, "hold_seconds", "sum") is None
    assert value(rows, "wrap_up_seconds", "sum") is None
    assert value(rows, "handle_seconds", "sum") == 90


def test_r46_a_contact_that_changes_queue_while_it_waits():
    """R46: the outcome belongs to the queue in force at its time, the entry to the one at its own."""
    c = call()
    rows = report(
        [entered(c, 0), c("message", 5, author_role="customer", message_id="m", queue="sales"), left(c, 9, "abandoned")]
    )
    assert value(rows, "contacts_offered", queue="billing") == 1
    assert value(rows, "contacts_abandoned", queue="sales") == 1
    assert value(rows, "contacts_abandoned", queue="billing") == 0


def test_r51_who_enters_and_abandons_in_one_millisecond_waits_no_more():
    """R51: within one millisecond events of a segment follow the order of life, in whatever order they arrive."""
    c = call()
    rows = report([left(c, 0, "abandoned"), entered(c, 0)])
    assert value(rows, "contacts_abandoned") == 1
    assert value(rows, "contacts_waiting") == 0


def test_r51_an_older_segment_comes_before_a_newer_one():
    """R51: overflow into the next queue and the answer there, all in one millisecond."""
    c = call()
    events = [
        entered(c, 0),
        c("queue.left", 9, reason="overflow", segment_id="1"),
        entered(c, 9, "sales", "2"),
        answered(c, 9, "a8", "2"),
    ]
    for order in (events, events[::-1], [events[2], events[0], events[3], events[1]]):
        rows = report(order)
        assert value(rows, "contacts_flowed_out", queue="billing", reason=None) == 1
        assert value(rows, "contacts_answered", queue="sales") == 1


def test_chat_first_response_and_next_reply():
    """R17, R19: the customer's first message starts the first response; a bot never ends it."""
    c = call("chat1")
    c.topic = "chat.events"
    say = lambda at, role, **k: c("message", at, author_role=role, message_id=f"m{at}", **k)
    rows = report(
        [
            entered(c, 0, channel="chat"),
            say(1, "customer"),
            say(2, "bot"),
            say(3, "agent", is_auto=True),
            answered(c, 10),
            say(21, "agent"),
            say(30, "customer"),
            say(35, "customer"),
            say(42, "agent"),
        ]
    )
    assert value(rows, "first_response_seconds", "sum", channel="chat", queue="billing") == 20
    assert value(rows, "next_reply_seconds", "sum", channel="chat", queue="billing") == 12


def test_a_test_contact_counts_nowhere():
    """An entity of which any event is a test leaves every KPI."""
    c = call()
    rows = report([entered(call("other"), 0), entered(c, 0), c("queue.left", 5, reason="abandoned", is_test=True)])
    assert value(rows, "contacts_offered") == 1
    assert value(rows, "contacts_abandoned") == 0
    assert value(rows, "contacts_waiting") == 1


def test_r47_corrections_take_back_and_replace():
    """R47: a retracted answer leaves the caller waiting; a replaced one has the new time."""
    import orjson

    c = call()
    events = [entered(c, 0), answered(c, 10)]
    target = orjson.loads(events[1][2])
    rows = report([*events, c("correction.retract", 50, corrects_event_id=target["event_id"])])
    assert value(rows, "contacts_answered") == 0
    assert value(rows, "contacts_waiting") == 1
    new = {**target, "occurred_at": target["occurred_at"] + 5000, "event_id": "new"}
    correction = c("correction.replace", 60, corrects_event_id=target["event_id"], event=new)
    for order in ([*events, correction], [correction, *events], [events[1], correction, events[0], correction]):
        assert value(report(order), "answer_speed_seconds", "sum") == 15
