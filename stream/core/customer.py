"""The lifecycle of a customer: its events are kept, deduplicated, in its record; facts come with the KPIs that need
them.
"""

from __future__ import annotations

from stream.core.lifecycle import Lifecycle, Record
from topics import events as ev


class Customer(Record, gc=False):
    """A customer's record."""


CUSTOMER = Lifecycle(record=Customer, order=ev.CUSTOMER_EVENTS, table={}, states=1, arguments={})
