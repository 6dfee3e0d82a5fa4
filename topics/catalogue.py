"""The topics as data: name, key, what travels, and the settings that they must have on the broker.

Every program reads the topics from here: the worker checks them before it starts, ``deskpulse topics`` creates,
lists and compares them, the embedded broker makes them, the tests go through them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from topics import events as ev

PARTITIONS_DEFAULT = 8
AGGREGATE_DAYS_KEPT = 60  # the longest window and the one before it


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: ``key`` says what its Kafka key is, ``events`` what may travel, ``config`` its broker settings."""

    name: str
    key: str
    about: str
    events: tuple[type[ev.Event], ...] = ()
    config: dict[str, str] = field(default_factory=dict)


# The largest row that a worker may have to write: a record's log, a rejected line with its original bytes, since when
# each of a hundred thousand waits. A broker's default of 1 MiB would stop the worker for good.
ROW_BYTES_MAX = 16 * 1024 * 1024
_LARGE = {"max.message.bytes": str(ROW_BYTES_MAX)}
_COMPACT = {"cleanup.policy": "compact", "min.compaction.lag.ms": "600000", "segment.ms": "3600000", **_LARGE}

# The record's timestamp is its arrival at the broker: what "from the future" is judged by, the same at every
# redelivery.
_ARRIVAL = {"message.timestamp.type": "LogAppendTime"}

REQUESTERS = "support.requesters"
SOURCES: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic("ticket.events", "ticket id", "tickets", (*ev.TICKET_EVENTS, *ev.CORRECTIONS), _ARRIVAL),
        Topic(
            "chat.events",
            "chat id",
            "chats and other contacts on a queue that are no calls",
            (*ev.CHAT_EVENTS, *ev.CORRECTIONS),
            _ARRIVAL,
        ),
        Topic("call.events", "call id", "calls", (*ev.CALL_EVENTS, *ev.CORRECTIONS), _ARRIVAL),
        Topic(
            "agent.events",
            "agent id",
            "agents: states, shifts, and what contacts say of them",
            (*ev.AGENT_EVENTS, *ev.CORRECTIONS),
            _ARRIVAL,
        ),
        Topic("survey.events", "response id", "surveys", (*ev.SURVEY_EVENTS, *ev.CORRECTIONS), _ARRIVAL),
        Topic(
            "customer.events",
            "customer id",
            "customers, purchases, costs",
            (*ev.CUSTOMER_EVENTS, *ev.CORRECTIONS),
            _ARRIVAL,
        ),
        # Written by the workers only, read by them like any other: a customer's contacts over all channels meet here.
        Topic(
            REQUESTERS,
            "customer id",
            "customers: what their tickets, chats and calls say of them",
            ev.REQUESTER_EVENTS,
            _ARRIVAL,
        ),
    )
}
AGGREGATES = "support.aggregates"
REJECTED = "support.rejected"
LATE = "support.late"
TOPICS: dict[str, Topic] = SOURCES | {
    topic.name: topic
    for topic in (
        Topic(
            AGGREGATES,
            "topic, partition, kind, scope, pane",
            "what the workers have summed: absolute values, the newest stamp holds",
            config={
                "cleanup.policy": "compact,delete",
                "min.compaction.lag.ms": "600000",
                "segment.ms": "3600000",
                "retention.ms": str(AGGREGATE_DAYS_KEPT * 86_400_000),
                **_LARGE,
            },
        ),
        Topic(
            REJECTED,
            "topic, partition, offset",
            "input that could not be counted: the original bytes, the reason in the headers",
            config={"retention.ms": str(30 * 86_400_000), **_LARGE},
        ),
        Topic(
            LATE,
            "topic, partition, offset",
            "facts that fell into a final pane",
            config={"retention.ms": str(30 * 86_400_000)},
        ),
    )
}


def changelog(app_id: str, source: str) -> Topic:
    """The topic of the records that one worker application keeps of one source topic."""
    return Topic(f"{app_id}-{source}-changelog", "record", f"the records of {source}", config=dict(_COMPACT))
