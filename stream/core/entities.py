"""The partitions of tickets, calls, chats, surveys and customers: one record per entity, keyed by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from stream.core import targets
from stream.core.contact import CONTACT
from stream.core.customer import CUSTOMER
from stream.core.explain import Story
from stream.core.facts import Fact
from stream.core.lifecycle import (
    CORRECTION_RANK,
    VOID,
    Levels,
    Lifecycle,
    Record,
    Said,
    Step,
    holds,
    id_of,
    steps_of,
)
from stream.core.partition import META_KEY, Partition, pack
from stream.core.rows import record_full
from stream.core.segment import BETWEEN, ENDED, LEFT, Contact
from stream.core.statements import statement, word
from stream.core.survey import SURVEY
from stream.core.ticket import TICKET
from stream.core.ticket_record import CLOSED, SOLVED, Ticket
from topics import events as ev
from topics.codec import CONTROL_CHARACTERS, Decoder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stream.core.names import Names
    from stream.core.panes import Scope
    from stream.core.settings import Settings

LIFECYCLES: dict[str, Lifecycle] = {
    "ticket.events": TICKET,
    "chat.events": CONTACT,
    "call.events": CONTACT,
    "survey.events": SURVEY,
    "customer.events": CUSTOMER,
}
_CORRECTIONS = frozenset(ev.CORRECTIONS)
_row = msgspec.msgpack.Decoder(tuple[int, int, bytes]).decode


class Entities(Partition):
    """Records by entity id. What a contact says of an agent is forwarded to the agent's topic."""

    def __init__(self, topic: str, number: int, settings: Settings, names: Names) -> None:
        super().__init__(topic, number, settings, names)
        self.records: dict[str, Record] = {}
        self.lifecycle = LIFECYCLES[topic]
        self._changed: dict[str, Record] = {}
        self._touched: dict[str, Record] = {}
        self._told: dict[str, set[str]] = {}
        self._queues, self._channels = names.of("queue"), names.of("channel")
        self._limits = settings.limits
        self._events_max, self._bytes_max = settings.limits.events_per_record, settings.limits.record_bytes
        self._corrected = Decoder(topic, event_bytes_max=settings.limits.event_bytes)

    def take(self, event: ev.Event, offset: int) -> str:
        """One event into its record: fence, duplicate or a step."""
        key = event.entity_id
        record = self.records.get(key)
        if record is None:
            record = self.records[key] = self.lifecycle.record()
        elif offset <= record.offset:
            return "fenced"
        elif holds(record, event):
            record.offset = offset
            self._changed[key] = record
            return "duplicate"
        elif record.n >= self._events_max or len(record.log) >= self._bytes_max:
            raise record_full(self._limits)
        if event.__class__ in _CORRECTIONS:
            for step in self._correction(event, offset):
                self._apply(key, record, step)
        else:
            self._apply(key, record, self._step_of(event))
        record.offset = offset
        self._changed[key] = self._touched[key] = record
        return "accepted"

    def _apply(self, key: str, record: Record, step: Step) -> None:
        before = record.stays if isinstance(record, Contact) else ()
        if self.lifecycle.apply(record, step, self.ledger, self._place):
            self.counts["refolds"] += 1
        after = record.stays if isinstance(record, Contact) else ()
        if after is not before and after != before:
            changed = {stay[0] for stay in set(before) ^ set(after)}
            self._told.setdefault(key, set()).update(changed)

    def _step_of(self, event: ev.Event) -> Step:
        step = self.lifecycle.step_of(event, self._queues[event.queue], self._channels[event.channel])
        capped = self.lifecycle.capped.get(event.__class__)
        if capped is not None and step[capped[1]]:
            kind, i = capped
            step = (*step[:i], self.names.name(kind, step[i]), *step[i + 1 :])
        return step

    def _correction(self, event: Any, _offset: int) -> list[Step]:
        """Taking an event back is a step that names it; replacing it is that and the new event, under the
        correction's id.
        """
        gone = f"{event.source} {event.corrects_event_id}"
        own = id_of(event)
        if isinstance(event, ev.CorrectionRetract):
            return [(event.occurred_at, CORRECTION_RANK, -1, own, "", "", gone, "", "")]
        new = self._corrected.decode(event.entity_id.encode(), bytes(event.event), event.occurred_at)
        step = self._step_of(new)
        return [
            (event.occurred_at, CORRECTION_RANK, -1, f"{own}-", "", "", gone, "", ""),
            (*step[:3], own, *step[4:]),
        ]

    def _place(self, record: Record, step: Step) -> Scope:
        """Where the facts of a step belong."""
        return self._queue_of(record, step[4], step[5])

    def _queue_of(self, record: Record, queue: str, channel: str) -> Scope:
        """What a step names of queue and channel is in force from there on; what it does not stays."""
        held = record.scope
        if held is not None and not (queue and channel):
            queue, channel = queue or held.place.name, channel or held.place.channel
        return self.scope("queue", queue, channel)

    # --- recovery ----------------------------------------------------------------------------------------------------

    def recover(self, key: bytes, value: bytes | None) -> None:
        """One row of the changelog."""
        if key == META_KEY:
            self.recover_meta(value)
            return
        name = key.decode()
        if value is None:
            self.records.pop(name, None)
            return
        offset, n, log = _row(value)
        held = self.records.get(name)
        if held is None or offset >= held.offset:
            self.records[name] = self.lifecycle.record(offset=offset, n=n, log=log)
        else:  # a frozen worker's late, older row: ours is written again, or compaction would keep the older
            self._changed[name] = held

    def _refold(self) -> None:
        for key, record in self.records.items():
            log = steps_of(record)
            self.lifecycle.fold(record, log, self.ledger, self._place)
            self.stamp = max(self.stamp, record.offset)
            for step in log:
                self._recall(step)
            record.shown, record.shown_in, record.aims_shown = (), None, ()
            record.said = self._says(record)  # it was told before it was written
            self._touched[key] = record

    def _says(self, record: Record) -> Said | None:
        """What the record says of its customer; who cannot be a key has nobody to tell."""
        says = self.lifecycle.says
        said = says(record) if says is not None and not record.flags & VOID else None
        return said if said is None or CONTROL_CHARACTERS.isdisjoint(said.customer) else None

    def stories(self) -> Iterator[Story]:
        """Each record, folded apart from the one that counts."""
        levels = self.lifecycle.levels
        for key in list(self.records):
            record = self.records.get(key)
            if record is None:
                continue
            log, facts = steps_of(record), list[Fact]()
            apart = self.lifecycle.record(offset=record.offset, n=record.n, log=record.log)
            self.lifecycle.fold(apart, log, facts, self._place)
            void = bool(apart.flags & VOID)
            if void:
                for step in log:
                    apart.scope = self._place(apart, step) if step[4] or step[5] else apart.scope
            shown = () if void or levels is None else levels(apart)
            dues = () if void or _is_at_rest(apart) else targets.levels(apart)
            yield Story(key, facts, dict(shown), apart.scope, void, apart.newest, dues)

    def _recall(self, step: Step) -> None:
        """The names of a step count as seen."""
        self.names.name("queue", step[4])
        self.names.name("channel", step[5])
        capped = self.lifecycle.capped_ranks.get(step[1])
        if capped is not None:
            self.names.name(capped[0], step[capped[1]])

    # --- rows out ----------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        levels = self.lifecycle.levels
        if levels is not None:
            for key, record in self._touched.items():
                shown = levels(record) if record.scope is not None and not record.flags & VOID else ()
                if shown != record.shown or record.scope is not record.shown_in:
                    self._show(key, record, shown)
                if record.aims or record.aims_shown:
                    self._show_aims(key, record)
        if self.lifecycle.says is not None:
            for key, record in self._touched.items():
                said = self._says(record)
                if said != record.said:
                    self._tell(key, record, said)
        self._touched.clear()
        for key, agents in self._told.items():
            contact = self.records.get(key)
            if isinstance(contact, Contact):
                self._out += [statement(self.topic, key, contact, agent) for agent in sorted(agents)]
        self._told.clear()

    def _show(self, key: str, record: Record, shown: Levels) -> None:
        """The record is in other levels now, or in the same ones elsewhere."""
        was, now = record.shown_in, record.scope
        for entry in record.shown:
            if was is not None and (was is not now or entry not in shown):
                was.exclude(entry[0], key, entry[1])
        for entry in shown:
            if now is not None and (was is not now or entry not in record.shown):
                now.include(entry[0], key, entry[1])
        record.shown, record.shown_in = shown, now

    def _show_aims(self, key: str, record: Record) -> None:
        """When each of its service targets falls due, in the target's place."""
        shown = () if record.flags & VOID or _is_at_rest(record) else targets.levels(record)
        for scope, level, at_ms in record.aims_shown:
            if (scope, level, at_ms) not in shown:
                scope.exclude(level, key, at_ms)
        for scope, level, at_ms in shown:
            if (scope, level, at_ms) not in record.aims_shown:
                scope.include(level, key, at_ms)
        record.aims_shown = shown

    def _tell(self, key: str, record: Record, said: Said | None) -> None:
        """The customer's record hears what the contact now says; who was its customer before, that it is not theirs."""
        before, record.said = record.said, said
        if before is not None and (said is None or said.customer != before.customer):
            self._out.append(word(self.topic, key, record, Said(before.customer, 0)))
        if said is not None:
            self._out.append(word(self.topic, key, record, said))

    def _mark_records(self) -> None:
        self._changed = dict(self.records)

    def changed_count(self) -> int:
        """How many records wait to be written."""
        return len(self._changed)

    def record_count(self) -> int:
        """How many records are held."""
        return len(self.records)

    def _drain_records(self) -> list[tuple[bytes, bytes | None]]:
        rows: list[tuple[bytes, bytes | None]] = [
            (key.encode(), pack((record.offset, record.n, record.log))) for key, record in self._changed.items()
        ]
        self._changed = {}
        return rows

    def _evict(self, kept_ms: int) -> None:
        for key in [k for k, r in self.records.items() if _last_ms(r) < kept_ms and self._is_closed(r, kept_ms)]:
            gone = self.records.pop(key)
            self._changed.pop(key, None)
            self._touched.pop(key, None)
            for scope, level, at_ms in gone.aims_shown:
                scope.exclude(level, key, at_ms)
            self._dead.append(key.encode())

    def _is_closed(self, record: Record, _kept_ms: int) -> bool:
        """Nothing more is expected of it."""
        if record.flags & VOID:
            return True
        if isinstance(record, Contact):
            return record.state in (LEFT, ENDED, BETWEEN)
        return not isinstance(record, Ticket) or record.state == CLOSED


def _is_at_rest(record: Record) -> bool:
    """Nobody works on it now: what it owes is shown no more, although a first response may still be missed."""
    if isinstance(record, Contact):
        return record.state in (LEFT, ENDED)
    return isinstance(record, Ticket) and record.state >= SOLVED


def _last_ms(record: Record) -> int:
    """The time of the last thing that it says: what lies ahead included."""
    if isinstance(record, Ticket) and record.judged is not None and not record.flags & VOID:
        return max(record.newest, record.judged[2])
    return record.newest
