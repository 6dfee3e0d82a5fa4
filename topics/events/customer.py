"""The events of customers, keyed by the customer's id; costs, which are of no customer, by an id of their own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta

from topics.events.envelope import Event

Money = Annotated[float, Meta(ge=0, le=1_000_000_000)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217, such as EUR")]


class CustomerAcquired(Event, tag="customer.acquired", kw_only=True):
    """Somebody became a customer."""


class CustomerChurned(Event, tag="customer.churned", kw_only=True):
    """A customer left."""


class CustomerReactivated(Event, tag="customer.reactivated", kw_only=True):
    """A customer who had left is one again."""


class PurchaseMade(Event, tag="purchase.made", kw_only=True):
    """A customer bought something."""

    amount: Money
    currency: Currency


class CostRecorded(Event, tag="cost.recorded", kw_only=True):
    """What support has cost in a period (an ISO 8601 interval: start/end; without an offset it is UTC)."""

    scope: str
    amount: Money
    period: str

    def __post_init__(self) -> None:
        start, end = period_ms(self.period)
        if start >= end:
            raise ValueError("Invalid period: it should end after its start")


def period_ms(period: str) -> tuple[int, int]:
    """[start, end) in ms of an ISO 8601 interval of two dates or times. Raises ``ValueError``."""
    try:
        start, end = (datetime.fromisoformat(text) for text in period.split("/"))
    except ValueError:
        raise ValueError("Invalid period: it should be start/end, such as 2026-11-01/2026-12-01") from None
    at = [moment if moment.tzinfo else moment.replace(tzinfo=UTC) for moment in (start, end)]
    return round(at[0].timestamp() * 1000), round(at[1].timestamp() * 1000)


CUSTOMER_EVENTS: tuple[type[Event], ...] = (
    CustomerAcquired,
    CustomerChurned,
    CustomerReactivated,
    PurchaseMade,
    CostRecorded,
)
