"""The typed events of every stream: one Struct per type, tagged by ``type``, checked while it is decoded.

The envelope is ``Event``. Times are integers: milliseconds since the epoch, UTC, from the clock of the source.
Unknown fields are ignored; an unknown ``type``, a missing field, a wrong type or a value outside its closed set
is refused by the decoder (``topics.codec`` names the reason). Required are exactly the fields without a default.

Field names follow the vocabulary. Two of them are Python keywords and carry an underscore here only:
``from_`` is ``from`` and ``class_`` is ``class`` on the wire.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

SCHEMA_VERSION = 1

Role = Literal["customer", "agent", "bot", "system"]
Status = Literal["new", "open", "pending", "on_hold", "solved", "closed"]
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
Phase = Literal["ringing", "on_contact", "acw"]
SurveyKind = Literal["csat", "nps", "ces", "enps", "esat"]
Id = Annotated[str, Meta(min_length=1)]


class Event(Struct, tag_field="type", kw_only=True, omit_defaults=True, gc=False):
    """The envelope, common to every event.

    ``event_id`` is stable and unique within (``source``, ``entity_id``): it tells duplicates. ``entity_id`` is also
    the Kafka key. ``occurred_at`` is the event time in ms. ``seq`` orders events of one entity where the source has
    such a number. ``queue`` and ``channel`` say which queue is in force from this event on. ``is_test`` marks an
    entity that must not be counted.
    """

    event_id: Id
    schema_version: int
    source: str
    occurred_at: int
    entity_id: Id
    ingested_at: int | None = None
    seq: int | None = None
    correlation_id: str | None = None
    trace: str | None = None
    is_replay: bool = False
    is_test: bool = False
    customer_id: str | None = None
    queue: str | None = None
    group: str | None = None
    team: str | None = None
    brand: str | None = None
    channel: str | None = None
    direction: Literal["inbound", "outbound"] | None = None
    priority: str | None = None
    language: str | None = None
    skill: str | None = None
    tier: str | None = None
    region: str | None = None
    tags: tuple[str, ...] = ()


# --- tickets ---------------------------------------------------------------------------------------------------------


class TicketCreated(Event, tag="ticket.created", kw_only=True):
    requester_id: str
    submitter_role: Role
    queue: str
    channel: str
    via: str | None = None
    first_public: bool | None = None
    parent_id: str | None = None


class TicketMessageAdded(Event, tag="ticket.message_added", kw_only=True):
    message_id: str
    author_id: str
    author_role: Role
    visibility: Literal["public", "private"]
    is_auto: bool = False
    in_reply_to: str | None = None


class TicketStatusChanged(Event, tag="ticket.status_changed", kw_only=True):
    from_: Status = field(name="from")
    to: Status
    actor: str
    reason: str | None = None


class TicketAssigned(Event, tag="ticket.assigned", kw_only=True):
    to_agent: str | None = None
    to_group: str | None = None
    from_: str | None = field(name="from", default=None)


class TicketPriorityChanged(Event, tag="ticket.priority_changed", kw_only=True):
    priority: str


class TicketFieldsChanged(Event, tag="ticket.fields_changed", kw_only=True):
    fields: dict[str, Any] | None = None


class TicketMerged(Event, tag="ticket.merged", kw_only=True):
    into_id: str


class TicketSplit(Event, tag="ticket.split", kw_only=True):
    parent_id: str | None = None


class TicketDeleted(Event, tag="ticket.deleted", kw_only=True):
    pass


class TicketMarkedSpam(Event, tag="ticket.marked_spam", kw_only=True):
    pass


class TicketViewed(Event, tag="ticket.viewed", kw_only=True):
    agent_id: str | None = None


class SlaPolicyApplied(Event, tag="sla.policy_applied", kw_only=True):
    policy_id: str
    metric: str
    target_s: float
    clock: Literal["calendar", "business"]
    due_at: int | None = None


class SlaPolicyRemoved(Event, tag="sla.policy_removed", kw_only=True):
    policy_id: str | None = None
    metric: str | None = None


# --- chats and calls: both are contacts on a queue -------------------------------------------------------------------


class Contact(Event, kw_only=True):
    """What every event of a chat or call may also name: the segment and the agent that it is about."""

    segment_id: str | None = None
    agent_id: str | None = None


class ChatStarted(Contact, tag="chat.started", kw_only=True):
    visitor_id: str


class CallInitiated(Contact, tag="call.initiated", kw_only=True):
    direction: Literal["inbound", "outbound"]
    ani: str | None = None
    dnis: str | None = None


class QueueEntered(Contact, tag="queue.entered", kw_only=True):
    queue: str
    channel: str
    segment_id: str
    position: int | None = None
    estimate: float | None = None


class QueueLeft(Contact, tag="queue.left", kw_only=True):
    reason: LeftReason


class QueueResumed(Contact, tag="queue.resumed", kw_only=True):
    pass


class OfferMade(Contact, tag="offer.made", kw_only=True):
    agent_id: str
    offer_id: str


class OfferMissed(Contact, tag="offer.missed", kw_only=True):
    reason: Literal["timeout", "rejected", "customer_left"]
    offer_id: str | None = None


class ContactAnswered(Contact, tag="contact.answered", kw_only=True):
    agent_id: str
    segment_id: str


class ContactTransferred(Contact, tag="contact.transferred", kw_only=True):
    kind: str
    to: str


class ContactIdle(Contact, tag="contact.idle", kw_only=True):
    pass


class ContactActive(Contact, tag="contact.active", kw_only=True):
    pass


class ContactEnded(Contact, tag="contact.ended", kw_only=True):
    by: Literal["customer", "agent", "system", "timeout"]


class Message(Contact, tag="message", kw_only=True):
    author_role: Role
    message_id: str
    author_id: str | None = None
    is_auto: bool = False


class BotHandoff(Contact, tag="bot.handoff", kw_only=True):
    pass


class HoldStarted(Contact, tag="hold.started", kw_only=True):
    pass


class HoldEnded(Contact, tag="hold.ended", kw_only=True):
    pass


class AcwStarted(Contact, tag="acw.started", kw_only=True):
    pass


class AcwEnded(Contact, tag="acw.ended", kw_only=True):
    pass


class ConsultStarted(Contact, tag="consult.started", kw_only=True):
    pass


class ConsultEnded(Contact, tag="consult.ended", kw_only=True):
    pass


class IvrEntered(Contact, tag="ivr.entered", kw_only=True):
    pass


class IvrLeft(Contact, tag="ivr.left", kw_only=True):
    pass


class CallbackRequested(Contact, tag="callback.requested", kw_only=True):
    pass


class CallbackScheduled(Contact, tag="callback.scheduled", kw_only=True):
    due_at: int | None = None


class CallbackAttempted(Contact, tag="callback.attempted", kw_only=True):
    pass


class CallbackCompleted(Contact, tag="callback.completed", kw_only=True):
    pass


class VoicemailLeft(Contact, tag="voicemail.left", kw_only=True):
    pass


# --- agents ----------------------------------------------------------------------------------------------------------


class AgentLoggedIn(Event, tag="agent.logged_in", kw_only=True):
    pass


class AgentLoggedOut(Event, tag="agent.logged_out", kw_only=True):
    pass


class AgentStatusChanged(Event, tag="agent.status_changed", kw_only=True):
    status: str
    class_: Literal["routable", "custom", "offline"] = field(name="class")
    reason: str | None = None
    next_status: str | None = None


class SnapshotContact(Struct, gc=False):
    """One contact in an agent's heartbeat."""

    contact_id: str
    channel: str
    state: str
    since: int
    queue: str | None = None


class AgentSnapshot(Event, tag="agent.snapshot", kw_only=True):
    status: str
    since: int
    contacts: tuple[SnapshotContact, ...]
    capacity: dict[str, int]


class AgentProfileChanged(Event, tag="agent.profile_changed", kw_only=True):
    """Only the fields that changed are there."""

    queues: tuple[str, ...] | None = None
    skills: tuple[str, ...] | None = None
    capacity: dict[str, int] | None = None
    cost_rate: float | None = None


class ShiftScheduled(Event, tag="shift.scheduled", kw_only=True):
    start: int
    end: int
    activity: str
    productive: bool


class AgentContactStated(Event, tag="agent.contact_stated", kw_only=True):
    """What a contact's record now says about one agent: forwarded by a worker, absolute, so repeating changes nothing.

    ``seq`` of the envelope is the contact's source offset: of two statements about one contact the higher one holds.
    ``stays`` are (phase, from ms, to ms or null while it lasts), phase one of ringing, on_contact, acw.
    """

    contact_id: str
    stays: tuple[tuple[Phase, int, int | None], ...]


# --- surveys, customers, corrections ---------------------------------------------------------------------------------


class SurveySent(Event, tag="survey.sent", kw_only=True):
    kind: SurveyKind
    contact_id: str | None = None
    ticket_id: str | None = None
    agent_id: str | None = None


class SurveyAnswered(Event, tag="survey.answered", kw_only=True):
    kind: SurveyKind
    score: float
    scale_min: float
    scale_max: float
    higher_is_better: bool
    comment_ref: str | None = None
    contact_id: str | None = None
    ticket_id: str | None = None
    agent_id: str | None = None


class SurveyExpired(Event, tag="survey.expired", kw_only=True):
    kind: SurveyKind


class SurveyRevoked(Event, tag="survey.revoked", kw_only=True):
    kind: SurveyKind


class CustomerAcquired(Event, tag="customer.acquired", kw_only=True):
    pass


class CustomerChurned(Event, tag="customer.churned", kw_only=True):
    pass


class CustomerReactivated(Event, tag="customer.reactivated", kw_only=True):
    pass


class PurchaseMade(Event, tag="purchase.made", kw_only=True):
    amount: float
    currency: str


class CostRecorded(Event, tag="cost.recorded", kw_only=True):
    scope: str
    amount: float
    period: str


class CorrectionRetract(Event, tag="correction.retract", kw_only=True):
    """Takes an earlier event of the same entity back."""

    corrects_event_id: Id


class CorrectionReplace(Event, tag="correction.replace", kw_only=True):
    """Puts ``event`` (whole) in the place of an earlier event of the same entity."""

    corrects_event_id: Id
    event: msgspec.Raw


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
AGENT_EVENTS: tuple[type[Event], ...] = (
    AgentLoggedIn,
    AgentLoggedOut,
    AgentStatusChanged,
    AgentSnapshot,
    AgentProfileChanged,
    ShiftScheduled,
    AgentContactStated,
)
SURVEY_EVENTS: tuple[type[Event], ...] = (SurveySent, SurveyAnswered, SurveyExpired, SurveyRevoked)
CUSTOMER_EVENTS: tuple[type[Event], ...] = (
    CustomerAcquired,
    CustomerChurned,
    CustomerReactivated,
    PurchaseMade,
    CostRecorded,
)
CORRECTIONS: tuple[type[Event], ...] = (CorrectionRetract, CorrectionReplace)
