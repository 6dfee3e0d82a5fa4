"""What every adapter yields: one event, ready for Kafka."""

from __future__ import annotations

from typing import NamedTuple

from topics.codec import encode
from topics.events import Event


class Line(NamedTuple):
    """One record to send: ``at_ms`` is its event time, 0 where it cannot be read."""

    topic: str
    key: bytes
    value: bytes
    at_ms: int


def line_of(topic: str, event: Event) -> Line:
    """The line of a typed event."""
    return Line(topic, event.entity_id.encode(), encode(event), event.occurred_at)
