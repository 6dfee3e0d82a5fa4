"""The partitions of customers: they are of no queue, and are never done with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.core.entities import Entities
from topics import events as ev
from topics.codec import Reason, Rejected

if TYPE_CHECKING:
    from stream.core.lifecycle import Record, Step
    from stream.core.panes import Scope


class Customers(Entities):
    """Customers by id. There is one currency: ``kpis.currency``, where it is set."""

    def take(self, event: ev.Event, offset: int) -> str:
        """One event into its record. What was paid in another currency cannot be added."""
        currency = self.settings.kpis.currency
        if isinstance(event, ev.PurchaseMade) and currency not in ("", event.currency):
            raise Rejected(Reason.WRONG_VALUE, f"currency {event.currency}, kpis.currency is {currency}")
        return super().take(event, offset)

    def _place(self, _record: Record, _step: Step) -> Scope:
        return self.scope("queue", "", "")

    def _is_closed(self, _record: Record, _kept_ms: int) -> bool:
        """Who is a customer stays one, and may buy again."""
        return False
