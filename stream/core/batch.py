"""The same core without a broker: events in, a report out. For restating history, for tests, for ``deskpulse report``.

A window ``[from, to)`` is one of the rows, not of the events (R45): earlier and later events still give state; counts
and durations fall by their own time, agent time is cut at both ends, and levels are as of ``to``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stream.core.names import Names
from stream.core.partition import Partition, new_partition
from stream.core.rows import Out
from stream.core.view import Report, View
from topics import aggregates as agg
from topics.catalogue import SOURCES
from topics.codec import Decoder, Rejected

if TYPE_CHECKING:
    from stream.core.settings import Settings

BATCH_ROWS = 2000
_FAR_MS = 1 << 62


class BatchRow(NamedTuple):
    """A row as the partitions take it."""

    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int


class Engine:
    """One partition of every source topic, in memory."""

    def __init__(self, settings: Settings, bounds_ms: tuple[int, int] | None = None) -> None:
        names = Names(settings.limits)
        self.partitions: dict[str, Partition] = {t: new_partition(t, 0, settings, names) for t in SOURCES}
        for partition in self.partitions.values():
            partition.ledger.bounds_ms = bounds_ms
        self._waiting: dict[str, list[BatchRow]] = {topic: [] for topic in SOURCES}
        self._offsets = dict.fromkeys(SOURCES, 0)
        self.kept: list[Out] = []

    def feed(self, topic: str, key: bytes | None, value: bytes | None, arrived_ms: int) -> None:
        """One event, in order of arrival."""
        waiting = self._waiting[topic]
        waiting.append(BatchRow(self._offsets[topic], key, value, arrived_ms))
        self._offsets[topic] += 1
        if len(waiting) >= BATCH_ROWS:
            self._apply(topic)

    def _apply(self, topic: str) -> None:
        rows, self._waiting[topic] = self._waiting[topic], []
        partition = self.partitions[topic]
        partition.apply(rows)
        arrived_ms = rows[-1].timestamp if rows else 0
        for out in partition.outgoing():
            if out.topic in SOURCES:
                self.feed(out.topic, out.key, out.value, max(arrived_ms, partition.watermark_ms))
            else:
                self.kept.append(out)

    def flush(self) -> None:
        """Applies what is waiting; statements of contacts reach the agents."""
        while any(self._waiting.values()):
            for topic in SOURCES:
                self._apply(topic)

    def aggregates(self) -> list[tuple[bytes, bytes | None]]:
        """What has been summed."""
        self.flush()
        return [row for p in self.partitions.values() for row in p.changed_aggregates(0, wide=True)]


class Batch:
    """A report over events that are fed one by one. ``kept`` are the rejected inputs and late facts."""

    def __init__(self, settings: Settings, from_ms: int | None = None, to_ms: int | None = None) -> None:
        self._settings = settings
        self._from_ms, self._to_ms = from_ms, to_ms
        bounded = from_ms is not None or to_ms is not None
        bounds = (from_ms or 0, _FAR_MS if to_ms is None else to_ms) if bounded else None
        self._engine = Engine(settings, bounds)
        self._as_of = Engine(settings) if to_ms is not None else None
        self._decode = Decoder(None, event_bytes_max=settings.limits.event_bytes).decode

    @property
    def kept(self) -> list[Out]:
        """Rejected inputs and late facts, as they would be written to their topics."""
        self._engine.flush()
        return self._engine.kept

    def feed(self, topic: str, key: bytes | None, value: bytes | None, arrived_ms: int) -> None:
        """One event of ``topic`` in order of arrival; ``arrived_ms`` is the wall clock that "from the future" is
        judged by.
        """
        self._engine.feed(topic, key, value, arrived_ms)
        if self._as_of is not None and self._to_ms is not None:
            try:
                event = self._decode(key, value, arrived_ms)
            except Rejected:
                return
            if event.occurred_at < self._to_ms:
                self._as_of.feed(topic, key, value, arrived_ms)

    def report(self) -> Report:
        """The rows of the window ``all``: everything fed, or ``[from, to)`` of it."""
        view = View(self._settings)
        for key, value in self._engine.aggregates():
            if self._as_of is None or not _as_of_the_end(agg.unpack_key(key)):
                view.put(key, value)
        if self._as_of is not None:
            for key, value in self._as_of.aggregates():
                if _as_of_the_end(agg.unpack_key(key)):
                    view.put(key, value)
        now_ms = self._to_ms or max((mark.watermark_ms for mark in view.marks.values()), default=0)
        return view.report("all", now_ms, from_ms=self._from_ms)


def _as_of_the_end(key: agg.Key) -> bool:
    """A level is as of the end of the window; but a cost that was recorded later covers its own period (R37)."""
    return key.kind == agg.SINCE and not key.part.startswith("recorded/")
