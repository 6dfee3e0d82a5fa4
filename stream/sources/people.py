"""Who is on the simulated floor: agents, and contacts on their way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from topics import events as ev

if TYPE_CHECKING:
    from stream.sources import plan


@dataclass(slots=True)
class Agent:
    """One agent: ``running`` contacts of at most the team's capacity, ``present`` when it takes contacts."""

    name: str
    team: str
    running: int = 0
    present: bool = False
    online: bool = False
    has_heartbeats: bool = False
    status: str = "available"
    since_ms: int = 0
    contacts: dict[str, tuple[str, str, int, str]] = field(default_factory=dict)  # channel, state, since, queue

    def lists(self, contact: Contact, state: str, now_ms: float) -> None:
        """What the agent's heartbeats say of the contact from now on; empty: nothing."""
        self.contacts.pop(contact.entity, None)
        if state:
            service = contact.service
            self.contacts[contact.entity] = (service.channel, state, round(now_ms), service.queue)

    def snapshot(self) -> dict[str, Any]:
        """The fields of a heartbeat."""
        listed = tuple(
            ev.SnapshotContact(contact_id=contact, channel=channel, state=state, since=since, queue=queue)
            for contact, (channel, state, since, queue) in self.contacts.items()
        )
        return {"status": self.status, "since": self.since_ms, "contacts": listed, "capacity": {}}


@dataclass(slots=True)
class Contact:
    """One call or chat: its segment number, and when it entered the queue (``waiting``)."""

    entity: str
    topic: str
    service: plan.Service
    segment: int = 1
    waiting: bool = False
    ended: bool = False
    events: int = 0
    refused: set[str] = field(default_factory=set)
