"""The events of agents, keyed by the agent's id: what they do, their shifts, and what contacts say of them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from topics.events.envelope import WHOLE_MAX, Event, Millis

Phase = Literal["ringing", "on_contact", "acw"]
Capacity = dict[str, Annotated[int, Meta(ge=0, le=WHOLE_MAX)]]


class AgentLoggedIn(Event, tag="agent.logged_in", kw_only=True):
    """The agent is online, and available until told otherwise."""


class AgentLoggedOut(Event, tag="agent.logged_out", kw_only=True):
    """The agent is offline."""


class AgentStatusChanged(Event, tag="agent.status_changed", kw_only=True):
    """The agent chose a status: routable takes contacts, custom is a break of any kind, offline is not there."""

    status: str
    class_: Literal["routable", "custom", "offline"] = field(name="class")
    reason: str | None = None
    next_status: str | None = None


class SnapshotContact(Struct, gc=False):
    """One contact in an agent's heartbeat."""

    contact_id: str
    channel: str
    state: str
    since: Millis
    queue: str | None = None


class AgentSnapshot(Event, tag="agent.snapshot", kw_only=True):
    """A heartbeat: everything that the agent does now."""

    status: str
    since: Millis
    contacts: tuple[SnapshotContact, ...]
    capacity: Capacity


class AgentProfileChanged(Event, tag="agent.profile_changed", kw_only=True):
    """The agent's queues, team, skills, capacity or cost: only the fields that changed are there."""

    queues: tuple[str, ...] | None = None
    skills: tuple[str, ...] | None = None
    capacity: Capacity | None = None
    cost_rate: Annotated[float, Meta(ge=0, le=100_000)] | None = None


class ShiftScheduled(Event, tag="shift.scheduled", kw_only=True):
    """What the agent is planned to do from start to end."""

    start: Millis
    end: Millis
    activity: str
    productive: bool


class AgentContactStated(Event, tag="agent.contact_stated", kw_only=True):
    """What a contact's record now says about one agent: forwarded by a worker, absolute, so repeating changes nothing.

    ``seq`` of the envelope is the contact's source offset: of two statements about one contact the higher one holds.
    ``stays`` are (phase, from ms, to ms or null while it lasts, channel), phase one of ringing, on_contact, acw.
    """

    contact_id: str
    stays: tuple[tuple[Phase, Millis, Millis | None, str], ...]


AGENT_EVENTS: tuple[type[Event], ...] = (
    AgentLoggedIn,
    AgentLoggedOut,
    AgentStatusChanged,
    AgentSnapshot,
    AgentProfileChanged,
    ShiftScheduled,
    AgentContactStated,
)
