"""The events of chats and calls: both are contacts on a queue, keyed by the chat's or call's id."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from topics.events.envelope import Channel, Direction, Event, Millis, Queue, Role

SegmentId = Annotated[
    str, Meta(description="one way through a queue to one agent; a transfer or a return begins a new one")
]
LeftReason = Literal[
    "answered",
    "abandoned",
    "timeout",
    "overflow",
    "empty",
    "key_exit",
    "callback",
    "voicemail",
    "transfer",
    "withdrawn",
    "error",
]


class Contact(Event, kw_only=True):
    """What every event of a chat or call may also name: the segment and the agent that it is about."""

    segment_id: SegmentId | None = None
    agent_id: str | None = None


class ChatStarted(Contact, tag="chat.started", kw_only=True):
    """A chat began; it may not have reached a queue yet."""

    visitor_id: str


class CallInitiated(Contact, tag="call.initiated", kw_only=True):
    """A call began; it may not have reached a queue yet."""

    direction: Direction
    ani: str | None = None
    dnis: str | None = None


class QueueEntered(Contact, tag="queue.entered", kw_only=True):
    """The contact waits in a queue from now on: it is offered."""

    queue: Queue
    channel: Channel
    segment_id: SegmentId
    position: int | None = None
    estimate: float | None = None


class QueueLeft(Contact, tag="queue.left", kw_only=True):
    """The contact waits no more; abandoned is said only of a customer who left of their own will."""

    reason: LeftReason


class QueueResumed(Contact, tag="queue.resumed", kw_only=True):
    """A customer who had left is back in the same queue; soon enough, and they never abandoned."""


class OfferMade(Contact, tag="offer.made", kw_only=True):
    """The contact rings at an agent."""

    agent_id: str
    offer_id: str


class OfferMissed(Contact, tag="offer.missed", kw_only=True):
    """The agent did not take it."""

    reason: Literal["timeout", "rejected", "customer_left"]
    offer_id: str | None = None


class ContactAnswered(Contact, tag="contact.answered", kw_only=True):
    """An agent has the contact from now on: the wait ends here."""

    agent_id: str
    segment_id: SegmentId


class ContactTransferred(Contact, tag="contact.transferred", kw_only=True):
    """The agent gave the contact away: this segment's handling ends."""

    kind: str
    to: str


class ContactIdle(Contact, tag="contact.idle", kw_only=True):
    """Nobody has said anything for a while."""


class ContactActive(Contact, tag="contact.active", kw_only=True):
    """Somebody speaks again after an idle time."""


class ContactEnded(Contact, tag="contact.ended", kw_only=True):
    """The contact is over; while it waited, by the customer: they abandoned."""

    by: Literal["customer", "agent", "system", "timeout"]


class Message(Contact, tag="message", kw_only=True):
    """One message of a chat."""

    author_role: Role
    message_id: str
    author_id: str | None = None
    is_auto: bool = False


class BotHandoff(Contact, tag="bot.handoff", kw_only=True):
    """A bot hands the customer to people."""


class HoldStarted(Contact, tag="hold.started", kw_only=True):
    """The customer is put on hold."""


class HoldEnded(Contact, tag="hold.ended", kw_only=True):
    """The customer is off hold."""


class AcwStarted(Contact, tag="acw.started", kw_only=True):
    """The agent begins the after-call work of a segment."""


class AcwEnded(Contact, tag="acw.ended", kw_only=True):
    """The after-call work of a segment is done."""


class ConsultStarted(Contact, tag="consult.started", kw_only=True):
    """The agent asks a colleague while the customer waits."""


class ConsultEnded(Contact, tag="consult.ended", kw_only=True):
    """The colleague is gone."""


class IvrEntered(Contact, tag="ivr.entered", kw_only=True):
    """The caller talks to the machine."""


class IvrLeft(Contact, tag="ivr.left", kw_only=True):
    """The caller is done with the machine."""


class CallbackRequested(Contact, tag="callback.requested", kw_only=True):
    """The customer asked to be called back."""


class CallbackScheduled(Contact, tag="callback.scheduled", kw_only=True):
    """A time is set for it."""

    due_at: Millis | None = None


class CallbackAttempted(Contact, tag="callback.attempted", kw_only=True):
    """Somebody tried to call back."""


class CallbackCompleted(Contact, tag="callback.completed", kw_only=True):
    """The customer was called back."""


class VoicemailLeft(Contact, tag="voicemail.left", kw_only=True):
    """The caller left a voice mail."""


CONTACT_EVENTS: tuple[type[Event], ...] = (
    QueueEntered,
    QueueLeft,
    QueueResumed,
    OfferMade,
    OfferMissed,
    ContactAnswered,
    ContactTransferred,
    ContactIdle,
    ContactActive,
    ContactEnded,
    Message,
    BotHandoff,
    HoldStarted,
    HoldEnded,
    AcwStarted,
    AcwEnded,
    ConsultStarted,
    ConsultEnded,
    CallbackRequested,
    CallbackScheduled,
    CallbackAttempted,
    CallbackCompleted,
    VoicemailLeft,
    IvrEntered,
    IvrLeft,
)
CHAT_EVENTS: tuple[type[Event], ...] = (ChatStarted, *CONTACT_EVENTS)
CALL_EVENTS: tuple[type[Event], ...] = (CallInitiated, *CONTACT_EVENTS)
