"""The table of one source topic: the core's partitions, recovered from the changelog, published fast and persisted
slowly.

The order that makes it exact: what other topics must have (statements, rejected input) is acknowledged first; then
the panes are published or, every two seconds, the records written; only after those are acknowledged are the source
offsets. Any failure ends the process, and recovery repeats at most what was not acknowledged; the records' fences
skip what was durable.
"""

# long: one table is one noun; hold, catch up, publish and persist share every field of it

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import faust
from aiokafka.errors import KafkaError
from mode import Service

from stream.core.partition import new_partition
from stream.core.tally import Counting
from stream.worker.answers import advertised
from stream.worker.counted import Counted, Shown
from stream.worker.crash import crash_point
from stream.worker.heart import Heart
from stream.worker.held import Held
from stream.worker.transport import FAUST
from topics.broker import log_bounds
from topics.catalogue import AGGREGATES

if TYPE_CHECKING:
    from stream.core.names import Names
    from stream.core.partition import Partition
    from stream.core.settings import Settings
    from stream.core.tally import Tally
    from stream.worker.writer import Writer
    from topics.broker import Bounds

log = logging.getLogger(__name__)

CHANGED_MAX = 20_000
PIECE_ROWS = 200
PIECE_SECONDS = 0.1  # so long a slice may hold the loop before others have their turn
WIDE_SECONDS = 1.0
PUBLISH_SHARE = 10  # publishing may take a tenth of the time
ROTATION_SHARES = 60
BOUNDS_SECONDS = 30.0
FROZEN_SHARE = 0.8


def wall_ms() -> int:
    """The wall clock: read at this edge only."""
    return time.time_ns() // 1_000_000


class StateTable(faust.Table):
    """A Faust table whose state is one ``stream.core`` partition a partition. ``source`` is the topic that it
    follows.
    """

    logger = FAUST
    source: str
    settings: Settings
    names: Names
    writer: Writer
    tally: Tally

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.held: dict[int, Held] = {}
        self.ready = False
        self.rebalances = 0
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.counted = Counted()
        self._broken: Exception | None = None
        self._heart = Heart(FROZEN_SHARE * self.app.conf.broker_session_timeout)
        self._lock = asyncio.Lock()
        self._fresh = asyncio.Event()
        self._wide_at = 0.0

    def _held(self, number: int) -> Held:
        if number not in self.held:
            part = new_partition(self.source, number, self.settings, self.names)
            part.address = advertised(self.settings.worker)
            part.counting = Counting(self.tally)
            self.held[number] = Held(part)
        return self.held[number]

    # --- recovery: overrides of Faust's Collection -------------------------------------------------------------------

    def apply_changelog_batch(self, batch: Any) -> None:
        """Slices of changelog rows. Faust would log an exception and go on without the rows, so it is kept."""
        try:
            for folded in batch:
                held = self._held(folded.message.partition)
                for row in folded.value:
                    held.part.recover(row.key, row.value)
                    held.recovered(row.offset)
        except Exception as error:  # noqa: BLE001 - raised at the end of recovery
            self._broken = self._broken or error

    async def on_rebalance(self, assigned: Any, revoked: Any, newly_assigned: Any, generation_id: int = 0) -> None:
        """Nothing is written until recovery has seen the newest rows. What has moved away is dropped only then: Faust
        may skip the recovery of a generation that is overtaken by the next, and if that one gives the partition back,
        it goes on reading where it was, not from the beginning.
        """
        self.ready = False
        self.rebalances += 1
        for held in self.held.values():  # of the old generation: delivered again, never acknowledged
            held.events.clear()
        await super().on_rebalance(assigned, revoked, newly_assigned, generation_id)

    async def on_recovery_completed(self, active_tps: Any, standby_tps: Any) -> None:
        """Refolds what is owned. Runs before the sources are sought and resumed; Faust drops exceptions, so crash. And
        it goes on when the next rebalance has begun meanwhile, whose own recovery then completes the state.
        """
        rebalances = self.rebalances
        try:
            if self._broken is not None:
                raise self._broken  # noqa: TRY301 - one way out for all that goes wrong here
            owned = {tp.partition for tp in active_tps}
            bounds = await self._source_bounds(owned)
            if self._is_overtaken(rebalances):
                return
            for number in set(self.held) - owned:
                self.counted.leave(self.held.pop(number).part)
            for number in sorted(owned):
                held = self._held(number)
                held.part.rebuild()
                held.restart(self._now_ms(held.part))
                log_now = bounds[number]
                held.next, held.start = None, log_now.start
                held.ends_at = log_now.end if log_now.reads_from < log_now.end else None
                await asyncio.sleep(0)
                if self._is_overtaken(rebalances):
                    return
            await super().on_recovery_completed(active_tps, standby_tps)
            if self._is_overtaken(rebalances):
                return
            self.ready = True
            self._wide_at = 0.0
            self._fresh.set()
        except Exception as error:  # noqa: BLE001 - whatever it is, counting on would be wrong
            await self.app.crash(error)

    def _is_overtaken(self, rebalances: int) -> bool:
        recovered = self.app.tables.recovery._generation_id  # noqa: SLF001 - a pinned name
        return rebalances != self.rebalances or recovered != self.app.consumer_generation_id

    async def _source_bounds(self, owned: set[int]) -> dict[int, Bounds]:
        """Where the log of each source partition begins and ends now, and where reading goes on."""
        deadline = time.monotonic() + BOUNDS_SECONDS
        while True:
            try:
                found = await log_bounds(self.settings.kafka, [(self.source, number) for number in sorted(owned)])
                return {number: bounds for (_, number), bounds in found.items()}
            except KafkaError:
                if time.monotonic() > deadline:
                    raise
                await self.sleep(1.0)

    # --- live --------------------------------------------------------------------------------------------------------

    async def take(self, event: Any) -> None:
        """Applies one slice, in pieces: what is slow to fold (thousands of disordered events of one ticket) may not
        stop the process's heart. A piece is atomic against rebalances and writes. A slice that a rebalance interrupts
        is not acknowledged, so it is delivered again, and what was applied of it is fenced.
        """
        rows, generation = event.value, event.message.generation_id
        tp = event.message.tp
        held = self._held(tp.partition)
        held.guard(rows[0].offset, self.app.consumer._committed_offset[tp])  # noqa: SLF001 - a pinned name
        started = time.monotonic()
        self.counted.newest_ms = max(self.counted.newest_ms, rows[-1].timestamp)
        for start in range(0, len(rows), PIECE_ROWS):
            held.part.apply(rows[start : start + PIECE_ROWS])
            self.counted.applied(held, wall_ms())
            if time.monotonic() - started > PIECE_SECONDS:
                self._fresh.set()
                await asyncio.sleep(0)
                if generation != self.app.consumer_generation_id:
                    return
                started = time.monotonic()
        held.taken(event, rows[-1].offset)
        self._fresh.set()
        if sum(held.part.changed_count() for held in self.held.values()) > CHANGED_MAX:
            await self.persist()

    @asynccontextmanager
    async def _writing(self, what: str) -> AsyncIterator[bool]:
        """Around a write; gives whether anything may be written. What was marked as written and then was not would be
        lost for good, so after a failure nothing is written or acknowledged any more and the process ends. Faust
        calls from places that swallow exceptions, hence the crash here.
        """
        async with self._lock:
            started = time.perf_counter()
            try:
                self._heart.check()
                yield self.ready
            except BaseException as error:
                self.ready = False
                if isinstance(error, Exception):
                    await self.app.crash(error)
                raise
            self.seconds[what] += time.perf_counter() - started

    async def publish(self, *, wide: bool) -> None:
        """What has changed goes to the boards. Source offsets are not acknowledged by this."""
        async with self._writing("publish") as may:
            if not may:
                return
            outs = [out for held in self.held.values() for out in held.part.outgoing()]
            rows, shown = self._aggregates(wide=wide)
            await self.writer.send(outs)
            await self.writer.write(AGGREGATES, rows)
            self.counted.shown(shown, wall_ms())

    def _aggregates(self, *, wide: bool) -> tuple[list[tuple[int, list[tuple[bytes, bytes | None]]]], Shown]:
        """The rows of what is caught up, and since when the events in them have waited."""
        now_ms = wall_ms()
        current = [(n, held) for n, held in self.held.items() if held.ends_at is None]
        for _, held in current if wide else ():
            held.settle(self._now_ms(held.part))
        rows = [(n, held.part.changed_aggregates(now_ms, wide=wide)) for n, held in current]
        return rows, [held.swap() for _, held in current]

    def _now_ms(self, part: Partition) -> int:
        return wall_ms() if self.settings.time.clock == "wall" else part.watermark_ms

    async def persist(self) -> None:
        """The records to the changelog; then the panes; then, and only then, the source offsets."""
        async with self._writing("persist") as may:
            if not may:
                return
            generation = self.app.consumer_generation_id
            outs = [out for held in self.held.values() for out in held.part.outgoing()]
            records = [(n, held.part.changed_records()) for n, held in self.held.items()]
            aggregates, shown = self._aggregates(wide=True)
            events = [event for held in self.held.values() for event in held.events]
            for held in self.held.values():
                held.events = []
            await self.writer.send(outs)
            crash_point("writing", events)
            for number, start, end in await self.writer.write(self.changelog_topic_name, records):
                owner = self.held.get(number)
                if owner is not None and not owner.written(start, end):
                    log.warning("%s/%d: somebody else wrote to the state: written again", self.source, number)
            crash_point("changelog_written", events)
            if generation == self.app.consumer_generation_id:  # else the next owner publishes
                await self.writer.write(AGGREGATES, aggregates)
                self.counted.shown(shown, wall_ms())
                crash_point("published", events)
                for event in events:
                    if event.message.generation_id == self.app.consumer_generation_id:
                        event.ack()

    # --- the service: started before recovery, stopped after the last slice is acknowledged ---------------------------

    async def on_start(self) -> None:
        """The writer is there before anything can be applied."""
        await self.writer.start()
        await super().on_start()

    async def on_stop(self) -> None:
        """The writer goes when nobody writes any more: every slice was acknowledged before, or is read again."""
        await super().on_stop()
        async with self._lock:
            self.ready = False
        await self.writer.stop()

    @Service.task
    async def _watch(self) -> None:
        while not self.should_stop:
            self._heart.beat()
            await self.sleep(1.0)
            self._heart.check()

    @Service.task
    async def _publish_often(self) -> None:
        quiet = self.settings.worker.publish_quiet_ms / 1000
        longest = self.settings.worker.publish_max_ms / 1000
        delay = quiet
        while not self.should_stop:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._fresh.wait(), WIDE_SECONDS)
            await self.sleep(delay)
            self._fresh.clear()
            started = time.monotonic()
            wide = started - self._wide_at >= WIDE_SECONDS
            if wide:
                self._wide_at = started
            await self.publish(wide=wide)
            delay = min(longest, max(quiet, PUBLISH_SHARE * (time.monotonic() - started)))

    @Service.task
    async def _persist_regularly(self) -> None:
        while not self.should_stop:
            await self.sleep(self.settings.worker.persist_ms / 1000)
            await self.persist()

    @Service.task
    async def _republish_slowly(self) -> None:
        """Everything again in slow rotation, so that compaction can never keep a stale row for good. And a row of
        the state twice a round: where it comes to lie tells whether somebody else has written there.
        """
        share = 0
        while not self.should_stop:
            await self.sleep(self.settings.worker.rotation_seconds / ROTATION_SHARES)
            for held in self.held.values():
                held.part.republish(share, ROTATION_SHARES)
                if share % (ROTATION_SHARES // 2) == 0:
                    held.part.rewrite(records=False)
            share = (share + 1) % ROTATION_SHARES
