"""Events for the tests of the core: short to write, in our own form, and a way to run them through it."""

from __future__ import annotations

from typing import Any

import orjson

from stream.core.batch import Batch, BatchRow
from stream.core.names import Names
from stream.core.partition import Partition, new_partition
from stream.core.rows import Out
from stream.core.settings import Settings, load
from stream.core.view import View
from topics import aggregates as agg

T0_MS = 1_764_583_200_000  # 2025-12-01T10:00:00Z, a Monday
ARRIVED_MS = T0_MS + 400 * 86_400_000
Event = tuple[str, bytes, bytes]
FURTHER = ("team", "state", "age", "reason", "priority", "target")
CALL, CHAT, TICKET, AGENT = "call.events", "chat.events", "ticket.events", "agent.events"
REQUESTERS = "support.requesters"


def history(toml: str = "") -> Settings:
    """Settings of a replay: now is the last event, any lateness counts, nothing is forgotten."""
    return load(toml, {}, {"time.clock": "events", "time.horizon_hours": 0, "board.retention_days": 0})


class Entity:
    """Makes the events of one entity; times are seconds after ``T0_MS``."""

    def __init__(self, topic: str, entity_id: str, **common: Any) -> None:
        self.topic, self.entity_id, self.common = topic, entity_id, common
        self.made = 0

    def __call__(self, type_: str, at_s: float, **fields: Any) -> Event:
        """One event."""
        self.made += 1
        event = {
            "event_id": f"{self.entity_id}:{self.made}",
            "type": type_,
            "schema_version": 1,
            "source": "test",
            "occurred_at": T0_MS + round(at_s * 1000),
            "entity_id": self.entity_id,
            **self.common,
            **fields,
        }
        return self.topic, self.entity_id.encode(), orjson.dumps(event)


def call(entity_id: str = "c1", **common: Any) -> Entity:
    """A call."""
    return Entity(CALL, entity_id, **common)


def entered(contact: Entity, at_s: float, queue: str = "billing", segment: str = "1", channel: str = "voice") -> Event:
    """The contact enters a queue."""
    return contact("queue.entered", at_s, queue=queue, channel=channel, segment_id=segment)


def answered(contact: Entity, at_s: float, agent: str = "a7", segment: str = "1") -> Event:
    """An agent answers."""
    return contact("contact.answered", at_s, agent_id=agent, segment_id=segment)


def left(contact: Entity, at_s: float, reason: str) -> Event:
    """The contact leaves the queue."""
    return contact("queue.left", at_s, reason=reason)


def ticket(
    entity_id: str = "t1", at_s: float = 0, role: str = "customer", queue: str = "billing"
) -> tuple[Entity, Event]:
    """A ticket, and its creation."""
    entity = Entity(TICKET, entity_id)
    return entity, entity("ticket.created", at_s, requester_id="r", submitter_role=role, queue=queue, channel="mail")


def reply(entity: Entity, at_s: float, role: str = "agent", **fields: Any) -> Event:
    """A message on a ticket, public unless said otherwise."""
    common = {"message_id": f"m{at_s}", "author_id": role, "author_role": role, "visibility": "public"}
    return entity("ticket.message_added", at_s, **{**common, **fields})


def status(entity: Entity, at_s: float, from_: str, to: str, actor: str = "a7") -> Event:
    """A ticket's status changes."""
    return entity("ticket.status_changed", at_s, **{"from": from_, "to": to, "actor": actor})


def report(events: list[Event], settings: Settings | None = None, **window: Any) -> list[dict[str, Any]]:
    """The rows of a batch report over the events, as they would be printed."""
    batch = Batch(settings or history(), **window)
    for topic, key, value in events:
        batch.feed(topic, key, value, ARRIVED_MS)
    return orjson.loads(orjson.dumps([_plain(row) for row in batch.report().rows]))  # type: ignore[no-any-return]


def _plain(row: Any) -> dict[str, Any]:
    import msgspec

    return msgspec.to_builtins(row)  # type: ignore[no-any-return]


def value(rows: list[dict[str, Any]], kpi: str, stat: str = "value", **where: Any) -> float | None:
    """The value of one row; queue and channel are null unless said otherwise, and so are further dimensions where the
    KPI has them; of two clocks it is the calendar's. None: there is no such row.
    """
    where = {"queue": None, "channel": None, **where}
    others = [d for d in FURTHER if d not in where]
    found = [
        r
        for r in rows
        if r["kpi"] == kpi
        and r["stat"] == stat
        and all(r.get(k, "absent") == v for k, v in where.items())
        and all(r.get(d) is None for d in others)
        and r.get("clock", "calendar") == where.get("clock", "calendar")
    ]
    assert len(found) <= 1, found
    return found[0]["value"] if found else None


def partition(topic: str, settings: Settings, number: int = 0) -> Partition:
    """An empty partition."""
    return new_partition(topic, number, settings, Names(settings.limits))


def rows_of(events: list[Event], first: int = 0) -> list[BatchRow]:
    """The events of one topic as rows of one partition."""
    return [BatchRow(first + i, key, value, ARRIVED_MS) for i, (_, key, value) in enumerate(events)]


def state_of(*partitions: Partition) -> dict[tuple[Any, ...], Any]:
    """What the partitions have summed, merged over them, without stamps and without what is empty."""
    view = View(partitions[0].settings)
    for p in partitions:
        p.outgoing()
        p.republish(0, 1)
        for key, row in p.changed_aggregates(0, wide=True):
            view.put(key, row)
    found: dict[tuple[Any, ...], Any] = {}
    for (family, name, channel), spot in view._spots.items():
        for size in (agg.FINE, agg.COARSE, agg.DAY):
            for pane, cell in spot._panes[size].items():
                kept = {slot: n for slot, n in cell.items() if n}
                if kept:
                    found[family, name, channel, size, pane] = kept
        found[family, name, channel, "n"] = {slot: n for slot, n in spot._counts.items() if n}
        for level in ("waiting", "backlog", "unreplied", "unassigned", "due", "warn"):
            found[family, name, channel, level] = sorted(
                (part, at) for part, since in spot.parts(level) for at in since
            )
    return {place: found[place] for place in found if found[place]}


def statements(outs: list[Out]) -> list[Event]:
    """The statements among what a partition has for other topics, as events of agents and of requesters."""
    return [(out.topic, out.key, out.value) for out in outs if out.topic in (AGENT, REQUESTERS)]
