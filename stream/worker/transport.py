"""Faust's Kafka transport with the consumer that micro-batches need, as a scheme of its own: ``kafkab://``.

On the stock consumer slices are not correct: commits fall arbitrarily far behind or wedge, and slices are dropped or
doubled around a rebalance. What is overridden here, and why, stands beside each method. The private names used are
pinned by tests/worker/test_contract.py together with the exact versions in pyproject.toml.
"""

from __future__ import annotations

import logging
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from typing import Any

from aiokafka import TopicPartition
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as driver

SCHEME = "kafkab"
FAUST = logging.getLogger("faust.worker")  # what services say of themselves is Faust's noise, wherever they are from
FETCH_WAIT_MS = 200  # a broker answers as soon as it has data; the embedded one only when this is over


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """The thread that fetches."""

    logger = FAUST

    def _create_worker_consumer(self, transport: Any) -> Any:
        """Faust's, which waits 1.5 s for data: on the embedded broker that is how old they would be."""
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # noqa: SLF001 - read when it starts: a pinned name
        return consumer


class Consumer(driver.Consumer):
    """Commits the last contiguous slice that was delivered and acknowledged; drops and doubles nothing."""

    logger = FAUST

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._window: defaultdict[Any, deque[int]] = defaultdict(deque)  # offsets of delivered slices, in order
        self._deferred: set[Any] = set()
        super().__init__(*args, **kwargs)

    def _new_consumer_thread(self) -> Any:
        """Ours."""
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _add_gap(self, *_: Any) -> None:
        """Gaps do not matter: only delivered slices count."""

    def pause_partitions(self, tps: Any) -> None:
        """A paused partition is not resumed by an earlier, deferred call."""
        tps = set(tps)
        self._deferred -= tps
        super().pause_partitions(tps)

    def resume_partitions(self, tps: Any) -> None:
        """Recovery resumes the sources before it seeks them: they are held back until ``resume_flow``."""
        tps = set(tps)
        sources = {tp for tp in tps if not self._is_changelog_tp(tp)}
        self._deferred |= sources
        super().resume_partitions(tps - sources)

    def resume_flow(self) -> None:
        """Runs after the seek and after the queues were cleared: only now may sources be fetched."""
        super().resume_flow()
        ready, self._deferred = self._deferred, set()
        super().resume_partitions(ready)

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:  # noqa: ASYNC109 - Faust's signature
        """A snapshot of the active set: to aiokafka a live set that empties meanwhile means "all"."""
        return await super()._getmany(set(active_partitions) if active_partitions else active_partitions, timeout)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[Any, Any]]:  # noqa: ASYNC109 - Faust's signature
        """Remembers what was delivered."""
        async for tp, message in super().getmany(timeout):
            if self.app.topics.acks_enabled_for(tp.topic):
                window = self._window[tp]
                if not window or message.offset > window[-1]:
                    window.append(message.offset)
            yield tp, message

    def _new_offset(self, tp: Any) -> int | None:
        """The offset after the last contiguous slice that was delivered and acknowledged."""
        window, acked, last = self._window[tp], self._acked_index[tp], None
        while window and window[0] in acked:
            last = window.popleft()
            acked.discard(last)
        self._acked[tp].clear()
        return None if last is None else last + 1

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """What is applied is written and acknowledged, and what is acknowledged is committed, before it is
        forgotten.
        """
        for table in self.app.tables.values():
            await table.persist()
        await self.commit()
        await super().on_partitions_revoked(revoked)
        for tp in revoked:
            self._window.pop(tp, None)

    async def perform_seek(self) -> None:
        """An acknowledgement of an old slice can never count for a new one. And what was never committed is read from
        its start: Faust seeks only where there is a commit, and leaves the others after what was fetched and dropped
        while they were not to be read yet.
        """
        for positions in (self._window, self._acked_index, self._acked):
            positions.clear()
        await super().perform_seek()
        sources = {tp for tp in self.assignment() if not self._is_changelog_tp(tp)}
        never = [TopicPartition(tp.topic, tp.partition) for tp in sources if not self._committed_offset.get(tp)]
        if never:
            await self._thread.seek_to_beginning(*never)


class Transport(driver.Transport):
    """The transport of ``kafkab://`` addresses."""

    Consumer = Consumer


TRANSPORTS.aliases[SCHEME] = f"{__name__}:Transport"
