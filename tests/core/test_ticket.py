"""A ticket's life, scenario by scenario, read off the report."""

from __future__ import annotations

import pytest

from tests.core.floor import reply, report, status, ticket, value


def test_first_response_and_next_reply():
    """R17, R19: creation by the customer starts the first response; private, automatic and bot messages never end
    it.
    """
    t, made = ticket()
    rows = report(
        [
            made,
            reply(t, 10, visibility="private"),
            reply(t, 20, is_auto=True),
            reply(t, 30, "bot"),
            reply(t, 60),
            reply(t, 70),
            reply(t, 100, "customer"),
            reply(t, 110, "customer"),
            reply(t, 160),
        ]
    )
    assert value(rows, "first_response_seconds", "sum") == 60
    assert value(rows, "next_reply_seconds", "sum") == 60
    assert value(rows, "unreplied_tickets") == 0


def test_r17_a_ticket_made_by_the_system_starts_with_the_customers_message():
    """R17: a ticket not created by its customer waits from the customer's first public message on."""
    t, made = ticket(role="system")
    rows = report([made, reply(t, 5), reply(t, 100, "customer"), reply(t, 130)])
    assert value(rows, "first_response_seconds", "sum") == 30


def test_r20_agent_created_tickets_have_no_reply_times():
    """R20: they count as created and solved, but not for first response, next reply and unreplied."""
    t, made = ticket(role="agent")
    rows = report([made, reply(t, 10, "customer"), reply(t, 20), status(t, 50, "new", "solved")])
    assert value(rows, "tickets_created") == 1
    assert value(rows, "tickets_solved") == 1
    assert value(rows, "first_response_seconds", "sum") is None


def test_r22_a_reopen_retracts_the_solve():
    """R22: reopened, the ticket is in the backlog again and its resolution is taken back; solved again it is new."""
    t, made = ticket()
    events = [made, status(t, 100, "new", "solved"), status(t, 200, "solved", "open")]
    rows = report(events)
    assert value(rows, "tickets_solved") == 0
    assert value(rows, "full_resolution_seconds", "sum") is None
    assert value(rows, "backlog_tickets", age=None) == 1
    rows = report([*events, status(t, 300, "open", "solved")])
    assert value(rows, "full_resolution_seconds", "sum") == 300
    assert value(rows, "tickets_solved") == 1


def test_r22b_closed_without_solved_counts_as_solved():
    """R22b: closed from an unsolved status is solved at that time; closed after solved is no second solve."""
    t, made = ticket()
    assert value(report([made, status(t, 80, "open", "closed")]), "full_resolution_seconds", "sum") == 80
    t, made = ticket()
    rows = report([made, status(t, 80, "open", "solved"), status(t, 900, "solved", "closed")])
    assert value(rows, "full_resolution_seconds", "sum") == 80
    assert value(rows, "tickets_solved") == 1


@pytest.mark.parametrize(
    ("type_", "fields"), [("ticket.deleted", {}), ("ticket.marked_spam", {}), ("ticket.merged", {"into_id": "t2"})]
)
def test_r21_what_is_gone_counts_nowhere(type_, fields):
    """R21: spam, deleted and merged tickets leave every KPI, backlog included, also for the past."""
    t, made = ticket()
    rows = report([ticket("other", at_s=900)[1], made, reply(t, 10), t(type_, 500, **fields)])
    assert value(rows, "tickets_created") == 1
    assert value(rows, "first_response_seconds", "sum") is None
    assert value(rows, "backlog_tickets", age=None) == 1


def test_r21_a_split_ticket_counts_without_a_first_response():
    """R21: a split ticket is created when it is split off."""
    t, _ = ticket("t2")
    rows = report(
        [t("ticket.split", 10, queue="billing", channel="mail", parent_id="t1"), reply(t, 20, "customer"), reply(t, 50)]
    )
    assert value(rows, "tickets_created") == 1
    assert value(rows, "first_response_seconds", "sum") is None


@pytest.mark.parametrize(
    ("age_s", "band"),
    [(0, "under_1h"), (3599, "under_1h"), (3600, "1h_to_24h"), (86_400, "24h_to_72h"), (259_200, "over_72h")],
)
def test_r26_age_bands(age_s, band):
    """R26: the lower border belongs to the band; every band has its row, also at zero."""
    _, made = ticket()
    _, other = ticket("other", at_s=age_s, queue="elsewhere")
    rows = report([made, other])
    assert value(rows, "backlog_tickets", queue="billing", age=band) == 1
    assert (
        sum(
            value(rows, "backlog_tickets", queue="billing", age=b)
            for b in ("under_1h", "1h_to_24h", "24h_to_72h", "over_72h")
        )
        == 1
    )


def test_unreplied_ages_from_the_start_of_the_wait():
    """Who waits for a first answer is shown with an age, as of the last event; a solve ends it."""
    t, made = ticket()
    _, other = ticket("other", at_s=90, queue="elsewhere")
    rows = report([made, other])
    assert value(rows, "unreplied_tickets", queue="billing") == 1
    assert value(rows, "oldest_unreplied_seconds", queue="billing") == 90
    rows = report([made, other, status(t, 95, "new", "solved")])
    assert value(rows, "unreplied_tickets", queue="billing") == 0


def test_a_solve_ends_a_running_exchange():
    """A thank-you before the solve is no question that waits for weeks."""
    t, made = ticket()
    rows = report(
        [
            made,
            reply(t, 10),
            reply(t, 20, "customer"),
            status(t, 30, "open", "solved"),
            status(t, 9000, "solved", "open"),
            reply(t, 9000, "customer"),
            reply(t, 9060),
        ]
    )
    assert value(rows, "next_reply_seconds", "sum") == 60


def test_a_close_ends_a_thank_you_on_a_solved_ticket():
    """A customer who writes to a solved ticket that is then closed waits for no reply."""
    t, made = ticket()
    rows = report(
        [
            made,
            reply(t, 10),
            status(t, 30, "open", "solved"),
            reply(t, 40, "customer"),
            status(t, 50, "solved", "closed"),
            reply(t, 9000),
        ]
    )
    assert value(rows, "next_reply_seconds", "sum") is None


def test_r51_status_changes_of_one_millisecond_chain():
    """R51: by from and to, in whatever order they arrive."""
    t, made = ticket()
    chain = [status(t, 50, "new", "open"), status(t, 50, "open", "solved"), status(t, 50, "solved", "closed")]
    for order in (chain, chain[::-1], [chain[1], chain[2], chain[0]]):
        rows = report([made, *order])
        assert value(rows, "tickets_solved") == 1
        assert value(rows, "backlog_tickets", age=None) == 0


def test_r02_zeros_of_a_queue_that_was_seen():
    """R02: counts and levels of a seen queue have rows at zero; a queue of tickets has no rows of contacts."""
    _, made = ticket()
    rows = report([made])
    assert value(rows, "tickets_solved", queue="billing", channel="mail") == 0
    assert value(rows, "contacts_offered", queue="billing", channel="mail") is None
