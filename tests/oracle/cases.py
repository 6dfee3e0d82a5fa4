"""Hand-made events for the tests of the judge itself: seconds after midnight of a Monday."""

from __future__ import annotations

import json
from typing import Any

from tests.oracle.comparison import DIMENSIONS, Rows
from tests.oracle.judge import Oracle, Record

MIDNIGHT_MS = 1_764_547_200_000  # 2025-12-01T00:00:00Z
MINUTE, HOUR, DAY = 60, 3600, 86_400
CALLS, CHATS, TICKETS, AGENTS = "call.events", "chat.events", "ticket.events", "agent.events"
HISTORY = {"time": {"horizon_hours": 0}}


def at(seconds: float) -> int:
    """The moment in ms."""
    return MIDNIGHT_MS + round(seconds * 1000)


class Floor:
    """Records in order of arrival; every ``say`` is one more. They arrive a year later unless said otherwise."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def say(self, topic: str, entity: str, kind: str, at_s: float, /, **fields: Any) -> Record:
        """One event."""
        arrived_s = fields.pop("arrived_s", 365 * DAY)
        partition = fields.pop("partition", 0)
        event = {
            "event_id": f"{entity}:{len(self.records)}", "type": kind, "schema_version": 1, "source": "case",
            "occurred_at": at(at_s), "entity_id": entity, **fields,
        }  # fmt: skip
        return self.put(topic, entity.encode(), json.dumps(event).encode(), partition, at(arrived_s))

    def put(
        self, topic: str, key: bytes | None, value: bytes | None, partition: int = 0, arrived_ms: int = 0
    ) -> Record:
        """Bytes as they arrive."""
        arrived_ms = arrived_ms or at(365 * DAY)
        record = Record(topic, partition, len(self.records), arrived_ms, key, value)
        self.records.append(record)
        return record

    def again(self, record: Record) -> None:
        """The same record arrives once more."""
        self.records.append(record._replace(offset=len(self.records)))

    def wait(self, entity: str, at_s: float, waits_s: float, outcome: str, queue: str = "billing") -> None:
        """A call that enters the queue, and what becomes of it; who is answered talks for a minute."""
        self.say(CALLS, entity, "queue.entered", at_s, queue=queue, channel="voice", segment_id="1")
        if outcome == "answered":
            self.say(CALLS, entity, "contact.answered", at_s + waits_s, agent_id="a1", segment_id="1")
            self.say(CALLS, entity, "contact.ended", at_s + waits_s + MINUTE, by="customer")
        elif outcome != "waiting":
            self.say(CALLS, entity, "queue.left", at_s + waits_s, reason=outcome)

    def ticket(self, entity: str, at_s: float, role: str = "customer", **fields: Any) -> None:
        """A ticket is created."""
        place = {"queue": "returns", "channel": "mail", **fields}
        self.say(TICKETS, entity, "ticket.created", at_s, requester_id="r", submitter_role=role, **place)

    def reply(self, entity: str, at_s: float, role: str = "agent", **fields: Any) -> None:
        """A message on a ticket."""
        said = {"message_id": f"m{at_s}", "author_id": role, "author_role": role, "visibility": "public", **fields}
        self.say(TICKETS, entity, "ticket.message_added", at_s, **said)

    def status(self, entity: str, at_s: float, from_: str, to: str) -> None:
        """A ticket's status changes."""
        self.say(TICKETS, entity, "ticket.status_changed", at_s, **{"from": from_, "to": to, "actor": "a1"})

    def judge(self, settings: dict[str, Any] | None = None) -> Oracle:
        """The judge over everything said."""
        return Oracle(self.records, settings or HISTORY)


def pick(rows: Rows, kpi: str, stat: str = "value", **where: str) -> float | None:
    """The value of one row, over all that ``where`` does not name; None: there is no such row."""
    found = rows.get((kpi, stat, *(where.get(name) for name in DIMENSIONS)))
    return found[0] if found else None
