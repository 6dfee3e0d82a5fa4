"""The catalogue of KPIs: whole, explained, and judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream.core.kpis import CATALOGUE
from stream.sources.scenarios import SCENARIOS

ORACLE = Path(__file__).parent.parent / "oracle"
JUDGED = "\n".join(file.read_text() for file in sorted([*ORACLE.glob("*.sql"), *ORACLE.glob("*.py")]))
# Names that people and programs rely on: none goes away or changes without a note in CHANGELOG.md.
NAMES = [
    "contacts_offered",
    "contacts_answered",
    "contacts_abandoned",
    "contacts_short_abandoned",
    "contacts_flowed_out",
    "contacts_waiting",
    "oldest_wait_seconds",
    "queue_wait_seconds",
    "answer_speed_seconds",
    "time_to_abandon_seconds",
    "abandonment_ratio",
    "abandonment_gross_ratio",
    "abandonment_residual_ratio",
    "service_level_ratio",
    "service_level_decided",
    "customer_wait_seconds",
    "handle_seconds",
    "talk_seconds",
    "hold_seconds",
    "wrap_up_seconds",
    "offers_missed",
    "hold_abandons",
    "transfers",
    "transfer_ratio",
    "callbacks_requested",
    "concurrent_chats",
    "tickets_created",
    "tickets_solved",
    "backlog_tickets",
    "unassigned_tickets",
    "unreplied_tickets",
    "oldest_unreplied_seconds",
    "first_response_seconds",
    "first_response_human_seconds",
    "next_reply_seconds",
    "requester_wait_seconds",
    "first_resolution_seconds",
    "full_resolution_seconds",
    "tickets_handled_per_hour",
    "tickets_solved_per_hour",
    "resolution_ratio",
    "first_contact_resolution_ratio",
    "first_contact_resolution_ratio_provisional",
    "closed_unreplied",
    "reopens",
    "reopen_ratio",
    "agent_touches_per_ticket",
    "replies_per_ticket",
    "assignments_per_ticket",
    "targets_met",
    "targets_missed",
    "target_attainment_ratio",
    "targets_at_risk",
    "targets_breached",
    "agents",
    "occupancy_ratio",
    "capacity_occupancy_ratio",
    "utilization_ratio",
    "adherence_ratio",
    "staffed_hours",
    "occupied_hours",
    "csat_ratio",
    "csat_mean",
    "customer_effort_index",
    "customer_effort_mean",
    "net_promoter_score",
    "employee_net_promoter_score",
    "employee_satisfaction_ratio",
    "survey_response_ratio",
    "cost_per_ticket",
    "cost_per_resolution",
    "churn_ratio",
    "retention_ratio",
    "customer_lifetime_value",
]


@pytest.mark.parametrize("name", NAMES)
def test_released_names_stay(name):
    """Every name of the contract is a KPI."""
    assert name in CATALOGUE


@pytest.mark.parametrize("kpi", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_every_kpi_says_what_it_is_and_has_a_judge_and_a_scenario(kpi):
    """Unit, formula in words, inputs and whose definition it is; a second computation of it by SQL; a known answer."""
    assert kpi.unit
    assert kpi.formula
    assert kpi.inputs
    assert kpi.source
    assert kpi.name in {name for scenario in SCENARIOS.values() for name, *_ in scenario.expected}
    assert kpi.name in JUDGED or kpi.name.removesuffix("_seconds") in JUDGED
