"""What a record forwards to the records of others: absolute statements, so that saying one twice changes nothing, and
the newest replaces what was said before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stream.core.rows import Out
from topics import events as ev
from topics.catalogue import REQUESTERS
from topics.codec import encode

if TYPE_CHECKING:
    from stream.core.lifecycle import Record, Said
    from stream.core.segment import Contact


def statement(topic: str, key: str, record: Contact, agent: str) -> Out:
    """Everything that the contact now says of ``agent``."""
    stays = tuple((p, start, end or None, channel) for who, p, start, end, channel in record.stays if who == agent)
    event = ev.AgentContactStated(
        event_id=f"{key}:{record.offset}",
        schema_version=ev.SCHEMA_VERSION,
        source=topic,
        occurred_at=record.newest,
        entity_id=agent,
        seq=record.offset,
        contact_id=key,
        stays=stays,
    )
    return Out("agent.events", agent.encode(), encode(event))


def word(topic: str, key: str, record: Record, said: Said) -> Out:
    """What the contact now says of its customer."""
    event = ev.RequesterContactStated(
        event_id=f"{key}:{record.offset}",
        schema_version=ev.SCHEMA_VERSION,
        source=topic,
        occurred_at=record.newest,
        entity_id=said.customer,
        seq=record.offset,
        queue=said.queue or None,
        channel=said.channel or None,
        contact_id=key,
        opened_at=said.opened_ms or None,
        solved_at=said.solved_ms or None,
        is_resolved=said.resolved,
    )
    return Out(REQUESTERS, said.customer.encode(), encode(event))
