"""The envelope: what every event carries, and the closed sets and bounds that several types share."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

SCHEMA_VERSION = 1
WHOLE_MAX = 2**53 - 1  # what every JSON library can carry exactly

Role = Literal["customer", "agent", "bot", "system"]
Direction = Literal["inbound", "outbound"]
Id = Annotated[str, Meta(min_length=1)]
Whole = Annotated[int, Meta(ge=-WHOLE_MAX, le=WHOLE_MAX)]
Millis = Annotated[int, Meta(ge=0, le=WHOLE_MAX, description="milliseconds since the epoch, UTC")]
# The codec judges these two: against the clock at arrival, and by a reason of its own.
OccurredAt = Annotated[
    int,
    Meta(
        description="when it happened by the clock of the source: milliseconds since the epoch, UTC",
        extra_json_schema={"exclusiveMinimum": 0},
    ),
]
Version = Annotated[int, Meta(description="of this form of events", extra_json_schema={"const": SCHEMA_VERSION})]
EventId = Annotated[
    str,
    Meta(min_length=1, description="stable, unique within (source, entity_id): the same again is a duplicate"),
]
EntityId = Annotated[
    str,
    Meta(min_length=1, description="what it happened to; also the Kafka key; no control characters"),
]
Source = Annotated[str, Meta(description="the system or connector that says so, such as zendesk")]
Queue = Annotated[str, Meta(description="the queue in force from this event on")]
Channel = Annotated[str, Meta(description="the channel in force from this event on: voice, chat, mail, web, ...")]


class Event(Struct, tag_field="type", kw_only=True, omit_defaults=True, gc=False):
    """The envelope, common to every event.

    ``event_id`` is stable and unique within (``source``, ``entity_id``): it tells duplicates. ``entity_id`` is also
    the Kafka key. ``occurred_at`` is the event time in ms. ``seq`` orders events of one entity where the source has
    such a number. ``queue`` and ``channel`` say which queue is in force from this event on. ``is_test`` marks an
    entity that must not be counted.
    """

    event_id: EventId
    schema_version: Version
    source: Source
    occurred_at: OccurredAt
    entity_id: EntityId
    ingested_at: Annotated[Millis, Meta(description="when a connector took it in, ms since the epoch")] | None = None
    seq: Annotated[Whole, Meta(description="orders events of one entity in one millisecond")] | None = None
    correlation_id: Annotated[str, Meta(description="the journey: links a call, a chat and a ticket")] | None = None
    trace: str | None = None
    is_replay: bool = False
    is_test: Annotated[bool, Meta(description="true: the whole entity is a test and counts nowhere")] = False
    customer_id: Annotated[str, Meta(description="who the customer is, the same on every channel")] | None = None
    queue: Queue | None = None
    group: str | None = None
    team: Annotated[str, Meta(description="the team of the agent")] | None = None
    brand: str | None = None
    channel: Channel | None = None
    direction: Direction | None = None
    priority: str | None = None
    language: str | None = None
    skill: str | None = None
    tier: str | None = None
    region: str | None = None
    tags: tuple[str, ...] = ()
