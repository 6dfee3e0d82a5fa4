"""First contact resolution, ruling by ruling: the ticket's own part, and the customer who comes back."""

from __future__ import annotations

import pytest

from stream.core.settings import BadSetting, load
from tests.core.floor import (
    CALL,
    CHAT,
    REQUESTERS,
    T0_MS,
    TICKET,
    Entity,
    history,
    partition,
    reply,
    report,
    rows_of,
    state_of,
    statements,
    status,
    ticket,
    value,
)

HOUR = 3600
DAY = 24 * HOUR
KPI = "first_contact_resolution_ratio"


def solved(name="t1", at_s=0.0, after_s=100.0, customer="r"):
    """A ticket that is answered and solved."""
    t = Entity(TICKET, name)
    place = {"queue": "billing", "channel": "mail"}
    made = t("ticket.created", at_s, requester_id=customer, submitter_role="customer", **place)
    return t, [made, reply(t, at_s + after_s - 1), status(t, at_s + after_s, "new", "solved")]


def clock(at_s):
    """Somebody else's ticket: now is at least then."""
    made = {"requester_id": "somebody", "submitter_role": "customer", "queue": "elsewhere", "channel": "mail"}
    return Entity(TICKET, "clock")("ticket.created", at_s, **made)


def both(events, now_s=0.0, settings=None):
    """(confirmed, provisional) of the queue billing."""
    rows = report([*events, clock(now_s)], settings)
    return tuple(value(rows, KPI + suffix, queue="billing") for suffix in ("", "_provisional"))


def test_k15_provisional_at_once_and_confirmed_after_the_window():
    """K15: seven days after the solve what was provisional is confirmed, by time alone and not a moment earlier."""
    _, events = solved()
    assert both(events) == (None, 1)
    assert both(events, 7 * DAY + 99) == (None, 1)
    assert both(events, 7 * DAY + 100) == (1, 1)
    assert both(events, DAY + 100, history("[kpis]\nfirst_contact_window_days = 1")) == (1, 1)


@pytest.mark.parametrize(
    ("topic", "kind", "fields"),
    [
        (TICKET, "ticket.created", {"requester_id": "r", "submitter_role": "customer"}),
        (TICKET, "ticket.created", {"requester_id": "x", "customer_id": "r", "submitter_role": "bot"}),
        (CHAT, "chat.started", {"visitor_id": "r"}),
        (CHAT, "chat.started", {"visitor_id": "x", "customer_id": "r"}),
        (CALL, "call.initiated", {"direction": "inbound", "customer_id": "r"}),
        (CALL, "queue.entered", {"segment_id": "1", "customer_id": "r"}),
    ],
)
def test_r24_a_contact_of_the_same_customer_over_any_channel_loses_it(topic, kind, fields):
    """R24: within the window, its last millisecond included; not at the solve, not later, and only where it was solved."""
    _, events = solved()

    def back(at_s):
        return [*events, Entity(topic, "again")(kind, at_s, queue="sales", channel="web", **fields)]

    assert both(back(100.001), 8 * DAY) == (0, 0)
    assert both(back(7 * DAY + 100), 8 * DAY) == (0, 0)
    assert both(back(100), 8 * DAY) == (1, 1)
    assert both(back(50), 8 * DAY) == (1, 1)
    assert both(back(7 * DAY + 100.001), 8 * DAY) == (1, 1)


@pytest.mark.parametrize(
    ("topic", "kind", "fields"),
    [
        (TICKET, "ticket.created", {"requester_id": "other", "submitter_role": "customer"}),
        (TICKET, "ticket.created", {"requester_id": "r", "submitter_role": "agent"}),
        (TICKET, "ticket.split", {"customer_id": "r"}),
        (TICKET, "ticket.created", {"requester_id": "r", "submitter_role": "customer", "is_test": True}),
        (CALL, "call.initiated", {"direction": "outbound", "customer_id": "r"}),
        (CALL, "call.initiated", {"direction": "inbound"}),
        (CHAT, "chat.started", {"visitor_id": "r", "customer_id": "other"}),
        (CHAT, "chat.started", {"visitor_id": "r\x00"}),
    ],
)
def test_r24_what_is_no_return_of_the_customer(topic, kind, fields):
    """R24: others' contacts, what the floor opens itself, tests, and whoever is not known."""
    _, events = solved()
    events.append(Entity(topic, "again")(kind, 500, queue="sales", channel="web", **fields))
    assert both(events, 8 * DAY) == (1, 1)


def test_r24_a_return_is_judged_for_itself():
    """R24: of two tickets of one customer the first is lost, the second not; void, it gives the first back."""
    _, first = solved()
    again, second = solved("t2", at_s=DAY)
    assert both([*first, *second], 9 * DAY) == (0.5, 0.5)
    assert both([*first, *second, again("ticket.marked_spam", DAY + 500)], 9 * DAY) == (1, 1)


def test_r24_who_turns_out_to_be_somebody_else_was_not_back():
    """A chat whose customer is known only later is that customer's, and no longer the visitor's."""
    _, events = solved()
    chat = Entity(CHAT, "c", queue="support", channel="chat")
    events.append(chat("chat.started", 500, visitor_id="r"))
    assert both(events, 8 * DAY) == (0, 0)
    events.append(chat("bot.handoff", 600, customer_id="else"))
    assert both(events, 8 * DAY) == (1, 1)


@pytest.mark.parametrize(
    ("then", "resolved"),
    [
        (lambda t: [status(t, DAY, "solved", "open"), status(t, DAY + 60, "open", "solved")], 1),
        (lambda t: [status(t, DAY, "solved", "open"), status(t, 2 * DAY, "open", "closed")], 1),
        (lambda t: [status(t, DAY, "solved", "open"), status(t, 2 * DAY + 0.001, "open", "closed")], 0),
        (lambda t: [status(t, DAY, "solved", "open")], 0),
        (lambda t: [status(t, DAY, "solved", "open"), reply(t, DAY + 5), status(t, DAY + 60, "open", "solved")], 0),
        (lambda t: [status(t, DAY, "solved", "open"), reply(t, DAY + 5, is_auto=True), status(t, DAY + 60, "open", "solved")], 1),
        (lambda t: [reply(t, DAY)], 1),
        (lambda t: [status(t, 8 * DAY, "solved", "open"), reply(t, 8 * DAY)], 1),
    ],
)  # fmt: skip
def test_k16_a_thank_you_is_no_second_contact(then, resolved):
    """K16: a reopen loses it only where an agent answers again, or it stays open for more than a day, in the window."""
    t, events = solved()
    events += then(t)
    assert both(events, 10 * DAY) == (resolved, resolved)
    assert value(report(events), "reopens") == sum(b'"from":"solved"' in value for _, _, value in then(t))


def test_k16_a_reopen_takes_it_back_until_it_is_solved_again():
    """K15, K16: while it is reopened nothing is resolved; then it is again, or it is lost."""
    t, events = solved()
    events.append(status(t, DAY, "solved", "open"))
    assert both(events, DAY + 1) == (None, 0)
    events.append(status(t, DAY + 60, "open", "solved"))
    assert both(events, DAY + 60) == (None, 1)


def test_s7_of_the_resolved_or_of_all_received():
    """S6, S7: open tickets are in no denominator, unless the settings say that all received are."""
    _, events = solved()
    _, open_one = ticket("open", at_s=50)
    assert both([*events, open_one], 8 * DAY) == (1, 1)
    received = history('[kpis]\nfirst_contact_denominator = "received"')
    assert both([*events, open_one], 8 * DAY, received) == (0.5, 0.5)


def test_r24_one_touch_is_an_option():
    """R24, R54: with one_touch two answers are too many; by default their number does not matter."""
    t = Entity(TICKET, "t1", queue="billing", channel="mail")
    events = [
        t("ticket.created", 0, requester_id="r", submitter_role="customer"),
        reply(t, 10),
        reply(t, 20),
        status(t, 30, "new", "solved"),
    ]
    one_touch = history('[kpis]\nfirst_contact_form = "one_touch"')
    assert both(events, 8 * DAY) == (1, 1)
    assert both(events, 8 * DAY, one_touch) == (0, 0)
    assert both(solved()[1], 8 * DAY, one_touch) == (1, 1)


@pytest.mark.parametrize("key", ["first_contact_window_days = 0", 'first_contact_form = "two"'])
def test_bad_settings_of_first_contact_are_refused(key):
    """The message names the key."""
    with pytest.raises(BadSetting, match=r"^kpis\.first_contact"):
        history(f"[kpis]\n{key}")


def test_a_requester_survives_a_restart_and_an_old_word_changes_nothing():
    """What contacts said is durable; a word that was overtaken, or comes twice, is without effect."""
    settings = history()
    tickets, requesters = partition(TICKET, settings), partition(REQUESTERS, settings)
    told = []
    _, events = solved()
    for offset, event in enumerate([*events, *solved("t2", at_s=500)[1]]):
        tickets.apply(rows_of([event], offset))
        told += statements(tickets.outgoing())
    requesters.apply(rows_of([*told, told[0]]))
    expected = state_of(requesters)
    assert expected
    again = partition(REQUESTERS, settings)
    for key, row in requesters.changed_records():
        again.recover(key, row)
    again.rebuild()
    assert state_of(again) == expected
    assert again.meta.forwarded == len(told) + 1
    assert requesters.record_count() == 2


def test_words_are_forgotten_when_no_window_holds_them():
    """A closed ticket stays until it is judged, its word until horizon and window are over."""
    settings = load("[time]\nhorizon_hours = 24", {}, {"time.clock": "events"})
    tickets, requesters = partition(TICKET, settings), partition(REQUESTERS, settings)
    t, events = solved()
    events.append(status(t, 200, "solved", "closed"))
    tickets.apply(rows_of(events))
    requesters.apply(rows_of(statements(tickets.outgoing())))
    for offset, day, kept in ((10, 6, 1), (20, 20, 0)):
        written = {}
        for hour in range(3):  # the border follows what is written
            at = day * DAY + hour * HOUR
            for part, other in ((tickets, clock(at)), (requesters, word("other", at))):
                part.apply(rows_of([other], offset + hour))
                part.changed_aggregates(0, wide=True)
                written |= dict(part.changed_records())
        assert tickets.record_count() == requesters.record_count() == kept + 1
        assert [written.get(key, b"") is None for key in KEYS] == [not kept] * 2


KEYS = (b"t1", b"r\x1fticket.events\x1ft1")


def word(customer, at_s):
    """What some contact says of a customer."""
    opened = {"contact_id": "x", "seq": 1, "opened_at": T0_MS + at_s * 1000}
    return Entity(REQUESTERS, customer)("requester.contact_stated", at_s, **opened)
