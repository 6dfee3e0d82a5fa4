"""The events of tickets, keyed by the ticket's id."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import field

from topics.events.envelope import Channel, Event, Millis, Queue, Role

Status = Literal["new", "open", "pending", "on_hold", "solved", "closed"]


class TicketCreated(Event, tag="ticket.created", kw_only=True):
    """A ticket was created; by its customer: then it is the first customer message itself."""

    requester_id: str
    submitter_role: Role
    queue: Queue
    channel: Channel
    via: str | None = None
    first_public: bool | None = None
    parent_id: str | None = None


class TicketMessageAdded(Event, tag="ticket.message_added", kw_only=True):
    """A message: public ones are seen by the customer, private ones are notes; automatic ones are no answers."""

    message_id: str
    author_id: str
    author_role: Role
    visibility: Literal["public", "private"]
    is_auto: bool = False
    in_reply_to: str | None = None


class TicketStatusChanged(Event, tag="ticket.status_changed", kw_only=True):
    """The ticket went from one status to another; from solved or closed to an unsolved one is a reopen."""

    from_: Status = field(name="from")
    to: Status
    actor: str
    reason: str | None = None


class TicketAssigned(Event, tag="ticket.assigned", kw_only=True):
    """The ticket was given to an agent, a group or both; to neither: it is unassigned."""

    to_agent: str | None = None
    to_group: str | None = None
    from_: str | None = field(name="from", default=None)


class TicketPriorityChanged(Event, tag="ticket.priority_changed", kw_only=True):
    """The ticket has another priority from now on: ``priority`` of the envelope, absent for none."""


class TicketFieldsChanged(Event, tag="ticket.fields_changed", kw_only=True):
    """Other fields changed, for instance the queue of the envelope."""

    fields: dict[str, Any] | None = None


class TicketMerged(Event, tag="ticket.merged", kw_only=True):
    """The ticket went up in another one and counts nowhere itself."""

    into_id: str


class TicketSplit(Event, tag="ticket.split", kw_only=True):
    """The ticket was split off another one: it counts as created now, without a first response."""

    parent_id: str | None = None


class TicketDeleted(Event, tag="ticket.deleted", kw_only=True):
    """The ticket was deleted and counts nowhere."""


class TicketMarkedSpam(Event, tag="ticket.marked_spam", kw_only=True):
    """The ticket is spam and counts nowhere."""


class TicketViewed(Event, tag="ticket.viewed", kw_only=True):
    """An agent opened the ticket."""

    agent_id: str | None = None


class SlaPolicyApplied(Event, tag="sla.policy_applied", kw_only=True):
    """The source put the ticket under a service target of its own."""

    policy_id: str
    metric: str
    target_s: float
    clock: Literal["calendar", "business"]
    due_at: Millis | None = None


class SlaPolicyRemoved(Event, tag="sla.policy_removed", kw_only=True):
    """The source took the ticket from under a service target."""

    policy_id: str | None = None
    metric: str | None = None


TICKET_EVENTS: tuple[type[Event], ...] = (
    TicketCreated,
    TicketMessageAdded,
    TicketStatusChanged,
    TicketAssigned,
    TicketPriorityChanged,
    TicketFieldsChanged,
    TicketMerged,
    TicketSplit,
    TicketDeleted,
    TicketMarkedSpam,
    TicketViewed,
    SlaPolicyApplied,
    SlaPolicyRemoved,
)
