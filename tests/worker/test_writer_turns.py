"""Writers of the same partition take turns: aiokafka's own waiting adds up and ends a worker under load."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError, UnknownTopicOrPartitionError
from aiokafka.structs import RecordMetadata, TopicPartition

from stream.core.settings import load
from stream.worker.writer import Writer

WRITERS = 5


class OneSlot:
    """A producer that has room for one batch of a partition at a time, as aiokafka has, and notes who waits for it."""

    def __init__(self) -> None:
        self.inside = self.most = self.sent = 0

    def create_batch(self) -> Any:
        return self

    def append(self, **_row: Any) -> bool:
        return True

    def record_count(self) -> int:
        return 1

    async def send_batch(self, _batch: Any, _topic: str, *, partition: int) -> asyncio.Future[RecordMetadata]:
        self.inside += 1
        self.most = max(self.most, self.inside)
        await asyncio.sleep(0)
        self.inside -= 1
        self.sent += 1
        done: asyncio.Future[RecordMetadata] = asyncio.get_running_loop().create_future()
        tp = TopicPartition("support.aggregates", partition)
        done.set_result(RecordMetadata(*tp, tp, 100 + self.sent, None, 0, 0))
        return done


async def test_one_writer_waits_for_a_partition_at_a_time():
    """However many tables write to one partition, only one of them waits in the client for its batch to go."""
    writer, producer = Writer(load().kafka, 8), OneSlot()
    writer._producer = producer
    await asyncio.gather(*(writer.write("support.aggregates", [(3, [(b"k", b"v")])]) for _ in range(WRITERS)))
    assert (producer.most, producer.sent) == (1, WRITERS)


async def test_where_rows_have_come_to_lie():
    """A write says which offsets its batches have got."""
    writer = Writer(load().kafka, 8)
    writer._producer = OneSlot()
    spans = await writer.write("support.aggregates", [(3, [(b"k", b"v")]), (4, []), (5, [(b"k", b"v")])])
    assert spans == [(3, 101, 102), (5, 102, 103)]


async def test_partitions_do_not_wait_for_each_other():
    """The turns are of one partition: others are written meanwhile."""
    writer, producer = Writer(load().kafka, 8), OneSlot()
    writer._producer = producer
    await asyncio.gather(*(writer.write("support.aggregates", [(n, [(b"k", b"v")])]) for n in range(WRITERS)))
    assert producer.most == WRITERS


@pytest.mark.parametrize("error", [KafkaTimeoutError, UnknownTopicOrPartitionError])
async def test_a_broker_that_is_away_is_waited_for(error):
    """Whether its batch does not go, or aiokafka has never asked for the topic and says that there is none."""
    writer, producer = Writer(load().kafka, 8), OneSlot()
    writer._producer, away = producer, iter((error, error))
    send = producer.send_batch

    async def send_batch(batch: Any, topic: str, *, partition: int) -> Any:
        for raised in away:
            raise raised
        return await send(batch, topic, partition=partition)

    producer.send_batch = send_batch  # type: ignore[method-assign]
    assert await writer.write("support.rejected", [(0, [(b"k", b"v")])]) == [(0, 101, 102)]
