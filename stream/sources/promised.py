"""Scenario D: what was promised on a Friday afternoon is due on Monday morning."""

from __future__ import annotations

from stream.sources.line import Line
from stream.sources.scene import HOUR, TICKETS, Entity, Scenario

DAY = 24 * HOUR
MONDAY = 7 * DAY + 9.5 * HOUR
SCENARIO_D = """
[schedules.office]
mon = ["09:00-17:00"]
tue = ["09:00-17:00"]
wed = ["09:00-17:00"]
thu = ["09:00-17:00"]
fri = ["09:00-17:00"]
[queues.returns]
schedule = "office"
[targets.first_hour]
metric = "first_response"
match = { queue = "returns" }
seconds = 3600
clock = "business"
warn_seconds = 900
"""


def scenario_d(then_s: float, *, answered: bool) -> list[Line]:
    """A ticket on Friday at 16:30 with an hour to answer it: an answer at ``then_s``, or only the time that passes."""
    ticket, other = Entity(TICKETS, "d-ticket"), Entity(TICKETS, "d-other")
    made = {"requester_id": "r", "submitter_role": "customer", "channel": "mail"}
    said = {"message_id": "m", "author_id": "a1", "author_role": "agent", "visibility": "public"}
    return [
        ticket("ticket.created", 4 * DAY + 16.5 * HOUR, queue="returns", **made),
        ticket("ticket.message_added", then_s, **said)
        if answered
        else other("ticket.created", then_s, queue="elsewhere", **made),
    ]


def _due_monday(name: str, about: str, then_s: float, *, answered: bool, **expected: float) -> Scenario:
    rows = tuple((f"targets_{kpi}", "value", {"target": "first_hour"}, value) for kpi, value in expected.items())
    if answered:
        rows += (("target_attainment_ratio", "value", {"target": "first_hour"}, expected["met"]),)
        rows += (("first_response_seconds", "sum", {"clock": "business"}, 3600 + then_s - MONDAY),)
    return Scenario(name, about, lambda: scenario_d(then_s, answered=answered), rows, toml=SCENARIO_D)


PROMISED = (
    _due_monday("d-met", "answered in the last second of business time", MONDAY, answered=True, met=1, missed=0),
    _due_monday("d-late", "answered a second too late", MONDAY + 1, answered=True, met=0, missed=1, breached=0),
    _due_monday(
        "d-risk", "due on Monday at 09:30, ten minutes before", MONDAY - 600, answered=False, missed=0, at_risk=1
    ),
    _due_monday(
        "d-missed", "nobody has answered on Monday at 09:30", MONDAY + 10, answered=False, missed=1, breached=1
    ),
)
