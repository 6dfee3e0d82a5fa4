"""Questions about what is behind a number that cannot be meant."""

from __future__ import annotations

import pytest

from stream.board.explain import refusal
from stream.core.sections import Kpis


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"kpi": "happiness"}, "kpi"),
        ({"kpi": "employee_satisfaction_ratio"}, "kpi"),
        ({"kpi": "agents", "window": "today"}, "window"),
        ({"kpi": "contacts_offered", "window": "now"}, "window"),
        ({"kpi": "cost_per_ticket", "window": "1h"}, "window"),
        ({"kpi": "cost_per_ticket", "queue": "billing"}, "queue"),
        ({"kpi": "staffed_hours", "queue": "billing"}, "queue"),
        ({"kpi": "transfers", "state": "open"}, "state"),
        ({"kpi": "transfers", "target": "gold"}, "target"),
    ],
)
def test_the_parameter_is_named(query, parameter):
    """Which parameter, and what it should be; employees' answers are told of groups only."""
    found = refusal(query, "10", Kpis())
    assert found is not None
    assert found[0] == parameter
    assert found[1]


@pytest.mark.parametrize(
    "query",
    [
        {"kpi": "transfers", "reason": "blind"},
        {"kpi": "first_response_seconds", "clock": "business", "queue": "returns"},
        {"kpi": "targets_missed", "target": "gold", "window": "7d"},
        {"kpi": "concurrent_chats", "window": "now", "team": "chat"},
        {"kpi": "concurrent_chats", "window": "30m"},
        {"kpi": "backlog_tickets", "priority": "high"},
        {"kpi": "cost_per_ticket", "window": "7d"},
        {"kpi": "tickets_handled_per_hour"},
    ],
)
def test_what_can_be_asked(query):
    """Rows of further dimensions, KPIs per hour and of the business too."""
    assert refusal(query, "10", Kpis()) is None


def test_the_texts_lifetime_value_is_no_sum():
    """S10: a total times a number of purchases is of no single customer."""
    found = refusal({"kpi": "customer_lifetime_value"}, "10", Kpis(lifetime_value_form="total"))
    assert found is not None
    assert "lifetime_value_form" in found[1]
