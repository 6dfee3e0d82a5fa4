"""Follows ``support.aggregates`` from the beginning, without a consumer group: every board reads everything."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from topics.broker import REQUEST_TIMEOUT_MS, client_settings, read_from_start
from topics.catalogue import AGGREGATES

if TYPE_CHECKING:
    from stream.core.settings import Kafka
    from stream.core.view import View

log = logging.getLogger(__name__)
POLL_MS = 100
RECORDS_AT_ONCE = 500  # so many are merged before the loop may serve others


class Follower:
    """Feeds the view. ``caught_up`` is set when everything has been read that was there at the start."""

    def __init__(self, kafka: Kafka, view: View) -> None:
        self._kafka, self._view = kafka, view
        self._consumer: AIOKafkaConsumer | None = None
        self._ends: dict[TopicPartition, int] = {}
        self.partitions = 0
        self.progress = 0.0  # the share that is read of what was there at the start
        self.caught_up = asyncio.Event()
        self.unreadable = 0

    async def start(self) -> None:
        """Connects and seeks the beginning. Raises ``KafkaError`` when there is no broker or no such topic."""
        consumer = AIOKafkaConsumer(
            **client_settings(self._kafka),
            enable_auto_commit=False,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            auto_offset_reset="none",  # rows trimmed before they were read must not be passed over in silence
        )
        self._consumer = consumer
        await consumer.start()
        self._ends = await read_from_start(consumer, AGGREGATES)
        self.partitions = len(self._ends)
        await self._check()

    async def follow(self) -> None:
        """Reads for ever. A broker that is away is waited for: the view keeps what it has, and goes stale."""
        assert self._consumer is not None
        while True:
            try:
                fetched = await self._consumer.getmany(timeout_ms=POLL_MS)
            except OffsetOutOfRangeError as error:
                raise RuntimeError(f"{AGGREGATES} was trimmed before it was read: start the board again") from error
            except KafkaError as error:
                log.warning("reading %s: %s", AGGREGATES, error)
                await asyncio.sleep(1)
                continue
            done = 0
            for records in fetched.values():
                for record in records:
                    self._put(record.key, record.value)
                    done += 1
                    if done % RECORDS_AT_ONCE == 0:
                        await asyncio.sleep(0)
            if not self.caught_up.is_set():
                await self._check()

    def _put(self, key: bytes | None, value: bytes | None) -> None:
        try:
            self._view.put(key or b"", value)
        except ValueError as error:
            self.unreadable += 1
            if self.unreadable == 1:
                log.warning("not one of our records in %s: %s", AGGREGATES, error)

    async def _check(self) -> None:
        assert self._consumer is not None
        positions = [min(end, await self._consumer.position(tp)) for tp, end in self._ends.items()]
        self.progress = sum(positions) / max(1, sum(self._ends.values()))
        if positions == [*self._ends.values()]:
            self.progress = 1.0
            self.caught_up.set()

    async def stop(self) -> None:
        """Disconnects."""
        if self._consumer is not None:
            await self._consumer.stop()
