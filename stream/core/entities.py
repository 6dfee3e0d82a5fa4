"""The partitions of tickets, calls, chats, surveys and customers: one record per entity, keyed by its id."""

# long: one partition of records is one noun; taking, rest, recovery and rows out share every field of it

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from stream.core import targets
from stream.core.contact import CONTACT
from stream.core.customer import CUSTOMER
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
from stream.core.own import Story
from stream.core.partition import META_KEY, Partition
from stream.core.resting import NEVER_MS, Resting, Written, read, written
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
REST_AFTER_MS = 120_000  # of event time: a call that has ended is wrapped up, or called back, within two minutes


class Entities(Partition):
    """Records by entity id: those that are lived in, and those at rest. What a contact says of an agent is forwarded to
    the agent's topic.
    """

    def __init__(self, topic: str, number: int, settings: Settings, names: Names) -> None:
        super().__init__(topic, number, settings, names)
        self.records: dict[str, Record] = {}
        self.resting = Resting()
        self._tiring: deque[tuple[int, str, Record]] = deque()  # as of when it was written
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
        record = self.records.get(key) or self._wake(key)
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
        contact = record if isinstance(record, Contact) else None
        before = contact.stays if contact is not None else ()
        if self.lifecycle.apply(record, step, self.ledger, self._place):
            self.counts["refolds"] += 1
        if contact is None:
            return
        after = contact.stays
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
        if held is not None:
            place = held.place
            queue, channel = queue or place.name, channel or place.channel
            if queue == place.name and channel == place.channel and place.family == "queue":
                return held
        return self.scope("queue", queue, channel)

    # --- rest --------------------------------------------------------------------------------------------------------

    def _wake(self, key: str) -> Record | None:
        """The record of ``key`` as it was before it was laid to rest; None when it is not there."""
        row = self.resting.pop(key)
        if row is None:
            return None
        record = self.records[key] = self._read(row)
        self.lifecycle.fold(record, steps_of(record), list[Fact](), self._place)
        record.said = self._says(record)
        self._tiring.append((record.newest, key, record))
        return record

    def _read(self, row: Written) -> Record:
        return self.lifecycle.record(offset=row[0], n=row[1], log=row[2])

    def _lay_to_rest(self) -> None:
        """What is over, is written and has not been touched for a while."""
        before = self.watermark_ms - REST_AFTER_MS
        while self._tiring and self._tiring[0][0] <= before:
            _, key, record = self._tiring.popleft()
            if (
                record.newest <= before
                and self.records.get(key) is record
                and key not in self._changed
                and self._rests(record)
            ):
                del self.records[key]
                self.resting.lay(key, written(record), self._last_ms(record))

    def _rests(self, record: Record) -> bool:
        """Whether it is over, and shown nowhere: nothing but its log is needed."""
        levels = self.lifecycle.levels
        return not record.flags and _is_at_rest(record) and not (levels is not None and levels(record))

    def _last_ms(self, record: Record) -> int:
        return _last_ms(record) if self._is_closed(record, 0) else NEVER_MS

    # --- recovery ----------------------------------------------------------------------------------------------------

    def recover(self, key: bytes, value: bytes | None) -> None:
        """One row of the changelog."""
        if key == META_KEY:
            self.recover_meta(value)
            return
        name = key.decode()
        if value is None:
            self.records.pop(name, None)
            self.resting.pop(name)
            return
        ours = self.resting.get(name)
        held = self.records.get(name) or (self._read(ours) if ours is not None else None)
        if held is None or read(value)[0] >= held.offset:
            self.records.pop(name, None)
            self._changed.pop(name, None)
            self.resting.lay(name, value, NEVER_MS)
        else:  # a frozen worker's late, older row: ours is written again, or compaction would keep the older
            self._changed[name] = held

    def _refold(self) -> None:
        for key in (*self.records, *self.resting.keys()):
            row = self.resting.get(key)
            record = self.records[key] if row is None else self._read(row)
            log = steps_of(record)
            self.lifecycle.fold(record, log, self.ledger, self._place)
            self.stamp = max(self.stamp, record.offset)
            for step in log:
                self._recall(step)
            if row is not None and self._rests(record):
                self.resting.lay(key, written(record), self._last_ms(record))
                continue
            self.resting.pop(key)
            self.records[key] = record
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
        for key in (*self.records, *self.resting.keys()):
            record, row = self.records.get(key), self.resting.get(key)
            if record is not None:
                row = record.offset, record.n, record.log
            if row is None:
                continue
            apart = self._read(row)
            log, facts = steps_of(apart), list[Fact]()
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
        return len(self.records) + len(self.resting)

    def _drain_records(self) -> list[tuple[bytes, bytes | None]]:
        rows: list[tuple[bytes, bytes | None]] = [
            (key.encode(), written(record)) for key, record in self._changed.items()
        ]
        self._tiring.extend((record.newest, key, record) for key, record in self._changed.items())
        self._changed = {}
        self._lay_to_rest()
        return rows

    def _evict(self, kept_ms: int) -> None:
        for key in [k for k, r in self.records.items() if _last_ms(r) < kept_ms and self._is_closed(r, kept_ms)]:
            gone = self.records.pop(key)
            self._changed.pop(key, None)
            self._touched.pop(key, None)
            for scope, level, at_ms in gone.aims_shown:
                scope.exclude(level, key, at_ms)
            self._dead.append(key.encode())
        for key in self.resting.older(kept_ms):
            self.resting.pop(key)
            self._changed.pop(key, None)
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
