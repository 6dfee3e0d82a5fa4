"""The simulated floor as data: queues, teams, shifts, and how the day goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
# Arrivals by hour of the day (UTC), as a share of the busiest.
DAY_CURVE = (
    0.45, 0.40, 0.40, 0.40, 0.45, 0.50, 0.60, 0.75, 0.90, 1.00, 1.00, 0.95,
    0.85, 0.90, 0.95, 0.95, 0.90, 0.85, 0.75, 0.70, 0.65, 0.60, 0.55, 0.50,
)  # fmt: skip
SHIFT_MS = 8 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Service:
    """A queue of calls or chats: ``share`` of all contacts; times are means in seconds."""

    queue: str
    channel: str
    team: str
    share: float
    handle_s: float
    patience_s: float


QUEUES = (
    Service("billing", "voice", "phones", 0.30, 150, 150),
    Service("orders", "voice", "phones", 0.25, 120, 120),
    Service("support", "chat", "chat", 0.30, 260, 240),
    Service("sales", "chat", "chat", 0.15, 200, 180),
)
TICKET_QUEUES = (("returns", "mail", 0.6), ("technical", "web", 0.4))
LABELS = {
    "billing": "Billing", "orders": "Orders, delivery", "support": "Support chat", "sales": "Sales chat",
    "returns": "Returns", "technical": "Technical support",
}  # fmt: skip
FIRST_RESPONSE_TARGET_S = 4 * 3600
# How many of an agent's contacts of a team run at once, and the load that the team is staffed for.
CAPACITY = {"phones": 1, "chat": 3}
LOAD = 0.82
MAIL_AGENTS = 6
# Events that one contact and one ticket make, roughly: turns a rate of events into a rate of arrivals.
EVENTS_OF_CONTACT, EVENTS_OF_TICKET, TICKET_EVENTS_SHARE = 11.0, 7.0, 0.2
WRAP_UP_S = 20.0
RING_S = 6.0
OFFER_MISSED, HOLD, TRANSFER, RESUME, IVR_HANG_UP = 0.04, 0.15, 0.05, 0.03, 0.03
REOPEN, PENDING, AGENT_MADE, BOT_GREETS, SPAM, MERGED = 0.08, 0.30, 0.06, 0.25, 0.02, 0.01
BOT_SOLVES, BOT_CHATS, KNOWN = 0.05, 0.20, 0.40  # KNOWN: contacts whose customer is known by name
CUSTOMERS = 5000
PRIORITIES = (("low", 0.2), ("normal", 0.6), ("high", 0.15), ("urgent", 0.05))
DUPLICATE, LATE_SECONDS, LATE_HOUR = 0.005, 0.02, 0.001
BREAK_EVERY_S, BREAK_S = 6000.0, 600.0
# Every fourth agent is of a system that sends heartbeats. What an hour costs.
HEARTBEATS_OF, HEARTBEAT_S = 4, 120.0
COST_RATES = (28.0, 31.5, 36.0)
SPLIT, DELETED, MOVED, VIEWED = 0.02, 0.01, 0.04, 0.3
# Surveys: asked, answered, how soon; customers: turns of theirs as a share of all events.
ASKED, RESPONSE, RESPONSE_S, EXPIRES_S = 0.25, 0.35, 1800.0, 7 * 86_400.0
EMPLOYEE_ASKED, OLD_EFFORT, RATED_AGAIN, REVOKED = 0.1, 0.3, 0.1, 0.02
CUSTOMER_EVENTS_SHARE = 0.01


def shown() -> dict[str, Any]:
    """The settings of a floor like this: what its queues are called, what they promise, which teams serve them."""
    settings: dict[str, Any] = {f"queues.{queue}.label": label for queue, label in LABELS.items()}
    settings |= {f"queues.{service.queue}.teams": [service.team] for service in QUEUES}
    for queue, _, _ in TICKET_QUEUES:
        settings[f"queues.{queue}.first_response_target_seconds"] = FIRST_RESPONSE_TARGET_S
    return settings


def customer(random: Random) -> str:
    """Somebody of those who come again and again, over whatever channel."""
    return f"r{random.randint(1, CUSTOMERS)}"


def date_of(day: int) -> date:
    """The date of a day (UTC) by its number since 1970-01-01."""
    return date(1970, 1, 1) + timedelta(days=day)


def busyness(at_ms: float) -> float:
    """The share of the busiest hour's arrivals at a moment, interpolated between the hours."""
    hour = at_ms % DAY_MS / HOUR_MS
    low = int(hour) % 24
    return DAY_CURVE[low] + (DAY_CURVE[(low + 1) % 24] - DAY_CURVE[low]) * (hour - int(hour))
