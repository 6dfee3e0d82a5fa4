"""What the records of tickets, chats and calls say of their customer, keyed by the customer's id."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from topics.events.envelope import Event, Millis


class RequesterContactStated(Event, tag="requester.contact_stated", kw_only=True):
    """What a contact's record now says of its customer: forwarded by a worker, absolute, so repeating changes nothing.

    ``source`` of the envelope is the contact's topic, ``seq`` its source offset: of two statements about one contact
    the higher one holds. ``queue`` and ``channel`` are those of a ticket's first solve.
    """

    contact_id: str
    opened_at: (
        Annotated[Millis, Meta(description="when the customer opened it; absent: it was not the customer")] | None
    ) = None
    solved_at: Annotated[Millis, Meta(description="a ticket's first solve")] | None = None
    is_resolved: Annotated[bool, Meta(description="whether that solve holds as far as the ticket itself goes")] = False


REQUESTER_EVENTS: tuple[type[Event], ...] = (RequesterContactStated,)
