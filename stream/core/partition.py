"""One partition of one source topic: everything that a worker holds of it. Batches of rows in, rows for three topics
out.

Synchronous and without I/O, so one call is atomic against whatever awaits around it. The caller's part of exactness:

1. rows come in order of offset, without holes; redelivered ones are fenced here;
2. what ``outgoing`` gives is acknowledged by the broker before ``changed_aggregates`` is published and before
   ``changed_records`` is written;
3. ``changed_records`` is written in its order, and acknowledged before the source offsets are committed;
4. after recovery nothing is published before everything that is to be redelivered has been applied.

The first record row is the partition's own: how far it has counted. It is written before the records that it speaks
of, so after a crash a row beyond it is counted again and a row below it is not, whatever part of the write was durable.
"""

# long: one partition is one noun; rows in, recovery and rows out share every field of it

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from stream.core.days import HOUR_MS
from stream.core.facts import name_of
from stream.core.panes import FINE_MS, Ledger, Scope
from stream.core.rows import Meta, Out, Row, rejection
from topics import aggregates as agg
from topics import events as ev
from topics.catalogue import LATE, REQUESTERS
from topics.codec import Decoder, Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stream.core.names import Names
    from stream.core.own import Story
    from stream.core.settings import Settings
    from stream.core.tally import Counting

META_KEY = b"\x00partition"
EXPIRE_EVERY_PANES = 6
HEARTBEAT_MS = 5000  # a mark at least so often, so that a reader tells a quiet partition from a dead worker
_FAR_MS = 1 << 62
pack = msgspec.msgpack.Encoder().encode


_meta_decode = msgspec.msgpack.Decoder(Meta).decode


class Partition(ABC):
    """The state of one source partition. Families (contacts and tickets, agents) say what a record is."""

    def __init__(self, topic: str, number: int, settings: Settings, names: Names) -> None:
        self.topic, self.number = topic, number
        self.settings, self.names = settings, names
        self.ledger = Ledger(settings)
        self.meta = Meta()
        self.stamp = self.next = -1
        self.address = ""  # where the worker answers questions about this partition
        self.counts: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.counting: Counting | None = None  # a worker counts what it processes; a report does not
        self._decoder = Decoder(
            topic,
            event_bytes_max=settings.limits.event_bytes,
            future_skew_ms=round(settings.time.future_skew_seconds * 1000),
        )
        self._out: list[Out] = []
        self._hour_end = 0
        self._expired_pane = 0
        self._evicted_ms = 0
        self._written_offset = self._shown_offset = -1
        self._meta_is_last = True
        self._dirty: dict[tuple[Scope, str, int], None] = {}
        self._dead: list[bytes] = []
        self._keys: dict[tuple[Scope | None, str], bytes] = {}  # of aggregates, without their last field
        self._mark_due = True
        self._marked_ms = 0
        self._sweep_due = False
        self._shown_next = 0
        self._rebuilt_hour = 0

    # --- what a family says ------------------------------------------------------------------------------------------

    @abstractmethod
    def take(self, event: ev.Event, offset: int) -> str:
        """Applies a checked event; what became of it: accepted, duplicate, fenced, forwarded. Raises ``Rejected``."""

    @abstractmethod
    def recover(self, key: bytes, value: bytes | None) -> None:
        """One row of the changelog; of two rows of one record the one with the higher offset holds, in any order."""

    @abstractmethod
    def _mark_records(self) -> None:
        """Every record waits to be written."""

    @abstractmethod
    def changed_count(self) -> int:
        """How many records wait to be written."""

    @abstractmethod
    def record_count(self) -> int:
        """How many records are held."""

    @abstractmethod
    def stories(self) -> Iterator[Story]:
        """What each record says for itself. Records may come and go between two of them."""

    @abstractmethod
    def _refold(self) -> None: ...

    @abstractmethod
    def _settle(self) -> None:
        """Levels and statements of the records touched since the last time."""

    @abstractmethod
    def _drain_records(self) -> list[tuple[bytes, bytes | None]]: ...

    @abstractmethod
    def _evict(self, kept_ms: int) -> None:
        """Forgets what is closed and older than ``kept_ms``."""

    # --- rows in -----------------------------------------------------------------------------------------------------

    @property
    def watermark_ms(self) -> int:
        """The highest event time seen (0: none)."""
        return self.meta.watermark_ms

    def apply(self, rows: Sequence[Row]) -> None:
        """Takes rows in order of offset. Never raises for bad input: it is rejected with a reason, counted and kept."""
        rows = self._apply_again(rows)
        if not rows:
            return
        decode, take, meta, ledger = self._decoder.decode, self.take, self.meta, self.ledger
        late_seen, first_ms = ledger.late_seen, meta.first_ms or _FAR_MS
        tally: Counter[str] = Counter()
        fresh = self.counting.fresh if self.counting is not None else None
        for row in rows:
            offset = row.offset
            try:
                event = decode(row.key, row.value, row.timestamp)
                at = event.occurred_at
                if at > meta.watermark_ms:
                    meta.watermark_ms = at
                    if at >= self._hour_end:
                        self._move_border(offset, at)
                outcome = take(event, offset)
            except Rejected as rejected:
                self._reject(row, rejected)
                continue
            if ledger.late_seen > late_seen:
                late_seen = ledger.late_seen
                outcome = self._report_late(offset, outcome)
            tally[outcome] += 1
            if fresh is not None and outcome == "accepted":
                fresh.append((at, row.timestamp))
            if at < first_ms and outcome != "forwarded":
                first_ms = at
        if first_ms < _FAR_MS:
            meta.first_ms = first_ms
        self._count(tally)
        meta.offset = rows[-1].offset
        self._reached(meta.offset)

    def _reached(self, offset: int) -> None:
        self.next, self.stamp = offset + 1, max(self.stamp, offset)
        self._mark_due = True

    def _count(self, tally: Counter[str]) -> None:
        """What became of the events that came for the first time."""
        if self.counting is not None:
            self.counting.take(self.ledger.watched)
        self.counts.update(tally)
        meta = self.meta
        meta.accepted += tally["accepted"]
        meta.duplicate += tally["duplicate"]
        meta.late += tally["late"]
        meta.forwarded += tally["forwarded"]

    def _apply_again(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Those of the rows that the partition has counted, up to where it had come; gives the others."""
        count = bisect_right(rows, self.meta.offset, key=lambda row: row.offset)
        if not count:
            return rows
        self._catch_up()
        self.ledger.again = True
        for row in rows[:count]:
            self._take_again(row)
        self._catch_up()
        self.ledger.again = False
        self.ledger.watched.clear()
        self._judge_as_then(self.meta.offset)
        self._reached(rows[count - 1].offset)
        return rows[count:]

    def _take_again(self, row: Row) -> None:
        """A row that the partition has counted: what of it was not durable is applied again, and nothing is counted."""
        late_seen = self.ledger.late_seen
        try:
            event = self._decoder.decode(row.key, row.value, row.timestamp)
            self._judge_as_then(row.offset)
            outcome = self.take(event, row.offset)
        except Rejected:
            return
        if self.ledger.late_seen > late_seen:
            outcome = self._report_late(row.offset, outcome)
        self.counts[outcome] += 1

    def _reject(self, row: Row, rejected: Rejected) -> None:
        reason = rejected.reason.value
        self.counts["rejected"] += 1
        self.rejected[reason] += 1
        self.meta.rejected[reason] = self.meta.rejected.get(reason, 0) + 1
        self._out.append(rejection(self.topic, self.number, row.offset, row.key, row.value, rejected))

    def _report_late(self, offset: int, outcome: str) -> str:
        """The facts that fell into final panes go to their topic; the event counts as late."""
        facts, self.ledger.late = self.ledger.late, []
        for i, (scope, kind, at, value, sign) in enumerate(facts):
            place = scope.place if scope is not None else None
            fact = {"kind": name_of(kind), "place": place, "at_ms": at, "value": value, "sign": sign}
            key = f"{self.topic}|{self.number}|{offset}|{i}".encode()
            self._out.append(Out(LATE, key, msgspec.json.encode(fact)))
        return "late" if outcome == "accepted" else outcome

    def _move_border(self, offset: int, at_ms: int) -> None:
        hour = at_ms // HOUR_MS * HOUR_MS
        self._hour_end = hour + HOUR_MS
        if not self.meta.hours:
            self.ledger.settle(hour)
        self.meta.hours.append((offset, hour))
        self._catch_up()
        self.ledger.close(hour)

    def _catch_up(self) -> None:  # noqa: B027 - most families put nothing off
        """Tells the ledger what was put off, before the border moves."""

    def _judge_as_then(self, offset: int) -> None:
        """A redelivered row is judged by the border that held when it first came."""
        hours = self.meta.hours
        then = next((hour for moved, hour in reversed(hours) if moved <= offset), hours[0][1] if hours else 0)
        if then != self.ledger.hour_ms:
            self._catch_up()
            self.ledger.close(then)

    def scope(self, family: str, name: str, channel: str) -> Scope:
        """The scope of a place."""
        return self.ledger.scope((family, name, channel))

    # --- recovery ----------------------------------------------------------------------------------------------------

    def recover_meta(self, value: bytes | None) -> None:
        """The partition's own row of the changelog; a late, older one of a frozen worker is written over."""
        if value is not None:
            meta = _meta_decode(value)
            if meta.offset >= self.meta.offset:
                self.meta = meta
            self._meta_is_last = meta.offset >= self.meta.offset

    def rebuild(self) -> None:
        """After recovery: everything that follows from the records, and all of it marked to be published."""
        hours = self.meta.hours
        self.ledger = Ledger(self.settings)
        self._dirty, self._keys = {}, {}
        if hours:
            self.ledger.settle(hours[0][1])
            self.ledger.close(hours[0][1])
        self._refold()
        self.ledger.leave_out(self.meta.missed)
        self.ledger.late, self.ledger.late_seen = [], 0
        if hours:
            self.ledger.close(hours[-1][1])
            self._hour_end = hours[-1][1] + HOUR_MS
        self.stamp = max(self.stamp, self.meta.offset)
        self.next = self.meta.offset + 1
        self._written_offset = self.meta.offset if self._meta_is_last else -1
        self._shown_offset = hours[0][0] if hours else -1
        self._settle()
        for _ in self.ledger.merge(self.watermark_ms):
            pass
        self._rebuilt_hour = hours[0][1] if hours else 0
        self._evicted_ms = 0
        self._sweep_due = True

    # --- rows out ----------------------------------------------------------------------------------------------------

    def outgoing(self) -> list[Out]:
        """What other topics must have before anything else of this partition is published or written."""
        self._settle()
        out, self._out = self._out, []
        return out

    def changed_records(self) -> list[tuple[bytes, bytes | None]]:
        """The records that have changed, as rows of the changelog; None is a tombstone."""
        meta = self.meta
        if meta.offset == self._written_offset and not self.changed_count() and not self._dead:
            return []
        earlier = [move for move in meta.hours if move[0] <= self._shown_offset]
        if len(earlier) > 1:
            del meta.hours[: len(earlier) - 1]
            self.ledger.settle(meta.hours[0][1])
        meta.missed = self.ledger.missed()
        self._written_offset = meta.offset
        rows: list[tuple[bytes, bytes | None]] = [(META_KEY, pack(meta))]
        rows += [(key, None) for key in self._dead]  # before the records: one of them may have come to life again
        self._dead = []
        return rows + self._drain_records()

    def rewrite(self, *, records: bool) -> None:
        """The partition's own row is to be written again, and with ``records`` everything: somebody else may have
        written older rows behind ours, which compaction would keep.
        """
        self._written_offset = -1
        if records:
            self._mark_records()

    def changed_aggregates(self, now_ms: int, *, wide: bool) -> list[tuple[bytes, bytes | None]]:
        """The panes and levels that have changed; ``wide``: the coarse and day panes too. After a rebuild:
        everything.
        """
        self._settle()
        if self._sweep_due:
            return self._sweep(now_ms)
        for changed in self.ledger.merge(self.watermark_ms):
            self._dirty[changed] = None
        rows: list[tuple[bytes, bytes | None]] = []
        ahead: list[tuple[bytes, bytes | None]] = []
        kept: dict[tuple[Scope, str, int], None] = {}
        now_pane = self.watermark_ms // FINE_MS
        for entry in self._dirty:
            scope, size, pane = entry
            if not wide and (size != agg.FINE or pane > now_pane):
                kept[entry] = None
                continue
            cell = scope.panes[size].get(pane)
            if cell is not None:
                value = {slot: number for slot, number in cell.items() if number} if 0 in cell.values() else cell
                row = self._key(size, scope, str(pane)), pack(agg.Pane(self.stamp, value))
                # Readers take what lies ahead out of the wider panes: those come first, or it would show below zero.
                (ahead if size == agg.FINE and pane > now_pane else rows).append(row)
        self._dirty = kept
        rows += ahead
        for scope in self.ledger.scopes.values():
            rows += self._level_rows(scope)
        if wide:
            rows += self._expire()
        if wide:
            self._shown_next, self._shown_offset = self.next, min(self._written_offset, self.meta.offset)
        if rows or self._mark_due or now_ms - self._marked_ms >= HEARTBEAT_MS:
            rows.append((self._key(agg.MARK, None, ""), pack(self._mark(now_ms))))
            self._mark_due, self._marked_ms = False, now_ms
        return rows

    def _sweep(self, now_ms: int) -> list[tuple[bytes, bytes | None]]:
        """Everything, between a begin and an end: what readers have of this partition besides is stale."""
        self._sweep_due = False
        self.republish(0, 1)
        sweep = pack(agg.Sweep(self.stamp, self._rebuilt_hour))
        rows = self.changed_aggregates(now_ms, wide=True)
        return [(self._key(agg.BEGIN, None, ""), sweep), *rows, (self._key(agg.END, None, ""), sweep)]

    def _level_rows(self, scope: Scope) -> list[tuple[bytes, bytes | None]]:
        rows: list[tuple[bytes, bytes | None]] = []
        for level, hour in scope.dirty:
            members = scope.since.get((level, hour), {})
            row = pack(agg.Since(self.stamp, sorted(members.values()))) if members else None
            rows.append((self._key(agg.SINCE, scope, f"{level}:{hour}"), row))
            if not members:
                scope.since.pop((level, hour), None)
        scope.dirty.clear()
        if scope.changed:
            counts = {kind: n for kind, n in scope.counts.items() if n}
            rows.append((self._key(agg.COUNTS, scope, ""), pack(agg.Counts(self.stamp, counts))))
            scope.changed = False
        return rows

    def _expire(self) -> list[tuple[bytes, bytes | None]]:
        pane = self.watermark_ms // FINE_MS
        if pane < self._expired_pane + EXPIRE_EVERY_PANES:
            return []
        self._expired_pane = pane
        if self.ledger.hour_ms and self.settings.time.horizon_hours:
            kept_hour = self.meta.hours[0][1] if self.meta.hours else self.ledger.hour_ms
            kept_ms = kept_hour - round((self.settings.time.horizon_hours + 26) * HOUR_MS)
            if kept_ms > self._evicted_ms:  # looking through all records is for once an hour
                self._evicted_ms = kept_ms
                self._evict(kept_ms)
        return [(self._key(size, scope, str(p)), None) for scope, size, p in self.ledger.expire(self.watermark_ms)]

    def _mark(self, now_ms: int) -> agg.Mark:
        meta = self.meta
        closed = min((s.closed_ms for s in self.ledger.scopes.values()), default=0)
        return agg.Mark(
            self.stamp, self._shown_next, meta.first_ms, meta.watermark_ms, closed, meta.accepted, meta.duplicate,
            meta.late, dict(meta.rejected), meta.forwarded, self.settings.config_version, now_ms, self.address,
        )  # fmt: skip

    def republish(self, share: int, of: int) -> None:
        """Marks the ``share``-th of ``of`` parts of all panes and levels to be published again."""
        for i, scope in enumerate(self.ledger.scopes.values()):
            if i % of != share:
                continue
            scope.changed = True
            scope.dirty.update(scope.since)
            for size, panes in scope.panes.items():
                self._dirty.update(((scope, size, pane), None) for pane in panes)
        self._mark_due = True

    def _key(self, kind: str, scope: Scope | None, part: str) -> bytes:
        start = self._keys.get((scope, kind))
        if start is None:
            place = scope.place if scope is not None else agg.Place("", "", "")
            start = self._keys[scope, kind] = agg.pack_key(agg.Key(self.topic, self.number, kind, place, ""))
        return start + agg.pack_part(part)


def new_partition(topic: str, number: int, settings: Settings, names: Names) -> Partition:
    """The partition ``number`` of ``topic``, empty."""
    from stream.core.agents import Agents
    from stream.core.customers import Customers
    from stream.core.entities import Entities
    from stream.core.requesters import Requesters
    from stream.core.surveys import Surveys

    kinds: dict[str, type[Partition]] = {
        "agent.events": Agents,
        "survey.events": Surveys,
        "customer.events": Customers,
        REQUESTERS: Requesters,
    }
    return kinds.get(topic, Entities)(topic, number, settings, names)
