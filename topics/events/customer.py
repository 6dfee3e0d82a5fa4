"""The events of customers, keyed by the customer's id."""

from __future__ import annotations

from topics.events.envelope import Event


class CustomerAcquired(Event, tag="customer.acquired", kw_only=True):
    """Somebody became a customer."""


class CustomerChurned(Event, tag="customer.churned", kw_only=True):
    """A customer left."""


class CustomerReactivated(Event, tag="customer.reactivated", kw_only=True):
    """A customer who had left is one again."""


class PurchaseMade(Event, tag="purchase.made", kw_only=True):
    """A customer bought something."""

    amount: float
    currency: str


class CostRecorded(Event, tag="cost.recorded", kw_only=True):
    """What support has cost in a period (an ISO 8601 interval)."""

    scope: str
    amount: float
    period: str


CUSTOMER_EVENTS: tuple[type[Event], ...] = (
    CustomerAcquired,
    CustomerChurned,
    CustomerReactivated,
    PurchaseMade,
    CostRecorded,
)
