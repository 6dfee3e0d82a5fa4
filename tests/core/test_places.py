"""Which places have rows: also at zero, where an entity was seen."""

from __future__ import annotations

from tests.core.floor import T0_MS, report, ticket, value


def test_a_level_as_of_then_has_its_row_though_the_ticket_is_spam_by_now():
    """R45: a ticket that is marked as spam later was in the backlog then, and who is counted is shown (R02)."""
    t, created = ticket(role="agent")
    rows = report([created, t("ticket.marked_spam", 3600)], from_ms=T0_MS, to_ms=T0_MS + 60_000)

    assert value(rows, "backlog_tickets", age=None) == 1
    assert value(rows, "tickets_created") == 0
