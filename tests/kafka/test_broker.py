"""Reading and checking topics on a real broker."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace

import pytest

from stream.sources.line import Line
from tests.end.pipeline import Pipeline, delete_topics, produce, read_topic
from topics.broker import compare_topics, create_topics
from topics.catalogue import REJECTED, TOPICS

pytestmark = pytest.mark.kafka


def test_reading_from_the_start_never_begins_at_the_end(pipeline: Pipeline):
    """Whoever reads a topic reads all of it, every time: a reset that an assignment has begun must not overtake the
    seek.
    """
    produce(pipeline, [Line(REJECTED, b"%d" % n, b"x", 0) for n in range(5)])
    found = [len(read_topic(pipeline.settings["kafka.brokers"], REJECTED)) for _ in range(15)]
    assert found == [5] * 15


def test_rejected_input_is_listed_once(pipeline: Pipeline):
    """What a worker said again after a crash is the same rejection."""
    headers = [
        ("reason", b"not json"),
        ("detail", b"d"),
        ("topic", b"call.events"),
        ("partition", b"1"),
        ("offset", b"7"),
        ("key", b"k"),
    ]

    async def send() -> None:
        from aiokafka import AIOKafkaProducer

        producer = AIOKafkaProducer(bootstrap_servers=pipeline.settings["kafka.brokers"])
        await producer.start()
        for _ in range(2):
            await producer.send_and_wait(REJECTED, b"{", b"call.events|1|7", headers=headers)
        await producer.stop()

    asyncio.run(send())
    assert "1 rejected" in pipeline.run("rejected", "list").stdout.splitlines()


def test_a_topic_that_cannot_hold_the_largest_row(pipeline: Pipeline):
    """A smaller limit would stop a worker for ever at the first row that does not fit: it must not start."""

    kafka = pipeline.loaded().kafka
    delete_topics(kafka.brokers)
    small = replace(TOPICS[REJECTED], config={**TOPICS[REJECTED].config, "max.message.bytes": "1000000"})
    asyncio.run(create_topics(kafka, [small], kafka.partitions, 1))
    pipeline.run("topics", "create")
    differences = asyncio.run(compare_topics(kafka, TOPICS.values(), kafka.partitions))
    assert [(d.topic, d.setting, d.fatal) for d in differences if d.fatal] == [(REJECTED, "max.message.bytes", True)]
    worker = pipeline.start("worker")
    assert worker.wait(30) == 1
    assert "max.message.bytes" in worker.said


def test_a_row_of_megabytes_is_written_and_recovered(pipeline: Pipeline):
    """Events that fill a record to the last byte: the worker writes it, and reads it again after a restart."""
    from tests.core.floor import TICKET, Entity, ticket

    _, created = ticket("t1")
    entity = Entity(TICKET, "t1")
    entity.made = 10
    common = {"message_id": "m", "author_id": "a", "author_role": "agent", "visibility": "public"}
    noise = [os.urandom(28_000).hex() for _ in range(24)]
    events = [entity("ticket.message_added", n, event_id=text, **common) for n, text in enumerate(noise, 1)]
    worker, board = pipeline.start("worker").ready(), pipeline.start("board").ready()
    produce(pipeline, [Line(*event, 0) for event in (created, *events)])
    pipeline.settle(board)
    before = board.get("/api/v1/kpis?window=all")
    assert before["events"]["rejected"] == 24 - 19  # 19 x 56 kB are more than limits.record_bytes
    assert worker.stop() == 0
    worker = pipeline.start("worker").ready()
    produce(pipeline, [Line(*events[0], 0)])  # a duplicate: known again
    pipeline.settle(board)
    after = board.get("/api/v1/kpis?window=all")
    assert after["events"] == {**before["events"], "duplicate": 1}
    assert worker.stop() == 0
